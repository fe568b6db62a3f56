#include "network/layers.h"

#include <math.h>
#include <string.h>

struct convolution_design {
    int channels;
    int kernel;
    int stride;
};

struct trunk_design {
    const char *name;
    int convolution_count;
    struct convolution_design convolutions[MAX_CONVOLUTIONS];
    int hidden_count;
    int hidden[MAX_HIDDEN];
};

static const struct trunk_design trunks[] = {
    [TRUNK_A3C] = {"a3c", 2, {{16, 8, 4}, {32, 4, 2}}, 1, {256}},
    [TRUNK_NATURE] = {"nature", 3, {{32, 8, 4}, {64, 4, 2}, {64, 3, 1}}, 1, {512}},
    [TRUNK_MLP] = {"mlp", 0, {{0}}, 2, {64, 64}},
};
enum { TRUNK_COUNT = sizeof trunks / sizeof *trunks };

/* Far above every use, and small enough that no size computed from them overflows. */
enum { MAX_CHANNELS = 256, MAX_VECTOR = 65536, MAX_SIDE = 1024, MAX_ACTIONS = 4096 };

const char *trunk_name(enum trunk trunk) {
    return trunks[trunk].name;
}

bool trunk_from_name(const char *name, enum trunk *trunk) {
    for (int i = 0; i < TRUNK_COUNT; i++)
        if (strcmp(name, trunks[i].name) == 0) {
            *trunk = (enum trunk)i;
            return true;
        }
    return false;
}

bool trunk_takes_vectors(enum trunk trunk) {
    return trunks[trunk].convolution_count == 0;
}

static bool within(int value, int maximum) {
    return value >= 1 && value <= maximum;
}

static bool plan_convolutions(const struct network_spec *spec, struct network_layers *layers) {
    const struct trunk_design *design = &trunks[spec->trunk];
    int channels = spec->channels;
    int height = spec->height;
    int width = spec->width;
    for (int i = 0; i < design->convolution_count; i++) {
        const struct convolution_design *wanted = &design->convolutions[i];
        if (height < wanted->kernel || width < wanted->kernel)
            return false;
        struct convolution *layer = &layers->convolutions[i];
        *layer = (struct convolution){.in_channels = channels,
                                      .in_height = height,
                                      .in_width = width,
                                      .out_channels = wanted->channels,
                                      .kernel = wanted->kernel,
                                      .stride = wanted->stride,
                                      .out_height = (height - wanted->kernel) / wanted->stride + 1,
                                      .out_width = (width - wanted->kernel) / wanted->stride + 1};
        channels = layer->out_channels;
        height = layer->out_height;
        width = layer->out_width;
    }
    layers->convolution_count = design->convolution_count;
    layers->hidden[0].in = channels * height * width;
    return true;
}

static void plan_hidden(const struct trunk_design *design, struct network_layers *layers) {
    layers->hidden_count = design->hidden_count;
    for (int i = 0; i < design->hidden_count; i++) {
        if (i > 0)
            layers->hidden[i].in = layers->hidden[i - 1].out;
        layers->hidden[i].out = design->hidden[i];
    }
}

static bool observation_fits(const struct network_spec *spec) {
    if (trunk_takes_vectors(spec->trunk))
        return within(spec->channels, MAX_VECTOR) && spec->height == 1 && spec->width == 1;
    return within(spec->channels, MAX_CHANNELS) && within(spec->height, MAX_SIDE) &&
           within(spec->width, MAX_SIDE);
}

bool network_layers_plan(const struct network_spec *spec, struct network_layers *layers) {
    if ((unsigned)spec->trunk >= TRUNK_COUNT || (unsigned)spec->heads > HEADS_Q ||
        !observation_fits(spec) || !within(spec->actions, MAX_ACTIONS))
        return false;
    *layers = (struct network_layers){0};
    if (!plan_convolutions(spec, layers))
        return false;
    plan_hidden(&trunks[spec->trunk], layers);
    int hidden = layers->hidden[layers->hidden_count - 1].out;
    if (spec->heads == HEADS_POLICY_VALUE)
        layers->heads[layers->head_count++] = (struct dense){hidden, 1};
    layers->heads[layers->head_count++] = (struct dense){hidden, spec->actions};
    return true;
}

static struct tensor_view convolution_kernel(const char *name, const struct convolution *layer) {
    return (struct tensor_view){
        name, 4, {layer->out_channels, layer->in_channels, layer->kernel, layer->kernel}, NULL};
}

static struct tensor_view bias(const char *name, int size) {
    return (struct tensor_view){name, 1, {size}, NULL};
}

static int describe_dense(struct tensor_view views[2], const char *kernel_name,
                          const char *bias_name, const struct dense *layer) {
    views[0] = (struct tensor_view){kernel_name, 2, {layer->in, layer->out}, NULL};
    views[1] = bias(bias_name, layer->out);
    return 2;
}

