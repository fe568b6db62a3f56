#include "games/buttons.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Choices --------------------------------------------------------------------------------- */

static const char complex_movement[] =
    "NOOP,RIGHT,RIGHT+A,RIGHT+B,RIGHT+A+B,A,LEFT,LEFT+A,LEFT+B,LEFT+A+B,DOWN,UP";

static const struct {
    const char *name;
    const char *other; /* gym-super-mario-bros' name */
    const char *list;
} sets[] = {
    {"right", "RIGHT_ONLY", "NOOP,RIGHT,RIGHT+A,RIGHT+B,RIGHT+A+B"},
    {"simple", "SIMPLE_MOVEMENT", "NOOP,RIGHT,RIGHT+A,RIGHT+B,RIGHT+A+B,A,LEFT"},
    {"complex", "COMPLEX_MOVEMENT", complex_movement},
    {"discrete", "DISCRETE", NULL}, /* stable-retro's, another one on each console */
};

enum { SET_COUNT = sizeof sets / sizeof sets[0] };

const char *buttons_of_set(const char *name) {
    for (int i = 0; i < SET_COUNT; i++)
        if (strcmp(name, sets[i].name) == 0)
            return sets[i].list;
    return NULL;
}

/* A text of bounded length that is being written. */
struct writing {
    char *out;
    size_t used;
    bool is_full;
};

static void add(struct writing *writing, char c) {
    writing->is_full = writing->is_full || writing->used + 1 >= OPTION_TEXT_SIZE;
    if (!writing->is_full)
        writing->out[writing->used++] = (char)toupper((unsigned char)c);
}

static enum status finish(struct writing *writing, struct error *error) {
    writing->out[writing->used] = '\0';
    return writing->is_full
               ? error_set(error, STATUS_BAD_INPUT,
                           "the list of actions is longer than %d characters", OPTION_TEXT_SIZE - 1)
               : STATUS_OK;
}

/* Blanks separate actions, except beside a '+' or ','. */
static void settle_list(const char *text, struct writing *writing) {
    bool is_apart = false;
    for (const char *c = text; *c; c++) {
        if (isspace((unsigned char)*c)) {
            is_apart = writing->used > 0;
            continue;
        }
        if (is_apart && !strchr("+,", *c) && !strchr("+,", writing->out[writing->used - 1]))
            add(writing, ',');
        is_apart = false;
        add(writing, *c);
    }
}

static enum status bad_json(struct error *error) {
    return error_set(error, STATUS_BAD_INPUT,
                     "the list of actions is not JSON such as [[\"NOOP\"], [\"LEFT\", \"B\"]]");
}

/* One action: ["left", "B"]; no button is "NOOP". */
static enum status add_action(struct writing *writing, const struct json *action,
                              struct error *error) {
    if (!json_is_list(action))
        return bad_json(error);
    for (size_t i = 0; i < json_count(action); i++) {
        const char *button = json_as_text(json_at(action, i));
        if (!button || strpbrk(button, ",+ \t\n"))
            return bad_json(error);
        if (i > 0)
            add(writing, '+');
        while (*button)
            add(writing, *button++);
    }
    for (const char *c = "NOOP"; *c && json_count(action) == 0; c++)
        add(writing, *c);
    return STATUS_OK;
}

static enum status settle_json(const char *text, struct writing *writing, struct error *error) {
    char object[OPTION_TEXT_SIZE + 16];
    snprintf(object, sizeof object, "{\"all\": %s}", text);
    struct json *json = json_parse(object, strlen(object));
    const struct json *actions = json ? json_get_array(json, "all") : NULL;
    enum status status = actions ? STATUS_OK : bad_json(error);
    for (size_t i = 0; status == STATUS_OK && i < json_count(actions); i++) {
        if (i > 0)
            add(writing, ',');
        status = add_action(writing, json_at(actions, i), error);
    }
    json_free(json);
    return status;
}

enum status buttons_settle(const char *choice, char out[OPTION_TEXT_SIZE], struct error *error) {
    for (int i = 0; i < SET_COUNT; i++)
        if (strcasecmp(choice, sets[i].name) == 0 || strcasecmp(choice, sets[i].other) == 0) {
            snprintf(out, OPTION_TEXT_SIZE, "%s", sets[i].name);
            return STATUS_OK;
        }
    const char *start = choice + strspn(choice, " \t\n\r");
    struct writing writing = {.out = out};
    enum status status = STATUS_OK;
    if (*start == '[')
        status = settle_json(start, &writing, error);
    else
        settle_list(start, &writing);
    return status == STATUS_OK ? finish(&writing, error) : status;
}

/* ---- Actions --------------------------------------------------------------------------------- */

int buttons_find(const struct buttons *buttons, const char *name, size_t length) {
    for (int b = 0; b < buttons->count; b++) {
        const char *button = buttons->names[b];
        if (length > 0 && button && strlen(button) == length && memcmp(button, name, length) == 0)
            return b;
    }
    return -1;
}

bool buttons_parse(const struct buttons *buttons, const char *name, uint16_t *mask) {
    *mask = 0;
    if (strcmp(name, "NOOP") == 0)
        return true;
    for (;;) {
        const size_t length = strcspn(name, "+");
        const int button = buttons_find(buttons, name, length);
        if (button < 0)
            return false;
        *mask |= (uint16_t)(1U << button);
        if (name[length] == '\0')
            return true;
        name += length + 1;
    }
}

enum status button_actions_make(struct button_actions *actions, int count, struct error *error) {
    const size_t room = (size_t)count;
    actions->masks = calloc(room, sizeof *actions->masks);
    actions->texts = calloc(room, sizeof *actions->texts);
    actions->names = calloc(room, sizeof *actions->names);
    actions->count = count;
    if (!actions->masks || !actions->texts || !actions->names) {
        error_set(error, STATUS_FAILED, "out of memory for %d actions", count);
        return STATUS_FAILED;
    }
    for (int i = 0; i < count; i++)
        actions->names[i] = actions->texts[i];
    return STATUS_OK;
}

enum status button_actions_read(struct button_actions *actions, const char *list,
                                const struct buttons *buttons, const char *machine,
                                struct error *error) {
    int count = 1;
    for (const char *c = list; *c; c++)
        count += *c == ',';
    const enum status status = button_actions_make(actions, count, error);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < count; i++) {
        char *name = actions->texts[i];
        const size_t length = strcspn(list, ",");
        snprintf(name, BUTTONS_ACTION_SIZE, "%.*s", (int)length, list);
        if (!buttons_parse(buttons, name, &actions->masks[i])) {
            printable(name);
            return error_set(
                error, STATUS_BAD_INPUT,
                "'%.32s' is not an action of %s: name buttons, such as "
                "--actions=NOOP,LEFT,RIGHT,LEFT+%s, or a set: right, simple or complex",
                name, machine, buttons->names[0]);
        }
        list += length + (list[length] == ',');
    }
    return STATUS_OK;
}

void button_actions_free(struct button_actions *actions) {
    free(actions->masks);
    free(actions->texts);
    free((void *)actions->names);
}
