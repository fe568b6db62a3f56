#include "games/atari/console.h"

#include "games/atari/loops.h"
#include "games/atari/ports.h"

#include <string.h>

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#define RARELY(condition) __builtin_expect(!!(condition), 0)
#else
#define INLINE static inline
#define RARELY(condition) (condition)
#endif

enum { LINE_CYCLES = 76, RUN_INSTRUCTIONS = 25000 };
static const int32_t never = 0x7fffffff;
static const int32_t long_ago = -1000000; /* further back no time of VSYNC is kept */

/* ---- Pictures -------------------------------------------------------------------------------- */

static struct frame_log *newest_log(struct console *console) {
    return &console->logs[console->log_of[console->newest]];
}

static void draw(struct console *console, struct frame_log *log, uint8_t *pixels) {
    if (log->is_drawn)
        return;
    struct tia tia = log->start;
    tia_draw(&tia, &console->setup->frame, log->writes, log->count, log->clock, pixels);
    log->is_drawn = true;
}

const uint8_t *console_picture(struct console *console) {
    uint8_t *pixels = console->buffers[console->newest];
    draw(console, newest_log(console), pixels);
    return pixels;
}

const uint8_t *console_picture_before(struct console *console) {
    const int other = console->newest ^ 1;
    if (console->went_on)
        return console->before;
    draw(console, &console->logs[console->log_of[other]], console->buffers[other]);
    return console->buffers[other];
}

/* Brings the chip to a time, as far as the game can see. */
static void play_log(struct console *console, uint32_t cycles) {
    struct frame_log *log = newest_log(console);
    log->count = (uint32_t)(console->next_write - log->writes);
    const unsigned watched = console->is_exact ? TIA_ALL_PAIRS : console->watched;
    tia_play(&console->state.tia, &console->setup->frame, log->writes + console->played,
             log->count - console->played, (int32_t)(3 * cycles), watched);
    console->played = log->count;
}

/* The log starts here: at a frame's start, or where a partial one goes on. Collisions are looked
 * for among all pairs where the game does not clear them in every frame. */
static void restart_log(struct console *console) {
    struct frame_log *log = newest_log(console);
    const bool was_cleared = console->logs[console->log_of[console->newest ^ 1]].clears;
    log->start = console->state.tia;
    log->starts_exact = console->is_exact;
    log->count = 0;
    console->next_write = log->writes;
    log->is_drawn = false;
    log->clears = false;
    console->played = 0;
    console->is_exact = console->is_exact && !was_cleared;
}

static uint16_t all_collisions(const struct console *console, const struct frame_log *log,
                               int32_t clock) {
    struct tia tia = log->start;
    tia_play(&tia, &console->setup->frame, log->writes, log->count, clock, TIA_ALL_PAIRS);
    return tia.collisions;
}

/*
 * Finds the collisions of all pairs by playing the frame again. Where its start is not exact, the
 * frame before cleared them, and shows what has come since.
 */
static void make_exact(struct console *console, uint32_t cycles) {
    struct frame_log *log = newest_log(console);
    const struct frame_log *before = &console->logs[console->log_of[console->newest ^ 1]];
    if (console->is_exact)
        return;
    if (!log->starts_exact) {
        log->start.collisions = all_collisions(console, before, before->clock);
        log->starts_exact = true;
    }
    console->state.tia.collisions = all_collisions(console, log, (int32_t)(3 * cycles));
}

/* Takes the other buffer and sets its frame aside until it is known whether this one covers it. */
static void exchange_buffers(struct console *console) {
    const uint8_t next = console->newest ^ 1;
    const uint8_t aside = console->log_of[next];
    console->log_of[next] = console->other_log;
    console->other_log = aside;
    console->newest = next;
}

/* Rows that are not drawn keep what the frame before last showed there. */
static void finish_picture(struct console *console) {
    struct frame_log *log = newest_log(console);
    const bool is_full = log->clock >= console->setup->frame.end_clock;
    if (!is_full || console->state.is_partial)
        draw(console, &console->logs[console->other_log], console->buffers[console->newest]);
    console->logs[console->other_log].is_drawn = true;
}

