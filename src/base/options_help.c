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

/* An edit, and what a substituted letter costs beyond it: more often a letter was left out. */
enum { EDIT = 64, SUBSTITUTION = 1 };

static bool is_same(char a, char b) {
    return strncasecmp(&a, &b, 1) == 0;
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* The cost of letters inserted, left out, substituted or swapped with the next one (optimal string
 * alignment). Case is ignored; words are shorter than OPTION_NAME_SIZE. */
static int edit_distance(const char *a, const char *b) {
    int rows[3][OPTION_NAME_SIZE + 1] = {0};
    const int length = (int)strlen(b);
    int i = 0;
    for (int j = 0; j <= length; j++)
        rows[0][j] = j * EDIT;
    while (a[i++]) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3];
        row[0] = i * EDIT;
        for (int j = 1; j <= length; j++) {
            const bool same = is_same(a[i - 1], b[j - 1]);
            const bool swapped =
                i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]);
            row[j] = above[j - 1] + (same ? 0 : EDIT + SUBSTITUTION);
            row[j] = least(row[j], EDIT + least(above[j], row[j - 1]));
            if (swapped)
                row[j] = least(row[j], EDIT + rows[(i + 1) % 3][j - 2]);
        }
    }
    return rows[(i - 1) % 3][length];
}

const char *options_nearest(const char *word, const char *const *candidates, int count) {
    const int length = (int)strlen(word);
    const char *nearest = NULL;
    int best = ((length + 1) / 3 + 1) * EDIT; /* about a third of the letters may be wrong */
    if (best > length * EDIT)
        best = length * EDIT;
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
