#include "game/observation.h"
#include "game/screen.h"

#include <stdlib.h>
#include <string.h>

enum { PIXELS = OBSERVATION_SIZE * OBSERVATION_SIZE };

struct observer {
    enum observation_preset preset;
    const struct emulator_info *info;
    size_t screen_pixels;
    size_t frame_bytes;
    struct seed_resizer *seed_resizer;
    struct area_resizer *area_resizer;
    uint8_t *frames[2]; /* indices or RGB as the emulator has them; [0] is the newest */
    uint8_t *pooled;    /* (height, width): indices for seed, gray for the others */
    int oldest;         /* the stack is a ring; this is its first channel */
    uint8_t stack[OBSERVATION_MAX_CHANNELS][PIXELS];
};

static const char *const preset_names[] = {
    [OBSERVATION_SEED] = "seed", [OBSERVATION_DEEPMIND] = "deepmind", [OBSERVATION_V4] = "v4"};

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
    return false;
}

int observation_channels(enum observation_preset preset) {
    return preset == OBSERVATION_SEED ? 3 : 4;
}

size_t observation_bytes(enum observation_preset preset) {
    return (size_t)observation_channels(preset) * PIXELS;
}

/* Whether a picture is a blend of the last two frames, not only of those of one step. */
static bool averages(enum observation_preset preset, const struct emulator_info *info) {
    return preset == OBSERVATION_SEED && info->average;
}

static bool has_indices(const struct observer *observer) {
    return observer->info->palette != NULL;
}

static bool allocate(struct observer *observer, struct error *error) {
    const int height = observer->info->screen_height;
    const int width = observer->info->screen_width;
    observer->screen_pixels = (size_t)height * (size_t)width;
    observer->frame_bytes = observer->screen_pixels * (has_indices(observer) ? 1 : 3);
    for (int i = 0; i < 2; i++)
        observer->frames[i] = calloc(1, observer->frame_bytes);
    observer->pooled = malloc(observer->screen_pixels);
    if (!observer->frames[0] || !observer->frames[1] || !observer->pooled) {
        error_set(error, STATUS_FAILED, "out of memory for observations");
        return false;
    }
    if (observer->preset == OBSERVATION_SEED)
        observer->seed_resizer = seed_resizer_create(height, width, error);
    else
        observer->area_resizer = area_resizer_create(height, width, error);
    return observer->seed_resizer || observer->area_resizer;
}

struct observer *observer_create(enum observation_preset preset, const struct emulator_info *info,
                                 struct error *error) {
    struct observer *observer = calloc(1, sizeof *observer);
    if (!observer) {
        error_set(error, STATUS_FAILED, "out of memory for observations");
        return NULL;
    }
    observer->preset = preset;
    observer->info = info;
    if (!allocate(observer, error)) {
        observer_destroy(observer);
        return NULL;
    }
    return observer;
}

void observer_destroy(struct observer *observer) {
    if (!observer)
        return;
    free(observer->seed_resizer);
    free(observer->area_resizer);
    free(observer->frames[0]);
    free(observer->frames[1]);
    free(observer->pooled);
    free(observer);
}

void observer_take_frame(struct observer *observer, const struct emulator *emulator) {
    uint8_t *newest = observer->frames[1];
    observer->frames[1] = observer->frames[0];
    observer->frames[0] = newest;
    if (has_indices(observer))
        emulator_screen_indices(emulator, newest);
    else
        emulator_screen_rgb(emulator, newest);
}

/* ---- Pooling: two frames become one picture -------------------------------------------------- */

/* A row that repeats the one above in both frames gets that one's result again; false otherwise. */
static bool pooled_as_above(struct observer *observer, size_t row, size_t width) {
    const uint8_t *newest = observer->frames[0] + row;
    const uint8_t *previous = observer->frames[1] + row;
    if (row == 0 || memcmp(newest, newest - width, width) != 0 ||
        memcmp(previous, previous - width, width) != 0)
        return false;
    memcpy(observer->pooled + row, observer->pooled + row - width, width);
    return true;
}

static void pool_average(struct observer *observer) {
    const uint8_t(*average)[256] = observer->info->average;
    const size_t width = (size_t)observer->info->screen_width;
    for (size_t row = 0; row < observer->screen_pixels; row += width) {
        uint8_t *out = observer->pooled + row;
        if (pooled_as_above(observer, row, width))
            continue;
        for (size_t x = 0; x < width; x++)
            out[x] = average[observer->frames[0][row + x]][observer->frames[1][row + x]];
    }
}

