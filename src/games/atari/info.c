#include "games/atari/info.h"

enum { CODE_FIRE = 1 };

static const double frame_rates[] = {[TV_NTSC] = 60, [TV_PAL] = 50};

/* Square dots are 12.2727 (NTSC) or 14.75 MHz (PAL) in ITU-R BT.601, on interlaced lines half as
 * high as the console's; the console's dots have the frequency of the colour clock, in MHz. */
static const double pixel_aspects[] = {
    [TV_NTSC] = 12.2727 / 3.579545 / 2, [TV_PAL] = 14.75 / 3.546894 / 2};

static const char *const action_names[ATARI_ACTIONS] = {
    "NOOP",     "FIRE",     "UP",          "RIGHT",      "LEFT",          "DOWN",
    "UPRIGHT",  "UPLEFT",   "DOWNRIGHT",   "DOWNLEFT",   "UPFIRE",        "RIGHTFIRE",
    "LEFTFIRE", "DOWNFIRE", "UPRIGHTFIRE", "UPLEFTFIRE", "DOWNRIGHTFIRE", "DOWNLEFTFIRE",
};

void atari_actions_fill(struct atari_actions *actions) {
    for (int code = 0; code < ATARI_ACTIONS; code++)
        actions->codes[code] = code;
    actions->count = ATARI_ACTIONS;
}

void atari_info_fill(struct emulator_info *info, const struct ale_rom *rom, int screen_height,
                     struct atari_actions *actions, const struct ale_colours *colours) {
    *info = (struct emulator_info){
        .screen_width = ATARI_WIDTH,
        .screen_height = screen_height,
        .pixel_aspect = pixel_aspects[rom->television],
        .action_count = actions->count,
        .action_names = actions->names,
        .fire_action = -1,
        .ram_size = ATARI_RAM_SIZE,
        .frames_per_second = frame_rates[rom->television],
        .palette = colours->rgb,
        .palette_luma = colours->luma,
        .average = colours->average,
    };
    for (int i = 0; i < actions->count; i++) {
        actions->names[i] = action_names[actions->codes[i]];
        if (actions->codes[i] == CODE_FIRE)
            info->fire_action = i;
    }
}

void atari_colour(uint8_t *rgb, const uint8_t *indices, size_t size,
                  const struct ale_colours *colours) {
    for (size_t i = 0; i < size; i++) {
        const uint8_t *colour = colours->rgb[indices[i]];
        for (int c = 0; c < 3; c++)
            rgb[3 * i + (size_t)c] = colour[c];
    }
}
