#include "games/retro/system.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Combos ---------------------------------------------------------------------------------- */

void retro_system_buttons(const struct retro_system *system, struct buttons *buttons) {
    buttons->count = system->button_count;
    for (int b = 0; b < system->button_count; b++)
        buttons->names[b] = system->buttons[b];
}

static enum status bad_actions(const char *path, struct error *error) {
    return error_set(
        error, STATUS_BAD_INPUT,
        "'%s': its \"actions\" are not lists of lists of buttons, or more than %d groups "
        "of %d",
        path, RETRO_MAX_GROUPS, RETRO_MAX_CHOICES);
}

static enum status read_choice(const char *path, const struct json *names,
                               const struct retro_system *system, uint16_t *buttons,
                               struct error *error) {
    struct buttons all;
    retro_system_buttons(system, &all);
    *buttons = 0;
    if (!json_is_list(names))
        return bad_actions(path, error);
    for (size_t i = 0; i < json_count(names); i++) {
        const char *name = json_as_text(json_at(names, i));
        if (!name)
            return bad_actions(path, error);
        const int button = buttons_find(&all, name, strlen(name));
        if (button < 0) {
            char shown[RETRO_BUTTON_SIZE];
            snprintf(shown, sizeof shown, "%s", name);
            printable(shown);
            return error_set(error, STATUS_BAD_INPUT, "'%s': a %s has no button '%s'", path,
                             system->name, shown);
        }
        *buttons |= (uint16_t)(1U << button);
    }
    return STATUS_OK;
}

static int compare_masks(const void *a, const void *b) {
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* Adds one group: choices sorted, each once; a group with the same buttons as an earlier one is
 * ignored.
 */
static enum status read_group(const char *path, const struct json *choices,
                              const struct retro_system *system, struct retro_combos *combos,
                              struct error *error) {
    const size_t count = json_count(choices);
    if (!json_is_list(choices) || count == 0 || count > RETRO_MAX_CHOICES)
        return bad_actions(path, error);
    uint16_t masks[RETRO_MAX_CHOICES];
    uint16_t buttons = 0;
    for (size_t i = 0; i < count; i++) {
        const enum status status = read_choice(path, json_at(choices, i), system, &masks[i], error);
        if (status != STATUS_OK)
            return status;
        buttons |= masks[i];
    }
    int place = 0;
    while (place < combos->group_count && combos->groups[place].buttons < buttons)
        place++;
    if (place < combos->group_count && combos->groups[place].buttons == buttons)
        return STATUS_OK;
    if (combos->group_count == RETRO_MAX_GROUPS)
        return bad_actions(path, error);
    memmove(&combos->groups[place + 1], &combos->groups[place],
            (size_t)(combos->group_count - place) * sizeof combos->groups[0]);
    combos->group_count++;
    qsort(masks, count, sizeof masks[0], compare_masks);
    combos->groups[place].buttons = buttons;
    combos->groups[place].choice_count = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || masks[i] != masks[i - 1])
            combos->groups[place].choices[combos->groups[place].choice_count++] = masks[i];
    return STATUS_OK;
}

