#include "train/train.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#define FIELD(name) offsetof(struct train_config, name)

/* Each method has a table of its own, with its own defaults, made of these groups. */

#define PROCESS_OPTIONS                                                                            \
    {"game", OPTION_TEXT, FIELD(game), "Breakout-v0",                                              \
     0,      0,           "ID",        "what is played; `asyncrl games` lists them",               \
     NULL},                                                                                        \
        {"processes", OPTION_INT, FIELD(processes), "4", 1, 1024, "N", "actor processes", NULL}, { \
        "envs_per_process", OPTION_INT, FIELD(envs_per_process), "4", 1, 256, "N",                 \
            "environments that one actor plays with one batched forward", NULL                     \
    }

#define LEARNING_OPTIONS(lr_default, lr_frames_name, swap_default)                                 \
    {"lr", OPTION_REAL, FIELD(lr), lr_default, 1e-8, 10, "X", "learning rate at the start", NULL}, \
        {lr_frames_name,                                                                           \
         OPTION_INT,                                                                               \
         FIELD(lr_frames),                                                                         \
         "80000000",                                                                               \
         1,                                                                                        \
         1e15,                                                                                     \
         "N",                                                                                      \
         "agent frames over which the learning rate falls to 0",                                   \
         NULL},                                                                                    \
        {"batch_size", OPTION_INT, FIELD(batch_size),           "20", 1,                           \
         4096,         "N",        "transitions in one update", NULL},                             \
        {"swap_freq",                                                                              \
         OPTION_INT,                                                                               \
         FIELD(swap_freq),                                                                         \
         swap_default,                                                                             \
         1,                                                                                        \
         1e12,                                                                                     \
         "N",                                                                                      \
         "agent frames between new weights for the actors",                                        \
         NULL},                                                                                    \
        {"queue_size",                                                                             \
         OPTION_INT,                                                                               \
         FIELD(queue_size),                                                                        \
         "256",                                                                                    \
         1,                                                                                        \
         1e6,                                                                                      \
         "N",                                                                                      \
         "transitions that wait for the learner at most",                                          \
         NULL},                                                                                    \
        {"n_step", OPTION_INT, FIELD(n_step), "5", 1, 1000, "N", "steps in a segment at most",     \
         NULL},                                                                                    \
        {"reward_scale",                                                                           \
         OPTION_REAL,                                                                              \
         FIELD(reward_scale),                                                                      \
         "1",                                                                                      \
         1e-6,                                                                                     \
         1e9,                                                                                      \
         "X",                                                                                      \
         "rewards are divided by this, then clipped to -1..1",                                     \
         NULL},                                                                                    \
    {                                                                                              \
        "gamma", OPTION_REAL, FIELD(gamma), "0.99", 0, 1, "X", "discount of a step", NULL          \
    }

#define OPTIMIZER_OPTIONS(rho_default, eps_default, norm_default)                                  \
    {"rho", OPTION_REAL, FIELD(rho), rho_default, 0, 0.999999, "X", "RMSprop's memory", NULL},     \
        {"rms_eps",                                                                                \
         OPTION_REAL,                                                                              \
         FIELD(rms_eps),                                                                           \
         eps_default,                                                                              \
         1e-12,                                                                                    \
         10,                                                                                       \
         "X",                                                                                      \
         "RMSprop's epsilon, outside the root",                                                    \
         NULL},                                                                                    \
    {                                                                                              \
        "max_grad_norm", OPTION_REAL, FIELD(max_grad_norm), norm_default, 0, 1e9, "X",             \
            "gradients are scaled down to this norm; 0: not", NULL                                 \
    }

#define POLICY_OPTIONS                                                                             \
    {"beta", OPTION_REAL, FIELD(beta), "0.003", 0, 10, "X", "weight of the entropy", NULL}, {      \
        "value_coef", OPTION_REAL, FIELD(value_coef), "1", 0, 100, "X",                            \
            "weight of the value's loss", NULL                                                     \
    }

#define EPSILON_OPTIONS                                                                            \
    {"eps_final",                                                                                  \
     OPTION_TEXT,                                                                                  \
     FIELD(eps_final),                                                                             \
     "0.1,0.01,0.5",                                                                               \
     0,                                                                                            \
     0,                                                                                            \
     "X,Y,..",                                                                                     \
     "chance of a random action in the end; actors take these in turn",                            \
     NULL},                                                                                        \
    {                                                                                              \
        "eps_decay", OPTION_INT, FIELD(eps_decay), "4000000", 1, 1e15, "N",                        \
            "agent frames over which the chance falls from 1 to that", NULL                        \
    }

