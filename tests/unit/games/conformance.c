#include "conformance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_SCREEN = 1024, MAX_ACTIONS = 4096, MAX_LINE = 512, GUARD = 64, GUARD_BYTE = 0xa5 };

/* An emulator and room for its outputs. */
struct player {
    struct emulator *emulator;
    struct rng rng; /* draws actions */
    struct emulator_frame frame;
};

/* ---- Outputs --------------------------------------------------------------------------------- */

/* Memory with bytes behind it that must not be written. */
static uint8_t *guarded(size_t size) {
    uint8_t *memory = malloc(size + GUARD);
    assert_non_null(memory);
    memset(memory, GUARD_BYTE, size + GUARD);
    return memory;
}

static void check_guard(const uint8_t *memory, size_t size, const char *what) {
    for (size_t i = 0; i < GUARD; i++)
        if (memory[size + i] != GUARD_BYTE)
            fail_msg("%s: more than %zu bytes written", what, size);
}

/* By words, because screens are read thousands of times. */
static uint64_t mix(uint64_t hash, const uint8_t *bytes, size_t size) {
    for (uint64_t word = 0; size > 0; word = 0) {
        const size_t taken = size < sizeof word ? size : sizeof word;
        memcpy(&word, bytes, taken);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
        bytes += taken;
        size -= taken;
    }
    return hash;
}

/* Checks that the output stays within its size, adds it to the hash and frees it. */
static uint64_t take(uint64_t hash, uint8_t *memory, size_t size, const char *what) {
    check_guard(memory, size, what);
    hash = mix(hash, memory, size);
    free(memory);
    return hash;
}

static uint64_t see_screen(const struct emulator *emulator, uint64_t hash) {
    const struct emulator_info *info = &emulator->info;
    const size_t pixels = (size_t)info->screen_width * (size_t)info->screen_height;
    if (pixels == 0)
        return hash;
    uint8_t *rgb = guarded(3 * pixels);
    emulator_screen_rgb(emulator, rgb);
    hash = take(hash, rgb, 3 * pixels, "the screen");
    if (!info->palette)
        return hash;
    uint8_t *indices = guarded(pixels);
    emulator_screen_indices(emulator, indices);
    return take(hash, indices, pixels, "the screen's indices");
}

static uint64_t see_numbers(const struct emulator *emulator, uint64_t hash) {
    const struct emulator_info *info = &emulator->info;
    uint8_t *ram = guarded(info->ram_size);
    uint8_t *vector = guarded((size_t)info->vector_size * sizeof(float));
    uint8_t *details = guarded((size_t)info->detail_count * sizeof(double));
    if (info->ram_size > 0)
        emulator_ram_read(emulator, ram);
    emulator_vector(emulator, (float *)vector);
    emulator_details(emulator, (double *)details);
    hash = take(hash, ram, info->ram_size, "the RAM");
    hash = take(hash, vector, (size_t)info->vector_size * sizeof(float), "the vector");
    return take(hash, details, (size_t)info->detail_count * sizeof(double), "the details");
}

/* A digest of all outputs after a frame. */
static uint64_t look(const struct player *player) {
    const struct emulator_frame *frame = &player->frame;
    uint64_t hash = 0xcbf29ce484222325u;
    hash = mix(hash, (const uint8_t *)&frame->reward, sizeof frame->reward);
    hash = mix(hash, (const uint8_t *)&frame->lives, sizeof frame->lives);
    hash = (hash << 2) + 2 * (uint64_t)frame->game_over + (uint64_t)frame->truncated;
    return see_numbers(player->emulator, see_screen(player->emulator, hash));
}

/* ---- Playing --------------------------------------------------------------------------------- */

static void check_frame(const struct player *player) {
    const char *failure = emulator_failure(player->emulator);
    if (player->frame.failed || failure)
        fail_msg("the game broke down: %s", failure ? failure : "it does not say why");
    if (!isfinite(player->frame.reward))
        fail_msg("a reward is not a number");
}

static void start_game(struct player *player) {
    player->frame = emulator_reset(player->emulator);
    check_frame(player);
    if (player->frame.game_over || player->frame.truncated)
        fail_msg("a game is over at its start");
}

