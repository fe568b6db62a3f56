/* The parts of a run's config.json that readers see. */
#include "watch/config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct options {
    int64_t n_step;
    double lr;
    char text[OPTION_TEXT_SIZE];
    bool double_q;
};

static const struct option table[] = {
    TEXT_OPTION("game", struct options, text, "", "ID", ""),
    REAL_OPTION("lr", struct options, lr, "", 0, 0, "X", ""),
    INT_OPTION("n_step", struct options, n_step, "", 0, 0, "N", ""),
    FLAG_OPTION("double_q", struct options, double_q, "", ""),
    TEXT_OPTION("rom", struct options, text, "", "FILE", ""),
    TEXT_OPTION("resume", struct options, text, "", "RUN_DIR", ""),
    TEXT_OPTION("checkpoint", struct options, text, "", "N|FILE", ""),
    TEXT_OPTION("bind", struct options, text, "", "ADDRESS", "", .flags = OPTION_OF_CALL),
    TEXT_OPTION("token", struct options, text, "", "TOKEN", "", .flags = OPTION_OF_CALL),
    {0},
};

static struct json *parse(const char *text) {
    struct json *json = json_parse(text, strlen(text));
    assert_non_null(json);
    return json;
}

static void shows(const char *text, const char *expected) {
    char *printed = NULL;
    size_t size;
    struct json *config = parse(text);
    struct json *shown = config_shown(config, table);
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    json_print(shown, out);
    assert_int_equal(fclose(out), 0);
    if (strcmp(printed, expected) != 0)
        fail_msg("%s is not %s", printed, expected);
    free(printed);
    json_free(config);
    json_free(shown);
}

static void shows_only_known_options(void **state) {
    (void)state;
    shows("{\"lr\": 0.5, \"n_step\": 5, \"method\": \"a3c\", \"double_q\": true, \"secret\": 1}",
          "{\"method\":\"a3c\",\"lr\":0.5,\"n_step\":5,\"double_q\":true}\n");
    shows("{\"lr\": \"/home/me\", \"n_step\": [\"/home\"], \"method\": {}, \"double_q\": null}",
          "{}\n");
}

static void knows_what_changes_how_a_run_learns(void **state) {
    (void)state;
    const struct option lr = {.name = "lr"};
    const struct option seed = {.name = "seed"};
    const struct option clips = {.name = "clips", .flags = OPTION_NO_HPARAM};
    const struct option plain = {.name = "plain", .flags = OPTION_OF_CALL};
    assert_false(config_is_indifferent(&lr));
    assert_true(config_is_indifferent(&seed));
    assert_true(config_is_indifferent(&clips));
    assert_true(config_is_indifferent(&plain));
}

static double started(const char *text) {
    struct json *config = parse(text);
    const double seconds = config_started(config);
    json_free(config);
    return seconds;
}

static void knows_when_a_run_started(void **state) {
    (void)state;
    assert_true(started("{\"about\": {\"date\": \"2026-11-25T12:03:44Z\"}}") == 1795608224);
    assert_true(isnan(started("{\"about\": {\"date\": \"yesterday\"}}")));
    assert_true(isnan(started("{\"about\": 5}")));
    assert_true(isnan(started("{}")));
}

static void shows_no_paths(void **state) {
    (void)state;
    shows("{\"rom\": \"/r\", \"resume\": \"runs/x\", \"checkpoint\": \"/c.h5\", \"bind\": "
          "\"10.0.0.1\", \"token\": \"t\"}",
          "{}\n");
    shows("{\"game\": \"/home/me/dodge.so\"}", "{\"game\":\"dodge.so\"}\n");
    shows("{\"game\": \"ALE/Pong-v5\"}", "{\"game\":\"ALE/Pong-v5\"}\n");
}

static void knows_what_runs_code(void **state) {
    (void)state;
    struct json *plugin = parse("{\"game\": \"./x.so\", \"core\": \"\"}");
    struct json *module = parse("{\"game\": \"gym:os:CartPole-v1\", \"rom\": \"x.nes\"}");
    struct json *known = parse("{\"game\": \"gym:CartPole-v1\", \"data_dir\": \"/data\"}");
    assert_true(config_names_code(plugin));
    assert_true(config_names_code(module));
    assert_false(config_names_code(known));
    assert_false(config_names_files(plugin));
    assert_true(config_names_files(module));
    assert_true(config_names_files(known));
    json_free(plugin);
    json_free(module);
    json_free(known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_only_known_options),
        cmocka_unit_test(knows_what_changes_how_a_run_learns),
        cmocka_unit_test(knows_when_a_run_started),
        cmocka_unit_test(shows_no_paths),
        cmocka_unit_test(knows_what_runs_code),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