#define DOUBLE_Q_OPTION                                                                            \
    {                                                                                              \
        "double_q", OPTION_FLAG, FIELD(double_q), "false", 0, 0, NULL,                             \
            "the learning network picks the action that the frozen one judges", NULL               \
    }

#define THEANO_OPTION                                                                              \
    {                                                                                              \
        "th_comp_fix", OPTION_FLAG, FIELD(th_comp_fix), "false", 0, 0, NULL,                       \
            "does nothing; older programs had it", NULL                                            \
    }

#define RUN_OPTIONS                                                                                \
    {"resume",                                                                                     \
     OPTION_TEXT,                                                                                  \
     FIELD(resume),                                                                                \
     "",                                                                                           \
     0,                                                                                            \
     0,                                                                                            \
     "RUN_DIR",                                                                                    \
     "go on with that run exactly where its checkpoint.h5 left off",                               \
     NULL},                                                                                        \
        {"checkpoint",                                                                             \
         OPTION_TEXT,                                                                              \
         FIELD(checkpoint),                                                                        \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         "N|FILE",                                                                                 \
         "start from these weights; N also sets the frame counter",                                \
         NULL},                                                                                    \
        {"save_freq",                                                                              \
         OPTION_INT,                                                                               \
         FIELD(save_freq),                                                                         \
         "250000",                                                                                 \
         1,                                                                                        \
         1e15,                                                                                     \
         "N",                                                                                      \
         "agent frames between weight files and checkpoints",                                      \
         NULL},                                                                                    \
        {"max_frames",                                                                             \
         OPTION_INT,                                                                               \
         FIELD(max_frames),                                                                        \
         "0",                                                                                      \
         0,                                                                                        \
         1e15,                                                                                     \
         "N",                                                                                      \
         "stop after the batch that reaches this many agent frames; 0: run on",                    \
         NULL},                                                                                    \
        {"deterministic",                                                                          \
         OPTION_FLAG,                                                                              \
         FIELD(deterministic),                                                                     \
         "false",                                                                                  \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "equal seeds and options give equal weights, to the last bit",                            \
         NULL},                                                                                    \
        {"tensorboard",                                                                            \
         OPTION_FLAG,                                                                              \
         FIELD(tensorboard),                                                                       \
         "true",                                                                                   \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "curves for TensorBoard in the run directory; =false: none",                              \
         NULL},                                                                                    \
        {"clips",                                                                                  \
         OPTION_FLAG,                                                                              \
         FIELD(clips),                                                                             \
         "true",                                                                                   \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "a clip of a game at each weight file for TensorBoard; =false: none",                     \
         NULL},                                                                                    \
        {"http",                                                                                   \
         OPTION_INT,                                                                               \
         FIELD(http),                                                                              \
         "-1",                                                                                     \
         -1,                                                                                       \
         65535,                                                                                    \
         "PORT",                                                                                   \
         "serve a page to watch the run on at this port; 0: any that is free, -1: none",           \
         NULL},                                                                                    \
        {"bind",      OPTION_TEXT,                                                                 \
         FIELD(bind), "",                                                                          \
         0,           0,                                                                           \
         "ADDRESS",   "address of that page, such as 0.0.0.0 for all machines [127.0.0.1]",        \
         NULL},                                                                                    \
        {"plain",                                                                                  \
         OPTION_FLAG,                                                                              \
         FIELD(plain),                                                                             \
         "false",                                                                                  \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "plain lines instead of the dashboard, in a terminal, too",                               \
         NULL},                                                                                    \
        {"max_equal_actions",                                                                      \
         OPTION_INT,                                                                               \
         FIELD(max_equal_actions),                                                                 \
         "-1",                                                                                     \
         -1,                                                                                       \
         1e9,                                                                                      \
         "N",                                                                                      \
         "cut an episode after this many equal actions in a row; 0: never, -1: 100 on ALE's -v0 "  \
         "ids, else never",                                                                        \
         NULL},                                                                                    \
        {"seed", OPTION_INT, FIELD(seed), "1", 0, 9e15, "N", "of all random numbers", NULL},       \
        {"observation",                                                                            \
         OPTION_TEXT,                                                                              \
         FIELD(observation),                                                                       \
         "seed",                                                                                   \
         0,                                                                                        \
         0,                                                                                        \
         "NAME",                                                                                   \
         "how screens are seen: seed, deepmind or v4",                                             \
         "seed|deepmind|v4"},                                                                      \
        {"network",                                                                                \
         OPTION_TEXT,                                                                              \
         FIELD(network),                                                                           \
         "auto",                                                                                   \
         0,                                                                                        \
         0,                                                                                        \
         "NAME",                                                                                   \
         "trunk: a3c or nature for pictures, mlp for vectors; auto: a3c or mlp, as the game is",   \
         "auto|a3c|nature|mlp"},                                                                   \
        JSON_OPTION(struct train_config),                                                          \
        {"run_dir",                                                                                \
         OPTION_TEXT,                                                                              \
         FIELD(run_dir),                                                                           \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         "DIR",                                                                                    \
         "where weights and curves go [runs/<game>-<method>-<date>-<time>]",                       \
         NULL},                                                                                    \
    {                                                                                              \
        "data_dir", OPTION_TEXT, FIELD(data_dir), "", 0, 0, "DIR",                                 \
            "where the emulator's library and roms/ are [$ASYNCRL_DATA, or beside the program]",   \
            NULL                                                                                   \
    }

