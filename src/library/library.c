/*
 * libasyncrl: include/asyncrl/agent.h, on top of agents and viewers.
 */
#include "agent/agent.h"
#include "env/env.h"
#include "library/tell.h"

#include <stdlib.h>
#include <string.h>

struct asyncrl_agent {
    struct agent *agent;
    struct asyncrl_agent_about about;
    char *names;            /* all action names, each ended by a zero; or NULL */
    const char **name_list; /* (action_count), into names */
    struct tensor_view views[NETWORK_MAX_TENSORS];
    struct asyncrl_weight weights[NETWORK_MAX_TENSORS]; /* of views */
    int weight_count;
    struct layer_view layer_views[NETWORK_MAX_LAYERS];
    struct asyncrl_layer layers[NETWORK_MAX_LAYERS]; /* of layer_views */
    int layer_count;
    struct viewer *viewer; /* for screens of this size; NULL: no screen yet */
    uint8_t *observation;  /* (channels, height, width) */
    int screen_height;
    int screen_width;
    int seen;             /* screens since the last decision */
    bool is_playing;      /* a decision was made in this episode */
    const float *numbers; /* of the last decision, or NULL */
    uint64_t seed;
    double eps;
    struct rng rng;
};

/* ---- Description ----------------------------------------------------------------------------- */

/* Splits the file's names; gives none if their number is not that of the actions. */
static enum status list_names(struct asyncrl_agent *opened, const char *said, struct error *error) {
    const size_t count = (size_t)opened->about.action_count;
    size_t commas = 0;
    for (const char *c = said; *c; c++)
        commas += *c == ',';
    if (!said[0] || commas + 1 != count)
        return STATUS_OK;
    opened->names = strdup(said);
    opened->name_list = calloc(count, sizeof *opened->name_list);
    if (!opened->names || !opened->name_list)
        return error_set(error, STATUS_FAILED, "out of memory for an agent");
    char *rest = opened->names;
    for (size_t i = 0; i < count; i++)
        opened->name_list[i] = strsep(&rest, ",");
    opened->about.action_names = opened->name_list;
    return STATUS_OK;
}

static enum status describe_agent(struct asyncrl_agent *opened, struct error *error) {
    const struct agent_info *info = agent_get_info(opened->agent);
    const struct network_spec *spec = &info->network;
    opened->about = (struct asyncrl_agent_about){
        .game = info->weights.game,
        .method = info->weights.method,
        .observation = observation_name(info->observation),
        .network = info->weights.network,
        .steps = info->weights.steps,
        .action_count = spec->gaussian                    ? 0
                        : parts_are_several(&spec->parts) ? (int)parts_combinations(&spec->parts)
                                                          : spec->actions,
        .action_size = spec->gaussian ? spec->actions : 0,
        .channels = spec->channels,
        .height = spec->height,
        .width = spec->width,
        .is_vector = trunk_takes_vectors(spec->trunk),
        .has_policy = spec->heads == HEADS_POLICY_VALUE,
        .part_count = spec->parts.count,
        .part_sizes = spec->parts.count > 0 ? spec->parts.sizes : NULL,
    };
    agent_frame_skip(opened->agent, &opened->about.frame_skip_min, &opened->about.frame_skip_max);
    return list_names(opened, info->weights.action_names, error);
}

static void list_weights(struct asyncrl_agent *opened) {
    opened->weight_count = agent_tensors(opened->agent, opened->views);
    for (int i = 0; i < opened->weight_count; i++) {
        const struct tensor_view *view = &opened->views[i];
        opened->weights[i] =
            (struct asyncrl_weight){.name = view->name, .rank = view->rank, .data = view->data};
        memcpy(opened->weights[i].shape, view->shape, sizeof view->shape);
    }
}

static void list_layers(struct asyncrl_agent *opened) {
    opened->layer_count =
        network_layers(&agent_get_info(opened->agent)->network, opened->layer_views);
    for (int i = 0; i < opened->layer_count; i++) {
        const struct layer_view *view = &opened->layer_views[i];
        opened->layers[i] = (struct asyncrl_layer){.kind = view->kind,
                                                   .name = view->name,
                                                   .source = view->source,
                                                   .skip = view->skip,
                                                   .has_relu = view->relu,
                                                   .is_head = view->is_head,
                                                   .first_weight = view->first_tensor,
                                                   .weight_count = view->tensor_count,
                                                   .kernel = view->kernel,
                                                   .stride = view->stride,
                                                   .padding = view->padding};
        memcpy(opened->layers[i].out, view->out, sizeof view->out);
    }
}

static enum status check_options(const struct asyncrl_agent_options *options, struct error *error) {
    if (options->abi_version != ASYNCRL_AGENT_ABI)
        return error_set(error, STATUS_BAD_INPUT,
                         "the program was built with version %u of asyncrl/agent.h, the library "
                         "with %d: rebuild it",
                         (unsigned)options->abi_version, ASYNCRL_AGENT_ABI);
    if (!options->model || !options->model[0])
        return error_set(error, STATUS_BAD_INPUT, "no model is named: set options.model to a file");
    if (!(options->eps >= 0 && options->eps <= 1))
        return error_set(error, STATUS_BAD_INPUT, "options.eps is %g, but must be from 0 to 1",
                         options->eps);
    return STATUS_OK;
}

