/*
 * Super Mario Bros. and its sequel, The Lost Levels: start screen and waiting scenes skipped,
 * reward and end, as gym-super-mario-bros 7.4.0 has them, on the NES of our own or a libretro core.
 *
 * RAM addresses: gym-super-mario-bros, and the RAM map at datacrystal.tcrf.net.
 */
#include "games/machines.h"
#include "games/mario/machine.h"
#include "games/mario/nes/console.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum ram_address {
    PLAYER_STATE = 0x000e,
    ENEMY_TYPES = 0x0016,
    FLOAT_STATE = 0x001d,
    PLAYER_PAGE = 0x006d,
    PLAYER_X = 0x0086,
    PLAYER_Y_PAGE = 0x00b5,
    PLAYER_Y = 0x03b8,
    CHANGE_AREA_TIMER = 0x06de,
    PLAYER_SIZE = 0x0756,
    LIVES = 0x075a,
    STAGE = 0x075c,
    WORLD = 0x075f,
    AREA = 0x0760,
    GAME_MODE = 0x0770,
    PRELEVEL_TIMER = 0x07a0,
    SCORE_DIGITS = 0x07de,
    COIN_DIGITS = 0x07ed,
    TIME_DIGITS = 0x07f8,
};

enum { RAM_SIZE = 0x800, ENEMY_COUNT = 5, ENEMY_BOWSER = 0x2d, ENEMY_FLAG = 0x31 };

/* Of PLAYER_STATE: below STATE_DYING all but dead mean that the player has no control. */
enum { STATE_DEAD = 0x06, STATE_ENTERS_AREA = 0x07, STATE_DIES = 0x0b };

enum { FLOAT_SLIDES_DOWN_POLE = 3, MODE_END_OF_WORLD = 2, NO_LIVES = 0xff, PAGE_WIDTH = 256 };

enum { MAX_REWARD = 15, MAX_PROGRESS = 5, DEATH_PENALTY = 25 };

/* The longest scene lasts some 20 s of 60 frames. */
enum { MAX_SKIPPED_FRAMES = 3600 };

enum { WORLD_COUNT = 8, STAGES_A_WORLD = 4, STAGE_COUNT = WORLD_COUNT * STAGES_A_WORLD };

#define BUTTON(name) NES_##name

/* ---- Actions --------------------------------------------------------------------------------- */

enum { MAX_ACTIONS = 12 };

struct action_set {
    int count;
    const char *names[MAX_ACTIONS];
    uint8_t buttons[MAX_ACTIONS];
};

/* RIGHT_ONLY, SIMPLE_MOVEMENT and COMPLEX_MOVEMENT: each begins with the one before. */
static const struct action_set complex_actions = {
    .count = MAX_ACTIONS,
    .names = {"NOOP", "RIGHT", "RIGHT+A", "RIGHT+B", "RIGHT+A+B", "A", "LEFT", "LEFT+A", "LEFT+B",
              "LEFT+A+B", "DOWN", "UP"},
    .buttons = {0, BUTTON(RIGHT), BUTTON(RIGHT) | BUTTON(A), BUTTON(RIGHT) | BUTTON(B),
                BUTTON(RIGHT) | BUTTON(A) | BUTTON(B), BUTTON(A), BUTTON(LEFT),
                BUTTON(LEFT) | BUTTON(A), BUTTON(LEFT) | BUTTON(B),
                BUTTON(LEFT) | BUTTON(A) | BUTTON(B), BUTTON(DOWN), BUTTON(UP)},
};

static const int action_counts[] = {
    [MARIO_ACTIONS_RIGHT] = 5, [MARIO_ACTIONS_SIMPLE] = 7, [MARIO_ACTIONS_COMPLEX] = 12};

/* ---- What the RAM says ----------------------------------------------------------------------- */

enum detail {
    DETAIL_X_POS,
    DETAIL_Y_POS,
    DETAIL_TIME,
    DETAIL_LIFE,
    DETAIL_FLAG_GET,
    DETAIL_COINS,
    DETAIL_SCORE,
    DETAIL_STATUS,
    DETAIL_WORLD,
    DETAIL_STAGE,
    DETAIL_COUNT,
};

static const char *const detail_names[DETAIL_COUNT] = {
    "x_pos", "y_pos", "time", "life", "flag_get", "coins", "score", "status", "world", "stage",
};

