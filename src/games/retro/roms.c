/* The ROMs of all stable-retro games in a data folder. */
#include "games/games.h"
#include "games/retro/ids.h"
#include "games/retro/rom.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)GAME_ROM_MAX_SIZE == (int)RETRO_ROM_MAX_SIZE,
               "every ROM that is found can be played");

/* A SHA-1 of one game's ROM. */
struct entry {
    char sum[DIGEST_SHA1_SIZE];
    int game;
};

struct game_roms {
    char games[PATH_SIZE];
    char cores[PATH_SIZE];
    struct dirent **folders;
    int folder_count;
    struct entry *entries; /* sorted */
    int count;
    int room;
    int current;   /* the game whose entries are being read */
    bool is_short; /* of memory */
};

static void add_sum(const char *sum, void *context) {
    struct game_roms *roms = context;
    if (roms->count == roms->room) {
        const int room = roms->room > 0 ? 2 * roms->room : 1024;
        struct entry *grown = realloc(roms->entries, (size_t)room * sizeof *grown);
        roms->is_short = roms->is_short || !grown;
        if (!grown)
            return;
        roms->entries = grown;
        roms->room = room;
    }
    struct entry *entry = &roms->entries[roms->count++];
    memcpy(entry->sum, sum, sizeof entry->sum);
    entry->game = roms->current;
}

static int compare_entries(const void *a, const void *b) {
    const struct entry *const left = a;
    const struct entry *const right = b;
    const int order = strcmp(left->sum, right->sum);
    return order ? order : left->game - right->game;
}

static enum status read_sums(struct game_roms *roms, struct error *error) {
    enum status status = retro_list_games(roms->games, &roms->folders, &roms->folder_count, error);
    for (; status == STATUS_OK && roms->current < roms->folder_count; roms->current++) {
        char folder[PATH_SIZE];
        status = path_join(folder, roms->games, roms->folders[roms->current]->d_name, error);
        if (status == STATUS_OK)
            retro_rom_list(folder, add_sum, roms);
    }
    if (status == STATUS_OK && roms->is_short)
        status =
            error_set(error, STATUS_FAILED, "out of memory for the games in '%s'", roms->games);
    if (roms->count > 0)
        qsort(roms->entries, (size_t)roms->count, sizeof *roms->entries, compare_entries);
    return status;
}

enum status game_roms_load(const char *data_dir, struct game_roms **roms, struct error *error) {
    struct game_roms *made = calloc(1, sizeof *made);
    if (!made)
        return error_set(error, STATUS_FAILED, "out of memory");
    enum status status = retro_find_folders(data_dir, made->games, made->cores, error);
    if (status == STATUS_OK)
        status = read_sums(made, error);
    if (status == STATUS_OK)
        *roms = made;
    else
        game_roms_free(made);
    return status;
}

void game_roms_free(struct game_roms *roms) {
    for (int i = 0; i < roms->folder_count; i++)
        free(roms->folders[i]);
    if (roms->folder_count >= 0)
        free(roms->folders);
    free(roms->entries);
    free(roms);
}

int game_roms_find(const struct game_roms *roms, const void *data, size_t size, const char *ids[],
                   int room) {
    struct retro_rom_sums sums;
    int found = 0;
    retro_rom_sum(data, size, &sums);
    for (int i = 0; i < sums.count; i++) {
        int low = 0; /* the first entry that is not below the sum */
        for (int high = roms->count; low < high;) {
            const int middle = low + (high - low) / 2;
            if (strcmp(roms->entries[middle].sum, sums.hex[i]) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < roms->count && found < room; low++) {
            if (strcmp(roms->entries[low].sum, sums.hex[i]) != 0)
                break;
            ids[found++] = roms->folders[roms->entries[low].game]->d_name;
        }
    }
    return found;
}

enum status game_roms_place(const struct game_roms *roms, const char *id,
                            struct game_rom_place *place, struct error *error) {
    struct retro_system system;
    char folder[PATH_SIZE];
    char file[sizeof system.extensions[0] + sizeof "rom."];
    char found[PATH_SIZE];
    struct error ignored = {0};
    *place = (struct game_rom_place){.path = ""};
    enum status status = retro_system_load(roms->cores, retro_console_of(id), &system, error);
    if (status == STATUS_OK)
        status = path_join(folder, roms->games, id, error);
    if (status != STATUS_OK)
        return status;
    snprintf(file, sizeof file, "rom.%s",
             system.extension_count > 0 ? system.extensions[0] : "bin");
    status = path_join(place->path, folder, file, error);
    if (status != STATUS_OK)
        return status;
    place->is_there = retro_rom_find(folder, "", &system, found, &ignored) == STATUS_OK;
    place->is_taken = !place->is_there && access(place->path, F_OK) == 0;
    return STATUS_OK;
}
