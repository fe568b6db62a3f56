/*
 * A game of memory: a side of the first screen is lit, the screens after it are dark, and at the
 * last, which is gray, the action must name that side: +1, otherwise -1. No stack of screens at the
 * end holds the first.
 */
#include <asyncrl/emulator.h>

#include <stdlib.h>
#include <string.h>

enum { SIZE = 84, PIXELS = SIZE * SIZE, MOVES = 6, SIDES = 2 };

struct recall {
    int32_t side;
    int32_t moves;
};

static void *recall_open(void) {
    return calloc(1, sizeof(struct recall));
}

static void recall_reset(void *memory, uint64_t seed, struct asyncrl_frame *frame) {
    struct recall *game = memory;
    *game = (struct recall){.side = (int32_t)((seed * 6364136223846793005u) >> 63)};
    (void)frame;
}

static void recall_act(void *memory, int action, struct asyncrl_frame *frame) {
    struct recall *game = memory;
    frame->game_over = ++game->moves == MOVES;
    if (frame->game_over)
        frame->reward = action == game->side ? 1 : -1;
}

static void recall_screen_rgb(const void *memory, uint8_t *rgb) {
    const struct recall *game = memory;
    const int row = 3 * SIZE / SIDES;
    memset(rgb, game->moves == MOVES - 1 ? 100 : 0, (size_t)3 * PIXELS);
    for (int y = 0; game->moves == 0 && y < SIZE; y++)
        memset(rgb + (size_t)(SIDES * y + game->side) * (size_t)row, 255, (size_t)row);
}

static void recall_save(const void *memory, void *state) {
    memcpy(state, memory, sizeof(struct recall));
}

static bool recall_load(void *memory, const void *state) {
    return memcpy(memory, state, sizeof(struct recall));
}

static const char *const names[SIDES] = {"LEFT", "RIGHT"};

static const struct asyncrl_emulator recall = {
    .abi_version = ASYNCRL_EMULATOR_ABI,
    .name = "recall",
    .screen_width = SIZE,
    .screen_height = SIZE,
    .action_count = SIDES,
    .action_names = names,
    .frames_per_second = 10,
    .state_size = sizeof(struct recall),
    .open = recall_open,
    .reset = recall_reset,
    .act = recall_act,
    .screen_rgb = recall_screen_rgb,
    .save_state = recall_save,
    .load_state = recall_load,
    .close = free,
};

ASYNCRL_EXPORT const struct asyncrl_emulator *asyncrl_emulator(void) {
    return &recall;
}
