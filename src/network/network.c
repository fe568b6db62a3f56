#include "network/ops.h"

#include <stdlib.h>
#include <string.h>

static const char *const backend_names[] = {
    [BACKEND_REFERENCE] = "reference",
    [BACKEND_ONEDNN] = "onednn",
};
enum { BACKEND_COUNT = sizeof backend_names / sizeof *backend_names };

/* What a layer gave in forward (after its ReLU), and the loss's gradient with respect to that. */
struct activation {
    float *values;
    float *gradients;
    size_t sample_size;
};

struct network {
    struct network_spec spec;
    struct network_layers layers;
    struct network_ops ops;
    int max_batch;
    struct pixels observations; /* of the last forward: the caller's */
    struct activation convolutions[MAX_CONVOLUTIONS];
    struct activation hidden[MAX_HIDDEN];
    float *head_values[MAX_HEADS];
    float *scratch;
    float *memory; /* the one block that all the arrays above lie in */
};

const char *backend_name(enum backend backend) {
    return backend_names[backend];
}

bool backend_from_name(const char *name, enum backend *backend) {
    for (int i = 0; i < BACKEND_COUNT; i++)
        if (strcmp(name, backend_names[i]) == 0) {
            *backend = (enum backend)i;
            return true;
        }
    return false;
}

enum backend network_backend_default(void) {
    enum backend backend = BACKEND_ONEDNN;
    const char *name = getenv("ASYNCRL_BACKEND");
    if (name && *name && !backend_from_name(name, &backend))
        return BACKEND_UNKNOWN;
    return backend;
}

/* Takes the next size floats of a block, on a cache line of their own; a NULL block is only
 * measured. */
static float *take(float *block, size_t *used, size_t size) {
    enum { LINE = 64 / sizeof(float) };
    float *piece = block ? block + *used : NULL;
    *used += (size + LINE - 1) / LINE * LINE;
    return piece;
}

static void lay_out_activation(struct activation *activation, float *block, size_t *used,
                               size_t sample_size, int max_batch) {
    activation->sample_size = sample_size;
    activation->values = take(block, used, sample_size * (size_t)max_batch);
    activation->gradients = take(block, used, sample_size * (size_t)max_batch);
}

/* Places every array in block, or with NULL finds out how many floats the block needs. */
static size_t lay_out(struct network *network, float *block) {
    const struct network_layers *layers = &network->layers;
    size_t used = 0;
    size_t scratch = 0;
    for (int i = 0; i < layers->convolution_count; i++) {
        const struct convolution *layer = &layers->convolutions[i];
        lay_out_activation(&network->convolutions[i], block, &used, convolution_out_size(layer),
                           network->max_batch);
        size_t wanted = network->ops.convolution_scratch(layer);
        scratch = wanted > scratch ? wanted : scratch;
    }
    for (int i = 0; i < layers->hidden_count; i++)
        lay_out_activation(&network->hidden[i], block, &used, (size_t)layers->hidden[i].out,
                           network->max_batch);
    for (int i = 0; i < layers->head_count; i++)
        network->head_values[i] =
            take(block, &used, (size_t)layers->heads[i].out * (size_t)network->max_batch);
    network->scratch = take(block, &used, scratch);
    return used;
}

static void choose_ops(struct network_ops *ops, enum backend backend) {
    reference_ops(ops);
    if (backend == BACKEND_ONEDNN)
        onednn_ops(ops);
}

static enum status check_arguments(const struct network_spec *spec, enum backend backend,
                                   int max_batch, int threads, struct error *error) {
    if ((unsigned)backend >= BACKEND_COUNT)
        return error_set(error, STATUS_BAD_INPUT,
                         "ASYNCRL_BACKEND names an unknown backend: use %s or %s",
                         backend_names[BACKEND_REFERENCE], backend_names[BACKEND_ONEDNN]);
    if (network_param_count(spec) == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "no network for %d channels of %dx%d and %d actions: too small or too "
                         "large for its convolutions",
                         spec->channels, spec->height, spec->width, spec->actions);
    if (max_batch < 1 || max_batch > NETWORK_MAX_BATCH || threads < 1)
        return error_set(error, STATUS_BAD_INPUT,
                         "a network needs a batch of 1 to %d and at least one thread, not %d and "
                         "%d",
                         NETWORK_MAX_BATCH, max_batch, threads);
    return STATUS_OK;
}

