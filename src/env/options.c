#include "env/env.h"

#include <string.h>

const struct option environment_rule_options[] = {
    REAL_OPTION("sticky", struct environment_options, sticky, "-1", -1, 0.99, "X",
                "chance that an emulator frame repeats the action before it; -1: as the id says",
                .flags = OPTION_FIXED),
    INT_OPTION("noop_max", struct environment_options, noop_max, "0", 0, 1e6, "N",
               "begin a game with 1 to N frames of no action; 0 disables it",
               .flags = OPTION_FIXED),
    FLAG_OPTION("fire_on_reset", struct environment_options, fire_on_reset, "false",
                "press fire at the start of an episode", .flags = OPTION_FIXED),
    FLAG_OPTION("life_loss_ends", struct environment_options, life_loss_ends, "false",
                "end an episode with each life; scores stay those of whole games",
                .flags = OPTION_FIXED),
    INT_OPTION("blank_top", struct environment_options, blank_top, "0", 0, SCREEN_MAX_SIZE, "N",
               "blacken the N topmost lines of the screen, which show points and time",
               .flags = OPTION_FIXED),
    {0},
};

const struct option environment_learning_options[] = {
    INT_OPTION("step_limit", struct environment_options, step_limit, "-1", -1, 1e9, "N",
               "cut a game after this many steps; 0: never, -1: as the id says",
               .flags = OPTION_FIXED),
    INT_OPTION("max_equal_actions", struct environment_options, max_equal_actions, "-1", -1, 1e9,
               "N",
               "cut an episode after this many equal actions in a row; 0: never, -1: 100 on ALE's "
               "-v0 ids, otherwise never"),
    TEXT_OPTION("reward", struct environment_options, reward, "clip", "RULE",
                "the reward for learning: clip, within -1..1; raw; sign, -1, 0 or 1; "
                "running, over the deviation of discounted returns so far, within -10..10; "
                "progress, the distance that the player gained to the right, less 25 at a death",
                .choices = "clip|raw|sign|running|progress", .flags = OPTION_FIXED),
    REAL_OPTION("reward_scale", struct environment_options, reward_scale, "1", 1e-6, 1e9, "X",
                "rewards are divided by this, before they are clipped",
                .needs = "reward=clip|raw|running|progress"),
    {0},
};

static enum reward_rule rule_of(const char *name) {
    static const char *const names[] = {[REWARD_CLIP] = "clip",
                                        [REWARD_RAW] = "raw",
                                        [REWARD_SIGN] = "sign",
                                        [REWARD_RUNNING] = "running",
                                        [REWARD_PROGRESS] = "progress"};
    int rule = REWARD_PROGRESS;
    while (rule > REWARD_CLIP && strcmp(name, names[rule]) != 0)
        rule--;
    return (enum reward_rule)rule;
}

struct environment_config environment_options_apply(const struct environment_options *options,
                                                    const struct game *game,
                                                    enum observation_preset observation) {
    struct environment_config config = game_environment_config(game, observation);
    if (options->sticky >= 0)
        config.sticky = options->sticky;
    if (options->step_limit >= 0)
        config.step_limit = options->step_limit;
    config.max_equal_actions =
        options->max_equal_actions >= 0 ? (int)options->max_equal_actions : game->max_equal_actions;
    config.noop_max = (int)options->noop_max;
    config.fire_on_reset = options->fire_on_reset;
    config.life_loss_ends = options->life_loss_ends;
    config.blank_top = (int)options->blank_top;
    config.reward = rule_of(options->reward);
    config.reward_scale = options->reward_scale;
    return config;
}
