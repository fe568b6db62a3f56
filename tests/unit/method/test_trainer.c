/* An update on numbers that are not finite leaves the weights and the optimizer as they were. */
#include "method_fixture.h"

enum { BATCH = 4, NUMBERS = 3, TARGETS = STEP_OWN };

struct fixture {
    struct trained trained;
    int beats;
};

static void count_beat(void *fixture) {
    ((struct fixture *)fixture)->beats++;
}

/* argument: an option of the method's, or "". */
static struct fixture *make_fixture_of(const struct method *method,
                                       const struct option_part *options, const char *argument,
                                       double max_grad_norm, const struct network_spec *network) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    struct trained *trained = &fixture->trained;
    set_method_options(&trained->config, options, argument);
    trained_open_network(
        trained, method, network, 5, BATCH,
        (struct trainer_request){.seed = 1, .beat = count_beat, .beat_context = fixture});
    trained->optimizer.max_grad_norm = max_grad_norm;
    struct rng rng;
    rng_seed(&rng, 1, 0);
    network_initialize(&trained->network, trained->trainer.params, &rng);
    trained->batch.count = BATCH;
    float *observations = batch_floats(&trained->batch, STEP_OBSERVATION);
    for (int i = 0; i < BATCH * NUMBERS; i++)
        observations[i] = (float)i / 10;
    for (int i = 0; i < BATCH; i++)
        batch_floats(&trained->batch, TARGETS)[i] = 1;
    return fixture;
}

static struct fixture *make_fixture(const struct method *method, const struct option_part *options,
                                    double max_grad_norm) {
    const struct network_spec network = spec_on_vectors(method->heads, NUMBERS, 2);
    return make_fixture_of(method, options, "", max_grad_norm, &network);
}

static void free_fixture(struct fixture *fixture) {
    trained_close(&fixture->trained);
    free(fixture);
}

static struct update update(struct fixture *fixture) {
    return trainer_update(&fixture->trained.trainer, &fixture->trained.batch,
                          fixture->trained.trainer.params, 0.001);
}

/* The change by RMSprop. The caller frees it. */
static float *copy_learned(const struct trainer *trainer) {
    const size_t count = trainer->param_count;
    float *copy = malloc(2 * count * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, trainer->params, count * sizeof *copy);
    memcpy(copy + count, trainer->optimizer.slots[0], count * sizeof *copy);
    return copy;
}

static bool has_learned(const struct trainer *trainer, const float *before) {
    float *now = copy_learned(trainer);
    const bool is_same = memcmp(now, before, 2 * trainer->param_count * sizeof *now) == 0;
    free(now);
    return !is_same;
}

static void expect_skipped(struct fixture *fixture) {
    float *before = copy_learned(&fixture->trained.trainer);
    assert_false(update(fixture).is_sound);
    assert_false(has_learned(&fixture->trained.trainer, before));
    free(before);
}

static void expect_learned(struct fixture *fixture) {
    float *before = copy_learned(&fixture->trained.trainer);
    const struct update made = update(fixture);
    assert_true(made.is_sound);
    assert_true(isfinite(made.gradient_norm) && made.gradient_norm > 0);
    assert_true(has_learned(&fixture->trained.trainer, before));
    assert_true(
        floats_are_finite(fixture->trained.trainer.params, fixture->trained.trainer.param_count));
    free(before);
}

static void check_method(const struct method *method, const struct option_part *options,
                         double max_grad_norm) {
    struct fixture *fixture = make_fixture(method, options, max_grad_norm);
    float *observation = batch_floats(&fixture->trained.batch, STEP_OBSERVATION);
    float *targets = batch_floats(&fixture->trained.batch, TARGETS);
    expect_learned(fixture);
    targets[2] = NAN;
    expect_skipped(fixture);
    targets[2] = 1;
    expect_learned(fixture);
    observation[5] = 1e30F; /* finite, but its gradients' squares are not */
    expect_skipped(fixture);
    observation[5] = INFINITY;
    expect_skipped(fixture);
    observation[5] = 0.5F;
    expect_learned(fixture);
    assert_int_equal(fixture->beats, 6); /* one per step, taken or not */
    free_fixture(fixture);
}

