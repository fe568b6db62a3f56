/*
 * Super Mario Bros. and its sequel, The Lost Levels: start screen and waiting scenes skipped,
 * reward and end, as gym-super-mario-bros 7.4.0 has them, on the NES of our own or a libretro core.
 */
#include "games/machines.h"
#include "games/mario/game.h"
#include "games/mario/nes/console.h"
#include "games/mario/scenes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REWARD = 15, MAX_PROGRESS = 5, DEATH_PENALTY = 25 };

/* ---- Actions --------------------------------------------------------------------------------- */

static const struct buttons pad = {
    .names = {"A", "B", "SELECT", "START", "UP", "DOWN", "LEFT", "RIGHT"},
    .count = 8,
};

_Static_assert(NES_A == 1 << 0 && NES_B == 1 << 1 && NES_SELECT == 1 << 2 && NES_START == 1 << 3 &&
                   NES_UP == 1 << 4 && NES_DOWN == 1 << 5 && NES_LEFT == 1 << 6 &&
                   NES_RIGHT == 1 << 7,
               "the pad's names are in the order of the bits");

static enum status choose_actions(struct mario *mario, const char *choice, struct error *error) {
    const char *set = buttons_of_set(*choice ? choice : "simple");
    const enum status status =
        button_actions_read(&mario->actions, set ? set : choice, &pad, "Super Mario Bros.", error);
    mario->head.info.action_count = mario->actions.count;
    mario->head.info.action_names = mario->actions.names;
    mario->head.info.fire_action = -1;
    return status;
}

static struct mario *mario_of(struct emulator *emulator) {
    return (struct mario *)emulator;
}

static const struct mario *const_mario_of(const struct emulator *emulator) {
    return (const struct mario *)emulator;
}

/* ---- Play ------------------------------------------------------------------------------------ */

/* Progress to the right, the clock, death. */
static double reward_frame(struct mario *mario) {
    struct mario_play *play = &mario->play;
    int progress = mario_x_position(mario->ram) - play->last_x;
    int clock = mario_clock(mario->ram) - play->last_time;
    play->last_x = mario_x_position(mario->ram);
    play->last_time = mario_clock(mario->ram);
    if (abs(progress) > MAX_PROGRESS) /* the game moved the player: a new life, another area */
        progress = 0;
    if (clock > 0) /* the game set it again */
        clock = 0;
    const int penalty = mario_is_dying(mario->ram) || mario_is_dead(mario->ram) ? DEATH_PENALTY : 0;
    const int reward = progress + clock - penalty;
    return reward < -MAX_REWARD ? -MAX_REWARD : reward > MAX_REWARD ? MAX_REWARD : reward;
}

static bool is_game_over(const struct mario *mario) {
    if (mario->play.world > 0)
        return mario_is_dying(mario->ram) || mario_is_dead(mario->ram) ||
               mario_has_flag(mario->ram);
    return mario->ram[MARIO_LIVES] == MARIO_NO_LIVES;
}

static void read_frame(struct mario *mario, double reward, struct emulator_frame *frame) {
    *frame = (struct emulator_frame){
        .reward = reward,
        .lives =
            (uint8_t)(mario->ram[MARIO_LIVES] + 1), /* the game does not count the present one */
        .game_over = is_game_over(mario),
        .failed = mario->failure != NULL,
    };
}

static void mario_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct mario *mario = mario_of(emulator);
    if (!mario->failure)
        mario_advance(mario, (uint8_t)mario->actions.masks[action]);
    if (mario->machine->class->failure(mario->machine))
        mario_fail(mario, mario->machine->class->failure(mario->machine));
    const double reward = mario->failure ? 0 : reward_frame(mario);
    mario_read_details(mario->ram, mario->play.details);
    read_frame(mario, reward, frame);
    if (!frame->game_over && !frame->failed)
        mario_skip_scenes(mario);
}

/* Plays from power-on up to the player's first frame. */
static void start_stage(struct mario *mario) {
    struct error error = {0};
    if (mario->machine->class->load(mario->machine, mario->power_on, &error) != STATUS_OK)
        mario_fail(mario, "the machine refuses its own saved state");
    mario->play.late_buttons = 0;
    if (mario->failure)
        return;
    mario_skip_start_screen(mario);
    mario->play.last_x = mario_x_position(mario->ram);
    mario->play.last_time = mario_clock(mario->ram);
}

