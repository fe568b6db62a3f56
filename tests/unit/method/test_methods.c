/* Each method's functions against numbers worked out by hand: act, close, update. */
#include "method_fixture.h"

enum { STEPS = 3, ACTIONS = 3, NUMBERS = 2, TARGETS = STEP_OWN };

#define ROW(id, summary) {#id, &method_##id, method_##id##_options},
static const struct {
    const char *name;
    const struct method *method;
    const struct option_part *options;
} methods[] = {METHODS(ROW)};
enum { METHOD_COUNT = sizeof methods / sizeof methods[0] };

/* The defaults of a method's options. */
static struct method_config default_config(const char *name) {
    struct method_config config = {0};
    for (int i = 0; i < METHOD_COUNT; i++)
        if (strcmp(methods[i].name, name) == 0)
            set_method_options(&config, methods[i].options, "");
    config.gamma = 0.5;
    return config;
}

/* Sets an option of a method. */
static void set_option(struct method_config *config, const struct option_part *options,
                       char *argument) {
    struct error error;
    struct option table[OPTION_MAX_COUNT + 1];
    int count;
    assert_int_equal(options_compose(table, options, NULL, &error), STATUS_OK);
    assert_int_equal(options_parse(table, 1, &argument, config, NULL, NULL, 0, &count, &error),
                     STATUS_OK);
}

/* ---- The table ------------------------------------------------------------------------------- */

static void test_table(void **state) {
    (void)state;
    assert_null(method_find("a4c"));
    for (int i = 0; i < METHOD_COUNT; i++) {
        const struct method *method = method_find(methods[i].name);
        assert_ptr_equal(method, methods[i].method);
        assert_string_equal(method->name, methods[i].name);
    }
}

/* Every list begins with the fields that the actor fills, and a field behind cut steps comes after
 * them. */
static void check_fields(const struct step_field *fields) {
    assert_string_equal(fields[STEP_OBSERVATION].name, "observations");
    assert_string_equal(fields[STEP_ACTION].name, "actions");
    assert_int_equal(fields[STEP_ACTION].bytes, sizeof(int32_t));
    assert_string_equal(fields[STEP_REWARD].name, "rewards");
    assert_int_equal(fields[STEP_REWARD].bytes, sizeof(float));
    int count = 0;
    bool has_cut = false;
    for (; fields[count].name; count++) {
        assert_true(fields[count].kind != FIELD_CUT_NEXT || has_cut);
        has_cut = has_cut || fields[count].kind == FIELD_CUT;
    }
    assert_in_range(count, STEP_OWN, STEP_MAX_FIELDS - 1);
}

static void test_fields(void **state) {
    (void)state;
    for (int i = 0; i < METHOD_COUNT; i++) {
        const struct method_config config = default_config(methods[i].name);
        check_fields(methods[i].method->fields(&config));
    }
    struct method_config config = default_config("a3c");
    char vtrace[] = "--vtrace";
    set_option(&config, method_a3c_options, vtrace);
    check_fields(method_a3c.fields(&config));
}

/* Segments that wait in the checkpoints of earlier builds have these offsets. */
static void test_old_segments(void **state) {
    (void)state;
    static const char *const names[] = {"a3c", "q1", "qn", "sarsa"};
    for (int i = 0; i < 4; i++) {
        const struct method_config config = default_config(names[i]);
        struct step_layout layout;
        step_layout_make(&layout, method_find(names[i])->fields(&config), 16,
                         &(struct step_sizes){.observation = 100, .news = 100});
        assert_int_equal(layout.offsets[STEP_OBSERVATION], 64);
        assert_int_equal(layout.offsets[STEP_ACTION], 64 + 1728); /* 17 observations */
        assert_int_equal(layout.offsets[STEP_REWARD], 64 + 1728 + 128);
        assert_int_equal(layout.offsets[TARGETS], 64 + 1728 + 128 + 64);
        assert_int_equal(layout.segment_bytes, 64 + 1728 + 128 + 64 + 64);
    }
}

