/*
 * The learner's loop, whole, on a transport and a clock that are not real: what it takes in, what
 * it learns from, when it publishes, opens rounds, saves and stops. Each test plays the actors in
 * the learner's sleeps and expects a trace. A publish is traced with the number of sound updates
 * that its weights have had.
 */
#include "learner_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- Without rounds -------------------------------------------------------------------------- */

static void play(void *context, int sleep) {
    struct fixture *fixture = context;
    switch (sleep) {
    case 1:
        fake_push(&fixture->fake, 0, 2, 10);
        fake_push(&fixture->fake, 1, 2, 20);
        break;
    case 2:
        fake_push(&fixture->fake, 0, 2, 11);
        fake_push(&fixture->fake, 0, 1, 12);
        break;
    case 3:
        fake_push(&fixture->fake, 1, 2, 21);
        break;
    case 4:
        assert_true(has_file(fixture, "model-catch-9.h5"));
        park_all(fixture);
        break;
    default:
        fail_msg("the learner sleeps too often:\n%s", fixture->fake.trace);
    }
}

/* Segments are cut into batches, weights are published every swap_freq steps, and the run ends with
 * its last weights, then with a checkpoint. The learner asks for no more pushes than it needs. */
static void test_batches(void **state) {
    struct fixture *fixture = *state;
    fixture->config.total_steps = 9;
    run_learner(fixture, play, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 2\n"
                          "learn 10 10 20\n"
                          "sleep 1\n"
                          "learn 20 11 11\n"
                          "publish 7: 2\n"
                          "sleep 1\n"
                          "learn 12 21 21\n"
                          "park from 0\n"
                          "sleep 1\n"
                          "copying 1\n"
                          "copying 0\n"
                          "park no more\n"
                          "stop 1\n");
    const struct learner_metrics *metrics = &fixture->run.metrics->learner;
    assert_true(has_file(fixture, "checkpoint.h5"));
    assert_int_equal(fixture->control.saves, 1);
    assert_int_equal(metrics->steps, 9);
    assert_int_equal(fixture->fake.words[WORD_STEPS], 9);
    assert_int_equal(metrics->transitions, 9);
    assert_true(metrics->idle_seconds == 4 * FAKE_SLEEP_SECONDS);
}

/* ---- In rounds ------------------------------------------------------------------------------- */

static void play_rounds(void *context, int sleep) {
    struct fixture *fixture = context;
    struct fake_transport *fake = &fixture->fake;
    switch (sleep) {
    case 1:
        fake_push(fake, 1, 2, 20);
        break;
    case 2:
        fake_push(fake, 0, 2, 10);
        break;
    case 3:
        fake->words[word_of_actor(1, ACTOR_BEGUN)] = 1;
        break;
    case 4:
        fake->words[word_of_actor(0, ACTOR_BEGUN)] = 1;
        break;
    case 5:
        for (int i = 0; i < FAKE_ACTORS; i++) {
            fake_push(fake, i, 2, 11 + 10 * i);
            fake->words[word_of_actor(i, ACTOR_BEGUN)] = 2;
        }
        break;
    case 6:
        for (int i = 0; i < FAKE_ACTORS; i++)
            fake_push(fake, i, 2, 12 + 10 * i);
        park_all(fixture);
        break;
    default:
        fail_msg("the learner sleeps too often:\n%s", fixture->fake.trace);
    }
}

/*
 * Actors are read in their order, whoever was first. Round 2 is opened, on newer weights, when all
 * have begun round 1. The last checkpoint is taken at a round's end: actors park after the round
 * that they are in, for which the next has to be open.
 */
static void test_rounds(void **state) {
    struct fixture *fixture = *state;
    make_rounds(fixture);
    fixture->config.swap_freq = 4;
    fixture->config.total_steps = 8;
    run_learner(fixture, play_rounds, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 1\n"
                          "sleep 1\n"
                          "learn 10 10 20 20\n"
                          "awaits begun 1\n"
                          "sleep 1\n"
                          "sleep 1\n"
                          "awaits begun 0\n"
                          "publish 5: 1\n"
                          "rounds open 3\n"
                          "sleep 1\n"
                          "learn 11 11 21 21\n"
                          "awaits begun 1\n"
                          "awaits begun 0\n"
                          "park from 2\n"
                          "publish 9: 2\n"
                          "rounds open 4\n"
                          "sleep 1\n"
                          "copying 1\n"
                          "copying 0\n"
                          "park no more\n"
                          "stop 1\n");
    assert_true(has_file(fixture, "checkpoint.h5"));
    assert_int_equal(fixture->fake.words[WORD_ROUND_STEPS], 8);
}

