/* The description in a whole model: the same in three dialects, and errors that name the layer. */
#include "store/keras_description.h"

#include "store_fixture.h"

static struct keras_model model = {
    .channels_last = true,
    .layer_count = 5,
    .layers = {{.name = "c1", .rank = 4},
               {.name = "c2", .rank = 4},
               {.name = "d", .rank = 2},
               {.name = "value", .rank = 2},
               {.name = "policy", .rank = 2}},
};

/* A description, in a mixture of the dialects. */
static const char keras3[] =
    "{'class_name': 'Functional', 'config': {'layers': ["
    "{'class_name': 'InputLayer', 'config': {'name': 'in', 'batch_shape': [null, 84, 84, 4]},"
    " 'inbound_nodes': []},"
    "{'class_name': 'Conv2D', 'config': {'name': 'c1', 'strides': [4, 4], 'padding': 'valid',"
    " 'data_format': 'channels_last', 'activation': 'relu'},"
    " 'inbound_nodes': [{'args': [{'config': {'keras_history': ['in', 0, 0]}}]}]},"
    "{'class_name': 'Conv2D', 'config': {'name': 'c2', 'strides': [2, 2], 'padding': 'valid',"
    " 'data_format': 'channels_last', 'activation': 'linear'},"
    " 'inbound_nodes': [{'args': [{'config': {'keras_history': ['c1', 0, 0]}}]}]},"
    "{'class_name': 'Activation', 'config': {'name': 'a', 'activation': 'relu'},"
    " 'inbound_nodes': [[['c2', 0, 0, {}]]]},"
    "{'class_name': 'Flatten', 'config': {'name': 'f', 'data_format': 'channels_last'},"
    " 'inbound_nodes': [[['a', 0, 0, {}]]]},"
    "{'class_name': 'Dense', 'config': {'name': 'd', 'activation': 'relu'},"
    " 'inbound_nodes': [[['f', 0, 0, {}]]]},"
    "{'class_name': 'Dense', 'config': {'name': 'value', 'activation': 'linear'},"
    " 'inbound_nodes': [[['d', 0, 0, {}]]]},"
    "{'class_name': 'Dense', 'config': {'name': 'policy', 'activation': 'softmax'},"
    " 'inbound_nodes': [[['d', 0, 0, {}]]]}]}}";

/* Checks the description with the first occurrence of old replaced. */
static enum status check(const char *old, const char *new, struct error *error) {
    static const struct keras_layer *const layers = model.layers;
    const struct keras_roles roles = {.conv_count = 2,
                                      .conv = {&layers[0], &layers[1]},
                                      .hidden_count = 1,
                                      .hidden = {&layers[2]},
                                      .value = &layers[3],
                                      .policy = &layers[4]};
    char text[sizeof keras3 + 128];
    const char *place = strstr(keras3, old);
    assert_non_null(place);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(place - keras3), keras3, new,
             place + strlen(old));
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    struct json *json = json_parse(text, strlen(text));
    if (!json)
        fail_msg("no JSON: %s", text);
    const enum status status = keras_check_description(json, &model, &roles, 84, error);
    json_free(json);
    return status;
}

static void test_accepts_equal_descriptions(void **state) {
    (void)state;
    const char *const same[][2] = {
        {"null", "null"},
        {"'softmax'", "'linear'"},
        {"'strides': [4, 4]", "'subsample': [4, 4]"},
        {"'padding': 'valid'", "'border_mode': 'valid'"},
        {"'data_format': 'channels_last'", "'dim_ordering': 'tf'"},
        {"'activation': 'relu'", "'activation': {'class_name': 'function', 'config': 'relu'}"},
        {"'Activation'", "'ReLU'"},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct error error;
        if (check(same[i][0], same[i][1], &error) != STATUS_OK)
            fail_msg("%s: %s", same[i][1], error.message);
    }
}

static void test_refuses_differences(void **state) {
    (void)state;
    const char *const different[][3] = {
        {"'activation': 'relu'", "'activation': 'tanh'", "layer 'c1' with activation 'tanh'"},
        {"'activation': 'relu'", "'activation': {'module': 'own'}", "layer 'c1' with activation"},
        {"'activation': 'linear'", "'activation': 'elu'", "layer 'c2' with activation 'elu' below"},
        {"'strides': [4, 4]", "'strides': [4, 2]", "layer 'c1' with strides of 4x2; wanted 4x4"},
        {"'padding': 'valid'", "'padding': 'same'", "layer 'c1' with padding 'same'"},
        {"'padding': 'valid'", "'dilation_rate': [2, 2]", "layer 'c1' with dilation_rate of 2x2"},
        {"'padding': 'valid'", "'groups': 2", "layer 'c1' with groups"},
        {"'class_name': 'Conv2D'", "'class_name': 'Conv2DTranspose'", "layer 'c1' of class"},
        {"'class_name': 'Flatten'", "'class_name': 'Reshape'", "layer 'f' of class 'Reshape'"},
        {"[null, 84, 84, 4]", "[null, 85, 85, 4]", "layer 'in' for pictures of 85 pixels"},
        {"'name': 'f', 'data_format': 'channels_last'",
         "'name': 'f', 'data_format': 'channels_first'", "layer 'f' with data_format"},
        {"[[['d', 0, 0, {}]]]", "[[['f', 0, 0, {}]]]", "layer 'value' on 'c2'; wanted it on 'd'"},
        {"[[['c2', 0, 0, {}]]]", "[[['f', 0, 0, {}]]]", "below itself"},
        {"[[['c2', 0, 0, {}]]]", "[[['x', 0, 0, {}]]]",
         "layer 'a' on a layer that the description lacks"},
        {"'class_name': 'Activation', 'config': {'name': 'a', 'activation': 'relu'}",
         "'class_name': 'Rescaling', 'config': {'name': 'a', 'scale': 2}", "layer 'a' between"},
        {"'name': 'value'", "'name': 'other'", "weights of layer 'value'"},
        {"'value', 'activation': 'linear'", "'value', 'activation': 'tanh'",
         "layer 'value' with activation 'tanh'; wanted 'linear'"},
    };
    for (size_t i = 0; i < sizeof different / sizeof different[0]; i++) {
        struct error error;
        if (check(different[i][0], different[i][1], &error) != STATUS_BAD_INPUT)
            fail_msg("taken: %s", different[i][1]);
        assert_line(&error, different[i][2], NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts_equal_descriptions),
        cmocka_unit_test(test_refuses_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
