/*
 * The whole network's backward by finite differences on the reference backend, every trunk, both
 * heads.
 *
 * Small kernels under biases of +6 and -6 keep every ReLU firmly open or shut while a parameter
 * moves, so the outputs are linear in any one tensor: a central difference has no error but
 * rounding. Behind a layer of normalisation or a tangent they are smooth, and parameters move less.
 */
#include "network_fixture.h"

enum { BATCH = 2 };

/* The number of a tensor's elements that move one by one. A sanitizer sees the same code
 * with each. */
static size_t elements_a_tensor(void) {
    return getenv("ASYNCRL_SHORT") ? 3 : 30;
}

/* Relative to the tensor's largest gradient, or to its norm. Through pooling and ReLUs that open
 * and shut a central difference is rough; a lost gradient would differ far more. */
static const double fine_tolerance = 1e-3;
static const double rough_tolerance = 3e-2;

struct problem {
    const struct network_spec *spec;
    struct network *network;
    float *params;
    void *observations;
    float *d_action;
    float *d_value;
    size_t action_count;
    double step_scale;
    double tolerance;
};

static double loss_of(const struct problem *problem) {
    struct network_outputs out =
        network_forward(problem->network, problem->params, problem->observations, BATCH);
    double loss = 0.0;
    for (size_t i = 0; i < problem->action_count; i++)
        loss += (double)out.action[i] * (double)problem->d_action[i];
    for (int n = 0; out.value && n < BATCH; n++)
        loss += (double)out.value[n] * (double)problem->d_value[n];
    return loss;
}

static bool is_named(const struct tensor_view *view, const char *start) {
    return strncmp(view->name, start, strlen(start)) == 0;
}

/* Root mean square of a kernel's inputs: pixels u / 255, floats from -1 to 1, or activations of 6
 * when open and 0 when shut. */
static double input_size(const struct network_spec *spec, const struct tensor_view *kernel) {
    if (spec->trunk == TRUNK_IMPALA)
        return 1;
    if (spec->trunk == TRUNK_TWIN)
        return 0.6; /* tangents */
    return is_named(kernel, "conv1") || is_named(kernel, "dense1") ? 0.58 : 5.0;
}

/* The deviation of kernel elements that gives the layer's sums a deviation of about 1. */
static double kernel_deviation(const struct network_spec *spec, const struct tensor_view *kernel) {
    int summed = kernel->rank == 4 ? kernel->shape[1] * kernel->shape[2] * kernel->shape[3]
                                   : kernel->shape[0];
    return 1.0 / (input_size(spec, kernel) * sqrt(summed));
}

static bool is_named_end(const struct tensor_view *view, const char *end) {
    const size_t length = strlen(view->name);
    return length >= strlen(end) && strcmp(view->name + length - strlen(end), end) == 0;
}

/* The tensors that shift a layer's outputs, and so open and shut the ReLU behind it. */
static bool is_shift(const struct tensor_view *view, const struct network_spec *spec) {
    if (spec->trunk == TRUNK_IMPALA)
        return false; /* most of its layers have their ReLU further on */
    if (spec->trunk == TRUNK_TWIN)
        return false; /* without ReLU */
    if (spec->layer_norm)
        return is_named_end(view, "/beta");
    return view->rank == 1 && (is_named(view, "conv") || is_named(view, "dense"));
}

/* The largest distance of a random parameter from 0; gammas lie around 0.5. */
static double limit_of(const struct network_spec *spec, const struct tensor_view *view) {
    if (is_named_end(view, "/gamma"))
        return 0.2;
    const bool is_free = is_named_end(view, "/bias") || is_named_end(view, "/log_std");
    return is_free ? 0.5 : sqrt(3.0) * kernel_deviation(spec, view);
}

static void set_params(const struct network_spec *spec, float *params, struct rng *rng) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    int count = network_tensors(spec, params, views);
    for (int i = 0; i < count; i++) {
        const double middle = is_named_end(&views[i], "/gamma") ? 0.5 : 0;
        const bool shifts = is_shift(&views[i], spec);
        for (size_t k = 0; k < tensor_size(&views[i]); k++)
            views[i].data[k] =
                shifts
                    ? (k % 3 == 1 ? -6.0f : 6.0f)
                    : (float)(middle + (2.0 * rng_uniform(rng) - 1.0) * limit_of(spec, &views[i]));
    }
}

