/*
 * Measuring: the parts of a run alone, the whole, and what the parts would allow at best.
 *
 * Parts are measured with all processors busy, one process each, since that is how a run uses the
 * machine.
 *
 * The bound is what a run could reach if it did nothing but emulate and compute:
 *
 *     processors / (f * e + a + t)        agent frames a second
 *
 * f: emulator frames a step, e: seconds of one with nothing read, a: best forward of a sample at
 * any batch, t: forward, backward and update of a sample at batch_size.
 */
#ifndef ASYNCRL_BENCH_BENCH_H
#define ASYNCRL_BENCH_BENCH_H

#include "base/base.h"
#include "network/network.h"
#include "train/train.h"

enum { BENCH_BATCHES = 5 };

/* Means over the processors, each measured in a process of its own at the same time. */
struct bench_environment_result {
    int processors;
    double frame_seconds;       /* one emulator frame, nothing read */
    double step_seconds;        /* one agent step with its observation */
    double frames_per_step;     /* emulator frames in a step, on average */
    double observation_seconds; /* what a step costs beyond its emulator frames */
};

/* One backend's times for a network; seconds a sample. */
struct bench_network_result {
    int processors;
    int batches[BENCH_BATCHES];
    double forward_seconds[BENCH_BATCHES]; /* of one sample, in a batch of batches[i] */
    double best_forward_seconds;
    double train_seconds; /* forward, backward and update of one sample at batch_size */
    double forward_flop;
};

struct bench_train_result {
    struct bench_environment_result environment;
    struct bench_network_result network;
    struct train_summary summary;
    double agent_frames_per_second;
    double emulator_frames_per_second;
    double bound_frames_per_second;
    double bound_percent;
};

/* seconds: how long each measurement takes. Call from a single-threaded process, like train_run. */
enum status bench_environment(const struct train_config *config, double seconds,
                              struct bench_environment_result *result, struct error *error);

enum status bench_network(const struct train_config *config, enum backend backend, int actions,
                          double seconds, struct bench_network_result *result, struct error *error);

/* Measures the parts, then trains for config->max_frames in config->run_dir. */
enum status bench_train(const struct train_config *config, const struct option *table,
                        double seconds, struct bench_train_result *result, struct error *error);

#endif
