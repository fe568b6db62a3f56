#include "scripted_emulator.h"

#include <stdlib.h>
#include <string.h>

enum { SIZE = 84, PIXELS = SIZE * SIZE };

struct scripted {
    struct emulator head;
    struct script *script;
    int frame; /* of this game */
    uint8_t palette[256][3];
    uint8_t luma[256];
    uint8_t average[256][256];
};

static struct scripted *scripted_of(struct emulator *emulator) {
    return (struct scripted *)emulator;
}

static void write_down(struct script *script, int action) {
    if (script->count < SCRIPT_LOG_SIZE)
        script->actions[script->count++] = action;
}

static int lives_left(const struct scripted *scripted) {
    const struct script *script = scripted->script;
    return script->life_length ? script->lives - scripted->frame / script->life_length
                               : script->lives;
}

static void scripted_seed(struct emulator *emulator, uint64_t seed) {
    scripted_of(emulator)->script->seed = seed;
}

static void scripted_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct scripted *scripted = scripted_of(emulator);
    scripted->frame = 0;
    scripted->script->resets++;
    write_down(scripted->script, -1);
    *frame = (struct emulator_frame){.lives = scripted->script->lives};
}

static void scripted_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct scripted *scripted = scripted_of(emulator);
    const struct script *script = scripted->script;
    scripted->frame++;
    write_down(scripted->script, action);
    *frame = (struct emulator_frame){
        .reward = script->reward,
        .lives = lives_left(scripted),
        .game_over = script->game_length > 0 && scripted->frame >= script->game_length,
    };
}

static uint8_t shown(const struct emulator *emulator) {
    const struct scripted *scripted = (const struct scripted *)emulator;
    return scripted->script->brightness ? scripted->script->brightness[scripted->frame] : 0;
}

static void scripted_indices(const struct emulator *emulator, uint8_t *indices) {
    memset(indices, shown(emulator), PIXELS);
}

static void scripted_rgb(const struct emulator *emulator, uint8_t *rgb) {
    memset(rgb, shown(emulator), (size_t)3 * PIXELS);
}

static void scripted_details(const struct emulator *emulator, double *values) {
    const struct scripted *scripted = (const struct scripted *)emulator;
    const struct script *script = scripted->script;
    values[0] = script->x[scripted->frame];
    values[1] = script->flag_frame > 0 && scripted->frame >= script->flag_frame;
    values[2] = script->stage_frame > 0 && scripted->frame >= script->stage_frame ? 2 : 1;
}

static void scripted_close(struct emulator *emulator) {
    scripted_of(emulator)->script->closed++;
    free(emulator);
}

static const struct emulator_class scripted_class = {
    .name = "scripted",
    .seed = scripted_seed,
    .reset = scripted_reset,
    .act = scripted_act,
    .screen_rgb = scripted_rgb,
    .screen_indices = scripted_indices,
    .details = scripted_details,
    .close = scripted_close,
};

struct emulator *scripted_emulator(struct script *script) {
    static const char *const names[SCRIPT_ACTIONS] = {"NOOP", "FIRE", "RIGHT"};
    static const char *const details[] = {"x_pos", "flag_get", "stage"};
    struct scripted *scripted = calloc(1, sizeof *scripted);
    if (!scripted)
        abort();
    for (int i = 0; i < 256; i++) {
        memset(scripted->palette[i], i, 3);
        scripted->luma[i] = (uint8_t)i;
        for (int j = 0; j < 256; j++)
            scripted->average[i][j] = (uint8_t)((i + j) / 2);
    }
    scripted->script = script;
    scripted->head.class = &scripted_class;
    scripted->head.info = (struct emulator_info){
        .screen_width = SIZE,
        .screen_height = SIZE,
        .action_count = SCRIPT_ACTIONS,
        .action_names = names,
        .fire_action = SCRIPT_FIRE,
        .frames_per_second = 60,
        .palette = scripted->palette,
        .palette_luma = scripted->luma,
        .average = scripted->average,
        .detail_names = details,
        .detail_count = script->x ? 3 : 0,
    };
    return &scripted->head;
}
