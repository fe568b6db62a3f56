/*
 * Returns, losses and gradients against PyTorch in float64: the cases of golden/losses/torch.json,
 * or of the file that ASYNCRL_LOSSES names. tests/torch makes both.
 */
#include "algorithm/algorithm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

/* Relative to the largest number: our results are floats, returns are summed as such. */
static const double tolerance = 4e-6;

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        fail_msg("no number '%s'", key);
    return json_number_value(value);
}

static const json_t *array(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_array(value) || json_array_size(value) == 0)
        fail_msg("no array '%s'", key);
    return value;
}

static int length(const json_t *object, const char *key) {
    return (int)json_array_size(array(object, key));
}

/* A copy that the caller frees with test_free. */
static float *floats(const json_t *object, const char *key) {
    const json_t *values = array(object, key);
    float *copy = test_calloc(json_array_size(values), sizeof *copy);
    for (size_t i = 0; i < json_array_size(values); i++)
        copy[i] = (float)json_number_value(json_array_get(values, i));
    return copy;
}

static int32_t *integers(const json_t *object, const char *key) {
    const json_t *values = array(object, key);
    int32_t *copy = test_calloc(json_array_size(values), sizeof *copy);
    for (size_t i = 0; i < json_array_size(values); i++)
        copy[i] = (int32_t)json_integer_value(json_array_get(values, i));
    return copy;
}

static void check(const json_t *expected, const char *key, double actual) {
    const double value = number(expected, key);
    if (!(fabs(actual - value) <= tolerance * fmax(1.0, fabs(value))))
        fail_msg("%s is %.10g, expected %.10g", key, actual, value);
}

static double largest(const json_t *object, const char *key) {
    size_t i;
    json_t *value;
    double found = 0.0;
    json_array_foreach(array(object, key), i, value) {
        found = fmax(found, fabs(json_number_value(value)));
    }
    return found;
}

/* scale: the size of the numbers that the array was computed from, if they cancel each
 * other out. */
static void check_scaled(const json_t *expected, const char *key, const float *actual, int count,
                         double scale) {
    assert_int_equal(length(expected, key), count);
    const double allowed = tolerance * fmax(scale, largest(expected, key));
    for (int i = 0; i < count; i++) {
        const double value = json_number_value(json_array_get(array(expected, key), (size_t)i));
        if (!(fabs((double)actual[i] - value) <= allowed))
            fail_msg("%s[%d] is %.10g, expected %.10g", key, i, (double)actual[i], value);
    }
}

static void check_all(const json_t *expected, const char *key, const float *actual, int count) {
    check_scaled(expected, key, actual, count, 0.0);
}

static double segment_scale(const json_t *json) {
    return fmax(fabs(number(json, "bootstrap")),
                fmax(largest(json, "rewards"), largest(json, "values")));
}

static void check_returns(const json_t *json) {
    const int count = length(json, "rewards");
    float *rewards = floats(json, "rewards");
    float *values = floats(json, "values");
    float *returns = test_calloc((size_t)count, sizeof *returns);
    lambda_returns(returns, rewards, values, (float)number(json, "bootstrap"),
                   (float)number(json, "gamma"), (float)number(json, "lambda"), count);
    check_scaled(json, "returns", returns, count, segment_scale(json));
    test_free(rewards);
    test_free(values);
    test_free(returns);
}

static void check_gae(const json_t *json) {
    const int count = length(json, "rewards");
    float *rewards = floats(json, "rewards");
    float *values = floats(json, "values");
    float *returns = test_calloc((size_t)count, sizeof *returns);
    float *advantages = test_calloc((size_t)count, sizeof *advantages);
    gae(advantages, returns, rewards, values, (float)number(json, "bootstrap"),
        (float)number(json, "gamma"), (float)number(json, "lambda"), count);
    check_scaled(json, "returns", returns, count, segment_scale(json));
    check_scaled(json, "advantages", advantages, count, segment_scale(json));
    test_free(rewards);
    test_free(values);
    test_free(returns);
    test_free(advantages);
}

static void check_vtrace(const json_t *json) {
    enum { MOST = 64 };
    const int count = length(json, "rewards");
    float *inputs[] = {floats(json, "rewards"), floats(json, "values"), floats(json, "log_ratios"),
                       floats(json, "cut_values")};
    bool terminated[MOST];
    bool cut[MOST];
    float targets[MOST];
    float advantages[MOST];
    assert_in_range(count, 1, MOST);
    for (int i = 0; i < count; i++) {
        terminated[i] = json_integer_value(json_array_get(array(json, "terminated"), (size_t)i));
        cut[i] = json_integer_value(json_array_get(array(json, "cut"), (size_t)i));
    }
    const struct vtrace_samples samples = {.rewards = inputs[0],
                                           .values = inputs[1],
                                           .log_ratios = inputs[2],
                                           .terminated = terminated,
                                           .cut = cut,
                                           .cut_values = inputs[3],
                                           .cut_count = (int)number(json, "cut_count")};
    vtrace(targets, advantages, &samples, (float)number(json, "gamma"), count);
    const double scale = fmax(1.0, largest(json, "values"));
    check_scaled(json, "targets", targets, count, scale);
    check_scaled(json, "advantages", advantages, count, scale);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        test_free(inputs[i]);
}

