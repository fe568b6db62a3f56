/* The layer kind of dense layers. They read a picture as a vector in the order (channel, row,
 * column). */
#include "network/layer.h"

#include <string.h>

static bool dense_plan(struct layer *layer) {
    layer->dense.in = (int)shape_size(layer->in);
    layer->out = (struct shape){layer->dense.out, 1, 1};
    return true;
}

static size_t dense_kernel_size(const struct layer *layer) {
    return (size_t)layer->dense.in * (size_t)layer->dense.out;
}

static int dense_tensors(const struct layer *layer, struct tensor_view views[LAYER_MAX_TENSORS]) {
    views[0] = (struct tensor_view){"kernel", 2, {layer->dense.in, layer->dense.out}, NULL};
    views[1] = (struct tensor_view){"bias", 1, {layer->dense.out}, NULL};
    return 2;
}

static bool dense_initialize(const struct layer *layer, enum network_init init, float *params,
                             struct rng *rng) {
    const int outs = layer->dense.out;
    memset(params + dense_kernel_size(layer), 0, (size_t)outs * sizeof *params);
    return initialize_kernel(layer->role, init,
                             (struct kernel_layout){outs, layer->dense.in, 1, outs}, params, rng);
}

static void dense_forward(const struct layer *layer, const struct layer_pass *pass) {
    pass->ops->dense_forward(pass->out, pass->in.f32, pass->params,
                             pass->params + dense_kernel_size(layer), &layer->dense, pass->batch);
}

static void dense_backward(const struct layer *layer, const struct layer_pass *pass) {
    pass->ops->dense_backward(pass->d_in, pass->gradients,
                              pass->gradients + dense_kernel_size(layer), pass->d_out, pass->in.f32,
                              pass->params, &layer->dense, pass->batch);
}

static double dense_products(const struct layer *layer) {
    return (double)dense_kernel_size(layer);
}

const struct layer_kind layer_dense = {.name = "dense",
                                       .plan = dense_plan,
                                       .tensors = dense_tensors,
                                       .initialize = dense_initialize,
                                       .forward = dense_forward,
                                       .backward = dense_backward,
                                       .products = dense_products};
