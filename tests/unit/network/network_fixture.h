/* What the network tests share: random arrays, a network with its parameters, differences. */
#ifndef ASYNCRL_TEST_NETWORK_FIXTURE_H
#define ASYNCRL_TEST_NETWORK_FIXTURE_H

#include "network/network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline float *new_floats(size_t count) {
    float *floats = calloc(count, sizeof *floats);
    assert_non_null(floats);
    return floats;
}

/* count numbers, uniform in [-limit, limit). */
static inline float *random_floats(size_t count, double limit, struct rng *rng) {
    float *floats = new_floats(count);
    for (size_t i = 0; i < count; i++)
        floats[i] = (float)((2.0 * rng_uniform(rng) - 1.0) * limit);
    return floats;
}

static inline uint8_t *random_bytes(size_t count, struct rng *rng) {
    uint8_t *bytes = malloc(count);
    assert_non_null(bytes);
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)rng_below(rng, 256);
    return bytes;
}

/* batch observations as the spec's trunk takes them. */
static inline void *random_observations(const struct network_spec *spec, int batch,
                                        struct rng *rng) {
    const size_t count = (size_t)(batch * spec->channels * spec->height * spec->width);
    if (trunk_takes_vectors(spec->trunk))
        return random_floats(count, 1.0, rng);
    return random_bytes(count, rng);
}

static inline struct network *new_network(const struct network_spec *spec, enum backend backend,
                                          int max_batch) {
    struct network *network = NULL;
    struct error error;
    if (network_create(spec, backend, max_batch, 1, &network, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return network;
}

static inline double norm_of(const float *values, size_t count) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

/* Norm of a - b over the norm of b. */
static inline double relative_difference(const float *a, const float *b, size_t count) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sqrt(sum) / norm_of(b, count);
}

#endif
