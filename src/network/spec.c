/* What a spec's network is made of: its parameters by name, their initial values, its cost. */
#include "network/layer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

size_t network_param_count(const struct network_spec *spec) {
    struct network_plan plan;
    return network_plan_make(spec, &plan) ? plan.param_count : 0;
}

/* The views of one layer, by their whole names; returns how many. */
static int describe_tensors(const struct layer *layer, float *params,
                            struct tensor_view views[LAYER_MAX_TENSORS]) {
    const int count = layer->kind->tensors(layer, views);
    for (int i = 0; i < count; i++) {
        char name[TENSOR_NAME_SIZE];
        memcpy(name, views[i].name, sizeof name);
        snprintf(views[i].name, sizeof views[i].name, "%.26s/%.12s", layer->name, name);
        views[i].data = params;
        params += tensor_size(&views[i]);
    }
    return count;
}

int network_tensors(const struct network_spec *spec, float *params,
                    struct tensor_view views[NETWORK_MAX_TENSORS]) {
    struct network_plan plan;
    int count = 0;
    if (!network_plan_make(spec, &plan))
        return 0;
    for (int i = 0; i < plan.count; i++)
        count += describe_tensors(&plan.layers[i], params + plan.layers[i].params, views + count);
    return count;
}

int network_layers(const struct network_spec *spec, struct layer_view layers[NETWORK_MAX_LAYERS]) {
    struct network_plan plan;
    int tensors = 0;
    if (!network_plan_make(spec, &plan))
        return 0;
    for (int i = 0; i < plan.count; i++) {
        const struct layer *layer = &plan.layers[i];
        struct tensor_view views[LAYER_MAX_TENSORS];
        layers[i] = (struct layer_view){
            .kind = layer->kind->name,
            .source = layer->source,
            .relu = layer->relu,
            .is_head = layer->role != ROLE_TRUNK,
            .first_tensor = tensors,
            .tensor_count = layer->kind->tensors(layer, views),
            .out = {layer->out.channels, layer->out.height, layer->out.width},
            .stride = layer->kind == &layer_convolution ? layer->convolution.stride : 0};
        memcpy(layers[i].name, layer->name, sizeof layers[i].name);
        tensors += layers[i].tensor_count;
    }
    return plan.count;
}

/* Heads start so small that all actions are about equally likely, and all values about 0. */
static const double HEAD_GAIN = 0.01;

/* The limit is that of the uniform distribution whose variance, 2 / fan_in, keeps activations as
 * large behind a ReLU as before (He et al. 2015, equation 10). */
void initialize_kernel(const struct layer *layer, float *kernel, size_t count, int fan_in,
                       struct rng *rng) {
    const double limit = sqrt(6.0 / fan_in) * (layer->role == ROLE_TRUNK ? 1 : HEAD_GAIN);
    for (size_t i = 0; i < count; i++)
        kernel[i] = (float)((2.0 * rng_uniform(rng) - 1.0) * limit);
}

void network_initialize(const struct network_spec *spec, float *params, struct rng *rng) {
    struct network_plan plan;
    if (!network_plan_make(spec, &plan))
        return;
    for (int i = 0; i < plan.count; i++)
        plan.layers[i].kind->initialize(&plan.layers[i], params + plan.layers[i].params, rng);
}

/* Multiply-adds of a forward: of all layers, or of those alone that read the observation. */
static double products(const struct network_plan *plan, bool first_alone) {
    double sum = 0.0;
    for (int i = 0; i < plan->count; i++)
        if (!first_alone || plan->layers[i].source == OBSERVATION)
            sum += plan->layers[i].kind->products(&plan->layers[i]);
    return sum;
}

double network_forward_flop(const struct network_spec *spec) {
    struct network_plan plan;
    return network_plan_make(spec, &plan) ? 2.0 * products(&plan, false) : 0.0;
}

double network_backward_flop(const struct network_spec *spec) {
    struct network_plan plan;
    if (!network_plan_make(spec, &plan))
        return 0.0;
    return 2.0 * (2.0 * products(&plan, false) - products(&plan, true));
}