/* What the beam has not reached in a partial frame turns gray. */
static void gray_rest(struct console *console) {
    const struct tia_frame *frame = &console->setup->frame;
    uint8_t *pixels = console->buffers[console->newest];
    draw(console, newest_log(console), pixels);
    const int32_t first_line = frame->first_clock / TIA_LINE_CLOCKS;
    const int32_t height = frame->end_clock / TIA_LINE_CLOCKS - first_line;
    const int32_t reached = console_lines(console) - first_line;
    for (int32_t row = reached < 0 ? 0 : reached; row < height; row++)
        for (int x = 0; x < TIA_WIDTH; x++)
            pixels[row * TIA_WIDTH + x] = (pixels[row * TIA_WIDTH + x] & 0xf) >> 1;
}

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

static void riot_write(struct console *console, uint32_t address, uint8_t value, uint32_t cycles) {
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

/* The pairs of a collision register count from now on. */
static void watch(struct console *console, uint32_t index, uint32_t cycles) {
    const unsigned pairs = TIA_ALL_PAIRS & 3u << 2 * index;
    if ((console->watched & pairs) == pairs)
        return;
    console->watched |= (uint16_t)pairs;
    make_exact(console, cycles);
}

static uint8_t tia_read(struct console *console, uint32_t address, uint8_t before,
                        uint32_t cycles) {
    const uint32_t index = address & 15;
    uint8_t value = 0;
    console->state.touched = cycles;
    if (index < 8) {
        play_log(console, cycles);
        watch(console, index, cycles);
        value = tia_collision(&console->state.tia, index);
    } else if (index < 12) {
        value = read_paddle(console, index - 8, cycles);
    } else if (index < 14) {
        value = console->fires[index - 12];
    }
    return (uint8_t)(value | (before & 0x3f));
}

/* What becomes of a write to TIA. */
enum write_kind {
    WRITE_NOTHING,
    WRITE_CHANGED,  /* it is logged if it changes the register */
    WRITE_ALWAYS,   /* it is logged */
    WRITE_GRAPHICS, /* it is logged if it changes anything */
    WRITE_BALL,
    WRITE_WAIT,
    WRITE_SPECIAL
};
static const uint8_t write_kinds[64] = {
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

static inline void log_write(struct console *console, uint32_t address, uint8_t value,
                             uint32_t cycles) {
    *console->next_write++ = tia_write_of(cycles, address, value);
}

/* True: the frame ends. */
static bool write_vsync(struct console_state *state, uint8_t value, uint32_t cycles) {
    if (value & 2) {
        state->vsync_end = (int32_t)cycles + LINE_CYCLES;
        return false;
    }
    if ((int32_t)cycles < state->vsync_end)
        return false;
    state->vsync_end = never;
    return true;
}

static void write_vblank(struct console_state *state, uint8_t value, uint32_t cycles) {
    if (state->grounds && !(value >> 7))
        state->discharged = cycles - state->offset;
    state->grounds = value >> 7;
}

/* The next line's start. */
static inline void wait_for_line(uint32_t *cycles) {
    *cycles = (*cycles + LINE_CYCLES - 1) / LINE_CYCLES * LINE_CYCLES;
}

/* All that is rare; true: the frame ends. */
static bool write_special(struct console *console, uint32_t address, uint8_t value,
                          uint32_t *cycles, bool waits) {
    struct console_state *state = &console->state;
    const bool is_over = *cycles >= console->line_limit;
    bool ends = is_over;
    if (is_over && *cycles >> TIA_CYCLE_BITS) { /* too late for a log */
        play_log(console, *cycles);
        newest_log(console)->count = console->played = 0;
        console->next_write = newest_log(console)->writes;
    }
    const uint32_t logged = *cycles >> TIA_CYCLE_BITS ? *cycles % LINE_CYCLES : *cycles;
    switch (write_kinds[address]) {
    case WRITE_WAIT:
        if (waits)
            wait_for_line(cycles);
        break;
    case WRITE_NOTHING:
        break;
    default:
        if (address == TIA_VSYNC)
            ends |= write_vsync(state, value, *cycles);
        else
            log_write(console, address, value, logged);
        console->current = 0; /* to be safe: elsewhere it follows the graphics */
        if (address == TIA_VBLANK)
            write_vblank(state, value, *cycles);
        if (address == TIA_CXCLR)
            newest_log(console)->clears = true;
        if (address == TIA_HMCLR)
            memset(state->written + TIA_HMP0, 0, TIA_HMBL - TIA_HMP0 + 1);
        else
            state->written[address] = value;
    }
    return ends;
}

enum { CURRENT_BALL = 4, ALL_CURRENT = 7 };

/* Whether a write to GRP0, GRP1 or ENABL changes anything: a player's graphics make the other's,
 * and the second's the ball's, old. Most writes of graphics clear what is clear. */
INLINE bool changes_graphics(struct console *console, uint32_t address, bool is_same) {
    if (address == TIA_ENABL) {
        console->current &= is_same ? ALL_CURRENT : ALL_CURRENT & ~CURRENT_BALL;
        return !is_same;
    }
    const unsigned own = address == TIA_GRP0 ? 1 : 2;
    const unsigned others = address == TIA_GRP0 ? 2 : 1 | CURRENT_BALL;
    if (is_same && (console->current & others) == others)
        return false;
    console->current = (uint8_t)((console->current | others) & (is_same ? ALL_CURRENT : ~own));
    return true;
}

INLINE bool tia_write(struct console *console, uint32_t address, uint8_t value, uint32_t *cycles,
                      bool waits) {
    struct console_state *state = &console->state;
    const uint32_t now = *cycles;
    const uint32_t index = address & 63;
    const uint8_t kind = write_kinds[index];
    state->touched = now;
    if (RARELY(now >= console->line_limit || kind == WRITE_SPECIAL)) {
        uint32_t later = now; /* so that *cycles may stay in a register */
        const bool ends = write_special(console, index, value, &later, waits);
        *cycles = later;
        return ends;
    }
    if (kind == WRITE_WAIT) {
        if (waits)
            wait_for_line(cycles);
        return false;
    }
    const bool is_same = state->written[index] == value;
    if (kind == WRITE_NOTHING || (kind == WRITE_CHANGED && is_same))
        return false;
    if (kind >= WRITE_GRAPHICS && !changes_graphics(console, index, is_same))
        return false;
    state->written[index] = value;
    log_write(console, index, value, now);
    return false;
}

/* ---- Bus ------------------------------------------------------------------------------------- */

static void map_cartridge(struct console *console) {
    cartridge_map(console->setup->cartridge, &console->state.cartridge, console->pages + 64);
    console->window.span = 0;
}

/* All that is not just memory. */
static uint8_t read_device(struct console *console, uint32_t address, uint8_t before,
                           uint32_t cycles) {
    if (address & 0x1000) {
        bool remaps = false;
        const uint8_t value = cartridge_read(console->setup->cartridge, &console->state.cartridge,
                                             address, cycles, &remaps);
        if (remaps)
            map_cartridge(console);
        return value;
    }
    if (address & 0x80)
        return riot_read(console, address, cycles);
    return tia_read(console, address, before, cycles);
}

static void write_cartridge(struct console *console, uint32_t address, uint8_t value) {
    bool remaps = false;
    cartridge_write(console->setup->cartridge, &console->state.cartridge, address, value, &remaps);
    if (remaps)
        map_cartridge(console);
}

static uint8_t read_byte(struct console *console, uint32_t address, uint8_t before,
                         uint32_t cycles) {
    const uint8_t *page = console->pages[(address & 0x1fff) / CARTRIDGE_PAGE];
    return page ? page[address % CARTRIDGE_PAGE] : read_device(console, address, before, cycles);
}

/*
 * Opens a window on the code at pc, which is cut to 16 bits. Where an instruction is not just in
 * memory, its bytes are read one by one, and the window holds it alone.
 */
static void find_code(struct console *console, uint32_t *pc, uint32_t cycles) {
    struct code_window *window = &console->window;
    const uint8_t *bytes = NULL;
    const uint32_t address = *pc &= 0xffff;
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
        console->scratch[0] = read_byte(console, address, 0, cycles);
        const int length = cpu6502_length(console->scratch[0]);
        for (int i = 1; i < length; i++)
            console->scratch[i] = read_byte(console, (address + (uint32_t)i) & 0xffff,
                                            console->scratch[i - 1], cycles);
        bytes = console->scratch;
        window->first = address;
        window->span = 0;
    }
    window->base = (uintptr_t)bytes - window->first;
}

/* ---- Processor ------------------------------------------------------------------------------- */

INLINE uint8_t bus_read(struct console *console, uint32_t address, uint32_t before, uint32_t cycles,
                        struct code_window *window) {
    const uint8_t *page = console->pages[(address & 0x1fff) / CARTRIDGE_PAGE];
    if (page)
        return page[address % CARTRIDGE_PAGE];
    const uint8_t value = read_device(console, address, (uint8_t)before, cycles);
    *window = console->window;
    return value;
}

INLINE uint8_t bus_read_zero(struct console *console, uint32_t address, uint32_t before,
                             uint32_t cycles) {
    if (address & 0x80)
        return console->state.ram[address & 0x7f];
    return tia_read(console, address, (uint8_t)before, cycles);
}

INLINE bool bus_write_zero(struct console *console, uint32_t address, uint8_t value,
                           uint32_t *cycles, bool waits) {
    if (address & 0x80) {
        console->state.ram[address & 0x7f] = value;
        return false;
    }
    return tia_write(console, address, value, cycles, waits);
}

INLINE bool bus_write(struct console *console, uint32_t address, uint8_t value, uint32_t *cycles,
                      struct code_window *window, bool waits) {
    if (address & 0x1000) {
        write_cartridge(console, address, value);
        *window = console->window;
        return false;
    }
    if ((address & 0x280) == 0x280) {
        riot_write(console, address, value, *cycles);
        return false;
    }
    return bus_write_zero(console, address, value, cycles, waits);
}

#define CPU6502_NAME execute
#define CPU6502_BUS struct console
#define CPU6502_LOCALS                                                                             \
    struct code_window window = {0, 0, 0};                                                         \
    int left = RUN_INSTRUCTIONS + 1;                                                               \
    bus->state.is_partial = false;
#define CPU6502_NEXT                                                                               \
    if (RARELY(--left == 0)) {                                                                     \
        bus->state.is_partial = true;                                                              \
        goto leave;                                                                                \
    }                                                                                              \
    if (RARELY(pc - window.first >= window.span)) {                                                \
        find_code(bus, &pc, cycles);                                                               \
        window = bus->window;                                                                      \
    }
#define CPU6502_CODE(address) (*(const uint8_t *)(window.base + (address)))
#define CPU6502_READ(address, before) bus_read(bus, address, before, cycles, &window)
#define CPU6502_ZERO_READ(address, before) bus_read_zero(bus, address, before, cycles)
#define CPU6502_WRITE(address, value) bus_write(bus, address, value, &cycles, &window, true)
#define CPU6502_ZERO_WRITE(address, value) bus_write_zero(bus, address, value, &cycles, true)
#define CPU6502_WRITE_AGAIN(address, value) bus_write(bus, address, value, &cycles, &window, false)
#define CPU6502_LOOPS ATARI_LOOPS
#define CPU6502_HAS_DECIMAL 1
#define CPU6502_HAS_DUMMIES 0
#define CPU6502_POINTER_NEXT(zero) ((zero) + 1)
#include "games/cpu6502/execute.h"

/* ---- Runs ------------------------------------------------------------------------------------ */

/* What remembers a time counts from the new frame's start. */
static void begin_frame(struct console *console) {
    struct console_state *state = &console->state;
    const uint32_t cycles = state->cpu.cycles;
    const uint32_t offset = cycles % LINE_CYCLES;
    const uint32_t elapsed = cycles - offset;
    tia_begin_frame(&state->tia, &console->setup->frame, (int32_t)(3 * elapsed),
                    (int)(cycles / LINE_CYCLES));
    state->discharged -= cycles - state->offset;
    state->cpu.cycles = offset;
    state->offset = offset;
    state->timer.set_at -= elapsed;
    state->timer.read_at -= elapsed;
    state->cartridge.dpc.updated -= elapsed;
    if (state->vsync_end != never) {
        const int64_t vsync_end = (int64_t)state->vsync_end - elapsed;
        state->vsync_end = vsync_end > long_ago ? (int32_t)vsync_end : long_ago;
    }
    exchange_buffers(console);
}

void console_run(struct console *console, const struct console_inputs *inputs) {
    struct console_state *state = &console->state;
    ports_read(console, inputs);
    console->went_on = state->is_partial;
    if (state->is_partial)
        memcpy(console->before, console_picture(console), sizeof console->before);
    else
        begin_frame(console);
    restart_log(console);
    state->touched = 0;
    execute(console, &state->cpu);
    play_log(console, state->touched);
    newest_log(console)->clock = (int32_t)(3 * state->touched);
    state->is_partial |= state->cpu.jammed;
    if (state->is_partial || !newest_log(console)->clears) {
        make_exact(console, state->touched);
        console->is_exact = true;
    }
    finish_picture(console);
    if (state->is_partial)
        gray_rest(console);
}

int console_lines(const struct console *console) {
    return (int)(console->state.cpu.cycles / LINE_CYCLES);
}

/* ---- Power and reset ------------------------------------------------------------------------- */

/* Makes what follows from the state anew; both buffers are drawn. */
static void refresh(struct console *console) {
    const struct tia *tia = &console->state.tia;
    console->line_limit = (uint32_t)(console->setup->max_lines * LINE_CYCLES);
    memset(console->pages, 0, sizeof console->pages);
    for (int i = 0; i < 64; i++)
        if ((i & 10) == 2) /* A7 and not A9 */
            console->pages[i] = console->state.ram + (size_t)(i % 2) * CARTRIDGE_PAGE;
    map_cartridge(console);
    for (int i = 0; i < 3; i++)
        console->logs[i].is_drawn = true;
    console->is_exact = true;
    newest_log(console)->clears = false;
    console->current = (tia->old_graphics[0] == tia->graphics[0] ? 1 : 0) |
                       (tia->old_graphics[1] == tia->graphics[1] ? 2 : 0) |
                       (tia->old_ball == tia->enabled[2] ? CURRENT_BALL : 0);
}

void console_power_up(struct console *console, const struct console_setup *setup) {
    memset(console, 0, sizeof *console);
    console->setup = setup;
    console->state.cartridge.dpc.random = 1;
    console->log_of[1] = 1;
    console->other_log = 2;
    refresh(console);
}

void console_reset(struct console *console, uint8_t timer) {
    struct console_state *state = &console->state;
    const struct console_state before = *state;
    memset(state, 0, sizeof *state);
    memcpy(state->ram, before.ram, sizeof state->ram);
    memcpy(state->paddles, before.paddles, sizeof state->paddles);
    state->cartridge = before.cartridge;
    cartridge_reset(console->setup->cartridge, &state->cartridge);
    state->timer = (struct timer){.value = timer, .shift = 6};
    state->vsync_end = never;
    memset(console->buffers, 0, sizeof console->buffers);
    refresh(console);
    state->cpu.sp = 0xff;
    state->cpu.pc = (uint16_t)(read_byte(console, VECTOR_RESET, 0, 0) |
                               read_byte(console, VECTOR_RESET + 1, 0, 0) << 8);
}

/* ---- Snapshots ------------------------------------------------------------------------------- */

void console_take(struct console *console, struct console_snapshot *snapshot) {
    make_exact(console, console->state.touched);
    for (int i = 0; i < 2; i++) {
        const int buffer = console->newest ^ i;
        draw(console, &console->logs[console->log_of[buffer]], console->buffers[buffer]);
        memcpy(snapshot->pictures[i], console->buffers[buffer], sizeof snapshot->pictures[i]);
    }
    snapshot->state = console->state;
}

void console_restore(struct console *console, const struct console_snapshot *snapshot) {
    console->state = snapshot->state;
    for (int i = 0; i < 2; i++)
        memcpy(console->buffers[console->newest ^ i], snapshot->pictures[i],
               sizeof snapshot->pictures[i]);
    refresh(console);
}

bool console_state_is_sound(const struct console_state *state, const struct console_setup *setup) {
    for (int i = 0; i < 4; i++)
        if (state->paddles[i] < 0 || state->paddles[i] > setup->paddle_max)
            return false;
    return tia_is_sound(&state->tia, &setup->frame) && timer_is_sound(&state->timer) &&
           cartridge_state_is_sound(setup->cartridge, &state->cartridge) &&
           state->vsync_end >= long_ago && state->grounds <= 1 && state->is_partial <= 1 &&
           state->cpu.jammed <= 1;
}
