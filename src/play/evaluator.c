#include "agent/agent.h"
#include "play/play.h"
#include "play/statistics.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child with this exit code has written the reason into its slot. */
enum { CHILD_OK = 0, CHILD_REPORTED = 1 };

/* A child's slot in the arena: written by the child, read by the parent after it has ended. */
struct slot {
    struct error error;
    char game[GAME_ID_SIZE];
};

/* Memory that parent and children share, all in the arena. */
struct board {
    _Atomic bool stop;
    _Atomic int next; /* index of the next episode to start */
    _Atomic int done;
    _Atomic int cut;        /* of those done */
    _Atomic int flags;      /* of those done: that reached their goal, */
    _Atomic int flags_told; /* and that tell whether they did */
    _Atomic int64_t steps;
    struct slot *slots; /* (children) */
    double *scores;     /* (episodes) */
};

struct evaluation {
    const struct eval_request *request;
    struct arena arena;
    struct board *board;
    int child_count;
    pid_t children[EVAL_MAX_PROCESSES]; /* 0: ended, or not started */
    int interrupts;
    int failed_child; /* the first child seen to fail, or -1 */
    int wait_status;  /* of that child */
};

/* ---- The child ------------------------------------------------------------------------------- */

static enum status play_episodes(const struct evaluation *evaluation, struct episode *episode,
                                 struct error *error) {
    const struct eval_request *request = evaluation->request;
    struct board *board = evaluation->board;
    for (;;) {
        const int index = atomic_fetch_add(&board->next, 1);
        if (index >= request->episodes)
            return STATUS_OK;
        episode_start(episode, request->seed, (uint64_t)index);
        while (!episode->over) {
            if (atomic_load(&board->stop))
                return STATUS_OK;
            episode_step(episode);
        }
        const enum status status = episode_failure(episode, error);
        if (status != STATUS_OK)
            return status;
        board->scores[index] = episode->score;
        atomic_fetch_add(&board->cut, episode->cut ? 1 : 0);
        atomic_fetch_add(&board->flags, episode->flag == 1);
        atomic_fetch_add(&board->flags_told, episode->flag != FLAG_UNTOLD);
        atomic_fetch_add(&board->steps, episode->steps);
        atomic_fetch_add(&board->done, 1);
    }
}

static int child_run(const struct evaluation *evaluation, struct slot *slot) {
    const struct eval_request *request = evaluation->request;
    struct episode episode;
    enum status status =
        episode_open(&episode, &request->agent, request->data_dir, request->eps, &slot->error);
    if (status == STATUS_OK) {
        memcpy(slot->game, agent_get_info(episode.agent)->game.id, sizeof slot->game);
        status = play_episodes(evaluation, &episode, &slot->error);
    }
    episode_close(&episode);
    return status == STATUS_OK ? CHILD_OK : CHILD_REPORTED;
}

/* ---- The parent ------------------------------------------------------------------------------ */

static enum status create_board(struct evaluation *evaluation, struct error *error) {
    const size_t episodes = (size_t)evaluation->request->episodes;
    const size_t children = (size_t)evaluation->child_count;
    const size_t size = sizeof(struct board) + children * sizeof(struct slot) +
                        episodes * sizeof(double) + (size_t)3 * ARENA_ALIGNMENT;
    const enum status status = arena_create(&evaluation->arena, size, error);
    if (status != STATUS_OK)
        return status;
    struct board *board = arena_take(&evaluation->arena, sizeof *board);
    board->slots = arena_take(&evaluation->arena, children * sizeof *board->slots);
    board->scores = arena_take(&evaluation->arena, episodes * sizeof *board->scores);
    evaluation->board = board;
    return STATUS_OK;
}

static enum status start_children(struct evaluation *evaluation, struct error *error) {
    for (int i = 0; i < evaluation->child_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "asyncrl-eval-%02d", i % 100);
        const pid_t child = process_fork(name);
        if (child < 0) {
            atomic_store(&evaluation->board->stop, true);
            return error_set(error, STATUS_FAILED,
                             "cannot start process %d of %d: %s; use fewer --processes", i + 1,
                             evaluation->child_count, strerror(errno));
        }
        if (child == 0) {
            signals_share_time_limit();
            _exit(child_run(evaluation, &evaluation->board->slots[i]));
        }
        evaluation->children[i] = child;
    }
    return STATUS_OK;
}

/* Collects the children that have ended; returns how many are left. */
static int reap_children(struct evaluation *evaluation) {
    int left = 0;
    for (int i = 0; i < evaluation->child_count; i++) {
        int wait_status = 0;
        if (evaluation->children[i] == 0)
            continue;
        if (waitpid(evaluation->children[i], &wait_status, WNOHANG) == 0) {
            left++;
            continue;
        }
        evaluation->children[i] = 0;
        const bool failed = !WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != CHILD_OK;
        if (failed && evaluation->failed_child < 0) {
            evaluation->failed_child = i;
            evaluation->wait_status = wait_status;
            atomic_store(&evaluation->board->stop, true);
        }
    }
    return left;
}

/* Children check the stop word after each step, but a game may hang in one: a second signal kills
 * them. */
