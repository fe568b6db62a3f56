/* Going on in the CSV files of an earlier run: the rows that are cut, those that stay, and the
 * totals. */
#include "run_folder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A row of progress.csv and one of episodes.csv, as far as they matter here. */
#define PROGRESS(steps) "1.000," steps ",9,1,2.0000,1.0,2.0,0.5,0.5,0.5,1,0.1,,0.5000,0.0,0.000\n"
#define GAME(steps, actor, score) "1.500," steps "," actor ",0," score ",9,,\n"

static void expect_rows(const struct metrics *metrics, int actor, int64_t rows) {
    assert_int_equal(episode_log_rows(&metrics->actors[actor].episodes), rows);
}

static enum status resume(struct metrics *metrics, const char *folder, int64_t steps,
                          const int64_t *episodes) {
    struct error error = {0};
    const struct reporter_cut cut = {.steps = steps, .episodes = episodes, .seconds = 1};
    const enum status status = report_resume(metrics, folder, &cut, &error);
    if (status != STATUS_OK)
        print_message("# %s\n", error.message);
    return status;
}

/* Actors are drained in turn: actor 0's later games stand before actor 1's earlier ones. */
static void test_interleaved_actors(void **state) {
    struct metrics *metrics = make_metrics(3);
    put_file(*state, "progress.csv", PROGRESS_HEADER PROGRESS("80") PROGRESS("100"));
    put_file(*state, "episodes.csv",
             EPISODES_HEADER GAME("90", "0", "1") GAME("100", "0", "2") GAME("90", "1", "3")
                 GAME("100", "0", "4") GAME("120", "0", "5") GAME("100", "1", "6")
                     GAME("120", "1", "7") GAME("130", "2", "8"));
    const int64_t episodes[] = {2, 2, 0};
    assert_int_equal(resume(metrics, *state, 100, episodes), STATUS_OK);
    expect_file(*state, "episodes.csv",
                EPISODES_HEADER GAME("90", "0", "1") GAME("100", "0", "2") GAME("90", "1", "3")
                    GAME("100", "1", "6"));
    expect_rows(metrics, 0, 2);
    expect_rows(metrics, 1, 2);
    expect_rows(metrics, 2, 0);
    assert_int_equal(metrics->memory.episodes, 4);
    assert_int_equal(metrics->memory.scores_seen, 4);
    const double scores[] = {1, 2, 3, 6};
    assert_memory_equal(metrics->memory.scores, scores, sizeof scores);
    free(metrics);
}

/* Actor 0 has three games in the checkpoint; one of them never reached the file. */
static void test_missing_rows(void **state) {
    struct metrics *metrics = make_metrics(2);
    put_file(*state, "episodes.csv",
             EPISODES_HEADER GAME("90", "0", "1") GAME("100", "0", "2") GAME("101", "0", "3"));
    const int64_t episodes[] = {3, 1};
    assert_int_equal(resume(metrics, *state, 100, episodes), STATUS_OK);
    expect_file(*state, "episodes.csv", EPISODES_HEADER GAME("90", "0", "1") GAME("100", "0", "2"));
    expect_rows(metrics, 0, 2);
    expect_rows(metrics, 1, 0);
    free(metrics);
}

/* A table that an editor has saved with a byte-order mark is still the run's. */
static void test_byte_order_mark(void **state) {
    struct metrics *metrics = make_metrics(1);
    put_file(*state, "progress.csv", "\xef\xbb\xbf" PROGRESS_HEADER PROGRESS("80") PROGRESS("110"));
    put_file(*state, "episodes.csv",
             "\xef\xbb\xbf" EPISODES_HEADER GAME("90", "0", "2") GAME("110", "0", "3"));
    assert_int_equal(resume(metrics, *state, 100, (int64_t[]){1}), STATUS_OK);
    expect_file(*state, "progress.csv", "\xef\xbb\xbf" PROGRESS_HEADER PROGRESS("80"));
    expect_file(*state, "episodes.csv", "\xef\xbb\xbf" EPISODES_HEADER GAME("90", "0", "2"));
    assert_int_equal(metrics->memory.scores_seen, 1);
    assert_true(metrics->memory.scores[0] == 2);
    free(metrics);
}

