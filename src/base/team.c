#include "base/team.h"

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

struct team {
    int members;
    struct member *others; /* (members - 1), those behind the caller */
    int started;           /* of them */
    pthread_mutex_t mutex;
    pthread_cond_t called; /* a call has begun, or the end */
    pthread_cond_t done;   /* no member is at work any more */
    long call;             /* the number of calls so far */
    int busy;              /* members at work, without the caller */
    bool ends;
    void (*work)(void *context, int member);
    void *context;
};

/* Waits for a call beyond the last one; false at the end. */
static bool await_call(struct team *team, long last) {
    pthread_mutex_lock(&team->mutex);
    while (team->call == last && !team->ends)
        pthread_cond_wait(&team->called, &team->mutex);
    const bool is_called = team->call != last;
    pthread_mutex_unlock(&team->mutex);
    return is_called;
}

static void *live(void *argument) {
    const struct member *member = argument;
    struct team *team = member->team;
    for (long call = 0; await_call(team, call); call++) {
        team->work(team->context, member->index);
        pthread_mutex_lock(&team->mutex);
        if (--team->busy == 0)
            pthread_cond_signal(&team->done);
        pthread_mutex_unlock(&team->mutex);
    }
    return NULL;
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
    pthread_mutex_init(&opened->mutex, NULL);
    pthread_cond_init(&opened->called, NULL);
    pthread_cond_init(&opened->done, NULL);
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
    pthread_mutex_lock(&team->mutex);
    team->work = work;
    team->context = context;
    team->busy = team->members - 1;
    team->call++;
    pthread_cond_broadcast(&team->called);
    pthread_mutex_unlock(&team->mutex);
    work(context, 0);
    pthread_mutex_lock(&team->mutex);
    while (team->busy > 0)
        pthread_cond_wait(&team->done, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
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
    pthread_mutex_lock(&team->mutex);
    team->ends = true;
    pthread_cond_broadcast(&team->called);
    pthread_mutex_unlock(&team->mutex);
    for (int i = 0; i < team->started; i++)
        pthread_join(team->others[i].thread, NULL);
    pthread_cond_destroy(&team->done);
    pthread_cond_destroy(&team->called);
    pthread_mutex_destroy(&team->mutex);
    free(team->others);
    free(team);
}

int team_part(int count, int members, int member) {
    const int part = (count + members - 1) / members;
    return member * part < count ? member * part : count;
}
