/* The Python processes of Gymnasium environments: who starts, shares and ends them. */
#include "gymnasium_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_guard(pid_t pid) {
    char path[64];
    char name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    FILE *file = fopen(path, "r");
    const bool read = file && fgets(name, sizeof name, file);
    if (file)
        fclose(file);
    return read && strcmp(name, "asyncrl-guard\n") == 0;
}

enum { MOST_CHILDREN = 16 };

/* Lists the children of a process: (MOST_CHILDREN) process ids, oldest first. Returns their number.
 */
static int list_children(pid_t parent, int *children) {
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
    FILE *file = fopen(path, "r");
    while (file && count < MOST_CHILDREN && fscanf(file, "%d", &children[count]) == 1)
        count++;
    if (file)
        fclose(file);
    return count;
}

/* Counts the children of a process, those of guards in place of the guards, and finds the process
 * id of the last one; 0: no child. */
static int count_children(pid_t parent, int *last) {
    int children[MOST_CHILDREN];
    int guarded[MOST_CHILDREN];
    const int own = list_children(parent, children);
    int count = 0;
    *last = 0;
    for (int i = 0; i < own; i++) {
        const bool guards = is_guard(children[i]);
        const int found = guards ? list_children(children[i], guarded) : 1;
        if (found > 0)
            *last = guards ? guarded[found - 1] : children[i];
        count += found;
    }
    return count;
}

static int child_of(pid_t parent) {
    int child;
    count_children(parent, &child);
    return child;
}

static void wait_until_gone(pid_t pid) {
    const double end = clock_seconds() + 10;
    while (kill(pid, 0) == 0 && clock_seconds() < end)
        clock_sleep(0.01);
    assert_int_not_equal(kill(pid, 0), 0);
}

static void starts_python_in_the_playing_process(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Walk-v0");
    assert_int_equal(child_of(getpid()), 0);
    emulator_seed(emulator, 1);
    assert_int_equal(child_of(getpid()), 0);
    emulator_reset(emulator);
    assert_int_not_equal(child_of(getpid()), 0);
    emulator_close(emulator);
    assert_int_equal(child_of(getpid()), 0);
}

/* Opens three copies, of which at most two share a process. */
static void open_three(const char *id, struct emulator *three[3]) {
    const struct gymnasium_description description = {
        .module = module, .id = id, .kwargs = "", .wrappers = "", .per_process = 2};
    struct error error;
    assert_int_equal(emulator_open_gymnasium(&description, &three[0], &error), STATUS_OK);
    for (int i = 1; i < 3; i++)
        assert_int_equal(emulator_copy(three[i - 1], &three[i], &error), STATUS_OK);
}

static void copies_share_a_process(void **state) {
    (void)state;
    struct emulator *three[3];
    float vector[3];
    int last;
    open_three("asyncrl-test/Walk-v0", three);
    for (int i = 0; i < 3; i++) {
        emulator_seed(three[i], (uint64_t)i);
        emulator_reset(three[i]);
    }
    assert_int_equal(count_children(getpid(), &last), 2);
    float starts[3];
    for (int step = 1; step <= 4; step++)
        for (int i = 0; i < 3; i++) {
            assert_false(emulator_act(three[i], (i + step) % 2).failed);
            emulator_vector(three[i], vector);
            starts[i] = vector[0];
            assert_true(vector[1] == (float)step && vector[2] == (float)((i + step) % 2));
        }
    assert_true(starts[0] != starts[1] && starts[1] != starts[2] && starts[0] != starts[2]);
    emulator_close(three[0]);
    assert_int_equal(count_children(getpid(), &last), 2);
    assert_false(emulator_act(three[1], 0).failed);
    emulator_close(three[1]);
    assert_int_equal(count_children(getpid(), &last), 1);
    assert_false(emulator_act(three[2], 0).failed);
    emulator_close(three[2]);
    assert_int_equal(count_children(getpid(), &last), 0);
}

/* Those that share a process with one that fails say so, and others go on. */
static void copies_fail_together(void **state) {
    (void)state;
    struct emulator *three[3];
    float vector[3];
    open_three("asyncrl-test/Walk-raises-v0", three);
    for (int i = 0; i < 3; i++)
        emulator_reset(three[i]);
    for (int step = 1; step <= 2; step++)
        assert_false(emulator_act(three[0], 0).failed);
    assert_false(emulator_act(three[1], 0).failed);
    assert_true(emulator_act(three[0], 0).failed);
    assert_non_null(strstr(emulator_failure(three[0]), "it broke"));
    emulator_reset(three[0]); /* starts another process, in which the neighbour has no game */
    assert_null(emulator_failure(three[0]));
    for (int times = 0; times < 2; times++) {
        assert_true(emulator_act(three[1], 0).failed);
        assert_non_null(strstr(emulator_failure(three[1]), "raises-v0: its Python process ended"));
        assert_non_null(strstr(emulator_failure(three[1]), "--envs_per_python=1"));
    }
    assert_false(emulator_act(three[2], 0).failed);
    emulator_reset(three[1]);
    assert_null(emulator_failure(three[1]));
    assert_false(emulator_act(three[1], 0).failed);
    emulator_vector(three[1], vector);
    assert_true(vector[1] == 1);
    assert_false(emulator_act(three[0], 0).failed);
    for (int i = 0; i < 3; i++)
        emulator_close(three[i]);
}