static void test_policy(void **state) {
    (void)state;
    check_method(&method_a3c, method_a3c_options, 0);
    check_method(&method_a3c, method_a3c_options, 40); /* clipped, 1e30 would look sound */
}

static void test_q(void **state) {
    (void)state;
    check_method(&method_qn, method_qn_options, 0);
    check_method(&method_qn, method_qn_options, 1);
}

/* Values are about 0 at the start and explain nothing; after training on the same
 * returns they do. */
static void test_explained_variance(void **state) {
    (void)state;
    struct fixture *fixture = make_fixture(&method_a3c, method_a3c_options, 0);
    struct update made = update(fixture); /* all returns are 1: there is nothing to explain */
    assert_true(made.metrics[METRIC_EXPLAINED_VARIANCE].weight == 0);
    for (int i = 0; i < BATCH; i++)
        batch_floats(&fixture->trained.batch, TARGETS)[i] = (float)i;
    made = update(fixture);
    assert_true(made.metrics[METRIC_EXPLAINED_VARIANCE].weight == 1);
    assert_true(fabs(made.metrics[METRIC_EXPLAINED_VARIANCE].sum) < 0.2);
    for (int i = 0; i < 3000; i++)
        made = update(fixture);
    const double explained = made.metrics[METRIC_EXPLAINED_VARIANCE].sum;
    assert_true(explained > 0.8 && explained <= 1);
    free_fixture(fixture);
}

/* ---- Statistics ------------------------------------------------------------------------------ */

static const struct network_spec normalized = {.trunk = TRUNK_MLP,
                                               .heads = HEADS_POLICY_VALUE,
                                               .channels = NUMBERS,
                                               .height = 1,
                                               .width = 1,
                                               .actions = 2,
                                               .normalize_observations = true,
                                               .normalize_returns = true};

/* Rounding must not stand for a variance: neither of equal returns, nor of returns far from 0. */
static void test_explained_variance_is_not_rounding(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    float returns[COUNT];
    float values[COUNT];
    struct update made = {0};
    for (int i = 0; i < COUNT; i++) {
        returns[i] = 0.1F;
        values[i] = (float)(i % 7) / 10;
    }
    update_add_explained_variance(&made, returns, values, COUNT);
    assert_true(made.metrics[METRIC_EXPLAINED_VARIANCE].weight == 0);
    for (int i = 0; i < COUNT; i++) {
        returns[i] = 16000000 + (float)(i % 2);
        values[i] = returns[i];
    }
    update_add_explained_variance(&made, returns, values, COUNT);
    assert_true(made.metrics[METRIC_EXPLAINED_VARIANCE].weight == 1);
    assert_true(fabs(made.metrics[METRIC_EXPLAINED_VARIANCE].sum - 1) < 1e-6);
    for (int i = 0; i < COUNT; i++)
        values[i] = 0;
    update_add_explained_variance(&made, returns, values, COUNT);
    assert_true(fabs(made.metrics[METRIC_EXPLAINED_VARIANCE].sum - 1) < 1e-6);
}

/* Columns of 0, 0.3, 0.6, 0.9 and so on: each batch is counted once, no step moves the statistics,
 * and values that are not finite are not counted. */
