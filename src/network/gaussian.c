/*
 * The layer kind of a Gaussian policy's head: after the means, which it reads, it puts the
 * logarithms of their deviations. These are trained and do not depend on the state; they begin at
 * 0, as in Stable-Baselines3 and CleanRL.
 */
#include "network/layer.h"

#include <string.h>

static bool gaussian_plan(struct layer *layer) {
    layer->out = (struct shape){2 * layer->in.channels, 1, 1};
    return true;
}

static int gaussian_tensors(const struct layer *layer,
                            struct tensor_view views[LAYER_MAX_TENSORS]) {
    views[0] = (struct tensor_view){"log_std", 1, {layer->in.channels}, NULL};
    return 1;
}

static bool gaussian_initialize(const struct layer *layer, enum network_init init, float *params,
                                struct rng *rng) {
    (void)init;
    (void)rng;
    memset(params, 0, (size_t)layer->in.channels * sizeof *params);
    return true;
}

static void gaussian_forward(const struct layer *layer, const struct layer_pass *pass) {
    const size_t numbers = (size_t)layer->in.channels;
    for (size_t n = 0; n < (size_t)pass->batch; n++) {
        float *out = pass->out + 2 * n * numbers;
        memcpy(out, pass->in.f32 + n * numbers, numbers * sizeof *out);
        memcpy(out + numbers, pass->params, numbers * sizeof *out);
    }
}

static void gaussian_backward(const struct layer *layer, const struct layer_pass *pass) {
    const size_t numbers = (size_t)layer->in.channels;
    memset(pass->gradients, 0, numbers * sizeof *pass->gradients);
    for (size_t n = 0; n < (size_t)pass->batch; n++) {
        const float *d_out = pass->d_out + 2 * n * numbers;
        for (size_t i = 0; i < numbers; i++) {
            pass->d_in[n * numbers + i] += d_out[i];
            pass->gradients[i] += d_out[numbers + i];
        }
    }
}

const struct layer_kind layer_gaussian = {.name = "gaussian",
                                          .plan = gaussian_plan,
                                          .tensors = gaussian_tensors,
                                          .initialize = gaussian_initialize,
                                          .forward = gaussian_forward,
                                          .backward = gaussian_backward};