static void interrupt_children(struct evaluation *evaluation, int signal_number) {
    const bool again = evaluation->interrupts > 0 && signals_is_wish(signal_number);
    atomic_store(&evaluation->board->stop, true);
    evaluation->interrupts++;
    for (int i = 0; i < evaluation->child_count && again; i++)
        if (evaluation->children[i] > 0)
            kill(evaluation->children[i], SIGKILL);
}

/* Waits for all children; a signal to end stops them, a second one kills them. */
static void watch_children(struct evaluation *evaluation, const sigset_t *watched) {
    const struct timespec limit = {.tv_nsec = 200000000L};
    int reported = 0;
    while (reap_children(evaluation) > 0) {
        const int done = atomic_load(&evaluation->board->done);
        if (evaluation->request->progress && done != reported)
            evaluation->request->progress(done, evaluation->request->episodes);
        reported = done;
        const int signal_number = sigtimedwait(watched, NULL, &limit);
        if (signal_number > 0 && signal_number != SIGCHLD)
            interrupt_children(evaluation, signal_number);
    }
}

static enum status judge_children(const struct evaluation *evaluation, struct error *error) {
    const int episodes = evaluation->request->episodes;
    const int done = atomic_load(&evaluation->board->done);
    if (evaluation->interrupts > 0)
        return error_set(error, STATUS_FAILED, "interrupted after %d of %d games", done, episodes);
    if (evaluation->failed_child < 0)
        return STATUS_OK;
    const struct slot *slot = &evaluation->board->slots[evaluation->failed_child];
    const int wait_status = evaluation->wait_status;
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == CHILD_REPORTED &&
        slot->error.status != STATUS_OK) {
        *error = slot->error;
        return error->status;
    }
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == PROCESS_OUT_OF_MEMORY)
        return error_set(error, STATUS_FAILED,
                         "a playing process ran out of memory after %d of %d games", done,
                         episodes);
    if (WIFSIGNALED(wait_status))
        return error_set(error, STATUS_FAILED,
                         "a playing process died of signal %d (%s) after %d of %d games",
                         WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)), done, episodes);
    return error_set(error, STATUS_FAILED,
                     "a playing process ended by itself with code %d after %d of %d games",
                     WEXITSTATUS(wait_status), done, episodes);
}

/* Runs all children, with the signals that end the process blocked. */
static enum status run_children(struct evaluation *evaluation, struct error *error) {
    sigset_t watched;
    sigset_t before;
    /* A process inherits an ignored SIGCHLD, which hides the exit statuses of its children. */
    signal(SIGCHLD, SIG_DFL);
    signals_that_end(&watched);
    sigaddset(&watched, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watched, &before);
    const enum status started = start_children(evaluation, error);
    watch_children(evaluation, &watched);
    signals_discard(&watched);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return started == STATUS_OK ? judge_children(evaluation, error) : started;
}

static enum status summarize(const struct evaluation *evaluation, struct eval_result *result,
                             struct error *error) {
    const int episodes = evaluation->request->episodes;
    result->scores = malloc((size_t)episodes * sizeof *result->scores);
    if (!result->scores)
        return error_set(error, STATUS_FAILED, "out of memory for %d scores", episodes);
    memcpy(result->scores, evaluation->board->scores, (size_t)episodes * sizeof *result->scores);
    memcpy(result->game, evaluation->board->slots[0].game, sizeof result->game);
    result->episodes = episodes;
    result->cut = atomic_load(&evaluation->board->cut);
    result->steps = atomic_load(&evaluation->board->steps);
    const int told = atomic_load(&evaluation->board->flags_told);
    result->flag_rate = told > 0 ? (double)atomic_load(&evaluation->board->flags) / told : -1;

    struct statistics statistics;
    struct rng rng;
    rng_seed(&rng, evaluation->request->seed, 0);
    enum status status = statistics_of(&statistics, result->scores, episodes, error);
    if (status == STATUS_OK)
        status = bootstrap_interval(result->ci95, result->scores, episodes, &rng, error);
    if (status != STATUS_OK)
        return status;
    result->mean = statistics.mean;
    result->median = statistics.median;
    result->std = statistics.std;
    result->min = statistics.min;
    result->max = statistics.max;
    return STATUS_OK;
}

enum status eval_run(const struct eval_request *request, struct eval_result *result,
                     struct error *error) {
    const double start = clock_seconds();
    int children = request->processes > 0 ? request->processes : process_cpu_count();
    children = children < EVAL_MAX_PROCESSES ? children : EVAL_MAX_PROCESSES;
    struct evaluation evaluation = {
        .request = request,
        .child_count = children < request->episodes ? children : request->episodes,
        .failed_child = -1,
    };
    *result = (struct eval_result){0};
    enum status status = create_board(&evaluation, error);
    if (status == STATUS_OK)
        status = run_children(&evaluation, error);
    if (status == STATUS_OK)
        status = summarize(&evaluation, result, error);
    arena_destroy(&evaluation.arena);
    result->seconds = clock_seconds() - start;
    return status;
}

void eval_result_free(struct eval_result *result) {
    free(result->scores);
    *result = (struct eval_result){0};
}
