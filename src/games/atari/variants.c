/* Modes and difficulties of the games: the existing ones, and the user's choice. */
#include "games/atari/titles.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static const char *numbers_or_zero(const char *numbers) {
    return numbers ? numbers : "0";
}

bool title_number(const char *numbers, int index, int *number) {
    const char *rest = numbers_or_zero(numbers);
    for (;;) {
        char *end;
        const int first = (int)strtol(rest, &end, 10);
        if (end == rest)
            return false;
        const int last = *end == '-' ? (int)strtol(end + 1, &end, 10) : first;
        *number = first + index;
        if (*number <= last)
            return true;
        index -= last - first + 1;
        rest = end;
    }
}

/* The index of the number in text, or -1. */
static int index_of(const char *numbers, const char *text) {
    char *end;
    int number;
    const long wanted = strtol(text, &end, 10);
    for (int i = 0; isdigit((unsigned char)text[0]) && !*end && title_number(numbers, i, &number);
         i++)
        if (number == wanted)
            return i;
    return -1;
}

static enum status refuse(const struct title *title, const char *what, const char *text,
                          const char *numbers, struct error *error) {
    return error_set(error, STATUS_BAD_INPUT, "%s has no --%s=%.40s: choose from %s", title->name,
                     what, text, numbers_or_zero(numbers));
}

struct variant title_default(const struct title *title) {
    struct variant variant = {0};
    title_number(title->modes, 0, &variant.mode);
    return variant;
}

enum status title_choose(const struct title *title, const struct atari_choice *choice,
                         struct variant *variant, struct error *error) {
    *variant = title_default(title);
    if (choice->mode && choice->mode[0]) {
        variant->index = index_of(title->modes, choice->mode);
        if (variant->index < 0)
            return refuse(title, "mode", choice->mode, title->modes, error);
        title_number(title->modes, variant->index, &variant->mode);
    }
    if (choice->difficulty && choice->difficulty[0]) {
        const int index = index_of(title->difficulties, choice->difficulty);
        if (index < 0)
            return refuse(title, "difficulty", choice->difficulty, title->difficulties, error);
        title_number(title->difficulties, index, &variant->difficulty);
    }
    return STATUS_OK;
}

void title_name(const struct title *title, const struct variant *variant,
                char out[VARIANT_NAME_SIZE]) {
    const struct variant usual = title_default(title);
    if (variant->mode == usual.mode && variant->difficulty == usual.difficulty)
        snprintf(out, VARIANT_NAME_SIZE, "%.20s", title->name);
    else
        snprintf(out, VARIANT_NAME_SIZE, "%.20s %u/%u", title->name,
                 (unsigned)variant->mode % 10000, (unsigned)variant->difficulty % 4);
}
