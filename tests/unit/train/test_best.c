/* Weights are offered to the evaluator when games go better than ever: by the rate of flags if the
 * game has one, otherwise by the mean score. */
#include "train/learner/best.h"

#include "small_run.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    struct small_run small;
    struct metrics *metrics;
    struct learner learner;
};

/* A learner that has offered nothing yet. */
static int open_fixture(void **state) {
    static const struct step_layout layout = {.max_steps = 1};
    const struct transport_plan plan = {.actors = 1, .layout = &layout, .segments = 1};
    struct error error;
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    small_run_open(&fixture->small);
    struct run *run = &fixture->small.run;
    assert_int_equal(mkdir(fixture->small.control.run_dir, 0777), 0);
    fixture->metrics = run->metrics = metrics_init(calloc(1, metrics_bytes(1)), 1);
    assert_int_equal(transport_open(&transport_shared_memory, &plan, &run->transport, &error),
                     STATUS_OK);
    const size_t count = network_param_count(&run->network);
    fixture->learner = (struct learner){
        .run = run, .metrics = &fixture->metrics->learner, .offers.best = STANDING_OF_NO_GAMES};
    fixture->learner.trainer.param_count = count;
    fixture->learner.trainer.params = calloc(count, sizeof(float));
    *state = fixture;
    return 0;
}

static struct fixture *fixture_of(void **state) {
    return *state;
}

/* Whether weights were offered since this was asked last; the evaluator is done with them. */
static bool was_offered(struct fixture *fixture) {
    struct control *control = &fixture->small.control;
    char path[1024];
    snprintf(path, sizeof path, "%.900s/evaluation.h5", control->run_dir);
    fixture->learner.offers.last_try = 0;
    const bool rang = atomic_load(&control->evals_wanted) != atomic_load(&control->evals_done);
    atomic_store(&control->evals_done, atomic_load(&control->evals_wanted));
    assert_int_equal(unlink(path) == 0, rang);
    return rang;
}

static int close_fixture(void **state) {
    struct fixture *fixture = *state;
    free(fixture->learner.trainer.params);
    transport_close(fixture->small.run.transport);
    small_run_close(&fixture->small);
    free(fixture->metrics);
    free(fixture);
    return 0;
}

/* Sets the results of the newest games. */
static void set_newest(struct fixture *fixture, double mean, double flag_rate) {
    struct recent_scores *scores = &fixture->metrics->scores;
    atomic_store(&scores->games, SCORE_WINDOW);
    atomic_store(&scores->mean, mean);
    atomic_store(&scores->flag_rate, flag_rate);
}

/* Sets the results of the newest games; returns whether the weights were offered then. */
static bool is_offered(struct fixture *fixture, double mean, double flag_rate) {
    set_newest(fixture, mean, flag_rate);
    learner_watch_scores(&fixture->learner, 0);
    return was_offered(fixture);
}

static void test_by_score(void **state) {
    struct fixture *fixture = fixture_of(state);
    atomic_store(&fixture->metrics->scores.mean, 9);
    learner_watch_scores(&fixture->learner, 0);
    assert_false(was_offered(fixture)); /* after fewer games */
    assert_true(is_offered(fixture, -3, NAN));
    assert_true(is_offered(fixture, 5, NAN));
    assert_false(is_offered(fixture, 4, NAN));
    assert_false(is_offered(fixture, 5, NAN));
    assert_true(is_offered(fixture, 6, NAN));
}

/* A flag is worth more than any score. */
static void test_by_flags(void **state) {
    struct fixture *fixture = fixture_of(state);
    assert_true(is_offered(fixture, 700, 0));
    assert_true(is_offered(fixture, 800, 0));
    assert_true(is_offered(fixture, 750, 0.01));
    assert_false(is_offered(fixture, 2000, 0));
    assert_false(is_offered(fixture, 740, 0.01));
    assert_true(is_offered(fixture, 760, 0.01));
    assert_true(is_offered(fixture, 100, 0.5));
}

static void test_flags_end_the_run(void **state) {
    struct fixture *fixture = fixture_of(state);
    fixture->small.config.stop_flag_rate = 0.9;
    is_offered(fixture, 3000, 0.89);
    assert_false(run_winds_down(&fixture->small.run));
    assert_true(is_offered(fixture, 2000, 0.9));
    assert_true(run_winds_down(&fixture->small.run));
}

/* The evaluator learns how training went then, and the best of the offers before. */
static void test_an_offer_tells_of_training(void **state) {
    struct fixture *fixture = fixture_of(state);
    const struct control *control = &fixture->small.control;
    assert_true(is_offered(fixture, 3, 0.25));
    assert_true(control->eval_training.score == 3 && control->eval_training.flag_rate == 0.25);
    assert_true(control->eval_training_before.score == -DBL_MAX);
    assert_true(is_offered(fixture, 5, 0.5));
    assert_true(control->eval_training.score == 5 && control->eval_training.flag_rate == 0.5);
    assert_true(control->eval_training_before.score == 3);
    assert_true(control->eval_training_before.flag_rate == 0.25);
}

/* Neither a lucky evaluation nor games of better weights before make weights the best. */
static void test_the_worse_standing_counts(void **state) {
    (void)state;
    const struct standing none = STANDING_OF_NO_GAMES;
    const struct standing low = {.score = 363, .flag_rate = -1};
    const struct standing high = {.score = 439, .flag_rate = -1};
    assert_true(standing_of_tried(&high, &low).score == 363);
    assert_true(standing_of_tried(&low, &high).score == 363);
    assert_true(standing_of_tried(&low, &none).score == 363);
    const struct standing flags = {.score = 100, .flag_rate = 0.9};
    const struct standing no_flags = {.score = 3000, .flag_rate = 0.1};
    assert_true(standing_of_tried(&flags, &no_flags).score == 3000);
    assert_true(standing_of_tried(&no_flags, &flags).score == 3000);
}

/* Games may go better while the evaluator plays; it takes the weights of a later batch. */
static void test_a_busy_evaluator(void **state) {
    struct fixture *fixture = fixture_of(state);
    struct control *control = &fixture->small.control;
    set_newest(fixture, 5, NAN);
    atomic_store(&control->evals_wanted, 1);
    learner_watch_scores(&fixture->learner, 0);
    assert_int_equal(control->evals_wanted, 1);
    atomic_store(&control->evals_done, 1);
    learner_watch_scores(&fixture->learner, 0);
    assert_true(was_offered(fixture));
}

/* However games go. */
static void test_by_steps(void **state) {
    struct fixture *fixture = fixture_of(state);
    fixture->small.config.eval_freq = 100;
    fixture->learner.steps = 99;
    assert_false(is_offered(fixture, 5, NAN));
    fixture->learner.steps = 100;
    learner_watch_scores(&fixture->learner, 99);
    assert_true(was_offered(fixture));
    learner_watch_scores(&fixture->learner, 100);
    assert_false(was_offered(fixture));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_score, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_by_flags, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_flags_end_the_run, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_an_offer_tells_of_training, open_fixture,
                                        close_fixture),
        cmocka_unit_test(test_the_worse_standing_counts),
        cmocka_unit_test_setup_teardown(test_a_busy_evaluator, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_by_steps, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
