#include "agent/agent.h"
#include "agent/perturber.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct agent {
    struct agent_info info;
    struct network *network;
    float *params;               /* (network_param_count) */
    float *state;                /* the network's memory between two decisions */
    float *policy;               /* (network_action_outputs), scratch for agent_decide's result */
    float *numbers;              /* (actions), the same: a continuous action */
    const float *outputs;        /* the network's newest, for a continuous action */
    struct perturber *perturber; /* made at its first use */
};

_Static_assert(sizeof(((struct weights_metadata *)NULL)->network) == NETWORK_NAME_SIZE,
               "a file has room for each network's name");

static bool is_given(const char *text) {
    return text && text[0];
}

/* The requested preset, otherwise the one that the file names, otherwise the one for
 * its channels. */
static enum status choose_observation(const struct agent_request *request,
                                      const struct weights_layout *layout,
                                      enum observation_preset *preset, struct error *error) {
    const char *asked = request->observation;
    const char *said = layout->metadata.observation;
    if (is_given(asked)) {
        if (!observation_from_name(asked, preset))
            return error_set(
                error, STATUS_BAD_INPUT,
                "unknown observation '%.40s'; it can be classic, deepmind, v4 or vector", asked);
    } else if (is_given(said)) {
        if (!observation_from_name(said, preset))
            return error_set(error, STATUS_BAD_INPUT,
                             "'%s' was trained on the observation '%.16s', which is unknown here; "
                             "name one with --observation",
                             request->model, said);
    } else {
        *preset = layout->channels == observation_channels(OBSERVATION_CLASSIC)
                      ? OBSERVATION_CLASSIC
                      : OBSERVATION_DEEPMIND;
    }
    const bool is_vector = layout->convolutions == 0;
    if (is_vector && !is_given(asked))
        *preset = OBSERVATION_VECTOR;
    if ((*preset == OBSERVATION_VECTOR) != is_vector)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' looks at %s, not at the observation %s: leave --observation out",
                         request->model, is_vector ? "vectors" : "pictures",
                         observation_name(*preset));
    if (!is_vector && observation_channels(*preset) != layout->channels)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' looks at %d stacked screens, but the observation %s has %d",
                         request->model, layout->channels, observation_name(*preset),
                         observation_channels(*preset));
    return STATUS_OK;
}

/* Takes the file's value of an option that the user left out, unless it could name code or a
 * file. */
static enum status take_argument(const struct agent_request *request, const char *name,
                                 const char *said, char chosen[OPTION_TEXT_SIZE],
                                 struct error *error) {
    if (chosen[0] || !said[0])
        return STATUS_OK;
    if (!request->trusts_model && !game_arguments_are_plain(said))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%.200s' passes more than numbers and words to its game: give "
                         "--%s='%s' if you trust it",
                         request->model, name, said);
    snprintf(chosen, OPTION_TEXT_SIZE, "%s", said);
    return STATUS_OK;
}

/* Keyword arguments, wrappers and start state belong to the game that the weights were trained on.
 */
static enum status take_arguments(const struct agent_request *request,
                                  const struct weights_metadata *said,
                                  struct game_overrides *overrides, struct error *error) {
    if (is_given(request->game) && strcmp(request->game, said->game) != 0)
        return STATUS_OK;
    if (!overrides->state[0])
        snprintf(overrides->state, sizeof overrides->state, "%s", said->state);
    const enum status status =
        take_argument(request, "env_kwargs", said->env_kwargs, overrides->env_kwargs, error);
    return status == STATUS_OK ? take_argument(request, "env_wrappers", said->env_wrappers,
                                               overrides->env_wrappers, error)
                               : status;
}

/* Takes the requested settings, and those of the training for the rest. */
static enum status choose_overrides(const struct agent_request *request,
                                    const struct weights_metadata *said,
                                    struct game_overrides *overrides, struct error *error) {
    struct game_overrides trained = {0};
    *overrides = request->overrides ? *request->overrides : trained;
    const enum status status = options_parse_text(game_atari_options, said->atari, &trained, error);
    if (status != STATUS_OK)
        return error_context(error, "the choices that '%s' names", request->model);
    if (!overrides->actions[0])
        snprintf(overrides->actions, sizeof overrides->actions, "%s", said->actions);
    if (overrides->frame_skip.low == 0)
        overrides->frame_skip = said->frame_skip;
    if (!overrides->mode[0])
        snprintf(overrides->mode, sizeof overrides->mode, "%s", trained.mode);
    if (!overrides->difficulty[0])
        snprintf(overrides->difficulty, sizeof overrides->difficulty, "%s", trained.difficulty);
    overrides->full_action_space = overrides->full_action_space || trained.full_action_space;
    return STATUS_OK;
}

