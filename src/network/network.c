#include "network/walk.h"

#include <stdlib.h>
#include <string.h>

static const char *const backend_names[] = {
    [BACKEND_REFERENCE] = "reference",
    [BACKEND_ONEDNN] = "onednn",
};
enum { BACKEND_COUNT = sizeof backend_names / sizeof *backend_names };

/* A layer's output (after its ReLU), and the loss's gradient with respect to it. */
struct activation {
    float *values;
    float *gradients; /* NULL for a head: the caller has them */
    float *kept;
};

struct network {
    struct network_plan plan;
    struct network_ops ops;
    enum heads heads;
    bool takes_vectors;
    int max_batch;
    struct pixels observations; /* of the last forward: the caller's */
    struct network_sequences sequences;
    struct activation activations[NETWORK_MAX_LAYERS];
    float *scratch;
    struct network_watcher watcher;
    float *memory; /* one block of memory for all the arrays above that are its own */
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

/* Takes the next size floats of a block, on a cache line of their own; if block is NULL, only
 * counts them. */
static float *take_block(float *block, size_t *used, size_t size) {
    enum { LINE = 64 / sizeof(float) };
    float *piece = block ? block + *used : NULL;
    *used += (size + LINE - 1) / LINE * LINE;
    return piece;
}

/* Places every array in block, or takes it from lender, if there is one; if block is NULL, only
 * counts the floats that it needs. */
static size_t lay_out(struct network *network, const struct network *lender, float *block) {
    size_t used = 0;
    size_t scratch = 0;
    for (int i = 0; i < network->plan.count; i++) {
        const struct layer *layer = &network->plan.layers[i];
        const size_t size = shape_size(layer->out) * (size_t)network->max_batch;
        struct activation *activation = &network->activations[i];
        const bool is_trunk = i < network->plan.count - network->plan.head_count;
        if (lender) {
            *activation = lender->activations[i];
        } else {
            activation->values = take_block(block, &used, size);
            activation->gradients =
                is_trunk && layer->kind->backward ? take_block(block, &used, size) : NULL;
            if (layer->kind->kept)
                activation->kept =
                    take_block(block, &used, layer->kind->kept(layer) * (size_t)network->max_batch);
        }
        const size_t wanted = layer->kind->scratch
                                  ? layer->kind->scratch(layer, &network->ops, network->max_batch)
                                  : 0;
        scratch = wanted > scratch ? wanted : scratch;
    }
    network->scratch = take_block(block, &used, scratch);
    return used;
}

void network_ops_of(enum backend backend, struct network_ops *ops) {
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

static enum status create(const struct network_spec *spec, enum backend backend, int max_batch,
                          int threads, const struct network *lender, struct network **network,
                          struct error *error) {
    enum status status = check_arguments(spec, backend, max_batch, threads, error);
    if (status != STATUS_OK)
        return status;
    struct network *created = calloc(1, sizeof *created);
    if (!created)
        return error_set(error, STATUS_FAILED, "no memory for a network");
    created->heads = spec->heads;
    created->takes_vectors = trunk_takes_vectors(spec->trunk);
    created->max_batch = max_batch;
    network_plan_make(spec, &created->plan);
    network_ops_of(backend, &created->ops);
    created->ops.use_threads(threads);
    const size_t bytes = (lay_out(created, lender, NULL) + 1) * sizeof(float);
    created->memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!created->memory) {
        free(created);
        return error_set(error, STATUS_FAILED, "no memory for a network: %zu bytes wanted", bytes);
    }
    lay_out(created, lender, created->memory);
    for (int i = 0; i < created->plan.count; i++)
        if (created->plan.layers[i].kind->prepare)
            created->plan.layers[i].kind->prepare(&created->plan.layers[i], &created->ops);
    *network = created;
    return STATUS_OK;
}

enum status network_create(const struct network_spec *spec, enum backend backend, int max_batch,
                           int threads, struct network **network, struct error *error) {
    return create(spec, backend, max_batch, threads, NULL, network, error);
}

enum status network_create_beside(struct network *lender, const struct network_spec *spec,
                                  enum backend backend, struct network **network,
                                  struct error *error) {
    return create(spec, backend, lender->max_batch, 1, lender, network, error);
}

const struct network_plan *network_plan_of(const struct network *network) {
    return &network->plan;
}

/* The floats of a layer's output before a row. */
static size_t outputs_before(const struct network *network, int index, int row) {
    return shape_size(network->plan.layers[index].out) * (size_t)row;
}

/* A layer's input from a row on: the observation, or the output of its source layer. */
static struct pixels input_of(const struct network *network, const struct layer *layer, int row) {
    const struct pixels *seen = &network->observations;
    const size_t before = shape_size(layer->in) * (size_t)row;
    if (layer->source != OBSERVATION)
        return (struct pixels){.f32 = network->activations[layer->source].values +
                                      outputs_before(network, layer->source, row)};
    return (struct pixels){.f32 = seen->f32 ? seen->f32 + before : NULL,
                           .u8 = seen->u8 ? seen->u8 + before : NULL};
}

static void add(float *restrict sum, const float *restrict values, size_t count) {
    for (size_t i = 0; i < count; i++)
        sum[i] += values[i];
}

/* The parts of a pass that forward and backward share. */
static struct layer_pass pass_of(const struct network *network, int index,
                                 const struct network_walk *walk) {
    const struct layer *layer = &network->plan.layers[index];
    const struct activation *activation = &network->activations[index];
    const struct network_sequences *sequences = &network->sequences;
    const size_t row = (size_t)walk->first_row;
    const size_t stride = network->plan.state_count;
    return (struct layer_pass){
        .ops = &network->ops,
        .batch = walk->rows,
        .part = walk->part,
        .parts = walk->parts,
        .params = walk->params + layer->params,
        .in = input_of(network, layer, walk->first_row),
        .out = activation->values + outputs_before(network, index, walk->first_row),
        .kept = activation->kept ? activation->kept + layer->kind->kept(layer) * row : NULL,
        .scratch = network->scratch,
        .steps = sequences->steps,
        .state_stride = stride,
        .state = sequences->state ? sequences->state + layer->state : NULL,
        .state_out = sequences->state_out ? sequences->state_out + layer->state : NULL,
        .states = sequences->states ? sequences->states + row * stride + layer->state : NULL,
        .starts = sequences->starts ? sequences->starts + row : NULL};
}

/* ---- Forward --------------------------------------------------------------------------------- */

static void begin(struct network *network, struct pixels observations,
                  const struct network_sequences *sequences) {
    network->observations = observations;
    network->sequences = *sequences;
}

void network_begin(struct network *network, const void *observations,
                   const struct network_sequences *sequences) {
    begin(network,
          (struct pixels){.f32 = network->takes_vectors ? observations : NULL,
                          .u8 = network->takes_vectors ? NULL : observations},
          sequences);
}

/* The ReLU of a walk's part of a dense layer. */
static void relu_part(const struct network *network, const struct layer_pass *pass, int outs) {
    const int first = team_part(outs, pass->parts, pass->part);
    const int end = team_part(outs, pass->parts, pass->part + 1);
    for (ptrdiff_t n = 0; n < pass->batch; n++)
        network->ops.relu_forward(pass->out + n * outs + first, (size_t)(end - first));
}

void network_walk_forward(struct network *network, const struct network_walk *walk) {
    for (int i = walk->first_layer; i < walk->end_layer; i++) {
        const struct layer *layer = &network->plan.layers[i];
        const struct layer_pass pass = pass_of(network, i, walk);
        const size_t count = shape_size(layer->out) * (size_t)walk->rows;
        layer->kind->forward(layer, &pass);
        if (layer->skip >= 0)
            add(pass.out,
                network->activations[layer->skip].values +
                    outputs_before(network, layer->skip, walk->first_row),
                count);
        if (layer->relu && walk->parts > 1)
            relu_part(network, &pass, layer->dense.out);
        else if (layer->relu)
            network->ops.relu_forward(pass.out, count);
    }
}

struct network_outputs network_outputs_of(const struct network *network) {
    const struct network_plan *plan = &network->plan;
    const struct activation *heads = &network->activations[plan->count - plan->head_count];
    if (network->heads == HEADS_Q)
        return (struct network_outputs){.action = heads[0].values};
    return (struct network_outputs){.action = heads[1].values, .value = heads[0].values};
}

static struct network_walk whole_walk(const struct network *network, const float *params,
                                      int batch) {
    return (struct network_walk){
        .params = params, .end_layer = network->plan.count, .rows = batch, .parts = 1};
}

struct network_outputs network_forward_sequences(struct network *network, const float *params,
                                                 const void *observations, int batch,
                                                 const struct network_sequences *sequences) {
    const struct network_walk walk = whole_walk(network, params, batch);
    network_begin(network, observations, sequences);
    network_walk_forward(network, &walk);
    return network_outputs_of(network);
}

static const struct network_sequences single_steps = {.steps = 1};

struct network_outputs network_forward(struct network *network, const float *params,
                                       const void *observations, int batch) {
    return network_forward_sequences(network, params, observations, batch, &single_steps);
}

struct network_outputs network_forward_f32(struct network *network, const float *params,
                                           const float *observations, int batch) {
    const struct network_walk walk = whole_walk(network, params, batch);
    begin(network, (struct pixels){.f32 = observations}, &single_steps);
    network_walk_forward(network, &walk);
    return network_outputs_of(network);
}

/* ---- Backward -------------------------------------------------------------------------------- */

/* Sets the gradient of a layer's output to zeros, for the walk's rows; the outputs that the walk's
 * part of a dense layer reads. */
static void clear_gradient(float *gradient, const struct network_walk *walk, size_t size) {
    if (walk->parts == 1) {
        memset(gradient, 0, size * (size_t)walk->rows * sizeof *gradient);
        return;
    }
    const size_t first = (size_t)team_part((int)size, walk->parts, walk->part);
    const size_t end = (size_t)team_part((int)size, walk->parts, walk->part + 1);
    for (size_t n = 0; n < (size_t)walk->rows; n++)
        memset(gradient + n * size + first, 0, (end - first) * sizeof *gradient);
}

/* The array to which layer index adds the gradient of the output of layer source; it begins with
 * zeros. NULL for the observation, normalised or not: its gradient is not needed. */
static float *gradient_of(struct network *network, int source, int index,
                          const struct network_walk *walk) {
    if (source < 0 || !network->plan.layers[source].kind->backward)
        return NULL;
    const struct layer *layer = &network->plan.layers[source];
    float *gradient =
        network->activations[source].gradients + outputs_before(network, source, walk->first_row);
    if (layer->first_to_return == index)
        clear_gradient(gradient, walk, shape_size(layer->out));
    return gradient;
}

/* d_out: with respect to the layer's output before its ReLU. */
static void backward_layer(struct network *network, int index, const struct network_walk *walk,
                           const float *d_out, float *gradients) {
    const struct layer *layer = &network->plan.layers[index];
    float *d_in = gradient_of(network, layer->source, index, walk);
    float *d_skip = gradient_of(network, layer->skip, index, walk);
    if (d_skip)
        add(d_skip, d_out, shape_size(layer->out) * (size_t)walk->rows);
    struct layer_pass pass = pass_of(network, index, walk);
    pass.gradients = gradients + layer->params;
    pass.d_in = d_in;
    pass.d_out = d_out;
    layer->kind->backward(layer, &pass);
}

void network_watch(struct network *network, const struct network_watcher *watcher) {
    network->watcher = *watcher;
}

static void tell_watcher(const struct network *network, size_t first) {
    if (network->watcher.done)
        network->watcher.done(network->watcher.context, first);
}

static void pass_relu(struct network *network, int index, int first_row, int rows) {
    const struct activation *out = &network->activations[index];
    const size_t before = outputs_before(network, index, first_row);
    if (network->plan.layers[index].relu)
        network->ops.relu_backward(out->gradients + before, out->values + before,
                                   outputs_before(network, index, rows));
}

void network_pass_relu(struct network *network, int layer, int rows) {
    pass_relu(network, layer, 0, rows);
}

static void backward_trunk(struct network *network, int index, const struct network_walk *walk,
                           float *gradients) {
    const struct layer *layer = &network->plan.layers[index];
    if (!layer->kind->backward) {
        memset(gradients + layer->params, 0, layer->param_count * sizeof *gradients);
        return;
    }
    if (walk->parts == 1)
        pass_relu(network, index, walk->first_row, walk->rows);
    backward_layer(network, index, walk,
                   network->activations[index].gradients +
                       outputs_before(network, index, walk->first_row),
                   gradients);
}

/* The heads in their order, then the trunk from its end. */
void network_walk_backward(struct network *network, const struct network_walk *walk,
                           const float *d_action, const float *d_value, float *gradients) {
    const struct network_plan *plan = &network->plan;
    const int trunk = plan->count - plan->head_count;
    for (int i = walk->first_layer > trunk ? walk->first_layer : trunk; i < walk->end_layer; i++)
        backward_layer(network, i, walk,
                       (plan->layers[i].role == ROLE_VALUE ? d_value : d_action) +
                           outputs_before(network, i, walk->first_row),
                       gradients);
    if (walk->end_layer > trunk)
        tell_watcher(network, plan->layers[trunk].params);
    for (int i = (walk->end_layer < trunk ? walk->end_layer : trunk) - 1; i >= walk->first_layer;
         i--) {
        backward_trunk(network, i, walk, gradients);
        tell_watcher(network, plan->layers[i].params);
    }
}

void network_backward(struct network *network, const float *params, int batch,
                      const float *d_action, const float *d_value, float *gradients) {
    const struct network_walk walk = whole_walk(network, params, batch);
    network_walk_backward(network, &walk, d_action, d_value, gradients);
}

void network_warm_up(const struct network_spec *spec, enum backend backend) {
    enum { BATCH = 8 }; /* enough for matrix products in dense layers */
    struct network_ops ops;
    struct network *network = NULL;
    struct error ignored;
    if (check_arguments(spec, backend, BATCH, 1, &ignored) != STATUS_OK)
        return;
    network_ops_of(backend, &ops);
    if (ops.is_reference || !ops.use_threads(1) ||
        network_create(spec, backend, BATCH, 1, &network, &ignored) != STATUS_OK || !network)
        return;
    const size_t pixels = (size_t)spec->channels * (size_t)spec->height * (size_t)spec->width;
    float *params = calloc(network_param_count(spec), sizeof *params);
    void *observations = calloc(BATCH * pixels, sizeof(float)); /* or bytes */
    if (params && observations)
        network_forward(network, params, observations, BATCH);
    free(params);
    free(observations);
    network_destroy(network);
}

void network_dense(enum backend backend, float *out, const float *in, const float *kernel,
                   const float *bias, int batch, int ins, int outs) {
    struct network_ops ops;
    network_ops_of(backend, &ops);
    ops.use_threads(1);
    ops.dense_forward(out, in, kernel, bias, &(struct dense){.in = ins, .out = outs}, batch);
}

void network_destroy(struct network *network) {
    if (!network)
        return;
    for (int i = 0; i < network->plan.count; i++)
        if (network->plan.layers[i].kind->release)
            network->plan.layers[i].kind->release(&network->plan.layers[i], &network->ops);
    free(network->memory);
    free(network);
}
