/*
 * Random numbers: xoshiro256** 1.0 (Blackman and Vigna, arXiv 1805.01407), seeded through
 * SplitMix64.
 *
 * The whole state is the struct, so it is saved by copying it. Every generator belongs to one owner
 * (an environment, an actor, an initialiser); nothing is shared and nothing is global.
 */
#ifndef ASYNCRL_BASE_RNG_H
#define ASYNCRL_BASE_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* Seeds rng; equal (seed, stream) give equal numbers, different streams unrelated ones. */
void rng_seed(struct rng *rng, uint64_t seed, uint64_t stream);

/* False for the one state that no seed leads to, all zeros, which would give zeros for ever (and
 * keep rng_below from returning): for states that were read from somewhere. */
bool rng_is_sound(const struct rng *rng);

uint64_t rng_next(struct rng *rng);

/* Uniform in [0, bound), without modulo bias; bound > 0. */
uint32_t rng_below(struct rng *rng, uint32_t bound);

/* Uniform in [0, 1), 53 bits. */
double rng_uniform(struct rng *rng);

#endif
