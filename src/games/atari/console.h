/*
 * An Atari 2600: processor, video chip, RAM, timer, ports and a cartridge.
 *
 *     +------+   +--------------------+   +-----------+
 *     | 6507 |---| 0000 TIA           |---| picture   |     13 address bits:
 *     |      |   | 0080 RAM, 128 bytes|   +-----------+       A12           cartridge
 *     |      |   | 0280 ports, timer  |---| sticks,   |       not A12, not A7           TIA
 *     |      |   | 1000 cartridge     |   | paddles   |       not A12, A7, not A9       RAM
 *     +------+   +--------------------+   +-----------+       not A12, A7, A9           RIOT
 *
 * One console is one flat object without pointers to anything of its own that a copy of `state`
 * would not carry over; any number may be in a process, each used by one thread at a time. `state`
 * is all that play from here depends on, but for the rows of a frame that the game does not draw,
 * which keep what was there two frames before.
 *
 *     console_power_up(console, &setup);
 *     console_reset(console, timer);
 *     console_run(console, &inputs);              one frame
 *     console_picture(console, indices);          as it looks now, drawn only if asked for
 *
 * What the machine is compared with is ALE 0.6 (the C library of multi-agent-ale-py 0.1.12), frame
 * by frame. Its clock is coarse, and so is this one: all accesses of an instruction happen at its
 * end. A frame ends with the end of a VSYNC, when there are too many lines, or after 25 000
 * instructions; then it is partial, and the next run goes on with it.
 *
 * Not emulated: sound; dummy reads and writes of the processor; writes to SWCHA.
 */
#ifndef ASYNCRL_GAMES_ATARI_CONSOLE_H
#define ASYNCRL_GAMES_ATARI_CONSOLE_H

#include "games/atari/cartridge.h"
#include "games/atari/objects.h"
#include "games/atari/tia.h"
#include "games/atari/timer.h"
#include "games/cpu6502/cpu6502.h"

enum { CONSOLE_RAM = 128, CONSOLE_LOG = 11264 };

/* Bits of a stick; a paddle turns left and right, and fires. */
enum { STICK_UP = 1, STICK_DOWN = 2, STICK_LEFT = 4, STICK_RIGHT = 8, STICK_FIRE = 16 };

struct console_inputs {
    uint8_t sticks[2]; /* of the first and the second player */
    bool reset;        /* the console's switches */
    bool select;
    bool is_charged; /* paddles read as if they had been left alone */
};

enum console_controllers { CONTROLLERS_STICKS, CONTROLLERS_PADDLES, CONTROLLERS_FOUR_PADDLES };

/* The constants of a game. */
struct console_setup {
    const struct cartridge *cartridge;
    struct tia_frame frame;
    int32_t max_lines; /* of a frame */
    enum console_controllers controllers;
    bool swaps_ports;
    bool swaps_paddles; /* those of a jack */
    int difficulty;     /* bit 0: the left switch is at A, bit 1: the right one */
    int32_t paddle_max; /* ohms */
};

struct console_state {
    struct tia tia;
    struct cpu6502 cpu;
    struct timer timer;
    struct cartridge_state cartridge;
    uint32_t touched;    /* cycles of the last access to TIA */
    int32_t vsync_end;   /* a VSYNC that ends from here on ends the frame */
    uint32_t offset;     /* cycles at which the frame began */
    uint32_t discharged; /* cycles since then at which the paddles' capacitors were let go */
    int32_t paddles[4];  /* ohms */
    uint8_t ram[CONSOLE_RAM];
    uint8_t written[64]; /* what TIA's registers were last written with */
    uint8_t direction;   /* of port A, which only reads back */
    uint8_t grounds;     /* the paddles' capacitors */
    uint8_t is_partial;  /* the frame goes on in the next run */
};

/* The writes of a frame, and what the chip was like before. */
struct frame_log {
    struct tia start;
    uint32_t count;
    int32_t clock;     /* of the frame's end */
    bool is_drawn;     /* the buffer shows it */
    bool starts_exact; /* start.collisions are right for all pairs */
    bool clears;       /* collisions are cleared in it */
    uint32_t writes[CONSOLE_LOG];
};

struct code_window {
    uintptr_t base; /* what is at address a lies at base + a */
    uint32_t first;
    uint32_t span;
};

struct console {
    struct console_state state;
    /* What follows from it. */
    const struct console_setup *setup;
    const uint8_t *pages[128]; /* of 64 bytes, by 13 bits of the address; NULL: not just memory */
    struct code_window window;
    uint8_t scratch[4];     /* an instruction from where it has to be read by hand */
    uint32_t *next_write;   /* in the newest log */
    int32_t left;           /* instructions of the run, for the fast processor, */
    bool has_ended;         /* and whether one of them has ended the frame */
    uint32_t line_limit;    /* in cycles */
    uint32_t played;        /* writes of the log that are in state.tia, */
    struct objects objects; /* whose objects these are */
    uint16_t
        watched; /* pairs whose collisions the game has ever read; the others' are found later */
    uint8_t
        current;   /* bit 0, 1: the player's old graphics are as its new ones; bit 2: the ball's */
    bool is_exact; /* state.tia.collisions are right for all pairs */
    uint8_t ports[2]; /* SWCHA, SWCHB */
    uint8_t fires[2]; /* INPT4, INPT5 */
    uint8_t is_charged;
    uint8_t newest;    /* buffer */
    uint8_t log_of[2]; /* which log each buffer's frame is in */
    uint8_t other_log; /* the third: before a frame's end, that of the frame before in its buffer */
    struct frame_log logs[3];
    uint8_t buffers[2][TIA_MAX_HEIGHT * TIA_WIDTH];
    bool went_on; /* the newest run went on with a partial frame, which looked like this before: */
    uint8_t before[TIA_MAX_HEIGHT * TIA_WIDTH];
};

/* Everything 0; setup must live as long. */
void console_power_up(struct console *console, const struct console_setup *setup);

/* All but RAM as after power-on. timer: what it starts with. */
void console_reset(struct console *console, uint8_t timer);

/* One frame, or 25 000 instructions of it. */
void console_run(struct console *console, const struct console_inputs *inputs);

/* Lines of the newest frame that the processor has been through. */
int console_lines(const struct console *console);

/* The picture, (height, 160) palette indices; the console keeps it until the next run. */
const uint8_t *console_picture(struct console *console);

/* The picture as it was before the newest run. */
const uint8_t *console_picture_before(struct console *console);

/* All that play depends on: a console that restores it goes on like the one it was taken of, if
 * both have the same setup. */
struct console_snapshot {
    struct console_state state;
    uint8_t pictures[2][TIA_MAX_HEIGHT * TIA_WIDTH]; /* of the newest frame and the one before */
};
void console_take(struct console *console, struct console_snapshot *snapshot);
void console_restore(struct console *console, const struct console_snapshot *snapshot);

/* Whether a state, wherever it came from, leads to no access outside of anything. */
bool console_state_is_sound(const struct console_state *state, const struct console_setup *setup);

#endif
