/*
 * Games as stable-retro integrates them: a libretro core, and a folder that says which bytes of the
 * console's memory are the score, what is worth a reward, when a game is over, and where it starts.
 * The order of things within a step is stable-retro's (1.0.1), so that rewards and ends agree.
 */
#include "games/libretro/libretro.h"
#include "games/machines.h"
#include "games/retro/data.h"
#include "games/retro/rom.h"
#include "games/retro/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STATE_MAX_SIZE = 64 << 20,
    FRAMES_BEFORE_START = 2 /* that stable-retro plays before it loads the start state */
};

/* The only options of cores that stable-retro knows of; what a game does depends on others, too. */
static const struct libretro_option core_options[] = {
    {"genesis_plus_gx_bram", "per game"},
    {"genesis_plus_gx_render", "single field"},
    {"genesis_plus_gx_blargg_ntsc_filter", "disabled"},
};

enum { CORE_OPTION_COUNT = sizeof core_options / sizeof core_options[0] };

struct retro {
    struct emulator head;
    struct libretro_core *core;
    char core_path[PATH_SIZE];
    char rom_path[PATH_SIZE];
    bool renews_core; /* before the start state is loaded, which alone does not clear all */
    struct retro_system system;
    struct retro_variables variables;
    struct retro_scenario scenario;
    struct retro_memory memory;
    int64_t *values;   /* of each variable, after the newest frame */
    int64_t *previous; /* after the one before */
    int lives;         /* the variable "lives", or -1 */
    int *details;      /* indices of the variables that are there */
    const char **detail_names;
    uint16_t *actions; /* buttons of each action */
    char (*action_texts)[RETRO_ACTION_SIZE];
    const char **action_names;
    unsigned char *start; /* state that a game starts from */
    size_t start_size;
    bool start_is_own;        /* of libretro_save, not of a file */
    struct retro_crop window; /* the part of the screen that is shown */
    int screen_width;
    int screen_height;
    uint8_t *screen;      /* the whole of it, for cutting */
    struct error failure; /* message "" while all is well */
    char kind[48];        /* of saved states */
};

static struct retro *retro_of(struct emulator *emulator) {
    return (struct retro *)emulator;
}

static const struct retro *const_retro_of(const struct emulator *emulator) {
    return (const struct retro *)emulator;
}

/* ---- The machine -------------------------------------------------------------------------- */

static void add_block(struct retro_memory *memory, uint64_t start, size_t size,
                      const uint8_t *bytes) {
    int place = 0;
    while (place < memory->count && memory->blocks[place].start < start)
        place++;
    const bool replaces = place < memory->count && memory->blocks[place].start == start;
    if (!replaces && memory->count == RETRO_MAX_BLOCKS)
        return;
    if (!replaces) {
        memmove(&memory->blocks[place + 1], &memory->blocks[place],
                (size_t)(memory->count - place) * sizeof memory->blocks[0]);
        memory->count++;
    }
    memory->blocks[place] = (struct retro_block){.start = start, .size = size, .bytes = bytes};
}

/* The address space as the core describes it, otherwise the system's RAM at the console's address.
 */
static void find_memory(struct retro *retro) {
    const struct libretro_region *regions;
    retro->memory.count = 0;
    const int count = libretro_regions(retro->core, &regions);
    for (int i = 0; i < count; i++)
        add_block(&retro->memory, regions[i].start, regions[i].size, regions[i].bytes);
    size_t size;
    const uint8_t *ram = libretro_ram(retro->core, &size);
    if (count == 0 && ram)
        add_block(&retro->memory, retro->system.ram_base, size, ram);
    retro->memory.swap = retro->system.swap;
    retro->head.info.ram_size = ram ? size : 0;
}

/* Opens the core and the game; where there are others already, these take their place. */
static enum status renew_core(struct retro *retro, struct error *error) {
    struct libretro_core *core;
    const enum status status = libretro_open_with(retro->core_path, retro->rom_path, core_options,
                                                  CORE_OPTION_COUNT, &core, error);
    if (status != STATUS_OK)
        return status;
    if (retro->core) {
        int width;
        int height;
        libretro_screen_size(retro->core, &width, &height);
        libretro_set_screen_size(core, width, height);
        libretro_close(retro->core);
    }
    retro->core = core;
    find_memory(retro);
    return STATUS_OK;
}

