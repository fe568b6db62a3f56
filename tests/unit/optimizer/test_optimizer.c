/* Optimizers and clipping against numbers worked out by hand and by the formulas in double. */
#include "optimizer_fixture.h"

#include <math.h>
#include <string.h>

static void test_rmsprop_by_hand(void **state) {
    (void)state;
    char *arguments[] = {"--rho=0.99", "--rms_eps=0.1", NULL};
    struct optimizer optimizer = new_optimizer(3, arguments);
    /* mean square (1 - rho rounds by 1e-6 of itself in float): 0.99 * 4 + 0.01 * 9 = 4.05; 0.99 * 0
     * + 0.01 * 0.25 = 0.0025 */
    float params[] = {1.0f, -2.0f, 5.0f};
    float *mean_square = optimizer.slots[0];
    mean_square[0] = 4.0f;
    const float gradients[] = {3.0f, -0.5f, 0.0f};
    optimizer_step(&optimizer, params, gradients, 0.1);
    assert_float_equal(mean_square[0], 4.05f, 1e-5f);
    assert_float_equal(mean_square[1], 0.0025f, 1e-8f);
    /* 1 - 0.3 / (sqrt(4.05) + 0.1);  -2 + 0.05 / (0.05 + 0.1) */
    assert_float_equal(params[0], 0.857986f, 1e-6f);
    assert_float_equal(params[1], -1.666667f, 1e-6f);
    assert_true(params[2] == 5.0f && mean_square[2] == 0.0f);
    optimizer_close(&optimizer);
}

/* A second step uses the mean square that the first one left; odd counts reach every element. */
static void test_rmsprop_twice(void **state) {
    (void)state;
    enum { COUNT = 37 };
    char *arguments[] = {"--rho=0.9", "--rms_eps=1e-7", NULL};
    struct optimizer optimizer = new_optimizer(COUNT, arguments);
    float params[COUNT] = {0.0f};
    float gradients[COUNT];
    for (int i = 0; i < COUNT; i++)
        gradients[i] = (float)(i - 18);
    for (int k = 0; k < 2; k++)
        optimizer_step(&optimizer, params, gradients, 0.01);
    for (int i = 0; i < COUNT; i++) {
        double g = i - 18;
        double first = 0.01 * g / (sqrt(0.1 * g * g) + 1e-7);
        double second = 0.01 * g / (sqrt(0.19 * g * g) + 1e-7);
        assert_float_equal(optimizer.slots[0][i], (float)(0.19 * g * g),
                           1e-5f * (float)(g * g) + 1e-9f);
        assert_float_equal(params[i], (float)(-first - second), 1e-7f);
    }
    optimizer_close(&optimizer);
}

/* TensorFlow's variant: mean square from 1, epsilon inside: 0.9 + 0.1 * 4 = 1.3 */
static void test_rmsprop_as_tensorflow(void **state) {
    (void)state;
    char *arguments[] = {"--rho=0.9", "--rms_eps=0.5", "--rms_eps_inside", "--rms_start=1", NULL};
    struct optimizer optimizer = new_optimizer(2, arguments);
    float params[] = {0.0f, 1.0f};
    const float gradients[] = {2.0f, 0.0f};
    assert_true(optimizer.slots[0][0] == 1.0f && optimizer.slots[0][1] == 1.0f);
    optimizer_step(&optimizer, params, gradients, 0.3);
    assert_float_equal(optimizer.slots[0][0], 1.3f, 1e-6f);
    assert_float_equal(params[0], (float)(-0.6 / sqrt(1.8)), 1e-6f);
    assert_true(params[1] == 1.0f);
    optimizer_close(&optimizer);
}

/* Gradients a hundred times as long as before: the step of each parameter would be 1 / sqrt(0.1 *
 * (1 + 0.9e-4)) = 3.16 learning rates; clipping makes their root mean square 0.5, keeps their
 * proportions, and leaves short steps and the mean square alone. */
