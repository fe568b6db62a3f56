/*
 * The Arcade Learning Environment (Bellemare et al., JAIR 47, 2013) through its C library,
 * libale_c.so of multi-agent-ale-py 0.1.12. The library is GPL-2: it is loaded at run time and is
 * no part of this program.
 *
 * Its header is C++, so the functions are declared here as ale_c_wrapper.h has them.
 */
#include "emulator/ale_colours.h"
#include "emulator/ale_roms.h"
#include "emulator/emulator.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct ale_interface;
struct ale_state;

/* Result, name, arguments of every function that is used. */
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
    X(struct ale_state *, cloneSystemState, (struct ale_interface *))                              \
    X(void, restoreSystemState, (struct ale_interface *, struct ale_state *))                      \
    X(void, deleteState, (struct ale_state *))                                                     \
    X(int, encodeStateLen, (struct ale_state *))                                                   \
    X(void, encodeState, (struct ale_state *, char *, int))                                        \
    X(struct ale_state *, decodeState, (const char *, int))

/* The library's palettes (C++ symbols ale::NTSCPalette and ale::PALPalette): see ale_colours.h. */
static const char *const palette_symbols[] = {
    [TV_NTSC] = "_ZN3ale11NTSCPaletteE",
    [TV_PAL] = "_ZN3ale10PALPaletteE",
};

static const double frame_rates[] = {[TV_NTSC] = 60, [TV_PAL] = 50};

enum { LOGGER_ERROR = 2, ACTION_COUNT = 18, MAX_PLAYERS = 4, RANDOM_SEED = 1 };

/* By ALE's own action codes. */
static const char *const action_names[ACTION_COUNT] = {
    "NOOP",     "FIRE",     "UP",          "RIGHT",      "LEFT",          "DOWN",
    "UPRIGHT",  "UPLEFT",   "DOWNRIGHT",   "DOWNLEFT",   "UPFIRE",        "RIGHTFIRE",
    "LEFTFIRE", "DOWNFIRE", "UPRIGHTFIRE", "UPLEFTFIRE", "DOWNRIGHTFIRE", "DOWNLEFTFIRE",
};

enum { CODE_FIRE = 1 };

struct ale_library {
    void *handle;
#define ALE_MEMBER(result, name, arguments)                                                        \
    result(*name) arguments; /* NOLINT(bugprone-macro-parentheses): a type takes none */
    ALE_FUNCTIONS(ALE_MEMBER)
#undef ALE_MEMBER
};

struct ale {
    struct emulator head;
    struct ale_library library;
    struct ale_interface *interface;
    struct ale_state *power_on; /* what every reset starts from */
    const struct ale_rom *rom;
    struct ale_colours colours;
    const char *minimal_names[ACTION_COUNT];
    int minimal_codes[ACTION_COUNT];
    /* ALE restores neither screen nor RAM copy with a state; until the next frame they are these.
     */
    bool is_loaded;
    uint8_t *loaded_screen;
    uint8_t *loaded_ram;
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

/* ---- Play
 * ---------------------------------------------------------------------------------------- */

static void read_frame(struct ale *ale, int reward, struct emulator_frame *frame) {
    int lives[MAX_PLAYERS] = {0};
    ale->library.lives(ale->interface, lives);
    ale->is_loaded = false;
    *frame = (struct emulator_frame){
        .reward = reward,
        .lives = lives[0],
        .game_over = ale->library.game_over(ale->interface),
    };
}

/*
 * A console keeps its memory and its random numbers over a reset, and ALE keeps them too; what came
 * before would show. Going back to the state after power-on first makes all games start alike.
 */
static void ale_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct ale *ale = ale_of(emulator);
    ale->library.restoreSystemState(ale->interface, ale->power_on);
    ale->library.reset_game(ale->interface);
    read_frame(ale, 0, frame);
}

static void ale_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct ale *ale = ale_of(emulator);
    const int reward = ale->library.act(ale->interface, ale->minimal_codes[action]);
    read_frame(ale, reward, frame);
}

static void ale_screen_indices(const struct emulator *emulator, uint8_t *indices) {
    const struct ale *ale = const_ale_of(emulator);
    if (ale->is_loaded)
        memcpy(indices, ale->loaded_screen, screen_size(ale));
    else
        ale->library.getScreen(ale->interface, indices);
}

static void ale_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    const struct ale *ale = const_ale_of(emulator);
    const size_t size = screen_size(ale);
    /* The indices lie in the buffer's last third, which the colours reach only behind them. */
    const uint8_t *indices = rgb + 2 * size;
    ale_screen_indices(emulator, rgb + 2 * size);
    for (size_t i = 0; i < size; i++) {
        const uint8_t *colour = ale->colours.rgb[indices[i]];
        for (int c = 0; c < 3; c++)
            rgb[3 * i + (size_t)c] = colour[c];
    }
}

static void ale_ram_read(const struct emulator *emulator, uint8_t *ram) {
    const struct ale *ale = const_ale_of(emulator);
    if (ale->is_loaded)
        memcpy(ram, ale->loaded_ram, ale->head.info.ram_size);
    else
        ale->library.getRAM(ale->interface, ram);
}

