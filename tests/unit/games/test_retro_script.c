/*
 * Rules in Lua: what they see and return, on made values; what they cannot do; and the scripts of
 * stable-retro's games, if they are installed.
 */
#include "games/retro/script.h"
#include "retro_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct retro_variable toys[] = {{.name = (char[]){"score"}}, {.name = (char[]){"lives"}}};
static const struct retro_variables variables = {.all = toys, .count = 2};
static const struct retro_scenario both = {
    .reward_function = "reward", .end_function = "done", .scripts = {"s.lua"}, .script_count = 1};
static const struct retro_scenario only_reward = {
    .reward_function = "reward", .scripts = {"s.lua"}, .script_count = 1};

static struct retro_script *open_text(const struct folder *folder, const char *text,
                                      const struct retro_scenario *scenario) {
    struct retro_script *script;
    struct error error;
    write_file(folder, "s.lua", text, strlen(text));
    if (retro_script_open(folder->path, scenario, &variables, &script, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return script;
}

static double judge(struct retro_script *script, int64_t score, int64_t lives, bool *is_over) {
    const int64_t values[] = {score, lives};
    double reward = -1000;
    struct error error;
    if (retro_script_judge(script, values, &reward, is_over, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return reward;
}

/* The script fails as it is opened, or at the latest when it judges. */
static void refuse_script(const struct folder *folder, const char *text, const char *word) {
    static const int64_t values[] = {5, 3};
    struct retro_script *script = NULL;
    double reward;
    bool is_over;
    struct error error;
    write_file(folder, "s.lua", text, strlen(text));
    enum status status = retro_script_open(folder->path, &only_reward, &variables, &script, &error);
    if (status == STATUS_OK)
        status = retro_script_judge(script, values, &reward, &is_over, &error);
    assert_int_equal(status, STATUS_BAD_INPUT);
    assert_null(strchr(error.message, '\n'));
    assert_says(&error, word);
    if (script)
        retro_script_free(script);
}

/* ---- Rules ----------------------------------------------------------------------------------- */

/* As in many of stable-retro's games: what is stored between two frames is the script's. */
static void scripts_judge_frames(void **state) {
    static const char text[] = "previous = 0\n"
                               "function reward()\n"
                               "  local delta = data.score * 10 - previous\n"
                               "  previous = data.score * 10\n"
                               "  return delta / 4\n"
                               "end\n"
                               "function done()\n"
                               "  last = data.lives\n"
                               "  return data.lives == 0\n"
                               "end\n";
    struct retro_script *script = open_text(*state, text, &both);
    static const int64_t start[] = {0, 0};
    struct error error;
    for (int game = 0; game < 2; game++) {
        bool is_over = true;
        assert_int_equal(retro_script_restart(script, start, &error), STATUS_OK);
        assert_true(judge(script, 3, 2, &is_over) == 7.5);
        assert_false(is_over);
        assert_true(judge(script, 1, 0, &is_over) == -5);
        assert_true(is_over);
    }
    assert_true(retro_script_has_word(script, "score"));
    assert_false(retro_script_has_word(script, "core"));
    retro_script_free(script);
}

static void scripts_see_frames_and_keep_values(void **state) {
    static const char text[] =
        "function reward()\n"
        "  data.seen = (rawget(data, 'seen') or 0) + 1\n"
        "  return 100 * data.seen + 10 * scenario.timestep + scenario.frame\n"
        "end\n";
    struct retro_script *script = open_text(*state, text, &only_reward);
    bool is_over = true; /* stays: there is no function for it */
    assert_true(judge(script, 0, 0, &is_over) == 100);
    for (int i = 1; i < 5; i++)
        judge(script, 0, 0, &is_over);
    assert_true(judge(script, 0, 0, &is_over) == 600 + 10 + 5);
    assert_true(is_over);
    retro_script_free(script);
}

static void results_are_numbers_or_truths(void **state) {
    static const struct {
        const char *text;
        double reward;
    } cases[] = {
        {"function reward() return true end", 1},
        {"function reward() return false end", 0},
        {"function reward() end", 0},
        {"function reward() return '7' end", 0},
        {"function reward() return 0.1 end", (double)0.1F},
        {"function reward() return math.floor(2.5) + #string.format('%d', 12.0) end", 4},
        {"function reward() local ok = pcall(error, 'x') return ok and 1 or 2 end", 2},
        {"function reward() return unpack({4, 5}) end", 4},
        {"function reward() return ('abc'):len() end", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_over = false;
        struct retro_script *script = open_text(*state, cases[i].text, &only_reward);
        assert_true(judge(script, 0, 0, &is_over) == cases[i].reward);
        retro_script_free(script);
    }
}

/* ---- Saved states ---------------------------------------------------------------------------- */

enum { STATE_ROOM = 1 << 12 };

static void stored_values_are_saved(void **state) {
    static const char text[] = "sum, whole, word, truth, gone = 0.5, 7, 'a', false, 1\n"
                               "function reward()\n"
                               "  sum = sum + data.score\n"
                               "  whole = whole + 1\n"
                               "  word = word .. 'b'\n"
                               "  truth = not truth\n"
                               "  gone = nil\n"
                               "  data.kept = (rawget(data, 'kept') or 0) + 1\n"
                               "  return sum + 10 * whole + 100 * #word + (truth and 1000 or 0)\n"
                               "    + 10000 * data.kept + (gone or 0) + 100000 * scenario.frame\n"
                               "end\n";
    struct retro_script *script = open_text(*state, text, &only_reward);
    struct error error;
    bool is_over = false;
    uint8_t saved[STATE_ROOM];
    assert_int_equal(retro_script_state_size(script), sizeof saved);
    assert_true(judge(script, 2, 0, &is_over) == 2.5 + 80 + 200 + 1000 + 10000);
    assert_int_equal(retro_script_save(script, saved, &error), STATUS_OK);
    for (int turn = 0; turn < 2; turn++) {
        assert_true(judge(script, 1, 0, &is_over) == 3.5 + 90 + 300 + 20000 + 100000);
        judge(script, 9, 0, &is_over);
        if (retro_script_load(script, saved, &error) != STATUS_OK)
            fail_msg("%s", error.message);
    }
    saved[0] = 'x';
    assert_int_equal(retro_script_load(script, saved, &error), STATUS_BAD_INPUT);
    assert_says(&error, "damaged");
    retro_script_free(script);
}

/* Any bytes are refused, or are values. */
static void damaged_states_do_no_harm(void **state) {
    struct retro_script *script =
        open_text(*state, "a = 1 b = 'text' function reward() end", &only_reward);
    struct error error;
    uint8_t saved[STATE_ROOM];
    assert_int_equal(retro_script_save(script, saved, &error), STATUS_OK);
    for (size_t i = 0; i < 40; i++) {
        const uint8_t good = saved[i];
        for (int value = 0; value < 256; value += 15) {
            saved[i] = (uint8_t)value;
            retro_script_load(script, saved, &error);
        }
        saved[i] = good;
    }
    retro_script_free(script);
}

static void other_values_are_not_saved(void **state) {
    static const char *const texts[] = {
        "t = {} function reward() end", "local x = 0 function reward() x = x + 1 return x end",
        "data.t = {} function reward() end", "long = ('x'):rep(5000) function reward() end"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct retro_script *script = open_text(*state, texts[i], &only_reward);
        assert_int_equal(retro_script_state_size(script), 0);
        retro_script_free(script);
    }
    struct retro_script *script = open_text(*state, "function reward() t = {} end", &only_reward);
    struct error error;
    bool is_over = false;
    uint8_t saved[STATE_ROOM];
    judge(script, 0, 0, &is_over);
    assert_int_equal(retro_script_save(script, saved, &error), STATUS_BAD_INPUT);
    assert_says(&error, "as 't' cannot be saved");
    retro_script_free(script);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static void errors_name_file_and_line(void **state) {
    refuse_script(*state, "x = = 1", "/s.lua:1: unexpected symbol");
    refuse_script(*state, "\n\nerror('no\\nway')", "/s.lua:3: no");
    refuse_script(*state, "error({})", "not a text");
    refuse_script(*state, "function other() end", "/s.lua: there is no function 'reward'");
    refuse_script(*state, "reward = 1", "there is no function 'reward'");
    refuse_script(*state, "\nfunction reward() return nothing.x end", "/s.lua:2: attempt to index");
    refuse_script(*state, "function reward() return data.scores end", "no variable 'scores'");
    refuse_script(*state, "function reward() return data[1] end", "names as keys");
    refuse_script(*state, "function reward() data.score = 1 end", "'score' is the game's");
    refuse_script(*state, "function reward() return scenario.time end", "no 'time'");
    refuse_script(*state, "function reward() return 1 / 0 end", "not finite");
    refuse_script(*state, "\x1bLua", "attempt to load a binary chunk");
}

/* Nothing of Lua's that leads out of the script, or cannot be limited. */
static void scripts_have_no_way_out(void **state) {
    static const char *const names[] = {
        "io",
        "os",
        "debug",
        "package",
        "require",
        "dofile",
        "load",
        "loadstring",
        "loadfile",
        "collectgarbage",
        "print",
        "coroutine",
        "getmetatable",
        "setmetatable",
        "string.dump",
        "string.find",
        "string.gsub",
        "string.match",
        "string.gmatch",
        "math.random",
        "math.randomseed",
        "table.move",
        "utf8",
        "warn",
        "(''):dump",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[128];
        bool is_over = false;
        if (strchr(names[i], ':'))
            snprintf(text, sizeof text, "function reward() return (''). dump == nil end");
        else
            snprintf(text, sizeof text, "function reward() return %s == nil end", names[i]);
        struct retro_script *script = open_text(*state, text, &only_reward);
        if (judge(script, 0, 0, &is_over) != 1)
            fail_msg("a script has %s", names[i]);
        retro_script_free(script);
    }
}

static void time_and_memory_are_limited(void **state) {
    refuse_script(*state, "while true do end", "/s.lua:1: it runs for more than 100000");
    refuse_script(*state, "function reward() while true do end end", "/s.lua:1: it runs for more");
    refuse_script(*state, "while true do pcall(function() while true do end end) end",
                  "it runs for");
    refuse_script(*state, "function f() return pcall(f) end while true do f() end", "it runs for");
    refuse_script(*state, "s = ('x'):rep(1e9)", "/s.lua: it needs more than 1024 KiB");
    refuse_script(*state, "t = {} while true do t[#t + 1] = {} end",
                  "/s.lua: it needs more than 1024 KiB");
    refuse_script(*state, "function f() return 1 + f() end f()", "/s.lua: it needs more");
}

/* Functions of Lua's that loop without instructions. The table has gaps, and 2^40 as its length. */
static void loops_of_functions_are_limited(void **state) {
    static const char *const calls[] = {"table.insert(t, 1, 0)", "table.remove(t, 1)"};
    for (int i = 0; i < 2; i++) {
        char text[128];
        snprintf(text, sizeof text, "t = {} for i = 40, 0, -1 do t[1 << i] = 1 end %s", calls[i]);
        refuse_script(*state, text, "/s.lua:1: a list is longer than 65536 elements");
    }
    struct retro_script *script = open_text(
        *state, "function reward() return #string.rep('', 1 << 60) + #string.rep(7, 2, '-') end",
        &only_reward);
    bool is_over = false;
    assert_true(judge(script, 0, 0, &is_over) == 3);
    retro_script_free(script);
}

static void missing_files_are_named(void **state) {
    struct retro_script *script;
    struct error error;
    assert_int_equal(
        retro_script_open(((struct folder *)*state)->path, &both, &variables, &script, &error),
        STATUS_BAD_INPUT);
    assert_says(&error, "s.lua");
    assert_says(&error, "tools/install-deps --consoles");
}

/* ---- Games ----------------------------------------------------------------------------------- */

/* Opens the script of a game, if it has rules in one, and judges two frames. */
static bool judge_game(const char *games, const char *cores, const char *game,
                       const char *console_name) {
    char folder[PATH_SIZE];
    char path[PATH_SIZE];
    struct retro_system system;
    struct retro_variables all;
    struct retro_scenario scenario;
    struct retro_script *script;
    struct error error;
    assert_int_equal(path_join(folder, games, game, &error), STATUS_OK);
    assert_int_equal(path_join(path, folder, "data.json", &error), STATUS_OK);
    if (retro_system_load(cores, console_name, &system, &error) != STATUS_OK ||
        retro_variables_load(path, &all, &error) != STATUS_OK)
        fail_msg("%s: %s", game, error.message);
    assert_int_equal(path_join(path, folder, "scenario.json", &error), STATUS_OK);
    if (retro_scenario_load(path, &all, &system, &scenario, &error) != STATUS_OK)
        fail_msg("%s: %s", game, error.message);
    const bool has_script = scenario.script_count > 0;
    int64_t *values = calloc((size_t)all.count + 1, sizeof *values);
    assert_non_null(values);
    if (has_script) {
        double reward = 0;
        bool is_over;
        if (retro_script_open(folder, &scenario, &all, &script, &error) != STATUS_OK)
            fail_msg("%s: %s", game, error.message);
        assert_true(retro_script_state_size(script) > 0);
        for (int frame = 0; frame < 2; frame++) {
            if (retro_script_judge(script, values, &reward, &is_over, &error) != STATUS_OK)
                fail_msg("%s: %s", game, error.message);
            for (int i = 0; i < all.count; i++)
                values[i] = 3;
        }
        retro_script_free(script);
    }
    free(values);
    retro_scenario_free(&scenario);
    retro_variables_free(&all);
    return has_script;
}

/* One of each console, as far as the data folder has them. */
static void games_have_scripts(void **state) {
    (void)state;
    static const char *const games[][2] = {
        {"Boxing-Atari2600-v0", "Atari2600"},
        {"Tennis-Atari2600-v0", "Atari2600"},
        {"Atlantis-Atari2600-v0", "Atari2600"},
        {"Riverraid-Atari2600-v0", "Atari2600"},
        {"1942-Nes-v0", "Nes"},
        {"Rampage-Nes-v0", "Nes"},
        {"VolguardII-Nes-v0", "Nes"},
        {"RenderingRangerR2-Snes-v0", "Snes"},
        {"Plok-Snes-v0", "Snes"},
        {"FireAndIce-Sms-v0", "Sms"},
        {"ShadowDancerTheSecretOfShinobi-Genesis-v0", "Genesis"},
        {"SamuraiShodown-Genesis-v0", "Genesis"},
    };
    const char *data = getenv("ASYNCRL_DATA");
    char folder[PATH_SIZE];
    char cores[PATH_SIZE];
    char script[PATH_SIZE];
    snprintf(folder, sizeof folder, "%s/retro/games", data ? data : "deps/data");
    snprintf(cores, sizeof cores, "%s/retro/cores", data ? data : "deps/data");
    snprintf(script, sizeof script, "%s/retro/games/1942-Nes-v0/script.lua",
             data ? data : "deps/data");
    if (!path_is_file(script)) {
        print_message("# no '%s': run tools/install-deps --consoles\n", script);
        skip();
    }
    for (size_t i = 0; i < sizeof games / sizeof games[0]; i++)
        assert_true(judge_game(folder, cores, games[i][0], games[i][1]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(scripts_judge_frames),          IN_FOLDER(scripts_see_frames_and_keep_values),
        IN_FOLDER(results_are_numbers_or_truths), IN_FOLDER(stored_values_are_saved),
        IN_FOLDER(damaged_states_do_no_harm),     IN_FOLDER(other_values_are_not_saved),
        IN_FOLDER(errors_name_file_and_line),     IN_FOLDER(scripts_have_no_way_out),
        IN_FOLDER(time_and_memory_are_limited),   IN_FOLDER(loops_of_functions_are_limited),
        IN_FOLDER(missing_files_are_named),       cmocka_unit_test(games_have_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
