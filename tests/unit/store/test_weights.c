/*
 * Weight files: ours, real Keras's (tests/data/keras, made by tests/keras/make_data.py) and the
 * published ones; and the line that each bad file gets.
 */
#include "store/hdf5_file.h"
#include "store/keras_layout.h"

#include "store_fixture.h"

#include <math.h>

/* ---- Round trip ------------------------------------------------------------------------------ */

static const struct weights_metadata metadata = {
    .method = "a3c",
    .game = "Breakout-v0",
    .observation = "classic",
    .network = "a3c",
    .actions = "simple",
    .state = "Level1",
    .atari = "--full_action_space=true",
    .env_kwargs = "{\"map_name\": \"8x8\"}",
    .env_wrappers = "ClipReward",
    .environment = "--noop_max=30 --fire_on_reset=true",
    .frame_skip = {2, 4},
    .steps = 91750000,
    .action_names = "NOOP,FIRE,RIGHT,LEFT,UP",
};

static void save_tiny(const char *path) {
    float values[TINY_VALUES];
    struct tensors tensors;
    struct error error;
    make_tiny(&tensors, values);
    fill(&tensors);
    assert_int_equal(weights_save(path, tensors.views, tensors.count, &metadata, &error),
                     STATUS_OK);
}

static void test_round_trip(void **state) {
    const struct path path = path_in(*state, "model.h5");
    save_tiny(path.text);
    float expected[TINY_VALUES];
    float values[TINY_VALUES];
    struct tensors filled;
    struct tensors read;
    struct error error;
    make_tiny(&filled, expected);
    fill(&filled);
    make_tiny(&read, values);
    assert_int_equal(weights_load(path.text, CHANNELS_UNSAID, read.views, read.count, &error),
                     STATUS_OK);
    assert_memory_equal(values, expected, filled.used * sizeof *values);

    struct weights_layout layout;
    assert_int_equal(weights_inspect(path.text, CHANNELS_UNSAID, &layout, &error), STATUS_OK);
    assert_string_equal(layout.metadata.method, "a3c");
    assert_string_equal(layout.metadata.game, "Breakout-v0");
    assert_string_equal(layout.metadata.observation, "classic");
    assert_string_equal(layout.metadata.network, "a3c");
    assert_string_equal(layout.metadata.state, "Level1");
    assert_string_equal(layout.metadata.atari, "--full_action_space=true");
    assert_string_equal(layout.metadata.env_kwargs, "{\"map_name\": \"8x8\"}");
    assert_string_equal(layout.metadata.env_wrappers, "ClipReward");
    assert_int_equal(layout.metadata.steps, 91750000);
    assert_int_equal(layout.metadata.frame_skip.low, 2);
    assert_int_equal(layout.metadata.frame_skip.high, 4);
    assert_int_equal(layout.convolutions, 2);
    assert_false(layout.q_heads);
    assert_int_equal(layout.channels, 3);
    assert_int_equal(layout.actions, 5);
    assert_int_equal(layout.height, 28);
    assert_int_equal(layout.width, 28);
}

static void test_q_round_trip_says_nothing_of_itself(void **state) {
    struct tiny_shape shape = tiny;
    shape.q = true;
    shape.channels = 4;
    float values[TINY_VALUES];
    float back[TINY_VALUES] = {0};
    struct tensors tensors;
    struct error error;
    const struct path path = path_in(*state, "q.h5");
    make_tensors(&tensors, &shape, values, TINY_VALUES);
    fill(&tensors);
    const struct weights_metadata nothing = {.steps = -1};
    assert_int_equal(weights_save(path.text, tensors.views, tensors.count, &nothing, &error),
                     STATUS_OK);
    struct weights_layout layout;
    assert_int_equal(weights_inspect(path.text, CHANNELS_UNSAID, &layout, &error), STATUS_OK);
    assert_true(layout.q_heads);
    assert_int_equal(layout.channels, 4);
    assert_string_equal(layout.metadata.game, "");
    assert_int_equal(layout.metadata.steps, -1);
    make_tensors(&tensors, &shape, back, TINY_VALUES);
    assert_int_equal(weights_load(path.text, CHANNELS_UNSAID, tensors.views, tensors.count, &error),
                     STATUS_OK);
    assert_memory_equal(back, values, tensors.used * sizeof *back);
}

