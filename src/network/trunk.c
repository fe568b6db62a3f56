/* The table of trunks, with the layers of each. */
#include "network/layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Adding layers --------------------------------------------------------------------------- */

static size_t count_params(const struct layer *layer) {
    struct tensor_view views[LAYER_MAX_TENSORS];
    const int count = layer_tensors(layer, views);
    size_t params = 0;
    for (int i = 0; i < count; i++)
        params += tensor_size(&views[i]);
    return params;
}

/* Gradients go back through the heads in their order, then through the trunk from its end. */
static void note_reader(struct network_plan *plan, int source, int reader) {
    const int first_head = plan->count - 1 - plan->head_count;
    const bool is_later_head =
        source >= 0 && plan->head_count > 0 && plan->layers[source].first_to_return >= first_head;
    if (source >= 0 && !is_later_head)
        plan->layers[source].first_to_return = reader;
}

/* Appends a layer that reads source; the output of layer skip is added to its own (-1: none). */
static void append_layer(struct network_plan *plan, const struct layer *wanted, int source,
                         int skip) {
    if (plan->count == NETWORK_MAX_LAYERS) {
        plan->failed = true;
        return;
    }
    const int index = plan->count++;
    struct layer *layer = &plan->layers[index];
    *layer = *wanted;
    layer->source = source;
    layer->skip = skip;
    layer->in = source == OBSERVATION ? plan->observation : plan->layers[source].out;
    layer->params = plan->param_count;
    layer->state = plan->state_count;
    if (plan->failed || !layer->kind->plan(layer)) {
        plan->failed = true;
        return;
    }
    layer->param_count = count_params(layer);
    plan->param_count += layer->param_count;
    plan->state_count += layer->kind->state ? layer->kind->state(layer) : 0;
    note_reader(plan, source, index);
    note_reader(plan, skip, index);
}

static int count_of(const struct network_plan *plan, const struct layer_kind *kind) {
    int count = 0;
    for (int i = 0; i < plan->count; i++)
        count += plan->layers[i].kind == kind;
    return count;
}

/* "layer_normalization", "layer_normalization_1", .. */
static void add_norm(struct network_plan *plan) {
    struct layer layer = {.kind = &layer_norm};
    const int number = count_of(plan, &layer_norm);
    if (number > 0)
        snprintf(layer.name, sizeof layer.name, "layer_normalization_%d", number);
    else
        snprintf(layer.name, sizeof layer.name, "layer_normalization");
    append_layer(plan, &layer, plan->count - 1, -1);
}

/* Reads the last layer, through a normalisation if the plan has one. */
static void add_relu(struct network_plan *plan) {
    if (plan->is_normed)
        add_norm(plan);
    plan->layers[plan->count - 1].relu = true;
}

/* "conv1", "conv2", ..., without a ReLU; skip: the layer whose output is added (-1: none). */
static void add_windows(struct network_plan *plan, struct convolution convolution, int skip) {
    struct layer layer = {.kind = &layer_convolution, .convolution = convolution};
    snprintf(layer.name, sizeof layer.name, "conv%d", count_of(plan, &layer_convolution) + 1);
    append_layer(plan, &layer, plan->count - 1, skip);
}

/* With a ReLU. */
static void add_convolution(struct network_plan *plan, int channels, int kernel, int stride) {
    add_windows(plan,
                (struct convolution){.out_channels = channels, .kernel = kernel, .stride = stride},
                -1);
    add_relu(plan);
}

/* With a ReLU. */
static void add_dense(struct network_plan *plan, const char *name, int size) {
    struct layer layer = {.kind = &layer_dense, .dense = {.out = size}};
    snprintf(layer.name, sizeof layer.name, "%s", name);
    append_layer(plan, &layer, plan->count - 1, -1);
    add_relu(plan);
}

/* 3x3, padded with zeros, so that planes keep their size. */
static void add_same_convolution(struct network_plan *plan, int channels, int skip) {
    add_windows(
        plan,
        (struct convolution){.out_channels = channels, .kernel = 3, .stride = 1, .padding = 1},
        skip);
}

/* A ReLU as a layer of its own, for an input that others read without it. */
static void add_relu_apart(struct network_plan *plan) {
    struct layer layer = {.kind = &layer_identity};
    snprintf(layer.name, sizeof layer.name, "relu%d", count_of(plan, &layer_identity) + 1);
    if (!plan->is_normed)
        append_layer(plan, &layer, plan->count - 1, -1);
    add_relu(plan);
}

static void add_residual_block(struct network_plan *plan, int channels) {
    const int entry = plan->count - 1;
    add_relu_apart(plan);
    add_same_convolution(plan, channels, -1);
    add_relu(plan);
    add_same_convolution(plan, channels, entry);
}

static void add_section(struct network_plan *plan, int channels) {
    struct layer pool = {.kind = &layer_pool, .pool = {.kernel = 3, .stride = 2}};
    snprintf(pool.name, sizeof pool.name, "pool%d", count_of(plan, &layer_pool) + 1);
    add_same_convolution(plan, channels, -1);
    append_layer(plan, &pool, plan->count - 1, -1);
    add_residual_block(plan, channels);
    add_residual_block(plan, channels);
}

