/*
 * Environments for other programs: include/asyncrl/vector.h, on top of environments and a team of
 * threads.
 */
#include "library/tell.h"

#include "env/env.h"

#include <asyncrl/vector.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct slot {
    struct environment *environment;
    struct error error; /* why opening or playing it failed */
    bool has_begun;     /* it was reset once */
    bool is_over;       /* a reset comes next */
    double score;       /* of the game, */
    int64_t frames;     /* and its emulator frames */
    enum status status; /* of the last call */
};

struct asyncrl_vector {
    struct game game;
    const char *data_dir; /* the caller's, while it is opened */
    struct environment_config config;
    enum asyncrl_autoreset autoreset;
    uint64_t seed;
    struct asyncrl_vector_about about;
    pid_t process;
    struct team *team;
    struct slot *slots; /* (about.environment_count) */
};

/* The work that the team shares. */
struct round {
    struct asyncrl_vector *vector;
    const struct asyncrl_vector_arrays *arrays;
    const int64_t *actions;
    const uint64_t *seeds;
    const uint8_t *mask;
};

/* ---- Options --------------------------------------------------------------------------------- */

static enum status check_range(const char *name, double value, double least, double most,
                               struct error *error) {
    if (value >= least && value <= most)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "options.%s is %g, but must be from %g to %g", name,
                     value, least, most);
}

static enum status check_options(const struct asyncrl_vector_options *options,
                                 struct error *error) {
    enum { MAX_THREADS = 1024, MAX_SKIP = 1000, MAX_NOOPS = 1000000 };
    if (options->abi_version != ASYNCRL_VECTOR_ABI)
        return error_set(error, STATUS_BAD_INPUT,
                         "the program was built with version %u of asyncrl/vector.h, the library "
                         "with %d: rebuild it",
                         (unsigned)options->abi_version, ASYNCRL_VECTOR_ABI);
    if (!options->game || !options->game[0])
        return error_set(error, STATUS_BAD_INPUT, "no game is named: set options.game to an id");
    const struct {
        const char *name;
        double value, least, most;
    } bounds[] = {
        {"environment_count", options->environment_count, 1, ASYNCRL_VECTOR_MAX},
        {"thread_count", options->thread_count, 0, MAX_THREADS},
        {"autoreset", options->autoreset, 0, ASYNCRL_AUTORESET_DISABLED},
        {"frame_skip", options->frame_skip, 0, MAX_SKIP},
        {"step_limit", (double)options->step_limit, -1, 1e9},
        {"noop_max", options->noop_max, 0, MAX_NOOPS},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds && status == STATUS_OK; i++)
        status =
            check_range(bounds[i].name, bounds[i].value, bounds[i].least, bounds[i].most, error);
    if (status == STATUS_OK && options->sticky != -1)
        status = check_range("sticky", options->sticky, 0, 0.99, error);
    return status;
}

/* Only our own cores can run many times in a process. */
static enum status find_game(struct asyncrl_vector *vector,
                             const struct asyncrl_vector_options *options, struct error *error) {
    const struct game_overrides overrides = {
        .frame_skip = {options->frame_skip, options->frame_skip}};
    const enum status status = game_find(options->game, &overrides, &vector->game, error);
    if (status != STATUS_OK)
        return status;
    const enum game_emulator emulator = vector->game.emulator;
    if (emulator != GAME_ALE && emulator != GAME_CATCH && emulator != GAME_MARIO)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%.100s' runs in foreign code, which a process can run only once: choose "
                         "Atari, Super Mario or catch",
                         options->game);
    return STATUS_OK;
}

