#include "base/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool parts_are_valid(const struct action_parts *parts) {
    int64_t combinations = 1;
    int64_t choices = 0;
    if (parts->count < 2 || parts->count > PARTS_MAX)
        return false;
    for (int i = 0; i < parts->count; i++) {
        if (parts->sizes[i] < 2 || parts->sizes[i] > PARTS_MAX_CHOICES)
            return false;
        choices += parts->sizes[i];
        combinations *= parts->sizes[i];
        if (choices > PARTS_MAX_CHOICES || combinations > INT32_MAX)
            return false;
    }
    return true;
}

int parts_choices(const struct action_parts *parts) {
    int sum = 0;
    for (int i = 0; i < parts->count; i++)
        sum += parts->sizes[i];
    return sum;
}

int64_t parts_combinations(const struct action_parts *parts) {
    int64_t product = 1;
    for (int i = 0; i < parts->count; i++)
        product *= parts->sizes[i];
    return product;
}

bool parts_are_equal(const struct action_parts *a, const struct action_parts *b) {
    return a->count == b->count &&
           memcmp(a->sizes, b->sizes, (size_t)a->count * sizeof a->sizes[0]) == 0;
}

void parts_split(const struct action_parts *parts, int32_t action, int *choices) {
    for (int i = parts->count - 1; i >= 0; i--) {
        choices[i] = action % parts->sizes[i];
        action /= parts->sizes[i];
    }
}

int32_t parts_join(const struct action_parts *parts, const int *choices) {
    int32_t action = 0;
    for (int i = 0; i < parts->count; i++)
        action = action * parts->sizes[i] + choices[i];
    return action;
}

void parts_write(const struct action_parts *parts, char out[PARTS_TEXT_SIZE]) {
    size_t used = 0;
    out[0] = '\0';
    if (!parts_are_several(parts))
        return;
    for (int i = 0; i < parts->count && used < PARTS_TEXT_SIZE; i++)
        used += (size_t)snprintf(out + used, PARTS_TEXT_SIZE - used, "%s%d", i > 0 ? "x" : "",
                                 parts->sizes[i]);
}

bool parts_read(const char *text, struct action_parts *parts) {
    char written[PARTS_TEXT_SIZE];
    struct action_parts read = {0};
    const char *at = text;
    for (char *end; read.count < PARTS_MAX; at = end + 1) {
        const long size = strtol(at, &end, 10);
        if (end == at || size < 2 || size > PARTS_MAX_CHOICES)
            return false;
        read.sizes[read.count++] = (int)size;
        at = end;
        if (*end != 'x')
            break;
    }
    if ((*at != '\0' && *at != '+') || !parts_are_valid(&read))
        return false;
    parts_write(&read, written);
    if (strlen(written) != (size_t)(at - text) || strncmp(written, text, strlen(written)) != 0)
        return false;
    *parts = read;
    return true;
}