/* The dashboard's curves go on from the rows that stay; before the first game there is no score. */
static void test_curves(void **state) {
    struct metrics *metrics = make_metrics(1);
    put_file(*state, "progress.csv",
             PROGRESS_HEADER "1,50,9,0,,120.5,241,,1,,1,1,,1,1,1\n"
                             "2,90,9,3,2.5,130,260,,1,,1,1,,1,1,1\n"
                             "3,140,9,3,4.5,140,1,,1,,1,1,,1,1,1\n");
    put_file(*state, "episodes.csv", EPISODES_HEADER GAME("90", "0", "2") GAME("90", "0", "3"));
    struct error error;
    const struct reporter_cut cut = {.steps = 90, .episodes = (int64_t[]){2}, .seconds = 9};
    assert_int_equal(report_resume(metrics, *state, &cut, &error), STATUS_OK);
    const struct history *scores = &metrics->memory.histories[METRIC_SCORE];
    const struct history *speeds = &metrics->memory.histories[METRIC_SPEED];
    assert_int_equal(scores->count, 1);
    assert_true(scores->values[0] == 2.5);
    assert_int_equal(speeds->count, 2);
    assert_true(speeds->values[0] == 120.5 && speeds->values[1] == 130);
    assert_int_equal(metrics->memory.histories[METRIC_EMULATOR_SPEED].count, 2);
    assert_true(metrics->memory.histories[METRIC_EMULATOR_SPEED].values[1] == 260);
    assert_int_equal(metrics->actors[0].games.count, 2);
    assert_true(metrics->actors[0].games.last == 3 && metrics->actors[0].games.best == 3);
    free(metrics);
}

/* --checkpoint=N went back once: the rows before that have more steps, and still count. */
static void test_older_curves_stay(void **state) {
    struct metrics *metrics = make_metrics(1);
    put_file(*state, "progress.csv",
             PROGRESS_HEADER PROGRESS("500") PROGRESS("900") PROGRESS("600") PROGRESS("601"));
    put_file(*state, "episodes.csv",
             EPISODES_HEADER GAME("900", "0", "8") GAME("600", "0", "2") GAME("601", "0", "3"));
    assert_int_equal(resume(metrics, *state, 600, (int64_t[]){2}), STATUS_OK);
    expect_file(*state, "progress.csv",
                PROGRESS_HEADER PROGRESS("500") PROGRESS("900") PROGRESS("600"));
    expect_file(*state, "episodes.csv",
                EPISODES_HEADER GAME("900", "0", "8") GAME("600", "0", "2"));
    assert_int_equal(metrics->memory.episodes, 2);
    assert_int_equal(metrics->memory.scores_seen, 1);
    assert_true(metrics->memory.scores[0] == 2);
    free(metrics);
}

/* Rows of more actors than the run has now, and foreign lines. */
static void test_foreign_rows_stay(void **state) {
    struct metrics *metrics = make_metrics(1);
    put_file(*state, "episodes.csv",
             EPISODES_HEADER GAME("700", "1", "1") "a remark\n" GAME("5", "-1", "1")
                 GAME("10", "0", "2"));
    assert_int_equal(resume(metrics, *state, 600, (int64_t[]){0}), STATUS_OK);
    expect_file(*state, "episodes.csv",
                EPISODES_HEADER GAME("700", "1", "1") "a remark\n" GAME("5", "-1", "1"));
    free(metrics);
}

