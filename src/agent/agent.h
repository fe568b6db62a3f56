/*
 * A trained policy: weights and a game in, actions out; and one game of it at a time. The commands
 * play, eval and predict share it.
 *
 *     struct agent *agent;
 *     struct agent_request request = {.model = "model.h5", .game = "Breakout-v0"};
 *     agent_open(&request, &agent, error);
 *     const struct agent_info *about = agent_get_info(agent);
 *     struct environment_config config =
 *         environment_options_apply(&about->environment, &about->game, about->observation);
 *     struct environment *environment;
 *     agent_open_environment(agent, &config, NULL, &environment, error);
 *     struct agent_decision decision = agent_decide(agent, observation, eps, &rng);
 *     agent_close(agent);
 *
 * An agent belongs to one thread of one process. Open it after the fork (see network.h).
 */
#ifndef ASYNCRL_AGENT_AGENT_H
#define ASYNCRL_AGENT_AGENT_H

#include "agent/saliency.h"
#include "algorithm/algorithm.h"
#include "base/base.h"
#include "env/env.h"
#include "network/network.h"
#include "store/store.h"

struct agent_request {
    const char *model;                      /* path of a weight file */
    const char *game;                       /* id; NULL or "": the game that the file names */
    const struct game_overrides *overrides; /* NULL or unset fields: as the file says */
    const char *observation; /* preset; NULL or "": as the file says, otherwise by channels: classic
                                for 3, deepmind for 4; vector for networks on vectors */
    const char *rules; /* of the environment, as options_parse_text reads environment_rule_options;
                          NULL or unset fields: as the file says */
    enum channels_order channels; /* for a foreign file that does not state it */
    int64_t max_steps;            /* of a game; 0: the limit of its id */
    bool greedy;   /* take the most probable action of a policy, or the mean of a continuous one,
                      instead of a random one */
    bool explores; /* the user asked for a chance of random actions: only for a Q network */
    bool without_game; /* load only weights and observation: predict */
    bool trusts_model; /* the file may name a game with code of its own: game_names_code */
};

/* The settings that an agent was made from, with all defaults filled in. */
struct agent_info {
    struct game game;                       /* zeros with without_game */
    int64_t max_steps;                      /* as in struct agent_request */
    bool greedy;                            /* the same */
    struct environment_options environment; /* its rules */
    enum observation_preset observation;
    struct network_spec network;
    struct weights_metadata weights;
};

struct agent;

/*
 * Writes the path of the weight file that model names: model itself, or if it is a run directory,
 * the best weights in it (model-best.h5), otherwise the newest. A directory without weights is
 * STATUS_BAD_INPUT.
 */
enum status agent_find_weights(const char *model, char path[PATH_SIZE], struct error *error);

/*
 * Loads weights and settles game and observation. An unreadable file, an unknown game or preset,
 * and an observation with another number of channels are STATUS_BAD_INPUT; so is a game with code
 * of its own, unless the user named it. The caller closes *agent.
 */
enum status agent_open(const struct agent_request *request, struct agent **agent,
                       struct error *error);

/*
 * Makes an agent with weights of 0, which the caller fills in: one flat array that begins at the
 * first of agent_tensors. The caller closes *agent.
 */
enum status agent_create(const struct agent_info *info, struct agent **agent, struct error *error);

const struct agent_info *agent_get_info(const struct agent *agent);

/* Emulator frames per step in the agent's training, drawn from *min to *max: from the file,
 * otherwise its game's id. False if both are unknown. */
bool agent_frame_skip(const struct agent *agent, int *min, int *max);

/* The network's parameters, as network_tensors lists them; the agent owns them. Returns their
 * number. */
int agent_tensors(const struct agent *agent, struct tensor_view views[NETWORK_MAX_TENSORS]);

/*
 * Opens the agent's game under the rules of config (data_dir as in game_open_emulator). A game with
 * actions of another number or kind than the network's is STATUS_BAD_INPUT: the weights are another
 * game's. The caller destroys *environment.
 */
enum status agent_open_environment(const struct agent *agent,
                                   const struct environment_config *config, const char *data_dir,
                                   struct environment **environment, struct error *error);

