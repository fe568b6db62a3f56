/* The weights in sample-weights/ need only --model, and reach the scores in their table. */
#include "program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Mean score of games of the given weights; skips if the game's ROM is missing. */
static double mean_score(const char *name, const char *rom, int games) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("ASYNCRL_DATA"), rom);
    if (rom[0] && access(path, R_OK) != 0) {
        print_message("skipped: needs '%s' (tools/install-deps)\n", path);
        skip();
    }
    /* Breakout's last bricks can be out of reach of a ball that bounces for ever. */
    snprintf(path, sizeof path,
             "eval --model='%s/%s' --episodes=%d --seed=1 --max_steps_per_game=20000 --json",
             getenv("SAMPLE_WEIGHTS"), name, games);
    json_t *result = program_json(path);
    assert_non_null(result);
    const double mean = json_number_value(json_object_get(result, "mean"));
    print_message("%s: mean of %d games: %g\n", name, games, mean);
    json_decref(result);
    return mean;
}

static void test_catch(void **state) {
    (void)state;
    assert_true(mean_score("catch-qn.h5", "", 20) == 1);
}

/* By chance: 1.3. */
static void test_breakout(void **state) {
    (void)state;
    assert_true(mean_score("breakout-a3c.h5", "roms/breakout.bin", 8) > 200);
    assert_true(mean_score("breakout-q1.h5", "roms/breakout.bin", 8) > 50);
    assert_true(mean_score("breakout-pqn.h5", "roms/breakout.bin", 4) > 200);
}

/* By chance: -20. */
static void test_pong(void **state) {
    (void)state;
    assert_true(mean_score("pong-ppo.h5", "roms/pong.bin", 4) > 16);
}

/* By chance: 240. */
static void test_mario(void **state) {
    (void)state;
    assert_true(mean_score("mario-ppo.h5", "roms-nes/super-mario-bros-downsample.nes", 8) > 2000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catch),
        cmocka_unit_test(test_breakout),
        cmocka_unit_test(test_pong),
        cmocka_unit_test(test_mario),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