static const struct option a3c_options[] = {
    PROCESS_OPTIONS,
    LEARNING_OPTIONS("0.002", "steps", "100"),
    OPTIMIZER_OPTIONS("0.99", "0.1", "0"),
    POLICY_OPTIONS,
    RUN_OPTIONS,
    GAME_CHOICE_OPTIONS(struct train_config, "actions"),
    THEANO_OPTION,
    {0},
};

static const struct option q1_options[] = {
    PROCESS_OPTIONS,
    LEARNING_OPTIONS("0.0001", "lr_decay", "10000"),
    OPTIMIZER_OPTIONS("0.9", "1e-07", "0"),
    EPSILON_OPTIONS,
    DOUBLE_Q_OPTION,
    RUN_OPTIONS,
    GAME_CHOICE_OPTIONS(struct train_config, "actions"),
    THEANO_OPTION,
    {0},
};

static const struct option qn_options[] = {
    PROCESS_OPTIONS,
    LEARNING_OPTIONS("0.0001", "lr_decay", "10000"),
    OPTIMIZER_OPTIONS("0.9", "1e-07", "1"),
    EPSILON_OPTIONS,
    RUN_OPTIONS,
    GAME_CHOICE_OPTIONS(struct train_config, "actions"),
    THEANO_OPTION,
    {0},
};

static const struct option sarsa_options[] = {
    PROCESS_OPTIONS,
    LEARNING_OPTIONS("0.0001", "lr_decay", "10000"),
    OPTIMIZER_OPTIONS("0.9", "1e-07", "0"),
    EPSILON_OPTIONS,
    RUN_OPTIONS,
    GAME_CHOICE_OPTIONS(struct train_config, "actions"),
    THEANO_OPTION,
    {0},
};

/* What any of the methods knows: to find the method among the arguments. */
static const struct option all_options[] = {
    PROCESS_OPTIONS,
    LEARNING_OPTIONS("0.002", "steps", "100"),
    LEARNING_OPTIONS("0.0001", "lr_decay", "10000"),
    OPTIMIZER_OPTIONS("0.99", "0.1", "0"),
    POLICY_OPTIONS,
    EPSILON_OPTIONS,
    DOUBLE_Q_OPTION,
    RUN_OPTIONS,
    GAME_CHOICE_OPTIONS(struct train_config, "actions"),
    THEANO_OPTION,
    {0},
};

static enum status run_train(const struct command *command, int argc, char **argv,
                             struct error *error);

/* `asyncrl train METHOD` */
static const struct command method_commands[] = {
    {.name = "a3c",
     .usage = "train a3c [options]",
     .summary = "advantage actor-critic: a policy and a value, n-step returns",
     .options = a3c_options,
     .run = run_train},
    {.name = "q1",
     .usage = "train q1 [options]",
     .summary = "1-step Q-learning with a frozen target network",
     .options = q1_options,
     .run = run_train},
    {.name = "qn",
     .usage = "train qn [options]",
     .summary = "n-step Q-learning",
     .options = qn_options,
     .run = run_train},
    {.name = "sarsa",
     .usage = "train sarsa [options]",
     .summary = "1-step Sarsa with a frozen target network",
     .options = sarsa_options,
     .run = run_train},
    {0},
};

