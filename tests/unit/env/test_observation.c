#include "env/env.h"
#include "env/picture.h"
#include "env/screen.h"

#include "scripted_emulator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PIXELS = OBSERVATION_SIZE * OBSERVATION_SIZE };

static struct environment *create(struct script *script, enum observation_preset preset, int skip) {
    const struct environment_config config = {
        .observation = preset, .frame_skip_min = skip, .frame_skip_max = skip, .reward_scale = 1};
    struct environment *environment;
    struct error error;
    if (environment_create(scripted_emulator(script), &config, &environment, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    environment_reset(environment);
    return environment;
}

/* Each channel of a scripted screen is all of one level. */
static void assert_stack(const struct environment *environment, enum observation_preset preset,
                         const int *wanted) {
    uint8_t observation[OBSERVATION_MAX_CHANNELS * PIXELS];
    environment_observe(environment, observation);
    for (int c = 0; c < observation_channels(preset); c++)
        for (int i = 0; i < PIXELS; i++)
            assert_int_equal(observation[c * PIXELS + i], wanted[c]);
}

static const uint8_t brightness[] = {10, 90, 20, 80, 30, 70, 40, 60, 50, 100, 150, 200, 250};

static void v4_stacks_the_last_frame_oldest_first(void **state) {
    (void)state;
    struct script script = {.brightness = brightness};
    struct environment *environment = create(&script, OBSERVATION_V4, 2);
    assert_stack(environment, OBSERVATION_V4, (int[]){10, 10, 10, 10});
    static const int wanted[][4] = {
        {10, 10, 10, 20}, {10, 10, 20, 30}, {10, 20, 30, 40}, {20, 30, 40, 50}, {30, 40, 50, 150}};
    for (int i = 0; i < 5; i++) {
        environment_act(environment, 0);
        assert_stack(environment, OBSERVATION_V4, wanted[i]);
    }
    environment_reset(environment);
    assert_stack(environment, OBSERVATION_V4, (int[]){10, 10, 10, 10});
    environment_destroy(environment);
}

static void deepmind_pools_the_maximum_of_the_steps_last_two(void **state) {
    (void)state;
    struct script script = {.brightness = brightness};
    struct environment *environment = create(&script, OBSERVATION_DEEPMIND, 3);
    static const int wanted[][4] = {{10, 10, 10, 80}, {10, 10, 80, 70}, {10, 80, 70, 100}};
    for (int i = 0; i < 3; i++) {
        environment_act(environment, 0);
        assert_stack(environment, OBSERVATION_DEEPMIND, wanted[i]);
    }
    environment_destroy(environment);
}

static void deepmind_ignores_frames_of_the_step_before(void **state) {
    (void)state;
    struct script script = {.brightness = brightness};
    struct environment *environment = create(&script, OBSERVATION_DEEPMIND, 1);
    environment_act(environment, 0);
    environment_act(environment, 0);
    assert_stack(environment, OBSERVATION_DEEPMIND, (int[]){10, 10, 90, 20});
    environment_destroy(environment);
}

static void classic_averages_any_two_frames_in_a_row(void **state) {
    (void)state;
    struct script script = {.brightness = brightness};
    struct environment *environment = create(&script, OBSERVATION_CLASSIC, 1);
    assert_stack(environment, OBSERVATION_CLASSIC, (int[]){10, 10, 10});
    static const int wanted[][3] = {{10, 10, 50}, {10, 50, 55}, {50, 55, 50}, {55, 50, 55}};
    for (int i = 0; i < 4; i++) {
        environment_act(environment, 0);
        assert_stack(environment, OBSERVATION_CLASSIC, wanted[i]);
    }
    uint8_t rgb[3 * PIXELS];
    environment_screen_rgb(environment, rgb);
    assert_int_equal(rgb[0], 55);
    environment_destroy(environment);
}

static void catch_works_with_every_preset(void **state) {
    (void)state;
    for (enum observation_preset preset = OBSERVATION_CLASSIC; preset <= OBSERVATION_V4; preset++) {
        struct emulator *emulator;
        struct environment *environment;
        struct error error;
        const struct environment_config config = {
            .observation = preset, .frame_skip_min = 1, .frame_skip_max = 1, .reward_scale = 1};
        assert_int_equal(emulator_open_catch(&emulator, &error), STATUS_OK);
        assert_int_equal(environment_create(emulator, &config, &environment, &error), STATUS_OK);
        environment_act(environment, 0);
        uint8_t rgb[3 * PIXELS];
        uint8_t observation[OBSERVATION_MAX_CHANNELS * PIXELS];
        environment_screen_rgb(environment, rgb);
        environment_observe(environment, observation);
        const uint8_t *newest = observation + observation_shape(preset, NULL).bytes - PIXELS;
        for (int i = 0; i < PIXELS; i++)
            assert_int_equal(newest[i], rgb[3 * (size_t)i]);
        environment_destroy(environment);
    }
}

static void presets_have_names_and_sizes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum observation_preset preset;
        int channels;
    } wanted[] = {{"classic", OBSERVATION_CLASSIC, 3},
                  {"deepmind", OBSERVATION_DEEPMIND, 4},
                  {"v4", OBSERVATION_V4, 4}};
    enum observation_preset preset;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        assert_string_equal(observation_name(wanted[i].preset), wanted[i].name);
        assert_true(observation_from_name(wanted[i].name, &preset));
        assert_int_equal(preset, wanted[i].preset);
        assert_int_equal(observation_channels(preset), wanted[i].channels);
        assert_int_equal(observation_shape(preset, NULL).bytes, wanted[i].channels * PIXELS);
    }
    assert_true(observation_from_name("seed", &preset)); /* in older files */
    assert_int_equal(preset, OBSERVATION_CLASSIC);
    assert_false(observation_from_name("v5", &preset));
}

