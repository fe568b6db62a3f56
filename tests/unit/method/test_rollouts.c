/* Methods with several passes over a rollout, ppo and pqn, against numbers worked out by hand: the
 * fields that an actor records, and when an update stops, steps and steers. */
#include "method_fixture.h"

enum { STEPS = 4, ACTIONS = 2, NUMBERS = 2 };

struct fixture {
    struct trained trained;
    struct segment *segment;
    struct rng rng;
    float scratch[ACTIONS];
};

/* A trainer whose network outputs 0, and an empty segment. gaussian: actions are continuous, of two
 * numbers. */
static void open_kind(struct fixture *fixture, const struct method *method,
                      const struct option_part *parts, const char *options, bool gaussian) {
    struct network_spec network = spec_on_vectors(method->heads, NUMBERS, ACTIONS);
    network.gaussian = gaussian;
    memset(fixture, 0, sizeof *fixture);
    set_method_options(&fixture->trained.config, parts, options);
    trained_open_network(&fixture->trained, method, &network, STEPS, STEPS,
                         (struct trainer_request){0});
    rng_seed(&fixture->rng, 1, 0);
    fixture->segment = calloc(1, fixture->trained.layout.segment_bytes);
    assert_non_null(fixture->segment);
}

static void open_fixture(struct fixture *fixture, const struct method *method,
                         const struct option_part *parts, const char *options) {
    open_kind(fixture, method, parts, options, false);
}

static void close_fixture(struct fixture *fixture) {
    trained_close(&fixture->trained);
    free(fixture->segment);
}

static struct acting acting_in(struct fixture *fixture, const float *output, float value) {
    return (struct acting){.config = &fixture->trained.config,
                           .layout = &fixture->trained.layout,
                           .segment = fixture->segment,
                           .step = fixture->segment->length,
                           .actions = ACTIONS,
                           .policy = distribution_of(fixture->trained.network.gaussian, NULL),
                           .output = output,
                           .value = value,
                           .rng = &fixture->rng,
                           .scratch = fixture->scratch};
}

/* Plays steps with rewards 1, 2, 3, 4 and these outputs of the network; next: the outputs after
 * them, NULL at an end. */
static void play(struct fixture *fixture, const float *output, float value, const float *next,
                 float next_value) {
    const struct method *method = fixture->trained.trainer.request.method;
    for (int i = 0; i < STEPS; i++) {
        const struct acting acting = acting_in(fixture, output, value);
        method->act(&acting);
        *(float *)segment_at(fixture->segment, &fixture->trained.layout, STEP_REWARD, i) =
            (float)i + 1;
        fixture->segment->length++;
    }
    const struct acting end = acting_in(fixture, next, next_value);
    assert_int_equal(method->close(&end), NO_ACTION);
    fixture->segment->end = next ? SEGMENT_GOES_ON : SEGMENT_TERMINATED;
    assert_int_equal(batch_add(&fixture->trained.batch, fixture->segment, 0), STEPS);
}

static int field_of(const struct fixture *fixture, const char *name) {
    for (int i = 0; i < fixture->trained.layout.field_count; i++)
        if (strcmp(fixture->trained.layout.fields[i].name, name) == 0)
            return i;
    fail_msg("no field '%s'", name);
    return 0;
}

static float *column(const struct fixture *fixture, const char *name) {
    return batch_floats(&fixture->trained.batch, field_of(fixture, name));
}

static void expect_column(const struct fixture *fixture, const char *name, const double *expected) {
    for (int i = 0; i < STEPS; i++)
        assert_near((double)column(fixture, name)[i], expected[i]);
}

static void expect_mean(const struct update *update, enum metric metric, double mean) {
    assert_near(update->metrics[metric].sum / update->metrics[metric].weight, mean);
}

/* ---- PPO ------------------------------------------------------------------------------------- */

#define PPO_OPTIONS                                                                                \
    "--gamma=0.5 --gae_lambda=0.5 --normalize_advantages=false --ent_coef=0 --minibatch_size=4 "

static void open_ppo(struct fixture *fixture, const char *options) {
    open_fixture(fixture, &method_ppo, method_ppo_options, options);
}

