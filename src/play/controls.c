#include "play/controls.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The buttons of an action that no key can express. */
#define UNREACHABLE UINT32_MAX

enum { WORD_SIZE = 24 };

/* ---- Buttons of a name ----------------------------------------------------------------------- */

static const char *const idle_words[] = {"NOOP", "NOP",     "STAY", "NONE",
                                         "IDLE", "NOTHING", "WAIT", "REST"};

/* The words that ALE joins: "UPRIGHTFIRE". */
static const char *const joined_words[] = {"UP", "DOWN", "LEFT", "RIGHT", "FIRE"};

static bool is_idle(const char *word) {
    for (size_t i = 0; i < sizeof idle_words / sizeof *idle_words; i++)
        if (strcmp(word, idle_words[i]) == 0)
            return true;
    return false;
}

/* The joined word that text begins with, or NULL. */
static const char *joined_word(const char *text) {
    for (size_t i = 0; i < sizeof joined_words / sizeof *joined_words; i++)
        if (strncmp(text, joined_words[i], strlen(joined_words[i])) == 0)
            return joined_words[i];
    return NULL;
}

static bool is_joined(const char *word) {
    const char *next = joined_word(word);
    while (next && word[strlen(next)]) {
        word += strlen(next);
        next = joined_word(word);
    }
    return next != NULL;
}

/* The button's bit; a new button is added; UNREACHABLE: too many. */
static uint32_t button_bit(struct controls *controls, const char *name) {
    int place = 0;
    while (place < controls->button_count && strcmp(controls->buttons[place], name) != 0)
        place++;
    if (place == CONTROLS_MAX_BUTTONS)
        return UNREACHABLE;
    if (place == controls->button_count) {
        snprintf(controls->buttons[place], sizeof controls->buttons[place], "%s", name);
        controls->button_count++;
    }
    return 1U << place;
}

static uint32_t word_mask(struct controls *controls, const char *word) {
    uint32_t mask = 0;
    if (!word[0] || is_idle(word))
        return 0;
    if (!is_joined(word))
        return button_bit(controls, word);
    while (word[0]) {
        const char *next = joined_word(word);
        mask |= button_bit(controls, next);
        word += strlen(next);
    }
    return mask;
}

/* All the buttons of "RIGHT+A", "jump left" or "UPRIGHTFIRE". */
static uint32_t name_mask(struct controls *controls, const char *name) {
    uint32_t mask = 0;
    char word[WORD_SIZE] = "";
    while (*name) {
        const size_t length = strcspn(name, "+_ ");
        size_t used = 0;
        for (; used < length && used < sizeof word - 1; used++)
            word[used] = (char)toupper((unsigned char)name[used]);
        word[used] = 0;
        mask |= word_mask(controls, word);
        name += length + (name[length] != 0);
    }
    return mask;
}

static bool is_number(const char *name) {
    return name[0] && name[strspn(name, "0123456789")] == 0;
}

static void read_actions(const struct emulator_info *info, struct controls *controls) {
    controls->action_count =
        info->action_count < CONTROLS_MAX_ACTIONS ? info->action_count : CONTROLS_MAX_ACTIONS;
    controls->idle_action = -1;
    for (int i = 0; i < controls->action_count; i++) {
        const uint32_t mask = name_mask(controls, info->action_names[i]);
        controls->masks[i] = mask;
        if (mask == 0 && controls->idle_action < 0)
            controls->idle_action = i;
    }
    if (controls->idle_action < 0)
        controls->idle_action = 0;
}

/* ---- Keys of a button ------------------------------------------------------------------------ */

enum { MAX_CHOICES = 3 };

struct wiring {
    const char *button; /* NULL ends a table */
    const char *keys[MAX_CHOICES];
};

static const struct wiring common[] = {
    {"UP", {"Up", "pad dpup"}},
    {"DOWN", {"Down", "pad dpdown"}},
    {"LEFT", {"Left", "pad dpleft"}},
    {"RIGHT", {"Right", "pad dpright"}},
    {"FIRE", {"Z", "X", "pad a"}},
    {"BUTTON", {"Z", "X", "pad a"}},
    {"START", {"Return", "pad start"}},
    {"RUN", {"Return", "pad start"}},
    {"PAUSE", {"Return", "pad start"}},
    {"SELECT", {"Backspace", "pad back"}},
    {"MODE", {"Backspace", "pad back"}},
    {"RESET", {"Backspace", "pad back"}},
    {0},
};

