/* The order in which the learner reads experience, in runs with and without rounds, and the packets
 * in which other ranks send theirs. */
#include "train/learner/experience_reader.h"
#include "train/learner/packet.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A round is 4 steps of each of 2 actors. */
enum { ACTORS = 2, STEPS = 4, SEGMENTS = 4 };

struct fixture {
    struct train_config config;
    struct run run;
    struct experience_reader reader;
    struct batch batch;
    struct segment *segment;
};

/* remotes: ranks that only play. */
static void open_ranks(struct fixture *fixture, const struct method *method, int batch_size,
                       int remotes) {
    struct error error;
    *fixture = (struct fixture){
        .config = {.processes = ACTORS, .envs_per_process = 1, .n_step = STEPS},
        .run = {.config = &fixture->config,
                .method = method,
                .place = {.count = 1 + remotes, .learners = 1}},
    };
    struct run *run = &fixture->run;
    step_layout_make(&run->layout, method->fields(&fixture->config.method), STEPS,
                     &(struct step_sizes){.observation = 1, .news = 1});
    run->metrics = metrics_init(calloc(1, metrics_bytes(ACTORS)), ACTORS);
    const struct transport_plan plan = {
        .actors = ACTORS + remotes, .layout = &run->layout, .segments = SEGMENTS};
    assert_int_equal(transport_open(&transport_shared_memory, &plan, &run->transport, &error),
                     STATUS_OK);
    experience_open(&fixture->reader, run);
    assert_int_equal(batch_create(&fixture->batch, &run->layout, batch_size, &error), STATUS_OK);
    fixture->segment = calloc(1, run->layout.segment_bytes);
    assert_non_null(fixture->segment);
}

static void open_fixture(struct fixture *fixture, const struct method *method, int batch_size) {
    open_ranks(fixture, method, batch_size, 0);
}

static void close_fixture(struct fixture *fixture) {
    experience_close(&fixture->reader);
    batch_destroy(&fixture->batch);
    transport_close(fixture->run.transport);
    free(fixture->run.metrics);
    free(fixture->segment);
}

/* Pushes a segment of length steps, whose actions all equal mark. */
static void push(struct fixture *fixture, int actor, int length, int32_t mark) {
    fixture->segment->length = length;
    for (int i = 0; i < length; i++)
        *(int32_t *)segment_at(fixture->segment, &fixture->run.layout, STEP_ACTION, i) = mark;
    assert_true(transport_push(fixture->run.transport, actor, fixture->segment, 0));
}

/* Expects the next read to give length steps with that mark; 0: nothing yet. */
static void expect_read(struct fixture *fixture, int length, int32_t mark) {
    struct error error;
    int moved;
    batch_clear(&fixture->batch);
    assert_int_equal(experience_read(&fixture->reader, &fixture->batch, &moved, &error), STATUS_OK);
    assert_int_equal(moved, length);
    if (length > 0)
        assert_int_equal(batch_ints(&fixture->batch, STEP_ACTION)[length - 1], mark);
}

/* The whole round of an actor comes first, even if the other one's has arrived. */
static void test_rounds(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, &method_ppo, 16);
    push(&fixture, 1, 4, 20);
    expect_read(&fixture, 0, 0);
    push(&fixture, 0, 1, 10);
    expect_read(&fixture, 1, 10);
    expect_read(&fixture, 0, 0);
    push(&fixture, 0, 3, 11);
    push(&fixture, 0, 4, 12);
    expect_read(&fixture, 3, 11);
    expect_read(&fixture, 4, 20);
    expect_read(&fixture, 4, 12);
    assert_int_equal(fixture.reader.taken, 12);
    close_fixture(&fixture);
}

/* Actor 0 dies after 3 steps of its round, and another plays that round again: the learner learns
 * from the surplus steps, but does not count them, so that rounds end at the same counts. */
static void test_replaced_actor(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, &method_ppo, 16);
    push(&fixture, 0, 3, 10);
    push(&fixture, 0, 4, 11);
    push(&fixture, 1, 4, 20);
    push(&fixture, 0, 4, 12);
    expect_read(&fixture, 3, 10);
    expect_read(&fixture, 4, 11);
    assert_int_equal(fixture.reader.taken, 4);
    expect_read(&fixture, 4, 20);
    assert_int_equal(fixture.reader.taken, run_round_steps(&fixture.run));
    expect_read(&fixture, 4, 12);
    expect_read(&fixture, 0, 0);
    push(&fixture, 1, 4, 21);
    expect_read(&fixture, 4, 21);
    assert_int_equal(fixture.reader.taken, 2 * run_round_steps(&fixture.run));
    close_fixture(&fixture);
}