/* Whether its elements stand for one output each, and not for the weight of an input. */
static bool is_of_outputs(const struct tensor_view *view) {
    return is_named_end(view, "/bias") || is_named_end(view, "/log_std") ||
           is_named_end(view, "/beta") || is_named_end(view, "/gamma");
}

/* The step of one element, which moves the layer's sums by nearly 1. */
static float element_step(const struct network_spec *spec, const struct tensor_view *view) {
    return is_of_outputs(view) ? 0.5f : (float)(0.8 / input_size(spec, view));
}

/* The step of all elements of a tensor at once. */
static float direction_step(const struct network_spec *spec, const struct tensor_view *view) {
    return is_of_outputs(view) ? 0.25f : (float)(0.3 * kernel_deviation(spec, view));
}

static double largest_of(const struct tensor_view *view) {
    double largest = 0.0;
    for (size_t i = 0; i < tensor_size(view); i++)
        largest = fmax(largest, fabs((double)view->data[i]));
    return largest;
}

static void check_elements(const struct problem *problem, const struct tensor_view *view,
                           const struct tensor_view *gradient) {
    size_t size = tensor_size(view);
    size_t stride = size < elements_a_tensor() ? 1 : size / elements_a_tensor();
    float step = element_step(problem->spec, view) * (float)problem->step_scale;
    double largest = largest_of(gradient);
    assert_true(largest > 0.0);
    for (size_t i = 0; i < size; i += stride) {
        float kept = view->data[i];
        view->data[i] = kept + step;
        double up = loss_of(problem);
        view->data[i] = kept - step;
        double down = loss_of(problem);
        view->data[i] = kept;
        double width = (double)(kept + step) - (double)(kept - step);
        double difference = (up - down) / width;
        if (fabs(difference - (double)gradient->data[i]) > problem->tolerance * largest)
            fail_msg("%s element %zu: gradient %.8g, difference %.8g, largest %.8g", view->name, i,
                     (double)gradient->data[i], difference, largest);
    }
}

/* All elements of a tensor at once, each up or down by chance: none is left out. */
static void check_direction(const struct problem *problem, const struct tensor_view *view,
                            const struct tensor_view *gradient, struct rng *rng) {
    size_t size = tensor_size(view);
    float *kept = new_floats(size);
    float *signs = new_floats(size);
    memcpy(kept, view->data, size * sizeof *kept);
    double expected = 0.0;
    float step = direction_step(problem->spec, view) * (float)problem->step_scale;
    for (size_t i = 0; i < size; i++) {
        signs[i] = rng_below(rng, 2) ? step : -step;
        expected += (double)gradient->data[i] * (double)signs[i];
        view->data[i] = kept[i] + signs[i];
    }
    double up = loss_of(problem);
    for (size_t i = 0; i < size; i++)
        view->data[i] = kept[i] - signs[i];
    double down = loss_of(problem);
    memcpy(view->data, kept, size * sizeof *kept);
    double scale = norm_of(gradient->data, size) * (double)step;
    if (fabs((up - down) / 2.0 - expected) > problem->tolerance * scale)
        fail_msg("%s: directional derivative %.8g, difference %.8g, scale %.8g", view->name,
                 expected, (up - down) / 2.0, scale);
    free(kept);
    free(signs);
}

/* The part of a full step that leaves the outputs nearly linear. */
static double step_scale(const struct network_spec *spec) {
    if (spec->trunk == TRUNK_IMPALA)
        return 0.0005;
    if (spec->trunk == TRUNK_TWIN)
        return 0.01;
    return spec->layer_norm ? 0.05 : 1;
}