static enum status open_agent(struct asyncrl_agent *opened,
                              const struct asyncrl_agent_options *options, struct error *error) {
    char model[PATH_SIZE];
    const struct agent_request request = {
        .model = model, .observation = options->observation, .without_game = true};
    enum status status = agent_find_weights(options->model, model, error);
    if (status == STATUS_OK)
        status = agent_open(&request, &opened->agent, error);
    if (status == STATUS_OK)
        status = describe_agent(opened, error);
    if (status != STATUS_OK)
        return status;
    const struct network_spec *spec = &agent_get_info(opened->agent)->network;
    opened->observation =
        malloc((size_t)spec->channels * (size_t)spec->height * (size_t)spec->width);
    if (!opened->observation)
        return error_set(error, STATUS_FAILED, "out of memory for an agent");
    list_weights(opened);
    list_layers(opened);
    opened->seed = options->seed;
    opened->eps = options->eps;
    asyncrl_agent_begin(opened, 0);
    return STATUS_OK;
}

enum asyncrl_status asyncrl_agent_open(const struct asyncrl_agent_options *options,
                                       struct asyncrl_agent **agent, struct asyncrl_error *error) {
    struct error why;
    enum status status = check_options(options, &why);
    if (status != STATUS_OK)
        return tell(status, &why, error);
    struct asyncrl_agent *opened = calloc(1, sizeof *opened);
    if (opened)
        status = open_agent(opened, options, &why);
    else
        status = error_set(&why, STATUS_FAILED, "out of memory for an agent");
    if (status == STATUS_OK)
        *agent = opened;
    else
        asyncrl_agent_close(opened);
    return tell(status, &why, error);
}

const struct asyncrl_agent_about *asyncrl_agent_about(const struct asyncrl_agent *agent) {
    return &agent->about;
}

const struct asyncrl_weight *asyncrl_agent_weights(const struct asyncrl_agent *agent, int *count) {
    *count = agent->weight_count;
    return agent->weights;
}

const struct asyncrl_layer *asyncrl_agent_layers(const struct asyncrl_agent *agent, int *count) {
    *count = agent->layer_count;
    return agent->layers;
}

/* ---- Playing --------------------------------------------------------------------------------- */

void asyncrl_agent_begin(struct asyncrl_agent *agent, uint64_t episode) {
    rng_seed(&agent->rng, agent->seed, ~episode); /* as agent/episode.c */
    agent->seen = 0;
    agent->is_playing = false;
    agent_begin(agent->agent);
}

/* Makes a viewer for screens of another size than the last one's. */
static enum status fit_viewer(struct asyncrl_agent *agent, int height, int width,
                              struct error *error) {
    if (agent->viewer && height == agent->screen_height && width == agent->screen_width)
        return STATUS_OK;
    if (agent->is_playing || agent->seen > 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "a screen of %dx%d pixels comes after one of %dx%d: begin an episode "
                         "before the size changes",
                         width, height, agent->screen_width, agent->screen_height);
    struct viewer *viewer;
    const struct agent_info *info = agent_get_info(agent->agent);
    const enum status status = viewer_create(info->observation, (int)info->environment.blank_top,
                                             height, width, &viewer, error);
    if (status != STATUS_OK)
        return status;
    viewer_destroy(agent->viewer);
    agent->viewer = viewer;
    agent->screen_height = height;
    agent->screen_width = width;
    return STATUS_OK;
}

enum asyncrl_status asyncrl_agent_see(struct asyncrl_agent *agent, const uint8_t *rgb, int height,
                                      int width, struct asyncrl_error *error) {
    struct error why;
    if (agent->about.is_vector)
        return tell(error_set(&why, STATUS_BAD_INPUT,
                              "this agent looks at vectors, not at screens: use "
                              "asyncrl_agent_decide_on"),
                    &why, error);
    const enum status status = fit_viewer(agent, height, width, &why);
    if (status != STATUS_OK)
        return tell(status, &why, error);
    viewer_take(agent->viewer, rgb);
    agent->seen++;
    return ASYNCRL_OK;
}

enum asyncrl_status asyncrl_agent_decide(struct asyncrl_agent *agent,
                                         struct asyncrl_decision *decision,
                                         struct asyncrl_error *error) {
    struct error why;
    if (agent->seen == 0)
        return tell(error_set(&why, STATUS_BAD_INPUT,
                              "no screen was shown since the last decision: call "
                              "asyncrl_agent_see first"),
                    &why, error);
    if (agent->is_playing)
        viewer_end_step(agent->viewer);
    else
        viewer_restart(agent->viewer);
    agent->is_playing = true;
    agent->seen = 0;
    viewer_observe(agent->viewer, agent->observation);
    asyncrl_agent_decide_on(agent, agent->observation, decision);
    return ASYNCRL_OK;
}

static void tell_decision(struct asyncrl_agent *agent, const struct agent_decision *made,
                          struct asyncrl_decision *decision) {
    agent->numbers = made->numbers;
    *decision = (struct asyncrl_decision){.action = made->action,
                                          .value = made->value,
                                          .policy = made->gaussian ? made->gaussian : made->policy,
                                          .q = made->q};
}

const float *asyncrl_agent_numbers(const struct asyncrl_agent *agent) {
    return agent->numbers;
}

void asyncrl_agent_decide_on(struct asyncrl_agent *agent, const void *observation,
                             struct asyncrl_decision *decision) {
    const struct agent_decision made =
        agent_decide(agent->agent, observation, agent->eps, &agent->rng);
    tell_decision(agent, &made, decision);
}

void asyncrl_agent_predict_on(struct asyncrl_agent *agent, const void *observation,
                              struct asyncrl_decision *decision) {
    const struct agent_decision made = agent_predict(agent->agent, observation);
    tell_decision(agent, &made, decision);
}

void asyncrl_agent_close(struct asyncrl_agent *agent) {
    if (!agent)
        return;
    agent_close(agent->agent);
    viewer_destroy(agent->viewer);
    free(agent->names);
    free(agent->name_list);
    free(agent->observation);
    free(agent);
}
