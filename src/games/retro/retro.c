/*
 * Games as stable-retro integrates them: a libretro core, and a folder that tells where the score
 * is in the console's memory, what earns a reward, when a game is over, and where it starts. The
 * order of things within a step is stable-retro's (1.0.1), so that rewards and ends agree.
 */
#include "games/libretro/libretro.h"
#include "games/machines.h"
#include "games/retro/actions.h"
#include "games/retro/console.h"
#include "games/retro/crop.h"
#include "games/retro/data.h"
#include "games/retro/rom.h"
#include "games/retro/scenario.h"
#include "games/retro/script.h"
#include "games/retro/start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct retro {
    struct emulator head;
    struct retro_console console;
    struct retro_system system;
    struct retro_variables variables;
    struct retro_scenario scenario;
    struct retro_script *script; /* NULL: the scenario needs none */
    int64_t *values;             /* of each variable, after the newest frame */
    int64_t *previous;           /* after the one before */
    int lives;                   /* the variable "lives", or -1 */
    int *details;                /* indices of the variables that are there */
    const char **detail_names;
    struct button_actions actions;
    struct retro_crop window; /* the shown part of the screen */
    int screen_width;
    int screen_height;
    uint8_t *screen;      /* the whole of it, for cutting */
    struct error failure; /* message "": none */
    char kind[48];        /* of saved states */
};

static struct retro *retro_of(struct emulator *emulator) {
    return (struct retro *)emulator;
}

static const struct retro *const_retro_of(const struct emulator *emulator) {
    return (const struct retro *)emulator;
}

/* ---- Play ------------------------------------------------------------------------------------ */

static void read_values(struct retro *retro) {
    for (int i = 0; i < retro->variables.count; i++)
        retro->values[i] = retro_variable_read(&retro->variables.all[i], &retro->console.memory);
}

static int lives_now(const struct retro *retro) {
    if (retro->lives < 0)
        return 0;
    const int64_t lives = retro->values[retro->lives];
    return lives > 0 && lives <= INT32_MAX ? (int)lives : 0;
}

/* Lets the script, if any, decide in place of the rules. */
static void judge(struct retro *retro, struct emulator_frame *frame) {
    if (retro->script && !retro->failure.message[0])
        retro_script_judge(retro->script, retro->values, &frame->reward, &frame->game_over,
                           &retro->failure);
}

static void note_failure(struct retro *retro, struct emulator_frame *frame) {
    const char *failure = libretro_failure(retro->console.core);
    if (failure && !retro->failure.message[0])
        error_set(&retro->failure, STATUS_FAILED, "%s", failure);
    frame->failed = retro->failure.message[0] != '\0';
}

/* The frame after the start state is played without buttons, and its reward is dropped; a script
 * judges it nevertheless. */
static void retro_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct retro *retro = retro_of(emulator);
    retro_console_load_start(&retro->console, &retro->failure);
    libretro_run(retro->console.core, 0);
    read_values(retro);
    if (retro->script &&
        retro_script_restart(retro->script, retro->values, &retro->failure) == STATUS_OK)
        judge(retro, frame);
    *frame = (struct emulator_frame){.lives = lives_now(retro)};
    note_failure(retro, frame);
}

static void retro_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct retro *retro = retro_of(emulator);
    libretro_run(retro->console.core, retro->actions.masks[action]);
    int64_t *const before = retro->previous;
    retro->previous = retro->values;
    retro->values = before;
    read_values(retro);
    *frame = (struct emulator_frame){
        .lives = lives_now(retro),
        .reward = retro_scenario_reward(&retro->scenario, retro->values, retro->previous),
        .game_over = retro_scenario_is_over(&retro->scenario, retro->values, retro->previous),
    };
    judge(retro, frame);
    note_failure(retro, frame);
}

static void retro_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    const struct retro *retro = const_retro_of(emulator);
    if (!retro->screen) {
        libretro_screen_rgb(retro->console.core, rgb);
        return;
    }
    libretro_screen_rgb(retro->console.core, retro->screen);
    retro_crop_copy(&retro->window, retro->screen, retro->screen_width, rgb);
}

static void retro_ram_read(const struct emulator *emulator, uint8_t *ram) {
    size_t size;
    const uint8_t *bytes = libretro_ram(const_retro_of(emulator)->console.core, &size);
    if (bytes && size >= emulator->info.ram_size)
        memcpy(ram, bytes, emulator->info.ram_size);
}

static void retro_ram_write(struct emulator *emulator, size_t address, uint8_t value) {
    size_t size;
    uint8_t *bytes = libretro_ram(retro_of(emulator)->console.core, &size);
    if (bytes && address < size)
        bytes[address] = value;
}

static void retro_details(const struct emulator *emulator, double *values) {
    const struct retro *retro = const_retro_of(emulator);
    for (int i = 0; i < emulator->info.detail_count; i++)
        values[i] = (double)retro->values[retro->details[i]];
}

