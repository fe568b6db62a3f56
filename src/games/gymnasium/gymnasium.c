/*
 * Environments of Gymnasium (gymnasium.farama.org), each in a Python process of its own.
 *
 * One process describes the environment and ends. The first reset starts the process that plays, so
 * that emulators that forks inherit do not share one.
 */
#include "games/gymnasium/process.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The size of the black screen of a game without pictures. */
enum { BLANK_SIZE = 84 };

/* Far above every real environment; the network and the screen check stricter bounds. */
enum { MAX_VALUES = 1 << 16, MAX_ACTIONS = 4096, NAME_SIZE = 12, DESCRIPTION_SIZE = 256 };

static const double PATIENCE_SECONDS = 40;

struct gymnasium {
    struct emulator head;
    struct gymnasium_process process;
    bool is_seeded; /* the next reset takes the seed */
    uint64_t seed;
    char module[DESCRIPTION_SIZE];
    char id[DESCRIPTION_SIZE];
    char kwargs[OPTION_TEXT_SIZE];
    char wrappers[OPTION_TEXT_SIZE];
    char (*names)[NAME_SIZE]; /* (actions) */
    const char **action_names;
    struct error failure;
    char no_picture[512]; /* why the newest picture is missing; "": it is not */
};

static struct gymnasium *gymnasium_of(struct emulator *emulator) {
    return (struct gymnasium *)emulator;
}

static const struct gymnasium *const_gymnasium_of(const struct emulator *emulator) {
    return (const struct gymnasium *)emulator;
}

/* ---- Playing --------------------------------------------------------------------------------- */

/* Each process that plays starts its own Python; an inherited one belongs to another process. */
static bool ensure_process(struct gymnasium *gymnasium, struct error *error) {
    struct gymnasium_process *process = &gymnasium->process;
    if (process->pid != 0 && process->owner == getpid())
        return true;
    gymnasium_stop(process);
    return gymnasium_start(process, "play", error);
}

static void fail(struct gymnasium *gymnasium, struct emulator_frame *frame) {
    error_context(&gymnasium->failure, "gym:%s%s%s", gymnasium->module,
                  gymnasium->module[0] ? ":" : "", gymnasium->id);
    *frame = (struct emulator_frame){.failed = true, .game_over = true};
}

static bool check_vector(const struct gymnasium_process *process, struct error *error) {
    const float *vector = gymnasium_part(process, PART_OBSERVATION);
    const bool is_bounded = process->space.is_bounded;
    const float *lowest = is_bounded ? gymnasium_part(process, PART_LOWEST) : NULL;
    const float *highest = is_bounded ? gymnasium_part(process, PART_HIGHEST) : NULL;
    for (int64_t i = 0; i < process->space.width; i++) {
        if (!isfinite(vector[i])) {
            error_set(error, STATUS_FAILED, "its observation is not finite");
            return false;
        }
        if (fabsf(vector[i]) > EMULATOR_VECTOR_LIMIT) {
            error_set(error, STATUS_FAILED,
                      "its observation has %g at index %lld, beyond -%g to %g, which no "
                      "network learns from: scale it in the environment",
                      (double)vector[i], (long long)i, (double)EMULATOR_VECTOR_LIMIT,
                      (double)EMULATOR_VECTOR_LIMIT);
            return false;
        }
        if (is_bounded && !(vector[i] >= lowest[i] && vector[i] <= highest[i])) {
            error_set(error, STATUS_FAILED,
                      "its observation has %g at index %lld; its space says %.4g to %.4g",
                      (double)vector[i], (long long)i, (double)lowest[i], (double)highest[i]);
            return false;
        }
    }
    return true;
}

static bool check_picture_values(const struct gymnasium_process *process, struct error *error) {
    if (!process->space.is_bounded)
        return true;
    const uint8_t *pixels = gymnasium_part(process, PART_OBSERVATION);
    const uint8_t *lowest = gymnasium_part(process, PART_LOWEST);
    const uint8_t *highest = gymnasium_part(process, PART_HIGHEST);
    for (size_t i = 0; i < gymnasium_part_size(&process->space); i++)
        if (pixels[i] < lowest[i] || pixels[i] > highest[i]) {
            error_set(error, STATUS_FAILED,
                      "its observation has a pixel of %d; its space says %d to %d", pixels[i],
                      lowest[i], highest[i]);
            return false;
        }
    return true;
}