/* Each stage is started once; later games begin from its saved start. */
static void mario_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct mario *mario = mario_of(emulator);
    struct mario_play *play = &mario->play;
    if (mario->draws_stages) {
        play->world = 1 + (int32_t)rng_below(&play->rng, MARIO_WORLD_COUNT);
        play->stage = 1 + (int32_t)rng_below(&play->rng, MARIO_STAGES_A_WORLD);
    }
    const int index =
        play->world > 0 ? (play->world - 1) * MARIO_STAGES_A_WORLD + play->stage - 1 : 0;
    const size_t size = mario->machine->state_size;
    struct error error = {0};
    if (!mario->starts[index]) {
        start_stage(mario);
        uint8_t *start = malloc(size);
        if (!mario->failure && start &&
            mario->machine->class->save(mario->machine, start, &error) == STATUS_OK) {
            mario->starts[index] = start;
            mario->start_plays[index] = *play;
        } else {
            free(start);
        }
    } else if (mario->machine->class->load(mario->machine, mario->starts[index], &error) ==
               STATUS_OK) {
        play->late_buttons = mario->start_plays[index].late_buttons;
        play->last_x = mario->start_plays[index].last_x;
        play->last_time = mario->start_plays[index].last_time;
    } else {
        mario_fail(mario, "the machine refuses its own saved state");
    }
    mario_read_details(mario->ram, mario->play.details);
    read_frame(mario, 0, frame);
}

static void mario_seed(struct emulator *emulator, uint64_t seed) {
    rng_seed(&mario_of(emulator)->play.rng, seed, 0);
}

static void mario_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    struct mario_machine *machine = const_mario_of(emulator)->machine;
    machine->class->screen_rgb(machine, rgb);
}

static void mario_screen_indices(const struct emulator *emulator, uint8_t *indices) {
    struct mario_machine *machine = const_mario_of(emulator)->machine;
    machine->class->screen_indices(machine, indices);
}

static void mario_ram_read(const struct emulator *emulator, uint8_t *ram) {
    memcpy(ram, const_mario_of(emulator)->ram, MARIO_RAM_SIZE);
}

static void mario_ram_write(struct emulator *emulator, size_t address, uint8_t value) {
    mario_of(emulator)->ram[address] = value;
}

static void mario_details(const struct emulator *emulator, double *values) {
    memcpy(values, const_mario_of(emulator)->play.details, sizeof(double) * MARIO_DETAIL_COUNT);
}

static const char *mario_failure(const struct emulator *emulator) {
    return const_mario_of(emulator)->failure;
}

/* ---- Saved states: seal, play, machine's ---------------------------------------------------- */

static size_t state_size(const struct mario *mario) {
    return sizeof(struct seal) + sizeof(struct mario_play) + mario->machine->state_size;
}

static size_t mario_state_bound(const struct emulator *emulator, int64_t frames) {
    (void)frames;
    return state_size(const_mario_of(emulator));
}

static enum status mario_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                    size_t *used, struct error *error) {
    struct mario *mario = mario_of(emulator);
    const size_t size = state_size(mario);
    if (capacity < size)
        return error_set(error, STATUS_FAILED,
                         "a state of Super Mario Bros. takes %zu bytes, and there is room for %zu",
                         size, capacity);
    uint8_t *content = state + sizeof(struct seal);
    memcpy(content, &mario->play, sizeof mario->play);
    const enum status status =
        mario->machine->class->save(mario->machine, content + sizeof mario->play, error);
    if (status != STATUS_OK)
        return status;
    seal_write(state, size, mario->kind);
    *used = size;
    return STATUS_OK;
}

static bool play_is_sound(const struct mario *mario, const struct mario_play *play) {
    const bool is_same_stage = play->world == mario->play.world && play->stage == mario->play.stage;
    const bool is_a_stage = play->world >= 1 && play->world <= MARIO_WORLD_COUNT &&
                            play->stage >= 1 && play->stage <= MARIO_STAGES_A_WORLD;
    return rng_is_sound(&play->rng) && (mario->draws_stages ? is_a_stage : is_same_stage) &&
           play->last_x >= 0 && play->last_x <= UINT16_MAX && play->last_time >= 0 &&
           play->last_time <= UINT16_MAX && play->late_buttons <= UINT16_MAX;
}