static const struct command *command_of(const char *method) {
    for (const struct command *command = method_commands; command->name; command++)
        if (strcmp(command->name, method) == 0)
            return command;
    return NULL;
}

/* ---- Resuming -------------------------------------------------------------------------------- */

/* What a checkpoint was made with cannot be changed after it. */
static const char *const fixed_options[] = {
    "game",    "processes", "envs_per_process", "batch_size", "n_step",     "seed", "observation",
    "network", "double_q",  "deterministic",    "actions",    "frame_skip", "rom",  "core",
};

static bool is_fixed(const char *name) {
    for (size_t i = 0; i < sizeof fixed_options / sizeof fixed_options[0]; i++)
        if (strcmp(fixed_options[i], name) == 0)
            return true;
    return false;
}

/* Says which options of the run are replaced, and refuses those that cannot be. */
static enum status compare_options(const struct option *table, const struct train_config *saved,
                                   const struct train_config *config, struct error *error) {
    for (const struct option *option = table; option->name; option++) {
        char before[OPTION_TEXT_SIZE];
        char now[OPTION_TEXT_SIZE];
        options_format(option, saved, before, sizeof before);
        options_format(option, config, now, sizeof now);
        if (strcmp(before, now) == 0)
            continue;
        if (is_fixed(option->name))
            return error_set(
                error, STATUS_BAD_INPUT,
                "--%s cannot change from %.60s to %.60s in a run that goes on; start a "
                "new one from its weights with --checkpoint=FILE",
                option->name, before, now);
        log_line("super", "--%s=%s replaces %s", option->name, now, before);
    }
    return STATUS_OK;
}

