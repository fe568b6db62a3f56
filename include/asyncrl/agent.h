/*
 * Trained agents of asyncrl in programs of your own, in C or C++: weights and screens in, actions
 * out.
 *
 *     #include <asyncrl/agent.h>
 *
 *     struct asyncrl_error error;
 *     struct asyncrl_agent_options options = {.abi_version = ASYNCRL_AGENT_ABI,
 *                                             .model = "model-Breakout-v0-6000000.h5"};
 *     struct asyncrl_agent *agent;
 *     if (asyncrl_agent_open(&options, &agent, &error) != ASYNCRL_OK)
 *         fprintf(stderr, "%s\n", error.message);
 *     ...
 *     asyncrl_agent_begin(agent, 0);                           a game begins
 *     while (!over) {
 *         struct asyncrl_decision decision;
 *         asyncrl_agent_see(agent, rgb, height, width, &error);
 *         asyncrl_agent_decide(agent, &decision, &error);
 *         ... play decision.action for as many frames as the agent was trained with ...
 *     }
 *     asyncrl_agent_close(agent);
 *
 *     cc program.c $(pkg-config --cflags --libs asyncrl)
 *
 * examples/act.c is a whole program; docs/embedding.md has the rest.
 *
 * Threads: an agent is used by one thread at a time; several agents may be used by several threads
 * at once. Agents are opened and closed one at a time. Opening one reads the file in a forked child
 * process, which ends before it returns, and sets OpenMP's number of threads to one for the thread
 * that called it: a network of this size is fastest with one.
 *
 * Versions: functions, members of structs and their order change only with ASYNCRL_AGENT_ABI, the
 * number in the library's soname. New members come last, and only in structs that the library
 * makes.
 */
#ifndef ASYNCRL_LIBRARY_AGENT_H
#define ASYNCRL_LIBRARY_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header. The library refuses a program that was built with another one: build
 * it again. */
#define ASYNCRL_AGENT_ABI 1

enum asyncrl_status {
    ASYNCRL_OK = 0,
    ASYNCRL_FAILED = 1,   /* at run time: no memory, say */
    ASYNCRL_BAD_INPUT = 2 /* bad input: a file, a screen's size */
};

/* One line: what was wrong, and what to do. Functions write it only if they do not return
 * ASYNCRL_OK. A caller may pass NULL in its place. */
struct asyncrl_error {
    char message[1024];
};

struct asyncrl_agent_options {
    uint32_t abi_version;    /* ASYNCRL_AGENT_ABI */
    const char *model;       /* path of a weight file, asyncrl's own or Keras's; or of a run
                                directory: its best weights, otherwise the newest */
    const char *observation; /* "classic", "deepmind" or "v4"; NULL: as the file says */
    uint64_t seed;           /* of all chance; see asyncrl_agent_begin */
    double eps;              /* for Q networks: chance of a random action */
};

/* The description of an agent and its training. The agent owns all of it. */
struct asyncrl_agent_about {
    const char *game;        /* "Breakout-v0"; "": the file does not say, as below */
    const char *method;      /* "a3c", "q1", "qn", "sarsa", "ppo", "pqn" */
    const char *observation; /* "classic", "deepmind", "v4", or "vector" */
    const char *network;     /* "a3c", "nature+layer_norm" */
    union {
        int64_t steps;  /* trained; -1: the file does not say */
        int64_t frames; /* the same: its older name */
    };
    int frame_skip_min;              /* frames that an action is played for, drawn uniformly from */
    int frame_skip_max;              /* min to max; 0: not known */
    int action_count;                /* actions are 0 .. action_count-1; 0: they are continuous */
    const char *const *action_names; /* (action_count) "NOOP", ...; NULL: the file does not say */
    int channels;                    /* an observation is (channels, height, width) bytes, or, of */
    int height;                      /* a vector, channels floats */
    int width;
    bool is_vector;  /* the game has no picture: use asyncrl_agent_decide_on */
    bool has_policy; /* probabilities and a value; otherwise a Q of each action */
    int action_size; /* numbers of a continuous action, see asyncrl_agent_numbers; 0: actions are
                        numbered */
    int part_count;  /* choices that an action makes at once, each by a policy of its own: an
                        action's number has them as its digits, the last going fastest; 0: one */
    const int *part_sizes; /* (part_count): what each chooses from; NULL without parts */
};

/* The network's outputs, and the chosen action. */
struct asyncrl_decision {
    int action;          /* -1: actions are continuous */
    float value;         /* of the state; 0 for a Q network */
    const float *policy; /* (action_count) probabilities; of parts (sum of part_sizes), one part
                            after the other; for continuous actions (2, action_size): means of
                            their numbers, then deviations; NULL for a Q network */
    const float *q;      /* (action_count); NULL with a policy */
};

/* A parameter of the network: weights of a layer, see docs/weights.md. */
struct asyncrl_weight {
    const char *name; /* "conv1/kernel" */
    int rank;
    int shape[4];      /* (rank): convolutions (out, in, height, width), dense layers (in, out) */
    const float *data; /* row-major */
};