static enum status choose_game(const struct agent_request *request,
                               const struct weights_layout *layout, struct game *game,
                               struct error *error) {
    struct game_overrides overrides;
    char word[PATH_SIZE];
    enum status status = choose_overrides(request, &layout->metadata, &overrides, error);
    if (status == STATUS_OK)
        status = take_arguments(request, &layout->metadata, &overrides, error);
    if (status != STATUS_OK)
        return status;
    if (is_given(request->game))
        return game_find(request->game, &overrides, game, error);
    if (!is_given(layout->metadata.game))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' does not say what game it was trained on; name it with --game=ID",
                         request->model);
    status = game_find(layout->metadata.game, &overrides, game, error);
    if (status != STATUS_OK)
        return error_context(error, "the game that '%s' names", request->model);
    process_quote(word, sizeof word, game->id);
    if (game_names_code(game) && !request->trusts_model)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' names the game '%s', which runs code of its own: give it with "
                         "--game=%s if you trust it",
                         request->model, game->id, word);
    return STATUS_OK;
}

/* Takes the requested rules, and those of the training for the rest. */
static enum status choose_rules(const struct agent_request *request,
                                const struct weights_layout *layout,
                                struct environment_options *environment, struct error *error) {
    const struct option *rules = environment_rule_options;
    options_defaults(rules, environment);
    options_defaults(environment_learning_options, environment);
    enum status status =
        options_parse_text(rules, layout->metadata.environment, environment, error);
    if (status != STATUS_OK)
        return error_context(error, "the rules that '%s' names", request->model);
    return options_parse_text(rules, request->rules ? request->rules : "", environment, error);
}

/* The trunk that the file names; for a foreign file, the trunk with as many convolutions. */
static enum status find_network(const struct agent_request *request,
                                const struct weights_layout *layout, struct network_spec *spec,
                                struct error *error) {
    const char *said = layout->metadata.network;
    if (is_given(said) ? network_from_name(said, spec)
                       : trunk_from_convolutions(layout->convolutions, &spec->trunk))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "'%s' has the network '%.191s', which is unknown here: it is from a newer "
                     "version of this program",
                     request->model, said);
}

/* An option that this kind of network does not use is refused, not ignored. */
static enum status check_acting(const struct agent_request *request, bool has_q,
                                struct error *error) {
    if (has_q && request->greedy)
        return error_set(error, STATUS_BAD_INPUT,
                         "--greedy is for policies, but '%s' has a Q network, which takes its best "
                         "action anyway: leave it out",
                         request->model);
    if (!has_q && request->explores)
        return error_set(error, STATUS_BAD_INPUT,
                         "--eps is for Q networks, but '%s' has a policy, which draws its actions: "
                         "leave it out",
                         request->model);
    return STATUS_OK;
}

static enum status settle(const struct agent_request *request, const struct weights_layout *layout,
                          struct agent_info *info, struct error *error) {
    if (layout->convolutions > 0 &&
        (layout->height != OBSERVATION_SIZE || layout->width != OBSERVATION_SIZE))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' looks at %dx%d pixels, or its convolutions have padding or other "
                         "strides than 4, 2 and 1; only networks for %dx%d without padding are "
                         "supported",
                         request->model, layout->width, layout->height, OBSERVATION_SIZE,
                         OBSERVATION_SIZE);
    info->weights = layout->metadata;
    info->max_steps = request->max_steps;
    info->greedy = request->greedy;
    info->network = (struct network_spec){
        .heads = layout->q_heads ? HEADS_Q : HEADS_POLICY_VALUE,
        .channels = layout->channels,
        .height = layout->height,
        .width = layout->width,
        .actions = layout->actions,
    };
    enum status status = check_acting(request, layout->q_heads, error);
    if (status == STATUS_OK)
        status = find_network(request, layout, &info->network, error);
    if (status == STATUS_OK)
        status = choose_observation(request, layout, &info->observation, error);
    if (status == STATUS_OK && !request->without_game)
        status = choose_game(request, layout, &info->game, error);
    if (status == STATUS_OK)
        status = choose_rules(request, layout, &info->environment, error);
    return status;
}