enum status retro_combos_read(const char *path, const struct json *actions,
                              const struct retro_system *system, struct retro_combos *combos,
                              struct error *error) {
    *combos = (struct retro_combos){0};
    if (!actions)
        return bad_actions(path, error);
    for (size_t i = 0; i < json_count(actions); i++) {
        const enum status status = read_group(path, json_at(actions, i), system, combos, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

int retro_combos_count(const struct retro_combos *combos) {
    int count = 1;
    for (int g = 0; g < combos->group_count && count <= RETRO_MAX_ACTIONS; g++)
        count *= combos->groups[g].choice_count;
    return count <= RETRO_MAX_ACTIONS ? count : RETRO_MAX_ACTIONS + 1;
}

uint16_t retro_combos_buttons(const struct retro_combos *combos, int action) {
    uint16_t buttons = 0;
    for (int g = 0; g < combos->group_count; g++) {
        const int count = combos->groups[g].choice_count;
        buttons |= combos->groups[g].choices[action % count];
        action /= count;
    }
    return buttons;
}

void retro_action_name(const struct retro_system *system, uint16_t buttons,
                       char out[RETRO_ACTION_SIZE]) {
    size_t length = 0;
    out[0] = '\0';
    for (int b = 0; b < system->button_count; b++)
        if (buttons >> b & 1 && length < RETRO_ACTION_SIZE)
            length += (size_t)snprintf(out + length, RETRO_ACTION_SIZE - length, "%s%s",
                                       length > 0 ? "+" : "", system->buttons[b]);
    if (length == 0)
        snprintf(out, RETRO_ACTION_SIZE, "NOOP");
}

/* ---- Systems --------------------------------------------------------------------------------- */

static enum status read_buttons(const char *path, const struct json *entry,
                                struct retro_system *system, struct error *error) {
    const struct json *buttons = json_get_array(entry, "buttons");
    const size_t count = json_count(buttons);
    if (count == 0 || count > RETRO_MAX_BUTTONS)
        return error_set(error, STATUS_BAD_INPUT, "'%s': the system %s has no buttons, or over %d",
                         path, system->name, RETRO_MAX_BUTTONS);
    system->button_count = (int)count;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_as_text(json_at(buttons, i));
        if (name && strlen(name) < RETRO_BUTTON_SIZE)
            memcpy(system->buttons[i], name, strlen(name) + 1);
    }
    return STATUS_OK;
}

static void read_extensions(const struct json *entry, struct retro_system *system) {
    const struct json *list = json_get_array(entry, "ext");
    const size_t room = sizeof system->extensions / sizeof system->extensions[0];
    for (size_t i = 0; i < json_count(list) && (size_t)system->extension_count < room; i++) {
        const char *text = json_as_text(json_at(list, i));
        if (text && strlen(text) < sizeof system->extensions[0] && !strchr(text, '/'))
            memcpy(system->extensions[system->extension_count++], text, strlen(text) + 1);
    }
}

/* "overlay": how the core keeps words, how the console does, bytes per word. */
static enum status read_overlay(const char *path, const struct json *entry,
                                struct retro_system *system, struct error *error) {
    if (!json_has(entry, "overlay"))
        return STATUS_OK;
    const struct json *overlay = json_get_array(entry, "overlay");
    struct retro_order {
        const char *sign;
        bool big;
    } orders[2];
    int64_t width = 0;
    bool sound = json_as_int(json_at(overlay, 2), &width) &&
                 (width == 1 || width == 2 || width == 4 || width == 8);
    for (size_t i = 0; i < 2; i++) {
        orders[i].sign = json_as_text(json_at(overlay, i));
        sound = sound && orders[i].sign && strlen(orders[i].sign) == 1 &&
                strchr("<>=|", orders[i].sign[0]);
        orders[i].big =
            sound && (orders[i].sign[0] == '>' ||
                      (orders[i].sign[0] == '=' && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__));
    }
    if (!sound)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s': the overlay of %s is not two byte orders and a width", path,
                         system->name);
    system->swap = orders[0].big != orders[1].big ? (size_t)width - 1 : 0;
    return STATUS_OK;
}

static enum status read_system(const char *path, const struct json *entry, const char *name,
                               struct retro_system *system, struct error *error) {
    *system = (struct retro_system){0};
    char library[sizeof system->core - sizeof "_libretro.so"];
    int64_t base = 0;
    snprintf(system->name, sizeof system->name, "%s", name);
    if (!json_get_text(entry, "lib", library, sizeof library) || strchr(library, '/'))
        return error_set(error, STATUS_BAD_INPUT, "'%s' names no core for %s", path, system->name);
    snprintf(system->core, sizeof system->core, "%s_libretro.so", library);
    if (json_get_int(entry, "rambase", &base) && base > 0)
        system->ram_base = (uint64_t)base;
    read_extensions(entry, system);
    enum status status = read_overlay(path, entry, system, error);
    if (status == STATUS_OK)
        status = read_buttons(path, entry, system, error);
    if (status == STATUS_OK)
        status = retro_combos_read(path, json_get_array(entry, "actions"), system, &system->combos,
                                   error);
    return status;
}

static int is_json(const struct dirent *entry) {
    const size_t length = strlen(entry->d_name);
    return length > strlen(".json") &&
           strcmp(entry->d_name + length - strlen(".json"), ".json") == 0;
}

/* Reads one file; *found tells whether it has the system. */
static enum status look_into(const char *path, const char *name, struct retro_system *system,
                             bool *found, struct error *error) {
    struct json *file;
    enum status status = json_load_foreign(path, &file, error);
    if (status != STATUS_OK)
        return status;
    const struct json *entry = json_get_object(file, name);
    *found = entry != NULL;
    if (entry)
        status = read_system(path, entry, name, system, error);
    json_free(file);
    return status;
}

enum status retro_system_load(const char *cores, const char *name, struct retro_system *system,
                              struct error *error) {
    struct dirent **entries;
    const int count = scandir(cores, &entries, is_json, alphasort);
    if (count < 0 && errno != ENOENT && errno != ENOTDIR)
        return error_set(error, STATUS_BAD_INPUT, "cannot open '%s': %s", cores, strerror(errno));
    if (count < 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "there is no folder '%s': tools/install-deps --consoles makes it", cores);
    bool found = false;
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        if (!found && status == STATUS_OK)
            status = path_join(path, cores, entries[i]->d_name, error);
        if (!found && status == STATUS_OK)
            status = look_into(path, name, system, &found, error);
        free(entries[i]);
    }
    free(entries);
    if (status == STATUS_OK && !found)
        return error_set(error, STATUS_BAD_INPUT, "no core in '%s' plays the console '%.20s'",
                         cores, name);
    return status;
}