static void ale_ram_write(struct emulator *emulator, size_t address, uint8_t value) {
    struct ale *ale = ale_of(emulator);
    ale->library.setRAM(ale->interface, address, value);
    ale->loaded_ram[address] = value;
}

/* ---- Saved states: seal, screen, RAM, then ALE's own encoding
 * -------------------------------------- */

static size_t state_head_size(const struct ale *ale) {
    return sizeof(struct seal) + screen_size(ale) + ale->head.info.ram_size;
}

/*
 * All of ALE's encoding has a fixed length for a game but its generator, std::mt19937, which is
 * written as text: 624 words of 32 bits and a position up to 624. From any state to any other, each
 * word can grow by nine digits and the position by two.
 */
enum { GENERATOR_TEXT_SLACK = 624 * 9 + 2 };

static size_t ale_state_bound(struct emulator *emulator) {
    struct ale *ale = ale_of(emulator);
    const int length = ale->library.encodeStateLen(ale->power_on);
    return state_head_size(ale) + (size_t)length + GENERATOR_TEXT_SLACK;
}

static enum status ale_save_state(struct emulator *emulator, uint8_t *bytes, size_t capacity,
                                  size_t *used, struct error *error) {
    struct ale *ale = ale_of(emulator);
    struct ale_state *state = ale->library.cloneSystemState(ale->interface);
    const int length = ale->library.encodeStateLen(state);
    const size_t head = state_head_size(ale);
    const size_t size = head + (size_t)length;
    if (size <= capacity)
        ale->library.encodeState(state, (char *)bytes + head, length);
    ale->library.deleteState(state);
    if (size > capacity)
        return error_set(error, STATUS_FAILED,
                         "this state of %s takes %zu bytes, and there is room for %zu",
                         ale->rom->name, size, capacity);
    uint8_t *screen = bytes + sizeof(struct seal);
    ale_screen_indices(emulator, screen);
    ale_ram_read(emulator, screen + screen_size(ale));
    seal_write(bytes, size, ale->rom->name);
    *used = size;
    return STATUS_OK;
}

/* ---- What ALE leaves out of its states */

/* In the part of the video chip (TIA), as the number of its 32-bit little-endian words. */
enum { TIA_START_OF_DISPLAY = 1, TIA_NUSIZ0 = 11, TIA_NUSIZ1 = 12, TIA_CTRLPF = 17, TIA_WORDS = 54 };

/* The registers' addresses on the console's bus. */
enum { ADDRESS_NUSIZ0 = 0x04, ADDRESS_NUSIZ1 = 0x05, ADDRESS_CTRLPF = 0x0a, ADDRESS_RAM = 0x80 };

static const uint8_t tia_name[] = {3, 0, 0, 0, 'T', 'I', 'A'};

/* ALE adds the address of RAM to what it is given, and looks no further: all of the bus is in
 * reach. */
static void write_register(struct ale *ale, size_t address, uint8_t value) {
    ale->library.setRAM(ale->interface, address - ADDRESS_RAM, value);
}

static void restore(struct ale *ale, const uint8_t *encoded, size_t size) {
    struct ale_state *state = ale->library.decodeState((const char *)encoded, (int)size);
    ale->library.restoreSystemState(ale->interface, state);
    ale->library.deleteState(state);
}

/*
 * Where missiles, ball and players show is kept by the TIA in masks that it derives from registers
 * as they are written. They are not in ALE's states, and a restored state leaves them as they were.
 * Writing the registers' own values again derives them; that would draw up to the present moment,
 * too, so it is done on a state whose display never starts. encoded is put back as it was.
 */
static enum status restore_with_masks(struct ale *ale, uint8_t *encoded, size_t size,
                                      struct error *error) {
    uint8_t *tia = memmem(encoded, size, tia_name, sizeof tia_name);
    if (!tia || (size_t)(encoded + size - tia) < sizeof tia_name + TIA_WORDS * sizeof(uint32_t))
        return error_set(error, STATUS_BAD_INPUT, "the saved state is no state of %s",
                         ale->rom->name);
    uint8_t(*words)[sizeof(uint32_t)] = (void *)(tia + sizeof tia_name);
    static const uint8_t never[sizeof(uint32_t)] = {0xff, 0xff, 0xff, 0x7f};
    uint8_t start[sizeof never];
    memcpy(start, words[TIA_START_OF_DISPLAY], sizeof start);
    memcpy(words[TIA_START_OF_DISPLAY], never, sizeof never);
    restore(ale, encoded, size);
    memcpy(words[TIA_START_OF_DISPLAY], start, sizeof start);
    write_register(ale, ADDRESS_NUSIZ0, words[TIA_NUSIZ0][0]);
    write_register(ale, ADDRESS_NUSIZ1, words[TIA_NUSIZ1][0]);
    write_register(ale, ADDRESS_CTRLPF, words[TIA_CTRLPF][0]);
    restore(ale, encoded, size);
    return STATUS_OK;
}

