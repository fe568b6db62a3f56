/* The layer kind of maximum pooling, by hand: the largest values, and the places that get the
 * gradient. */
#include "network_fixture.h"

#include "network/layer.h"

/* Plans a layer of 3x3 windows, two apart, on planes of that size. */
static struct layer plan_pool(int channels, int height, int width) {
    struct layer layer = {
        .kind = &layer_pool, .in = {channels, height, width}, .pool = {.kernel = 3, .stride = 2}};
    assert_true(layer_pool.plan(&layer));
    return layer;
}

static void check_sizes(int side, int expected) {
    const struct layer layer = plan_pool(3, side, side + 1);
    assert_int_equal(layer.out.channels, 3);
    assert_int_equal(layer.out.height, expected);
    assert_int_equal(layer.out.width, (side + 2) / 2);
}

static void test_sizes(void **state) {
    (void)state;
    check_sizes(84, 42);
    check_sizes(42, 21);
    check_sizes(21, 11);
    check_sizes(1, 1);
}

/* With an even side, one row or column is missing at the end; with an odd side, one at each end. */
static void test_windows(void **state) {
    (void)state;
    static const float even[] = {9, 1, 2, 3, 1, 1, 1, 1, 2, 2, 8, 2, 5, 2, 2, 7};
    static const float even_expected[] = {9, 8, 8, 8};
    static const float odd[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const float odd_expected[] = {5, 6, 8, 9};
    float out[4];
    struct layer layer = plan_pool(1, 4, 4);
    layer_pool.forward(&layer, &(struct layer_pass){.batch = 1, .in = {.f32 = even}, .out = out});
    assert_memory_equal(out, even_expected, sizeof out);
    layer = plan_pool(1, 3, 3);
    layer_pool.forward(&layer, &(struct layer_pass){.batch = 1, .in = {.f32 = odd}, .out = out});
    assert_memory_equal(out, odd_expected, sizeof out);
}

/* Each output's gradient goes to the input that it equals, even if windows overlap. */
static void test_gradients(void **state) {
    (void)state;
    const struct layer layer = plan_pool(2, 6, 5);
    const size_t ins = 2 * shape_size(layer.in);
    const size_t outs = 2 * shape_size(layer.out);
    struct rng rng;
    rng_seed(&rng, 5, 0);
    float *in = random_floats(ins, 1.0, &rng);
    float *d_out = random_floats(outs, 1.0, &rng);
    float *out = new_floats(outs);
    float *moved = new_floats(outs);
    float *d_in = new_floats(ins);
    const struct layer_pass pass = {
        .batch = 2, .in = {.f32 = in}, .out = out, .d_in = d_in, .d_out = d_out};
    for (size_t i = 0; i < ins; i++)
        d_in[i] = 1; /* backward adds to it */
    layer_pool.forward(&layer, &pass);
    layer_pool.backward(&layer, &pass);
    for (size_t i = 0; i < ins; i++) {
        static const float step = 1e-4f; /* less than the distance of any two */
        double expected = 1;
        const float kept = in[i];
        in[i] = kept + step;
        layer_pool.forward(&layer,
                           &(struct layer_pass){.batch = 2, .in = {.f32 = in}, .out = moved});
        in[i] = kept;
        for (size_t k = 0; k < outs; k++)
            if (moved[k] > out[k])
                expected += (double)d_out[k];
        assert_float_equal(d_in[i], expected, 1e-5);
    }
    free(in);
    free(d_out);
    free(out);
    free(moved);
    free(d_in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
