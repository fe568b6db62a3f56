/* Shared by the measurements of `bench`: bench.c and bench_training.c. */
#ifndef ASYNCRL_CLI_BENCH_H
#define ASYNCRL_CLI_BENCH_H

#include "bench/bench.h"
#include "cli/command.h"

enum { BENCH_MAX_REPEATS = 100 };

struct bench_options {
    struct train_config train;
    double seconds;
    int64_t repeat;
    bool json;
};

/* An object that names the machine; the caller frees it. */
struct json *bench_new_result(void);
void bench_print_machine(void);

/* Results as objects; the caller frees them. */
struct json *bench_environment_json(const struct bench_environment_result *result);
struct json *bench_network_json(const struct bench_network_result *result);

/* `bench train`: measures runs and their upper bound, and prints them. */
enum status bench_training(struct bench_options *options, struct error *error);

#endif
