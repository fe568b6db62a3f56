/* Shared by the network tests: random arrays, specs, networks, differences, tests of
 * both backends. */
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

/* A network on square pictures, with a side of 84. */
static inline struct network_spec spec_on_pictures(enum trunk trunk, enum heads heads, int channels,
                                                   int actions) {
    return (struct network_spec){.trunk = trunk,
                                 .heads = heads,
                                 .channels = channels,
                                 .height = 84,
                                 .width = 84,
                                 .actions = actions};
}

/* A network on vectors. */
static inline struct network_spec spec_on_vectors(enum heads heads, int numbers, int actions) {
    return (struct network_spec){.trunk = TRUNK_MLP,
                                 .heads = heads,
                                 .channels = numbers,
                                 .height = 1,
                                 .width = 1,
                                 .actions = actions};
}

/* A loss for check_differences, a function of arrays in context. */
struct probed_loss {
    double (*loss)(const void *context);
    const void *context;
    float step;
    double tolerance;
};

/* Compares the gradient of a loss with respect to moved, one of its arrays, with central
 * differences. */
static inline void check_differences(const struct probed_loss *probed, float *moved,
                                     const float *gradient, size_t count) {
    const float step = probed->step;
    for (size_t i = 0; i < count; i++) {
        const float kept = moved[i];
        moved[i] = kept + step;
        const double up = probed->loss(probed->context);
        moved[i] = kept - step;
        const double down = probed->loss(probed->context);
        moved[i] = kept;
        const double difference = (up - down) / (2.0 * (double)step);
        if (fabs(difference - (double)gradient[i]) > probed->tolerance)
            fail_msg("element %zu: gradient %.8g, difference %.8g", i, (double)gradient[i],
                     difference);
    }
}

/* The sum of out times weights: a loss whose gradient is weights. */
static inline double weighted_sum(const float *out, const float *weights, size_t count) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)out[i] * (double)weights[i];
    return sum;
}

/* Rows of a list of tests; a test reads its backend by backend_of. */
static const enum backend test_reference = BACKEND_REFERENCE;
static const enum backend test_onednn = BACKEND_ONEDNN;
#define BACKEND_TEST(test, backend)                                                                \
    { #test " " #backend, test, NULL, NULL, (void *)&(test_##backend) }
#define BOTH_BACKENDS(test) BACKEND_TEST(test, reference), BACKEND_TEST(test, onednn)

static inline enum backend backend_of(void **state) {
    return *(const enum backend *)*state;
}

#endif
