/* Ids as Gym and ale-py register them; the table is in the design's "Environment". */
#include "game/ids.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* One form of id that every Atari game has: prefix, the game's name, suffix. */
struct id_form {
    const char *prefix;
    const char *suffix;
    int frame_skip_min;
    int frame_skip_max;
    double sticky;
    int64_t step_limit;
    int max_equal_actions;
};

/* In the order of the struct; Space Invaders differs, see adjust_space_invaders. */
static const struct id_form id_forms[] = {
    {"", "-v0", 2, 4, 0.25, 10000, 100},
    {"", "-v4", 2, 4, 0, 100000, 0},
    {"", "Deterministic-v0", 4, 4, 0.25, 100000, 100},
    {"", "Deterministic-v4", 4, 4, 0, 100000, 0},
    {"", "NoFrameskip-v0", 1, 1, 0.25, 400000, 100},
    {"", "NoFrameskip-v4", 1, 1, 0, 400000, 0},
    {"ALE/", "-v5", 4, 4, 0.25, 27000, 0},
};

enum { ID_FORM_COUNT = sizeof id_forms / sizeof id_forms[0], MAX_IDS = 1024 };

static const char catch_id[] = "catch";

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

static bool find_ale_game(const char *id, struct game *game) {
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

struct id_list {
    char text[MAX_IDS][GAME_ID_SIZE];
    const char *ids[MAX_IDS];
    int count;
};

static void append_id(const char *id, void *context) {
    struct id_list *list = context;
    if (list->count == MAX_IDS)
        return;
    char *text = list->text[list->count];
    snprintf(text, GAME_ID_SIZE, "%s", id);
    list->ids[list->count++] = text;
}

static enum status unknown_id(const char *id, struct error *error) {
    if (strstr(id, "-ram"))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%.60s' is played from memory, not from pixels, and is not supported: "
                         "leave '-ram' out",
                         id);
    struct id_list *list = calloc(1, sizeof *list);
    if (!list)
        return error_set(error, STATUS_FAILED, "out of memory looking for '%.60s'", id);
    game_list(NULL, append_id, list);
    const char *nearest = options_nearest(id, list->ids, list->count);
    if (nearest)
        error_set(error, STATUS_BAD_INPUT, "there is no game '%.60s'; did you mean '%s'?", id,
                  nearest);
    else
        error_set(error, STATUS_BAD_INPUT,
                  "there is no game '%.60s'; 'asyncrl games' lists those there are", id);
    free(list);
    return error->status;
}

enum status game_find(const char *id, struct game *game, struct error *error) {
    if (strcmp(id, catch_id) == 0) {
        *game = (struct game){.emulator = GAME_CATCH, .frame_skip_min = 1, .frame_skip_max = 1};
        snprintf(game->id, sizeof game->id, "%s", catch_id);
        return STATUS_OK;
    }
    if (find_ale_game(id, game) || mario_ids_find(id, game))
        return STATUS_OK;
    return unknown_id(id, error);
}

/* Passes on the ids that contain the pattern. */
struct id_filter {
    const char *pattern;
    void (*visit)(const char *id, void *context);
    void *context;
};

static void visit_if_wanted(const char *id, void *context) {
    const struct id_filter *filter = context;
    if (!filter->pattern || strcasestr(id, filter->pattern))
        filter->visit(id, filter->context);
}

void game_list(const char *pattern, void (*visit)(const char *id, void *context), void *context) {
    struct id_filter filter = {pattern, visit, context};
    const char *rom;
    for (int i = 0; (rom = emulator_ale_rom(i)); i++)
        for (int f = 0; f < ID_FORM_COUNT; f++) {
            char id[GAME_ID_SIZE];
            format_id(id, &id_forms[f], rom);
            visit_if_wanted(id, &filter);
        }
    mario_ids_visit(visit_if_wanted, &filter);
    visit_if_wanted(catch_id, &filter);
}

/* The folder of the running program's file. */
static bool program_folder(char out[PATH_SIZE]) {
    const ssize_t length = readlink("/proc/self/exe", out, PATH_SIZE - 1);
    if (length <= 0)
        return false;
    out[length] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

/* A folder that somebody named is taken as it is, so that a misspelt one is reported and not passed
 * over. */
static enum status find_data(const char *data_dir, char out[PATH_SIZE], struct error *error) {
    const char *named = data_dir && *data_dir ? data_dir : getenv("ASYNCRL_DATA");
    if (named && *named) {
        if (!path_is_folder(named))
            return error_set(error, STATUS_BAD_INPUT,
                             "there is no data folder '%s': tools/install-deps makes deps/data",
                             named);
        snprintf(out, PATH_SIZE, "%s", named);
        return STATUS_OK;
    }
    static const char *const beside[] = {"../deps/data", "data"};
    char program[PATH_SIZE];
    if (program_folder(program))
        for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++)
            if (path_join(out, program, beside[i], error) == STATUS_OK && path_is_folder(out))
                return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "found no folder with the games: run tools/install-deps, or name one "
                     "with --data_dir or $ASYNCRL_DATA");
}

static enum status open_ale(const struct game *game, const char *data, struct emulator **emulator,
                            struct error *error) {
    char file[sizeof game->rom + sizeof "roms/.bin"];
    char rom_path[PATH_SIZE];
    char library_path[PATH_SIZE];
    snprintf(file, sizeof file, "roms/%s.bin", game->rom);
    enum status status = path_join(rom_path, data, file, error);
    if (status == STATUS_OK)
        status = path_join(library_path, data, "libale_c.so", error);
    if (status == STATUS_OK)
        status = emulator_open_ale(rom_path, library_path, emulator, error);
    return status;
}

enum status game_open_emulator(const struct game *game, const char *data_dir,
                               struct emulator **emulator, struct error *error) {
    if (game->emulator == GAME_CATCH)
        return emulator_open_catch(emulator, error);
    char data[PATH_SIZE];
    const enum status status = find_data(data_dir, data, error);
    if (status != STATUS_OK)
        return status;
    if (game->emulator == GAME_MARIO)
        return mario_ids_open(game, data, emulator, error);
    return open_ale(game, data, emulator, error);
}
