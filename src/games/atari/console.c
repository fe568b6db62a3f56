#include "games/atari/console.h"

#include "base/base.h"
#include "games/atari/bus.h"
#include "games/atari/ports.h"
#include "games/atari/processor.h"

#include <string.h>

static const int32_t long_ago = -1000000; /* limit for the age of a VSYNC */

/* ---- Pictures -------------------------------------------------------------------------------- */

struct frame_log *console_log(struct console *console) {
    return &console->logs[console->log_of[console->newest]];
}

static void draw(const struct console *console, struct frame_log *log, uint8_t *pixels) {
    if (log->is_drawn)
        return;
    struct tia tia = log->start;
    tia_draw(&tia, &console->setup->frame, log->writes, log->count, log->clock, pixels);
    log->is_drawn = true;
}

const uint8_t *console_picture(struct console *console) {
    uint8_t *pixels = console->buffers[console->newest];
    draw(console, console_log(console), pixels);
    return pixels;
}

const uint8_t *console_picture_before(struct console *console) {
    const int other = console->newest ^ 1;
    if (console->went_on)
        return console->before;
    draw(console, &console->logs[console->log_of[other]], console->buffers[other]);
    return console->buffers[other];
}

/* Advances the chip to a time, as far as the game can observe it. */
static void play_log(struct console *console, uint32_t cycles) {
    struct frame_log *log = console_log(console);
    log->count = (uint32_t)(console->next_write - log->writes);
    tia_play(&console->state.tia, &console->setup->frame, &console->objects,
             log->writes + console->played, log->count - console->played, (int32_t)(3 * cycles),
             console->state.written);
    console->played = log->count;
}

static void watch_pairs(struct console *console) {
    objects_watch(&console->objects, console->is_exact ? TIA_ALL_PAIRS : console->watched);
}

/* Starts the log, at a frame's start or in a partial frame. If the game does not clear collisions
 * in every frame, it watches all pairs. */
static void restart_log(struct console *console) {
    struct frame_log *log = console_log(console);
    const bool was_cleared = console->logs[console->log_of[console->newest ^ 1]].clears;
    log->start = console->state.tia;
    log->starts_exact = console->is_exact;
    log->count = 0;
    console->next_write = log->writes;
    log->is_drawn = false;
    log->clears = false;
    console->played = 0;
    console->is_exact = console->is_exact && !was_cleared;
    watch_pairs(console);
}

static uint16_t all_collisions(const struct console *console, const struct frame_log *log,
                               int32_t clock) {
    struct tia tia = log->start;
    struct objects objects = {.watched = 0};
    objects_watch(&objects, TIA_ALL_PAIRS);
    tia_play(&tia, &console->setup->frame, &objects, log->writes, log->count, clock,
             console->state.written);
    return tia.collisions;
}

/*
 * Finds the collisions of all pairs by playing the frame again. If they are not cleared in it and
 * its start is not exact, the frame before cleared them, so playing that one gives those at the
 * start.
 */
static void make_exact(struct console *console, uint32_t cycles) {
    struct frame_log *log = console_log(console);
    const struct frame_log *before = &console->logs[console->log_of[console->newest ^ 1]];
    if (console->is_exact)
        return;
    if (!log->starts_exact && !log->clears) {
        log->start.collisions = all_collisions(console, before, before->clock);
        log->starts_exact = true;
    }
    console->state.tia.collisions = all_collisions(console, log, (int32_t)(3 * cycles));
}

/* Takes the other buffer and keeps its frame until it is known whether the new frame covers it. */
static void exchange_buffers(struct console *console) {
    const uint8_t next = console->newest ^ 1;
    const uint8_t aside = console->log_of[next];
    console->log_of[next] = console->other_log;
    console->other_log = aside;
    console->newest = next;
}

/* Rows that are not drawn keep their pixels of the frame before last. */
static void finish_picture(struct console *console) {
    struct frame_log *log = console_log(console);
    const bool is_full = log->clock >= console->setup->frame.end_clock;
    if (!is_full || console->state.is_partial)
        draw(console, &console->logs[console->other_log], console->buffers[console->newest]);
    console->logs[console->other_log].is_drawn = true;
}

