/* The options of `asyncrl train`: the tables of this room, composed with those of the
 * rooms below. */
#include "train/train.h"

static const struct option process_options[] = {
    TEXT_OPTION("game", struct train_config, game, "Breakout-v0", "ID",
                "game to play; `asyncrl games` lists them", .flags = OPTION_BASIC | OPTION_FIXED),
    INT_OPTION("processes", struct train_config, processes, "4", 1, 1024, "N", "actor processes",
               .flags = OPTION_BASIC | OPTION_FIXED),
    INT_OPTION("envs_per_process", struct train_config, envs_per_process, "4", 1, 256, "N",
               "environments that one actor plays with one batched forward",
               .flags = OPTION_BASIC | OPTION_FIXED),
    INT_OPTION("envs_per_python", struct train_config, overrides.envs_per_python, "0", 0, 256, "N",
               "Gymnasium environments of an actor that share a Python process; 0: all",
               .flags = OPTION_NO_HPARAM),
    INT_OPTION("learners", struct train_config, learners, "0", 0, 65536, "N",
               "of the ranks that mpirun starts, the first N learn; the others only play, and send "
               "their steps to these; 0: all learn",
               .flags = OPTION_OF_CALL),
    {0},
};

static const struct option learning_options[] = {
    REAL_OPTION("lr", struct train_config, lr, "0.002", 1e-8, 10, "X", "learning rate at the start",
                .flags = OPTION_BASIC),
    REAL_OPTION("lr_final", struct train_config, lr_final, "0", 0, 10, "X",
                "final learning rate: it falls to this and stays there"),
    INT_OPTION("batch_size", struct train_config, batch_size, "20", 1, 65536, "N",
               "transitions in one update", .flags = OPTION_FIXED),
    INT_OPTION("swap_freq", struct train_config, swap_freq, "100", 1, 1e12, "N",
               "steps between new weights for the actors"),
    INT_OPTION("queue_size", struct train_config, queue_size, "256", 1, 1e6, "N",
               "limit of transitions that wait for the learner"),
    INT_OPTION("n_step", struct train_config, n_step, "5", 1, 1000, "N",
               "limit of steps in a segment", .flags = OPTION_FIXED),
    INT_OPTION(
        "learner_threads", struct train_config, learner_threads, "0", 0, 256, "N",
        "threads that compute for the learner; 0: as many as make it faster here, but 1 with "
        "--deterministic, whose weights depend on the number",
        .flags = OPTION_NO_HPARAM),
    FLAG_OPTION("pin", struct train_config, pin, "false",
                "bind the learner to the first processors, as many as it has threads, and each "
                "actor to one, from the last downwards; for machines with many processors",
                .flags = OPTION_NO_HPARAM),
    {0},
};

static const struct option observation_options[] = {
    TEXT_OPTION("observation", struct train_config, observation, "classic", "NAME",
                "preprocessing of screens: classic, deepmind or v4",
                .choices = "classic|deepmind|v4", .old_choice = "seed=classic",
                .flags = OPTION_FIXED),
    {0},
};