static void check_clipped(char *inside) {
    enum { COUNT = 3000 };
    char *clipped_arguments[] = {"--rho=0.9", "--rms_eps=1e-7", "--rms_clip=0.5", inside, NULL};
    char *free_arguments[] = {"--rho=0.9", "--rms_eps=1e-7", inside, NULL};
    struct optimizer clipped = new_optimizer(COUNT, clipped_arguments);
    struct optimizer unclipped = new_optimizer(COUNT, free_arguments);
    static float params[2][COUNT];
    static float gradients[COUNT];
    memset(params, 0, sizeof params);
    for (int i = 0; i < COUNT; i++)
        clipped.slots[0][i] = unclipped.slots[0][i] = 1.0f;
    for (int i = 0; i < COUNT; i++)
        gradients[i] = i % 2 ? 0.1f : -0.3f;
    optimizer_step(&clipped, params[0], gradients, 0.01);
    optimizer_step(&unclipped, params[1], gradients, 0.01);
    assert_memory_equal(params[0], params[1], sizeof params[0]);
    memset(params, 0, sizeof params);
    for (int i = 0; i < COUNT; i++)
        gradients[i] *= 1000.0f;
    optimizer_step(&clipped, params[0], gradients, 0.01);
    optimizer_step(&unclipped, params[1], gradients, 0.01);
    assert_memory_equal(clipped.slots[0], unclipped.slots[0], sizeof params[0]);
    const double length = gradient_norm(params[0], COUNT) / sqrt(COUNT) / 0.01;
    assert_float_equal(length, 0.5, 1e-5);
    assert_true(gradient_norm(params[1], COUNT) / sqrt(COUNT) / 0.01 > 3.1);
    const double factor = (double)params[0][0] / (double)params[1][0];
    for (int i = 0; i < COUNT; i++)
        assert_float_equal(params[0][i], (float)factor * params[1][i], 1e-8f);
    optimizer_close(&clipped);
    optimizer_close(&unclipped);
}

static void test_rmsprop_clips_steps(void **state) {
    (void)state;
    check_clipped("--rms_eps_inside=false");
    check_clipped("--rms_eps_inside=true");
}

/* If gradients are 0 for good, the mean square decays to 0; it must not stop at a subnormal. */
static void test_rmsprop_leaves_no_subnormals(void **state) {
    (void)state;
    enum { COUNT = 19, STEPS = 9000 };
    char *arguments[] = {"--rho=0.99", "--rms_eps=0.1", NULL};
    struct optimizer optimizer = new_optimizer(COUNT, arguments);
    float params[COUNT];
    float *mean_square = optimizer.slots[0];
    const float gradients[COUNT] = {0.0f};
    for (int i = 0; i < COUNT; i++) {
        params[i] = 0.5f;
        mean_square[i] = 1.0f / (float)(i + 1);
    }
    for (int k = 0; k < STEPS; k++) /* 0.99^9000 is 5e-40 */
        optimizer_step(&optimizer, params, gradients, 0.01);
    for (int i = 0; i < COUNT; i++)
        assert_true(mean_square[i] == 0.0f && params[i] == 0.5f);
    optimizer_close(&optimizer);
    char *slow[] = {"--rho=0.999", "--rms_eps=0.1", NULL};
    optimizer = new_optimizer(COUNT, slow);
    optimizer.slots[0][0] = 1.2e-38f; /* normal, and unchanged by the next step */
    optimizer_step(&optimizer, params, gradients, 0.01);
    assert_true(optimizer.slots[0][0] > 1.19e-38f);
    optimizer_close(&optimizer);
}

/* Most gradients are 0 in whole rows; one that is not, at any place, must not be overlooked. */
static void check_sparse(char *inside) {
    enum { COUNT = 200 };
    char *arguments[] = {"--rho=0.9", "--rms_eps=0.1", inside, NULL};
    for (int place = 0; place < COUNT; place++) {
        struct optimizer optimizer = new_optimizer(COUNT, arguments);
        float params[COUNT];
        float gradients[COUNT] = {0.0f};
        for (int i = 0; i < COUNT; i++) {
            params[i] = (float)(i - 100);
            optimizer.slots[0][i] = (float)i;
        }
        gradients[place] = -3.0f;
        optimizer_step(&optimizer, params, gradients, 0.01);
        for (int i = 0; i < COUNT; i++) {
            const double square = 0.9 * i + (i == place ? 0.1 * 9 : 0);
            const double root = inside ? sqrt(square + 0.1) : sqrt(square) + 0.1;
            const double moved = i == place ? 0.03 / root : 0;
            assert_float_equal(optimizer.slots[0][i], (float)square, 1e-4f);
            assert_float_equal(params[i], (float)(i - 100 + moved), 1e-5f);
            assert_true(i == place || params[i] == (float)(i - 100));
        }
        optimizer_close(&optimizer);
    }
}

static void test_rmsprop_with_zeros(void **state) {
    (void)state;
    check_sparse(NULL);
    check_sparse("--rms_eps_inside");
}

/* Gradients that differ from step to step, for element i. */
static double gradient_at(int step, int i) {
    return sin(1.0 + 0.7 * step + 0.3 * i) * (i % 5 + 1);
}

enum { ADAM_COUNT = 21, ADAM_STEPS = 30 };

