#include "games/atari/bus.h"

#include "games/atari/ports.h"

#include <string.h>

/* ---- Timer and ports ------------------------------------------------------------------------ */

static uint8_t riot_read(struct console *console, uint32_t address, uint32_t cycles) {
    struct console_state *state = &console->state;
    switch (address & 7) {
    case 0:
    case 2:
        return console->ports[(address & 7) / 2];
    case 1:
        return state->direction;
    case 3:
        return 0;
    case 4:
    case 6:
        return timer_read(&state->timer, cycles);
    default:
        return timer_status(&state->timer, cycles);
    }
}

void bus_write_riot(struct console *console, uint32_t address, uint8_t value, uint32_t cycles) {
    if ((address & 0x14) == 0x14)
        timer_set(&console->state.timer, address, value, cycles);
    else if ((address & 7) == 1)
        console->state.direction = value;
}

/* ---- TIA ------------------------------------------------------------------------------------- */

/* A paddle's capacitor is charged through its resistance. */
static uint8_t read_paddle(const struct console *console, uint32_t index, uint32_t cycles) {
    const struct console_state *state = &console->state;
    const struct console_setup *setup = console->setup;
    if (console->is_charged)
        return 0x80;
    const bool is_paddle = setup->controllers == CONTROLLERS_FOUR_PADDLES ||
                           (setup->controllers == CONTROLLERS_PADDLES && index < 2);
    if (!is_paddle || state->grounds)
        return 0;
    const int32_t ohms = state->paddles[setup->swaps_paddles ? index ^ 1 : index];
    const uint32_t needed = (uint32_t)((1.6 * ohms * 0.01e-6) * 1.19e6);
    return cycles - state->offset > state->discharged + needed ? 0x80 : 0;
}

uint8_t bus_read_tia(struct console *console, uint32_t address, uint8_t before, uint32_t cycles) {
    const uint32_t index = address & 15;
    uint8_t value = 0;
    console->state.touched = cycles;
    if (index < 8) {
        value = console_collision(console, index, cycles);
    } else if (index < 12) {
        value = read_paddle(console, index - 8, cycles);
    } else if (index < 14) {
        value = console->fires[index - 12];
    }
    return (uint8_t)(value | (before & 0x3f));
}

const uint8_t bus_write_kinds[64] = {
    [TIA_VSYNC] = WRITE_SPECIAL,      [TIA_VBLANK] = WRITE_SPECIAL,
    [TIA_WSYNC] = WRITE_WAIT,         [TIA_NUSIZ0] = WRITE_ALWAYS,
    [TIA_NUSIZ1] = WRITE_ALWAYS,      [TIA_COLUP0] = WRITE_CHANGED,
    [TIA_COLUP0 + 1] = WRITE_CHANGED, [TIA_COLUP0 + 2] = WRITE_CHANGED,
    [TIA_COLUBK] = WRITE_CHANGED,     [TIA_CTRLPF] = WRITE_ALWAYS,
    [TIA_REFP0] = WRITE_CHANGED,      [TIA_REFP1] = WRITE_CHANGED,
    [TIA_PF0] = WRITE_CHANGED,        [TIA_PF1] = WRITE_CHANGED,
    [TIA_PF2] = WRITE_CHANGED,        [TIA_RESP0] = WRITE_ALWAYS,
    [TIA_RESP1] = WRITE_ALWAYS,       [TIA_RESM0] = WRITE_ALWAYS,
    [TIA_RESM1] = WRITE_ALWAYS,       [TIA_RESBL] = WRITE_ALWAYS,
    [TIA_GRP0] = WRITE_GRAPHICS,      [TIA_GRP1] = WRITE_GRAPHICS,
    [TIA_ENAM0] = WRITE_CHANGED,      [TIA_ENAM1] = WRITE_CHANGED,
    [TIA_ENABL] = WRITE_BALL,         [TIA_HMP0] = WRITE_CHANGED,
    [TIA_HMP0 + 1] = WRITE_CHANGED,   [TIA_HMM0] = WRITE_ALWAYS,
    [TIA_HMM0 + 1] = WRITE_CHANGED,   [TIA_HMBL] = WRITE_CHANGED,
    [TIA_VDELP0] = WRITE_CHANGED,     [TIA_VDELP1] = WRITE_CHANGED,
    [TIA_VDELBL] = WRITE_CHANGED,     [TIA_RESMP0] = WRITE_ALWAYS,
    [TIA_RESMP1] = WRITE_ALWAYS,      [TIA_HMOVE] = WRITE_ALWAYS,
    [TIA_HMCLR] = WRITE_SPECIAL,      [TIA_CXCLR] = WRITE_SPECIAL,
};