/* Paints the pixels gray that the beam has not reached in a partial frame. */
static void gray_rest(struct console *console) {
    const struct tia_frame *frame = &console->setup->frame;
    uint8_t *pixels = console->buffers[console->newest];
    draw(console, console_log(console), pixels);
    const int32_t first_line = frame->first_clock / TIA_LINE_CLOCKS;
    const int32_t height = frame->end_clock / TIA_LINE_CLOCKS - first_line;
    const int32_t reached = console_lines(console) - first_line;
    for (int32_t row = reached < 0 ? 0 : reached; row < height; row++)
        for (int x = 0; x < TIA_WIDTH; x++)
            pixels[row * TIA_WIDTH + x] = (pixels[row * TIA_WIDTH + x] & 0xf) >> 1;
}

/* ---- Collisions ------------------------------------------------------------------------------ */

/* Watches the pairs of a collision register from now on. */
static void watch(struct console *console, uint32_t index, uint32_t cycles) {
    const unsigned pairs = TIA_ALL_PAIRS & 3u << 2 * index;
    if ((console->watched & pairs) == pairs)
        return;
    console->watched |= (uint16_t)pairs;
    watch_pairs(console);
    make_exact(console, cycles);
}

uint8_t console_collision(struct console *console, uint32_t index, uint32_t cycles) {
    play_log(console, cycles);
    watch(console, index, cycles);
    return tia_collision(&console->state.tia, index);
}

/* All visible lines are complete; later writes do not appear in the picture. */
void console_flush_log(struct console *console, uint32_t cycles) {
    struct frame_log *log = console_log(console);
    play_log(console, cycles);
    make_exact(console, cycles);
    log->clock = (int32_t)(3 * cycles);
    draw(console, log, console->buffers[console->newest]);
    log->start = console->state.tia;
    log->starts_exact = true;
    log->count = console->played = 0;
    console->next_write = log->writes;
}

/* ---- Runs ------------------------------------------------------------------------------------ */

