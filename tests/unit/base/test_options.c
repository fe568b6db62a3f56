/* Options: parsing, bounds, suggestions, help. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct sample {
    int64_t batch_size;
    int64_t steps;
    double lr;
    char network[OPTION_TEXT_SIZE];
    bool json;
    bool clips;
    char list[OPTION_TEXT_SIZE];
    char output[OPTION_TEXT_SIZE];
    struct option_range frame_skip;
};

static const struct option sample_table[] = {
    INT_OPTION("batch_size", struct sample, batch_size, "20", 1, 1024, "N", "samples"),
    REAL_OPTION("lr", struct sample, lr, "0.001", 0, 1, "X", "learning rate"),
    TEXT_OPTION("network", struct sample, network, "a3c", "NAME", "trunk", .choices = "a3c|nature",
                .alias = "trunk", .old_choice = "large=nature"),
    FLAG_OPTION("json", struct sample, json, "false", "print JSON"),
    FLAG_OPTION("clips", struct sample, clips, "true", "make clips"),
    RANGE_OPTION("frame_skip", struct sample, frame_skip, "0", 0, 1000, "N|N-M", "frames"),
    TEXT_OPTION("list", struct sample, list, "", "LIST", "words", .flags = OPTION_FILE),
    TEXT_OPTION("o", struct sample, output, "", "FILE", "file to write"),
    INT_OPTION("steps", struct sample, steps, "0", -1, 1e15, "N", "steps"),
    {0},
};

static enum status parse(struct sample *sample, struct error *error, int argc, char **argv) {
    const char *positional[1];
    int count;
    options_defaults(sample_table, sample);
    return options_parse(sample_table, argc, argv, sample, NULL, positional, 1, &count, error);
}

static void test_defaults(void **state) {
    (void)state;
    struct sample sample;
    struct error error;
    assert_int_equal(parse(&sample, &error, 0, NULL), STATUS_OK);
    assert_int_equal(sample.batch_size, 20);
    assert_true(sample.lr == 0.001);
    assert_string_equal(sample.network, "a3c");
    assert_false(sample.json);
}

static void test_both_spellings(void **state) {
    (void)state;
    struct sample sample;
    struct error error;
    char *argv[] = {"--batch-size", "32", "--lr=0.5", "--network=nature", "--json"};
    assert_int_equal(parse(&sample, &error, 5, argv), STATUS_OK);
    assert_int_equal(sample.batch_size, 32);
    assert_true(sample.lr == 0.5);
    assert_string_equal(sample.network, "nature");
    assert_true(sample.json);
}

static void test_letters(void **state) {
    (void)state;
    char *ways[][2] = {{"-o", "a.svg"}, {"-o=a.svg", "--json"}, {"--o=a.svg", "--json"}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct sample sample;
        struct error error;
        assert_int_equal(parse(&sample, &error, 2, ways[i]), STATUS_OK);
        assert_string_equal(sample.output, "a.svg");
    }
}

/* Also the spelling of Python programs and their users. */
static void test_flags(void **state) {
    (void)state;
    const struct {
        char *argv[3];
        int argc;
        bool json;
        int batch_size;
    } cases[] = {
        {{"--json"}, 1, true, 20},           {{"--json=true"}, 1, true, 20},
        {{"--json=False"}, 1, false, 20},    {{"--json", "True"}, 2, true, 20},
        {{"--json", "FALSE"}, 2, false, 20}, {{"--json", "--batch_size=5"}, 2, true, 5},
        {{"--json", "word"}, 2, true, 20},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sample sample;
        struct error error;
        assert_int_equal(parse(&sample, &error, cases[i].argc, (char **)cases[i].argv), STATUS_OK);
        assert_int_equal(sample.json, cases[i].json);
        assert_int_equal(sample.batch_size, cases[i].batch_size);
    }
}