static void test_checks(void **state) {
    (void)state;
    struct error error;
    struct method_config config = default_config("q1");
    assert_int_equal(method_check(&method_q1, &config, NETWORK_MAX_BATCH, &error), STATUS_OK);
    assert_int_equal(method_check(&method_q1, &config, NETWORK_MAX_BATCH + 1, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--batch_size=4097 is more than 4096"));
    static char *const wrong[] = {"--eps_final=", "--eps_final=0.1,", "--eps_final=2",
                                  "--eps_final=0.1;0.2", "--eps_final=0.1,-0.1"};
    for (int i = 0; i < 5; i++) {
        char argument[64];
        snprintf(argument, sizeof argument, "%s", wrong[i]);
        set_option(&config, method_q1_options, argument);
        assert_int_equal(method_check(&method_q1, &config, 20, &error), STATUS_BAD_INPUT);
        assert_non_null(strstr(error.message, "--eps_final takes up to 64 numbers"));
    }
}

/* Actors end with the numbers of --eps_final in turn. */
static void test_epsilon(void **state) {
    (void)state;
    assert_null(method_a3c.epsilon);
    struct method_config config = default_config("qn");
    char argument[] = "--eps_decay=1000";
    set_option(&config, method_qn_options, argument);
    const double ends[] = {0.1, 0.01, 0.5, 0.1};
    for (int actor = 0; actor < 4; actor++) {
        assert_near(method_qn.epsilon(&config, actor, 0), 1);
        assert_near(method_qn.epsilon(&config, actor, 500), (1 + ends[actor]) / 2);
        assert_near(method_qn.epsilon(&config, actor, 5000), ends[actor]);
    }
}

/* Schedules follow the run's length: epsilon falls over a tenth of it. */
static void test_schedules_follow_the_run(void **state) {
    (void)state;
    struct method_config config = default_config("qn");
    char argument[] = "--eps_decay=0";
    set_option(&config, method_qn_options, argument);
    assert_near(method_qn.epsilon(&config, 0, 500000), 0.55); /* no end: 10 million */
    config.run_steps = 20000;
    assert_near(method_qn.epsilon(&config, 0, 1000), 0.55);
    assert_int_equal(method_schedule_steps(&config, 0), 20000);
    assert_int_equal(method_schedule_steps(&config, 300), 300);
}

/* ---- Actors ---------------------------------------------------------------------------------- */

struct slot {
    struct method_config config;
    struct step_layout layout;
    struct segment *segment;
    struct rng rng;
    float scratch[ACTIONS];
    struct acting acting;
};

/* A segment of three steps with rewards 1, 2, 3, and the outputs after it. */
static void open_slot(struct slot *slot, const char *name, const float *output, float value) {
    slot->config = default_config(name);
    step_layout_make(&slot->layout, method_find(name)->fields(&slot->config), STEPS,
                     &(struct step_sizes){.observation = NUMBERS, .news = NUMBERS});
    slot->segment = calloc(1, slot->layout.segment_bytes);
    assert_non_null(slot->segment);
    slot->segment->length = STEPS;
    for (int i = 0; i < STEPS; i++)
        segment_floats(slot->segment, &slot->layout, STEP_REWARD)[i] = (float)i + 1;
    rng_seed(&slot->rng, 1, 0);
    slot->acting = (struct acting){
        .config = &slot->config,
        .layout = &slot->layout,
        .segment = slot->segment,
        .step = STEPS,
        .actions = ACTIONS,
        .policy = distribution_of(false, NULL),
        .output = output,
        .value = value,
        .rng = &slot->rng,
        .scratch = slot->scratch,
    };
}

static int32_t chosen(const struct method *method, const struct slot *slot) {
    method->act(&slot->acting);
    return *(const int32_t *)acting_action(&slot->acting);
}

static void expect_targets(const struct slot *slot, const float *expected) {
    const float *targets = segment_floats(slot->segment, &slot->layout, TARGETS);
    for (int i = 0; i < STEPS; i++)
        assert_near((double)targets[i], (double)expected[i]);
}

/* With gamma 1/2 and a next value of 8: 3 + 4, 2 + 7/2, 1 + 11/4; without: 3, 2 + 3/2, ... */
static void test_n_step_methods(void **state) {
    (void)state;
    const float goes_on[] = {3.75F, 5.5F, 7};
    const float ended[] = {2.75F, 3.5F, 3};
    const float q[] = {1, 8, 2};
    static const char *const names[] = {"a3c", "qn"};
    for (int i = 0; i < 2; i++) {
        const struct method *method = method_find(names[i]);
        struct slot slot;
        open_slot(&slot, names[i], q, 8);
        assert_int_equal(method->close(&slot.acting), NO_ACTION);
        expect_targets(&slot, goes_on);
        slot.acting.output = NULL;
        assert_int_equal(method->close(&slot.acting), NO_ACTION);
        expect_targets(&slot, ended);
        free(slot.segment);
    }
}

static void test_sarsa_chooses_next(void **state) {
    (void)state;
    const float q[] = {1, 2, 8};
    struct slot slot;
    open_slot(&slot, "sarsa", q, 0);
    const int32_t *last = segment_at(slot.segment, &slot.layout, STEP_ACTION, STEPS);
    assert_int_equal(method_sarsa.close(&slot.acting), 2);
    assert_int_equal(*last, 2);
    slot.acting.output = NULL;
    assert_int_equal(method_sarsa.close(&slot.acting), NO_ACTION);
    assert_int_equal(*last, 0);
    free(slot.segment);
}

/* Probabilities 1/8, 5/8, 2/8. */
static void test_policy_samples(void **state) {
    (void)state;
    enum { DRAWS = 8000 };
    const float logits[] = {0, logf(5), logf(2)};
    const double expected[] = {1000, 5000, 2000};
    int counts[ACTIONS] = {0};
    struct slot slot;
    open_slot(&slot, "a3c", logits, 0);
    slot.acting.step = 0;
    for (int i = 0; i < DRAWS; i++)
        counts[chosen(&method_a3c, &slot)]++;
    for (int i = 0; i < ACTIONS; i++)
        assert_true(fabs(counts[i] - expected[i]) < 200);
    free(slot.segment);
}

static void test_q_is_greedy(void **state) {
    (void)state;
    const float q[] = {1, 2, 8};
    int counts[ACTIONS] = {0};
    struct slot slot;
    open_slot(&slot, "q1", q, 0);
    slot.acting.step = 0;
    for (int i = 0; i < 100; i++)
        assert_int_equal(chosen(&method_q1, &slot), 2);
    slot.acting.epsilon = 1;
    for (int i = 0; i < 300; i++)
        counts[chosen(&method_q1, &slot)]++;
    for (int i = 0; i < ACTIONS; i++)
        assert_in_range(counts[i], 50, 150);
    free(slot.segment);
}

/* ---- Updates --------------------------------------------------------------------------------- */

enum { BATCH = 2 };

struct fixture {
    struct trained trained;
    float *frozen;
};

/* Makes a network's output constant. */
static void set_bias(const struct network_spec *network, float *params, const char *name,
                     const float *values) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    const int count = network_tensors(network, params, views);
    for (int i = 0; i < count; i++)
        if (strcmp(views[i].name, name) == 0)
            memcpy(views[i].data, values, (size_t)views[i].shape[0] * sizeof *values);
}

/* Two steps with actions 0 and 1, rewards 1 and 2; the second may end its game. option: of a3c, or
 * NULL. */
static void open_fixture_with(struct fixture *fixture, const char *name, char *option, int actions,
                              bool is_terminated) {
    *fixture = (struct fixture){.trained.config = default_config(name)};
    if (option)
        set_option(&fixture->trained.config, method_a3c_options, option);
    trained_open(&fixture->trained, method_find(name), NUMBERS, actions, STEPS, BATCH);
    fixture->frozen = calloc(fixture->trained.trainer.param_count, sizeof(float));
    assert_non_null(fixture->frozen);
    struct segment *segment = calloc(1, fixture->trained.layout.segment_bytes);
    assert_non_null(segment);
    segment->length = BATCH;
    segment->end = is_terminated ? SEGMENT_TERMINATED : SEGMENT_TRUNCATED;
    for (int i = 0; i < BATCH; i++) {
        *(int32_t *)segment_at(segment, &fixture->trained.layout, STEP_ACTION, i) = i;
        *(float *)segment_at(segment, &fixture->trained.layout, STEP_REWARD, i) = (float)i + 1;
    }
    assert_int_equal(batch_add(&fixture->trained.batch, segment, 0), BATCH);
    free(segment);
}

static void open_fixture(struct fixture *fixture, const char *name, int actions) {
    open_fixture_with(fixture, name, NULL, actions, true);
}

static void close_fixture(struct fixture *fixture) {
    trained_close(&fixture->trained);
    free(fixture->frozen);
}

static void expect_metric(const struct update *update, enum metric metric, double sum,
                          double weight) {
    assert_near(update->metrics[metric].sum, sum);
    assert_near(update->metrics[metric].weight, weight);
}

/* Both actions are equally likely and V is 1/2; returns are 3/2 and 1/2. */
static void test_a3c_update(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "a3c", 2);
    char beta[] = "--value_coef=0.5";
    set_option(&fixture.trained.config, method_a3c_options, beta);
    const float value = 0.5F;
    set_bias(&fixture.trained.network, fixture.trained.trainer.params, "value/bias", &value);
    batch_floats(&fixture.trained.batch, TARGETS)[0] = 1.5F;
    batch_floats(&fixture.trained.batch, TARGETS)[1] = 0.5F;
    const struct update update =
        trainer_update(&fixture.trained.trainer, &fixture.trained.batch, fixture.frozen, 0.001);
    assert_true(update.is_sound);
    expect_metric(&update, METRIC_POLICY_LOSS, log(2), 2);
    expect_metric(&update, METRIC_VALUE_LOSS, 0.25, 2);
    expect_metric(&update, METRIC_ENTROPY, 2 * log(2), 2);
    expect_metric(&update, METRIC_VALUE, 1, 2);
    expect_metric(&update, METRIC_EXPLAINED_VARIANCE, 0, 1);
    assert_near((double)fixture.trained.trainer.d_value[0], -0.5);
    assert_near((double)fixture.trained.trainer.d_value[1], 0);
    assert_near((double)fixture.trained.trainer.d_action[0], -0.5); /* p - 1, times the advantage */
    assert_near((double)fixture.trained.trainer.d_action[1], 0.5);
    assert_int_equal(fixture.trained.trainer.optimizer.steps, 1);
    close_fixture(&fixture);
}

