/*
 * A game for asyncrl: walls with one gap each come down a road, and the car at its end must be in
 * the gap: +1 for a gap, -1 for a crash. A game has 20 walls.
 *
 *     cc -shared -fPIC -O2 -I include examples/dodge.c -o dodge.so
 */
#include <asyncrl/emulator.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 6, ROWS = 12, SIZE = 84, LANE = SIZE / LANES, ROW = SIZE / ROWS };
enum { ACTIONS = 3, WALLS = 2, ALL_WALLS = 20 };
static const char *const action_names[ACTIONS] = {"LEFT", "NOOP", "RIGHT"};

/* All state. It holds no pointers, so it is its own saved state. */
struct dodge {
    uint64_t chance;
    uint32_t car;        /* its lane */
    uint32_t walls;      /* that have gone by */
    int32_t row[WALLS];  /* row of each wall; below 0: it is still to come */
    uint32_t gap[WALLS]; /* the lane without a wall */
};

static uint32_t draw_lane(struct dodge *dodge) {
    dodge->chance = dodge->chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dodge->chance >> 33) % LANES;
}

static void *dodge_open(void) {
    return calloc(1, sizeof(struct dodge));
}

static void dodge_reset(void *game, uint64_t seed, struct asyncrl_frame *frame) {
    struct dodge *dodge = game;
    *dodge = (struct dodge){.chance = seed, .car = LANES / 2, .row = {0, -ROWS / 2}};
    for (int i = 0; i < WALLS; i++)
        dodge->gap[i] = draw_lane(dodge);
    (void)frame; /* is all zeros: no reward, not over */
}

static void dodge_act(void *game, int action, struct asyncrl_frame *frame) {
    struct dodge *dodge = game;
    const uint32_t lane = dodge->car + (uint32_t)action - 1;
    if (lane < LANES) /* one left of 0 is a very large number */
        dodge->car = lane;
    for (int i = 0; i < WALLS; i++) {
        if (++dodge->row[i] < ROWS - 1)
            continue;
        frame->reward = dodge->gap[i] == dodge->car ? 1 : -1;
        frame->game_over = ++dodge->walls == ALL_WALLS;
        dodge->row[i] = -1;
        dodge->gap[i] = draw_lane(dodge);
    }
}

static void fill(uint8_t *rgb, size_t row, size_t lane, size_t lanes, int level) {
    for (size_t y = row * ROW; y < (row + 1) * ROW; y++)
        memset(rgb + 3 * (y * SIZE + lane * LANE), level, 3 * lanes * LANE);
}

static void dodge_screen_rgb(const void *game, uint8_t *rgb) {
    const struct dodge *dodge = game;
    memset(rgb, 0, (size_t)3 * SIZE * SIZE);
    for (int i = 0; i < WALLS; i++)
        if (dodge->row[i] >= 0) {
            fill(rgb, (size_t)dodge->row[i], 0, LANES, 150);
            fill(rgb, (size_t)dodge->row[i], dodge->gap[i], 1, 0);
        }
    fill(rgb, ROWS - 1, dodge->car, 1, 255);
}

static void dodge_save(const void *game, void *state) {
    memcpy(state, game, sizeof(struct dodge));
}

static bool dodge_load(void *game, const void *state) {
    return memcpy(game, state, sizeof(struct dodge));
}

static const struct asyncrl_emulator dodge = {
    .abi_version = ASYNCRL_EMULATOR_ABI,
    .name = "dodge",
    .screen_width = SIZE,
    .screen_height = SIZE,
    .action_count = ACTIONS,
    .action_names = action_names,
    .frames_per_second = 10,
    .state_size = sizeof(struct dodge),
    .open = dodge_open,
    .reset = dodge_reset,
    .act = dodge_act,
    .screen_rgb = dodge_screen_rgb,
    .save_state = dodge_save,
    .load_state = dodge_load,
    .close = free,
};

ASYNCRL_EXPORT const struct asyncrl_emulator *asyncrl_emulator(void) {
    return &dodge;
}
