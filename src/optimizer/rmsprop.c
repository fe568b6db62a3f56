/*
 * RMSprop (Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine Learning", 2012), with
 * options for its variants: Keras 1 and PyTorch add epsilon outside the root and start the mean
 * square at 0, TensorFlow adds it inside and starts at 1.
 */
#include "optimizer/family.h"

#include <float.h>
#include <math.h>

struct rmsprop_settings {
    double decay;
    double epsilon;
    bool epsilon_inside;
    double start;
};
_Static_assert(sizeof(struct rmsprop_settings) <= OPTIMIZER_SETTINGS_SIZE, "too many settings");

const struct option rmsprop_options[] = {
    REAL_OPTION("rho", struct rmsprop_settings, decay, "0.99", 0, 0.999999, "X",
                "RMSprop decay; also --rms_decay", .alias = "rms_decay"),
    REAL_OPTION("rms_eps", struct rmsprop_settings, epsilon, "0.1", 1e-12, 10, "X",
                "RMSprop's epsilon"),
    FLAG_OPTION("rms_eps_inside", struct rmsprop_settings, epsilon_inside, "false",
                "add RMSprop's epsilon inside the root, as TensorFlow does"),
    REAL_OPTION("rms_start", struct rmsprop_settings, start, "0", 0, 1, "X",
                "RMSprop's mean square at the start; TensorFlow has 1"),
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

VECTORIZED static void step_outside(float *restrict params, float *restrict mean_square,
                                    const float *restrict gradients, size_t count, float lr,
                                    float decay, float epsilon) {
    for (size_t i = 0; i < count; i++) {
        mean_square[i] = decayed_square(mean_square[i], gradients[i], decay);
        params[i] -= lr * gradients[i] / (sqrtf(mean_square[i]) + epsilon);
    }
}

VECTORIZED static void step_inside(float *restrict params, float *restrict mean_square,
                                   const float *restrict gradients, size_t count, float lr,
                                   float decay, float epsilon) {
    for (size_t i = 0; i < count; i++) {
        mean_square[i] = decayed_square(mean_square[i], gradients[i], decay);
        params[i] -= lr * gradients[i] / sqrtf(mean_square[i] + epsilon);
    }
}

static void rmsprop_start(struct optimizer *optimizer) {
    const struct rmsprop_settings *settings = optimizer_settings(optimizer);
    for (size_t i = 0; i < optimizer->count; i++)
        optimizer->slots[0][i] = (float)settings->start;
}

static void rmsprop_step(struct optimizer *optimizer, float *params, const float *gradients,
                         float lr) {
    const struct rmsprop_settings *settings = optimizer_settings(optimizer);
    (settings->epsilon_inside ? step_inside : step_outside)(
        params, optimizer->slots[0], gradients, optimizer->count, lr, (float)settings->decay,
        (float)settings->epsilon);
}

const struct optimizer_kind rmsprop_kinds[] = {
    {.name = "rmsprop",
     .slot_count = 1,
     .slot_names = {"mean_square"},
     .start = rmsprop_start,
     .step = rmsprop_step},
    {0},
};
