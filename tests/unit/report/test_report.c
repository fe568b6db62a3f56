/* Metrics and their files: episode logs, CSV rows, the status line. */
#include "run_folder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_episode_log(void **state) {
    (void)state;
    struct episode_log *log = calloc(1, sizeof *log);
    struct episode_record record = {0};
    assert_false(episode_log_pop(log, &record));
    atomic_store(&log->rows_before, 7);
    for (int lap = 0; lap < 3; lap++) {
        for (int i = 0; i < EPISODE_LOG_SIZE + 5; i++) {
            record.length = i;
            assert_int_equal(episode_log_push(log, &record), i < EPISODE_LOG_SIZE);
        }
        assert_int_equal(episode_log_rows(log), 7 + EPISODE_LOG_SIZE * (lap + 1));
        for (int i = 0; i < EPISODE_LOG_SIZE; i++) {
            assert_true(episode_log_pop(log, &record));
            assert_int_equal(record.length, i);
        }
        assert_false(episode_log_pop(log, &record));
    }
    free(log);
}

static struct reporter *open_reporter(struct metrics *metrics, const char *folder, bool append) {
    struct reporter *reporter;
    struct error error;
    const struct reporter_request request = {.metrics = metrics,
                                             .run_dir = folder,
                                             .label = "a3c catch",
                                             .total_steps = 10000,
                                             .append = append};
    assert_int_equal(reporter_open(&request, &reporter, &error), STATUS_OK);
    return reporter;
}

static void close_reporter(struct reporter *reporter) {
    struct error error;
    assert_int_equal(reporter_close(reporter, &error), STATUS_OK);
}

static void push_game(struct metrics *metrics, int actor, double score) {
    const struct episode_record record = {
        .actor = actor, .score = score, .epsilon = -1, .flag = -1};
    episode_log_push(&metrics->actors[actor].episodes, &record);
}

static void write_run(struct metrics *metrics, const char *folder, bool append) {
    struct reporter *reporter = open_reporter(metrics, folder, append);
    const struct episode_record lost = {.seconds = 1.5,
                                        .steps = 40,
                                        .actor = 1,
                                        .score = -1,
                                        .length = 9,
                                        .epsilon = -1,
                                        .flag = -1};
    const struct episode_record won = {.seconds = 2.25,
                                       .steps = 60,
                                       .environment = 3,
                                       .score = 1,
                                       .length = 9,
                                       .epsilon = 0.1,
                                       .flag = 1};
    episode_log_push(&metrics->actors[1].episodes, &lost);
    episode_log_push(&metrics->actors[0].episodes, &won);
    close_reporter(reporter);
}

static void test_csv(void **state) {
    struct metrics *metrics = make_metrics(2);
    write_run(metrics, *state, true);
    write_run(metrics, *state, false);
    write_run(metrics, *state, true);
    expect_file(*state, "episodes.csv",
                EPISODES_HEADER "2.250,60,0,3,1,9,0.1000,1\n1.500,40,1,0,-1,9,,\n"
                                "2.250,60,0,3,1,9,0.1000,1\n1.500,40,1,0,-1,9,,\n");
    expect_file(*state, "progress.csv", PROGRESS_HEADER);
    free(metrics);
}

/* The metrics keep the counts of the killed one; its half row is removed. */
static void test_replaced_reporter(void **state) {
    struct metrics *metrics = make_metrics(1);
    struct error error;
    struct reporter *killed = open_reporter(metrics, *state, false);
    push_game(metrics, 0, 3);
    assert_int_equal(reporter_tick(killed, &error), STATUS_OK);
    put_file(*state, "episodes.csv", EPISODES_HEADER "0.000,0,0,0,3,0,,\n0.000,0,0,");

    struct reporter *reporter = open_reporter(metrics, *state, true);
    push_game(metrics, 0, 5);
    atomic_store(&metrics->learner.steps, 10);
    close_reporter(reporter);
    expect_file(*state, "episodes.csv", EPISODES_HEADER "0.000,0,0,0,3,0,,\n0.000,0,0,0,5,0,,\n");
    char *progress = get_file(*state, "progress.csv");
    if (!strstr(progress, ",10,0,2,4.0000,"))
        fail_msg("unexpected rows: %s", progress);
    free(progress);
    close_reporter(killed);
    free(metrics);
}