static const struct option run_options[] = {
    TEXT_OPTION("preset", struct train_config, preset, "auto", "NAME",
                "measured settings that stand in for defaults: `asyncrl presets` lists them; auto: "
                "the best known for the method and the game",
                .flags = OPTION_BASIC | OPTION_FIXED | OPTION_NO_HPARAM),
    TEXT_OPTION("config", struct train_config, config, "", "FILE",
                "take options from a config.json as every run writes it, or from a run directory; "
                "options on the command line override it; only files that you trust",
                .flags = OPTION_OF_CALL),
    TEXT_OPTION("resume", struct train_config, resume, "", "RUN_DIR",
                "go on with that run exactly where its checkpoint.h5 left off; runs the code that "
                "its config.json names (game, core, data_dir): only for runs that you trust",
                .flags = OPTION_BASIC | OPTION_OF_CALL),
    TEXT_OPTION("checkpoint", struct train_config, checkpoint, "", "N|FILE",
                "start from these weights; N also sets the step counter, which begins at 0 for a "
                "FILE",
                .flags = OPTION_OF_CALL),
    TEXT_OPTION(
        "channels", struct train_config, channels, "auto", "ORDER",
        "place of the channels in other programs' weights that do not name it: first or last",
        .choices = "auto|first|last", .flags = OPTION_OF_CALL, .needs = "checkpoint"),
    INT_OPTION("save_freq", struct train_config, save_freq, "250000", 1, 1e15, "N",
               "steps between weight files and checkpoints", .flags = OPTION_NO_HPARAM),
    INT_OPTION("keep", struct train_config, keep, "0", 0, 1e6, "N",
               "newest numbered weight files to keep; 0: all", .flags = OPTION_NO_HPARAM),
    TEXT_OPTION("stop_score", struct train_config, stop_score, "", "X",
                "stop when the newest 100 games score X on average", .flags = OPTION_NO_HPARAM),
    REAL_OPTION("stop_flag_rate", struct train_config, stop_flag_rate, "0", 0, 1, "X",
                "stop when this share of the newest 100 games reached the flag; 0 disables it",
                .flags = OPTION_NO_HPARAM),
    INT_OPTION(
        "eval_freq", struct train_config, eval_freq, "0", 0, 1e15, "STEPS",
        "steps between evaluations, in a process of its own, which choose the best weights; 0: "
        "when the newest 100 games went better than ever, with rests",
        .flags = OPTION_NO_HPARAM),
    INT_OPTION("eval_episodes", struct train_config, eval_episodes, "10", 1, 10000, "N",
               "games of an evaluation, the same ones each time", .flags = OPTION_NO_HPARAM),
    REAL_OPTION("stop_time", struct train_config, stop_time, "0", 0, 1e9, "SECONDS",
                "stop after this time, parts before a --resume included; 0: run on",
                .flags = OPTION_NO_HPARAM),
    INT_OPTION("total_steps", struct train_config, total_steps, "0", 0, 1e15, "N",
               "stop after the batch that reaches this many steps (ppo, pqn: the round); 0: run on",
               .alias = "max_frames", .flags = OPTION_BASIC),
    INT_OPTION("stop_steps", struct train_config, stop_steps, "0", 0, 1e15, "N",
               "stop this call at that many steps; schedules follow total_steps; 0: run on",
               .flags = OPTION_OF_CALL),
    FLAG_OPTION("lockstep", struct train_config, lockstep, "false",
                "a run in rounds (ppo, pqn): actors wait while the learner trains, so that they "
                "always play with the newest weights",
                .flags = OPTION_FIXED),
    FLAG_OPTION("deterministic", struct train_config, deterministic, "false",
                "equal seeds and options give equal weights, to the last bit",
                .flags = OPTION_FIXED),
    INT_OPTION("seed", struct train_config, seed, "1", 0, 9e15, "N", "random seed",
               .flags = OPTION_BASIC | OPTION_FIXED),
    TEXT_OPTION("run_dir", struct train_config, run_dir, "", "DIR",
                "folder for weights and curves [runs/<game>-<method>-<date>-<time>]",
                .flags = OPTION_BASIC | OPTION_OF_CALL),
    TEXT_OPTION("data_dir", struct train_config, data_dir, "", "DIR",
                "folder of the emulator's library and roms/ [$ASYNCRL_DATA, or beside the program]",
                .flags = OPTION_NO_HPARAM),
    {0},
};

