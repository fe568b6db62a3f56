#include "games/libretro/regions.h"

/* Without a length a stretch is as long as its first repetition by the address lines selected. */
static size_t region_size(const struct memory_descriptor *given) {
    if (given->select == 0)
        return given->len;
    const size_t selected = ((~given->select & ~given->start) + 1) & given->select;
    return given->len > 0 && given->len < selected ? given->len : selected;
}

int regions_of_map(const struct memory_map *map,
                   struct libretro_region regions[LIBRETRO_MAX_REGIONS]) {
    int count = 0;
    for (unsigned i = 0; i < map->descriptor_count && count < LIBRETRO_MAX_REGIONS; i++) {
        const struct memory_descriptor *given = &map->descriptors[i];
        const size_t size = region_size(given);
        if (!(given->flags & MEMORY_IS_CONSTANT) && given->ptr && size > 0)
            regions[count++] =
                (struct libretro_region){.start = given->start, .size = size, .bytes = given->ptr};
    }
    return count;
}
