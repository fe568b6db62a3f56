/* Users' own games: shared libraries with the interface of include/asyncrl/emulator.h. */
#include "games/machines.h"

#include <asyncrl/emulator.h>

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    MAX_SCREEN = 1024,
    MAX_ACTIONS = 4096,
    MAX_NAME = 63,
    MAX_FRAMES_PER_SECOND = 10000,
    MAX_STATE_BYTES = 1 << 26,
    MAX_RAM_BYTES = 1 << 26,
};

/* Memory with an inaccessible page after it: a game that writes more than it announced ends the
 * process there, before it changes other data. */
struct fenced {
    uint8_t *bytes;
    void *mapping;
    size_t mapping_size;
};

struct plugin {
    struct emulator head;
    struct shared_library *library;
    struct asyncrl_emulator table; /* a copy, so that it cannot change */
    void *game;
    struct rng rng; /* gives each game its seed */
    struct fenced screen;
    struct fenced state;
    char kind[48];     /* the kind in seals */
    char failure[256]; /* empty: none */
};

static struct plugin *plugin_of(struct emulator *emulator) {
    return (struct plugin *)emulator;
}

static const struct plugin *const_plugin_of(const struct emulator *emulator) {
    return (const struct plugin *)emulator;
}

/* ---- Memory for the game to write to --------------------------------------------------------- */

static enum status fence(struct fenced *fenced, size_t size, struct error *error) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t room = (size + page - 1) / page * page;
    void *mapping = mmap(NULL, room + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        return error_set(error, STATUS_FAILED, "out of memory for a plugin");
    fenced->mapping = mapping;
    fenced->mapping_size = room + page;
    if (room > 0 && mprotect(mapping, room, PROT_READ | PROT_WRITE) != 0)
        return error_set(error, STATUS_FAILED, "out of memory for a plugin");
    fenced->bytes = (uint8_t *)mapping + (room - size);
    return STATUS_OK;
}

static void unfence(struct fenced *fenced) {
    if (fenced->mapping)
        munmap(fenced->mapping, fenced->mapping_size);
}

/* ---- Playing --------------------------------------------------------------------------------- */

/* A message of the game may be any bytes; one printable line of it is shown. */
static void copy_line(char *out, size_t size, const char *line) {
    size_t length = 0;
    for (; length + 1 < size && line[length]; length++)
        out[length] = isprint((unsigned char)line[length]) ? line[length] : ' ';
    out[length] = '\0';
}

static void take_frame(struct plugin *plugin, const struct asyncrl_frame *answer,
                       struct emulator_frame *frame) {
    if (answer->failure)
        copy_line(plugin->failure, sizeof plugin->failure,
                  answer->failure[0] ? answer->failure : "it does not say why");
    else if (!isfinite(answer->reward))
        snprintf(plugin->failure, sizeof plugin->failure, "its reward is %g", answer->reward);
    if (plugin->failure[0]) {
        *frame = (struct emulator_frame){.failed = true};
        return;
    }
    *frame = (struct emulator_frame){
        .reward = answer->reward,
        .lives = answer->lives,
        .game_over = answer->game_over,
        .truncated = answer->truncated,
    };
}

static void plugin_seed(struct emulator *emulator, uint64_t seed) {
    rng_seed(&plugin_of(emulator)->rng, seed, 0);
}

static void plugin_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct plugin *plugin = plugin_of(emulator);
    struct asyncrl_frame answer = {0};
    const uint64_t seed = rng_next(&plugin->rng);
    if (!plugin->failure[0])
        plugin->table.reset(plugin->game, seed, &answer);
    take_frame(plugin, &answer, frame);
}

static void plugin_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct plugin *plugin = plugin_of(emulator);
    struct asyncrl_frame answer = {0};
    if (!plugin->failure[0])
        plugin->table.act(plugin->game, action, &answer);
    take_frame(plugin, &answer, frame);
}

static void plugin_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    const struct plugin *plugin = const_plugin_of(emulator);
    const struct emulator_info *info = &emulator->info;
    const size_t size = (size_t)info->screen_width * (size_t)info->screen_height * 3;
    if (!plugin->failure[0])
        plugin->table.screen_rgb(plugin->game, plugin->screen.bytes);
    memcpy(rgb, plugin->screen.bytes, size);
}

static void plugin_ram_read(const struct emulator *emulator, uint8_t *ram) {
    const struct plugin *plugin = const_plugin_of(emulator);
    memcpy(ram, plugin->table.ram(plugin->game), emulator->info.ram_size);
}

static void plugin_ram_write(struct emulator *emulator, size_t address, uint8_t value) {
    const struct plugin *plugin = plugin_of(emulator);
    plugin->table.ram(plugin->game)[address] = value;
}