static const struct option watching_options[] = {
    INT_OPTION("http", struct train_config, http, "-1", -1, 65535, "PORT",
               "serve a page to watch the run on at this port; 0: any that is free, -1: none",
               .flags = OPTION_BASIC | OPTION_OF_CALL),
    TEXT_OPTION("bind", struct train_config, bind, "", "ADDRESS",
                "address of that page, such as 0.0.0.0 for all machines [127.0.0.1]",
                .flags = OPTION_OF_CALL),
    TEXT_OPTION("token", struct train_config, token, "", "TOKEN",
                "token that the page's address needs as ?token=; random: a random one; left out: a "
                "random one if other machines can reach the page, otherwise none",
                .flags = OPTION_OF_CALL | OPTION_SECRET),
    FLAG_OPTION("tensorboard", struct train_config, tensorboard, "true",
                "curves for TensorBoard in the run directory; =false: none",
                .flags = OPTION_NO_HPARAM),
    FLAG_OPTION("clips", struct train_config, clips, "true",
                "a clip of a game at each weight file for TensorBoard; =false: none",
                .flags = OPTION_NO_HPARAM, .needs = "tensorboard"),
    FLAG_OPTION("plain", struct train_config, plain, "false",
                "plain lines instead of the dashboard, in a terminal, too",
                .flags = OPTION_OF_CALL),
    FLAG_OPTION("json", struct train_config, json, "false", "print one line of JSON instead",
                .flags = OPTION_OF_CALL),
    {0},
};

static const struct option theano_options[] = {
    FLAG_OPTION("th_comp_fix", struct train_config, th_comp_fix, "false",
                "does nothing; older programs had it", .flags = OPTION_NO_HPARAM),
    {0},
};

/* The options of all methods, before and after their own. */
static const struct option_part before_method[] = {
    {.options = process_options, .title = "Game and processes"},
    {.options = learning_options},
    {.options = method_options, .offset = offsetof(struct train_config, method)},
    {.parts = optimizer_options, .offset = offsetof(struct train_config, optimizer)},
    {0},
};
static const struct option_part environment_parts[] = {
    {.options = environment_rule_options, .offset = offsetof(struct train_config, environment)},
    {.options = environment_learning_options, .offset = offsetof(struct train_config, environment)},
    {.options = observation_options},
    {.options = game_action_options, .offset = offsetof(struct train_config, overrides)},
    {.options = game_atari_options, .offset = offsetof(struct train_config, overrides)},
    {.options = game_override_options, .offset = offsetof(struct train_config, overrides)},
    {0},
};
static const struct option_part after_method[] = {
    {.parts = environment_parts, .title = "Environment"},
    {.options = network_options,
     .offset = offsetof(struct train_config, network),
     .title = "Network"},
    {.options = run_options, .title = "Start, end and files"},
    {.options = watching_options, .title = "Watching"},
    {.options = theano_options},
    {0},
};

#define TRAIN_OPTIONS(id, summary)                                                                 \
    const struct option_part train_##id##_options[] = {                                            \
        {.parts = before_method, .title = "Learning"},                                             \
        {.parts = method_##id##_options,                                                           \
         .offset = offsetof(struct train_config, method),                                          \
         .title = "Method " #id},                                                                  \
        {.parts = after_method, .title = "Other"},                                                 \
        {0}};
METHODS(TRAIN_OPTIONS)

#define METHOD_OPTIONS(id, summary) train_##id##_options,
static const struct option_part *const all_options[] = {METHODS(METHOD_OPTIONS)};

/* Adds those options that are not in the table yet. */
static enum status add_options(struct option table[OPTION_MAX_COUNT + 1],
                               const struct option *options, struct error *error) {
    int count = 0;
    while (table[count].name)
        count++;
    for (const struct option *option = options; option->name; option++) {
        if (options_find(table, option->name))
            continue;
        if (count == OPTION_MAX_COUNT)
            return error_set(error, STATUS_FAILED, "there are too many options");
        table[count++] = *option;
        table[count].name = NULL;
    }
    return STATUS_OK;
}

enum status train_all_options(struct option table[OPTION_MAX_COUNT + 1], struct error *error) {
    enum status status = STATUS_OK;
    table[0].name = NULL;
    for (size_t i = 0; status == STATUS_OK && i < sizeof all_options / sizeof all_options[0]; i++) {
        struct option one[OPTION_MAX_COUNT + 1];
        status = options_compose(one, all_options[i], NULL, error);
        if (status == STATUS_OK)
            status = add_options(table, one, error);
    }
    return status;
}
