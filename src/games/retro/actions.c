#include "games/retro/actions.h"

#include <stdio.h>
#include <string.h>

static enum status list_combos(const struct retro_combos *combos, struct button_actions *actions,
                               struct error *error) {
    const int count = retro_combos_count(combos);
    if (count > RETRO_MAX_ACTIONS)
        return error_set(error, STATUS_BAD_INPUT,
                         "the buttons make more than %d actions: name those to play with, such "
                         "as --actions=NOOP,LEFT,RIGHT",
                         RETRO_MAX_ACTIONS);
    const enum status status = button_actions_make(actions, count, error);
    for (int i = 0; status == STATUS_OK && i < count; i++)
        actions->masks[i] = retro_combos_buttons(combos, i);
    return status;
}

static enum status list_named(const char *choice, const struct retro_system *system,
                              struct button_actions *actions, struct error *error) {
    struct buttons buttons;
    char machine[sizeof system->name + 2];
    const char *set = buttons_of_set(choice);
    retro_system_buttons(system, &buttons);
    snprintf(machine, sizeof machine, "a %s", system->name);
    return button_actions_read(actions, set ? set : choice, &buttons, machine, error);
}

enum status retro_actions_choose(const char *choice, const struct retro_system *system,
                                 const struct retro_combos *combos, struct button_actions *actions,
                                 struct error *error) {
    *actions = (struct button_actions){0};
    const bool names_them = *choice && strcmp(choice, "discrete") != 0;
    const enum status status = names_them ? list_named(choice, system, actions, error)
                                          : list_combos(combos, actions, error);
    for (int i = 0; status == STATUS_OK && i < actions->count; i++)
        retro_action_name(system, actions->masks[i], actions->texts[i]);
    return status;
}