/* Both actions have 1/2, V is 1/2, and the game ends: delta is 3.5, 2.75, 1.75, 0.75 backwards, and
 * A that plus a quarter of the next. */
static const double advantages[STEPS] = {1.4140625, 2.65625, 3.625, 3.5};
static const double mean_advantage = 2.798828125;

static void play_ppo(struct fixture *fixture) {
    const float logits[ACTIONS] = {1, 1};
    play(fixture, logits, 0.5F, NULL, 0);
}

static void test_ppo_records(void **state) {
    (void)state;
    struct fixture fixture;
    const double values[STEPS] = {0.5, 0.5, 0.5, 0.5};
    const double log_probabilities[STEPS] = {log(0.5), log(0.5), log(0.5), log(0.5)};
    const double returns[STEPS] = {1.9140625, 3.15625, 4.125, 4};
    open_ppo(&fixture, PPO_OPTIONS);
    play_ppo(&fixture);
    expect_column(&fixture, "values", values);
    expect_column(&fixture, "log_probabilities", log_probabilities);
    expect_column(&fixture, "advantages", advantages);
    expect_column(&fixture, "returns", returns);
    close_fixture(&fixture);

    const float logits[ACTIONS] = {0, logf(3)};
    open_ppo(&fixture, PPO_OPTIONS);
    play(&fixture, logits, 0.5F, logits, 8); /* the last delta is 4 + 8/2 - 1/2 */
    assert_near((double)column(&fixture, "advantages")[STEPS - 1], 7.5);
    for (int i = 0; i < STEPS; i++)
        assert_near((double)column(&fixture, "log_probabilities")[i],
                    batch_ints(&fixture.trained.batch, STEP_ACTION)[i] ? log(0.75) : log(0.25));
    close_fixture(&fixture);
}

/* The network's V is 0, the actor's was 1/2, so the clipped value 0.4 is no worse. */
static void test_ppo_update(void **state) {
    (void)state;
    struct fixture fixture;
    open_ppo(&fixture, PPO_OPTIONS "--epochs=1");
    play_ppo(&fixture);
    const struct update update =
        trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 0.001);
    assert_true(update.is_sound);
    assert_int_equal(fixture.trained.trainer.optimizer.steps, 1);
    expect_mean(&update, METRIC_POLICY_LOSS, -mean_advantage);
    expect_mean(&update, METRIC_ENTROPY, log(2));
    expect_mean(&update, METRIC_KL, 0);
    expect_mean(&update, METRIC_CLIP_FRACTION, 0);
    expect_mean(&update, METRIC_VALUE, 0.5);
    double d_value = 0;
    for (int i = 0; i < STEPS; i++) /* 0.5 (V - R) / 4, in a random order */
        d_value += (double)fixture.trained.trainer.d_value[i];
    assert_near(d_value, -0.5 * (mean_advantage + 0.5));
    close_fixture(&fixture);
}

/* As if the actor had chosen each action with that log-probability. */
static void set_log_probabilities(const struct fixture *fixture, double log_probability) {
    for (int i = 0; i < STEPS; i++)
        column(fixture, "log_probabilities")[i] = (float)log_probability;
}

static void expect_steps(const char *options, double log_probability, int64_t steps) {
    struct fixture fixture;
    open_ppo(&fixture, options);
    play_ppo(&fixture);
    set_log_probabilities(&fixture, log_probability);
    const struct update update =
        trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 1e-6);
    assert_true(update.is_sound);
    assert_int_equal(fixture.trained.trainer.optimizer.steps, steps);
    close_fixture(&fixture);
}

/* Minibatches of 3 leave one of 1. At a ratio of 4, KL is about 3 - log 4 = 1.614. */
static void test_ppo_epochs(void **state) {
    (void)state;
    expect_steps(PPO_OPTIONS "--epochs=3 --minibatch_size=2", log(0.5), 6);
    expect_steps(PPO_OPTIONS "--epochs=2 --minibatch_size=3", log(0.5), 4);
    expect_steps(PPO_OPTIONS "--epochs=3 --target_kl=1.07", log(0.125), 0);
    expect_steps(PPO_OPTIONS "--epochs=3 --target_kl=1.08", log(0.125), 3);
}

