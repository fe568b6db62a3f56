#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

void command_options(const struct command *command, struct option table[OPTION_MAX_COUNT + 1]) {
    struct error error;
    if (options_compose(table, command->options, command->defaults, &error) == STATUS_OK)
        return;
    fprintf(stderr, "asyncrl: the options of %s are wrong: %s\n", command->name, error.message);
    abort();
}

static void print_variants(const struct command *command) {
    printf("\n%s:\n", command->variants_title);
    for (const struct command *one = command->variants; one->name; one++)
        printf("  %-9s %s\n", one->name, one->summary);
    printf("\nBelow are the options of %s; `asyncrl %s %s --help` lists those of %s.\n",
           command->variants[0].name, command->name, command->variants[1].name,
           command->variants[1].name);
}

static void print_options(const struct command *command, bool all) {
    struct option table[OPTION_MAX_COUNT + 1];
    command_options(command, table);
    if (!table[0].name)
        return;
    if (all || options_basic_count(table) == 0) {
        printf("\nOptions [default; bounds]:\n%s", table[0].group ? "\n" : "");
        options_help(table, false, stdout);
        return;
    }
    printf("\nThe options that matter most [default; bounds]:\n");
    options_help(table, true, stdout);
    printf("\nasyncrl %.*s--help=all lists all options, in groups.\n",
           (int)strcspn(command->usage, "["), command->usage);
}

enum wish { NO_HELP, HELP, WHOLE_HELP };

static enum wish wish_for_help(int argc, char **argv) {
    enum wish wish = NO_HELP;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help=all") == 0)
            return WHOLE_HELP;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            wish = HELP;
    }
    return wish;
}

bool command_wants_help(const struct command *command, int argc, char **argv) {
    const enum wish wish = wish_for_help(argc, argv);
    if (wish == NO_HELP)
        return false;
    printf("usage: asyncrl %s\n\n%s\n", command->usage, command->summary);
    if (command->details)
        printf("\n%s", command->details);
    if (command->variants)
        print_variants(command);
    print_options(command, wish == WHOLE_HELP);
    return true;
}

enum status command_parse(const struct command *command, int argc, char **argv, void *config,
                          struct error *error) {
    int count;
    return command_parse_arguments(command, argc, argv, config, NULL, 0, &count, error);
}

enum status command_parse_arguments(const struct command *command, int argc, char **argv,
                                    void *config, const char **arguments, int max_arguments,
                                    int *argument_count, struct error *error) {
    struct option table[OPTION_MAX_COUNT + 1];
    bool given[OPTION_MAX_COUNT] = {0};
    command_options(command, table);
    options_defaults(table, config);
    const enum status status = options_parse(table, argc, argv, config, given, arguments,
                                             max_arguments, argument_count, error);
    return status == STATUS_OK ? options_refuse_idle(table, config, given, error) : status;
}

enum status command_parse_given(const struct command *command, int argc, char **argv,
                                struct option table[OPTION_MAX_COUNT + 1], void *config,
                                bool *given, struct error *error) {
    int argument_count;
    command_options(command, table);
    options_defaults(table, config);
    const enum status status =
        options_parse(table, argc, argv, config, given, NULL, 0, &argument_count, error);
    return status == STATUS_OK ? options_refuse_idle(table, config, given, error) : status;
}

enum status command_require(const struct command *command, const char *name, const char *value,
                            struct error *error) {
    if (value[0])
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "%s needs --%s: asyncrl %s", command->name, name,
                     command->usage);
}

enum status command_flush(struct error *error) {
    const bool is_written = fflush(stdout) == 0;
    if (is_written && !ferror(stdout))
        return STATUS_OK;
    return error_set(error, STATUS_FAILED, "cannot write to standard output: %s",
                     is_written ? "a part is lost" : strerror(errno));
}

void command_print_json(struct json *json) {
    json_print(json, stdout);
    json_free(json);
}