enum status agent_create(const struct agent_info *info, struct agent **agent, struct error *error) {
    const struct network_spec *spec = &info->network;
    const size_t param_count = network_param_count(spec);
    if (param_count == 0 || spec->actions < 1) {
        error_set(error, STATUS_BAD_INPUT, "the network cannot be built");
        return STATUS_BAD_INPUT;
    }
    struct agent *created = calloc(1, sizeof *created);
    if (!created) {
        error_set(error, STATUS_FAILED, "out of memory for a network");
        return STATUS_FAILED;
    }
    created->info = *info;
    network_name(spec, created->info.weights.network);
    created->params = calloc(param_count, sizeof *created->params);
    created->policy = calloc((size_t)network_action_outputs(spec), sizeof *created->policy);
    created->numbers = calloc((size_t)spec->actions, sizeof *created->numbers);
    created->state = calloc(network_state_size(spec) + 1, sizeof *created->state);
    enum status status =
        created->params && created->policy && created->numbers && created->state
            ? network_create(spec, network_backend_default(), 1, 1, &created->network, error)
            : error_set(error, STATUS_FAILED, "out of memory for a network");
    if (status == STATUS_OK)
        *agent = created;
    else
        agent_close(created);
    return status;
}

enum status agent_open(const struct agent_request *request, struct agent **agent,
                       struct error *error) {
    struct weights_layout layout;
    struct agent_info info = {0};
    enum status status = weights_inspect(request->model, request->channels, &layout, error);
    if (status == STATUS_OK)
        status = settle(request, &layout, &info, error);
    if (status != STATUS_OK)
        return status;

    struct agent *opened;
    status = agent_create(&info, &opened, error);
    if (status != STATUS_OK)
        return error_context(error, "'%s'", request->model);
    struct tensor_view views[NETWORK_MAX_TENSORS];
    status =
        weights_load(request->model, request->channels, views, agent_tensors(opened, views), error);
    if (status == STATUS_OK)
        *agent = opened;
    else
        agent_close(opened);
    return status;
}

const struct agent_info *agent_get_info(const struct agent *agent) {
    return &agent->info;
}

bool agent_frame_skip(const struct agent *agent, int *min, int *max) {
    const struct weights_metadata *said = &agent->info.weights;
    struct game game;
    struct error error;
    if (said->frame_skip.low > 0)
        *min = (int)said->frame_skip.low, *max = (int)said->frame_skip.high;
    else if (said->game[0] && game_find(said->game, NULL, &game, &error) == STATUS_OK)
        *min = game.frame_skip_min, *max = game.frame_skip_max;
    else
        return false;
    return true;
}

int agent_tensors(const struct agent *agent, struct tensor_view views[NETWORK_MAX_TENSORS]) {
    return network_tensors(&agent->info.network, agent->params, views);
}

/* Reports that a network and its game differ in their actions; suggests another game only if the
 * file names one. */
static enum status refuse_actions(const struct agent_info *info, const struct emulator_info *game,
                                  struct error *error) {
    enum { ALL_ATARI_ACTIONS = 18 };
    const char *trained_on = info->weights.game;
    const int has = info->network.actions;
    const int actions = game->action_size > 0 ? game->action_size : game->action_count;
    char parts[PARTS_TEXT_SIZE];
    char game_parts[PARTS_TEXT_SIZE];
    parts_write(&info->network.parts, parts);
    parts_write(&game->parts, game_parts);
    if (info->network.gaussian != (game->action_size > 0))
        return error_set(error, STATUS_BAD_INPUT,
                         "%s has %s actions, but the model chooses %s ones: it was trained on "
                         "another game, or with other wrappers",
                         info->game.id, game->action_size > 0 ? "continuous" : "numbered",
                         info->network.gaussian ? "continuous" : "numbered");
    if (parts[0])
        return error_set(error, STATUS_BAD_INPUT,
                         "%s has actions of %s%s, but the model's are of the parts %s: it was "
                         "trained on another game, or with other wrappers",
                         info->game.id, game_parts[0] ? "the parts " : "one part", game_parts,
                         parts);
    if (trained_on[0] && strcmp(trained_on, info->game.id) != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "%s has %d actions, but the model has %d: it was trained on another game, "
                         "%s; name that with --game",
                         info->game.id, actions, has, trained_on);
    if (info->game.emulator == GAME_ALE && has == ALL_ATARI_ACTIONS)
        return error_set(error, STATUS_BAD_INPUT,
                         "the model chooses among all %d actions of an Atari joystick, but %s is "
                         "played with the %d that it uses: such weights cannot be played",
                         has, info->game.id, actions);
    return error_set(error, STATUS_BAD_INPUT,
                     "%s has %d actions, but the model has %d: it was trained with another set of "
                     "actions%s",
                     info->game.id, actions, has,
                     trained_on[0] ? "" : ", or on another game: name that with --game");
}