static void test_observations_are_counted(void **state) {
    (void)state;
    struct fixture *fixture = make_fixture_of(&method_a3c, method_a3c_options, "", 0, &normalized);
    const struct network_statistics seen =
        network_observation_statistics(&normalized, fixture->trained.trainer.params);
    for (int updates = 1; updates <= 3; updates++) {
        expect_learned(fixture);
        assert_true(*seen.count == (float)(updates * BATCH));
        for (int i = 0; i < NUMBERS; i++) {
            assert_near((double)seen.means[i], 0.45 + 0.1 * i);
            assert_near((double)seen.variances[i], 0.1125);
        }
    }
    batch_floats(&fixture->trained.batch, STEP_OBSERVATION)[5] = NAN;
    assert_false(update(fixture).is_sound);
    assert_true(*seen.count == 3 * BATCH && isfinite(seen.means[2]));
    batch_floats(&fixture->trained.batch, STEP_OBSERVATION)[5] = 100.5F;
    expect_learned(fixture);
    assert_near((double)seen.means[2], 0.65 + 100.0 / 16);
    free_fixture(fixture);
}

/* For a batch of returns 0, 1, 2, 5 the deviation is the root of 3.5, and the loss's gradient with
 * respect to values, (V - R) / deviation in their units, is that over the deviation again. */
static void test_returns_are_counted(void **state) {
    (void)state;
    static const float returns[BATCH] = {0, 1, 2, 5};
    struct network_spec spec = normalized;
    float values[BATCH];
    spec.normalize_observations = false;
    struct fixture *fixture = make_fixture_of(&method_a3c, method_a3c_options, "", 0, &spec);
    struct trainer *trainer = &fixture->trained.trainer;
    const struct network_statistics seen = network_return_statistics(&spec, trainer->params);
    memcpy(batch_floats(&fixture->trained.batch, TARGETS), returns, sizeof returns);
    const void *observations = batch_bytes(&fixture->trained.batch, STEP_OBSERVATION);
    memcpy(values, trainer_forward(trainer, trainer->params, observations, BATCH).value,
           sizeof values);
    const struct update made = update(fixture);
    assert_true(made.is_sound && *seen.count == BATCH);
    assert_near((double)seen.means[0], 2);
    assert_near((double)seen.variances[0], 3.5);
    double loss = 0;
    for (int i = 0; i < BATCH; i++) {
        const double gap = (double)values[i] - (double)returns[i];
        assert_near((double)trainer->d_value[i], gap / 3.5);
        loss += gap * gap / 3.5 / 2;
    }
    assert_near(made.metrics[METRIC_VALUE_LOSS].sum, loss);
    for (int i = 0; i < 3000; i++) {
        memcpy(batch_floats(&fixture->trained.batch, TARGETS), returns, sizeof returns);
        update(fixture);
    }
    const float *learned = trainer_forward(trainer, trainer->params, observations, BATCH).value;
    for (int i = 0; i < BATCH; i++) /* values are in units of rewards */
        assert_true(fabs((double)learned[i] - (double)returns[i]) < 0.7);
    free_fixture(fixture);
}

/* Computes the advantages from the policy's gradient, A (pi - 1) of the action; pi is about
 * 1/2. */
static void test_advantages_are_normalized(void **state) {
    (void)state;
    const char *argument = "--normalize_advantages";
    static const float returns[BATCH] = {300, 200, 100, 400};
    const double expected[BATCH] = {0.3873, -0.3873, -1.1619, 1.1619};
    struct network_spec spec = normalized;
    spec.normalize_observations = spec.normalize_returns = false;
    struct fixture *fixture = make_fixture_of(&method_a3c, method_a3c_options, argument, 0, &spec);
    memcpy(batch_floats(&fixture->trained.batch, TARGETS), returns, sizeof returns);
    assert_true(update(fixture).is_sound);
    for (int i = 0; i < BATCH; i++) /* action 0 */
        assert_true(fabs((double)fixture->trained.trainer.d_action[(ptrdiff_t)2 * i] +
                         expected[i] / 2) < 0.02);
    free_fixture(fixture);
}

/* ---- Ranks ----------------------------------------------------------------------------------- */

/* A second rank that has the same share, and these numbers behind its gradients. */
struct other_rank {
    float unsound, flag;
    const double *reals; /* that it adds to the first rank's; NULL: the same ones */
    bool is_dead;
    int calls; /* pieces of the gradients so far */
    int moves, steps;
};

