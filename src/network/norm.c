/*
 * The layer kind of layer normalisation (Ba et al., arXiv 1607.06450): the elements of a sample are
 * brought to mean 0 and variance 1; then each element has a gain and a bias.
 */
#include "network/layer.h"

#include <math.h>
#include <string.h>

/* Added to the variance, as PyTorch and ONNX have it. */
static const double epsilon = 1e-5;

/* The values of each sample that forward saves. */
enum { MEAN, SCALE, KEPT };

static bool norm_plan(struct layer *layer) {
    layer->out = layer->in;
    return true;
}

/* Named as Keras names them. */
static int norm_tensors(const struct layer *layer, struct tensor_view views[LAYER_MAX_TENSORS]) {
    const struct shape *shape = &layer->in;
    const bool is_vector = shape->height == 1 && shape->width == 1;
    views[0] = (struct tensor_view){
        "gamma", is_vector ? 1 : 3, {shape->channels, shape->height, shape->width}, NULL};
    views[1] = views[0];
    memcpy(views[1].name, "beta", sizeof "beta");
    return 2;
}

static bool norm_initialize(const struct layer *layer, enum network_init init, float *params,
                            struct rng *rng) {
    const size_t size = shape_size(layer->in);
    (void)init;
    (void)rng;
    for (size_t i = 0; i < size; i++)
        params[i] = 1;
    memset(params + size, 0, size * sizeof *params);
    return true;
}

static double norm_products(const struct layer *layer) {
    return 2.0 * (double)shape_size(layer->in);
}

static size_t norm_kept(const struct layer *layer) {
    (void)layer;
    return KEPT;
}

/* ---- The meaning ----------------------------------------------------------------------------- */

static void forward_plainly(float *out, const float *in, const float *gamma, const float *beta,
                            size_t size, float *kept) {
    double mean = 0;
    double variance = 0;
    for (size_t i = 0; i < size; i++)
        mean += (double)in[i] / (double)size;
    for (size_t i = 0; i < size; i++)
        variance += ((double)in[i] - mean) * ((double)in[i] - mean) / (double)size;
    const double scale = 1 / sqrt(variance + epsilon);
    for (size_t i = 0; i < size; i++)
        out[i] = (float)(((double)in[i] - mean) * scale * (double)gamma[i] + (double)beta[i]);
    kept[MEAN] = (float)mean;
    kept[SCALE] = (float)scale;
}

/* With x the normalised input and d its gradient: scale (d - mean(d) - x mean(d x)). */
static void backward_plainly(float *d_in, float *d_gamma, float *d_beta, const float *d_out,
                             const float *in, const float *gamma, size_t size, const float *kept) {
    const double mean = (double)kept[MEAN];
    const double scale = (double)kept[SCALE];
    double sum = 0;
    double product = 0;
    for (size_t i = 0; i < size; i++) {
        const double x = ((double)in[i] - mean) * scale;
        const double d = (double)d_out[i] * (double)gamma[i];
        sum += d / (double)size;
        product += d * x / (double)size;
        d_gamma[i] += (float)((double)d_out[i] * x);
        d_beta[i] += d_out[i];
    }
    for (size_t i = 0; i < size; i++) {
        const double x = ((double)in[i] - mean) * scale;
        d_in[i] += (float)(scale * ((double)d_out[i] * (double)gamma[i] - sum - x * product));
    }
}

/* ---- Vectors --------------------------------------------------------------------------------- */

enum { LANES = 16 };

static float sum_lanes(const float lanes[LANES]) {
    float sum = 0;
    for (int lane = 0; lane < LANES; lane++)
        sum += lanes[lane];
    return sum;
}

/* The sum of values less offset, or of its squares. */
VECTORIZED static float sum_of(const float *restrict values, size_t size, float offset,
                               bool squared) {
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= size; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            const float value = values[i + lane] - offset;
            lanes[lane] += squared ? value * value : value;
        }
    for (; i < size; i++) {
        const float value = values[i] - offset;
        lanes[0] += squared ? value * value : value;
    }
    return sum_lanes(lanes);
}

