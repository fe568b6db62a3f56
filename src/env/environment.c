#include "env/environment.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

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
    for (int i = 0; info->action_names && i < info->action_count; i++)
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
                         "--blank_top=%d blackens all %d lines of the screen", config->blank_top,
                         info->screen_height);
    if (config->noop_max < 0 || config->step_limit < 0 || config->max_equal_actions < 0 ||
        config->max_noops < 0)
        return error_set(error, STATUS_BAD_INPUT, "a limit of an environment cannot be below 0");
    enum status status = STATUS_OK;
    if (config->sticky > 0)
        status = emulator_check_numbered(info, "--sticky", "leave it out", error);
    if (status == STATUS_OK && config->max_equal_actions > 0)
        status = emulator_check_numbered(info, "--max_equal_actions", "leave it out", error);
    if (status != STATUS_OK)
        return status;
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
            emulator)) /* a caller may load a state without a reset, which can take long */
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

/* A numbered action, or with numbers a continuous one. */
struct action {
    int number;
    const float *numbers;
};

static struct action numbered(int number) {
    return (struct action){.number = number};
}

/* Plays one emulator frame; a sticky one repeats the action of the frame before (Machado et al.,
 * 2018). */
static void play_frame(struct environment *environment, struct action action) {
    const double sticky = environment->config.sticky;
    if (action.numbers) {
        environment->frame = emulator_steer(environment->emulator, action.numbers);
        return;
    }
    if (sticky > 0 && rng_uniform(&environment->rng) < sticky)
        action.number = environment->executed_action;
    environment->executed_action = action.number;
    environment->frame = emulator_act(environment->emulator, action.number);
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

/* Plays the frames of one step, up to the game's end; adds up their reward. Returns their number.
 * Takes only the screens on which an observation depends: an emulator may not even draw the others.
 * */
static int play_frames(struct environment *environment, struct action action, double *reward) {
    struct observer *observer = environment->observer;
    const bool takes_two = observer_pairs_frames(observer);
    const bool keeps_two = emulator_keeps_screens(environment->emulator);
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
        play_frame(environment, numbered(environment->noop_action));
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
    play_frames(environment, numbered(fire), reward);
    if (is_over(&environment->frame)) {
        start_game(environment);
        *reward = 0;
    }
}

double environment_reset(struct environment *environment) {
    double reward = 0;
    if (environment->continues) {
        const int action = environment->noop_action >= 0 ? environment->noop_action : 0;
        play_frames(environment, numbered(action), &reward);
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

static struct environment_step play_step(struct environment *environment, struct action action) {
    const int lives_before = environment->frame.lives;
    struct environment_step step = {0};
    step.emulator_frames = play_frames(environment, action, &step.raw_reward);
    environment->steps++;
    if (!action.numbers)
        count_repeats(environment, action.number);
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

void environment_begin(struct environment *environment, int action, const float *numbers) {
    if (environment->config.sticky == 0) /* otherwise chance decides the frame's action */
        emulator_begin(environment->emulator, action, numbers);
}

struct environment_step environment_act(struct environment *environment, int action) {
    return play_step(environment, numbered(action));
}

struct environment_step environment_steer(struct environment *environment, const float *action) {
    return play_step(environment, (struct action){.numbers = action});
}

void environment_observe(const struct environment *environment, void *observation) {
    observer_observe(environment->observer, observation);
}

/* ---- Questions ------------------------------------------------------------------------------- */

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
