/* A learning rate that a method steers, in the learner's whole loop, over the end of a run. */
#include "learner_fixture.h"

#include <math.h>

static double first_factor;
static double newest_rate;

/* A method that multiplies the rate by first_factor. */
static void steer(struct trainer *trainer, struct batch *batch, struct update *update) {
    (void)batch;
    (void)update;
    if (trainer->steps == 0)
        trainer->kept.lr_factor = first_factor;
    newest_rate = trainer->learning_rate * trainer->kept.lr_factor;
}

/* 9 steps, with which the run is at its end. */
static void play(struct fixture *fixture, int sleep) {
    switch (sleep) {
    case 1:
        push_all(fixture, 10);
        break;
    case 2:
        push_all(fixture, 20);
        break;
    case 3:
        fake_push(&fixture->fake, 0, 1, 30);
        break;
    default:
        park_all(fixture);
        break;
    }
}

static void run_steered(struct fixture *fixture, double factor) {
    first_factor = factor;
    fixture->method.update = steer;
    fixture->small.config.method.run_steps = fixture->small.config.total_steps = 9;
    run_learner(fixture, play, 4, 0);
}

static void prepare_resume(struct fixture *fixture, int64_t total_steps) {
    close_run(fixture);
    open_run(fixture);
    fixture->method.update = steer;
    fixture->small.config.method.run_steps = fixture->small.config.total_steps = total_steps;
    snprintf(fixture->small.config.resume, sizeof fixture->small.config.resume, "run");
    fixture->small.control.continues = true;
}

/* The last update before the end, at step 6 of 9, has a third of --lr=0.1, times 8. On a schedule
 * of 18 steps the same rate falls on from step 6 to steps 9, 12 and 15: by 3/4, 1/2, 1/4. */
static void test_steered_rate(void **state) {
    struct fixture *fixture = *state;
    run_steered(fixture, 8);
    assert_true(fabs(newest_rate - 0.8 / 3) < 1e-12);
    prepare_resume(fixture, 18);
    run_learner(fixture, play, 4, 0);
    assert_true(fabs(newest_rate - 0.8 / 3 / 4) < 1e-12);
}

/* A factor that no method can have steered to is refused, as all that makes no sense. */
static void test_impossible_factor(void **state) {
    struct fixture *fixture = *state;
    run_steered(fixture, -1);
    prepare_resume(fixture, 18);
    assert_int_equal(learner_main(&fixture->small.run), 1);
    assert_string_equal(
        fixture->small.control.failure.message,
        "the checkpoint makes no sense: its factor for the learning rate is out of bounds");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_steered_rate, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_impossible_factor, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