/* Makes all stored times relative to the new frame's start. */
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
    if (state->vsync_end != NEVER) {
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
    processor_run(console);
    play_log(console, state->touched);
    console_log(console)->clock = (int32_t)(3 * state->touched);
    state->is_partial |= state->cpu.jammed;
    if (state->is_partial || !console_log(console)->clears) {
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

/* Rebuilds everything that is derived from the state; both buffers are drawn, and not logged. */
static void refresh(struct console *console) {
    const struct tia *tia = &console->state.tia;
    console->line_limit = (uint32_t)(console->setup->max_lines * LINE_CYCLES);
    memset(console->pages, 0, sizeof console->pages);
    for (int i = 0; i < 64; i++)
        if ((i & 10) == 2) /* A7 and not A9 */
            console->pages[i] = console->state.ram + (size_t)(i % 2) * CARTRIDGE_PAGE;
    bus_map_cartridge(console);
    for (int i = 0; i < 3; i++) {
        console->logs[i].is_drawn = true;
        console->logs[i].count = NOT_LOGGED;
    }
    console->is_exact = true;
    console_log(console)->clears = false;
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
    state->vsync_end = NEVER;
    memset(console->buffers, 0, sizeof console->buffers);
    refresh(console);
    state->cpu.sp = 0xff;
    state->cpu.pc = (uint16_t)(bus_read_byte(console, VECTOR_RESET, 0, 0) |
                               bus_read_byte(console, VECTOR_RESET + 1, 0, 0) << 8);
}

/* ---- Snapshots ------------------------------------------------------------------------------- */

int picture_source_rows(const struct picture_source *source, const struct tia_frame *frame) {
    const int32_t clocks = source->clock - frame->first_clock;
    return source->count == NOT_LOGGED || clocks < 0 ? 0 : clocks / TIA_LINE_CLOCKS;
}

/* Whether a log paints all of its rows, and takes less room than they do. */
static bool is_worth_it(const struct picture_source *source, const struct tia_frame *frame) {
    enum { HEAD_BOUND = 256 };
    const size_t painted = (size_t)picture_source_rows(source, frame) * TIA_WIDTH;
    return source->start.drawn == frame->first_clock && source->count <= CONSOLE_SAVED_LOG &&
           HEAD_BOUND + source->count * sizeof(uint32_t) <= painted;
}

/* age: 0 for the newest picture, 1 for the one before. A partial frame is not only painted. */
static void take_picture(struct console *console, int age, struct picture_source *source) {
    const struct tia_frame *frame = &console->setup->frame;
    const int buffer = console->newest ^ age;
    struct frame_log *log = &console->logs[console->log_of[buffer]];
    *source = (struct picture_source){
        .start = log->start,
        .count = log->count,
        .clock = log->clock < frame->end_clock ? log->clock : frame->end_clock,
        .writes = (const uint8_t *)log->writes,
        .pixels = console->buffers[buffer],
    };
    source->start.collisions = 0; /* the log clears them, or nothing needs them */
    if (is_worth_it(source, frame) && !(age == 0 && console->state.is_partial))
        return;
    draw(console, log, console->buffers[buffer]);
    source->count = NOT_LOGGED;
}

static void restore_picture(struct console *console, int age, const struct picture_source *source) {
    const struct tia_frame *frame = &console->setup->frame;
    const int buffer = console->newest ^ age;
    struct frame_log *log = &console->logs[console->log_of[buffer]];
    const size_t painted = (size_t)picture_source_rows(source, frame) * TIA_WIDTH;
    memcpy(console->buffers[buffer] + painted, source->pixels + painted,
           (size_t)tia_frame_height(frame) * TIA_WIDTH - painted);
    if (source->count == NOT_LOGGED)
        return;
    log->start = source->start;
    log->count = source->count;
    log->clock = source->clock;
    log->is_drawn = false;
    memcpy(log->writes, source->writes, source->count * sizeof log->writes[0]);
}

void console_take(struct console *console, struct console_snapshot *snapshot) {
    for (int age = 0; age < 2; age++)
        take_picture(console, age, &snapshot->pictures[age]);
    const bool is_told = console_log(console)->clears && snapshot->pictures[0].count != NOT_LOGGED;
    if (!is_told)
        make_exact(console, console->state.touched);
    snapshot->found = console->is_exact || !is_told ? TIA_ALL_PAIRS : console->watched;
    snapshot->state = &console->state;
    snapshot->before = console->went_on ? console->before : NULL;
}

void console_restore(struct console *console, const struct console_snapshot *snapshot) {
    console->state = *snapshot->state;
    refresh(console);
    for (int age = 0; age < 2; age++)
        restore_picture(console, age, &snapshot->pictures[age]);
    if (snapshot->found != TIA_ALL_PAIRS && snapshot->pictures[0].count != NOT_LOGGED) {
        console->is_exact = false;
        console->watched = snapshot->found & TIA_ALL_PAIRS;
        console_log(console)->clears = true;
        console_log(console)->starts_exact = true;
    }
    console->went_on = snapshot->before;
    if (snapshot->before)
        memcpy(console->before, snapshot->before, sizeof console->before);
}

static inline int32_t cycles_at(const uint8_t *write) {
    uint32_t bits;
    memcpy(&bits, write, sizeof bits);
    return (int32_t)(bits >> TIA_WRITE_BITS);
}

/* Without an early exit, so that compilers compare several at a time. */
VECTORIZED static bool are_in_order(const uint8_t *writes, uint32_t count) {
    int32_t disorder = 0; /* below 0 if a difference is */
    for (uint32_t i = 1; i < count; i++, writes += sizeof(uint32_t))
        disorder |= cycles_at(writes + sizeof(uint32_t)) - cycles_at(writes);
    return disorder >= 0;
}

bool picture_source_is_sound(const struct picture_source *source, const struct tia_frame *frame) {
    const struct tia *start = &source->start;
    return source->count == NOT_LOGGED ||
           (source->count <= CONSOLE_SAVED_LOG && tia_is_sound(start, frame) &&
            start->drawn == frame->first_clock &&
            start->line_end == start->drawn + TIA_LINE_CLOCKS && source->clock >= 0 &&
            source->clock <= frame->end_clock && are_in_order(source->writes, source->count));
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
