/* Reading JSON values: members, elements, keys in order, and values of another type. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct json *parse(const char *text) {
    struct json *json = json_parse(text, strlen(text));
    assert_non_null(json);
    return json;
}

static void test_keys_in_order(void **state) {
    (void)state;
    struct json *json = parse("{\"b\": 1, \"a\": {\"x\": 2, \"y\": 3}, \"c\": []}");
    assert_int_equal(json_count(json), 3);
    const char *key = json_first_key(json);
    assert_string_equal(key, "b");
    key = json_next_key(json, key);
    assert_string_equal(key, "a");
    key = json_next_key(json, key);
    assert_string_equal(key, "c");
    assert_null(json_next_key(json, key));
    assert_true(json_has(json, "b"));
    assert_false(json_has(json, "d"));
    assert_int_equal(json_count(json_get_object(json, "a")), 2);
    assert_null(json_get_object(json, "b"));
    assert_null(json_first_key(json_get_object(json, "missing")));
    json_free(json);
}

static void test_elements(void **state) {
    (void)state;
    struct json *json = parse("{\"list\": [\"UP\", 3, [1.5]], \"text\": \"x\"}");
    const struct json *list = json_get_array(json, "list");
    int64_t number = 0;
    assert_non_null(list);
    assert_null(json_get_array(json, "text"));
    assert_int_equal(json_count(list), 3);
    assert_string_equal(json_as_text(json_at(list, 0)), "UP");
    assert_null(json_as_text(json_at(list, 1)));
    assert_true(json_as_int(json_at(list, 1), &number));
    assert_int_equal(number, 3);
    assert_false(json_as_int(json_at(list, 0), &number));
    assert_true(json_is_list(json_at(list, 2)));
    assert_false(json_is_list(json));
    assert_false(json_as_int(json_at(json_at(list, 2), 0), &number));
    assert_null(json_at(list, 3));
    assert_null(json_at(json, 0));
    assert_int_equal(json_count(json_at(list, 0)), 0);
    json_free(json);
}

static void test_parses_objects_alone(void **state) {
    (void)state;
    const char list[] = "[1]";
    const char half[] = "{\"a\": 1";
    assert_null(json_parse(list, strlen(list)));
    assert_null(json_parse(half, strlen(half)));
}

/* Files of other programs may have duplicate keys; ours may not. */
static void test_duplicate_keys(void **state) {
    (void)state;
    char path[] = "/tmp/asyncrl-json-XXXXXX";
    const char text[] = "{\"a\": 1, \"a\": 2}";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    struct error error;
    struct json *json;
    int64_t number = 0;
    assert_int_equal(json_load(path, &json, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "duplicate"));
    assert_int_equal(json_load_foreign(path, &json, &error), STATUS_OK);
    assert_true(json_get_int(json, "a", &number));
    assert_int_equal(number, 2);
    json_free(json);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_in_order),
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_parses_objects_alone),
        cmocka_unit_test(test_duplicate_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
