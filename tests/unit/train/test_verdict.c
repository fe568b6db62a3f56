/* The supervisor's decisions about signals, silence and deaths, on the test's own clock. */
#include "train/supervisor/verdict.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- Signals --------------------------------------------------------------------------------- */

static void one_saves_and_a_second_stops(void **state) {
    (void)state;
    struct wishes wishes = {0};
    assert_int_equal(wishes_take(&wishes, SIGINT, 100), WISH_END);
    assert_int_equal(wishes_take(&wishes, SIGINT, 100.1), WISH_NOTHING); /* timeout(1) */
    assert_int_equal(wishes_take(&wishes, SIGTERM, 103), WISH_STOP_AT_ONCE);
}

/* The kernel and the shell each send a hang-up, and batch systems repeat theirs: none of that may
 * interrupt the saving. */
static void only_a_person_stops_at_once(void **state) {
    (void)state;
    static const int others[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};
    for (int i = 0; i < 4; i++) {
        struct wishes wishes = {0};
        assert_int_equal(wishes_take(&wishes, others[i], 100), WISH_END);
        for (int later = 1; later < 5; later++)
            assert_int_equal(wishes_take(&wishes, others[i], 100 + later), WISH_NOTHING);
        assert_int_equal(wishes_take(&wishes, SIGINT, 110), WISH_WARNED);
        assert_int_equal(wishes_take(&wishes, others[i], 111), WISH_NOTHING);
        assert_int_equal(wishes_take(&wishes, SIGINT, 112), WISH_STOP_AT_ONCE);
    }
    struct wishes wishes = {0};
    assert_int_equal(wishes_take(&wishes, SIGINT, 100), WISH_END);
    assert_int_equal(wishes_take(&wishes, SIGHUP, 105),
                     WISH_NOTHING); /* and the window is closed */
}

/* ---- Deaths ---------------------------------------------------------------------------------- */

static void three_quick_deaths_are_hopeless(void **state) {
    (void)state;
    struct deaths deaths = {0};
    assert_int_equal(deaths_take(&deaths, 2, true), HOPE);
    assert_int_equal(deaths_take(&deaths, 9, true), HOPE);
    assert_int_equal(deaths_take(&deaths, 11, true), HOPE); /* in between, one lived longer */
    assert_int_equal(deaths_take(&deaths, 9, true), HOPE);
    assert_int_equal(deaths_take(&deaths, 2, true), HOPE);
    assert_int_equal(deaths_take(&deaths, 2, true), NONE_QUICK);
}

/* A game that hangs at its start, or needs 40 s for each failure, must not keep the run going for
 * ever. */
static void three_deaths_without_a_step_are_hopeless(void **state) {
    (void)state;
    struct deaths deaths = {0};
    assert_int_equal(deaths_take(&deaths, 60, false), HOPE);
    assert_int_equal(deaths_take(&deaths, 1000, false), HOPE);
    assert_int_equal(deaths_take(&deaths, 61, false), NONE_IDLE);
    deaths = (struct deaths){0};
    for (int i = 0; i < 100; i++) {
        assert_int_equal(deaths_take(&deaths, 60, false), HOPE);
        assert_int_equal(deaths_take(&deaths, 60, false), HOPE);
        assert_int_equal(deaths_take(&deaths, 60, true), HOPE); /* it has played */
    }
}

/* ---- The end --------------------------------------------------------------------------------- */

/* Ctrl-C as an actor hangs: it is replaced after SILENT_SECONDS, plays and parks; meanwhile the
 * learner waits, and says that it is alive. */
static void a_learner_that_waits_is_not_cut_short(void **state) {
    (void)state;
    struct ending ending = {.asked = 1000,
                            .learner_runs = true,
                            .learner_patience = SILENT_SECONDS,
                            .actors_run = true};
    for (int minutes = 0; minutes < 60; minutes++) {
        ending.learner_heard = ending.asked + 60.0 * minutes;
        assert_int_equal(ending_judge(&ending, ending.learner_heard + 59), ENDING_GOES_ON);
    }
}

/* A disk may take long; a learner that is stopped, or hangs, does not keep the run for ever. */
static void a_silent_learner_is_cut_short(void **state) {
    (void)state;
    struct ending ending = {.asked = 1000,
                            .learner_runs = true,
                            .learner_heard = 1010,
                            .learner_patience = LONG_SECONDS,
                            .actors_run = true};
    assert_int_equal(ending_judge(&ending, 1010 + LONG_SECONDS - 1), ENDING_GOES_ON);
    assert_int_equal(ending_judge(&ending, 1010 + LONG_SECONDS), ENDING_LEARNER_STUCK);
    ending.learner_patience = SILENT_SECONDS;
    assert_int_equal(ending_judge(&ending, 1010 + SILENT_SECONDS), ENDING_LEARNER_STUCK);
    ending.learner_heard = 500; /* silent already when the end was asked for: it gets its time */
    assert_int_equal(ending_judge(&ending, 1000 + SILENT_SECONDS - 1), ENDING_GOES_ON);
    assert_int_equal(ending_judge(&ending, 1000 + SILENT_SECONDS), ENDING_LEARNER_STUCK);
}

/* After the stop word no process waits for an actor that is in a call of 40 s. */
static void late_actors_are_not_waited_for(void **state) {
    (void)state;
    struct ending ending = {.asked = 1000, .stopped = 1100, .actors_run = true};
    assert_int_equal(ending_judge(&ending, 1104), ENDING_GOES_ON);
    assert_int_equal(ending_judge(&ending, 1106), ENDING_ACTORS_LATE);
    ending.stopped = 0; /* while it winds down they are wanted for the checkpoint */
    assert_int_equal(ending_judge(&ending, 5000), ENDING_GOES_ON);
}

static void a_reporter_gets_its_time(void **state) {
    (void)state;
    const struct ending ending = {.asked = 1000, .stopped = 1000, .closing = 1500};
    assert_int_equal(ending_judge(&ending, 1550), ENDING_GOES_ON);
    assert_int_equal(ending_judge(&ending, 1561), ENDING_REPORTER_STUCK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_saves_and_a_second_stops),
        cmocka_unit_test(only_a_person_stops_at_once),
        cmocka_unit_test(three_quick_deaths_are_hopeless),
        cmocka_unit_test(three_deaths_without_a_step_are_hopeless),
        cmocka_unit_test(a_learner_that_waits_is_not_cut_short),
        cmocka_unit_test(a_silent_learner_is_cut_short),
        cmocka_unit_test(late_actors_are_not_waited_for),
        cmocka_unit_test(a_reporter_gets_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
