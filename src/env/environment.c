#include "env/observation.h"
#include "env/reward.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct environment {
    struct emulator *emulator;
    struct environment_config config;
    struct observer *observer;
    struct rewarder rewarder;
    struct rng rng;
    struct emulator_frame frame; /* the last one played */
    int noop_action;             /* -1 where the game has none */
    int executed_action;         /* what the last emulator frame was played with */
    int repeated_action;         /* the agent's last action */
    int repeats;                 /* how many times in a row it was chosen */
    int64_t steps;               /* since the game began */
    bool continues;              /* the episode ended with a life, but the game goes on */
};

struct environment_config game_environment_config(const struct game *game,
                                                  enum observation_preset observation) {
    return (struct environment_config){
        .observation = observation,
        .frame_skip_min = game->frame_skip_min,
        .frame_skip_max = game->frame_skip_max,
        .sticky = game->sticky,
        .step_limit = game->step_limit,
        .reward_scale = 1,
        .reward_gamma = 0.99,
    };
}

static int find_noop(const struct emulator_info *info) {
    for (int i = 0; i < info->action_count; i++)
        if (strcmp(info->action_names[i], "NOOP") == 0)
            return i;
    return -1;
}

enum status environment_check(const struct environment_config *config,
                              const struct emulator_info *info, struct error *error) {
    if (config->frame_skip_min < 1 || config->frame_skip_max < config->frame_skip_min)
        return error_set(error, STATUS_BAD_INPUT, "a step cannot have %d to %d frames",
                         config->frame_skip_min, config->frame_skip_max);
    if (!(config->sticky >= 0 && config->sticky < 1))
        return error_set(error, STATUS_BAD_INPUT,
                         "the chance of a sticky action must be at least 0 and below 1, not %g",
                         config->sticky);
    if (config->blank_top > 0 && config->blank_top >= info->screen_height)
        return error_set(error, STATUS_BAD_INPUT,
                         "--blank_top=%d leaves nothing to see of a screen of %d lines",
                         config->blank_top, info->screen_height);
    if (config->noop_max < 0 || config->step_limit < 0 || config->max_equal_actions < 0 ||
        config->max_noops < 0)
        return error_set(error, STATUS_BAD_INPUT, "a limit of an environment cannot be below 0");
    return rewarder_check(config->reward, config->reward_scale, info, error);
}

static enum status create(struct emulator *emulator, const struct environment_config *config,
                          struct environment **environment, struct error *error) {
    enum status status = environment_check(config, &emulator->info, error);
    if (status != STATUS_OK)
        return status;
    struct observer *observer =
        observer_create(config->observation, config->blank_top, &emulator->info, error);
    if (!observer)
        return error->status;
    struct environment *created = calloc(1, sizeof *created);
    if (!created) {
        observer_destroy(observer);
        return error_set(error, STATUS_FAILED, "out of memory for an environment");
    }
    status = rewarder_open(&created->rewarder, config, &emulator->info, error);
    if (status != STATUS_OK) {
        observer_destroy(observer);
        free(created);
        return status;
    }
    created->emulator = emulator;
    created->config = *config;
    created->config.observation = observation_of(config->observation, &emulator->info);
    created->observer = observer;
    created->noop_action = find_noop(&emulator->info);
    environment_seed(created, 0, 0);
    if (emulator_can_save(
            emulator)) /* a state may be loaded without a reset, which can take long */
        environment_reset(created);
    *environment = created;
    return STATUS_OK;
}

enum status environment_create(struct emulator *emulator, const struct environment_config *config,
                               struct environment **environment, struct error *error) {
    const enum status status = create(emulator, config, environment, error);
    if (status != STATUS_OK)
        emulator_close(emulator);
    return status;
}

void environment_destroy(struct environment *environment) {
    if (!environment)
        return;
    observer_destroy(environment->observer);
    rewarder_close(&environment->rewarder);
    emulator_close(environment->emulator);
    free(environment);
}

