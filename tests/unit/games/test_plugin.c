/* Users' own games: the example, and games with many kinds of faults. */
#include "conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The folders of the plugins, from the arguments. */
static char example[PATH_SIZE];
static char bad[PATH_SIZE];
static char nothing[PATH_SIZE];

static struct emulator *open_plugin(void *path) {
    struct emulator *emulator;
    struct error error;
    if (emulator_open_plugin(path, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return emulator;
}

static int forget_fault(void **state) {
    (void)state;
    unsetenv("FAULT");
    unsetenv("UNSAVED");
    return 0;
}

/* ---- Sound games ----------------------------------------------------------------------------- */

static void example_keeps_the_contract(void **state) {
    (void)state;
    check_conformance(open_plugin, example, 500);
}

static void game_with_ram_keeps_the_contract(void **state) {
    (void)state;
    check_conformance(open_plugin, bad, 200);
}

static void game_that_truncates_keeps_the_contract(void **state) {
    (void)state;
    setenv("FAULT", "truncates", 1);
    check_conformance(open_plugin, bad, 200);
    struct emulator *emulator = open_plugin(bad);
    emulator_reset(emulator);
    struct emulator_frame frame = {0};
    for (int i = 0; i < 10; i++)
        frame = emulator_act(emulator, 1);
    assert_true(frame.truncated);
    assert_false(frame.game_over);
    assert_true(frame.reward == 1);
    emulator_close(emulator);
}

static void game_that_cannot_be_saved_keeps_the_contract(void **state) {
    (void)state;
    setenv("UNSAVED", "1", 1);
    check_conformance(open_plugin, bad, 200);
    struct emulator *emulator = open_plugin(bad);
    assert_false(emulator_can_save(emulator));
    emulator_close(emulator);
}

static void plugin_describes_itself(void **state) {
    (void)state;
    struct emulator *emulator = open_plugin(bad);
    assert_true(emulator_can_save(emulator));
    assert_int_equal(emulator->info.action_count, 2);
    assert_string_equal(emulator->info.action_names[1], "FIRE");
    assert_int_equal(emulator->info.fire_action, 1);
    assert_int_equal(emulator->info.screen_width, 84);
    assert_true(emulator->info.frames_per_second == 60);
    emulator_close(emulator);
}

static void ram_is_writable(void **state) {
    (void)state;
    struct emulator *emulator = open_plugin(bad);
    uint8_t ram[64];
    assert_in_range(emulator->info.ram_size, 1, sizeof ram);
    emulator_reset(emulator);
    emulator_ram_write(emulator, 3, 77);
    emulator_ram_read(emulator, ram);
    assert_int_equal(ram[3], 77);
    emulator_close(emulator);
}

/* A state with the right seal that the game itself refuses. */
static void state_that_the_game_refuses_is_refused(void **state) {
    (void)state;
    struct emulator *emulator = open_plugin(bad);
    struct error error;
    uint8_t saved[256];
    size_t size;
    emulator_reset(emulator);
    assert_int_equal(emulator_save_state(emulator, saved, sizeof saved, &size, &error), STATUS_OK);
    const int64_t frame = -1;
    memcpy(saved + sizeof(struct seal) + sizeof(struct rng) + sizeof(int64_t), &frame,
           sizeof frame);
    seal_write(saved, size, "plugin bad game");
    assert_int_equal(emulator_load_state(emulator, saved, size, &error), STATUS_BAD_INPUT);
    emulator_close(emulator);
}

/* ---- Games that break down ------------------------------------------------------------------- */

static void assert_breaks_down(const char *fault, const char *words) {
    setenv("FAULT", fault, 1);
    struct emulator *emulator = open_plugin(bad);
    struct emulator_frame frame = emulator_reset(emulator);
    for (int i = 0; i < 100 && !frame.failed; i++)
        frame = frame.game_over ? emulator_reset(emulator) : emulator_act(emulator, 0);
    assert_true(frame.failed);
    assert_true(frame.reward == 0);
    assert_string_equal(emulator_failure(emulator), words);
    unsetenv("FAULT"); /* the game could go on, but is not called */
    assert_true(emulator_reset(emulator).failed);
    assert_true(emulator_act(emulator, 1).failed);
    emulator_close(emulator);
}

static void broken_games_say_so_in_one_line(void **state) {
    (void)state;
    assert_breaks_down("fail", "the cartridge fell out");
    assert_breaks_down("fail-reset", "the cartridge fell out");
    assert_breaks_down("no-number", "its reward is nan");
}

/* ---- Games that are refused ------------------------------------------------------------------ */

static void assert_refused(const char *path, const char *fault, const char *hint) {
    struct error error;
    struct emulator *emulator;
    setenv("FAULT", fault, 1);
    if (emulator_open_plugin(path, &emulator, &error) != STATUS_BAD_INPUT)
        fail_msg("%s is not refused", fault);
    if (!strstr(error.message, hint) || !strstr(error.message, path) || strchr(error.message, '\n'))
        fail_msg("'%s' does not say '%s' in one line", error.message, hint);
}

static void lying_games_are_refused(void **state) {
    (void)state;
    assert_refused(bad, "version-2",
                   "bad game was built for version 2 of asyncrl/emulator.h, and this is version 1");
    assert_refused(bad, "no-table", "NULL");
    assert_refused(bad, "no-name", "no name");
    assert_refused(bad, "screen-0", "screen");
    assert_refused(bad, "screen-1025", "screen");
    assert_refused(bad, "screen-negative", "screen");
    assert_refused(bad, "actions-0", "4096 actions");
    assert_refused(bad, "actions-4097", "4096 actions");
    assert_refused(bad, "actions-null", "not every action");
    assert_refused(bad, "action-null", "not every action");
    assert_refused(bad, "action-strange", "not every action");
    assert_refused(bad, "no-speed", "frames per second");
    assert_refused(bad, "no-act", "act");
    assert_refused(bad, "no-load", "state_size");
    assert_refused(bad, "huge-state", "state_size");
    assert_refused(bad, "no-ram", "ram_size");
    assert_refused(bad, "no-game", "could not be opened");
}

static void other_files_are_refused(void **state) {
    (void)state;
    char text[] = "/tmp/test-plugin-XXXXXX";
    const int file = mkstemp(text);
    assert_true(file >= 0);
    assert_int_equal(write(file, "no library", 10), 10);
    close(file);
    assert_refused("/nowhere/game.so", "", "there is no plugin");
    assert_refused(nothing, "", "no function asyncrl_emulator");
    assert_refused(text, "", "cannot be loaded");
    unlink(text);
}

/* ---- The probe ------------------------------------------------------------------------------- */

static enum status open_bad(void *context, struct emulator **emulator, struct error *error) {
    return emulator_open_plugin(context, emulator, error);
}

static void assert_probe(const char *fault, const char *hint) {
    enum { SECONDS = 2 };
    struct error error;
    setenv("FAULT", fault, 1);
    assert_int_equal(emulator_probe("bad.so", open_bad, bad, SECONDS, &error), STATUS_BAD_INPUT);
    if (!strstr(error.message, hint) || strchr(error.message, '\n'))
        fail_msg("%s: '%s' does not say '%s' in one line", fault, error.message, hint);
}

static void probe_survives_crashes_at_opening(void **state) {
    (void)state;
    assert_probe("crash-open", "'bad.so' crashed as it was opened (");
    assert_probe("crash-reset", "'bad.so' crashed as it was opened (");
    assert_probe("wild-names", "'bad.so' crashed as it was opened (");
    assert_probe("large-screen", "'bad.so' crashed as it was opened (");
    assert_probe("large-state", "'bad.so' crashed as it was opened (");
    assert_probe("exit-open", "crashed as it was opened (it ended the process with exit code 3)");
    assert_probe("hang-open", "'bad.so' took longer than 2 s to open and was ended; "
                              "--start_timeout=SECONDS waits longer");
    assert_probe("fail-reset", "the game broke down at its start: the cartridge fell out");
    assert_probe("screen-0", "screen");
}

static void probe_lets_sound_games_pass(void **state) {
    (void)state;
    struct error error;
    assert_int_equal(emulator_probe("bad.so", open_bad, bad, 20, &error), STATUS_OK);
    setenv("UNSAVED", "1", 1);
    assert_int_equal(emulator_probe("bad.so", open_bad, bad, 20, &error), STATUS_OK);
    assert_int_equal(emulator_probe("dodge.so", open_bad, example, 20, &error), STATUS_OK);
}

/* usage: test_emulator_plugin FOLDER_OF_EXAMPLES FOLDER_OF_BAD_ONES */
int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    snprintf(example, sizeof example, "%s/dodge.so", argv[1]);
    snprintf(bad, sizeof bad, "%s/bad.so", argv[2]);
    snprintf(nothing, sizeof nothing, "%s/nothing.so", argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(example_keeps_the_contract, forget_fault),
        cmocka_unit_test_teardown(game_with_ram_keeps_the_contract, forget_fault),
        cmocka_unit_test_teardown(game_that_truncates_keeps_the_contract, forget_fault),
        cmocka_unit_test_teardown(game_that_cannot_be_saved_keeps_the_contract, forget_fault),
        cmocka_unit_test_teardown(plugin_describes_itself, forget_fault),
        cmocka_unit_test_teardown(ram_is_writable, forget_fault),
        cmocka_unit_test_teardown(state_that_the_game_refuses_is_refused, forget_fault),
        cmocka_unit_test_teardown(broken_games_say_so_in_one_line, forget_fault),
        cmocka_unit_test_teardown(lying_games_are_refused, forget_fault),
        cmocka_unit_test_teardown(other_files_are_refused, forget_fault),
        cmocka_unit_test_teardown(probe_survives_crashes_at_opening, forget_fault),
        cmocka_unit_test_teardown(probe_lets_sound_games_pass, forget_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