static void pool_luma_maximum(struct observer *observer) {
    const uint8_t *luma = observer->info->palette_luma;
    const size_t width = (size_t)observer->info->screen_width;
    for (size_t row = 0; row < observer->screen_pixels; row += width) {
        uint8_t *out = observer->pooled + row;
        if (pooled_as_above(observer, row, width))
            continue;
        for (size_t x = 0; x < width; x++) {
            const uint8_t a = luma[observer->frames[0][row + x]];
            const uint8_t b = luma[observer->frames[1][row + x]];
            out[x] = a > b ? a : b;
        }
    }
}

/* Rec. 601 luma, in thousandths. */
static uint8_t luma_of_rgb(const uint8_t *rgb) {
    return (uint8_t)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

static void pool_rgb_maximum(struct observer *observer) {
    for (size_t i = 0; i < observer->screen_pixels; i++) {
        const uint8_t a = luma_of_rgb(observer->frames[0] + 3 * i);
        const uint8_t b = luma_of_rgb(observer->frames[1] + 3 * i);
        observer->pooled[i] = a > b ? a : b;
    }
}

static void make_channel_seed(struct observer *observer, uint8_t *channel) {
    if (!averages(observer->preset, observer->info)) {
        seed_resize_rgb(observer->seed_resizer, channel, observer->frames[0]);
        return;
    }
    pool_average(observer);
    seed_resize_indices(observer->seed_resizer, channel, observer->pooled, observer->info->palette);
}

static void make_channel_gray(struct observer *observer, uint8_t *channel) {
    if (has_indices(observer))
        pool_luma_maximum(observer);
    else
        pool_rgb_maximum(observer);
    area_resize(observer->area_resizer, channel, observer->pooled);
}

/* Makes the frame before the newest one equal to it, so that pooling shows the newest alone. */
static void forget_previous_frame(struct observer *observer) {
    memcpy(observer->frames[1], observer->frames[0], observer->frame_bytes);
}

static void make_channel(struct observer *observer, uint8_t *channel) {
    if (observer->preset == OBSERVATION_SEED)
        make_channel_seed(observer, channel);
    else
        make_channel_gray(observer, channel);
}

void observer_restart(struct observer *observer) {
    forget_previous_frame(observer);
    make_channel(observer, observer->stack[0]);
    for (int i = 1; i < observation_channels(observer->preset); i++)
        memcpy(observer->stack[i], observer->stack[0], PIXELS);
    observer->oldest = 0;
}

void observer_end_step(struct observer *observer, int frames) {
    /* ALE averages over any two frames in a row; the maximum is over the step's own. */
    if (observer->preset == OBSERVATION_V4 ||
        (observer->preset == OBSERVATION_DEEPMIND && frames < 2))
        forget_previous_frame(observer);
    make_channel(observer, observer->stack[observer->oldest]);
    observer->oldest = (observer->oldest + 1) % observation_channels(observer->preset);
}

void observer_observe(const struct observer *observer, uint8_t *out) {
    const int channels = observation_channels(observer->preset);
    const size_t until_end = (size_t)(channels - observer->oldest) * PIXELS;
    memcpy(out, observer->stack[observer->oldest], until_end);
    memcpy(out + until_end, observer->stack[0], (size_t)observer->oldest * PIXELS);
}

/* ---- Saved states: the stack, then the frame before the newest, where pictures depend on it -- */

size_t observer_state_size(enum observation_preset preset, const struct emulator_info *info) {
    const size_t screen_pixels = (size_t)info->screen_height * (size_t)info->screen_width;
    return observation_bytes(preset) + (averages(preset, info) ? screen_pixels : 0);
}

void observer_save(const struct observer *observer, uint8_t *state) {
    observer_observe(observer, state);
    if (averages(observer->preset, observer->info))
        memcpy(state + observation_bytes(observer->preset), observer->frames[1],
               observer->frame_bytes);
}

void observer_load(struct observer *observer, const struct emulator *emulator,
                   const uint8_t *state) {
    const size_t stack_bytes = observation_bytes(observer->preset);
    memcpy(observer->stack, state, stack_bytes);
    observer->oldest = 0;
    observer_take_frame(observer, emulator);
    if (averages(observer->preset, observer->info)) {
        memcpy(observer->frames[1], state + stack_bytes, observer->frame_bytes);
        pool_average(observer);
    }
}

void observer_screen_rgb(const struct observer *observer, uint8_t *rgb) {
    if (!has_indices(observer)) {
        memcpy(rgb, observer->frames[0], observer->frame_bytes);
        return;
    }
    const bool averaged = averages(observer->preset, observer->info);
    const uint8_t *indices = averaged ? observer->pooled : observer->frames[0];
    for (size_t i = 0; i < observer->screen_pixels; i++)
        memcpy(rgb + 3 * i, observer->info->palette[indices[i]], 3);
}