/* Checks the parts of an answer that Python has not checked. */
static bool check_answer(const struct gymnasium_process *process, double reward,
                         struct error *error) {
    if (!isfinite(reward)) {
        error_set(error, STATUS_FAILED, "its reward is not finite");
        return false;
    }
    return process->space.kind == SPACE_VECTOR ? check_vector(process, error)
                                               : check_picture_values(process, error);
}

/* Asks Python, and fills frame with the answer. */
static void ask_child(struct gymnasium *gymnasium, enum gymnasium_question question,
                      int64_t request, struct emulator_frame *frame) {
    struct error *failure = &gymnasium->failure;
    struct gymnasium_process *process = &gymnasium->process;
    process->memory->request = request;
    if (!gymnasium_ask(process, question, failure)) {
        fail(gymnasium, frame);
        return;
    }
    const struct exchange *exchange = process->memory;
    const bool is_step = question == ASK_STEP;
    *frame = (struct emulator_frame){
        .reward = is_step ? exchange->reward : 0,
        .game_over = is_step && exchange->terminated,
        .truncated = is_step && !exchange->terminated && exchange->truncated,
    };
    if (!check_answer(process, frame->reward, failure)) {
        gymnasium_stop(process);
        fail(gymnasium, frame);
    }
}

static void gymnasium_seed(struct emulator *emulator, uint64_t seed) {
    struct gymnasium *gymnasium = gymnasium_of(emulator);
    gymnasium->is_seeded = true;
    gymnasium->seed = seed & INT32_MAX; /* some environments refuse larger seeds */
}

static void gymnasium_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct gymnasium *gymnasium = gymnasium_of(emulator);
    gymnasium->failure = (struct error){0};
    if (!ensure_process(gymnasium, &gymnasium->failure)) {
        fail(gymnasium, frame);
        return;
    }
    ask_child(gymnasium, gymnasium->is_seeded ? ASK_SEED : ASK_RESET, (int64_t)gymnasium->seed,
              frame);
    gymnasium->is_seeded = false;
}

/* Plays a numbered action, or if numbers is not NULL a continuous one. */
static void play_step(struct gymnasium *gymnasium, int action, const float *numbers,
                      struct emulator_frame *frame) {
    struct gymnasium_process *process = &gymnasium->process;
    if (process->pid == 0) { /* it has failed already */
        *frame = (struct emulator_frame){.failed = true, .game_over = true};
        return;
    }
    if (numbers)
        memcpy(process->memory->action, numbers,
               (size_t)process->space.action_size * sizeof *numbers);
    ask_child(gymnasium, ASK_STEP, action, frame);
}

static void gymnasium_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    play_step(gymnasium_of(emulator), action, NULL, frame);
}

static void gymnasium_steer(struct emulator *emulator, const float *action,
                            struct emulator_frame *frame) {
    play_step(gymnasium_of(emulator), 0, action, frame);
}

static void gymnasium_vector(const struct emulator *emulator, float *vector) {
    const struct gymnasium_process *process = &const_gymnasium_of(emulator)->process;
    const size_t size = gymnasium_part_size(&process->space);
    if (process->pid != 0)
        memcpy(vector, gymnasium_part(process, PART_OBSERVATION), size);
    else
        memset(vector, 0, size);
}

/* Renders a game whose observations are not pictures, only on request. Returns
 * NULL, with the reason in no_picture, if it cannot be drawn. */
static const uint8_t *render(struct gymnasium *gymnasium) {
    struct gymnasium_process *process = &gymnasium->process;
    struct error error;
    if (gymnasium_picture_size(&process->space) == 0)
        return NULL;
    if (!gymnasium_ask(process, ASK_RENDER, &error)) {
        snprintf(gymnasium->no_picture, sizeof gymnasium->no_picture, "%.500s", error.message);
        return NULL;
    }
    gymnasium_text(process, gymnasium->no_picture, sizeof gymnasium->no_picture);
    return gymnasium->no_picture[0] ? NULL : gymnasium_picture(process);
}

