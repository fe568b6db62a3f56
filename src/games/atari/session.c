#include "games/atari/session.h"

#include "games/atari/mersenne.h"
#include "games/atari/ports.h"
#include "games/atari/rules.h"

#include <string.h>

enum {
    FIRST_LINE = 34,
    NTSC_HEIGHT = 210,
    PAL_HEIGHT = 250,
    NTSC_MAX_LINES = 291,
    PAL_MAX_LINES = 343,
    PADDLE_MAX = 790196,
};

/* Runs of a game's start. */
enum { SETTLE_RUNS = 60, RESET_RUNS = 4, SEED = 1 };

enum { CODE_NOOP = 0, CODE_RIGHT = 3, CODE_LEFT = 4, CODE_DOWN = 5 };

int session_height(const struct session *session) {
    const struct title *title = session->title;
    return title->height ? title->height : title->is_pal ? PAL_HEIGHT : NTSC_HEIGHT;
}

/* In the first setup, the console does not know its television yet. */
static void set_up(struct session *session, bool is_pal, int difficulty) {
    const struct title *title = session->title;
    const int first = title->first_line ? title->first_line : FIRST_LINE;
    session->setup = (struct console_setup){
        .cartridge = &session->cartridge,
        .frame = {.first_clock = first * TIA_LINE_CLOCKS,
                  .end_clock = (first + session_height(session)) * TIA_LINE_CLOCKS,
                  .has_no_blanks = title->has_no_blanks,
                  .loses_colour = is_pal},
        .max_lines = is_pal ? PAL_MAX_LINES : NTSC_MAX_LINES,
        .controllers = title->controllers,
        .swaps_ports = title->swaps_ports,
        .swaps_paddles = title->swaps_paddles,
        .difficulty = difficulty,
        .paddle_max = title->paddle_max ? title->paddle_max : PADDLE_MAX,
    };
}

/* ---- Runs ------------------------------------------------------------------------------------ */

/* The stick's position for each of ALE's action codes. */
static uint8_t stick_of(int code) {
    enum { U = STICK_UP, D = STICK_DOWN, L = STICK_LEFT, R = STICK_RIGHT, F = STICK_FIRE };
    static const uint8_t sticks[ACTION_CODES] = {
        0,     F,     U,     R,     L,     D,         U | R,     U | L,     D | R,
        D | L, U | F, R | F, L | F, D | F, U | R | F, U | L | F, D | R | F, D | L | F};
    return sticks[code];
}

static void run_frame(struct session *session, const struct console_inputs *inputs) {
    console_run(&session->console, inputs);
    if (!inputs->select)
        rules_play(&session->rules, session->title, &session->console.state);
}

static void idle(struct session *session, int runs) {
    for (int i = 0; i < runs; i++)
        run_frame(session, &(struct console_inputs){0});
}

static void press_reset(struct session *session, int runs) {
    for (int i = 0; i < runs; i++)
        run_frame(session, &(struct console_inputs){.reset = true});
}

static void press_select(struct session *session, int runs) {
    for (int i = 0; i < runs; i++)
        run_frame(session, &(struct console_inputs){.select = true});
}

/* Plays an action. At a game's start it also draws two random numbers, as ALE does. */
static void act(struct session *session, int code) {
    if (session->random) {
        mersenne_draw(session->random);
        mersenne_draw(session->random);
    }
    if (session->rules.is_over)
        session->rules.reward = 0;
    else
        run_frame(session, &(struct console_inputs){.sticks = {stick_of(code), 0}});
}

/* ---- Modes ----------------------------------------------------------------------------------- */

enum { MAX_ROUNDS = 1024 }; /* of a loop that chooses a mode; the games need up to 750 */

static uint8_t ram_at(const struct session *session, int address) {
    return session->console.state.ram[address - 0x80];
}

static bool fits(const struct session *session, const struct mode_byte *byte) {
    const struct console_state *state = &session->console.state;
    const uint8_t value =
        byte->is_cartridge ? state->cartridge.ram[byte->address] : ram_at(session, byte->address);
    return (value & byte->mask) == byte->values[0] || (value & byte->mask) == byte->values[1];
}

