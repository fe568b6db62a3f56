/* Super Mario Bros. through its ids; skipped if the core or the ROMs are missing. */
#include "conformance.h"
#include "games/games.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 256, HEIGHT = 240, RAM_SIZE = 2048, MAX_DETAILS = 16, RIGHT = 1 };

enum { DETAIL_X_POS = 0, DETAIL_FLAG_GET = 4, DETAIL_WORLD = 8, DETAIL_STAGE = 9 };

static enum status open_game(const char *id, const struct game_overrides *overrides,
                             struct emulator **emulator, struct error *error) {
    struct game game;
    enum status status = game_find(id, overrides, &game, error);
    if (status == STATUS_OK)
        status = game_open_emulator(&game, NULL, emulator, error);
    return status;
}

static struct emulator *open_with(const char *id, const char *actions) {
    struct game_overrides overrides = {0};
    struct emulator *emulator;
    struct error error;
    snprintf(overrides.actions, sizeof overrides.actions, "%s", actions);
    if (open_game(id, &overrides, &emulator, &error) == STATUS_OK)
        return emulator;
    if (!strstr(error.message, "tools/install-deps"))
        fail_msg("%s", error.message);
    print_message("# %s\n", error.message);
    skip();
    return NULL;
}

static struct emulator *open_id(const char *id) {
    return open_with(id, "");
}

/* All outputs of a frame. */
static uint64_t digest(const struct emulator *emulator, const struct emulator_frame *frame) {
    static uint8_t bytes[3 * WIDTH * HEIGHT + RAM_SIZE + 3 * sizeof(double)]; /* whole words */
    double details[MAX_DETAILS] = {0};
    uint8_t *at = bytes;
    emulator_screen_rgb(emulator, at);
    at += 3 * WIDTH * HEIGHT;
    emulator_ram_read(emulator, at);
    at += RAM_SIZE;
    emulator_details(emulator, details);
    const double told[] = {frame->reward, 2 * frame->lives + frame->game_over,
                           details[DETAIL_X_POS] + 1e5 * details[DETAIL_FLAG_GET]};
    memcpy(at, told, sizeof told);
    uint64_t words[sizeof bytes / sizeof(uint64_t)];
    memcpy(words, bytes, sizeof words);
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        hash = (hash ^ words[i]) * 0x100000001b3u;
    return hash;
}

static struct emulator_frame act_at_random(struct emulator *emulator, struct rng *rng) {
    const int action = (int)rng_below(rng, (uint32_t)emulator->info.action_count);
    const struct emulator_frame frame = emulator_act(emulator, action);
    assert_true(frame.reward >= -15 && frame.reward <= 15);
    assert_false(frame.failed);
    return frame.game_over ? emulator_reset(emulator) : frame;
}

static void play(struct emulator *emulator, struct rng *rng, int frames, uint64_t *digests) {
    for (int i = 0; i < frames; i++) {
        const struct emulator_frame frame = act_at_random(emulator, rng);
        digests[i] = digest(emulator, &frame);
    }
}

static void it_is_a_game_of_the_nes(void **state) {
    (void)state;
    struct emulator *emulator = open_id("SuperMarioBros-1-1-v0");
    const struct emulator_info *info = &emulator->info;
    assert_int_equal(info->screen_width, WIDTH);
    assert_int_equal(info->screen_height, HEIGHT);
    assert_int_equal(info->ram_size, RAM_SIZE);
    assert_int_equal(info->detail_count, 10);
    assert_int_equal(info->action_count, 7);
    assert_true(info->frames_per_second == 60);
    assert_true(info->pixel_aspect > 1.1 && info->pixel_aspect < 1.2); /* the NES: 8 to 7 */
    assert_string_equal(info->action_names[0], "NOOP");
    assert_string_equal(info->action_names[4], "RIGHT+A+B");
    assert_string_equal(info->action_names[6], "LEFT");
    assert_int_equal(emulator_reset(emulator).lives, 3);
    emulator_close(emulator);
}

static void its_indices_are_its_colours(void **state) {
    (void)state;
    static uint8_t rgb[HEIGHT * WIDTH][3];
    static uint8_t indices[HEIGHT * WIDTH];
    struct emulator *emulator = open_id("SuperMarioBros-1-1-v0");
    assert_non_null(emulator->info.palette);
    emulator_reset(emulator);
    for (int frame = 0; frame < 5; frame++) {
        emulator_act(emulator, RIGHT);
        emulator_screen_rgb(emulator, rgb[0]);
        emulator_screen_indices(emulator, indices);
        for (int i = 0; i < HEIGHT * WIDTH; i++)
            assert_memory_equal(emulator->info.palette[indices[i]], rgb[i], 3);
    }
    emulator_close(emulator);
}

static struct emulator *open_context(void *context) {
    return open_id(context);
}