/* ---- Resizing by its definition, in double, for screens of many sizes ------------------------ */

static uint8_t *noise(size_t size, uint64_t seed) {
    uint8_t *bytes = malloc(size);
    struct rng rng;
    assert_non_null(bytes);
    rng_seed(&rng, seed, 0);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)rng_below(&rng, 256);
    return bytes;
}

static double overlap(double a0, double a1, double b0, double b1) {
    const double length = fmin(a1, b1) - fmax(a0, b0);
    return length > 0 ? length : 0;
}

static double area_mean(const uint8_t *gray, int height, int width, int y, int x) {
    const double sy = (double)height / OBSERVATION_SIZE;
    const double sx = (double)width / OBSERVATION_SIZE;
    double sum = 0;
    for (int j = (int)(y * sy); j < height && j < (y + 1) * sy; j++)
        for (int i = (int)(x * sx); i < width && i < (x + 1) * sx; i++)
            sum += gray[j * width + i] * overlap(j, j + 1, y * sy, (y + 1) * sy) *
                   overlap(i, i + 1, x * sx, (x + 1) * sx);
    return sum / (sy * sx);
}

static void area_resize_is_the_mean_over_the_area(void **state) {
    (void)state;
    static const int sizes[][2] = {{84, 84}, {210, 160}, {250, 160},  {224, 240},
                                   {40, 30}, {1, 1},     {1024, 1024}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const int height = sizes[s][0];
        const int width = sizes[s][1];
        uint8_t *gray = noise((size_t)height * (size_t)width, s);
        uint8_t found[PIXELS];
        struct error error;
        assert_int_equal(screen_resize_area(found, gray, height, width, &error), STATUS_OK);
        for (int y = 0; y < OBSERVATION_SIZE; y++)
            for (int x = 0; x < OBSERVATION_SIZE; x++) {
                const double wanted = area_mean(gray, height, width, y, x);
                assert_true(fabs(found[y * OBSERVATION_SIZE + x] - wanted) < 0.51);
            }
        free(gray);
    }
}

