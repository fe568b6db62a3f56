/*
 * The Arcade Learning Environment (Bellemare et al., JAIR 47, 2013) through its C library,
 * libale_c.so of multi-agent-ale-py 0.1.12. The library is GPL-2: it is loaded at run time and is
 * not part of this program.
 *
 * Its header is C++, so this file declares the functions itself, as in ale_c_wrapper.h.
 */
#include "games/atari/ale_colours.h"
#include "games/atari/ale_roms.h"
#include "games/atari/info.h"
#include "games/atari/titles.h"

#include <stdlib.h>
#include <string.h>

struct ale_interface;
struct ale_state;

/* Result, name and arguments of the functions in use. */
#define ALE_FUNCTIONS(X)                                                                           \
    X(struct ale_interface *, ALE_new, (void))                                                     \
    X(void, ALE_del, (struct ale_interface *))                                                     \
    X(void, setLoggerMode, (int))                                                                  \
    X(void, setInt, (struct ale_interface *, const char *, int))                                   \
    X(void, setFloat, (struct ale_interface *, const char *, float))                               \
    X(void, setBool, (struct ale_interface *, const char *, bool))                                 \
    X(void, loadROM, (struct ale_interface *, const char *))                                       \
    X(int, act, (struct ale_interface *, int))                                                     \
    X(bool, game_over, (struct ale_interface *))                                                   \
    X(void, reset_game, (struct ale_interface *))                                                  \
    X(int, getMinimalActionSize, (struct ale_interface *))                                         \
    X(void, getMinimalActionSet, (struct ale_interface *, int *))                                  \
    X(int, livesSize, (struct ale_interface *))                                                    \
    X(void, lives, (struct ale_interface *, int *))                                                \
    X(int, getScreenWidth, (struct ale_interface *))                                               \
    X(int, getScreenHeight, (struct ale_interface *))                                              \
    X(void, getScreen, (struct ale_interface *, unsigned char *))                                  \
    X(int, getRAMSize, (struct ale_interface *))                                                   \
    X(void, getRAM, (struct ale_interface *, unsigned char *))                                     \
    X(void, setRAM, (struct ale_interface *, size_t, unsigned char))                               \
    X(int, getAvailableModesSize, (struct ale_interface *, int players))                           \
    X(void, getAvailableModes, (struct ale_interface *, int *, int players))                       \
    X(void, setMode, (struct ale_interface *, int))                                                \
    X(void, setDifficulty, (struct ale_interface *, int))                                          \
    X(struct ale_state *, cloneSystemState, (struct ale_interface *))                              \
    X(void, restoreSystemState, (struct ale_interface *, struct ale_state *))                      \
    X(void, deleteState, (struct ale_state *))

/* The library's palettes (C++ symbols ale::NTSCPalette and ale::PALPalette): see ale_colours.h. */
static const char *const palette_symbols[] = {
    [TV_NTSC] = "_ZN3ale11NTSCPaletteE",
    [TV_PAL] = "_ZN3ale10PALPaletteE",
};

enum { LOGGER_ERROR = 2, MAX_PLAYERS = 4, RANDOM_SEED = 1 };

/* For saved games; at 60 frames per second the maximum is 19 hours. */
enum { MIN_ACTION_ROOM = 4096, MAX_ACTIONS = 1 << 22 };

struct ale_library {
    struct shared_library *handle;
#define ALE_MEMBER(result, name, arguments)                                                        \
    result(*name) arguments; /* NOLINT(bugprone-macro-parentheses): a type takes none */
    ALE_FUNCTIONS(ALE_MEMBER)
#undef ALE_MEMBER
};

static const struct shared_symbol symbols[] = {
#define ALE_SYMBOL(result, name, arguments) {#name, offsetof(struct ale_library, name)},
    ALE_FUNCTIONS(ALE_SYMBOL)
#undef ALE_SYMBOL
};

struct ale {
    struct emulator head;
    struct ale_library library;
    struct ale_interface *interface;
    struct ale_state *power_on; /* the state from which every reset starts */
    const struct ale_rom *rom;
    char name[VARIANT_NAME_SIZE]; /* of the game and variant, in saved states */
    struct ale_colours colours;
    struct atari_actions actions;
    uint8_t *played; /* the actions since the reset; saved states consist of them */
    size_t action_count;
    size_t action_room;
    bool is_replayable; /* whether the actions lead to the present state */
};

