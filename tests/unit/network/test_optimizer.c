/* RMSprop and clipping against numbers worked out by hand. */
#include "network_fixture.h"

static void test_rmsprop_by_hand(void **state) {
    (void)state;
    /* mean square (1 - rho rounds by 1e-6 of itself in float): 0.99 * 4 + 0.01 * 9 = 4.05; 0.99 * 0
     * + 0.01 * 0.25 = 0.0025 */
    float params[] = {1.0f, -2.0f, 5.0f};
    float mean_square[] = {4.0f, 0.0f, 0.0f};
    const float gradients[] = {3.0f, -0.5f, 0.0f};
    rmsprop_step(params, mean_square, gradients, 3, 0.1f, 0.99f, 0.1f);
    assert_float_equal(mean_square[0], 4.05f, 1e-5f);
    assert_float_equal(mean_square[1], 0.0025f, 1e-8f);
    /* 1 - 0.3 / (sqrt(4.05) + 0.1);  -2 + 0.05 / (0.05 + 0.1) */
    assert_float_equal(params[0], 0.857986f, 1e-6f);
    assert_float_equal(params[1], -1.666667f, 1e-6f);
    assert_true(params[2] == 5.0f && mean_square[2] == 0.0f);
}

/* A second step uses the mean square that the first one left; odd counts reach every element. */
static void test_rmsprop_twice(void **state) {
    (void)state;
    enum { COUNT = 37 };
    float params[COUNT] = {0.0f};
    float mean_square[COUNT] = {0.0f};
    float gradients[COUNT];
    for (int i = 0; i < COUNT; i++)
        gradients[i] = (float)(i - 18);
    for (int k = 0; k < 2; k++)
        rmsprop_step(params, mean_square, gradients, COUNT, 0.01f, 0.9f, 1e-7f);
    for (int i = 0; i < COUNT; i++) {
        double g = i - 18;
        double first = 0.01 * g / (sqrt(0.1 * g * g) + 1e-7);
        double second = 0.01 * g / (sqrt(0.19 * g * g) + 1e-7);
        assert_float_equal(mean_square[i], (float)(0.19 * g * g), 1e-5f * (float)(g * g) + 1e-9f);
        assert_float_equal(params[i], (float)(-first - second), 1e-7f);
    }
}

/* Where gradients are 0 for good the mean square decays to 0; it must not stop at a subnormal. */
static void test_rmsprop_leaves_no_subnormals(void **state) {
    (void)state;
    enum { COUNT = 19, STEPS = 9000 };
    float params[COUNT];
    float mean_square[COUNT];
    const float gradients[COUNT] = {0.0f};
    for (int i = 0; i < COUNT; i++) {
        params[i] = 0.5f;
        mean_square[i] = 1.0f / (float)(i + 1);
    }
    for (int k = 0; k < STEPS; k++) /* 0.99^9000 is 5e-40 */
        rmsprop_step(params, mean_square, gradients, COUNT, 0.01f, 0.99f, 0.1f);
    for (int i = 0; i < COUNT; i++)
        assert_true(mean_square[i] == 0.0f && params[i] == 0.5f);
    mean_square[0] = 1.2e-38f; /* normal, and stays what it is in the next step's place */
    rmsprop_step(params, mean_square, gradients, COUNT, 0.01f, 0.999f, 0.1f);
    assert_true(mean_square[0] > 1.19e-38f);
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

static void test_gradient_clip(void **state) {
    (void)state;
    float gradients[] = {3.0f, 4.0f};
    assert_true(gradient_clip(gradients, 2, 0.0) == 5.0); /* only measures */
    assert_true(gradient_clip(gradients, 2, 5.0) == 5.0); /* is not above */
    assert_true(gradients[0] == 3.0f && gradients[1] == 4.0f);
    assert_true(gradient_clip(gradients, 2, 1.0) == 5.0);
    assert_float_equal(gradients[0], 0.6f, 1e-6f);
    assert_float_equal(gradients[1], 0.8f, 1e-6f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rmsprop_by_hand),
        cmocka_unit_test(test_rmsprop_twice),
        cmocka_unit_test(test_rmsprop_leaves_no_subnormals),
        cmocka_unit_test(test_gradient_norm),
        cmocka_unit_test(test_gradient_clip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
