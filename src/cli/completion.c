/*
 * Shell completion: a fixed part for each shell, and a table of commands and options in the shell's
 * language, made from the option tables.
 */
#include "cli/command.h"
#include "cli/completion_bash.h"
#include "cli/completion_fish.h"
#include "cli/completion_zsh.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_SIZE = 512 };

/* Calls visit for every command, and for every variant with its command. */
static void for_each_table(void (*visit)(const struct command *command,
                                         const struct command *variant)) {
    for (int i = 0; command_list[i]; i++) {
        const struct command *command = command_list[i];
        visit(command, NULL);
        for (const struct command *one = command->variants; one && one->name; one++)
            visit(command, one);
    }
}

/* The words that select a table: "train q1", or with '_' between them. */
static void print_context(const struct command *command, const struct command *variant,
                          char separator) {
    fputs(command->name, stdout);
    if (variant)
        printf("%c%s", separator, variant->name);
}

/* Prints text for single quotes, with a backslash before the characters in `special`. */
static void print_quoted(const char *text, const char *quote, const char *special) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs(quote, stdout);
        else if (strchr(special, *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

/* Prints "a|b" with spaces for bars. */
static void print_words(const char *choices) {
    for (; *choices; choices++)
        putchar(*choices == '|' ? ' ' : *choices);
}

/* The kind of a value: "a|b", one of these words; FILE, DIR, ID (of a game); "": none of these. */
static const char *kind_of(const char *choices, const char *placeholder) {
    static const char *const kinds[] = {"FILE", "DIR", "ID"};
    if (choices)
        return choices;
    for (size_t i = 0; placeholder && i < sizeof kinds / sizeof kinds[0]; i++) {
        const size_t length = strlen(placeholder);
        const size_t own = strlen(kinds[i]); /* "RUN_DIR", "N|FILE" */
        if (length >= own && strcmp(placeholder + length - own, kinds[i]) == 0)
            return kinds[i];
    }
    return "";
}

static bool is_kind(const char *kind, const char *name) {
    return strcmp(kind, name) == 0;
}

/* Adds a word to "a|b". */
static void add_word(char words[WORDS_SIZE], const char *word) {
    const size_t length = strlen(words);
    snprintf(words + length, WORDS_SIZE - length, "%s%s", length > 0 ? "|" : "", word);
}

/* The kind of the command's arguments. */
static void kind_of_arguments(const struct command *command, char out[WORDS_SIZE]) {
    const bool any_command = command->arguments && is_kind(command->arguments, "COMMAND");
    snprintf(out, WORDS_SIZE, "%s", command->arguments && !any_command ? command->arguments : "");
    for (const struct command *one = command->variants; one && one->name; one++)
        add_word(out, one->name);
    for (int i = 0; any_command && command_list[i]; i++)
        add_word(out, command_list[i]->name);
}

/* ---- bash ------------------------------------------------------------------------------------ */

static void print_bash_table(const struct command *command, const struct command *variant) {
    char arguments[WORDS_SIZE];
    kind_of_arguments(command, arguments);
    fputs("    '", stdout);
    print_context(command, variant, ' ');
    printf("')\n        arguments='%s'\n        options=(", arguments);
    struct option table[OPTION_MAX_COUNT + 1];
    command_options(variant ? variant : command, table);
    for (const struct option *option = table; option->name; option++) {
        printf("'%s%s", option_dashes(option->name), option->name);
        if (option->type != OPTION_FLAG)
            printf("=%s", kind_of(option->choices, option->placeholder));
        fputs("'\n            ", stdout);
    }
    puts(")\n        ;;");
}

static void print_bash(void) {
    fputs(completion_bash, stdout);
    puts("# Sets options and arguments of a command, or of a command and its variant.");
    puts("_asyncrl_table() {\n    case $1 in");
    for_each_table(print_bash_table);
    fputs("    esac\n}\n\n_asyncrl_commands='", stdout);
    for (const struct command *const *command = command_list; *command; command++)
        printf("%s%s", command == command_list ? "" : " ", (*command)->name);
    puts("'");
}

/* ---- zsh ------------------------------------------------------------------------------------- */

static const char zsh_quote[] = "'\\''";

/* The action by which zsh's _arguments completes a value. */
static void print_zsh_action(const char *kind) {
    if (is_kind(kind, "FILE"))
        fputs("_files", stdout);
    else if (is_kind(kind, "DIR"))
        fputs("_files -/", stdout);
    else if (is_kind(kind, "ID"))
        fputs("_asyncrl_games", stdout);
    else if (kind[0]) {
        putchar('(');
        print_words(kind);
        putchar(')');
    } else
        putchar(' ');
}

static void print_zsh_option(const struct option *option, bool dashed) {
    printf("        '%s%s", dashed ? "!" : "", option_dashes(option->name));
    for (const char *c = option->name; *c; c++)
        putchar(dashed && *c == '_' ? '-' : *c);
    if (option->type != OPTION_FLAG && !option_is_letter(option))
        putchar('=');
    putchar('[');
    print_quoted(option->help, zsh_quote, "[]\\");
    putchar(']');
    if (option->type != OPTION_FLAG) {
        printf(":%s:", option->placeholder);
        print_zsh_action(kind_of(option->choices, option->placeholder));
    }
    puts("'");
}

static void print_zsh_table(const struct command *command, const struct command *variant) {
    char arguments[WORDS_SIZE];
    fputs("_asyncrl_table_", stdout);
    print_context(command, variant, '_');
    puts("() {\n    specs=(");
    struct option table[OPTION_MAX_COUNT + 1];
    command_options(variant ? variant : command, table);
    for (const struct option *option = table; option->name; option++) {
        print_zsh_option(option, false);
        if (strchr(option->name, '_')) /* an accepted alias, but not offered */
            print_zsh_option(option, true);
    }
    kind_of_arguments(command, arguments);
    if (arguments[0]) {
        fputs("        '*: :", stdout);
        print_zsh_action(arguments);
        puts("'");
    }
    puts("    )\n}\n");
}

static void print_zsh(void) {
    fputs(completion_zsh, stdout);
    for_each_table(print_zsh_table);
    puts("_asyncrl_commands() {\n    local -a commands\n    commands=(");
    for (const struct command *const *command = command_list; *command; command++) {
        printf("        '%s:", (*command)->name);
        print_quoted((*command)->summary, zsh_quote, ":\\");
        puts("'");
    }
    puts("    )\n    _describe -t commands command commands\n}\n\n"
         "if [[ $funcstack[1] == _asyncrl ]]; then _asyncrl \"$@\"; else compdef _asyncrl asyncrl; "
         "fi");
}

/* ---- fish ------------------------------------------------------------------------------------ */

static const char fish_quote[] = "\\'";

static void print_fish_value(const char *kind) {
    if (is_kind(kind, "FILE"))
        fputs(" -r -F", stdout);
    else if (is_kind(kind, "DIR"))
        fputs(" -x -a '(__fish_complete_directories)'", stdout);
    else if (is_kind(kind, "ID"))
        fputs(" -x -a '(__asyncrl_games)'", stdout);
    else if (kind[0]) {
        fputs(" -x -a '", stdout);
        print_words(kind);
        putchar('\'');
    } else
        fputs(" -x", stdout);
}

static void print_fish_option(const struct command *command, const struct command *variant,
                              const struct option *option, bool dashed) {
    printf("complete -c asyncrl -n '__asyncrl_%s ", dashed ? "dashed" : "in");
    print_context(command, variant, ' ');
    printf("' %s ", option_is_letter(option) ? "-s" : "-l");
    for (const char *c = option->name; *c; c++)
        putchar(dashed && *c == '_' ? '-' : *c);
    if (option->type != OPTION_FLAG)
        print_fish_value(kind_of(option->choices, option->placeholder));
    fputs(" -d '", stdout);
    print_quoted(option->help, fish_quote, "\\");
    puts("'");
}

static void print_fish_arguments(const struct command *command) {
    char kind[WORDS_SIZE];
    kind_of_arguments(command, kind);
    if (!kind[0])
        return;
    printf("complete -c asyncrl -n '__asyncrl_in %s'", command->name);
    if (is_kind(kind, "FILE"))
        puts(" -F");
    else {
        fputs(" -a '", stdout);
        if (is_kind(kind, "DIR"))
            fputs("(__fish_complete_directories)", stdout);
        else if (is_kind(kind, "ID"))
            fputs("(__asyncrl_games)", stdout);
        else
            print_words(kind);
        puts("'");
    }
}

static void print_fish_table(const struct command *command, const struct command *variant) {
    if (!variant) {
        printf("complete -c asyncrl -n __fish_is_first_token -a %s -d '", command->name);
        print_quoted(command->summary, fish_quote, "\\");
        puts("'");
        print_fish_arguments(command);
    }
    struct option table[OPTION_MAX_COUNT + 1];
    command_options(variant ? variant : command, table);
    for (const struct option *option = table; option->name; option++) {
        print_fish_option(command, variant, option, false);
        if (strchr(option->name, '_'))
            print_fish_option(command, variant, option, true);
    }
}

static void print_fish_variant(const struct command *command, const struct command *variant) {
    if (variant)
        printf(" '%s %s'", command->name, variant->name);
}

static void print_fish(void) {
    fputs("set -g __asyncrl_variants", stdout);
    for_each_table(print_fish_variant);
    putchar('\n');
    fputs(completion_fish, stdout);
    for_each_table(print_fish_table);
}

/* ---- The command ----------------------------------------------------------------------------- */

static const struct option_part parts[] = {{0}};

static enum status run_completion(const struct command *command, int argc, char **argv,
                                  struct error *error) {
    const char *shell = "";
    int count;
    const enum status status =
        command_parse_arguments(command, argc, argv, NULL, &shell, 1, &count, error);
    if (status != STATUS_OK)
        return status;
    if (strcmp(shell, "bash") == 0)
        print_bash();
    else if (strcmp(shell, "zsh") == 0)
        print_zsh();
    else if (strcmp(shell, "fish") == 0)
        print_fish();
    else
        return error_set(error, STATUS_BAD_INPUT,
                         "completion needs a shell: bash, zsh or fish%s%.40s",
                         shell[0] ? ", not " : "", shell);
    return STATUS_OK;
}

const struct command command_completion = {
    .name = "completion",
    .usage = "completion bash|zsh|fish",
    .summary = "print a shell completion script",
    .details = "bash, in ~/.bashrc:                      source <(asyncrl completion bash)\n"
               "zsh, in ~/.zshrc after compinit:         source <(asyncrl completion zsh)\n"
               "fish, in ~/.config/fish/config.fish:     asyncrl completion fish | source\n",
    .options = parts,
    .arguments = "bash|zsh|fish",
    .run = run_completion,
};
