#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static const struct command *find_variant(const struct command *command, const char *name) {
    for (const struct command *one = command->variants; one && one->name; one++)
        if (strcmp(one->name, name) == 0)
            return one;
    return NULL;
}

const struct command *command_choose(const struct command *command, int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        const struct command *variant = find_variant(command, argv[i]);
        if (variant)
            return variant;
    }
    return command;
}

bool command_wants_help(const struct command *command, int argc, char **argv) {
    bool wanted = false;
    for (int i = 0; i < argc && !wanted; i++)
        wanted = strcmp(argv[i], "--help") == 0;
    if (!wanted)
        return false;
    printf("usage: asyncrl %s\n\n%s\n", command->usage, command->summary);
    if (command->details)
        printf("\n%s", command->details);
    if (command->variants)
        printf("\nBelow are the options of %s; `asyncrl %s %s --help` lists those of %s.\n",
               command->variants[0].name, command->name, command->variants[1].name,
               command->variants[1].name);
    if (command->options[0].name) {
        printf("\nOptions [default; bounds]:\n");
        options_help(command->options, stdout);
    }
    return true;
}

enum status command_parse(const struct command *command, int argc, char **argv, void *config,
                          struct error *error) {
    int positional_count;
    options_defaults(command->options, config);
    return options_parse(command->options, argc, argv, config, NULL, NULL, 0, &positional_count,
                         error);
}

enum status command_require(const struct command *command, const char *name, const char *value,
                            struct error *error) {
    if (value[0])
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "%s needs --%s: asyncrl %s", command->name, name,
                     command->usage);
}

void command_print_json(struct json *json) {
    json_print(json, stdout);
    json_free(json);
}