/* Everything that play depends on beside the machine; saved as it is, no padding. */
struct play {
    struct rng rng; /* draws stages */
    double details[DETAIL_COUNT];
    int32_t world; /* that is played, from 1; 0: the whole game */
    int32_t stage;
    int32_t last_x;
    int32_t last_time;
    uint32_t late_buttons; /* chosen for the last frame; the next one is played with them */
    uint32_t unused;
};

struct mario {
    struct emulator head;
    struct mario_machine *machine;
    uint8_t *ram;
    struct play play;
    bool draws_stages;
    char kind[sizeof((struct seal *)NULL)->kind]; /* what its saved states are of */
    uint8_t *power_on;                            /* a state of the machine */
    uint8_t *starts[STAGE_COUNT]; /* states after the start screen, by stage, NULL: not yet */
    struct play start_plays[STAGE_COUNT];
    const char *failure;
};

static struct mario *mario_of(struct emulator *emulator) {
    return (struct mario *)emulator;
}

static const struct mario *const_mario_of(const struct emulator *emulator) {
    return (const struct mario *)emulator;
}

/* The game keeps a decimal digit a byte. */
static int digits(const struct mario *mario, int address, int count) {
    int value = 0;
    for (int i = 0; i < count; i++)
        value = 10 * value + mario->ram[address + i];
    return value;
}

static int game_time(const struct mario *mario) {
    return digits(mario, TIME_DIGITS, 3);
}

static int x_position(const struct mario *mario) {
    return mario->ram[PLAYER_PAGE] * PAGE_WIDTH + mario->ram[PLAYER_X];
}

/* From the screen's lower edge; above the screen it goes on. */
static int y_position(const struct mario *mario) {
    const bool is_above = mario->ram[PLAYER_Y_PAGE] < 1;
    return (is_above ? 2 * 255 : 255) - mario->ram[PLAYER_Y];
}

static bool is_dying(const struct mario *mario) {
    return mario->ram[PLAYER_STATE] == STATE_DIES || mario->ram[PLAYER_Y_PAGE] > 1;
}

static bool is_dead(const struct mario *mario) {
    return mario->ram[PLAYER_STATE] == STATE_DEAD;
}

/* Climbing, in a pipe, walking by itself, dead or entering: the player waits. */
static bool is_busy(const struct mario *mario) {
    return mario->ram[PLAYER_STATE] <= STATE_ENTERS_AREA && !is_dead(mario);
}

static bool is_world_over(const struct mario *mario) {
    return mario->ram[GAME_MODE] == MODE_END_OF_WORLD;
}

/* Bowser or a flag is near and the player slides: else a vine would look the same. */
static bool is_stage_over(const struct mario *mario) {
    for (int i = 0; i < ENEMY_COUNT; i++) {
        const uint8_t type = mario->ram[ENEMY_TYPES + i];
        if (type == ENEMY_BOWSER || type == ENEMY_FLAG)
            return mario->ram[FLOAT_STATE] == FLOAT_SLIDES_DOWN_POLE;
    }
    return false;
}

static bool has_flag(const struct mario *mario) {
    return is_world_over(mario) || is_stage_over(mario);
}

static void note_details(struct mario *mario) {
    const uint8_t *ram = mario->ram;
    double *details = mario->play.details;
    details[DETAIL_X_POS] = x_position(mario);
    details[DETAIL_Y_POS] = y_position(mario);
    details[DETAIL_TIME] = game_time(mario);
    details[DETAIL_LIFE] = ram[LIVES];
    details[DETAIL_FLAG_GET] = has_flag(mario);
    details[DETAIL_COINS] = digits(mario, COIN_DIGITS, 2);
    details[DETAIL_SCORE] = digits(mario, SCORE_DIGITS, 6);
    details[DETAIL_STATUS] = ram[PLAYER_SIZE];
    details[DETAIL_WORLD] = ram[WORLD] + 1;
    details[DETAIL_STAGE] = ram[STAGE] + 1;
}

/* ---- Frames that nobody plays ---------------------------------------------------------------- */

/*
 * Frame by frame, nes-py reads the RAM when the next frame's buttons were read already: what is
 * pressed shows one step later than with cores that stop at the vertical blank. So buttons wait for
 * a frame with those.
 */
static void advance(struct mario *mario, uint8_t buttons) {
    struct mario_machine *machine = mario->machine;
    if (!machine->stops_early) {
        machine->class->run(machine, buttons);
        return;
    }
    machine->class->run(machine, (uint8_t)mario->play.late_buttons);
    mario->play.late_buttons = buttons;
}