static void check_ppo(const json_t *json) {
    const int batch = length(json, "value");
    const int action_count = (int)number(json, "action_count");
    float *inputs[] = {floats(json, "logits"),        floats(json, "value"),
                       floats(json, "old_log_probs"), floats(json, "old_values"),
                       floats(json, "advantages"),    floats(json, "returns")};
    int32_t *actions = integers(json, "actions");
    const struct ppo_samples samples = {.policy = distribution_of(false, NULL),
                                        .outputs = inputs[0],
                                        .value = inputs[1],
                                        .actions = actions,
                                        .old_log_probs = inputs[2],
                                        .old_values = inputs[3],
                                        .advantages = inputs[4],
                                        .returns = inputs[5]};
    const struct ppo_settings settings = {.clip = (float)number(json, "clip"),
                                          .value_clip = (float)number(json, "value_clip"),
                                          .value_coef = (float)number(json, "value_coef"),
                                          .entropy_coef = (float)number(json, "entropy_coef")};
    float *d_logits = test_calloc((size_t)batch * (size_t)action_count, sizeof *d_logits);
    float *d_value = test_calloc((size_t)batch, sizeof *d_value);
    const struct ppo_loss loss =
        ppo_loss(d_logits, d_value, &samples, &settings, batch, action_count);
    check(json, "policy_loss", loss.policy);
    check(json, "value_loss", loss.value);
    check(json, "entropy", loss.entropy);
    check(json, "total", loss.total);
    check(json, "kl", loss.kl);
    check(json, "clip_fraction", loss.clip_fraction);
    check_all(json, "d_logits", d_logits, batch * action_count);
    check_all(json, "d_value", d_value, batch);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        test_free(inputs[i]);
    test_free(actions);
    test_free(d_logits);
    test_free(d_value);
}

static void check_q(const json_t *json) {
    const int batch = length(json, "targets");
    const int action_count = (int)number(json, "action_count");
    float *q = floats(json, "q");
    float *targets = floats(json, "targets");
    int32_t *actions = integers(json, "actions");
    float *d_q = test_calloc((size_t)batch * (size_t)action_count, sizeof *d_q);
    const struct q_loss_settings settings = {.huber = (float)number(json, "huber")};
    check(json, "loss", q_loss(d_q, q, actions, targets, &settings, batch, action_count));
    check_all(json, "d_q", d_q, batch * action_count);
    test_free(q);
    test_free(targets);
    test_free(actions);
    test_free(d_q);
}

static void check_normalize(const json_t *json) {
    float *advantages = floats(json, "advantages");
    normalize_advantages(advantages, length(json, "advantages"));
    check_all(json, "normalized", advantages, length(json, "normalized"));
    test_free(advantages);
}

static void check_moments(const json_t *json) {
    const int first = (int)number(json, "first");
    const int size = (int)number(json, "size");
    const int rows = length(json, "samples") / size;
    float *samples = floats(json, "samples");
    double *means = test_calloc((size_t)size, sizeof *means);
    double *squares = test_calloc((size_t)size, sizeof *squares);
    float *found = test_calloc((size_t)size, sizeof *found);
    double seen = 0.0;
    moments_add(means, squares, &seen, samples, first, size);
    moments_add(means, squares, &seen, samples + (size_t)first * (size_t)size, rows - first, size);
    assert_true(seen == rows);
    for (int i = 0; i < size; i++)
        found[i] = (float)means[i];
    check_all(json, "means", found, size);
    for (int i = 0; i < size; i++)
        found[i] = (float)moments_deviation(squares[i], seen);
    check_all(json, "deviations", found, size);
    test_free(samples);
    test_free(means);
    test_free(squares);
    test_free(found);
}

static const struct {
    const char *name;
    void (*check)(const json_t *json);
} kinds[] = {
    {"gae", check_gae},
    {"lambda_returns", check_returns},
    {"vtrace", check_vtrace},
    {"ppo", check_ppo},
    {"q", check_q},
    {"normalize", check_normalize},
    {"moments", check_moments},
};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static json_t *load_cases(void) {
    const char *path = getenv("ASYNCRL_LOSSES");
    char golden[PATH_SIZE];
    if (!path) {
        struct error error;
        const char *folder = getenv("ASYNCRL_TEST_DATA");
        if (!folder)
            fail_msg("ASYNCRL_TEST_DATA is not set: run by 'meson test'");
        else if (path_join(golden, folder, "golden/losses/torch.json", &error) != STATUS_OK)
            fail_msg("%s", error.message);
        path = golden;
    }
    json_error_t error;
    json_t *json = json_load_file(path, 0, &error);
    if (!json)
        fail_msg("%s: %s", path, error.text);
    return json;
}

/* All cases of the kind in *state; a file without any would test nothing. */
static void test_kind(void **state) {
    const int kind = *(const int *)*state;
    json_t *json = load_cases();
    int found = 0;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(json, "cases"), i, one) {
        const char *name = json_string_value(json_object_get(one, "kind"));
        if (!name || strcmp(name, kinds[kind].name) != 0)
            continue;
        kinds[kind].check(one);
        found++;
    }
    assert_true(found > 0);
    json_decref(json);
}

int main(void) {
    static int numbers[KIND_COUNT];
    struct CMUnitTest tests[KIND_COUNT];
    for (int i = 0; i < KIND_COUNT; i++) {
        numbers[i] = i;
        tests[i] = (struct CMUnitTest){
            .name = kinds[i].name, .test_func = test_kind, .initial_state = &numbers[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
