#include "games/retro/start.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ending[] = ".state";

enum { LISTED = 500 }; /* characters of an error's list of names */

/* The name of the start state in metadata.json; "" if the game starts at power-on. */
static enum status read_default(const char *folder, char *name, size_t size, struct error *error) {
    char path[PATH_SIZE];
    struct json *metadata;
    name[0] = '\0';
    enum status status = path_join(path, folder, "metadata.json", error);
    if (status != STATUS_OK || !path_is_file(path))
        return status;
    status = json_load_foreign(path, &metadata, error);
    if (status != STATUS_OK)
        return status;
    const char *first = json_as_text(json_at(json_get_array(metadata, "default_player_state"), 0));
    if (first)
        snprintf(name, size, "%s", first);
    else if (!json_get_text(metadata, "default_state", name, size))
        name[0] = '\0';
    json_free(metadata);
    if (strchr(name, '/'))
        return error_set(error, STATUS_BAD_INPUT, "'%s' names a start state with a '/'", path);
    return STATUS_OK;
}

static int is_state(const struct dirent *entry) {
    const size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length >= sizeof ending && is_printable(entry->d_name) &&
           strcmp(entry->d_name + length - strlen(ending), ending) == 0;
}

/* Fills error with the names of the folder's start states, as many as fit. */
static enum status no_such_state(const char *folder, const char *name, struct error *error) {
    struct dirent **entries;
    char names[LISTED] = "";
    char more[32] = "";
    size_t used = 0;
    int listed = 0;
    const int count = scandir(folder, &entries, is_state, versionsort);
    for (int i = 0; i < count; i++) {
        const int length = (int)(strlen(entries[i]->d_name) - strlen(ending));
        if (listed == i && used + (size_t)length + sizeof ", " < sizeof names) {
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.*s", i > 0 ? ", " : "",
                                     length, entries[i]->d_name);
            listed++;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (listed < count)
        snprintf(more, sizeof more, " and %d more", count - listed);
    char shown[64];
    snprintf(shown, sizeof shown, "%s", name);
    printable(shown);
    return count > 0 ? error_set(error, STATUS_BAD_INPUT,
                                 "there is no start state '%s' in '%.300s', which has %s%s", shown,
                                 folder, names, more)
                     : error_set(error, STATUS_BAD_INPUT,
                                 "there is no start state '%s' in '%.300s', which has none: use "
                                 "--state=none for power-on",
                                 shown, folder);
}

enum status retro_start_find(const char *folder, const char *chosen, char out[PATH_SIZE],
                             struct error *error) {
    char name[NAME_MAX + 1];
    char file[sizeof name + sizeof ending];
    enum status status = STATUS_OK;
    out[0] = '\0';
    if (strcmp(chosen, "none") == 0)
        return STATUS_OK;
    if (*chosen)
        snprintf(name, sizeof name, "%s", chosen);
    else
        status = read_default(folder, name, sizeof name, error);
    if (status != STATUS_OK || !name[0])
        return status;
    snprintf(file, sizeof file, "%s%s", name, ending);
    status = path_join(out, folder, file, error);
    if (status != STATUS_OK)
        return status;
    if (!strchr(name, '/') && path_is_hidden(out, error))
        return STATUS_BAD_INPUT;
    return strchr(name, '/') || !path_is_file(out) ? no_such_state(folder, name, error) : STATUS_OK;
}
