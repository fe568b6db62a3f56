#include "games/libretro/libretro.h"
#include "games/libretro/core_options.h"
#include "games/libretro/file.h"
#include "games/libretro/frame.h"
#include "games/libretro/interface.h"
#include "games/libretro/regions.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROM_BYTES = 1 << 28, MAX_STATE_BYTES = 1 << 28 };

struct libretro_core {
    struct libretro_file file;
#define CORE_MEMBER(result, name, arguments)                                                       \
    result(*name) arguments; /* NOLINT(bugprone-macro-parentheses): a type takes none */
    CORE_FUNCTIONS(CORE_MEMBER)
#undef CORE_MEMBER
    bool is_initialized;
    bool is_loaded;
    char name[64];
    char system_folder[PATH_SIZE];
    unsigned char *rom; /* for as long as the core is loaded: some read it in place */
    struct core_options options;
    struct libretro_region regions[LIBRETRO_MAX_REGIONS];
    int region_count;
    enum pixel_format format;
    struct frame frame;
    unsigned joypad;
    int width;
    int height;
    double frames_per_second;
    double picture_aspect; /* width : height; 0 or less: dots are square, by libretro.h */
    size_t core_state_size;
    const char *failure;
};

/* The core that runs: the callbacks have no user pointer. Set before every call into a core. */
static struct libretro_core *running;

/* ---- Requests of a core ---------------------------------------------------------------------- */

static bool take_format(struct libretro_core *core, const int *format) {
    if (*format < FORMAT_0RGB1555 || *format > FORMAT_RGB565)
        return false;
    core->format = (enum pixel_format) * format;
    return true;
}

/* The log of cores is not used, but some cores call the logger without checking that
 * there is one. */
static void on_log(int level, const char *format, ...) {
    (void)level;
    (void)format;
}

static bool on_environment(unsigned command, void *data) {
    struct libretro_core *core = running;
    switch (command) {
    case GET_INPUT_BITMASKS:
    case SET_SYSTEM_AV_INFO: /* each frame says its own size */
    case SET_GEOMETRY:
        return true;
    case SHUTDOWN:
        core->failure = "the core has shut itself down";
        return true;
    default:
        break;
    }
    if (!data)
        return false;
    switch (command) {
    case GET_CAN_DUPE:
        *(bool *)data = true;
        return true;
    case GET_SYSTEM_DIRECTORY:
        *(const char **)data = core->system_folder;
        return true;
    case GET_SAVE_DIRECTORY:
        *(const char **)data = "/dev/null"; /* no folder, so nothing is written into it */
        return true;
    case SET_PIXEL_FORMAT:
        return take_format(core, data);
    case GET_LOG_INTERFACE:
        ((struct log_callback *)data)->log = on_log;
        return true;
    case SET_MEMORY_MAPS:
        core->region_count = regions_of_map(data, core->regions);
        return true;
    case SET_VARIABLES:
        return core_options_keep(&core->options, data);
    case GET_VARIABLE:
        return core_options_answer(&core->options, data);
    case GET_VARIABLE_UPDATE:
        *(bool *)data = false;
        return true;
    case GET_AUDIO_VIDEO_ENABLE:
        *(int *)data = ENABLE_VIDEO | DISABLE_AUDIO_FOR_GOOD;
        return true;
    default:
        return false;
    }
}

static void on_audio(int16_t left, int16_t right) {
    (void)left;
    (void)right;
}

static size_t on_audio_batch(const int16_t *data, size_t frames) {
    (void)data;
    return frames;
}

static void on_poll(void) {
}

static int16_t on_input(unsigned port, unsigned device, unsigned index, unsigned id) {
    if (port != 0 || (device & DEVICE_TYPE_MASK) != DEVICE_JOYPAD || index != 0)
        return 0;
    if (id == JOYPAD_MASK)
        return (int16_t)running->joypad;
    return id <= LIBRETRO_R3 ? (int16_t)(running->joypad >> id & 1) : 0;
}

/* ---- Pictures -------------------------------------------------------------------------------- */

/* NULL means that the picture has not changed. */
static void on_video(const void *data, unsigned width, unsigned height, size_t pitch) {
    struct libretro_core *core = running;
    if (!data || core->failure)
        return;
    if ((uintptr_t)data == UINTPTR_MAX || width < 1 || height < 1 || width > FRAME_MAX_SIDE ||
        height > FRAME_MAX_SIDE || pitch < width * frame_pixel_bytes(core->format)) {
        core->failure = "the core shows an invalid picture, or one of more than 1024 pixels";
        return;
    }
    if (!frame_keep(&core->frame, core->format, data, width, height, pitch))
        core->failure = "out of memory for a picture";
}

void libretro_screen_rgb(const struct libretro_core *core, uint8_t *rgb) {
    frame_to_rgb(&core->frame, rgb, (size_t)core->width, (size_t)core->height);
}