static double triangle_mean(const uint8_t *rgb, int channel, int height, int width, int y, int x) {
    const double sy = (double)height / OBSERVATION_SIZE;
    const double sx = (double)width / OBSERVATION_SIZE;
    double sum = 0;
    double weights = 0;
    for (int j = 0; j < height; j++) {
        const double wy = 1 - fabs(j + 0.5 - (y + 0.5) * sy) / fmax(sy, 1);
        for (int i = 0; wy > 0 && i < width; i++) {
            const double wx = 1 - fabs(i + 0.5 - (x + 0.5) * sx) / fmax(sx, 1);
            if (wx > 0) {
                sum += wy * wx * rgb[3 * (j * width + i) + channel];
                weights += wy * wx;
            }
        }
    }
    return sum / weights;
}

static void classic_resize_is_the_triangle_mean(void **state) {
    (void)state;
    static const int sizes[][2] = {{84, 84}, {210, 160}, {250, 160}, {40, 30}, {1, 1}};
    static const double luma[] = {0.2125, 0.7154, 0.0721};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const int height = sizes[s][0];
        const int width = sizes[s][1];
        uint8_t *rgb = noise(3 * (size_t)height * (size_t)width, s);
        float found[PIXELS];
        struct error error;
        assert_int_equal(screen_to_classic(found, rgb, height, width, &error), STATUS_OK);
        for (int y = 0; y < OBSERVATION_SIZE; y += 7)
            for (int x = 0; x < OBSERVATION_SIZE; x += 5) {
                double wanted = 0;
                for (int c = 0; c < 3; c++)
                    wanted += luma[c] * triangle_mean(rgb, c, height, width, y, x);
                /* Two roundings to u8: at most one level. */
                assert_true(fabs(255 * (double)found[y * OBSERVATION_SIZE + x] - wanted) < 1.01);
            }
        free(rgb);
    }
}

/* ---- Pictures: only changed parts are computed ----------------------------------------------- */

enum { SCREEN_HEIGHT = 210, SCREEN_WIDTH = 160, SCREEN = SCREEN_HEIGHT * SCREEN_WIDTH };

/* A screen of a made-up console, in its indices and in their colours. */
struct screen {
    uint8_t indices[SCREEN];
    uint8_t rgb[SCREEN][3];
};

/* Paints a rectangle of one index or of stripes, of any size and place, over both forms. */
static void paint(struct screen *screen, const uint8_t (*palette)[3], struct rng *rng) {
    const int top = (int)rng_below(rng, SCREEN_HEIGHT);
    const int left = (int)rng_below(rng, SCREEN_WIDTH);
    const int height = 1 + (int)rng_below(rng, 1 + rng_below(rng, (uint32_t)(SCREEN_HEIGHT - top)));
    const int width = 1 + (int)rng_below(rng, 1 + rng_below(rng, (uint32_t)(SCREEN_WIDTH - left)));
    const unsigned index = (unsigned)rng_below(rng, 256);
    const unsigned slope = (unsigned)rng_below(rng, 3);
    for (int y = top; y < top + height && y < SCREEN_HEIGHT; y++)
        for (int x = left; x < left + width && x < SCREEN_WIDTH; x++) {
            const size_t i = (size_t)y * SCREEN_WIDTH + (size_t)x;
            screen->indices[i] = (uint8_t)(index + slope * (unsigned)x);
            memcpy(screen->rgb[i], palette[screen->indices[i]], 3);
        }
}

/* The picture of two frames, made from nothing. */
static void assert_picture_is_plain(const uint8_t *found, enum observation_preset preset,
                                    const struct emulator_info *info, const uint8_t *newest,
                                    const uint8_t *previous) {
    struct error error;
    struct picture *plain = picture_create(preset, 0, info, &error);
    assert_non_null(plain);
    assert_memory_equal(found, picture_update(plain, newest, previous), PIXELS);
    picture_destroy(plain);
}

