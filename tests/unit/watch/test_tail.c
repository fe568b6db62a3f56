#include "watch/tail.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const columns[] = {"score", "steps"};

struct fixture {
    char folder[32];
    char path[64];
    struct tail tail;
    double rows[64][2];
    int count;
};

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    strcpy(fixture->folder, "/tmp/asyncrl-tail-XXXXXX");
    if (!mkdtemp(fixture->folder))
        return -1;
    snprintf(fixture->path, sizeof fixture->path, "%s/x.csv", fixture->folder);
    fixture->tail = (struct tail){
        .name = "x.csv", .root = fixture->folder, .columns = columns, .column_count = 2};
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    unlink(fixture->path);
    const int removed = rmdir(fixture->folder);
    free(fixture);
    return removed;
}

static void visit(void *context, const double *row) {
    struct fixture *fixture = context;
    memcpy(fixture->rows[fixture->count++], row, sizeof fixture->rows[0]);
}

static enum tail_news look(struct fixture *fixture, size_t limit, bool *more) {
    fixture->count = 0;
    return tail_read(&fixture->tail, fixture->folder, limit, more, visit, fixture);
}

static void put(const struct fixture *fixture, const char *mode, const char *text) {
    FILE *file = fopen(fixture->path, mode);
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void expect(struct fixture *fixture, enum tail_news news, int count) {
    bool more;
    assert_int_equal(look(fixture, 1 << 20, &more), news);
    assert_false(more);
    assert_int_equal(fixture->count, count);
}

static void test_rows_are_read_once_and_whole(void **state) {
    struct fixture *fixture = *state;
    expect(fixture, TAIL_NOTHING, 0); /* no file yet */
    put(fixture, "w", "steps,actor,score\n10,0,1.5\n20,1,");
    expect(fixture, TAIL_ROWS, 1);
    assert_float_equal(fixture->rows[0][0], 1.5, 0);
    assert_float_equal(fixture->rows[0][1], 10, 0);
    expect(fixture, TAIL_NOTHING, 0);
    put(fixture, "a", "-3\n30,1,\n");
    expect(fixture, TAIL_ROWS, 2);
    assert_float_equal(fixture->rows[0][0], -3, 0);
    assert_true(isnan(fixture->rows[1][0])); /* the last field, and nothing is in it */
    assert_float_equal(fixture->rows[1][1], 30, 0);
}

static void test_truncated_file_is_read_again(void **state) {
    struct fixture *fixture = *state;
    put(fixture, "w", "steps,score\n1,1\n2,2\n3,3\n");
    expect(fixture, TAIL_ROWS, 3);
    assert_int_equal(truncate(fixture->path, 17), 0);
    expect(fixture, TAIL_ANEW, 0);
    expect(fixture, TAIL_ROWS, 1);
    assert_float_equal(fixture->rows[0][1], 1, 0);
}

static void test_replaced_file_is_read_again(void **state) {
    struct fixture *fixture = *state;
    put(fixture, "w", "frames,score\n1,1\n2,2\n");
    expect(fixture, TAIL_ROWS, 2);
    put(fixture, "w", "score,frames\n7,8\n9,10\n11,12\n"); /* no shorter than before */
    expect(fixture, TAIL_ANEW, 0);
    expect(fixture, TAIL_ROWS, 3);
    assert_float_equal(fixture->rows[0][0], 7, 0);
}

static void test_long_file_is_read_in_parts(void **state) {
    struct fixture *fixture = *state;
    bool more = true;
    int count = 0;
    put(fixture, "w", "steps,score\n");
    for (int i = 0; i < 50; i++)
        put(fixture, "a", "1,2\n");
    for (int i = 0; i < 100 && more; i++) {
        look(fixture, 40, &more);
        count += fixture->count;
    }
    assert_int_equal(count, 50);
    assert_false(more);
}

static void test_nonsense_is_not_a_number(void **state) {
    struct fixture *fixture = *state;
    put(fixture, "w", "steps,score\nnan,inf\n,\n\n1\n1,2,3,4\n0x10,x\n1e999, 5\n");
    expect(fixture, TAIL_ROWS, 7);
    assert_true(isnan(fixture->rows[0][0]) && isnan(fixture->rows[0][1]));
    assert_true(isnan(fixture->rows[1][0]) && isnan(fixture->rows[1][1]));
    assert_true(isnan(fixture->rows[2][1]));
    assert_true(isnan(fixture->rows[3][0]));
    assert_float_equal(fixture->rows[4][0], 2, 0);
    assert_true(isnan(fixture->rows[5][0]));
    assert_true(isnan(fixture->rows[6][1]));
}

static void test_missing_column_gives_no_values(void **state) {
    struct fixture *fixture = *state;
    put(fixture, "w", "scores,steps\n5,6\n");
    expect(fixture, TAIL_ROWS, 1);
    assert_true(isnan(fixture->rows[0][0]));
    assert_float_equal(fixture->rows[0][1], 6, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows_are_read_once_and_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_truncated_file_is_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replaced_file_is_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_file_is_read_in_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nonsense_is_not_a_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_column_gives_no_values, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