/* A row that does not fit leaves nothing and does not count; later ones follow. */
static void test_full_disk(void **state) {
    struct metrics *metrics = make_metrics(2);
    struct error error;
    struct reporter *reporter = open_reporter(metrics, *state, false);
    push_game(metrics, 0, 1);
    push_game(metrics, 0, 2);
    push_game(metrics, 1, 3);
    limit_files((int64_t)strlen(EPISODES_HEADER "0.000,0,0,0,1,0,,\n0.000,0"));
    const enum status status = reporter_tick(reporter, &error);
    limit_files(-1);
    assert_int_equal(status, STATUS_FAILED);
    assert_string_equal(error.message, "cannot write episodes.csv: File too large");
    expect_file(*state, "episodes.csv", EPISODES_HEADER "0.000,0,0,0,1,0,,\n");
    assert_int_equal(episode_log_rows(&metrics->actors[0].episodes), 1);
    close_reporter(reporter);
    expect_file(*state, "episodes.csv", EPISODES_HEADER "0.000,0,0,0,1,0,,\n0.000,0,1,0,3,0,,\n");
    assert_int_equal(episode_log_rows(&metrics->actors[0].episodes), 1);
    assert_int_equal(episode_log_rows(&metrics->actors[1].episodes), 1);
    free(metrics);
}

/* A last row of progress that could not be written does not count as written: the end tries
 * again. */
static void test_last_row_is_tried_again(void **state) {
    struct metrics *metrics = make_metrics(1);
    struct error error;
    struct reporter *reporter = open_reporter(metrics, *state, false);
    atomic_store(&metrics->learner.steps, 30);
    metrics->start -= 2; /* as if 2 s went by */
    limit_files(1);
    const enum status status = reporter_tick(reporter, &error);
    limit_files(-1);
    assert_int_equal(status, STATUS_FAILED);
    assert_string_equal(error.message, "cannot write progress.csv: File too large");
    close_reporter(reporter);
    char *text = get_file(*state, "progress.csv");
    const char *row = strchr(text, '\n');
    assert_non_null(row);
    row = strchr(row, ',');
    if (!row || strncmp(row, ",30,", 4) != 0)
        fail_msg("no last row: %s", text);
    free(text);
    free(metrics);
}

static void test_foreign_file(void **state) {
    struct metrics *metrics = make_metrics(1);
    struct reporter *reporter;
    struct error error;
    const struct reporter_request request = {
        .metrics = metrics, .run_dir = *state, .label = "x", .append = true};
    put_file(*state, "episodes.csv", "name,age\n");
    assert_int_equal(reporter_open(&request, &reporter, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "episodes.csv"));
    expect_file(*state, "episodes.csv", "name,age\n");
    free(metrics);
}

/* Runs a reporter from zero to sums over 40 transitions; progress.csv must end in row. */
static void expect_progress(struct metrics *metrics, const char *folder, bool has_policy,
                            const char *row) {
    struct reporter *reporter = open_reporter(metrics, folder, false);
    atomic_store(&metrics->learner.steps, 40);
    atomic_store(&metrics->learner.transitions, 40);
    struct metric_sum *sums = metrics->learner.sums;
    if (has_policy) {
        metric_add(&sums[METRIC_POLICY_LOSS], -20, 40);
        metric_add(&sums[METRIC_ENTROPY], 48, 40);
    }
    metric_add(&sums[has_policy ? METRIC_VALUE_LOSS : METRIC_Q_LOSS], 10, 40);
    metric_add(&sums[has_policy ? METRIC_VALUE : METRIC_Q_VALUE], 80, 40);
    atomic_store(&metrics->learner.learning_rate, 0.25);
    atomic_store(&metrics->queue_count, 4);
    for (int i = 0; i < metrics->actor_count; i++)
        atomic_store(&metrics->actors[i].weights_version, 11);
    close_reporter(reporter);
    char *text = get_file(folder, "progress.csv");
    const size_t length = strlen(text);
    assert_true(length > strlen(PROGRESS_HEADER) + strlen(row));
    assert_memory_equal(text, PROGRESS_HEADER, strlen(PROGRESS_HEADER));
    if (!strstr(text, ",40,0,0,,") || strcmp(text + length - strlen(row), row) != 0)
        fail_msg("unexpected rows: %s", text);
    free(text);
}

/* A row's numbers are means over the transitions since the row before. */
static void test_progress_means(void **state) {
    struct metrics *metrics = make_metrics(1);
    expect_progress(metrics, *state, true, ",,-0.5,0.25,1.2,2,0.25,,0.5000,30.0,0.000,,,,,,,,,\n");
    free(metrics);
}

/* Metrics of batches are empty, not 0, in rows without a batch, the first ones and later ones. */
static void test_progress_without_batch(void **state) {
    struct metrics *metrics = make_metrics(1);
    struct error error;
    struct reporter *reporter = open_reporter(metrics, *state, false);
    atomic_store(&metrics->learner.learning_rate, 0.25);
    for (int row = 0; row < 2; row++) {
        metrics->start -= 2; /* as if 2 s went by */
        assert_int_equal(reporter_tick(reporter, &error), STATUS_OK);
    }
    close_reporter(reporter);
    char *text = get_file(*state, "progress.csv");
    const char *row = strstr(text, ",0,0,0,,,,,,,,0.25,,0.0000,0.0,0.000,,,,,,,,,\n");
    if (!row || !strstr(row + 1, ",0,0,0,,,,,,,,0.25,,0.0000,0.0,0.000,,,,,,,,,\n"))
        fail_msg("unexpected rows: %s", text);
    free(text);
    free(metrics);
}

