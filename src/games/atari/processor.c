#include "games/atari/processor.h"

#include "games/atari/bus.h"
#include "games/atari/loops.h"

/* ---- Code ------------------------------------------------------------------------------------ */

/*
 * Opens a window on the code at a 16-bit address. If an instruction is not in plain memory, its
 * bytes are read one by one, and the window holds only this instruction.
 */
static void find_code(struct console *console, uint32_t address, uint32_t cycles) {
    struct code_window *window = &console->window;
    const uint8_t *bytes = NULL;
    if (address & 0x1000) {
        if (!cartridge_code(console->setup->cartridge, &console->state.cartridge, address, &bytes,
                            &window->first, &window->span))
            bytes = NULL;
    } else if ((address & 0x280) == 0x80) {
        bytes = console->state.ram;
        window->first = address & ~0x7fu;
        window->span = CONSOLE_RAM - 2;
        if (address - window->first >= window->span)
            bytes = NULL;
    }
    if (!bytes) {
        console->scratch[0] = bus_read_byte(console, address, 0, cycles);
        const int length = cpu6502_length(console->scratch[0]);
        for (int i = 1; i < length; i++)
            console->scratch[i] = bus_read_byte(console, (address + (uint32_t)i) & 0xffff,
                                                console->scratch[i - 1], cycles);
        bytes = console->scratch;
        window->first = address;
        window->span = 0;
    }
    window->base = (uintptr_t)bytes - window->first;
}

/* ---- Processor ------------------------------------------------------------------------------- */

INLINE uint8_t careful_read(struct console *console, uint32_t address, uint32_t before,
                            uint32_t cycles, struct code_window *window) {
    const uint8_t *page = console->pages[(address & 0x1fff) / CARTRIDGE_PAGE];
    if (page)
        return page[address % CARTRIDGE_PAGE];
    const uint8_t value = bus_read_device(console, address, (uint8_t)before, cycles);
    *window = console->window;
    return value;
}

INLINE bool careful_write(struct console *console, uint32_t address, uint8_t value,
                          uint32_t *cycles, struct code_window *window, bool waits) {
    const bool ends = bus_write(console, address, value, cycles, waits);
    if (address & 0x1000)
        *window = console->window;
    return ends;
}

struct careful_bus {
    struct console *console;
    int left; /* instructions; 0 at the end: all have been played */
};

#define CPU6502_NAME run_carefully
#define CPU6502_BUS struct careful_bus
#define CPU6502_LOCALS                                                                             \
    struct console *const console = bus->console;                                                  \
    const struct timer *const timer = &console->state.timer;                                       \
    struct code_window window = {0, 0, 0};                                                         \
    int left = bus->left + 1;
#define CPU6502_NEXT                                                                               \
    if (RARELY(--left == 0)) {                                                                     \
        bus->left = 0;                                                                             \
        goto leave;                                                                                \
    }                                                                                              \
    if (RARELY(pc - window.first >= window.span)) {                                                \
        pc &= 0xffff;                                                                              \
        find_code(console, (uint32_t)pc, cycles);                                                  \
        window = console->window;                                                                  \
    }
#define CPU6502_CODE(address) (*(const uint8_t *)(window.base + (address)))
#define CPU6502_READ(address, before) careful_read(console, address, before, cycles, &window)
#define CPU6502_ZERO_READ(address, before) bus_read_zero(console, address, before, cycles)
#define CPU6502_WRITE(address, value) careful_write(console, address, value, &cycles, &window, true)
#define CPU6502_ZERO_WRITE(address, value) bus_write_zero(console, address, value, &cycles, true)
#define CPU6502_WRITE_AGAIN(address, value)                                                        \
    careful_write(console, address, value, &cycles, &window, false)
#define CPU6502_LOOPS ATARI_LOOPS
#define CPU6502_HAS_DECIMAL 1
#define CPU6502_HAS_DUMMIES 0
#define CPU6502_POINTER_NEXT(zero) ((zero) + 1)
#include "games/cpu6502/execute.h"

/* Instructions that the careful processor plays before the fast one is tried again: one from a
 * cartridge, more from RAM. */
static int next_steps(const struct cpu6502 *cpu, int left) {
    enum { RAM_STEPS = 64 };
    if (left <= FEW_INSTRUCTIONS)
        return left;
    return cpu->pc & 0x1000 ? 1 : RAM_STEPS;
}

void processor_run(struct console *console) {
    struct cpu6502 *cpu = &console->state.cpu;
    int left = RUN_INSTRUCTIONS;
    console->state.is_partial = false;
    while (!cpu->jammed) {
        left = processor_run_fast(console, left);
        if (left == 0)
            return;
        const int steps = next_steps(cpu, left);
        struct careful_bus bus = {console, steps};
        run_carefully(&bus, cpu);
        if (bus.left > 0)
            return;
        left -= steps;
        if (left == 0) {
            console->state.is_partial = true;
            return;
        }
    }
}