static void check_step(struct emulator *emulator, int action, float step) {
    float vector[3];
    const struct emulator_frame frame = emulator_act(emulator, action);
    if (frame.failed)
        fail_msg("%s", emulator_failure(emulator));
    emulator_vector(emulator, vector);
    assert_true(vector[1] == step && vector[2] == (float)action);
}

static void begins_steps_together(void **state) {
    (void)state;
    struct emulator *three[3];
    float vector[3];
    uint8_t screen[20 * 30 * 3];
    open_three("asyncrl-test/Walk-v0", three);
    for (int i = 0; i < 3; i++)
        emulator_reset(three[i]);
    for (int step = 1; step <= 2; step++) {
        for (int i = 0; i < 3; i++)
            emulator_begin(three[i], (i + step) % 2, NULL);
        for (int i = 2; i >= 0; i--)
            check_step(three[i], (i + step) % 2, (float)step);
    }
    for (int i = 0; i < 3; i++)
        emulator_begin(three[i], 1, NULL);
    emulator_screen_rgb(three[0], screen);
    assert_int_equal(screen[0], 30); /* of the step that has begun, which is not played twice */
    assert_false(emulator_reset(three[1]).failed);
    emulator_vector(three[1], vector);
    assert_true(vector[1] == 0);
    check_step(three[0], 1, 3);
    check_step(three[1], 0, 1);
    check_step(three[2], 1, 3);
    for (int i = 0; i < 3; i++)
        emulator_close(three[i]);
}

/* The steps before the one that fails have their answers. */
static void steps_that_begin_together_fail_apart(void **state) {
    (void)state;
    struct emulator *three[3];
    open_three("asyncrl-test/Walk-raises-v0", three);
    for (int i = 0; i < 2; i++)
        emulator_reset(three[i]);
    check_step(three[1], 0, 1);
    check_step(three[1], 0, 2);
    emulator_begin(three[0], 1, NULL);
    emulator_begin(three[1], 1, NULL);
    check_step(three[0], 1, 1);
    assert_true(emulator_act(three[1], 1).failed);
    assert_non_null(strstr(emulator_failure(three[1]), "it broke"));
    assert_true(emulator_act(three[0], 1).failed);
    assert_non_null(strstr(emulator_failure(three[0]), "--envs_per_python=1"));
    for (int i = 0; i < 3; i++)
        emulator_close(three[i]);
}

/* A fork plays with a process of its own, and its parent's process stays unchanged. */
static void forks_do_not_share(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Walk-v0");
    float vector[3];
    emulator_seed(emulator, 1);
    emulator_reset(emulator);
    emulator_act(emulator, 1);
    const pid_t fork_of_this = fork();
    if (fork_of_this == 0) {
        emulator_seed(emulator, 2);
        emulator_reset(emulator);
        for (int i = 0; i < 5; i++)
            emulator_act(emulator, 0);
        emulator_vector(emulator, vector);
        const bool good = vector[1] == 5;
        emulator_close(emulator);
        _exit(good ? 0 : 1);
    }
    int how;
    assert_int_equal(waitpid(fork_of_this, &how, 0), fork_of_this);
    assert_int_equal(how, 0);
    assert_false(emulator_act(emulator, 1).failed);
    emulator_vector(emulator, vector);
    assert_true(vector[1] == 2 && vector[2] == 1);
    emulator_close(emulator);
}

