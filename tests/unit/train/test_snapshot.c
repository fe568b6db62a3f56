/* An actor whose games cannot be saved costs the checkpoint, and says why; other games begin. */
#include "train/actor/slot.h"
#include "train/actor/snapshot.h"
#include "train/learner/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1 << 20 };

struct fixture {
    struct train_config config;
    struct run run;
    struct slot slot;
    struct actor actor;
    float state;
};

static int open_fixture(void **state) {
    static const struct environment_config config = {
        .observation = OBSERVATION_V4, .frame_skip_min = 1, .frame_skip_max = 1, .reward_scale = 1};
    struct error error;
    struct emulator *emulator;
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    assert_int_equal(emulator_open_catch(&emulator, &error), STATUS_OK);
    assert_int_equal(environment_create(emulator, &config, &fixture->slot.environment, &error),
                     STATUS_OK);
    environment_seed(fixture->slot.environment, 1, 0);
    environment_reset(fixture->slot.environment);
    fixture->config = (struct train_config){.processes = 1, .envs_per_process = 1};
    fixture->run.config = &fixture->config;
    fixture->run.metrics = metrics_init(calloc(1, metrics_bytes(1)), 1);
    const struct transport_plan plan = {
        .actors = 1, .layout = &fixture->run.layout, .segments = 1, .snapshot_capacity = ROOM};
    assert_int_equal(
        transport_open(&transport_shared_memory, &plan, &fixture->run.transport, &error),
        STATUS_OK);
    fixture->actor = (struct actor){.run = &fixture->run,
                                    .metrics = fixture->run.metrics->actors,
                                    .slots = &fixture->slot,
                                    .slot_count = 1,
                                    .observations = calloc(1, ROOM),
                                    .states = &fixture->state};
    assert_non_null(fixture->actor.observations);
    *state = fixture;
    return 0;
}

static int close_fixture(void **state) {
    struct fixture *fixture = *state;
    environment_destroy(fixture->slot.environment);
    free(fixture->actor.observations);
    transport_close(fixture->run.transport);
    free(fixture->run.metrics);
    free(fixture);
    return 0;
}

static void test_refuses(void **state) {
    struct fixture *fixture = *state;
    struct snapshot *snapshot = transport_snapshot(fixture->run.transport, 0);
    actor_leave_snapshot(&fixture->actor);
    const size_t size = snapshot->size;
    assert_true(size > 0);
    assert_string_equal(snapshot->refusal, "");

    snapshot->capacity = size - 1; /* the game asks for more than it said it would */
    actor_leave_snapshot(&fixture->actor);
    assert_int_equal(snapshot->size, 0);
    assert_non_null(strstr(snapshot->refusal, "there is room for"));

    struct error error;
    struct learner learner = {.run = &fixture->run};
    assert_int_equal(learner_save(&learner, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "the games of actor 0 cannot be saved"));
    assert_non_null(strstr(error.message, "there is room for"));

    snapshot->capacity = ROOM;
    actor_leave_snapshot(&fixture->actor);
    assert_int_equal(snapshot->size, size);
    assert_string_equal(snapshot->refusal, "");
}

/* Other games take no score over from those before. */
static void test_starts_other_games(void **state) {
    struct fixture *fixture = *state;
    fixture->slot.score = 5;
    slot_start_games(&fixture->actor, 0, 100);
    const struct rng first = fixture->slot.rng;
    assert_true(fixture->slot.score == 0 && fixture->slot.steps == 0);
    slot_start_games(&fixture->actor, 0, 101);
    assert_memory_not_equal(&fixture->slot.rng, &first, sizeof first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_starts_other_games, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_refuses, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
