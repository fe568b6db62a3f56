/*
 * A libretro core as a machine without rules: buttons in, a frame and the RAM out. Its users,
 * mario.c and retro.c, know the game: where it starts, and what earns a reward.
 *
 *     struct libretro_core *core;
 *     if (libretro_open(core_path, rom_path, &core, error) != STATUS_OK) ...
 *     libretro_run(core, 1u << LIBRETRO_START);
 *     size_t ram_size;
 *     uint8_t *ram = libretro_ram(core, &ram_size);
 *     libretro_screen_rgb(core, rgb);
 *     libretro_close(core);
 *
 * Cores keep their state in globals. Each core opened here is loaded from a private copy of its
 * file, so that one process may have several of them; one thread uses them all. A process forked
 * after libretro_open inherits an independent copy. A core is foreign code that runs in this
 * process, with all its faults.
 */
#ifndef ASYNCRL_GAMES_LIBRETRO_LIBRETRO_H
#define ASYNCRL_GAMES_LIBRETRO_LIBRETRO_H

#include "base/base.h"

#include <stddef.h>
#include <stdint.h>

/* The buttons of libretro's joypad, by their bits (RETRO_DEVICE_ID_JOYPAD_* of libretro.h). */
enum libretro_button {
    LIBRETRO_B,
    LIBRETRO_Y,
    LIBRETRO_SELECT,
    LIBRETRO_START,
    LIBRETRO_UP,
    LIBRETRO_DOWN,
    LIBRETRO_LEFT,
    LIBRETRO_RIGHT,
    LIBRETRO_A,
    LIBRETRO_X,
    LIBRETRO_L,
    LIBRETRO_R,
    LIBRETRO_L2,
    LIBRETRO_R2,
    LIBRETRO_L3,
    LIBRETRO_R3,
};

/* A stretch of memory that can be written to, as the machine's processor addresses it. */
struct libretro_region {
    uint64_t start;
    size_t size;
    uint8_t *bytes; /* the core's, until it is closed */
};

enum { LIBRETRO_MAX_REGIONS = 64 };

/* One loaded core with one loaded game. */
struct libretro_core;

/*
 * Loads a core and a game into it; the machine stands at power-on. All options of the core have
 * their defaults, except those that hide a part of the picture or make sound. The caller closes
 * *core. STATUS_BAD_INPUT: a file is missing or not a core, the core has another version of the
 * interface, or it refuses the ROM.
 */
enum status libretro_open(const char *core_path, const char *rom_path, struct libretro_core **core,
                          struct error *error);

/* The value of one of a core's options. */
struct libretro_option {
    const char *key;
    const char *value;
};

/* The same, but tells the core only these answer_count options and no defaults: for all others the
 * core behaves as in a program that knows no options. The caller keeps answers. */
enum status libretro_open_with(const char *core_path, const char *rom_path,
                               const struct libretro_option *answers, int answer_count,
                               struct libretro_core **core, struct error *error);

/* The core's name and version, such as "Nestopia 1.52". */
const char *libretro_name(const struct libretro_core *core);

/* Plays one frame; joypad: bit 1u << LIBRETRO_* for each button held by the first player. */
void libretro_run(struct libretro_core *core, unsigned joypad);

/* Presses the machine's reset button. */
void libretro_reset(struct libretro_core *core);

/* Why nothing more can be played (such as that the core shut itself down), or NULL. */
const char *libretro_failure(const struct libretro_core *core);

/*
 * The size of the picture in pixels: the core's base geometry with the game loaded. It is fixed;
 * a frame of another size, as some games switch to, is stretched or shrunk to it by nearest pixel.
 */
void libretro_screen_size(const struct libretro_core *core, int *width, int *height);

/* Sets the picture's size to that of the newest frame, for games whose size differs from the one
 * that their core announces. States saved before become invalid. */
void libretro_fit_screen(struct libretro_core *core);
void libretro_set_screen_size(struct libretro_core *core, int width, int height);

/* rgb: (height, width, 3), written: the newest frame, black before the first. */
void libretro_screen_rgb(const struct libretro_core *core, uint8_t *rgb);

/* The system's RAM in place, valid until the core is closed; NULL and size 0 if the core shows
 * none. */
uint8_t *libretro_ram(struct libretro_core *core, size_t *size);

/* The machine's address space as the core tells it, in its order; returns the number of stretches,
 * 0 if it tells none. */
int libretro_regions(const struct libretro_core *core, const struct libretro_region **regions);

/* The width of a pixel in heights of one, so that the picture has the shape which the
 * core wants. */
double libretro_pixel_aspect(const struct libretro_core *core);

double libretro_frames_per_second(const struct libretro_core *core);

/* Bytes of a saved state, fixed while the core is open; 0 if the core saves none. */
size_t libretro_state_size(const struct libretro_core *core);

/* Writes the machine and its picture: exactly libretro_state_size bytes. */
enum status libretro_save(struct libretro_core *core, uint8_t *state, struct error *error);

/*
 * Goes back to a state saved by libretro_save of the same core and game; size must be
 * libretro_state_size. One that the core refuses is STATUS_BAD_INPUT.
 */
enum status libretro_load(struct libretro_core *core, const uint8_t *state, size_t size,
                          struct error *error);

/* The same from a state without a picture, as other programs save it; keeps the picture. */
enum status libretro_load_foreign(struct libretro_core *core, const uint8_t *state, size_t size,
                                  struct error *error);

void libretro_close(struct libretro_core *core);

#endif
