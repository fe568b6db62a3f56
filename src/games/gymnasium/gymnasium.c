/*
 * Environments of Gymnasium (gymnasium.farama.org), in Python processes: copies of an emulator
 * share one.
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
enum { MAX_VALUES = 1 << 16, MAX_ACTIONS = 4096, NAME_SIZE = 12 };

static const double PATIENCE_SECONDS = 40;

struct gymnasium {
    struct emulator head;
    struct gymnasium_slot slot;
    bool has_begun; /* a step, whose answer is still to be taken */
    bool is_seeded; /* the next reset takes the seed */
    uint64_t seed;
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

static void fail(struct gymnasium *gymnasium, struct emulator_frame *frame) {
    const struct gymnasium_description *description = gymnasium_description(&gymnasium->slot);
    error_context(&gymnasium->failure, "gym:%s%s%s", description->module,
                  description->module[0] ? ":" : "", description->id);
    *frame = (struct emulator_frame){.failed = true, .game_over = true};
}

/* Spaces are often inexact: BipedalWalker's angle goes from -pi to pi, and beyond while it falls.
 * But a number that is beyond its bounds by more than they are apart is in other units than they.
 */
static bool is_far_beyond(float value, float lowest, float highest) {
    const float apart = highest - lowest;
    return value < lowest - apart || value > highest + apart;
}

static bool check_vector(const struct gymnasium_slot *slot, struct error *error) {
    const struct space *space = gymnasium_space(slot);
    const float *vector = gymnasium_part(slot, PART_OBSERVATION);
    const bool is_bounded = space->is_bounded;
    const float *lowest = is_bounded ? gymnasium_part(slot, PART_LOWEST) : NULL;
    const float *highest = is_bounded ? gymnasium_part(slot, PART_HIGHEST) : NULL;
    for (int64_t i = 0; i < space->width; i++) {
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
        if (is_bounded && is_far_beyond(vector[i], lowest[i], highest[i])) {
            error_set(error, STATUS_FAILED,
                      "its observation has %g at index %lld; its space says %.4g to %.4g",
                      (double)vector[i], (long long)i, (double)lowest[i], (double)highest[i]);
            return false;
        }
    }
    return true;
}

static bool check_picture_values(const struct gymnasium_slot *slot, struct error *error) {
    const struct space *space = gymnasium_space(slot);
    if (!space->is_bounded)
        return true;
    const uint8_t *pixels = gymnasium_part(slot, PART_OBSERVATION);
    const uint8_t *lowest = gymnasium_part(slot, PART_LOWEST);
    const uint8_t *highest = gymnasium_part(slot, PART_HIGHEST);
    for (size_t i = 0; i < gymnasium_part_size(space); i++)
        if (pixels[i] < lowest[i] || pixels[i] > highest[i]) {
            error_set(error, STATUS_FAILED,
                      "its observation has a pixel of %d; its space says %d to %d", pixels[i],
                      lowest[i], highest[i]);
            return false;
        }
    return true;
}

/* Checks the parts of an answer that Python has not checked. */
static bool check_answer(const struct gymnasium_slot *slot, double reward, struct error *error) {
    if (!isfinite(reward)) {
        error_set(error, STATUS_FAILED, "its reward is not finite");
        return false;
    }
    return gymnasium_space(slot)->kind == SPACE_VECTOR ? check_vector(slot, error)
                                                       : check_picture_values(slot, error);
}

