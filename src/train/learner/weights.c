#include "train/learner/weights.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

/* Actors use random streams from 0 upwards and from the largest number downwards; this one is
 * halfway between. */
static const uint64_t INITIALIZATION_STREAM = UINT64_MAX / 2;

static const double FIRST_SAVE_SECONDS = 60;

/* All names with commas between; "" if a name has a comma, they are too long, or there are none. */
static void list_actions(const struct emulator_info *info, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; info->action_names && i < info->action_count; i++) {
        const char *name = info->action_names[i];
        const int length = snprintf(out + used, size - used, "%s%s", i > 0 ? "," : "", name);
        used += (size_t)length;
        if (strchr(name, ',') || used >= size) {
            out[0] = '\0';
            return;
        }
    }
}

static void describe_weights(const struct learner *learner, int64_t steps,
                             struct weights_metadata *metadata) {
    const struct run *run = learner->run;
    *metadata =
        (struct weights_metadata){.steps = steps, .frame_skip = run->game.overrides.frame_skip};
    snprintf(metadata->method, sizeof metadata->method, "%s", run->config->method.name);
    snprintf(metadata->game, sizeof metadata->game, "%s", run->game.id);
    snprintf(metadata->observation, sizeof metadata->observation, "%s",
             observation_name(run->environment.observation));
    network_name(&run->network, metadata->network);
    snprintf(metadata->actions, sizeof metadata->actions, "%s", run->game.overrides.actions);
    snprintf(metadata->state, sizeof metadata->state, "%.255s", run->game.overrides.state);
    memcpy(metadata->env_kwargs, run->game.overrides.env_kwargs, sizeof metadata->env_kwargs);
    memcpy(metadata->env_wrappers, run->game.overrides.env_wrappers, sizeof metadata->env_wrappers);
    struct error ignored; /* names and numbers are far shorter than the room */
    options_to_text(game_atari_options, NULL, &run->game.overrides, metadata->atari,
                    sizeof metadata->atari, &ignored);
    options_to_text(environment_rule_options, NULL, &run->config->environment,
                    metadata->environment, sizeof metadata->environment, &ignored);
    if (!parts_are_several(&run->network.parts)) /* outputs of parts are choices, not actions */
        list_actions(&run->emulators[0]->info, metadata->action_names,
                     sizeof metadata->action_names);
}

enum status learner_write_weights(struct learner *learner, const char *path, float *params,
                                  int64_t steps, struct error *error) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    struct weights_metadata metadata;
    const int count = network_tensors(&learner->run->network, params, views);
    learner_begin_file(learner);
    describe_weights(learner, steps, &metadata);
    return weights_save(path, views, count, &metadata, error);
}

static enum status save_weights(struct learner *learner, float *params, int64_t steps,
                                struct error *error) {
    struct run *run = learner->run;
    char path[PATH_SIZE];
    if (!run_is_first(run)) {
        learner->saved_steps = steps;
        return STATUS_OK;
    }
    enum status status = run_model_path(path, run->control->run_dir, &run->game, steps, error);
    if (status == STATUS_OK)
        status = learner_write_weights(learner, path, params, steps, error);
    if (status != STATUS_OK)
        return status;
    learner->saved_steps = steps;
    memcpy(run->control->model, path, sizeof path);
    atomic_store(&run->control->saved_steps, steps);
    futex_ring(&run->control->saves);
    if (run->config->keep > 0)
        run_remove_old_models(run, steps);
    return STATUS_OK;
}

bool learner_first_weights_are_due(const struct learner *learner, double seconds) {
    return learner->saved_steps < 0 && !learner->weights_tried && seconds > FIRST_SAVE_SECONDS &&
           !learner->ranks && !learner->run->config->deterministic;
}

void learner_save_weights(struct learner *learner) {
    struct error error;
    learner->weights_due = false;
    learner->weights_tried = true;
    if (save_weights(learner, learner->trainer.params, learner->steps, &error) != STATUS_OK)
        log_line("learn", "%s; training goes on and tries again after %lld steps", error.message,
                 (long long)learner->run->config->save_freq);
}

void learner_save_weights_at_once(struct learner *learner) {
    struct error error;
    if (learner->saved_steps < learner->steps &&
        save_weights(learner, learner->trainer.params, learner->steps, &error) != STATUS_OK)
        log_line("learn", "%s; tried again before the run ends", error.message);
}

void learner_finish(struct learner *learner) {
    learner->finished = true;
    learner->last_steps = learner->steps;
    if (learner->last_params)
        memcpy(learner->last_params, learner->trainer.params,
               learner->trainer.param_count * sizeof *learner->last_params);
    learner_save_weights_at_once(learner);
}

enum status learner_save_last_weights(struct learner *learner, struct error *error) {
    const bool are_past = learner->finished && learner->last_params;
    const int64_t steps = are_past ? learner->last_steps : learner->steps;
    if (learner->saved_steps >= steps)
        return STATUS_OK;
    return save_weights(learner, are_past ? learner->last_params : learner->trainer.params, steps,
                        error);
}

/* Shapes alone cannot tell deepmind's four screens from v4's, and do not name the option that is
 * missing; the file's attributes can. */
static enum status check_metadata(const struct run *run, const struct weights_metadata *metadata,
                                  struct error *error) {
    enum observation_preset preset;
    char network[NETWORK_NAME_SIZE];
    network_name(&run->network, network);
    if (metadata->network[0] && strcmp(metadata->network, network) != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' has the network %s, and this run has %s: options such as "
                         "--network=%.*s make them equal",
                         run->control->start_from, metadata->network, network,
                         (int)strcspn(metadata->network, "+"), metadata->network);
    if (!metadata->observation[0] || (observation_from_name(metadata->observation, &preset) &&
                                      preset == run->environment.observation))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "'%s' was trained with --observation=%s, and this run has %s",
                     run->control->start_from, metadata->observation,
                     observation_name(run->environment.observation));
}

enum status learner_begin_weights(struct learner *learner, int64_t *trained, struct error *error) {
    *trained = 0;
    struct run *run = learner->run;
    const char *path = run->control->start_from;
    if (!path[0]) {
        struct rng rng;
        rng_seed(&rng, (uint64_t)run->config->seed, INITIALIZATION_STREAM);
        return network_initialize(&run->network, learner->trainer.params, &rng)
                   ? STATUS_OK
                   : error_set(error, STATUS_FAILED, "out of memory for the first weights");
    }
    struct weights_layout layout;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    const int count = network_tensors(&run->network, learner->trainer.params, views);
    const enum channels_order channels = weights_channels(run->config->channels);
    enum status status = weights_inspect(path, channels, &layout, error);
    if (status == STATUS_OK)
        status = check_metadata(run, &layout.metadata, error);
    if (status == STATUS_OK)
        status = weights_load(path, channels, views, count, error);
    learner->steps = run->control->start_steps;
    if (status == STATUS_OK && layout.metadata.steps > 0)
        *trained = layout.metadata.steps;
    learner->saved_steps = learner->steps;
    return status;
}
