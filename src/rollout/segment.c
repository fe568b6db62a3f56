#include "rollout/rollout.h"

/* Arrays start on 64-byte lines, so that vector loads are aligned whatever the shape. */
static size_t padded(size_t bytes) {
    return (bytes + 63) & ~(size_t)63;
}

static size_t steps_bytes(const struct segment_shape *shape, size_t element) {
    return padded((size_t)shape->max_steps * element);
}

static size_t actions_offset(const struct segment_shape *shape) {
    return padded(sizeof(struct segment)) +
           padded(((size_t)shape->max_steps + 1) * shape->observation_bytes);
}

static size_t rewards_offset(const struct segment_shape *shape) {
    return actions_offset(shape) + padded(((size_t)shape->max_steps + 1) * sizeof(int32_t));
}

static size_t returns_offset(const struct segment_shape *shape) {
    return rewards_offset(shape) + steps_bytes(shape, sizeof(float));
}

size_t segment_bytes(const struct segment_shape *shape) {
    return returns_offset(shape) + steps_bytes(shape, sizeof(float));
}

static void *array_at(struct segment *segment, size_t offset) {
    return (char *)segment + offset;
}

uint8_t *segment_observation(struct segment *segment, const struct segment_shape *shape, int step) {
    return (uint8_t *)array_at(segment, padded(sizeof *segment)) +
           (size_t)step * shape->observation_bytes;
}

int32_t *segment_actions(struct segment *segment, const struct segment_shape *shape) {
    return array_at(segment, actions_offset(shape));
}

float *segment_rewards(struct segment *segment, const struct segment_shape *shape) {
    return array_at(segment, rewards_offset(shape));
}

float *segment_returns(struct segment *segment, const struct segment_shape *shape) {
    return array_at(segment, returns_offset(shape));
}
