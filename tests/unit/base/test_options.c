/* Options: parsing, bounds, suggestions, help. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sample {
    int64_t batch_size;
    double lr;
    char network[OPTION_TEXT_SIZE];
    bool json;
    char output[OPTION_TEXT_SIZE];
};

static const struct option sample_table[] = {
    {"batch_size", OPTION_INT, offsetof(struct sample, batch_size), "20", 1, 1024, "N", "samples",
     NULL},
    {"lr", OPTION_REAL, offsetof(struct sample, lr), "0.001", 0, 1, "X", "learning rate", NULL},
    {"network", OPTION_TEXT, offsetof(struct sample, network), "a3c", 0, 0, "NAME", "trunk",
     "a3c|nature"},
    {"json", OPTION_FLAG, offsetof(struct sample, json), "false", 0, 0, NULL, "print JSON", NULL},
    {"o", OPTION_TEXT, offsetof(struct sample, output), "", 0, 0, "FILE", "file to write", NULL},
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

/* As Python programs and their users write it, too. */
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

/* What was parsed comes back as text that parses to the same; a value from elsewhere is checked. */
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

static void test_option_is_no_value(void **state) {
    (void)state;
    struct sample sample;
    struct error error = {0};
    char *argv[] = {"--network", "--json"};
    assert_int_equal(parse(&sample, &error, 2, argv), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--network needs a value"));
}

static void test_help_is_80_columns(void **state) {
    (void)state;
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    options_help(sample_table, stream);
    fclose(stream);
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        assert_true(strcspn(line, "\n") < 80);
    assert_non_null(strstr(text, "[20; 1 to 1024]"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_both_spellings),
        cmocka_unit_test(test_letters),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_option_is_no_value),
        cmocka_unit_test(test_help_is_80_columns),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_format_and_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