/* ---- Trunks ---------------------------------------------------------------------------------- */

static void build_a3c(struct network_plan *plan) {
    add_convolution(plan, 16, 8, 4);
    add_convolution(plan, 32, 4, 2);
    add_dense(plan, "dense", 256);
}

static void build_nature(struct network_plan *plan) {
    add_convolution(plan, 32, 8, 4);
    add_convolution(plan, 64, 4, 2);
    add_convolution(plan, 64, 3, 1);
    add_dense(plan, "dense", 512);
}

static void build_impala(struct network_plan *plan) {
    add_section(plan, 16 * plan->width);
    add_section(plan, 32 * plan->width);
    add_section(plan, 32 * plan->width);
    add_relu_apart(plan);
    add_dense(plan, "dense", 256);
}

static void build_mlp(struct network_plan *plan) {
    add_dense(plan, "dense1", 64);
    add_dense(plan, "dense2", 64);
}

/* Two dense layers that read source, each with a tangent, "tanh1", "tanh2", ... */
static void add_tangents(struct network_plan *plan, const char *const names[2], int source) {
    for (int i = 0; i < 2; i++) {
        struct layer dense = {.kind = &layer_dense, .dense = {.out = 64}};
        struct layer tangent = {.kind = &layer_tanh};
        snprintf(dense.name, sizeof dense.name, "%s", names[i]);
        snprintf(tangent.name, sizeof tangent.name, "tanh%d", count_of(plan, &layer_tanh) + 1);
        append_layer(plan, &dense, i == 0 ? source : plan->count - 1, -1);
        append_layer(plan, &tangent, plan->count - 1, -1);
    }
}

/* The policy reads the last layer, the value that at value_end. */
static void build_twin(struct network_plan *plan) {
    const int source = plan->count - 1; /* OBSERVATION, if nothing normalises it */
    add_tangents(plan, (const char *const[]){"value_dense1", "value_dense2"}, source);
    plan->value_end = plan->count - 1;
    add_tangents(plan, (const char *const[]){"dense1", "dense2"}, source);
}

static const struct {
    const char *name;
    void (*build)(struct network_plan *plan);
    bool takes_vectors;
} trunks[] = {
    [TRUNK_A3C] = {"a3c", build_a3c, false},   [TRUNK_NATURE] = {"nature", build_nature, false},
    [TRUNK_MLP] = {"mlp", build_mlp, true},    [TRUNK_IMPALA] = {"impala", build_impala, false},
    [TRUNK_TWIN] = {"twin", build_twin, true},
};
enum { TRUNK_COUNT = sizeof trunks / sizeof *trunks };

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
    return trunks[trunk].takes_vectors;
}

bool trunk_from_convolutions(int count, enum trunk *trunk) {
    for (int i = 0; i < TRUNK_COUNT; i++) {
        struct network_plan plan = {.observation = {1, 84, 84}, .width = 1};
        trunks[i].build(&plan);
        if (count_of(&plan, &layer_convolution) == count) {
            *trunk = (enum trunk)i;
            return true;
        }
    }
    return false;
}

void network_name(const struct network_spec *spec, char out[NETWORK_NAME_SIZE]) {
    char width[24] = "";
    char lstm[24] = "";
    char parts[PARTS_TEXT_SIZE];
    parts_write(&spec->parts, parts);
    if (spec->trunk_width > 1)
        snprintf(width, sizeof width, "+width=%d", spec->trunk_width);
    if (spec->lstm > 0)
        snprintf(lstm, sizeof lstm, "+lstm=%d", spec->lstm);
    snprintf(out, NETWORK_NAME_SIZE, "%s%s%s%s%s%s%s%s%s", trunk_name(spec->trunk), width,
             spec->layer_norm ? "+layer_norm" : "",
             spec->normalize_observations ? "+normalize_observations" : "",
             spec->normalize_returns ? "+normalize_returns" : "", lstm,
             spec->gaussian ? "+gaussian" : "", parts[0] ? "+parts=" : "", parts);
}

/* A name is valid only if network_name writes it: so we parse it loosely and then compare. */
bool network_from_name(const char *name, struct network_spec *spec) {
    char trunk[NETWORK_NAME_SIZE];
    char written[NETWORK_NAME_SIZE];
    const size_t length = strcspn(name, "+");
    snprintf(trunk, sizeof trunk, "%.*s", (int)length, name);
    if (!trunk_from_name(trunk, &spec->trunk))
        return false;
    spec->trunk_width = 1;
    for (int width = 2; width <= NETWORK_MAX_WIDTH && strncmp(name + length, "+width=", 7) == 0;
         width++)
        if (name[length + 7] - '0' == width)
            spec->trunk_width = width;
    spec->layer_norm = strstr(name + length, "+layer_norm") != NULL;
    spec->normalize_observations = strstr(name + length, "+normalize_observations") != NULL;
    spec->normalize_returns = strstr(name + length, "+normalize_returns") != NULL;
    const char *lstm = strstr(name + length, "+lstm=");
    spec->lstm = lstm ? atoi(lstm + strlen("+lstm=")) : 0;
    spec->gaussian = strstr(name + length, "+gaussian") != NULL;
    const char *parts = strstr(name + length, "+parts=");
    spec->parts = (struct action_parts){0};
    if (parts && !parts_read(parts + strlen("+parts="), &spec->parts))
        return false;
    network_name(spec, written);
    return strcmp(name, written) == 0;
}

