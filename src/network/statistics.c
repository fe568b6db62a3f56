/*
 * Layer kinds whose tensors are counted and not trained: running means and variances, which the
 * learner updates (network_observation_statistics). One normalises observations. The other reads
 * the value's head, which learns in normalised units, and returns values in units of rewards.
 */
#include "network/layer.h"

#include <math.h>
#include <string.h>

static bool statistics_plan(struct layer *layer) {
    layer->out = layer->in;
    return true;
}

/* Each channel of a picture and each number of a vector has a mean and a variance. */
static int statistics_tensors(const struct layer *layer,
                              struct tensor_view views[LAYER_MAX_TENSORS]) {
    const bool is_vector = shape_size(layer->in) == (size_t)layer->in.channels;
    const int rank = is_vector ? 1 : 3;
    views[0] = (struct tensor_view){"mean", rank, {layer->in.channels, 1, 1}, NULL};
    views[1] = (struct tensor_view){"variance", rank, {layer->in.channels, 1, 1}, NULL};
    views[2] = (struct tensor_view){"count", 1, {1}, NULL};
    return 3;
}

static bool statistics_initialize(const struct layer *layer, enum network_init init, float *params,
                                  struct rng *rng) {
    const size_t channels = (size_t)layer->in.channels;
    (void)init;
    (void)rng;
    memset(params, 0, (2 * channels + 1) * sizeof *params);
    for (size_t i = 0; i < channels; i++)
        params[channels + i] = 1;
    return true;
}

static float deviation_of(float variance) {
    return sqrtf(variance + NETWORK_VARIANCE_FLOOR);
}

/* ---- Observations ---------------------------------------------------------------------------- */

/* The factor for each channel. */
static size_t standard_scratch(const struct layer *layer, const struct network_ops *ops,
                               int max_batch) {
    (void)ops;
    (void)max_batch;
    return (size_t)layer->in.channels;
}

static inline float standardized(float value, float mean, float scale) {
    const float bound = NETWORK_STANDARD_BOUND;
    const float result = (value - mean) * scale;
    return result < -bound ? -bound : result > bound ? bound : result;
}

VECTORIZED static void standardize_floats(float *restrict out, const float *restrict in, float mean,
                                          float scale, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = standardized(in[i], mean, scale);
}

VECTORIZED static void standardize_bytes(float *restrict out, const uint8_t *restrict in,
                                         float mean, float scale, size_t count) {
    for (size_t i = 0; i < count; i++)
        out[i] = standardized((float)in[i] / 255.0f, mean, scale);
}

static void standard_forward(const struct layer *layer, const struct layer_pass *pass) {
    const size_t channels = (size_t)layer->in.channels;
    const size_t plane = shape_size(layer->in) / channels;
    const float *means = pass->params;
    float *scales = pass->scratch;
    for (size_t c = 0; c < channels; c++)
        scales[c] = 1 / deviation_of(pass->params[channels + c]);
    for (size_t i = 0; i < (size_t)pass->batch * channels; i++) {
        float *out = pass->out + i * plane;
        const size_t c = i % channels;
        if (pass->in.u8)
            standardize_bytes(out, pass->in.u8 + i * plane, means[c], scales[c], plane);
        else
            standardize_floats(out, pass->in.f32 + i * plane, means[c], scales[c], plane);
    }
}

const struct layer_kind layer_standard = {.name = "standard",
                                          .plan = statistics_plan,
                                          .tensors = statistics_tensors,
                                          .initialize = statistics_initialize,
                                          .scratch = standard_scratch,
                                          .forward = standard_forward};

/* ---- Values ---------------------------------------------------------------------------------- */

static void units_forward(const struct layer *layer, const struct layer_pass *pass) {
    const float deviation = deviation_of(pass->params[layer->in.channels]);
    for (int i = 0; i < pass->batch; i++)
        pass->out[i] = pass->in.f32[i] * deviation + pass->params[0];
}

static void units_backward(const struct layer *layer, const struct layer_pass *pass) {
    const float deviation = deviation_of(pass->params[layer->in.channels]);
    memset(pass->gradients, 0, layer->param_count * sizeof *pass->gradients);
    for (int i = 0; i < pass->batch; i++)
        pass->d_in[i] += pass->d_out[i] * deviation;
}

const struct layer_kind layer_units = {.name = "units",
                                       .plan = statistics_plan,
                                       .tensors = statistics_tensors,
                                       .initialize = statistics_initialize,
                                       .forward = units_forward,
                                       .backward = units_backward};

/* ---- Counting -------------------------------------------------------------------------------- */

static struct network_statistics find(const struct network_spec *spec, float *params,
                                      const struct layer_kind *kind) {
    struct network_plan plan;
    if (!network_plan_make(spec, &plan))
        return (struct network_statistics){0};
    for (int i = 0; i < plan.count; i++)
        if (plan.layers[i].kind == kind) {
            const int channels = plan.layers[i].in.channels;
            float *first = params + plan.layers[i].params;
            return (struct network_statistics){.channels = channels,
                                               .means = first,
                                               .variances = first + channels,
                                               .count = first + 2 * (size_t)channels};
        }
    return (struct network_statistics){0};
}

struct network_statistics network_observation_statistics(const struct network_spec *spec,
                                                         float *params) {
    return find(spec, params, &layer_standard);
}

struct network_statistics network_return_statistics(const struct network_spec *spec,
                                                    float *params) {
    return find(spec, params, &layer_units);
}

float network_return_deviation(const struct network_statistics *statistics) {
    return statistics->channels > 0 ? deviation_of(statistics->variances[0]) : 1;
}

/* x s + m = x' s' + m' of a dense x = in W + b, where W' = W s / s' and b' = (b s + m -
 * m') / s'. */
void network_set_return_statistics(const struct network_spec *spec, float *params, float mean,
                                   float variance, float count) {
    struct network_plan plan;
    const struct network_statistics old = network_return_statistics(spec, params);
    if (!network_plan_make(spec, &plan) || old.channels == 0)
        return;
    const struct layer *units = &plan.layers[plan.count - plan.head_count];
    const struct layer *head = &plan.layers[units->source];
    const size_t ins = head->param_count - 1;
    float *kernel = params + head->params;
    const double before = (double)deviation_of(old.variances[0]);
    const double after = (double)deviation_of(variance);
    for (size_t i = 0; i < ins; i++)
        kernel[i] = (float)((double)kernel[i] * before / after);
    kernel[ins] =
        (float)(((double)kernel[ins] * before + (double)old.means[0] - (double)mean) / after);
    old.means[0] = mean;
    old.variances[0] = variance;
    *old.count = count;
}