/* The network's outputs for one observation. */
struct agent_decision {
    int action;       /* -1: none was chosen, or actions are continuous */
    int action_count; /* with parts the choices of all of them; 0: actions are continuous */
    const struct action_parts *parts; /* of the action, if the policy chooses in each; or NULL */
    int action_size;                  /* numbers of a continuous action; 0: actions are numbered */
    const float *numbers;  /* (action_size) the continuous action; NULL: none was chosen */
    float value;           /* of the state; 0 for a Q network */
    const float *policy;   /* (action_count) probabilities, of parts one after the other; NULL: see
                              the others */
    const float *q;        /* (action_count) of a Q network */
    const float *gaussian; /* (2, action_size): means of a continuous action, then deviations */
};

/* Whether the chosen action is this one of the action_count choices, or with parts includes it. */
bool agent_decided(const struct agent_decision *decision, int choice);

enum { CHOICE_NAME_SIZE = 64 };

/* The name of one of the action_count choices: its action's in info, or with parts "2:5", the
 * number of the part and of its choice, both from 0. */
void agent_choice_name(const struct agent_decision *decision, const struct emulator_info *info,
                       int choice, char out[CHOICE_NAME_SIZE]);

/*
 * Chooses an action for observation, of observation_shape. A policy draws it, or if the request was
 * greedy, takes the most probable one or a continuous action's mean. A Q network takes the best
 * one, or with chance eps a random one. A network with a memory remembers the observation. Pointers
 * in the result are valid until the next call.
 */
struct agent_decision agent_decide(struct agent *agent, const void *observation, double eps,
                                   struct rng *rng);

/* The same without choosing an action, and without remembering. */
struct agent_decision agent_predict(struct agent *agent, const void *observation);

/* Begins an episode: a network with a memory forgets the one before. */
void agent_begin(struct agent *agent);

void agent_close(struct agent *agent);

/* ---- Saliency -------------------------------------------------------------------------------- */

/*
 * Saliency by perturbation (Greydanus et al., arXiv 1711.00138, section 3): around each place all
 * stacked screens are blurred (a Gaussian of deviation 3, mixed in by one of deviation 5), and the
 * map holds half the squared distance between the network's outputs for this and for observation. 0
 * if blurring changes nothing. Takes at most about 300 forwards.
 *
 * observation: of observation_shape. STATUS_BAD_INPUT for a network on vectors.
 */
enum status agent_saliency(struct agent *agent, const uint8_t *observation,
                           struct saliency *saliency, struct error *error);

/*
 * Writes the agent's network as an ONNX model, which docs/embedding.md describes. Equal weights
 * give equal bytes. Any thread.
 */
enum status agent_save_onnx(const struct agent *agent, const char *path, struct error *error);

/* ---- One game at a time ---------------------------------------------------------------------- */

/* A table for one agent and one game; fields are for reading. */
struct episode {
    struct agent *agent;
    struct environment *environment;
    uint8_t *observation;
    struct rng rng; /* of the agent's own chance */
    double eps;
    double score;  /* raw rewards of the whole game so far, across lost lives */
    int64_t steps; /* steps so far */
    bool over;
    bool cut;                       /* ended by a limit, not by the rules of the game */
    int flag;                       /* after the end of a game, as in struct environment_step */
    bool has_decided;               /* of the next step */
    struct agent_decision decision; /* of the next or the newest step */
};

/* Opens agent and game; data_dir as in game_open_emulator. Close it also if this fails. */
enum status episode_open(struct episode *episode, const struct agent_request *request,
                         const char *data_dir, double eps, struct error *error);

/* The same with an open agent, which the episode owns from then on, also if this fails. */
enum status episode_open_agent(struct episode *episode, struct agent *agent, const char *data_dir,
                               double eps, struct error *error);

/* Starts game number index, which depends only on (seed, index). */
void episode_start(struct episode *episode, uint64_t seed, uint64_t index);

/*
 * The agent's decision for the newest screen, which it copies to episode->observation. Until the
 * game ends, episode_step plays this action next, and further calls return the same; after the end
 * no action is chosen. Pointers are valid until the next step.
 */
struct agent_decision episode_decide(struct episode *episode);

/* Plays one step of a game that is not over. After a lost life that ends an episode for the agent,
 * it also begins the next episode. After a failed step (episode_failure) the game cannot go on. */
struct environment_step episode_step(struct episode *episode);

/* STATUS_FAILED with the reason if the game broke down; otherwise STATUS_OK. */
enum status episode_failure(const struct episode *episode, struct error *error);

void episode_close(struct episode *episode);

#endif
