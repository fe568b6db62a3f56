/* An actor whose games cannot be saved costs the checkpoint, and says why. */
#include "train/actor.h"
#include "train/learner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1 << 20 };

struct bed {
    struct run run;
    struct snapshot *snapshots[1];
    struct slot slot;
    struct actor actor;
};

static int open_bed(void **state) {
    static const struct environment_config config = {
        .observation = OBSERVATION_V4, .frame_skip_min = 1, .frame_skip_max = 1, .reward_scale = 1};
    struct error error;
    struct emulator *emulator;
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    assert_int_equal(emulator_open_catch(&emulator, &error), STATUS_OK);
    assert_int_equal(environment_create(emulator, &config, &bed->slot.environment, &error),
                     STATUS_OK);
    environment_seed(bed->slot.environment, 1, 0);
    environment_reset(bed->slot.environment);
    bed->snapshots[0] = aligned_alloc(64, sizeof(struct snapshot) + ROOM);
    assert_non_null(bed->snapshots[0]);
    memset(bed->snapshots[0], 0, sizeof(struct snapshot));
    bed->run = (struct run){.metrics = metrics_init(calloc(1, metrics_bytes(1)), 1),
                            .snapshots = bed->snapshots,
                            .snapshot_capacity = ROOM};
    bed->actor = (struct actor){.run = &bed->run,
                                .metrics = bed->run.metrics->actors,
                                .slots = &bed->slot,
                                .slot_count = 1};
    *state = bed;
    return 0;
}

static int close_bed(void **state) {
    struct bed *bed = *state;
    environment_destroy(bed->slot.environment);
    free(bed->snapshots[0]);
    free(bed->run.metrics);
    free(bed);
    return 0;
}

static void test_refuses(void **state) {
    struct bed *bed = *state;
    actor_leave_snapshot(&bed->actor);
    const size_t size = bed->snapshots[0]->size;
    assert_true(size > 0);
    assert_string_equal(bed->snapshots[0]->refusal, "");

    bed->run.snapshot_capacity = size - 1; /* the game asks for more than it said it would */
    actor_leave_snapshot(&bed->actor);
    assert_int_equal(bed->snapshots[0]->size, 0);
    assert_non_null(strstr(bed->snapshots[0]->refusal, "there is room for"));

    struct error error;
    struct learner learner = {.run = &bed->run};
    assert_int_equal(learner_save(&learner, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "the games of actor 0 cannot be saved"));
    assert_non_null(strstr(error.message, "there is room for"));

    bed->run.snapshot_capacity = ROOM;
    actor_leave_snapshot(&bed->actor);
    assert_int_equal(bed->snapshots[0]->size, size);
    assert_string_equal(bed->snapshots[0]->refusal, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refuses, open_bed, close_bed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
