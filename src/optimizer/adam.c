/*
 * Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) and RAdam (Liu et al., arXiv 1908.03265,
 * algorithm 2), which omits the division while the variance is too uncertain.
 */
#include "optimizer/family.h"

#include <float.h>
#include <math.h>

struct adam_settings {
    double beta1;
    double beta2;
    double epsilon;
    bool bias_correction;
};
_Static_assert(sizeof(struct adam_settings) <= OPTIMIZER_SETTINGS_SIZE, "too many settings");

#define NEEDS "optimizer=adam|radam"

const struct option adam_options[] = {
    REAL_OPTION("adam_beta1", struct adam_settings, beta1, "0.9", 0, 0.999999, "X",
                "Adam's decay of the mean gradient", .needs = NEEDS),
    REAL_OPTION("adam_beta2", struct adam_settings, beta2, "0.999", 0, 0.9999999, "X",
                "Adam's decay of the mean square", .needs = NEEDS),
    REAL_OPTION("adam_eps", struct adam_settings, epsilon, "1e-08", 1e-12, 10, "X",
                "Adam's epsilon", .needs = NEEDS),
    FLAG_OPTION("adam_bias_correction", struct adam_settings, bias_correction, "true",
                "correct Adam's means for their start at 0", .needs = NEEDS),
    {0},
};

/* RAdam divides from this many degrees of freedom on, as in PyTorch (the paper: 4). */
static const double RECTIFIED_FROM = 5;

/* Subnormal numbers become 0: see decayed_square in rmsprop.c. */
static inline float flush(float value) {
    return fabsf(value) < FLT_MIN ? 0.0f : value;
}

/* params -= rate * mean / (scale * sqrt(mean_square) + epsilon) */
VECTORIZED static void step_divided(float *restrict params, float *restrict mean,
                                    float *restrict mean_square, const float *restrict gradients,
                                    size_t count, const float constants[5]) {
    const float beta1 = constants[0];
    const float beta2 = constants[1];
    const float rate = constants[2];
    const float scale = constants[3];
    const float epsilon = constants[4];
    for (size_t i = 0; i < count; i++) {
        const float g = gradients[i];
        mean[i] = flush(beta1 * mean[i] + (1.0f - beta1) * g);
        mean_square[i] = flush(beta2 * mean_square[i] + (1.0f - beta2) * (g * g));
        params[i] -= rate * mean[i] / (scale * sqrtf(mean_square[i]) + epsilon);
    }
}

/* params -= rate * mean */
VECTORIZED static void step_undivided(float *restrict params, float *restrict mean,
                                      float *restrict mean_square, const float *restrict gradients,
                                      size_t count, float beta1, float beta2, float rate) {
    for (size_t i = 0; i < count; i++) {
        const float g = gradients[i];
        mean[i] = flush(beta1 * mean[i] + (1.0f - beta1) * g);
        mean_square[i] = flush(beta2 * mean_square[i] + (1.0f - beta2) * (g * g));
        params[i] -= rate * mean[i];
    }
}

/* 1 - decay^steps: the sum of the weights in a running mean. */
static double weight_of_mean(double beta, int64_t steps) {
    return 1 - pow(beta, (double)steps);
}

static void adam_step_by(struct optimizer *optimizer, float *params, const float *gradients,
                         double rate) {
    const struct adam_settings *settings = optimizer_settings(optimizer);
    const bool corrects = settings->bias_correction;
    const double weight1 = corrects ? weight_of_mean(settings->beta1, optimizer->steps) : 1;
    const double weight2 = corrects ? weight_of_mean(settings->beta2, optimizer->steps) : 1;
    const float constants[5] = {(float)settings->beta1, (float)settings->beta2,
                                (float)(rate / weight1), (float)(1 / sqrt(weight2)),
                                (float)settings->epsilon};
    step_divided(params, optimizer->slots[0], optimizer->slots[1], gradients, optimizer->count,
                 constants);
}

static void adam_step(struct optimizer *optimizer, float *params, const float *gradients,
                      float lr) {
    adam_step_by(optimizer, params, gradients, lr);
}

static void radam_step(struct optimizer *optimizer, float *params, const float *gradients,
                       float lr) {
    const struct adam_settings *settings = optimizer_settings(optimizer);
    const double steps = (double)optimizer->steps;
    const double decayed = pow(settings->beta2, steps);
    const double limit = 2 / (1 - settings->beta2) - 1;
    const double length = limit - 2 * steps * decayed / (1 - decayed);
    if (length > RECTIFIED_FROM) {
        const double rectified =
            sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length));
        adam_step_by(optimizer, params, gradients, lr * rectified);
        return;
    }
    const double weight =
        settings->bias_correction ? weight_of_mean(settings->beta1, optimizer->steps) : 1;
    step_undivided(params, optimizer->slots[0], optimizer->slots[1], gradients, optimizer->count,
                   (float)settings->beta1, (float)settings->beta2, (float)(lr / weight));
}

const struct optimizer_kind adam_kinds[] = {
    {.name = "adam", .slot_count = 2, .slot_names = {"mean", "mean_square"}, .step = adam_step},
    {.name = "radam", .slot_count = 2, .slot_names = {"mean", "mean_square"}, .step = radam_step},
    {0},
};
