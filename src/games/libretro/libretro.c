/* Cores with the libretro interface, version 1, as libretro.h of
 * github.com/libretro/libretro-common has it; what is used of it is declared here. */
#include "games/libretro/libretro.h"
#include "games/libretro/file.h"
#include "games/libretro/frame.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { API_VERSION = 1, DEVICE_JOYPAD = 1, DEVICE_TYPE_MASK = 0xff, JOYPAD_MASK = 256 };
enum { MEMORY_SYSTEM_RAM = 2 };
enum { MAX_ROM_BYTES = 1 << 28, MAX_STATE_BYTES = 1 << 28, MAX_OPTIONS = 256 };

/* Those that a core is answered to; all others are refused. */
enum {
    ENVIRONMENT_EXPERIMENTAL = 0x10000,
    GET_CAN_DUPE = 3,
    SHUTDOWN = 7,
    GET_SYSTEM_DIRECTORY = 9,
    SET_PIXEL_FORMAT = 10,
    GET_VARIABLE = 15,
    SET_VARIABLES = 16,
    GET_VARIABLE_UPDATE = 17,
    GET_LOG_INTERFACE = 27,
    GET_SAVE_DIRECTORY = 31,
    SET_SYSTEM_AV_INFO = 32,
    SET_MEMORY_MAPS = 36 | ENVIRONMENT_EXPERIMENTAL,
    SET_GEOMETRY = 37,
    GET_AUDIO_VIDEO_ENABLE = 47 | ENVIRONMENT_EXPERIMENTAL,
    GET_INPUT_BITMASKS = 51 | ENVIRONMENT_EXPERIMENTAL,
};

/* Bits of the answer to GET_AUDIO_VIDEO_ENABLE. */
enum { ENABLE_VIDEO = 1, DISABLE_AUDIO_FOR_GOOD = 8 };

struct system_info {
    const char *library_name;
    const char *library_version;
    const char *valid_extensions;
    bool need_fullpath;
    bool block_extract;
};

struct game_geometry {
    unsigned base_width;
    unsigned base_height;
    unsigned max_width;
    unsigned max_height;
    float aspect_ratio;
};

struct system_av_info {
    struct game_geometry geometry;
    struct {
        double fps;
        double sample_rate;
    } timing;
};

struct game_info {
    const char *path;
    const void *data;
    size_t size;
    const char *meta;
};

struct variable {
    const char *key;
    const char *value;
};

/* One stretch of the address space of the machine's processor. */
struct memory_descriptor {
    uint64_t flags;
    void *ptr;
    size_t offset;
    size_t start;
    size_t select;
    size_t disconnect;
    size_t len;
    const char *address_space;
};

struct log_callback {
    void (*log)(int level, const char *format, ...);
};

enum { MEMORY_IS_CONSTANT = 1 }; /* a flag of those */

struct memory_map {
    const struct memory_descriptor *descriptors;
    unsigned descriptor_count;
};

typedef bool environment_function(unsigned command, void *data);
typedef void video_function(const void *data, unsigned width, unsigned height, size_t pitch);
typedef void audio_function(int16_t left, int16_t right);
typedef size_t audio_batch_function(const int16_t *data, size_t frames);
typedef void poll_function(void);
typedef int16_t input_function(unsigned port, unsigned device, unsigned index, unsigned id);

/* Result, name (without "retro_"), arguments of every function that is used. */
#define CORE_FUNCTIONS(X)                                                                          \
    X(unsigned, api_version, (void))                                                               \
    X(void, set_environment, (environment_function *))                                             \
    X(void, set_video_refresh, (video_function *))                                                 \
    X(void, set_audio_sample, (audio_function *))                                                  \
    X(void, set_audio_sample_batch, (audio_batch_function *))                                      \
    X(void, set_input_poll, (poll_function *))                                                     \
    X(void, set_input_state, (input_function *))                                                   \
    X(void, set_controller_port_device, (unsigned, unsigned))                                      \
    X(void, init, (void))                                                                          \
    X(void, deinit, (void))                                                                        \
    X(void, get_system_info, (struct system_info *))                                               \
    X(void, get_system_av_info, (struct system_av_info *))                                         \
    X(bool, load_game, (const struct game_info *))                                                 \
    X(void, unload_game, (void))                                                                   \
    X(void, run, (void))                                                                           \
    X(void, reset, (void))                                                                         \
    X(size_t, serialize_size, (void))                                                              \
    X(bool, serialize, (void *, size_t))                                                           \
    X(bool, unserialize, (const void *, size_t))                                                   \
    X(void *, get_memory_data, (unsigned))                                                         \
    X(size_t, get_memory_size, (unsigned))

struct core_option_default {
    char key[64];
    char value[64];
};

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
    struct core_option_default *options;
    int option_count;
    const struct libretro_option *answers; /* NULL: defaults, but for unusual_options */
    int answer_count;
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

/* ---- What a core asks ------------------------------------------------------------------------ */

/*
 * Options whose defaults are not wanted. Nestopia takes the European edition of a game for PAL, and
 * research plays NTSC; it hides the picture's edges; it fills RAM with 0xFF; and it makes sound.
 */