static void test_half_rows(void **state) {
    struct metrics *metrics = make_metrics(1);
    put_file(*state, "progress.csv", PROGRESS_HEADER PROGRESS("50") "2.000,60");
    put_file(*state, "episodes.csv", EPISODES_HEADER GAME("50", "0", "1") "1.500,60,0,0,2,9,");
    assert_int_equal(resume(metrics, *state, 100, (int64_t[]){2}), STATUS_OK);
    expect_file(*state, "progress.csv", PROGRESS_HEADER PROGRESS("50"));
    expect_file(*state, "episodes.csv", EPISODES_HEADER GAME("50", "0", "1"));
    expect_rows(metrics, 0, 1);

    put_file(*state, "progress.csv", "seconds,ste");
    put_file(*state, "episodes.csv", "");
    assert_int_equal(resume(metrics, *state, 100, (int64_t[]){2}), STATUS_OK);
    expect_file(*state, "progress.csv", PROGRESS_HEADER);
    expect_file(*state, "episodes.csv", EPISODES_HEADER);
    free(metrics);
}

/* A half row longer than the reader's buffer. */
static void test_long_half_row(void **state) {
    char text[sizeof EPISODES_HEADER + 10000];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, EPISODES_HEADER, strlen(EPISODES_HEADER));
    text[sizeof text - 1] = '\0';
    struct metrics *metrics = make_metrics(1);
    put_file(*state, "episodes.csv", text);
    assert_int_equal(resume(metrics, *state, 100, (int64_t[]){0}), STATUS_OK);
    expect_file(*state, "episodes.csv", EPISODES_HEADER);
    free(metrics);
}

static void test_missing_files(void **state) {
    struct metrics *metrics = make_metrics(1);
    assert_int_equal(resume(metrics, *state, 100, (int64_t[]){3}), STATUS_OK);
    expect_file(*state, "progress.csv", PROGRESS_HEADER);
    expect_file(*state, "episodes.csv", EPISODES_HEADER);
    expect_rows(metrics, 0, 0);
    assert_int_equal(metrics->memory.episodes, 0);
    free(metrics);
}

/* A row written while the checkpoint was: the steps are its own, the seconds come after it. */
static void test_row_during_checkpoint(void **state) {
    struct metrics *metrics = make_metrics(1);
    put_file(*state, "progress.csv",
             PROGRESS_HEADER PROGRESS("50") "1.001,50,9,1,2.0000,1.0,2.0,0.5,0.5,0.5,1\n");
    assert_int_equal(resume(metrics, *state, 50, (int64_t[]){0}), STATUS_OK);
    expect_file(*state, "progress.csv", PROGRESS_HEADER PROGRESS("50"));
    free(metrics);
}

/* A file of other columns is named and stays, and so does its neighbour. */
static void expect_foreign(const char *folder, const char *name, const char *text,
                           const char *other, const char *other_text) {
    struct metrics *metrics = make_metrics(1);
    struct error error = {0};
    const struct reporter_cut cut = {.steps = 1, .episodes = (int64_t[]){0}};
    put_file(folder, name, text);
    put_file(folder, other, other_text);
    assert_int_equal(report_resume(metrics, folder, &cut, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, folder));
    assert_non_null(strstr(error.message, name));
    expect_file(folder, name, text);
    expect_file(folder, other, other_text);
    free(metrics);
}

static void test_foreign_header(void **state) {
    const char *games = EPISODES_HEADER GAME("50", "0", "1");
    const char *progress = PROGRESS_HEADER PROGRESS("50");
    expect_foreign(*state, "progress.csv", "seconds,games\n1,2\n", "episodes.csv", games);
    expect_foreign(*state, "progress.csv", "steps", "episodes.csv", games);
    expect_foreign(*state, "episodes.csv", "seconds,steps,actor\n1,2,0\n", "progress.csv",
                   progress);
}

/* A run that is older than some column goes on with its files' own columns, in their order, unknown
 * ones included. */