/* The first piece has the numbers behind the gradients. */
static bool add_other_rank(void *context, float *numbers, size_t count) {
    struct other_rank *other = context;
    for (size_t i = 0; i < count; i++)
        numbers[i] *= 2;
    if (other->calls++ == 0) {
        numbers[count - 2] += other->unsound;
        numbers[count - 1] += other->flag;
    }
    return !other->is_dead;
}

static void move_on(void *context) {
    ((struct other_rank *)context)->moves++;
}

static bool finish_sums(void *context) {
    struct other_rank *other = context;
    assert_true(other->calls > 0);
    other->calls = 0;
    other->steps++;
    return !other->is_dead;
}

static bool add_other_reals(void *context, double *numbers, size_t count) {
    const struct other_rank *other = context;
    for (size_t i = 0; i < count; i++)
        numbers[i] += other->reals ? other->reals[i] : numbers[i];
    return !other->is_dead;
}

static void join(struct fixture *fixture, struct other_rank *other) {
    fixture->trained.trainer.request.ranks = (struct trainer_ranks){.count = 2,
                                                                    .begin_sum = add_other_rank,
                                                                    .move_on = move_on,
                                                                    .finish_sums = finish_sums,
                                                                    .sum_reals = add_other_reals,
                                                                    .context = other};
}

static struct fixture *make_rank(const struct method *method, const struct option_part *options,
                                 struct other_rank *other) {
    struct fixture *fixture = make_fixture(method, options, 0);
    join(fixture, other);
    return fixture;
}

/* Two ranks with the same share learn the same as one rank alone if the loss is a mean; if it is a
 * sum, they have twice the gradient. */
static void test_ranks_add_up(void **state) {
    (void)state;
    struct other_rank other = {0};
    struct fixture *alone = make_fixture(&method_qn, method_qn_options, 0);
    struct fixture *rank = make_rank(&method_qn, method_qn_options, &other);
    assert_true(update(alone).is_sound && update(rank).is_sound);
    assert_memory_equal(rank->trained.trainer.params, alone->trained.trainer.params,
                        alone->trained.trainer.param_count * sizeof(float));
    free_fixture(alone);
    free_fixture(rank);
    alone = make_fixture(&method_a3c, method_a3c_options, 0);
    rank = make_rank(&method_a3c, method_a3c_options, &other);
    assert_true(update(rank).gradient_norm == 2 * update(alone).gradient_norm);
    assert_true(trainer_mean(&rank->trained.trainer, 1.5) == 1.5);
    assert_int_equal(other.steps, 2);
    free_fixture(alone);
    free_fixture(rank);
}

/* An unsound update of one rank makes all skip the step, and all ranks get a rank's flag. */
static void test_ranks_decide_alike(void **state) {
    (void)state;
    struct other_rank other = {0};
    struct fixture *rank = make_rank(&method_a3c, method_a3c_options, &other);
    expect_learned(rank);
    other.unsound = 1;
    expect_skipped(rank);
    other = (struct other_rank){.flag = 1};
    assert_true(update(rank).is_flagged);
    other.flag = 0;
    assert_false(update(rank).is_flagged);
    rank->trained.trainer.flag = true;
    assert_true(update(rank).is_flagged);
    batch_floats(&rank->trained.batch, TARGETS)[2] = NAN;
    other.steps = 0;
    expect_skipped(rank); /* which the other ranks must get */
    assert_int_equal(other.steps, 1);
    batch_floats(&rank->trained.batch, TARGETS)[2] = 1;
    other.is_dead = true;
    float *before = copy_learned(&rank->trained.trainer);
    assert_true(update(rank).is_lost);
    assert_false(has_learned(&rank->trained.trainer, before));
    free(before);
    free_fixture(rank);
}

/* Statistics are those of both ranks' returns: 0, 1, 2, 5 of one, 10, 20, 30, 40 of the other,
 * which sends sums of gaps to the mean so far. The same for observations, equal in both ranks. */