/* The same for the number of channels; channels: the game's. */
static enum status refuse_observation(const struct agent_info *info, int channels, bool is_vector,
                                      struct error *error) {
    const char *trained_on = info->weights.game;
    const bool is_same = strcmp(trained_on, info->game.id) == 0;
    return error_set(
        error, STATUS_BAD_INPUT,
        "%s is seen as %d %s, but the model looks at %d %s: it was trained on another %s%s%s%s",
        info->game.id, channels, is_vector ? "numbers" : "screens", info->network.channels,
        info->observation == OBSERVATION_VECTOR ? "numbers" : "screens",
        is_same ? "version of that game" : "game", !is_same && trained_on[0] ? ", " : "",
        is_same ? "" : trained_on, is_same ? "" : "; name that with --game");
}

/* A network without parts numbers their combinations, as those of Q methods do. */
static bool actions_fit(const struct network_spec *network, const struct emulator_info *game) {
    if (parts_are_several(&network->parts))
        return parts_are_equal(&network->parts, &game->parts);
    const bool is_continuous = game->action_size > 0;
    return is_continuous == network->gaussian &&
           (is_continuous ? game->action_size : game->action_count) == network->actions;
}

enum status agent_open_environment(const struct agent *agent,
                                   const struct environment_config *config, const char *data_dir,
                                   struct environment **environment, struct error *error) {
    const struct agent_info *info = &agent->info;
    struct emulator *emulator;
    const enum status status = game_open_emulator(&info->game, data_dir, &emulator, error);
    if (status != STATUS_OK)
        return status;
    const struct emulator_info *game = &emulator->info;
    if (!actions_fit(&info->network, game)) {
        const enum status refused = refuse_actions(info, game, error);
        emulator_close(emulator);
        return refused;
    }
    const int channels = observation_shape(info->observation, &emulator->info).channels;
    if (channels != info->network.channels ||
        observation_of(info->observation, &emulator->info) != info->observation) {
        const bool is_vector = emulator->info.vector_size > 0;
        emulator_close(emulator);
        return refuse_observation(info, channels, is_vector, error);
    }
    return environment_create(emulator, config, environment, error);
}

void agent_begin(struct agent *agent) {
    memset(agent->state, 0, network_state_size(&agent->info.network) * sizeof *agent->state);
}

/* Computes the probabilities of all choices; those of each part sum to 1. */
static void find_probabilities(float *probabilities, const float *logits,
                               const struct network_spec *spec) {
    const struct action_parts *parts = &spec->parts;
    if (!parts_are_several(parts)) {
        softmax(probabilities, logits, spec->actions);
        return;
    }
    for (int i = 0; i < parts->count; i++) {
        softmax(probabilities, logits, parts->sizes[i]);
        probabilities += parts->sizes[i];
        logits += parts->sizes[i];
    }
}