/* Forks a process that plays some steps and then calls then. Returns once it has played them. */
static pid_t start_player(struct emulator *emulator, int steps,
                          void (*then)(struct emulator *emulator)) {
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    const pid_t player = fork();
    if (player == 0) {
        emulator_reset(emulator);
        for (int i = 0; i < steps; i++)
            emulator_act(emulator, 0);
        if (write(ready[1], "", 1) == 1)
            then(emulator);
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return player;
}

/* Kills the player; the process must end by itself. */
static void assert_ends_with(pid_t player, pid_t process) {
    assert_int_not_equal(process, 0);
    kill(player, SIGKILL);
    waitpid(player, NULL, 0);
    wait_until_gone(process);
}

static void play_a_step(struct emulator *emulator) {
    emulator_act(emulator, 0);
}

static void do_nothing(struct emulator *emulator) {
    (void)emulator;
    pause();
}

/* Also in the middle of a step that never ends. */
static void python_dies_with_its_parent(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Walk-hangs-v0");
    const pid_t player = start_player(emulator, 2, play_a_step);
    clock_sleep(0.05);
    assert_ends_with(player, child_of(player));
    emulator_close(emulator);
}

static struct emulator *play_until_it_spawns(struct emulator *emulator) {
    emulator_reset(emulator);
    for (int step = 1; step <= 3; step++)
        check_step(emulator, 0, (float)step);
    return emulator;
}

/* What an environment has started ends with its Python, also if that is killed, or its parent. */
static void check_that_it_ends(const char *id) {
    struct emulator *emulator = open_game(module, id);
    play_until_it_spawns(emulator);
    int started = child_of(child_of(getpid()));
    assert_int_not_equal(started, 0);
    emulator_close(emulator);
    wait_until_gone(started);

    emulator = play_until_it_spawns(open_game(module, id));
    started = child_of(child_of(getpid()));
    kill(child_of(getpid()), SIGKILL);
    assert_true(emulator_act(emulator, 0).failed);
    wait_until_gone(started);
    emulator_close(emulator);

    emulator = open_game(module, id);
    const pid_t player = start_player(emulator, 3, do_nothing);
    assert_ends_with(player, child_of(child_of(player)));
    emulator_close(emulator);
}

static void what_it_started_ends_with_it(void **state) {
    (void)state;
    check_that_it_ends("asyncrl-test/Walk-spawns-v0");
}

/* Also in a session of its own, where no signal to Python's group reaches it. */
static void what_it_detached_ends_with_it(void **state) {
    (void)state;
    check_that_it_ends("asyncrl-test/Walk-detaches-v0");
}

/* The guard inherits it: a child of Python's has started it and has ended. */
static void what_its_children_left_ends_with_it(void **state) {
    (void)state;
    struct emulator *emulator =
        play_until_it_spawns(open_game(module, "asyncrl-test/Walk-orphans-v0"));
    int left;
    assert_int_equal(count_children(getpid(), &left), 2); /* Python is the first */
    emulator_close(emulator);
    wait_until_gone(left);
}

/* Somebody has stopped the guard; the player must not wait for it. */
static void a_stopped_guard_ends(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Walk-v0");
    int guards[MOST_CHILDREN];
    emulator_reset(emulator);
    assert_int_equal(list_children(getpid(), guards), 1);
    kill(guards[0], SIGSTOP);
    alarm(20);
    emulator_close(emulator);
    alarm(0);
    wait_until_gone(guards[0]);
}

/* Python passes over signals that end a run, but what an environment has started must not. */
static void what_it_started_can_be_ended(void **state) {
    (void)state;
    static const char *const ids[] = {"asyncrl-test/Walk-ends-a-program-v0",
                                      "asyncrl-test/Walk-ends-a-fork-v0"};
    for (int i = 0; i < 2; i++) {
        struct emulator *emulator = play_until_it_spawns(open_game(module, ids[i]));
        kill(child_of(getpid()), SIGTERM);
        check_step(emulator, 0, 4);
        emulator_close(emulator);
    }
}

static off_t size_of(int file) {
    return lseek(file, 0, SEEK_END);
}

/* Also one that was only asked for its space. Each writes a byte when it is closed. */
static void each_environment_is_closed(void **state) {
    (void)state;
    char path[] = "/tmp/asyncrl-closed-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    setenv("ASYNCRL_TEST_CLOSED", path, 1);
    struct emulator *emulator = open_game(module, "asyncrl-test/Walk-closes-v0");
    assert_int_equal(size_of(file), 1);
    emulator_reset(emulator);
    emulator_close(emulator);
    assert_int_equal(size_of(file), 2);
    close(file);
    unlink(path);
}

/* The copy of a process that an environment has forked must not answer, too. */
static void check_that_one_answers(const char *id) {
    struct emulator *emulator = open_game(module, id);
    emulator_reset(emulator);
    for (int step = 1; step <= 10; step++)
        check_step(emulator, step % 2, (float)step);
    emulator_reset(emulator);
    for (int step = 1; step <= 10; step++)
        check_step(emulator, step % 2, (float)step);
    emulator_close(emulator);
}

static void a_fork_does_not_play(void **state) {
    (void)state;
    check_that_one_answers("asyncrl-test/Walk-forks-v0");
    check_that_one_answers("asyncrl-test/Walk-forks-in-c-v0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_python_in_the_playing_process),
        cmocka_unit_test(copies_share_a_process),
        cmocka_unit_test(copies_fail_together),
        cmocka_unit_test(begins_steps_together),
        cmocka_unit_test(steps_that_begin_together_fail_apart),
        cmocka_unit_test(forks_do_not_share),
        cmocka_unit_test(python_dies_with_its_parent),
        cmocka_unit_test(what_it_started_ends_with_it),
        cmocka_unit_test(what_it_detached_ends_with_it),
        cmocka_unit_test(what_its_children_left_ends_with_it),
        cmocka_unit_test(a_stopped_guard_ends),
        cmocka_unit_test(what_it_started_can_be_ended),
        cmocka_unit_test(each_environment_is_closed),
        cmocka_unit_test(a_fork_does_not_play),
    };
    if (!gymnasium_is_there())
        return 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