static const char *retro_failure(const struct emulator *emulator) {
    const struct retro *retro = const_retro_of(emulator);
    return retro->failure.message[0] ? retro->failure.message : NULL;
}

/* ---- Saved states: a seal, then the script's values, if any, then the core's ------------------
 */

static size_t script_state_size(const struct retro *retro) {
    return retro->script ? retro_script_state_size(retro->script) : 0;
}

static size_t retro_state_bound(const struct emulator *emulator, int64_t frames) {
    (void)frames;
    const struct retro *retro = const_retro_of(emulator);
    return sizeof(struct seal) + script_state_size(retro) +
           libretro_state_size(retro->console.core);
}

static enum status retro_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                    size_t *used, struct error *error) {
    struct retro *retro = retro_of(emulator);
    *used = retro_state_bound(emulator, 0);
    if (capacity < *used)
        return error_set(error, STATUS_FAILED,
                         "a saved state takes %zu bytes, and there is room for %zu", *used,
                         capacity);
    uint8_t *const own = state + sizeof(struct seal);
    enum status status = libretro_save(retro->console.core, own + script_state_size(retro), error);
    if (status == STATUS_OK && retro->script)
        status = retro_script_save(retro->script, own, error);
    if (status == STATUS_OK)
        seal_write(state, *used, retro->kind);
    return status;
}

static enum status retro_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                    struct error *error) {
    struct retro *retro = retro_of(emulator);
    const uint8_t *const own = state + sizeof(struct seal);
    const size_t own_size = script_state_size(retro);
    enum status status = seal_check(state, size, retro->kind, error);
    if (status == STATUS_OK && size < sizeof(struct seal) + own_size)
        status = error_set(error, STATUS_BAD_INPUT, "the saved state lacks the script's values");
    if (status == STATUS_OK)
        status = libretro_load(retro->console.core, own + own_size,
                               size - sizeof(struct seal) - own_size, error);
    if (status == STATUS_OK)
        read_values(retro);
    if (status == STATUS_OK && retro->script)
        status = retro_script_load(retro->script, own, error);
    return status;
}

static void retro_close(struct emulator *emulator) {
    struct retro *retro = retro_of(emulator);
    retro_console_close(&retro->console);
    retro_script_free(retro->script);
    retro_scenario_free(&retro->scenario);
    retro_variables_free(&retro->variables);
    free(retro->values);
    free(retro->previous);
    free(retro->details);
    free((void *)retro->detail_names);
    button_actions_free(&retro->actions);
    free(retro->screen);
    free(retro);
}

#define CLASS_WITHOUT_STATES                                                                       \
    .name = "retro", .reset = retro_reset, .act = retro_act, .screen_rgb = retro_screen_rgb,       \
    .ram_read = retro_ram_read, .ram_write = retro_ram_write, .details = retro_details,            \
    .failure = retro_failure, .close = retro_close

static const struct emulator_class retro_class = {
    CLASS_WITHOUT_STATES,
    .state_bound = retro_state_bound,
    .save_state = retro_save_state,
    .load_state = retro_load_state,
};

/* For cores whose states are incomplete, and for scripts whose values cannot be saved. */
static const struct emulator_class unsaved_class = {CLASS_WITHOUT_STATES};

/* ---- Opening --------------------------------------------------------------------------------- */

static enum status no_memory(const char *folder, struct error *error) {
    return error_set(error, STATUS_FAILED, "out of memory opening '%s'", folder);
}

static enum status open_rules(struct retro *retro, const struct retro_description *description,
                              struct error *error) {
    char path[PATH_SIZE];
    enum status status =
        retro_system_load(description->cores, description->system, &retro->system, error);
    if (status == STATUS_OK)
        status = path_join(path, description->folder, "data.json", error);
    if (status == STATUS_OK)
        status = retro_variables_load(path, &retro->variables, error);
    if (status == STATUS_OK)
        status = path_join(path, description->folder, "scenario.json", error);
    if (status == STATUS_OK)
        status =
            retro_scenario_load(path, &retro->variables, &retro->system, &retro->scenario, error);
    if (status == STATUS_OK && retro->scenario.script_count > 0)
        status = retro_script_open(description->folder, &retro->scenario, &retro->variables,
                                   &retro->script, error);
    return status;
}

static enum status open_console(struct retro *retro, const struct retro_description *description,
                                struct error *error) {
    char rom_path[PATH_SIZE];
    char core_path[PATH_SIZE];
    enum status status = STATUS_OK;
    if (*description->core)
        snprintf(core_path, sizeof core_path, "%s", description->core);
    else
        status = path_join(core_path, description->cores, retro->system.core, error);
    if (status == STATUS_OK)
        status =
            retro_rom_find(description->folder, description->rom, &retro->system, rom_path, error);
    if (status == STATUS_OK)
        status = retro_console_open(core_path, rom_path, &retro->system, &retro->console, error);
    if (status != STATUS_OK)
        return status;
    retro->head.info.ram_size = retro->console.ram_size;
    const bool can_save = !retro->script || retro_script_state_size(retro->script) > 0;
    if (retro->console.renews_core || !can_save)
        retro->head.class = &unsaved_class;
    return STATUS_OK;
}