/* Laid out as on the console's pad: two buttons, four with two shoulders, three or six. */
static const struct wiring two_buttons[] = {
    {"A", {"X", "pad a"}},
    {"B", {"Z", "pad x"}},
    {"I", {"X", "pad a"}},
    {"II", {"Z", "pad x"}},
    {"L", {"A", "pad leftshoulder"}},
    {"R", {"S", "pad rightshoulder"}},
    {0},
};
static const struct wiring four_buttons[] = {
    {"A", {"X", "pad b"}},
    {"B", {"Z", "pad a"}},
    {"X", {"S", "pad y"}},
    {"Y", {"A", "pad x"}},
    {"L", {"D", "pad leftshoulder"}},
    {"R", {"C", "pad rightshoulder"}},
    {0},
};
static const struct wiring six_buttons[] = {
    {"A", {"Z", "pad x"}},
    {"B", {"X", "pad a"}},
    {"C", {"C", "pad b"}},
    {"X", {"A", "pad leftshoulder"}},
    {"Y", {"S", "pad y"}},
    {"Z", {"D", "pad rightshoulder"}},
    {0},
};

/* For unknown buttons, and for those whose usual keys are taken, in turn. */
static const char *const spare_keys[] = {"Z", "X", "C", "A", "S", "D", "F", "V", "1",
                                         "2", "3", "4", "5", "6", "7", "8", "9", "0"};

static const char *const numbers[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

static int find_button(const struct controls *controls, const char *name) {
    for (int i = 0; i < controls->button_count; i++)
        if (strcmp(controls->buttons[i], name) == 0)
            return i;
    return -1;
}

static const struct wiring *choose_wiring(const struct controls *controls) {
    if (find_button(controls, "C") >= 0)
        return six_buttons;
    return find_button(controls, "X") >= 0 || find_button(controls, "Y") >= 0 ? four_buttons
                                                                              : two_buttons;
}

static bool key_is_taken(const struct controls *controls, const char *key) {
    for (int i = 0; i < controls->key_count; i++)
        if (strcmp(controls->key_names[i], key) == 0)
            return true;
    return false;
}

static bool is_on_keyboard(const char *key) {
    return strncmp(key, "pad ", strlen("pad ")) != 0;
}

/* Returns whether the button got the key. */
static bool add_key(struct controls *controls, int button, const char *key) {
    if (controls->key_count == WINDOW_MAX_KEYS || key_is_taken(controls, key))
        return false;
    controls->key_names[controls->key_count] = key;
    controls->key_buttons[controls->key_count++] = (uint8_t)button;
    return true;
}

/* Adds a button's usual keys, unless other buttons have them. Returns whether one is on the
 * keyboard. */
static bool add_wired(struct controls *controls, const struct wiring *wiring, int button) {
    bool is_playable = false;
    while (wiring->button && strcmp(wiring->button, controls->buttons[button]) != 0)
        wiring++;
    for (int i = 0; i < MAX_CHOICES && wiring->keys[i]; i++)
        if (add_key(controls, button, wiring->keys[i]) && is_on_keyboard(wiring->keys[i]))
            is_playable = true;
    return is_playable;
}

static void add_spare(struct controls *controls, int button) {
    for (size_t i = 0; i < sizeof spare_keys / sizeof *spare_keys; i++)
        if (add_key(controls, button, spare_keys[i]))
            return;
}

static void wire_names(struct controls *controls) {
    const struct wiring *own = choose_wiring(controls);
    bool is_wired[CONTROLS_MAX_BUTTONS] = {0};
    for (int i = 0; i < controls->button_count; i++)
        is_wired[i] = add_wired(controls, common, i) || add_wired(controls, own, i);
    for (int i = 0; i < controls->button_count; i++)
        if (!is_wired[i])
            add_spare(controls, i);
}

static void wire_numbers(const struct emulator_info *info, struct controls *controls) {
    const int most = (int)(sizeof numbers / sizeof *numbers);
    controls->action_count =
        info->action_count < CONTROLS_MAX_ACTIONS ? info->action_count : CONTROLS_MAX_ACTIONS;
    controls->button_count = info->action_count < most ? info->action_count : most;
    for (int i = 0; i < controls->action_count; i++)
        controls->masks[i] = i < most ? 1U << i : UNREACHABLE;
    for (int i = 0; i < controls->button_count; i++) {
        snprintf(controls->buttons[i], sizeof controls->buttons[i], "action %d", i);
        if (info->action_count == 2)
            add_key(controls, i, i == 0 ? "Left" : "Right");
        add_key(controls, i, numbers[i]);
        if (info->action_count == 2)
            add_key(controls, i, i == 0 ? "pad dpleft" : "pad dpright");
    }
}

/* ---- The whole ------------------------------------------------------------------------------- */

static void describe_button(struct controls *controls, int button) {
    struct window_line line = {0};
    size_t used = 0;
    for (int i = 0; i < controls->key_count; i++) {
        if (controls->key_buttons[i] != button || !is_on_keyboard(controls->key_names[i]))
            continue;
        const int more = snprintf(line.key + used, sizeof line.key - used, "%s%s",
                                  used > 0 ? " or " : "", controls->key_names[i]);
        used += (size_t)more;
        if (used >= sizeof line.key)
            used = sizeof line.key - 1;
    }
    if (used == 0)
        return; /* more buttons than keys */
    snprintf(line.meaning, sizeof line.meaning, "%s", controls->buttons[button]);
    controls->lines[controls->line_count++] = line;
}

/* Directions first: people look for them. */
static void describe_controls(struct controls *controls) {
    static const char *const directions[] = {"LEFT", "RIGHT", "UP", "DOWN"};
    bool is_told[CONTROLS_MAX_BUTTONS] = {0};
    controls->lines[controls->line_count++] = (struct window_line){0};
    controls->lines[controls->line_count++] =
        (struct window_line){.meaning = "To play, or with a controller"};
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++) {
        const int button = find_button(controls, directions[i]);
        if (button < 0)
            continue;
        describe_button(controls, button);
        is_told[button] = true;
    }
    for (int i = 0; i < controls->button_count; i++)
        if (!is_told[i])
            describe_button(controls, i);
}

