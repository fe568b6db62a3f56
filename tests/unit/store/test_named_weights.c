/* Our own weight files of networks that the store does not know: it finds arrays by name. */
#include "store_fixture.h"

enum { CONV = 0, GAMMA = 2, HEAD = 6, MAX_VALUES = 256 };

/* Layers of kinds and shapes that no trunk has. */
static void make_odd(struct tensors *tensors, const char *head, float values[MAX_VALUES]) {
    char name[TENSOR_NAME_SIZE];
    *tensors = (struct tensors){.capacity = MAX_VALUES};
    tensors->values = values;
    add_view(tensors, "first/kernel", 4, (int[]){2, 3, 4, 5});
    add_view(tensors, "first/bias", 1, (int[]){2});
    add_view(tensors, "layer_normalization_1/gamma", 3, (int[]){2, 3, 2});
    add_view(tensors, "layer_normalization_1/beta", 3, (int[]){2, 3, 2});
    add_view(tensors, "lstm/kernel", 2, (int[]){2, 8});
    add_view(tensors, "lstm/recurrent_kernel", 2, (int[]){2, 8});
    snprintf(name, sizeof name, "%s/kernel", head);
    add_view(tensors, name, 2, (int[]){2, 7});
    fill(tensors);
}

static void save(const char *path, const struct tensors *tensors) {
    const struct weights_metadata metadata = {.network = "odd+width=2", .steps = 7};
    struct error error;
    assert_int_equal(weights_save(path, tensors->views, tensors->count, &metadata, &error),
                     STATUS_OK);
}

static void check_round_trip(const char *path, const char *head) {
    float values[MAX_VALUES];
    float back[MAX_VALUES] = {0};
    struct tensors tensors;
    struct weights_layout layout;
    struct error error;
    make_odd(&tensors, head, values);
    save(path, &tensors);
    assert_int_equal(weights_inspect(path, CHANNELS_UNSAID, &layout, &error), STATUS_OK);
    assert_string_equal(layout.metadata.network, "odd+width=2");
    assert_int_equal(layout.channels, 3);
    assert_int_equal(layout.actions, 7);
    assert_int_equal(layout.q_heads, head[0] == 'q');
    assert_true(layout.convolutions != 0);
    make_odd(&tensors, head, back);
    memset(back, 0, sizeof back);
    assert_int_equal(weights_load(path, CHANNELS_UNSAID, tensors.views, tensors.count, &error),
                     STATUS_OK);
    assert_memory_equal(back, values, tensors.used * sizeof *back);
}

static void test_round_trips(void **state) {
    const struct path path = path_in(*state, "model.h5");
    check_round_trip(path.text, "q");
    check_round_trip(path.text, "policy");
}

static void refuse(const char *path, const struct tensors *tensors, const char *words) {
    struct error error;
    assert_int_equal(weights_load(path, CHANNELS_UNSAID, tensors->views, tensors->count, &error),
                     STATUS_BAD_INPUT);
    assert_line(&error, path, words, NULL);
}

static void test_refuses_other_arrays(void **state) {
    const struct path path = path_in(*state, "model.h5");
    float values[MAX_VALUES];
    struct tensors tensors;
    make_odd(&tensors, "q", values);
    save(path.text, &tensors);
    tensors.views[CONV].shape[3] = 4;
    refuse(path.text, &tensors, "found 'first/kernel' with shape 2x3x4x5; wanted 2x3x4x4");
    make_odd(&tensors, "q", values);
    tensors.views[GAMMA].rank = 2;
    refuse(path.text, &tensors, "'layer_normalization_1/gamma' with shape 2x3x2; wanted 2x3");
    make_odd(&tensors, "q", values);
    add_view(&tensors, "more/bias", 1, (int[]){4});
    refuse(path.text, &tensors, "'more/bias' with shape of nothing; wanted 4");
    make_odd(&tensors, "policy", values);
    refuse(path.text, &tensors, "'policy/kernel' with shape of nothing");
}

/* Neither a first layer nor a head: the file does not show its network. */
static void test_refuses_half_a_network(void **state) {
    const struct path path = path_in(*state, "model.h5");
    float values[MAX_VALUES];
    struct tensors tensors;
    struct weights_layout layout;
    struct error error;
    make_odd(&tensors, "q", values);
    tensors.count = HEAD;
    save(path.text, &tensors);
    assert_int_equal(weights_inspect(path.text, CHANNELS_UNSAID, &layout, &error),
                     STATUS_BAD_INPUT);
    assert_line(&error, "'odd+width=2' without a sound first layer and a head", NULL);
    make_odd(&tensors, "q", values);
    memmove(tensors.views, tensors.views + 1, (size_t)(tensors.count - 1) * sizeof *tensors.views);
    tensors.count--;
    save(path.text, &tensors);
    refuse(path.text, &tensors, "without a sound first layer");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trips, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_refuses_other_arrays, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_refuses_half_a_network, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
