/* Atari games: ids as Gym and ale-py register them; docs/environments.md has the table. */
#include "games/kind.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A form of id that every Atari game has: prefix, the game's name, suffix. */
struct id_form {
    const char *prefix;
    const char *suffix;
    int frame_skip_min;
    int frame_skip_max;
    double sticky;
    int64_t step_limit;
    int max_equal_actions;
};

/* In the order of the struct's members; Space Invaders differs, see adjust_space_invaders. */
static const struct id_form id_forms[] = {
    {"", "-v0", 2, 4, 0.25, 10000, 100},
    {"", "-v4", 2, 4, 0, 100000, 0},
    {"", "Deterministic-v0", 4, 4, 0.25, 100000, 100},
    {"", "Deterministic-v4", 4, 4, 0, 100000, 0},
    {"", "NoFrameskip-v0", 1, 1, 0.25, 400000, 100},
    {"", "NoFrameskip-v4", 1, 1, 0, 400000, 0},
    {"ALE/", "-v5", 4, 4, 0.25, 27000, 0},
};

enum { ID_FORM_COUNT = sizeof id_forms / sizeof id_forms[0] };

/* Gym's name of a ROM: a capital after each '_' and digit, and no '_' (tic_tac_toe_3d:
 * TicTacToe3D). */
static void camel_case(char *out, const char *rom) {
    bool starts_word = true;
    for (; *rom; rom++) {
        if (isalpha((unsigned char)*rom)) {
            *out++ = starts_word ? (char)toupper((unsigned char)*rom) : *rom;
            starts_word = false;
        } else {
            starts_word = true;
            if (*rom != '_')
                *out++ = *rom;
        }
    }
    *out = '\0';
}

static void format_id(char id[GAME_ID_SIZE], const struct id_form *form, const char *rom) {
    char name[GAME_ID_SIZE];
    camel_case(name, rom);
    snprintf(id, GAME_ID_SIZE, "%s%.32s%s", form->prefix, name, form->suffix);
}

/* Every fourth frame hides the lasers of Space Invaders, so Gym skips three there. */
static void adjust_space_invaders(struct game *game, const struct id_form *form) {
    if (strcmp(game->rom, "space_invaders") != 0)
        return;
    if (strncmp(form->suffix, "Deterministic", strlen("Deterministic")) == 0)
        game->frame_skip_min = game->frame_skip_max = 3;
    if (strncmp(form->suffix, "NoFrameskip", strlen("NoFrameskip")) == 0)
        game->step_limit = 300000;
}

static void fill_ale_game(struct game *game, const struct id_form *form, const char *rom) {
    *game = (struct game){
        .emulator = GAME_ALE,
        .frame_skip_min = form->frame_skip_min,
        .frame_skip_max = form->frame_skip_max,
        .sticky = form->sticky,
        .step_limit = form->step_limit,
        .max_equal_actions = form->max_equal_actions,
    };
    format_id(game->id, form, rom);
    snprintf(game->rom, sizeof game->rom, "%s", rom);
    adjust_space_invaders(game, form);
}

static bool find_ale(const char *id, struct game *game) {
    const char *rom;
    for (int i = 0; (rom = emulator_ale_rom(i)); i++)
        for (int f = 0; f < ID_FORM_COUNT; f++) {
            char candidate[GAME_ID_SIZE];
            format_id(candidate, &id_forms[f], rom);
            if (strcmp(candidate, id) == 0) {
                fill_ale_game(game, &id_forms[f], rom);
                return true;
            }
        }
    return false;
}

static void visit_ale(void (*visit)(const char *id, void *context), void *context) {
    const char *rom;
    for (int i = 0; (rom = emulator_ale_rom(i)); i++)
        for (int f = 0; f < ID_FORM_COUNT; f++) {
            char id[GAME_ID_SIZE];
            format_id(id, &id_forms[f], rom);
            visit(id, context);
        }
}

/* Writes the path of a file in the data folder. */
static enum status find_file(const char *data_dir, const char *file, char path[PATH_SIZE],
                             struct error *error) {
    char data[PATH_SIZE];
    const enum status status = game_find_data(data_dir, data, error);
    return status == STATUS_OK ? path_join(path, data, file, error) : status;
}

static enum status find_rom(const struct game *game, const char *data_dir, char path[PATH_SIZE],
                            struct error *error) {
    char file[sizeof game->rom + sizeof "roms/.bin"];
    snprintf(file, sizeof file, "roms/%s.bin", game->rom);
    return find_file(data_dir, file, path, error);
}

static bool has_rom(const struct game *game, const char *data_dir, unsigned shared_parts) {
    (void)shared_parts;
    char path[PATH_SIZE];
    struct error ignored = {0};
    return find_rom(game, data_dir, path, &ignored) == STATUS_OK && path_is_file(path);
}

static enum status open_ale(const struct game *game, const char *data_dir,
                            struct emulator **emulator, struct error *error) {
    char rom_path[PATH_SIZE];
    char library_path[PATH_SIZE];
    enum status status = find_rom(game, data_dir, rom_path, error);
    if (status != STATUS_OK)
        return status;
    const struct atari_choice choice = {.full_action_space = game->overrides.full_action_space,
                                        .mode = game->overrides.mode,
                                        .difficulty = game->overrides.difficulty};
    if (strcmp(game->overrides.atari_core, "ale") != 0)
        return emulator_open_atari(rom_path, &choice, emulator, error);
    status = find_file(data_dir, "libale_c.so", library_path, error);
    return status == STATUS_OK ? emulator_open_ale(rom_path, library_path, &choice, emulator, error)
                               : status;
}

const struct game_kind ale_kind = {.overrides = OVERRIDE_ATARI,
                                   .find = find_ale,
                                   .visit = visit_ale,
                                   .open = open_ale,
                                   .is_installed = has_rom};