static void test_equal_weights_give_equal_bytes(void **state) {
    const struct path first = path_in(*state, "first.h5");
    const struct path second = path_in(*state, "second.h5");
    save_tiny(first.text);
    sleep(1); /* a time in the file would differ now */
    save_tiny(second.text);
    size_t sizes[2];
    unsigned char *one = read_bytes(first.text, &sizes[0]);
    unsigned char *two = read_bytes(second.text, &sizes[1]);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(one, two, sizes[0]);
    free(one);
    free(two);
}

static void test_save_that_fails(void **state) {
    (void)state;
    float values[TINY_VALUES] = {0};
    struct tensors tensors;
    struct error error;
    make_tiny(&tensors, values);
    const char path[] = "/missing/model.h5";
    assert_int_equal(weights_save(path, tensors.views, tensors.count, &metadata, &error),
                     STATUS_FAILED);
    assert_line(&error, path, "No such file", NULL);
}

/* ---- Real Keras ------------------------------------------------------------------------------ */

/* out: (outs, side, side), side = (in_side - kernel) / stride + 1; in: (ins, in_side, in_side). */
static void conv_relu(const struct tensor_view *kernel, const float *bias, const float *in,
                      int in_side, int stride, float *out) {
    const int ins = kernel->shape[1];
    const int size = kernel->shape[2];
    const int side = (in_side - size) / stride + 1;
    for (int o = 0; o < kernel->shape[0]; o++)
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++) {
                float sum = bias[o];
                const float *weight = kernel->data + o * ins * size * size;
                for (int i = 0; i < ins; i++)
                    for (int dy = 0; dy < size; dy++)
                        for (int dx = 0; dx < size; dx++)
                            sum += *weight++ *
                                   in[(i * in_side + y * stride + dy) * in_side + x * stride + dx];
                *out++ = sum > 0 ? sum : 0;
            }
}

static void dense(const struct tensor_view *kernel, const float *bias, const float *in, bool relu,
                  float *out) {
    for (int o = 0; o < kernel->shape[1]; o++) {
        float sum = bias[o];
        for (int i = 0; i < kernel->shape[0]; i++)
            sum += in[i] * kernel->data[i * kernel->shape[1] + o];
        out[o] = relu && sum < 0 ? 0 : sum;
    }
}

/* The tiny network's value and policy for the observation that make_data.py makes: an oracle of
 * plain loops. */
static void predict(const struct tensors *tensors, float *value, float policy[5]) {
    float image[3 * 28 * 28];
    float first[4 * 6 * 6];
    float second[6 * 2 * 2];
    float hidden[8];
    for (int i = 0; i < 3 * 28 * 28; i++)
        image[i] = (float)((i * 37 + 11) % 256) / 255.0F;
    const struct tensor_view *views = tensors->views;
    conv_relu(&views[0], views[1].data, image, 28, 4, first);
    conv_relu(&views[2], views[3].data, first, 6, 2, second);
    dense(&views[4], views[5].data, second, true, hidden);
    dense(&views[6], views[7].data, hidden, false, value);
    dense(&views[8], views[9].data, hidden, false, policy);
    float sum = 0;
    for (int i = 0; i < 5; i++)
        sum += expf(policy[i]);
    for (int i = 0; i < 5; i++)
        policy[i] = expf(policy[i]) / sum;
}

/* Keras's predictions: value and policy of the model, from tests/data/keras/predictions.txt. */
static void read_predictions(const char *model, float expected[6]) {
    FILE *stream = fopen(path_of_data("keras/predictions.txt").text, "r");
    assert_non_null(stream);
    char name[32];
    bool found = false;
    while (!found) {
        assert_int_equal(fscanf(stream, "%31s", name), 1);
        for (int i = 0; i < 6; i++)
            assert_int_equal(fscanf(stream, "%f", &expected[i]), 1);
        found = strcmp(name, model) == 0;
    }
    fclose(stream);
}

