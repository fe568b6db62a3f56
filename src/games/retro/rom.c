#include "games/retro/rom.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROM_MAX_SIZE = 64 << 20,
    SUMS_MAX_SIZE = 1 << 16,
    NES_HEADER = 16,     /* of the iNES format; dumps are told apart without it */
    COPIER_HEADER = 512, /* that copiers put before a cartridge's banks of 1024 bytes */
    BANK = 1024,
    MAX_SUMS = 2
};

/* The digests by which a file may be known. */
struct rom_sums {
    char hex[MAX_SUMS][DIGEST_SHA1_SIZE];
    int count;
};

/* The last part of a folder's path: the game's name. */
static const char *game_of(const char *folder) {
    const char *slash = strrchr(folder, '/');
    return slash ? slash + 1 : folder;
}

static enum status sum_rom(const char *path, struct rom_sums *sums, struct error *error) {
    unsigned char *data;
    size_t size;
    const enum status status = path_read_file(path, ROM_MAX_SIZE, &data, &size, error);
    if (status != STATUS_OK)
        return status;
    const char *kind = file_kind(data, size);
    if (strstr(kind, "archive")) {
        free(data);
        return error_set(error, STATUS_BAD_INPUT, "the ROM '%s' is %s: unpack it", path, kind);
    }
    size_t header = 0;
    if (size > NES_HEADER && memcmp(data, "NES\x1a", 4) == 0)
        header = NES_HEADER;
    else if (size > COPIER_HEADER && size % BANK == COPIER_HEADER)
        header = COPIER_HEADER;
    digest_sha1(data, size, sums->hex[0]);
    sums->count = 1;
    if (header > 0)
        digest_sha1(data + header, size - header, sums->hex[sums->count++]);
    free(data);
    return STATUS_OK;
}

/* Whether rom.sha in the folder lists one of the sums; first (may be NULL) gets the
 * first listed. */
static bool folder_knows(const char *folder, const struct rom_sums *sums,
                         char first[DIGEST_SHA1_SIZE]) {
    char path[PATH_SIZE];
    unsigned char *text;
    size_t size;
    struct error ignored = {0};
    if (first)
        first[0] = '\0';
    if (path_join(path, folder, "rom.sha", &ignored) != STATUS_OK ||
        path_read_file(path, SUMS_MAX_SIZE, &text, &size, &ignored) != STATUS_OK)
        return false;
    bool known = false;
    enum { LENGTH = DIGEST_SHA1_SIZE - 1 };
    for (size_t start = 0; start + LENGTH <= size && !known; start++) {
        if (!isxdigit(text[start]))
            continue;
        char sum[DIGEST_SHA1_SIZE];
        size_t length = 0;
        while (length < LENGTH && isxdigit(text[start + length])) {
            sum[length] = (char)tolower(text[start + length]);
            length++;
        }
        sum[length] = '\0';
        if (length == LENGTH && first && !first[0])
            memcpy(first, sum, sizeof sum);
        for (int i = 0; i < sums->count; i++)
            known = known || strcmp(sum, sums->hex[i]) == 0;
        start += length;
    }
    free(text);
    return known;
}

/* The name of a game beside this one whose ROM it is; "" if there is none. */
static void name_rom(const char *folder, const struct rom_sums *sums, char *out, size_t size) {
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
            folder_knows(beside, sums, NULL))
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
        if (path_is_file(out))
            return STATUS_OK;
    }
    return error_set(error, STATUS_BAD_INPUT,
                     "the ROM of %s is missing: name it with --rom=FILE, or put it at "
                     "'%s/rom.%s' (its SHA-1 is %s)",
                     game_of(folder), folder,
                     system->extension_count > 0 ? system->extensions[0] : "bin",
                     sum[0] ? sum : "not known");
}

enum status retro_rom_find(const char *folder, const char *named, const struct retro_system *system,
                           char out[PATH_SIZE], struct error *error) {
    struct rom_sums sums = {0};
    char wanted[DIGEST_SHA1_SIZE];
    char other[NAME_MAX + 1];
    folder_knows(folder, &sums, wanted);
    enum status status = STATUS_OK;
    if (*named)
        snprintf(out, PATH_SIZE, "%s", named);
    else
        status = find_file(folder, system, wanted, out, error);
    if (status == STATUS_OK)
        status = sum_rom(out, &sums, error);
    if (status != STATUS_OK || folder_knows(folder, &sums, wanted))
        return status;
    name_rom(folder, &sums, other, sizeof other);
    if (other[0])
        return error_set(error, STATUS_BAD_INPUT, "the ROM '%s' is %s, not %s", out, other,
                         game_of(folder));
    return error_set(
        error, STATUS_BAD_INPUT, "the ROM '%s' is not that of %s: its SHA-1 is %s, not %s", out,
        game_of(folder), sums.hex[sums.count - 1], wanted[0] ? wanted : "known to this game");
}
