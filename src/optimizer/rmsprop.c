/*
 * RMSprop (Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine Learning", 2012), with
 * options for its variants: Keras 1 and PyTorch add epsilon outside the root and start the mean
 * square at 0, TensorFlow adds it inside and starts at 1. Steps are clipped as in Adafactor
 * (Shazeer and Stern, arXiv 1804.04235, section 6): the first large gradient after many small ones
 * makes a step of up to 1 / sqrt(1 - decay) learning rates for each parameter, because the mean
 * square does not know it yet.
 */
#include "optimizer/family.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

struct rmsprop_settings {
    double decay;
    double epsilon;
    bool epsilon_inside;
    double start;
    double clip;
};
_Static_assert(sizeof(struct rmsprop_settings) <= OPTIMIZER_SETTINGS_SIZE, "too many settings");

#define NEEDS "optimizer=rmsprop"

/* A run that is resumed has its mean square from its checkpoint. */
const struct option rmsprop_options[] = {
    REAL_OPTION("rho", struct rmsprop_settings, decay, "0.99", 0, 0.999999, "X",
                "RMSprop decay; also --rms_decay", .alias = "rms_decay", .needs = NEEDS),
    REAL_OPTION("rms_eps", struct rmsprop_settings, epsilon, "0.1", 1e-12, 10, "X",
                "RMSprop's epsilon", .needs = NEEDS),
    FLAG_OPTION("rms_eps_inside", struct rmsprop_settings, epsilon_inside, "false",
                "add RMSprop's epsilon inside the root, as TensorFlow does", .needs = NEEDS),
    REAL_OPTION("rms_start", struct rmsprop_settings, start, "0", 0, 1, "X",
                "RMSprop's mean square at the start; TensorFlow has 1", .flags = OPTION_FIXED,
                .needs = NEEDS),
    REAL_OPTION("rms_clip", struct rmsprop_settings, clip, "0", 0, 1e9, "X",
                "scale RMSprop's steps down to this root mean square; 0 disables it",
                .needs = NEEDS),
    {0},
};

/*
 * A unit that is never active has gradients of 0 for good. Its mean would decay to subnormal
 * numbers and stay there, because the smallest one times the decay rounds to itself. A step over
 * subnormals takes twenty times as long, so they become 0; they are far below epsilon.
 */
static inline float decayed_square(float square, float g, float decay) {
    const float next = decay * square + (1.0f - decay) * (g * g);
    return next < FLT_MIN ? 0.0f : next;
}

/* Gradients are looked at in blocks of this number. */
enum { BLOCK = 64 };

/* Whether all gradients of a block are +0: those of a unit that was active in no sample of the
 * batch, and of a feature that was 0 in all. That is a third of a new network's gradients and two
 * thirds of a trained one's. */
static inline bool are_zero(const float *gradients) {
    uint32_t any = 0;
    for (int i = 0; i < BLOCK; i++) {
        uint32_t bits;
        memcpy(&bits, gradients + i, sizeof bits);
        any |= bits;
    }
    return any == 0;
}

/* A step of up to BLOCK parameters. */
static inline void step_some(float *restrict params, float *restrict mean_square,
                             const float *restrict gradients, size_t count, float lr, float decay,
                             float epsilon, const bool is_inside) {
    for (size_t i = 0; i < count; i++) {
        mean_square[i] = decayed_square(mean_square[i], gradients[i], decay);
        const float root =
            is_inside ? sqrtf(mean_square[i] + epsilon) : sqrtf(mean_square[i]) + epsilon;
        params[i] -= lr * gradients[i] / root;
    }
}

/* Roots and divisions take most of the time, and parameters without a gradient do not need them. */
static inline void step_all(float *restrict params, float *restrict mean_square,
                            const float *restrict gradients, size_t count, float lr, float decay,
                            float epsilon, const bool is_inside) {
    size_t i = 0;
    for (; i + BLOCK <= count; i += BLOCK)
        if (are_zero(gradients + i))
            for (size_t j = i; j < i + BLOCK; j++)
                mean_square[j] = decayed_square(mean_square[j], 0.0f, decay);
        else
            step_some(params + i, mean_square + i, gradients + i, BLOCK, lr, decay, epsilon,
                      is_inside);
    step_some(params + i, mean_square + i, gradients + i, count - i, lr, decay, epsilon, is_inside);
}

VECTORIZED static void step_outside(float *restrict params, float *restrict mean_square,
                                    const float *restrict gradients, size_t count, float lr,
                                    float decay, float epsilon) {
    step_all(params, mean_square, gradients, count, lr, decay, epsilon, false);
}

VECTORIZED static void step_inside(float *restrict params, float *restrict mean_square,
                                   const float *restrict gradients, size_t count, float lr,
                                   float decay, float epsilon) {
    step_all(params, mean_square, gradients, count, lr, decay, epsilon, true);
}

static void rmsprop_start(struct optimizer *optimizer) {
    const struct rmsprop_settings *settings = optimizer_settings(optimizer);
    for (size_t i = 0; i < optimizer->count; i++)
        optimizer->slots[0][i] = (float)settings->start;
}

/* Parameters -= lr * gradients / (root of the decayed mean square, and epsilon). */
static void take_step(const struct rmsprop_settings *settings, float *params, float *mean_square,
                      const float *gradients, size_t count, float lr, float decay) {
    (settings->epsilon_inside ? step_inside : step_outside)(params, mean_square, gradients, count,
                                                            lr, decay, (float)settings->epsilon);
}

static double rmsprop_limit(const struct optimizer *optimizer) {
    const struct rmsprop_settings *settings = optimizer_settings(optimizer);
    return settings->clip;
}

/* Decays the mean square. */
static double rmsprop_measure(struct optimizer *optimizer, const float *gradients) {
    enum { PART = 1024 }; /* stays in the cache */
    const struct rmsprop_settings *settings = optimizer_settings(optimizer);
    double sum = 0;
    for (size_t start = 0; start < optimizer->count; start += PART) {
        const size_t left = optimizer->count - start;
        const size_t count = left < PART ? left : PART;
        float step[PART] = {0};
        take_step(settings, step, optimizer->slots[0] + start, gradients + start, count, 1,
                  (float)settings->decay);
        const double norm = gradient_norm(step, count);
        sum += norm * norm;
    }
    return sum;
}

static void rmsprop_step(struct optimizer *optimizer, float *params, const float *gradients,
                         float lr) {
    const struct rmsprop_settings *settings = optimizer_settings(optimizer);
    const bool is_decayed = settings->clip > 0; /* by rmsprop_measure */
    take_step(settings, params, optimizer->slots[0], gradients, optimizer->count, lr,
              is_decayed ? 1 : (float)settings->decay);
}

const struct optimizer_kind rmsprop_kinds[] = {
    {.name = "rmsprop",
     .slot_count = 1,
     .slot_names = {"mean_square"},
     .start = rmsprop_start,
     .limit = rmsprop_limit,
     .measure = rmsprop_measure,
     .step = rmsprop_step},
    {0},
};
