/* How keys become actions. */
#include "play/controls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct controls controls;
static uint32_t order[WINDOW_MAX_KEYS];

static void make(const char *const *names, int count) {
    const struct emulator_info info = {.action_names = names, .action_count = count};
    controls_make(&info, &controls);
    memset(order, 0, sizeof order);
}

#define MAKE(...)                                                                                  \
    make((const char *const[]){__VA_ARGS__},                                                       \
         (int)(sizeof(const char *const[]){__VA_ARGS__} / sizeof(char *)))

/* Sets when a key was pressed; 0: it is up. */
static void press(const char *key, uint32_t when) {
    for (int i = 0; i < controls.key_count; i++)
        if (strcmp(controls.key_names[i], key) == 0) {
            order[i] = when;
            return;
        }
    fail_msg("no key '%s'", key);
}

static int chosen(void) {
    return controls_choose(&controls, order);
}

static const char *meaning_of(const char *key) {
    for (int i = 0; i < controls.line_count; i++)
        if (strcmp(controls.lines[i].key, key) == 0)
            return controls.lines[i].meaning;
    return NULL;
}

static void catch_goes_left_and_right(void **state) {
    (void)state;
    MAKE("LEFT", "STAY", "RIGHT");
    assert_int_equal(chosen(), 1);
    press("Left", 1);
    assert_int_equal(chosen(), 0);
    press("Right", 2);
    assert_int_equal(chosen(), 2);
    press("Right", 0);
    press("pad dpright", 3);
    assert_int_equal(chosen(), 2);
}

static void atari_takes_its_words_apart(void **state) {
    (void)state;
    MAKE("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "UPRIGHT", "UPFIRE", "UPRIGHTFIRE");
    assert_int_equal(chosen(), 0);
    press("Z", 1);
    assert_int_equal(chosen(), 1);
    press("Up", 2);
    assert_int_equal(chosen(), 6);
    press("Right", 3);
    assert_int_equal(chosen(), 7);
    press("Z", 0);
    assert_int_equal(chosen(), 5);
    press("X", 4); /* fires, too */
    assert_int_equal(chosen(), 7);
    press("Left", 5); /* lets go of right; up and left together is not an action of this game */
    assert_int_equal(chosen(), 6);
    press("X", 0);
    press("Up", 0);
    assert_int_equal(chosen(), 4);
    assert_string_equal(meaning_of("Z or X"), "FIRE");
}

static void the_newest_of_two_buttons_wins(void **state) {
    (void)state;
    MAKE("NOOP", "FIRE", "RIGHT", "LEFT"); /* Breakout, which has no two at once */
    press("Right", 1);
    press("X", 2);
    assert_int_equal(chosen(), 1);
    press("X", 0);
    assert_int_equal(chosen(), 2);
    press("X", 1);
    press("Right", 2);
    assert_int_equal(chosen(), 2);
}

static void mario_runs_and_jumps(void **state) {
    (void)state;
    MAKE("NOOP", "RIGHT", "RIGHT+A", "RIGHT+B", "RIGHT+A+B", "A", "LEFT");
    press("Right", 1);
    press("Z", 2);
    assert_int_equal(chosen(), 3);
    press("X", 3);
    assert_int_equal(chosen(), 4);
    press("Right", 0);
    assert_int_equal(chosen(), 5);
    press("Left", 4); /* and jump: no action; the newer counts */
    assert_int_equal(chosen(), 6);
    assert_string_equal(meaning_of("X"), "A");
    assert_string_equal(meaning_of("Z"), "B");
    assert_string_equal(meaning_of("Left"), "LEFT");
}

static void buttons_lie_as_on_the_console(void **state) {
    (void)state;
    MAKE("NOOP", "A", "B", "C", "START", "A+START");
    press("C", 1);
    assert_int_equal(chosen(), 3);
    press("C", 0);
    press("Z", 2);
    assert_int_equal(chosen(), 1);
    press("Return", 3);
    assert_int_equal(chosen(), 5);
    MAKE("NOOP", "A", "B", "X", "Y");
    press("Z", 1);
    assert_int_equal(chosen(), 2);
}

static void numbers_have_number_keys(void **state) {
    (void)state;
    MAKE("0", "1");
    assert_int_equal(chosen(), 0);
    press("Right", 1);
    assert_int_equal(chosen(), 1);
    press("0", 2);
    assert_int_equal(chosen(), 0);
    MAKE("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11");
    press("9", 1);
    assert_int_equal(chosen(), 9);
    assert_int_equal(controls.key_count, 10);
}

static void other_words_have_keys_in_turn(void **state) {
    (void)state;
    MAKE("noop", "jump", "duck", "jump left", "shoot_right");
    assert_int_equal(chosen(), 0);
    press("Z", 1);
    assert_int_equal(chosen(), 1);
    press("Left", 2);
    assert_int_equal(chosen(), 3);
    press("Z", 0);
    press("Left", 0);
    press("C", 3);
    press("Right", 4);
    assert_int_equal(chosen(), 4);
    assert_string_equal(meaning_of("X"), "DUCK");
}

static void buttons_with_the_same_usual_keys_share_none(void **state) {
    (void)state;
    MAKE("NOOP", "FIRE", "A", "SELECT", "RESET", "B");
    assert_string_equal(meaning_of("Z or X"), "FIRE");
    assert_string_equal(meaning_of("Backspace"), "SELECT");
    press("C", 1);
    assert_int_equal(chosen(), 2);
    press("C", 0);
    press("A", 2);
    assert_int_equal(chosen(), 4);
    press("A", 0);
    press("S", 3);
    assert_int_equal(chosen(), 5);
    press("S", 0);
    press("pad x", 4); /* B's own */
    assert_int_equal(chosen(), 5);
}

static void any_names_and_numbers_of_actions_fit(void **state) {
    static char texts[5000][64];
    static const char *names[5000];
    (void)state;
    for (int i = 0; i < 5000; i++) {
        snprintf(texts[i], sizeof texts[i], "a long word that is number_%d+_ +UPDOWNUPSIDE+FIREUP",
                 i);
        names[i] = texts[i];
    }
    make(names, 5000);
    for (int i = 0; i < controls.key_count; i++)
        order[i] = (uint32_t)i + 1;
    assert_in_range(chosen(), 0, CONTROLS_MAX_ACTIONS - 1);
    assert_in_range(controls.line_count, 1, WINDOW_MAX_LINES);
    MAKE("");
    assert_int_equal(chosen(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catch_goes_left_and_right),
        cmocka_unit_test(atari_takes_its_words_apart),
        cmocka_unit_test(the_newest_of_two_buttons_wins),
        cmocka_unit_test(mario_runs_and_jumps),
        cmocka_unit_test(buttons_lie_as_on_the_console),
        cmocka_unit_test(numbers_have_number_keys),
        cmocka_unit_test(other_words_have_keys_in_turn),
        cmocka_unit_test(buttons_with_the_same_usual_keys_share_none),
        cmocka_unit_test(any_names_and_numbers_of_actions_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
