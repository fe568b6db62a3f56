/* Threads that work on one thing together. */
#include "base/clock.h"
#include "base/team.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>

enum { MEMBERS = 5, CALLS = 2000, COUNT = 103 };

struct thing {
    int parts[MEMBERS]; /* not atomic: each is its member's, and the caller's between the calls */
    atomic_int at_work;
    int left_at_work; /* by a call */
};

static void work(void *context, int member) {
    struct thing *thing = context;
    atomic_fetch_add(&thing->at_work, 1);
    thing->parts[member] += member + 1;
    atomic_fetch_sub(&thing->at_work, 1);
}

static void every_member_works_once_per_call(void **state) {
    (void)state;
    struct thing thing = {0};
    struct error error;
    struct team *team;
    assert_int_equal(team_open(MEMBERS, &team, &error), STATUS_OK);
    for (int call = 1; call <= CALLS; call++) {
        team_run(team, work, &thing);
        thing.left_at_work += atomic_load(&thing.at_work);
        for (int i = 0; i < MEMBERS; i++)
            assert_int_equal(thing.parts[i], call * (i + 1));
    }
    assert_int_equal(thing.left_at_work, 0);
    team_close(team);
}

static void work_slowly(void *context, int member) {
    clock_sleep(member == 0 ? 0 : 0.002);
    work(context, member);
}

/* Members sleep between the calls, and the caller until they are done. */
static void sleeping_members_wake(void **state) {
    (void)state;
    struct thing thing = {0};
    struct error error;
    struct team *team;
    assert_int_equal(team_open(MEMBERS, &team, &error), STATUS_OK);
    for (int call = 1; call <= 20; call++) {
        clock_sleep(0.002);
        team_run(team, work_slowly, &thing);
        for (int i = 0; i < MEMBERS; i++)
            assert_int_equal(thing.parts[i], call * (i + 1));
    }
    team_close(team);
}

static void count_up(void *context, int index) {
    atomic_int *counts = context;
    atomic_fetch_add(&counts[index], 1);
}

static void every_piece_is_taken_once(void **state) {
    (void)state;
    static atomic_int counts[COUNT];
    struct error error;
    struct team *team;
    assert_int_equal(team_open(MEMBERS, &team, &error), STATUS_OK);
    for (int call = 1; call <= CALLS; call++)
        team_share(team, COUNT, count_up, counts);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(atomic_load(&counts[i]), CALLS);
    team_share(team, 0, count_up, NULL);
    team_close(team);
}

static void a_team_of_one_is_the_caller(void **state) {
    (void)state;
    struct thing thing = {0};
    struct error error;
    struct team *team;
    assert_int_equal(team_open(1, &team, &error), STATUS_OK);
    team_run(team, work, &thing);
    assert_int_equal(thing.parts[0], 1);
    team_close(team);
    team_close(NULL);
}

static void parts_cover_everything_once(void **state) {
    (void)state;
    for (int members = 1; members <= COUNT + 2; members++)
        for (int count = 0; count <= COUNT; count++) {
            assert_int_equal(team_part(count, members, 0), 0);
            assert_int_equal(team_part(count, members, members), count);
            for (int i = 0; i < members; i++)
                assert_true(team_part(count, members, i) <= team_part(count, members, i + 1));
        }
}

static void parts_of_floats_are_whole_lines(void **state) {
    (void)state;
    enum { LINE = 16, MOST = 5 * LINE };
    for (int members = 1; members <= 7; members++)
        for (size_t count = 0; count <= MOST; count++) {
            assert_int_equal(team_part_of_floats(count, members, 0), 0);
            assert_int_equal(team_part_of_floats(count, members, members), count);
            for (int i = 0; i < members; i++) {
                const size_t start = team_part_of_floats(count, members, i);
                assert_true(start <= team_part_of_floats(count, members, i + 1));
                assert_true(start % LINE == 0 || start == count);
            }
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_works_once_per_call),
        cmocka_unit_test(sleeping_members_wake),
        cmocka_unit_test(every_piece_is_taken_once),
        cmocka_unit_test(a_team_of_one_is_the_caller),
        cmocka_unit_test(parts_cover_everything_once),
        cmocka_unit_test(parts_of_floats_are_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
