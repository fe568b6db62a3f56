/*
 * Networks: a spec makes one, parameters come in one flat array.
 *
 * The network holds its plan and its scratch memory, never the parameters: forward and backward
 * take them as a pointer, so that an actor computes directly on a copy in the weight store.
 *
 *     struct network_spec spec = {.trunk = TRUNK_A3C, .heads = HEADS_POLICY_VALUE, .channels = 3,
 *                                 .height = 84, .width = 84, .actions = 4};
 *     struct network *network;
 *     network_create(&spec, network_backend_default(), max_batch, 1, &network, error);
 *     float *params = malloc(network_param_count(&spec) * sizeof *params);
 *     network_initialize(&spec, params, &rng);
 *     struct network_outputs out = network_forward(network, params, observations, batch);
 *     network_backward(network, params, batch, d_action, d_value, gradients);
 *
 * A network belongs to one thread of one process. Create it after the fork: oneDNN may start
 * threads, which a fork loses. network_warm_up is for before the fork.
 */
#ifndef ASYNCRL_NETWORK_NETWORK_H
#define ASYNCRL_NETWORK_NETWORK_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Trunks, ReLU after each layer but twin's; only impala pads convolutions. Trunks for pictures are
 * named after their papers and read u8; those for vectors read floats.
 */
enum trunk {
    TRUNK_A3C,    /* conv 16@8x8/4, 32@4x4/2, dense 256 (arXiv 1602.01783, section 8) */
    TRUNK_NATURE, /* conv 32@8x8/4, 64@4x4/2, 64@3x3/1, dense 512 (Mnih et al., Nature 2015) */
    TRUNK_MLP,    /* for vectors: dense 64, dense 64 */
    TRUNK_IMPALA, /* three sections of 16, 32 and 32 channels: conv 3x3, maximum of 3x3/2, two
                   * residual blocks of two conv 3x3; dense 256 (arXiv 1802.01561, figure 3) */
    TRUNK_TWIN    /* for vectors, one trunk for the policy and one for the value, each dense 64,
                   * dense 64, with tanh in place of ReLU, as Stable-Baselines3's MlpPolicy */
};

/* The heads: action logits and a value, or one Q for each action. */
enum heads { HEADS_POLICY_VALUE, HEADS_Q };

/* The initial kernels of a new network; docs/methods.md has the sources. */
enum network_init { INIT_HE, INIT_ORTHOGONAL };

enum {
    NETWORK_MAX_LAYERS = 40,
    NETWORK_MAX_TENSORS = 2 * NETWORK_MAX_LAYERS + 3,
    NETWORK_MAX_BATCH = 4096,
    NETWORK_NAME_SIZE = 192,
    NETWORK_MAX_WIDTH = 8,
    NETWORK_MAX_LSTM = 2048,
    NETWORK_STANDARD_BOUND = 10 /* normalised observations are clipped to +-10 deviations */
};

/* Added to a running variance before its root is taken. */
#define NETWORK_VARIANCE_FLOOR 1e-8f

struct network_spec {
    enum trunk trunk;
    enum heads heads;
    int channels; /* of the picture; for vectors their numbers */
    int height;   /* for vectors 1, as the width */
    int width;
    int actions;   /* to choose from; with gaussian the numbers of a continuous action, with parts
                    * the choices of all of them */
    bool gaussian; /* the policy is a Gaussian over an action's numbers, not a choice */
    struct action_parts parts; /* the policy chooses in each of several parts; none: one choice */
    enum network_init init;
    int trunk_width; /* factor for the channels of impala's convolutions; 0 is 1 */
    int lstm;        /* units of a memory between trunk and heads; 0: none */
    bool layer_norm; /* layer normalisation before each ReLU, over all elements of a sample */
    bool normalize_observations; /* by their running mean and variance */
    bool normalize_returns;      /* the value's head learns in units of returns normalised so */
};

const char *trunk_name(enum trunk trunk);
bool trunk_from_name(const char *name, enum trunk *trunk);

