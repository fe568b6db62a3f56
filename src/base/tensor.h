/* A named view on floats that it does not own. */
#ifndef ASYNCRL_BASE_TENSOR_H
#define ASYNCRL_BASE_TENSOR_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

enum { TENSOR_MAX_RANK = 4, TENSOR_NAME_SIZE = 40 };

struct tensor_view {
    char name[TENSOR_NAME_SIZE];
    int rank;
    int shape[TENSOR_MAX_RANK]; /* row-major: the last index runs fastest */
    float *data;
};

static inline size_t tensor_size(const struct tensor_view *view) {
    size_t size = 1;
    for (int i = 0; i < view->rank; i++)
        size *= (size_t)view->shape[i];
    return size;
}

/* Whether none of count values is infinite or not a number. */
static inline bool floats_are_finite(const float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

#endif