static struct ale *ale_of(struct emulator *emulator) {
    return (struct ale *)emulator;
}

static const struct ale *const_ale_of(const struct emulator *emulator) {
    return (const struct ale *)emulator;
}

static size_t screen_size(const struct ale *ale) {
    return (size_t)ale->head.info.screen_width * (size_t)ale->head.info.screen_height;
}

/* ---- Play ------------------------------------------------------------------------------------ */

static void read_frame(struct ale *ale, int reward, struct emulator_frame *frame) {
    int lives[MAX_PLAYERS] = {0};
    ale->library.lives(ale->interface, lives);
    *frame = (struct emulator_frame){
        .reward = reward,
        .lives = lives[0],
        .game_over = ale->library.game_over(ale->interface),
    };
}

static void play_on(struct ale *ale, int action, struct emulator_frame *frame) {
    const int reward = ale->library.act(ale->interface, ale->actions.codes[action]);
    read_frame(ale, reward, frame);
}

/*
 * A console keeps its memory and its random numbers across a reset, and so does ALE: a game would
 * depend on the games before it. So each reset first goes back to the state after power-on.
 */
static void ale_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct ale *ale = ale_of(emulator);
    const bool was_just_reset = ale->is_replayable && ale->action_count == 0;
    if (!was_just_reset) { /* a second reset leads to the same state, 64 frames later */
        ale->library.restoreSystemState(ale->interface, ale->power_on);
        ale->library.reset_game(ale->interface);
    }
    ale->action_count = 0;
    ale->is_replayable = true;
    read_frame(ale, 0, frame);
}

/* False: out of memory, or the game is too long. */
static bool make_room(struct ale *ale, size_t action_count) {
    if (action_count <= ale->action_room)
        return true;
    if (action_count > MAX_ACTIONS)
        return false;
    size_t room = MIN_ACTION_ROOM;
    while (room < action_count)
        room *= 2;
    uint8_t *actions = realloc(ale->played, room);
    if (!actions)
        return false;
    ale->played = actions;
    ale->action_room = room;
    return true;
}

static void ale_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct ale *ale = ale_of(emulator);
    ale->is_replayable = ale->is_replayable && make_room(ale, ale->action_count + 1);
    if (ale->is_replayable)
        ale->played[ale->action_count++] = (uint8_t)action;
    play_on(ale, action, frame);
}

static void ale_screen_indices(const struct emulator *emulator, uint8_t *indices) {
    const struct ale *ale = const_ale_of(emulator);
    ale->library.getScreen(ale->interface, indices);
}

static void ale_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    const struct ale *ale = const_ale_of(emulator);
    const size_t size = screen_size(ale);
    /* The indices lie in the buffer's last third; the colours overwrite each index only after it
     * has been read. */
    const uint8_t *indices = rgb + 2 * size;
    ale_screen_indices(emulator, rgb + 2 * size);
    atari_colour(rgb, indices, size, &ale->colours);
}

static void ale_ram_read(const struct emulator *emulator, uint8_t *ram) {
    const struct ale *ale = const_ale_of(emulator);
    ale->library.getRAM(ale->interface, ram);
}

static void ale_ram_write(struct emulator *emulator, size_t address, uint8_t value) {
    struct ale *ale = ale_of(emulator);
    ale->library.setRAM(ale->interface, address, value);
    ale->is_replayable = false;
}

/* ---- Saved states: seal, the RAM that the actions lead to, the actions since the reset ------- */

/*
 * ALE's own saved states are incomplete. They lack both frame buffers, the state that the video
 * chip derives from register writes (the positions of missiles and ball), and whether a frame is
 * half done. Games that depend on these continue differently (Yars' Revenge, 3-D Tic-Tac-Toe). A
 * reset and the actions after it give the exact state.
 */

static size_t state_head_size(const struct ale *ale) {
    return sizeof(struct seal) + ale->head.info.ram_size;
}

static size_t ale_state_bound(const struct emulator *emulator, int64_t frames) {
    const size_t actions = frames < MAX_ACTIONS ? (size_t)frames : MAX_ACTIONS;
    return state_head_size(const_ale_of(emulator)) + actions;
}

