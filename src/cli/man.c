/*
 * Manual pages, and the page of options in Markdown, made from the option tables. The macros are
 * those of man(7). A command with variants lists the options that all variants share first, then
 * each variant's own.
 */
#include "cli/command.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_option(const struct option *a, const struct option *b) {
    return same_text(a->name, b->name) && a->type == b->type && same_text(a->initial, b->initial) &&
           a->minimum == b->minimum && a->maximum == b->maximum &&
           same_text(a->placeholder, b->placeholder) && same_text(a->help, b->help) &&
           same_text(a->choices, b->choices);
}

static bool has_option(const struct command *command, const struct option *wanted) {
    struct option table[OPTION_MAX_COUNT + 1];
    command_options(command, table);
    for (const struct option *option = table; option->name; option++)
        if (same_option(option, wanted))
            return true;
    return false;
}

static bool has_options(const struct command *command) {
    struct option table[OPTION_MAX_COUNT + 1];
    command_options(command, table);
    return table[0].name != NULL;
}

static bool is_shared(const struct command *command, const struct option *option) {
    for (const struct command *one = command->variants; one && one->name; one++)
        if (!has_option(one, option))
            return false;
    return true;
}

/* ---- Markdown -------------------------------------------------------------------------------- */

/* Escapes text for a cell of a table; in code (backticks) only the bar is special. */
static void print_markdown(const char *text, bool code) {
    for (; *text; text++) {
        code ^= *text == '`';
        if (*text == '|' || (!code && strchr("<*_", *text)))
            putchar('\\');
        putchar(*text);
    }
}

static void print_markdown_option(const struct option *option) {
    printf("| `%s%s", option_dashes(option->name), option->name);
    if (option->placeholder) {
        putchar(option_is_letter(option) ? ' ' : '=');
        print_markdown(option->placeholder, true);
    }
    printf("` | ");
    if (option->initial && option->initial[0])
        printf("`%s`", option->initial);
    printf(" | ");
    if (option_is_bounded(option))
        printf("%g to %g", option->minimum, option->maximum);
    printf(" | ");
    print_markdown(option->help, false);
    puts(" |");
}

enum part { WHOLE, SHARED, OWN };

/* one: the command itself, or one of its variants. */
static void print_markdown_options(const struct command *command, const struct command *one,
                                   enum part part) {
    struct option table[OPTION_MAX_COUNT + 1];
    command_options(one, table);
    puts("| option | default | bounds | |\n| --- | --- | --- | --- |");
    for (const struct option *option = table; option->name; option++)
        if (part == WHOLE || is_shared(command, option) == (part == SHARED))
            print_markdown_option(option);
}

static void print_markdown_command(const struct command *command) {
    printf("\n## asyncrl %s\n\n```text\nasyncrl %s\n```\n\n", command->name, command->usage);
    printf("%c%s.\n", toupper((unsigned char)command->summary[0]), command->summary + 1);
    if (command->details)
        printf("\n```text\n%s```\n", command->details);
    if (!has_options(command))
        return;
    putchar('\n');
    print_markdown_options(command, command, command->variants ? SHARED : WHOLE);
    for (const struct command *one = command->variants; one && one->name; one++) {
        printf("\n### asyncrl %s %s\n\n%c%s. Additional options:\n\n", command->name, one->name,
               toupper((unsigned char)one->summary[0]), one->summary + 1);
        print_markdown_options(command, one, OWN);
    }
}

static void print_markdown_page(void) {
    puts("# Options\n\n"
         "All commands with their options. `make docs` makes this page from the program's option\n"
         "tables, and a test compares the two.\n\n"
         "`--name=value` and `--name value` are the same, and so are `_` and `-` in names. Whole\n"
         "numbers may be written as `1e6`, `10M` or `4k`. An empty cell means no default.");
    for (const struct command *const *command = command_list; *command; command++)
        print_markdown_command(*command);
}

/* ---- Manual pages ---------------------------------------------------------------------------- */

/* Escapes text within a line of roff. */
static void print_roff(const char *text) {
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\'')
            fputs("\\(aq", stdout);
        else if (*text == '`')
            fputs("\\(ga", stdout);
        else
            putchar(*text);
    }
}

static void print_bold(const char *text) {
    fputs("\\fB", stdout);
    print_roff(text);
    fputs("\\fR", stdout);
}

/* Prints a paragraph: verbatim if a line of it begins with spaces, otherwise filled. */
static void print_roff_details(const char *text) {
    bool shown = false;
    while (*text) {
        const size_t length = strcspn(text, "\n");
        const bool as_it_stands = strncmp(text, "  ", 2) == 0;
        if (as_it_stands != shown)
            puts(as_it_stands ? ".nf" : ".fi");
        shown = as_it_stands;
        if (length == 0)
            fputs(".PP", stdout);
        else if (*text == '.')
            fputs("\\&", stdout);
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        print_roff(line);
        putchar('\n');
        text += length + (text[length] == '\n');
    }
    if (shown)
        puts(".fi");
}

