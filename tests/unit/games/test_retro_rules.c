/*
 * The rules in stable-retro's files, on small ones with results worked out by hand: variables of
 * every format, rewards, ends, actions, ROMs.
 */
#include "games/retro/rom.h"
#include "games/retro/scenario.h"
#include "retro_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- Formats --------------------------------------------------------------------------------- */

static void formats_are_decoded(void **state) {
    (void)state;
    static const struct {
        const char *format;
        const char *bytes;
        int64_t value;
    } cases[] = {
        {"|u1", "\x81", 0x81},
        {"|i1", "\x81", -0x7f},
        {"<u2", "\x01\x02", 0x0201},
        {">u2", "\x01\x02", 0x0102},
        {"=u2", "\x01\x02", __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 0x0102 : 0x0201},
        {"|u2", "\x01\x02", 0x0201},
        {">i2", "\xff\xfe", -2},
        {"<u3", "\x01\x02\x83", 0x830201},
        {">i3", "\x80\x00\x01", -0x7fffff},
        {">u4", "\x81\x02\x03\x04", 0x81020304},
        {"><u4", "\x01\x02\x03\x04", 0x02010403}, /* a PDP-11's */
        {"<>u4", "\x01\x02\x03\x04", 0x03040102},
        {"><u3", "\x01\x02\x03", 0x010302},
        {"<>u3", "\x01\x02\x03", 0x020301},
        {">=u4", "\x01\x02\x03\x04", 0x02010403},
        {"<=u4", "\x01\x02\x03\x04", 0x04030201},
        {"<u8", "\x08\x07\x06\x05\x04\x03\x02\x01", 0x0102030405060708},
        {"<i8", "\xff\xff\xff\xff\xff\xff\xff\xff", -1},
        {"|d1", "\x42", 42},
        {">d2", "\x12\x34", 1234},
        {"<d2", "\x12\x34", 3412},
        {"><d4", "\x12\x34\x56\x78", 34127856},
        {">d3", "\x00\x00\x99", 99},
        {"|d1", "\xab", 1}, /* no digits: each half modulo ten */
        {"|n1", "\xf7", 7}, /* the high half does not count */
        {"|n1", "\x0c", 2},
        {">n4", "\x01\x02\x03\x04", 1234},
        {"<n3", "\x01\x02\x03", 321},
        {">n8", "\x09\x09\x09\x09\x09\x09\x09\x09", 99999999},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct retro_format format;
        if (!retro_format_parse(cases[i].format, &format))
            fail_msg("%s is refused", cases[i].format);
        const int64_t value = retro_format_decode(&format, (const uint8_t *)cases[i].bytes);
        if (value != cases[i].value)
            fail_msg("%s, case %zu: %lld", cases[i].format, i, (long long)value);
    }
}

static void other_formats_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",     "u1",   "|u0",  "|u9",  "|x1",   "!u2", "|u",
                                        ">>u4", "|<u2", "=<u4", ">|u2", "><u10", "><u", "|q1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct retro_format format;
        if (retro_format_parse(texts[i], &format))
            fail_msg("'%s' is accepted", texts[i]);
    }
}

/* ---- Variables ------------------------------------------------------------------------------- */