void environment_seed(struct environment *environment, uint64_t seed, uint64_t index) {
    rng_seed(&environment->rng, seed, index);
    emulator_seed(environment->emulator, rng_next(&environment->rng));
    environment->continues = false;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

/* One emulator frame; a sticky one plays the action of the frame before again (Machado et al.,
 * 2018). */
static void play_frame(struct environment *environment, int action) {
    const double sticky = environment->config.sticky;
    if (sticky > 0 && rng_uniform(&environment->rng) < sticky)
        action = environment->executed_action;
    environment->executed_action = action;
    environment->frame = emulator_act(environment->emulator, action);
}

static int draw_frame_skip(struct environment *environment) {
    const struct environment_config *config = &environment->config;
    if (config->frame_skip_min == config->frame_skip_max)
        return config->frame_skip_min;
    const int choices = config->frame_skip_max - config->frame_skip_min + 1;
    return config->frame_skip_min + (int)rng_below(&environment->rng, (uint32_t)choices);
}

static bool is_over(const struct emulator_frame *frame) {
    return frame->game_over || frame->truncated || frame->failed;
}

/* Plays the frames of one step, up to the game's end; adds up their reward. Returns how many. What
 * no observation depends on is not looked at: an emulator may not even draw it. */
static int play_frames(struct environment *environment, int action, double *reward) {
    struct observer *observer = environment->observer;
    const bool takes_two = observer_pairs_frames(observer);
    const bool keeps_two = emulator_keeps_screen_before(environment->emulator);
    const int wanted = draw_frame_skip(environment);
    int played = 0;
    while (played < wanted && !is_over(&environment->frame)) {
        play_frame(environment, action);
        *reward += environment->frame.reward;
        played++;
        const bool is_last = played == wanted || is_over(&environment->frame);
        if (is_last && takes_two && keeps_two)
            observer_take_last_two(observer, environment->emulator);
        else if (is_last || (takes_two && !keeps_two))
            observer_take_frame(observer, environment->emulator);
    }
    return played;
}

/* ---- Reset ----------------------------------------------------------------------------------- */

static void start_game(struct environment *environment) {
    environment->frame = emulator_reset(environment->emulator);
    environment->executed_action = environment->noop_action >= 0 ? environment->noop_action : 0;
    environment->steps = 0;
    observer_take_frame(environment->observer, environment->emulator);
}

/* No-op starts count emulator frames, as in Mnih et al., 2015. Adds up their reward. */
static void play_noops(struct environment *environment, double *reward) {
    const int noop_max = environment->config.noop_max;
    if (noop_max == 0 || environment->noop_action < 0)
        return;
    const int noops = 1 + (int)rng_below(&environment->rng, (uint32_t)noop_max);
    for (int i = 0; i < noops; i++) {
        play_frame(environment, environment->noop_action);
        *reward += environment->frame.reward;
        observer_take_frame(environment->observer, environment->emulator);
        if (is_over(&environment->frame)) {
            start_game(environment);
            *reward = 0;
        }
    }
}

static void press_fire(struct environment *environment, double *reward) {
    const int fire = environment->emulator->info.fire_action;
    if (!environment->config.fire_on_reset || fire < 0)
        return;
    play_frames(environment, fire, reward);
    if (is_over(&environment->frame)) {
        start_game(environment);
        *reward = 0;
    }
}

double environment_reset(struct environment *environment) {
    double reward = 0;
    if (environment->continues) {
        const int action = environment->noop_action >= 0 ? environment->noop_action : 0;
        play_frames(environment, action, &reward);
    }
    if (!environment->continues || is_over(&environment->frame)) {
        start_game(environment);
        reward = 0;
        play_noops(environment, &reward);
    }
    press_fire(environment, &reward);
    environment->continues = false;
    environment->repeated_action = -1;
    observer_restart(environment->observer);
    rewarder_begin(&environment->rewarder, environment->emulator);
    return reward;
}

void environment_end_game(struct environment *environment) {
    environment->continues = false;
}

int environment_lives(const struct environment *environment) {
    return environment->frame.lives;
}

bool environment_is_new_game(const struct environment *environment) {
    return environment->steps == 0;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static void count_repeats(struct environment *environment, int action) {
    if (action == environment->repeated_action) {
        if (environment->repeats < INT_MAX)
            environment->repeats++;
    } else {
        environment->repeated_action = action;
        environment->repeats = 1;
    }
}

static bool reached(int64_t count, int64_t limit) {
    return limit > 0 && count >= limit;
}

static bool is_cut(const struct environment *environment) {
    const struct environment_config *config = &environment->config;
    const bool idles = environment->repeated_action == environment->noop_action;
    return reached(environment->steps, config->step_limit) ||
           reached(environment->repeats, config->max_equal_actions) ||
           (idles && reached(environment->repeats, config->max_noops));
}

struct environment_step environment_act(struct environment *environment, int action) {
    const int lives_before = environment->frame.lives;
    struct environment_step step = {0};
    step.emulator_frames = play_frames(environment, action, &step.raw_reward);
    environment->steps++;
    count_repeats(environment, action);
    observer_end_step(environment->observer, step.emulator_frames);

    const struct emulator_frame *frame = &environment->frame;
    const bool lost_life = frame->lives < lives_before && frame->lives > 0;
    step.reward = rewarder_step(&environment->rewarder, environment->emulator, step.raw_reward,
                                frame->game_over || lost_life);
    step.lives = frame->lives;
    step.failed = frame->failed;
    step.terminated =
        frame->game_over || frame->failed || (environment->config.life_loss_ends && lost_life);
    const bool is_limited = frame->truncated || is_cut(environment);
    step.truncated = !step.terminated && is_limited;
    step.game_ended = is_over(frame) || is_limited;
    step.flag = step.game_ended ? rewarder_flag(&environment->rewarder, environment->emulator)
                                : FLAG_UNTOLD;
    environment->continues = step.terminated && !step.game_ended;
    return step;
}

void environment_observe(const struct environment *environment, void *observation) {
    observer_observe(environment->observer, observation);
}

/* ---- Saved states: seal, play, observer, rewarder, then the emulator's own sealed state ------ */

/*
 * What play depends on beside emulator and observer; no padding. Whether the game is over is not in
 * it: then a reset comes next, which does not ask.
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

/* Where the rewarder's state lies, which some rules have; else the end of our own part. */
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

/* The same for a state of length bytes, in which an older program may have named the observation.
 */
static const char *kind_of_state(const struct environment *environment, const uint8_t *state,
                                 size_t length) {
    static const char older[] = "an environment that observes as '" OBSERVATION_CLASSIC_BEFORE "'";
    const bool is_older = environment->config.observation == OBSERVATION_CLASSIC &&
                          length >= sizeof older && memcmp(state, older, sizeof older) == 0;
    return is_older ? older : state_kind(environment);
}

/* Emulator frames that a game can go on for; after a lost life, a reset plays steps of its own. */
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

/* Far from where counting on would overflow. */
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
    struct play play = {0}; /* which is not sound */
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

const struct emulator_info *environment_emulator_info(const struct environment *environment) {
    return &environment->emulator->info;
}

void environment_details(const struct environment *environment, double *values) {
    emulator_details(environment->emulator, values);
}

const char *environment_failure(const struct environment *environment) {
    return emulator_failure(environment->emulator);
}

bool environment_can_save(const struct environment *environment) {
    return emulator_can_save(environment->emulator);
}

const char *environment_no_picture(const struct environment *environment) {
    return emulator_no_picture(environment->emulator);
}

void environment_screen_rgb(const struct environment *environment, uint8_t *rgb) {
    if (environment->config.observation == OBSERVATION_VECTOR)
        emulator_screen_rgb(environment->emulator, rgb);
    else
        observer_screen_rgb(environment->observer, rgb);
}
