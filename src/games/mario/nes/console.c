#include "games/mario/nes/console.h"

#include "games/inline.h"

#include <string.h>

enum { DOTS_A_CYCLE = 3, INTERRUPT_CYCLES = 7, DMA_CYCLES = 513 };
enum { PORT_DMA = 0x4014, PORT_PAD = 0x4016 };

/* The console looks for an idle loop after this many cycles. */
enum { SLICE_CYCLES = 256 };

/* ---- Bus ------------------------------------------------------------------------------------- */

/* Plays the picture up to a cycle, its three dots included. */
static void catch_up(struct nes_console *console, uint32_t cycle) {
    const int32_t dots = DOTS_A_CYCLE * ((int32_t)cycle + 1) - console->played;
    if (dots <= 0)
        return;
    console->played += dots;
    ppu_play(&console->state.ppu, console->cartridge, dots, console->canvas);
}

static uint8_t read_pad(struct nes_console *console, uint32_t index) {
    struct nes_state *state = &console->state;
    if (state->strobe)
        return 0x40 | (console->buttons[index] & NES_A);
    const uint8_t bit = state->pads[index] & 1;
    state->pads[index] >>= 1;
    return 0x40 | bit;
}

static void write_strobe(struct nes_console *console, uint8_t value) {
    console->state.strobe = value & 1;
    if (!console->state.strobe)
        memcpy(console->state.pads, console->buttons, sizeof console->buttons);
}

/* Everything but RAM and the cartridge. */
static uint8_t port_read(struct nes_console *console, uint32_t address, uint32_t cycle) {
    if (address < 0x4000) {
        catch_up(console, cycle);
        return ppu_read(&console->state.ppu, console->cartridge, address & 7);
    }
    if (address == PORT_PAD || address == PORT_PAD + 1)
        return read_pad(console, address - PORT_PAD);
    return 0;
}

static uint8_t memory_read(struct nes_console *console, uint32_t address, uint32_t cycle) {
    if (address < 0x2000)
        return console->state.ram[address % NES_RAM_SIZE];
    if (address >= 0x8000)
        return console->cartridge->program[address - 0x8000];
    return port_read(console, address, cycle);
}

/* The 256 bytes of a page become the sprites. */
static void copy_sprites(struct nes_console *console, uint32_t page, uint32_t cycle) {
    struct ppu *ppu = &console->state.ppu;
    for (uint32_t i = 0; i < 256; i++)
        ppu->oam[(ppu->oam_address + i) & 0xff] = memory_read(console, page << 8 | i, cycle);
}

/* Returns the cycles that it takes beside the instruction's own. */
static uint32_t port_write(struct nes_console *console, uint32_t address, uint8_t value,
                           uint32_t cycle) {
    if (address < 0x4000) {
        catch_up(console, cycle);
        ppu_write(&console->state.ppu, address & 7, value);
    } else if (address == PORT_DMA) {
        catch_up(console, cycle);
        copy_sprites(console, value, cycle);
        return DMA_CYCLES + ((cycle ^ console->state.is_odd ^ 1) & 1);
    } else if (address == PORT_PAD) {
        write_strobe(console, value);
    }
    return 0;
}

/* ---- Processor ------------------------------------------------------------------------------- */

struct nes_bus {
    struct nes_console *console;
    uint32_t limit; /* no instruction begins at this cycle or later */
};

/* nes-py keeps the status the other way round, bit for bit, and knows no break flag; programs and
 * readers of the RAM see it on the stack. */
static uint8_t reverse_status(uint32_t status) {
    uint32_t reversed = 0;
    for (int bit = 0; bit < 8; bit++)
        reversed |= (status >> bit & 1) << (7 - bit);
    return (uint8_t)reversed;
}

/* The most frequent accesses come first and are inlined. */
MAYBE_INLINE uint8_t code_read(struct nes_console *console, const uint8_t *program,
                               uint32_t address, uint32_t cycle) {
    return address >= 0x8000 ? program[address - 0x8000] : memory_read(console, address, cycle);
}