/*
 * The name of a spec's network, as files have it: its trunk and the settings that change the
 * network, "nature+layer_norm", "impala+width=2". network_from_name sets these fields in spec and
 * no others.
 */
void network_name(const struct network_spec *spec, char out[NETWORK_NAME_SIZE]);
bool network_from_name(const char *name, struct network_spec *spec);

/* The trunk with that many convolutions, for files that name no trunk; each has another number. */
bool trunk_from_convolutions(int count, enum trunk *trunk);

/* Whether observations are vectors of floats, and not pictures of u8. */
bool trunk_takes_vectors(enum trunk trunk);

/* Floats in the parameter array; 0 if the spec cannot be built (its observation is too small). */
size_t network_param_count(const struct network_spec *spec);

/*
 * Named views on a parameter (or gradient) array, in its order; returns their number.
 *
 * Kernels are cross-correlations, (out, in, height, width): "conv1/kernel", "conv1/bias",
 * "conv2/kernel", ...; dense kernels are (in, out): "dense/kernel", "dense/bias", or with TRUNK_MLP
 * "dense1/kernel", "dense1/bias", "dense2/kernel", "dense2/bias", and with TRUNK_TWIN before them
 * "value_dense1/kernel", ..., "value_dense2/bias"; then "value/kernel", "value/bias",
 * "policy/kernel", "policy/bias", or "q/kernel", "q/bias"; with gaussian the policy's, those of the
 * value, then "gaussian/log_std". The dense layer on a convolution reads its output in (channel,
 * row, column) order. Layers of normalisation come after the layer that they normalise:
 * "layer_normalization/gamma" and "/beta", (channels, height, width) or (numbers),
 * "layer_normalization_1/gamma", .... A memory, before the heads: "lstm/kernel" (in, 4 units: the
 * gates input, forget, candidate, output), "lstm/recurrent_kernel", "lstm/bias".
 *
 * With normalize_observations "normalization/mean" and "/variance", (channels, 1, 1) or (numbers),
 * and "normalization/count", (1), come first. With normalize_returns "value_units/mean",
 * "/variance" and "/count", (1) each, come after "value/bias". They are not trained.
 */
int network_tensors(const struct network_spec *spec, float *params,
                    struct tensor_view views[NETWORK_MAX_TENSORS]);

/* Outputs of the policy or of Q, for each observation: as many as actions; with parts the logits of
 * the first part, then those of the second, and so on; with gaussian the means of an action's
 * numbers, then the logarithms of their deviations. */
int network_action_outputs(const struct network_spec *spec);

/* Floats of state that a network with a memory carries from step to step; 0: it has none. */
size_t network_state_size(const struct network_spec *spec);

/* A layer, for writers of other formats. */
struct layer_view {
    const char *kind;            /* "convolution", "dense", "gaussian", "identity", "lstm", "norm",
                                  * "pool", "standard", "tanh", "units" */
    char name[TENSOR_NAME_SIZE]; /* "conv1": its tensors' names begin with it */
    int source;                  /* the layer that it reads; -1: the observation */
    int skip;                    /* the layer whose output is added to its own; -1: none */
    bool relu;                   /* a ReLU follows */
    bool is_head;                /* "value", "policy", "gaussian" or "q"; nothing reads it */
    int first_tensor;            /* its tensors among those of network_tensors */
    int tensor_count;
    int out[3]; /* channels, height and width of its output; (numbers, 1, 1) for a vector */
    int kernel; /* side of a window, for convolutions and pooling; 0: no window */
    int stride;
    int padding; /* zeros around a convolution's planes; pooling pads like Keras' "same" */
};

/* The layers in the order of computation, the heads last; returns their number. */
int network_layers(const struct network_spec *spec, struct layer_view layers[NETWORK_MAX_LAYERS]);

/*
 * A new network's parameters: biases 0, those of an LSTM's forget gates 1. With INIT_HE kernels are
 * uniform with a variance of 2 / inputs, of 1 / inputs in an LSTM; those of heads are a hundredth
 * as large. With INIT_ORTHOGONAL they are orthogonal, times the square root of 2 in the trunk, 0.01
 * in the policy's head, 1 elsewhere. False: out of memory; INIT_HE needs none.
 */
