/* What users choose of a stable-retro game: its start state and its actions. */
#include "games/retro/actions.h"
#include "games/retro/start.h"
#include "retro_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- Start states ---------------------------------------------------------------------------- */

static void assert_starts_at(const struct folder *folder, const char *chosen, const char *file) {
    char found[PATH_SIZE];
    char expected[PATH_SIZE] = "";
    struct error error;
    if (retro_start_find(folder->path, chosen, found, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    if (*file)
        snprintf(expected, sizeof expected, "%s/%s", folder->path, file);
    assert_string_equal(found, expected);
}

static void refuse_start(const struct folder *folder, const char *chosen, const char *word) {
    char found[PATH_SIZE];
    struct error error;
    assert_int_equal(retro_start_find(folder->path, chosen, found, &error), STATUS_BAD_INPUT);
    assert_says(&error, word);
    assert_null(strchr(error.message, '\n'));
}

static void start_states_are_chosen(void **state) {
    const struct folder *folder = *state;
    static const char metadata[] = "{\"default_state\": \"Level2\"}";
    static const char players[] = "{\"default_player_state\": [\"Duel\"]}";
    assert_starts_at(folder, "", ""); /* without metadata: power-on */
    refuse_start(folder, "Level2", "which has none: use --state=none");
    write_file(folder, "Level10.state", "", 0);
    write_file(folder, "Level2.state", "", 0);
    write_file(folder, "data.json", "{}", 2);
    assert_starts_at(folder, "Level10", "Level10.state");
    write_file(folder, "metadata.json", metadata, strlen(metadata));
    assert_starts_at(folder, "", "Level2.state");
    assert_starts_at(folder, "none", "");
    refuse_start(folder, "Level3", "no start state 'Level3'");
    refuse_start(folder, "Level3", "which has Level2, Level10");
    refuse_start(folder, "../Level2", "which has Level2, Level10");
    write_file(folder, "metadata.json", players, strlen(players));
    refuse_start(folder, "", "no start state 'Duel'");
    for (int i = 11; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "Level%d.state", i);
        write_file(folder, name, "", 0);
    }
    refuse_start(folder, "Level3", ", Level63 and 36 more");
}

/* ---- Choices of actions ---------------------------------------------------------------------- */

static void choices_of_actions_are_settled(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"right", "right"},
        {"RIGHT_ONLY", "right"},
        {"Simple_Movement", "simple"},
        {"complex", "complex"},
        {"discrete", "discrete"},
        {"noop,left+b", "NOOP,LEFT+B"},
        {" NOOP\nleft + B , UP right\n", "NOOP,LEFT+B,UP,RIGHT"},
        {"NOOP,", "NOOP,"}, /* refused later */
        {"[[\"NOOP\"], [\"right\", \"A\"], []]", "NOOP,RIGHT+A,NOOP"},
        {" [ ]", ""},
    };
    static const char *const bad[] = {"[[\"NOOP\"]", "[\"NOOP\"]", "[[\"A,B\"]]", "[[1]]", "[1"};
    char out[OPTION_TEXT_SIZE];
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(buttons_settle(cases[i][0], out, &error), STATUS_OK);
        assert_string_equal(out, cases[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(buttons_settle(bad[i], out, &error), STATUS_BAD_INPUT);
        assert_says(&error, "is not JSON such as [[");
    }
    char longest[2 * OPTION_TEXT_SIZE];
    memset(longest, 'A', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(buttons_settle(longest, out, &error), STATUS_BAD_INPUT);
    assert_says(&error, "longer than 511");
}

/* The sets of gym-super-mario-bros, on any console that has their buttons. */
static void sets_of_actions_are_lists(void **state) {
    struct retro_system system;
    struct button_actions actions;
    struct error error;
    load_console(*state, &system);
    assert_int_equal(retro_actions_choose("right", &system, &system.combos, &actions, &error),
                     STATUS_BAD_INPUT);
    assert_says(&error, "'RIGHT' is not an action of a Toy");
    button_actions_free(&actions);
    memcpy(system.buttons[0], "RIGHT", sizeof "RIGHT");
    memcpy(system.buttons[1], "A", sizeof "A");
    memcpy(system.buttons[2], "B", sizeof "B");
    assert_int_equal(retro_actions_choose("right", &system, &system.combos, &actions, &error),
                     STATUS_OK);
    static const char *const names[] = {"NOOP", "RIGHT", "RIGHT+A", "RIGHT+B", "RIGHT+A+B"};
    static const uint16_t masks[] = {0, 1, 3, 5, 7};
    assert_int_equal(actions.count, 5);
    for (int i = 0; i < actions.count; i++) {
        assert_string_equal(actions.names[i], names[i]);
        assert_int_equal(actions.masks[i], masks[i]);
    }
    button_actions_free(&actions);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(start_states_are_chosen),
        cmocka_unit_test(choices_of_actions_are_settled),
        IN_FOLDER(sets_of_actions_are_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