/* Parsed values come back as text that parses to the same; values from elsewhere are checked. */
static void test_format_and_check(void **state) {
    (void)state;
    struct sample sample;
    struct error error;
    char *argv[] = {"--batch_size=7", "--lr=0.0003", "--network=nature", "--json"};
    const char *texts[] = {"7", "0.0003", "nature", "true"};
    assert_int_equal(parse(&sample, &error, 4, argv), STATUS_OK);
    for (int i = 0; i < 4; i++) {
        char text[OPTION_TEXT_SIZE];
        options_format(&sample_table[i], &sample, text, sizeof text);
        assert_string_equal(text, texts[i]);
    }
    assert_int_equal(options_check(sample_table, &sample, &error), STATUS_OK);
    sample.batch_size = 2000;
    assert_int_equal(options_check(sample_table, &sample, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--batch_size=2000"));
    sample.batch_size = 20;
    sample.lr = -1;
    assert_int_equal(options_check(sample_table, &sample, &error), STATUS_BAD_INPUT);
    sample.lr = 1;
    memcpy(sample.network, "vgg", 4);
    assert_int_equal(options_check(sample_table, &sample, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "a3c|nature"));
}

static void expect_error(char *argument, const char *part) {
    struct sample sample;
    struct error error = {0};
    char *argv[] = {argument};
    assert_int_equal(parse(&sample, &error, 1, argv), STATUS_BAD_INPUT);
    if (!strstr(error.message, part))
        fail_msg("'%s' does not say '%s'", error.message, part);
}

static void test_large_numbers(void **state) {
    (void)state;
    static const struct {
        char *argument;
        int64_t value;
    } cases[] = {
        {"--steps=1e6", 1000000},   {"--steps=10M", 10000000},
        {"--steps=4k", 4000},       {"--steps=4K", 4000},
        {"--steps=1.5M", 1500000},  {"--steps=2.5e3", 2500},
        {"--steps=1G", 1000000000}, {"--steps=2B", 2000000000},
        {"--steps=-1", -1},         {"--steps=1e15", 1000000000000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sample sample;
        struct error error;
        assert_int_equal(parse(&sample, &error, 1, (char *[]){cases[i].argument}), STATUS_OK);
        assert_int_equal(sample.steps, cases[i].value);
    }
    char *not_whole[] = {"--steps=1.5",  "--steps=0x10", "--steps=0x10k", "--steps=1e",
                         "--steps=k",    "--steps=inf",  "--steps=nan",   "--steps=infk",
                         "--steps=1e30", "--steps=1kk",  "--steps=",      "--steps=1e-3"};
    for (size_t i = 0; i < sizeof not_whole / sizeof not_whole[0]; i++)
        expect_error(not_whole[i], "whole number");
    expect_error("--steps=2000T", "whole number");
    expect_error("--batch_size=2k", "from 1 to 1024");
}

static void test_bad_input(void **state) {
    (void)state;
    expect_error("--batch_size=0", "from 1 to 1024");
    expect_error("--batch_size=twenty", "whole number");
    expect_error("--batch_size=20x", "whole number");
    expect_error("--batch_size=99999999999999999999", "whole number");
    expect_error("--lr=nan", "takes a number");
    expect_error("--network=vgg", "a3c|nature");
    expect_error("--network=a3", "a3c|nature");
    expect_error("--json=maybe", "true or false");
    expect_error("--bach_size=3", "did you mean --batch_size");
    expect_error("--zebra", "unknown option --zebra");
    expect_error("-x", "two dashes");
    expect_error("-oa.svg", "two dashes");
    expect_error("-o", "-o needs a value: -o FILE");
    expect_error("--lr", "needs a value");
}

static void test_option_is_not_a_value(void **state) {
    (void)state;
    struct sample sample;
    struct error error = {0};
    char *argv[] = {"--network", "--json"};
    assert_int_equal(parse(&sample, &error, 2, argv), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--network needs a value"));
}

static void expect_range(const char *json_text, const char *wanted) {
    struct sample sample;
    char text[48] = "no";
    const struct option *option = options_find(sample_table, "frame_skip");
    struct json *json = json_parse(json_text, strlen(json_text));
    assert_non_null(json);
    options_defaults(sample_table, &sample);
    if (!option_from_json(option, json, "frame_skip", &sample))
        options_format(option, &sample, text, sizeof text);
    assert_string_equal(text, wanted);
    json_free(json);
}

static void test_ranges(void **state) {
    (void)state;
    struct sample sample;
    struct error error;
    assert_int_equal(parse(&sample, &error, 1, (char *[]){"--frame_skip=2-4"}), STATUS_OK);
    assert_true(sample.frame_skip.low == 2 && sample.frame_skip.high == 4);
    assert_int_equal(parse(&sample, &error, 1, (char *[]){"--frame_skip=3"}), STATUS_OK);
    assert_true(sample.frame_skip.low == 3 && sample.frame_skip.high == 3);
    char *const bad[] = {"4-2", "2-", "-2", "2-4x", "2--4", "", "1-1001", "0-4", "2 - 4"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse(&sample, &error, 2, (char *[]){"--frame_skip", bad[i]}),
                         STATUS_BAD_INPUT);
    parse(&sample, &error, 1, (char *[]){"--frame_skip=0-4"});
    assert_non_null(strstr(error.message, "a range begins with at least 1"));
    expect_range("{\"frame_skip\": 4}", "4");
    expect_range("{\"frame_skip\": \"2-4\"}", "2-4");
    expect_range("{\"frame_skip\": \"4-2\"}", "no");
    expect_range("{\"frame_skip\": 2.5}", "no");
}

static void test_older_choice(void **state) {
    (void)state;
    struct sample sample;
    struct error error;
    char *argv[] = {"--network=large"};
    assert_int_equal(parse(&sample, &error, 1, argv), STATUS_OK);
    assert_string_equal(sample.network, "nature");
    snprintf(sample.network, sizeof sample.network, "a3c");
    struct json *json = json_parse("{\"network\": \"large\"}", 20);
    assert_non_null(json);
    const struct option *option = options_find(sample_table, "network");
    assert_null(option_from_json(option, json, "network", &sample));
    assert_string_equal(sample.network, "nature");
    json_free(json);
    char *longer[] = {"--network=larger"};
    assert_int_equal(parse(&sample, &error, 1, longer), STATUS_BAD_INPUT);
}

static void test_texts(void **state) {
    (void)state;
    struct sample sample;
    struct sample again;
    struct error error;
    char text[128];
    options_defaults(sample_table, &sample);
    assert_int_equal(options_to_text(sample_table, NULL, &sample, text, sizeof text, &error),
                     STATUS_OK);
    assert_string_equal(text, "");
    const char *argument = "--%s=%s";
    const struct option *changed = &sample_table[0];
    snprintf(text, sizeof text, argument, changed->name, "3");
    assert_int_equal(options_parse_text(sample_table, text, &sample, &error), STATUS_OK);
    char written[128];
    assert_int_equal(options_to_text(sample_table, NULL, &sample, written, sizeof written, &error),
                     STATUS_OK);
    assert_string_equal(written, text);
    options_defaults(sample_table, &again);
    assert_int_equal(options_parse_text(sample_table, written, &again, &error), STATUS_OK);
    options_format(changed, &again, written, sizeof written);
    assert_string_equal(written, "3");
    assert_int_equal(options_to_text(sample_table, NULL, &sample, written, 4, &error),
                     STATUS_FAILED);
    assert_int_equal(options_parse_text(sample_table, "  ", &again, &error), STATUS_OK);
    assert_int_equal(options_parse_text(sample_table, "word", &again, &error), STATUS_BAD_INPUT);
    assert_int_equal(options_parse_text(sample_table, "--none=1", &again, &error),
                     STATUS_BAD_INPUT);
}

static void test_help_is_80_columns(void **state) {
    (void)state;
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    options_help(sample_table, false, stream);
    fclose(stream);
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        assert_true(strcspn(line, "\n") < 80);
    assert_non_null(strstr(text, "[20; 1 to 1024]"));
    assert_non_null(strstr(text, "make clips [true]\n"));
    assert_non_null(strstr(text, "print JSON\n"));
    free(text);
}

/* ---- Composition ----------------------------------------------------------------------------- */

struct whole {
    int64_t episodes;
    struct sample sample;
};

static const struct option episode_options[] = {
    INT_OPTION("episodes", struct whole, episodes, "30", 1, 100, "N", "games"),
    {0},
};

static const struct option_part nested[] = {{.options = sample_table}, {0}};
static const struct option_part whole_parts[] = {
    {.options = episode_options},
    {.parts = nested, .offset = offsetof(struct whole, sample)},
    {0},
};

/* Values of a module's options land in its struct, wherever that lies; defaults can be replaced. */
static void test_composition(void **state) {
    (void)state;
    struct option table[OPTION_MAX_COUNT + 1];
    struct whole whole;
    struct error error;
    const struct option_default defaults[] = {{"lr", "0.25"}, {0}};
    char *argv[] = {"--episodes=7", "--batch_size=3", "--trunk=nature"};
    int count;
    assert_int_equal(options_compose(table, whole_parts, defaults, &error), STATUS_OK);
    options_defaults(table, &whole);
    assert_int_equal(options_parse(table, 3, argv, &whole, NULL, NULL, 0, &count, &error),
                     STATUS_OK);
    assert_int_equal(whole.episodes, 7);
    assert_int_equal(whole.sample.batch_size, 3);
    assert_true(whole.sample.lr == 0.25);
    assert_string_equal(whole.sample.network, "nature"); /* by its alias */
    assert_int_equal(options_check(table, &whole, &error), STATUS_OK);
    whole.sample.lr = 2;
    assert_int_equal(options_check(table, &whole, &error), STATUS_BAD_INPUT);
}

static void test_needs(void **state) {
    (void)state;
    const struct option table[] = {
        TEXT_OPTION("network", struct sample, network, "a3c", "NAME", "trunk"),
        REAL_OPTION("lr", struct sample, lr, "0.1", 0, 1, "X", "rate", .needs = "network=b|nature"),
        INT_OPTION("steps", struct sample, steps, "-1", -1, 10, "N", "of the batch"),
        INT_OPTION("batch_size", struct sample, batch_size, "0", 0, 10, "N", "size",
                   .needs = "steps>=0"),
        TEXT_OPTION("list", struct sample, list, "", "FILE", "file"),
        TEXT_OPTION("o", struct sample, output, "", "FILE", "file", .needs = "list"),
        FLAG_OPTION("json", struct sample, json, "false", "print JSON", .needs = "!list"),
        FLAG_OPTION("clips", struct sample, clips, "true", "clips", .needs = "elsewhere=1"),
        REAL_OPTION("eps", struct sample, lr, "0", 0, 1, "X", "chance", .needs = "list|json"),
        FLAG_OPTION("loop", struct sample, clips, "true", "of the list", .needs = "list"),
        {0},
    };
    const struct {
        int option;
        const char *refusal;
        char *met; /* by this argument */
    } cases[] = {
        {1, "--lr is for --network=b|nature, not a3c: leave it out", "--network=nature"},
        {3, "--batch_size does nothing without --steps: give that, too, or leave it out",
         "--steps=0"},
        {5, "-o does nothing without --list: give that, too, or leave it out", "--list=a"},
        {6, NULL, "--network=b"},
        {7, NULL, "--network=b"},
        {8, "--eps does nothing without --list: give that, too, or leave it out", "--list=a"},
        {8, "--eps does nothing without --list: give that, too, or leave it out", "--json"},
        {9, "--loop does nothing without --list: give that, too, or leave it out", "--loop=false"},
    };
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sample sample;
        bool given[OPTION_MAX_COUNT] = {0};
        const char *positional[1];
        int count;
        options_defaults(table, &sample);
        assert_int_equal(options_refuse_idle(table, &sample, given, &error), STATUS_OK);
        given[cases[i].option] = true;
        assert_int_equal(options_refuse_idle(table, &sample, given, &error),
                         cases[i].refusal ? STATUS_BAD_INPUT : STATUS_OK);
        if (cases[i].refusal)
            assert_string_equal(error.message, cases[i].refusal);
        char *argv[] = {cases[i].met};
        assert_int_equal(
            options_parse(table, 1, argv, &sample, NULL, positional, 1, &count, &error), STATUS_OK);
        assert_int_equal(options_refuse_idle(table, &sample, given, &error), STATUS_OK);
    }
    struct sample sample;
    bool given[OPTION_MAX_COUNT] = {[6] = true};
    options_defaults(table, &sample);
    snprintf(sample.list, sizeof sample.list, "a");
    assert_int_equal(options_refuse_idle(table, &sample, given, &error), STATUS_BAD_INPUT);
    assert_string_equal(error.message, "--json does nothing with --list: leave it out");
    const struct option numbered[] = {
        INT_OPTION("batch_size", struct sample, batch_size, "0", 0, 10, "N", "size"),
        TEXT_OPTION("o", struct sample, output, "", "FILE", "file", .needs = "!list|batch_size"),
        {0},
    };
    const bool output[] = {false, true};
    options_defaults(numbered, &sample);
    assert_int_equal(options_refuse_idle(numbered, &sample, output, &error), STATUS_OK);
    sample.batch_size = 3;
    assert_int_equal(options_refuse_idle(numbered, &sample, output, &error), STATUS_BAD_INPUT);
    assert_string_equal(error.message, "-o does nothing with --batch_size: leave it out");
}

static void test_composition_errors(void **state) {
    (void)state;
    struct option table[OPTION_MAX_COUNT + 1];
    struct error error;
    const struct option_part twice[] = {{.options = sample_table}, {.options = sample_table}, {0}};
    assert_int_equal(options_compose(table, twice, NULL, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "batch_size"));
    static const struct option trunk_table[] = {
        INT_OPTION("depth", struct sample, batch_size, "1", 1, 9, "N", "", .alias = "trunk"), {0}};
    const struct option_part shared[] = {{.options = sample_table}, {.options = trunk_table}, {0}};
    assert_int_equal(options_compose(table, shared, NULL, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "depth"));
    const struct option_default unknown[] = {{"speed", "1"}, {0}};
    assert_int_equal(options_compose(table, whole_parts, unknown, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "speed"));
    struct option many[OPTION_MAX_COUNT + 2] = {0};
    char names[OPTION_MAX_COUNT + 1][16];
    for (int i = 0; i <= OPTION_MAX_COUNT; i++) {
        snprintf(names[i], sizeof names[i], "option%d", i);
        many[i] = sample_table[0];
        many[i].name = names[i];
    }
    const struct option_part too_many[] = {{.options = many}, {0}};
    assert_int_equal(options_compose(table, too_many, NULL, &error), STATUS_FAILED);
}

/* The names that two methods have for one option, each the other's alias. */
static void test_name_before_alias(void **state) {
    (void)state;
    static const struct option table[] = {
        REAL_OPTION("beta", struct sample, lr, "0", 0, 1, "X", "x", .alias = "ent_coef"),
        REAL_OPTION("ent_coef", struct sample, lr, "0", 0, 1, "X", "x", .alias = "beta"),
        REAL_OPTION("lr", struct sample, lr, "0", 0, 1, "X", "x", .alias = "rate"),
        {0},
    };
    assert_string_equal(options_find(table, "beta")->name, "beta");
    assert_string_equal(options_find(table, "ent_coef")->name, "ent_coef");
    assert_string_equal(options_find(table, "rate")->name, "lr");
    assert_null(options_find(table, "alpha"));
}

/* Text of a file, with its blanks and lines joined. */
static void test_file(void **state) {
    (void)state;
    char path[] = "/tmp/asyncrl-options-XXXXXX";
    char list[sizeof "--list=@" + sizeof path];
    char *argv[] = {list};
    struct sample sample;
    struct error error;
    const int file = mkstemp(path);
    assert_true(file >= 0);
    snprintf(list, sizeof list, "--list=@%s", path);
    assert_int_equal(write(file, "\n one\n  two\n", 12), 12);
    assert_int_equal(parse(&sample, &error, 1, argv), STATUS_OK);
    assert_string_equal(sample.list, "one two");
    for (int i = 0; i < OPTION_TEXT_SIZE; i++)
        assert_int_equal(write(file, "x", 1), 1);
    assert_int_equal(parse(&sample, &error, 1, argv), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "is not a text of at most 511 characters"));
    close(file);
    unlink(path);
    assert_int_equal(parse(&sample, &error, 1, argv), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--list: "));
    snprintf(list, sizeof list, "--o=@%s", path); /* of other options it is any text */
    assert_int_equal(parse(&sample, &error, 1, argv), STATUS_OK);
    assert_string_equal(sample.output, list + strlen("--o="));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_both_spellings),
        cmocka_unit_test(test_letters),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_large_numbers),
        cmocka_unit_test(test_option_is_not_a_value),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_older_choice),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_help_is_80_columns),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_format_and_check),
        cmocka_unit_test(test_name_before_alias),
        cmocka_unit_test(test_composition),
        cmocka_unit_test(test_needs),
        cmocka_unit_test(test_composition_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
