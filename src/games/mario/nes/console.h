/*
 * The NES: a 6502 without decimal mode, the picture processor (ppu.h), two pads, a cartridge.
 *
 *     nes_power_up(console, cartridge);
 *     nes_run(console, buttons, 0);             one step
 *     const uint8_t *pixels = nes_picture(console);
 *
 * A step is a frame of nes-py: 29 781 of the processor's cycles, half a cycle more than the picture
 * processor's frame, so that steps end later and later in it. An instruction happens as a whole at
 * its first cycle. Each cycle follows three dots of the picture processor.
 *
 * The picture is drawn on request, by playing the last step again: a step passes every
 * dot of the picture. No global state: any number of consoles share a cartridge.
 *
 * Not emulated: sound (its registers read as 0, interrupts of its frame counter and samples do not
 * happen), RAM on the cartridge. Sources: nesdev.org/wiki/CPU_memory_map, /Standard_controller; the
 * step is that of nes-py, by experiment.
 */
#ifndef ASYNCRL_GAMES_MARIO_NES_CONSOLE_H
#define ASYNCRL_GAMES_MARIO_NES_CONSOLE_H

#include "games/cpu6502/cpu6502.h"
#include "games/mario/nes/cartridge.h"
#include "games/mario/nes/ppu.h"

enum { NES_RAM_SIZE = 2048, NES_STEP_CYCLES = 29781 };

/* Bits of a pad, in the order in which a program reads them. */
enum nes_button {
    NES_A = 0x01,
    NES_B = 0x02,
    NES_SELECT = 0x04,
    NES_START = 0x08,
    NES_UP = 0x10,
    NES_DOWN = 0x20,
    NES_LEFT = 0x40,
    NES_RIGHT = 0x80,
};

/* Plain data without padding; a copy is a saved state. */
struct nes_state {
    struct cpu6502 cpu; /* its cycles are those since the step's start */
    uint8_t ram[NES_RAM_SIZE];
    struct ppu ppu;
    uint8_t pads[2]; /* buttons that are still to be read */
    uint8_t strobe;
    uint8_t is_odd; /* whether an odd number of cycles was played before this step */
};

struct nes_console {
    const struct nes_cartridge *cartridge;
    struct nes_state state;
    struct nes_state start; /* of the last step */
    uint8_t buttons[2];     /* of the last step */
    bool is_drawn;
    int32_t played; /* dots of this step */
    uint8_t *canvas;
    uint8_t picture[PPU_HEIGHT * PPU_WIDTH];
};

/* Power-on. The cartridge must outlive the console. */
void nes_power_up(struct nes_console *console, const struct nes_cartridge *cartridge);

/* One step with these buttons (bits NES_*) held on the first and the second pad. */
void nes_run(struct nes_console *console, uint8_t first, uint8_t second);

/* (PPU_HEIGHT, PPU_WIDTH), places in ppu_colours; valid until the next step. Black at power-on. */
const uint8_t *nes_picture(struct nes_console *console);

/* The contents of a saved state: the machine, and the start of its last step, from which the
 * picture is drawn. Flat. */
struct nes_snapshot {
    struct nes_state state;
    struct nes_state start;
    uint8_t buttons[2];
    uint8_t zero[2]; /* unused */
};

void nes_take(const struct nes_console *console, struct nes_snapshot *snapshot);
void nes_restore(struct nes_console *console, const struct nes_snapshot *snapshot);

/* Whether a snapshot from a file can be played with this cartridge. */
bool nes_snapshot_is_sound(const struct nes_snapshot *snapshot,
                           const struct nes_cartridge *cartridge);

#endif
