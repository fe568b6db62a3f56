#include "games/retro/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STATE_MAX_SIZE = 64 << 20,
    FRAMES_BEFORE_START = 2 /* that stable-retro plays before it loads the start state */
};

/* The only options of cores that stable-retro knows; other options change how a game plays, too. */
static const struct libretro_option core_options[] = {
    {"genesis_plus_gx_bram", "per game"},
    {"genesis_plus_gx_render", "single field"},
    {"genesis_plus_gx_blargg_ntsc_filter", "disabled"},
};

enum { CORE_OPTION_COUNT = sizeof core_options / sizeof core_options[0] };

/* ---- The core -------------------------------------------------------------------------------- */

/* The address space as the core describes it, otherwise the system's RAM at the
 * console's address. */
static void find_memory(struct retro_console *console) {
    const struct libretro_region *regions;
    console->memory.count = 0;
    const int count = libretro_regions(console->core, &regions);
    for (int i = 0; i < count; i++)
        retro_memory_add(&console->memory, regions[i].start, regions[i].size, regions[i].bytes);
    size_t size;
    const uint8_t *ram = libretro_ram(console->core, &size);
    if (count == 0 && ram)
        retro_memory_add(&console->memory, console->system->ram_base, size, ram);
    console->memory.swap = console->system->swap;
    console->ram_size = ram ? size : 0;
}

/* Opens the core and the game. If they are open already, new ones take their place. */
static enum status renew_core(struct retro_console *console, struct error *error) {
    struct libretro_core *core;
    const enum status status = libretro_open_with(console->core_path, console->rom_path,
                                                  core_options, CORE_OPTION_COUNT, &core, error);
    if (status != STATUS_OK)
        return status;
    if (console->core) {
        int width;
        int height;
        libretro_screen_size(console->core, &width, &height);
        libretro_set_screen_size(core, width, height);
        libretro_close(console->core);
    }
    console->core = core;
    find_memory(console);
    return STATUS_OK;
}

enum status retro_console_open(const char *core_path, const char *rom_path,
                               const struct retro_system *system, struct retro_console *console,
                               struct error *error) {
    *console = (struct retro_console){.system = system};
    snprintf(console->core_path, sizeof console->core_path, "%s", core_path);
    snprintf(console->rom_path, sizeof console->rom_path, "%s", rom_path);
    const enum status status = renew_core(console, error);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < FRAMES_BEFORE_START; i++)
        libretro_run(console->core, 0);
    if (libretro_failure(console->core))
        return error_set(error, STATUS_BAD_INPUT, "%s: %s", libretro_name(console->core),
                         libretro_failure(console->core));
    if (libretro_state_size(console->core) == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "%s saves no states, so it cannot go back to the start of a game",
                         libretro_name(console->core));
    /* Stella's states lack, for instance, the position of the paddles. */
    console->renews_core = strncmp(libretro_name(console->core), "Stella ", strlen("Stella ")) == 0;
    return STATUS_OK;
}

/* ---- The start ------------------------------------------------------------------------------- */

enum status retro_console_load_start(struct retro_console *console, struct error *error) {
    if (console->renews_core) {
        const enum status status = renew_core(console, error);
        if (status != STATUS_OK)
            return status;
        libretro_reset(console->core);
    }
    if (console->start_is_own)
        return libretro_load(console->core, console->start, console->start_size, error);
    return libretro_load_foreign(console->core, console->start, console->start_size, error);
}

static enum status save_start(struct retro_console *console, struct error *error) {
    console->start_is_own = true;
    libretro_fit_screen(console->core);
    console->start_size = libretro_state_size(console->core);
    console->start = malloc(console->start_size + 1);
    return console->start
               ? libretro_save(console->core, console->start, error)
               : error_set(error, STATUS_FAILED, "out of memory playing '%s'", console->rom_path);
}

enum status retro_console_open_start(struct retro_console *console, const char *path,
                                     struct error *error) {
    if (!*path)
        return save_start(console, error);
    enum status status =
        gzip_read_file(path, STATE_MAX_SIZE, &console->start, &console->start_size, error);
    if (status == STATUS_OK)
        status = retro_console_load_start(console, error);
    return status == STATUS_OK ? STATUS_OK : error_context(error, "the start state '%s'", path);
}

void retro_console_close(struct retro_console *console) {
    libretro_close(console->core);
    free(console->start);
}