bool network_initialize(const struct network_spec *spec, float *params, struct rng *rng);

/* Running means and variances among a network's parameters. */
struct network_statistics {
    int channels;     /* 0: the network has none */
    float *means;     /* (channels) */
    float *variances; /* (channels), of a population; 1 before the first sample */
    float *count;     /* of samples counted */
};

/* The statistics of observations (bytes count as value / 255), and of returns, which have one
 * channel. No gradient moves them: the learner counts them. The network's outputs change with those
 * of observations. */
struct network_statistics network_observation_statistics(const struct network_spec *spec,
                                                         float *params);
struct network_statistics network_return_statistics(const struct network_spec *spec, float *params);

/* The factor for the output of the value's head; 1 without statistics. */
float network_return_deviation(const struct network_statistics *statistics);

/* Changes the statistics of returns, and adapts the value's head so that values do not change (van
 * Hasselt et al., "Learning values across many orders of magnitude", arXiv 1602.07714, equations 2
 * and 3). Does nothing if the network has none. */
void network_set_return_statistics(const struct network_spec *spec, float *params, float mean,
                                   float variance, float count);

/* ---- Options --------------------------------------------------------------------------------- */

/* The user's options of a network; network_options names them. */
struct network_config {
    char trunk[OPTION_TEXT_SIZE]; /* "auto": the one that fits the observation */
    char init[OPTION_TEXT_SIZE];  /* "he", "orthogonal" */
    bool layer_norm;
    bool normalize_observations;
    bool normalize_returns;
    int64_t trunk_width;
    int64_t lstm;
};

extern const struct option network_options[];

/*
 * Sets in spec what config chooses; the caller has set channels, height, width, actions and heads.
 * is_vector: observations are vectors; shown: their source, for messages. A trunk for the other
 * kind of observation is STATUS_BAD_INPUT.
 */
enum status network_options_apply(const struct network_config *config, bool is_vector,
                                  const char *shown, struct network_spec *spec,
                                  struct error *error);

/* ---- Computing ------------------------------------------------------------------------------- */

/* network_create refuses BACKEND_UNKNOWN with a message about the environment variable. */
enum backend { BACKEND_UNKNOWN = -1, BACKEND_REFERENCE, BACKEND_ONEDNN };

const char *backend_name(enum backend backend);
bool backend_from_name(const char *name, enum backend *backend);

/* oneDNN, or the backend that ASYNCRL_BACKEND in the environment names. */
enum backend network_backend_default(void);

struct network;

/*
 * Plans for batches of up to max_batch (at most NETWORK_MAX_BATCH). threads: the most that the
 * backend may use in the calling thread; if a thread creates several networks, the last call
 * counts. A spec that cannot be built, or an unknown backend, is STATUS_BAD_INPUT.
 */
enum status network_create(const struct network_spec *spec, enum backend backend, int max_batch,
                           int threads, struct network **network, struct error *error);

/*
 * Lets the backend compile its kernels for such a network, so that processes forked later find them
 * in their memory: oneDNN needs 20 ms for them. Starts no thread; does nothing where that cannot be
 * helped or memory runs out.
 */
void network_warm_up(const struct network_spec *spec, enum backend backend);

/* Arrays owned by the network, valid until its next forward. */
struct network_outputs {
    const float *action; /* (batch, network_action_outputs): logits, means and logarithms of
                            deviations, or Q */
    const float *value;  /* (batch); NULL with HEADS_Q */
};

/*
 * observations: (batch, channels, height, width) u8, read as value / 255, or (batch, channels)
 * float, as the trunk takes them. 1 <= batch <= max_batch. The caller owns them and must not change
 * them before the backward of this batch, if there is one.
 */
struct network_outputs network_forward(struct network *network, const float *params,
                                       const void *observations, int batch);

/* The sequences that a batch consists of, all with the same number of consecutive steps, one
 * sequence after the other. */
