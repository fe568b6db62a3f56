#include "cli/import.h"
#include "cli/command.h"
#include "store/store.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_GAMES = 16 }; /* with the same ROM */

struct import {
    struct game_roms *roms;
    bool links;
    struct json *json; /* its lists; NULL: lines are printed */
    struct json *imported;
    struct json *present;
    const char *path; /* the file being looked at */
    int imported_count;
    int present_count;
    int taken_count;   /* games with another file in the ROM's place */
    int unknown_count; /* files that are not a known ROM */
    int unread_count;
};

/* ---- Taking a ROM ---------------------------------------------------------------------------- */

/* A hard link; if the file systems differ, a symbolic one. */
static enum status make_link(const char *from, const char *to, struct error *error) {
    char whole[PATH_SIZE];
    if (!realpath(from, whole))
        return error_set(error, STATUS_FAILED, "cannot find '%s': %s", from, strerror(errno));
    if (link(whole, to) == 0 || symlink(whole, to) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED, "cannot link '%s' to '%s': %s", to, whole,
                     strerror(errno));
}

/* Names a game and the ROM that was found; list: of the JSON, if that is printed. */
static void tell(const struct import *import, struct json *list, const char *id, const char *member,
                 const char *word) {
    if (!import->json) {
        printf("%s %s: %s%s%s\n", word, id, import->path, member ? ": " : "", member ? member : "");
        return;
    }
    struct json *entry = json_new_object();
    json_set_text(entry, "game", id);
    json_set_text(entry, "file", import->path);
    if (member)
        json_set_text(entry, "member", member);
    json_append(list, entry);
}

/* member: the file's name in the archive; NULL: it is not in one. */
static enum status take(struct import *import, const char *id, const char *member,
                        const unsigned char *data, size_t size, struct error *error) {
    struct game_rom_place place;
    enum status status = game_roms_place(import->roms, id, &place, error);
    if (status != STATUS_OK)
        return status;
    if (place.is_there) {
        import->present_count++;
        tell(import, import->present, id, member, "there already");
        return STATUS_OK;
    }
    if (place.is_taken) {
        import->taken_count++;
        fprintf(stderr, "asyncrl: %s: '%s' is another file; remove it, and import again\n", id,
                place.path);
        return STATUS_OK;
    }
    status = import->links && !member ? make_link(import->path, place.path, error)
                                      : atomic_file_write(place.path, data, size, error);
    if (status != STATUS_OK)
        return status;
    import->imported_count++;
    tell(import, import->imported, id, member, import->links && !member ? "linked" : "copied");
    return STATUS_OK;
}

/* Takes the file for every game whose ROM it is; *found tells whether there is one. */
static enum status take_bytes(struct import *import, const char *member, const unsigned char *data,
                              size_t size, bool *found, struct error *error) {
    const char *ids[MAX_GAMES];
    enum status status = STATUS_OK;
    const int count = game_roms_find(import->roms, data, size, ids, MAX_GAMES);
    for (int i = 0; i < count && status == STATUS_OK; i++)
        status = take(import, ids[i], member, data, size, error);
    *found = count > 0;
    return status;
}

/* ---- Looking at files ------------------------------------------------------------------------ */

static enum status look_at_member(const char *name, const unsigned char *data, size_t size,
                                  void *context, struct error *error) {
    struct import *import = context;
    char shown[128];
    bool found = false;
    snprintf(shown, sizeof shown, "%s", name);
    printable(shown);
    const enum status status =
        data ? take_bytes(import, shown, data, size, &found, error) : STATUS_OK;
    import->unread_count += !data;
    import->unknown_count += data && !found;
    return status;
}

/* Some archives are ROMs themselves, others contain them. */
static enum status look_at_archive(struct import *import, struct error *error) {
    struct error problem;
    const enum status status =
        zip_visit(import->path, GAME_ROM_MAX_SIZE, look_at_member, import, &problem);
    if (status == STATUS_FAILED) {
        *error = problem;
        return status;
    }
    import->unread_count += status != STATUS_OK;
    return STATUS_OK;
}

static bool is_zip(const char *path) {
    char first[4] = "";
    FILE *stream = fopen(path, "rbe");
    const bool is_read = stream && fread(first, 1, sizeof first, stream) == sizeof first;
    if (stream)
        fclose(stream);
    return is_read && memcmp(first, "PK\3\4", sizeof first) == 0;
}

static enum status look_at_file(struct import *import, off_t size, struct error *error) {
    unsigned char *data = NULL;
    size_t length = 0;
    bool found = false;
    struct error problem;
    enum status status = STATUS_OK;
    if (size <= GAME_ROM_MAX_SIZE &&
        path_read_file(import->path, GAME_ROM_MAX_SIZE, &data, &length, &problem) != STATUS_OK) {
        import->unread_count++;
        return STATUS_OK;
    }
    if (data)
        status = take_bytes(import, NULL, data, length, &found, error);
    free(data);
    if (status != STATUS_OK || found)
        return status;
    if (is_zip(import->path))
        return look_at_archive(import, error);
    import->unknown_count++;
    return STATUS_OK;
}

static int compare_names(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static enum status walk(struct import *import, const char *folder, struct error *error) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s", folder);
    char *roots[] = {path, NULL};
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, compare_names);
    if (!tree)
        return error_set(error, STATUS_FAILED, "cannot read '%s': %s", folder, strerror(errno));
    enum status status = STATUS_OK;
    for (const FTSENT *entry; status == STATUS_OK && (entry = fts_read(tree));) {
        import->path = entry->fts_path;
        if (entry->fts_info == FTS_F)
            status = look_at_file(import, entry->fts_statp->st_size, error);
        else
            import->unread_count += entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS;
    }
    fts_close(tree);
    return status;
}

/* ---- Telling --------------------------------------------------------------------------------- */

static void print_numbers(const struct import *import) {
    printf("%d game%s imported, %d there already; %d file%s unknown", import->imported_count,
           import->imported_count == 1 ? "" : "s", import->present_count, import->unknown_count,
           import->unknown_count == 1 ? " is" : "s are");
    if (import->unread_count > 0)
        printf(", %d could not be read", import->unread_count);
    putchar('\n');
}

static void finish(struct import *import) {
    game_roms_free(import->roms);
    if (!import->json) {
        print_numbers(import);
        return;
    }
    json_set(import->json, "imported", import->imported);
    json_set(import->json, "present", import->present);
    json_set_int(import->json, "unknown", import->unknown_count);
    json_set_int(import->json, "unread", import->unread_count);
    command_print_json(import->json);
}

enum status import_roms(const char *folder, bool links, bool json, struct error *error) {
    struct import import = {.links = links};
    if (path_is_hidden(folder, error))
        return STATUS_BAD_INPUT;
    if (!path_is_folder(folder))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' is not a folder; games import takes one with ROMs or zip files",
                         folder);
    enum status status = game_roms_load(NULL, &import.roms, error);
    if (status != STATUS_OK)
        return status;
    if (json) {
        import.json = json_new_object();
        import.imported = json_new_array();
        import.present = json_new_array();
    }
    status = walk(&import, folder, error);
    finish(&import);
    if (status == STATUS_OK && import.taken_count > 0)
        status = error_set(error, STATUS_FAILED, "%d ROM%s not imported: another file is in %s",
                           import.taken_count, import.taken_count == 1 ? " was" : "s were",
                           import.taken_count == 1 ? "its place" : "their places");
    return status;
}