MAYBE_INLINE uint8_t data_read(struct nes_console *console, uint32_t address, uint32_t cycle) {
    return address < 0x2000 ? console->state.ram[address % NES_RAM_SIZE]
                            : memory_read(console, address, cycle);
}

MAYBE_INLINE uint32_t data_write(struct nes_console *console, uint32_t address, uint8_t value,
                                 uint32_t cycle) {
    if (address >= 0x2000)
        return address < 0x8000 ? port_write(console, address, value, cycle) : 0;
    console->state.ram[address % NES_RAM_SIZE] = value;
    return 0;
}

#define CPU6502_NAME run_processor
#define CPU6502_BUS struct nes_bus
#define CPU6502_LOCALS                                                                             \
    struct nes_console *const console = bus->console;                                              \
    uint8_t *const ram = console->state.ram;                                                       \
    const uint8_t *const program = console->cartridge->program;                                    \
    const uint32_t limit = bus->limit;                                                             \
    uint32_t start = cycles;
#define CPU6502_NEXT                                                                               \
    if (cycles >= limit)                                                                           \
        goto leave;                                                                                \
    start = cycles;
#define CPU6502_CODE(address) code_read(console, program, (address)&0xffff, start)
#define CPU6502_READ(address, before) ((void)(before), data_read(console, (address), start))
#define CPU6502_ZERO_READ(address, before) ((void)(before), ram[(address)])
#define CPU6502_WRITE(address, value)                                                              \
    (cycles += data_write(console, (address), (value), start), false)
#define CPU6502_ZERO_WRITE(address, value) (ram[(address)] = (value), false)
#define CPU6502_WRITE_AGAIN(address, value) CPU6502_WRITE(address, value)
#define CPU6502_HAS_DECIMAL 0
#define CPU6502_HAS_DUMMIES 0
#define CPU6502_POINTER_NEXT(zero) (((zero) + 1) & 0xff)
#define CPU6502_BRANCH_CROSSES 3
#define CPU6502_CHANGE_CROSSES 1
#define CPU6502_PUSHED(status) reverse_status((status) & ~(uint32_t)FLAG_BREAK)
#define CPU6502_PULLED(byte) reverse_status(byte)
#include "games/cpu6502/execute.h"

static uint16_t vector(const struct nes_console *console, uint32_t address) {
    const uint8_t *program = console->cartridge->program;
    return (uint16_t)(program[address - 0x8000] | program[address - 0x8000 + 1] << 8);
}

static void push(struct nes_state *state, uint8_t value) {
    state->ram[0x100 | state->cpu.sp] = value;
    state->cpu.sp--;
}

static void interrupt(struct nes_console *console) {
    struct nes_state *state = &console->state;
    push(state, (uint8_t)(state->cpu.pc >> 8));
    push(state, (uint8_t)state->cpu.pc);
    push(state, reverse_status(state->cpu.status | FLAG_ALWAYS));
    state->cpu.status |= FLAG_INTERRUPT;
    state->cpu.pc = vector(console, VECTOR_NMI);
    state->cpu.cycles += INTERRUPT_CYCLES;
}

/* Whether the next instruction is a jump to itself, with which programs wait for an interrupt. */
static bool is_idle(const struct nes_console *console) {
    enum { JUMP = 0x4c, JUMP_CYCLES = 3 };
    const uint32_t pc = console->state.cpu.pc;
    const uint8_t *code = console->cartridge->program + (pc & 0x7fff);
    return pc >= 0x8000 && pc <= 0xfffd && code[0] == JUMP && (code[1] | code[2] << 8) == (int)pc;
}

/* Plays instructions that begin before a cycle. */
static void run_until(struct nes_console *console, uint32_t end) {
    struct cpu6502 *cpu = &console->state.cpu;
    struct nes_bus bus = {.console = console};
    while (cpu->cycles < end && !cpu->jammed) {
        if (is_idle(console)) {
            cpu->cycles += (end - cpu->cycles + 2) / 3 * 3;
            return;
        }
        bus.limit = cpu->cycles + SLICE_CYCLES < end ? cpu->cycles + SLICE_CYCLES : end;
        run_processor(&bus, cpu);
    }
    if (cpu->cycles < end)
        cpu->cycles = end;
}

