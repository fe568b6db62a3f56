/*
 * The learner's whole loop, on a fake transport and a fake clock: its reading and learning, and
 * when it publishes, opens rounds, saves and stops. Each test plays the actors in the learner's
 * sleeps and expects a trace. The trace of a publish has the number of sound updates to its
 * weights.
 */
#include "learner_fixture.h"

#include <string.h>

/* ---- Without rounds -------------------------------------------------------------------------- */

static void play(struct fixture *fixture, int sleep) {
    switch (sleep) {
    case 1:
        push_all(fixture, 10);
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
    }
}

/* The learner cuts segments into batches, publishes weights every swap_freq steps, and ends the run
 * with its last weights and then a checkpoint. It waits for no more pushes than it needs. */
static void test_batches(void **state) {
    struct fixture *fixture = *state;
    fixture->small.config.total_steps = 9;
    run_learner(fixture, play, 4, 0);
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
                          "sleep 1\n" COPYING "stop 1\n");
    const struct learner_metrics *metrics = &fixture->small.run.metrics->learner;
    assert_true(has_file(fixture, "checkpoint.h5"));
    assert_int_equal(fixture->small.control.saves, 1);
    assert_int_equal(metrics->steps, 9);
    assert_int_equal(fixture->fake.words[WORD_STEPS], 9);
    assert_int_equal(metrics->transitions, 9);
    assert_true(metrics->idle_seconds == 4 * FAKE_SLEEP_SECONDS);
}

/* ---- In rounds ------------------------------------------------------------------------------- */

static void play_rounds(struct fixture *fixture, int sleep) {
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
        push_all(fixture, 11);
        begin_all(fixture, 2);
        break;
    case 6:
        push_all(fixture, 12);
        park_all(fixture);
        break;
    }
}

/*
 * The learner reads actors in their order, also if a later one pushed first. It opens round 2, on
 * newer weights, when all have begun round 1. It takes the last checkpoint at a round's end: actors
 * park after their present round, and for that the next one must be open.
 */
static void test_rounds(void **state) {
    struct fixture *fixture = *state;
    make_rounds(fixture);
    fixture->small.config.swap_freq = 4;
    fixture->small.config.total_steps = 8;
    run_learner(fixture, play_rounds, 6, 0);
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
                          "sleep 1\n" COPYING "stop 1\n");
    assert_true(has_file(fixture, "checkpoint.h5"));
    assert_int_equal(fixture->fake.words[WORD_ROUND_STEPS], 8);
}

static void play_in_lockstep(struct fixture *fixture, int sleep) {
    switch (sleep) {
    case 1:
        push_all(fixture, 10);
        break;
    case 2:
        push_all(fixture, 11);
        break;
    case 3: /* the round that the checkpoint asks for */
        push_all(fixture, 12);
        park_all(fixture);
        break;
    }
}

/* In lockstep round 1 is opened when the learner has learned from round 0, with the weights that
 * result, and the learner waits for no actor. */
static void test_lockstep(void **state) {
    struct fixture *fixture = *state;
    fixture->small.config.lockstep = true;
    make_rounds(fixture);
    fixture->small.config.swap_freq = 4;
    fixture->small.config.total_steps = 8;
    assert_int_equal(fixture->fake.words[WORD_ROUNDS_OPEN], 1);
    run_learner(fixture, play_in_lockstep, 3, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 1\n"
                          "learn 10 10 20 20\n"
                          "publish 5: 1\n"
                          "rounds open 2\n"
                          "sleep 1\n"
                          "learn 11 11 21 21\n"
                          "park from 2\n"
                          "publish 9: 2\n"
                          "rounds open 3\n"
                          "sleep 1\n" COPYING "stop 1\n");
    assert_true(has_file(fixture, "checkpoint.h5"));
}

static void stop(struct fixture *fixture, int sleep) {
    (void)sleep;
    fixture->fake.words[WORD_STOP] = 1;
}

/* The first rounds of a run that counts on from weights of 8 steps do not explore as at step 0. */
static void test_goes_on_counting(void **state) {
    struct fixture *fixture = *state;
    struct error error;
    make_rounds(fixture);
    fixture->small.config.total_steps = 8;
    run_learner(fixture, play_rounds, 6, 0);
    close_run(fixture);
    open_run(fixture);
    make_rounds(fixture);
    fixture->small.control.start_steps = 8;
    fixture->small.control.continues = true;
    assert_int_equal(path_join(fixture->small.control.start_from, fixture->small.control.run_dir,
                               "model-catch-8.h5", &error),
                     STATUS_OK);
    run_learner(fixture, stop, 1, 0);
    assert_int_equal(fixture->fake.words[WORD_STEPS], 8);
    assert_int_equal(fixture->fake.words[WORD_ROUND_STEPS], 8);
}

/* ---- Checkpoints on the way ------------------------------------------------------------------ */

static void park_late(struct fixture *fixture, int sleep) {
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
    }
}

/*
 * Until all actors are parked, the learner reads their pushes, so that no ring is full, and does
 * not learn. After the checkpoint it learns from these first. A run that must stop at once saves
 * its weights and takes no other checkpoint. A resumed run learns from the same steps.
 */