/* The tables of a made-up console, in ALE's form. */
struct console {
    uint8_t palette[256][3];
    uint8_t average[256][256];
    struct emulator_info with_indices;
    struct emulator_info with_rgb;
};

static struct console *console_new(void) {
    struct console *console = calloc(1, sizeof *console);
    struct rng rng;
    rng_seed(&rng, 5, 0);
    for (int i = 0; i < 256; i++) {
        for (int c = 0; c < 3; c++)
            console->palette[i][c] = (uint8_t)rng_below(&rng, 256);
        for (int j = 0; j < 256; j++)
            console->average[i][j] = (uint8_t)((i + j) / 2);
    }
    console->with_rgb = (struct emulator_info){
        .screen_height = SCREEN_HEIGHT, .screen_width = SCREEN_WIDTH, .action_count = 1};
    console->with_indices = console->with_rgb;
    console->with_indices.palette = console->palette;
    console->with_indices.average = console->average;
    return console;
}

/* A picture that was updated along a film equals a new one at every frame; and colours give the
 * same picture as their indices if one frame shows. */
static void updated_pictures_equal_new_ones(void **state) {
    (void)state;
    enum { FRAMES = 150 };
    struct console *console = console_new();
    struct screen *screens = calloc(2, sizeof *screens);
    for (int i = 0; i < 2 * SCREEN; i++)
        memcpy(screens[i / SCREEN].rgb[i % SCREEN], console->palette[0], 3);
    for (int preset = OBSERVATION_CLASSIC; preset <= OBSERVATION_V4; preset++) {
        const enum observation_preset kind = (enum observation_preset)preset;
        struct error error;
        struct rng rng;
        rng_seed(&rng, 6, (uint64_t)preset);
        struct picture *indexed = picture_create(kind, 0, &console->with_indices, &error);
        struct picture *coloured = picture_create(kind, 0, &console->with_rgb, &error);
        assert_true(indexed && coloured);
        for (int i = 0; i < FRAMES; i++) {
            struct screen *newest = &screens[i % 2];
            struct screen *previous = &screens[rng_below(&rng, 5) ? (i + 1) % 2 : i % 2];
            *newest = *previous;
            for (uint64_t strokes = rng_below(&rng, 6); strokes > 0; strokes--)
                paint(newest, console->palette, &rng);
            const uint8_t *rgb[] = {newest->rgb[0], previous->rgb[0]};
            const uint8_t *found = picture_update(indexed, newest->indices, previous->indices);
            assert_picture_is_plain(found, kind, &console->with_indices, newest->indices,
                                    previous->indices);
            const uint8_t *other = picture_update(coloured, rgb[0], rgb[1]);
            assert_picture_is_plain(other, kind, &console->with_rgb, rgb[0], rgb[1]);
            if (kind != OBSERVATION_CLASSIC)
                assert_memory_equal(found, other, PIXELS);
        }
        picture_destroy(indexed);
        picture_destroy(coloured);
    }
    free(screens);
    free(console);
}

/* The same picture as from frames that are black there, at the first picture and after each
 * change. */
static void blanked_lines_are_black(void **state) {
    (void)state;
    enum { FRAMES = 20, BLANK = 33, BLACK = 13 };
    struct console *console = console_new();
    struct screen *screens = calloc(1, sizeof *screens);
    memset(console->palette[BLACK], 0, sizeof console->palette[BLACK]);
    for (int preset = OBSERVATION_CLASSIC; preset <= OBSERVATION_V4; preset++) {
        const enum observation_preset kind = (enum observation_preset)preset;
        struct error error;
        struct rng rng;
        rng_seed(&rng, 7, (uint64_t)preset);
        struct picture *indexed = picture_create(kind, BLANK, &console->with_indices, &error);
        struct picture *coloured = picture_create(kind, BLANK, &console->with_rgb, &error);
        assert_true(indexed && coloured);
        for (int i = 0; i < FRAMES; i++) {
            for (int strokes = 0; strokes < 30; strokes++)
                paint(screens, console->palette, &rng);
            const uint8_t *rgb = screens->rgb[0];
            const uint8_t *indices = screens->indices;
            const uint8_t *found = picture_update(indexed, indices, indices);
            const uint8_t *other = picture_update(coloured, rgb, rgb);
            memset(screens->rgb, 0, (size_t)BLANK * SCREEN_WIDTH * 3);
            memset(screens->indices, BLACK, (size_t)BLANK * SCREEN_WIDTH);
            assert_picture_is_plain(found, kind, &console->with_indices, indices, indices);
            assert_picture_is_plain(other, kind, &console->with_rgb, rgb, rgb);
        }
        picture_destroy(indexed);
        picture_destroy(coloured);
    }
    free(screens);
    free(console);
}