/* Takes ADAM_STEPS steps of learning rate 0.01 from 0. */
static void take_steps(char *const *arguments, float params[ADAM_COUNT]) {
    struct optimizer optimizer = new_optimizer(ADAM_COUNT, arguments);
    memset(params, 0, ADAM_COUNT * sizeof *params);
    for (int step = 1; step <= ADAM_STEPS; step++) {
        float gradients[ADAM_COUNT];
        for (int i = 0; i < ADAM_COUNT; i++)
            gradients[i] = (float)gradient_at(step, i);
        optimizer_step(&optimizer, params, gradients, 0.01);
        assert_int_equal(optimizer.steps, step);
    }
    optimizer_close(&optimizer);
}

/* Algorithm 1 of Adam's paper, or algorithm 2 of RAdam's, in double, with the paper's epsilon. */
static double adam_reference(int i, bool corrects, bool rectifies) {
    const double beta1 = 0.9;
    const double beta2 = 0.99;
    const double limit = 2 / (1 - beta2) - 1;
    double param = 0, mean = 0, square = 0;
    for (int step = 1; step <= ADAM_STEPS; step++) {
        const double g = gradient_at(step, i);
        mean = beta1 * mean + (1 - beta1) * g;
        square = beta2 * square + (1 - beta2) * g * g;
        const double corrected_mean = corrects ? mean / (1 - pow(beta1, step)) : mean;
        const double corrected = corrects ? square / (1 - pow(beta2, step)) : square;
        const double length = limit - 2 * step * pow(beta2, step) / (1 - pow(beta2, step));
        double rate = 0.01;
        if (rectifies && length > 5)
            rate *=
                sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length));
        const bool divides = !rectifies || length > 5;
        param -= rate * corrected_mean / (divides ? sqrt(corrected) + 1e-5 : 1);
    }
    return param;
}

static void check_adam(char *const *arguments, bool corrects, bool rectifies) {
    float params[ADAM_COUNT];
    take_steps(arguments, params);
    for (int i = 0; i < ADAM_COUNT; i++)
        assert_float_equal(params[i], (float)adam_reference(i, corrects, rectifies), 2e-6f);
}

static void test_adam(void **state) {
    (void)state;
    char *corrected[] = {"--optimizer=adam", "--adam_beta2=0.99", "--adam_eps=1e-5", NULL};
    check_adam(corrected, true, false);
    char *plain[] = {"--optimizer=adam", "--adam_beta2=0.99", "--adam_eps=1e-5",
                     "--adam_bias_correction=false", NULL};
    check_adam(plain, false, false);
}

/* Thirty steps lie on both sides of the fifth degree of freedom. */
static void test_radam(void **state) {
    (void)state;
    char *arguments[] = {"--optimizer=radam", "--adam_beta2=0.99", "--adam_eps=1e-5", NULL};
    check_adam(arguments, true, true);
}

static void test_adam_leaves_no_subnormals(void **state) {
    (void)state;
    char *arguments[] = {"--optimizer=adam", NULL};
    struct optimizer optimizer = new_optimizer(1, arguments);
    float param = 0.5f;
    const float gradient = 0.0f;
    optimizer.slots[0][0] = -1e-3f;
    for (int step = 0; step < 2000; step++) /* 0.9^2000 is 3e-92 */
        optimizer_step(&optimizer, &param, &gradient, 0.0);
    assert_true(optimizer.slots[0][0] == 0.0f);
    optimizer_close(&optimizer);
}

/* A checkpoint is complete: an optimizer with the same slots and steps goes on alike. */
static void test_state_is_whole(void **state) {
    (void)state;
    char *const all_arguments[][3] = {{"--optimizer=rmsprop", NULL},
                                      {"--optimizer=rmsprop", "--rms_clip=0.5", NULL},
                                      {"--optimizer=adam", NULL},
                                      {"--optimizer=radam", NULL}};
    enum { KINDS = sizeof all_arguments / sizeof all_arguments[0] };
    for (int k = 0; k < 3; k++) {
        struct optimizer one = new_optimizer(2, all_arguments[k]);
        struct optimizer other = new_optimizer(2, all_arguments[k]);
        float params[] = {1.0f, 2.0f};
        float copy[2];
        const float gradients[] = {0.3f, -4.0f};
        for (int step = 0; step < 7; step++)
            optimizer_step(&one, params, gradients, 0.01);
        struct optimizer_slot from[OPTIMIZER_MAX_SLOTS], to[OPTIMIZER_MAX_SLOTS];
        const int count = optimizer_slots(&one, from);
        assert_int_equal(optimizer_slots(&other, to), count);
        for (int i = 0; i < count; i++) {
            assert_string_equal(from[i].name, to[i].name);
            memcpy(to[i].values, from[i].values, 2 * sizeof(float));
        }
        other.steps = one.steps;
        memcpy(copy, params, sizeof copy);
        optimizer_step(&one, params, gradients, 0.01);
        optimizer_step(&other, copy, gradients, 0.01);
        assert_memory_equal(copy, params, sizeof copy);
        optimizer_close(&one);
        optimizer_close(&other);
    }
}