/* V-trace: the actor's probabilities of its actions were 1/4 and 1; both are 1/2 now. So the ratios
 * are 2, truncated to 1, and 1/2. V is 1/2. */
static void check_vtrace(bool is_terminated, double last_advantage) {
    struct fixture fixture;
    char vtrace[] = "--vtrace";
    open_fixture_with(&fixture, "a3c", vtrace, 2, is_terminated);
    const float value = 0.5F;
    set_bias(&fixture.trained.network, fixture.trained.trainer.params, "value/bias", &value);
    for (int i = 0; i < fixture.trained.layout.field_count; i++)
        if (strcmp(fixture.trained.layout.fields[i].name, "log_probabilities") == 0)
            batch_floats(&fixture.trained.batch, i)[0] = logf(0.25F);
    const struct update update =
        trainer_update(&fixture.trained.trainer, &fixture.trained.batch, fixture.frozen, 0.001);
    assert_true(update.is_sound);
    const double last_target = 0.5 + last_advantage;
    const double advantage = 1 + last_target / 2 - 0.5;
    assert_near((double)batch_floats(&fixture.trained.batch, TARGETS)[1], last_target);
    assert_near((double)batch_floats(&fixture.trained.batch, TARGETS)[0], 0.5 + advantage);
    expect_metric(&update, METRIC_POLICY_LOSS, log(2) * (advantage + last_advantage), 2);
    expect_metric(&update, METRIC_VALUE_LOSS,
                  (advantage * advantage + last_advantage * last_advantage) / 2, 2);
    assert_near((double)fixture.trained.trainer.d_value[0], -advantage);
    assert_near((double)fixture.trained.trainer.d_value[1], -last_advantage);
    assert_int_equal(fixture.trained.trainer.optimizer.steps, 1);
    close_fixture(&fixture);
}

