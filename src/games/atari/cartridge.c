#include "games/atari/cartridge.h"

#include "games/atari/tags.h"

#include <string.h>

enum { SLICE = 1024, E0_SLICES = 8, PORT = 0x80, READ_PORT_END = 0x100 };

size_t cartridge_size(enum cartridge_type type) {
    static const size_t sizes[CARTRIDGE_TYPE_COUNT] = {
        [CARTRIDGE_2K] = 2048,   [CARTRIDGE_4K] = 4096,  [CARTRIDGE_F8] = 8192,
        [CARTRIDGE_F8SC] = 8192, [CARTRIDGE_F6] = 16384, [CARTRIDGE_F6SC] = 16384,
        [CARTRIDGE_E0] = 8192,   [CARTRIDGE_FE] = 8192,  [CARTRIDGE_DPC] = 10495,
    };
    return sizes[type];
}

bool cartridge_has_ram(enum cartridge_type type) {
    return type == CARTRIDGE_F8SC || type == CARTRIDGE_F6SC;
}

void cartridge_reset(const struct cartridge *cartridge, struct cartridge_state *state) {
    static const uint8_t first_slices[4] = {4, 5, 6, 7};
    memset(state->slices, 0, sizeof state->slices);
    switch (cartridge->type) {
    case CARTRIDGE_E0:
        memcpy(state->slices, first_slices, sizeof state->slices);
        break;
    case CARTRIDGE_DPC:
        state->dpc.rest = 0;
        state->dpc.updated = 0;
        state->slices[0] = 1;
        break;
    case CARTRIDGE_F8:
    case CARTRIDGE_F8SC:
        state->slices[0] = 1;
        break;
    default:
        break;
    }
}

/* ---- Banks ----------------------------------------------------------------------------------- */

/* Bytes that are switched together. */
static uint32_t part_size(enum cartridge_type type) {
    return type == CARTRIDGE_E0 ? SLICE : CARTRIDGE_BANK;
}

/* The byte at an offset of 0 to FFF, apart from RAM and ports. */
static const uint8_t *byte_at(const struct cartridge *cartridge,
                              const struct cartridge_state *state, uint32_t address) {
    const uint32_t offset = address & 0xfff;
    switch (cartridge->type) {
    case CARTRIDGE_E0:
        return cartridge->image + (size_t)state->slices[offset / SLICE] * SLICE + offset % SLICE;
    case CARTRIDGE_FE:
        return cartridge->image + (address & 0x2000 ? 0 : CARTRIDGE_BANK) + offset;
    default:
        return cartridge->image + (size_t)state->slices[0] * CARTRIDGE_BANK + offset;
    }
}

/* Handles an access to a hot spot; true: it switched a bank. */
static bool choose_bank(const struct cartridge *cartridge, struct cartridge_state *state,
                        uint32_t offset) {
    uint8_t *slice = &state->slices[0];
    uint32_t chosen;
    switch (cartridge->type) {
    case CARTRIDGE_F8:
    case CARTRIDGE_F8SC:
    case CARTRIDGE_DPC:
        chosen = offset - 0xff8;
        if (chosen > 1)
            return false;
        break;
    case CARTRIDGE_F6:
    case CARTRIDGE_F6SC:
        chosen = offset - 0xff6;
        if (chosen > 3)
            return false;
        break;
    case CARTRIDGE_E0:
        if (offset < 0xfe0 || offset > 0xff7)
            return false;
        slice = &state->slices[(offset - 0xfe0) / 8];
        chosen = offset % 8;
        break;
    default:
        return false;
    }
    const bool changes = *slice != chosen;
    *slice = (uint8_t)chosen;
    return changes;
}

void cartridge_map(const struct cartridge *cartridge, const struct cartridge_state *state,
                   const uint8_t **pages) {
    int first = 0;
    int end = CARTRIDGE_PAGES;
    switch (cartridge->type) {
    case CARTRIDGE_2K:
    case CARTRIDGE_4K:
        break;
    case CARTRIDGE_FE:
        end = 0;
        break;
    case CARTRIDGE_DPC:
        first = PORT / CARTRIDGE_PAGE;
        end--;
        break;
    default:
        end--;
    }
    for (int i = 0; i < first; i++)
        pages[i] = NULL;
    if (cartridge->type == CARTRIDGE_E0) {
        for (int i = first; i < end; i++)
            pages[i] = byte_at(cartridge, state, (uint32_t)i * CARTRIDGE_PAGE);
    } else {
        const uint8_t *bank = byte_at(cartridge, state, 0);
        for (int i = first; i < end; i++)
            pages[i] = bank + (size_t)i * CARTRIDGE_PAGE;
    }
    for (int i = end; i < CARTRIDGE_PAGES; i++)
        pages[i] = NULL;
    if (cartridge_has_ram(cartridge->type))
        for (int i = PORT / CARTRIDGE_PAGE; i < READ_PORT_END / CARTRIDGE_PAGE; i++)
            pages[i] = &state->ram[i * CARTRIDGE_PAGE - PORT];
}

