#include "cli/command.h"

#include <string.h>

const struct command *const command_list[] = {
    // clang-format off
    &command_train,
    &command_sweep,
    &command_play,
    &command_watch,
    &command_eval,
    &command_predict,
    &command_trace,
    &command_plot,
    &command_export,
    &command_games,
    &command_presets,
    &command_bench,
    &command_completion,
    &command_man,
    NULL,
    // clang-format on
};

enum { COMMAND_COUNT = sizeof command_list / sizeof command_list[0] - 1 };

static enum status unknown_command(const char *name, struct error *error) {
    const char *names[COMMAND_COUNT];
    for (int i = 0; i < COMMAND_COUNT; i++)
        names[i] = command_list[i]->name;
    const char *nearest = options_nearest(name, names, COMMAND_COUNT);
    if (nearest)
        return error_set(error, STATUS_BAD_INPUT, "unknown command '%.40s'; did you mean '%s'?",
                         name, nearest);
    return error_set(error, STATUS_BAD_INPUT, "unknown command '%.40s'; asyncrl --help lists them",
                     name);
}

const struct command *command_find(const char *name, struct error *error) {
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(command_list[i]->name, name) == 0)
            return command_list[i];
    unknown_command(name, error);
    return NULL;
}