static enum status mario_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                    struct error *error) {
    struct mario *mario = mario_of(emulator);
    enum status status = seal_check(state, size, mario->kind, error);
    if (status != STATUS_OK)
        return status;
    const uint8_t *content = state + sizeof(struct seal);
    struct mario_play play = {0}; /* which is not sound */
    if (size == state_size(mario))
        memcpy(&play, content, sizeof play);
    if (!play_is_sound(mario, &play))
        return error_set(error, STATUS_BAD_INPUT, "the saved state is not one of %s", mario->kind);
    status = mario->machine->class->load(mario->machine, content + sizeof play, error);
    if (status == STATUS_OK)
        mario->play = play;
    return status;
}

/* ---- Opening and closing --------------------------------------------------------------------- */

static void mario_close(struct emulator *emulator) {
    struct mario *mario = mario_of(emulator);
    for (int i = 0; i < MARIO_STAGE_COUNT; i++)
        free(mario->starts[i]);
    free(mario->power_on);
    button_actions_free(&mario->actions);
    if (mario->machine)
        mario->machine->class->close(mario->machine);
    free(mario);
}

static const struct emulator_class mario_class = {
    .name = "mario",
    .seed = mario_seed,
    .reset = mario_reset,
    .act = mario_act,
    .screen_rgb = mario_screen_rgb,
    .screen_indices = mario_screen_indices,
    .ram_read = mario_ram_read,
    .ram_write = mario_ram_write,
    .details = mario_details,
    .failure = mario_failure,
    .state_bound = mario_state_bound,
    .save_state = mario_save_state,
    .load_state = mario_load_state,
    .close = mario_close,
};

static void fill_info(struct mario *mario) {
    struct emulator_info *info = &mario->head.info;
    info->ram_size = MARIO_RAM_SIZE;
    info->detail_count = MARIO_DETAIL_COUNT;
    info->detail_names = mario_detail_names;
    mario->machine->class->describe(mario->machine, info);
}

/* The ROM's name without folder and ending, and the stage. */
static void name_kind(struct mario *mario, const struct mario_description *description) {
    const char *slash = strrchr(description->rom_path, '/');
    const char *name = slash ? slash + 1 : description->rom_path;
    const int length = (int)strcspn(name, ".");
    const char *core = mario->machine->class->name;
    if (mario->draws_stages)
        snprintf(mario->kind, sizeof mario->kind, "%.*s, any stage%s", length < 32 ? length : 32,
                 name, core);
    else
        snprintf(mario->kind, sizeof mario->kind, "%.*s %d-%d%s", length < 32 ? length : 32, name,
                 description->world, description->stage, core);
}

static enum status open_game(struct mario *mario, const struct mario_description *description,
                             struct error *error) {
    enum status status = choose_actions(mario, description->actions, error);
    if (status == STATUS_OK)
        status = mario_machine_open(description->core_path, description->rom_path, &mario->machine,
                                    error);
    if (status != STATUS_OK)
        return status;
    mario->ram = mario->machine->ram;
    mario->power_on = malloc(mario->machine->state_size);
    if (!mario->power_on)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", description->rom_path);
    status = mario->machine->class->save(mario->machine, mario->power_on, error);
    if (status != STATUS_OK)
        return status;
    fill_info(mario);
    name_kind(mario, description);
    const struct emulator_frame frame = emulator_reset(&mario->head);
    if (frame.failed)
        return error_set(error, STATUS_BAD_INPUT, "'%s' is not Super Mario Bros.: %s",
                         description->rom_path, mario->failure);
    return STATUS_OK;
}

enum status emulator_open_mario(const struct mario_description *description,
                                struct emulator **emulator, struct error *error) {
    struct mario *mario = calloc(1, sizeof *mario);
    if (!mario)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", description->rom_path);
    mario->head.class = &mario_class;
    mario->play.world = description->world;
    mario->play.stage = description->stage;
    mario->draws_stages = description->draws_stages;
    mario_seed(&mario->head, 0);
    const enum status status = open_game(mario, description, error);
    if (status != STATUS_OK) {
        mario_close(&mario->head);
        return status;
    }
    *emulator = &mario->head;
    return STATUS_OK;
}
