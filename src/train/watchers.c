#include "train/watchers.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const double END_SECONDS = 5; /* what watchers get to finish */
enum { MAX_DEATHS = 3 };             /* of one watcher; then there is none */

static bool spectator_is_wanted(const struct run *run) {
    return run->config->tensorboard && run->config->clips &&
           run->emulators[0]->info.screen_height > 0;
}

static bool page_is_wanted(const struct run *run) {
    return run->listener >= 0;
}

static const struct {
    const char *process;
    const char *what;
    bool (*is_wanted)(const struct run *run);
    int (*main)(struct run *run);
} kinds[WATCHER_COUNT] = {
    {"asyncrl-clips", "what plays for the clips", spectator_is_wanted, spectator_main},
    {"asyncrl-page", "what serves the page", page_is_wanted, page_main},
};

/* Some emulators cannot be opened twice in a process, and none of the actors' is played here. */
static void close_inherited_emulators(struct run *run) {
    for (int64_t i = 0; i < run->config->envs_per_process; i++)
        emulator_close(run->emulators[i]);
}

static int run_watcher(struct run *run, int index) {
    close_inherited_emulators(run);
    return kinds[index].main(run);
}

static void start(struct watchers *watchers, int index) {
    const pid_t pid = process_fork(kinds[index].process);
    if (pid == 0)
        _exit(run_watcher(watchers->run, index));
    watchers->pids[index] = pid > 0 ? pid : 0;
    if (pid < 0)
        log_line("super", "cannot start %s: %s; the run goes on without", kinds[index].what,
                 strerror(errno));
}

void watchers_start(struct watchers *watchers) {
    for (int i = 0; i < WATCHER_COUNT; i++)
        if (kinds[i].is_wanted(watchers->run))
            start(watchers, i);
}

bool watchers_run(const struct watchers *watchers) {
    for (int i = 0; i < WATCHER_COUNT; i++)
        if (watchers->pids[i] > 0)
            return true;
    return false;
}

static void died(struct watchers *watchers, int index, int wait_status) {
    char reason[64];
    process_describe_end(reason, sizeof reason, wait_status);
    const bool again = ++watchers->deaths[index] < MAX_DEATHS;
    log_line("super", "%s died (%s); %s", kinds[index].what, reason,
             again ? "a new one takes its place" : "the run goes on without");
    if (again)
        start(watchers, index);
    else if (kinds[index].main == page_main)
        page_close(watchers->run);
}

void watchers_reap(struct watchers *watchers, pid_t pid, int wait_status) {
    for (int i = 0; i < WATCHER_COUNT; i++) {
        if (watchers->pids[i] != pid)
            continue;
        watchers->pids[i] = 0;
        const bool finished = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
        if (!finished && watchers->ending_since == 0)
            died(watchers, i, wait_status);
    }
}

void watchers_end(struct watchers *watchers) {
    const double now = clock_seconds();
    if (watchers->ending_since == 0)
        watchers->ending_since = now;
    futex_wake(&watchers->run->control->saves); /* what the spectator sleeps on */
    if (now - watchers->ending_since > END_SECONDS)
        watchers_kill(watchers);
}

void watchers_kill(const struct watchers *watchers) {
    for (int i = 0; i < WATCHER_COUNT; i++)
        if (watchers->pids[i] > 0)
            kill(watchers->pids[i], SIGKILL);
}