static enum status ale_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                  size_t *used, struct error *error) {
    struct ale *ale = ale_of(emulator);
    if (!ale->is_replayable)
        return error_set(error, STATUS_FAILED,
                         "this state of %s cannot be saved: RAM was written, memory ran out, or "
                         "%d frames passed since the reset",
                         ale->rom->name, MAX_ACTIONS);
    const size_t head = state_head_size(ale);
    const size_t size = head + ale->action_count;
    if (size > capacity)
        return error_set(error, STATUS_FAILED,
                         "this state of %s takes %zu bytes, and there is room for %zu",
                         ale->rom->name, size, capacity);
    ale_ram_read(emulator, state + sizeof(struct seal));
    if (ale->action_count > 0)
        memcpy(state + head, ale->played, ale->action_count);
    seal_write(state, size, ale->name);
    *used = size;
    return STATUS_OK;
}

static bool actions_are_sound(const struct ale *ale, const uint8_t *actions, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (actions[i] >= ale->head.info.action_count)
            return false;
    return true;
}

static void replay(struct ale *ale, const uint8_t *actions, size_t count) {
    struct emulator_frame frame;
    ale_reset(&ale->head, &frame);
    for (size_t i = 0; i < count; i++) {
        play_on(ale, actions[i], &frame);
        emulator_alive(&ale->head);
    }
    if (count > 0)
        memcpy(ale->played, actions, count);
    ale->action_count = count;
}

static enum status ale_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                  struct error *error) {
    struct ale *ale = ale_of(emulator);
    const enum status status = seal_check(state, size, ale->name, error);
    if (status != STATUS_OK)
        return status;
    const size_t head = state_head_size(ale);
    if (size < head || !actions_are_sound(ale, state + head, size - head))
        return error_set(error, STATUS_BAD_INPUT, "the saved state is not one of %s",
                         ale->rom->name);
    if (!make_room(ale, size - head))
        return error_set(error, STATUS_FAILED, "no room for a state of %s of %zu frames",
                         ale->rom->name, size - head);
    replay(ale, state + head, size - head);

    uint8_t ram[ATARI_RAM_SIZE];
    ale_ram_read(emulator, ram);
    if (memcmp(ram, state + sizeof(struct seal), ale->head.info.ram_size) != 0)
        return error_set(error, STATUS_FAILED,
                         "the saved game of %s continues differently here: it was played with "
                         "another ALE library",
                         ale->rom->name);
    return STATUS_OK;
}

/* ---- Opening and closing --------------------------------------------------------------------- */

static void ale_close(struct emulator *emulator) {
    struct ale *ale = ale_of(emulator);
    if (ale->power_on)
        ale->library.deleteState(ale->power_on);
    if (ale->interface)
        ale->library.ALE_del(ale->interface);
    shared_library_close(ale->library.handle);
    free(ale->played);
    free(ale);
}

static const struct emulator_class ale_class = {
    .name = "ale",
    .reset = ale_reset,
    .act = ale_act,
    .screen_rgb = ale_screen_rgb,
    .screen_indices = ale_screen_indices,
    .ram_read = ale_ram_read,
    .ram_write = ale_ram_write,
    .state_bound = ale_state_bound,
    .save_state = ale_save_state,
    .load_state = ale_load_state,
    .close = ale_close,
};

static enum status load_library(struct ale_library *library, const char *path,
                                struct error *error) {
    if (path_is_hidden(path, error))
        return STATUS_BAD_INPUT;
    if (!path_is_file(path))
        return error_set(error, STATUS_BAD_INPUT,
                         "ALE's C library '%s' is missing: tools/install-deps fetches it", path);
    const char *reason;
    library->handle = shared_library_open(path, SHARED_LIBRARY_LOCAL, &reason);
    if (!library->handle)
        return error_set(error, STATUS_BAD_INPUT,
                         "cannot load ALE's C library (%s): remove it and run tools/install-deps",
                         reason);
    const char *missing = shared_library_find_all(library->handle, symbols,
                                                  sizeof symbols / sizeof *symbols, library);
    if (missing)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' is not the C library of multi-agent-ale-py 0.1.12 (it has no '%s'): "
                         "remove it and run tools/install-deps",
                         path, missing);
    return STATUS_OK;
}

/*
 * Replaces ale::PhosphorBlend::makeAveragePalette in programs that export it (see meson.build
 * beside this file): the linker searches the program before the library. ALE makes that table of
 * blended colours for every ROM, which takes four fifths of the time to open one. It reads the
 * table only if it averages colours itself, which load_rom turns off.
 */
void ale_make_no_average_palette(void *blend) __asm__(
    "_ZN3ale13PhosphorBlend18makeAveragePaletteEv");