/* Waits for Python's answer to the question that was begun, and fills frame with it. */
static void take_answer(struct gymnasium *gymnasium, bool is_step, struct emulator_frame *frame) {
    struct error *failure = &gymnasium->failure;
    struct gymnasium_slot *slot = &gymnasium->slot;
    if (!gymnasium_finish(slot, failure)) {
        fail(gymnasium, frame);
        return;
    }
    const struct exchange *exchange = gymnasium_exchange(slot);
    *frame = (struct emulator_frame){
        .reward = is_step ? exchange->reward : 0,
        .game_over = is_step && exchange->terminated,
        .truncated = is_step && !exchange->terminated && exchange->truncated,
    };
    if (!check_answer(slot, frame->reward, failure)) {
        gymnasium_stop(slot->process);
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
    struct gymnasium_slot *slot = &gymnasium->slot;
    gymnasium->failure = (struct error){0};
    gymnasium->has_begun = false;
    if (!gymnasium_is_running(slot) && !gymnasium_make(slot, &gymnasium->failure)) {
        fail(gymnasium, frame);
        return;
    }
    if (!gymnasium_finish(slot, &gymnasium->failure)) { /* a step that was only begun */
        fail(gymnasium, frame);
        return;
    }
    gymnasium_exchange(slot)->request = (int64_t)gymnasium->seed;
    gymnasium_begin(slot, gymnasium->is_seeded ? ASK_SEED : ASK_RESET);
    take_answer(gymnasium, false, frame);
    gymnasium->is_seeded = false;
}

static void gymnasium_begin_step(struct emulator *emulator, int action, const float *numbers) {
    struct gymnasium *gymnasium = gymnasium_of(emulator);
    struct gymnasium_slot *slot = &gymnasium->slot;
    if (gymnasium->has_begun || !gymnasium_is_running(slot))
        return;
    gymnasium->has_begun = true;
    struct exchange *exchange = gymnasium_exchange(slot);
    exchange->request = action;
    if (numbers)
        memcpy(exchange->action, numbers,
               (size_t)gymnasium_space(slot)->action_size * sizeof *numbers);
    gymnasium_begin(slot, ASK_STEP);
}

/* Plays a numbered action, or if numbers is not NULL a continuous one. */
static void play_step(struct gymnasium *gymnasium, int action, const float *numbers,
                      struct emulator_frame *frame) {
    struct gymnasium_slot *slot = &gymnasium->slot;
    if (!gymnasium_is_running(slot)) { /* it has failed already, or one beside it has */
        if (!gymnasium->failure.message[0]) {
            error_set(&gymnasium->failure, STATUS_FAILED,
                      "its Python process ended with another environment in it; "
                      "--envs_per_python=1 keeps them apart");
            fail(gymnasium, frame);
        }
        *frame = (struct emulator_frame){.failed = true, .game_over = true};
        return;
    }
    gymnasium_begin_step(&gymnasium->head, action, numbers);
    gymnasium->has_begun = false;
    take_answer(gymnasium, true, frame);
}

static void gymnasium_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    play_step(gymnasium_of(emulator), action, NULL, frame);
}

static void gymnasium_steer(struct emulator *emulator, const float *action,
                            struct emulator_frame *frame) {
    play_step(gymnasium_of(emulator), 0, action, frame);
}

static void gymnasium_vector(const struct emulator *emulator, float *vector) {
    const struct gymnasium_slot *slot = &const_gymnasium_of(emulator)->slot;
    const size_t size = gymnasium_part_size(gymnasium_space(slot));
    if (gymnasium_is_running(slot))
        memcpy(vector, gymnasium_part(slot, PART_OBSERVATION), size);
    else
        memset(vector, 0, size);
}

/* Renders a game whose observations are not pictures, only on request. Returns
 * NULL, with the reason in no_picture, if it cannot be drawn. */
static const uint8_t *render(struct gymnasium *gymnasium) {
    struct gymnasium_slot *slot = &gymnasium->slot;
    struct error error;
    if (gymnasium_picture_size(gymnasium_space(slot)) == 0)
        return NULL;
    if (!gymnasium_ask(slot, ASK_RENDER, &error)) {
        snprintf(gymnasium->no_picture, sizeof gymnasium->no_picture, "%.500s", error.message);
        return NULL;
    }
    gymnasium_text(slot, gymnasium->no_picture, sizeof gymnasium->no_picture);
    return gymnasium->no_picture[0] ? NULL : gymnasium_picture(slot);
}

static void gymnasium_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    const struct gymnasium_slot *slot = &const_gymnasium_of(emulator)->slot;
    const size_t size =
        3 * (size_t)emulator->info.screen_height * (size_t)emulator->info.screen_width;
    const uint8_t *picture = NULL;
    if (gymnasium_is_running(slot))
        picture = gymnasium_space(slot)->kind == SPACE_PICTURE
                      ? gymnasium_part(slot, PART_OBSERVATION)
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
    gymnasium_leave(&gymnasium->slot);
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
    .begin = gymnasium_begin_step,
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