static enum status choose_rules(struct asyncrl_vector *vector,
                                const struct asyncrl_vector_options *options, struct error *error) {
    const char *name = options->observation ? options->observation : "deepmind";
    enum observation_preset observation;
    if (!observation_from_name(name, &observation) || observation == OBSERVATION_VECTOR)
        return error_set(error, STATUS_BAD_INPUT,
                         "options.observation is '%.40s', but must be deepmind, v4 or classic",
                         name);
    const struct environment_options rules = {
        .sticky = options->sticky,
        .noop_max = options->noop_max,
        .fire_on_reset = options->fire_on_reset,
        .life_loss_ends = options->life_loss_ends,
        .step_limit = options->step_limit,
        .max_equal_actions = 0,
        .reward = "raw",
        .reward_scale = 1,
    };
    vector->config = environment_options_apply(&rules, &vector->game, observation);
    vector->config.reward = options->clips_rewards ? REWARD_CLIP : REWARD_RAW;
    return STATUS_OK;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static enum status open_environment(struct asyncrl_vector *vector, int index) {
    struct slot *slot = &vector->slots[index];
    struct emulator *emulator;
    enum status status =
        game_open_emulator(&vector->game, vector->data_dir, &emulator, &slot->error);
    if (status == STATUS_OK)
        status = environment_create(emulator, &vector->config, &slot->environment, &slot->error);
    if (status == STATUS_OK)
        environment_seed(slot->environment, vector->seed + (uint64_t)index, 0);
    return status;
}

static void open_slot(void *context, int index) {
    struct asyncrl_vector *vector = context;
    vector->slots[index].status = open_environment(vector, index);
}

/* Returns the status and the error of the first slot that failed. */
static enum status collect(const struct asyncrl_vector *vector, struct error *error) {
    for (int i = 0; i < vector->about.environment_count; i++)
        if (vector->slots[i].status != STATUS_OK) {
            *error = vector->slots[i].error;
            return vector->slots[i].status;
        }
    return STATUS_OK;
}

static void describe(struct asyncrl_vector *vector) {
    struct asyncrl_vector_about *about = &vector->about;
    const struct emulator_info *info = environment_emulator_info(vector->slots[0].environment);
    const struct observation_shape shape = observation_shape(vector->config.observation, info);
    about->game = vector->game.id;
    about->action_count = info->action_count;
    about->action_names = info->action_names;
    about->channels = shape.channels;
    about->height = shape.height;
    about->width = shape.width;
    about->observation_bytes = shape.bytes;
    about->screen_height = info->screen_height;
    about->screen_width = info->screen_width;
    about->frame_skip_min = vector->config.frame_skip_min;
    about->frame_skip_max = vector->config.frame_skip_max;
    about->frames_per_second = info->frames_per_second;
}

static int choose_threads(const struct asyncrl_vector_options *options) {
    int threads = options->thread_count > 0 ? options->thread_count : process_cpu_count();
    if (threads > options->environment_count)
        threads = options->environment_count;
    return threads > 0 ? threads : 1;
}

static enum status open_vector(struct asyncrl_vector *vector,
                               const struct asyncrl_vector_options *options, struct error *error) {
    enum status status = find_game(vector, options, error);
    if (status == STATUS_OK)
        status = choose_rules(vector, options, error);
    if (status != STATUS_OK)
        return status;
    vector->slots = calloc((size_t)options->environment_count, sizeof *vector->slots);
    if (!vector->slots)
        return error_set(error, STATUS_FAILED, "out of memory for environments");
    vector->about.environment_count = options->environment_count;
    vector->about.thread_count = choose_threads(options);
    vector->autoreset = options->autoreset;
    vector->seed = options->seed;
    vector->data_dir = options->data_dir;
    vector->process = getpid();
    status = team_open(vector->about.thread_count, &vector->team, error);
    if (status != STATUS_OK)
        return status;
    team_share(vector->team, options->environment_count, open_slot, vector);
    vector->data_dir = NULL;
    status = collect(vector, error);
    if (status == STATUS_OK)
        describe(vector);
    return status;
}

enum asyncrl_status asyncrl_vector_open(const struct asyncrl_vector_options *options,
                                        struct asyncrl_vector **vector,
                                        struct asyncrl_error *error) {
    struct error why;
    enum status status = check_options(options, &why);
    if (status != STATUS_OK)
        return tell(status, &why, error);
    struct asyncrl_vector *opened = calloc(1, sizeof *opened);
    if (!opened)
        return tell(error_set(&why, STATUS_FAILED, "out of memory for environments"), &why, error);
    status = open_vector(opened, options, &why);
    if (status == STATUS_OK)
        *vector = opened;
    else
        asyncrl_vector_close(opened);
    return tell(status, &why, error);
}

const struct asyncrl_vector_about *asyncrl_vector_about(const struct asyncrl_vector *vector) {
    return &vector->about;
}

void asyncrl_vector_close(struct asyncrl_vector *vector) {
    if (!vector)
        return;
    if (vector->process == getpid())
        team_close(vector->team); /* a fork has no threads to wait for */
    for (int i = 0; vector->slots && i < vector->about.environment_count; i++)
        environment_destroy(vector->slots[i].environment);
    free(vector->slots);
    free(vector);
}

/* ---- Playing --------------------------------------------------------------------------------- */

static void observe(const struct round *round, int index, uint8_t *observations) {
    const size_t bytes = round->vector->about.observation_bytes;
    environment_observe(round->vector->slots[index].environment,
                        observations + bytes * (size_t)index);
}

static void reset_slot(struct slot *slot) {
    const double reward = environment_reset(slot->environment);
    if (environment_is_new_game(slot->environment)) {
        slot->score = 0;
        slot->frames = 0;
    }
    slot->score += reward;
    slot->has_begun = true;
    slot->is_over = false;
}

static void write_step(const struct asyncrl_vector_arrays *arrays, int index,
                       const struct slot *slot, const struct environment_step *step) {
    if (arrays->rewards)
        arrays->rewards[index] = step->reward;
    if (arrays->terminated)
        arrays->terminated[index] = step->terminated;
    if (arrays->truncated)
        arrays->truncated[index] = step->truncated;
    if (arrays->game_over)
        arrays->game_over[index] = step->game_ended;
    if (arrays->scores)
        arrays->scores[index] = slot->score;
    if (arrays->frames)
        arrays->frames[index] = slot->frames;
    if (arrays->lives)
        arrays->lives[index] = step->lives;
}

static void play_slot(const struct round *round, int index) {
    struct slot *slot = &round->vector->slots[index];
    const struct environment_step step =
        environment_act(slot->environment, (int)round->actions[index]);
    slot->score += step.raw_reward;
    slot->frames += step.emulator_frames;
    slot->is_over = step.terminated || step.truncated;
    if (step.failed)
        slot->status =
            error_set(&slot->error, STATUS_FAILED, "%s", environment_failure(slot->environment));
    write_step(round->arrays, index, slot, &step);
}

static void step_slot(void *context, int index) {
    const struct round *round = context;
    const enum asyncrl_autoreset autoreset = round->vector->autoreset;
    struct slot *slot = &round->vector->slots[index];
    if (slot->is_over) {
        reset_slot(slot);
        const struct environment_step none = {.lives = environment_lives(slot->environment)};
        write_step(round->arrays, index, slot, &none);
    } else {
        play_slot(round, index);
    }
    if (slot->is_over && autoreset == ASYNCRL_AUTORESET_SAME_STEP) {
        if (round->arrays->final)
            observe(round, index, round->arrays->final);
        reset_slot(slot);
    }
    observe(round, index, round->arrays->observations);
}

static void begin_slot(void *context, int index) {
    const struct round *round = context;
    struct slot *slot = &round->vector->slots[index];
    if (round->mask && !round->mask[index])
        return;
    if (round->seeds)
        environment_seed(slot->environment, round->seeds[index], 0);
    else
        environment_end_game(slot->environment);
    reset_slot(slot);
    if (round->arrays->scores)
        round->arrays->scores[index] = slot->score;
    if (round->arrays->frames)
        round->arrays->frames[index] = slot->frames;
    if (round->arrays->lives)
        round->arrays->lives[index] = environment_lives(slot->environment);
    observe(round, index, round->arrays->observations);
}

static enum status check_process(const struct asyncrl_vector *vector, struct error *error) {
    if (vector->process == getpid())
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "these environments belong to another process: open them after the fork");
}