/*
 * A layer: it computes its kind's function of source's output, adds skip's output if there is a
 * skip, and applies a ReLU if has_relu is set. Kinds: "convolution"; "dense"; "gaussian": its
 * input, the means, then the logarithms of the deviations; "identity"; "lstm": as Keras's; "norm":
 * layer normalisation over all elements of a sample, epsilon 1e-5; "pool": the maximum, padded as
 * Keras's "same"; "standard": (x - mean) / sqrt(variance + 1e-8), clipped to -10..10, by channel;
 * "tanh"; "units": x * sqrt(variance + 1e-8) + mean.
 */
struct asyncrl_layer {
    const char *kind;
    const char *name; /* "conv1"; of heads "value" or "value_units", "policy" (logits), "gaussian"
                         or "q" */
    int source;       /* the layer that it reads; -1: the observation, bytes divided by 255 */
    int skip;         /* -1: none */
    bool has_relu;
    bool is_head; /* nothing reads it */
    int first_weight;
    int weight_count;
    int out[3]; /* channels, height, width of its output; of a vector (numbers, 1, 1) */
    int kernel; /* side of a window; 0: there is none */
    int stride;
    int padding; /* zeros around the planes of a convolution */
};

struct asyncrl_agent;

/* Marks the functions that the library exports: all of these. */
#define ASYNCRL_AGENT_EXPORT __attribute__((visibility("default")))

/* Opens an agent, which begins its episode 0. On success the caller closes *agent. */
ASYNCRL_AGENT_EXPORT enum asyncrl_status
asyncrl_agent_open(const struct asyncrl_agent_options *options, struct asyncrl_agent **agent,
                   struct asyncrl_error *error);

/* Returns the agent's description, valid until the agent is closed. */
ASYNCRL_AGENT_EXPORT const struct asyncrl_agent_about *
asyncrl_agent_about(const struct asyncrl_agent *agent);

/*
 * Begins an episode: forgets all screens, and what a network with a memory remembers. Chance
 * depends only on the seed and this number, as with `asyncrl play --seed`, whose first game is
 * episode 0.
 */
ASYNCRL_AGENT_EXPORT void asyncrl_agent_begin(struct asyncrl_agent *agent, uint64_t episode);

/*
 * Shows a screen of the game: (height, width, 3) bytes of red, green, blue, up to 1024x1024; the
 * agent copies what it needs. An action's last frame is enough, or its last two with the
 * observation "deepmind". All screens of an episode have one size.
 */
ASYNCRL_AGENT_EXPORT enum asyncrl_status asyncrl_agent_see(struct asyncrl_agent *agent,
                                                           const uint8_t *rgb, int height,
                                                           int width, struct asyncrl_error *error);

/*
 * Chooses an action for the screens so far: at random from the policy, or the best of a Q network
 * (with chance eps, any). Show at least one screen after each decision. The agent owns the arrays
 * in *decision, which are valid until its next decision.
 */
ASYNCRL_AGENT_EXPORT enum asyncrl_status asyncrl_agent_decide(struct asyncrl_agent *agent,
                                                              struct asyncrl_decision *decision,
                                                              struct asyncrl_error *error);

/* The same for an observation that the caller made: (channels, height, width) bytes, oldest screen
 * first, or channels floats. It needs no screens. A network with a memory remembers the
 * observation: it takes those of one game, in their order. */
ASYNCRL_AGENT_EXPORT void asyncrl_agent_decide_on(struct asyncrl_agent *agent,
                                                  const void *observation,
                                                  struct asyncrl_decision *decision);

/* The continuous action of the last decision: (action_size) numbers, drawn around the means. Clip
 * them to the game's bounds. NULL: there was no decision, or actions are numbered. The agent owns
 * them; they are valid until its next decision. */
ASYNCRL_AGENT_EXPORT const float *asyncrl_agent_numbers(const struct asyncrl_agent *agent);

/* The network's outputs for an observation, without choosing an action, using chance or
 * remembering: action is -1. */
ASYNCRL_AGENT_EXPORT void asyncrl_agent_predict_on(struct asyncrl_agent *agent,
                                                   const void *observation,
                                                   struct asyncrl_decision *decision);

/* The parameters, *count of them, and the layers, in the order of computation with the heads last.
 * The agent owns both; they are valid until it is closed. */
ASYNCRL_AGENT_EXPORT const struct asyncrl_weight *
asyncrl_agent_weights(const struct asyncrl_agent *agent, int *count);
ASYNCRL_AGENT_EXPORT const struct asyncrl_layer *
asyncrl_agent_layers(const struct asyncrl_agent *agent, int *count);

/* NULL is ignored. */
ASYNCRL_AGENT_EXPORT void asyncrl_agent_close(struct asyncrl_agent *agent);

#ifdef __cplusplus
}
#endif

#endif
