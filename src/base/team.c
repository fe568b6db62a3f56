#include "base/team.h"

#include "base/clock.h"
#include "base/futex.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct member {
    struct team *team;
    pthread_t thread;
    int index;
};

/* A number that threads wait on to change; sleepers are those that may be in the kernel. */
struct bell {
    _Atomic uint32_t count;
    _Atomic uint32_t sleepers;
};

struct team {
    int members;
    struct member *others; /* (members - 1), all but the caller */
    int started;           /* of them */
    struct bell called;    /* rung by each call, and by the end */
    struct bell done;      /* rung when no member is at work any more */
    atomic_int busy;       /* members at work, without the caller */
    bool ends;
    void (*work)(void *context, int member);
    void *context;
};

/* About as long as it takes to sleep and to wake: calls that follow one another closely, and
 * members that are done at nearly the same time, need no help of the kernel. */
static const double WATCH_SECONDS = 20e-6;

static const double SLEEP_SECONDS = 1;

/* Waits until the bell's count is no longer last. */
static void await(struct bell *bell, uint32_t last) {
    const double end = clock_seconds() + WATCH_SECONDS;
    while (atomic_load(&bell->count) == last)
        if (clock_seconds() > end) {
            atomic_fetch_add(&bell->sleepers, 1);
            futex_wait(&bell->count, last, SLEEP_SECONDS);
            atomic_fetch_sub(&bell->sleepers, 1);
        }
}

static void ring(struct bell *bell) {
    atomic_fetch_add(&bell->count, 1);
    if (atomic_load(&bell->sleepers) > 0)
        futex_wake(&bell->count);
}

static void *live(void *argument) {
    const struct member *member = argument;
    struct team *team = member->team;
    for (uint32_t call = 0;; call++) {
        await(&team->called, call);
        if (team->ends)
            return NULL;
        team->work(team->context, member->index);
        if (atomic_fetch_sub(&team->busy, 1) == 1)
            ring(&team->done);
    }
}

static int start_members(struct team *team) {
    sigset_t all;
    sigset_t before;
    int failed = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (team->started < team->members - 1 && !failed) {
        struct member *member = &team->others[team->started];
        *member = (struct member){.team = team, .index = team->started + 1};
        failed = pthread_create(&member->thread, NULL, live, member);
        team->started += !failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

enum status team_open(int members, struct team **team, struct error *error) {
    struct team *opened = calloc(1, sizeof *opened);
    struct member *others = calloc((size_t)members, sizeof *others);
    if (!opened || !others) {
        free(opened);
        free(others);
        return error_set(error, STATUS_FAILED, "out of memory for %d threads", members);
    }
    opened->members = members;
    opened->others = others;
    const int failed = start_members(opened);
    if (failed) {
        team_close(opened);
        return error_set(error, STATUS_FAILED, "cannot start %d threads: %s", members,
                         strerror(failed));
    }
    *team = opened;
    return STATUS_OK;
}

void team_run(struct team *team, void (*work)(void *context, int member), void *context) {
    const uint32_t done = atomic_load(&team->done.count);
    team->work = work;
    team->context = context;
    atomic_store(&team->busy, team->members - 1);
    ring(&team->called);
    work(context, 0);
    if (team->members > 1)
        await(&team->done, done);
}

/* Pieces of work that members take as they come. */
struct share {
    int count;
    atomic_int next; /* the first that no member has taken */
    void (*work)(void *context, int index);
    void *context;
};

static void take_pieces(void *context, int member) {
    struct share *share = context;
    int index;
    (void)member;
    while ((index = atomic_fetch_add(&share->next, 1)) < share->count)
        share->work(share->context, index);
}

void team_share(struct team *team, int count, void (*work)(void *context, int index),
                void *context) {
    struct share share = {.count = count, .work = work, .context = context};
    team_run(team, take_pieces, &share);
}

void team_close(struct team *team) {
    if (!team)
        return;
    team->ends = true;
    ring(&team->called);
    for (int i = 0; i < team->started; i++)
        pthread_join(team->others[i].thread, NULL);
    free(team->others);
    free(team);
}

int team_part(int count, int members, int member) {
    const int part = (count + members - 1) / members;
    return member * part < count ? member * part : count;
}

size_t team_part_of_floats(size_t count, int members, int member) {
    enum { LINE = 64 / sizeof(float) };
    const size_t lines = (count + LINE - 1) / LINE;
    const size_t start = LINE * (size_t)team_part((int)lines, members, member);
    return start < count ? start : count;
}
