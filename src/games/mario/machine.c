#include "games/mario/machine.h"
#include "games/libretro/libretro.h"
#include "games/mario/nes/console.h"

#include <stdlib.h>
#include <string.h>

static const double frames_per_second = 60;
static const double pixel_aspect = 8.0 / 7;

/* ---- Our own --------------------------------------------------------------------------------- */

struct native {
    struct mario_machine head;
    struct nes_cartridge cartridge;
    struct nes_console console;
    uint8_t palette[256][3]; /* the 64 colours, and zeros */
};

enum { PIXELS = PPU_WIDTH * PPU_HEIGHT };

static struct native *native_of(struct mario_machine *machine) {
    return (struct native *)machine;
}

static void native_run(struct mario_machine *machine, uint8_t buttons) {
    nes_run(&native_of(machine)->console, buttons, 0);
}

static const char *native_failure(const struct mario_machine *machine) {
    (void)machine;
    return NULL;
}

static void native_describe(const struct mario_machine *machine, struct emulator_info *info) {
    info->palette = ((const struct native *)machine)->palette;
    info->screen_width = PPU_WIDTH;
    info->screen_height = PPU_HEIGHT;
    info->frames_per_second = frames_per_second;
    info->pixel_aspect = pixel_aspect;
}

static void native_screen_rgb(struct mario_machine *machine, uint8_t *rgb) {
    const uint8_t *pixels = nes_picture(&native_of(machine)->console);
    for (size_t i = 0; i < PIXELS; i++)
        memcpy(rgb + 3 * i, ppu_colours[pixels[i]], 3);
}

static void native_screen_indices(struct mario_machine *machine, uint8_t *indices) {
    memcpy(indices, nes_picture(&native_of(machine)->console), PIXELS);
}

static enum status native_save(struct mario_machine *machine, uint8_t *state, struct error *error) {
    (void)error;
    struct nes_snapshot snapshot;
    nes_take(&native_of(machine)->console, &snapshot);
    memcpy(state, &snapshot, sizeof snapshot);
    return STATUS_OK;
}

static enum status native_load(struct mario_machine *machine, const uint8_t *state,
                               struct error *error) {
    struct native *native = native_of(machine);
    struct nes_snapshot snapshot;
    memcpy(&snapshot, state, sizeof snapshot);
    if (!nes_snapshot_is_sound(&snapshot, &native->cartridge))
        return error_set(error, STATUS_BAD_INPUT, "the saved state is not one of the NES core");
    nes_restore(&native->console, &snapshot);
    return STATUS_OK;
}

static void native_close(struct mario_machine *machine) {
    free(native_of(machine));
}

static const struct mario_machine_class native_class = {
    .name = " on the native core",
    .run = native_run,
    .failure = native_failure,
    .describe = native_describe,
    .screen_rgb = native_screen_rgb,
    .screen_indices = native_screen_indices,
    .save = native_save,
    .load = native_load,
    .close = native_close,
};

static enum status read_cartridge(struct nes_cartridge *cartridge, const char *path,
                                  struct error *error) {
    unsigned char *file;
    size_t size;
    const enum status status = path_read_file(path, NES_FILE_MAX_SIZE, &file, &size, error);
    if (status != STATUS_OK)
        return status;
    const char *problem = nes_cartridge_fill(cartridge, file, size);
    free(file);
    if (problem)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' %s; --core=FILE plays it with a libretro core", path, problem);
    return STATUS_OK;
}

static enum status open_native(const char *rom_path, struct mario_machine **machine,
                               struct error *error) {
    struct native *native = calloc(1, sizeof *native);
    if (!native)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", rom_path);
    const enum status status = read_cartridge(&native->cartridge, rom_path, error);
    if (status != STATUS_OK) {
        free(native);
        return status;
    }
    nes_power_up(&native->console, &native->cartridge);
    memcpy(native->palette, ppu_colours, sizeof ppu_colours);
    native->head.class = &native_class;
    native->head.ram = native->console.state.ram;
    native->head.state_size = sizeof(struct nes_snapshot);
    *machine = &native->head;
    return STATUS_OK;
}

