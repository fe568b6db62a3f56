/*
 * Measurements: the parts of a run alone, the whole, and the bound that the parts set.
 *
 * Environments and networks are measured with all processors busy, one process each, since that is
 * how a run uses the machine. docs/benchmarks.md says what each figure means.
 *
 * The bound is the speed of a run that only emulates and computes:
 *
 *     processors / (f * e + a + t)        steps per second
 *
 * f: emulator frames per step, e: seconds of one with nothing read, a: best forward of a sample at
 * any batch, t: forward, backward and update of a sample at batch_size.
 *
 * Call all of these from a single-threaded process, like train_run: they fork.
 */
#ifndef ASYNCRL_BENCH_BENCH_H
#define ASYNCRL_BENCH_BENCH_H

#include "base/base.h"
#include "env/env.h"
#include "network/network.h"
#include "report/report.h"
#include "train/train.h"

enum { BENCH_MAX_BATCHES = 10 };

/* Writes the processor's model, as the kernel names it. */
void bench_machine(char *out, size_t size);

/* Means over the processors, each measured in a process of its own at the same time. */
struct bench_environment_result {
    int processors;
    double frame_seconds;       /* one emulator frame, nothing read */
    double step_seconds;        /* one agent step with its observation */
    double frames_per_step;     /* emulator frames in a step, on average */
    double observation_seconds; /* the time of a step beyond its emulator frames */
    double reset_seconds;       /* one new episode, up to its first observation */
    double state_bytes;         /* of a game's saved state; 0: it has no states */
    double save_seconds;        /* of one state */
    double load_seconds;
};

struct bench_environment_request {
    const char *game;     /* an id */
    const char *data_dir; /* as for game_open_emulator */
    enum observation_preset observation;
    double seconds;                         /* how long each figure is measured */
    const struct game_overrides *overrides; /* as for game_find */
};

enum status bench_environment(const struct bench_environment_request *request,
                              struct bench_environment_result *result, struct error *error);

/* One backend's times for a network; means as above, seconds per sample. */
struct bench_network_result {
    int processors;
    int batch_count;
    int batches[BENCH_MAX_BATCHES];
    double forward_seconds[BENCH_MAX_BATCHES]; /* of one sample, in a batch of batches[i] */
    double backward_seconds[BENCH_MAX_BATCHES];
    double best_forward_seconds;
    double update_seconds; /* one step of the optimizer on all parameters */
    int train_batch;
    double train_seconds; /* forward, backward and update of one sample at train_batch */
    double forward_flop;  /* of a sample */
    double backward_flop;
};

struct bench_network_request {
    struct network_spec spec;
    enum backend backend;
    const struct optimizer_config *optimizer;
    int batch_size; /* of training, where the backend is not slow */
    double seconds; /* how long train_seconds is measured; the other figures a quarter of that */
};

/* The reference backend is measured, and trains, at small batches only: it is slow, and its time
 * per sample hardly depends on the batch. */
enum status bench_network(const struct bench_network_request *request,
                          struct bench_network_result *result, struct error *error);

/* The speed of a large matrix product of the backend, FLOP per second on each processor, with all
 * busy. */
enum status bench_peak(enum backend backend, double seconds, double *flop_per_second,
                       struct error *error);

enum { BENCH_MAX_RINGS = 64 };

/* Seconds from one process's call to the waking of the other. */
struct bench_wake {
    double median;
    double percentile_99;
};

struct bench_queue_result {
    size_t segment_bytes;
    double one_ring; /* segments per second from one producer to the consumer */
    int rings;
    double all_rings;          /* the same from one producer for each ring */
    struct bench_wake push;    /* a push into an empty ring wakes the consumer */
    struct bench_wake release; /* a release from a full ring wakes its producer */
};

struct bench_queue_request {
    enum observation_preset observation;
    int n_step;
    int rings;      /* 1 .. BENCH_MAX_RINGS */
    int queue_size; /* transitions that all rings hold together, as for train */
    double seconds; /* how long each stream is measured */
};

enum status bench_queue(const struct bench_queue_request *request,
                        struct bench_queue_result *result, struct error *error);

struct bench_train_result {
    enum trunk trunk; /* that was trained */
    struct bench_environment_result environment;
    struct bench_network_result network;
    struct train_summary summary;
    double steps_per_second;
    double emulator_frames_per_second;
    double bound_steps_per_second;
    double bound_percent;
    double learner_bound_steps_per_second; /* of a learner of one thread that only trains */
    /* The emulators' part of the actors' STAGE_ENVIRONMENT: frames played times the seconds of one
     * alone. */
    double emulator_seconds;
};

/* Shares of processes' wall time, which add up to 1. */
struct bench_shares {
    double emulator;
    double observation; /* the environments' time beyond that */
    double forward;
    double backward;
    double optimizer;
    double other; /* copying, waking others, bookkeeping */
    double ready; /* waited for a processor that others had */
    double waiting;
};

/* times: of one process or several together; emulator_seconds: the emulators' part. */
struct bench_shares bench_shares(const struct stage_times *times, double emulator_seconds);

/* Measures the parts, then trains for config->total_steps in a temporary folder, which becomes
 * config->run_dir and is removed. table describes config. */
enum status bench_train(struct train_config *config, const struct option *table, double seconds,
                        struct bench_train_result *result, struct error *error);

#endif
