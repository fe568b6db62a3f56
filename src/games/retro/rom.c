#include "games/retro/rom.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SUMS_MAX_SIZE = 1 << 16,
    NES_HEADER = 16,     /* of the iNES format; dumps are told apart without it */
    COPIER_HEADER = 512, /* that copiers put before a cartridge's banks of 1024 bytes */
    BANK = 1024
};

/* The last part of a folder's path: the game's name. */
static const char *game_of(const char *folder) {
    const char *slash = strrchr(folder, '/');
    return slash ? slash + 1 : folder;
}

void retro_rom_sum(const void *data, size_t size, struct retro_rom_sums *sums) {
    const unsigned char *bytes = data;
    size_t header = 0;
    if (size > NES_HEADER && memcmp(bytes, "NES\x1a", 4) == 0)
        header = NES_HEADER;
    else if (size > COPIER_HEADER && size % BANK == COPIER_HEADER)
        header = COPIER_HEADER;
    digest_sha1(bytes, size, sums->hex[0]);
    sums->count = 1;
    if (header > 0)
        digest_sha1(bytes + header, size - header, sums->hex[sums->count++]);
}

/* archive: the kind of archive that the file is; NULL: it is not one. */
static enum status sum_file(const char *path, struct retro_rom_sums *sums, const char **archive,
                            struct error *error) {
    unsigned char *data;
    size_t size;
    const enum status status = path_read_file(path, RETRO_ROM_MAX_SIZE, &data, &size, error);
    if (status != STATUS_OK)
        return status;
    const char *kind = file_kind(data, size);
    *archive = strstr(kind, "archive") ? kind : NULL;
    retro_rom_sum(data, size, sums);
    free(data);
    return STATUS_OK;
}

void retro_rom_list(const char *folder, void (*visit)(const char *sum, void *context),
                    void *context) {
    enum { LENGTH = DIGEST_SHA1_SIZE - 1 };
    char path[PATH_SIZE];
    unsigned char *text;
    size_t size;
    struct error ignored = {0};
    if (path_join(path, folder, "rom.sha", &ignored) != STATUS_OK ||
        path_read_file(path, SUMS_MAX_SIZE, &text, &size, &ignored) != STATUS_OK)
        return;
    for (size_t start = 0; start + LENGTH <= size; start++) {
        char sum[DIGEST_SHA1_SIZE];
        size_t length = 0;
        while (length < LENGTH && isxdigit(text[start + length])) {
            sum[length] = (char)tolower(text[start + length]);
            length++;
        }
        sum[length] = '\0';
        if (length == LENGTH)
            visit(sum, context);
        start += length;
    }
    free(text);
}

/* Looks for a ROM's sums among those of a game. */
struct lookup {
    const struct retro_rom_sums *sums;
    bool is_known;
    char first[DIGEST_SHA1_SIZE]; /* the game's first sum; "": it has none */
};

static void compare_sum(const char *sum, void *context) {
    struct lookup *lookup = context;
    if (!lookup->first[0])
        memcpy(lookup->first, sum, sizeof lookup->first);
    for (int i = 0; i < lookup->sums->count; i++)
        lookup->is_known = lookup->is_known || strcmp(sum, lookup->sums->hex[i]) == 0;
}

static struct lookup look_up(const char *folder, const struct retro_rom_sums *sums) {
    struct lookup lookup = {.sums = sums};
    retro_rom_list(folder, compare_sum, &lookup);
    return lookup;
}

/* The name of a game beside this one whose ROM it is; "" if there is none. */
static void name_rom(const char *folder, const struct retro_rom_sums *sums, char *out,
                     size_t size) {
    char games[PATH_SIZE];
    snprintf(games, sizeof games, "%s", folder);
    char *slash = strrchr(games, '/');
    out[0] = '\0';
    if (!slash)
        return;
    *slash = '\0';
    DIR *stream = opendir(games);
    if (!stream)
        return;
    for (const struct dirent *entry; !out[0] && (entry = readdir(stream));) {
        char beside[PATH_SIZE];
        struct error ignored = {0};
        if (entry->d_name[0] != '.' &&
            path_join(beside, games, entry->d_name, &ignored) == STATUS_OK &&
            look_up(beside, sums).is_known)
            snprintf(out, size, "%s", entry->d_name);
    }
    closedir(stream);
    printable(out);
}

static enum status find_file(const char *folder, const struct retro_system *system, const char *sum,
                             char out[PATH_SIZE], struct error *error) {
    for (int i = 0; i < system->extension_count; i++) {
        char file[sizeof system->extensions[0] + sizeof "rom."];
        snprintf(file, sizeof file, "rom.%s", system->extensions[i]);
        const enum status status = path_join(out, folder, file, error);
        if (status != STATUS_OK)
            return status;
        if (path_is_hidden(out, error))
            return STATUS_BAD_INPUT;
        if (path_is_file(out))
            return STATUS_OK;
    }
    return error_set(error, STATUS_BAD_INPUT,
                     "the ROM of %s is missing: name it with --rom=FILE, run asyncrl games import "
                     "DIR on a folder that has it, or put it at '%s/rom.%s' (its SHA-1 is %s)",
                     game_of(folder), folder,
                     system->extension_count > 0 ? system->extensions[0] : "bin",
                     sum[0] ? sum : "not known");
}

enum status retro_rom_find(const char *folder, const char *named, const struct retro_system *system,
                           char out[PATH_SIZE], struct error *error) {
    struct retro_rom_sums sums = {0};
    char other[NAME_MAX + 1];
    const char *archive = NULL;
    enum status status = STATUS_OK;
    struct lookup lookup = look_up(folder, &sums);
    if (*named)
        snprintf(out, PATH_SIZE, "%s", named);
    else
        status = find_file(folder, system, lookup.first, out, error);
    if (status == STATUS_OK)
        status = sum_file(out, &sums, &archive, error);
    if (status != STATUS_OK)
        return status;
    lookup = look_up(folder, &sums);
    if (lookup.is_known)
        return STATUS_OK;
    if (archive)
        return error_set(error, STATUS_BAD_INPUT, "the ROM '%s' is %s: unpack it", out, archive);
    name_rom(folder, &sums, other, sizeof other);
    if (other[0])
        return error_set(error, STATUS_BAD_INPUT, "the ROM '%s' is %s, not %s", out, other,
                         game_of(folder));
    return error_set(error, STATUS_BAD_INPUT,
                     "the ROM '%s' is not that of %s: its SHA-1 is %s, not %s", out,
                     game_of(folder), sums.hex[sums.count - 1],
                     lookup.first[0] ? lookup.first : "known to this game");
}
