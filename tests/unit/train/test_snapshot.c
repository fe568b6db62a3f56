/* An actor whose games cannot be saved costs the checkpoint, and says why. */
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
    struct run run;
    struct snapshot *snapshots[1];
    struct slot slot;
    struct actor actor;
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
    fixture->snapshots[0] = aligned_alloc(64, sizeof(struct snapshot) + ROOM);
    assert_non_null(fixture->snapshots[0]);
    memset(fixture->snapshots[0], 0, sizeof(struct snapshot));
    fixture->run = (struct run){.metrics = metrics_init(calloc(1, metrics_bytes(1)), 1),
                                .snapshots = fixture->snapshots,
                                .snapshot_capacity = ROOM};
    fixture->actor = (struct actor){.run = &fixture->run,
                                    .metrics = fixture->run.metrics->actors,
                                    .slots = &fixture->slot,
                                    .slot_count = 1};
    *state = fixture;
    return 0;
}

static int close_fixture(void **state) {
    struct fixture *fixture = *state;
    environment_destroy(fixture->slot.environment);
    free(fixture->snapshots[0]);
    free(fixture->run.metrics);
    free(fixture);
    return 0;
}

static void test_refuses(void **state) {
    struct fixture *fixture = *state;
    actor_leave_snapshot(&fixture->actor);
    const size_t size = fixture->snapshots[0]->size;
    assert_true(size > 0);
    assert_string_equal(fixture->snapshots[0]->refusal, "");

    fixture->run.snapshot_capacity = size - 1; /* the game asks for more than it said it would */
    actor_leave_snapshot(&fixture->actor);
    assert_int_equal(fixture->snapshots[0]->size, 0);
    assert_non_null(strstr(fixture->snapshots[0]->refusal, "there is room for"));

    struct error error;
    struct learner learner = {.run = &fixture->run};
    assert_int_equal(learner_save(&learner, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "the games of actor 0 cannot be saved"));
    assert_non_null(strstr(error.message, "there is room for"));

    fixture->run.snapshot_capacity = ROOM;
    actor_leave_snapshot(&fixture->actor);
    assert_int_equal(fixture->snapshots[0]->size, size);
    assert_string_equal(fixture->snapshots[0]->refusal, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refuses, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
