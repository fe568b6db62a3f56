#include "env/observation.h"
#include "env/picture.h"

#include <stdlib.h>
#include <string.h>

enum { PIXELS = OBSERVATION_SIZE * OBSERVATION_SIZE };

struct observer {
    enum observation_preset preset;
    const struct emulator_info *info;
    size_t screen_pixels;
    size_t frame_bytes;
    struct picture *picture;
    const uint8_t *frames[2]; /* indices or RGB as the emulator has them; [0] is the newest; */
    uint8_t *own[2];          /* here, unless the emulator keeps them */
    int oldest;               /* the stack is a ring; this is its first channel */
    uint8_t stack[OBSERVATION_MAX_CHANNELS][PIXELS];
    float *vector; /* (info->vector_size) for a game without a picture; the rest is unused then */
};

static const char *const preset_names[] = {[OBSERVATION_CLASSIC] = "classic",
                                           [OBSERVATION_DEEPMIND] = "deepmind",
                                           [OBSERVATION_V4] = "v4",
                                           [OBSERVATION_VECTOR] = "vector"};

enum { PRESET_COUNT = sizeof preset_names / sizeof preset_names[0] };

const char *observation_name(enum observation_preset preset) {
    return preset_names[preset];
}

bool observation_from_name(const char *name, enum observation_preset *preset) {
    for (int i = 0; i < PRESET_COUNT; i++)
        if (strcmp(name, preset_names[i]) == 0) {
            *preset = (enum observation_preset)i;
            return true;
        }
    *preset = OBSERVATION_CLASSIC;
    return strcmp(name, OBSERVATION_CLASSIC_BEFORE) == 0;
}

int observation_channels(enum observation_preset preset) {
    return preset == OBSERVATION_CLASSIC ? 3 : 4;
}

static bool is_vector(const struct emulator_info *info) {
    return info && info->vector_size > 0;
}

enum observation_preset observation_of(enum observation_preset preset,
                                       const struct emulator_info *info) {
    return is_vector(info) ? OBSERVATION_VECTOR : preset;
}

struct observation_shape observation_shape(enum observation_preset preset,
                                           const struct emulator_info *info) {
    if (is_vector(info))
        return (struct observation_shape){
            .channels = info->vector_size,
            .height = 1,
            .width = 1,
            .bytes = (size_t)info->vector_size * sizeof(float),
            .step_bytes = (size_t)info->vector_size * sizeof(float),
        };
    const int channels = observation_channels(preset);
    return (struct observation_shape){
        .channels = channels,
        .height = OBSERVATION_SIZE,
        .width = OBSERVATION_SIZE,
        .bytes = (size_t)channels * PIXELS,
        .step_bytes = PIXELS,
    };
}

static bool has_indices(const struct observer *observer) {
    return observer->info->palette != NULL;
}

static bool allocate_vector(struct observer *observer, struct error *error) {
    observer->vector = calloc((size_t)observer->info->vector_size, sizeof *observer->vector);
    if (!observer->vector)
        error_set(error, STATUS_FAILED, "out of memory for observations");
    return observer->vector;
}

static bool allocate(struct observer *observer, int blank_top, struct error *error) {
    const struct emulator_info *info = observer->info;
    if (is_vector(info))
        return allocate_vector(observer, error);
    if (observer->preset == OBSERVATION_VECTOR) {
        error_set(error, STATUS_BAD_INPUT, "the game shows pictures and has no vector to observe");
        return false;
    }
    observer->screen_pixels = (size_t)info->screen_height * (size_t)info->screen_width;
    observer->frame_bytes = observer->screen_pixels * (has_indices(observer) ? 1 : 3);
    for (int i = 0; i < 2; i++)
        observer->frames[i] = observer->own[i] = calloc(1, observer->frame_bytes);
    if (!observer->own[0] || !observer->own[1]) {
        error_set(error, STATUS_FAILED, "out of memory for observations");
        return false;
    }
    observer->picture = picture_create(observer->preset, blank_top, info, error);
    return observer->picture;
}

struct observer *observer_create(enum observation_preset preset, int blank_top,
                                 const struct emulator_info *info, struct error *error) {
    struct observer *observer = calloc(1, sizeof *observer);
    if (!observer) {
        error_set(error, STATUS_FAILED, "out of memory for observations");
        return NULL;
    }
    observer->preset = preset;
    observer->info = info;
    if (!allocate(observer, blank_top, error)) {
        observer_destroy(observer);
        return NULL;
    }
    return observer;
}