void libretro_set_screen_size(struct libretro_core *core, int width, int height) {
    core->width = width;
    core->height = height;
}

void libretro_fit_screen(struct libretro_core *core) {
    if (core->frame.width > 0 && core->frame.height > 0)
        libretro_set_screen_size(core, (int)core->frame.width, (int)core->frame.height);
}

void libretro_screen_size(const struct libretro_core *core, int *width, int *height) {
    *width = core->width;
    *height = core->height;
}

double libretro_pixel_aspect(const struct libretro_core *core) {
    return core->picture_aspect > 0 ? core->picture_aspect * core->height / core->width : 1;
}

/* ---- Play ------------------------------------------------------------------------------------ */

void libretro_run(struct libretro_core *core, unsigned joypad) {
    if (core->failure)
        return;
    running = core;
    core->joypad = joypad;
    core->run();
}

void libretro_reset(struct libretro_core *core) {
    running = core;
    core->reset();
}

const char *libretro_failure(const struct libretro_core *core) {
    return core->failure;
}

const char *libretro_name(const struct libretro_core *core) {
    return core->name;
}

double libretro_frames_per_second(const struct libretro_core *core) {
    return core->frames_per_second;
}

uint8_t *libretro_ram(struct libretro_core *core, size_t *size) {
    running = core;
    uint8_t *ram = core->get_memory_data(MEMORY_SYSTEM_RAM);
    *size = ram ? core->get_memory_size(MEMORY_SYSTEM_RAM) : 0;
    return *size > 0 ? ram : NULL;
}

int libretro_regions(const struct libretro_core *core, const struct libretro_region **regions) {
    *regions = core->regions;
    return core->region_count;
}

/* ---- Saved states: the core's own, then the picture as RGB ----------------------------------- */

static size_t picture_bytes(const struct libretro_core *core) {
    return (size_t)3 * (size_t)core->width * (size_t)core->height;
}

size_t libretro_state_size(const struct libretro_core *core) {
    return core->core_state_size > 0 ? core->core_state_size + picture_bytes(core) : 0;
}

enum status libretro_save(struct libretro_core *core, uint8_t *state, struct error *error) {
    running = core;
    memset(state, 0, core->core_state_size); /* cores do not write all of it */
    if (core->core_state_size == 0 || !core->serialize(state, core->core_state_size))
        return error_set(error, STATUS_FAILED, "%s cannot save the state of its game", core->name);
    libretro_screen_rgb(core, state + core->core_state_size);
    return STATUS_OK;
}

enum status libretro_load_foreign(struct libretro_core *core, const uint8_t *state, size_t size,
                                  struct error *error) {
    running = core;
    if (!core->unserialize(state, size))
        return error_set(error, STATUS_BAD_INPUT, "%s refuses the saved state of %zu bytes",
                         core->name, size);
    return STATUS_OK;
}

enum status libretro_load(struct libretro_core *core, const uint8_t *state, size_t size,
                          struct error *error) {
    if (size == 0 || size != libretro_state_size(core))
        return error_set(error, STATUS_BAD_INPUT,
                         "a state of %zu bytes does not belong to %s with this game", size,
                         core->name);
    const enum status status = libretro_load_foreign(core, state, core->core_state_size, error);
    if (status != STATUS_OK)
        return status;
    if (!frame_keep(&core->frame, FORMAT_RGB24, state + core->core_state_size,
                    (unsigned)core->width, (unsigned)core->height, (size_t)3 * (size_t)core->width))
        return error_set(error, STATUS_FAILED, "out of memory for a picture");
    return STATUS_OK;
}

/* ---- Opening and closing --------------------------------------------------------------------- */

