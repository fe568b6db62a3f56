/*
 * A minimal game for asyncrl: a runner on a line of cells has to catch a target, which then jumps
 * to another cell: +1 for each catch. A game is 80 moves long; random moves catch about two
 * targets, the best player about 18.
 *
 *     cc -shared -fPIC -O2 -I include examples/chase.c -o chase.so
 */
#include <asyncrl/emulator.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 12, SIZE = 84, CELL = SIZE / CELLS, MOVES = 80, ACTIONS = 3 };
static const char *const action_names[ACTIONS] = {"LEFT", "NOOP", "RIGHT"};

/* All state. It holds no pointers, so it is its own saved state. */
struct chase {
    uint64_t chance;
    int32_t runner; /* its cell */
    int32_t target;
    int32_t moves; /* made in this game */
};

/* Moves the target to another cell than the runner's. */
static void place_target(struct chase *chase) {
    chase->chance = chase->chance * 6364136223846793005u + 1442695040888963407u;
    const int32_t distance = 1 + (int32_t)((chase->chance >> 33) % (CELLS - 1));
    chase->target = (chase->runner + distance) % CELLS;
}

static void *chase_open(void) {
    return calloc(1, sizeof(struct chase));
}

static void chase_reset(void *game, uint64_t seed, struct asyncrl_frame *frame) {
    struct chase *chase = game;
    *chase = (struct chase){.chance = seed, .runner = CELLS / 2};
    place_target(chase);
    (void)frame; /* is all zeros: no reward, not over */
}

static void chase_act(void *game, int action, struct asyncrl_frame *frame) {
    struct chase *chase = game;
    const int32_t cell = chase->runner + action - 1;
    if (cell >= 0 && cell < CELLS)
        chase->runner = cell;
    if (chase->runner == chase->target) {
        frame->reward = 1;
        place_target(chase);
    }
    frame->game_over = ++chase->moves == MOVES;
}

static void fill(uint8_t *rgb, int32_t cell, int row, int level) {
    for (size_t y = (size_t)row * CELL; y < (size_t)(row + 1) * CELL; y++)
        memset(rgb + 3 * (y * SIZE + (size_t)cell * CELL), level, (size_t)3 * CELL);
}

/* The target above, the runner below. */
static void chase_screen_rgb(const void *game, uint8_t *rgb) {
    const struct chase *chase = game;
    memset(rgb, 0, (size_t)3 * SIZE * SIZE);
    fill(rgb, chase->target, CELLS / 2 - 1, 150);
    fill(rgb, chase->runner, CELLS / 2, 255);
}

static void chase_save(const void *game, void *state) {
    memcpy(state, game, sizeof(struct chase));
}

static bool chase_load(void *game, const void *state) {
    return memcpy(game, state, sizeof(struct chase));
}

static const struct asyncrl_emulator chase = {
    .abi_version = ASYNCRL_EMULATOR_ABI,
    .name = "chase",
    .screen_width = SIZE,
    .screen_height = SIZE,
    .action_count = ACTIONS,
    .action_names = action_names,
    .frames_per_second = 10,
    .state_size = sizeof(struct chase),
    .open = chase_open,
    .reset = chase_reset,
    .act = chase_act,
    .screen_rgb = chase_screen_rgb,
    .save_state = chase_save,
    .load_state = chase_load,
    .close = free,
};

ASYNCRL_EXPORT const struct asyncrl_emulator *asyncrl_emulator(void) {
    return &chase;
}
