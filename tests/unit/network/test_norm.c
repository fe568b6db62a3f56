/* The layer kind of normalisation, of both backends: by hand, and by finite differences. */
#include "network_fixture.h"

#include "network/layer.h"

enum { BATCH = 2, SIZE = 2 * 3 * 7 }; /* not a multiple of what is computed at once */

static const struct layer layer = {.kind = &layer_norm, .in = {2, 3, 7}, .out = {2, 3, 7}};

/* A pass over arrays of its own. */
struct bed {
    struct network_ops ops;
    float *params, *gradients, *in, *out, *d_in, *d_out, *kept;
};

static struct bed open_bed(void **state) {
    struct rng rng;
    rng_seed(&rng, 3, 0);
    struct bed bed = {.params = random_floats(2 * SIZE, 1.0, &rng),
                      .gradients = random_floats(2 * SIZE, 1.0, &rng),
                      .in = random_floats(BATCH * SIZE, 2.0, &rng),
                      .out = new_floats(BATCH * SIZE),
                      .d_in = new_floats(BATCH * SIZE),
                      .d_out = random_floats(BATCH * SIZE, 1.0, &rng),
                      .kept = new_floats(BATCH * layer_norm.kept(&layer))};
    network_ops_of(*(const enum backend *)*state, &bed.ops);
    for (int i = 0; i < BATCH * SIZE; i++)
        bed.d_in[i] = 1; /* which is added to */
    return bed;
}

static void close_bed(struct bed *bed) {
    free(bed->params);
    free(bed->gradients);
    free(bed->in);
    free(bed->out);
    free(bed->d_in);
    free(bed->d_out);
    free(bed->kept);
}

static struct layer_pass pass_of(const struct bed *bed) {
    return (struct layer_pass){.ops = &bed->ops,
                               .batch = BATCH,
                               .params = bed->params,
                               .gradients = bed->gradients,
                               .in = {.f32 = bed->in},
                               .out = bed->out,
                               .d_in = bed->d_in,
                               .d_out = bed->d_out,
                               .kept = bed->kept};
}

static void test_forward(void **state) {
    struct bed bed = open_bed(state);
    const struct layer_pass pass = pass_of(&bed);
    for (int i = 0; i < SIZE; i++) {
        bed.in[i] = i % 2 ? 5 : 1; /* mean 3, variance 4 */
        bed.params[i] = 10;
        bed.params[SIZE + i] = (float)i;
    }
    layer_norm.forward(&layer, &pass);
    for (int i = 0; i < SIZE; i++)
        assert_float_equal(bed.out[i], (float)((i % 2 ? 10 : -10) + i), 1e-3f);
    close_bed(&bed);
}

static double loss_of(const struct bed *bed) {
    const struct layer_pass pass = pass_of(bed);
    double sum = 0;
    layer_norm.forward(&layer, &pass);
    for (int i = 0; i < BATCH * SIZE; i++)
        sum += (double)bed->out[i] * (double)bed->d_out[i];
    return sum;
}

static void check_differences(const struct bed *bed, float *moved, const float *gradient,
                              size_t count) {
    static const float step = 0.03f;
    for (size_t i = 0; i < count; i++) {
        const float kept = moved[i];
        moved[i] = kept + step;
        const double up = loss_of(bed);
        moved[i] = kept - step;
        const double down = loss_of(bed);
        moved[i] = kept;
        const double difference = (up - down) / (2.0 * (double)step);
        if (fabs(difference - (double)gradient[i]) > 2e-4)
            fail_msg("element %zu: gradient %.8g, difference %.8g", i, (double)gradient[i],
                     difference);
    }
}

static void test_backward(void **state) {
    struct bed bed = open_bed(state);
    const struct layer_pass pass = pass_of(&bed);
    layer_norm.forward(&layer, &pass);
    layer_norm.backward(&layer, &pass);
    for (int i = 0; i < BATCH * SIZE; i++)
        bed.d_in[i] -= 1;
    check_differences(&bed, bed.in, bed.d_in, BATCH * SIZE);
    check_differences(&bed, bed.params, bed.gradients, 2 * SIZE);
    close_bed(&bed);
}

/* All equal inputs have no variance: what is added to it keeps everything finite. */
static void test_constant_input(void **state) {
    struct bed bed = open_bed(state);
    const struct layer_pass pass = pass_of(&bed);
    for (int i = 0; i < BATCH * SIZE; i++)
        bed.in[i] = 7;
    layer_norm.forward(&layer, &pass);
    layer_norm.backward(&layer, &pass);
    assert_memory_equal(bed.out, bed.params + SIZE, SIZE * sizeof(float));
    assert_true(floats_are_finite(bed.d_in, BATCH * SIZE));
    close_bed(&bed);
}

#define BACKEND_TEST(test, backend)                                                                \
    { #test " " #backend, test, NULL, NULL, (void *)&(backend) }
#define BOTH_BACKENDS(test) BACKEND_TEST(test, reference), BACKEND_TEST(test, onednn)

int main(void) {
    static const enum backend reference = BACKEND_REFERENCE;
    static const enum backend onednn = BACKEND_ONEDNN;
    const struct CMUnitTest tests[] = {
        BOTH_BACKENDS(test_forward),
        BOTH_BACKENDS(test_backward),
        BOTH_BACKENDS(test_constant_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
