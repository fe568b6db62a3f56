#include "library/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct crew {
    pthread_mutex_t mutex; /* of all below but next */
    pthread_cond_t begins; /* a round, or the end */
    pthread_cond_t ends;
    uint64_t round;
    int working; /* threads that have not finished this round */
    bool is_over;
    int count;
    void (*work)(void *context, int index);
    void *context;
    atomic_int next; /* the first piece that nobody has taken */
    int thread_count;
    pthread_t threads[];
};

static void take_pieces(struct crew *crew) {
    int index;
    while ((index = atomic_fetch_add(&crew->next, 1)) < crew->count)
        crew->work(crew->context, index);
}

static void *serve(void *argument) {
    struct crew *crew = argument;
    uint64_t round = 0;
    pthread_mutex_lock(&crew->mutex);
    for (;;) {
        while (crew->round == round && !crew->is_over)
            pthread_cond_wait(&crew->begins, &crew->mutex);
        if (crew->is_over)
            break;
        round = crew->round;
        pthread_mutex_unlock(&crew->mutex);
        take_pieces(crew);
        pthread_mutex_lock(&crew->mutex);
        if (--crew->working == 0)
            pthread_cond_signal(&crew->ends);
    }
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

enum status crew_create(int thread_count, struct crew **crew, struct error *error) {
    const size_t helpers = (size_t)thread_count - 1;
    struct crew *created = calloc(1, sizeof *created + helpers * sizeof created->threads[0]);
    if (!created)
        return error_set(error, STATUS_FAILED, "out of memory for threads");
    pthread_mutex_init(&created->mutex, NULL);
    pthread_cond_init(&created->begins, NULL);
    pthread_cond_init(&created->ends, NULL);
    for (size_t i = 0; i < helpers; i++) {
        const int problem = pthread_create(&created->threads[i], NULL, serve, created);
        if (problem != 0) {
            crew_destroy(created);
            return error_set(error, STATUS_FAILED, "cannot start a thread: %s", strerror(problem));
        }
        created->thread_count++;
    }
    *crew = created;
    return STATUS_OK;
}

void crew_run(struct crew *crew, int count, void (*work)(void *context, int index), void *context) {
    pthread_mutex_lock(&crew->mutex);
    crew->count = count;
    crew->work = work;
    crew->context = context;
    atomic_store(&crew->next, 0);
    crew->working = crew->thread_count;
    crew->round++;
    pthread_cond_broadcast(&crew->begins);
    pthread_mutex_unlock(&crew->mutex);
    take_pieces(crew);
    pthread_mutex_lock(&crew->mutex);
    while (crew->working > 0)
        pthread_cond_wait(&crew->ends, &crew->mutex);
    pthread_mutex_unlock(&crew->mutex);
}

void crew_destroy(struct crew *crew) {
    if (!crew)
        return;
    pthread_mutex_lock(&crew->mutex);
    crew->is_over = true;
    pthread_cond_broadcast(&crew->begins);
    pthread_mutex_unlock(&crew->mutex);
    for (int i = 0; i < crew->thread_count; i++)
        pthread_join(crew->threads[i], NULL);
    pthread_cond_destroy(&crew->begins);
    pthread_cond_destroy(&crew->ends);
    pthread_mutex_destroy(&crew->mutex);
    free(crew);
}