/* ---- Play ------------------------------------------------------------------------------------ */

static void read_values(struct retro *retro) {
    for (int i = 0; i < retro->variables.count; i++)
        retro->values[i] = retro_variable_read(&retro->variables.all[i], &retro->memory);
}

static int lives_now(const struct retro *retro) {
    if (retro->lives < 0)
        return 0;
    const int64_t lives = retro->values[retro->lives];
    return lives > 0 && lives <= INT32_MAX ? (int)lives : 0;
}

static void note_failure(struct retro *retro, struct emulator_frame *frame) {
    const char *failure = libretro_failure(retro->core);
    if (failure && !retro->failure.message[0])
        error_set(&retro->failure, STATUS_FAILED, "%s", failure);
    frame->failed = retro->failure.message[0] != '\0';
}

static enum status load_start(struct retro *retro, struct error *error) {
    if (retro->renews_core) {
        const enum status status = renew_core(retro, error);
        if (status != STATUS_OK)
            return status;
        libretro_reset(retro->core);
    }
    if (retro->start_is_own)
        return libretro_load(retro->core, retro->start, retro->start_size, error);
    return libretro_load_foreign(retro->core, retro->start, retro->start_size, error);
}

/* The frame after the start state is played without buttons, and counts for nothing. */
static void retro_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct retro *retro = retro_of(emulator);
    load_start(retro, &retro->failure);
    libretro_run(retro->core, 0);
    read_values(retro);
    *frame = (struct emulator_frame){.lives = lives_now(retro)};
    note_failure(retro, frame);
}

static void retro_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct retro *retro = retro_of(emulator);
    libretro_run(retro->core, retro->actions[action]);
    int64_t *const before = retro->previous;
    retro->previous = retro->values;
    retro->values = before;
    read_values(retro);
    *frame = (struct emulator_frame){
        .reward = retro_scenario_reward(&retro->scenario, retro->values, retro->previous),
        .lives = lives_now(retro),
        .game_over = retro_scenario_is_over(&retro->scenario, retro->values, retro->previous),
    };
    note_failure(retro, frame);
}

static void retro_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    const struct retro *retro = const_retro_of(emulator);
    if (!retro->screen) {
        libretro_screen_rgb(retro->core, rgb);
        return;
    }
    libretro_screen_rgb(retro->core, retro->screen);
    const struct retro_crop *window = &retro->window;
    const size_t row_bytes = (size_t)3 * (size_t)window->width;
    for (int row = 0; row < window->height; row++)
        memcpy(rgb + (size_t)row * row_bytes,
               retro->screen +
                   (size_t)3 * ((size_t)(window->y + row) * (size_t)retro->screen_width +
                                (size_t)window->x),
               row_bytes);
}

static void retro_ram_read(const struct emulator *emulator, uint8_t *ram) {
    size_t size;
    const uint8_t *bytes = libretro_ram(const_retro_of(emulator)->core, &size);
    if (bytes && size >= emulator->info.ram_size)
        memcpy(ram, bytes, emulator->info.ram_size);
}

static void retro_ram_write(struct emulator *emulator, size_t address, uint8_t value) {
    size_t size;
    uint8_t *bytes = libretro_ram(retro_of(emulator)->core, &size);
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

/* ---- Saved states: a seal, then the core's --------------------------------------------------- */

static size_t retro_state_bound(const struct emulator *emulator, int64_t frames) {
    (void)frames;
    return sizeof(struct seal) + libretro_state_size(const_retro_of(emulator)->core);
}

static enum status retro_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                    size_t *used, struct error *error) {
    struct retro *retro = retro_of(emulator);
    *used = retro_state_bound(emulator, 0);
    if (capacity < *used)
        return error_set(error, STATUS_FAILED,
                         "a saved state takes %zu bytes, and there is room for %zu", *used,
                         capacity);
    const enum status status = libretro_save(retro->core, state + sizeof(struct seal), error);
    if (status == STATUS_OK)
        seal_write(state, *used, retro->kind);
    return status;
}

