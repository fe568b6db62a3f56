/* The description of an Atari game, the same with either core. */
#ifndef ASYNCRL_GAMES_ATARI_INFO_H
#define ASYNCRL_GAMES_ATARI_INFO_H

#include "games/atari/ale_colours.h"
#include "games/atari/ale_roms.h"
#include "games/machines.h"

/* All actions, by ALE's codes. */
enum { ATARI_ACTIONS = 18, ATARI_RAM_SIZE = 128, ATARI_WIDTH = 160 };

/* The actions of a game, to which info points. */
struct atari_actions {
    int count;
    int codes[ATARI_ACTIONS];
    const char *names[ATARI_ACTIONS];
};

/* The full set of actions, in the order of their codes. */
void atari_actions_fill(struct atari_actions *actions);

/* Fills info, which keeps pointers to actions (count and codes are given) and colours. */
void atari_info_fill(struct emulator_info *info, const struct ale_rom *rom, int screen_height,
                     struct atari_actions *actions, const struct ale_colours *colours);

/* rgb: (size, 3) from indices: (size), which may be the last third of rgb. */
void atari_colour(uint8_t *rgb, const uint8_t *indices, size_t size,
                  const struct ale_colours *colours);

#endif
