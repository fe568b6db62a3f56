/* The dashboard as text: whole screens against files, and what must hold at every size. */
#include "report/dashboard.h"
#include "report/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ACTORS = 16, SECONDS = 300 };

static const struct style fancy = {.utf8 = true};
static const struct style ascii = {.utf8 = false};
static const struct style colourful = {.utf8 = true, .colours = 256};

/* The run that the tests draw: in its middle, with one actor dead and one quiet. */
struct scene {
    struct dashboard dashboard;
    struct dashboard_actor actors[ACTORS];
    struct history histories[METRIC_COUNT];
    struct page page;
};

/* A number with a value, or one that has none at present. */
static void put_number(struct scene *scene, enum metric metric, double value) {
    scene->dashboard.status.values[metric] = value;
    scene->dashboard.status.has[metric] = true;
}

static struct scene *make_scene(int actor_count) {
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    for (int i = 0; i < SECONDS; i++) {
        history_add(&scene->histories[METRIC_SCORE], 0.05 * i + (i % 7 == 0 ? -1 : 0));
        history_add(&scene->histories[METRIC_SPEED], 2000 + 10 * (i % 50));
        history_add(&scene->histories[METRIC_ENTROPY], 1.4 - 0.001 * i);
        history_add(&scene->histories[METRIC_EPISODE_LENGTH], 100 + 2 * i);
    }
    scene->histories[METRIC_EMULATOR_SPEED] = scene->histories[METRIC_SPEED];
    scene->histories[METRIC_EMULATOR_SPEED].count /= 2;
    for (int i = 0; i < ACTORS; i++)
        scene->actors[i] = (struct dashboard_actor){.pid = 4000 + i,
                                                    .games = 100 + i,
                                                    .last = i,
                                                    .best = i + 2.5,
                                                    .emulator_frames_per_second = 1700 + 10 * i,
                                                    .behind = 20 * i};
    scene->actors[1].pid = 0;
    scene->actors[2].silent_seconds = 12.4;
    scene->actors[3].games = 0;
    scene->actors[3].last = scene->actors[3].best = NAN;
    scene->dashboard = (struct dashboard){
        .status = status_numbers_none("a3c Breakout-v0"),
        .run_dir = "runs/Breakout-v0-a3c-20261125-120344",
        .total_steps = 2000000,
        .seconds = 1234,
        .best_score = 31,
        .expected = NAN,
        .learner_busy = 0.88,
        .lag_scale = 200,
        .histories = scene->histories,
        .actors = scene->actors,
        .actor_count = actor_count,
        .messages = "12:03:44 super   training in runs/Breakout-v0-a3c-20261125-120344\n"
                    "12:10:01 super   actor 1 died (signal 9, Killed); a new one takes its place\n"
                    "a game's own words: \033[31mred\033[0m \xff\xfe bytes\n"
                    "12:12:12 learn   cannot write 'model.h5': No space left on device; training "
                    "goes on and tries again after 250000 steps\n",
    };
    scene->dashboard.status.seconds_left = 727;
    put_number(scene, METRIC_STEPS, 1234567);
    put_number(scene, METRIC_SPEED, 2345);
    put_number(scene, METRIC_EMULATOR_SPEED, 7035);
    put_number(scene, METRIC_EPISODES, 3412);
    put_number(scene, METRIC_SCORE, 12.345);
    put_number(scene, METRIC_EPISODE_LENGTH, 812);
    put_number(scene, METRIC_POLICY_LOSS, -0.0123);
    put_number(scene, METRIC_VALUE_LOSS, 0.456);
    put_number(scene, METRIC_ENTROPY, 1.234);
    put_number(scene, METRIC_VALUE, 2.5);
    put_number(scene, METRIC_LEARNING_RATE, 0.00198);
    put_number(scene, METRIC_QUEUE_FILL, 0.8);
    put_number(scene, METRIC_WEIGHTS_LAG, 37);
    return scene;
}