/* Busy processors are known from the second row on. */
static void test_usage(void **state) {
    struct metrics *metrics = make_metrics(1);
    struct error error;
    struct reporter *reporter;
    const struct reporter_request request = {
        .metrics = metrics, .run_dir = *state, .label = "x", .root = getpid()};
    assert_int_equal(reporter_open(&request, &reporter, &error), STATUS_OK);
    for (int row = 0; row < 2; row++) {
        metrics->start -= 2; /* as if 2 s went by */
        assert_int_equal(reporter_tick(reporter, &error), STATUS_OK);
    }
    close_reporter(reporter);
    char *text = get_file(*state, "progress.csv");
    const char *row = text + strlen(PROGRESS_HEADER);
    double busy;
    double memory;
    const char *second = strchr(row, '\n') + 1;
    assert_int_equal(sscanf(strstr(row, ",0.000,,,,,,,,,"), ",0.000,,,,,,,,,%lf", &memory), 1);
    assert_true(memory > 0.5);
    assert_int_equal(
        sscanf(strstr(second, ",0.000,,,,,,,,"), ",0.000,,,,,,,,%lf,%lf", &busy, &memory), 2);
    assert_true(busy >= 0 && busy < 100 && memory > 0.5);
    free(text);
    free(metrics);
}

/* No policy loss and no entropy; epsilon is the mean over the actors that have set theirs. */
static void test_progress_of_q(void **state) {
    struct metrics *metrics = make_metrics(3);
    atomic_store(&metrics->actors[0].epsilon, 0);
    atomic_store(&metrics->actors[2].epsilon, 0.5);
    expect_progress(metrics, *state, false, ",,,0.25,,2,0.25,0.2500,0.5000,30.0,0.000,,,,,,,,,\n");
    free(metrics);
}

/* The output of one tick on stderr; the caller frees the text. */
static char *tick_and_listen(struct reporter *reporter, const char *folder) {
    fflush(stderr);
    const int terminal = dup(STDERR_FILENO);
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/stderr", folder);
    assert_non_null(freopen(path, "w", stderr));
    struct error error;
    const enum status status = reporter_tick(reporter, &error);
    fflush(stderr);
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    assert_int_equal(status, STATUS_OK);
    return get_file(folder, "stderr");
}

/* After a resume seconds and steps begin high, but pace and lines are those of this process: 200
 * steps in the 20 s since it began. */
static void test_time_left(void **state) {
    struct metrics *metrics = make_metrics(1);
    metrics->start -= 1000;
    atomic_store(&metrics->learner.steps, 8000);
    atomic_store(&metrics->learner.transitions, 8000);
    struct reporter *reporter = open_reporter(metrics, *state, false);
    metrics->start -= 5; /* as if 5 s went by */
    char *line = tick_and_listen(reporter, *state);
    assert_string_equal(line, "");
    free(line);

    metrics->start -= 15;
    atomic_store(&metrics->learner.steps, 8200);
    atomic_store(&metrics->learner.transitions, 8200);
    line = tick_and_listen(reporter, *state);
    if (!strstr(line, "  8200 steps  10/s  ") || !strstr(line, "  left 3m00s  "))
        fail_msg("unexpected status: %s", line);
    free(line);
    close_reporter(reporter);
    free(metrics);
}

static void test_unwritable_folder(void **state) {
    (void)state;
    struct metrics *metrics = make_metrics(1);
    struct reporter *reporter;
    struct error error;
    const struct reporter_request request = {
        .metrics = metrics, .run_dir = "/nowhere/at/all", .label = "x"};
    assert_int_equal(reporter_open(&request, &reporter, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "/nowhere/at/all/progress.csv"));
    free(metrics);
}