/* Offsets in a bank, or in a slice of E0, at which instructions in plain memory may start; an
 * instruction has at most two bytes after its first. */
static void find_range(enum cartridge_type type, bool is_last_slice, uint32_t *begin,
                       uint32_t *end) {
    static const uint16_t ends[CARTRIDGE_TYPE_COUNT] = {
        [CARTRIDGE_2K] = 0xffe,   [CARTRIDGE_4K] = 0xffe, [CARTRIDGE_F8] = 0xff6,
        [CARTRIDGE_F8SC] = 0xff6, [CARTRIDGE_F6] = 0xff4, [CARTRIDGE_F6SC] = 0xff4,
        [CARTRIDGE_E0] = 0x3fe,   [CARTRIDGE_FE] = 0xffe, [CARTRIDGE_DPC] = 0xfbe,
    };
    *begin = 0;
    *end = ends[type];
    if (type == CARTRIDGE_DPC)
        *begin = PORT;
    else if (cartridge_has_ram(type))
        *begin = READ_PORT_END;
    else if (type == CARTRIDGE_E0 && is_last_slice)
        *end = 0x3de;
}

bool cartridge_code(const struct cartridge *cartridge, const struct cartridge_state *state,
                    uint32_t address, const uint8_t **bytes, uint32_t *first, uint32_t *span) {
    const uint32_t size = part_size(cartridge->type);
    const uint32_t part = address & 0xfff & ~(size - 1);
    uint32_t begin;
    uint32_t end;
    find_range(cartridge->type, part == CARTRIDGE_BANK - SLICE, &begin, &end);
    const uint32_t offset = address % size;
    if (offset < begin || offset >= end)
        return false;
    *bytes = byte_at(cartridge, state, (address & 0x2000) | part) + begin;
    *first = address - offset + begin;
    *span = end - begin;
    return true;
}

/* An instruction that starts in the last byte of a range may end beyond the range, and the next one
 * must not start in the next part; so its tag is slow, too. */
static void fill_tags(struct cartridge *cartridge) {
    const uint32_t size = part_size(cartridge->type);
    for (uint32_t part = 0; part < CARTRIDGE_MAX_SIZE; part += size) {
        uint32_t begin;
        uint32_t end;
        const bool is_last_slice = part == E0_SLICES * SLICE - SLICE;
        find_range(cartridge->type, is_last_slice, &begin, &end);
        tags_fill(cartridge->tags + part, cartridge->image + part, size, begin, end - 1);
    }
}

void cartridge_fill(struct cartridge *cartridge, enum cartridge_type type, const uint8_t *image) {
    const size_t size = cartridge_size(type);
    *cartridge = (struct cartridge){.type = type};
    memcpy(cartridge->image, image, size);
    if (type == CARTRIDGE_2K)
        memcpy(cartridge->image + size, image, size);
    fill_tags(cartridge);
}

static bool dpc_is_sound(const struct dpc *dpc) {
    for (int i = 0; i < 8; i++)
        if (dpc->counters[i] > 0x7ff)
            return false;
    return dpc->rest >= 0 && dpc->rest < 1;
}

bool cartridge_state_is_sound(const struct cartridge *cartridge,
                              const struct cartridge_state *state) {
    const size_t slice = cartridge->type == CARTRIDGE_E0 ? SLICE : CARTRIDGE_BANK;
    const size_t size = cartridge_size(cartridge->type);
    const size_t slices = size < slice ? 1 : size / slice;
    for (int i = 0; i < 4; i++)
        if (state->slices[i] >= slices)
            return false;
    return dpc_is_sound(&state->dpc);
}

/* ---- DPC ------------------------------------------------------------------------------------- */

enum { DISPLAY = 8192, DISPLAY_SIZE = 2048, FIRST_MUSIC = 5 };

static bool plays_music(const struct dpc *dpc, uint32_t fetcher) {
    return fetcher >= FIRST_MUSIC && dpc->plays_music[fetcher - FIRST_MUSIC];
}

static void clock_random(struct dpc *dpc) {
    const unsigned value = dpc->random;
    const unsigned bit = ~(value >> 7 ^ value >> 5 ^ value >> 4 ^ value >> 3) & 1;
    dpc->random = (uint8_t)(value << 1 | bit);
}