/* Says once what went wrong; nothing is played after it. */
static void fail(struct mario *mario, const char *failure) {
    if (!mario->failure)
        mario->failure = failure;
}

/* Whether a scene may go on; one that takes too long does not belong to this game. */
static bool may_skip(struct mario *mario, int *skipped) {
    if (mario->machine->class->failure(mario->machine))
        fail(mario, mario->machine->class->failure(mario->machine));
    if (++*skipped > MAX_SKIPPED_FRAMES)
        fail(mario, "a scene without the player does not end");
    return !mario->failure;
}

static void press_and_release_start(struct mario *mario) {
    advance(mario, BUTTON(START));
    advance(mario, 0);
}

/* The game reads this when it loads the first stage. */
static void write_stage(struct mario *mario) {
    const struct play *play = &mario->play;
    const bool has_first_area =
        play->world == 1 || play->world == 2 || play->world == 4 || play->world == 7;
    mario->ram[WORLD] = (uint8_t)(play->world - 1);
    mario->ram[STAGE] = (uint8_t)(play->stage - 1);
    /* The way to the pipe of these worlds' second stages is an area of its own. */
    mario->ram[AREA] = (uint8_t)(play->stage - (has_first_area && play->stage > 1 ? 0 : 1));
}

static void skip_start_screen(struct mario *mario) {
    int skipped = 0;
    press_and_release_start(mario);
    while (game_time(mario) == 0 && may_skip(mario, &skipped)) {
        advance(mario, BUTTON(START));
        if (mario->play.world > 0)
            write_stage(mario);
        advance(mario, 0);
        mario->ram[PRELEVEL_TIMER] = 0;
    }
    int before;
    do {
        before = game_time(mario);
        press_and_release_start(mario);
    } while (game_time(mario) >= before && may_skip(mario, &skipped));
}

static void skip_end_of_world(struct mario *mario) {
    if (!is_world_over(mario))
        return;
    int skipped = 0;
    const int before = game_time(mario);
    while (game_time(mario) == before && may_skip(mario, &skipped))
        advance(mario, 0);
}

/* What follows a frame that did not end the game, up to where the player has control again. */
static void skip_scenes(struct mario *mario) {
    uint8_t *ram = mario->ram;
    if (is_dying(mario)) {
        ram[PLAYER_STATE] = STATE_DEAD;
        advance(mario, 0);
    }
    if (mario->play.world == 0)
        skip_end_of_world(mario);
    if (ram[CHANGE_AREA_TIMER] > 1 && ram[CHANGE_AREA_TIMER] < UINT8_MAX)
        ram[CHANGE_AREA_TIMER] = 1;
    int skipped = 0;
    while ((is_busy(mario) || is_world_over(mario)) && may_skip(mario, &skipped)) {
        ram[PRELEVEL_TIMER] = 0;
        advance(mario, 0);
    }
}

/* ---- Play ------------------------------------------------------------------------------------ */

/* Progress to the right, the clock, death. */
static double reward_frame(struct mario *mario) {
    struct play *play = &mario->play;
    int progress = x_position(mario) - play->last_x;
    int clock = game_time(mario) - play->last_time;
    play->last_x = x_position(mario);
    play->last_time = game_time(mario);
    if (abs(progress) > MAX_PROGRESS) /* put elsewhere: a new life, another area */
        progress = 0;
    if (clock > 0) /* set anew */
        clock = 0;
    const int penalty = is_dying(mario) || is_dead(mario) ? DEATH_PENALTY : 0;
    const int reward = progress + clock - penalty;
    return reward < -MAX_REWARD ? -MAX_REWARD : reward > MAX_REWARD ? MAX_REWARD : reward;
}

static bool is_game_over(const struct mario *mario) {
    if (mario->play.world > 0)
        return is_dying(mario) || is_dead(mario) || has_flag(mario);
    return mario->ram[LIVES] == NO_LIVES;
}

static void read_frame(struct mario *mario, double reward, struct emulator_frame *frame) {
    *frame = (struct emulator_frame){
        .reward = reward,
        .lives = (uint8_t)(mario->ram[LIVES] + 1), /* the game counts those beside this one */
        .game_over = is_game_over(mario),
        .failed = mario->failure != NULL,
    };
}

static void mario_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct mario *mario = mario_of(emulator);
    if (!mario->failure)
        advance(mario, complex_actions.buttons[action]);
    if (mario->machine->class->failure(mario->machine))
        fail(mario, mario->machine->class->failure(mario->machine));
    const double reward = mario->failure ? 0 : reward_frame(mario);
    note_details(mario);
    read_frame(mario, reward, frame);
    if (!frame->game_over && !frame->failed)
        skip_scenes(mario);
}

