/*
 * Actions that press buttons, as users choose them with --actions: "NOOP,LEFT,RIGHT,LEFT+B". For
 * machines with a joypad. Pure functions, besides memory.
 */
#ifndef ASYNCRL_GAMES_BUTTONS_H
#define ASYNCRL_GAMES_BUTTONS_H

#include "base/base.h"

#include <stdbool.h>
#include <stdint.h>

enum { BUTTONS_MAX_COUNT = 16, BUTTONS_ACTION_SIZE = 96 };

/* The names of a machine's buttons: bit b of a mask is button b; "" or NULL: there is none. */
struct buttons {
    const char *names[BUTTONS_MAX_COUNT];
    int count;
};

/* Actions: all arrays (count). */
struct button_actions {
    uint16_t *masks;
    char (*texts)[BUTTONS_ACTION_SIZE];
    const char **names; /* the texts */
    int count;
};

/*
 * Settles a user's choice: the name of a set in small letters, without the "_ONLY" and "_MOVEMENT"
 * of gym-super-mario-bros; or a list as above, in capitals. choice: either of them in any case,
 * with blanks and new lines as separators, too; or JSON, [["NOOP"], ["left", "B"]].
 * STATUS_BAD_INPUT: it is damaged JSON, or too long.
 */
enum status buttons_settle(const char *choice, char out[OPTION_TEXT_SIZE], struct error *error);

/* The list of a set of gym-super-mario-bros, "right", "simple" or "complex"; NULL for another name.
 */
const char *buttons_of_set(const char *name);

/* The button of that name, of length characters; -1: there is none. */
int buttons_find(const struct buttons *buttons, const char *name, size_t length);

/* Reads an action by name: buttons joined by '+', or "NOOP". False if the machine lacks one. */
bool buttons_parse(const struct buttons *buttons, const char *name, uint16_t *mask);

/* Makes room for actions, which the caller fills; button_actions_free frees them, also after a
 * failure. */
enum status button_actions_make(struct button_actions *actions, int count, struct error *error);

/* Makes the actions of a list. machine: its name, for errors. STATUS_BAD_INPUT: the machine lacks
 * one. */
enum status button_actions_read(struct button_actions *actions, const char *list,
                                const struct buttons *buttons, const char *machine,
                                struct error *error);
void button_actions_free(struct button_actions *actions);

#endif