static void test_vtrace_update(void **state) {
    (void)state;
    check_vtrace(true, (2 - 0.5) / 2);
    check_vtrace(false, (2 + 0.5 / 2 - 0.5) / 2);
}

/* The actor records log 5/8 beside action 1. */
static void test_vtrace_records_probabilities(void **state) {
    (void)state;
    const float logits[] = {-100, logf(5), logf(3)};
    struct slot slot;
    char vtrace[] = "--vtrace";
    open_slot(&slot, "a3c", logits, 0);
    free(slot.segment);
    set_option(&slot.config, method_a3c_options, vtrace);
    step_layout_make(&slot.layout, method_a3c.fields(&slot.config), STEPS,
                     &(struct step_sizes){.observation = NUMBERS, .news = NUMBERS});
    slot.acting.segment = slot.segment = calloc(1, slot.layout.segment_bytes);
    assert_non_null(slot.segment);
    for (slot.acting.step = 0; slot.acting.step < STEPS; slot.acting.step++) {
        const int32_t action = chosen(&method_a3c, &slot);
        const float *noted = segment_at(slot.segment, &slot.layout, STEP_OWN + 1, slot.acting.step);
        assert_near((double)*noted, action == 1 ? log(5.0 / 8) : log(3.0 / 8));
    }
    free(slot.segment);
}