/* Advances the fetchers that play music to the present, by their clock of 15.75 kHz. */
static void play_music(struct dpc *dpc, uint32_t cycles) {
    const double clocks = 15750.0 * (cycles - dpc->updated) / 1193191.66666667 + dpc->rest;
    const int whole = (int)clocks;
    dpc->rest = clocks - whole;
    dpc->updated = cycles;
    for (uint32_t i = FIRST_MUSIC; i < 8; i++) {
        if (!plays_music(dpc, i))
            continue;
        const int top = dpc->tops[i];
        int low = 0;
        if (top > 0) {
            low = (dpc->counters[i] & 0xff) - whole % (top + 1);
            low += low < 0 ? top + 1 : 0;
        }
        dpc->counters[i] = (uint16_t)((dpc->counters[i] & 0x700) | low);
        if (low <= dpc->bottoms[i])
            dpc->flags[i] = 0;
        else if (low <= top)
            dpc->flags[i] = 0xff;
    }
}

static uint8_t music_level(struct dpc *dpc, uint32_t cycles) {
    static const uint8_t levels[8] = {0, 4, 5, 9, 6, 10, 11, 15};
    unsigned sounding = 0;
    play_music(dpc, cycles);
    for (uint32_t i = 0; i < 3; i++)
        if (dpc->plays_music[i] && dpc->flags[FIRST_MUSIC + i])
            sounding |= 1u << i;
    return levels[sounding];
}

static uint8_t dpc_read(const struct cartridge *cartridge, struct dpc *dpc, uint32_t offset,
                        uint32_t cycles) {
    const uint32_t fetcher = offset & 7;
    const uint32_t function = offset >> 3 & 7;
    const uint8_t low = (uint8_t)dpc->counters[fetcher];
    if (low == dpc->tops[fetcher])
        dpc->flags[fetcher] = 0xff;
    else if (low == dpc->bottoms[fetcher])
        dpc->flags[fetcher] = 0;
    const uint8_t shown = cartridge->image[DISPLAY + DISPLAY_SIZE - 1 - dpc->counters[fetcher]];
    uint8_t result = 0;
    if (function == 0)
        result = fetcher < 4 ? dpc->random : music_level(dpc, cycles);
    else if (function == 1)
        result = shown;
    else if (function == 2)
        result = shown & dpc->flags[fetcher];
    else if (function == 7)
        result = dpc->flags[fetcher];
    if (!plays_music(dpc, fetcher))
        dpc->counters[fetcher] = (dpc->counters[fetcher] - 1) & 0x7ff;
    return result;
}

static void dpc_write(struct dpc *dpc, uint32_t offset, uint8_t value) {
    const uint32_t fetcher = offset & 7;
    uint16_t *counter = &dpc->counters[fetcher];
    switch (offset >> 3 & 7) {
    case 0:
        dpc->tops[fetcher] = value;
        dpc->flags[fetcher] = 0;
        break;
    case 1:
        dpc->bottoms[fetcher] = value;
        break;
    case 2:
        *counter = (*counter & 0x700) | (plays_music(dpc, fetcher) ? dpc->tops[fetcher] : value);
        break;
    case 3:
        *counter = (uint16_t)((value & 7) << 8 | (*counter & 0xff));
        if (fetcher >= FIRST_MUSIC)
            dpc->plays_music[fetcher - FIRST_MUSIC] = value >> 4 & 1;
        break;
    case 6:
        dpc->random = 1;
        break;
    default:
        break;
    }
}

/* ---- Accesses -------------------------------------------------------------------------------- */

static bool is_clocked(const struct cartridge *cartridge, uint32_t offset) {
    return cartridge->type == CARTRIDGE_DPC && (offset < PORT || offset >= 0xfc0);
}

uint8_t cartridge_read(const struct cartridge *cartridge, struct cartridge_state *state,
                       uint32_t address, uint32_t cycles, bool *remaps) {
    const uint32_t offset = address & 0xfff;
    if (is_clocked(cartridge, offset))
        clock_random(&state->dpc);
    if (cartridge->type == CARTRIDGE_DPC && offset < PORT)
        return offset < PORT / 2 ? dpc_read(cartridge, &state->dpc, offset, cycles) : 0;
    *remaps = choose_bank(cartridge, state, offset);
    if (cartridge_has_ram(cartridge->type) && offset >= PORT && offset < READ_PORT_END)
        return state->ram[offset - PORT];
    return *byte_at(cartridge, state, address);
}

void cartridge_write(const struct cartridge *cartridge, struct cartridge_state *state,
                     uint32_t address, uint8_t value, bool *remaps) {
    const uint32_t offset = address & 0xfff;
    if (is_clocked(cartridge, offset))
        clock_random(&state->dpc);
    if (cartridge->type == CARTRIDGE_DPC && offset < PORT) {
        if (offset >= PORT / 2)
            dpc_write(&state->dpc, offset, value);
        return;
    }
    if (cartridge_has_ram(cartridge->type) && offset < PORT) {
        state->ram[offset] = value;
        return;
    }
    *remaps = choose_bank(cartridge, state, offset);
}