static bool has_mode(const struct session *session, const struct mode_loop *mode) {
    for (int i = 0; i < 2; i++)
        if (mode->bytes[i].mask && !fits(session, &mode->bytes[i]))
            return false;
    return true;
}

static void choose(struct session *session, const struct mode_loop *mode) {
    press_reset(session, mode->first_resets);
    if (mode->first_selects > 0) {
        press_select(session, mode->first_selects);
        idle(session, 1);
    }
    for (int round = 0; round < MAX_ROUNDS && !has_mode(session, mode); round++) {
        press_select(session, mode->selects);
        idle(session, 1);
    }
}

/* The loop of the title for the session's mode. */
static struct mode_loop wanted_mode(const struct session *session) {
    const struct title *title = session->title;
    struct mode_loop mode = title->mode;
    const int first = mode.bytes[0].values[0];
    const int value = title->mode_values
                          ? title->mode_values[session->variant.index]
                          : first + session->variant.mode - title_default(title).mode;
    for (int i = 0; i < 2; i++)
        mode.bytes[0].values[i] = (uint8_t)(mode.bytes[0].values[i] + value - first);
    return mode;
}

void choose_adventure(struct session *session) {
    const int wanted = session->variant.mode;
    for (int round = 0; round < MAX_ROUNDS && (ram_at(session, 0xdd) >> 1 & 3) != wanted; round++) {
        press_select(session, 2 + (int)(mersenne_draw(session->random) % 256));
        idle(session, 1);
        act(session, CODE_NOOP);
    }
    press_reset(session, RESET_RUNS);
}

void choose_berzerk(struct session *session) {
    const uint8_t wanted = (uint8_t)session->variant.mode;
    const struct mode_loop mode = {
        .selects = 2, .bytes = {{.address = 0x80, .mask = 0xff, .values = {wanted, wanted}}}};
    for (int i = 0; i < 20; i++)
        act(session, CODE_NOOP);
    choose(session, &mode);
    press_reset(session, RESET_RUNS);
}

/* Turns a line of the menu on or off. */
static void turn(struct session *session, int bit, bool on) {
    for (int round = 0; round < MAX_ROUNDS && (ram_at(session, 0x80) & bit) != (on ? bit : 0);
         round++) {
        act(session, on ? CODE_RIGHT : CODE_LEFT);
        act(session, CODE_NOOP);
    }
}

static void go_down(struct session *session) {
    const uint8_t before = ram_at(session, 0xb0);
    for (int round = 0; round < MAX_ROUNDS && ram_at(session, 0xb0) == before; round++) {
        act(session, CODE_DOWN);
        act(session, CODE_NOOP);
    }
}

void choose_double_dunk(struct session *session) {
    static const int bits[] = {0x08, 0x10, 0x04, 0x20}; /* of the modes' bits */
    press_select(session, 1);
    idle(session, 1);
    turn(session, 0x40, false);
    go_down(session);
    for (int i = 0; i < 4; i++) {
        go_down(session);
        turn(session, bits[i], session->variant.mode >> i & 1);
    }
    press_reset(session, RESET_RUNS);
}

/* The default mode, 0, has the same number as mode 1 in the game, and another level. */
void choose_ms_pacman(struct session *session) {
    const int mode = session->variant.mode;
    const uint8_t number = (uint8_t)(mode > 0 ? mode : 1);
    const uint8_t level = mode > 0 ? 0 : 1;
    const struct mode_loop loop = {
        .selects = 10,
        .bytes = {{.address = 0x99, .mask = 0xff, .values = {number, number}},
                  {.address = 0xa1, .mask = 0xff, .values = {level, level}}}};
    choose(session, &loop);
    press_reset(session, RESET_RUNS);
}

