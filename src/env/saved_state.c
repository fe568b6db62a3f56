/*
 * Saved states of environments. A state has five parts: a seal, struct play, the observer's, the
 * rewarder's, and then the emulator's own, which has a seal of its own.
 */
#include "env/environment.h"

#include <string.h>

/*
 * The state of play outside emulator and observer; no padding. It does not contain whether the game
 * is over: then a reset comes next, which needs nothing of this.
 */
struct play {
    struct rng rng;
    int64_t steps;
    int32_t lives;
    int32_t executed_action;
    int32_t repeated_action;
    int32_t repeats;
    uint64_t continues;
};

/* The offset of the rewarder's state, which is empty for most rules. */
static size_t rewarder_offset(const struct emulator_info *info,
                              const struct environment_config *config) {
    return sizeof(struct seal) + sizeof(struct play) +
           observer_state_size(config->observation, info);
}

static size_t own_state_size(const struct emulator_info *info,
                             const struct environment_config *config) {
    return rewarder_offset(info, config) + rewarder_state_size(config->reward);
}

/* The kind in the seal. */
static const char *state_kind(const struct environment *environment) {
    static const char *const kinds[] = {
        [OBSERVATION_CLASSIC] = "an environment that observes as 'classic'",
        [OBSERVATION_DEEPMIND] = "an environment that observes as 'deepmind'",
        [OBSERVATION_V4] = "an environment that observes as 'v4'",
        [OBSERVATION_VECTOR] = "an environment that observes a vector",
    };
    return kinds[environment->config.observation];
}

/* The same for a state of length bytes, which an older program may have written. */
static const char *kind_of_state(const struct environment *environment, const uint8_t *state,
                                 size_t length) {
    static const char older[] = "an environment that observes as '" OBSERVATION_CLASSIC_BEFORE "'";
    const bool is_older = environment->config.observation == OBSERVATION_CLASSIC &&
                          length >= sizeof older && memcmp(state, older, sizeof older) == 0;
    return is_older ? older : state_kind(environment);
}

/* The most emulator frames of a game; after a lost life, a reset plays steps of its own. */
static int64_t most_frames(const struct environment_config *config) {
    const int64_t reset_steps = config->life_loss_ends ? 1 + config->fire_on_reset : 0;
    const int64_t frames_a_step = (1 + reset_steps) * config->frame_skip_max;
    const int64_t first_frames = (int64_t)config->noop_max + config->frame_skip_max;
    int64_t frames;
    if (config->step_limit == 0 ||
        __builtin_mul_overflow(config->step_limit, frames_a_step, &frames) ||
        __builtin_add_overflow(frames, first_frames, &frames))
        return INT64_MAX;
    return frames;
}

size_t environment_state_bound(const struct emulator *emulator,
                               const struct environment_config *config) {
    if (!emulator_can_save(emulator))
        return 0;
    return own_state_size(&emulator->info, config) +
           emulator_state_bound(emulator, most_frames(config));
}

static struct play play_of(const struct environment *environment) {
    return (struct play){
        .rng = environment->rng,
        .steps = environment->steps,
        .lives = environment->frame.lives,
        .executed_action = environment->executed_action,
        .repeated_action = environment->repeated_action,
        .repeats = environment->repeats,
        .continues = environment->continues,
    };
}

enum status environment_save_state(struct environment *environment, uint8_t *state, size_t capacity,
                                   size_t *used, struct error *error) {
    struct emulator *emulator = environment->emulator;
    const size_t own_size = own_state_size(&emulator->info, &environment->config);
    if (capacity < own_size)
        return error_set(error, STATUS_FAILED,
                         "the state of an environment takes more than %zu bytes, and there is room "
                         "for %zu",
                         own_size, capacity);
    size_t emulator_used;
    const enum status status =
        emulator_save_state(emulator, state + own_size, capacity - own_size, &emulator_used, error);
    if (status != STATUS_OK)
        return status;
    const struct play play = play_of(environment);
    memcpy(state + sizeof(struct seal), &play, sizeof play);
    observer_save(environment->observer, state + sizeof(struct seal) + sizeof play);
    const size_t offset = rewarder_offset(&emulator->info, &environment->config);
    memcpy(state + offset, rewarder_state(&environment->rewarder), own_size - offset);
    seal_write(state, own_size, state_kind(environment));
    *used = own_size + emulator_used;
    return STATUS_OK;
}

/* Far below overflow. */
static const int64_t max_steps = INT64_MAX / 2;

static bool play_is_sound(const struct play *play, const struct emulator_info *info) {
    return rng_is_sound(&play->rng) && play->steps >= 0 && play->steps <= max_steps &&
           play->executed_action >= 0 && play->executed_action < info->action_count &&
           play->repeated_action >= -1 && play->repeated_action < info->action_count &&
           play->repeats >= 0 && play->continues <= 1;
}

static void go_on_from(struct environment *environment, const struct play *play) {
    environment->rng = play->rng;
    environment->steps = play->steps;
    environment->frame = (struct emulator_frame){.lives = play->lives};
    environment->executed_action = play->executed_action;
    environment->repeated_action = play->repeated_action;
    environment->repeats = play->repeats;
    environment->continues = play->continues;
}

static enum status load_state(struct environment *environment, const uint8_t *state, size_t size,
                              struct error *error) {
    struct emulator *emulator = environment->emulator;
    const size_t own_size = own_state_size(&emulator->info, &environment->config);
    enum status status = seal_check(state, size < own_size ? size : own_size,
                                    kind_of_state(environment, state, size), error);
    if (status != STATUS_OK)
        return status;
    struct play play = {0}; /* not sound */
    if (size >= own_size)
        memcpy(&play, state + sizeof(struct seal), sizeof play);
    if (!play_is_sound(&play, &emulator->info))
        return error_set(error, STATUS_BAD_INPUT, "the saved state cannot be of this game");
    status = emulator_load_state(emulator, state + own_size, size - own_size, error);
    if (status != STATUS_OK)
        return status;
    go_on_from(environment, &play);
    observer_load(environment->observer, emulator, state + sizeof(struct seal) + sizeof play);
    const size_t offset = rewarder_offset(&emulator->info, &environment->config);
    memcpy(rewarder_state(&environment->rewarder), state + offset, own_size - offset);
    return STATUS_OK;
}

enum status environment_load_state(struct environment *environment, const uint8_t *state,
                                   size_t size, struct error *error) {
    if (load_state(environment, state, size, error) != STATUS_OK)
        return error_context(error, "cannot go on with a game");
    return STATUS_OK;
}
