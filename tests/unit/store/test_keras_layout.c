/* The meaning of a Keras file's layers, on arrays small enough to follow by hand. */
#include "store/keras_order.h"

#include "store_fixture.h"

static const struct keras_origin keras1 = {.native = false};
static const struct keras_origin keras2_tensorflow = {.version = "2.3.1", .backend = "tensorflow"};
static const struct keras_origin keras2_theano = {.version = "2.0.8", .backend = "theano"};
static const struct keras_origin keras3_native = {.native = true};

static struct keras_layer *add_layer(struct keras_model *model, const char *name, int rank,
                                     const int *shape, int biases) {
    struct keras_layer *layer = &model->layers[model->layer_count++];
    *layer = (struct keras_layer){.rank = rank, .bias_size = biases};
    snprintf(layer->name, sizeof layer->name, "%s", name);
    snprintf(layer->kernel_path, sizeof layer->kernel_path, "%s/%s_W", name, name);
    memcpy(layer->shape, shape, (size_t)rank * sizeof *shape);
    return layer;
}

/* One convolution of kernels 4x4, a dense layer and two heads. */
static void make_model(struct keras_model *model, const int conv[4]) {
    *model = (struct keras_model){.layer_count = 0};
    add_layer(model, "conv", 4, conv, 2);
    add_layer(model, "dense", 2, (int[]){4, 5}, 5);
    add_layer(model, "value", 2, (int[]){5, 1}, 1);
    add_layer(model, "policy", 2, (int[]){5, 3}, 3);
}