__attribute__((used, visibility("default"))) void ale_make_no_average_palette(void *blend) {
    (void)blend;
}

/* ALE needs its settings before it loads the ROM; a later random seed has no effect. */
static void load_rom(struct ale *ale, const char *rom_path) {
    const struct ale_library *library = &ale->library;
    library->setLoggerMode(LOGGER_ERROR);
    ale->interface = library->ALE_new();
    library->setInt(ale->interface, "random_seed", RANDOM_SEED);
    library->setFloat(ale->interface, "repeat_action_probability", 0);
    library->setBool(ale->interface, "color_averaging", false);
    library->setBool(ale->interface, "display_screen", false);
    library->setBool(ale->interface, "sound", false);
    library->setInt(ale->interface, "frame_skip", 1);
    library->setInt(ale->interface, "max_num_frames_per_episode", 0);
    library->loadROM(ale->interface, rom_path);
}

/*
 * Some games' modes have other numbers here than in newer versions (and in Gymnasium), but the same
 * order. Mode and difficulty take effect at the next reset. The library ends the process if it does
 * not know one.
 */
static enum status choose_variant(struct ale *ale, const struct atari_choice *choice,
                                  struct error *error) {
    enum { MAX_MODES = 256 };
    int modes[MAX_MODES];
    const struct ale_library *library = &ale->library;
    const struct title *title = title_find(ale->rom->name);
    struct variant variant;
    const enum status status = title_choose(title, choice, &variant, error);
    if (status != STATUS_OK)
        return status;
    title_name(title, &variant, ale->name);
    const int count = library->getAvailableModesSize(ale->interface, 1);
    if (choice->mode && choice->mode[0] && variant.index < count && count <= MAX_MODES) {
        library->getAvailableModes(ale->interface, modes, 1);
        library->setMode(ale->interface, modes[variant.index]);
    }
    if (variant.difficulty > 0)
        library->setDifficulty(ale->interface, variant.difficulty);
    return STATUS_OK;
}

static enum status read_info(struct ale *ale, const struct atari_choice *choice,
                             struct error *error) {
    const struct ale_library *library = &ale->library;
    const uint32_t *palette =
        shared_library_find(library->handle, palette_symbols[ale->rom->television]);
    const int action_count = library->getMinimalActionSize(ale->interface);
    if (!palette || action_count < 1 || action_count > ATARI_ACTIONS ||
        library->getScreenWidth(ale->interface) != ATARI_WIDTH ||
        library->livesSize(ale->interface) > MAX_PLAYERS ||
        library->getRAMSize(ale->interface) != ATARI_RAM_SIZE)
        return error_set(error, STATUS_FAILED,
                         "this ALE library is not the one of multi-agent-ale-py 0.1.12: remove it "
                         "and run tools/install-deps");
    ale_colours_fill(&ale->colours, palette);
    ale->actions.count = action_count;
    library->getMinimalActionSet(ale->interface, ale->actions.codes);
    if (choice->full_action_space)
        atari_actions_fill(&ale->actions);
    atari_info_fill(&ale->head.info, ale->rom, library->getScreenHeight(ale->interface),
                    &ale->actions, &ale->colours);
    return STATUS_OK;
}

static enum status open_game(struct ale *ale, const char *rom_path, const char *library_path,
                             const struct atari_choice *choice, struct error *error) {
    enum status status = load_library(&ale->library, library_path, error);
    if (status == STATUS_OK)
        status = ale_rom_check(rom_path, &ale->rom, error);
    if (status != STATUS_OK)
        return status;
    load_rom(ale, rom_path);
    status = choose_variant(ale, choice, error);
    if (status != STATUS_OK)
        return status;
    ale->power_on = ale->library.cloneSystemState(ale->interface);
    return read_info(ale, choice, error);
}

enum status emulator_open_ale(const char *rom_path, const char *library_path,
                              const struct atari_choice *choice, struct emulator **emulator,
                              struct error *error) {
    static const struct atari_choice defaults;
    struct ale *ale = calloc(1, sizeof *ale);
    if (!ale)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", rom_path);
    ale->head.class = &ale_class;
    const enum status status =
        open_game(ale, rom_path, library_path, choice ? choice : &defaults, error);
    if (status != STATUS_OK) {
        ale_close(&ale->head);
        return status;
    }
    *emulator = &ale->head;
    return STATUS_OK;
}
