/* A game of Super Mario Bros. Inside of mario/. */
#ifndef ASYNCRL_GAMES_MARIO_GAME_H
#define ASYNCRL_GAMES_MARIO_GAME_H

#include "games/buttons.h"
#include "games/mario/machine.h"
#include "games/mario/ram.h"

enum {
    MARIO_WORLD_COUNT = 8,
    MARIO_STAGES_A_WORLD = 4,
    MARIO_STAGE_COUNT = MARIO_WORLD_COUNT * MARIO_STAGES_A_WORLD
};

/* Everything on which play depends beside the machine; saved as it is, no padding. */
struct mario_play {
    struct rng rng; /* draws stages */
    double details[MARIO_DETAIL_COUNT];
    int32_t world; /* that is played, from 1; 0: the whole game */
    int32_t stage;
    int32_t last_x;
    int32_t last_time;
    uint32_t late_buttons; /* chosen for the last frame; the next one is played with them */
    uint32_t unused;
};

struct mario {
    struct emulator head;
    struct button_actions actions;
    struct mario_machine *machine;
    uint8_t *ram;
    struct mario_play play;
    bool draws_stages;
    char kind[sizeof((struct seal *)NULL)->kind]; /* the name of its saved states */
    uint8_t *power_on;                            /* a state of the machine */
    uint8_t *starts[MARIO_STAGE_COUNT]; /* states after the start screen, by stage, NULL: not yet */
    struct mario_play start_plays[MARIO_STAGE_COUNT];
    const char *failure;
};

#endif
