/* Suggests an option for a name that does not exist. */
#include "base/options.h"

#include <string.h>

/* Names that Stable-Baselines3 and its zoo, CleanRL and other programs have for our options. */
static const struct {
    const char *name;
    const char *ours;
} foreign_names[] = {
    {"actors_only", "learners"},
    {"batch", "batch_size"},
    {"clip_coef", "clip"},
    {"clip_range", "clip"},
    {"clip_range_vf", "clip_value"},
    {"discount", "gamma"},
    {"entropy", "ent_coef"},
    {"entropy_coef", "ent_coef"},
    {"env", "game"},
    {"env_id", "game"},
    {"env_name", "game"},
    {"episodes", "games"},
    {"exp_name", "run_dir"},
    {"experiment", "run_dir"},
    {"exploration_final_eps", "eps_final"},
    {"frames", "total_steps"},
    {"games", "episodes"},
    {"learning_rate", "lr"},
    {"load", "checkpoint"},
    {"log_dir", "run_dir"},
    {"log_folder", "run_dir"},
    {"logdir", "run_dir"},
    {"max_steps", "total_steps"},
    {"model", "checkpoint"},
    {"n_envs", "envs_per_process"},
    {"n_epochs", "epochs"},
    {"n_eval_episodes", "eval_episodes"},
    {"n_timesteps", "total_steps"},
    {"norm_adv", "normalize_advantages"},
    {"num_envs", "envs_per_process"},
    {"num_steps", "n_step"},
    {"num_workers", "processes"},
    {"onnx", "o"}, /* the older name of -o */
    {"out", "o"},
    {"output", "o"},
    {"output_file", "o"},
    {"port", "http"},
    {"pretrained", "checkpoint"},
    {"rnn", "lstm"},
    {"rollout", "n_step"},
    {"rollout_length", "n_step"},
    {"target_network_frequency", "target_freq"},
    {"target_update_interval", "target_freq"},
    {"timesteps", "total_steps"},
    {"total_timesteps", "total_steps"},
    {"train_for_env_steps", "total_steps"},
    {"update_epochs", "epochs"},
    {"use_rnn", "lstm"},
    {"value_loss_coef", "value_coef"},
    {"vf_coef", "value_coef"},
    {"weights", "model"},
    {"weights", "checkpoint"},
    {"workers", "processes"},
};

enum { FOREIGN_COUNT = sizeof foreign_names / sizeof *foreign_names };

/* Our name for another program's option; NULL if the table has no such option. */
static const char *translate(const struct option *table, const char *name) {
    for (size_t i = 0; i < FOREIGN_COUNT; i++)
        if (strcmp(foreign_names[i].name, name) == 0 && options_find(table, foreign_names[i].ours))
            return foreign_names[i].ours;
    return NULL;
}

const char *options_suggest(const struct option *table, const char *name) {
    enum { SHORTEST = 5 }; /* too many words are like shorter names */
    const char *names[2 * OPTION_MAX_COUNT + FOREIGN_COUNT];
    int count = 0;
    const char *ours = translate(table, name);
    if (ours)
        return ours;
    for (const struct option *option = table; option->name; option++)
        names[count++] = option->name;
    for (const struct option *option = table; option->name; option++)
        if (option->alias)
            names[count++] = option->alias;
    for (size_t i = 0; i < FOREIGN_COUNT; i++)
        if (strlen(foreign_names[i].name) >= SHORTEST && translate(table, foreign_names[i].name))
            names[count++] = foreign_names[i].name;
    const char *nearest = options_nearest(name, names, count);
    return nearest && !options_find(table, nearest) ? translate(table, nearest) : nearest;
}
