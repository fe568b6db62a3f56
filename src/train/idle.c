/* Options that do nothing in the run's game. */
#include "train/run.h"

#include <string.h>

static bool has_action(const struct emulator_info *info, const char *name) {
    for (int i = 0; info->action_names && i < info->action_count; i++)
        if (strcmp(info->action_names[i], name) == 0)
            return true;
    return false;
}

static bool has_noop(const struct game *game, const struct emulator_info *info) {
    (void)game;
    return has_action(info, "NOOP");
}

/* Who trains on several Atari games gives all of them the same options, and some have no FIRE. */
static bool has_fire(const struct game *game, const struct emulator_info *info) {
    return game->emulator == GAME_ALE || info->fire_action >= 0;
}

/* Gymnasium tells of no lives. */
static bool has_lives(const struct game *game, const struct emulator_info *info) {
    (void)info;
    return game->emulator != GAME_CATCH && game->emulator != GAME_GYMNASIUM;
}

static bool has_pictures(const struct game *game, const struct emulator_info *info) {
    (void)game;
    return info->vector_size == 0;
}

static bool is_atari(const struct game *game, const struct emulator_info *info) {
    (void)info;
    return game->emulator == GAME_ALE;
}

/* What options need of the game. */
static const struct {
    const char *option;
    const char *lack; /* "catch, which <lack>" */
    bool (*is_met)(const struct game *game, const struct emulator_info *info);
} needs[] = {
    {"noop_max", "has no action NOOP", has_noop},
    {"fire_on_reset", "has no action FIRE", has_fire},
    {"life_loss_ends", "tells of no lives", has_lives},
    {"blank_top", "shows numbers, not pictures", has_pictures},
    {"observation", "shows numbers, not pictures", has_pictures},
    {"atari_core", "is not played by an Atari core", is_atari},
};

enum { NEED_COUNT = sizeof needs / sizeof needs[0] };

/* The number of an option's need; NEED_COUNT: it has none. */
static unsigned need_of(const char *option) {
    unsigned need = 0;
    while (need < NEED_COUNT && strcmp(needs[need].option, option) != 0)
        need++;
    return need;
}

bool train_needs_game(const char *option) {
    return need_of(option) < NEED_COUNT;
}

bool train_is_idle(unsigned lacks, const char *option) {
    return (lacks >> need_of(option) & 1) != 0;
}

unsigned run_game_lacks(const struct game *game, const struct emulator_info *info) {
    unsigned lacks = 0;
    for (unsigned i = 0; i < NEED_COUNT; i++)
        if (!needs[i].is_met(game, info))
            lacks |= 1U << i;
    return lacks;
}

unsigned train_game_lacks(const struct train_config *config) {
    struct game game;
    struct emulator *emulator;
    struct error ignored;
    if (game_find(config->game, &config->overrides, &game, &ignored) != STATUS_OK ||
        game_open_emulator(&game, config->data_dir, &emulator, &ignored) != STATUS_OK)
        return 0;
    const unsigned lacks = run_game_lacks(&game, &emulator->info);
    emulator_close(emulator);
    return lacks;
}

/* 0, or a flag that is off. */
static bool asks_for_nothing(const struct option *option, const struct train_config *config) {
    return option_number(option, config) == 0;
}

enum status train_refuse_idle(unsigned lacks, const struct train_config *config,
                              const struct option *table, const bool *given, struct error *error) {
    for (const struct option *option = table; option->name; option++)
        if (given[option - table] && train_is_idle(lacks, option->name) &&
            !asks_for_nothing(option, config))
            return error_set(error, STATUS_BAD_INPUT,
                             "--%s does nothing in %.100s, which %s: leave it out", option->name,
                             config->game, needs[need_of(option->name)].lack);
    return STATUS_OK;
}
