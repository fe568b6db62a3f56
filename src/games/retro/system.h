/*
 * Consoles as stable-retro describes them, in the JSON files beside its cores: their cores, where
 * their memory begins, their buttons and the combinations of these. Inside of the emulator room.
 */
#ifndef ASYNCRL_GAMES_RETRO_SYSTEM_H
#define ASYNCRL_GAMES_RETRO_SYSTEM_H

#include "base/base.h"
#include "games/buttons.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RETRO_MAX_BUTTONS = BUTTONS_MAX_COUNT, /* of a joypad: bit b of a mask is button b */
    RETRO_MAX_GROUPS = 8,
    RETRO_MAX_CHOICES = 64,
    RETRO_MAX_ACTIONS = 4096,
    RETRO_BUTTON_SIZE = 12,
    RETRO_ACTION_SIZE = BUTTONS_ACTION_SIZE
};

/*
 * Buttons that exclude each other form a group; an action presses one of the choices of each. As in
 * stable-retro, groups are sorted by the mask of all their buttons, choices by their masks.
 */
struct retro_combos {
    struct {
        uint16_t buttons; /* of all choices */
        uint16_t choices[RETRO_MAX_CHOICES];
        int choice_count;
    } groups[RETRO_MAX_GROUPS];
    int group_count;
};

struct retro_system {
    char name[24]; /* "Genesis" */
    char core[48]; /* its core's file: "genesis_plus_gx_libretro.so" */
    char extensions[8][8];
    int extension_count;
    uint64_t ram_base;                                  /* address of the system RAM's first byte */
    size_t swap;                                        /* as struct retro_memory's */
    char buttons[RETRO_MAX_BUTTONS][RETRO_BUTTON_SIZE]; /* "": none there */
    int button_count;
    struct retro_combos combos;
};

/* Finds the console of that name in the JSON files of the folder of cores. */
enum status retro_system_load(const char *cores, const char *name, struct retro_system *system,
                              struct error *error);

/* Reads the "actions" of a scenario or a console; path and system are for errors. */
enum status retro_combos_read(const char *path, const struct json *actions,
                              const struct retro_system *system, struct retro_combos *combos,
                              struct error *error);

/* The number of actions: the product of the groups' choices, as in stable-retro's Actions.DISCRETE;
 * at most RETRO_MAX_ACTIONS + 1. */
int retro_combos_count(const struct retro_combos *combos);

/* The buttons of an action in 0 .. count-1; the first group changes fastest. */
uint16_t retro_combos_buttons(const struct retro_combos *combos, int action);

/* Writes an action's name: its buttons in order, "LEFT+B", or "NOOP". */
void retro_action_name(const struct retro_system *system, uint16_t buttons,
                       char out[RETRO_ACTION_SIZE]);

/* The names of its buttons; they belong to system. */
void retro_system_buttons(const struct retro_system *system, struct buttons *buttons);

#endif