/* ---- Checkpoints on the way ------------------------------------------------------------------ */

static void park_late(void *context, int sleep) {
    struct fixture *fixture = context;
    struct fake_transport *fake = &fixture->fake;
    switch (sleep) {
    case 1:
        for (int i = 0; i < 3; i++)
            fake_push(fake, 0, 2, 10 + i);
        break;
    case 2:
        assert_true(has_file(fixture, "model-catch-6.h5"));
        fake_push(fake, 1, 2, 20);
        fake_park(fake, 0);
        break;
    case 3:
        fake_push(fake, 1, 2, 21);
        fake_park(fake, 1);
        assert_false(has_file(fixture, "checkpoint.h5"));
        break;
    case 4:
        assert_true(has_file(fixture, "checkpoint.h5"));
        fake->words[WORD_STOP] = 1;
        break;
    default:
        fail_msg("the learner sleeps too often:\n%s", fixture->fake.trace);
    }
}

static void stop(void *context, int sleep) {
    struct fixture *fixture = context;
    assert_int_equal(sleep, 1);
    fixture->fake.words[WORD_STOP] = 1;
}

/*
 * Until all are parked the learner takes in what they push, so that no ring is full, and learns
 * nothing. After the checkpoint it learns from that first. A run that is told to stop at once saves
 * its weights and takes no other checkpoint. The run that resumes learns from the same.
 */
static void test_checkpoint(void **state) {
    struct fixture *fixture = *state;
    fixture->config.save_freq = 6;
    run_learner(fixture, park_late, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 2\n"
                          "learn 10 10 11\n"
                          "learn 11 12 12\n"
                          "publish 7: 2\n"
                          "park from 0\n"
                          "sleep 1\n"
                          "sleep 1\n"
                          "copying 1\n"
                          "copying 0\n"
                          "park no more\n"
                          "learn 20 20 21\n"
                          "sleep 1\n"
                          "stop 1\n");
    assert_true(has_file(fixture, "model-catch-9.h5"));

    close_run(fixture);
    open_run(fixture);
    snprintf(fixture->config.resume, sizeof fixture->config.resume, "run");
    fixture->control.continues = true;
    run_learner(fixture, stop, 0);
    expect_trace(fixture, "rounds open 9223372036854775807\n"
                          "publish 7: 2\n"
                          "ready 1\n"
                          "learn 20 20 21\n"
                          "sleep 1\n"
                          "stop 1\n");
    assert_string_equal((char *)fixture->fake.snapshots[1]->bytes, "actor 1");
    assert_int_equal(fixture->fake.words[WORD_STEPS], 9);
}

static void park_in_rounds(void *context, int sleep) {
    struct fixture *fixture = context;
    struct fake_transport *fake = &fixture->fake;
    for (int i = 0; i < FAKE_ACTORS && sleep <= 3; i++)
        fake->words[word_of_actor(i, ACTOR_BEGUN)] = sleep;
    switch (sleep) {
    case 1:
    case 2: /* round 1, asked to park after it */
        for (int i = 0; i < FAKE_ACTORS; i++)
            fake_push(fake, i, 2, 9 + sleep + 10 * i);
        break;
    case 3:
        park_all(fixture);
        break;
    case 4:
        assert_true(has_file(fixture, "checkpoint.h5"));
        fake->words[WORD_STOP] = 1;
        break;
    case 5: /* it looks at the stop word before its next batch */
        break;
    default:
        fail_msg("the learner sleeps too often:\n%s", fixture->fake.trace);
    }
}

/* Actors are in round 1 when the learner has learned from round 0: they park after it, and round 2
 * is open before, but no later one. What they leave is learned from after the checkpoint. */
static void test_checkpoint_in_rounds(void **state) {
    struct fixture *fixture = *state;
    make_rounds(fixture);
    fixture->config.save_freq = 4;
    fixture->config.swap_freq = 1000;
    run_learner(fixture, park_in_rounds, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 1\n"
                          "learn 10 10 20 20\n"
                          "awaits begun 1\n"
                          "awaits begun 0\n"
                          "park from 1\n"
                          "rounds open 3\n"
                          "sleep 1\n"
                          "sleep 1\n"
                          "copying 1\n"
                          "copying 0\n"
                          "park no more\n"
                          "learn 11 11 21 21\n"
                          "awaits begun 1\n"
                          "awaits begun 0\n"
                          "park from 2\n"
                          "rounds open 4\n"
                          "sleep 1\n"
                          "park no more\n"
                          "sleep 1\n"
                          "stop 1\n");
}