static enum status check_actions(const struct asyncrl_vector *vector, const int64_t *actions,
                                 struct error *error) {
    for (int i = 0; i < vector->about.environment_count; i++) {
        if (actions[i] < 0 || actions[i] >= vector->about.action_count)
            return error_set(error, STATUS_BAD_INPUT,
                             "action %lld of environment %d is not an action of the game, 0 to %d",
                             (long long)actions[i], i, vector->about.action_count - 1);
        if (!vector->slots[i].has_begun)
            return error_set(error, STATUS_BAD_INPUT,
                             "environment %d has not begun an episode: reset it first", i);
        if (vector->autoreset == ASYNCRL_AUTORESET_DISABLED && vector->slots[i].is_over)
            return error_set(error, STATUS_BAD_INPUT,
                             "the episode of environment %d is over: reset it first", i);
    }
    return STATUS_OK;
}

enum asyncrl_status asyncrl_vector_reset(struct asyncrl_vector *vector, const uint64_t *seeds,
                                         const uint8_t *mask,
                                         const struct asyncrl_vector_arrays *arrays,
                                         struct asyncrl_error *error) {
    struct error why;
    struct round round = {.vector = vector, .arrays = arrays, .seeds = seeds, .mask = mask};
    const enum status status = check_process(vector, &why);
    if (status == STATUS_OK)
        team_share(vector->team, vector->about.environment_count, begin_slot, &round);
    return tell(status, &why, error);
}

enum asyncrl_status asyncrl_vector_step(struct asyncrl_vector *vector, const int64_t *actions,
                                        const struct asyncrl_vector_arrays *arrays,
                                        struct asyncrl_error *error) {
    struct error why;
    struct round round = {.vector = vector, .arrays = arrays, .actions = actions};
    enum status status = check_process(vector, &why);
    if (status == STATUS_OK)
        status = check_actions(vector, actions, &why);
    if (status == STATUS_OK) {
        team_share(vector->team, vector->about.environment_count, step_slot, &round);
        status = collect(vector, &why);
    }
    return tell(status, &why, error);
}

void asyncrl_vector_screen(const struct asyncrl_vector *vector, int environment, uint8_t *rgb) {
    environment_screen_rgb(vector->slots[environment].environment, rgb);
}
