/* The layer kind of normalisation, of both backends: by hand, and by finite differences. */
#include "network_fixture.h"

#include "network/layer.h"

enum { BATCH = 2, SIZE = 2 * 3 * 7 }; /* not a multiple of the vector width */

static const struct layer layer = {.kind = &layer_norm, .in = {2, 3, 7}, .out = {2, 3, 7}};

/* A pass over arrays of its own. */
struct fixture {
    struct network_ops ops;
    float *params, *gradients, *in, *out, *d_in, *d_out, *kept;
};

static struct fixture open_fixture(void **state) {
    struct rng rng;
    rng_seed(&rng, 3, 0);
    struct fixture fixture = {.params = random_floats(2 * SIZE, 1.0, &rng),
                              .gradients = random_floats(2 * SIZE, 1.0, &rng),
                              .in = random_floats(BATCH * SIZE, 2.0, &rng),
                              .out = new_floats(BATCH * SIZE),
                              .d_in = new_floats(BATCH * SIZE),
                              .d_out = random_floats(BATCH * SIZE, 1.0, &rng),
                              .kept = new_floats(BATCH * layer_norm.kept(&layer))};
    network_ops_of(backend_of(state), &fixture.ops);
    for (int i = 0; i < BATCH * SIZE; i++)
        fixture.d_in[i] = 1; /* backward adds to it */
    return fixture;
}

static void close_fixture(struct fixture *fixture) {
    free(fixture->params);
    free(fixture->gradients);
    free(fixture->in);
    free(fixture->out);
    free(fixture->d_in);
    free(fixture->d_out);
    free(fixture->kept);
}

static struct layer_pass pass_of(const struct fixture *fixture) {
    return (struct layer_pass){.ops = &fixture->ops,
                               .batch = BATCH,
                               .params = fixture->params,
                               .gradients = fixture->gradients,
                               .in = {.f32 = fixture->in},
                               .out = fixture->out,
                               .d_in = fixture->d_in,
                               .d_out = fixture->d_out,
                               .kept = fixture->kept};
}

static void test_forward(void **state) {
    struct fixture fixture = open_fixture(state);
    const struct layer_pass pass = pass_of(&fixture);
    for (int i = 0; i < SIZE; i++) {
        fixture.in[i] = i % 2 ? 5 : 1; /* mean 3, variance 4 */
        fixture.params[i] = 10;
        fixture.params[SIZE + i] = (float)i;
    }
    layer_norm.forward(&layer, &pass);
    for (int i = 0; i < SIZE; i++)
        assert_float_equal(fixture.out[i], (float)((i % 2 ? 10 : -10) + i), 1e-3f);
    close_fixture(&fixture);
}

static double loss_of(const void *context) {
    const struct fixture *fixture = context;
    const struct layer_pass pass = pass_of(fixture);
    layer_norm.forward(&layer, &pass);
    return weighted_sum(fixture->out, fixture->d_out, BATCH * SIZE);
}

static void test_backward(void **state) {
    struct fixture fixture = open_fixture(state);
    const struct layer_pass pass = pass_of(&fixture);
    layer_norm.forward(&layer, &pass);
    layer_norm.backward(&layer, &pass);
    for (int i = 0; i < BATCH * SIZE; i++)
        fixture.d_in[i] -= 1;
    const struct probed_loss probed = {
        .loss = loss_of, .context = &fixture, .step = 0.03f, .tolerance = 2e-4};
    check_differences(&probed, fixture.in, fixture.d_in, BATCH * SIZE);
    check_differences(&probed, fixture.params, fixture.gradients, 2 * SIZE);
    close_fixture(&fixture);
}

/* Equal inputs have no variance: the epsilon keeps everything finite. */
static void test_constant_input(void **state) {
    struct fixture fixture = open_fixture(state);
    const struct layer_pass pass = pass_of(&fixture);
    for (int i = 0; i < BATCH * SIZE; i++)
        fixture.in[i] = 7;
    layer_norm.forward(&layer, &pass);
    layer_norm.backward(&layer, &pass);
    assert_memory_equal(fixture.out, fixture.params + SIZE, SIZE * sizeof(float));
    assert_true(floats_are_finite(fixture.d_in, BATCH * SIZE));
    close_fixture(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_BACKENDS(test_forward),
        BOTH_BACKENDS(test_backward),
        BOTH_BACKENDS(test_constant_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
