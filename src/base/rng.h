/*
 * Random numbers: xoshiro256** 1.0 (Blackman and Vigna, arXiv 1805.01407), seeded through
 * SplitMix64.
 *
 * The struct is the whole state: a copy saves it. Every generator belongs to one owner (an
 * environment, an actor, an initialiser).
 */
#ifndef ASYNCRL_BASE_RNG_H
#define ASYNCRL_BASE_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* Seeds rng. Equal (seed, stream) give equal numbers; different streams give unrelated ones. */
void rng_seed(struct rng *rng, uint64_t seed, uint64_t stream);

/* Checks a state that was read from a file. False for all zeros, which no seed leads to: that state
 * gives zeros for ever, and rng_below would never return. */
bool rng_is_sound(const struct rng *rng);

uint64_t rng_next(struct rng *rng);

/* Uniform in [0, bound), without modulo bias; bound > 0. */
uint32_t rng_below(struct rng *rng, uint32_t bound);

/* Uniform in [0, 1), 53 bits. */
double rng_uniform(struct rng *rng);

/* Two independent numbers with mean 0 and deviation 1, by Box and Muller. */
void rng_gaussians(struct rng *rng, double pair[2]);

#endif