/* Takes the options of the run that --resume names; those given here replace them. */
static enum status parse_resumed(const struct option *table, int argc, char **argv,
                                 struct train_config *config, struct error *error) {
    struct train_config saved = *config;
    const char *positional;
    int count;
    enum status status = train_load_config(config->resume, table, &saved, error);
    if (status != STATUS_OK)
        return status;
    memcpy(saved.run_dir, config->resume, sizeof saved.run_dir);
    memcpy(saved.resume, config->resume, sizeof saved.resume);
    *config = saved;
    status = options_parse(table, argc, argv, config, NULL, &positional, 1, &count, error);
    if (status == STATUS_OK && strcmp(config->run_dir, saved.run_dir) != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--resume says which run directory it is; leave --run_dir out");
    if (status == STATUS_OK && config->checkpoint[0])
        return error_set(error, STATUS_BAD_INPUT,
                         "--resume goes on from the run's own checkpoint.h5; leave --checkpoint "
                         "out");
    saved.plain = config->plain; /* these are not the run's */
    saved.http = config->http;
    memcpy(saved.bind, config->bind, sizeof saved.bind);
    return status == STATUS_OK ? compare_options(table, &saved, config, error) : status;
}

/* ---- The command ----------------------------------------------------------------------------- */

static enum status unknown_method(const char *name, struct error *error) {
    char names[64] = "";
    for (const struct command *command = method_commands; command->name; command++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
                 command > method_commands ? ", " : "", command->name);
    return error_set(error, STATUS_BAD_INPUT, "there is no method '%.40s'; there are: %s", name,
                     names);
}

/* The method that was named, or that the run to go on with has. */
static enum status choose_method(struct train_config *config, const char *named,
                                 struct error *error) {
    if (named && !command_of(named))
        return unknown_method(named, error);
    if (named)
        snprintf(config->method, sizeof config->method, "%s", named);
    if (!config->resume[0])
        return named ? STATUS_OK
                     : error_set(error, STATUS_BAD_INPUT,
                                 "which method? for example: asyncrl train a3c");
    char saved[sizeof config->method];
    const enum status status = train_load_method(config->resume, saved, sizeof saved, error);
    if (status != STATUS_OK)
        return status;
    if (!command_of(saved))
        return unknown_method(saved, error);
    if (named && strcmp(named, saved) != 0)
        return error_set(error, STATUS_BAD_INPUT, "the run in '%s' is one of %s, not %s",
                         config->resume, saved, named);
    memcpy(config->method, saved, sizeof saved);
    return STATUS_OK;
}

/* Options that exist, but not with this method. */
static enum status check_given(const struct train_config *config, const bool *given,
                               struct error *error) {
    const struct option *table = command_of(config->method)->options;
    for (const struct option *option = all_options; option->name; option++) {
        bool known = !given[option - all_options];
        for (const struct option *own = table; own->name && !known; own++)
            known = strcmp(own->name, option->name) == 0;
        if (!known)
            return error_set(error, STATUS_BAD_INPUT,
                             "--%s is no option of %s; `asyncrl train %s --help` lists those",
                             option->name, config->method, config->method);
    }
    return STATUS_OK;
}

static bool has_option(const struct option *table, const char *name) {
    for (const struct option *option = table; option->name; option++)
        if (strcmp(option->name, name) == 0)
            return true;
    return false;
}

/* Settings that the game brings along stand in for defaults; an unknown game is told of later. */
static enum status take_game_settings(const struct option *table, const char *id,
                                      struct train_config *config, struct error *error) {
    struct game game;
    struct error unknown;
    char said[OPTION_TEXT_SIZE] = "";
    if (game_find(id, NULL, &game, &unknown) != STATUS_OK || !game.settings)
        return STATUS_OK;
    for (const struct game_setting *setting = game.settings; setting->option; setting++) {
        char argument[64];
        char *argv[] = {argument};
        int count;
        if (!has_option(table, setting->option))
            continue;
        snprintf(argument, sizeof argument, "--%s=%s", setting->option, setting->value);
        const enum status status =
            options_parse(table, 1, argv, config, NULL, NULL, 0, &count, error);
        if (status != STATUS_OK)
            return status;
        const size_t length = strlen(said);
        snprintf(said + length, sizeof said - length, " %s", argument);
    }
    log_line("super", "%s starts from%s; options given stand", id, said);
    return STATUS_OK;
}

static enum status parse_train(int argc, char **argv, struct train_config *config,
                               const struct option **table, struct error *error) {
    const char *named = NULL;
    bool given[OPTION_MAX_COUNT] = {0};
    int count;
    enum status status =
        options_parse(all_options, argc, argv, config, given, &named, 1, &count, error);
    if (status == STATUS_OK)
        status = choose_method(config, named, error);
    if (status == STATUS_OK)
        status = check_given(config, given, error);
    if (status != STATUS_OK)
        return status;
    *table = command_of(config->method)->options;
    if (config->resume[0])
        return parse_resumed(*table, argc, argv, config, error);
    char game[OPTION_TEXT_SIZE];
    memcpy(game, config->game, sizeof game);
    options_defaults(*table, config);
    status = take_game_settings(*table, game, config, error);
    if (status != STATUS_OK)
        return status;
    return options_parse(*table, argc, argv, config, NULL, &named, 1, &count, error);
}

static void print_summary_json(const struct train_summary *summary) {
    struct json *json = json_new_object();
    json_set_text(json, "run_dir", summary->run_dir);
    json_set_text(json, "model", summary->model);
    json_set_int(json, "frames", summary->frames);
    json_set_int(json, "emulator_frames", summary->emulator_frames);
    json_set_real(json, "seconds", summary->seconds);
    command_print_json(json);
}

static void print_summary(const struct train_summary *summary) {
    if (summary->seconds > 0)
        log_line("super", "%lld frames in %.1f s: %.0f frames/s", (long long)summary->frames,
                 summary->seconds, (double)summary->frames / summary->seconds);
    if (summary->model[0])
        printf("%s\n", summary->model);
}

static enum status run_train(const struct command *command, int argc, char **argv,
                             struct error *error) {
    (void)command;
    struct train_config config = {0};
    const struct option *table;
    enum status status = parse_train(argc, argv, &config, &table, error);
    if (status != STATUS_OK)
        return status;
    if (config.th_comp_fix)
        log_line("super", "--th_comp_fix does nothing here: Theano's kernels are flipped where a "
                          "weight file has them");
    struct train_summary summary = {0};
    status = train_run(&config, table, &summary, error);
    if (!config.json)
        print_summary(&summary);
    else if (status == STATUS_OK)
        print_summary_json(&summary);
    return status;
}

const struct command command_train = {
    .name = "train",
    .usage = "train a3c|q1|qn|sarsa [options]",
    .summary = "train an agent; Ctrl-C saves and stops",
    .details = "Methods:\n"
               "  a3c       advantage actor-critic: a policy and a value, n-step returns\n"
               "  q1        1-step Q-learning with a frozen target network\n"
               "  qn        n-step Q-learning\n"
               "  sarsa     1-step Sarsa with a frozen target network\n",
    .options = a3c_options,
    .variants = method_commands,
    .run = run_train,
};