/* The round of all actors of another rank comes behind those of the learner's own. */
static void test_remote_rounds(void **state) {
    (void)state;
    struct fixture fixture;
    open_ranks(&fixture, &method_ppo, 32, 1);
    push(&fixture, ACTORS, 4, 30);
    push(&fixture, 0, 4, 10);
    push(&fixture, 1, 4, 20);
    expect_read(&fixture, 4, 10);
    expect_read(&fixture, 4, 20);
    expect_read(&fixture, 4, 30);
    push(&fixture, 0, 4, 11);
    expect_read(&fixture, 0, 0);
    push(&fixture, ACTORS, 4, 31);
    expect_read(&fixture, 4, 31);
    assert_int_equal(fixture.reader.taken, run_round_steps(&fixture.run));
    expect_read(&fixture, 4, 11);
    close_fixture(&fixture);
}

/* A packet gives back what was added to it, up to the last segment that fits. With any queue it is
 * small enough for MPI. */
static void test_packet(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, &method_ppo, 16);
    const struct step_layout *layout = &fixture.run.layout;
    struct segment *segment = fixture.segment;
    const size_t room = packet_room(layout, 2);
    uint8_t *bytes = malloc(room);
    const struct packet empty = {.size = sizeof empty};
    assert_non_null(bytes);
    memcpy(bytes, &empty, sizeof empty);
    const int lengths[] = {4, 1, 4};
    for (int i = 0; i < 3; i++) {
        segment->length = lengths[i];
        segment->sequence = (uint64_t)i;
        *(int32_t *)segment_at(segment, layout, STEP_ACTION, lengths[i] - 1) = 10 + i;
        assert_int_equal(packet_add(bytes, room, segment, layout), i < 2);
    }
    size_t at = sizeof empty;
    for (int i = 0; i < 2; i++) {
        memset(segment, 0, layout->segment_bytes);
        assert_true(packet_next(bytes, &at, segment, layout));
        assert_int_equal(segment->length, lengths[i]);
        assert_int_equal(segment->sequence, i);
        assert_int_equal(*(int32_t *)segment_at(segment, layout, STEP_ACTION, lengths[i] - 1),
                         10 + i);
    }
    assert_false(packet_next(bytes, &at, segment, layout));
    assert_true(packet_room(layout, INT_MAX) <= INT_MAX);
    free(bytes);
    close_fixture(&fixture);
}

/* Without rounds: everything that has arrived, a segment of each ring in turn. */
static void test_no_rounds(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, &method_a3c, 16);
    push(&fixture, 1, 4, 20);
    push(&fixture, 1, 4, 21);
    expect_read(&fixture, 4, 20);
    push(&fixture, 0, 1, 10);
    expect_read(&fixture, 1, 10);
    expect_read(&fixture, 4, 21);
    assert_int_equal(fixture.reader.taken, 9);
    close_fixture(&fixture);
}

/* A backlog that cannot be unpacked ends the run. "Nothing yet" would let it wait for ever. */
static void test_lack_of_memory(void **state) {
    (void)state;
    struct fixture fixture;
    struct error error;
    int moved;
    open_fixture(&fixture, &method_ppo, 16);
    push(&fixture, 0, 4, 10);
    assert_int_equal(experience_fill_backlog(&fixture.reader, &error), STATUS_OK);
    struct backlog *backlog = &fixture.reader.backlog;
    const size_t head = sizeof(struct segment) + sizeof(uint64_t);
    memset(backlog->records + head, 0xff, backlog->size - head); /* as if zlib had no memory */
    assert_int_equal(experience_read(&fixture.reader, &fixture.batch, &moved, &error),
                     STATUS_FAILED);
    assert_non_null(strstr(error.message, "out of memory"));
    close_fixture(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounds),        cmocka_unit_test(test_replaced_actor),
        cmocka_unit_test(test_remote_rounds), cmocka_unit_test(test_packet),
        cmocka_unit_test(test_no_rounds),     cmocka_unit_test(test_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