/* The cycle that ends with the picture's next event, or the step's end. */
static uint32_t next_event(const struct nes_console *console) {
    const int32_t dots = console->played + ppu_dots_to_event(&console->state.ppu);
    const int32_t cycle = (dots + DOTS_A_CYCLE - 1) / DOTS_A_CYCLE - 1;
    return cycle < NES_STEP_CYCLES ? (uint32_t)cycle : NES_STEP_CYCLES;
}

/* Brings the picture to the event, which can be within a cycle's dots. */
static void play_event(struct nes_console *console, uint32_t cycle) {
    const int32_t dots = ppu_dots_to_event(&console->state.ppu);
    if (console->played + dots <= DOTS_A_CYCLE * ((int32_t)cycle + 1)) {
        console->played += dots;
        ppu_play(&console->state.ppu, console->cartridge, dots, console->canvas);
        if (ppu_interrupts(&console->state.ppu))
            interrupt(console);
    }
    catch_up(console, cycle);
}

static void play_step(struct nes_console *console, uint8_t *canvas) {
    struct nes_state *state = &console->state;
    console->canvas = canvas;
    console->played = 0;
    uint32_t event = next_event(console);
    while (event < NES_STEP_CYCLES) {
        run_until(console, event);
        play_event(console, event);
        event = next_event(console);
    }
    run_until(console, NES_STEP_CYCLES);
    catch_up(console, NES_STEP_CYCLES - 1);
    state->cpu.cycles -= NES_STEP_CYCLES;
    state->is_odd ^= NES_STEP_CYCLES & 1;
}

void nes_power_up(struct nes_console *console, const struct nes_cartridge *cartridge) {
    memset(console, 0, sizeof *console);
    console->cartridge = cartridge;
    console->state.cpu.sp = 0xfd;
    console->state.cpu.status = FLAG_INTERRUPT | FLAG_DECIMAL; /* the latter has no effect */
    console->state.cpu.pc = vector(console, VECTOR_RESET);
    ppu_power_up(&console->state.ppu, cartridge);
    console->start = console->state;
    memset(console->picture, 0x0f, sizeof console->picture);
    console->is_drawn = true;
}

void nes_run(struct nes_console *console, uint8_t first, uint8_t second) {
    console->buttons[0] = first;
    console->buttons[1] = second;
    console->start = console->state;
    console->is_drawn = false;
    play_step(console, NULL);
}

/* ---- Pictures and snapshots ------------------------------------------------------------------ */

const uint8_t *nes_picture(struct nes_console *console) {
    if (console->is_drawn)
        return console->picture;
    const struct nes_state now = console->state;
    console->state = console->start;
    play_step(console, console->picture);
    console->state = now;
    console->is_drawn = true;
    return console->picture;
}

void nes_take(const struct nes_console *console, struct nes_snapshot *snapshot) {
    memset(snapshot, 0, sizeof *snapshot);
    snapshot->state = console->state;
    snapshot->start = console->start;
    memcpy(snapshot->buttons, console->buttons, sizeof snapshot->buttons);
}

void nes_restore(struct nes_console *console, const struct nes_snapshot *snapshot) {
    console->state = snapshot->state;
    console->start = snapshot->start;
    memcpy(console->buttons, snapshot->buttons, sizeof console->buttons);
    console->is_drawn = false;
}

static bool state_is_sound(const struct nes_state *state, const struct nes_cartridge *cartridge) {
    const uint8_t flags = FLAG_BREAK | FLAG_ALWAYS;
    return state->cpu.cycles < NES_STEP_CYCLES && state->cpu.jammed <= 1 &&
           !(state->cpu.status & flags) && state->strobe <= 1 && state->is_odd <= 1 &&
           ppu_is_sound(&state->ppu, cartridge);
}

bool nes_snapshot_is_sound(const struct nes_snapshot *snapshot,
                           const struct nes_cartridge *cartridge) {
    return state_is_sound(&snapshot->state, cartridge) &&
           state_is_sound(&snapshot->start, cartridge);
}