/* The page as in a file: without spaces at the ends of lines. */
static char *page_text(const struct page *page) {
    char *text = calloc(DASHBOARD_MAX_ROWS, LINE_BYTES + 1);
    assert_non_null(text);
    size_t length = 0;
    for (int i = 0; i < page->rows; i++) {
        int end = page->lines[i].length;
        while (end > 0 && page->lines[i].text[end - 1] == ' ')
            end--;
        memcpy(text + length, page->lines[i].text, (size_t)end);
        length += (size_t)end;
        text[length++] = '\n';
    }
    return text;
}

static void expect_screen(const struct scene *scene, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/dashboard/%s", getenv("ASYNCRL_TEST_DATA"), name);
    char *text = page_text(&scene->page);
    char *expected = calloc(DASHBOARD_MAX_ROWS, LINE_BYTES + 1);
    FILE *file = fopen(path, "r");
    if (file) {
        fread(expected, 1, (size_t)DASHBOARD_MAX_ROWS * LINE_BYTES, file);
        fclose(file);
    }
    if (strcmp(text, expected) != 0) {
        fprintf(stderr, "%s is not:\n%s", path, text); /* too long for fail_msg */
        fail();
    }
    free(expected);
    free(text);
}

static void check_screen(const char *name, const struct style *style, int columns, int rows,
                         int actors) {
    struct scene *scene = make_scene(actors);
    dashboard_draw(&scene->page, style, columns, rows, &scene->dashboard);
    expect_screen(scene, name);
    free(scene);
}

static void test_40(void **state) {
    (void)state;
    check_screen("40x24.txt", &fancy, 40, 24, 4);
}

static void test_40_low(void **state) {
    (void)state;
    check_screen("40x11.txt", &fancy, 40, 11, 4);
}

static void test_80(void **state) {
    (void)state;
    check_screen("80x24.txt", &fancy, 80, 24, 4);
}

static void test_80_ascii(void **state) {
    (void)state;
    check_screen("80x24-ascii.txt", &ascii, 80, 24, 4);
}

/* More actors than lines for them. */
static void test_80_crowded(void **state) {
    (void)state;
    check_screen("80x24-crowded.txt", &fancy, 80, 24, 16);
}

static void test_160(void **state) {
    (void)state;
    check_screen("160x40.txt", &fancy, 160, 40, 16);
}

/* PPO has more metrics than fit into five rows. */
static void put_ppo(struct scene *scene) {
    scene->dashboard.status.label = "ppo Breakout-v0";
    put_number(scene, METRIC_GRAD_NORM, 0.412);
    put_number(scene, METRIC_EXPLAINED_VARIANCE, 0.874);
    put_number(scene, METRIC_KL, 0.0123);
    put_number(scene, METRIC_CLIP_FRACTION, 0.173);
}

static void check_ppo_screen(const char *name, int columns, int rows, int actors) {
    struct scene *scene = make_scene(actors);
    put_ppo(scene);
    dashboard_draw(&scene->page, &fancy, columns, rows, &scene->dashboard);
    expect_screen(scene, name);
    free(scene);
}

static void test_100(void **state) {
    (void)state;
    check_ppo_screen("100x30.txt", 100, 30, 4);
}

static void test_120(void **state) {
    (void)state;
    check_ppo_screen("120x40.txt", 120, 40, 8);
}

static void test_200(void **state) {
    (void)state;
    check_ppo_screen("200x50.txt", 200, 50, 16);
}

static bool page_has(const struct page *page, const char *text) {
    for (int i = 0; i < page->rows; i++)
        if (strstr(page->lines[i].text, text))
            return true;
    return false;
}

/* The score that the preset's measured run had by then stands beside the run's own. */
static void test_expected(void **state) {
    (void)state;
    struct scene *scene = make_scene(4);
    scene->dashboard.expected = 61.5;
    dashboard_draw(&scene->page, &ascii, 80, 24, &scene->dashboard);
    assert_true(page_has(&scene->page, "  12.35   expected 61.5   best 31"));
    dashboard_draw(&scene->page, &ascii, 40, 24, &scene->dashboard);
    assert_false(page_has(&scene->page, "expected"));
    free(scene);
}

