/*
 * Ids of stable-retro's games: "Airstriker-Genesis-v0", as its version 1 has them, or the same
 * without "-v0", as older ones do. The folders in the data folder tell which games there are.
 */
#include "games/retro/ids.h"
#include "games/kind.h"
#include "games/retro/rom.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The consoles by the names in ids, and in the descriptions of the cores. */
static const struct {
    const char *suffix;
    const char *system;
} consoles[] = {
    {"32x", "32x"},         {"Arcade", "FBNeo"},          {"Atari2600", "Atari2600"},
    {"GameBoy", "GameBoy"}, {"GameGear", "GameGear"},     {"GbAdvance", "GbAdvance"},
    {"GbColor", "GbColor"}, {"Genesis", "Genesis"},       {"N64", "N64"},
    {"Nes", "Nes"},         {"NintendoDs", "NintendoDs"}, {"PCEngine", "PCEngine"},
    {"SCD", "SCD"},         {"Saturn", "Saturn"},         {"Sms", "Sms"},
    {"Snes", "Snes"},
};

enum { CONSOLE_COUNT = sizeof consoles / sizeof consoles[0] };

/* The length of the id without its version, such as "-v0". */
static size_t length_without_version(const char *id) {
    const char *dash = strrchr(id, '-');
    if (!dash || dash[1] != 'v' || !isdigit((unsigned char)dash[2]) ||
        dash[2 + strspn(dash + 2, "0123456789")])
        return strlen(id);
    return (size_t)(dash - id);
}

const char *retro_console_of(const char *id) {
    const size_t length = length_without_version(id);
    for (int i = 0; i < CONSOLE_COUNT; i++) {
        const size_t suffix = strlen(consoles[i].suffix);
        if (length > suffix + 1 && id[length - suffix - 1] == '-' &&
            memcmp(id + length - suffix, consoles[i].suffix, suffix) == 0)
            return consoles[i].system;
    }
    return NULL;
}

static bool find_retro(const char *id, struct game *game) {
    if (strlen(id) >= GAME_ID_SIZE || strchr(id, '/') || id[0] == '.' || !retro_console_of(id))
        return false;
    *game = (struct game){.emulator = GAME_RETRO, .frame_skip_min = 1, .frame_skip_max = 1};
    snprintf(game->id, sizeof game->id, "%s", id);
    return true;
}

enum status retro_find_folders(const char *data_dir, char games[PATH_SIZE], char cores[PATH_SIZE],
                               struct error *error) {
    char data[PATH_SIZE];
    enum status status = game_find_data(data_dir, data, error);
    if (status == STATUS_OK)
        status = path_join(games, data, "retro/games", error);
    return status == STATUS_OK ? path_join(cores, data, "retro/cores", error) : status;
}

static int is_game(const struct dirent *entry) {
    return entry->d_name[0] != '.' && is_printable(entry->d_name) &&
           retro_console_of(entry->d_name) != NULL;
}

enum status retro_list_games(const char *games, struct dirent ***entries, int *count,
                             struct error *error) {
    *count = scandir(games, entries, is_game, alphasort);
    if (*count >= 0)
        return STATUS_OK;
    if (errno != ENOENT && errno != ENOTDIR)
        return error_set(error, STATUS_BAD_INPUT, "cannot open '%s': %s", games, strerror(errno));
    return error_set(error, STATUS_BAD_INPUT,
                     "there is no folder '%s' with games of stable-retro: run "
                     "tools/install-deps --consoles",
                     games);
}

static void visit_retro(void (*visit)(const char *id, void *context), void *context) {
    char games[PATH_SIZE];
    char cores[PATH_SIZE];
    struct dirent **entries;
    int count;
    struct error ignored = {0};
    if (retro_find_folders(NULL, games, cores, &ignored) != STATUS_OK ||
        retro_list_games(games, &entries, &count, &ignored) != STATUS_OK)
        return;
    for (int i = 0; i < count; i++) {
        visit(entries[i]->d_name, context);
        free(entries[i]);
    }
    free(entries);
}

/* ---- Opening --------------------------------------------------------------------------------- */

static enum status no_such_game(const char *id, const char *games, struct error *error) {
    struct dirent **entries;
    int count;
    const enum status status = retro_list_games(games, &entries, &count, error);
    if (status != STATUS_OK)
        return status;
    const char **names = calloc((size_t)count + 1, sizeof *names);
    for (int i = 0; names && i < count; i++)
        names[i] = entries[i]->d_name;
    const char *nearest = names ? options_nearest(id, names, count) : NULL;
    error_set(error, STATUS_BAD_INPUT, "there is no game '%.60s' in '%s'%s%s%s", id, games,
              nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    free((void *)names);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return error->status;
}

/* The folder of a game under its id, or under the same with another version or none. */
static enum status find_folder(const char *id, const char *games, char out[PATH_SIZE],
                               struct error *error) {
    char names[3][GAME_ID_SIZE + 4];
    const int length = (int)length_without_version(id);
    snprintf(names[0], sizeof names[0], "%s", id);
    snprintf(names[1], sizeof names[1], "%.*s-v0", length, id);
    snprintf(names[2], sizeof names[2], "%.*s", length, id);
    for (int i = 0; i < 3; i++) {
        const enum status status = path_join(out, games, names[i], error);
        if (status != STATUS_OK)
            return status;
        if (path_is_folder(out))
            return STATUS_OK;
    }
    return no_such_game(id, games, error);
}

/* Writes the paths of a game's folder and of the folder of cores. */
static enum status find_parts(const struct game *game, const char *data_dir, char folder[PATH_SIZE],
                              char cores[PATH_SIZE], struct error *error) {
    char games[PATH_SIZE];
    const enum status status = retro_find_folders(data_dir, games, cores, error);
    return status == STATUS_OK ? find_folder(game->id, games, folder, error) : status;
}

/* Whether its core and the right ROM are there. */
static bool has_parts(const struct game *game, const char *data_dir, unsigned shared_parts) {
    (void)shared_parts;
    char folder[PATH_SIZE];
    char cores[PATH_SIZE];
    char path[PATH_SIZE];
    struct retro_system system;
    struct error ignored = {0};
    return find_parts(game, data_dir, folder, cores, &ignored) == STATUS_OK &&
           retro_system_load(cores, retro_console_of(game->id), &system, &ignored) == STATUS_OK &&
           path_join(path, cores, system.core, &ignored) == STATUS_OK && path_is_file(path) &&
           retro_rom_find(folder, "", &system, path, &ignored) == STATUS_OK;
}

static enum status open_retro(const struct game *game, const char *data_dir,
                              struct emulator **emulator, struct error *error) {
    char folder[PATH_SIZE];
    char cores[PATH_SIZE];
    const enum status status = find_parts(game, data_dir, folder, cores, error);
    if (status != STATUS_OK)
        return status;
    const struct retro_description description = {
        .folder = folder,
        .cores = cores,
        .system = retro_console_of(game->id),
        .rom = game->overrides.rom,
        .core = game->overrides.core,
        .actions = game->overrides.actions,
        .state = game->overrides.state,
    };
    return emulator_open_retro(&description, emulator, error);
}

static bool is_foreign(const struct game *game) {
    (void)game;
    return true;
}

const struct game_kind retro_kind = {.overrides = OVERRIDE_ACTIONS | OVERRIDE_ROM | OVERRIDE_CORE |
                                                  OVERRIDE_STATE | OVERRIDE_TIMEOUT,
                                     .find = find_retro,
                                     .visit = visit_retro,
                                     .open = open_retro,
                                     .is_installed = has_parts,
                                     .is_foreign = is_foreign};
