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
 * A console is a flat object; a process may have any number of them, each used by one thread at a
 * time. Further play depends on `state` alone, of which a copy is enough, except for rows of a
 * frame that the game does not draw: they keep their pixels of two frames before.
 *
 *     console_power_up(console, &setup);
 *     console_reset(console, timer);
 *     console_run(console, &inputs);              one frame
 *     console_picture(console, indices);          as it looks now, drawn only if asked for
 *
 * The reference, frame by frame, is ALE 0.6 (the C library of multi-agent-ale-py 0.1.12). Its clock
 * is coarse, and so is this one: all accesses of an instruction happen at its end. A frame ends
 * with the end of a VSYNC, when there are too many lines, or after 25 000 instructions; then it is
 * partial, and the next run goes on with it.
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

enum { CONSOLE_RAM = 128, CONSOLE_LOG = 11264, CONSOLE_SAVED_LOG = 4096 };

/* Bits of a stick; a paddle turns left and right, and fires. */
enum { STICK_UP = 1, STICK_DOWN = 2, STICK_LEFT = 4, STICK_RIGHT = 8, STICK_FIRE = 16 };

struct console_inputs {
    uint8_t sticks[2]; /* of the first and the second player */
    bool reset;        /* the console's switches */
    bool select;
    bool is_charged; /* paddles read as if untouched */
};

enum console_controllers { CONTROLLERS_STICKS, CONTROLLERS_PADDLES, CONTROLLERS_FOUR_PADDLES };

/* The constants of a game. */
struct console_setup {
    const struct cartridge *cartridge;
    struct tia_frame frame;
    int32_t max_lines; /* of a frame */
    enum console_controllers controllers;
    bool swaps_ports;
    bool swaps_paddles; /* the two paddles of a jack */
    int difficulty;     /* bit 0: the left switch is at A, bit 1: the right one */
    int32_t paddle_max; /* ohms */
};

struct console_state {
    struct tia tia;
    struct cpu6502 cpu;
    struct timer timer;
    struct cartridge_state cartridge;
    uint32_t touched;    /* cycles of the last access to TIA */
    int32_t vsync_end;   /* a VSYNC that ends at or after this ends the frame */
    uint32_t offset;     /* cycles at which the frame began */
    uint32_t discharged; /* cycles since then at which the paddles' capacitors were released */
    int32_t paddles[4];  /* ohms */
    uint8_t ram[CONSOLE_RAM];
    uint8_t written[64]; /* the last value written to each TIA register */
    uint8_t direction;   /* of port A; it can only be read back */
    uint8_t grounds;     /* the paddles' capacitors */
    uint8_t is_partial;  /* the frame goes on in the next run */
};

/* The writes of a frame, and the chip's state before them. */
struct frame_log {
    struct tia start;
    uint32_t count;
    int32_t clock;     /* of the frame's end */
    bool is_drawn;     /* the buffer shows it */
    bool starts_exact; /* start.collisions are right for all pairs */
    bool clears;       /* the frame clears collisions */
    uint32_t writes[CONSOLE_LOG];
};

struct code_window {
    uintptr_t base; /* the byte at address a lies at base + a */
    uint32_t first;
    uint32_t span;
};

struct console {
    struct console_state state;
    /* Derived from the state. */
    const struct console_setup *setup;
    const uint8_t *pages[128]; /* of 64 bytes, by 13 bits of the address; NULL: not plain memory */
    struct code_window window;
    uint8_t scratch[4];     /* an instruction that is not in plain memory */
    uint32_t *next_write;   /* in the newest log */
    int32_t left;           /* instructions left in the run, for the fast processor, */
    bool has_ended;         /* and whether one of them has ended the frame */
    uint32_t line_limit;    /* in cycles */
    uint32_t played;        /* writes of the log that state.tia contains, */
    struct objects objects; /* whose objects these are */
    uint16_t
        watched; /* pairs whose collisions the game has read so far; the others are found later */
    uint8_t current;  /* bit 0, 1: the player's old graphics equal the new ones; bit 2: the same for
                         the ball */
    bool is_exact;    /* state.tia.collisions are right for all pairs */
    uint8_t ports[2]; /* SWCHA, SWCHB */
    uint8_t fires[2]; /* INPT4, INPT5 */
    uint8_t is_charged;
    uint8_t newest;    /* buffer */
    uint8_t log_of[2]; /* the log of each buffer's frame */
    uint8_t other_log; /* the third: before a frame's end, that of the frame before in its buffer */
    struct frame_log logs[3];
    uint8_t buffers[2][TIA_MAX_HEIGHT * TIA_WIDTH];
    bool went_on; /* the newest run continued a partial frame, whose picture before was: */
    uint8_t before[TIA_MAX_HEIGHT * TIA_WIDTH];
};

/* Everything 0; setup must live as long. */
void console_power_up(struct console *console, const struct console_setup *setup);

/* Sets everything except RAM as after power-on. timer: its first value. */
void console_reset(struct console *console, uint8_t timer);

/* One frame, or 25 000 instructions of it. */
void console_run(struct console *console, const struct console_inputs *inputs);

/* The number of lines that the processor has played of the newest frame. */
int console_lines(const struct console *console);

/* The picture, (height, 160) palette indices; the console keeps it until the next run. */
const uint8_t *console_picture(struct console *console);

/* The picture as it was before the newest run. */
const uint8_t *console_picture_before(struct console *console);

/* The source of a picture: a log that paints its first rows, and the pixels of the others. A log is
 * copied faster than pixels, and painted only if the picture is read. */
struct picture_source {
    struct tia start;      /* before the log's writes */
    uint32_t count;        /* of writes; NOT_LOGGED: all rows are pixels */
    int32_t clock;         /* of the log's end, at most that of the last row */
    const uint8_t *writes; /* at any address */
    const uint8_t *pixels; /* of all rows; those that the log completes do not count */
};
#define NOT_LOGGED UINT32_MAX

/* The number of rows that a source's log completes. */
int picture_source_rows(const struct picture_source *source, const struct tia_frame *frame);

/* The state for further play: a console with the same setup that restores it plays on like the
 * original. All pointers stay the caller's; console_take makes them point into the console, until
 * it runs again. */
struct console_snapshot {
    const struct console_state *state;
    uint16_t found; /* pairs; collisions of the others are not in the state, but the log of the
                       newest picture tells them */
    struct picture_source pictures[2]; /* the newest, and the one of the frame before */
    const uint8_t *before; /* the picture before the newest run, if that continued a frame; or NULL
                            */
};
void console_take(struct console *console, struct console_snapshot *snapshot);
void console_restore(struct console *console, const struct console_snapshot *snapshot);

/* Whether a state from any source is safe: it leads to no access out of bounds. */
bool console_state_is_sound(const struct console_state *state, const struct console_setup *setup);

/* The same for a picture. */
bool picture_source_is_sound(const struct picture_source *source, const struct tia_frame *frame);

#endif