/* By 1.5 per epoch, and within bounds, independent of the schedule. */
static void test_ppo_steers_the_learning_rate(void **state) {
    (void)state;
    struct fixture fixture;
    open_ppo(&fixture, PPO_OPTIONS "--epochs=2 --kl_lr=0.01");
    play_ppo(&fixture);
    trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 1e-6);
    assert_near(fixture.trained.trainer.kept.lr_factor, 2.25);
    trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 1e-8);
    assert_near(fixture.trained.trainer.kept.lr_factor * 1e-2,
                1.5); /* 1e-6 is the least, then up */
    set_log_probabilities(&fixture, log(0.125));
    trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 1e-8);
    assert_near(fixture.trained.trainer.kept.lr_factor * 1e-2, 1);
    close_fixture(&fixture);
}

/* A batch that is left because its policy is too far steers, too: the learning rate would otherwise
 * rise after whole epochs and never fall. */
static void test_ppo_steers_when_it_leaves(void **state) {
    (void)state;
    struct fixture fixture;
    open_ppo(&fixture, PPO_OPTIONS "--epochs=2 --minibatch_size=2 --kl_lr=0.01 --target_kl=0.01");
    play_ppo(&fixture);
    set_log_probabilities(&fixture, log(0.125));
    trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 1e-3);
    assert_int_equal(fixture.trained.trainer.optimizer.steps, 0);
    assert_near(fixture.trained.trainer.kept.lr_factor, 1 / 1.5);
    close_fixture(&fixture);
}

/* A run that is resumed without --kl_lr has its schedule's learning rate. */
static void test_ppo_stops_steering(void **state) {
    (void)state;
    struct fixture fixture;
    open_ppo(&fixture, PPO_OPTIONS "--epochs=1");
    play_ppo(&fixture);
    fixture.trained.trainer.kept.lr_factor = 100;
    trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 1e-6);
    assert_near(fixture.trained.trainer.kept.lr_factor, 1);
    close_fixture(&fixture);
}

/* A ratio that overflows makes the update unsound, with --target_kl as without it. */
static void test_ppo_infinite_kl(void **state) {
    (void)state;
    static const char *const options[] = {PPO_OPTIONS, PPO_OPTIONS "--target_kl=0.01"};
    for (int i = 0; i < 2; i++) {
        struct fixture fixture;
        open_ppo(&fixture, options[i]);
        play_ppo(&fixture);
        column(&fixture, "log_probabilities")[1] = -800;
        const struct update update =
            trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 0.001);
        assert_true(isinf(update.metrics[METRIC_KL].sum));
        assert_false(update.is_sound);
        assert_int_equal(fixture.trained.trainer.optimizer.steps, 0);
        close_fixture(&fixture);
    }
}

/* With mean 0 and deviation 1 the advantages' loss is 0 at a ratio of 1; the batch
 * keeps its own. */
static void test_ppo_normalizes(void **state) {
    (void)state;
    struct fixture fixture;
    open_ppo(&fixture, PPO_OPTIONS "--epochs=1 --normalize_advantages");
    play_ppo(&fixture);
    const struct update update =
        trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 0.001);
    expect_mean(&update, METRIC_POLICY_LOSS, 0);
    expect_column(&fixture, "advantages", advantages);
    close_fixture(&fixture);
}

/* If all advantages are 0, the gradient of the logits is that of the entropy, whose weight falls
 * from 0.2 to 0.1 over 1000 steps. */
static void expect_entropy_falls(const char *decay, int64_t run_steps) {
    const int64_t steps[] = {0, 500, 1000, 5000};
    const double weights[] = {0.2, 0.15, 0.1, 0.1};
    char options[256];
    snprintf(options, sizeof options, PPO_OPTIONS "--epochs=1 --ent_coef=0.2 --ent_final=0.1 %s",
             decay);
    double gradients[4];
    for (int i = 0; i < 4; i++) {
        struct fixture fixture;
        open_ppo(&fixture, options);
        fixture.trained.config.run_steps = run_steps;
        play_ppo(&fixture);
        struct tensor_view views[NETWORK_MAX_TENSORS];
        const int count =
            network_tensors(&fixture.trained.network, fixture.trained.trainer.params, views);
        for (int k = 0; k < count; k++)
            if (strcmp(views[k].name, "policy/bias") == 0)
                views[k].data[0] = 1;
        for (int k = 0; k < STEPS; k++)
            column(&fixture, "advantages")[k] = 0;
        fixture.trained.trainer.steps = steps[i];
        trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 0.001);
        gradients[i] = (double)fixture.trained.trainer.d_action[0];
        close_fixture(&fixture);
    }
    assert_true(gradients[0] > 0.001); /* away from the likelier action */
    for (int i = 1; i < 4; i++)
        assert_near(gradients[i] / gradients[0], weights[i] / weights[0]);
}