/* A larger page shows all of a smaller one, and no name touches its number. */
static void test_larger_shows_more(void **state) {
    (void)state;
    static const char *const wanted[] = {
        "steps/s", "learner busy",  "explained variance 0.874", "▇██", "━━", "4000",
        " lag",    "quiet for 12 s"};
    struct scene *scene = make_scene(4);
    put_ppo(scene);
    scene->dashboard.status.values[METRIC_EXPLAINED_VARIANCE] = 0.874;
    for (int columns = 80; columns <= MAX_COLUMNS; columns++) {
        dashboard_draw(&scene->page, &fancy, columns, 40, &scene->dashboard);
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
            if (strcmp(wanted[i], "explained variance 0.874") == 0)
                assert_true(page_has(&scene->page, "explained variance "));
            else if (!page_has(&scene->page, wanted[i]))
                fail_msg("%d columns: no '%s'", columns, wanted[i]);
        }
    }
    for (int columns = DASHBOARD_COLUMNS; columns <= MAX_COLUMNS; columns++) {
        dashboard_draw(&scene->page, &fancy, columns, 40, &scene->dashboard);
        assert_true(page_has(&scene->page, " 0.874"));
        assert_true(page_has(&scene->page, " 0.456"));
    }
    free(scene);
}

static int count_empty_lines(const struct page *page) {
    int empty = 0;
    for (int i = 0; i < page->rows; i++)
        empty += page->lines[i].columns == 0;
    return empty;
}

/* A large page has no empty lines but those between its parts. */
static void test_no_room_is_left(void **state) {
    (void)state;
    struct scene *scene = make_scene(4);
    put_ppo(scene);
    for (int rows = 30; rows <= DASHBOARD_MAX_ROWS; rows++)
        for (int columns = 80; columns <= MAX_COLUMNS; columns += 40) {
            dashboard_draw(&scene->page, &fancy, columns, rows, &scene->dashboard);
            const int empty = count_empty_lines(&scene->page);
            if (empty > 5)
                fail_msg("%d columns, %d rows: %d empty lines", columns, rows, empty);
        }
    free(scene);
}

/* A Q method at its start, with no end planned: nothing is known of scores and losses
 * yet. */
static void test_start_of_q(void **state) {
    (void)state;
    struct scene *scene = make_scene(2);
    struct dashboard *dashboard = &scene->dashboard;
    dashboard->status = status_numbers_none("q1 Breakout-v0");
    put_number(scene, METRIC_SPEED, 2345);
    put_number(scene, METRIC_EMULATOR_SPEED, 7035);
    put_number(scene, METRIC_EPSILON, 0.9731);
    put_number(scene, METRIC_STEPS, 0);
    put_number(scene, METRIC_EPISODES, 0);
    put_number(scene, METRIC_Q_LOSS, NAN);
    put_number(scene, METRIC_Q_VALUE, NAN);
    put_number(scene, METRIC_LEARNING_RATE, 0.00198);
    put_number(scene, METRIC_QUEUE_FILL, 0.8);
    put_number(scene, METRIC_WEIGHTS_LAG, 500);
    dashboard->best_score = NAN;
    dashboard->total_steps = 0;
    scene->histories[METRIC_SCORE].count = 0;
    scene->histories[METRIC_SPEED].count = scene->histories[METRIC_EMULATOR_SPEED].count = 1;
    dashboard->messages = "";
    dashboard_draw(&scene->page, &fancy, 80, 20, dashboard);
    expect_screen(scene, "80x20-start.txt");
    free(scene);
}

static void test_colours(void **state) {
    (void)state;
    check_screen("80x11-colours.txt", &colourful, 80, 11, 4);
}

