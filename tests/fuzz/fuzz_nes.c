/*
 * The NES core: any ROM, from any accepted state, plays, is drawn, and ends every
 * step.
 */
#include "fuzz.h"

#include "games/mario/nes/console.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS = 4, HEAD = 16, FILE_SIZE = HEAD + 0x8000 + 0x2000 };

static void take(void *to, size_t size, const uint8_t **data, size_t *left) {
    const size_t taken = size < *left ? size : *left;
    if (taken > 0)
        memcpy(to, *data, taken);
    *data += taken;
    *left -= taken;
}

/* The data as a file, then as the contents of one, repeated. */
static void fill_cartridge(struct nes_cartridge *cartridge, const uint8_t *data, size_t size) {
    static const uint8_t head[8] = {'N', 'E', 'S', 0x1a, 2, 1, 0, 0};
    uint8_t file[FILE_SIZE];
    if (!nes_cartridge_fill(cartridge, data, size))
        return;
    memset(file, 0, sizeof file);
    memcpy(file, head, sizeof head);
    for (size_t i = HEAD; size > 0 && i < sizeof file; i++)
        file[i] = data[i % size];
    if (size > 0)
        file[6] = data[0] & 1;
    if (nes_cartridge_fill(cartridge, file, sizeof file))
        abort();
}

/* The state in the data, if it is one. */
static void change_state(struct nes_console *console, const uint8_t **data, size_t *left) {
    struct nes_snapshot snapshot;
    nes_take(console, &snapshot);
    uint8_t *bytes = (uint8_t *)&snapshot;
    uint8_t changes = 0;
    for (take(&changes, 1, data, left); changes > 0; changes--) {
        uint16_t place = 0;
        take(&place, sizeof place, data, left);
        take(bytes + place % sizeof snapshot, 1, data, left);
    }
    if (nes_snapshot_is_sound(&snapshot, console->cartridge))
        nes_restore(console, &snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct nes_cartridge *cartridge = calloc(1, sizeof *cartridge);
    struct nes_console *console = malloc(sizeof *console);
    if (!cartridge || !console)
        abort();
    fill_cartridge(cartridge, data, size);
    nes_power_up(console, cartridge);
    for (int run = 0; run < RUNS; run++) {
        uint8_t input[2] = {0};
        take(input, sizeof input, &data, &size);
        nes_run(console, input[0], input[1]);
        if (console->state.cpu.cycles >= NES_STEP_CYCLES)
            abort();
        if (input[1] & 0x40)
            for (int i = 0; i < PPU_WIDTH * PPU_HEIGHT; i++)
                if (nes_picture(console)[i] > 63)
                    abort();
        if (input[1] & 0x80)
            change_state(console, &data, &size);
    }
    free(cartridge);
    free(console);
    return 0;
}
