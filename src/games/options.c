#include "games/games.h"

const struct option game_override_options[] = {
    RANGE_OPTION("frame_skip", struct game_overrides, frame_skip, "0", 0, 1000, "N|N-M",
                 "emulator frames per step, or a range to draw from; 0: as the id says",
                 .flags = OPTION_FIXED),
    REAL_OPTION("env_timeout", struct game_overrides, env_timeout, "0", 0, 1e6, "SECONDS",
                "silence after which a foreign game is given up; 0: 40 s, 20 s for plugins and "
                "cores",
                .flags = OPTION_NO_HPARAM),
    REAL_OPTION("start_timeout", struct game_overrides, start_timeout, "0", 0, 1e6, "SECONDS",
                "the same while a foreign game starts or is reset; 0: as --env_timeout",
                .flags = OPTION_NO_HPARAM),
    TEXT_OPTION("env_kwargs", struct game_overrides, env_kwargs, "", "JSON",
                "keyword arguments of a Gymnasium environment, such as {\"is_slippery\": false}",
                .flags = OPTION_FIXED),
    TEXT_OPTION("env_wrappers", struct game_overrides, env_wrappers, "", "LIST",
                "wrappers of Gymnasium around an environment, the innermost first, with keyword "
                "arguments after a name, such as DiscretizeAction{\"bins\": 3},ClipReward",
                .flags = OPTION_FIXED),
    TEXT_OPTION("rom", struct game_overrides, rom, "", "FILE", "ROM of a console's game",
                .flags = OPTION_FIXED),
    TEXT_OPTION("core", struct game_overrides, core, "", "FILE", "libretro core to play it with",
                .flags = OPTION_FIXED),
    TEXT_OPTION("state", struct game_overrides, state, "", "NAME",
                "start state of a console's game, among those in its folder; none: power-on",
                .flags = OPTION_FIXED),
    TEXT_OPTION("atari_core", struct game_overrides, atari_core, "native", "CORE",
                "core for Atari games: native, or ale, ALE's own library", .choices = "native|ale",
                .flags = OPTION_FIXED | OPTION_NO_HPARAM),
    {0},
};

const struct option game_atari_options[] = {
    FLAG_OPTION("full_action_space", struct game_overrides, full_action_space, "false",
                "choose from all 18 actions of an Atari game, not from its minimal set",
                .flags = OPTION_FIXED),
    TEXT_OPTION("mode", struct game_overrides, mode, "", "N",
                "variant of an Atari game that the console's select switch chooses, as Gymnasium "
                "numbers them",
                .flags = OPTION_FIXED),
    TEXT_OPTION("difficulty", struct game_overrides, difficulty, "", "N",
                "difficulty switches of an Atari game: 1 for the left one, 2 for the right, added "
                "up",
                .flags = OPTION_FIXED),
    {0},
};

const struct option game_action_options[] = {
    TEXT_OPTION(
        "actions", struct game_overrides, actions, "", "SET",
        "actions to choose from: the name of a set, a list such as NOOP,LEFT,LEFT+B, or @FILE "
        "with a list, also as JSON",
        .flags = OPTION_FIXED | OPTION_FILE),
    {0},
};