static void predicts_as_keras(const char *file, const char *model) {
    char name[64];
    float expected[6];
    float values[TINY_VALUES];
    float found[6];
    struct tensors tensors;
    struct error error;
    snprintf(name, sizeof name, "keras/%s", file);
    make_tiny(&tensors, values);
    const bool says = !strstr(file, ".weights.h5");
    if (weights_load(path_of_data(name).text, says ? CHANNELS_UNSAID : CHANNELS_FIRST,
                     tensors.views, tensors.count, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    read_predictions(model, expected);
    predict(&tensors, &found[0], &found[1]);
    for (int i = 0; i < 6; i++)
        if (!(fabsf(found[i] - expected[i]) < 1e-5F))
            fail_msg("%s: output %d is %g, Keras says %g", file, i, (double)found[i],
                     (double)expected[i]);
}

static void test_reads_legacy_file_of_keras(void **state) {
    (void)state;
    predicts_as_keras("channels-first.h5", "channels-first");
}

static void test_reads_native_file_of_keras(void **state) {
    (void)state;
    predicts_as_keras("channels-first.weights.h5", "channels-first");
}

static void test_reads_channels_last_file_of_keras(void **state) {
    (void)state;
    predicts_as_keras("channels-last.h5", "channels-last");
}

static void test_inspects_files_of_keras(void **state) {
    (void)state;
    const char *const files[] = {"channels-first.h5", "channels-first.weights.h5",
                                 "channels-last.h5"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[64];
        struct weights_layout layout;
        struct error error;
        snprintf(name, sizeof name, "keras/%s", files[i]);
        const bool says = !strstr(name, ".weights.h5");
        assert_int_equal(weights_inspect(path_of_data(name).text,
                                         says ? CHANNELS_UNSAID : CHANNELS_FIRST, &layout, &error),
                         STATUS_OK);
        assert_false(layout.q_heads);
        assert_int_equal(layout.channels, 3);
        assert_int_equal(layout.actions, 5);
        assert_int_equal(layout.height, 28);
        assert_int_equal(layout.metadata.steps, -1);
    }
}

/* ---- The published weights ------------------------------------------------------------------- */

static struct path published(const char *name) {
    const char *shared = getenv("ASYNCRL_SHARED");
    struct path path;
    snprintf(path.text, sizeof path.text, "%s/weights/%s", shared ? shared : ".", name);
    if (!path_is_file(path.text)) {
        print_message("no %s: set ASYNCRL_SHARED to the folder that holds weights/\n", path.text);
        skip();
    }
    return path;
}

static void load_published(const struct path *path, bool q, struct tensors *tensors) {
    enum { VALUES = 1 << 20 };
    struct tiny_shape shape = {3, 16, 32, 81, 256, 4, q};
    struct error error;
    float *values = malloc(VALUES * sizeof *values);
    assert_non_null(values);
    make_tensors(tensors, &shape, values, VALUES);
    if (weights_load(path->text, CHANNELS_UNSAID, tensors->views, tensors->count, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
}

/* Kernels are the file's with both spatial axes reversed; all other arrays are unchanged. */
static void test_published_a3c_is_flipped(void **state) {
    (void)state;
    const struct path path = published("a3c-Breakout-v0-91750000.h5");
    struct tensors tensors;
    load_published(&path, false, &tensors);
    size_t size;
    unsigned char *data = read_bytes(path.text, &size);
    struct hdf5_file *file = hdf5_open(data, size);
    assert_non_null(file);
    const char *const names[] = {"convolution2d_1/convolution2d_1_W",
                                 "convolution2d_1/convolution2d_1_b",
                                 "convolution2d_2/convolution2d_2_W",
                                 "convolution2d_2/convolution2d_2_b",
                                 "dense_1/dense_1_W",
                                 "dense_1/dense_1_b",
                                 "value/value_W",
                                 "value/value_b",
                                 "policy/policy_W",
                                 "policy/policy_b"};
    for (int i = 0; i < tensors.count; i++) {
        const struct tensor_view *view = &tensors.views[i];
        const size_t count = tensor_size(view);
        float *raw = malloc(count * sizeof *raw);
        assert_non_null(raw);
        assert_true(hdf5_read_floats(file, names[i], raw));
        const size_t plane = view->rank == 4 ? (size_t)(view->shape[2] * view->shape[3]) : 1;
        for (size_t j = 0; plane > 0 && j < count;
             j++) /* reversing both axes of a plane reverses the plane */
            assert_true(view->data[j] == raw[j / plane * plane + (plane - 1 - j % plane)]);
        free(raw);
    }
    hdf5_close(file);
    free(data);
    free(tensors.values);
}

static void test_published_layouts(void **state) {
    (void)state;
    const struct {
        const char *name;
        bool q;
    } files[] = {{"a3c-Breakout-v0-91750000.h5", false},
                 {"q1-Breakout-v0-6h.h5", true},
                 {"q1-Breakout-v0-12h.h5", true},
                 {"q1-Breakout-v0-18h.h5", true}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const struct path path = published(files[i].name);
        struct weights_layout layout;
        struct tensors tensors;
        struct error error;
        assert_int_equal(weights_inspect(path.text, CHANNELS_UNSAID, &layout, &error), STATUS_OK);
        assert_int_equal(layout.q_heads, files[i].q);
        assert_int_equal(layout.convolutions, 2);
        assert_int_equal(layout.channels, 3);
        assert_int_equal(layout.actions, 4);
        assert_int_equal(layout.height, 84);
        assert_int_equal(layout.width, 84);
        assert_int_equal(layout.metadata.steps, -1);
        assert_string_equal(layout.metadata.game, "");
        load_published(&path, files[i].q, &tensors);
        free(tensors.values);
    }
}

/* ---- Bad files ------------------------------------------------------------------------------- */

/* Loading path into tensors fails, changes none of them, and gives one line with path, found and
 * wanted. */
static void refuse_tensors(const char *path, struct tensors *tensors, const char *found,
                           const char *wanted) {
    float before[TINY_VALUES];
    struct error error;
    fill(tensors);
    memcpy(before, tensors->values, tensors->used * sizeof *before);
    assert_int_equal(weights_load(path, CHANNELS_UNSAID, tensors->views, tensors->count, &error),
                     STATUS_BAD_INPUT);
    assert_line(&error, path, found, wanted, NULL);
    assert_memory_equal(tensors->values, before, tensors->used * sizeof *before);
}

static void refuse(const char *path, const char *found, const char *wanted) {
    float values[TINY_VALUES];
    struct tensors tensors;
    struct weights_layout layout;
    struct error error;
    make_tiny(&tensors, values);
    refuse_tensors(path, &tensors, found, wanted);
    assert_int_equal(weights_inspect(path, CHANNELS_UNSAID, &layout, &error), STATUS_BAD_INPUT);
    assert_line(&error, path, found, wanted, NULL);
}

static void test_refuses_files_cut_short(void **state) {
    const struct path whole = path_in(*state, "whole.h5");
    const struct path path = path_in(*state, "cut.h5");
    save_tiny(whole.text);
    size_t size;
    unsigned char *data = read_bytes(whole.text, &size);
    for (size_t length = 8; length < size; length += length < 2048 ? 40 : 509) {
        write_bytes(path.text, data, length);
        refuse(path.text, "found an HDF5 file that is damaged or cut short", "wanted a whole one");
    }
    write_bytes(path.text, data, size - 1);
    refuse(path.text, "damaged or cut short", "wanted a whole one");
    free(data);
}

static void test_refuses_other_networks(void **state) {
    const struct path path = path_in(*state, "model.h5");
    save_tiny(path.text);
    float values[TINY_VALUES];
    struct tensors tensors;
    const struct {
        struct tiny_shape shape;
        const char *found, *wanted;
    } cases[] = {
        {{3, 4, 6, 4, 8, 6, false}, "found a network for 5 actions", "wanted one for 6"},
        {{3, 4, 6, 4, 8, 5, true}, "found value and policy heads", "wanted one Q head"},
        {{4, 4, 6, 4, 8, 5, false}, "'conv1' with shape 4x3x8x8", "wanted 4x4x8x8"},
        {{3, 4, 6, 1, 8, 5, false}, "'dense' with shape 24x8", "wanted 6x8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_tensors(&tensors, &cases[i].shape, values, TINY_VALUES);
        refuse_tensors(path.text, &tensors, cases[i].found, cases[i].wanted);
    }
    make_tiny(&tensors, values);
    add_view(&tensors, "conv3/kernel", 4, (int[]){1, 1, 3, 3});
    refuse_tensors(path.text, &tensors, "found 2 convolution layers", "wanted 3");
}

/* Saves the tiny network without its views from first on, count of them. */
static void save_without(const char *path, int first, int count) {
    float values[TINY_VALUES];
    struct tensors tensors;
    struct error error;
    make_tiny(&tensors, values);
    fill(&tensors);
    const int after = tensors.count - first - count;
    memmove(&tensors.views[first], &tensors.views[first + count],
            (size_t)after * sizeof *tensors.views);
    assert_int_equal(weights_save(path, tensors.views, tensors.count - count, &metadata, &error),
                     STATUS_OK);
}

static void test_refuses_missing_layers(void **state) {
    const struct path path = path_in(*state, "model.h5");
    float values[TINY_VALUES];
    struct tensors tensors;
    save_without(path.text, 0, 4);
    refuse(path.text, "'policy' with 8 inputs on layer 'value'", "wanted 1");
    save_without(path.text, 6, 4);
    refuse(path.text, "found 2 convolution and 1 dense layers", "wanted");
    save_without(path.text, 2, 2);
    refuse(path.text, "found 1 convolution layers", "wanted 2");
    save_without(path.text, 3, 1);
    refuse(path.text, "layer 'conv2' with one array", "wanted two, a kernel and a bias");
    save_without(path.text, 6, 2); /* without a value head it is a Q network */
    make_tiny(&tensors, values);
    refuse_tensors(path.text, &tensors, "found one head ('policy')", "wanted value and policy");
}

static void test_refuses_other_hdf5(void **state) {
    const struct path path = path_in(*state, "other.h5");
    const int shape[] = {2, 2};
    const float values[] = {1, 2, 3, 4};
    struct hdf5_file *file = hdf5_create();
    hdf5_write_floats(file, "data", 2, shape, values);
    save_file(file, path.text);
    refuse(path.text, "found an HDF5 file without layer_names", "wanted Keras weights");

    char name[] = "lost\nlayer";
    const struct hdf5_texts names = {1, sizeof name, name};
    file = hdf5_create();
    hdf5_write_texts(file, "", "layer_names", &names);
    save_file(file, path.text);
    refuse(path.text, "layer 'lost?layer' in layer_names", "weight_names");

    file = hdf5_create();
    hdf5_write_int(file, "", "layer_names", 5);
    hdf5_write_group(file, "model_weights");
    save_file(file, path.text);
    refuse(path.text, "no sound list", "layer_names");
}

static void test_inspect_refuses_other_trunks(void **state) {
    const struct path path = path_in(*state, "model.h5");
    struct weights_layout layout;
    struct error error;
    save_without(path.text, 0, 2);
    assert_int_equal(weights_inspect(path.text, CHANNELS_UNSAID, &layout, &error),
                     STATUS_BAD_INPUT);
    assert_line(&error, path.text, "found 1 convolution layers", "wanted 2", NULL);

    float values[TINY_VALUES];
    struct tensors tensors;
    const struct tiny_shape odd = {3, 4, 6, 5, 8, 5, false};
    make_tensors(&tensors, &odd, values, TINY_VALUES);
    fill(&tensors);
    assert_int_equal(weights_save(path.text, tensors.views, tensors.count, &metadata, &error),
                     STATUS_OK);
    assert_int_equal(weights_inspect(path.text, CHANNELS_UNSAID, &layout, &error),
                     STATUS_BAD_INPUT);
    assert_line(&error, path.text, "found 30 inputs of layer 'dense'", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip),
        TEST(test_q_round_trip_says_nothing_of_itself),
        TEST(test_equal_weights_give_equal_bytes),
        TEST(test_save_that_fails),
        TEST(test_reads_legacy_file_of_keras),
        TEST(test_reads_native_file_of_keras),
        TEST(test_reads_channels_last_file_of_keras),
        TEST(test_inspects_files_of_keras),
        TEST(test_published_a3c_is_flipped),
        TEST(test_published_layouts),
        TEST(test_refuses_files_cut_short),
        TEST(test_refuses_other_networks),
        TEST(test_refuses_missing_layers),
        TEST(test_refuses_other_hdf5),
        TEST(test_inspect_refuses_other_trunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