static void test_ppo_entropy_falls(void **state) {
    (void)state;
    expect_entropy_falls("--ent_decay=1000", 0);
    expect_entropy_falls("", 1000); /* over the run */
}

/* Ratios of 4/3: the loss of each step counts 1 + clip of them, which falls from 0.3 to 0.1 over
 * the run. */
static void test_ppo_clip_falls(void **state) {
    (void)state;
    const int64_t steps[] = {0, 500, 1000, 5000};
    const double clips[] = {0.3, 0.2, 0.1, 0.1};
    for (int i = 0; i < 4; i++) {
        struct fixture fixture;
        open_ppo(&fixture, PPO_OPTIONS "--epochs=1 --clip=0.3 --clip_final=0.1");
        fixture.trained.config.run_steps = 1000;
        play_ppo(&fixture);
        for (int k = 0; k < STEPS; k++)
            column(&fixture, "log_probabilities")[k] = logf(0.375F);
        fixture.trained.trainer.steps = steps[i];
        const struct update update =
            trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 0.001);
        expect_mean(&update, METRIC_POLICY_LOSS, -(1 + clips[i]) * mean_advantage);
        close_fixture(&fixture);
    }
}

/* Actors draw around means 1 and -1 with deviations 1 and 1/2; the network answers means 0 and
 * deviations 1. */
static void test_ppo_on_continuous_actions(void **state) {
    (void)state;
    const struct distribution *gaussian = distribution_of(true, NULL);
    const float output[] = {1, -1, 0, logf(0.5f)};
    const float learns[] = {0, 0, 0, 0};
    struct fixture fixture;
    open_kind(&fixture, &method_ppo, method_ppo_options,
              "--gamma=0.5 --minibatch_size=4 --epochs=1 --clip=10", true);
    play(&fixture, output, 0, NULL, 0);
    const float *actions = column(&fixture, "actions");
    double kl = 0;
    for (int i = 0; i < STEPS; i++) {
        const float *action = actions + (ptrdiff_t)i * ACTIONS;
        const double noted = (double)column(&fixture, "log_probabilities")[i];
        assert_near(noted, gaussian->log_probability(output, action, NULL, ACTIONS));
        const double log_ratio = gaussian->log_probability(learns, action, NULL, ACTIONS) - noted;
        kl += exp(log_ratio) - 1 - log_ratio;
    }
    assert_true(actions[0] != actions[ACTIONS] && actions[0] != actions[1]);
    const struct update update =
        trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 1e-9);
    assert_true(update.is_sound);
    expect_mean(&update, METRIC_KL, kl / STEPS);
    expect_mean(&update, METRIC_ENTROPY, 2.8378771); /* log(2 pi e) */
    close_fixture(&fixture);
}