static struct agent_decision predict(struct agent *agent, const void *observation, bool remembers) {
    const struct network_spec *spec = &agent->info.network;
    const struct network_sequences step = {
        .steps = 1, .state = agent->state, .state_out = remembers ? agent->state : NULL};
    const struct network_outputs outputs =
        network_forward_sequences(agent->network, agent->params, observation, 1, &step);
    struct agent_decision decision = {.action = -1,
                                      .action_count = spec->gaussian ? 0 : spec->actions,
                                      .parts =
                                          parts_are_several(&spec->parts) ? &spec->parts : NULL,
                                      .action_size = spec->gaussian ? spec->actions : 0,
                                      .value = outputs.value ? outputs.value[0] : 0};
    if (spec->heads == HEADS_Q) {
        decision.q = outputs.action;
    } else if (spec->gaussian) {
        memcpy(agent->policy, outputs.action, (size_t)spec->actions * sizeof *agent->policy);
        for (int i = spec->actions; i < 2 * spec->actions; i++)
            agent->policy[i] = expf(outputs.action[i]);
        decision.gaussian = agent->policy;
        agent->outputs = outputs.action;
    } else {
        find_probabilities(agent->policy, outputs.action, spec);
        decision.policy = agent->policy;
    }
    return decision;
}

struct agent_decision agent_predict(struct agent *agent, const void *observation) {
    return predict(agent, observation, false);
}

/* The continuous action: the means, or drawn around them. */
static const float *choose_numbers(struct agent *agent, const struct agent_decision *decision,
                                   struct rng *rng) {
    if (agent->info.greedy)
        return decision->gaussian;
    distribution_of(true, NULL)
        ->sample(agent->numbers, NULL, agent->outputs, NULL, decision->action_size, rng);
    return agent->numbers;
}

/* The action of a policy: the most probable choice of each part, or drawn. */
static int choose_by_policy(const struct agent *agent, const struct agent_decision *decision,
                            struct rng *rng) {
    const struct action_parts single = {.count = 1, .sizes = {decision->action_count}};
    const struct action_parts *parts = decision->parts ? decision->parts : &single;
    const float *policy = decision->policy;
    int choices[PARTS_MAX] = {0};
    for (int i = 0; i < parts->count; policy += parts->sizes[i++])
        choices[i] = agent->info.greedy ? argmax(policy, parts->sizes[i])
                                        : sample_categorical(policy, parts->sizes[i], rng);
    return parts_join(parts, choices);
}

bool agent_decided(const struct agent_decision *decision, int choice) {
    if (!decision->parts || decision->action < 0)
        return choice == decision->action;
    int choices[PARTS_MAX] = {0};
    parts_split(decision->parts, decision->action, choices);
    for (int i = 0; i < decision->parts->count; choice -= decision->parts->sizes[i++])
        if (choice < decision->parts->sizes[i])
            return choice == choices[i];
    return false;
}

void agent_choice_name(const struct agent_decision *decision, const struct emulator_info *info,
                       int choice, char out[CHOICE_NAME_SIZE]) {
    int part = 0;
    for (; decision->parts && choice >= decision->parts->sizes[part]; part++)
        choice -= decision->parts->sizes[part];
    if (decision->parts)
        snprintf(out, CHOICE_NAME_SIZE, "%d:%d", part, choice);
    else
        snprintf(out, CHOICE_NAME_SIZE, "%s", info->action_names[choice]);
}

struct agent_decision agent_decide(struct agent *agent, const void *observation, double eps,
                                   struct rng *rng) {
    struct agent_decision decision = predict(agent, observation, true);
    if (decision.gaussian)
        decision.numbers = choose_numbers(agent, &decision, rng);
    else if (decision.policy)
        decision.action = choose_by_policy(agent, &decision, rng);
    else
        decision.action = epsilon_greedy(decision.q, decision.action_count, eps, rng);
    return decision;
}

enum status agent_saliency(struct agent *agent, const uint8_t *observation,
                           struct saliency *saliency, struct error *error) {
    if (trunk_takes_vectors(agent->info.network.trunk))
        return error_set(error, STATUS_BAD_INPUT, "a network on vectors has no saliency maps");
    if (!agent->perturber) {
        const enum status status = perturber_create(&agent->info.network, &agent->perturber, error);
        if (status != STATUS_OK)
            return status;
    }
    perturber_saliency(agent->perturber, agent->params, observation, saliency);
    return STATUS_OK;
}

void agent_close(struct agent *agent) {
    if (!agent)
        return;
    if (agent->network)
        network_destroy(agent->network);
    perturber_destroy(agent->perturber);
    free(agent->params);
    free(agent->state);
    free(agent->policy);
    free(agent->numbers);
    free(agent);
}