/* Plays from power-on up to the player's first frame. */
static void start_stage(struct mario *mario) {
    struct error error = {0};
    if (mario->machine->class->load(mario->machine, mario->power_on, &error) != STATUS_OK)
        fail(mario, "the machine refuses its own saved state");
    mario->play.late_buttons = 0;
    if (mario->failure)
        return;
    skip_start_screen(mario);
    mario->play.last_x = x_position(mario);
    mario->play.last_time = game_time(mario);
}

/* Each stage is started once; later games begin from what was kept. */
static void mario_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct mario *mario = mario_of(emulator);
    struct play *play = &mario->play;
    if (mario->draws_stages) {
        play->world = 1 + (int32_t)rng_below(&play->rng, WORLD_COUNT);
        play->stage = 1 + (int32_t)rng_below(&play->rng, STAGES_A_WORLD);
    }
    const int index = play->world > 0 ? (play->world - 1) * STAGES_A_WORLD + play->stage - 1 : 0;
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
        fail(mario, "the machine refuses its own saved state");
    }
    note_details(mario);
    read_frame(mario, 0, frame);
}

static void mario_seed(struct emulator *emulator, uint64_t seed) {
    rng_seed(&mario_of(emulator)->play.rng, seed, 0);
}

static void mario_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    struct mario_machine *machine = const_mario_of(emulator)->machine;
    machine->class->screen_rgb(machine, rgb);
}

static void mario_ram_read(const struct emulator *emulator, uint8_t *ram) {
    memcpy(ram, const_mario_of(emulator)->ram, RAM_SIZE);
}

static void mario_ram_write(struct emulator *emulator, size_t address, uint8_t value) {
    mario_of(emulator)->ram[address] = value;
}

static void mario_details(const struct emulator *emulator, double *values) {
    memcpy(values, const_mario_of(emulator)->play.details, sizeof(double) * DETAIL_COUNT);
}

static const char *mario_failure(const struct emulator *emulator) {
    return const_mario_of(emulator)->failure;
}

/* ---- Saved states: seal, play, machine's ---------------------------------------------------- */

static size_t state_size(const struct mario *mario) {
    return sizeof(struct seal) + sizeof(struct play) + mario->machine->state_size;
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

static bool play_is_sound(const struct mario *mario, const struct play *play) {
    const bool is_same_stage = play->world == mario->play.world && play->stage == mario->play.stage;
    const bool is_a_stage = play->world >= 1 && play->world <= WORLD_COUNT && play->stage >= 1 &&
                            play->stage <= STAGES_A_WORLD;
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
    struct play play = {0}; /* which is not sound */
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
    for (int i = 0; i < STAGE_COUNT; i++)
        free(mario->starts[i]);
    free(mario->power_on);
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
    .ram_read = mario_ram_read,
    .ram_write = mario_ram_write,
    .details = mario_details,
    .failure = mario_failure,
    .state_bound = mario_state_bound,
    .save_state = mario_save_state,
    .load_state = mario_load_state,
    .close = mario_close,
};

static void fill_info(struct mario *mario, enum mario_actions actions) {
    struct emulator_info *info = &mario->head.info;
    *info = (struct emulator_info){
        .action_count = action_counts[actions],
        .action_names = complex_actions.names,
        .fire_action = -1,
        .ram_size = RAM_SIZE,
        .detail_count = DETAIL_COUNT,
        .detail_names = detail_names,
    };
    mario->machine->class->describe(mario->machine, info);
}

/* The ROM's name without folder and ending, and what is played of it. */
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
    enum status status =
        mario_machine_open(description->core_path, description->rom_path, &mario->machine, error);
    if (status != STATUS_OK)
        return status;
    mario->ram = mario->machine->ram;
    mario->power_on = malloc(mario->machine->state_size);
    if (!mario->power_on)
        return error_set(error, STATUS_FAILED, "out of memory opening '%s'", description->rom_path);
    status = mario->machine->class->save(mario->machine, mario->power_on, error);
    if (status != STATUS_OK)
        return status;
    fill_info(mario, description->actions);
    name_kind(mario, description);
    const struct emulator_frame frame = emulator_reset(&mario->head);
    if (frame.failed)
        return error_set(error, STATUS_BAD_INPUT, "'%s' plays no Super Mario Bros.: %s",
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
