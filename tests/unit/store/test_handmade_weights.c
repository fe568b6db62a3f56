/* Weight files in the form of other programs, made by hand. */
#include "store/hdf5_file.h"
#include "store/keras_order.h"

#include "store_fixture.h"

/* Writes a view at "folder/name", kernels in Keras 2's order. */
static void write_view(struct hdf5_file *file, const char *folder, const char *name,
                       const struct tensor_view *view) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (view->rank != 4) {
        hdf5_write_floats(file, path, view->rank, view->shape, view->data);
        return;
    }
    float kernel[TINY_VALUES];
    keras_kernel_to_file(view, kernel);
    const int shape[] = {view->shape[2], view->shape[3], view->shape[1], view->shape[0]};
    hdf5_write_floats(file, path, 4, shape, kernel);
}

static void load_tiny(const char *path, struct tensors *tensors, float values[TINY_VALUES]) {
    struct error error;
    make_tiny(tensors, values);
    if (weights_load(path, CHANNELS_FIRST, tensors->views, tensors->count, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

/* Keras 3 numbers the layers of a class; the tenth comes after the ninth. */
static void test_orders_native_layers_by_number(void **state) {
    const char *const names[] = {"conv2d_9", "conv2d_10", "dense_99", "dense_100", "dense_101"};
    const struct path path = path_in(*state, "native.weights.h5");
    float expected[TINY_VALUES];
    float values[TINY_VALUES];
    struct tensors tensors;
    make_tiny(&tensors, expected);
    fill(&tensors);
    struct hdf5_file *file = hdf5_create();
    for (int i = 0; i < tensors.count; i++) {
        char folder[64];
        snprintf(folder, sizeof folder, "layers/%s/vars", names[i / 2]);
        write_view(file, folder, i % 2 ? "1" : "0", &tensors.views[i]);
    }
    save_file(file, path.text);
    load_tiny(path.text, &tensors, values);
    assert_memory_equal(values, expected, tensors.used * sizeof *values);
}

/* Saves the tiny network in Keras 3's layout, but the conv's bias only if asked, and a model used
 * as a layer beside it if asked. The reader names what it cannot use. */
static void refuse_native(const char *path, bool with_bias, bool with_inner, const char *words) {
    const char *const names[] = {"conv2d", "conv2d_1", "dense", "dense_1", "dense_2"};
    float values[TINY_VALUES];
    struct tensors tensors;
    struct error error;
    make_tiny(&tensors, values);
    fill(&tensors);
    struct hdf5_file *file = hdf5_create();
    for (int i = 0; i < tensors.count; i++) {
        char folder[64];
        snprintf(folder, sizeof folder, "layers/%s/vars", names[i / 2]);
        if (with_bias || i != 1)
            write_view(file, folder, i % 2 ? "1" : "0", &tensors.views[i]);
    }
    if (with_inner)
        write_view(file, "layers/functional/layers/conv2d/vars", "0", &tensors.views[0]);
    save_file(file, path);
    assert_int_equal(weights_load(path, CHANNELS_FIRST, tensors.views, tensors.count, &error),
                     STATUS_BAD_INPUT);
    assert_line(&error, words, NULL);
}

static void test_names_layers_of_other_kinds(void **state) {
    const struct path path = path_in(*state, "other.weights.h5");
    refuse_native(path.text, false, false, "found layer 'conv2d' with one array; wanted two");
    refuse_native(path.text, true, true, "found a model within the model, 'functional'");
}

/* Writes the tiny network as Keras 2 would on some backend; frames: the trained steps, as our older
 * programs state them; 0: without their attributes. */
static void save_keras2(const char *path, struct tensors *tensors, const char *backend,
                        int64_t frames) {
    char layers[5][8] = {"a", "b", "c", "value", "policy"};
    const struct hdf5_texts layer_names = {5, sizeof layers[0], layers[0]};
    char arrays[2][9] = {"kernel:0", "bias:0"};
    const struct hdf5_texts weight_names = {2, sizeof arrays[0], arrays[0]};
    struct hdf5_file *file = hdf5_create();
    hdf5_write_texts(file, "", "layer_names", &layer_names);
    hdf5_write_word(file, "", "keras_version", "2.0.8");
    hdf5_write_word(file, "", "backend", backend);
    if (frames > 0) {
        hdf5_write_int(file, "", "asyncrl_frames", frames);
        hdf5_write_int(file, "", "asyncrl_frame_skip", 3);
    }
    for (int i = 0; i < tensors->count; i++) {
        write_view(file, layers[i / 2], arrays[i % 2], &tensors->views[i]);
        if (i % 2)
            hdf5_write_texts(file, layers[i / 2], "weight_names", &weight_names);
    }
    save_file(file, path);
}

static void test_flips_kernels_of_theano_alone(void **state) {
    const char *const backends[] = {"tensorflow", "cntk", "jax", "theano"};
    const struct path path = path_in(*state, "keras2.h5");
    for (size_t b = 0; b < sizeof backends / sizeof backends[0]; b++) {
        const bool flips = strcmp(backends[b], "theano") == 0;
        float expected[TINY_VALUES];
        float values[TINY_VALUES];
        struct tensors saved;
        struct tensors loaded;
        make_tiny(&saved, expected);
        fill(&saved);
        save_keras2(path.text, &saved, backends[b], 0);
        load_tiny(path.text, &loaded, values);
        for (int i = 0; i < saved.count; i++) {
            const struct tensor_view *view = &saved.views[i];
            const size_t plane = view->rank != 4 ? 1 : i == 0 ? 64 : 16;
            for (size_t j = 0; j < tensor_size(view); j++) {
                const size_t mirrored = j / plane * plane + (plane - 1 - j % plane);
                assert_true(loaded.views[i].data[j] == view->data[flips ? mirrored : j]);
            }
        }
    }
}

static void test_attributes_of_older_programs(void **state) {
    const struct path path = path_in(*state, "older.h5");
    float values[TINY_VALUES];
    struct tensors tensors;
    struct weights_layout layout;
    struct error error;
    make_tiny(&tensors, values);
    fill(&tensors);
    save_keras2(path.text, &tensors, "tensorflow", 4000);
    assert_int_equal(weights_inspect(path.text, CHANNELS_FIRST, &layout, &error), STATUS_OK);
    assert_int_equal(layout.metadata.steps, 4000);
    assert_true(layout.metadata.frame_skip.low == 3 && layout.metadata.frame_skip.high == 3);
}

/* The tiny network with an attribute of ours is refused in words that name it. */
static void refuse_attribute(const char *path, const char *name, const char *value) {
    float values[TINY_VALUES];
    struct tensors tensors;
    struct weights_layout layout;
    struct error error;
    make_tiny(&tensors, values);
    fill(&tensors);
    struct hdf5_file *file = hdf5_create();
    const char *const folders[] = {"conv2d", "conv2d_1", "dense", "dense_1", "dense_2"};
    for (int i = 0; i < tensors.count; i++) {
        char folder[64];
        snprintf(folder, sizeof folder, "layers/%s/vars", folders[i / 2]);
        write_view(file, folder, i % 2 ? "1" : "0", &tensors.views[i]);
    }
    hdf5_write_word(file, "", name, value);
    save_file(file, path);
    assert_int_equal(weights_inspect(path, CHANNELS_FIRST, &layout, &error), STATUS_BAD_INPUT);
    assert_line(&error, "found an attribute '", name, NULL);
}

static void test_refuses_attributes_that_it_cannot_use(void **state) {
    const struct path path = path_in(*state, "attribute.h5");
    char long_text[2048];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    refuse_attribute(path.text, "asyncrl_game", long_text);
    refuse_attribute(path.text, "asyncrl_game", "Pong-v0\n");
    refuse_attribute(path.text, "asyncrl_environment", "--noop_max=30\x1b[2J");
    refuse_attribute(path.text, "asyncrl_frame_skip", "many");
    refuse_attribute(path.text, "asyncrl_frame_skip", "4-2000");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_orders_native_layers_by_number),        TEST(test_names_layers_of_other_kinds),
        TEST(test_flips_kernels_of_theano_alone),         TEST(test_attributes_of_older_programs),
        TEST(test_refuses_attributes_that_it_cannot_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
