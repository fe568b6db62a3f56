/* Code shared by the helpers' processes: the end of the run, and the run's game for those that play
 * it. Inside of the train room. */
#ifndef ASYNCRL_TRAIN_SUPERVISOR_HELPER_GAME_H
#define ASYNCRL_TRAIN_SUPERVISOR_HELPER_GAME_H

#include "agent/agent.h"
#include "train/run.h"

/* Whether the run is over. *end_seen keeps the time of the first call that saw the end, in
 * clock_seconds; the caller sets it to 0 at the start. */
bool helper_sees_end(const struct run *run, double *end_seen);

/* Seconds that helpers have after the run's end; fewer if a user asked for the end and waits. */
double helper_farewell_seconds(const struct run *run);

/* Opens the run's game with the weights in the file model. episode_close frees it, also after a
 * failure. */
enum status helper_open_game(const struct run *run, const char *model, struct episode *episode,
                             struct error *error);

#endif
