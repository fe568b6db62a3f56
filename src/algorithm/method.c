#include "algorithm/algorithm.h"

#include <string.h>

static const struct method methods[] = {
    {.name = "a3c", .has_policy = true},
    {.name = "q1", .one_step = true},
    {.name = "qn"},
    {.name = "sarsa", .one_step = true, .takes_next_action = true},
};

enum { METHOD_COUNT = sizeof methods / sizeof methods[0] };

const struct method *method_find(const char *name) {
    for (int i = 0; i < METHOD_COUNT; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}
