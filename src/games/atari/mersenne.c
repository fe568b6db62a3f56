#include "games/atari/mersenne.h"

enum { SHIFT = 397 };

void mersenne_seed(struct mersenne *mersenne, uint32_t seed) {
    uint32_t *words = mersenne->words;
    words[0] = seed;
    for (uint32_t i = 1; i < MERSENNE_WORDS; i++)
        words[i] = 1812433253u * (words[i - 1] ^ words[i - 1] >> 30) + i;
    mersenne->next = MERSENNE_WORDS;
}

static void twist(struct mersenne *mersenne) {
    uint32_t *words = mersenne->words;
    for (int i = 0; i < MERSENNE_WORDS; i++) {
        const uint32_t mixed =
            (words[i] & 0x80000000) | (words[(i + 1) % MERSENNE_WORDS] & 0x7fffffff);
        words[i] = words[(i + SHIFT) % MERSENNE_WORDS] ^ mixed >> 1 ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    mersenne->next = 0;
}

uint32_t mersenne_draw(struct mersenne *mersenne) {
    if (mersenne->next == MERSENNE_WORDS)
        twist(mersenne);
    uint32_t word = mersenne->words[mersenne->next++];
    word ^= word >> 11;
    word ^= word << 7 & 0x9d2c5680;
    word ^= word << 15 & 0xefc60000;
    return word ^ word >> 18;
}