static enum status retro_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                    struct error *error) {
    struct retro *retro = retro_of(emulator);
    enum status status = seal_check(state, size, retro->kind, error);
    if (status == STATUS_OK)
        status = libretro_load(retro->core, state + sizeof(struct seal), size - sizeof(struct seal),
                               error);
    if (status == STATUS_OK)
        read_values(retro);
    return status;
}

static void retro_close(struct emulator *emulator) {
    struct retro *retro = retro_of(emulator);
    libretro_close(retro->core);
    retro_scenario_free(&retro->scenario);
    retro_variables_free(&retro->variables);
    free(retro->values);
    free(retro->previous);
    free(retro->details);
    free((void *)retro->detail_names);
    free(retro->actions);
    free(retro->action_texts);
    free((void *)retro->action_names);
    free(retro->start);
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

/* For cores whose states do not hold all that play depends on. */
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
    return status;
}

static enum status open_core(struct retro *retro, const struct retro_description *description,
                             struct error *error) {
    enum status status = STATUS_OK;
    if (*description->core)
        snprintf(retro->core_path, sizeof retro->core_path, "%s", description->core);
    else
        status = path_join(retro->core_path, description->cores, retro->system.core, error);
    if (status == STATUS_OK)
        status = retro_rom_find(description->folder, description->rom, &retro->system,
                                retro->rom_path, error);
    if (status == STATUS_OK)
        status = renew_core(retro, error);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < FRAMES_BEFORE_START; i++)
        libretro_run(retro->core, 0);
    if (libretro_failure(retro->core))
        return error_set(error, STATUS_BAD_INPUT, "%s: %s", libretro_name(retro->core),
                         libretro_failure(retro->core));
    if (libretro_state_size(retro->core) == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "%s saves no states, so it cannot go back to the start of a game",
                         libretro_name(retro->core));
    /* Stella keeps, for one, where the paddles stand, and its states leave that out. */
    retro->renews_core = strncmp(libretro_name(retro->core), "Stella ", strlen("Stella ")) == 0;
    if (retro->renews_core)
        retro->head.class = &unsaved_class;
    return STATUS_OK;
}

/* The name of the start state in metadata.json; "" where the game starts at power-on. */
static enum status name_start(const char *folder, char *name, size_t size, struct error *error) {
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

static enum status save_start(struct retro *retro, const char *folder, struct error *error) {
    retro->start_is_own = true;
    libretro_fit_screen(retro->core);
    retro->start_size = libretro_state_size(retro->core);
    retro->start = malloc(retro->start_size + 1);
    return retro->start ? libretro_save(retro->core, retro->start, error)
                        : no_memory(folder, error);
}

static enum status open_start(struct retro *retro, const char *folder, struct error *error) {
    char name[256];
    char file[sizeof name + sizeof ".state"];
    char path[PATH_SIZE];
    enum status status = name_start(folder, name, sizeof name, error);
    if (status != STATUS_OK)
        return status;
    if (!name[0])
        return save_start(retro, folder, error);
    snprintf(file, sizeof file, "%s.state", name);
    status = path_join(path, folder, file, error);
    if (status == STATUS_OK)
        status = gzip_read_file(path, STATE_MAX_SIZE, &retro->start, &retro->start_size, error);
    if (status == STATUS_OK)
        status = load_start(retro, error);
    return status == STATUS_OK ? STATUS_OK : error_context(error, "the start state '%s'", file);
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
        if (retro_variable_is_there(variable, &retro->memory)) {
            retro->details[info->detail_count] = i;
            retro->detail_names[info->detail_count++] = variable->name;
        } else if (retro_scenario_uses(&retro->scenario, i)) {
            char shown[64];
            snprintf(shown, sizeof shown, "%s", variable->name);
            printable(shown);
            return error_set(error, STATUS_BAD_INPUT,
                             "%s has no memory at 0x%llx, where '%s' has the variable '%s'",
                             libretro_name(retro->core), (unsigned long long)variable->address,
                             folder, shown);
        }
    }
    info->detail_names = retro->detail_names;
    return STATUS_OK;
}

