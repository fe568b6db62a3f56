#include "env/taps.h"

#include <stdlib.h>

void taps_invert(struct taps *taps, int source_size) {
    for (int i = 0; i < source_size; i++)
        taps->outputs[i] = (struct span){OBSERVATION_SIZE, 0};
    for (int i = 0; i < OBSERVATION_SIZE; i++)
        for (int j = taps->start[i]; j < taps->start[i] + taps->count[i]; j++) {
            struct span *outputs = &taps->outputs[j];
            outputs->begin = i < outputs->begin ? i : outputs->begin;
            outputs->end = i + 1;
        }
}

void *resizer_allocate(size_t size, int height, int width, struct error *error) {
    if (height < 1 || width < 1 || height > SCREEN_MAX_SIZE || width > SCREEN_MAX_SIZE) {
        error_set(error, STATUS_BAD_INPUT,
                  "a screen of %dx%d pixels cannot be an observation: at most %dx%d", width, height,
                  SCREEN_MAX_SIZE, SCREEN_MAX_SIZE);
        return NULL;
    }
    void *memory = calloc(1, size);
    if (!memory)
        error_set(error, STATUS_FAILED, "out of memory for an observation");
    return memory;
}

void patches_cover(struct patch patches[SCREEN_MAX_SIZE], int height, int width) {
    for (int y = 0; y < height; y++)
        patches[y] = (struct patch){y, 0, width};
}