void controls_make(const struct emulator_info *info, struct controls *controls) {
    bool are_numbers = true;
    memset(controls, 0, sizeof *controls);
    for (int i = 0; info->action_names && i < info->action_count; i++)
        are_numbers = are_numbers && is_number(info->action_names[i]);
    if (are_numbers) {
        wire_numbers(info, controls);
    } else {
        read_actions(info, controls);
        wire_names(controls);
    }
    describe_controls(controls);
}

/* Of two opposite directions, releases the one pressed first. */
static void settle(const struct controls *controls, uint32_t *pressed, const char *one,
                   const char *other) {
    const int a = find_button(controls, one);
    const int b = find_button(controls, other);
    if (a < 0 || b < 0 || pressed[a] == 0 || pressed[b] == 0)
        return;
    pressed[pressed[a] < pressed[b] ? a : b] = 0;
}

int controls_choose(const struct controls *controls, const uint32_t *order) {
    uint32_t pressed[CONTROLS_MAX_BUTTONS] = {0};
    int best = controls->idle_action;
    int best_count = 0;
    uint32_t best_newest = 0;
    for (int i = 0; i < controls->key_count; i++)
        if (order[i] > pressed[controls->key_buttons[i]])
            pressed[controls->key_buttons[i]] = order[i];
    settle(controls, pressed, "LEFT", "RIGHT");
    settle(controls, pressed, "UP", "DOWN");

    for (int action = 0; action < controls->action_count; action++) {
        int count = 0;
        uint32_t newest = 0;
        bool fits = controls->masks[action] != UNREACHABLE;
        for (int b = 0; b < controls->button_count && fits; b++) {
            if (!(controls->masks[action] >> b & 1))
                continue;
            fits = pressed[b] != 0;
            newest = pressed[b] > newest ? pressed[b] : newest;
            count++;
        }
        if (fits && (count > best_count || (count == best_count && newest > best_newest))) {
            best = action;
            best_count = count;
            best_newest = newest;
        }
    }
    return best;
}
