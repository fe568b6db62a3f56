/*
 * Saved states of an environment: play after a load equals uninterrupted play. On catch and on some
 * Atari games, which are skipped if tools/install-deps has not fetched the ROMs.
 */
#include "env/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The settings of one game; all with sticky actions. */
struct variant {
    const char *id;
    enum observation_preset observation;
    int frame_skip_min;
    int frame_skip_max;
    bool life_loss_ends;
    bool fire_on_reset;
    int noop_max;
    int max_equal_actions;
    int max_noops;
    int64_t step_limit;
    const char *atari_core; /* NULL: the usual one */
    enum reward_rule reward;
};

static const struct variant variants[] = {
    {"catch", OBSERVATION_CLASSIC, 1, 1, .max_equal_actions = 5, .step_limit = 7},
    {"catch", OBSERVATION_DEEPMIND, 1, 2, .noop_max = 3},
    {"catch", OBSERVATION_V4, 2, 4, .life_loss_ends = true, .reward = REWARD_RUNNING},
    {"Breakout-v0", OBSERVATION_CLASSIC, 2, 4, true, .noop_max = 30, .step_limit = 150},
    {"Pong-v0", OBSERVATION_CLASSIC, 1, 1, .max_equal_actions = 20, .noop_max = 30},
    {"Seaquest-v0", OBSERVATION_V4, 4, 4, true, true, .max_noops = 9, .step_limit = 200},
    {"YarsRevenge-v0", OBSERVATION_DEEPMIND, 2, 4, true, true, 10, 25, .step_limit = 150},
    {"MsPacman-v0", OBSERVATION_DEEPMIND, 2, 4, true, .noop_max = 30, .step_limit = 100},
    {"AirRaid-v0", OBSERVATION_CLASSIC, 1, 3, true, .step_limit = 250},
    {"Pitfall2-v0", OBSERVATION_V4, 1, 4, .max_equal_actions = 25, .step_limit = 90},
    {"SuperMarioBros-1-1-v1", OBSERVATION_DEEPMIND, 4, 4, .step_limit = 150,
     .reward = REWARD_PROGRESS},
    {"TicTacToe3D-v0", OBSERVATION_CLASSIC, 1, 4, true, false, 30, 20, .step_limit = 120},
};

enum {
    VARIANT_COUNT = sizeof variants / sizeof variants[0],
    TURNS = 800,
    SAVE_INTERVAL = 40,
    MAX_SAVES = 40,
};

/* An environment and its random player, which often repeats an action. */
struct player {
    struct environment *environment;
    struct emulator *emulator; /* the environment's */
    size_t observation_bytes;
    size_t bound; /* of its states */
    struct rng rng;
    int action;
    bool ended; /* a reset comes next */
};

static struct environment_config config_of(const struct variant *variant, const struct game *game) {
    struct environment_config config = game_environment_config(game, variant->observation);
    config.frame_skip_min = variant->frame_skip_min;
    config.frame_skip_max = variant->frame_skip_max;
    config.sticky = 0.25;
    config.life_loss_ends = variant->life_loss_ends;
    config.fire_on_reset = variant->fire_on_reset;
    config.noop_max = variant->noop_max;
    config.max_equal_actions = variant->max_equal_actions;
    config.max_noops = variant->max_noops;
    config.step_limit = variant->step_limit;
    config.reward = variant->reward;
    return config;
}

