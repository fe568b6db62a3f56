/*
 * The fast processor of the Atari 2600: it plays a cartridge's code by its tags (tags.h), and
 * checks the end of the code and the count of instructions only at jumps.
 */
#include "games/atari/bus.h"
#include "games/atari/loops.h"
#include "games/atari/processor.h"
#include "games/atari/tags.h"

#include <string.h>

/* Bits of a count of cycles; those above count instructions. */
enum { CYCLE_BITS = 24 };
#define INSTRUCTION ((uint64_t)1 << CYCLE_BITS)
#define CYCLES(clock) ((uint32_t)(clock) & (INSTRUCTION - 1))

/* From code to its tags. */
enum { TO_TAGS = offsetof(struct cartridge, tags) - offsetof(struct cartridge, image) };

/* Opens a window on the code at pc. This never fails: if there are no tags, the window has one slow
 * tag. */
static struct code_window look(struct console *console, size_t pc) {
    static const uint8_t slow = TAG_SLOW;
    struct code_window *window = &console->window;
    const uint8_t *bytes;
    if (pc <= 0xffff && pc & 0x1000 &&
        cartridge_code(console->setup->cartridge, &console->state.cartridge, (uint32_t)pc, &bytes,
                       &window->first, &window->span))
        window->base = (uintptr_t)bytes - window->first;
    else
        *window = (struct code_window){.base = (uintptr_t)&slow - TO_TAGS - pc};
    return *window;
}

/* ---- Bus ------------------------------------------------------------------------------------- */

/* Most data is in the cartridge, near the code. */
INLINE uint8_t fast_read(struct console *console, uint32_t address, uint32_t before,
                         uint32_t cycles, size_t pc, struct code_window *window) {
    if (MOSTLY(address - window->first < window->span))
        // NOLINTNEXTLINE(performance-no-int-to-ptr): only with an offset is it an address of memory
        return *(const uint8_t *)(window->base + address);
    const uint8_t *page = console->pages[(address & 0x1fff) / CARTRIDGE_PAGE];
    if (page)
        return page[address % CARTRIDGE_PAGE];
    const uint8_t value = bus_read_device(console, address, (uint8_t)before, cycles);
    if (RARELY(console->window.span == 0))
        *window = look(console, pc);
    return value;
}

/* These writes may make the processor wait; the waiting time is added to the clock. */
INLINE bool fast_write_register(struct console *console, uint32_t index, enum write_kind kind,
                                uint8_t value, uint64_t *clock, bool waits) {
    const uint32_t now = CYCLES(*clock);
    uint32_t then = now;
    const bool ends = write_register(console, index, kind, value, &then, waits);
    *clock += then - now;
    return ends;
}

INLINE bool fast_write_zero(struct console *console, uint32_t address, uint8_t value,
                            uint64_t *clock, bool waits) {
    const uint32_t now = CYCLES(*clock);
    uint32_t then = now;
    const bool ends = bus_write_zero(console, address, value, &then, waits);
    *clock += then - now;
    return ends;
}

INLINE bool fast_write(struct console *console, uint32_t address, uint8_t value, uint64_t *clock,
                       bool waits, size_t pc, struct code_window *window) {
    if ((address & 0x1280) == 0x80) {
        console->state.ram[address & 0x7f] = value;
        return false;
    }
    const uint32_t now = CYCLES(*clock);
    uint32_t then = now;
    const bool ends = bus_write(console, address, value, &then, waits);
    *clock += then - now;
    if (RARELY(console->window.span == 0))
        *window = look(console, pc);
    return ends;
}

