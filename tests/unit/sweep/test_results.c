/* Means over seeds and their order; a run's newest row of progress. */
#include "sweep/results.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct job finished(double score, int64_t steps) {
    return (struct job){.state = SWEEP_FINISHED, .progress = {.steps = steps, .score = score}};
}

static void test_means(void **state) {
    (void)state;
    const struct plan plan = {.setting_count = 4, .seed_count = 2};
    struct job jobs[8] = {
        finished(1, 100), finished(2, 200), /* setting 0 */
        finished(5, 100), finished(NAN, 1), /* setting 1: the second finished no game */
        finished(9, 100), finished(9, 100), /* setting 2: still running, and failed */
        finished(1, 100), finished(2, 100), /* setting 3: as good as the first */
    };
    jobs[4].state = SWEEP_RUNNING;
    jobs[5].state = SWEEP_FAILED;
    struct result results[4];
    results_make(&plan, jobs, results);
    const int order[] = {1, 0, 3, 2};
    for (int i = 0; i < 4; i++)
        assert_int_equal(results[i].setting, order[i]);
    assert_int_equal(results[0].count, 1);
    assert_true(results[0].mean == 5 && results[0].deviation == 0 && results[0].steps == 100);
    assert_int_equal(results[1].count, 2);
    assert_true(results[1].mean == 1.5 && results[1].steps == 150);
    assert_true(fabs(results[1].deviation - sqrt(0.5)) < 1e-12);
    assert_int_equal(results[3].count, 0);
    assert_true(isnan(results[3].mean));
}

static void write_progress(const char *folder, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/progress.csv", folder);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void test_progress(void **state) {
    (void)state;
    char folder[] = "/tmp/asyncrl-progress-XXXXXX";
    char path[128];
    assert_non_null(mkdtemp(folder));
    struct progress progress = progress_read(folder);
    assert_true(progress.steps == 0 && isnan(progress.score));
    write_progress(folder, "seconds,steps,score_mean_100\n");
    progress = progress_read(folder);
    assert_true(progress.steps == 0 && isnan(progress.score));
    write_progress(folder, "seconds,steps,score_mean_100\n1.5,100,\n");
    progress = progress_read(folder);
    assert_true(progress.steps == 100 && progress.seconds == 1.5 && isnan(progress.score));
    write_progress(folder, "seconds,steps,score_mean_100\n1.5,100,\n2.5,200,-0.25\n3.5,30");
    progress = progress_read(folder);
    assert_true(progress.steps == 200 && progress.seconds == 2.5 && progress.score == -0.25);
    snprintf(path, sizeof path, "%s/progress.csv", folder);
    unlink(path);
    rmdir(folder);
}

/* A file longer than the part that is read. */
static void test_long_progress(void **state) {
    (void)state;
    char folder[] = "/tmp/asyncrl-progress-XXXXXX";
    char path[128];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/progress.csv", folder);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs("seconds,steps,score_mean_100\n", stream);
    for (int i = 1; i <= 5000; i++)
        fprintf(stream, "%d,%d,%g\n", i, 100 * i, i / 5000.0);
    fclose(stream);
    const struct progress progress = progress_read(folder);
    assert_true(progress.steps == 500000 && progress.seconds == 5000 && progress.score == 1);
    unlink(path);
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_long_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