/* The screen after the start state's first frame has the size that the game has. */
static enum status find_screen(struct retro *retro, const char *folder, struct error *error) {
    if (!retro->start_is_own) {
        libretro_run(retro->core, 0);
        libretro_fit_screen(retro->core);
    }
    int width;
    int height;
    libretro_screen_size(retro->core, &width, &height);
    struct retro_crop window = retro->scenario.crop;
    if (window.x >= width || window.y >= height)
        window = (struct retro_crop){0};
    if (window.width == 0 || window.x + window.width > width)
        window.width = width - window.x;
    if (window.height == 0 || window.y + window.height > height)
        window.height = height - window.y;
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

static enum status make_room_for_actions(struct retro *retro, int count, struct error *error) {
    const size_t room = (size_t)count;
    retro->actions = calloc(room, sizeof *retro->actions);
    retro->action_texts = calloc(room, sizeof *retro->action_texts);
    retro->action_names = calloc(room, sizeof *retro->action_names);
    retro->head.info.action_count = count;
    retro->head.info.action_names = retro->action_names;
    retro->head.info.fire_action = -1;
    return retro->actions && retro->action_texts && retro->action_names
               ? STATUS_OK
               : error_set(error, STATUS_FAILED, "out of memory for %d actions", count);
}

static enum status list_actions(struct retro *retro, const char *list, struct error *error) {
    int count = 1;
    for (const char *c = list; *c; c++)
        count += *c == ',';
    const enum status status = make_room_for_actions(retro, count, error);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < count; i++) {
        char name[RETRO_ACTION_SIZE];
        const size_t length = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, list);
        if (!retro_action_parse(&retro->system, name, &retro->actions[i]))
            return error_set(error, STATUS_BAD_INPUT,
                             "'%.32s' is not an action of a %s: name buttons, such as "
                             "--actions=NOOP,LEFT,RIGHT,LEFT+%s",
                             name, retro->system.name, retro->system.buttons[0]);
        list += length + (list[length] == ',');
    }
    return STATUS_OK;
}

/* All combos that are allowed, or those that a person names. */
static enum status choose_actions(struct retro *retro, const char *choice, struct error *error) {
    enum status status = STATUS_OK;
    if (*choice && strcmp(choice, "discrete") != 0) {
        status = list_actions(retro, choice, error);
    } else {
        const struct retro_combos *combos =
            retro->scenario.has_combos ? &retro->scenario.combos : &retro->system.combos;
        const int count = retro_combos_count(combos);
        if (count > RETRO_MAX_ACTIONS)
            return error_set(error, STATUS_BAD_INPUT,
                             "the buttons make more than %d actions: name those to play with, such "
                             "as --actions=NOOP,LEFT,RIGHT",
                             RETRO_MAX_ACTIONS);
        status = make_room_for_actions(retro, count, error);
        for (int i = 0; status == STATUS_OK && i < count; i++)
            retro->actions[i] = retro_combos_buttons(combos, i);
    }
    for (int i = 0; status == STATUS_OK && i < retro->head.info.action_count; i++) {
        retro_action_name(&retro->system, retro->actions[i], retro->action_texts[i]);
        retro->action_names[i] = retro->action_texts[i];
    }
    return status;
}

static enum status open_game(struct retro *retro, const struct retro_description *description,
                             struct error *error) {
    enum status status = open_rules(retro, description, error);
    if (status == STATUS_OK)
        status = choose_actions(retro, description->actions, error);
    if (status == STATUS_OK)
        status = open_core(retro, description, error);
    if (status == STATUS_OK)
        status = open_start(retro, description->folder, error);
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
    const enum status status = open_game(retro, description, error);
    if (status != STATUS_OK) {
        retro_close(&retro->head);
        return status;
    }
    retro->head.info.frames_per_second = libretro_frames_per_second(retro->core);
    retro->head.info.pixel_aspect = libretro_pixel_aspect(retro->core);
    emulator_reset(&retro->head);
    *emulator = &retro->head;
    return STATUS_OK;
}
