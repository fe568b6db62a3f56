/* Skips frames of Super Mario Bros.: the start screen, and scenes in which the player has no
 * control. */
#ifndef ASYNCRL_GAMES_MARIO_SCENES_H
#define ASYNCRL_GAMES_MARIO_SCENES_H

#include "games/mario/game.h"

/*
 * Plays one frame with NES_* buttons. nes-py reads the RAM after it has read the next frame's
 * buttons, so a press shows one step later than on machines that stop at the vertical blank. With
 * those, buttons wait for a frame.
 */
void mario_advance(struct mario *mario, uint8_t buttons);

/* Notes the first failure, a static text; nothing is played after it. */
void mario_fail(struct mario *mario, const char *failure);

/* Plays from power-on up to the player's first frame in the stage of the play, or in the game's
 * first one. */
void mario_skip_start_screen(struct mario *mario);

/* Plays from a frame that did not end the game up to the next one with the player in control. */
void mario_skip_scenes(struct mario *mario);

#endif