static void print_roff_option(const struct option *option) {
    printf(".TP\n\\fB\\-%s", option_is_letter(option) ? "" : "\\-");
    print_roff(option->name);
    fputs("\\fR", stdout);
    if (option->placeholder) {
        printf("%c\\fI", option_is_letter(option) ? ' ' : '=');
        print_roff(option->placeholder);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    print_roff(option->help);
    if (option_shows_default(option)) {
        fputs(" [", stdout);
        print_roff(option->initial);
        if (option_is_bounded(option)) {
            char bounds[64];
            snprintf(bounds, sizeof bounds, "; %g to %g", option->minimum, option->maximum);
            print_roff(bounds);
        }
        putchar(']');
    }
    putchar('\n');
}

/* one: the command itself, or one of its variants. */
static void print_roff_options(const struct command *command, const struct command *one,
                               enum part part) {
    struct option table[OPTION_MAX_COUNT + 1];
    command_options(one, table);
    for (const struct option *option = table; option->name; option++)
        if (part == WHOLE || is_shared(command, option) == (part == SHARED))
            print_roff_option(option);
}

static void print_roff_heading(const char *name, const char *summary) {
    char page[64];
    snprintf(page, sizeof page, "asyncrl%s%s", name[0] ? "-" : "", name);
    fputs(".TH ", stdout);
    for (const char *c = page; *c; c++)
        putchar(toupper((unsigned char)*c));
    printf(" 1 \"\" \"asyncrl %s\"\n.SH NAME\n", ASYNCRL_VERSION);
    print_roff(page);
    fputs(" \\- ", stdout);
    print_roff(summary);
    putchar('\n');
}

static void print_roff_command(const struct command *command) {
    print_roff_heading(command->name, command->summary);
    fputs(".SH SYNOPSIS\n\\fBasyncrl\\fR ", stdout);
    print_roff(command->usage);
    putchar('\n');
    if (command->details) {
        puts(".SH DESCRIPTION");
        print_roff_details(command->details);
    }
    if (has_options(command)) {
        puts(".SH OPTIONS\nIn brackets are default and bounds. Names may have \\- for _.");
        print_roff_options(command, command, command->variants ? SHARED : WHOLE);
    }
    for (const struct command *one = command->variants; one && one->name; one++) {
        printf(".SS Options of %s\n", one->name);
        print_roff(one->summary);
        putchar('\n');
        print_roff_options(command, one, OWN);
    }
    puts(".SH SEE ALSO\n.BR asyncrl (1)");
}

static void print_roff_commands(void) {
    puts(".SH COMMANDS\nEach has a page of its own.");
    for (const struct command *const *command = command_list; *command; command++) {
        fputs(".TP\n", stdout);
        print_bold((*command)->name);
        putchar('\n');
        print_roff((*command)->summary);
        putchar('\n');
    }
}

static void print_roff_see_also(void) {
    puts(".SH SEE ALSO");
    for (const struct command *const *command = command_list; *command; command++)
        printf(".BR asyncrl\\-%s (1)%s\n", (*command)->name, command[1] ? "," : "");
}

static void print_roff_program(void) {
    print_roff_heading("", "asynchronous deep reinforcement learning from pixels");
    puts(".SH SYNOPSIS\n"
         "\\fBasyncrl\\fR \\fICOMMAND\\fR [options]\n"
         ".br\n"
         "\\fBasyncrl\\fR \\-\\-help | \\-\\-version\n"
         ".SH DESCRIPTION\n"
         "Trains agents to play games from pixels: actor processes push experience into queues; a\n"
         "learner trains a network on it and hands new weights back.");
    print_roff_commands();
    puts(".SH ENVIRONMENT\n"
         ".TP\n"
         ".B ASYNCRL_DATA\n"
         "the folder with the emulator\\(aqs library and ROMs, unless \\-\\-data_dir is given. "
         "Without\n"
         "either: deps/data of the sources, data beside the program, asyncrl in $XDG_DATA_HOME\n"
         "(~/.local/share), share/asyncrl beside the\n"
         "program\\(aqs folder, in /usr/local or in /usr\n"
         ".TP\n"
         ".B ASYNCRL_PYTHON\n"
         "the Python interpreter for Gymnasium environments\n"
         ".SH EXIT STATUS\n"
         "0: done; 1: a failure at run time; 2: bad input. Errors are one line on standard error.\n"
         ".SH EXAMPLES\n"
         "An agent that learns a small game in half a minute, then plays it:\n"
         ".PP\n"
         ".nf\n"
         "  asyncrl train a3c \\-\\-game=catch \\-\\-total_steps=60000 \\-\\-run_dir=runs/catch\n"
         "  asyncrl play \\-\\-model=runs/catch\n"
         ".fi");
    print_roff_see_also();
}

/* ---- The command ----------------------------------------------------------------------------- */

struct man_options {
    bool markdown;
};

static const struct option man_options[] = {
    FLAG_OPTION("markdown", struct man_options, markdown, "false",
                "print docs/options.md, all commands' options, instead"),
    {0},
};

static const struct option_part parts[] = {
    {.options = man_options},
    {0},
};

static enum status run_man(const struct command *command, int argc, char **argv,
                           struct error *error) {
    struct man_options options;
    const char *name = NULL;
    int count;
    const enum status status =
        command_parse_arguments(command, argc, argv, &options, &name, 1, &count, error);
    if (status != STATUS_OK)
        return status;
    if (options.markdown && name)
        return error_set(error, STATUS_BAD_INPUT,
                         "--markdown prints the page of all commands: leave out '%.40s'", name);
    if (options.markdown) {
        print_markdown_page();
        return STATUS_OK;
    }
    if (!name) {
        print_roff_program();
        return STATUS_OK;
    }
    const struct command *wanted = command_find(name, error);
    if (!wanted)
        return STATUS_BAD_INPUT;
    print_roff_command(wanted);
    return STATUS_OK;
}

const struct command command_man = {
    .name = "man",
    .usage = "man [COMMAND] [--markdown]",
    .summary = "print the manual page of the program or of a command",
    .details = "To read it: asyncrl man train | man -l -\n",
    .options = parts,
    .arguments = "COMMAND",
    .run = run_man,
};
