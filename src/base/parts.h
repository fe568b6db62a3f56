/*
 * Actions of several parts, each of which is a choice of its own: Gymnasium's MultiDiscrete and
 * MultiBinary. Such an action is still one number, 0 .. combinations - 1, whose digits are the
 * parts' choices, the last part's going fastest. Any thread.
 */
#ifndef ASYNCRL_BASE_PARTS_H
#define ASYNCRL_BASE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PARTS_MAX = 32,
    PARTS_MAX_CHOICES = 4096, /* of all parts together */
    PARTS_TEXT_SIZE = 80
};

/* sizes: (count), each at least 2. count 0: an action is a single choice. */
struct action_parts {
    int count;
    int sizes[PARTS_MAX];
};

/* Whether there are parts of their own: with one or none, an action is a single choice. NULL: no
 * parts. */
static inline bool parts_are_several(const struct action_parts *parts) {
    return parts && parts->count > 1;
}

/* Whether there are 2 to PARTS_MAX parts, within all bounds, and at most INT32_MAX combinations. */
bool parts_are_valid(const struct action_parts *parts);

/* The sum of the sizes, and their product. parts are valid. */
int parts_choices(const struct action_parts *parts);
int64_t parts_combinations(const struct action_parts *parts);

bool parts_are_equal(const struct action_parts *a, const struct action_parts *b);

/* choices: (count), written: what the action chooses in each part; and back. */
void parts_split(const struct action_parts *parts, int32_t action, int *choices);
int32_t parts_join(const struct action_parts *parts, const int *choices);

/* "5x13"; "" without several parts. parts_read takes what parts_write writes up to the text's end
 * or a "+", and nothing else. */
void parts_write(const struct action_parts *parts, char out[PARTS_TEXT_SIZE]);
bool parts_read(const char *text, struct action_parts *parts);

#endif
