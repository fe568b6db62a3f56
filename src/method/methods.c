#include "algorithm/algorithm.h"
#include "method/method.h"

#include <string.h>

const struct option method_options[] = {
    REAL_OPTION("gamma", struct method_config, gamma, "0.99", 0, 1, "X", "discount per step"),
    {0},
};

const struct option method_steps_options[] = {
    INT_OPTION(
        "steps", struct method_config, lr_steps, "80000000", 0, 1e15, "N",
        "steps over which the learning rate falls to 0; --total_steps, not this, ends the run; 0: "
        "--total_steps, or 10 million"),
    {0},
};

/* The length of a schedule in a run without an end. */
static const int64_t PLANNED_STEPS = 10000000;

int64_t method_schedule_steps(const struct method_config *config, int64_t steps) {
    if (steps > 0)
        return steps;
    return config->run_steps > 0 ? config->run_steps : PLANNED_STEPS;
}

float method_present(const struct method_config *config, double first, double final, int64_t decay,
                     int64_t present) {
    if (final < 0)
        return (float)first;
    return (float)schedule_linear(first, final, (double)present,
                                  (double)method_schedule_steps(config, decay));
}

#define ROW(id, summary) &method_##id,
static const struct method *const methods[] = {METHODS(ROW)};

const struct method *method_find(const char *name) {
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i]->name, name) == 0)
            return methods[i];
    return NULL;
}

enum status method_check_minibatch(int minibatch_size, int batch_size, struct error *error) {
    if (minibatch_size <= batch_size)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "--minibatch_size=%d is more than --batch_size=%d: a batch is cut into "
                     "minibatches",
                     minibatch_size, batch_size);
}

enum status method_check(const struct method *method, const struct method_config *config,
                         int64_t batch_size, struct error *error) {
    if (!method->minibatch && batch_size > NETWORK_MAX_BATCH)
        return error_set(error, STATUS_BAD_INPUT,
                         "--batch_size=%lld is more than %d, the most that %s can learn from at "
                         "once",
                         (long long)batch_size, NETWORK_MAX_BATCH, method->name);
    return method->check ? method->check(config, (int)batch_size, error) : STATUS_OK;
}