/* Threads that share the work do not change a bit of a norm or a step; parts may be empty. */
static void test_team_steps_alike(void **state) {
    (void)state;
    enum { COUNT = 16 * 9 + 5, MEMBERS = 3 };
    char *const all_arguments[][3] = {{"--optimizer=rmsprop", NULL},
                                      {"--optimizer=rmsprop", "--rms_clip=0.5", NULL},
                                      {"--optimizer=adam", NULL},
                                      {"--optimizer=radam", NULL}};
    enum { KINDS = sizeof all_arguments / sizeof all_arguments[0] };
    struct team *team;
    struct error error;
    assert_int_equal(team_open(MEMBERS, &team, &error), STATUS_OK);
    for (int k = 0; k < 2 * KINDS; k++) {
        const size_t count = k < KINDS ? COUNT : 7;
        struct optimizer alone = new_optimizer(count, all_arguments[k % KINDS]);
        struct optimizer shared = new_optimizer(count, all_arguments[k % KINDS]);
        shared.team = team;
        shared.members = MEMBERS;
        float params[2][COUNT] = {{0}};
        float gradients[2][COUNT];
        for (int step = 0; step < 7; step++) {
            for (int i = 0; i < COUNT; i++)
                gradients[0][i] = gradients[1][i] = sinf((float)(i * 7 + step));
            const double limit = step < 4 ? 0 : 1.5;
            const double norm = optimizer_clip(&alone, gradients[0], limit);
            assert_true(optimizer_clip(&shared, gradients[1], limit) == norm);
            optimizer_step(&alone, params[0], gradients[0], 0.01);
            optimizer_step(&shared, params[1], gradients[1], 0.01);
        }
        assert_memory_equal(params[1], params[0], sizeof params[0]);
        for (int i = 0; i < OPTIMIZER_MAX_SLOTS && alone.slots[i]; i++)
            assert_memory_equal(shared.slots[i], alone.slots[i], count * sizeof(float));
        optimizer_close(&alone);
        optimizer_close(&shared);
    }
    team_close(team);
}

static void test_unknown_name(void **state) {
    (void)state;
    struct optimizer_config config = {.optimizer = "sgd"};
    struct optimizer optimizer;
    struct error error;
    assert_int_equal(optimizer_open(&optimizer, &config, 1, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "'sgd'"));
    optimizer_close(&optimizer);
}

static void test_gradient_norm(void **state) {
    (void)state;
    float gradients[21] = {0.0f};
    gradients[0] = 3.0f;
    gradients[9] = 4.0f;
    gradients[20] = 12.0f;
    assert_true(fabs(gradient_norm(gradients, 21) - 13.0) < 1e-12);
    assert_true(gradient_norm(gradients, 0) == 0.0);
}

static void test_clip(void **state) {
    (void)state;
    struct optimizer optimizer = new_optimizer(2, (char *[]){NULL});
    float gradients[] = {3.0f, 4.0f};
    assert_true(optimizer_clip(&optimizer, gradients, 0.0) == 5.0); /* only measures */
    assert_true(optimizer_clip(&optimizer, gradients, 5.0) == 5.0); /* is not above */
    assert_true(gradients[0] == 3.0f && gradients[1] == 4.0f);
    assert_true(optimizer_clip(&optimizer, gradients, 1.0) == 5.0);
    assert_float_equal(gradients[0], 0.6f, 1e-6f);
    assert_float_equal(gradients[1], 0.8f, 1e-6f);
    optimizer_close(&optimizer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rmsprop_by_hand),
        cmocka_unit_test(test_rmsprop_twice),
        cmocka_unit_test(test_rmsprop_as_tensorflow),
        cmocka_unit_test(test_rmsprop_clips_steps),
        cmocka_unit_test(test_rmsprop_leaves_no_subnormals),
        cmocka_unit_test(test_rmsprop_with_zeros),
        cmocka_unit_test(test_adam),
        cmocka_unit_test(test_radam),
        cmocka_unit_test(test_adam_leaves_no_subnormals),
        cmocka_unit_test(test_state_is_whole),
        cmocka_unit_test(test_team_steps_alike),
        cmocka_unit_test(test_unknown_name),
        cmocka_unit_test(test_gradient_norm),
        cmocka_unit_test(test_clip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
