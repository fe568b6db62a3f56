/* Metrics and what is written of them: episode logs, CSV rows, the status line. */
#include "report/report.h"

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
    for (int lap = 0; lap < 3; lap++) {
        for (int i = 0; i < EPISODE_LOG_SIZE + 5; i++) {
            record.length = i;
            episode_log_push(log, &record);
        }
        assert_int_equal(atomic_load(&log->lost), 5 * (lap + 1));
        for (int i = 0; i < EPISODE_LOG_SIZE; i++) {
            assert_true(episode_log_pop(log, &record));
            assert_int_equal(record.length, i);
        }
        assert_false(episode_log_pop(log, &record));
    }
    free(log);
}

static void expect_file(const char *folder, const char *name, const char *expected) {
    char path[PATH_SIZE];
    unsigned char *data;
    size_t size;
    struct error error;
    assert_int_equal(path_join(path, folder, name, &error), STATUS_OK);
    assert_int_equal(path_read_file(path, 1 << 20, &data, &size, &error), STATUS_OK);
    if (size != strlen(expected) || memcmp(data, expected, size) != 0)
        fail_msg("%s holds\n%.*s\nnot\n%s", name, (int)size, (const char *)data, expected);
    free(data);
    unlink(path);
}

static void write_run(struct metrics *metrics, const char *folder, bool append) {
    struct reporter *reporter;
    struct error error;
    const struct reporter_request request = {
        .metrics = metrics, .run_dir = folder, .label = "a3c catch", .append = append};
    assert_int_equal(reporter_open(&request, &reporter, &error), STATUS_OK);
    const struct episode_record lost = {
        .seconds = 1.5, .frames = 40, .actor = 1, .score = -1, .length = 9, .epsilon = -1};
    const struct episode_record won = {
        .seconds = 2.25, .frames = 60, .environment = 3, .score = 1, .length = 9, .epsilon = 0.1};
    episode_log_push(&metrics->actors[1].episodes, &lost);
    episode_log_push(&metrics->actors[0].episodes, &won);
    assert_int_equal(reporter_close(reporter, &error), STATUS_OK);
}

static void test_csv(void **state) {
    (void)state;
    char folder[] = "/tmp/asyncrl-report-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct metrics *metrics = calloc(1, metrics_bytes(2));
    metrics->actor_count = 2;
    metrics->queue_capacity = 8;
    metrics->start = clock_seconds();
    write_run(metrics, folder, false);
    write_run(metrics, folder, true);
    expect_file(folder, "episodes.csv",
                "seconds,frames,actor,environment,score,length,epsilon\n"
                "2.250,60,0,3,1,9,0.1000\n1.500,40,1,0,-1,9,\n"
                "2.250,60,0,3,1,9,0.1000\n1.500,40,1,0,-1,9,\n");
    free(metrics);
    char path[PATH_SIZE];
    struct error error;
    assert_int_equal(path_join(path, folder, "progress.csv", &error), STATUS_OK);
    unlink(path);
    rmdir(folder);
}

/* A row's numbers are means over the transitions since the row before. */
static void test_progress_means(void **state) {
    (void)state;
    char folder[] = "/tmp/asyncrl-report-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct metrics *metrics = calloc(1, metrics_bytes(1));
    metrics->actor_count = 1;
    metrics->queue_capacity = 8;
    metrics->start = clock_seconds();
    struct reporter *reporter;
    struct error error;
    const struct reporter_request request = {.metrics = metrics, .run_dir = folder, .label = "x"};
    assert_int_equal(reporter_open(&request, &reporter, &error), STATUS_OK);
    atomic_store(&metrics->learner.frames, 40);
    atomic_store(&metrics->learner.transitions, 40);
    atomic_store(&metrics->learner.policy_loss, -20.0);
    atomic_store(&metrics->learner.value_loss, 10.0);
    atomic_store(&metrics->learner.entropy, 48.0);
    atomic_store(&metrics->learner.value, 80.0);
    atomic_store(&metrics->learner.learning_rate, 0.25);
    atomic_store(&metrics->queue_count, 4);
    atomic_store(&metrics->actors[0].weights_version, 11);
    assert_int_equal(reporter_close(reporter, &error), STATUS_OK);

    char path[PATH_SIZE];
    unsigned char *data;
    size_t size;
    assert_int_equal(path_join(path, folder, "progress.csv", &error), STATUS_OK);
    assert_int_equal(path_read_file(path, 1 << 16, &data, &size, &error), STATUS_OK);
    data[size - 1] = '\0';
    const char *row = strchr((char *)data, '\n') + 1;
    if (!strstr(row, ",40,0,0,,") || !strstr(row, ",-0.5,0.25,1.2,2,0.25,0.5000,30.0,0.000"))
        fail_msg("unexpected row: %s", row);
    free(data);
    free(metrics);
    unlink(path);
    assert_int_equal(path_join(path, folder, "episodes.csv", &error), STATUS_OK);
    unlink(path);
    rmdir(folder);
}

static void test_unwritable_folder(void **state) {
    (void)state;
    struct metrics *metrics = calloc(1, metrics_bytes(1));
    metrics->actor_count = 1;
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
    const struct status_numbers numbers = {
        .label = "a3c Breakout-v0",
        .frames = 1234567,
        .frames_per_second = 2345,
        .emulator_frames_per_second = 7035,
        .score_mean = 12.345,
        .policy_loss = -0.0123,
        .value_loss = 0.0456,
        .entropy = 1.234,
        .value = 2.5,
        .queue_fill = 0.8,
        .weights_lag = 37,
        .seconds_left = 7384,
    };
    char line[201];
    status_format(line, 200, &numbers);
    assert_string_equal(line, "a3c Breakout-v0  1.23M frames  2345/s  score 12.35  left 2h03m  "
                              "emu 7035/s  pi -0.012  v 0.046  H 1.23  V 2.50  queue 80%  lag 37");
    for (int width = 0; width < 120; width++) {
        status_format(line, width, &numbers);
        assert_true((int)strlen(line) <= width);
    }
    status_format(line, 79, &numbers);
    assert_string_equal(line, "1.23M 2345/s score 12.3 2h03m emu 7035 pi -0.01 v 0.05 H 1.2 V 2.5 "
                              "q80% lag 37");
}

static void test_status_line_unknowns(void **state) {
    (void)state;
    const struct status_numbers numbers = {.label = "x", .score_mean = NAN, .seconds_left = -1};
    char line[201];
    status_format(line, 200, &numbers);
    assert_non_null(strstr(line, "score -"));
    assert_null(strstr(line, "left"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_episode_log),    cmocka_unit_test(test_csv),
        cmocka_unit_test(test_progress_means), cmocka_unit_test(test_unwritable_folder),
        cmocka_unit_test(test_status_line),    cmocka_unit_test(test_status_line_unknowns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
