/* The contents of a spec's network: its parameters by name, their initial values, its cost. */
#include "network/layer.h"

#include <stdio.h>
#include <string.h>

size_t network_param_count(const struct network_spec *spec) {
    struct network_plan plan;
    return network_plan_make(spec, &plan) ? plan.param_count : 0;
}

int layer_tensors(const struct layer *layer, struct tensor_view views[LAYER_MAX_TENSORS]) {
    return layer->kind->tensors ? layer->kind->tensors(layer, views) : 0;
}

size_t network_state_size(const struct network_spec *spec) {
    struct network_plan plan;
    return network_plan_make(spec, &plan) ? plan.state_count : 0;
}

/* The views of one layer, by their whole names; returns their number. */
static int describe_tensors(const struct layer *layer, float *params,
                            struct tensor_view views[LAYER_MAX_TENSORS]) {
    const int count = layer_tensors(layer, views);
    for (int i = 0; i < count; i++) {
        char name[TENSOR_NAME_SIZE];
        memcpy(name, views[i].name, sizeof name);
        snprintf(views[i].name, sizeof views[i].name, "%.22s/%.16s", layer->name, name);
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

static void view_windows(const struct layer *layer, struct layer_view *view) {
    if (layer->kind == &layer_convolution) {
        view->kernel = layer->convolution.kernel;
        view->stride = layer->convolution.stride;
        view->padding = layer->convolution.padding;
    } else if (layer->kind == &layer_pool) {
        view->kernel = layer->pool.kernel;
        view->stride = layer->pool.stride;
    }
}

int network_layers(const struct network_spec *spec, struct layer_view layers[NETWORK_MAX_LAYERS]) {
    struct network_plan plan;
    int tensors = 0;
    if (!network_plan_make(spec, &plan))
        return 0;
    for (int i = 0; i < plan.count; i++) {
        const struct layer *layer = &plan.layers[i];
        struct tensor_view views[LAYER_MAX_TENSORS];
        layers[i] =
            (struct layer_view){.kind = layer->kind->name,
                                .source = layer->source,
                                .skip = layer->skip,
                                .relu = layer->relu,
                                .is_head = i >= plan.count - plan.head_count,
                                .first_tensor = tensors,
                                .tensor_count = layer_tensors(layer, views),
                                .out = {layer->out.channels, layer->out.height, layer->out.width}};
        memcpy(layers[i].name, layer->name, sizeof layers[i].name);
        view_windows(layer, &layers[i]);
        tensors += layers[i].tensor_count;
    }
    return plan.count;
}

int network_action_outputs(const struct network_spec *spec) {
    return spec->gaussian ? 2 * spec->actions : spec->actions;
}

bool network_initialize(const struct network_spec *spec, float *params, struct rng *rng) {
    struct network_plan plan;
    bool is_done = network_plan_make(spec, &plan);
    for (int i = 0; is_done && i < plan.count; i++) {
        const struct layer *layer = &plan.layers[i];
        if (layer->kind->initialize)
            is_done = layer->kind->initialize(layer, spec->init, params + layer->params, rng);
    }
    return is_done;
}

/* The observation, or the layer that normalises it: neither needs a gradient. */
static bool reads_observation(const struct network_plan *plan, const struct layer *layer) {
    return layer->source == OBSERVATION || !plan->layers[layer->source].kind->backward;
}

/* Multiply-adds of a forward: of all layers, or only of those that read the observation. */
static double products(const struct network_plan *plan, bool first_alone) {
    double sum = 0.0;
    for (int i = 0; i < plan->count; i++)
        if (plan->layers[i].kind->products &&
            (!first_alone || reads_observation(plan, &plan->layers[i])))
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
