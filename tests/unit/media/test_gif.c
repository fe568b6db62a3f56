/* Games written as GIFs and read back: every picture and its duration. */
#include "env/env.h"
#include "media/media.h"

#include "gif_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LAST_DELAY = 100 };

static char folder[] = "/tmp/asyncrl-gif-XXXXXX";
static char path[64];

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/game.gif", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

static struct gif *create(int height, int width, double frames_per_second) {
    struct gif *gif;
    struct error error;
    if (gif_create(height, width, frames_per_second, &gif, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return gif;
}

/* Saves and reads back; nothing is left behind. */
static struct movie finish(struct gif *gif) {
    struct error error;
    if (gif_save(gif, path, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    gif_destroy(gif);
    struct movie movie = movie_read(path);
    assert_true(movie.repeats);
    assert_int_equal(unlink(path), 0);
    return movie;
}

static void assert_delays(const struct movie *movie, const int *delays, int count) {
    assert_int_equal(movie->count, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(movie->delays[i], delays[i]);
}

/* ---- Time ------------------------------------------------------------------------------------ */

enum { HEIGHT = 6, WIDTH = 8, SIZE = HEIGHT * WIDTH * 3 };

/* A screen of one colour, different for each number below 256. */
static void add_plain(struct gif *gif, int number, int frames) {
    uint8_t screen[SIZE];
    memset(screen, number, sizeof screen);
    gif_add(gif, screen, frames);
}

static void assert_plain(const struct movie *movie, int index, int number) {
    assert_int_equal(movie_screen(movie, index)[0], number);
    assert_int_equal(movie_screen(movie, index)[SIZE - 1], number);
}

/* 60 screens per second are too many: every second one is shown, and the last one. */
static void test_fast_game_keeps_its_speed(void **state) {
    (void)state;
    const int delays[] = {3, 4, 3, 3, 4, 2, LAST_DELAY};
    const int numbers[] = {0, 2, 4, 6, 8, 10, 11};
    struct gif *gif = create(HEIGHT, WIDTH, 60);
    for (int i = 0; i < 12; i++)
        add_plain(gif, i, 1);
    gif_end_game(gif, GIF_KEEP);
    struct movie movie = finish(gif);
    assert_delays(&movie, delays, 7);
    for (int i = 0; i < movie.count; i++)
        assert_plain(&movie, i, numbers[i]);
    movie_release(&movie);
}

static void test_rates_around_the_limit(void **state) {
    (void)state;
    const struct {
        double rate;
        int shown; /* of 121 screens, a frame each */
    } cases[] = {{50, 121}, {50.01, 61}, {100, 61}, {101, 41}, {49.9, 121}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int total = 0;
        struct gif *gif = create(HEIGHT, WIDTH, cases[i].rate);
        for (int k = 0; k < 121; k++)
            add_plain(gif, k, 1);
        gif_end_game(gif, GIF_KEEP);
        struct movie movie = finish(gif);
        assert_int_equal(movie.count, cases[i].shown);
        for (int k = 0; k + 1 < movie.count; k++) {
            assert_true(movie.delays[k] >= 2);
            total += movie.delays[k];
        }
        assert_int_equal(total, (int)(120 * 100 / cases[i].rate + 0.5));
        movie_release(&movie);
    }
}

/* A screen equal to the one before is not stored; that one stays longer. */
static void test_still_screens(void **state) {
    (void)state;
    const int delays[] = {40, 10, LAST_DELAY};
    const int longest[] = {65535, LAST_DELAY}; /* the format cannot say more */
    struct gif *gif = create(HEIGHT, WIDTH, 20);
    add_plain(gif, 1, 7);
    add_plain(gif, 1, 4);
    add_plain(gif, 2, 4);
    add_plain(gif, 3, 2);
    add_plain(gif, 3, 9);
    gif_end_game(gif, GIF_KEEP);
    struct movie movie = finish(gif);
    assert_delays(&movie, delays, 3);
    movie_release(&movie);

    gif = create(HEIGHT, WIDTH, 0.1);
    add_plain(gif, 1, 0);
    add_plain(gif, 2, 1000);
    gif_end_game(gif, GIF_KEEP);
    movie = finish(gif);
    assert_delays(&movie, longest, 2);
    movie_release(&movie);
}

/* ---- Which games are kept -------------------------------------------------------------------- */

static void add_game(struct gif *gif, int number, int length, enum gif_keeping keeping) {
    for (int i = 0; i < length; i++)
        add_plain(gif, number + i, 1);
    gif_end_game(gif, keeping);
}

static void test_games_are_kept_or_not(void **state) {
    (void)state;
    const int delays[] = {10, LAST_DELAY, LAST_DELAY};
    struct gif *gif = create(HEIGHT, WIDTH, 10);
    add_game(gif, 10, 5, GIF_REPLACE);
    add_game(gif, 20, 3, GIF_DROP);
    add_game(gif, 30, 2, GIF_REPLACE); /* smaller than its replacement */
    add_game(gif, 40, 9, GIF_DROP);
    add_game(gif, 50, 1, GIF_KEEP);
    struct movie movie = finish(gif);
    assert_delays(&movie, delays, 3);
    assert_plain(&movie, 0, 30);
    assert_plain(&movie, 1, 31);
    assert_plain(&movie, 2, 50);
    movie_release(&movie);
}

static void test_nothing_and_nowhere(void **state) {
    (void)state;
    struct error error;
    struct gif *gif = create(HEIGHT, WIDTH, 10);
    gif_end_game(gif, GIF_KEEP);
    add_game(gif, 1, 4, GIF_DROP);
    assert_int_equal(gif_save(gif, path, &error), STATUS_OK);
    gif_destroy(gif);
    assert_int_equal(access(path, F_OK), -1);

    gif = create(HEIGHT, WIDTH, 10);
    add_game(gif, 1, 4, GIF_KEEP);
    assert_int_equal(gif_save(gif, "/nowhere/game.gif", &error), STATUS_FAILED);
    gif_destroy(gif);
}

/* Without a file the bytes are the same. */
static void test_bytes(void **state) {
    (void)state;
    struct error error;
    const uint8_t *bytes;
    unsigned char *saved;
    size_t size;
    size_t saved_size;
    struct gif *gifs[2];
    for (int i = 0; i < 2; i++) {
        gifs[i] = create(HEIGHT, WIDTH, 10);
        add_game(gifs[i], 10, 3, GIF_KEEP);
    }
    assert_int_equal(gif_finish(gifs[0], &bytes, &size, &error), STATUS_OK);
    assert_int_equal(gif_save(gifs[1], path, &error), STATUS_OK);
    assert_int_equal(path_read_file(path, 1 << 20, &saved, &saved_size, &error), STATUS_OK);
    assert_int_equal(size, saved_size);
    assert_memory_equal(bytes, saved, size);
    free(saved);
    assert_int_equal(unlink(path), 0);
    for (int i = 0; i < 2; i++)
        gif_destroy(gifs[i]);

    struct gif *empty = create(HEIGHT, WIDTH, 10);
    assert_int_equal(gif_finish(empty, &bytes, &size, &error), STATUS_OK);
    assert_null(bytes);
    assert_int_equal(size, 0);
    gif_destroy(empty);
}

/* ---- Colours --------------------------------------------------------------------------------- */

enum { SIDE = 24, MANY = SIDE * SIDE };

/* Pixel i is number i % count, from first on, of a sequence of colours spread wide. */
static void paint(uint8_t *screen, int count, uint32_t first) {
    for (int i = 0; i < MANY; i++) {
        const uint32_t colour = (first + (uint32_t)(i % count)) * UINT32_C(0x9E3779B1);
        screen[3 * i] = (uint8_t)(colour >> 8);
        screen[3 * i + 1] = (uint8_t)(colour >> 16);
        screen[3 * i + 2] = (uint8_t)(colour >> 24);
    }
}

static void test_256_colours_are_exact(void **state) {
    (void)state;
    enum { SCREENS = 5 };
    static uint8_t screens[SCREENS][MANY * 3];
    paint(screens[0], 256, 0);
    paint(screens[1], 255, 1000); /* 255 that change, and a pixel that does not */
    memcpy(screens[1], screens[0], 3);
    paint(screens[2], 256, 2000);
    paint(screens[3], 256, 2000);
    memcpy(screens[3] + 3 * 300, screens[0] + 3 * 300, 3); /* a single pixel */
    paint(screens[4], 1, 0);
    struct gif *gif = create(SIDE, SIDE, 10);
    for (int i = 0; i < SCREENS; i++)
        gif_add(gif, screens[i], 1);
    gif_end_game(gif, GIF_KEEP);
    struct movie movie = finish(gif);
    assert_int_equal(movie.count, SCREENS);
    for (int i = 0; i < SCREENS; i++)
        assert_memory_equal(movie_screen(&movie, i), screens[i], sizeof screens[i]);
    assert_int_equal(movie.areas[3], 1);
    movie_release(&movie);
}

/* All 256 colours appear in changed pixels, and pixel 280 between them does not change. */
static void test_no_room_for_transparency(void **state) {
    (void)state;
    static uint8_t screens[2][MANY * 3];
    paint(screens[0], 1, 77);
    paint(screens[1], 256, 500);
    memcpy(screens[0] + 3 * 280, screens[1] + 3 * 280, 3);
    struct gif *gif = create(SIDE, SIDE, 10);
    gif_add(gif, screens[0], 1);
    gif_add(gif, screens[1], 1);
    gif_end_game(gif, GIF_KEEP);
    struct movie movie = finish(gif);
    assert_int_equal(movie.count, 2);
    assert_memory_equal(movie_screen(&movie, 1), screens[1], sizeof screens[1]);
    movie_release(&movie);
}

/* To the nearest level, evenly apart; a picture of fewer colours after it is exact again. */
static void test_more_colours_are_rounded(void **state) {
    (void)state;
    static const int levels[3] = {6, 7, 6};
    static uint8_t screens[3][MANY * 3];
    paint(screens[0], MANY, 0);
    paint(screens[1], MANY, 300);
    paint(screens[2], 200, 0);
    struct gif *gif = create(SIDE, SIDE, 10);
    for (int i = 0; i < 3; i++)
        gif_add(gif, screens[i], 1);
    gif_end_game(gif, GIF_KEEP);
    struct movie movie = finish(gif);
    assert_int_equal(movie.count, 3);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < MANY * 3; k++) {
            const double step = 255.0 / (levels[k % 3] - 1);
            const int shown = movie_screen(&movie, i)[k];
            const int level = (int)(screens[i][k] / step + 0.5);
            assert_int_equal(shown, (int)(level * step + 0.5));
        }
    assert_memory_equal(movie_screen(&movie, 2), screens[2], sizeof screens[2]);
    movie_release(&movie);
}

/* ---- Real games ------------------------------------------------------------------------------ */

/* The screens of an environment, and their numbers of frames; neighbours differ. */
struct played {
    uint8_t *screens;
    int64_t *frames;
    int count;
    size_t size;
};

static void note_screen(struct played *played, const uint8_t *rgb, int64_t frames) {
    const size_t count = (size_t)played->count;
    if (count > 0 && memcmp(played->screens + (count - 1) * played->size, rgb, played->size) == 0)
        return;
    memcpy(played->screens + count * played->size, rgb, played->size);
    played->frames[played->count++] = frames;
}

/* Plays a random game of at most that many steps into the GIF and into played. */
static void play(struct environment *environment, int steps, struct gif *gif,
                 struct played *played) {
    const struct emulator_info *info = environment_emulator_info(environment);
    uint8_t *rgb = malloc(played->size);
    struct rng rng;
    int64_t frames = 0;
    bool over = false;
    assert_non_null(rgb);
    rng_seed(&rng, 1, 0);
    environment_seed(environment, 1, 0);
    environment_reset(environment);
    environment_screen_rgb(environment, rgb);
    note_screen(played, rgb, 0);
    gif_add(gif, rgb, 0);
    for (int i = 0; i < steps && !over; i++) {
        const int action = (int)rng_below(&rng, (uint32_t)info->action_count);
        const struct environment_step step = environment_act(environment, action);
        frames += step.emulator_frames;
        environment_screen_rgb(environment, rgb);
        note_screen(played, rgb, frames);
        gif_add(gif, rgb, step.emulator_frames);
        over = step.terminated || step.truncated;
    }
    gif_end_game(gif, GIF_KEEP);
    free(rgb);
}

static int hundredths(int64_t frames, double rate) {
    return (int)((double)frames * 100 / rate + 0.5);
}

/* Opens a game; skips the test if something for it is missing. */
static struct environment *open_game(const char *id) {
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
    return environment;
}

/* shown: pictures; stored: how many whole screens hold as many pixels as they do. */
static void check_game(const char *id, int steps, int *shown, double *stored) {
    struct environment *environment = open_game(id);
    const struct emulator_info *info = environment_emulator_info(environment);
    const double rate = info->frames_per_second;
    const int pixels = info->screen_height * info->screen_width;
    struct gif *gif = create(info->screen_height, info->screen_width, rate);
    struct played played = {.size = (size_t)pixels * 3};
    played.screens = malloc((size_t)(steps + 1) * played.size);
    played.frames = calloc((size_t)steps + 1, sizeof *played.frames);
    assert_true(played.screens && played.frames);
    play(environment, steps, gif, &played);

    struct movie movie = finish(gif);
    assert_int_equal(movie.height, info->screen_height);
    assert_int_equal(movie.width, info->screen_width);
    assert_int_equal(movie.count, played.count);
    *shown = movie.count;
    *stored = 0;
    for (int i = 0; i < movie.count; i++) {
        int delay = LAST_DELAY;
        if (i + 1 < movie.count)
            delay = hundredths(played.frames[i + 1], rate) - hundredths(played.frames[i], rate);
        assert_int_equal(movie.delays[i], delay);
        assert_memory_equal(movie_screen(&movie, i), played.screens + (size_t)i * played.size,
                            played.size);
        *stored += (double)movie.areas[i] / pixels;
    }
    free(played.screens);
    free(played.frames);
    movie_release(&movie);
    environment_destroy(environment);
}

static void test_catch(void **state) {
    (void)state;
    int shown;
    double stored;
    check_game("catch", 100, &shown, &stored);
    assert_int_equal(shown, 10); /* the ball in each of ten rows */
    assert_true(stored < 5);
}

static void test_breakout(void **state) {
    (void)state;
    int shown;
    double stored;
    check_game("Breakout-v0", 200, &shown, &stored);
    assert_true(shown > 50);
    assert_true(stored < shown / 2.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fast_game_keeps_its_speed),
        cmocka_unit_test(test_rates_around_the_limit),
        cmocka_unit_test(test_still_screens),
        cmocka_unit_test(test_games_are_kept_or_not),
        cmocka_unit_test(test_nothing_and_nowhere),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_256_colours_are_exact),
        cmocka_unit_test(test_no_room_for_transparency),
        cmocka_unit_test(test_more_colours_are_rounded),
        cmocka_unit_test(test_catch),
        cmocka_unit_test(test_breakout),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