enum status network_create(const struct network_spec *spec, enum backend backend, int max_batch,
                           int threads, struct network **network, struct error *error) {
    enum status status = check_arguments(spec, backend, max_batch, threads, error);
    if (status != STATUS_OK)
        return status;
    struct network *created = calloc(1, sizeof *created);
    if (!created)
        return error_set(error, STATUS_FAILED, "no memory for a network");
    created->spec = *spec;
    created->max_batch = max_batch;
    network_layers_plan(spec, &created->layers);
    choose_ops(&created->ops, backend);
    created->ops.use_threads(threads);
    size_t bytes = lay_out(created, NULL) * sizeof(float);
    created->memory = aligned_alloc(64, bytes);
    if (!created->memory) {
        free(created);
        return error_set(error, STATUS_FAILED, "no memory for a network: %zu bytes wanted", bytes);
    }
    lay_out(created, created->memory);
    for (int i = 0; i < created->layers.convolution_count; i++)
        created->ops.convolution_prepare(&created->layers.convolutions[i]);
    *network = created;
    return STATUS_OK;
}

/* Where a layer's parameters (or their gradients) lie; layers follow each other in the array. */
struct layer_params {
    float *kernel;
    float *bias;
};

/*
 * Splits params into layers: convolutions, hidden, heads. const parameters pass through here as
 * well; who came with them does not write to them.
 */
static void split_params(const struct network *network, const float *params,
                         struct layer_params split[NETWORK_MAX_TENSORS / 2]) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    int count = network_tensors(&network->spec, (float *)params, views);
    for (int i = 0; i + 1 < count; i += 2)
        split[i / 2] = (struct layer_params){views[i].data, views[i + 1].data};
}

static struct network_outputs forward(struct network *network, const float *params,
                                      struct pixels observations, int batch) {
    const struct network_layers *layers = &network->layers;
    const struct network_ops *ops = &network->ops;
    struct layer_params split[NETWORK_MAX_TENSORS / 2];
    split_params(network, params, split);
    network->observations = observations;

    const struct layer_params *layer = split;
    struct pixels in = observations;
    for (int i = 0; i < layers->convolution_count; i++, layer++) {
        struct activation *out = &network->convolutions[i];
        ops->convolution_forward(out->values, in, layer->kernel, layer->bias,
                                 &layers->convolutions[i], batch, network->scratch);
        ops->relu_forward(out->values, out->sample_size * (size_t)batch);
        in = (struct pixels){.f32 = out->values};
    }
    for (int i = 0; i < layers->hidden_count; i++, layer++) {
        struct activation *out = &network->hidden[i];
        ops->dense_forward(out->values, in.f32, layer->kernel, layer->bias, &layers->hidden[i],
                           batch);
        ops->relu_forward(out->values, out->sample_size * (size_t)batch);
        in = (struct pixels){.f32 = out->values};
    }
    for (int i = 0; i < layers->head_count; i++, layer++)
        ops->dense_forward(network->head_values[i], in.f32, layer->kernel, layer->bias,
                           &layers->heads[i], batch);
    if (network->spec.heads == HEADS_Q)
        return (struct network_outputs){.action = network->head_values[0]};
    return (struct network_outputs){.action = network->head_values[1],
                                    .value = network->head_values[0]};
}

struct network_outputs network_forward(struct network *network, const float *params,
                                       const void *observations, int batch) {
    if (trunk_takes_vectors(network->spec.trunk))
        return network_forward_f32(network, params, observations, batch);
    return forward(network, params, (struct pixels){.u8 = observations}, batch);
}