/* False if the game's files are missing. */
static bool open_player(const struct variant *variant, uint64_t seed, struct player *player) {
    struct game game;
    struct game_overrides overrides = {0};
    struct error error;
    if (variant->atari_core)
        snprintf(overrides.atari_core, sizeof overrides.atari_core, "%s", variant->atari_core);
    if (game_find(variant->id, &overrides, &game, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    *player =
        (struct player){.observation_bytes = observation_shape(variant->observation, NULL).bytes};
    if (game_open_emulator(&game, NULL, &player->emulator, &error) != STATUS_OK) {
        print_message("# skipped: %s\n", error.message);
        return false;
    }
    const struct environment_config config = config_of(variant, &game);
    player->bound = environment_state_bound(player->emulator, &config);
    if (environment_create(player->emulator, &config, &player->environment, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    environment_seed(player->environment, seed, 3);
    environment_reset(player->environment);
    rng_seed(&player->rng, seed, 4);
    return true;
}

static void close_player(struct player *player) {
    environment_destroy(player->environment);
}

/* One step, or a reset if the episode has ended. */
static struct environment_step take_turn(struct player *player) {
    if (player->ended) {
        environment_reset(player->environment);
        player->ended = false;
        return (struct environment_step){0};
    }
    if (rng_below(&player->rng, 6) == 0)
        player->action =
            (int)rng_below(&player->rng, (uint32_t)player->emulator->info.action_count);
    const struct environment_step step = environment_act(player->environment, player->action);
    player->ended = step.terminated || step.truncated;
    return step;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t size) {
    const uint8_t *next = bytes;
    for (uint64_t word = 0; size > 0; word = 0) {
        const size_t taken = size < sizeof word ? size : sizeof word;
        memcpy(&word, next, taken);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
        next += taken;
        size -= taken;
    }
    return hash;
}

/* All observable results of a step: its return value, the observation, both screens and RAM. */
static uint64_t digest(const struct player *player, struct environment_step step) {
    const struct emulator_info *info = &player->emulator->info;
    static uint8_t bytes[3 * SCREEN_MAX_SIZE * 256];
    const size_t screen_bytes =
        (size_t)3 * (size_t)info->screen_height * (size_t)info->screen_width;
    assert_true(screen_bytes <= sizeof bytes);
    const double numbers[] = {step.reward,    step.raw_reward, step.terminated,
                              step.truncated, step.lives,      step.emulator_frames};
    uint64_t hash = mix(1, numbers, sizeof numbers);
    environment_observe(player->environment, bytes);
    hash = mix(hash, bytes, player->observation_bytes);
    environment_screen_rgb(player->environment, bytes);
    hash = mix(hash, bytes, screen_bytes);
    if (info->palette) {
        emulator_screen_indices(player->emulator, bytes);
        hash = mix(hash, bytes, screen_bytes / 3);
    }
    if (info->ram_size > 0) {
        emulator_ram_read(player->emulator, bytes);
        hash = mix(hash, bytes, info->ram_size);
    }
    return hash;
}

/* ---- Exactness ------------------------------------------------------------------------------- */

/* A point of the uninterrupted course. */
struct save {
    int turn; /* the next one */
    struct rng rng;
    int action;
    bool ended;
    uint64_t sight;
    uint8_t *state; /* exactly `size` bytes */
    size_t size;
};

struct course {
    uint64_t digests[TURNS];
    struct save saves[MAX_SAVES];
    int save_count;
    int resets;
    int emulator_frames;
};

static uint8_t *save_state(struct player *player, size_t *size) {
    struct error error;
    uint8_t *room = malloc(player->bound);
    assert_non_null(room);
    if (environment_save_state(player->environment, room, player->bound, size, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(*size <= player->bound);
    uint8_t *state = malloc(*size);
    assert_non_null(state);
    memcpy(state, room, *size);
    free(room);
    return state;
}

static void add_save(struct course *course, struct player *player, int turn) {
    assert_true(course->save_count < MAX_SAVES);
    struct save *save = &course->saves[course->save_count++];
    *save = (struct save){
        .turn = turn, .rng = player->rng, .action = player->action, .ended = player->ended};
    save->sight = digest(player, (struct environment_step){0});
    save->state = save_state(player, &save->size);
}

/* Plays the whole course, saving now and then and at some of the episodes' ends. */
static void play_course(struct player *player, struct course *course) {
    for (int turn = 0; turn < TURNS; turn++) {
        const bool ends = player->ended && course->save_count < MAX_SAVES - TURNS / SAVE_INTERVAL;
        if (ends || turn % SAVE_INTERVAL == SAVE_INTERVAL / 2)
            add_save(course, player, turn);
        course->resets += player->ended;
        const struct environment_step step = take_turn(player);
        course->emulator_frames += step.emulator_frames;
        course->digests[turn] = digest(player, step);
    }
}

static void free_course(struct course *course) {
    for (int i = 0; i < course->save_count; i++)
        free(course->saves[i].state);
    free(course);
}

static void load_save(struct player *player, const struct save *save) {
    struct error error;
    if (environment_load_state(player->environment, save->state, save->size, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    player->rng = save->rng;
    player->action = save->action;
    player->ended = save->ended;
}

/* Plays a number of turns from a save; all must equal the course. */
static void play_again(const char *id, struct player *player, const struct course *course,
                       const struct save *save, int turns) {
    load_save(player, save);
    if (digest(player, (struct environment_step){0}) != save->sight)
        fail_msg("%s saved at turn %d looks different right after the load", id, save->turn);
    size_t size;
    uint8_t *again = save_state(player, &size);
    assert_int_equal(size, save->size);
    assert_memory_equal(again, save->state, size);
    free(again);
    for (int turn = save->turn; turn < TURNS && turn < save->turn + turns; turn++)
        if (digest(player, take_turn(player)) != course->digests[turn])
            fail_msg("%s saved at turn %d is different at turn %d", id, save->turn, turn);
}

/* False if the game's files are missing. */
static bool check_exact(const struct variant *variant) {
    struct player player;
    if (!open_player(variant, 11, &player))
        return false;
    struct course *course = calloc(1, sizeof *course);
    assert_non_null(course);
    play_course(&player, course);
    assert_true(course->resets >= 3);

    for (int i = course->save_count - 1; i >= 0; i--)
        play_again(variant->id, &player, course, &course->saves[i], SAVE_INTERVAL / 4);

    struct player other;
    assert_true(open_player(variant, 99, &other));
    assert_int_equal(other.bound, player.bound);
    for (int turn = 0; turn < 100; turn++)
        take_turn(&other);
    play_again(variant->id, &other, course, &course->saves[0], TURNS);
    print_message("# %s, %s: %d frames, %d resets, %d states of %zu bytes, at most %zu\n",
                  variant->id, observation_name(variant->observation), course->emulator_frames,
                  course->resets, course->save_count, course->saves[0].size, player.bound);
    free_course(course);
    close_player(&other);
    close_player(&player);
    return true;
}

static void play_after_a_load_is_uninterrupted_play(void **state) {
    (void)state;
    /* The first six have every observation and every rule; the others are more games. */
    const int count = getenv("ASYNCRL_SHORT") ? 6 : VARIANT_COUNT;
    int skipped = 0;
    for (int v = 0; v < count; v++)
        skipped += !check_exact(&variants[v]);
    if (skipped > 0)
        skip();
}

/* ---- Refusals -------------------------------------------------------------------------------- */

static const struct variant catch_classic = {"catch", OBSERVATION_CLASSIC, 1, 1, .noop_max = 0};
static const struct variant breakout_classic = {"Breakout-v0", OBSERVATION_CLASSIC, 2, 4,
                                                .noop_max = 9};

static void assert_one_line(const struct error *error) {
    assert_true(strlen(error->message) > 0);
    assert_null(strchr(error->message, '\n'));
}

static void assert_refused(struct player *player, const uint8_t *state, size_t size) {
    struct error error;
    assert_int_equal(environment_load_state(player->environment, state, size, &error),
                     STATUS_BAD_INPUT);
    assert_one_line(&error);
}

/* Loads the state cut to size, from memory of exactly that size. */
static void refuse_cut(struct player *player, const uint8_t *state, size_t size) {
    uint8_t *cut = malloc(size > 0 ? size : 1);
    assert_non_null(cut);
    memcpy(cut, state, size);
    assert_refused(player, cut, size);
    free(cut);
}

static void refuse_damaged(const struct variant *variant, size_t stride) {
    struct player player;
    if (!open_player(variant, 5, &player))
        skip();
    for (int turn = 0; turn < 30; turn++)
        take_turn(&player);
    size_t size;
    uint8_t *saved = save_state(&player, &size);
    take_turn(&player);
    const uint64_t before = digest(&player, (struct environment_step){0});
    for (size_t i = 0; i < size; i += i < 256 || size - i < 256 ? 1 : stride) {
        refuse_cut(&player, saved, i);
        saved[i] ^= (uint8_t)(1U << i % 8);
        assert_refused(&player, saved, size);
        saved[i] ^= (uint8_t)(1U << i % 8);
    }
    assert_true(digest(&player, (struct environment_step){0}) == before);
    size_t size_after;
    load_save(&player, &(struct save){.state = saved, .size = size});
    uint8_t *after = save_state(&player, &size_after);
    assert_int_equal(size_after, size);
    assert_memory_equal(after, saved, size);
    free(after);
    free(saved);
    close_player(&player);
}

static void damaged_states_are_refused_and_change_nothing(void **state) {
    (void)state;
    refuse_damaged(&catch_classic, 7);
    refuse_damaged(&breakout_classic, 97);
}

static void states_of_another_preset_are_refused(void **state) {
    (void)state;
    for (int from = 0; from < 3; from++)
        for (int to = 0; to < 3; to++) {
            struct variant variant = catch_classic;
            struct player source;
            struct player target;
            size_t size;
            variant.observation = (enum observation_preset)from;
            assert_true(open_player(&variant, 1, &source));
            variant.observation = (enum observation_preset)to;
            assert_true(open_player(&variant, 1, &target));
            uint8_t *saved = save_state(&source, &size);
            if (from == to)
                load_save(&target, &(struct save){.state = saved, .size = size});
            else
                refuse_cut(&target, saved, size);
            free(saved);
            close_player(&source);
            close_player(&target);
        }
}

/* Older programs had another name for the classic observation, also in the seal. */
static void states_of_an_older_program_are_read(void **state) {
    (void)state;
    struct player player;
    struct seal seal;
    size_t size;
    assert_true(open_player(&catch_classic, 1, &player));
    uint8_t *saved = save_state(&player, &size);
    memcpy(&seal, saved, sizeof seal);
    seal_write(saved, (size_t)seal.size, "an environment that observes as 'seed'");
    load_save(&player, &(struct save){.state = saved, .size = size});
    free(saved);
    close_player(&player);
}

/* Pong's screen is as large as Breakout's; Air Raid's is another size. */
static void states_of_another_game_are_refused(void **state) {
    (void)state;
    static const char *const ids[] = {"catch", "Breakout-v0", "Pong-v0", "AirRaid-v0"};
    enum { IDS = sizeof ids / sizeof ids[0] };
    struct player players[IDS];
    uint8_t *saved[IDS];
    size_t sizes[IDS];
    int opened = 0;
    for (; opened < IDS; opened++) {
        struct variant variant = breakout_classic;
        variant.id = ids[opened];
        if (!open_player(&variant, 1, &players[opened]))
            break;
        saved[opened] = save_state(&players[opened], &sizes[opened]);
    }
    for (int from = 0; from < opened; from++)
        for (int to = 0; to < opened; to++)
            if (from != to)
                refuse_cut(&players[to], saved[from], sizes[from]);
    for (int i = 0; i < opened; i++) {
        free(saved[i]);
        close_player(&players[i]);
    }
    if (opened < IDS)
        skip();
}

static void check_too_little_room(const struct variant *variant) {
    struct player player;
    size_t size;
    if (!open_player(variant, 1, &player))
        skip();
    uint8_t *saved = save_state(&player, &size);
    const size_t capacities[] = {0, 1, sizeof(struct seal), size / 4, size / 2, size - 1};
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        uint8_t *room = malloc(capacities[i] + 1);
        assert_non_null(room);
        room[capacities[i]] = 0xa5;
        struct error error;
        size_t used = 0;
        assert_int_equal(
            environment_save_state(player.environment, room, capacities[i], &used, &error),
            STATUS_FAILED);
        assert_one_line(&error);
        assert_int_equal(used, 0);
        assert_int_equal(room[capacities[i]], 0xa5);
        free(room);
    }
    struct error error;
    assert_int_equal(environment_save_state(player.environment, saved, size, &size, &error),
                     STATUS_OK);
    free(saved);
    close_player(&player);
}

static void too_little_room_is_an_error(void **state) {
    (void)state;
    check_too_little_room(&catch_classic);
    check_too_little_room(&breakout_classic);
}

/*
 * Wrong or missing words behind a valid seal: the environment accepts the state and plays on (the
 * sanitizers watch), or refuses it.
 */
static void impossible_values_are_refused(void **state) {
    (void)state;
    enum { WORDS = 16 };
    static const int32_t values[] = {INT32_MIN, -2, 3, 100, INT32_MAX};
    struct player player;
    size_t size;
    struct variant variant = catch_classic;
    variant.step_limit = 20;
    variant.max_equal_actions = 3;
    assert_true(open_player(&variant, 1, &player));
    uint8_t *saved = save_state(&player, &size);
    struct seal seal;
    memcpy(&seal, saved, sizeof seal);
    int refused = 0;
    for (size_t word = 0; word < WORDS; word++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            uint8_t *bad = malloc(size);
            assert_non_null(bad);
            memcpy(bad, saved, size);
            memcpy(bad + sizeof seal + word * sizeof values[v], &values[v], sizeof values[v]);
            seal_write(bad, seal.size, seal.kind);
            struct error error;
            if (environment_load_state(player.environment, bad, size, &error) != STATUS_OK)
                refused++;
            free(bad);
            player.ended = false;
            for (int turn = 0; turn < 40; turn++)
                take_turn(&player);
        }
    /* Steps: below zero or near overflow (3). Both actions: all five, but -2 of none (10). Repeats:
     * below zero (2). Whether the episode went on: all (10, in two words). */
    assert_int_equal(refused, 3 + 10 + 2 + 10);
    for (size_t cut = sizeof seal; cut < seal.size; cut += 61) {
        uint8_t *bad = malloc(cut);
        assert_non_null(bad);
        memcpy(bad, saved, cut);
        seal_write(bad, cut, seal.kind);
        assert_refused(&player, bad, cut);
        free(bad);
    }
    memset(saved + sizeof seal, 0, sizeof(struct rng));
    seal_write(saved, seal.size, seal.kind);
    assert_refused(&player, saved, size);
    free(saved);
    close_player(&player);
}

/* The emulator's own part under a valid seal: RAM that the actions do not lead to, an invalid
 * action. */
/* ALE's states are the actions that led there. */
static void impossible_games_are_refused(void **state) {
    (void)state;
    struct player player;
    size_t size;
    struct variant variant = breakout_classic;
    variant.atari_core = "ale";
    if (!open_player(&variant, 5, &player))
        skip();
    for (int turn = 0; turn < 30; turn++)
        take_turn(&player);
    uint8_t *saved = save_state(&player, &size);
    struct seal own_seal;
    struct seal seal;
    memcpy(&own_seal, saved, sizeof own_seal);
    uint8_t *game = saved + own_seal.size;
    memcpy(&seal, game, sizeof seal);
    uint8_t *ram = game + sizeof seal;
    struct error error;
    ram[7] ^= 1;
    seal_write(game, seal.size, seal.kind);
    assert_int_equal(environment_load_state(player.environment, saved, size, &error),
                     STATUS_FAILED);
    assert_one_line(&error);
    ram[7] ^= 1;
    saved[size - 1] = (uint8_t)player.emulator->info.action_count;
    seal_write(game, seal.size, seal.kind);
    assert_refused(&player, saved, size);
    const size_t cut = sizeof seal + player.emulator->info.ram_size - 1;
    seal_write(game, cut, seal.kind);
    refuse_cut(&player, saved, own_seal.size + cut);
    free(saved);
    close_player(&player);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(play_after_a_load_is_uninterrupted_play),
        cmocka_unit_test(damaged_states_are_refused_and_change_nothing),
        cmocka_unit_test(states_of_another_preset_are_refused),
        cmocka_unit_test(states_of_an_older_program_are_read),
        cmocka_unit_test(states_of_another_game_are_refused),
        cmocka_unit_test(too_little_room_is_an_error),
        cmocka_unit_test(impossible_values_are_refused),
        cmocka_unit_test(impossible_games_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
