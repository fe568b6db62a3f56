/*
 * The kinds of games behind the catalogue, a file each: which ids a kind has, what they stand for,
 * and how its emulator is opened.
 */
#ifndef ASYNCRL_GAME_IDS_H
#define ASYNCRL_GAME_IDS_H

#include "game/game.h"

enum { GAME_ID_SIZE = sizeof((struct game *)NULL)->id };

/* Fills game and returns true where the id is one of Super Mario Bros. */
bool mario_ids_find(const char *id, struct game *game);

/* Calls visit with every id of Super Mario Bros., in order. */
void mario_ids_visit(void (*visit)(const char *id, void *context), void *context);

/* data: the data folder. The caller closes *emulator. */
enum status mario_ids_open(const struct game *game, const char *data, struct emulator **emulator,
                           struct error *error);

#endif