static void impossible_screens_are_refused(void **state) {
    (void)state;
    static const int sizes[][2] = {{0, 10}, {10, 0}, {1025, 10}, {10, 1025}, {-1, -1}};
    uint8_t pixel = 0;
    float real[PIXELS];
    uint8_t whole[PIXELS];
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct error error;
        assert_int_equal(screen_to_classic(real, &pixel, sizes[s][0], sizes[s][1], &error),
                         STATUS_BAD_INPUT);
        assert_int_equal(screen_resize_area(whole, &pixel, sizes[s][0], sizes[s][1], &error),
                         STATUS_BAD_INPUT);
    }
}

/* ---- The real thing -------------------------------------------------------------------------- */

static void assert_observations_are_screens(const char *id) {
    struct game game;
    struct emulator *emulator;
    struct environment *environment;
    struct error error;
    assert_int_equal(game_find(id, NULL, &game, &error), STATUS_OK);
    if (game_open_emulator(&game, NULL, &emulator, &error) != STATUS_OK) {
        print_message("# %s\n", error.message);
        skip();
    }
    const struct environment_config config = game_environment_config(&game, OBSERVATION_CLASSIC);
    assert_int_equal(environment_create(emulator, &config, &environment, &error), STATUS_OK);
    environment_seed(environment, 4, 2);
    environment_reset(environment);
    uint8_t *rgb = malloc((size_t)3 * 210 * 160);
    float newest[PIXELS];
    uint8_t observation[3 * PIXELS];
    for (int i = 0; i < 300; i++) {
        const struct environment_step step =
            environment_act(environment, i / 7 % emulator->info.action_count);
        environment_observe(environment, observation);
        environment_screen_rgb(environment, rgb);
        assert_int_equal(screen_to_classic(newest, rgb, 210, 160, &error), STATUS_OK);
        for (int p = 0; p < PIXELS; p++)
            assert_true(fabs(255 * (double)newest[p] - observation[2 * PIXELS + p]) < 0.5001);
        if (step.terminated || step.truncated)
            environment_reset(environment);
    }
    free(rgb);
    environment_destroy(environment);
}

static void observations_are_their_screens(void **state) {
    (void)state;
    static const char *const ids[] = {"Breakout-v0", "BeamRider-v0", "Seaquest-v4",
                                      "SpaceInvaders-v0"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_observations_are_screens(ids[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v4_stacks_the_last_frame_oldest_first),
        cmocka_unit_test(deepmind_pools_the_maximum_of_the_steps_last_two),
        cmocka_unit_test(deepmind_ignores_frames_of_the_step_before),
        cmocka_unit_test(classic_averages_any_two_frames_in_a_row),
        cmocka_unit_test(catch_works_with_every_preset),
        cmocka_unit_test(presets_have_names_and_sizes),
        cmocka_unit_test(area_resize_is_the_mean_over_the_area),
        cmocka_unit_test(classic_resize_is_the_triangle_mean),
        cmocka_unit_test(updated_pictures_equal_new_ones),
        cmocka_unit_test(blanked_lines_are_black),
        cmocka_unit_test(impossible_screens_are_refused),
        cmocka_unit_test(observations_are_their_screens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
