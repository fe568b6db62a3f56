/*
 * A team: threads that work on one thing together, each on its own part.
 *
 *     struct team *team;
 *     team_open(4, &team, error);
 *     team_run(team, work, &thing);   // work(&thing, 0) to work(&thing, 3), at once
 *     team_close(team);
 *
 * A team belongs to the thread that opened it, which is its member 0. The other members take no
 * signals. Not across a fork.
 */
#ifndef ASYNCRL_BASE_TEAM_H
#define ASYNCRL_BASE_TEAM_H

#include "base/status.h"

#include <stddef.h>

enum { TEAM_MAX_MEMBERS = 256 };

struct team;

/* members: 1 to TEAM_MAX_MEMBERS, the caller among them. */
enum status team_open(int members, struct team **team, struct error *error);

/* Calls work(context, member) once in each member, and returns when all are done. */
void team_run(struct team *team, void (*work)(void *context, int member), void *context);

/* Calls work(context, i) once for each i below count, in any order; members take the next i when
 * they are done with one. Returns when all are done. */
void team_share(struct team *team, int count, void (*work)(void *context, int index),
                void *context);

/* NULL is ignored. */
void team_close(struct team *team);

/* The index at which a member's part of count things begins. Parts are equal except the last; each
 * ends where the next member's begins. */
int team_part(int count, int members, int member);

/* The same for an array of floats that begins with a cache line: parts are whole lines, except the
 * last, so that no two members write the same line. */
size_t team_part_of_floats(size_t count, int members, int member);

#endif