static const char *plugin_failure(const struct emulator *emulator) {
    const struct plugin *plugin = const_plugin_of(emulator);
    return plugin->failure[0] ? plugin->failure : NULL;
}

/* ---- Saved states: seal, generator, then what the game wrote --------------------------------- */

enum { STATE_HEAD = sizeof(struct seal) + sizeof(struct rng) };

static size_t state_bytes(const struct plugin *plugin) {
    return STATE_HEAD + plugin->table.state_size;
}

static size_t plugin_state_bound(const struct emulator *emulator, int64_t frames) {
    (void)frames;
    return state_bytes(const_plugin_of(emulator));
}

static enum status plugin_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                     size_t *used, struct error *error) {
    struct plugin *plugin = plugin_of(emulator);
    const size_t size = state_bytes(plugin);
    if (capacity < size)
        return error_set(error, STATUS_FAILED,
                         "a state of %s takes %zu bytes, and there is room for %zu",
                         plugin->table.name, size, capacity);
    if (plugin->failure[0])
        return error_set(error, STATUS_FAILED, "%s broke down: %s", plugin->table.name,
                         plugin->failure);
    memset(plugin->state.bytes, 0, plugin->table.state_size);
    plugin->table.save_state(plugin->game, plugin->state.bytes);
    memcpy(state + sizeof(struct seal), &plugin->rng, sizeof plugin->rng);
    memcpy(state + STATE_HEAD, plugin->state.bytes, plugin->table.state_size);
    seal_write(state, size, plugin->kind);
    *used = size;
    return STATUS_OK;
}

static enum status plugin_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                     struct error *error) {
    struct plugin *plugin = plugin_of(emulator);
    const enum status status = seal_check(state, size, plugin->kind, error);
    if (status != STATUS_OK)
        return status;
    struct rng rng = {{0}}; /* which is not sound */
    if (size == state_bytes(plugin)) {
        memcpy(&rng, state + sizeof(struct seal), sizeof rng);
        memcpy(plugin->state.bytes, state + STATE_HEAD, plugin->table.state_size);
    }
    if (!rng_is_sound(&rng) || !plugin->table.load_state(plugin->game, plugin->state.bytes))
        return error_set(error, STATUS_BAD_INPUT, "the saved state is not one of %s",
                         plugin->table.name);
    plugin->rng = rng;
    return STATUS_OK;
}

/* ---- Opening and closing --------------------------------------------------------------------- */

static void plugin_close(struct emulator *emulator) {
    struct plugin *plugin = plugin_of(emulator);
    if (plugin->game)
        plugin->table.close(plugin->game);
    shared_library_close(plugin->library);
    unfence(&plugin->screen);
    unfence(&plugin->state);
    free(plugin);
}

static const struct emulator_class saving_class = {
    .name = "plugin",
    .seed = plugin_seed,
    .reset = plugin_reset,
    .act = plugin_act,
    .screen_rgb = plugin_screen_rgb,
    .ram_read = plugin_ram_read,
    .ram_write = plugin_ram_write,
    .failure = plugin_failure,
    .state_bound = plugin_state_bound,
    .save_state = plugin_save_state,
    .load_state = plugin_load_state,
    .close = plugin_close,
};

static const struct emulator_class plain_class = {
    .name = "plugin",
    .seed = plugin_seed,
    .reset = plugin_reset,
    .act = plugin_act,
    .screen_rgb = plugin_screen_rgb,
    .ram_read = plugin_ram_read,
    .ram_write = plugin_ram_write,
    .failure = plugin_failure,
    .close = plugin_close,
};

/* Whether a name is printable and not too long. */
static bool is_name(const char *name) {
    size_t length = 0;
    for (; name && name[length]; length++)
        if (length == MAX_NAME || !isprint((unsigned char)name[length]))
            return false;
    return length > 0;
}

static bool all_are_names(const char *const *names, int count) {
    for (int i = 0; i < count; i++)
        if (!is_name(names[i]))
            return false;
    return true;
}

/* Returns the fault of the table, or NULL. */
static const char *find_fault(const struct asyncrl_emulator *table) {
    if (table->screen_width < 1 || table->screen_width > MAX_SCREEN || table->screen_height < 1 ||
        table->screen_height > MAX_SCREEN)
        return "its screen is not 1 to 1024 pixels wide and high";
    if (table->action_count < 1 || table->action_count > MAX_ACTIONS)
        return "it does not have 1 to 4096 actions";
    if (!table->action_names || !all_are_names(table->action_names, table->action_count))
        return "not every action has a name of 1 to 63 characters";
    if (!(table->frames_per_second > 0 && table->frames_per_second <= MAX_FRAMES_PER_SECOND))
        return "its frames per second are not above 0, up to 10000";
    if (!table->open || !table->reset || !table->act || !table->screen_rgb || !table->close)
        return "open, reset, act, screen_rgb or close is missing";
    if (table->state_size > MAX_STATE_BYTES ||
        (table->state_size > 0) != (table->save_state && table->load_state))
        return "state_size, up to 64 MiB, goes with save_state and load_state: all three or none";
    if (table->ram_size > MAX_RAM_BYTES || (table->ram_size > 0) != (table->ram != NULL))
        return "ram_size, up to 64 MiB, goes with ram: both or none";
    return NULL;
}