static void test_checkpoint(void **state) {
    struct fixture *fixture = *state;
    fixture->small.config.save_freq = 6;
    run_learner(fixture, park_late, 4, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 2\n"
                          "learn 10 10 11\n"
                          "learn 11 12 12\n"
                          "publish 7: 2\n"
                          "park from 0\n"
                          "sleep 1\n"
                          "sleep 1\n" COPYING "learn 20 20 21\n"
                          "sleep 1\n"
                          "stop 1\n");
    assert_true(has_file(fixture, "model-catch-9.h5"));

    close_run(fixture);
    open_run(fixture);
    snprintf(fixture->small.config.resume, sizeof fixture->small.config.resume, "run");
    fixture->small.control.continues = true;
    run_learner(fixture, stop, 1, 0);
    expect_trace(fixture, "rounds open 9223372036854775807\n"
                          "publish 7: 2\n"
                          "ready 1\n"
                          "learn 20 20 21\n"
                          "sleep 1\n"
                          "stop 1\n");
    assert_string_equal((char *)fixture->fake.snapshots[1]->bytes, "actor 1");
    assert_int_equal(fixture->fake.words[WORD_STEPS], 9);
}

/* Nothing happens in sleep 5: the learner reads the stop word before its next batch. */
static void park_in_rounds(struct fixture *fixture, int sleep) {
    struct fake_transport *fake = &fixture->fake;
    if (sleep <= 3)
        begin_all(fixture, sleep);
    switch (sleep) {
    case 1:
    case 2: /* round 1, asked to park after it */
        push_all(fixture, 9 + sleep);
        break;
    case 3:
        park_all(fixture);
        break;
    case 4:
        assert_true(has_file(fixture, "checkpoint.h5"));
        fake->words[WORD_STOP] = 1;
        break;
    }
}

/* Actors are in round 1 when the learner has learned from round 0: they park after it, and round 2
 * is open by then, but no later one. The learner learns from their steps after the checkpoint. */
static void test_checkpoint_in_rounds(void **state) {
    struct fixture *fixture = *state;
    make_rounds(fixture);
    fixture->small.config.save_freq = 4;
    fixture->small.config.swap_freq = 1000;
    run_learner(fixture, park_in_rounds, 5, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 1\n"
                          "learn 10 10 20 20\n"
                          "awaits begun 1\n"
                          "awaits begun 0\n"
                          "park from 1\n"
                          "rounds open 3\n"
                          "sleep 1\n"
                          "sleep 1\n" COPYING "learn 11 11 21 21\n"
                          "awaits begun 1\n"
                          "awaits begun 0\n"
                          "park from 2\n"
                          "rounds open 4\n"
                          "sleep 1\n"
                          "park no more\n"
                          "sleep 1\n"
                          "stop 1\n");
}

/* Actor 0 was replaced, so its ring is one step ahead of the round; its last game ends in round 1.
 */
static void park_ahead(struct fixture *fixture, int sleep) {
    begin_all(fixture, sleep);
    if (sleep == 1)
        push_all(fixture, 10);
    for (int i = 0; i < sleep && sleep <= 2; i++)
        fake_push(&fixture->fake, 0, 1, 10 + sleep);
    if (sleep == 2)
        fake_push(&fixture->fake, 1, 2, 21);
    if (sleep == 3)
        park_all(fixture);
    fixture->fake.words[WORD_STOP] = has_file(fixture, "checkpoint.h5");
}

/* From round 2 on the actors play every round that is open. */
static void play_open_rounds(struct fixture *fixture, int sleep) {
    int64_t *words = fixture->fake.words;
    const int64_t begun = words[word_of_actor(0, ACTOR_BEGUN)];
    const int64_t round = begun > 2 ? begun : 2;
    (void)sleep;
    begin_all(fixture, round);
    if (round < words[WORD_ROUNDS_OPEN]) {
        push_all(fixture, 10 + (int32_t)round);
        begin_all(fixture, round + 1);
    }
    if (round == 8)
        words[WORD_STOP] = 1;
}

/* The learner reads beyond the round of a replaced actor. A resumed run finds the ends of rounds
 * all the same; otherwise it would open none, and wait for ever. */
static void test_checkpoint_after_a_replacement(void **state) {
    struct fixture *fixture = *state;
    make_rounds(fixture);
    fixture->small.config.batch_size = 3;
    fixture->small.config.save_freq = 3;
    run_learner(fixture, park_ahead, 4, 0);
    close_run(fixture);
    open_run(fixture);
    make_rounds(fixture);
    fixture->small.config.batch_size = 3;
    snprintf(fixture->small.config.resume, sizeof fixture->small.config.resume, "run");
    fixture->small.control.continues = true;
    run_learner(fixture, play_open_rounds, 30, 0);
}

static void refuse_once(struct fixture *fixture, int sleep) {
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
    }
}