static void it_keeps_the_contract(void **state) {
    (void)state;
    static char *const ids[] = {"SuperMarioBros-1-1-v1", "SuperMarioBros-v0",
                                "SuperMarioBrosRandomStages-v3"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        check_conformance(open_context, ids[i], 100);
}

static void sets_of_actions_are_chosen(void **state) {
    (void)state;
    static const char *const sets[] = {"right", "simple", "complex"};
    static const int counts[] = {5, 7, 12};
    for (int i = 0; i < 3; i++) {
        struct emulator *emulator = open_with("SuperMarioBros-1-1-v1", sets[i]);
        assert_int_equal(emulator->info.action_count, counts[i]);
        emulator_close(emulator);
    }
}

/* Own lists, in any order; the sets by gym-super-mario-bros' names, too. */
static void lists_of_actions_are_chosen(void **state) {
    (void)state;
    struct emulator *emulator = open_with("SuperMarioBros-1-1-v1", "COMPLEX_MOVEMENT");
    assert_int_equal(emulator->info.action_count, 12);
    emulator_close(emulator);
    emulator = open_with("SuperMarioBros-1-1-v1", "[[\"left\"], [\"right\", \"B\"], [\"NOOP\"]]");
    assert_int_equal(emulator->info.action_count, 3);
    assert_string_equal(emulator->info.action_names[1], "RIGHT+B");
    double reward = 0;
    emulator_reset(emulator);
    for (int i = 0; i < 60; i++)
        reward += emulator_act(emulator, 1).reward;
    assert_true(reward > 40);
    emulator_close(emulator);
}

static void bad_choices_are_refused(void **state) {
    (void)state;
    emulator_close(open_id("SuperMarioBros-v0"));
    struct game_overrides overrides = {.actions = "sideways"};
    struct emulator *emulator;
    struct error error;
    assert_int_equal(open_game("SuperMarioBros-v0", &overrides, &emulator, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "right, simple"));
    overrides = (struct game_overrides){.rom = "/nowhere/game.nes"};
    assert_int_equal(open_game("SuperMarioBros-v0", &overrides, &emulator, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "/nowhere/game.nes"));
    overrides = (struct game_overrides){.core = "/nowhere/core.so"};
    assert_int_equal(open_game("SuperMarioBros-v0", &overrides, &emulator, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "/nowhere/core.so"));
}

static void each_stage_begins_where_its_id_says(void **state) {
    (void)state;
    const int every = getenv("ASYNCRL_SHORT") ? 5 : 1; /* our code is the same for all */
    for (int i = 0; i < 8 * 4; i += every) {
        const int world = 1 + i / 4;
        const int stage = 1 + i % 4;
        char id[GAME_ID_SIZE];
        double details[MAX_DETAILS];
        snprintf(id, sizeof id, "SuperMarioBros-%d-%d-v1", world, stage);
        struct emulator *emulator = open_id(id);
        const struct emulator_frame frame = emulator_reset(emulator);
        assert_false(frame.game_over || frame.failed);
        emulator_details(emulator, details);
        assert_true(details[DETAIL_WORLD] == world);
        assert_true(details[DETAIL_STAGE] == stage);
        assert_true(details[DETAIL_X_POS] < 100);
        emulator_close(emulator);
    }
}

static void a_reset_is_exact_after_any_play(void **state) {
    (void)state;
    enum { FRAMES = 150 };
    uint64_t first[FRAMES];
    uint64_t again[FRAMES];
    struct emulator *emulator = open_id("SuperMarioBros-2-1-v1");
    struct rng rng;
    for (uint64_t history = 0; history < 3; history++) {
        rng_seed(&rng, 1, 0);
        emulator_seed(emulator, 9);
        emulator_reset(emulator);
        play(emulator, &rng, FRAMES, history == 0 ? first : again);
        if (history > 0)
            assert_memory_equal(first, again, sizeof first);
        rng_seed(&rng, 2, history);
        play(emulator, &rng, 37 + 40 * (int)history, again);
    }
    emulator_close(emulator);
}

static void assert_state_is_exact(const char *id, int frames_before) {
    enum { MAX_FRAMES = 400 };
    static uint64_t first[MAX_FRAMES];
    static uint64_t again[MAX_FRAMES];
    const int frames = getenv("ASYNCRL_SHORT") ? 100 : MAX_FRAMES;
    struct emulator *emulator = open_id(id);
    struct error error;
    struct rng rng;
    rng_seed(&rng, 3, 0);
    emulator_seed(emulator, 4);
    emulator_reset(emulator);
    play(emulator, &rng, frames_before, first);
    const size_t bound = emulator_state_bound(emulator, INT64_MAX);
    uint8_t *saved = malloc(bound);
    size_t used;
    assert_non_null(saved);
    assert_int_equal(emulator_save_state(emulator, saved, bound, &used, &error), STATUS_OK);
    const struct rng then = rng;
    play(emulator, &rng, frames, first);

    rng = then;
    assert_int_equal(emulator_load_state(emulator, saved, used, &error), STATUS_OK);
    play(emulator, &rng, frames, again);
    assert_memory_equal(first, again, sizeof first);
    emulator_close(emulator);

    struct emulator *other = open_id(id);
    rng = then;
    assert_int_equal(emulator_load_state(other, saved, used, &error), STATUS_OK);
    play(other, &rng, frames, again);
    assert_memory_equal(first, again, sizeof first);
    emulator_close(other);
    free(saved);
}

static void a_saved_state_is_exact(void **state) {
    (void)state;
    assert_state_is_exact("SuperMarioBros-1-1-v1", 60);
    assert_state_is_exact("SuperMarioBrosRandomStages-v1", 61);
    assert_state_is_exact("SuperMarioBros2-v0", 45);
}

static void states_of_others_are_refused(void **state) {
    (void)state;
    struct emulator *emulator = open_id("SuperMarioBros-1-1-v1");
    struct emulator *stage = open_id("SuperMarioBros-1-2-v1");
    struct emulator *rom = open_id("SuperMarioBros-1-1-v0");
    struct error error;
    const size_t bound = emulator_state_bound(emulator, 0);
    uint8_t *saved = malloc(bound);
    size_t used;
    assert_non_null(saved);
    assert_int_equal(emulator_save_state(emulator, saved, bound - 1, &used, &error), STATUS_FAILED);
    assert_int_equal(emulator_save_state(emulator, saved, bound, &used, &error), STATUS_OK);
    assert_int_equal(emulator_load_state(stage, saved, used, &error), STATUS_BAD_INPUT);
    assert_int_equal(emulator_load_state(rom, saved, used, &error), STATUS_BAD_INPUT);
    struct emulator_frame frame = emulator_act(emulator, RIGHT);
    const uint64_t before = digest(emulator, &frame);
    for (size_t i = 0; i < used; i += used / 100) {
        saved[i] ^= 1;
        assert_int_equal(emulator_load_state(emulator, saved, used, &error), STATUS_BAD_INPUT);
        saved[i] ^= 1;
        assert_int_equal(emulator_load_state(emulator, saved, i, &error), STATUS_BAD_INPUT);
    }
    assert_true(digest(emulator, &frame) == before);
    free(saved);
    emulator_close(emulator);
    emulator_close(stage);
    emulator_close(rom);
}

static void a_stage_ends_with_death(void **state) {
    (void)state;
    struct emulator *emulator = open_id("SuperMarioBros-1-1-v1");
    struct emulator_frame frame = emulator_reset(emulator);
    double total = 0;
    int frames = 0;
    for (; !frame.game_over && frames < 1000; frames++) {
        frame = emulator_act(emulator, RIGHT);
        total += frame.reward;
    }
    assert_int_equal(frames, 160); /* into the first Goomba */
    assert_true(frame.reward == -15);
    assert_true(total > 200 && total < 300);
    emulator_close(emulator);
}

static void the_whole_game_has_three_lives(void **state) {
    (void)state;
    struct emulator *emulator = open_id("SuperMarioBros-v1");
    struct emulator_frame frame = emulator_reset(emulator);
    int seen = frame.lives;
    int deaths = 0;
    assert_int_equal(seen, 3);
    for (int i = 0; !frame.game_over && i < 3000; i++) {
        frame = emulator_act(emulator, RIGHT);
        assert_true(frame.lives <= seen);
        deaths += frame.lives < seen;
        seen = frame.lives;
    }
    assert_true(frame.game_over);
    assert_int_equal(deaths, 3);
    assert_int_equal(frame.lives, 0);
    assert_int_equal(emulator_reset(emulator).lives, 3);
    emulator_close(emulator);
}

static void stages_are_drawn_by_the_seed(void **state) {
    (void)state;
    enum { GAMES = 12 };
    struct emulator *emulator = open_id("SuperMarioBrosRandomStages-v0");
    double drawn[2][GAMES];
    int unlike = 0;
    for (int pass = 0; pass < 2; pass++) {
        emulator_seed(emulator, 5);
        for (int i = 0; i < GAMES; i++) {
            double details[MAX_DETAILS];
            emulator_reset(emulator);
            emulator_details(emulator, details);
            drawn[pass][i] = 10 * details[DETAIL_WORLD] + details[DETAIL_STAGE];
            unlike += i > 0 && drawn[pass][i] != drawn[pass][i - 1];
        }
    }
    assert_memory_equal(drawn[0], drawn[1], sizeof drawn[0]);
    assert_true(unlike > GAMES);
    emulator_close(emulator);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_a_game_of_the_nes),
        cmocka_unit_test(its_indices_are_its_colours),
        cmocka_unit_test(it_keeps_the_contract),
        cmocka_unit_test(sets_of_actions_are_chosen),
        cmocka_unit_test(lists_of_actions_are_chosen),
        cmocka_unit_test(bad_choices_are_refused),
        cmocka_unit_test(each_stage_begins_where_its_id_says),
        cmocka_unit_test(a_reset_is_exact_after_any_play),
        cmocka_unit_test(a_saved_state_is_exact),
        cmocka_unit_test(states_of_others_are_refused),
        cmocka_unit_test(a_stage_ends_with_death),
        cmocka_unit_test(the_whole_game_has_three_lives),
        cmocka_unit_test(stages_are_drawn_by_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
