/* Actions of several parts: their numbers, bounds and text. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void counts_the_last_part_fastest(void **state) {
    (void)state;
    const struct action_parts parts = {.count = 3, .sizes = {2, 3, 4}};
    int choices[3];
    assert_int_equal(parts_choices(&parts), 9);
    assert_int_equal(parts_combinations(&parts), 24);
    parts_split(&parts, 17, choices);
    assert_true(choices[0] == 1 && choices[1] == 1 && choices[2] == 1);
    for (int action = 0; action < 24; action++) {
        parts_split(&parts, action, choices);
        assert_true(choices[0] == action / 12 && choices[1] == action / 4 % 3 &&
                    choices[2] == action % 4);
        assert_int_equal(parts_join(&parts, choices), action);
    }
}

static bool is_valid(int count, int size) {
    struct action_parts parts = {.count = count};
    for (int i = 0; i < count && i < PARTS_MAX; i++)
        parts.sizes[i] = size;
    return parts_are_valid(&parts);
}

static void has_bounds(void **state) {
    (void)state;
    assert_true(is_valid(2, 2) && is_valid(30, 2) && is_valid(2, 2048));
    assert_false(is_valid(0, 2) || is_valid(1, 2) || is_valid(31, 2) || is_valid(33, 1));
    assert_false(is_valid(2, 1) || is_valid(2, 2049) || is_valid(2, -3));
    const struct action_parts largest = {.count = 2, .sizes = {2, 3}};
    const struct action_parts other = {.count = 2, .sizes = {3, 2}};
    assert_true(parts_are_equal(&largest, &largest) && !parts_are_equal(&largest, &other));
    assert_false(parts_are_several(NULL) || parts_are_several(&(struct action_parts){0}));
    assert_true(parts_are_several(&other));
}

static void is_written_and_read(void **state) {
    (void)state;
    static const char *const bad[] = {"",      "5",    "x5",   "5x",    "5x1",  "5x13 ",
                                      "05x13", "5X13", "+5x6", "5x-13", "5,13", "2x4096x4096"};
    struct action_parts parts = {.count = 2, .sizes = {5, 13}};
    struct action_parts read = {0};
    char text[PARTS_TEXT_SIZE];
    parts_write(&parts, text);
    assert_string_equal(text, "5x13");
    assert_true(parts_read(text, &read) && parts_are_equal(&read, &parts));
    assert_true(parts_read("5x13+more", &read) && parts_are_equal(&read, &parts));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(parts_read(bad[i], &read));
    assert_true(parts_are_equal(&read, &parts));
    parts.count = 0;
    parts_write(&parts, text);
    assert_string_equal(text, "");
    parts.count = 30;
    for (int i = 0; i < 30; i++)
        parts.sizes[i] = 2;
    parts_write(&parts, text);
    assert_true(parts_read(text, &read) && parts_are_equal(&read, &parts));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_the_last_part_fastest),
        cmocka_unit_test(has_bounds),
        cmocka_unit_test(is_written_and_read),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