static void test_older_columns(void **state) {
    struct metrics *metrics = make_metrics(1);
    struct reporter *reporter;
    struct error error;
    put_file(*state, "progress.csv",
             "frames,seconds,score_mean_100,mood\n50,0.5,3.0000,good\n99,9,,\n");
    put_file(*state, "episodes.csv", "length,score,actor,frames,seconds\n7,3,0,40,0.4\n");
    assert_int_equal(resume(metrics, *state, 50, (int64_t[]){1}), STATUS_OK);
    assert_true(metrics->memory.scores[0] == 3 && metrics->memory.lengths[0] == 7);
    assert_true(metrics->memory.histories[METRIC_SCORE].values[0] == 3);
    const struct reporter_request request = {
        .metrics = metrics, .run_dir = *state, .label = "x", .append = true};
    assert_int_equal(reporter_open(&request, &reporter, &error), STATUS_OK);
    const struct episode_record game = {.seconds = 1.5, .steps = 60, .score = 5, .length = 9};
    episode_log_push(&metrics->actors[0].episodes, &game);
    atomic_store(&metrics->learner.steps, 60);
    assert_int_equal(reporter_close(reporter, &error), STATUS_OK);
    expect_file(*state, "episodes.csv",
                "length,score,actor,frames,seconds\n7,3,0,40,0.4\n9,5,0,60,1.500\n");
    char *text = get_file(*state, "progress.csv");
    const char *kept = "frames,seconds,score_mean_100,mood\n50,0.5,3.0000,good\n60,";
    if (strncmp(text, kept, strlen(kept)) != 0 || !strstr(text, ",4.0000,\n"))
        fail_msg("unexpected rows: %s", text);
    free(text);
    free(metrics);
}

/* --checkpoint=N: nothing is cut, and the window holds scores of up to N steps. */
static void test_without_cut(void **state) {
    struct metrics *metrics = make_metrics(2);
    const char *progress = PROGRESS_HEADER PROGRESS("50") PROGRESS("200");
    const char *games =
        EPISODES_HEADER GAME("50", "1", "1") GAME("200", "1", "5") GAME("100", "0", "2");
    put_file(*state, "progress.csv", progress);
    put_file(*state, "episodes.csv", games);
    assert_int_equal(resume(metrics, *state, 100, NULL), STATUS_OK);
    expect_file(*state, "progress.csv", progress);
    expect_file(*state, "episodes.csv", games);
    expect_rows(metrics, 0, 1);
    expect_rows(metrics, 1, 2);
    assert_int_equal(metrics->memory.episodes, 3);
    assert_int_equal(metrics->memory.scores_seen, 2);
    assert_true(metrics->memory.scores[0] == 1 && metrics->memory.scores[1] == 2);
    free(metrics);
}

/* The rate of flags is that of the newest games with a flag, from before and after the resume. */
static void test_flags_go_on(void **state) {
    struct metrics *metrics = make_metrics(1);
    put_file(*state, "progress.csv", PROGRESS_HEADER PROGRESS("50"));
    put_file(*state, "episodes.csv",
             EPISODES_HEADER "1.0,40,0,0,5,9,,1\n" GAME("41", "0", "2") "1.0,42,0,0,5,9,,0\n");
    assert_int_equal(resume(metrics, *state, 50, (int64_t[]){3}), STATUS_OK);
    struct reporter *reporter;
    struct error error;
    const struct reporter_request request = {
        .metrics = metrics, .run_dir = *state, .label = "x", .append = true};
    assert_int_equal(reporter_open(&request, &reporter, &error), STATUS_OK);
    const struct episode_record record = {.steps = 50, .score = 3, .epsilon = -1, .flag = 1};
    episode_log_push(&metrics->actors[0].episodes, &record);
    episode_log_push(&metrics->actors[0].episodes, &record);
    atomic_store(&metrics->learner.steps, 60);
    assert_int_equal(reporter_close(reporter, &error), STATUS_OK);
    assert_true(atomic_load(&metrics->scores.flag_rate) == 0.75);
    char *progress = get_file(*state, "progress.csv");
    const size_t length = strlen(progress);
    assert_string_equal(progress + length - strlen(",0.7500,,,\n"), ",0.7500,,,\n");
    free(progress);
    free(metrics);
}