struct network_sequences {
    int steps;
    const float *state;    /* (sequences, network_state_size) before the first steps; NULL: zeros */
    const float *states;   /* (batch, network_state_size) in place of state: the state before each
                              step, read for first steps and starts only; NULL: see state */
    const uint8_t *starts; /* (batch): whether this step begins from its row of states, or from
                              zeros, and not from the step before; NULL: none does */
    float *state_out;      /* (sequences, network_state_size) after the last; NULL: not wanted */
};

/*
 * network_forward for a network with a memory. (network_forward itself begins with zeros for each
 * observation.) steps divides batch. The arrays must not change before the backward, whose
 * gradients stop at the sequences' starts.
 */
struct network_outputs network_forward_sequences(struct network *network, const float *params,
                                                 const void *observations, int batch,
                                                 const struct network_sequences *sequences);

/* network_forward for observations that are floats with any trunk. */
struct network_outputs network_forward_f32(struct network *network, const float *params,
                                           const float *observations, int batch);

/*
 * Gradients of a loss with respect to the parameters, after a forward of the same batch and params.
 * d_action: (batch, network_action_outputs), d_value: (batch) or NULL with HEADS_Q: the loss's
 * gradients with respect to the outputs. gradients: network_param_count floats, overwritten.
 */
void network_backward(struct network *network, const float *params, int batch,
                      const float *d_action, const float *d_value, float *gradients);

/* A backward calls done, on its thread, when the gradients from number first on will not change any
 * more: layer by layer from the last to the first, in the end with first = 0. */
struct network_watcher {
    void (*done)(void *context, size_t first);
    void *context;
};

/* Sets the watcher of later backwards; done = NULL: none. */
void network_watch(struct network *network, const struct network_watcher *watcher);

/* ---- On several threads ---------------------------------------------------------------------- */

/*
 * A network whose passes are split over threads (shards.c). What a thread computes depends on the
 * batch and the number of threads alone, and gradients are added up in the order of the threads. So
 * the bits of the result depend on nothing else; one thread gives the bits of the plain network.
 */
struct network_shards;

/*
 * threads: 1 to TEAM_MAX_MEMBERS, the calling thread included, which owns the result; by_rows: each
 * thread computes all layers for an equal part of the rows, and so the sums are, to the bit, those
 * of plain networks for these parts, but slower; the rest as for network_create.
 */
enum status network_shards_create(const struct network_spec *spec, enum backend backend,
                                  int max_batch, int threads, bool by_rows,
                                  struct network_shards **shards, struct error *error);

/* As network_forward and network_backward. */
struct network_outputs network_shards_forward(struct network_shards *shards, const float *params,
                                              const void *observations, int batch);

/* As network_forward_sequences, for sequences with states and without state_out; a sequence stays
 * on one thread. */
struct network_outputs network_shards_forward_sequences(struct network_shards *shards,
                                                        const float *params,
                                                        const void *observations, int batch,
                                                        const struct network_sequences *sequences);
void network_shards_backward(struct network_shards *shards, const float *params, int batch,
                             const float *d_action, const float *d_value, float *gradients);

/* As network_watch; with several threads, a backward calls done once, for all gradients. */
void network_shards_watch(struct network_shards *shards, const struct network_watcher *watcher);

/* The threads, for other work of the calling thread between passes; NULL: it is alone, or the bits
 * of that work must not depend on the number of threads (by_rows). */
struct team *network_shards_team(struct network_shards *shards);

void network_shards_destroy(struct network_shards *shards);

/* Multiply-adds of one forward of one observation, counted twice: FLOP. */
double network_forward_flop(const struct network_spec *spec);

/* The same for one backward: each layer's gradients with respect to its kernel and to its input,
 * without the observation's. */
double network_backward_flop(const struct network_spec *spec);

/*
 * A dense layer alone, on one thread: out (batch, outs) = in (batch, ins) kernel (ins, outs) + bias
 * (outs). With sizes of about a thousand it is a pure matrix product, which measures a backend's
 * peak.
 */
void network_dense(enum backend backend, float *out, const float *in, const float *kernel,
                   const float *bias, int batch, int ins, int outs);

void network_destroy(struct network *network);

#endif
