#include "train/supervisor/helpers.h"
#include "train/supervisor/helper_game.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const double KILL_SECONDS = 2; /* after the time that they have to finish */
enum { MAX_DEATHS = 3 };              /* of one helper; after them the run does without it */

static bool clips_are_wanted(const struct run *run) {
    return run->config->tensorboard && run->config->clips &&
           run->emulators[0]->info.screen_height > 0;
}

static bool page_is_wanted(const struct run *run) {
    return run->listener >= 0;
}

static bool always(const struct run *run) {
    (void)run;
    return true;
}

static const struct {
    const char *process;
    const char *what;
    bool (*is_wanted)(const struct run *run);
    int (*main)(struct run *run);
} kinds[HELPER_COUNT] = {
    {"asyncrl-clips", "the clip recorder", clips_are_wanted, clip_recorder_main},
    {"asyncrl-page", "the page's server", page_is_wanted, page_main},
    {"asyncrl-eval", "the evaluator", always, evaluator_main},
};

/* Some emulators cannot be opened twice in a process, and helpers do not play those of the
 * actors. */
static void close_inherited_emulators(struct run *run) {
    for (int64_t i = 0; i < run->config->envs_per_process; i++)
        emulator_close(run->emulators[i]);
}

static int run_helper(struct run *run, int index) {
    close_inherited_emulators(run);
    return kinds[index].main(run);
}

static void start_helper(struct helpers *helpers, int index) {
    const pid_t pid = process_fork(kinds[index].process);
    if (pid == 0)
        _exit(run_helper(helpers->run, index));
    helpers->pids[index] = pid > 0 ? pid : 0;
    if (pid < 0)
        log_line("super", "cannot start %s: %s; the run goes on without", kinds[index].what,
                 strerror(errno));
}

void helpers_start(struct helpers *helpers) {
    for (int i = 0; i < HELPER_COUNT; i++)
        if (kinds[i].is_wanted(helpers->run))
            start_helper(helpers, i);
}

bool helpers_run(const struct helpers *helpers) {
    for (int i = 0; i < HELPER_COUNT; i++)
        if (helpers->pids[i] > 0)
            return true;
    return false;
}

static void replace_helper(struct helpers *helpers, int index, int wait_status) {
    char reason[64];
    process_describe_end(reason, sizeof reason, wait_status);
    const bool again = ++helpers->deaths[index] < MAX_DEATHS;
    log_line("super", "%s died (%s); %s", kinds[index].what, reason,
             again ? "a new one takes its place" : "the run goes on without");
    if (again)
        start_helper(helpers, index);
    else if (kinds[index].main == page_main)
        page_close(helpers->run);
}

void helpers_reap(struct helpers *helpers, pid_t pid, int wait_status) {
    for (int i = 0; i < HELPER_COUNT; i++) {
        if (helpers->pids[i] != pid)
            continue;
        helpers->pids[i] = 0;
        const bool finished = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
        if (!finished && helpers->ending_since == 0)
            replace_helper(helpers, i, wait_status);
    }
}

void helpers_end(struct helpers *helpers) {
    const double now = clock_seconds();
    if (helpers->ending_since == 0)
        helpers->ending_since = now;
    futex_wake(&helpers->run->control->saves);        /* the clip recorder sleeps on this */
    futex_wake(&helpers->run->control->evals_wanted); /* and the evaluator on this */
    if (now - helpers->ending_since > helper_farewell_seconds(helpers->run) + KILL_SECONDS)
        helpers_kill(helpers);
}

void helpers_kill(const struct helpers *helpers) {
    for (int i = 0; i < HELPER_COUNT; i++)
        if (helpers->pids[i] > 0)
            kill(helpers->pids[i], SIGKILL);
}
