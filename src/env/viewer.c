/* Observations of screens from elsewhere: an observer reads an emulator, so this file has one that
 * shows these screens. */
#include "env/observation.h"

#include <stdlib.h>
#include <string.h>

struct viewer {
    struct emulator emulator; /* shows rgb, and can do nothing else */
    struct observer *observer;
    const uint8_t *rgb; /* the screen to take */
    int frames;         /* taken in this step */
};

static void show_screen(const struct emulator *emulator, uint8_t *rgb) {
    const struct viewer *viewer = (const struct viewer *)emulator;
    const struct emulator_info *info = &emulator->info;
    memcpy(rgb, viewer->rgb, (size_t)info->screen_height * (size_t)info->screen_width * 3);
}

static const struct emulator_class screen_class = {.name = "screens", .screen_rgb = show_screen};

enum status viewer_create(enum observation_preset preset, int blank_top, int height, int width,
                          struct viewer **viewer, struct error *error) {
    if (height < 1 || width < 1 || height > SCREEN_MAX_SIZE || width > SCREEN_MAX_SIZE)
        return error_set(error, STATUS_BAD_INPUT,
                         "a screen of %dx%d pixels is not supported: 1x1 to %dx%d", width, height,
                         SCREEN_MAX_SIZE, SCREEN_MAX_SIZE);
    if (blank_top >= height)
        return error_set(error, STATUS_BAD_INPUT,
                         "--blank_top=%d blackens all %d lines of the screen", blank_top, height);
    struct viewer *created = calloc(1, sizeof *created);
    if (!created)
        return error_set(error, STATUS_FAILED, "out of memory for observations");
    created->emulator.class = &screen_class;
    created->emulator.info.screen_height = height;
    created->emulator.info.screen_width = width;
    created->observer = observer_create(preset, blank_top, &created->emulator.info, error);
    if (!created->observer) {
        free(created);
        return error->status;
    }
    *viewer = created;
    return STATUS_OK;
}

void viewer_take(struct viewer *viewer, const uint8_t *rgb) {
    viewer->rgb = rgb;
    observer_take_frame(viewer->observer, &viewer->emulator);
    viewer->rgb = NULL;
    viewer->frames++;
}

void viewer_restart(struct viewer *viewer) {
    observer_restart(viewer->observer);
    viewer->frames = 0;
}

void viewer_end_step(struct viewer *viewer) {
    observer_end_step(viewer->observer, viewer->frames);
    viewer->frames = 0;
}

void viewer_observe(const struct viewer *viewer, uint8_t *observation) {
    observer_observe(viewer->observer, observation);
}

void viewer_destroy(struct viewer *viewer) {
    if (!viewer)
        return;
    observer_destroy(viewer->observer);
    free(viewer);
}
