#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static void print_help(void) {
    printf("usage: asyncrl COMMAND [options]\n\n"
           "Asynchronous deep reinforcement learning from pixels.\n\n"
           "Commands:\n");
    for (const struct command *const *command = command_list; *command; command++)
        printf("  %-10s %s\n", (*command)->name, (*command)->summary);
    printf("\n"
           "asyncrl help COMMAND lists a command's options; asyncrl version prints the\n"
           "version.\n");
}

static bool is_any_of(const char *word, const char *one, const char *other, const char *third) {
    return strcmp(word, one) == 0 || strcmp(word, other) == 0 || strcmp(word, third) == 0;
}

/* `help`, `help train`, `help train ppo`. */
static enum status print_help_of(int argc, char **argv, struct error *error) {
    static char help[] = "--help";
    if (argc == 0) {
        print_help();
        return STATUS_OK;
    }
    const struct command *command = command_find(argv[0], error);
    if (!command)
        return STATUS_BAD_INPUT;
    const struct command *variant = command_choose(command, argc - 1, argv + 1);
    const int taken = variant == command ? 1 : 2;
    if (argc > taken)
        return error_set(error, STATUS_BAD_INPUT, "unexpected argument '%.40s': %s", argv[taken],
                         "asyncrl help [COMMAND]");
    command_wants_help(variant, 1, (char *[]){help});
    return STATUS_OK;
}

static enum status run_command(int argc, char **argv, struct error *error) {
    if (argc < 2)
        return error_set(error, STATUS_BAD_INPUT, "no command given; asyncrl --help lists them");
    if (is_any_of(argv[1], "--help", "-h", "help") || strcmp(argv[1], "--help=all") == 0)
        return print_help_of(argc - 2, argv + 2, error);
    if (is_any_of(argv[1], "--version", "-V", "version")) {
        printf("asyncrl %s\n", ASYNCRL_VERSION);
        return STATUS_OK;
    }
    const struct command *command = command_find(argv[1], error);
    if (!command)
        return STATUS_BAD_INPUT;
    command = command_choose(command, argc - 2, argv + 2);
    if (command_wants_help(command, argc - 2, argv + 2))
        return STATUS_OK;
    return command->run(command, argc - 2, argv + 2, error);
}

/* Keeps the message on one line, whatever a file's name or contents added. */
static void print_error(struct error *error) {
    without_controls(error->message);
    fprintf(stderr, "asyncrl: %s\n", error->message);
}

int main(int argc, char **argv) {
    process_fill_standard();
    signals_settle();
    struct error error = {0};
    process_tell_lack_of_memory();
    enum status status = run_command(argc, argv, &error);
    if (status == STATUS_OK)
        status = command_flush(&error);
    if (status != STATUS_OK)
        print_error(&error);
    return status_exit_code(status);
}