static struct retro_variables load_variables(const struct folder *folder, const char *text) {
    struct retro_variables variables;
    struct error error;
    const char *path = write_file(folder, "data.json", text, strlen(text));
    if (retro_variables_load(path, &variables, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return variables;
}

static void refuse_variables(const struct folder *folder, const char *text, const char *word) {
    struct retro_variables variables;
    struct error error;
    const char *path = write_file(folder, "data.json", text, strlen(text));
    assert_int_equal(retro_variables_load(path, &variables, &error), STATUS_BAD_INPUT);
    assert_says(&error, word);
    assert_says(&error, path);
    assert_int_equal(variables.count, 0);
}

static void variables_are_read(void **state) {
    static const uint8_t low[] = {0x10, 0x11, 0x12, 0x13};
    static const uint8_t high[] = {0x20, 0x21, 0x22, 0x23};
    struct retro_memory memory = {
        .blocks = {{.start = 0x80, .size = sizeof low, .bytes = low},
                   {.start = 0xff00, .size = sizeof high, .bytes = high}},
        .count = 2,
    };
    struct retro_variables variables =
        load_variables(*state, "{\"info\": {"
                               "\"a\": {\"address\": 129, \"type\": \"|u1\"},"
                               "\"b\": {\"address\": 65280, \"type\": \">u2\"},"
                               "\"c\": {\"address\": 65283, \"type\": \">u2\"},"
                               "\"d\": {\"address\": 0, \"type\": \"|u1\"},"
                               "\"e\": {\"address\": 65282, \"type\": \"|u1\", \"mask\": 2}}}");
    assert_int_equal(variables.count, 5);
    assert_int_equal(retro_variables_find(&variables, "b"), 1);
    assert_int_equal(retro_variables_find(&variables, "z"), -1);
    static const int64_t straight[] = {0x11, 0x2021, 0, 0, 0x02};
    static const int64_t swapped[] = {0x10, 0x2120, 0, 0, 0x02};
    static const bool there[] = {true, true, false, false, true};
    for (int i = 0; i < variables.count; i++) {
        memory.swap = 0;
        assert_int_equal(retro_variable_is_there(&variables.all[i], &memory), there[i]);
        assert_int_equal(retro_variable_read(&variables.all[i], &memory), straight[i]);
        memory.swap = 1;
        assert_int_equal(retro_variable_is_there(&variables.all[i], &memory), there[i]);
        assert_int_equal(retro_variable_read(&variables.all[i], &memory), swapped[i]);
    }
    retro_variables_free(&variables);
}

static void bad_variables_are_refused(void **state) {
    refuse_variables(*state, "{\"info\"", "not JSON");
    refuse_variables(*state, "{}", "\"info\"");
    refuse_variables(*state, "{\"info\": [1]}", "\"info\"");
    refuse_variables(*state, "{\"info\": {\"lives\": 3}}", "'lives' has no address");
    refuse_variables(*state, "{\"info\": {\"lives\": {\"address\": -1, \"type\": \"|u1\"}}}",
                     "address");
    refuse_variables(*state, "{\"info\": {\"lives\": {\"address\": 1}}}", "type");
    refuse_variables(*state,
                     "{\"info\": {\"a\": {\"address\": 1, \"type\": \"|u1\"},"
                     "\"b\": {\"address\": 1, \"type\": \"|q1\"}}}",
                     "'b'");
    refuse_variables(*state,
                     "{\"info\": {\"a\": {\"address\": 1, \"type\": \"|u1\", \"mask\": \"x\"}}}",
                     "mask");
}

/* ---- Consoles and actions -------------------------------------------------------------------- */

/* Groups by their buttons as a mask, choices as masks, each once; the first group
 * changes fastest. */
static void actions_come_in_stable_retros_order(void **state) {
    struct retro_system system;
    load_console(*state, &system);
    struct buttons all;
    retro_system_buttons(&system, &all);
    assert_string_equal(system.core, "toy_libretro.so");
    assert_int_equal(system.ram_base, 256);
    assert_int_equal(system.swap, 1);
    static const char *const names[] = {"NOOP",      "B",    "SELECT", "UP",         "B+UP",
                                        "SELECT+UP", "DOWN", "B+DOWN", "SELECT+DOWN"};
    const int count = sizeof names / sizeof names[0];
    assert_int_equal(retro_combos_count(&system.combos), count);
    for (int i = 0; i < count; i++) {
        char name[RETRO_ACTION_SIZE];
        uint16_t buttons;
        retro_action_name(&system, retro_combos_buttons(&system.combos, i), name);
        assert_string_equal(name, names[i]);
        assert_true(buttons_parse(&all, name, &buttons));
        assert_int_equal(buttons, retro_combos_buttons(&system.combos, i));
    }
    uint16_t buttons;
    assert_false(buttons_parse(&all, "", &buttons));
    assert_false(buttons_parse(&all, "A", &buttons));
    assert_false(buttons_parse(&all, "B+", &buttons));
    assert_false(buttons_parse(&all, "B++UP", &buttons));
}

static void refuse_console(const struct folder *folder, const char *text, const char *word) {
    struct retro_system system;
    struct error error;
    write_file(folder, "toy.json", text, strlen(text));
    assert_int_equal(retro_system_load(folder->path, "Toy", &system, &error), STATUS_BAD_INPUT);
    assert_says(&error, word);
}

static void bad_consoles_are_refused(void **state) {
    refuse_console(*state, "{", "not JSON");
    refuse_console(*state, "{\"Other\": {}}", "no core in");
    refuse_console(*state, "{\"Toy\": {}}", "names no core");
    refuse_console(*state, "{\"Toy\": {\"lib\": \"../toy\"}}", "names no core");
    refuse_console(*state, "{\"Toy\": {\"lib\": \"toy\"}}", "no buttons");
    refuse_console(*state, "{\"Toy\": {\"lib\": \"toy\", \"buttons\": [\"B\"]}}", "actions");
    refuse_console(*state,
                   "{\"Toy\": {\"lib\": \"toy\", \"buttons\": [\"B\"], \"actions\": [[[\"A\"]]]}}",
                   "no button 'A'");
    refuse_console(*state,
                   "{\"Toy\": {\"lib\": \"toy\", \"buttons\": [\"B\"], \"actions\": [\"B\"]}}",
                   "actions");
    refuse_console(*state, "{\"Toy\": {\"lib\": \"toy\", \"overlay\": [\"<\", \">\", 3]}}",
                   "overlay");
    struct retro_system system;
    struct error error;
    assert_int_equal(retro_system_load("/no/such/folder", "Toy", &system, &error),
                     STATUS_BAD_INPUT);
    assert_says(&error, "tools/install-deps --consoles");
}

/* ---- Rules ----------------------------------------------------------------------------------- */

/* Variables x and y, and a scenario on them. */
struct judged {
    struct retro_variables variables;
    struct retro_system system;
    struct retro_scenario scenario;
};

static const char two_variables[] = "{\"info\": {\"x\": {\"address\": 1, \"type\": \"|u1\"},"
                                    "\"y\": {\"address\": 2, \"type\": \"|u1\"}}}";

static void judge(const struct folder *folder, const char *text, struct judged *judged) {
    struct error error;
    judged->variables = load_variables(folder, two_variables);
    load_console(folder, &judged->system);
    const char *path = write_file(folder, "scenario.json", text, strlen(text));
    if (retro_scenario_load(path, &judged->variables, &judged->system, &judged->scenario, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
}

static void judged_free(struct judged *judged) {
    retro_scenario_free(&judged->scenario);
    retro_variables_free(&judged->variables);
}

/* x was 0 before, y 0. */
static void assert_reward(const struct judged *judged, int64_t x, int64_t y, int64_t x_before,
                          double reward) {
    const double found = retro_scenario_reward(&judged->scenario, (const int64_t[]){x, y},
                                               (const int64_t[]){x_before, 0});
    if (found != reward)
        fail_msg("x %d, y %d: reward %g instead of %g", (int)x, (int)y, found, reward);
}

static void rewards_are_those_of_the_rules(void **state) {
    struct judged judged;
    judge(*state,
          "{\"reward\": {\"variables\": {"
          "\"x\": {\"reward\": 2.0, \"penalty\": 0.5},"
          "\"y\": {\"measurement\": \"absolute\", \"op\": \"equal\", \"reference\": 18,"
          "\"reward\": 100}}}}",
          &judged);
    assert_reward(&judged, 7, 0, 4, 6);
    assert_reward(&judged, 4, 0, 7, -1.5);
    assert_reward(&judged, 4, 0, 4, 0);
    assert_reward(&judged, 4, 18, 4, 100);
    assert_reward(&judged, 5, 18, 4, 102);
    assert_true(retro_scenario_uses(&judged.scenario, 0));
    judged_free(&judged);

    judge(*state,
          "{\"reward\": {\"time\": {\"reward\": 0.25}, \"variables\": {"
          "\"x\": {\"op\": \"sign\", \"reward\": 3, \"penalty\": 4}}}}",
          &judged);
    assert_reward(&judged, 9, 0, 0, 3.25);
    assert_reward(&judged, 0, 0, 9, -3.75);
    assert_false(retro_scenario_uses(&judged.scenario, 1));
    judged_free(&judged);

    /* Only the first of several players counts; without rules the reward is 0. */
    judge(*state,
          "{\"rewards\": [{\"variables\": {\"x\": {\"reward\": 1}}},"
          "{\"variables\": {\"x\": {\"reward\": -1}}}]}",
          &judged);
    assert_reward(&judged, 5, 0, 0, 5);
    judged_free(&judged);
    judge(*state, "{}", &judged);
    assert_reward(&judged, 5, 5, 0, 0);
    judged_free(&judged);
}

static void assert_over(const struct judged *judged, int64_t x, int64_t y, int64_t x_before,
                        bool over) {
    if (retro_scenario_is_over(&judged->scenario, (const int64_t[]){x, y},
                               (const int64_t[]){x_before, 0}) != over)
        fail_msg("x %d, y %d, x before %d: over %d", (int)x, (int)y, (int)x_before, !over);
}

static void every_op_ends_games(void **state) {
    static const struct {
        const char *op;
        bool over[4]; /* of x = -3, 0, 3, 5; the reference is 3 */
    } cases[] = {
        {"equal", {false, false, true, false}},
        {"negative-equal", {true, false, false, false}},
        {"not-equal", {true, true, false, true}},
        {"less-than", {true, true, false, false}},
        {"greater-than", {false, false, false, true}},
        {"less-or-equal", {true, true, true, false}},
        {"greater-or-equal", {false, false, true, true}},
        {"nonzero", {true, false, true, true}},
        {"zero", {false, true, false, false}},
        {"negative", {true, false, false, false}},
        {"positive", {false, false, true, true}},
        {"sign", {false, false, true, true}},
    };
    static const int64_t values[] = {-3, 0, 3, 5};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            struct judged judged;
            char text[256];
            snprintf(text, sizeof text,
                     "{\"done\": {\"variables\": {\"x\": {\"op\": \"%s\", \"reference\": 3}}}}",
                     cases[i].op);
            judge(*state, text, &judged);
            assert_over(&judged, values[v], 0, 0, cases[i].over[v]);
            judged_free(&judged);
        }
}

static void conditions_are_nested(void **state) {
    struct judged judged;
    judge(*state,
          "{\"done\": {\"variables\": {\"x\": {\"op\": \"zero\"}}, \"nodes\": {"
          "\"both\": {\"condition\": \"all\", \"variables\": {\"x\": {\"op\": \"equal\","
          "\"reference\": 1}, \"y\": {\"op\": \"equal\", \"reference\": 2}},"
          "\"nodes\": {\"rise\": {\"variables\": {\"x\": {\"op\": \"positive\","
          "\"measurement\": \"delta\"}}}}}}}}",
          &judged);
    assert_over(&judged, 0, 9, 0, true);  /* any */
    assert_over(&judged, 1, 2, 0, true);  /* both, and x rose */
    assert_over(&judged, 1, 2, 1, false); /* both, but x did not */
    assert_over(&judged, 1, 3, 0, false);
    judged_free(&judged);

    judge(*state,
          "{\"done\": {\"condition\": \"all\", \"variables\": {\"x\": {\"op\": \"zero\"},"
          "\"y\": {\"op\": \"zero\"}}}}",
          &judged);
    assert_over(&judged, 0, 0, 0, true);
    assert_over(&judged, 0, 1, 0, false);
    judged_free(&judged);

    /* Without rules "all" holds and "any" does not; without "done" there is no end. */
    judge(*state, "{\"done\": {\"condition\": \"all\"}}", &judged);
    assert_over(&judged, 1, 1, 0, true);
    judged_free(&judged);
    judge(*state, "{\"done\": {}}", &judged);
    assert_over(&judged, 0, 0, 0, false);
    judged_free(&judged);
    judge(*state, "{}", &judged);
    assert_over(&judged, 0, 0, 0, false);
    judged_free(&judged);
}

static void scenarios_choose_actions_and_crop(void **state) {
    struct judged judged;
    judge(*state, "{\"actions\": [[[], [\"B\"]]], \"crop\": [1, 2, 30, 40]}", &judged);
    assert_true(judged.scenario.has_combos);
    assert_int_equal(retro_combos_count(&judged.scenario.combos), 2);
    assert_int_equal(judged.scenario.crop.y, 2);
    assert_int_equal(judged.scenario.crop.width, 30);
    judged_free(&judged);
}

static void refuse_scenario(const struct folder *folder, const char *text, const char *word) {
    struct judged judged = {.variables = load_variables(folder, two_variables)};
    struct error error;
    load_console(folder, &judged.system);
    const char *path = write_file(folder, "scenario.json", text, strlen(text));
    assert_int_equal(
        retro_scenario_load(path, &judged.variables, &judged.system, &judged.scenario, &error),
        STATUS_BAD_INPUT);
    assert_says(&error, word);
    assert_says(&error, path);
    assert_null(judged.scenario.ends);
    unlink(path); /* otherwise the next test would search it for a console */
    retro_variables_free(&judged.variables);
}

static void bad_scenarios_are_refused(void **state) {
    refuse_scenario(*state, "[]", "not an object");
    refuse_scenario(*state, "{\"reward\": {\"script\": \"lua:reward\"}}", "files of Lua");
    refuse_scenario(*state, "{\"done\": {\"script\": \"done\"}, \"scripts\": [\"../a.lua\"]}",
                    "files of Lua");
    refuse_scenario(*state, "{\"done\": {\"script\": \"done\"}, \"scripts\": [\"a.py\"]}",
                    "files of Lua");
    refuse_scenario(*state, "{\"done\": {\"script\": \"python:done\"}}", "is not a function");
    refuse_scenario(*state, "{\"done\": {\"script\": 1}}", "is not a function");
    refuse_scenario(*state, "{\"reward\": {\"variables\": {\"z\": {}}}}", "'z'");
    refuse_scenario(*state, "{\"reward\": {\"variables\": {\"x\": 1}}}", "not an object");
    refuse_scenario(*state, "{\"reward\": {\"variables\": {\"x\": {\"reward\": \"1\"}}}}",
                    "not a number");
    refuse_scenario(*state, "{\"reward\": {\"variables\": {\"x\": {\"reward\": 1e99}}}}",
                    "not a number");
    refuse_scenario(*state, "{\"done\": {\"variables\": {\"x\": {\"op\": \"near\"}}}}", "op");
    refuse_scenario(*state, "{\"done\": {\"variables\": {\"x\": {\"measurement\": \"d\"}}}}",
                    "measures");
    refuse_scenario(*state, "{\"done\": {\"condition\": \"most\"}}", "condition");
    refuse_scenario(*state, "{\"crop\": [1, 2, 3]}", "crop");
    refuse_scenario(*state, "{\"crop\": [1, 2, 3, -4]}", "crop");
    refuse_scenario(*state, "{\"actions\": [[[\"Z\"]]]}", "no button 'Z'");
}

static void deep_scenarios_are_refused(void **state) {
    enum { DEPTH = 300, ROOM = 64 };
    char *text = malloc((size_t)DEPTH * ROOM);
    assert_non_null(text);
    size_t length = (size_t)sprintf(text, "{\"done\": ");
    for (int i = 0; i < DEPTH; i++)
        length += (size_t)sprintf(text + length, "{\"nodes\": {\"n\": ");
    length += (size_t)sprintf(text + length, "{}");
    for (int i = 0; i < DEPTH; i++)
        length += (size_t)sprintf(text + length, "}}");
    sprintf(text + length, "}");
    refuse_scenario(*state, text, "nodes");
    free(text);
}

/* ---- ROMs ------------------------------------------------------------------------------------ */

/* SHA-1 of "one" and "two", by sha1sum. */
static const char sum_of_one[] = "fe05bcdcdc4928012781a5f1a2a77cbb5398e106\n";
static const char sum_of_two[] = "AD782ECDAC770FC6EB9A62E44F90873FB97FB26B";

static void make_games(const struct folder *folder) {
    char command[256];
    snprintf(command, sizeof command, "mkdir -p %s/One-Toy %s/Two-Toy", folder->path, folder->path);
    assert_int_equal(system(command), 0);
    write_file(folder, "One-Toy/rom.sha", sum_of_one, strlen(sum_of_one));
    write_file(folder, "Two-Toy/rom.sha", sum_of_two, strlen(sum_of_two));
}

static void roms_are_recognised(void **state) {
    const struct folder *folder = *state;
    struct retro_system system;
    struct error error;
    char game[128];
    char rom[PATH_SIZE];
    char found[PATH_SIZE];
    load_console(folder, &system);
    make_games(folder);
    snprintf(game, sizeof game, "%s/One-Toy", folder->path);

    assert_int_equal(retro_rom_find(game, "", &system, found, &error), STATUS_BAD_INPUT);
    assert_says(&error, "--rom=FILE");
    assert_says(&error, "One-Toy/rom.toy");
    assert_says(&error, "fe05bcdcdc4928012781a5f1a2a77cbb5398e106");
    assert_int_equal(retro_rom_find(game, "/no/such.toy", &system, found, &error),
                     STATUS_BAD_INPUT);
    assert_says(&error, "/no/such.toy");

    snprintf(rom, sizeof rom, "%s", write_file(folder, "any name", "one", 3));
    assert_int_equal(retro_rom_find(game, rom, &system, found, &error), STATUS_OK);
    assert_string_equal(found, rom);
    snprintf(rom, sizeof rom, "%s", write_file(folder, "wrong", "two", 3));
    assert_int_equal(retro_rom_find(game, rom, &system, found, &error), STATUS_BAD_INPUT);
    assert_says(&error, "is Two-Toy, not One-Toy");
    snprintf(rom, sizeof rom, "%s", write_file(folder, "unknown", "three", 5));
    assert_int_equal(retro_rom_find(game, rom, &system, found, &error), STATUS_BAD_INPUT);
    assert_says(&error, "is not that of One-Toy");

    /* In the game's folder, under one of the console's endings; NES dumps without their header. */
    static const char dump[] = "NES\x1a............one";
    snprintf(rom, sizeof rom, "%s", write_file(folder, "One-Toy/rom.bin", dump, strlen(dump)));
    assert_int_equal(retro_rom_find(game, "", &system, found, &error), STATUS_OK);
    assert_string_equal(found, rom);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_decoded),
        cmocka_unit_test(other_formats_are_refused),
        IN_FOLDER(variables_are_read),
        IN_FOLDER(bad_variables_are_refused),
        IN_FOLDER(actions_come_in_stable_retros_order),
        IN_FOLDER(bad_consoles_are_refused),
        IN_FOLDER(rewards_are_those_of_the_rules),
        IN_FOLDER(every_op_ends_games),
        IN_FOLDER(conditions_are_nested),
        IN_FOLDER(scenarios_choose_actions_and_crop),
        IN_FOLDER(bad_scenarios_are_refused),
        IN_FOLDER(deep_scenarios_are_refused),
        IN_FOLDER(roms_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
