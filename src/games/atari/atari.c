/*
 * Atari games on our own core (atari/session.h), with ALE's rules: the same results as `ale.c`,
 * frame by frame, without ALE's library.
 */
#include "games/atari/info.h"
#include "games/atari/packing.h"
#include "games/atari/palette.h"
#include "games/atari/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct atari {
    struct emulator head;
    const struct ale_rom *rom;
    struct atari_actions actions;
    struct ale_colours colours;
    struct session session;
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

static void atari_screen_before(const struct emulator *emulator, uint8_t *indices) {
    struct atari *atari = atari_of(emulator);
    memcpy(indices, console_picture_before(&atari->session.console), screen_size(atari));
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

/* ---- Saved states: seal, console and rules, both frame buffers packed ------------------------ */

struct saved {
    struct console_state console;
    struct rules rules;
};

enum { SAVED_HEAD = sizeof(struct seal) + sizeof(struct saved), KIND_SIZE = 48 };

static size_t atari_state_bound(const struct emulator *emulator, int64_t frames) {
    (void)frames;
    return SAVED_HEAD + 2 * packing_bound(emulator->info.screen_height);
}

/* The kind in the seal. */
static void state_kind(const struct atari *atari, char kind[KIND_SIZE]) {
    char name[VARIANT_NAME_SIZE];
    title_name(atari->session.title, &atari->session.variant, name);
    snprintf(kind, KIND_SIZE, "%s on the native core", name);
}

/* whole: atari_state_bound bytes. Returns the size of the state. */
static size_t write_state(struct atari *atari, uint8_t *whole, const struct console_snapshot *now) {
    struct saved saved;
    memset(&saved, 0, sizeof saved);
    saved.console = now->state;
    saved.rules = atari->session.rules;
    memcpy(whole + sizeof(struct seal), &saved, sizeof saved);
    size_t size = SAVED_HEAD;
    for (int i = 0; i < 2; i++)
        size += packing_pack(whole + size, now->pictures[i], atari->head.info.screen_height);
    char kind[KIND_SIZE];
    state_kind(atari, kind);
    seal_write(whole, size, kind);
    return size;
}

static enum status atari_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                    size_t *used, struct error *error) {
    struct atari *atari = atari_of(emulator);
    struct console_snapshot *now = malloc(sizeof *now + atari_state_bound(emulator, 0));
    if (!now)
        return error_set(error, STATUS_FAILED, "out of memory for a state of %s", atari->rom->name);
    uint8_t *whole = (uint8_t *)(now + 1);
    console_take(&atari->session.console, now);
    const size_t size = write_state(atari, whole, now);
    enum status status = STATUS_OK;
    if (size > capacity) {
        status = error_set(error, STATUS_FAILED,
                           "this state of %s takes %zu bytes, and there is room for %zu",
                           atari->rom->name, size, capacity);
    } else {
        memcpy(state, whole, size);
        *used = size;
    }
    free(now);
    return status;
}

static bool read_state(const struct atari *atari, struct console_snapshot *then,
                       struct rules *rules, const uint8_t *state, size_t size) {
    if (size < SAVED_HEAD)
        return false;
    struct saved saved;
    memcpy(&saved, state + sizeof(struct seal), sizeof saved);
    if (!console_state_is_sound(&saved.console, &atari->session.setup) ||
        !rules_are_sound(&saved.rules))
        return false;
    then->state = saved.console;
    *rules = saved.rules;
    size_t at = SAVED_HEAD;
    for (int i = 0; i < 2; i++) {
        const size_t read = packing_unpack(then->pictures[i], atari->head.info.screen_height,
                                           state + at, size - at);
        if (read == 0)
            return false;
        at += read;
    }
    return at == size;
}

static enum status atari_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                    struct error *error) {
    struct atari *atari = atari_of(emulator);
    char kind[KIND_SIZE];
    state_kind(atari, kind);
    enum status status = seal_check(state, size, kind, error);
    if (status != STATUS_OK)
        return status;
    struct console_snapshot *then = malloc(sizeof *then);
    struct rules rules;
    if (!then)
        return error_set(error, STATUS_FAILED, "out of memory for a state of %s", atari->rom->name);
    if (read_state(atari, then, &rules, state, size)) {
        console_restore(&atari->session.console, then);
        atari->session.rules = rules;
    } else {
        status = error_set(error, STATUS_BAD_INPUT, "the saved state is not one of %s",
                           atari->rom->name);
    }
    free(then);
    return status;
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
    .screen_before = atari_screen_before,
    .ram_read = atari_ram_read,
    .ram_write = atari_ram_write,
    .state_bound = atari_state_bound,
    .save_state = atari_save_state,
    .load_state = atari_load_state,
    .close = atari_close,
};

static void describe_atari(struct atari *atari, const struct atari_choice *choice) {
    const struct title *title = atari->session.title;
    uint32_t palette[256];
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