/* The parts of an action; there are none unless it has several. */
static struct action_parts parts_of(const struct space *space) {
    struct action_parts parts = {0};
    while (parts.count < PARTS_MAX && space->parts[parts.count] != 0) {
        parts.sizes[parts.count] = space->parts[parts.count];
        parts.count++;
    }
    return parts;
}

static bool check_parts(const struct space *space, struct error *error) {
    const struct action_parts parts = parts_of(space);
    if (parts_are_valid(&parts) && parts_combinations(&parts) == space->actions &&
        space->action_size == 0)
        return true;
    error_set(error, STATUS_BAD_INPUT, "the parts of its actions make no sense");
    return false;
}

static bool check_actions(const struct space *space, struct error *error) {
    const bool is_numbered = space->action_size == 0;
    if (space->parts[0] != 0)
        return check_parts(space, error);
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

/* Names the actions by their numbers: Gymnasium has no names for them. Combinations of parts can be
 * too many. */
static bool name_actions(struct gymnasium *gymnasium, struct error *error) {
    const size_t count = (size_t)gymnasium_space(&gymnasium->slot)->actions;
    if (count > MAX_ACTIONS)
        return true;
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
    const struct space *space = gymnasium_space(&gymnasium->slot);
    const bool has_picture = gymnasium_picture_size(space) > 0;
    const double rate = space->frames_per_second;
    gymnasium->head.info = (struct emulator_info){
        .screen_width = has_picture ? (int)space->screen_width : BLANK_SIZE,
        .screen_height = has_picture ? (int)space->screen_height : BLANK_SIZE,
        .action_count = (int)space->actions,
        .action_size = (int)space->action_size,
        .parts = parts_of(space),
        .action_names = gymnasium->action_names,
        .fire_action = -1,
        .frames_per_second = rate >= 0.1 && rate <= 1000 ? rate : 30,
        .vector_size = space->kind == SPACE_VECTOR ? (int)space->width : 0,
    };
}

static bool describe_actions_and_info(struct gymnasium *gymnasium, struct error *error) {
    if (!name_actions(gymnasium, error))
        return false;
    fill_info(gymnasium);
    return true;
}

static struct gymnasium *create(void) {
    struct gymnasium *gymnasium = calloc(1, sizeof *gymnasium);
    if (gymnasium) {
        gymnasium->head.class = &gymnasium_class;
        gymnasium->slot.emulator = &gymnasium->head;
    }
    return gymnasium;
}

static enum status gymnasium_copy(const struct emulator *emulator, struct emulator **copy,
                                  struct error *error) {
    const struct gymnasium *original = const_gymnasium_of(emulator);
    struct gymnasium *gymnasium = create();
    if (!gymnasium)
        return error_set(error, STATUS_FAILED, "out of memory");
    memcpy(gymnasium->no_picture, original->no_picture, sizeof gymnasium->no_picture);
    if (!gymnasium_enter_beside(&gymnasium->slot, &original->slot, error) ||
        !describe_actions_and_info(gymnasium, error)) {
        gymnasium_close(&gymnasium->head);
        return error->status;
    }
    *copy = &gymnasium->head;
    return STATUS_OK;
}

enum status emulator_open_gymnasium(const struct gymnasium_description *description,
                                    struct emulator **emulator, struct error *error) {
    struct gymnasium *gymnasium = create();
    if (!gymnasium)
        return error_set(error, STATUS_FAILED, "out of memory");
    struct gymnasium_description full = *description;
    if (full.answer_seconds <= 0)
        full.answer_seconds = PATIENCE_SECONDS;
    if (full.start_seconds <= 0)
        full.start_seconds = full.answer_seconds;
    if (!gymnasium_enter_new(&gymnasium->slot, &full, error) ||
        !gymnasium_learn_space(&gymnasium->slot, gymnasium->no_picture,
                               sizeof gymnasium->no_picture, error) ||
        !check_space(gymnasium_space(&gymnasium->slot), error) ||
        !describe_actions_and_info(gymnasium, error)) {
        gymnasium_close(&gymnasium->head);
        return error_context(error, "cannot open the Gymnasium environment '%s'", description->id);
    }
    *emulator = &gymnasium->head;
    return STATUS_OK;
}
