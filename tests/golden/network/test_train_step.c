/*
 * golden/train-step: one batch of 20 through the published networks, against PyTorch in float64:
 * losses, every tensor's gradient and, for A3C, its value after one RMSprop step.
 */
#include "golden.h"

#include "algorithm/algorithm.h"
#include "optimizer_fixture.h"

enum { BATCH = 20, RECORDED_ELEMENTS = 8 };

/* Relative to a loss; and to the L2 norm of the tensor that a sum, norm or element belongs to. */
static const double tolerance = 1e-4;

struct step {
    json_t *json;
    const json_t *expected; /* the method's part of json */
    struct network_spec spec;
    struct network *network;
    float *params;
    float *gradients;
    uint8_t *observations;
    int32_t *actions;
    float *returns;
};

static struct step open_step(void **state, enum heads heads, const char *method,
                             const char *weights) {
    struct step step = {.spec = golden_spec(heads)};
    step.params = load_weights(&step.spec, weights);
    step.json = read_golden_json("golden/train-step/expected.json");
    step.expected = json_object_get(step.json, method);
    step.network = golden_network(&step.spec, state, BATCH);
    step.gradients = calloc(network_param_count(&step.spec), sizeof *step.gradients);
    assert_non_null(step.gradients);
    step.observations =
        read_golden("golden/train-step/observations.u8", (size_t)BATCH * OBSERVATION_SIZE);
    step.actions = read_golden("golden/train-step/actions.i32", BATCH * sizeof *step.actions);
    step.returns = read_golden("golden/train-step/returns.f32", BATCH * sizeof *step.returns);
    return step;
}

static void close_step(struct step *step) {
    network_destroy(step->network);
    json_decref(step->json);
    free(step->params);
    free(step->gradients);
    free(step->observations);
    free(step->actions);
    free(step->returns);
}

static void check_relative(const char *what, double actual, double expected) {
    if (!(fabs(actual - expected) <= tolerance * fabs(expected)))
        fail_msg("%s is %.10g, expected %.10g", what, actual, expected);
}

/* The index in our tensor of element index of the file's: Theano turns kernels by half a turn. */
static size_t our_index(const struct tensor_view *view, size_t index) {
    if (view->rank != 4)
        return index;
    size_t window = (size_t)view->shape[2] * (size_t)view->shape[3];
    return index / window * window + (window - 1 - index % window);
}

/* The file's name of a tensor: convolution2d_1_W for conv1/kernel, and so on. */
static void file_name(char *out, size_t size, const char *name) {
    static const struct {
        const char *ours;
        const char *file;
    } layers[] = {{"conv1", "convolution2d_1"}, {"conv2", "convolution2d_2"}, {"dense", "dense_1"},
                  {"value", "value"},           {"policy", "policy"},         {"q", "dense_2"}};
    size_t length = strcspn(name, "/");
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (strlen(layers[i].ours) == length && strncmp(layers[i].ours, name, length) == 0)
            snprintf(out, size, "%s_%s", layers[i].file,
                     strcmp(name + length, "/kernel") == 0 ? "W" : "b");
}

/*
 * Compares a tensor with the record under "<kind>_sum", "<kind>_l2" and "<kind>_first8"; every
 * difference may be tolerance * allowed.
 */
static void check_tensor(const json_t *recorded, const char *kind, const struct tensor_view *view,
                         double allowed) {
    char key[32];
    double sum = 0.0;
    double squares = 0.0;
    size_t size = tensor_size(view);
    for (size_t i = 0; i < size; i++) {
        sum += (double)view->data[i];
        squares += (double)view->data[i] * (double)view->data[i];
    }
    snprintf(key, sizeof key, "%s_sum", kind);
    if (!(fabs(sum - number(recorded, key)) <= tolerance * allowed))
        fail_msg("%s %s is %.9g, expected %.9g", view->name, key, sum, number(recorded, key));
    snprintf(key, sizeof key, "%s_l2", kind);
    if (!(fabs(sqrt(squares) - number(recorded, key)) <= tolerance * allowed))
        fail_msg("%s %s is %.9g, expected %.9g", view->name, key, sqrt(squares),
                 number(recorded, key));
    snprintf(key, sizeof key, "%s_first8", kind);
    for (size_t i = 0; i < RECORDED_ELEMENTS && i < size; i++) {
        double actual = (double)view->data[our_index(view, i)];
        if (!(fabs(actual - element(recorded, key, i)) <= tolerance * allowed))
            fail_msg("%s %s[%zu] is %.9g, expected %.9g", view->name, key, i, actual,
                     element(recorded, key, i));
    }
}

/* The record of a view's tensor. */
static const json_t *recorded_tensor(const struct step *step, const struct tensor_view *view) {
    char name[64] = "";
    file_name(name, sizeof name, view->name);
    const json_t *recorded = json_object_get(json_object_get(step->expected, "tensors"), name);
    if (!recorded)
        fail_msg("nothing recorded of '%s' for %s", name, view->name);
    return recorded;
}

