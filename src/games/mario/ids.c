/* Ids as gym-super-mario-bros 7.4.0 registers them. */
#include "games/kind.h"
#include "games/mario/game.h"

#include <stdio.h>
#include <string.h>

/* The ROMs of one game, drawn in different ways: unchanged, plain colours, blocks, rectangles. */
enum { VERSION_COUNT = 4, LOST_LEVELS_VERSION_COUNT = 2 };

static const char *const version_suffixes[VERSION_COUNT] = {"", "-downsample", "-pixel",
                                                            "-rectangle"};

/* The parts of an id: its form, then the version. */
struct mario_id {
    const char *form;
    int version_count;
    const char *rom;
    bool draws_stages;
};

static const struct mario_id whole_games[] = {
    {"SuperMarioBros", VERSION_COUNT, "super-mario-bros", false},
    {"SuperMarioBrosRandomStages", VERSION_COUNT, "super-mario-bros", true},
    {"SuperMarioBros2", LOST_LEVELS_VERSION_COUNT, "super-mario-bros-2", false},
};

enum { WHOLE_GAME_COUNT = sizeof whole_games / sizeof whole_games[0] };

static void fill_game(struct game *game, const char *id, const struct mario_id *form, int version) {
    *game = (struct game){
        .emulator = GAME_MARIO,
        .frame_skip_min = 1,
        .frame_skip_max = 1,
        .step_limit = 9999999,
        .mario = {.draws_stages = form->draws_stages},
    };
    snprintf(game->id, sizeof game->id, "%s", id);
    snprintf(game->rom, sizeof game->rom, "%s%s", form->rom, version_suffixes[version]);
}

static bool find_whole_game(const char *id, struct game *game) {
    for (int i = 0; i < WHOLE_GAME_COUNT; i++)
        for (int version = 0; version < whole_games[i].version_count; version++) {
            char candidate[GAME_ID_SIZE];
            snprintf(candidate, sizeof candidate, "%s-v%d", whole_games[i].form, version);
            if (strcmp(candidate, id) == 0) {
                fill_game(game, id, &whole_games[i], version);
                return true;
            }
        }
    return false;
}

static void format_stage_id(char id[GAME_ID_SIZE], int world, int stage, int version) {
    snprintf(id, GAME_ID_SIZE, "SuperMarioBros-%d-%d-v%d", world, stage, version);
}

static bool find_stage(const char *id, struct game *game) {
    for (int version = 0; version < VERSION_COUNT; version++)
        for (int world = 1; world <= MARIO_WORLD_COUNT; world++)
            for (int stage = 1; stage <= MARIO_STAGES_A_WORLD; stage++) {
                char candidate[GAME_ID_SIZE];
                format_stage_id(candidate, world, stage, version);
                if (strcmp(candidate, id) == 0) {
                    fill_game(game, id, &whole_games[0], version);
                    game->mario.world = world;
                    game->mario.stage = stage;
                    return true;
                }
            }
    return false;
}

static bool find_mario(const char *id, struct game *game) {
    return find_whole_game(id, game) || find_stage(id, game);
}

static void visit_mario(void (*visit)(const char *id, void *context), void *context) {
    char id[GAME_ID_SIZE];
    for (int i = 0; i < WHOLE_GAME_COUNT; i++)
        for (int version = 0; version < whole_games[i].version_count; version++) {
            snprintf(id, sizeof id, "%s-v%d", whole_games[i].form, version);
            visit(id, context);
        }
    for (int version = 0; version < VERSION_COUNT; version++)
        for (int world = 1; world <= MARIO_WORLD_COUNT; world++)
            for (int stage = 1; stage <= MARIO_STAGES_A_WORLD; stage++) {
                format_stage_id(id, world, stage, version);
                visit(id, context);
            }
}

static enum status find_rom(const struct game *game, const char *data_dir, char path[PATH_SIZE],
                            struct error *error) {
    if (game->overrides.rom[0]) {
        snprintf(path, PATH_SIZE, "%s", game->overrides.rom);
        return STATUS_OK;
    }
    char data[PATH_SIZE];
    char file[sizeof game->rom + sizeof "roms-nes/.nes"];
    snprintf(file, sizeof file, "roms-nes/%s.nes", game->rom);
    enum status status = game_find_data(data_dir, data, error);
    if (status == STATUS_OK)
        status = path_join(path, data, file, error);
    if (status == STATUS_OK && path_is_hidden(path, error))
        return STATUS_BAD_INPUT;
    if (status == STATUS_OK && !path_is_file(path))
        status = error_set(error, STATUS_BAD_INPUT,
                           "the ROM '%s' is missing: tools/install-deps fetches it", path);
    return status;
}

static bool has_rom(const struct game *game, const char *data_dir, unsigned shared_parts) {
    (void)shared_parts;
    char path[PATH_SIZE];
    struct error ignored = {0};
    return find_rom(game, data_dir, path, &ignored) == STATUS_OK;
}

static enum status open_mario(const struct game *game, const char *data_dir,
                              struct emulator **emulator, struct error *error) {
    char rom_path[PATH_SIZE];
    const enum status status = find_rom(game, data_dir, rom_path, error);
    if (status != STATUS_OK)
        return status;
    const struct mario_description description = {
        .core_path = game->overrides.core,
        .rom_path = rom_path,
        .actions = game->overrides.actions,
        .world = game->mario.world,
        .stage = game->mario.stage,
        .draws_stages = game->mario.draws_stages,
    };
    return emulator_open_mario(&description, emulator, error);
}

/* A libretro core is foreign code; our own core is not. */
static bool is_foreign(const struct game *game) {
    return game->overrides.core[0] != '\0';
}

const struct game_kind mario_kind = {.overrides = OVERRIDE_ACTIONS | OVERRIDE_ROM | OVERRIDE_CORE |
                                                  OVERRIDE_TIMEOUT,
                                     .find = find_mario,
                                     .visit = visit_mario,
                                     .open = open_mario,
                                     .is_installed = has_rom,
                                     .is_foreign = is_foreign};
