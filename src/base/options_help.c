/* Options for people: their part of a --help text, and suggestions for unknown names. */
#include "base/options.h"

#include <string.h>
#include <strings.h>

/* Prints text from column indent on, broken at spaces before column 80. */
static void print_wrapped(const char *text, int indent, FILE *stream) {
    int column = indent;
    while (*text) {
        const int word = (int)strcspn(text, " ");
        if (column > indent && column + 1 + word > 79) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        }
        if (column > indent)
            column += fprintf(stream, " ");
        column += fprintf(stream, "%.*s", word, text);
        text += word;
        text += *text == ' ';
    }
    fputc('\n', stream);
}

int options_basic_count(const struct option *table) {
    int count = 0;
    for (const struct option *option = table; option->name; option++)
        count += (option->flags & OPTION_BASIC) != 0;
    return count;
}

static void print_option(const struct option *option, FILE *stream) {
    enum { INDENT = 30 };
    char left[OPTION_NAME_SIZE * 2];
    char help[512];
    const bool is_letter = option_is_letter(option);
    snprintf(left, sizeof left, "  %s%s%s%s", option_dashes(option->name), option->name,
             !option->placeholder ? ""
             : is_letter          ? " "
                                  : "=",
             option->placeholder ? option->placeholder : "");
    int length = snprintf(help, sizeof help, "%s", option->help);
    const size_t left_over = sizeof help - (size_t)length;
    const bool has_default = option_shows_default(option);
    if (has_default && option_is_bounded(option))
        snprintf(help + length, left_over, " [%s; %g to %g]", option->initial, option->minimum,
                 option->maximum);
    else if (has_default)
        snprintf(help + length, left_over, " [%s]", option->initial);
    if (strlen(left) < INDENT)
        fprintf(stream, "%-*s", INDENT, left);
    else
        fprintf(stream, "%s\n%*s", left, INDENT, "");
    print_wrapped(help, INDENT, stream);
}

void options_help(const struct option *table, bool basic_only, FILE *stream) {
    const char *group = NULL;
    for (const struct option *option = table; option->name; option++) {
        if (basic_only && !(option->flags & OPTION_BASIC))
            continue;
        if (!basic_only && option->group && (!group || strcmp(option->group, group) != 0))
            fprintf(stream, "%s%s:\n", option == table ? "" : "\n", option->group);
        group = option->group;
        print_option(option, stream);
    }
}

/* Levenshtein distance with case ignored, for words shorter than OPTION_NAME_SIZE. */
static int edit_distance(const char *a, const char *b) {
    int row[OPTION_NAME_SIZE + 1];
    const int length = (int)strlen(b);
    for (int j = 0; j <= length; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= length; j++) {
            const int substituted = diagonal + (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0);
            diagonal = row[j];
            const int shifted = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            row[j] = substituted < shifted ? substituted : shifted;
        }
    }
    return row[length];
}

const char *options_nearest(const char *word, const char *const *candidates, int count) {
    const int length = (int)strlen(word);
    const char *nearest = NULL;
    int best = (length + 2) / 3 + 1; /* a third of the letters may be wrong */
    if (best > length)
        best = length;
    for (int i = 0; i < count; i++) {
        if (strlen(candidates[i]) >= OPTION_NAME_SIZE)
            continue;
        const int distance = edit_distance(word, candidates[i]);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