static enum status ale_load_state(struct emulator *emulator, const uint8_t *bytes, size_t size,
                                  struct error *error) {
    struct ale *ale = ale_of(emulator);
    const enum status status = seal_check(bytes, size, ale->rom->name, error);
    if (status != STATUS_OK)
        return status;
    const size_t head = state_head_size(ale);
    if (size <= head || size - head > INT_MAX)
        return error_set(error, STATUS_BAD_INPUT, "the saved state is no state of %s",
                         ale->rom->name);
    struct ale_state *state =
        ale->library.decodeState((const char *)bytes + head, (int)(size - head));
    ale->library.restoreSystemState(ale->interface, state);
    ale->library.deleteState(state);

    const uint8_t *screen = bytes + sizeof(struct seal);
    memcpy(ale->loaded_screen, screen, screen_size(ale));
    memcpy(ale->loaded_ram, screen + screen_size(ale), ale->head.info.ram_size);
    ale->is_loaded = true;
    return STATUS_OK;
}

/* ---- Opening and closing
 * --------------------------------------------------------------------------- */

static void ale_close(struct emulator *emulator) {
    struct ale *ale = ale_of(emulator);
    if (ale->power_on)
        ale->library.deleteState(ale->power_on);
    if (ale->interface)
        ale->library.ALE_del(ale->interface);
    if (ale->library.handle)
        dlclose(ale->library.handle);
    free(ale->loaded_screen);
    free(ale->loaded_ram);
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
    if (!path_is_file(path))
        return error_set(error, STATUS_BAD_INPUT,
                         "ALE's C library '%s' is missing: tools/install-deps fetches it", path);
    library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library->handle)
        return error_set(error, STATUS_BAD_INPUT,
                         "cannot load ALE's C library (%s): remove it and run tools/install-deps",
                         dlerror());
    const char *missing = NULL;
    /* POSIX lets dlsym answer functions as void *, ISO C does not know that; hence the detour. */
#define ALE_LOOK_UP(result, name, arguments)                                                       \
    *(void **)&library->name = dlsym(library->handle, #name);                                      \
    if (!library->name)                                                                            \
        missing = #name;
    ALE_FUNCTIONS(ALE_LOOK_UP)
#undef ALE_LOOK_UP
    if (missing)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' is not the C library of multi-agent-ale-py 0.1.12 (it has no '%s'): "
                         "remove it and run tools/install-deps",
                         path, missing);
    return STATUS_OK;
}

/* ALE must be told its settings before it loads the ROM; the random seed counts only then. */
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
    ale->power_on = library->cloneSystemState(ale->interface);
}

static enum status read_info(struct ale *ale, struct error *error) {
    const struct ale_library *library = &ale->library;
    const uint32_t *palette = dlsym(library->handle, palette_symbols[ale->rom->television]);
    const int action_count = library->getMinimalActionSize(ale->interface);
    if (!palette || action_count < 1 || action_count > ACTION_COUNT ||
        library->livesSize(ale->interface) > MAX_PLAYERS)
        return error_set(error, STATUS_FAILED,
                         "this ALE library is not the one of multi-agent-ale-py 0.1.12: remove it "
                         "and run tools/install-deps");
    ale_colours_fill(&ale->colours, palette);
    struct emulator_info *info = &ale->head.info;
    *info = (struct emulator_info){
        .screen_width = library->getScreenWidth(ale->interface),
        .screen_height = library->getScreenHeight(ale->interface),
        .action_count = action_count,
        .action_names = ale->minimal_names,
        .fire_action = -1,
        .ram_size = (size_t)library->getRAMSize(ale->interface),
        .frames_per_second = frame_rates[ale->rom->television],
        .palette = ale->colours.rgb,
        .palette_luma = ale->colours.luma,
        .average = ale->colours.average,
    };
    library->getMinimalActionSet(ale->interface, ale->minimal_codes);
    for (int i = 0; i < action_count; i++) {
        ale->minimal_names[i] = action_names[ale->minimal_codes[i]];
        if (ale->minimal_codes[i] == CODE_FIRE)
            info->fire_action = i;
    }
    return STATUS_OK;
}

static enum status open_game(struct ale *ale, const char *rom_path, const char *library_path,
                             struct error *error) {
    enum status status = load_library(&ale->library, library_path, error);
    if (status == STATUS_OK)
        status = ale_rom_check(rom_path, &ale->rom, error);
    if (status != STATUS_OK)
        return status;
    load_rom(ale, rom_path);
    status = read_info(ale, error);
    if (status != STATUS_OK)
        return status;
    ale->loaded_screen = malloc(screen_size(ale));
    ale->loaded_ram = malloc(ale->head.info.ram_size);
    if (!ale->loaded_screen || !ale->loaded_ram)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", rom_path);
    return STATUS_OK;
}

enum status emulator_open_ale(const char *rom_path, const char *library_path,
                              struct emulator **emulator, struct error *error) {
    struct ale *ale = calloc(1, sizeof *ale);
    if (!ale)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", rom_path);
    ale->head.class = &ale_class;
    const enum status status = open_game(ale, rom_path, library_path, error);
    if (status != STATUS_OK) {
        ale_close(&ale->head);
        return status;
    }
    *emulator = &ale->head;
    return STATUS_OK;
}
