/*
 * A trained policy: weights and a game in, actions out; and one game of it at a time. What play,
 * eval and predict share.
 *
 *     struct agent *agent;
 *     struct agent_request request = {.model = "model.h5", .game = "Breakout-v0"};
 *     agent_open(&request, &agent, error);
 *     const struct agent_info *about = agent_get_info(agent);
 *     struct environment_config config = environment_options_apply(&about->environment,
 *                                                                  &about->game,
 * about->observation); struct environment *environment; agent_open_environment(agent, &config,
 * NULL, &environment, error); struct agent_decision decision = agent_decide(agent, observation,
 * eps, &rng); agent_close(agent);
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
    const char *model; /* path of a weight file */
    const char *game;  /* id; NULL or "": what the file says it was trained on */
    const struct game_overrides
        *overrides;          /* NULL, or what is left out in them: what the file says */
    const char *observation; /* preset; NULL or "": what the file says, else seed for 3 channels,
                                deepmind for 4; vector where the network looks at one */
    const char *rules; /* of the environment, as options_parse_text reads environment_rule_options;
                          NULL, or what is left out in them: what the file says */
    enum channels_order channels; /* of a foreign file that does not say */
    int64_t max_steps;            /* that a game is played on for at most; 0: what its id says */
    bool greedy;                  /* the likeliest action of a policy, instead of a drawn one */
    bool without_game;            /* weights and observation are all that is wanted: predict */
    bool trusts_model; /* the file may name a game that runs code of its own: game_names_code */
};

/* The settings that an agent was made from, with all defaults filled in. */
struct agent_info {
    struct game game;                       /* zeros with without_game */
    int64_t max_steps;                      /* as in struct agent_request */
    bool greedy;                            /* the same */
    struct environment_options environment; /* the rules that it plays by */
    enum observation_preset observation;
    struct network_spec network;
    struct weights_metadata weights;
};

struct agent;

/*
 * Loads weights and settles game and observation. A file that cannot be read, an unknown game or
 * preset, and an observation of another number of channels are STATUS_BAD_INPUT; so is a game that
 * runs code of its own where only the file names it. The caller closes *agent.
 */
enum status agent_open(const struct agent_request *request, struct agent **agent,
                       struct error *error);

/*
 * Makes an agent whose weights, zeros so far, the caller brings: they are one flat array, which
 * begins at the first of agent_tensors. The caller closes *agent.
 */
enum status agent_create(const struct agent_info *info, struct agent **agent, struct error *error);

const struct agent_info *agent_get_info(const struct agent *agent);

/* Emulator frames a step that the agent was trained with, drawn from *min to *max: what the file
 * says, else its game's id. False where neither is known. */
bool agent_frame_skip(const struct agent *agent, int *min, int *max);

/* The network's parameters, as network_tensors has them; the agent's. Returns how many. */
int agent_tensors(const struct agent *agent, struct tensor_view views[NETWORK_MAX_TENSORS]);

/*
 * Opens the agent's game under the rules of config (data_dir as in game_open_emulator). A game with
 * another number of actions than the network has is STATUS_BAD_INPUT: the weights are another
 * game's. The caller destroys *environment.
 */
enum status agent_open_environment(const struct agent *agent,
                                   const struct environment_config *config, const char *data_dir,
                                   struct environment **environment, struct error *error);

/* The network's outputs for one observation. */
struct agent_decision {
    int action; /* -1 where none was chosen */
    int action_count;
    float value;         /* of the state; 0 for a Q network */
    const float *policy; /* (action_count) probabilities; NULL for a Q network */
    const float *q;      /* (action_count); NULL with policy and value heads */
};

/*
 * Chooses an action for observation, of observation_shape: sampled from the policy (its likeliest
 * where the request was greedy), or the best Q but with chance eps a uniformly random one. A
 * network with a memory remembers the observation. Pointers in the answer are valid until the next
 * call.
 */
struct agent_decision agent_decide(struct agent *agent, const void *observation, double eps,
                                   struct rng *rng);

/* The same without choosing an action, and without remembering. */
struct agent_decision agent_predict(struct agent *agent, const void *observation);

/* An episode begins: a network with a memory forgets the one before. */
void agent_begin(struct agent *agent);

void agent_close(struct agent *agent);

/* ---- What the network looks at --------------------------------------------------------------- */

/*
 * Saliency by perturbation (Greydanus et al., arXiv 1711.00138, section 3): around each place all
 * stacked screens are blurred (a Gaussian of deviation 3, mixed in by one of deviation 5), and the
 * map holds half the squared distance between the network's answers to that and to observation. 0
 * where blurring changes nothing. Takes some 300 forwards at most.
 *
 * observation: of observation_shape. STATUS_BAD_INPUT for a network that looks at vectors.
 */
enum status agent_saliency(struct agent *agent, const uint8_t *observation,
                           struct saliency *saliency, struct error *error);

/*
 * Writes the agent's network as an ONNX model: what docs/embedding.md describes. Equal weights give
 * equal bytes. Any thread.
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
    double score;  /* raw rewards of the whole game so far, whatever lives were lost */
    int64_t steps; /* steps so far */
    bool over;
    bool cut;                       /* by a limit, not by the rules of the game */
    int flag;                       /* of a game that is over, as in struct environment_step */
    bool has_decided;               /* on the step that comes next */
    struct agent_decision decision; /* on that, or on the newest step */
};

/* Opens agent and game; data_dir as in game_open_emulator. Close it also when this fails. */
enum status episode_open(struct episode *episode, const struct agent_request *request,
                         const char *data_dir, double eps, struct error *error);

/* The same with an agent that is there already, and belongs to the episode from then on, also when
 * this fails. */
enum status episode_open_agent(struct episode *episode, struct agent *agent, const char *data_dir,
                               double eps, struct error *error);

/* Starts the game number index, which depends on (seed, index) alone. */
void episode_start(struct episode *episode, uint64_t seed, uint64_t index);

/*
 * What the agent makes of the newest screen, which is in episode->observation then. While the game
 * is not over it is what episode_step plays next, however often it is asked; after its end no
 * action is chosen. Pointers are valid until the next step.
 */
struct agent_decision episode_decide(struct episode *episode);

/* Plays one step of a game that is not over; after a lost life that ends an episode for the agent,
 * also what begins the next one. Where the step failed, nothing more can be played:
 * episode_failure. */
struct environment_step episode_step(struct episode *episode);

/* STATUS_FAILED with the reason why the game broke down; STATUS_OK where it has not. */
enum status episode_failure(const struct episode *episode, struct error *error);

void episode_close(struct episode *episode);

#endif