static void gymnasium_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    const struct gymnasium_process *process = &const_gymnasium_of(emulator)->process;
    const size_t size =
        3 * (size_t)emulator->info.screen_height * (size_t)emulator->info.screen_width;
    const uint8_t *picture = NULL;
    if (process->pid != 0)
        picture = process->space.kind == SPACE_PICTURE
                      ? gymnasium_part(process, PART_OBSERVATION)
                      : render(gymnasium_of((struct emulator *)emulator));
    if (picture)
        memcpy(rgb, picture, size);
    else
        memset(rgb, 0, size);
}

static const char *gymnasium_no_picture(const struct emulator *emulator) {
    const char *reason = const_gymnasium_of(emulator)->no_picture;
    return reason[0] ? reason : NULL;
}

static const char *gymnasium_failure(const struct emulator *emulator) {
    const char *message = const_gymnasium_of(emulator)->failure.message;
    return message[0] ? message : NULL;
}

static void gymnasium_close(struct emulator *emulator) {
    struct gymnasium *gymnasium = gymnasium_of(emulator);
    gymnasium_stop(&gymnasium->process);
    free(gymnasium->names);
    free(gymnasium->action_names);
    free(gymnasium);
}

static enum status gymnasium_copy(const struct emulator *emulator, struct emulator **copy,
                                  struct error *error);

static const struct emulator_class gymnasium_class = {
    .name = "gymnasium",
    .seed = gymnasium_seed,
    .reset = gymnasium_reset,
    .act = gymnasium_act,
    .steer = gymnasium_steer,
    .screen_rgb = gymnasium_screen_rgb,
    .vector = gymnasium_vector,
    .failure = gymnasium_failure,
    .no_picture = gymnasium_no_picture,
    .copy = gymnasium_copy,
    .close = gymnasium_close,
};

/* ---- Opening --------------------------------------------------------------------------------- */

static bool is_from(int64_t value, int64_t minimum, int64_t maximum) {
    return value >= minimum && value <= maximum;
}

static bool check_picture(const struct space *space, int64_t least, struct error *error) {
    enum { MAX_SIDE = 1024 };
    if (is_from(space->screen_height, least, MAX_SIDE) &&
        is_from(space->screen_width, least, MAX_SIDE))
        return true;
    error_set(error, STATUS_BAD_INPUT, "its pictures are %lld x %lld; at most %d x %d can be shown",
              (long long)space->screen_width, (long long)space->screen_height, MAX_SIDE, MAX_SIDE);
    return false;
}

static bool check_actions(const struct space *space, struct error *error) {
    const bool is_numbered = space->action_size == 0;
    if (is_numbered && !is_from(space->actions, 1, MAX_ACTIONS))
        error_set(error, STATUS_BAD_INPUT, "it has %lld actions; 1 to %d can be played",
                  (long long)space->actions, MAX_ACTIONS);
    else if (!is_numbered &&
             (!is_from(space->action_size, 1, MAX_ACTION_SIZE) || space->actions != 0))
        error_set(error, STATUS_BAD_INPUT, "its actions are %lld numbers; 1 to %d can be played",
                  (long long)space->action_size, MAX_ACTION_SIZE);
    else
        return true;
    return false;
}

/* Checks a Python process's description of its environment: it may be wrong. */
static bool check_space(const struct space *space, struct error *error) {
    if (!check_actions(space, error))
        return false;
    if (space->kind == SPACE_PICTURE && space->height == space->screen_height &&
        space->width == space->screen_width)
        return check_picture(space, 1, error);
    if (space->kind == SPACE_VECTOR && space->height == 1 && is_from(space->width, 1, MAX_VALUES))
        return check_picture(space, 0, error);
    error_set(error, STATUS_BAD_INPUT, "its observations are %lld numbers; 1 to %d are possible",
              (long long)space->width, MAX_VALUES);
    return false;
}

/* Asks a Python process for the space; it then ends. If it dies while drawing, asks another one
 * without pictures: a game that cannot draw can still be learned. */
static bool learn_space(struct gymnasium *gymnasium, struct error *error) {
    struct gymnasium_process *process = &gymnasium->process;
    if (!gymnasium_start(process, "tell", error) &&
        !(process->drew && gymnasium_start(process, "tell-blind", error)))
        return false;
    const struct space space = process->memory->space;
    gymnasium_text(process, gymnasium->no_picture, sizeof gymnasium->no_picture);
    gymnasium_stop(process);
    process->space = space;
    return check_space(&space, error);
}

