/*
 * The Atari core: any ROM in any cartridge, from any accepted state, plays, is drawn,
 * and ends every run.
 */
#include "fuzz.h"

#include "games/atari/ports.h"
#include "games/atari/saved.h"
#include "games/atari/titles.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS = 4, FIRST_LINE = 34, HEIGHT = 210, CHANGED_BYTES = 4096 };

static void take(void *to, size_t size, const uint8_t **data, size_t *left) {
    const size_t taken = size < *left ? size : *left;
    if (taken > 0)
        memcpy(to, *data, taken);
    *data += taken;
    *left -= taken;
}

/* The rest of the data again and again. */
static void fill_cartridge(struct cartridge *cartridge, enum cartridge_type type,
                           const uint8_t *data, size_t size) {
    uint8_t image[CARTRIDGE_MAX_SIZE] = {0};
    for (size_t i = 0; size > 0 && i < sizeof image; i++)
        image[i] = data[i % size];
    cartridge_fill(cartridge, type, image);
}

/* Takes a saved game in which the data has changed bytes, if it is still one. */
static void change_state(struct console *console, struct rules *rules, uint8_t *saved,
                         const uint8_t **data, size_t *left) {
    size_t size = saved_write(console, rules, saved, SAVED_BOUND);
    uint8_t changes = 0;
    for (take(&changes, 1, data, left); changes > 0; changes--) {
        uint16_t place = 0;
        take(&place, sizeof place, data, left);
        take(saved + place % (size < CHANGED_BYTES ? size : CHANGED_BYTES), 1, data, left);
    }
    uint8_t *exactly = malloc(size); /* so that a read beyond it is found */
    if (!exactly)
        abort();
    memcpy(exactly, saved, size);
    saved_read(console, rules, exactly, size);
    free(exactly);
}

static void play(const struct console_setup *setup, const uint8_t **data, size_t *left) {
    struct console *console = malloc(sizeof *console);
    uint8_t *saved = malloc(SAVED_BOUND);
    struct rules rules;
    if (!console || !saved)
        abort();
    rules_reset(&rules, title_at(0));
    console_power_up(console, setup);
    ports_center(console);
    console_reset(console, 50);
    for (int run = 0; run < RUNS; run++) {
        uint8_t input[2] = {0};
        take(input, sizeof input, data, left);
        console_run(console, &(struct console_inputs){.sticks = {input[0] & 31, input[1] & 31},
                                                      .reset = input[0] >> 7,
                                                      .select = input[1] >> 7});
        if (input[0] & 0x40)
            console_picture(console);
        if (input[1] & 0x40)
            change_state(console, &rules, saved, data, left);
    }
    free(saved);
    free(console);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t kind = 0;
    struct cartridge *cartridge = malloc(sizeof *cartridge);
    if (!cartridge)
        abort();
    take(&kind, 1, &data, &size);
    fill_cartridge(cartridge, kind % CARTRIDGE_TYPE_COUNT, data, size);
    const bool is_pal = kind & 0x80;
    const struct console_setup setup = {
        .cartridge = cartridge,
        .frame = {.first_clock = FIRST_LINE * TIA_LINE_CLOCKS,
                  .end_clock = (FIRST_LINE + HEIGHT) * TIA_LINE_CLOCKS,
                  .loses_colour = is_pal},
        .max_lines = is_pal ? 343 : 291,
        .controllers = kind >> 4 & 1 ? CONTROLLERS_FOUR_PADDLES : CONTROLLERS_STICKS,
        .paddle_max = 790196,
    };
    play(&setup, &data, &size);
    free(cartridge);
    return 0;
}