/* Q is 5, 2 for the learning network and 1, 3 for the frozen one; gamma is 1/2. */
static void check_q(const char *name, char *option, int next_action, float target) {
    const float q[] = {5, 2};
    const float frozen[] = {1, 3};
    struct fixture fixture;
    open_fixture(&fixture, name, 2);
    if (option)
        set_option(&fixture.trained.config, method_q1_options, option);
    set_bias(&fixture.trained.network, fixture.trained.trainer.params, "q/bias", q);
    set_bias(&fixture.trained.network, fixture.frozen, "q/bias", frozen);
    for (int i = 0; i < fixture.trained.layout.field_count; i++)
        if (strcmp(fixture.trained.layout.fields[i].name, "next_actions") == 0)
            batch_ints(&fixture.trained.batch, i)[0] = next_action;
    if (strcmp(name, "qn") == 0) {
        batch_floats(&fixture.trained.batch, TARGETS)[0] = target;
        batch_floats(&fixture.trained.batch, TARGETS)[1] = 2;
    }
    const struct update update =
        trainer_update(&fixture.trained.trainer, &fixture.trained.batch, fixture.frozen, 0.001);
    assert_true(update.is_sound);
    assert_near((double)batch_floats(&fixture.trained.batch, TARGETS)[0], (double)target);
    assert_near((double)batch_floats(&fixture.trained.batch, TARGETS)[1], 2);
    const double gap = (double)target - 5; /* the other one's is 0 */
    expect_metric(&update, METRIC_Q_LOSS, BATCH * gap * gap / 4, BATCH);
    expect_metric(&update, METRIC_Q_VALUE, 10, BATCH);
    assert_near((double)fixture.trained.trainer.d_action[0], -2 * gap / 4);
    assert_near((double)fixture.trained.trainer.d_action[1], 0);
    assert_int_equal(fixture.trained.trainer.optimizer.steps, 1);
    close_fixture(&fixture);
}

