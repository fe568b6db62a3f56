/* JSON: printing, saving, reading back, refusing. */
#include "store_fixture.h"

#include <math.h>

static void print_to(const struct json *json, char *out, size_t size) {
    FILE *stream = tmpfile();
    assert_non_null(stream);
    json_print(json, stream);
    rewind(stream);
    out[fread(out, 1, size - 1, stream)] = '\0';
    fclose(stream);
}

static void test_prints_in_order(void **state) {
    (void)state;
    struct json *json = json_new_object();
    json_set_text(json, "game", "Breakout-v0");
    json_set_int(json, "episodes", 9007199254740993);
    json_set_real(json, "mean", 0.1);
    json_set_real(json, "none", NAN);
    json_set_bool(json, "done", true);
    json_set_reals(json, "ci95", (const double[]){1, -2.5, INFINITY}, 3);
    struct json *inner = json_new_object();
    json_set_int(inner, "b", 1);
    json_set_int(inner, "a", 2);
    json_set(json, "inner", inner);
    json_set_text(json, "game", "Pong-v0"); /* keeps its place */

    char printed[512];
    print_to(json, printed, sizeof printed);
    assert_string_equal(printed, "{\"game\":\"Pong-v0\",\"episodes\":9007199254740993,\"mean\":0.1,"
                                 "\"none\":null,\"done\":true,\"ci95\":[1.0,-2.5,null],"
                                 "\"inner\":{\"b\":1,\"a\":2}}\n");
    json_free(json);
}

static void test_text_that_is_not_utf8(void **state) {
    (void)state;
    struct json *json = json_new_object();
    json_set_text(json, "path", "run\xff/x");
    json_set_text(json, "name", "\xc3\xbc");
    char printed[64];
    print_to(json, printed, sizeof printed);
    assert_string_equal(printed, "{\"path\":\"run?/x\",\"name\":\"\xc3\xbc\"}\n");
    json_free(json);
}

static void test_saves_and_loads(void **state) {
    struct error error;
    const struct path path = path_in(*state, "config.json");
    struct json *json = json_new_object();
    json_set_text(json, "game", "catch");
    json_set_int(json, "frames", -3);
    json_set_real(json, "lr", 0.001);
    json_set_bool(json, "json", false);
    assert_int_equal(json_save(json, path.text, &error), STATUS_OK);
    json_free(json);

    size_t size;
    unsigned char *text = read_bytes(path.text, &size);
    const char expected[] =
        "{\n  \"game\": \"catch\",\n  \"frames\": -3,\n  \"lr\": 0.001,\n  \"json\": false\n}\n";
    assert_int_equal(size, sizeof expected - 1);
    assert_memory_equal(text, expected, size);
    free(text);

    char game[6];
    char small[5];
    int64_t frames;
    double real;
    bool flag = true;
    assert_int_equal(json_load(path.text, &json, &error), STATUS_OK);
    assert_true(json_get_text(json, "game", game, sizeof game));
    assert_string_equal(game, "catch");
    assert_false(json_get_text(json, "game", small, sizeof small));
    assert_true(json_get_int(json, "frames", &frames));
    assert_int_equal(frames, -3);
    assert_true(json_get_real(json, "frames", &real));
    assert_true(real == -3);
    assert_true(json_get_real(json, "lr", &real));
    assert_true(real == 0.001);
    assert_true(json_get_bool(json, "json", &flag));
    assert_false(flag);
    assert_false(json_get_int(json, "lr", &frames));
    assert_false(json_get_bool(json, "game", &flag));
    assert_false(json_get_text(json, "missing", game, sizeof game));
    json_free(json);
}

static void refuse(const struct folder *folder, const char *text, const char *found) {
    struct error error;
    struct json *json;
    const struct path path = path_in(folder, "bad.json");
    write_bytes(path.text, text, strlen(text));
    assert_int_equal(json_load(path.text, &json, &error), STATUS_BAD_INPUT);
    assert_line(&error, path.text, found, NULL);
}

static void test_refuses(void **state) {
    refuse(*state, "", "not JSON");
    refuse(*state, "{\"a\": 1,\n \"b\": }", "line 2");
    refuse(*state, "[1, 2]", "not an object");
    refuse(*state, "{\"a\": 1, \"a\": 2}", "duplicate");
    refuse(*state, "{\"a\": \"x\ny\"}", "not JSON");
    refuse(*state, "{} {}", "not JSON");

    char deep[5000];
    memset(deep, '[', sizeof deep);
    deep[sizeof deep - 1] = '\0';
    refuse(*state, deep, "not JSON");

    struct error error;
    struct json *json;
    assert_int_equal(json_load("/missing.json", &json, &error), STATUS_BAD_INPUT);
    assert_line(&error, "/missing.json", "No such file", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prints_in_order),
        cmocka_unit_test(test_text_that_is_not_utf8),
        cmocka_unit_test_setup_teardown(test_saves_and_loads, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_refuses, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