/* The views without their data; 0 for a spec that cannot be built. */
static int describe_tensors(const struct network_spec *spec,
                            struct tensor_view views[NETWORK_MAX_TENSORS]) {
    static const char *const convolution_names[MAX_CONVOLUTIONS][2] = {
        {"conv1/kernel", "conv1/bias"},
        {"conv2/kernel", "conv2/bias"},
        {"conv3/kernel", "conv3/bias"}};
    static const char *const only_hidden[2] = {"dense/kernel", "dense/bias"};
    static const char *const hidden_names[MAX_HIDDEN][2] = {{"dense1/kernel", "dense1/bias"},
                                                            {"dense2/kernel", "dense2/bias"}};
    struct network_layers layers;
    if (!network_layers_plan(spec, &layers))
        return 0;
    int count = 0;
    for (int i = 0; i < MAX_CONVOLUTIONS && i < layers.convolution_count; i++) {
        const struct convolution *layer = &layers.convolutions[i];
        views[count++] = convolution_kernel(convolution_names[i][0], layer);
        views[count++] = bias(convolution_names[i][1], layer->out_channels);
    }
    for (int i = 0; i < MAX_HIDDEN && i < layers.hidden_count; i++) {
        const char *const *names = layers.hidden_count == 1 ? only_hidden : hidden_names[i];
        count += describe_dense(views + count, names[0], names[1], &layers.hidden[i]);
    }
    if (spec->heads == HEADS_Q)
        return count + describe_dense(views + count, "q/kernel", "q/bias", &layers.heads[0]);
    count += describe_dense(views + count, "value/kernel", "value/bias", &layers.heads[0]);
    count += describe_dense(views + count, "policy/kernel", "policy/bias", &layers.heads[1]);
    return count;
}

size_t network_param_count(const struct network_spec *spec) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    int count = describe_tensors(spec, views);
    size_t params = 0;
    for (int i = 0; i < count; i++)
        params += tensor_size(&views[i]);
    return params;
}

int network_tensors(const struct network_spec *spec, float *params,
                    struct tensor_view views[NETWORK_MAX_TENSORS]) {
    int count = describe_tensors(spec, views);
    for (int i = 0; i < count; i++) {
        views[i].data = params;
        params += tensor_size(&views[i]);
    }
    return count;
}

int network_strides(const struct network_spec *spec, int strides[NETWORK_MAX_TENSORS]) {
    struct network_layers layers;
    if (!network_layers_plan(spec, &layers))
        return 0;
    for (int i = 0; i < layers.convolution_count; i++)
        strides[i] = layers.convolutions[i].stride;
    return layers.convolution_count;
}

/* Inputs that one output sums over. */
static int fan_in(const struct tensor_view *kernel) {
    if (kernel->rank == 2)
        return kernel->shape[0];
    return kernel->shape[1] * kernel->shape[2] * kernel->shape[3];
}

/* Heads start so small that all actions are about equally likely, and all values about 0. */
static const double HEAD_GAIN = 0.01;

/* Of the uniform distribution whose variance, 2 / fan_in, keeps activations as large behind a ReLU
 * as before (He et al. 2015, equation 10). */
static double initial_limit(const struct tensor_view *kernel) {
    return sqrt(6.0 / fan_in(kernel));
}

void network_initialize(const struct network_spec *spec, float *params, struct rng *rng) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    struct network_layers layers;
    const int count = network_tensors(spec, params, views);
    if (!network_layers_plan(spec, &layers))
        return;
    const int first_head = 2 * (layers.convolution_count + layers.hidden_count);
    for (int i = 0; i < count; i++) {
        const size_t size = tensor_size(&views[i]);
        if (views[i].rank == 1) {
            memset(views[i].data, 0, size * sizeof(float));
            continue;
        }
        const double limit = initial_limit(&views[i]) * (i >= first_head ? HEAD_GAIN : 1);
        for (size_t k = 0; k < size; k++)
            views[i].data[k] = (float)((2.0 * rng_uniform(rng) - 1.0) * limit);
    }
}

static double convolution_products(const struct convolution *layer) {
    return (double)convolution_out_size(layer) * layer->in_channels * layer->kernel * layer->kernel;
}

static double dense_products(const struct dense *layer) {
    return (double)layer->in * layer->out;
}

double network_forward_flop(const struct network_spec *spec) {
    struct network_layers layers;
    if (!network_layers_plan(spec, &layers))
        return 0.0;
    double products = 0.0;
    for (int i = 0; i < layers.hidden_count; i++)
        products += dense_products(&layers.hidden[i]);
    for (int i = 0; i < layers.convolution_count; i++)
        products += convolution_products(&layers.convolutions[i]);
    for (int i = 0; i < layers.head_count; i++)
        products += dense_products(&layers.heads[i]);
    return 2.0 * products;
}

double network_backward_flop(const struct network_spec *spec) {
    struct network_layers layers;
    if (!network_layers_plan(spec, &layers))
        return 0.0;
    const double first = layers.convolution_count > 0
                             ? convolution_products(&layers.convolutions[0])
                             : dense_products(&layers.hidden[0]);
    return 2.0 * (network_forward_flop(spec) - first);
}