/* A mode's last two digits are the game, the digits before them the cube; cube 0 is cube 1. */
void choose_video_cube(struct session *session) {
    static const uint8_t games[] = {0, 2, 8};
    const uint8_t game = games[session->variant.mode % 100];
    const int cube = session->variant.mode < 100 ? 1 : session->variant.mode / 100;
    const struct mode_loop mode = {
        .selects = 2, .bytes = {{.address = 0xfb, .mask = 0x1f, .values = {game, game}}}};
    choose(session, &mode);
    press_reset(session, RESET_RUNS);
    for (int round = 0; round < MAX_ROUNDS && packed_value(ram_at(session, 0x9f)) != cube; round++)
        act(session, CODE_RIGHT);
}

/* ---- Start ----------------------------------------------------------------------------------- */

static void play_starts(struct session *session, int player) {
    const struct title *title = session->title;
    for (int i = 0; i < MAX_STARTS; i++)
        for (int n = 0; n < title->start[i].runs; n++) {
            const uint8_t code = title->start[i].code;
            struct console_inputs inputs = {.reset = code == START_RESET};
            if (code == START_RESET && player > 0)
                continue;
            if (code != START_RESET)
                inputs.sticks[player] = stick_of(code);
            run_frame(session, &inputs);
        }
    idle(session, 1);
}

static void reset_console(struct session *session) {
    console_reset(&session->console, (uint8_t)(25 + mersenne_draw(session->random) % 75));
}

static void start_game(struct session *session) {
    const struct title *title = session->title;
    ports_center(&session->console);
    reset_console(session);
    idle(session, SETTLE_RUNS);
    press_reset(session, RESET_RUNS);
    rules_reset(&session->rules, title);
    if (title->choose_mode) {
        title->choose_mode(session);
    } else if (title->mode.selects > 0) {
        const struct mode_loop mode = wanted_mode(session);
        choose(session, &mode);
        session->rules.is_fresh = true;
        press_reset(session, RESET_RUNS);
    }
    press_reset(session, RESET_RUNS);
    play_starts(session, 0);
    play_starts(session, 1);
}

/* RAM is random at power-on; ALE then plays 60 runs to detect the television, which change it,
 * too. */
static void power_up(struct session *session) {
    struct console *console = &session->console;
    struct mersenne *random = session->random;
    mersenne_seed(random, SEED);
    set_up(session, false, session->title->is_hard_at_power_on ? 3 : 0);
    console_power_up(console, &session->setup);
    if (cartridge_has_ram(session->cartridge.type))
        for (int i = 0; i < CARTRIDGE_RAM; i++)
            console->state.cartridge.ram[i] = (uint8_t)mersenne_draw(random);
    for (int i = 0; i < CONSOLE_RAM; i++)
        console->state.ram[i] = (uint8_t)mersenne_draw(random);
    mersenne_draw(random);
    reset_console(session);
    const struct console_inputs idle_inputs = {.is_charged = true};
    for (int i = 0; i < SETTLE_RUNS; i++)
        console_run(console, &idle_inputs);
    set_up(session, session->title->is_pal, 0);
    reset_console(session);
    mersenne_seed(random, SEED);
}

/* ALE starts a game of the default variant before it starts one of the chosen variant. */
void session_open(struct session *session, const struct title *title, const uint8_t *image,
                  const struct variant *variant) {
    struct mersenne random;
    session->title = title;
    session->variant = title_default(title);
    session->random = &random;
    cartridge_fill(&session->cartridge, title->type, image);
    power_up(session);
    start_game(session);
    session->variant = *variant;
    session->setup.difficulty = variant->difficulty;
    start_game(session);
    session->random = NULL;
    session->rules.reward = 0;
    session->start_size =
        saved_write(&session->console, &session->rules, session->start, SAVED_BOUND);
}

/* ---- Play ------------------------------------------------------------------------------------ */

void session_reset(struct session *session) {
    saved_read(&session->console, &session->rules, session->start, session->start_size);
}

void session_act(struct session *session, int code) {
    act(session, session->title->ignored >> code & 1 ? CODE_NOOP : code);
}