static void test_q_updates(void **state) {
    (void)state;
    char double_q[] = "--double_q";
    check_q("q1", NULL, 0, 2.5F);     /* 1 + 3/2 */
    check_q("q1", double_q, 1, 1.5F); /* 1 + 1/2: the learning network prefers action 0 */
    check_q("sarsa", NULL, 1, 2.5F);
    check_q("sarsa", NULL, 0, 1.5F);
    check_q("qn", NULL, 0, 7);
}

/* Q is 5 and 2, targets are 5/2 and 2: an error of 5/2. */
static void check_q_loss(const char *option, const char *more, double loss, double slope) {
    struct fixture fixture;
    char first[32];
    char second[32];
    const float q[] = {5, 2};
    const float frozen[] = {1, 3};
    open_fixture(&fixture, "q1", 2);
    snprintf(first, sizeof first, "%s", option);
    snprintf(second, sizeof second, "%s", more);
    set_option(&fixture.trained.config, method_q1_options, first);
    set_option(&fixture.trained.config, method_q1_options, second);
    set_bias(&fixture.trained.network, fixture.trained.trainer.params, "q/bias", q);
    set_bias(&fixture.trained.network, fixture.frozen, "q/bias", frozen);
    const struct update update =
        trainer_update(&fixture.trained.trainer, &fixture.trained.batch, fixture.frozen, 0.001);
    expect_metric(&update, METRIC_Q_LOSS, BATCH * loss, BATCH);
    assert_near((double)fixture.trained.trainer.d_action[0], slope);
    close_fixture(&fixture);
}

static void test_q_losses(void **state) {
    (void)state;
    check_q_loss("--mean_over_samples", "--huber=0", 6.25 / 2, 2.5);
    check_q_loss("--mean_over_samples", "--huber=2", 2 * (2.5 - 1) / 2, 1);
    check_q_loss("--mean_over_samples=false", "--huber=2", 2 * (2.5 - 1) / 4, 0.5);
}

/* ---- Soundness ------------------------------------------------------------------------------- */

static void test_sound(void **state) {
    (void)state;
    struct update update = {0};
    assert_true(update_is_sound(&update));
    update_add(&update, METRIC_POLICY_LOSS, -1e30, 4);
    update_add(&update, METRIC_VALUE_LOSS, 1e300, 4);
    update.gradient_norm = 1e18;
    assert_true(update_is_sound(&update));
    assert_true(update_loss(&update) > 9e299);
    update.gradient_norm = 1e19; /* its squares overflow a float */
    assert_false(update_is_sound(&update));
}

static void test_unsound(void **state) {
    (void)state;
    const double worst[] = {NAN, -NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 4; i++) {
        for (int metric = 0; metric < METRIC_COUNT; metric++) {
            struct update update = {0};
            update_add(&update, (enum metric)metric, worst[i], 1);
            assert_false(update_is_sound(&update));
        }
    }
    assert_false(update_is_sound(&(struct update){.gradient_norm = NAN}));
    assert_false(update_is_sound(&(struct update){.gradient_norm = INFINITY}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_old_segments),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_epsilon),
        cmocka_unit_test(test_schedules_follow_the_run),
        cmocka_unit_test(test_n_step_methods),
        cmocka_unit_test(test_sarsa_chooses_next),
        cmocka_unit_test(test_policy_samples),
        cmocka_unit_test(test_q_is_greedy),
        cmocka_unit_test(test_a3c_update),
        cmocka_unit_test(test_vtrace_update),
        cmocka_unit_test(test_vtrace_records_probabilities),
        cmocka_unit_test(test_q_updates),
        cmocka_unit_test(test_q_losses),
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_unsound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
