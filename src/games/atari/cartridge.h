/*
 * Cartridges of the Atari 2600: the contents of addresses 1000 to 1FFF.
 *
 *     type  bytes   banks
 *     2K    2 048   twice
 *     4K    4 096   as it is
 *     F8    8 192   an access to 1FF8, 1FF9 chooses one of two
 *     F6   16 384   an access to 1FF6 .. 1FF9 chooses one of four
 *     ..SC          the same with 128 bytes of RAM, written at 1000 to 107F, read at 1080 to 10FF
 *     E0    8 192   four windows of 1 KiB; 1FE0 .. 1FF7 choose one of eight slices for three
 *     FE    8 192   bit 13 of the address chooses one of two
 *     DPC  10 495   F8, with a chip that fetches graphics and random numbers (Pitfall II)
 *
 * A struct cartridge is the ROM: it does not change after it is filled, and any number of consoles
 * may share it. Sources: Kevin Horton, "Mostly Inclusive Atari 2600 Mapper / Selected Hardware
 * Document"; David Crane's US patent 4 644 495 (DPC).
 */
#ifndef ASYNCRL_GAMES_ATARI_CARTRIDGE_H
#define ASYNCRL_GAMES_ATARI_CARTRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cartridge_type {
    CARTRIDGE_2K,
    CARTRIDGE_4K,
    CARTRIDGE_F8,
    CARTRIDGE_F8SC,
    CARTRIDGE_F6,
    CARTRIDGE_F6SC,
    CARTRIDGE_E0,
    CARTRIDGE_FE,
    CARTRIDGE_DPC,
    CARTRIDGE_TYPE_COUNT
};

enum {
    CARTRIDGE_RAM = 128,
    CARTRIDGE_MAX_SIZE = 16384,
    CARTRIDGE_BANK = 4096,
    CARTRIDGE_PAGE = 64, /* bytes that are read alike */
    CARTRIDGE_PAGES = CARTRIDGE_BANK / CARTRIDGE_PAGE,
};

struct cartridge {
    enum cartridge_type type;
    uint8_t image[CARTRIDGE_MAX_SIZE];
    uint8_t tags[CARTRIDGE_MAX_SIZE]; /* of each byte of the image; see tags.h */
};

/* The fetchers of DPC. */
struct dpc {
    double rest;      /* of a clock of the music */
    uint32_t updated; /* cycles */
    uint16_t counters[8];
    uint8_t tops[8];
    uint8_t bottoms[8];
    uint8_t flags[8];
    uint8_t plays_music[3]; /* fetchers 5 to 7 */
    uint8_t random;
};

struct cartridge_state {
    struct dpc dpc;
    uint8_t slices[4]; /* of 1 KiB, in the windows of E0; for other types slices[0] is the bank of 4
                          KiB */
    uint8_t ram[CARTRIDGE_RAM];
};

/* Bytes of a ROM of this type. */
size_t cartridge_size(enum cartridge_type type);

bool cartridge_has_ram(enum cartridge_type type);

/* image: cartridge_size(type) bytes, which are copied. */
void cartridge_fill(struct cartridge *cartridge, enum cartridge_type type, const uint8_t *image);

/* Puts it in its state after power-on or RESET; RAM stays. */
void cartridge_reset(const struct cartridge *cartridge, struct cartridge_state *state);

/* Whether a state, wherever it came from, leads to no access outside of the ROM. */
bool cartridge_state_is_sound(const struct cartridge *cartridge,
                              const struct cartridge_state *state);

/* Points pages, (64), at the pages of plain memory; NULL: use cartridge_read. */
void cartridge_map(const struct cartridge *cartridge, const struct cartridge_state *state,
                   const uint8_t **pages);

/*
 * Finds the code in plain memory around address: *bytes is the byte at *first, and instructions may
 * start in the *span bytes from there. False: there is none.
 */
bool cartridge_code(const struct cartridge *cartridge, const struct cartridge_state *state,
                    uint32_t address, const uint8_t **bytes, uint32_t *first, uint32_t *span);

/* A read or write at a 16-bit address; *remaps: whether cartridge_map would now return other
 * pages. */
uint8_t cartridge_read(const struct cartridge *cartridge, struct cartridge_state *state,
                       uint32_t address, uint32_t cycles, bool *remaps);
void cartridge_write(const struct cartridge *cartridge, struct cartridge_state *state,
                     uint32_t address, uint8_t value, bool *remaps);

#endif
