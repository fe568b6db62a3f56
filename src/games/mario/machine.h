/*
 * The machine under Super Mario Bros.: the NES of our own (nes/console.h), or a libretro core. For
 * mario.c and scenes.c only.
 */
#ifndef ASYNCRL_GAMES_MARIO_MACHINE_H
#define ASYNCRL_GAMES_MARIO_MACHINE_H

#include "base/base.h"
#include "games/machines.h"

struct mario_machine {
    const struct mario_machine_class *class;
    uint8_t *ram;      /* 2048 bytes, to be read and written; the machine's */
    size_t state_size; /* bytes */
    /* The machine stops at the vertical blank, and nes-py later: see scenes.h. */
    bool stops_early;
};

struct mario_machine_class {
    const char *name; /* the end of a saved state's name */
    void (*run)(struct mario_machine *machine, uint8_t buttons);
    const char *(*failure)(const struct mario_machine *machine);
    void (*describe)(const struct mario_machine *machine, struct emulator_info *info);
    void (*screen_rgb)(struct mario_machine *machine, uint8_t *rgb);
    void (*screen_indices)(struct mario_machine *machine, uint8_t *indices); /* or NULL */
    enum status (*save)(struct mario_machine *machine, uint8_t *state, struct error *error);
    enum status (*load)(struct mario_machine *machine, const uint8_t *state, struct error *error);
    void (*close)(struct mario_machine *machine);
};

/*
 * Opens a machine at power-on, with RAM of zeros. Core "" is our own; otherwise it is the path of a
 * libretro core. STATUS_BAD_INPUT: a file that is missing or does not fit. Closed by class->close.
 *
 * class->run plays one frame with NES_* buttons (nes/console.h); describe fills in the properties
 * of the screen; save and load take state_size bytes; load refuses with STATUS_BAD_INPUT.
 */
enum status mario_machine_open(const char *core_path, const char *rom_path,
                               struct mario_machine **machine, struct error *error);

#endif