static void test_ranks_count_together(void **state) {
    (void)state;
    static const float returns[BATCH] = {0, 1, 2, 5};
    static const double first[] = {100, 3000, BATCH};
    static const double second[] = {100 - 4 * 13.5, 3000 - 2 * 13.5 * 100 + 4 * 13.5 * 13.5, BATCH};
    struct other_rank other = {.reals = first};
    struct network_spec spec = normalized;
    spec.normalize_observations = false;
    struct fixture *fixture = make_fixture_of(&method_a3c, method_a3c_options, "", 0, &spec);
    struct network_statistics seen =
        network_return_statistics(&spec, fixture->trained.trainer.params);
    join(fixture, &other);
    for (int updates = 1; updates <= 2; updates++) {
        memcpy(batch_floats(&fixture->trained.batch, TARGETS), returns, sizeof returns);
        expect_learned(fixture);
        assert_true(*seen.count == (float)(updates * 2 * BATCH));
        assert_near((double)seen.means[0], 13.5);
        assert_near((double)seen.variances[0], 196.5);
        other.reals = second;
    }
    other.is_dead = true;
    assert_true(update(fixture).is_lost && *seen.count == 4 * BATCH);
    free_fixture(fixture);
    other = (struct other_rank){0};
    spec = normalized;
    spec.normalize_returns = false;
    fixture = make_fixture_of(&method_a3c, method_a3c_options, "", 0, &spec);
    seen = network_observation_statistics(&spec, fixture->trained.trainer.params);
    join(fixture, &other);
    expect_learned(fixture);
    assert_true(*seen.count == 2 * BATCH);
    assert_near((double)seen.means[1], 0.55);
    assert_near((double)seen.variances[1], 0.1125);
    free_fixture(fixture);
}

/* ---- Minibatches ----------------------------------------------------------------------------- */

enum { EPOCHS = 2, ROWS = 3 };

/* Which batch rows the minibatches had, in their order. */
static struct {
    float rows[EPOCHS * BATCH];
    int count;
    int sizes[EPOCHS * BATCH];
    int size_count;
} seen;

static int minibatch_of_three(const struct method_config *config) {
    (void)config;
    return ROWS;
}

static int minibatch_of_two(const struct method_config *config) {
    (void)config;
    return 2;
}

static void learn_in_epochs(struct trainer *trainer, struct batch *batch, struct update *update) {
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        const struct batch *minibatch;
        trainer_shuffle(trainer, batch->count);
        for (int first = 0; (minibatch = trainer_minibatch(trainer, batch, first));
             first += minibatch->count) {
            seen.sizes[seen.size_count++] = minibatch->count;
            for (int i = 0; i < minibatch->count; i++) {
                seen.rows[seen.count++] = batch_floats(minibatch, TARGETS)[i];
                trainer->d_action[2 * i] = 0.1F;
            }
            trainer_forward(trainer, trainer->params, batch_bytes(minibatch, STEP_OBSERVATION),
                            minibatch->count);
            if (!trainer_step(trainer, minibatch->count, update))
                return;
        }
    }
}

/* Each epoch has every row once, in its own order, which follows from the saved state. */
static void test_minibatches(void **state) {
    (void)state;
    struct method method = method_a3c;
    method.minibatch = minibatch_of_three;
    method.update = learn_in_epochs;
    struct fixture *fixture = make_fixture(&method, method_a3c_options, 0);
    for (int i = 0; i < BATCH; i++)
        batch_floats(&fixture->trained.batch, TARGETS)[i] = (float)i;
    memset(&seen, 0, sizeof seen);
    update(fixture);
    assert_int_equal(fixture->beats, 4);
    const int sizes[] = {3, 1, 3, 1};
    assert_memory_equal(seen.sizes, sizes, sizeof sizes);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        int rows = 0;
        for (int i = 0; i < BATCH; i++)
            rows |= 1 << (int)seen.rows[epoch * BATCH + i];
        assert_int_equal(rows, 15);
    }
    const struct trainer_kept kept = fixture->trained.trainer.kept;
    memset(&seen, 0, sizeof seen);
    update(fixture);
    float again[EPOCHS * BATCH];
    memcpy(again, seen.rows, sizeof again);
    free_fixture(fixture);
    fixture = make_fixture(&method, method_a3c_options, 0);
    for (int i = 0; i < BATCH; i++)
        batch_floats(&fixture->trained.batch, TARGETS)[i] = (float)i;
    fixture->trained.trainer.kept = kept;
    memset(&seen, 0, sizeof seen);
    update(fixture);
    assert_memory_equal(again, seen.rows, sizeof again);
    free_fixture(fixture);
}

