/* The published weights play Breakout as well as they did for their author. */
#include "program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void test_a3c_plays_breakout(void **state) {
    (void)state;
    char rom[4096];
    snprintf(rom, sizeof rom, "%s/roms/breakout.bin", getenv("ASYNCRL_DATA"));
    const char *model = shared_file("weights/a3c-Breakout-v0-91750000.h5");
    if (!model || access(rom, R_OK) != 0) {
        print_message("skipped: needs the published weights ($ASYNCRL_SHARED) and the ROMs "
                      "(tools/install-deps)\n");
        skip();
    }
    char arguments[6000];
    snprintf(arguments, sizeof arguments,
             "eval --model='%s' --game=Breakout-v0 --episodes=8 --seed=1 --json", model);
    json_t *result = program_json(arguments);
    assert_non_null(result);
    /* Wrong kernels, colours, resizing or pooling score below 100; the author's mean was 235. */
    const double mean = json_number_value(json_object_get(result, "mean"));
    print_message("mean of 8 games: %g\n", mean);
    assert_true(mean > 150);
    json_decref(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a3c_plays_breakout)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
