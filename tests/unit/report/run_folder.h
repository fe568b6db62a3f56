/* A run directory for tests, and metrics to go with it. Every function fails the test by itself. */
#ifndef ASYNCRL_TESTS_REPORT_RUN_FOLDER_H
#define ASYNCRL_TESTS_REPORT_RUN_FOLDER_H

#include "report/report.h"

#define PROGRESS_HEADER                                                                            \
    "seconds,steps,emulator_frames,episodes,score_mean_100,steps_per_second,"                      \
    "emulator_frames_per_second,policy_loss,value_loss,entropy,value,learning_rate,epsilon,"       \
    "queue_fill,weights_lag,learner_idle_seconds,episode_length_mean_100,grad_norm,explained_"     \
    "variance,approx_kl,clip_fraction,flag_rate,eval_mean,processors_busy,memory_mb\n"
#define EPISODES_HEADER "seconds,steps,actor,environment,score,length,epsilon,flag\n"

/* The caller frees them. */
struct metrics *make_metrics(int actor_count);

/* cmocka setup and teardown: *state is the folder's name. */
int make_folder(void **state);
int remove_folder(void **state);

void put_file(const char *folder, const char *name, const char *text);

/* The caller frees the text. */
char *get_file(const char *folder, const char *name);

void expect_file(const char *folder, const char *name, const char *expected);

/* Files may grow to bytes at most, as if the disk were full then; negative: without limit. */
void limit_files(int64_t bytes);

#endif