/* Rows of a sequence stay together; its length divides batches and minibatches. */
static void test_sequences(void **state) {
    (void)state;
    struct method method = method_a3c;
    method.minibatch = minibatch_of_two;
    struct network_spec spec = normalized;
    spec.lstm = 3;
    struct fixture *fixture = make_fixture_of(&method, method_a3c_options, "", 0, &spec);
    struct trainer *trainer = &fixture->trained.trainer;
    assert_int_equal(trainer->sequence_steps, 2); /* n_step is 5, a batch has 4 */
    int orders[2] = {0};
    for (int i = 0; i < 100; i++) {
        trainer_shuffle(trainer, BATCH);
        const int first = trainer->order[0];
        assert_true(first == 0 || first == 2);
        const int32_t expected[] = {first, first + 1, 2 - first, 3 - first};
        assert_memory_equal(trainer->order, expected, sizeof expected);
        orders[first / 2]++;
    }
    assert_true(orders[0] > 20 && orders[1] > 20);
    free_fixture(fixture);
    fixture = make_fixture(&method_a3c, method_a3c_options, 0);
    assert_int_equal(fixture->trained.trainer.sequence_steps, 1);
    free_fixture(fixture);
}

/* The output for a row depends on the rows before it in its segment, and at a segment's start on
 * the state there. */
static void test_memory(void **state) {
    (void)state;
    struct network_spec spec = normalized;
    spec.lstm = 3;
    struct fixture *fixture = make_fixture_of(&method_a3c, method_a3c_options, "", 0, &spec);
    struct trainer *trainer = &fixture->trained.trainer;
    const struct batch *batch = &fixture->trained.batch;
    float *states = batch_floats(batch, fixture->trained.layout.state_field);
    uint8_t *starts = batch_bytes(batch, fixture->trained.layout.start_field);
    float values[BATCH];
    assert_int_equal(trainer->sequence_steps, BATCH);
    starts[0] = starts[2] = 1;
    memcpy(values, trainer_forward_batch(trainer, batch).value, sizeof values);
    states[6 * 2] = 0.5F; /* of row 2 */
    states[6 * 1] = 0.5F; /* of row 1, which is not read */
    const float *now = trainer_forward_batch(trainer, batch).value;
    assert_true(now[0] == values[0] && now[1] == values[1]);
    assert_true(now[2] != values[2] && now[3] != values[3]);
    memcpy(values, now, sizeof values);
    batch_floats(batch, STEP_OBSERVATION)[0] = 2;
    now = trainer_forward_batch(trainer, batch).value;
    assert_true(now[0] != values[0] && now[1] != values[1]);
    assert_true(now[2] == values[2] && now[3] == values[3]);
    expect_learned(fixture);
    free_fixture(fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_q),
        cmocka_unit_test(test_explained_variance),
        cmocka_unit_test(test_explained_variance_is_not_rounding),
        cmocka_unit_test(test_observations_are_counted),
        cmocka_unit_test(test_returns_are_counted),
        cmocka_unit_test(test_advantages_are_normalized),
        cmocka_unit_test(test_ranks_add_up),
        cmocka_unit_test(test_ranks_decide_alike),
        cmocka_unit_test(test_ranks_count_together),
        cmocka_unit_test(test_minibatches),
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
