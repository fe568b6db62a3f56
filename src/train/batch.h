/* The transitions of one update. Inside of the train room; the learner's. */
#ifndef ASYNCRL_TRAIN_BATCH_H
#define ASYNCRL_TRAIN_BATCH_H

#include "algorithm/algorithm.h"
#include "rollout/rollout.h"

/* Arrays of capacity transitions, of which the first count are there. What the method has no use
 * for is NULL. */
struct batch {
    const struct method *method;
    struct segment_shape shape;
    int capacity;
    int count;
    uint8_t *observations; /* (capacity, observation bytes) */
    int32_t *actions;
    float *targets; /* n-step returns, or room for one-step targets */

    /* For one-step targets: */
    float *rewards;
    bool *terminated;
    uint8_t *next_observations;
    int32_t *next_actions;
};

enum status batch_create(struct batch *batch, const struct method *method,
                         const struct segment_shape *shape, int capacity, struct error *error);
void batch_destroy(struct batch *batch);

static inline bool batch_is_full(const struct batch *batch) {
    return batch->count == batch->capacity;
}

/* One of a batch's arrays. */
struct batch_array {
    const char *name;
    void *data;
    size_t element; /* bytes a transition */
};

enum { BATCH_MAX_ARRAYS = 7 };

/* The arrays that the batch's method uses; returns how many. */
int batch_arrays(const struct batch *batch, struct batch_array arrays[BATCH_MAX_ARRAYS]);

/* Copies a step of a segment to the batch's end; the batch is not full. */
void batch_add(struct batch *batch, struct segment *segment, int step);

#endif