/* ---- A libretro core ------------------------------------------------------------------------- */

struct foreign {
    struct mario_machine head;
    struct libretro_core *core;
};

static struct libretro_core *core_of(const struct mario_machine *machine) {
    return ((const struct foreign *)machine)->core;
}

static void foreign_run(struct mario_machine *machine, uint8_t buttons) {
    static const uint8_t places[8] = {LIBRETRO_A,  LIBRETRO_B,    LIBRETRO_SELECT, LIBRETRO_START,
                                      LIBRETRO_UP, LIBRETRO_DOWN, LIBRETRO_LEFT,   LIBRETRO_RIGHT};
    unsigned joypad = 0;
    for (int bit = 0; bit < 8; bit++)
        joypad |= (buttons >> bit & 1u) << places[bit];
    libretro_run(core_of(machine), joypad);
}

static const char *foreign_failure(const struct mario_machine *machine) {
    return libretro_failure(core_of(machine));
}

static void foreign_describe(const struct mario_machine *machine, struct emulator_info *info) {
    const struct libretro_core *core = core_of(machine);
    libretro_screen_size(core, &info->screen_width, &info->screen_height);
    info->frames_per_second = libretro_frames_per_second(core);
    info->pixel_aspect = libretro_pixel_aspect(core);
}

static void foreign_screen_rgb(struct mario_machine *machine, uint8_t *rgb) {
    libretro_screen_rgb(core_of(machine), rgb);
}

static enum status foreign_save(struct mario_machine *machine, uint8_t *state,
                                struct error *error) {
    return libretro_save(core_of(machine), state, error);
}

static enum status foreign_load(struct mario_machine *machine, const uint8_t *state,
                                struct error *error) {
    return libretro_load(core_of(machine), state, machine->state_size, error);
}

static void foreign_close(struct mario_machine *machine) {
    libretro_close(core_of(machine));
    free(machine);
}

static const struct mario_machine_class foreign_class = {
    .name = "",
    .run = foreign_run,
    .failure = foreign_failure,
    .describe = foreign_describe,
    .screen_rgb = foreign_screen_rgb,
    .save = foreign_save,
    .load = foreign_load,
    .close = foreign_close,
};

static enum status start_foreign(struct foreign *foreign, const char *core_path,
                                 const char *rom_path, struct error *error) {
    const enum status status = libretro_open(core_path, rom_path, &foreign->core, error);
    if (status != STATUS_OK)
        return status;
    size_t ram_size;
    foreign->head.ram = libretro_ram(foreign->core, &ram_size);
    foreign->head.state_size = libretro_state_size(foreign->core);
    if (ram_size != NES_RAM_SIZE || foreign->head.state_size == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "%s ('%s') cannot play Super Mario Bros.: it shows no RAM of 2048 bytes, "
                         "or saves no states",
                         libretro_name(foreign->core), core_path);
    memset(foreign->head.ram, 0, NES_RAM_SIZE); /* some cores fill it with 0xFF */
    return STATUS_OK;
}

static enum status open_foreign(const char *core_path, const char *rom_path,
                                struct mario_machine **machine, struct error *error) {
    struct foreign *foreign = calloc(1, sizeof *foreign);
    if (!foreign)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", rom_path);
    foreign->head.class = &foreign_class;
    foreign->head.stops_early = true;
    const enum status status = start_foreign(foreign, core_path, rom_path, error);
    if (status != STATUS_OK) {
        foreign_close(&foreign->head);
        return status;
    }
    *machine = &foreign->head;
    return STATUS_OK;
}

enum status mario_machine_open(const char *core_path, const char *rom_path,
                               struct mario_machine **machine, struct error *error) {
    return core_path[0] ? open_foreign(core_path, rom_path, machine, error)
                        : open_native(rom_path, machine, error);
}