static void settle(struct keras_model *model, const struct keras_origin *origin,
                   enum channels_order asked) {
    struct error error;
    if (keras_settle(model, origin, asked, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static const int keras1_shape[] = {2, 3, 4, 4}; /* (out, in, height, width) */
static const int keras2_shape[] = {4, 4, 3, 2}; /* (height, width, in, out) */

static void assert_conventions(const struct keras_model *model, bool out_first, bool flipped,
                               bool rows_transposed) {
    assert_int_equal(model->out_first, out_first);
    assert_int_equal(model->flipped, flipped);
    assert_int_equal(model->rows_transposed, rows_transposed);
    assert_memory_equal(model->layers[0].shape, keras1_shape, sizeof keras1_shape);
}

static void test_conventions_of_keras1(void **state) {
    (void)state;
    struct keras_model model;
    make_model(&model, keras1_shape);
    settle(&model, &keras1, CHANNELS_UNSAID);
    assert_conventions(&model, true, true, false);

    make_model(&model, keras1_shape);
    strcat(model.layers[0].kernel_path, ":0"); /* TensorFlow's name */
    settle(&model, &keras1, CHANNELS_UNSAID);
    assert_conventions(&model, true, false, false);

    make_model(&model, keras2_shape); /* dim_ordering "tf" of Theano, which convolves there, too */
    settle(&model, &keras1, CHANNELS_UNSAID);
    assert_conventions(&model, false, true, true);

    make_model(&model, keras2_shape);
    strcat(model.layers[0].kernel_path, ":0");
    settle(&model, &keras1, CHANNELS_UNSAID);
    assert_conventions(&model, false, false, true);

    struct keras_origin origin = {.version = "1.2.2"};
    make_model(&model, keras1_shape);
    settle(&model, &origin, CHANNELS_UNSAID);
    assert_conventions(&model, true, true, false);
}

static void test_keras1_ordering_from_description(void **state) {
    (void)state;
    const char th[] = "{\"config\": [{\"class_name\": \"Convolution2D\","
                      " \"config\": {\"dim_ordering\": \"th\"}}]}";
    const char tf[] = "{\"config\": [{\"class_name\": \"Convolution2D\","
                      " \"config\": {\"dim_ordering\": \"tf\"}}]}";
    const int cube[] = {4, 4, 4, 4}; /* its shape does not show the order */
    struct keras_model model;
    struct keras_origin origin = {.description = json_parse(th, strlen(th))};
    make_model(&model, cube);
    settle(&model, &origin, CHANNELS_UNSAID);
    assert_true(model.out_first);
    json_free(origin.description);

    origin.description = json_parse(tf, strlen(tf));
    make_model(&model, cube);
    settle(&model, &origin, CHANNELS_UNSAID);
    assert_false(model.out_first);
    assert_true(model.rows_transposed);
    json_free(origin.description);
}

static void test_conventions_of_keras2(void **state) {
    (void)state;
    struct keras_model model;
    make_model(&model, keras2_shape);
    settle(&model, &keras2_tensorflow, CHANNELS_FIRST);
    assert_conventions(&model, false, false, false);

    make_model(&model, keras2_shape);
    settle(&model, &keras2_theano, CHANNELS_FIRST);
    assert_conventions(&model, false, true, false);

    make_model(&model, keras2_shape);
    settle(&model, &keras3_native, CHANNELS_FIRST);
    assert_conventions(&model, false, false, false);
}

/* The reader never guesses an order, and never takes another one than the file's. */
static void test_requested_order(void **state) {
    (void)state;
    struct keras_model model;
    struct error error;
    make_model(&model, keras2_shape);
    assert_int_equal(keras_settle(&model, &keras3_native, CHANNELS_UNSAID, &error),
                     STATUS_BAD_INPUT);
    assert_line(&error, "--channels=last", "--channels=first", NULL);
    make_model(&model, keras2_shape);
    settle(&model, &keras3_native, CHANNELS_LAST);
    assert_conventions(&model, false, false, true);

    struct keras_origin ours = keras2_tensorflow;
    ours.ours = true;
    make_model(&model, keras2_shape);
    settle(&model, &ours, CHANNELS_UNSAID);
    assert_conventions(&model, false, false, false);
    make_model(&model, keras2_shape);
    assert_int_equal(keras_settle(&model, &ours, CHANNELS_LAST, &error), STATUS_BAD_INPUT);
    assert_line(&error, "channels are first", "leave out --channels=last", NULL);

    make_model(&model, (int[]){4, 4, 4, 4});
    assert_int_equal(keras_settle(&model, &keras1, CHANNELS_UNSAID, &error), STATUS_BAD_INPUT);
}

static void test_rows_from_description(void **state) {
    (void)state;
    const struct {
        const char *conv, *flatten;
        bool rows_transposed;
    } cases[] = {{"channels_first", "channels_last", false},
                 {"channels_first", "channels_first", true}, /* its Flatten transposes */
                 {"channels_last", "channels_last", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(
            text, sizeof text,
            "{\"layers\": [{\"class_name\": \"Conv2D\", \"config\": {\"data_format\": \"%s\"}},"
            " {\"class_name\": \"Flatten\", \"config\": {\"data_format\": \"%s\"}}]}",
            cases[i].conv, cases[i].flatten);
        struct keras_origin origin = keras2_tensorflow;
        origin.description = json_parse(text, strlen(text));
        assert_non_null(origin.description);
        struct keras_model model;
        make_model(&model, keras2_shape);
        settle(&model, &origin, CHANNELS_UNSAID);
        assert_conventions(&model, false, false, cases[i].rows_transposed);
        json_free(origin.description);
    }
}

/* Converts a kernel of shape (2, 1, 1, 3) that a file holds as 0, 1, 2, ... */
static void convert(bool out_first, bool flipped, float out[6]) {
    const float raw[] = {0, 1, 2, 3, 4, 5};
    const struct keras_model model = {.out_first = out_first, .flipped = flipped};
    const struct keras_layer layer = {.rank = 4, .shape = {2, 1, 1, 3}};
    const struct keras_tensor tensor = {.layer = &layer, .size = 6, .plane = 1};
    keras_convert(&model, &tensor, raw, out);
}

static void test_converts_kernels(void **state) {
    (void)state;
    float out[6];
    convert(true, false, out);
    assert_memory_equal(out, ((const float[]){0, 1, 2, 3, 4, 5}), sizeof out);
    convert(true, true, out);
    assert_memory_equal(out, ((const float[]){2, 1, 0, 5, 4, 3}), sizeof out);
    convert(false, false, out);
    assert_memory_equal(out, ((const float[]){0, 2, 4, 1, 3, 5}), sizeof out);
    convert(false, true, out);
    assert_memory_equal(out, ((const float[]){4, 2, 0, 5, 3, 1}), sizeof out);
}

static void test_flips_both_axes(void **state) {
    (void)state;
    const float raw[] = {0, 1, 2, 3};
    float out[4];
    const struct keras_model model = {.out_first = true, .flipped = true};
    const struct keras_layer layer = {.rank = 4, .shape = {1, 1, 2, 2}};
    const struct keras_tensor tensor = {.layer = &layer, .size = 4, .plane = 1};
    keras_convert(&model, &tensor, raw, out);
    assert_memory_equal(out, ((const float[]){3, 2, 1, 0}), sizeof out);
}

static void test_converts_dense_rows(void **state) {
    (void)state;
    /* Rows (position, channel): p0c0 p0c1 p0c2 p1c0 p1c1 p1c2, of two columns each. */
    const float raw[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    float out[12];
    const struct keras_model model = {.rows_transposed = true};
    const struct keras_layer layer = {.rank = 2, .shape = {6, 2}};
    struct keras_tensor tensor = {.layer = &layer, .size = 12, .plane = 2};
    keras_convert(&model, &tensor, raw, out);
    assert_memory_equal(out, ((const float[]){0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11}), sizeof out);
    tensor.plane = 1;
    keras_convert(&model, &tensor, raw, out);
    assert_memory_equal(out, raw, sizeof out);
}

static void test_kernel_to_file_and_back(void **state) {
    (void)state;
    float values[2 * 3 * 4 * 5];
    float stored[2 * 3 * 4 * 5];
    float back[2 * 3 * 4 * 5];
    for (int i = 0; i < 2 * 3 * 4 * 5; i++)
        values[i] = (float)i;
    const struct tensor_view view = {"conv1/kernel", 4, {2, 3, 4, 5}, values};
    keras_kernel_to_file(&view, stored);
    assert_true(stored[0] == 0 && stored[1] == 60 && stored[2] == 20 && stored[6] == 1);
    const struct keras_model model = {.out_first = false};
    const struct keras_layer layer = {.rank = 4, .shape = {2, 3, 4, 5}};
    const struct keras_tensor tensor = {.layer = &layer, .size = 120, .plane = 1};
    keras_convert(&model, &tensor, stored, back);
    assert_memory_equal(back, values, sizeof values);
}

static void test_heads_by_name_and_by_shape(void **state) {
    (void)state;
    const struct {
        const char *first, *second;
        int first_outputs, second_outputs;
        bool value_is_second;
    } cases[] = {{"value", "policy", 1, 3, false},    {"policy", "value", 3, 1, true},
                 {"dense_2", "dense_3", 1, 3, false}, {"dense_2", "dense_3", 3, 1, true},
                 {"policy", "dense_3", 1, 1, true},   {"dense_2", "value", 1, 1, true},
                 {"dense_2", "dense_3", 1, 1, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        struct keras_model model;
        struct keras_roles roles;
        make_model(&model, keras1_shape);
        model.layer_count = 2;
        const int first = cases[i].first_outputs;
        const int second = cases[i].second_outputs;
        add_layer(&model, cases[i].first, 2, (int[]){5, first}, first);
        add_layer(&model, cases[i].second, 2, (int[]){5, second}, second);
        assert_int_equal(keras_find_roles(&model, &roles, &error), STATUS_OK);
        assert_ptr_equal(roles.value, &model.layers[cases[i].value_is_second ? 3 : 2]);
        assert_ptr_equal(roles.policy, &model.layers[cases[i].value_is_second ? 2 : 3]);
        assert_null(roles.q);
    }
}

static void refuse_roles(const struct keras_model *model, const char *found, const char *wanted) {
    struct error error;
    struct keras_roles roles;
    assert_int_equal(keras_find_roles(model, &roles, &error), STATUS_BAD_INPUT);
    assert_line(&error, found, wanted, NULL);
}

static void test_refuses_layers_that_do_not_fit(void **state) {
    (void)state;
    struct keras_model model;
    make_model(&model, keras1_shape);
    model.layer_count = 2;
    refuse_roles(&model, "found 1 convolution and 1 dense layers", "wanted");
    add_layer(&model, "a", 2, (int[]){5, 2}, 2);
    add_layer(&model, "b", 2, (int[]){5, 3}, 3);
    refuse_roles(&model, "'a' with 2 outputs and 'b' with 3", "1 output");
    add_layer(&model, "c", 2, (int[]){5, 3}, 3);
    refuse_roles(&model, "4 dense layers", "value and policy, or Q");

    make_model(&model, keras1_shape);
    model.layers[3].bias_size = 4;
    refuse_roles(&model, "'policy' with 4 biases for its 3 outputs", "one each");
    make_model(&model, keras1_shape);
    model.layers[2].shape[0] = 6;
    refuse_roles(&model, "'value' with 6 inputs on layer 'dense' with 5 outputs", "wanted 5");
    make_model(&model, keras1_shape);
    model.layers[1].shape[0] = 5;
    refuse_roles(&model, "'dense' with 5 inputs", "wanted a multiple of 2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conventions_of_keras1),
        cmocka_unit_test(test_keras1_ordering_from_description),
        cmocka_unit_test(test_conventions_of_keras2),
        cmocka_unit_test(test_requested_order),
        cmocka_unit_test(test_rows_from_description),
        cmocka_unit_test(test_converts_kernels),
        cmocka_unit_test(test_flips_both_axes),
        cmocka_unit_test(test_converts_dense_rows),
        cmocka_unit_test(test_kernel_to_file_and_back),
        cmocka_unit_test(test_heads_by_name_and_by_shape),
        cmocka_unit_test(test_refuses_layers_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
