#include "train/train.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#define FIELD(name) offsetof(struct train_config, name)

static const struct option train_options[] = {
    {"game", OPTION_TEXT, FIELD(game), "Breakout-v0", 0, 0, "ID",
     "what is played; `asyncrl games` lists them", NULL},
    {"processes", OPTION_INT, FIELD(processes), "4", 1, 1024, "N", "actor processes", NULL},
    {"envs_per_process", OPTION_INT, FIELD(envs_per_process), "1", 1, 256, "N",
     "environments that one actor plays with one batched forward", NULL},
    {"lr", OPTION_REAL, FIELD(lr), "0.001", 1e-8, 10, "X", "learning rate at the start", NULL},
    {"steps", OPTION_INT, FIELD(steps), "80000000", 1, 1e15, "N",
     "agent frames over which the learning rate falls to 0", NULL},
    {"batch_size", OPTION_INT, FIELD(batch_size), "20", 1, 4096, "N", "transitions in one update",
     NULL},
    {"swap_freq", OPTION_INT, FIELD(swap_freq), "100", 1, 1e12, "N",
     "agent frames between new weights for the actors", NULL},
    {"checkpoint", OPTION_TEXT, FIELD(checkpoint), "", 0, 0, "N|FILE",
     "start from these weights; N also sets the frame counter", NULL},
    {"save_freq", OPTION_INT, FIELD(save_freq), "250000", 1, 1e15, "N",
     "agent frames between weight files", NULL},
    {"queue_size", OPTION_INT, FIELD(queue_size), "256", 1, 1e6, "N",
     "transitions that wait for the learner at most", NULL},
    {"n_step", OPTION_INT, FIELD(n_step), "5", 1, 1000, "N", "steps in a segment at most", NULL},
    {"reward_scale", OPTION_REAL, FIELD(reward_scale), "1", 1e-6, 1e9, "X",
     "rewards are divided by this, then clipped to -1..1", NULL},
    {"beta", OPTION_REAL, FIELD(beta), "0.01", 0, 10, "X", "weight of the entropy", NULL},
    {"gamma", OPTION_REAL, FIELD(gamma), "0.99", 0, 1, "X", "discount of a step", NULL},
    {"rho", OPTION_REAL, FIELD(rho), "0.99", 0, 0.999999, "X", "RMSprop's memory", NULL},
    {"rms_eps", OPTION_REAL, FIELD(rms_eps), "0.1", 1e-12, 10, "X",
     "RMSprop's epsilon, outside the root", NULL},
    {"max_grad_norm", OPTION_REAL, FIELD(max_grad_norm), "0", 0, 1e9, "X",
     "gradients are scaled down to this norm; 0: not", NULL},
    {"value_coef", OPTION_REAL, FIELD(value_coef), "1", 0, 100, "X", "weight of the value's loss",
     NULL},
    {"max_frames", OPTION_INT, FIELD(max_frames), "0", 0, 1e15, "N",
     "stop after the batch that reaches this many agent frames; 0: run on", NULL},
    {"max_equal_actions", OPTION_INT, FIELD(max_equal_actions), "-1", -1, 1e9, "N",
     "cut an episode after this many equal actions in a row; 0: never, -1: 100 on ALE's -v0 "
     "ids, else never",
     NULL},
    {"seed", OPTION_INT, FIELD(seed), "1", 0, 9e15, "N", "of all random numbers", NULL},
    {"observation", OPTION_TEXT, FIELD(observation), "seed", 0, 0, "NAME",
     "how screens are seen: seed, deepmind or v4", "seed|deepmind|v4"},
    {"network", OPTION_TEXT, FIELD(network), "a3c", 0, 0, "NAME", "trunk: a3c or nature",
     "a3c|nature"},
    {"run_dir", OPTION_TEXT, FIELD(run_dir), "", 0, 0, "DIR",
     "where weights and curves go [runs/<game>-<method>-<date>-<time>]", NULL},
    {"data_dir", OPTION_TEXT, FIELD(data_dir), "", 0, 0, "DIR",
     "where the emulator's library and roms/ are [$ASYNCRL_DATA, or beside the program]", NULL},
    {0},
};

static const char *const methods[] = {"a3c"};

static enum status choose_method(struct train_config *config, const char *name, int count,
                                 struct error *error) {
    if (count == 0)
        return error_set(error, STATUS_BAD_INPUT, "which method? for example: asyncrl train a3c");
    if (strcmp(name, methods[0]) != 0)
        return error_set(error, STATUS_BAD_INPUT, "there is no method '%.40s'; there is: %s", name,
                         methods[0]);
    snprintf(config->method, sizeof config->method, "%s", name);
    return STATUS_OK;
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
    struct train_config config = {0};
    const char *method = NULL;
    int count;
    options_defaults(command->options, &config);
    enum status status =
        options_parse(command->options, argc, argv, &config, NULL, &method, 1, &count, error);
    if (status == STATUS_OK)
        status = choose_method(&config, method, count, error);
    if (status != STATUS_OK)
        return status;
    struct train_summary summary = {0};
    status = train_run(&config, command->options, &summary, error);
    print_summary(&summary);
    return status;
}

const struct command command_train = {
    .name = "train",
    .usage = "train a3c [options]",
    .summary = "train an agent; Ctrl-C saves and stops",
    .options = train_options,
    .run = run_train,
};