static void check_network(struct network_spec spec) {
    const bool is_rough = spec.trunk == TRUNK_IMPALA;
    struct rng rng;
    rng_seed(&rng, 11, (uint64_t)spec.trunk);
    size_t count = network_param_count(&spec);
    struct problem problem = {
        .spec = &spec,
        .network = new_network(&spec, BACKEND_REFERENCE, BATCH),
        .params = new_floats(count),
        .observations = random_observations(&spec, BATCH, &rng),
        .d_action = random_floats((size_t)(BATCH * network_action_outputs(&spec)), 1.0, &rng),
        .d_value = random_floats(BATCH, 1.0, &rng),
        .action_count = (size_t)(BATCH * network_action_outputs(&spec)),
        .step_scale = step_scale(&spec),
        .tolerance = is_rough ? rough_tolerance : fine_tolerance};
    set_params(&spec, problem.params, &rng);
    float *gradients = random_floats(count, 1.0, &rng);
    loss_of(&problem);
    network_backward(problem.network, problem.params, BATCH, problem.d_action,
                     spec.heads == HEADS_POLICY_VALUE ? problem.d_value : NULL, gradients);

    struct tensor_view views[NETWORK_MAX_TENSORS];
    struct tensor_view gradient_views[NETWORK_MAX_TENSORS];
    int tensors = network_tensors(&spec, problem.params, views);
    network_tensors(&spec, gradients, gradient_views);
    for (int i = 0; i < tensors; i++) {
        check_elements(&problem, &views[i], &gradient_views[i]);
        check_direction(&problem, &views[i], &gradient_views[i], &rng);
    }
    network_destroy(problem.network);
    free(problem.params);
    free(problem.observations);
    free(problem.d_action);
    free(problem.d_value);
    free(gradients);
}

static void test_a3c_policy_value(void **state) {
    (void)state;
    check_network((struct network_spec){.trunk = TRUNK_A3C,
                                        .heads = HEADS_POLICY_VALUE,
                                        .channels = 2,
                                        .height = 28,
                                        .width = 36,
                                        .actions = 3});
}

static void test_a3c_q(void **state) {
    (void)state;
    check_network((struct network_spec){.trunk = TRUNK_A3C,
                                        .heads = HEADS_Q,
                                        .channels = 1,
                                        .height = 20,
                                        .width = 28,
                                        .actions = 4});
}

static void test_nature_policy_value(void **state) {
    (void)state;
    check_network((struct network_spec){.trunk = TRUNK_NATURE,
                                        .heads = HEADS_POLICY_VALUE,
                                        .channels = 1,
                                        .height = 36,
                                        .width = 44,
                                        .actions = 2});
}

static void test_nature_q(void **state) {
    (void)state;
    check_network((struct network_spec){.trunk = TRUNK_NATURE,
                                        .heads = HEADS_Q,
                                        .channels = 2,
                                        .height = 44,
                                        .width = 36,
                                        .actions = 3});
}

static void test_mlp_policy_value(void **state) {
    (void)state;
    check_network(spec_on_vectors(HEADS_POLICY_VALUE, 4, 2));
}

static void test_mlp_gaussian(void **state) {
    (void)state;
    struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 4, 3);
    spec.gaussian = true;
    check_network(spec);
    spec.layer_norm = true;
    check_network(spec);
}

static void test_twin(void **state) {
    (void)state;
    struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 4, 3);
    spec.trunk = TRUNK_TWIN;
    check_network(spec);
    spec.gaussian = true;
    check_network(spec);
}

static void test_mlp_q(void **state) {
    (void)state;
    check_network(spec_on_vectors(HEADS_Q, 17, 5));
}

/* Vectors alone: through two layers of normalisation a convolution's gradients are too small
 * beside the rounding of outputs. */
static void test_layer_norm(void **state) {
    (void)state;
    struct network_spec spec = spec_on_vectors(HEADS_Q, 7, 3);
    spec.layer_norm = true;
    check_network(spec);
    spec.heads = HEADS_POLICY_VALUE;
    check_network(spec);
}

static void test_impala(void **state) {
    (void)state;
    struct network_spec spec = {.trunk = TRUNK_IMPALA,
                                .heads = HEADS_POLICY_VALUE,
                                .channels = 1,
                                .height = 9,
                                .width = 10,
                                .actions = 3};
    check_network(spec);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a3c_policy_value),
        cmocka_unit_test(test_a3c_q),
        cmocka_unit_test(test_nature_policy_value),
        cmocka_unit_test(test_nature_q),
        cmocka_unit_test(test_mlp_policy_value),
        cmocka_unit_test(test_mlp_gaussian),
        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_mlp_q),
        cmocka_unit_test(test_layer_norm),
        cmocka_unit_test(test_impala),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
