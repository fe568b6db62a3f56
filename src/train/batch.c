#include "train/batch.h"

#include <stdlib.h>
#include <string.h>

enum status batch_create(struct batch *batch, const struct method *method,
                         const struct segment_shape *shape, int capacity, struct error *error) {
    const size_t count = (size_t)capacity;
    *batch = (struct batch){.method = method, .shape = *shape, .capacity = capacity};
    batch->observations = calloc(count, shape->observation_bytes);
    batch->actions = calloc(count, sizeof *batch->actions);
    batch->targets = calloc(count, sizeof *batch->targets);
    bool allocated = batch->observations && batch->actions && batch->targets;
    if (method->one_step) {
        batch->rewards = calloc(count, sizeof *batch->rewards);
        batch->terminated = calloc(count, sizeof *batch->terminated);
        batch->next_observations = calloc(count, shape->observation_bytes);
        batch->next_actions = calloc(count, sizeof *batch->next_actions);
        allocated = allocated && batch->rewards && batch->terminated && batch->next_observations &&
                    batch->next_actions;
    }
    return allocated ? STATUS_OK : error_set(error, STATUS_FAILED, "out of memory");
}

void batch_destroy(struct batch *batch) {
    free(batch->observations);
    free(batch->actions);
    free(batch->targets);
    free(batch->rewards);
    free(batch->terminated);
    free(batch->next_observations);
    free(batch->next_actions);
}

int batch_arrays(const struct batch *batch, struct batch_array arrays[BATCH_MAX_ARRAYS]) {
    const struct batch_array all[BATCH_MAX_ARRAYS] = {
        {"observations", batch->observations, batch->shape.observation_bytes},
        {"actions", batch->actions, sizeof *batch->actions},
        {"targets", batch->targets, sizeof *batch->targets},
        {"rewards", batch->rewards, sizeof *batch->rewards},
        {"terminated", batch->terminated, sizeof *batch->terminated},
        {"next_observations", batch->next_observations, batch->shape.observation_bytes},
        {"next_actions", batch->next_actions, sizeof *batch->next_actions},
    };
    const int count = batch->method->one_step ? BATCH_MAX_ARRAYS : 3;
    memcpy(arrays, all, (size_t)count * sizeof all[0]);
    return count;
}

void batch_add(struct batch *batch, struct segment *segment, int step) {
    const struct segment_shape *shape = &batch->shape;
    const int i = batch->count++;
    const size_t offset = (size_t)i * shape->observation_bytes;
    memcpy(batch->observations + offset, segment_observation(segment, shape, step),
           shape->observation_bytes);
    batch->actions[i] = segment_actions(segment, shape)[step];
    if (!batch->method->one_step) {
        batch->targets[i] = segment_returns(segment, shape)[step];
        return;
    }
    const bool last = step + 1 == segment->length;
    batch->rewards[i] = segment_rewards(segment, shape)[step];
    batch->terminated[i] = last && segment->end == SEGMENT_TERMINATED;
    batch->next_actions[i] = segment_actions(segment, shape)[step + 1];
    memcpy(batch->next_observations + offset, segment_observation(segment, shape, step + 1),
           shape->observation_bytes);
}