struct network_outputs network_forward_f32(struct network *network, const float *params,
                                           const float *observations, int batch) {
    return forward(network, params, (struct pixels){.f32 = observations}, batch);
}

static void clear_gradients(struct activation *activation, int batch) {
    memset(activation->gradients, 0,
           activation->sample_size * (size_t)batch * sizeof *activation->gradients);
}

static void backward_convolutions(struct network *network, const struct layer_params *params,
                                  const struct layer_params *gradients, int batch) {
    const struct network_ops *ops = &network->ops;
    for (int i = network->layers.convolution_count - 1; i >= 0; i--) {
        struct activation *out = &network->convolutions[i];
        struct activation *below = i > 0 ? &network->convolutions[i - 1] : NULL;
        struct pixels in = network->observations;
        if (below) {
            clear_gradients(below, batch);
            in = (struct pixels){.f32 = below->values};
        }
        ops->relu_backward(out->gradients, out->values, out->sample_size * (size_t)batch);
        ops->convolution_backward(below ? below->gradients : NULL, gradients[i].kernel,
                                  gradients[i].bias, out->gradients, in, params[i].kernel,
                                  &network->layers.convolutions[i], batch, network->scratch);
    }
}

/* From the heads down to the last convolution, or the observation. */
static void backward_hidden(struct network *network, const struct layer_params *params,
                            const struct layer_params *gradients, int batch) {
    const struct network_layers *layers = &network->layers;
    const int convolutions = layers->convolution_count;
    for (int i = layers->hidden_count - 1; i >= 0; i--) {
        struct activation *out = &network->hidden[i];
        struct activation *below = i > 0              ? &network->hidden[i - 1]
                                   : convolutions > 0 ? &network->convolutions[convolutions - 1]
                                                      : NULL;
        if (below)
            clear_gradients(below, batch);
        network->ops.relu_backward(out->gradients, out->values, out->sample_size * (size_t)batch);
        network->ops.dense_backward(below ? below->gradients : NULL,
                                    gradients[convolutions + i].kernel,
                                    gradients[convolutions + i].bias, out->gradients,
                                    below ? below->values : network->observations.f32,
                                    params[convolutions + i].kernel, &layers->hidden[i], batch);
    }
}

void network_backward(struct network *network, const float *params, int batch,
                      const float *d_action, const float *d_value, float *gradients) {
    const struct network_layers *layers = &network->layers;
    const struct network_ops *ops = &network->ops;
    struct layer_params split[NETWORK_MAX_TENSORS / 2];
    struct layer_params split_gradients[NETWORK_MAX_TENSORS / 2];
    split_params(network, params, split);
    split_params(network, gradients, split_gradients);

    int heads = layers->convolution_count + layers->hidden_count;
    struct activation *top = &network->hidden[layers->hidden_count - 1];
    clear_gradients(top, batch);
    for (int i = 0; i < layers->head_count; i++) {
        bool value = network->spec.heads == HEADS_POLICY_VALUE && i == 0;
        const struct layer_params *d_head = &split_gradients[heads + i];
        ops->dense_backward(top->gradients, d_head->kernel, d_head->bias,
                            value ? d_value : d_action, top->values, split[heads + i].kernel,
                            &layers->heads[i], batch);
    }
    backward_hidden(network, split, split_gradients, batch);
    backward_convolutions(network, split, split_gradients, batch);
}

void network_dense(enum backend backend, float *out, const float *in, const float *kernel,
                   const float *bias, int batch, int ins, int outs) {
    struct network_ops ops;
    choose_ops(&ops, backend);
    ops.use_threads(1);
    ops.dense_forward(out, in, kernel, bias, &(struct dense){ins, outs}, batch);
}

void network_destroy(struct network *network) {
    if (!network)
        return;
    for (int i = 0; i < network->layers.convolution_count; i++)
        network->ops.convolution_release(&network->layers.convolutions[i]);
    free(network->memory);
    free(network);
}
