#include "base/rng.h"

#include <math.h>

static uint64_t splitmix64(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int bits) {
    return (x << bits) | (x >> (64 - bits));
}

void rng_seed(struct rng *rng, uint64_t seed, uint64_t stream) {
    uint64_t stream_state = stream;
    uint64_t state = seed ^ splitmix64(&stream_state);
    for (int i = 0; i < 4; i++)
        rng->state[i] = splitmix64(&state);
}

bool rng_is_sound(const struct rng *rng) {
    return (rng->state[0] | rng->state[1] | rng->state[2] | rng->state[3]) != 0;
}

uint64_t rng_next(struct rng *rng) {
    uint64_t *s = rng->state;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint32_t rng_below(struct rng *rng, uint32_t bound) {
    /* Lemire's multiplication with rejection, arXiv 1805.10941. */
    uint64_t product = (rng_next(rng) >> 32) * bound;
    if ((uint32_t)product < bound) {
        const uint32_t threshold = (uint32_t)(-bound) % bound;
        while ((uint32_t)product < threshold)
            product = (rng_next(rng) >> 32) * bound;
    }
    return (uint32_t)(product >> 32);
}

double rng_uniform(struct rng *rng) {
    return (double)(rng_next(rng) >> 11) * 0x1.0p-53;
}

void rng_gaussians(struct rng *rng, double pair[2]) {
    static const double two_pi = 6.283185307179586;
    const double radius = sqrt(-2 * log(1 - rng_uniform(rng)));
    const double angle = two_pi * rng_uniform(rng);
    pair[0] = radius * cos(angle);
    pair[1] = radius * sin(angle);
}
