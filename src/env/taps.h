/*
 * Which pixels of a screen make which pixels of an 84x84 observation: the part that both resizers
 * (screen.h) share. They use it to make only those pixels that depend on changed patches. Private
 * to the env room; any thread.
 *
 * A tap is a source pixel that has a part in an output pixel. Pictures are resized across and then
 * down; each axis has its own taps.
 */
#ifndef ASYNCRL_ENV_TAPS_H
#define ASYNCRL_ENV_TAPS_H

#include "env/screen.h"

#include <stddef.h>
#include <string.h>

enum { MAX_TAPS = 2 * ((SCREEN_MAX_SIZE + OBSERVATION_SIZE - 1) / OBSERVATION_SIZE) + 1 };

/*
 * Rows of the output are made in blocks, whose length suits vector registers; the last block
 * exceeds the row's end.
 */
enum { BLOCK = 32, BLOCKS = (OBSERVATION_SIZE + BLOCK - 1) / BLOCK, PADDED_ROW = BLOCK * BLOCKS };

/* Pixels begin to end - 1. */
struct span {
    int begin;
    int end;
};

/* Which source pixels make one output pixel of one axis, and the other way round. */
struct taps {
    int start[OBSERVATION_SIZE];
    int count[OBSERVATION_SIZE];
    struct span outputs[SCREEN_MAX_SIZE]; /* outputs in which a source pixel has a part */
};

/* Fills outputs from start and count. */
void taps_invert(struct taps *taps, int source_size);

/* Memory of zeros for a resizer of size bytes. NULL: the screen is too large or memory ran out. */
void *resizer_allocate(size_t size, int height, int width, struct error *error);

/* Covers a whole screen: one patch for each row. */
void patches_cover(struct patch patches[SCREEN_MAX_SIZE], int height, int width);

/* The outputs in which a patch has a part. */
static inline struct span taps_outputs(const struct taps *taps, const struct patch *patch) {
    return (struct span){taps->outputs[patch->begin].begin, taps->outputs[patch->end - 1].end};
}

/* The pixels that have a part in some outputs. */
static inline struct span taps_pixels(const struct taps *taps, struct span outputs) {
    const int last = outputs.end - 1;
    return (struct span){taps->start[outputs.begin], taps->start[last] + taps->count[last]};
}

/* Sets the bits of the blocks with these outputs in every row that depends on the source row. */
static inline void taps_mark_blocks(const struct taps *down, uint8_t marked[OBSERVATION_SIZE],
                                    int source_row, struct span outputs) {
    const unsigned below_end = (2U << (outputs.end - 1) / BLOCK) - 1;
    const unsigned below_begin = (1U << outputs.begin / BLOCK) - 1;
    for (int y = down->outputs[source_row].begin; y < down->outputs[source_row].end; y++)
        marked[y] |= (uint8_t)(below_end & ~below_begin);
}

/* Writes a block of row y to out, (84, 84). */
static inline void put_block(uint8_t *out, int y, int block, const uint8_t pixels[BLOCK]) {
    const int x = block * BLOCK;
    memcpy(out + (ptrdiff_t)y * OBSERVATION_SIZE + x, pixels,
           (size_t)(block < BLOCKS - 1 ? BLOCK : OBSERVATION_SIZE - x));
}

#endif
