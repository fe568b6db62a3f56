/*
 * A game played on a console: power-on, start, actions and their results.
 *
 * All games of a ROM start from one state, which session_open makes.
 */
#ifndef ASYNCRL_GAMES_ATARI_SESSION_H
#define ASYNCRL_GAMES_ATARI_SESSION_H

#include "games/atari/saved.h"
#include "games/atari/titles.h"

/* Actions by ALE's codes, 0 to 17. */
enum { ACTION_CODES = 18 };

struct mersenne;

struct session {
    const struct title *title;
    struct console_setup setup;
    struct cartridge cartridge;
    struct variant variant;
    struct rules rules;
    struct mersenne *random; /* only while the game is started */
    struct console console;
    uint8_t start[SAVED_BOUND]; /* of every game, as bytes */
    size_t start_size;
};

/* image: cartridge_size(title->type) bytes. */
void session_open(struct session *session, const struct title *title, const uint8_t *image,
                  const struct variant *variant);

/* Starts a new game. */
void session_reset(struct session *session);

/* Plays a run with ALE's action code; after the end of the game it does nothing. */
void session_act(struct session *session, int code);

int session_height(const struct session *session);

/* The functions of titles that choose their mode in their own way. */
void choose_adventure(struct session *session);
void choose_berzerk(struct session *session);
void choose_double_dunk(struct session *session);
void choose_ms_pacman(struct session *session);
void choose_video_cube(struct session *session);

#endif
