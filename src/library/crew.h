/* Threads that share out numbered pieces of work, again and again. Belongs to one thread of one
 * process, which works, too. */
#ifndef ASYNCRL_LIBRARY_CREW_H
#define ASYNCRL_LIBRARY_CREW_H

#include "base/base.h"

struct crew;

/* thread_count: with the caller's own, at least 1. The caller destroys *crew. */
enum status crew_create(int thread_count, struct crew **crew, struct error *error);

/* Calls work(context, i) for each i below count, in any order and at once; returns when all are
 * done. */
void crew_run(struct crew *crew, int count, void (*work)(void *context, int index), void *context);

void crew_destroy(struct crew *crew); /* NULL is ignored */

#endif