static void check_gradients(const struct step *step) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    int count = network_tensors(&step->spec, step->gradients, views);
    assert_int_equal(count, json_object_size(json_object_get(step->expected, "tensors")));
    for (int i = 0; i < count; i++) {
        const json_t *recorded = recorded_tensor(step, &views[i]);
        check_tensor(recorded, "grad", &views[i], number(recorded, "grad_l2"));
    }
    check_relative("gradient norm",
                   gradient_norm(step->gradients, network_param_count(&step->spec)),
                   number(step->expected, "grad_global_norm"));
}

/*
 * The tolerance is relative to the norm of the update, which is hundreds of times below that of the
 * values: so an error in the step itself shows.
 */
static void check_update(const struct step *step, const float *before) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    int count = network_tensors(&step->spec, step->params, views);
    for (int i = 0; i < count; i++) {
        const json_t *recorded = recorded_tensor(step, &views[i]);
        check_tensor(recorded, "updated", &views[i], number(recorded, "update_l2"));
        double squares = 0.0;
        const float *old = before + (views[i].data - step->params);
        for (size_t k = 0; k < tensor_size(&views[i]); k++) {
            double update = (double)views[i].data[k] - (double)old[k];
            squares += update * update;
        }
        check_relative("update's norm", sqrt(squares), number(recorded, "update_l2"));
    }
}

static void check_a3c_outputs(const struct step *step, struct network_outputs out) {
    for (size_t n = 0; n < BATCH; n++) {
        const json_t *policy = json_array_get(json_object_get(step->expected, "policy"), n);
        float probabilities[ACTIONS];
        softmax(probabilities, out.action + n * ACTIONS, ACTIONS);
        assert_float_equal(out.value[n], (float)element(step->expected, "values", n), 1e-4f);
        for (size_t a = 0; a < ACTIONS; a++)
            assert_float_equal(probabilities[a],
                               (float)json_number_value(json_array_get(policy, a)), 1e-4f);
    }
}

static void test_a3c(void **state) {
    struct step step =
        open_step(state, HEADS_POLICY_VALUE, "a3c", "weights/a3c-Breakout-v0-91750000.h5");
    size_t count = network_param_count(&step.spec);
    struct network_outputs out =
        network_forward(step.network, step.params, step.observations, BATCH);
    check_a3c_outputs(&step, out);
    float d_logits[BATCH * ACTIONS];
    float d_value[BATCH];
    struct a3c_loss_sums sums = a3c_loss(d_logits, d_value, out.action, out.value, step.actions,
                                         step.returns, NULL, 0.01f, 1.0f, NULL, BATCH, ACTIONS);
    check_relative("value loss", sums.value, number(step.expected, "value_loss"));
    check_relative("entropy", sums.entropy, number(step.expected, "entropy_sum"));
    check_relative("policy loss with entropy", sums.policy - 0.01 * sums.entropy,
                   number(step.expected, "policy_loss_with_entropy"));
    check_relative("total loss", sums.total, number(step.expected, "total"));
    network_backward(step.network, step.params, BATCH, d_logits, d_value, step.gradients);
    check_gradients(&step);

    float *before = malloc(count * sizeof *before);
    assert_non_null(before);
    memcpy(before, step.params, count * sizeof *before);
    char *arguments[] = {"--rho=0.99", "--rms_eps=0.1", NULL};
    struct optimizer optimizer = new_optimizer(count, arguments);
    optimizer_step(&optimizer, step.params, step.gradients, 0.001);
    check_update(&step, before);
    free(before);
    optimizer_close(&optimizer);
    close_step(&step);
}

static void test_q(void **state) {
    struct step step = open_step(state, HEADS_Q, "q", "weights/q1-Breakout-v0-18h.h5");
    struct network_outputs out =
        network_forward(step.network, step.params, step.observations, BATCH);
    for (size_t n = 0; n < BATCH; n++) {
        const json_t *q = json_array_get(json_object_get(step.expected, "q"), n);
        for (size_t a = 0; a < ACTIONS; a++)
            assert_float_equal(out.action[n * ACTIONS + a],
                               (float)json_number_value(json_array_get(q, a)), 1e-4f);
    }
    float d_q[BATCH * ACTIONS];
    const struct q_loss_settings settings = {.mean_over_actions = true};
    double loss = q_loss(d_q, out.action, step.actions, step.returns, &settings, BATCH, ACTIONS);
    check_relative("loss", loss, number(step.expected, "loss"));
    network_backward(step.network, step.params, BATCH, d_q, NULL, step.gradients);
    check_gradients(&step);
    close_step(&step);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH_BACKENDS(test_a3c), BOTH_BACKENDS(test_q)};
    if (skip_without_weights())
        return 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