/* Plays a frame at random, or starts the next game if one is over. */
static void play_frame(struct player *player) {
    if (player->frame.game_over || player->frame.truncated) {
        start_game(player);
        return;
    }
    const uint32_t actions = (uint32_t)player->emulator->info.action_count;
    player->frame = emulator_act(player->emulator, (int)rng_below(&player->rng, actions));
    check_frame(player);
}

/* Plays frames and records the screen after each. */
static void play(struct player *player, int frames, uint64_t *seen) {
    for (int i = 0; i < frames; i++) {
        play_frame(player);
        seen[i] = look(player);
    }
}

static void play_again(struct player *player, int frames, const uint64_t *seen, const char *what) {
    for (int i = 0; i < frames; i++) {
        play_frame(player);
        if (look(player) != seen[i])
            fail_msg("%s: frame %d of %d differs", what, i + 1, frames);
    }
}

static struct player start_player(struct emulator *emulator, uint64_t seed) {
    struct player player = {.emulator = emulator};
    rng_seed(&player.rng, seed, 1);
    emulator_seed(emulator, seed);
    start_game(&player);
    return player;
}

/* ---- Checks ---------------------------------------------------------------------------------- */

static void check_name(const char *name, const char *what) {
    if (!name || !name[0] || strlen(name) > MAX_LINE)
        fail_msg("%s has no name", what);
}

static void check_description(const struct emulator *emulator) {
    const struct emulator_info *info = &emulator->info;
    check_name(emulator->class->name, "the emulator");
    const bool has_screen = info->vector_size == 0 || info->screen_width > 0;
    if (has_screen) {
        assert_in_range(info->screen_width, 1, MAX_SCREEN);
        assert_in_range(info->screen_height, 1, MAX_SCREEN);
    }
    assert_in_range(info->action_count, 1, MAX_ACTIONS);
    for (int i = 0; i < info->action_count; i++)
        check_name(info->action_names[i], "an action");
    assert_true(info->fire_action >= -1 && info->fire_action < info->action_count);
    assert_true(isfinite(info->frames_per_second) && info->frames_per_second > 0);
    assert_true(info->pixel_aspect == 0 || (info->pixel_aspect > 0.2 && info->pixel_aspect < 5));
    for (int i = 0; i < info->detail_count; i++)
        check_name(info->detail_names[i], "a detail");
    assert_null(emulator_failure(emulator));
}

static void check_actions(struct emulator *emulator) {
    struct player player = start_player(emulator, 1);
    for (int action = 0; action < emulator->info.action_count; action++) {
        player.frame = emulator_act(emulator, action);
        check_frame(&player);
        look(&player);
        if (player.frame.game_over || player.frame.truncated)
            start_game(&player);
    }
}

/* The same play again on an emulator that has played something else, and on a new one. */
static void check_seeds(struct emulator *emulator, struct emulator *other, int frames,
                        uint64_t *seen) {
    struct player player = start_player(emulator, 7);
    const uint64_t start = look(&player);
    play(&player, frames, seen);
    for (int i = 0; i < frames / 3; i++)
        play_frame(&player);
    player = start_player(emulator, 7);
    assert_true(look(&player) == start);
    play_again(&player, frames, seen, "the same seed again");
    player = start_player(other, 7);
    assert_true(look(&player) == start);
    play_again(&player, frames, seen, "the same seed in another emulator");
}

struct saved {
    uint8_t *state;
    size_t size;
};

