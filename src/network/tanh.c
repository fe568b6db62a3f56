/* The layer kind of the hyperbolic tangent. */
#include "network/layer.h"

#include <math.h>

static bool tanh_plan(struct layer *layer) {
    layer->out = layer->in;
    return true;
}

static size_t count_of(const struct layer *layer, const struct layer_pass *pass) {
    return (size_t)pass->batch * shape_size(layer->in);
}

static void tanh_forward(const struct layer *layer, const struct layer_pass *pass) {
    const size_t count = count_of(layer, pass);
    for (size_t i = 0; i < count; i++)
        pass->out[i] = tanhf(pass->in.f32[i]);
}

static void tanh_backward(const struct layer *layer, const struct layer_pass *pass) {
    const size_t count = count_of(layer, pass);
    for (size_t i = 0; i < count; i++)
        pass->d_in[i] += pass->d_out[i] * (1 - pass->out[i] * pass->out[i]);
}

const struct layer_kind layer_tanh = {
    .name = "tanh", .plan = tanh_plan, .forward = tanh_forward, .backward = tanh_backward};