VECTORIZED static void normalize(float *restrict out, const float *restrict in,
                                 const float *restrict gamma, const float *restrict beta,
                                 size_t size, float mean, float scale) {
    for (size_t i = 0; i < size; i++)
        out[i] = (in[i] - mean) * scale * gamma[i] + beta[i];
}

static void forward_in_vectors(float *out, const float *in, const float *gamma, const float *beta,
                               size_t size, float *kept) {
    kept[MEAN] = sum_of(in, size, 0, false) / (float)size;
    const double variance = (double)sum_of(in, size, kept[MEAN], true) / (double)size;
    kept[SCALE] = (float)(1 / sqrt(variance + epsilon));
    normalize(out, in, gamma, beta, size, kept[MEAN], kept[SCALE]);
}

/* Adds to d_gamma and d_beta; sums: of d and of d x. */
VECTORIZED static void backward_params(float *restrict d_gamma, float *restrict d_beta,
                                       const float *restrict d_out, const float *restrict in,
                                       const float *restrict gamma, size_t size, float mean,
                                       float scale, float sums[2]) {
    float lanes[LANES] = {0};
    float product_lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= size; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            const float x = (in[i + lane] - mean) * scale;
            const float d = d_out[i + lane] * gamma[i + lane];
            lanes[lane] += d;
            product_lanes[lane] += d * x;
            d_gamma[i + lane] += d_out[i + lane] * x;
            d_beta[i + lane] += d_out[i + lane];
        }
    for (; i < size; i++) {
        const float x = (in[i] - mean) * scale;
        lanes[0] += d_out[i] * gamma[i];
        product_lanes[0] += d_out[i] * gamma[i] * x;
        d_gamma[i] += d_out[i] * x;
        d_beta[i] += d_out[i];
    }
    sums[0] = sum_lanes(lanes);
    sums[1] = sum_lanes(product_lanes);
}

VECTORIZED static void backward_input(float *restrict d_in, const float *restrict d_out,
                                      const float *restrict in, const float *restrict gamma,
                                      size_t size, const float *restrict kept, float sum,
                                      float product) {
    for (size_t i = 0; i < size; i++)
        d_in[i] += kept[SCALE] *
                   (d_out[i] * gamma[i] - sum - (in[i] - kept[MEAN]) * kept[SCALE] * product);
}

static void backward_in_vectors(float *d_in, float *d_gamma, float *d_beta, const float *d_out,
                                const float *in, const float *gamma, size_t size,
                                const float *kept) {
    float sums[2];
    backward_params(d_gamma, d_beta, d_out, in, gamma, size, kept[MEAN], kept[SCALE], sums);
    backward_input(d_in, d_out, in, gamma, size, kept, sums[0] / (float)size,
                   sums[1] / (float)size);
}

/* ---- Batches --------------------------------------------------------------------------------- */

static void norm_forward(const struct layer *layer, const struct layer_pass *pass) {
    const size_t size = shape_size(layer->in);
    for (size_t n = 0; n < (size_t)pass->batch; n++)
        (pass->ops->is_reference ? forward_plainly : forward_in_vectors)(
            pass->out + n * size, pass->in.f32 + n * size, pass->params, pass->params + size, size,
            pass->kept + n * KEPT);
}

static void norm_backward(const struct layer *layer, const struct layer_pass *pass) {
    const size_t size = shape_size(layer->in);
    memset(pass->gradients, 0, 2 * size * sizeof *pass->gradients);
    for (size_t n = 0; n < (size_t)pass->batch; n++)
        (pass->ops->is_reference ? backward_plainly : backward_in_vectors)(
            pass->d_in + n * size, pass->gradients, pass->gradients + size, pass->d_out + n * size,
            pass->in.f32 + n * size, pass->params, size, pass->kept + n * KEPT);
}

const struct layer_kind layer_norm = {.name = "norm",
                                      .plan = norm_plan,
                                      .tensors = norm_tensors,
                                      .initialize = norm_initialize,
                                      .kept = norm_kept,
                                      .forward = norm_forward,
                                      .backward = norm_backward,
                                      .products = norm_products};
