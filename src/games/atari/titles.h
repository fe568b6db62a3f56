/*
 * The games: each one's console settings, its start, and the meaning of its RAM: score, lives and
 * end.
 *
 * The rules are those of ALE (Bellemare et al., JAIR 47, 2013), found by experiments with its
 * library: the reward for each content of RAM.
 */
#ifndef ASYNCRL_GAMES_ATARI_TITLES_H
#define ASYNCRL_GAMES_ATARI_TITLES_H

#include "games/atari/console.h"
#include "games/machines.h"

/* The rules' state during a game. */
struct rules {
    int32_t score;  /* as of the run before */
    int32_t reward; /* of the newest run */
    int32_t lives;
    int32_t memory[5]; /* each game's own */
    uint8_t is_over;
    uint8_t is_fresh; /* the mode was chosen just now */
};

/* A byte of RAM that tells the mode of the game. */
struct mode_byte {
    uint8_t address; /* of the console's RAM, 80 to FF, or of the cartridge's, 0 to 7F */
    bool is_cartridge;
    uint8_t mask;
    uint8_t values[2]; /* either will do */
};

/* The loop that chooses a mode: SELECT is pressed for some runs and released for one, until all
 * bytes fit. The values here are the default mode's. */
struct mode_loop {
    uint8_t first_resets;  /* runs with RESET before the loop, */
    uint8_t first_selects; /* and with SELECT, then one without */
    uint8_t selects;
    struct mode_byte bytes[2]; /* if selects > 0, those with a mask count */
};

enum { START_RESET = 255, MAX_STARTS = 3 };

/* An action for some runs at the start of a game: ALE's code or START_RESET. */
struct start_action {
    uint16_t runs;
    uint8_t code;
};

/* A mode and a difficulty of a game. */
struct variant {
    int mode;       /* number, as Gymnasium has it */
    int index;      /* of the mode among the game's */
    int difficulty; /* bit 0: the left switch is at A, bit 1: the right one */
};

struct session;

struct title {
    const char *name;         /* the ROM's file without ".bin" */
    const char *modes;        /* "1-3 8", the default first; NULL: "0" */
    const char *difficulties; /* likewise */
    /* The first byte of `mode` in each mode; NULL: values count on from the default's as the modes'
     * numbers do. */
    const uint8_t *mode_values;
    void (*choose_mode)(struct session *session); /* instead of mode, if that is not enough */
    /* The rules, from the 128 bytes of RAM at 80 to FF; lives: NULL if the game has none. */
    int32_t (*score)(const uint8_t *ram);
    int32_t (*lives)(const uint8_t *ram);
    bool (*is_over)(const uint8_t *ram);
    /* Instead of these three. */
    void (*play)(struct rules *rules, const uint8_t *ram, const uint8_t *cartridge_ram);
    enum cartridge_type type;
    enum console_controllers controllers;
    int32_t paddle_max;   /* 0: 790 196 */
    uint32_t actions;     /* the minimal set: bit i, ALE's code i */
    uint32_t ignored;     /* likewise: actions that do nothing, except at the game's start */
    int32_t wraps_at;     /* the score goes on at 0 from here on */
    int32_t void_reward;  /* a reward that counts as 0 */
    int32_t first_lives;  /* with play */
    int32_t first_memory; /* with play */
    struct start_action start[MAX_STARTS];
    struct mode_loop mode;
    bool is_pal;
    bool has_no_blanks;
    bool swaps_ports;
    bool swaps_paddles;
    bool is_hard_at_power_on;
    bool keeps_lives;   /* also once the game is over */
    bool never_falls;   /* a reward below 0 is 0 */
    bool at_most_one;   /* a reward above 1 is 1 */
    uint8_t first_line; /* 0: 34 */
    uint8_t height;     /* 0: 210, PAL 250 */
};

/* NULL: no such game. */
const struct title *title_find(const char *name);

/* In alphabetical order; NULL past the last. */
const struct title *title_at(int index);

/* The variant that ALE starts with. */
struct variant title_default(const struct title *title);

/* The index-th number of a title's modes or difficulties; false past the last. */
bool title_number(const char *numbers, int index, int *number);

/* Finds the chosen variant. STATUS_BAD_INPUT if the game lacks the mode or difficulty: the message
 * lists the existing ones. */
enum status title_choose(const struct title *title, const struct atari_choice *choice,
                         struct variant *variant, struct error *error);

/* Writes the variant's name for saved states: the game and, except for the default variant, the
 * numbers. */
enum { VARIANT_NAME_SIZE = 29 };
void title_name(const struct title *title, const struct variant *variant,
                char out[VARIANT_NAME_SIZE]);

void rules_reset(struct rules *rules, const struct title *title);

/* Whether rules from any source are possible. */
bool rules_are_sound(const struct rules *rules);

/* Reads reward, lives and end from the state after a run of frames. */
void rules_play(struct rules *rules, const struct title *title, const struct console_state *state);

#endif
