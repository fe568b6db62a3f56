/*
 * Atari games on our own core (atari/session.h), with ALE's rules: the same results as `ale.c`,
 * frame by frame, without ALE's library.
 */
#include "games/atari/info.h"
#include "games/atari/palette.h"
#include "games/atari/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_KIND_SIZE = 48 };

struct atari {
    struct emulator head;
    const struct ale_rom *rom;
    struct atari_actions actions;
    struct ale_colours colours;
    struct session session;
    char kind[STATE_KIND_SIZE]; /* in the seal of saved states */
};

static struct atari *atari_of(const struct emulator *emulator) {
    /* Drawing a picture on demand changes nothing that a caller can observe. */
    // NOLINTNEXTLINE(performance-no-int-to-ptr): it only casts const away
    return (struct atari *)(uintptr_t)emulator;
}

static size_t screen_size(const struct atari *atari) {
    return (size_t)TIA_WIDTH * (size_t)atari->head.info.screen_height;
}

/* ---- Play ------------------------------------------------------------------------------------ */

static void read_frame(const struct atari *atari, struct emulator_frame *frame) {
    const struct rules *rules = &atari->session.rules;
    *frame = (struct emulator_frame){
        .reward = rules->reward,
        .lives = rules->lives,
        .game_over = rules->is_over,
    };
}

static void atari_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct atari *atari = atari_of(emulator);
    session_reset(&atari->session);
    read_frame(atari, frame);
}

static void atari_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct atari *atari = atari_of(emulator);
    session_act(&atari->session, atari->actions.codes[action]);
    read_frame(atari, frame);
}

static void atari_screen_indices(const struct emulator *emulator, uint8_t *indices) {
    struct atari *atari = atari_of(emulator);
    memcpy(indices, console_picture(&atari->session.console), screen_size(atari));
}

static void atari_screens(const struct emulator *emulator, const uint8_t *indices[2]) {
    struct console *console = &atari_of(emulator)->session.console;
    indices[0] = console_picture(console);
    indices[1] = console_picture_before(console);
}

static void atari_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    struct atari *atari = atari_of(emulator);
    atari_colour(rgb, console_picture(&atari->session.console), screen_size(atari),
                 &atari->colours);
}

static void atari_ram_read(const struct emulator *emulator, uint8_t *ram) {
    memcpy(ram, atari_of(emulator)->session.console.state.ram, ATARI_RAM_SIZE);
}

static void atari_ram_write(struct emulator *emulator, size_t address, uint8_t value) {
    atari_of(emulator)->session.console.state.ram[address] = value;
}

/* ---- Saved states: a seal, then what saved.h describes --------------------------------------- */

static size_t atari_state_bound(const struct emulator *emulator, int64_t frames) {
    (void)emulator;
    (void)frames;
    return sizeof(struct seal) + SAVED_BOUND;
}

static enum status atari_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                    size_t *used, struct error *error) {
    struct atari *atari = atari_of(emulator);
    const size_t head = sizeof(struct seal);
    const size_t size = head + saved_write(&atari->session.console, &atari->session.rules,
                                           state + head, capacity < head ? 0 : capacity - head);
    if (size > capacity)
        return error_set(error, STATUS_FAILED,
                         "this state of %s takes %zu bytes, and there is room for %zu",
                         atari->rom->name, size, capacity);
    seal_write(state, size, atari->kind);
    *used = size;
    return STATUS_OK;
}

static enum status atari_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                    struct error *error) {
    struct atari *atari = atari_of(emulator);
    const size_t head = sizeof(struct seal);
    const enum status status = seal_check(state, size, atari->kind, error);
    if (status != STATUS_OK)
        return status;
    if (!saved_read(&atari->session.console, &atari->session.rules, state + head, size - head))
        return error_set(error, STATUS_BAD_INPUT, "the saved state is not one of %s",
                         atari->rom->name);
    return STATUS_OK;
}

/* ---- Opening and closing --------------------------------------------------------------------- */

static void atari_close(struct emulator *emulator) {
    free(emulator);
}

static const struct emulator_class atari_class = {
    .name = "atari",
    .reset = atari_reset,
    .act = atari_act,
    .screen_rgb = atari_screen_rgb,
    .screen_indices = atari_screen_indices,
    .screens = atari_screens,
    .ram_read = atari_ram_read,
    .ram_write = atari_ram_write,
    .state_bound = atari_state_bound,
    .save_state = atari_save_state,
    .load_state = atari_load_state,
    .close = atari_close,
};

static void describe_atari(struct atari *atari, const struct atari_choice *choice) {
    const struct title *title = atari->session.title;
    char name[VARIANT_NAME_SIZE];
    uint32_t palette[256];
    title_name(title, &atari->session.variant, name);
    snprintf(atari->kind, sizeof atari->kind, "%s on the native core", name);
    palette_fill(palette, title->is_pal);
    ale_colours_fill(&atari->colours, palette);
    for (int code = 0; code < ATARI_ACTIONS; code++)
        if (title->actions >> code & 1)
            atari->actions.codes[atari->actions.count++] = code;
    if (choice->full_action_space)
        atari_actions_fill(&atari->actions);
    atari_info_fill(&atari->head.info, atari->rom, session_height(&atari->session), &atari->actions,
                    &atari->colours);
}

static enum status open_game(struct atari *atari, const char *rom_path,
                             const struct atari_choice *choice, struct error *error) {
    enum status status = ale_rom_check(rom_path, &atari->rom, error);
    if (status != STATUS_OK)
        return status;
    unsigned char *image;
    size_t size;
    const struct title *title = title_find(atari->rom->name);
    status = path_read_file(rom_path, CARTRIDGE_MAX_SIZE, &image, &size, error);
    if (status != STATUS_OK)
        return status;
    struct variant variant;
    if (!title || size != cartridge_size(title->type)) {
        free(image);
        return error_set(error, STATUS_FAILED, "the native core does not play %s",
                         atari->rom->name);
    }
    status = title_choose(title, choice, &variant, error);
    if (status == STATUS_OK)
        session_open(&atari->session, title, image, &variant);
    free(image);
    if (status == STATUS_OK)
        describe_atari(atari, choice);
    return status;
}

enum status emulator_open_atari(const char *rom_path, const struct atari_choice *choice,
                                struct emulator **emulator, struct error *error) {
    static const struct atari_choice defaults;
    struct atari *atari = calloc(1, sizeof *atari);
    if (!atari)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", rom_path);
    atari->head.class = &atari_class;
    const enum status status = open_game(atari, rom_path, choice ? choice : &defaults, error);
    if (status != STATUS_OK) {
        atari_close(&atari->head);
        return status;
    }
    *emulator = &atari->head;
    return STATUS_OK;
}