static enum status find_functions(struct libretro_core *core, const char *path,
                                  struct error *error) {
    static const struct shared_symbol symbols[] = {
#define CORE_SYMBOL(result, function, arguments)                                                   \
    {"retro_" #function, offsetof(struct libretro_core, function)},
        CORE_FUNCTIONS(CORE_SYMBOL)
#undef CORE_SYMBOL
    };
    const char *missing = shared_library_find_all(core->file.library, symbols,
                                                  sizeof symbols / sizeof *symbols, core);
    if (missing)
        return error_set(error, STATUS_BAD_INPUT, "'%s' is not a libretro core: it has no '%s'",
                         path, missing);
    const unsigned version = core->api_version();
    if (version != API_VERSION)
        return error_set(error, STATUS_BAD_INPUT,
                         "the core '%s' has version %u of the libretro interface, not version %d",
                         path, version, API_VERSION);
    return STATUS_OK;
}

/* The ROM's folder, in which a core looks for a BIOS. Cores copy it to small buffers, unchecked. */
static void name_system_folder(struct libretro_core *core, const char *rom_path) {
    enum { SAFE_LENGTH = 160 };
    const char *slash = strrchr(rom_path, '/');
    const size_t length = slash ? (size_t)(slash - rom_path) : 0;
    if (length > 0 && length <= SAFE_LENGTH)
        snprintf(core->system_folder, sizeof core->system_folder, "%.*s", (int)length, rom_path);
    else
        snprintf(core->system_folder, sizeof core->system_folder, slash ? "/" : ".");
}

static void start_core(struct libretro_core *core) {
    core->set_environment(on_environment);
    core->set_video_refresh(on_video);
    core->set_audio_sample(on_audio);
    core->set_audio_sample_batch(on_audio_batch);
    core->set_input_poll(on_poll);
    core->set_input_state(on_input);
    core->init();
    core->is_initialized = true;
}

static enum status load_rom(struct libretro_core *core, const char *rom_path, struct error *error) {
    struct system_info system = {0};
    core->get_system_info(&system);
    snprintf(core->name, sizeof core->name, "%.30s %.30s",
             system.library_name ? system.library_name : "a core without a name",
             system.library_version ? system.library_version : "");
    for (size_t end = strlen(core->name); end > 0 && core->name[end - 1] == ' '; end--)
        core->name[end - 1] = '\0';
    size_t size;
    const enum status status = path_read_file(rom_path, MAX_ROM_BYTES, &core->rom, &size, error);
    if (status != STATUS_OK)
        return status;
    const struct game_info game = {
        .path = rom_path,
        .data = system.need_fullpath ? NULL : core->rom,
        .size = system.need_fullpath ? 0 : size,
    };
    core->is_loaded = core->load_game(&game);
    if (!core->is_loaded)
        return error_set(error, STATUS_BAD_INPUT,
                         "%s refuses '%s': it is not a game of its console, or damaged", core->name,
                         rom_path);
    core->set_controller_port_device(0, DEVICE_JOYPAD);
    return STATUS_OK;
}

static enum status read_machine(struct libretro_core *core, struct error *error) {
    struct system_av_info av = {0};
    core->get_system_av_info(&av);
    const struct game_geometry *geometry = &av.geometry;
    if (geometry->base_width < 1 || geometry->base_height < 1 ||
        geometry->base_width > FRAME_MAX_SIDE || geometry->base_height > FRAME_MAX_SIDE)
        return error_set(error, STATUS_BAD_INPUT,
                         "%s shows pictures of %u by %u pixels; 1 to %d are possible", core->name,
                         geometry->base_width, geometry->base_height, FRAME_MAX_SIDE);
    core->width = (int)geometry->base_width;
    core->height = (int)geometry->base_height;
    core->picture_aspect = (double)geometry->aspect_ratio;
    core->frames_per_second = av.timing.fps > 1 && av.timing.fps < 1000 ? av.timing.fps : 60;
    core->core_state_size = core->serialize_size();
    if (core->core_state_size > MAX_STATE_BYTES)
        return error_set(error, STATUS_BAD_INPUT, "%s wants %zu bytes for a saved state",
                         core->name, core->core_state_size);
    if (core->failure)
        return error_set(error, STATUS_BAD_INPUT, "%s: %s", core->name, core->failure);
    return STATUS_OK;
}

static enum status open_core(struct libretro_core *core, const char *core_path,
                             const char *rom_path, struct error *error) {
    running = core;
    name_system_folder(core, rom_path);
    enum status status = libretro_file_load(core_path, &core->file, error);
    if (status == STATUS_OK)
        status = find_functions(core, core_path, error);
    if (status != STATUS_OK)
        return status;
    start_core(core);
    status = load_rom(core, rom_path, error);
    return status == STATUS_OK ? read_machine(core, error) : status;
}

enum status libretro_open_with(const char *core_path, const char *rom_path,
                               const struct libretro_option *answers, int answer_count,
                               struct libretro_core **core, struct error *error) {
    struct libretro_core *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", core_path);
    opened->file.memory = -1;
    opened->options = (struct core_options){.answers = answers, .answer_count = answer_count};
    const enum status status = open_core(opened, core_path, rom_path, error);
    if (status != STATUS_OK) {
        libretro_close(opened);
        return status;
    }
    *core = opened;
    return STATUS_OK;
}

enum status libretro_open(const char *core_path, const char *rom_path, struct libretro_core **core,
                          struct error *error) {
    return libretro_open_with(core_path, rom_path, NULL, 0, core, error);
}

void libretro_close(struct libretro_core *core) {
    if (!core)
        return;
    running = core;
    if (core->is_loaded)
        core->unload_game();
    if (core->is_initialized)
        core->deinit();
    libretro_file_unload(&core->file);
    core_options_free(&core->options);
    free(core->frame.pixels);
    free(core->rom);
    free(core);
    running = NULL;
}