static void refuse_once(void *context, int sleep) {
    struct fixture *fixture = context;
    struct fake_transport *fake = &fixture->fake;
    struct snapshot *snapshot = fake->snapshots[1];
    switch (sleep) {
    case 1:
        for (int i = 0; i < 3; i++)
            fake_push(fake, i % 2, 2, 10 + i);
        break;
    case 2:
        park_all(fixture);
        snprintf(snapshot->refusal, sizeof snapshot->refusal, "it has no save states");
        break;
    case 3:
        assert_false(has_file(fixture, "checkpoint.h5"));
        for (int i = 0; i < 3; i++)
            fake_push(fake, i % 2, 2, 20 + i);
        break;
    case 4:
        snapshot->refusal[0] = '\0';
        park_all(fixture);
        break;
    case 5:
        assert_true(has_file(fixture, "checkpoint.h5"));
        fake->words[WORD_STOP] = 1;
        break;
    default:
        fail_msg("the learner sleeps too often:\n%s", fixture->fake.trace);
    }
}

/* A checkpoint that fails does not end the run, and is tried again after save_freq steps. */
static void test_checkpoint_fails(void **state) {
    struct fixture *fixture = *state;
    fixture->config.save_freq = 6;
    fixture->config.swap_freq = 1000;
    run_learner(fixture, refuse_once, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 2\n"
                          "learn 10 10 11\n"
                          "learn 11 12 12\n"
                          "park from 0\n"
                          "sleep 1\n"
                          "copying 1\n"
                          "copying 0\n"
                          "park no more\n"
                          "sleep 2\n"
                          "learn 21 21 20\n"
                          "learn 20 22 22\n"
                          "park from 0\n"
                          "sleep 1\n"
                          "copying 1\n"
                          "copying 0\n"
                          "park no more\n"
                          "sleep 2\n"
                          "stop 1\n");
}

/* ---- Updates that are not sound -------------------------------------------------------------- */

static void play_thrice(void *context, int sleep) {
    struct fixture *fixture = context;
    switch (sleep) {
    case 1:
    case 2:
    case 3:
        fake_push(&fixture->fake, 0, 2, sleep);
        fake_push(&fixture->fake, 0, 1, sleep);
        break;
    case 4:
        park_all(fixture);
        break;
    case 5:
        fixture->fake.words[WORD_STOP] = 1;
        break;
    default:
        fail_msg("the learner sleeps too often:\n%s", fixture->fake.trace);
    }
}

/* What is due after an unsound update waits for the next sound one. */
static void test_nothing_unsound_is_saved(void **state) {
    struct fixture *fixture = *state;
    fixture->config.save_freq = 6;
    fixture->config.swap_freq = 1000;
    fixture->unsound_first = fixture->unsound_last = 2;
    run_learner(fixture, play_thrice, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 2\n"
                          "learn 1 1 1\n"
                          "sleep 2\n"
                          "learn 2 2 2\n"
                          "sleep 2\n"
                          "learn 3 3 3\n"
                          "park from 0\n"
                          "sleep 1\n"
                          "copying 1\n"
                          "copying 0\n"
                          "park no more\n"
                          "sleep 2\n"
                          "stop 1\n");
    assert_false(has_file(fixture, "model-catch-6.h5"));
    assert_true(has_file(fixture, "model-catch-9.h5"));
    assert_int_equal(fixture->control.saves, 1);
    assert_int_equal(fixture->run.metrics->learner.transitions, 6);
}

static void play_on(void *context, int sleep) {
    struct fixture *fixture = context;
    fake_push(&fixture->fake, sleep % FAKE_ACTORS, 2, sleep);
}

/* A run whose weights are spoilt ends, and saves none of them. */
static void test_divergence(void **state) {
    struct fixture *fixture = *state;
    fixture->unsound_first = 1;
    fixture->unsound_last = 1000;
    run_learner(fixture, play_on, 1);
    assert_int_equal(fixture->updates, 20);
    assert_int_equal(fixture->control.saves, 0);
    assert_false(has_file(fixture, "checkpoint.h5"));
    assert_non_null(strstr(fixture->control.failure.message, "training has diverged"));
}

/* ---- A run that is to stop ------------------------------------------------------------------- */