void observer_destroy(struct observer *observer) {
    if (!observer)
        return;
    picture_destroy(observer->picture);
    free(observer->own[0]);
    free(observer->own[1]);
    free(observer->vector);
    free(observer);
}

bool observer_pairs_frames(const struct observer *observer) {
    if (observer->vector)
        return false;
    return observer->preset == OBSERVATION_DEEPMIND ||
           picture_averages(observer->preset, observer->info);
}

void observer_take_frame(struct observer *observer, const struct emulator *emulator) {
    if (observer->vector) {
        emulator_vector(emulator, observer->vector);
        return;
    }
    uint8_t *newest = observer->own[1];
    observer->own[1] = observer->own[0];
    observer->own[0] = newest;
    observer->frames[1] = observer->frames[0];
    observer->frames[0] = newest;
    if (has_indices(observer))
        emulator_screen_indices(emulator, newest);
    else
        emulator_screen_rgb(emulator, newest);
}

void observer_take_last_two(struct observer *observer, const struct emulator *emulator) {
    emulator_screens(emulator, observer->frames);
}

/* Puts the picture of the newest frame and another one on the stack, in a channel. */
static void put_screen(struct observer *observer, int channel, const uint8_t *previous) {
    memcpy(observer->stack[channel],
           picture_update(observer->picture, observer->frames[0], previous), PIXELS);
}

void observer_restart(struct observer *observer) {
    if (observer->vector)
        return;
    observer->frames[1] = observer->frames[0];
    put_screen(observer, 0, observer->frames[1]);
    for (int i = 1; i < observation_channels(observer->preset); i++)
        memcpy(observer->stack[i], observer->stack[0], PIXELS);
    observer->oldest = 0;
}

void observer_end_step(struct observer *observer, int frames) {
    if (observer->vector)
        return;
    /* ALE averages over any two frames in a row; the maximum is over the step's own. */
    const bool is_alone = observer->preset == OBSERVATION_DEEPMIND && frames < 2;
    put_screen(observer, observer->oldest, observer->frames[is_alone ? 0 : 1]);
    observer->oldest = (observer->oldest + 1) % observation_channels(observer->preset);
}

void observer_observe(const struct observer *observer, void *out) {
    if (observer->vector) {
        memcpy(out, observer->vector, (size_t)observer->info->vector_size * sizeof(float));
        return;
    }
    const int channels = observation_channels(observer->preset);
    const size_t until_end = (size_t)(channels - observer->oldest) * PIXELS;
    memcpy(out, observer->stack[observer->oldest], until_end);
    memcpy((uint8_t *)out + until_end, observer->stack[0], (size_t)observer->oldest * PIXELS);
}

/*
 * Saved states: the stack, then the frame before the newest if pictures depend on it. A vector
 * comes from the emulator and has no state.
 */

size_t observer_state_size(enum observation_preset preset, const struct emulator_info *info) {
    if (is_vector(info))
        return 0;
    const size_t screen_pixels = (size_t)info->screen_height * (size_t)info->screen_width;
    return observation_shape(preset, info).bytes +
           (picture_averages(preset, info) ? screen_pixels : 0);
}

void observer_save(const struct observer *observer, uint8_t *state) {
    if (observer->vector)
        return;
    observer_observe(observer, state);
    if (picture_averages(observer->preset, observer->info))
        memcpy(state + observation_shape(observer->preset, observer->info).bytes,
               observer->frames[1], observer->frame_bytes);
}

void observer_load(struct observer *observer, const struct emulator *emulator,
                   const uint8_t *state) {
    observer_take_frame(observer, emulator);
    if (observer->vector)
        return;
    const size_t stack_bytes = observation_shape(observer->preset, observer->info).bytes;
    memcpy(observer->stack, state, stack_bytes);
    observer->oldest = 0;
    if (picture_averages(observer->preset, observer->info)) {
        memcpy(observer->own[1], state + stack_bytes, observer->frame_bytes);
        observer->frames[1] = observer->own[1];
        picture_update(observer->picture, observer->frames[0], observer->frames[1]);
    }
}

void observer_screen_rgb(const struct observer *observer, uint8_t *rgb) {
    if (!has_indices(observer)) {
        memcpy(rgb, observer->frames[0], observer->frame_bytes);
        return;
    }
    const bool averaged = picture_averages(observer->preset, observer->info);
    const uint8_t *indices = averaged ? picture_pooled(observer->picture) : observer->frames[0];
    for (size_t i = 0; i < observer->screen_pixels; i++)
        memcpy(rgb + 3 * i, observer->info->palette[indices[i]], 3);
}
