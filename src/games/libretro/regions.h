/* The address space of a core's machine, from the memory map that the core tells. */
#ifndef ASYNCRL_GAMES_LIBRETRO_REGIONS_H
#define ASYNCRL_GAMES_LIBRETRO_REGIONS_H

#include "games/libretro/interface.h"
#include "games/libretro/libretro.h"

/* Writes the stretches of the map that can be written to, in its order, and returns
 * their number. */
int regions_of_map(const struct memory_map *map,
                   struct libretro_region regions[LIBRETRO_MAX_REGIONS]);

#endif