/* True: the frame ends. */
static bool write_vsync(struct console_state *state, uint8_t value, uint32_t cycles) {
    if (value & 2) {
        state->vsync_end = (int32_t)cycles + LINE_CYCLES;
        return false;
    }
    if ((int32_t)cycles < state->vsync_end)
        return false;
    state->vsync_end = NEVER;
    return true;
}

static void write_vblank(struct console_state *state, uint8_t value, uint32_t cycles) {
    if (state->grounds && !(value >> 7))
        state->discharged = cycles - state->offset;
    state->grounds = value >> 7;
}

/* Whether HMCLR would clear a motion. */
static bool has_motion(const struct console_state *state) {
    unsigned motion = 0;
    for (int i = TIA_HMP0; i <= TIA_HMBL; i++)
        motion |= state->written[i];
    return motion;
}

/* Handles the rare writes; true: the frame ends. */
bool bus_write_special(struct console *console, uint32_t address, uint8_t value, uint32_t *cycles,
                       bool waits) {
    struct console_state *state = &console->state;
    const bool is_over = *cycles >= console->line_limit;
    bool ends = is_over;
    if (is_over && *cycles >> TIA_CYCLE_BITS) /* too late for a log */
        console_flush_log(console, *cycles);
    const uint32_t logged = *cycles >> TIA_CYCLE_BITS ? *cycles % LINE_CYCLES : *cycles;
    switch (bus_write_kinds[address]) {
    case WRITE_WAIT:
        if (waits)
            *cycles = next_line(*cycles);
        break;
    case WRITE_NOTHING:
        break;
    default:
        if (address == TIA_VSYNC)
            ends |= write_vsync(state, value, *cycles);
        else if (address != TIA_HMCLR || has_motion(state))
            log_write(console, address, value, logged);
        if (is_over) /* so any register may be written here; elsewhere it follows the graphics */
            console->current = 0;
        if (address == TIA_VBLANK)
            write_vblank(state, value, *cycles);
        if (address == TIA_CXCLR)
            console_log(console)->clears = true;
        if (address == TIA_HMCLR)
            memset(state->written + TIA_HMP0, 0, TIA_HMBL - TIA_HMP0 + 1);
        else
            state->written[address] = value;
    }
    return ends;
}

/* ---- All that is not just memory ------------------------------------------------------------- */

void bus_map_cartridge(struct console *console) {
    cartridge_map(console->setup->cartridge, &console->state.cartridge, console->pages + 64);
    console->window.span = 0;
}

uint8_t bus_read_device(struct console *console, uint32_t address, uint8_t before,
                        uint32_t cycles) {
    if (address & 0x1000) {
        bool remaps = false;
        const uint8_t value = cartridge_read(console->setup->cartridge, &console->state.cartridge,
                                             address, cycles, &remaps);
        if (remaps)
            bus_map_cartridge(console);
        return value;
    }
    if (address & 0x80)
        return riot_read(console, address, cycles);
    return bus_read_tia(console, address, before, cycles);
}

void bus_write_cartridge(struct console *console, uint32_t address, uint8_t value) {
    bool remaps = false;
    cartridge_write(console->setup->cartridge, &console->state.cartridge, address, value, &remaps);
    if (remaps)
        bus_map_cartridge(console);
}

uint8_t bus_read_byte(struct console *console, uint32_t address, uint8_t before, uint32_t cycles) {
    const uint8_t *page = console->pages[(address & 0x1fff) / CARTRIDGE_PAGE];
    return page ? page[address % CARTRIDGE_PAGE]
                : bus_read_device(console, address, before, cycles);
}
