/*
 * Optimizers: gradients in, a step of the parameters out.
 *
 *     struct optimizer optimizer;
 *     optimizer_open(&optimizer, &config, param_count, error);
 *     optimizer_clip(&optimizer, gradients, config.max_grad_norm);
 *     optimizer_step(&optimizer, params, gradients, learning_rate);
 *
 * An optimizer owns its state: named slots, each as long as the parameters, and a count of its
 * steps. A checkpoint keeps both without knowing what they mean. It belongs to one thread.
 */
#ifndef ASYNCRL_OPTIMIZER_OPTIMIZER_H
#define ASYNCRL_OPTIMIZER_OPTIMIZER_H

#include "base/base.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTIMIZER_MAX_SLOTS = 2, OPTIMIZER_MAX_FAMILIES = 4, OPTIMIZER_SETTINGS_SIZE = 64 };

/* The values of one family's options; only the family knows their layout. */
struct optimizer_settings {
    alignas(max_align_t) unsigned char bytes[OPTIMIZER_SETTINGS_SIZE];
};

/* The options of all optimizers; optimizer_options names them. */
struct optimizer_config {
    char optimizer[OPTION_TEXT_SIZE]; /* "rmsprop", "adam", "radam" */
    double max_grad_norm;             /* 0: no clipping */
    struct optimizer_settings settings[OPTIMIZER_MAX_FAMILIES];
};

struct optimizer_kind;

struct optimizer {
    const struct optimizer_kind *kind;
    struct optimizer_settings settings;
    size_t count;  /* parameters */
    int64_t steps; /* taken so far */
    float *slots[OPTIMIZER_MAX_SLOTS];
    struct team *team; /* shares the work of clip and step; NULL: the caller is alone. The bits of a
                          step do not depend on it */
    int members;       /* of the team */
};

/* One array of an optimizer's state. */
struct optimizer_slot {
    const char *name; /* "mean_square" */
    float *values;    /* (count) */
};

/* The tables of options that an optimizer_config is parsed with, a row of zeros last. */
extern const struct option_part optimizer_options[];

/*
 * Makes the state for count parameters. An unknown name is STATUS_BAD_INPUT. optimizer_close frees
 * it, also after a failure.
 */
enum status optimizer_open(struct optimizer *optimizer, const struct optimizer_config *config,
                           size_t count, struct error *error);
void optimizer_close(struct optimizer *optimizer);

/* Scales gradients, one for each parameter, so that their norm is at most max_norm; returns the
 * norm before. max_norm <= 0: only measures. */
double optimizer_clip(const struct optimizer *optimizer, float *gradients, double max_norm);

/* One step against the gradients; params, gradients: (count). */
void optimizer_step(struct optimizer *optimizer, float *params, const float *gradients, double lr);

/* The arrays that a checkpoint saves beside optimizer->steps; returns their number. */
int optimizer_slots(const struct optimizer *optimizer,
                    struct optimizer_slot slots[OPTIMIZER_MAX_SLOTS]);

/* ---- Gradients ------------------------------------------------------------------------------- */

/* Square root of the sum of squares. */
double gradient_norm(const float *gradients, size_t count);

#endif
