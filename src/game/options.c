#include "game/game.h"

const struct option game_choice_options[] = {
    INT_OPTION("frame_skip", struct game_choices, frame_skip, "0", 0, 1000, "N",
               "emulator frames a step; 0: what the id says", .flags = OPTION_FIXED),
    TEXT_OPTION("rom", struct game_choices, rom, "", "FILE", "ROM of a console's game",
                .flags = OPTION_FIXED),
    TEXT_OPTION("core", struct game_choices, core, "", "FILE", "libretro core to play it with",
                .flags = OPTION_FIXED),
    {0},
};

const struct option game_action_options[] = {
    TEXT_OPTION("actions", struct game_choices, actions, "", "SET",
                "actions to choose from, where a game has several sets", .flags = OPTION_FIXED),
    {0},
};