/* frames: since the reset. The caller frees the state. */
static struct saved save(struct emulator *emulator, int64_t frames) {
    struct error error;
    struct saved saved = {.size = 0};
    const size_t bound = emulator_state_bound(emulator, frames);
    saved.state = guarded(bound);
    if (emulator_save_state(emulator, saved.state, bound, &saved.size, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_in_range(saved.size, 1, bound);
    check_guard(saved.state, bound, "a saved state");
    return saved;
}

static void load(struct player *player, const struct saved *saved) {
    struct error error;
    if (emulator_load_state(player->emulator, saved->state, saved->size, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    player->frame = (struct emulator_frame){0};
}

static void check_no_room(struct emulator *emulator, int64_t frames) {
    struct error error;
    size_t used;
    const struct saved saved = save(emulator, frames);
    const size_t rooms[] = {0, 1, saved.size / 2, saved.size - 1};
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        uint8_t *state = guarded(rooms[i]);
        assert_int_equal(emulator_save_state(emulator, state, rooms[i], &used, &error),
                         STATUS_FAILED);
        check_guard(state, rooms[i], "a state without room for it");
        free(state);
    }
    free(saved.state);
}

/* A game is saved, played on, taken back, and played on in another emulator. */
static void check_states(struct emulator *emulator, struct emulator *other, int frames,
                         uint64_t *seen) {
    enum { PLACES = 4 };
    const int64_t most_frames = (int64_t)2 * frames * PLACES; /* since a reset */
    struct player player = start_player(emulator, 3);
    struct player stranger = start_player(other, 99);
    for (int place = 0; place < PLACES; place++) {
        if (player.frame.game_over || player.frame.truncated)
            start_game(&player);
        const struct saved saved = save(emulator, most_frames);
        const struct rng rng = player.rng;
        play(&player, frames, seen);
        const struct player end = player;
        load(&player, &saved);
        player.rng = rng;
        play_again(&player, frames, seen, "a saved state");
        load(&stranger, &saved);
        stranger.rng = rng;
        play_again(&stranger, frames, seen, "a saved state in another emulator");
        check_no_room(emulator, most_frames);
        assert_true(look(&player) == look(&end));
        free(saved.state);
        for (int i = 0; i < frames / 5; i++)
            play_frame(&player);
    }
}

static void refuse(struct emulator *emulator, const uint8_t *state, size_t size, const char *what) {
    struct error error = {.status = STATUS_OK};
    if (emulator_load_state(emulator, state, size, &error) != STATUS_BAD_INPUT)
        fail_msg("a state with %s is not refused", what);
    if (error.status != STATUS_BAD_INPUT || !error.message[0] || strchr(error.message, '\n'))
        fail_msg("a state with %s is refused without one line that says why", what);
}

/* Damaged states are refused and do not change the game. */
static void check_damage(struct emulator *emulator, int frames, uint64_t *seen) {
    enum { TRIES = 200 };
    struct player player = start_player(emulator, 5);
    for (int i = 0; i < 3; i++)
        play_frame(&player);
    if (player.frame.game_over || player.frame.truncated)
        start_game(&player);
    struct saved saved = save(emulator, frames);
    const struct rng rng = player.rng;
    play(&player, frames, seen);
    load(&player, &saved);
    const size_t step = saved.size / TRIES + 1;
    for (size_t i = 0; i < saved.size; i += step) {
        saved.state[i] ^= 0x10;
        refuse(emulator, saved.state, saved.size, "a bit turned");
        saved.state[i] ^= 0x10;
        refuse(emulator, saved.state, i, "its end cut off");
    }
    refuse(emulator, saved.state, saved.size + 1, "a byte too many");
    memset(saved.state, 0, saved.size);
    refuse(emulator, saved.state, saved.size, "nothing but zeros");
    player.rng = rng;
    play_again(&player, frames, seen, "after damaged states");
    free(saved.state);
}

static void count_up(void *count) {
    ++*(int *)count;
}

/* A caller that asks for signs of life gets at least one for each reset and each frame. */
static void check_signs_of_life(struct emulator *emulator) {
    int signs = 0;
    emulator_watch(emulator, count_up, &signs);
    struct player player = start_player(emulator, 7);
    const int of_reset = signs;
    play_frame(&player);
    emulator_watch(emulator, NULL, NULL);
    if (of_reset < 1 || signs <= of_reset)
        fail_msg("%d signs of life in a reset, %d in a frame", of_reset, signs - of_reset);
}

void check_conformance(struct emulator *(*open_game)(void *context), void *context, int frames) {
    if (getenv("ASYNCRL_SHORT")) /* sanitizers see the same code in each frame */
        frames = (frames + 3) / 4;
    uint64_t *seen = calloc((size_t)frames, sizeof *seen);
    struct emulator *emulator = open_game(context);
    struct emulator *other = open_game(context);
    assert_non_null(seen);
    check_description(emulator);
    check_actions(emulator);
    check_signs_of_life(emulator);
    check_seeds(emulator, other, frames, seen);
    if (emulator_can_save(emulator)) {
        check_states(emulator, other, frames, seen);
        check_damage(emulator, frames, seen);
    }
    emulator_close(other);
    emulator_close(emulator);
    free(seen);
}