static enum status find_variables(struct retro *retro, const char *folder, struct error *error) {
    const size_t count = (size_t)retro->variables.count;
    retro->values = calloc(count + 1, sizeof *retro->values);
    retro->previous = calloc(count + 1, sizeof *retro->previous);
    retro->details = calloc(count + 1, sizeof *retro->details);
    retro->detail_names = calloc(count + 1, sizeof *retro->detail_names);
    if (!retro->values || !retro->previous || !retro->details || !retro->detail_names)
        return no_memory(folder, error);
    struct emulator_info *info = &retro->head.info;
    retro->lives = retro_variables_find(&retro->variables, "lives");
    for (int i = 0; i < retro->variables.count; i++) {
        const struct retro_variable *variable = &retro->variables.all[i];
        if (retro_variable_is_there(variable, &retro->console.memory)) {
            retro->details[info->detail_count] = i;
            retro->detail_names[info->detail_count++] = variable->name;
        } else if (retro_scenario_uses(&retro->scenario, i) ||
                   (retro->script && retro_script_has_word(retro->script, variable->name))) {
            char shown[64];
            snprintf(shown, sizeof shown, "%s", variable->name);
            printable(shown);
            return error_set(error, STATUS_BAD_INPUT,
                             "%s has no memory at 0x%llx, where '%s' has the variable '%s'",
                             libretro_name(retro->console.core),
                             (unsigned long long)variable->address, folder, shown);
        }
    }
    info->detail_names = retro->detail_names;
    return STATUS_OK;
}

/* The first frame after the start state has the game's screen size. */
static enum status find_screen(struct retro *retro, const char *folder, struct error *error) {
    if (!retro->console.start_is_own) {
        libretro_run(retro->console.core, 0);
        libretro_fit_screen(retro->console.core);
    }
    int width;
    int height;
    libretro_screen_size(retro->console.core, &width, &height);
    const struct retro_crop window = retro_crop_fit(&retro->scenario.crop, width, height);
    if (window.width < width || window.height < height) {
        retro->screen = malloc((size_t)3 * (size_t)width * (size_t)height);
        if (!retro->screen)
            return no_memory(folder, error);
    }
    retro->window = window;
    retro->screen_width = width;
    retro->screen_height = height;
    retro->head.info.screen_width = window.width;
    retro->head.info.screen_height = window.height;
    return STATUS_OK;
}

static enum status choose_actions(struct retro *retro, const char *choice, struct error *error) {
    const struct retro_combos *combos =
        retro->scenario.has_combos ? &retro->scenario.combos : &retro->system.combos;
    const enum status status =
        retro_actions_choose(choice, &retro->system, combos, &retro->actions, error);
    retro->head.info.action_count = retro->actions.count;
    retro->head.info.action_names = retro->actions.names;
    retro->head.info.fire_action = -1;
    return status;
}

static enum status open_game(struct retro *retro, const struct retro_description *description,
                             struct error *error) {
    char start[PATH_SIZE];
    enum status status = open_rules(retro, description, error);
    if (status == STATUS_OK)
        status = choose_actions(retro, description->actions, error);
    if (status == STATUS_OK)
        status = open_console(retro, description, error);
    if (status == STATUS_OK)
        status = retro_start_find(description->folder, description->state, start, error);
    if (status == STATUS_OK)
        status = retro_console_open_start(&retro->console, start, error);
    if (status == STATUS_OK)
        status = find_screen(retro, description->folder, error);
    if (status != STATUS_OK)
        return status;
    return find_variables(retro, description->folder, error);
}

enum status emulator_open_retro(const struct retro_description *description,
                                struct emulator **emulator, struct error *error) {
    struct retro *retro = calloc(1, sizeof *retro);
    if (!retro)
        return no_memory(description->folder, error);
    retro->head.class = &retro_class;
    const char *slash = strrchr(description->folder, '/');
    snprintf(retro->kind, sizeof retro->kind, "%.47s", slash ? slash + 1 : description->folder);
    enum status status = open_game(retro, description, error);
    if (status == STATUS_OK && emulator_reset(&retro->head).failed) {
        *error = retro->failure;
        status = error->status;
    }
    if (status != STATUS_OK) {
        retro_close(&retro->head);
        return status;
    }
    retro->head.info.frames_per_second = libretro_frames_per_second(retro->console.core);
    retro->head.info.pixel_aspect = libretro_pixel_aspect(retro->console.core);
    *emulator = &retro->head;
    return STATUS_OK;
}