/* At every size the page has its rows, and no line is wider than it. */
static void test_all_sizes(void **state) {
    (void)state;
    struct scene *scene = make_scene(ACTORS);
    for (int columns = DASHBOARD_COLUMNS; columns <= MAX_COLUMNS; columns++) {
        for (int rows = DASHBOARD_ROWS; rows <= DASHBOARD_MAX_ROWS; rows += 1 + rows / 7) {
            dashboard_draw(&scene->page, &fancy, columns, rows, &scene->dashboard);
            assert_int_equal(scene->page.rows, rows);
            for (int i = 0; i < rows; i++) {
                assert_true(scene->page.lines[i].columns <= columns);
                assert_int_equal(text_columns(&fancy, scene->page.lines[i].text),
                                 scene->page.lines[i].columns);
            }
        }
        dashboard_draw(&scene->page, &colourful, columns, 60, &scene->dashboard);
        for (int i = 0; i < 60; i++)
            assert_true(scene->page.lines[i].columns <= columns);
    }
    free(scene);
}

static void test_history(void **state) {
    (void)state;
    struct history history = {0};
    for (int i = 0; i < 10 * HISTORY_SIZE; i++) {
        history_add(&history, i);
        assert_true(history.count < HISTORY_SIZE);
    }
    assert_int_equal(history.samples, 16);
    assert_int_equal(history.count, 10 * HISTORY_SIZE / 16);
    for (int i = 0; i < history.count; i++)
        assert_true(fabs(history.values[i] - (16 * i + 7.5)) < 1e-9);
}

static void expect_text(const struct style *style, int limit, const char *text,
                        const char *expected) {
    struct line line;
    line_start(&line, style, limit);
    line_add_text(&line, INK_PLAIN, text);
    assert_string_equal(line.text, expected);
    assert_int_equal(line.columns, text_columns(style, expected));
}

/* For any input, the output neither moves the cursor nor breaks a character. */
static void test_foreign_text(void **state) {
    (void)state;
    expect_text(&fancy, 80, "tab\tescape\033[2Jbell\a", "tab?escape?[2Jbell?");
    expect_text(&fancy, 80, "caf\xc3\xa9 \xe2\x82\xac", "caf\xc3\xa9 \xe2\x82\xac");
    expect_text(&ascii, 80, "caf\xc3\xa9", "caf?");
    expect_text(&fancy, 80, "\xc3", "?");                /* cut off */
    expect_text(&fancy, 80, "\xc0\xaf", "??");           /* overlong */
    expect_text(&fancy, 80, "\xf8\x88\x80\x80", "????"); /* beyond Unicode */
    const char right_to_left[] = {'\xe2', '\x80', '\xae', 'a', '\0'};
    expect_text(&fancy, 80, right_to_left, "?a");
    expect_text(&fancy, 80,
                "\xc2\x9b"
                "2J",
                "?2J"); /* a control of one byte more */
    expect_text(&fancy, 3, "\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad"); /* two columns each */
    expect_text(&fancy, 4, "abcdef", "abcd");
}

/* A batch every ten seconds is the same speed as one per second, and a run that stops
 * fades. */
static void test_pace(void **state) {
    (void)state;
    struct pace steady = {0};
    for (int second = 1; second <= 5; second++)
        assert_true(fabs(pace_take(&steady, second, 100.0 * second) - 100) < 1e-9);
    struct pace leaping = {0};
    for (int second = 1; second <= 40; second++) {
        const int trained = second / 10 * 1000;
        const double speed = pace_take(&leaping, second, trained);
        if (second >= 10)
            assert_true(fabs(speed - 100) < 1e-9);
    }
    assert_true(pace_take(&leaping, 60, 4000) < 51);
    assert_true(pace_take(&leaping, 140, 4000) < 11);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_100),
        cmocka_unit_test(test_120),
        cmocka_unit_test(test_200),
        cmocka_unit_test(test_larger_shows_more),
        cmocka_unit_test(test_no_room_is_left),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_40),
        cmocka_unit_test(test_40_low),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_80),
        cmocka_unit_test(test_80_ascii),
        cmocka_unit_test(test_80_crowded),
        cmocka_unit_test(test_160),
        cmocka_unit_test(test_start_of_q),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_all_sizes),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_foreign_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