/* Names the actions by their numbers: Gymnasium has no names for them. */
static bool name_actions(struct gymnasium *gymnasium, struct error *error) {
    const size_t count = (size_t)gymnasium->process.space.actions;
    gymnasium->names = calloc(count + 1, NAME_SIZE);
    gymnasium->action_names = calloc(count + 1, sizeof *gymnasium->action_names);
    if (!gymnasium->names || !gymnasium->action_names) {
        error_set(error, STATUS_FAILED, "out of memory");
        return false;
    }
    for (int i = 0; i < (int)count; i++) {
        snprintf(gymnasium->names[i], NAME_SIZE, "%d", i);
        gymnasium->action_names[i] = gymnasium->names[i];
    }
    return true;
}

static void fill_info(struct gymnasium *gymnasium) {
    const struct space *space = &gymnasium->process.space;
    const bool has_picture = gymnasium_picture_size(space) > 0;
    const double rate = space->frames_per_second;
    gymnasium->head.info = (struct emulator_info){
        .screen_width = has_picture ? (int)space->screen_width : BLANK_SIZE,
        .screen_height = has_picture ? (int)space->screen_height : BLANK_SIZE,
        .action_count = (int)space->actions,
        .action_size = (int)space->action_size,
        .action_names = gymnasium->action_names,
        .fire_action = -1,
        .frames_per_second = rate >= 0.1 && rate <= 1000 ? rate : 30,
        .vector_size = space->kind == SPACE_VECTOR ? (int)space->width : 0,
    };
}

/* Fills in the process that plays; its texts belong to this emulator. */
static void describe_process(struct gymnasium *gymnasium, double patience, double start_patience) {
    gymnasium->process = (struct gymnasium_process){
        .module = gymnasium->module,
        .id = gymnasium->id,
        .kwargs = gymnasium->kwargs,
        .wrappers = gymnasium->wrappers,
        .patience = patience,
        .start_patience = start_patience,
        .emulator = &gymnasium->head,
    };
}

static enum status gymnasium_copy(const struct emulator *emulator, struct emulator **copy,
                                  struct error *error) {
    const struct gymnasium *original = const_gymnasium_of(emulator);
    struct gymnasium *gymnasium = calloc(1, sizeof *gymnasium);
    if (!gymnasium)
        return error_set(error, STATUS_FAILED, "out of memory");
    *gymnasium = *original;
    emulator_watch(&gymnasium->head, NULL, NULL);
    gymnasium->names = NULL;
    gymnasium->action_names = NULL;
    describe_process(gymnasium, original->process.patience, original->process.start_patience);
    gymnasium->process.space = original->process.space;
    if (!name_actions(gymnasium, error)) {
        gymnasium_close(&gymnasium->head);
        return error->status;
    }
    fill_info(gymnasium);
    *copy = &gymnasium->head;
    return STATUS_OK;
}

enum status emulator_open_gymnasium(const struct gymnasium_description *description,
                                    struct emulator **emulator, struct error *error) {
    struct gymnasium *gymnasium = calloc(1, sizeof *gymnasium);
    if (!gymnasium)
        return error_set(error, STATUS_FAILED, "out of memory");
    gymnasium->head.class = &gymnasium_class;
    snprintf(gymnasium->module, sizeof gymnasium->module, "%s", description->module);
    snprintf(gymnasium->id, sizeof gymnasium->id, "%s", description->id);
    snprintf(gymnasium->kwargs, sizeof gymnasium->kwargs, "%s", description->kwargs);
    snprintf(gymnasium->wrappers, sizeof gymnasium->wrappers, "%s", description->wrappers);
    const double patience =
        description->answer_seconds > 0 ? description->answer_seconds : PATIENCE_SECONDS;
    describe_process(gymnasium, patience,
                     description->start_seconds > 0 ? description->start_seconds : patience);
    if (!learn_space(gymnasium, error) || !name_actions(gymnasium, error)) {
        gymnasium_close(&gymnasium->head);
        return error_context(error, "cannot open the Gymnasium environment '%s'", description->id);
    }
    fill_info(gymnasium);
    *emulator = &gymnasium->head;
    return STATUS_OK;
}
