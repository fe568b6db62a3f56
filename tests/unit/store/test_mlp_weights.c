/* Weight files of networks without convolutions, which read vectors. */
#include "store_fixture.h"

#include <math.h>

enum { INPUTS = 4, WIDTH = 6, ACTIONS = 3, MAX_VALUES = 128 };

static void make_mlp(struct tensors *tensors, bool q, float values[MAX_VALUES]) {
    *tensors = (struct tensors){.capacity = MAX_VALUES};
    tensors->values = values;
    add_view(tensors, "dense1/kernel", 2, (int[]){INPUTS, WIDTH});
    add_view(tensors, "dense1/bias", 1, (int[]){WIDTH});
    add_view(tensors, "dense2/kernel", 2, (int[]){WIDTH, WIDTH});
    add_view(tensors, "dense2/bias", 1, (int[]){WIDTH});
    if (!q) {
        add_view(tensors, "value/kernel", 2, (int[]){WIDTH, 1});
        add_view(tensors, "value/bias", 1, (int[]){1});
    }
    add_view(tensors, q ? "q/kernel" : "policy/kernel", 2, (int[]){WIDTH, ACTIONS});
    add_view(tensors, q ? "q/bias" : "policy/bias", 1, (int[]){ACTIONS});
}

static void save(const char *path, const struct tensors *tensors) {
    const struct weights_metadata metadata = {
        .network = "mlp", .observation = "vector", .steps = 7};
    struct error error;
    assert_int_equal(weights_save(path, tensors->views, tensors->count, &metadata, &error),
                     STATUS_OK);
}

static void check_round_trip(const char *path, bool q) {
    float values[MAX_VALUES];
    float back[MAX_VALUES];
    struct tensors tensors;
    struct weights_layout layout;
    struct error error;
    make_mlp(&tensors, q, values);
    fill(&tensors);
    save(path, &tensors);
    assert_int_equal(weights_inspect(path, CHANNELS_UNSAID, &layout, &error), STATUS_OK);
    assert_int_equal(layout.convolutions, 0);
    assert_int_equal(layout.q_heads, q);
    assert_int_equal(layout.channels, INPUTS);
    assert_int_equal(layout.height, 1);
    assert_int_equal(layout.width, 1);
    assert_int_equal(layout.actions, ACTIONS);
    assert_string_equal(layout.metadata.network, "mlp");
    assert_string_equal(layout.metadata.observation, "vector");
    make_mlp(&tensors, q, back);
    assert_int_equal(weights_load(path, CHANNELS_UNSAID, tensors.views, tensors.count, &error),
                     STATUS_OK);
    assert_memory_equal(back, values, tensors.used * sizeof *back);
}

static void test_round_trips(void **state) {
    const struct path path = path_in(*state, "model.h5");
    check_round_trip(path.text, false);
    check_round_trip(path.text, true);
}

static void refuse(const char *path, const struct tensors *tensors, const char *words) {
    struct error error;
    assert_int_equal(weights_load(path, CHANNELS_UNSAID, tensors->views, tensors->count, &error),
                     STATUS_BAD_INPUT);
    assert_line(&error, path, words, NULL);
}

/* A file for pictures has convolutions, one for vectors has none; neither is read as
 * the other. */
static void test_refuses_the_other_kind(void **state) {
    const struct path path = path_in(*state, "model.h5");
    float values[TINY_VALUES];
    float picture_values[TINY_VALUES];
    struct tensors vector;
    struct tensors picture;
    make_mlp(&vector, false, values);
    fill(&vector);
    make_tiny(&picture, picture_values);
    fill(&picture);
    save(path.text, &vector);
    refuse(path.text, &picture, "found 0 convolution layers; wanted 2");
    save(path.text, &picture);
    refuse(path.text, &vector, "found 2 convolution layers; wanted 0");
}

static void test_refuses_other_shapes(void **state) {
    const struct path path = path_in(*state, "model.h5");
    float values[MAX_VALUES];
    struct tensors tensors;
    make_mlp(&tensors, false, values);
    fill(&tensors);
    save(path.text, &tensors);
    tensors.views[0].shape[0] = INPUTS + 1;
    refuse(path.text, &tensors, "'dense1' with shape 4x6; wanted 5x6");
    tensors.views[0].shape[0] = INPUTS;
    tensors.count = 4; /* the trunk, and no heads */
    save(path.text, &tensors);
    refuse(path.text, &tensors, "found 0 convolution and 2 dense layers");
}

/* Layers that do not fit together. */
static void test_refuses_loose_joints(void **state) {
    const struct path path = path_in(*state, "model.h5");
    float values[MAX_VALUES];
    struct tensors tensors;
    make_mlp(&tensors, false, values);
    fill(&tensors);
    tensors.views[2].shape[0] = WIDTH - 1;
    save(path.text, &tensors);
    struct weights_layout layout;
    struct error error;
    assert_int_equal(weights_inspect(path.text, CHANNELS_UNSAID, &layout, &error),
                     STATUS_BAD_INPUT);
    assert_line(&error, "'dense2' with 5 inputs on layer 'dense1' with 6 outputs", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

/* As another program wrote it. */
static void test_refuses_nan(void **state) {
    const struct path path = path_in(*state, "model.h5");
    const float marked = 12345.678F;
    const float none = NAN;
    float values[MAX_VALUES];
    struct tensors tensors;
    make_mlp(&tensors, false, values);
    fill(&tensors);
    tensors.views[2].data[7] = marked;
    save(path.text, &tensors);
    size_t size;
    unsigned char *data = read_bytes(path.text, &size);
    unsigned char *place = memmem(data, size, &marked, sizeof marked);
    assert_non_null(place);
    memcpy(place, &none, sizeof none);
    write_bytes(path.text, data, size);
    free(data);
    refuse(path.text, &tensors, "found a weight in layer 'dense2' that is not a finite number");
}

/* For any weights; the values from before stay. */
static void test_writes_no_nan(void **state) {
    const struct path path = path_in(*state, "model.h5");
    const struct weights_metadata metadata = {.steps = 7};
    const float worst[] = {NAN, INFINITY, -INFINITY};
    float values[MAX_VALUES];
    struct tensors tensors;
    make_mlp(&tensors, false, values);
    write_bytes(path.text, "before", 6);
    for (size_t i = 0; i < sizeof worst / sizeof worst[0]; i++) {
        struct error error;
        size_t size;
        fill(&tensors);
        tensors.views[tensors.count - 1].data[0] = worst[i];
        assert_int_equal(weights_save(path.text, tensors.views, tensors.count, &metadata, &error),
                         STATUS_FAILED);
        assert_line(&error, path.text, "policy/bias", "not finite", NULL);
        unsigned char *data = read_bytes(path.text, &size);
        assert_int_equal(size, 6);
        free(data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_round_trips),
        TEST(test_refuses_the_other_kind),
        TEST(test_refuses_other_shapes),
        TEST(test_refuses_loose_joints),
        cmocka_unit_test_setup_teardown(test_refuses_nan, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_writes_no_nan, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