static const struct variable unusual_options[] = {
    {"nestopia_favored_system", "ntsc"}, {"nestopia_overscan_v", "disabled"},
    {"nestopia_overscan_h", "disabled"}, {"nestopia_ram_power_state", "0x00"},
    {"nestopia_audio_vol_sq1", "0"},     {"nestopia_audio_vol_sq2", "0"},
    {"nestopia_audio_vol_tri", "0"},     {"nestopia_audio_vol_noise", "0"},
    {"nestopia_audio_vol_dpcm", "0"},
};

enum { UNUSUAL_COUNT = sizeof unusual_options / sizeof unusual_options[0] };

/* "Description; default|other|another": what is before the first '|'. */
static bool parse_default(const struct variable *variable, struct core_option_default *option) {
    const char *start = strchr(variable->value, ';');
    if (!start)
        return false;
    start += 1 + strspn(start + 1, " ");
    const size_t length = strcspn(start, "|");
    if (strlen(variable->key) >= sizeof option->key || length >= sizeof option->value)
        return false;
    snprintf(option->key, sizeof option->key, "%s", variable->key);
    snprintf(option->value, sizeof option->value, "%.*s", (int)length, start);
    return true;
}

/* Keeps the defaults that a core tells; it may free its list afterwards. */
static bool keep_options(struct libretro_core *core, const struct variable *variables) {
    free(core->options);
    core->option_count = 0;
    core->options = calloc(MAX_OPTIONS, sizeof *core->options);
    if (!core->options)
        return false;
    for (; variables && variables->key && core->option_count < MAX_OPTIONS; variables++)
        if (variables->value && parse_default(variables, &core->options[core->option_count]))
            core->option_count++;
    return true;
}

/* Other variables stay unchanged: Genesis Plus GX reads the value even if the call is refused. */
static bool answer_listed(const struct libretro_core *core, struct variable *variable) {
    for (int i = 0; i < core->answer_count; i++)
        if (strcmp(core->answers[i].key, variable->key) == 0) {
            variable->value = core->answers[i].value;
            return true;
        }
    return false;
}

static bool answer_variable(const struct libretro_core *core, struct variable *variable) {
    if (!variable->key)
        return false;
    if (core->answers)
        return answer_listed(core, variable);
    variable->value = NULL;
    for (int i = 0; i < UNUSUAL_COUNT && !variable->value; i++)
        if (strcmp(unusual_options[i].key, variable->key) == 0)
            variable->value = unusual_options[i].value;
    for (int i = 0; i < core->option_count && !variable->value; i++)
        if (strcmp(core->options[i].key, variable->key) == 0)
            variable->value = core->options[i].value;
    return variable->value;
}

static bool take_format(struct libretro_core *core, const int *format) {
    if (*format < FORMAT_0RGB1555 || *format > FORMAT_RGB565)
        return false;
    core->format = (enum pixel_format) * format;
    return true;
}

/* Without a length a stretch is as long as its first repetition by the address lines selected. */
static bool take_memory_map(struct libretro_core *core, const struct memory_map *map) {
    core->region_count = 0;
    for (unsigned i = 0; i < map->descriptor_count; i++) {
        const struct memory_descriptor *given = &map->descriptors[i];
        size_t size = given->len;
        if (given->select != 0) {
            const size_t selected = ((~given->select & ~given->start) + 1) & given->select;
            size = given->len > 0 && given->len < selected ? given->len : selected;
        }
        if (given->flags & MEMORY_IS_CONSTANT || !given->ptr || size == 0)
            continue;
        if (core->region_count == LIBRETRO_MAX_REGIONS)
            break;
        core->regions[core->region_count++] =
            (struct libretro_region){.start = given->start, .size = size, .bytes = given->ptr};
    }
    return true;
}

/* What cores tell is of no use here; but some call the logger without asking whether there is one.
 */
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
        return take_memory_map(core, data);
    case SET_VARIABLES:
        return keep_options(core, data);
    case GET_VARIABLE:
        return answer_variable(core, data);
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

/* NULL says that the picture is the one before. */
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
    memset(state, 0, core->core_state_size); /* cores leave what they do not need */
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
                         "a state of %zu bytes is none of %s with this game", size, core->name);
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
    const char *missing = NULL;
    /* POSIX lets dlsym answer functions as void *, ISO C does not know that; hence the detour. */
#define CORE_LOOK_UP(result, function, arguments)                                                  \
    *(void **)&core->function = dlsym(core->file.handle, "retro_" #function);                      \
    if (!core->function)                                                                           \
        missing = "retro_" #function;
    CORE_FUNCTIONS(CORE_LOOK_UP)
#undef CORE_LOOK_UP
    if (missing)
        return error_set(error, STATUS_BAD_INPUT, "'%s' is no libretro core: it has no '%s'", path,
                         missing);
    const unsigned version = core->api_version();
    if (version != API_VERSION)
        return error_set(error, STATUS_BAD_INPUT,
                         "the core '%s' has version %u of the libretro interface, and version %d "
                         "is wanted",
                         path, version, API_VERSION);
    return STATUS_OK;
}

/* Where a core looks for a BIOS: beside the ROM. Cores copy it to small buffers, unchecked. */
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
    opened->answers = answers;
    opened->answer_count = answer_count;
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
    free(core->options);
    free(core->frame.pixels);
    free(core->rom);
    free(core);
    running = NULL;
}