static enum status check_table(const char *path, const struct asyncrl_emulator *table,
                               struct error *error) {
    if (!table)
        return error_set(error, STATUS_BAD_INPUT, "'%s': asyncrl_emulator returns NULL", path);
    if (!is_name(table->name))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s': the game has no name of 1 to %d printable characters", path,
                         MAX_NAME);
    if (table->abi_version != ASYNCRL_EMULATOR_ABI)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s': %s was built for version %u of asyncrl/emulator.h, and this is "
                         "version %d; build it with this one",
                         path, table->name, table->abi_version, ASYNCRL_EMULATOR_ABI);
    const char *fault = find_fault(table);
    if (fault)
        return error_set(error, STATUS_BAD_INPUT, "'%s': %s cannot be played: %s", path,
                         table->name, fault);
    return STATUS_OK;
}

/* The loader searches for a name without '/' among the libraries of the system. */
static enum status load_library(const char *path, struct plugin *plugin, struct error *error) {
    char file[PATH_SIZE];
    if (path_is_hidden(path, error))
        return STATUS_BAD_INPUT;
    if (!path_is_file(path))
        return error_set(error, STATUS_BAD_INPUT, "there is no plugin '%.200s'", path);
    const enum status status = path_join(file, path[0] == '/' ? "" : ".", path, error);
    if (status != STATUS_OK)
        return status;
    const char *reason;
    plugin->library = shared_library_open(file, SHARED_LIBRARY_LOCAL, &reason);
    if (!plugin->library)
        return error_set(error, STATUS_BAD_INPUT, "'%s' cannot be loaded as a plugin: %.400s", path,
                         reason);
    struct {
        const struct asyncrl_emulator *(*get_table)(void);
    } functions;
    const struct shared_symbol symbol = {"asyncrl_emulator", 0};
    if (shared_library_find_all(plugin->library, &symbol, 1, &functions))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' is not a plugin: it has no function asyncrl_emulator "
                         "(include/asyncrl/emulator.h)",
                         path);
    const struct asyncrl_emulator *table = functions.get_table();
    const enum status checked = check_table(path, table, error);
    if (checked == STATUS_OK)
        plugin->table = *table;
    return checked;
}

static int find_fire(const struct asyncrl_emulator *table) {
    for (int i = 0; i < table->action_count; i++)
        if (strcmp(table->action_names[i], "FIRE") == 0)
            return i;
    return -1;
}

static void describe_plugin(struct plugin *plugin) {
    const struct asyncrl_emulator *table = &plugin->table;
    plugin->head.class = table->state_size > 0 ? &saving_class : &plain_class;
    plugin->head.info = (struct emulator_info){
        .screen_width = table->screen_width,
        .screen_height = table->screen_height,
        .action_count = table->action_count,
        .action_names = table->action_names,
        .fire_action = find_fire(table),
        .ram_size = table->ram_size,
        .frames_per_second = table->frames_per_second,
    };
    snprintf(plugin->kind, sizeof plugin->kind, "plugin %s", table->name);
    plugin_seed(&plugin->head, 0);
}

static enum status open_game(const char *path, struct plugin *plugin, struct error *error) {
    const struct asyncrl_emulator *table = &plugin->table;
    const size_t pixels = (size_t)table->screen_width * (size_t)table->screen_height;
    enum status status = fence(&plugin->screen, 3 * pixels, error);
    if (status == STATUS_OK)
        status = fence(&plugin->state, table->state_size, error);
    if (status != STATUS_OK)
        return status;
    describe_plugin(plugin);
    plugin->game = table->open();
    if (!plugin->game)
        return error_set(error, STATUS_BAD_INPUT, "'%s': %s could not be opened", path,
                         table->name);
    return STATUS_OK;
}

enum status emulator_open_plugin(const char *path, struct emulator **emulator,
                                 struct error *error) {
    struct plugin *plugin = calloc(1, sizeof *plugin);
    if (!plugin)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", path);
    enum status status = load_library(path, plugin, error);
    if (status == STATUS_OK)
        status = open_game(path, plugin, error);
    if (status == STATUS_OK)
        *emulator = &plugin->head;
    else
        plugin_close(&plugin->head);
    return status;
}