/* Two bytes as a number, written so that compilers read them at once. */
INLINE uint32_t word_at(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

/* A pointer in RAM. It reads byte by byte, and compilers must not join the reads: games write the
 * two bytes separately just before, and a processor stalls when a read is wider than the last
 * write. */
INLINE uint32_t pointer_at(const volatile uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

/* ---- Instructions that tags stand for -------------------------------------------------------- */

#define LOAD_TIA(code, what)                                                                       \
    OP(code) : {                                                                                   \
        const uint32_t address = FETCH();                                                          \
        cycles += COST(3);                                                                         \
        const uint32_t value = bus_read_tia(console, address, (uint8_t)address, CYCLES(cycles));   \
        what(value)                                                                                \
    }                                                                                              \
    NEXT;

/* index: of the register; `address` is the instruction's operand. */
#define STORE_TIA(code, index, kind, source)                                                       \
    OP(code) : {                                                                                   \
        const uint32_t address = FETCH();                                                          \
        (void)address;                                                                             \
        cycles += COST(3);                                                                         \
        if (fast_write_register(console, index, kind, (uint8_t)(source), &cycles, true))           \
            goto leave;                                                                            \
    }                                                                                              \
    NEXT_IF(B1) NEXT_IF(A5) NEXT;

/* A store by A, X and Y. */
#define STORES_TIA(code_a, code_x, code_y, index, kind)                                            \
    STORE_TIA(code_a, index, kind, a)                                                              \
    STORE_TIA(code_x, index, kind, x) STORE_TIA(code_y, index, kind, y)

/* Rounds that are skipped count as if they were played. */
#define SKIPPING(skip)                                                                             \
    {                                                                                              \
        const int before = RUN_INSTRUCTIONS - (int)(cycles >> CYCLE_BITS);                         \
        int left = before;                                                                         \
        skip cycles += (uint64_t)(uint32_t)(before - left) << CYCLE_BITS;                          \
    }
#define SKIP_X(branch, offset, target, cost) SKIPPING(SKIP_COUNTDOWN(x, branch, (cost) + 2))
#define SKIP_Y(branch, offset, target, cost) SKIPPING(SKIP_COUNTDOWN(y, branch, (cost) + 2))
#define SKIP_TIMER(branch, offset, target, cost)                                                   \
    {                                                                                              \
        const uint32_t rounds = rounds_of_timer(&console->state.timer, CPU6502_CODE(target),       \
                                                word_at(&CPU6502_CODE((target) + 1)),              \
                                                (branch) == BNE, CYCLES(cycles), (cost) + 4);      \
        SKIPPING(SKIP_ROUNDS(rounds, (cost) + 4))                                                  \
    }
#define WAITS(code, branch, condition, skip) OP(code) : BRANCH(branch, condition, skip) NEXT;

/* A tag that code never has. */
#define UNUSED(code) OP(code) :

// clang-format off
#define OWN_INSTRUCTIONS                                                                           \
    LOAD_TIA(03, LOAD_A) LOAD_TIA(04, LOAD_X) LOAD_TIA(07, LOAD_Y) LOAD_TIA(0B, BIT)               \
    STORES_TIA(12, 13, 14, address & 63, WRITE_NOTHING)                                            \
    STORES_TIA(72, 73, 74, address & 63, WRITE_CHANGED)                                            \
    STORES_TIA(32, 33, 34, address & 63, WRITE_ALWAYS)                                             \
    STORES_TIA(42, 43, 44, TIA_GRP0, WRITE_GRAPHICS)                                               \
    STORES_TIA(D2, D3, D4, TIA_GRP1, WRITE_GRAPHICS)                                               \
    STORES_TIA(F2, F3, F4, TIA_ENABL, WRITE_BALL)                                                  \
    STORES_TIA(52, 53, 54, address & 63, WRITE_WAIT)                                               \
    STORES_TIA(62, 63, 64, address & 63, (enum write_kind)bus_write_kinds[address & 63])           \
    WAITS(0C, BNE, nz & 0xff, SKIP_X) WAITS(1B, BPL, !(nz & 0x8080), SKIP_X)                       \
    WAITS(0F, BNE, nz & 0xff, SKIP_Y) WAITS(1C, BPL, !(nz & 0x8080), SKIP_Y)                       \
    WAITS(1A, BNE, nz & 0xff, SKIP_TIMER) WAITS(1F, BPL, !(nz & 0x8080), SKIP_TIMER)               \
    UNUSED(17) UNUSED(2B) UNUSED(2F) UNUSED(37) UNUSED(3A) UNUSED(3B) UNUSED(3C) UNUSED(3F)        \
    UNUSED(47) UNUSED(4B) UNUSED(4F) UNUSED(57) UNUSED(5A) UNUSED(5B) UNUSED(5C) UNUSED(5F)        \
    UNUSED(67) UNUSED(6B) UNUSED(6F) UNUSED(22) UNUSED(23) UNUSED(27) UNUSED(77) UNUSED(7A)        \
    UNUSED(7B) UNUSED(7C) UNUSED(7F) UNUSED(80) UNUSED(82) UNUSED(83) UNUSED(87) UNUSED(89)        \
    UNUSED(8B) UNUSED(8F) UNUSED(92) UNUSED(93) UNUSED(97) UNUSED(9B) UNUSED(9C) UNUSED(9E)        \
    UNUSED(9F) UNUSED(A3) UNUSED(A7) UNUSED(AB) UNUSED(AF) UNUSED(B2) UNUSED(B3) UNUSED(B7)        \
    UNUSED(BB) UNUSED(BF) UNUSED(C2) UNUSED(C3) UNUSED(C7) UNUSED(CB) UNUSED(CF)                   \
                          UNUSED(D7) UNUSED(DA) UNUSED(DB) UNUSED(DC) UNUSED(DF) UNUSED(E2)        \
    UNUSED(E3) UNUSED(E7) UNUSED(EB) UNUSED(EF)                                  UNUSED(F7)        \
    UNUSED(FA) UNUSED(FB) UNUSED(FC) UNUSED(FF)                                                    \
    OP(02): /* slow */                                                                             \
        pc--;                                                                                      \
        console->has_ended = false;                                                                    \
        goto leave;
// clang-format on

/* ---- Processor ------------------------------------------------------------------------------- */

#define CPU6502_NAME run_fast
#define CPU6502_BUS struct console
#define CPU6502_CPU &bus->state.cpu
#define CPU6502_LOCALS                                                                             \
    struct console *const console = bus;                                                           \
    uint8_t *const ram = console->state.ram;                                                       \
    const uint64_t limit = INSTRUCTION * (RUN_INSTRUCTIONS - FEW_INSTRUCTIONS);                    \
    struct code_window window = look(console, pc);                                                 \
    cycles += INSTRUCTION * (uint64_t)(uint32_t)(RUN_INSTRUCTIONS - console->left);                \
    console->has_ended = true;
#define CPU6502_NEXT
#define CPU6502_CODE(address) (*(const uint8_t *)(window.base + (address)))
#define CPU6502_TAG(address) (*(const uint8_t *)(window.base + TO_TAGS + (address)))
#define CPU6502_JUMPED                                                                             \
    if (RARELY(pc - window.first >= window.span)) {                                                \
        pc &= 0xffff;                                                                              \
        window = look(console, pc);                                                                \
    }                                                                                              \
    if (RARELY(cycles >= limit)) {                                                                 \
        console->has_ended = false;                                                                \
        goto leave;                                                                                \
    }
#define CPU6502_LEAVE console->left = RUN_INSTRUCTIONS - (int)(cycles >> CYCLE_BITS);
#define CPU6502_CLOCK uint64_t
#define CPU6502_COUNT INSTRUCTION
#define CPU6502_CYCLES(clock) CYCLES(clock)
#define CPU6502_READ(address, before)                                                              \
    fast_read(console, address, before, CYCLES(cycles), pc, &window)
#define CPU6502_ZERO_READ(address, before) bus_read_zero(console, address, before, CYCLES(cycles))
#define CPU6502_FIXED_READ(address, before) ((void)(before), ram[(address)-0x80])
#define CPU6502_FIXED_WRITE(address, value) (ram[(address)-0x80] = (value), false)
#define CPU6502_FIXED_POINTER(address) pointer_at(ram + (address)-0x80)
#define CPU6502_STACK_READ(address, before) CPU6502_ZERO_READ((address)&0xff, before)
#define CPU6502_STACK_WRITE(address, value) CPU6502_ZERO_WRITE((address)&0xff, value)
#define CPU6502_STACK_WRITE_AGAIN(address, value)                                                  \
    fast_write_zero(console, (address)&0xff, value, &cycles, false)
#define CPU6502_WRITE(address, value)                                                              \
    fast_write(console, address, value, &cycles, true, pc, &window)
#define CPU6502_ZERO_WRITE(address, value) fast_write_zero(console, address, value, &cycles, true)
#define CPU6502_WRITE_AGAIN(address, value)                                                        \
    fast_write(console, address, value, &cycles, false, pc, &window)
/* The most frequent pairs are a load and a store to TIA, and such a store and the next load. */
#define CPU6502_NEXT_OF_LOAD NEXT_IF(72) NEXT_IF(42) NEXT_IF(D2) NEXT
#define CPU6502_LOOPS(branch, offset, target, cost)
#define CPU6502_OWN OWN_INSTRUCTIONS
#define CPU6502_HAS_DECIMAL 1
#define CPU6502_HAS_DUMMIES 0
#define CPU6502_POINTER_NEXT(zero) ((zero) + 1)
#include "games/cpu6502/execute.h"

int processor_run_fast(struct console *console, int left) {
    if (left <= FEW_INSTRUCTIONS)
        return left;
    console->left = left;
    run_fast(console);
    return console->has_ended ? 0 : console->left;
}
