#include "games/retro/actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status make_room(struct retro_actions *actions, int count, struct error *error) {
    const size_t room = (size_t)count;
    actions->buttons = calloc(room, sizeof *actions->buttons);
    actions->texts = calloc(room, sizeof *actions->texts);
    actions->names = calloc(room, sizeof *actions->names);
    actions->count = count;
    return actions->buttons && actions->texts && actions->names
               ? STATUS_OK
               : error_set(error, STATUS_FAILED, "out of memory for %d actions", count);
}

static enum status list_named(const char *list, const struct retro_system *system,
                              struct retro_actions *actions, struct error *error) {
    int count = 1;
    for (const char *c = list; *c; c++)
        count += *c == ',';
    const enum status status = make_room(actions, count, error);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < count; i++) {
        char name[RETRO_ACTION_SIZE];
        const size_t length = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, list);
        if (!retro_action_parse(system, name, &actions->buttons[i]))
            return error_set(error, STATUS_BAD_INPUT,
                             "'%.32s' is not an action of a %s: name buttons, such as "
                             "--actions=NOOP,LEFT,RIGHT,LEFT+%s",
                             name, system->name, system->buttons[0]);
        list += length + (list[length] == ',');
    }
    return STATUS_OK;
}

static enum status list_combos(const struct retro_combos *combos, struct retro_actions *actions,
                               struct error *error) {
    const int count = retro_combos_count(combos);
    if (count > RETRO_MAX_ACTIONS)
        return error_set(error, STATUS_BAD_INPUT,
                         "the buttons make more than %d actions: name those to play with, such "
                         "as --actions=NOOP,LEFT,RIGHT",
                         RETRO_MAX_ACTIONS);
    const enum status status = make_room(actions, count, error);
    for (int i = 0; status == STATUS_OK && i < count; i++)
        actions->buttons[i] = retro_combos_buttons(combos, i);
    return status;
}

enum status retro_actions_choose(const char *choice, const struct retro_system *system,
                                 const struct retro_combos *combos, struct retro_actions *actions,
                                 struct error *error) {
    *actions = (struct retro_actions){0};
    const bool names_them = *choice && strcmp(choice, "discrete") != 0;
    const enum status status = names_them ? list_named(choice, system, actions, error)
                                          : list_combos(combos, actions, error);
    for (int i = 0; status == STATUS_OK && i < actions->count; i++) {
        retro_action_name(system, actions->buttons[i], actions->texts[i]);
        actions->names[i] = actions->texts[i];
    }
    return status;
}

void retro_actions_free(struct retro_actions *actions) {
    free(actions->buttons);
    free(actions->texts);
    free((void *)actions->names);
}