static void test_status_line(void **state) {
    (void)state;
    struct status_numbers numbers = status_numbers_none("a3c Breakout-v0");
    numbers.values[METRIC_STEPS] = 1234567;
    numbers.values[METRIC_SPEED] = 2345;
    numbers.values[METRIC_EMULATOR_SPEED] = 7035;
    numbers.values[METRIC_SCORE] = 12.345;
    numbers.values[METRIC_POLICY_LOSS] = -0.0123;
    numbers.values[METRIC_VALUE_LOSS] = 0.0456;
    numbers.values[METRIC_ENTROPY] = 1.234;
    numbers.values[METRIC_VALUE] = 2.5;
    numbers.values[METRIC_QUEUE_FILL] = 0.8;
    numbers.values[METRIC_WEIGHTS_LAG] = 37;
    numbers.seconds_left = 7384;
    char line[201];
    status_format(line, 200, &numbers);
    assert_string_equal(line, "a3c Breakout-v0  1.23M steps  2345/s  score 12.35  left 2h03m  "
                              "emu 7035/s  pi -0.012  v 0.046  H 1.23  V 2.50  queue 80%  lag 37");
    for (int width = 0; width < 120; width++) {
        status_format(line, width, &numbers);
        assert_true((int)strlen(line) <= width);
    }
    status_format(line, 79, &numbers);
    assert_string_equal(line, "1.23M 2345/s score 12.3 2h03m emu 7035 pi -0.01 v 0.05 H 1.2 V 2.5 "
                              "q80% lag 37");
}

/* A game with flags, a method with a policy and a chance of random actions, and an end in sight. */
static void test_status_line_of_all_parts(void **state) {
    (void)state;
    struct status_numbers numbers = status_numbers_none("a3c SuperMarioBros-v0");
    for (int i = 0; i < METRIC_COUNT; i++)
        numbers.values[i] = 1;
    numbers.seconds_left = 60;
    char line[241];
    status_format(line, 240, &numbers);
    assert_string_equal(line, "a3c SuperMarioBros-v0  1 steps  1/s  score 1.00  flag 100%  "
                              "left 1m00s  emu 1/s  eps 1.00  pi +1.000  v 1.000  H 1.00  V 1.00  "
                              "queue 100%  lag 1");
    status_format(line, 79, &numbers);
    assert_string_equal(line,
                        "1 1/s score 1.0 flag 100% 1m00s emu 1 eps 1.00 pi +1.00 v 1.00 H 1.0 "
                        "V 1.0");
}

static void test_status_line_of_q(void **state) {
    (void)state;
    struct status_numbers numbers = status_numbers_none("q1 Breakout-v0");
    numbers.values[METRIC_STEPS] = 1234567;
    numbers.values[METRIC_SPEED] = 2345;
    numbers.values[METRIC_EMULATOR_SPEED] = 7035;
    numbers.values[METRIC_SCORE] = 12.345;
    numbers.values[METRIC_Q_LOSS] = 0.000456;
    numbers.values[METRIC_Q_VALUE] = 2.5;
    numbers.values[METRIC_EPSILON] = 0.3678;
    numbers.values[METRIC_QUEUE_FILL] = 0.8;
    numbers.values[METRIC_WEIGHTS_LAG] = 9950;
    numbers.seconds_left = 7384;
    char line[201];
    status_format(line, 159, &numbers);
    assert_string_equal(line, "q1 Breakout-v0  1.23M steps  2345/s  score 12.35  left 2h03m  "
                              "emu 7035/s  eps 0.37  loss 0.00046  Q 2.50  queue 80%  lag 9950");
    status_format(line, 79, &numbers);
    assert_string_equal(line, "1.23M 2345/s score 12.3 2h03m emu 7035 eps 0.37 L 0.0005 Q 2.5 "
                              "q80% lag 9950");
    numbers.values[METRIC_Q_LOSS] = 12.345;
    status_format(line, 79, &numbers);
    assert_non_null(strstr(line, " L 12.3 "));
}

static void test_status_line_unknowns(void **state) {
    (void)state;
    struct status_numbers numbers = status_numbers_none("x");
    numbers.values[METRIC_STEPS] = numbers.values[METRIC_SPEED] = 0;
    numbers.values[METRIC_EMULATOR_SPEED] = 0;
    numbers.values[METRIC_QUEUE_FILL] = numbers.values[METRIC_WEIGHTS_LAG] = 0;
    char line[201];
    status_format(line, 200, &numbers);
    assert_null(strstr(line, "nan"));
    assert_non_null(strstr(line, "score -"));
    assert_null(strstr(line, "left"));
    assert_null(strstr(line, " eps "));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_episode_log),
        IN_FOLDER(test_csv),
        IN_FOLDER(test_replaced_reporter),
        IN_FOLDER(test_full_disk),
        IN_FOLDER(test_last_row_is_tried_again),
        IN_FOLDER(test_foreign_file),
        IN_FOLDER(test_progress_means),
        IN_FOLDER(test_progress_without_batch),
        IN_FOLDER(test_usage),
        IN_FOLDER(test_progress_of_q),
        IN_FOLDER(test_time_left),
        cmocka_unit_test(test_unwritable_folder),
        cmocka_unit_test(test_status_line),
        cmocka_unit_test(test_status_line_of_all_parts),
        cmocka_unit_test(test_status_line_of_q),
        cmocka_unit_test(test_status_line_unknowns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