/* A failed checkpoint does not end the run; the learner tries again after save_freq steps. */
static void test_checkpoint_fails(void **state) {
    struct fixture *fixture = *state;
    fixture->small.config.save_freq = 6;
    fixture->small.config.swap_freq = 1000;
    run_learner(fixture, refuse_once, 5, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 2\n"
                          "learn 10 10 11\n"
                          "learn 11 12 12\n"
                          "park from 0\n"
                          "sleep 1\n" COPYING "sleep 2\n"
                          "learn 21 21 20\n"
                          "learn 20 22 22\n"
                          "park from 0\n"
                          "sleep 1\n" COPYING "sleep 2\n"
                          "stop 1\n");
}

/* ---- Updates that are not sound -------------------------------------------------------------- */

static void play_thrice(struct fixture *fixture, int sleep) {
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
    }
}

/* Saves and publishes that are due after an unsound update wait for the next sound one. */
static void test_nothing_unsound_is_saved(void **state) {
    struct fixture *fixture = *state;
    fixture->small.config.save_freq = 6;
    fixture->small.config.swap_freq = 1000;
    fixture->unsound_first = fixture->unsound_last = 2;
    run_learner(fixture, play_thrice, 5, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 2\n"
                          "learn 1 1 1\n"
                          "sleep 2\n"
                          "learn 2 2 2\n"
                          "sleep 2\n"
                          "learn 3 3 3\n"
                          "park from 0\n"
                          "sleep 1\n" COPYING "sleep 2\n"
                          "stop 1\n");
    assert_false(has_file(fixture, "model-catch-6.h5"));
    assert_true(has_file(fixture, "model-catch-9.h5"));
    assert_int_equal(fixture->small.control.saves, 1);
    assert_int_equal(fixture->small.run.metrics->learner.transitions, 6);
}

static void play_on(struct fixture *fixture, int sleep) {
    fake_push(&fixture->fake, sleep % FAKE_ACTORS, 2, sleep);
}

/* A run with only unsound updates ends, and saves no weights. */
static void test_divergence(void **state) {
    struct fixture *fixture = *state;
    fixture->unsound_first = 1;
    fixture->unsound_last = 1000;
    run_learner(fixture, play_on, 1000, 1);
    assert_int_equal(fixture->updates, 20);
    assert_int_equal(fixture->small.control.saves, 0);
    assert_false(has_file(fixture, "checkpoint.h5"));
    assert_non_null(strstr(fixture->small.control.failure.message, "training has diverged"));
}

/* ---- Stopping -------------------------------------------------------------------------------- */

static void wind_down(struct fixture *fixture, int sleep) {
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
    }
}

/* The learner saves weights at once, and waits for the actors with the checkpoint. */
static void test_wind_down(void **state) {
    struct fixture *fixture = *state;
    run_learner(fixture, wind_down, 5, 0);
    expect_trace(fixture, "publish 1: 0\n"
                          "ready 1\n"
                          "sleep 2\n"
                          "learn 10 10 11\n"
                          "sleep 1\n"
                          "park from 0\n"
                          "sleep 1\n"
                          "sleep 1\n"
                          "sleep 1\n" COPYING "stop 1\n");
    assert_int_equal(fixture->small.control.saves, 1);
    assert_true(has_file(fixture, "checkpoint.h5"));
}

static void wind_down_in_round(struct fixture *fixture, int sleep) {
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
        begin_all(fixture, 1);
        break;
    case 5:
        assert_true(has_file(fixture, "model-catch-4.h5"));
        park_all(fixture);
        break;
    }
}

/* A run in rounds saves its weights at once, and learns until the round's end. */
static void test_wind_down_in_round(void **state) {
    struct fixture *fixture = *state;
    make_rounds(fixture);
    fixture->small.config.batch_size = 2;
    fixture->small.config.swap_freq = 1000;
    run_learner(fixture, wind_down_in_round, 5, 0);
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
                          "sleep 1\n" COPYING "stop 1\n");
    assert_true(has_file(fixture, "checkpoint.h5"));
}

static void fall_silent(struct fixture *fixture, int sleep) {
    switch (sleep) {
    case 1:
        beat(fixture);
        fake_push(&fixture->fake, 0, 2, 10);
        fake_push(&fixture->fake, 0, 1, 11);
        break;
    case 2: /* before a stop, only the supervisor acts on silence */
        fake_now += 50;
        break;
    case 3:
        beat(fixture);
        fixture->fake.words[WORD_WIND_DOWN] = 1;
        break;
    case 4:
        fake_park(&fixture->fake, 0);
        fake_now += 46;
        atomic_store(&fixture->small.run.metrics->actors[0].heartbeat, fake_now);
        break;
    }
}

/* The learner does not wait for an actor that is silent for too long: the run ends with an error,
 * but saves its weights. */
static void test_silent_actor(void **state) {
    struct fixture *fixture = *state;
    run_learner(fixture, fall_silent, 4, 1);
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
    assert_string_equal(fixture->small.control.failure.message,
                        "no last checkpoint could be taken: actor 1 has been silent for 46 s");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_batches, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_rounds, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_lockstep, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_goes_on_counting, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_checkpoint, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_checkpoint_in_rounds, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_checkpoint_after_a_replacement, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(test_checkpoint_fails, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_nothing_unsound_is_saved, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_divergence, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_wind_down, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_wind_down_in_round, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_silent_actor, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
