/* The Mersenne Twister MT19937 (Matsumoto and Nishimura, ACM TOMACS 8, 1998): it fills a console's
 * RAM at power-on. */
#ifndef ASYNCRL_GAMES_ATARI_MERSENNE_H
#define ASYNCRL_GAMES_ATARI_MERSENNE_H

#include <stdint.h>

enum { MERSENNE_WORDS = 624 };

struct mersenne {
    uint32_t words[MERSENNE_WORDS];
    int next;
};

void mersenne_seed(struct mersenne *mersenne, uint32_t seed);
uint32_t mersenne_draw(struct mersenne *mersenne);

#endif
