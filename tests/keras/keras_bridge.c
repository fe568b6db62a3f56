/*
 * The project's part for tests/keras/check.py: weight files in and out, outputs of a network, and a
 * checkpoint.
 *
 * usage: keras_bridge random NETWORK policy|q CHANNELS ACTIONS OUT.h5
 *        keras_bridge copy IN.h5 OUT.h5
 *        keras_bridge predict auto|first|last MODEL.h5 OBSERVATION...
 *        keras_bridge checkpoint FOLDER
 *
 * predict prints a line of JSON an observation: value and policy (its logits, or means and
 * logarithms of deviations), or q.
 */
#include "network/network.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

static void stop(const char *message) {
    fprintf(stderr, "keras_bridge: %s\n", message);
    exit(EXIT_FAILURE);
}

static void require(enum status status, const struct error *error) {
    if (status != STATUS_OK)
        stop(error->message);
}

/* The caller frees the parameters. */
static float *load(const char *path, enum channels_order channels, struct network_spec *spec) {
    struct error error;
    struct weights_layout layout;
    require(weights_inspect(path, channels, &layout, &error), &error);
    *spec = (struct network_spec){.heads = layout.q_heads ? HEADS_Q : HEADS_POLICY_VALUE,
                                  .channels = layout.channels,
                                  .height = layout.height,
                                  .width = layout.width,
                                  .actions = layout.actions};
    if (layout.metadata.network[0] ? !network_from_name(layout.metadata.network, spec)
                                   : !trunk_from_convolutions(layout.convolutions, &spec->trunk))
        stop("no such network");
    struct tensor_view views[NETWORK_MAX_TENSORS];
    float *params = malloc(network_param_count(spec) * sizeof *params);
    if (!params)
        stop("out of memory");
    const int count = network_tensors(spec, params, views);
    require(weights_load(path, channels, views, count, &error), &error);
    return params;
}

static void save(const char *path, const struct network_spec *spec, float *params) {
    struct error error;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    const int count = network_tensors(spec, params, views);
    struct weights_metadata about = {.steps = -1};
    network_name(spec, about.network);
    require(weights_save(path, views, count, &about, &error), &error);
}

/* Kernels of a new network; biases are not zero, so that a lost one shows. */
static void random_file(char **arguments) {
    struct network_spec spec = {.heads =
                                    strcmp(arguments[1], "q") == 0 ? HEADS_Q : HEADS_POLICY_VALUE,
                                .channels = atoi(arguments[2]),
                                .height = 84,
                                .width = 84,
                                .actions = atoi(arguments[3])};
    if (!network_from_name(arguments[0], &spec))
        stop("no such network");
    if (trunk_takes_vectors(spec.trunk))
        spec.height = spec.width = 1;
    const size_t count = network_param_count(&spec);
    float *params = malloc(count * sizeof *params);
    if (!params)
        stop("out of memory");
    struct rng rng;
    rng_seed(&rng, 1, 0);
    network_initialize(&spec, params, &rng);
    for (size_t i = 0; i < count; i++)
        if (params[i] == 0)
            params[i] = (float)(rng_uniform(&rng) - 0.5) * 0.2F;
    save(arguments[4], &spec, params);
    free(params);
}

static void copy_file(char **arguments) {
    struct network_spec spec;
    float *params = load(arguments[0], CHANNELS_UNSAID, &spec);
    save(arguments[1], &spec, params);
    free(params);
}

static void print_outputs(const struct network_spec *spec, const struct network_outputs *outputs) {
    double actions[64];
    const int count = network_action_outputs(spec);
    if (count > 64)
        stop("too many actions");
    for (int i = 0; i < count; i++)
        actions[i] = (double)outputs->action[i];
    struct json *json = json_new_object();
    if (outputs->value)
        json_set_real(json, "value", (double)outputs->value[0]);
    json_set_reals(json, outputs->value ? "policy" : "q", actions, count);
    json_print(json, stdout);
    json_free(json);
}

static void predict(int count, char **arguments) {
    struct error error;
    struct network_spec spec;
    struct network *network;
    float *params = load(arguments[1], weights_channels(arguments[0]), &spec);
    require(network_create(&spec, network_backend_default(), 1, 1, &network, &error), &error);
    const size_t expected = (size_t)(spec.channels * spec.height * spec.width) *
                            (trunk_takes_vectors(spec.trunk) ? sizeof(float) : 1);
    for (int i = 2; i < count; i++) {
        unsigned char *observation;
        size_t size;
        require(path_read_file(arguments[i], expected, &observation, &size, &error), &error);
        if (size != expected)
            stop("an observation of another size");
        const struct network_outputs outputs = network_forward(network, params, observation, 1);
        print_outputs(&spec, &outputs);
        free(observation);
    }
    network_destroy(network);
    free(params);
}

/* Writes the numbers that check.py knows. */
static void save_checkpoint(const char *folder) {
    const float params[] = {0.5F, -1.25F, 3e-40F};
    const int64_t frames = 123456789012;
    const double rates[] = {0.1, -1e300};
    const struct checkpoint_part parts[] = {
        {"learner/params", CHECKPOINT_FLOATS, params, 3},
        {"learner/frames", CHECKPOINT_INTS, &frames, 1},
        {"learner/rates", CHECKPOINT_REALS, rates, 2},
        {"options", CHECKPOINT_BYTES, "a=1", 3},
        {"unread", CHECKPOINT_FLOATS, NULL, 0},
    };
    struct error error;
    require(checkpoint_save(folder, parts, sizeof parts / sizeof parts[0], &error), &error);
}

int main(int argc, char **argv) {
    if (argc == 7 && strcmp(argv[1], "random") == 0)
        random_file(argv + 2);
    else if (argc == 4 && strcmp(argv[1], "copy") == 0)
        copy_file(argv + 2);
    else if (argc >= 4 && strcmp(argv[1], "predict") == 0)
        predict(argc - 2, argv + 2);
    else if (argc == 3 && strcmp(argv[1], "checkpoint") == 0)
        save_checkpoint(argv[2]);
    else
        stop("usage: random NETWORK policy|q CHANNELS ACTIONS OUT | copy IN OUT | predict ORDER "
             "MODEL FILE... | checkpoint FOLDER");
    return EXIT_SUCCESS;
}