static void test_ppo_checks(void **state) {
    (void)state;
    struct error error;
    struct method_config config = {0};
    set_method_options(&config, method_ppo_options, "--minibatch_size=256");
    assert_int_equal(method_check(&method_ppo, &config, 8192, &error), STATUS_OK);
    assert_int_equal(method_check(&method_ppo, &config, 255, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--minibatch_size=256 is more than --batch_size=255"));
}

/* ---- PQN ------------------------------------------------------------------------------------- */

#define PQN_OPTIONS "--gamma=0.5 --q_lambda=0.5 --minibatch_size=4 --eps_decay=1000 "

static void open_pqn(struct fixture *fixture, const char *options) {
    open_fixture(fixture, &method_pqn, method_pqn_options, options);
}

/* The best Q is 2 in every state; with 6 behind the last: 4 + 3, then r + (R + 2) / 4 backwards. */
static void test_pqn_targets(void **state) {
    (void)state;
    const float q[ACTIONS] = {1, 2};
    const float next[ACTIONS] = {6, 5};
    const double goes_on[STEPS] = {2.453125, 3.8125, 5.25, 7};
    const double ended[STEPS] = {2.40625, 3.625, 4.5, 4};
    struct fixture fixture;
    open_pqn(&fixture, PQN_OPTIONS);
    play(&fixture, q, 0, next, 0);
    for (int i = 0; i < STEPS; i++)
        assert_int_equal(batch_ints(&fixture.trained.batch, STEP_ACTION)[i], 1);
    expect_column(&fixture, "targets", goes_on);
    close_fixture(&fixture);
    open_pqn(&fixture, PQN_OPTIONS);
    play(&fixture, q, 0, NULL, 0);
    expect_column(&fixture, "targets", ended);
    close_fixture(&fixture);
}

/* The network's Q is 0 and the targets are those above: the loss is the mean of their squares. */
static void test_pqn_update(void **state) {
    (void)state;
    const float q[ACTIONS] = {1, 2};
    struct fixture fixture;
    open_pqn(&fixture, PQN_OPTIONS "--epochs=1");
    play(&fixture, q, 0, NULL, 0);
    double squares = 0;
    double gaps = 0;
    for (int i = 0; i < STEPS; i++) {
        const double gap = (double)column(&fixture, "targets")[i];
        squares += gap * gap;
        gaps += fmin(gap, 1) * (gap - 0.5);
    }
    struct update update =
        trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 1e-9);
    assert_true(update.is_sound);
    assert_int_equal(fixture.trained.trainer.optimizer.steps, 1);
    expect_mean(&update, METRIC_Q_LOSS, squares / STEPS);
    expect_mean(&update, METRIC_Q_VALUE, 0);
    set_method_options(&fixture.trained.config, method_pqn_options,
                       PQN_OPTIONS "--epochs=3 --huber=1");
    update = trainer_update(&fixture.trained.trainer, &fixture.trained.batch, NULL, 1e-9);
    assert_int_equal(fixture.trained.trainer.optimizer.steps, 4);
    expect_mean(&update, METRIC_Q_LOSS, gaps / STEPS);
    close_fixture(&fixture);
}

/* All actors have the same chance. */
static void test_pqn_explores(void **state) {
    (void)state;
    struct error error;
    struct method_config config = {0};
    set_method_options(&config, method_pqn_options, PQN_OPTIONS "--eps_final=0.01");
    for (int actor = 0; actor < 3; actor++) {
        assert_near(method_pqn.epsilon(&config, actor, 0), 1);
        assert_near(method_pqn.epsilon(&config, actor, 500), 0.505);
        assert_near(method_pqn.epsilon(&config, actor, 5000), 0.01);
    }
    assert_int_equal(method_check(&method_pqn, &config, 4, &error), STATUS_OK);
    assert_int_equal(method_check(&method_pqn, &config, 3, &error), STATUS_BAD_INPUT);
    set_method_options(&config, method_pqn_options, PQN_OPTIONS "--eps_final=2");
    assert_int_equal(method_check(&method_pqn, &config, 4, &error), STATUS_BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ppo_records),
        cmocka_unit_test(test_ppo_update),
        cmocka_unit_test(test_ppo_epochs),
        cmocka_unit_test(test_ppo_steers_the_learning_rate),
        cmocka_unit_test(test_ppo_steers_when_it_leaves),
        cmocka_unit_test(test_ppo_stops_steering),
        cmocka_unit_test(test_ppo_infinite_kl),
        cmocka_unit_test(test_ppo_normalizes),
        cmocka_unit_test(test_ppo_entropy_falls),
        cmocka_unit_test(test_ppo_clip_falls),
        cmocka_unit_test(test_ppo_on_continuous_actions),
        cmocka_unit_test(test_ppo_checks),
        cmocka_unit_test(test_pqn_targets),
        cmocka_unit_test(test_pqn_update),
        cmocka_unit_test(test_pqn_explores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
