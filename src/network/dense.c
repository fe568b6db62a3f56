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

/* A layer's inputs or outputs from first on, to end. */
struct span {
    int first;
    int end;
};

static struct span part_of(const struct layer_pass *pass, int count) {
    return (struct span){team_part(count, pass->parts, pass->part),
                         team_part(count, pass->parts, pass->part + 1)};
}

static void dense_forward(const struct layer *layer, const struct layer_pass *pass) {
    const struct dense *whole = &layer->dense;
    const struct span outs = part_of(pass, whole->out);
    const struct dense part = {.in = whole->in,
                               .out = outs.end - outs.first,
                               .in_stride = whole->in,
                               .out_stride = whole->out};
    if (part.out > 0)
        pass->ops->dense_forward(pass->out + outs.first, pass->in.f32, pass->params + outs.first,
                                 pass->params + dense_kernel_size(layer) + outs.first, &part,
                                 pass->batch);
}

/* The first part has the biases. */
static void dense_backward(const struct layer *layer, const struct layer_pass *pass) {
    const struct dense *whole = &layer->dense;
    const struct span ins = part_of(pass, whole->in);
    const ptrdiff_t kernel = (ptrdiff_t)ins.first * whole->out;
    const struct dense part = {.in = ins.end - ins.first,
                               .out = whole->out,
                               .in_stride = whole->in,
                               .out_stride = whole->out};
    if (part.in > 0)
        pass->ops->dense_backward(
            pass->d_in ? pass->d_in + ins.first : NULL, pass->gradients + kernel,
            pass->part == 0 ? pass->gradients + dense_kernel_size(layer) : NULL, pass->d_out,
            pass->in.f32 + ins.first, pass->params + kernel, &part, pass->batch);
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