static void wind_down(void *context, int sleep) {
    struct fixture *fixture = context;
    beat(fixture);
    switch (sleep) {
    case 1:
        fake_push(&fixture->fake, 0, 2, 10);
        fake_push(&fixture->fake, 0, 2, 11);
        break;
    case 2:
        fixture->fake.words[WORD_WIND_DOWN] = 1;
        break;
    case 3: /* actors take long, but are alive */
    case 4:
        assert_true(has_file(fixture, "model-catch-3.h5"));
        fake_now += 40;
        break;
    case 5:
        park_all(fixture);
        break;
    default:
        fail_msg("the learner sleeps too often:\n%s", fixture->fake.trace);
    }
}

/* Weights are saved at once; the checkpoint takes the time that actors need. */
static void test_wind_down(void **state) {
    struct fixture *fixture = *state;
    run_learner(fixture, wind_down, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 2\n"
                          "learn 10 10 11\n"
                          "sleep 1\n"
                          "park from 0\n"
                          "sleep 1\n"
                          "sleep 1\n"
                          "sleep 1\n"
                          "copying 1\n"
                          "copying 0\n"
                          "park no more\n"
                          "stop 1\n");
    assert_int_equal(fixture->control.saves, 1);
    assert_true(has_file(fixture, "checkpoint.h5"));
}

static void wind_down_in_round(void *context, int sleep) {
    struct fixture *fixture = context;
    struct fake_transport *fake = &fixture->fake;
    beat(fixture);
    switch (sleep) {
    case 1:
        fake_push(fake, 0, 2, 10);
        break;
    case 2:
        fake->words[WORD_WIND_DOWN] = 1;
        break;
    case 3:
        assert_true(has_file(fixture, "model-catch-2.h5"));
        fake_push(fake, 1, 2, 20);
        break;
    case 4:
        for (int i = 0; i < FAKE_ACTORS; i++)
            fake->words[word_of_actor(i, ACTOR_BEGUN)] = 1;
        break;
    case 5:
        assert_true(has_file(fixture, "model-catch-4.h5"));
        park_all(fixture);
        break;
    default:
        fail_msg("the learner sleeps too often:\n%s", fixture->fake.trace);
    }
}

/* A run in rounds saves its weights at once, and learns on to its round's end. */
static void test_wind_down_in_round(void **state) {
    struct fixture *fixture = *state;
    make_rounds(fixture);
    fixture->config.batch_size = 2;
    fixture->config.swap_freq = 1000;
    run_learner(fixture, wind_down_in_round, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 1\n"
                          "learn 10 10\n"
                          "sleep 1\n"
                          "sleep 1\n"
                          "learn 20 20\n"
                          "awaits begun 1\n"
                          "sleep 1\n"
                          "awaits begun 0\n"
                          "park from 1\n"
                          "rounds open 3\n"
                          "sleep 1\n"
                          "copying 1\n"
                          "copying 0\n"
                          "park no more\n"
                          "stop 1\n");
    assert_true(has_file(fixture, "checkpoint.h5"));
}

static void fall_silent(void *context, int sleep) {
    struct fixture *fixture = context;
    switch (sleep) {
    case 1:
        beat(fixture);
        fake_push(&fixture->fake, 0, 2, 10);
        fake_push(&fixture->fake, 0, 1, 11);
        break;
    case 2: /* without the wish to stop, that is the supervisor's business */
        fake_now += 50;
        break;
    case 3:
        beat(fixture);
        fixture->fake.words[WORD_WIND_DOWN] = 1;
        break;
    case 4:
        fake_park(&fixture->fake, 0);
        fake_now += 46;
        atomic_store(&fixture->run.metrics->actors[0].heartbeat, fake_now);
        break;
    default:
        fail_msg("the learner sleeps too often:\n%s", fixture->fake.trace);
    }
}

/* One that is silent for too long is not waited for: the run ends with an error, but its weights
 * are saved. */
static void test_silent_actor(void **state) {
    struct fixture *fixture = *state;
    run_learner(fixture, fall_silent, 1);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 2\n"
                          "learn 10 10 11\n"
                          "sleep 2\n"
                          "sleep 2\n"
                          "park from 0\n"
                          "sleep 1\n"
                          "park no more\n"
                          "stop 1\n");
    assert_true(has_file(fixture, "model-catch-3.h5"));
    assert_false(has_file(fixture, "checkpoint.h5"));
    assert_string_equal(fixture->control.failure.message,
                        "no last checkpoint could be taken: actor 1 has been silent for 46 s");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_batches, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_rounds, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_checkpoint, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_checkpoint_in_rounds, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_checkpoint_fails, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_nothing_unsound_is_saved, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_divergence, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_wind_down, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_wind_down_in_round, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_silent_actor, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
