/*
 * Optimizers as their own files define them. Private to the optimizer room. A kind is one update
 * rule; a family is the kinds of one file, which share its options.
 *
 * A new optimizer is a file with a table of options and a table of kinds, a row of
 * OPTIMIZER_FAMILIES, and its names in OPTIMIZER_NAMES.
 */
#ifndef ASYNCRL_OPTIMIZER_FAMILY_H
#define ASYNCRL_OPTIMIZER_FAMILY_H

#include "optimizer/optimizer.h"

struct optimizer_kind {
    const char *name; /* NULL ends the table */
    int slot_count;
    const char *slot_names[OPTIMIZER_MAX_SLOTS];
    void (*start)(struct optimizer *optimizer); /* fills the slots, all 0 before; may be NULL */
    /* The largest root mean square of a step at a learning rate of 1; 0: no limit. NULL: the kind
     * has none. */
    double (*limit)(const struct optimizer *optimizer);
    /* If there is a limit, called before step: updates the slots for these gradients, and returns
     * the sum of the squares of the step that follows, at a learning rate of 1. */
    double (*measure)(struct optimizer *optimizer, const float *gradients);
    /* optimizer->steps counts this step already. The optimizer may be a part of one. */
    void (*step)(struct optimizer *optimizer, float *params, const float *gradients, float lr);
};

/* The family's struct with the values of its options. */
static inline const void *optimizer_settings(const struct optimizer *optimizer) {
    return optimizer->settings.bytes;
}

/* All families, in the order of their settings in a config, and the names of all kinds. */
#define OPTIMIZER_FAMILIES(FAMILY)                                                                 \
    FAMILY(rmsprop)                                                                                \
    FAMILY(adam)
#define OPTIMIZER_NAMES "rmsprop|adam|radam"

/* Each family has these two tables. Offsets of options are those in its own struct of settings. */
#define OPTIMIZER_DECLARE(family)                                                                  \
    extern const struct option family##_options[];                                                 \
    extern const struct optimizer_kind family##_kinds[];
OPTIMIZER_FAMILIES(OPTIMIZER_DECLARE)

#endif
