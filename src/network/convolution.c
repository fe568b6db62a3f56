/* The layer kind of convolutions. */
#include "network/layer.h"

#include <string.h>

static bool conv_plan(struct layer *layer) {
    struct convolution *convolution = &layer->convolution;
    const int height = layer->in.height + 2 * convolution->padding - convolution->kernel;
    const int width = layer->in.width + 2 * convolution->padding - convolution->kernel;
    if (height < 0 || width < 0)
        return false;
    convolution->in_channels = layer->in.channels;
    convolution->in_height = layer->in.height;
    convolution->in_width = layer->in.width;
    convolution->out_height = height / convolution->stride + 1;
    convolution->out_width = width / convolution->stride + 1;
    layer->out =
        (struct shape){convolution->out_channels, convolution->out_height, convolution->out_width};
    return true;
}

/* Inputs that one output sums over. */
static int conv_window(const struct layer *layer) {
    return layer->convolution.in_channels * layer->convolution.kernel * layer->convolution.kernel;
}

static size_t conv_kernel_size(const struct layer *layer) {
    return (size_t)layer->convolution.out_channels * (size_t)conv_window(layer);
}

static int conv_tensors(const struct layer *layer, struct tensor_view views[LAYER_MAX_TENSORS]) {
    const struct convolution *convolution = &layer->convolution;
    views[0] = (struct tensor_view){"kernel",
                                    4,
                                    {convolution->out_channels, convolution->in_channels,
                                     convolution->kernel, convolution->kernel},
                                    NULL};
    views[1] = (struct tensor_view){"bias", 1, {convolution->out_channels}, NULL};
    return 2;
}

static bool conv_initialize(const struct layer *layer, enum network_init init, float *params,
                            struct rng *rng) {
    const int outs = layer->convolution.out_channels;
    const struct kernel_layout layout = {outs, conv_window(layer), conv_window(layer), 1};
    memset(params + conv_kernel_size(layer), 0, (size_t)outs * sizeof *params);
    return initialize_kernel(layer->role, init, layout, params, rng);
}

static void conv_forward(const struct layer *layer, const struct layer_pass *pass) {
    pass->ops->convolution_forward(pass->out, pass->in, pass->params,
                                   pass->params + conv_kernel_size(layer), &layer->convolution,
                                   pass->batch, pass->scratch);
}

static void conv_backward(const struct layer *layer, const struct layer_pass *pass) {
    pass->ops->convolution_backward(
        pass->d_in, pass->gradients, pass->gradients + conv_kernel_size(layer), pass->d_out,
        pass->in, pass->params, &layer->convolution, pass->batch, pass->scratch);
}

static double conv_products(const struct layer *layer) {
    return (double)convolution_out_size(&layer->convolution) * conv_window(layer);
}

static size_t conv_scratch(const struct layer *layer, const struct network_ops *ops,
                           int max_batch) {
    (void)max_batch;
    return ops->convolution_scratch(&layer->convolution);
}

static void conv_prepare(struct layer *layer, const struct network_ops *ops) {
    ops->convolution_prepare(&layer->convolution);
}

static void conv_release(struct layer *layer, const struct network_ops *ops) {
    ops->convolution_release(&layer->convolution);
}

const struct layer_kind layer_convolution = {.name = "convolution",
                                             .plan = conv_plan,
                                             .tensors = conv_tensors,
                                             .initialize = conv_initialize,
                                             .forward = conv_forward,
                                             .backward = conv_backward,
                                             .products = conv_products,
                                             .scratch = conv_scratch,
                                             .prepare = conv_prepare,
                                             .release = conv_release};