/* ---- Plans ----------------------------------------------------------------------------------- */

static void add_lstm(struct network_plan *plan, int hidden) {
    append_layer(plan,
                 &(struct layer){.kind = &layer_lstm, .name = "lstm", .lstm = {.hidden = hidden}},
                 plan->count - 1, -1);
}

static void add_standard(struct network_plan *plan) {
    append_layer(plan, &(struct layer){.kind = &layer_standard, .name = "normalization"},
                 OBSERVATION, -1);
}

static void add_outputs(struct network_plan *plan, const char *name, enum layer_role role, int outs,
                        int trunk_end) {
    struct layer layer = {.kind = &layer_dense, .role = role, .dense = {.out = outs}};
    snprintf(layer.name, sizeof layer.name, "%s", name);
    append_layer(plan, &layer, trunk_end, -1);
}

static void add_head(struct network_plan *plan, const char *name, enum layer_role role, int outs,
                     int trunk_end) {
    add_outputs(plan, name, role, outs, trunk_end);
    plan->head_count++;
}

/* Adds the value's head. If returns are normalised, units read it and are the head. */
static void add_value(struct network_plan *plan, int trunk_end, bool is_normalized) {
    add_head(plan, "value", ROLE_VALUE, 1, trunk_end);
    if (!is_normalized)
        return;
    plan->head_count = 0;
    append_layer(plan,
                 &(struct layer){.kind = &layer_units, .name = "value_units", .role = ROLE_VALUE},
                 plan->count - 1, -1);
    plan->head_count = 1;
}

/* Adds both heads. A Gaussian reads the policy's means, which therefore are no head, and heads come
 * last. */
static void add_policy_and_value(struct network_plan *plan, const struct network_spec *spec,
                                 int trunk_end) {
    const int means = plan->count;
    const int value_end = plan->value_end > 0 ? plan->value_end : trunk_end;
    if (!spec->gaussian) {
        add_value(plan, value_end, spec->normalize_returns);
        add_head(plan, "policy", ROLE_POLICY, spec->actions, trunk_end);
        return;
    }
    add_outputs(plan, "policy", ROLE_POLICY, spec->actions, trunk_end);
    add_value(plan, value_end, spec->normalize_returns);
    append_layer(plan,
                 &(struct layer){.kind = &layer_gaussian, .name = "gaussian", .role = ROLE_POLICY},
                 means, -1);
    plan->head_count++;
}

/* Far above any real size, and small enough that no computed size overflows. */
enum { MAX_CHANNELS = 256, MAX_VECTOR = 65536, MAX_SIDE = 1024, MAX_ACTIONS = 4096 };

static bool within(int value, int maximum) {
    return value >= 1 && value <= maximum;
}

static bool actions_fit(const struct network_spec *spec) {
    if (!within(spec->actions, MAX_ACTIONS))
        return false;
    if (spec->parts.count == 0)
        return true;
    return !spec->gaussian && spec->heads != HEADS_Q && parts_are_valid(&spec->parts) &&
           parts_choices(&spec->parts) == spec->actions;
}

static bool observation_fits(const struct network_spec *spec) {
    if (trunk_takes_vectors(spec->trunk))
        return within(spec->channels, MAX_VECTOR) && spec->height == 1 && spec->width == 1;
    return within(spec->channels, MAX_CHANNELS) && within(spec->height, MAX_SIDE) &&
           within(spec->width, MAX_SIDE);
}

bool network_plan_make(const struct network_spec *spec, struct network_plan *plan) {
    if ((unsigned)spec->trunk >= TRUNK_COUNT || (unsigned)spec->heads > HEADS_Q ||
        !observation_fits(spec) || !actions_fit(spec) || spec->trunk_width < 0 ||
        spec->trunk_width > NETWORK_MAX_WIDTH || (spec->gaussian && spec->heads == HEADS_Q) ||
        spec->lstm < 0 || spec->lstm > NETWORK_MAX_LSTM ||
        (spec->trunk == TRUNK_TWIN &&
         (spec->heads == HEADS_Q || spec->lstm > 0 || spec->layer_norm)))
        return false;
    *plan = (struct network_plan){.observation = {spec->channels, spec->height, spec->width},
                                  .width = spec->trunk_width > 1 ? spec->trunk_width : 1,
                                  .is_normed = spec->layer_norm};
    if (spec->normalize_observations)
        add_standard(plan);
    trunks[spec->trunk].build(plan);
    if (spec->lstm > 0)
        add_lstm(plan, spec->lstm);
    const int end = plan->count - 1;
    if (spec->heads == HEADS_Q)
        add_head(plan, "q", ROLE_Q, spec->actions, end);
    else
        add_policy_and_value(plan, spec, end);
    return !plan->failed;
}