/* Writes count games of actor 0, scored 0, 1, 2 and so on. */
static void put_games(const char *folder, int count) {
    char text[20000];
    size_t length = (size_t)snprintf(text, sizeof text, "%s", EPISODES_HEADER);
    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "1.000,%d,0,0,%d,9,0.1000,\n", i, i);
    assert_true(length < sizeof text);
    put_file(folder, "episodes.csv", text);
}

/* The reporter goes on with the window of the last hundred, the count of games and the seconds. */
static void test_reporter_goes_on(void **state) {
    struct metrics *metrics = make_metrics(1);
    metrics->start -= 1000;
    atomic_store(&metrics->learner.steps, 149);
    put_games(*state, 160);
    put_file(*state, "progress.csv", PROGRESS_HEADER PROGRESS("140") PROGRESS("151"));
    assert_int_equal(resume(metrics, *state, 149, (int64_t[]){150}), STATUS_OK);

    struct reporter *reporter;
    struct error error;
    const struct reporter_request request = {
        .metrics = metrics, .run_dir = *state, .label = "x", .append = true};
    assert_int_equal(reporter_open(&request, &reporter, &error), STATUS_OK);
    const struct episode_record record = {.steps = 150, .score = 1050, .epsilon = -1, .flag = -1};
    episode_log_push(&metrics->actors[0].episodes, &record);
    expect_rows(metrics, 0, 151);
    atomic_store(&metrics->learner.steps, 155);
    assert_int_equal(reporter_close(reporter, &error), STATUS_OK);
    expect_rows(metrics, 0, 151);

    char *progress = get_file(*state, "progress.csv");
    const size_t kept = strlen(PROGRESS_HEADER PROGRESS("140"));
    const char *row = progress + kept;
    assert_memory_equal(progress, PROGRESS_HEADER PROGRESS("140"), kept);
    /* Scores 51 to 149 and 1050. */
    if (strncmp(row, "1000.", 5) != 0 || !strstr(row, ",155,0,151,109.5000,"))
        fail_msg("unexpected row: %s", row);
    free(progress);
    char *games = get_file(*state, "episodes.csv");
    assert_non_null(strstr(games, "\n1.000,149,0,0,149,9,0.1000,\n0.000,150,0,0,1050,0,,\n"));
    free(games);
    free(metrics);
}

static void test_full_disk(void **state) {
    struct metrics *metrics = make_metrics(1);
    put_games(*state, 100);
    put_file(*state, "progress.csv", PROGRESS_HEADER PROGRESS("99"));
    char *games = get_file(*state, "episodes.csv");
    limit_files(1000);
    const enum status status = resume(metrics, *state, 90, (int64_t[]){91});
    limit_files(-1);
    assert_int_equal(status, STATUS_FAILED);
    expect_file(*state, "episodes.csv", games);
    expect_file(*state, "progress.csv", PROGRESS_HEADER PROGRESS("99"));
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/episodes.csv.tmp", (const char *)*state);
    assert_false(path_is_file(path));
    free(games);
    free(metrics);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_interleaved_actors), IN_FOLDER(test_missing_rows),
        IN_FOLDER(test_byte_order_mark),    IN_FOLDER(test_curves),
        IN_FOLDER(test_older_curves_stay),  IN_FOLDER(test_foreign_rows_stay),
        IN_FOLDER(test_half_rows),          IN_FOLDER(test_long_half_row),
        IN_FOLDER(test_missing_files),      IN_FOLDER(test_foreign_header),
        IN_FOLDER(test_older_columns),      IN_FOLDER(test_without_cut),
        IN_FOLDER(test_flags_go_on),        IN_FOLDER(test_reporter_goes_on),
        IN_FOLDER(test_full_disk),          IN_FOLDER(test_row_during_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
