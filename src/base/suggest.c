/* Suggests an option for a name that does not exist. */
#include "base/options.h"

#include <string.h>

/* Names that Stable-Baselines3 and its zoo, CleanRL and other programs have for our options. */
static const struct {
    const char *name;
    const char *ours;
} foreign_names[] = {
    {"clip_coef", "clip"},
    {"clip_range", "clip"},
    {"clip_range_vf", "clip_value"},
    {"entropy_coef", "ent_coef"},
    {"env", "game"},
    {"env_id", "game"},
    {"env_name", "game"},
    {"episodes", "games"},
    {"exploration_final_eps", "eps_final"},
    {"games", "episodes"},
    {"learning_rate", "lr"},
    {"log_dir", "run_dir"},
    {"log_folder", "run_dir"},
    {"logdir", "run_dir"},
    {"n_envs", "envs_per_process"},
    {"n_epochs", "epochs"},
    {"n_eval_episodes", "eval_episodes"},
    {"n_timesteps", "total_steps"},
    {"norm_adv", "normalize_advantages"},
    {"num_envs", "envs_per_process"},
    {"num_steps", "n_step"},
    {"num_workers", "processes"},
    {"onnx", "o"}, /* as it was called here */
    {"output_file", "o"},
    {"target_network_frequency", "target_freq"},
    {"target_update_interval", "target_freq"},
    {"total_timesteps", "total_steps"},
    {"update_epochs", "epochs"},
    {"value_loss_coef", "value_coef"},
    {"vf_coef", "value_coef"},
};

/* What another program's name means here; NULL if the table has no such option. */
static const char *translate(const struct option *table, const char *name) {
    for (size_t i = 0; i < sizeof foreign_names / sizeof *foreign_names; i++)
        if (strcmp(foreign_names[i].name, name) == 0 && options_find(table, foreign_names[i].ours))
            return foreign_names[i].ours;
    return NULL;
}

const char *options_suggest(const struct option *table, const char *name) {
    const char *names[OPTION_MAX_COUNT];
    int count = 0;
    const char *ours = translate(table, name);
    if (ours)
        return ours;
    for (const struct option *option = table; option->name && count < OPTION_MAX_COUNT; option++)
        names[count++] = option->name;
    return options_nearest(name, names, count);
}
