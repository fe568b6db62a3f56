/*
 * A game with the fault that $FAULT names; without one it is a sound game. $FAULT_ONCE names a
 * file: the first game with the fault creates it, and games that find it do not have the fault.
 */
#include <asyncrl/emulator.h>

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { SIZE = 84, PIXELS = SIZE * SIZE, GAME_FRAMES = 20, FAULT_FRAME = 30, PAGE = 65536 };
enum { SLOW_SECONDS = 13 }; /* less than the silence after which a game is given up */

struct game {
    int64_t frames; /* of all games: for faults */
    int64_t frame;  /* of this one; from here on it is the game's RAM */
    uint64_t seed;
};

static bool has_fault(const char *name) {
    const char *fault = getenv("FAULT");
    return fault && strcmp(fault, name) == 0;
}

/* Whether to show a fault in play now. */
static bool is_due(const struct game *game, const char *name) {
    const char *once = getenv("FAULT_ONCE");
    if (game->frames < FAULT_FRAME || !has_fault(name))
        return false;
    return !once || open(once, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) >= 0;
}

static bool plays_for_a_learner(void) {
    char name[16];
    return prctl(PR_GET_NAME, name) == 0 && strncmp(name, "asyncrl-act", 11) == 0;
}

static void be_slow(const char *name) {
    if (has_fault(name) && plays_for_a_learner())
        sleep(SLOW_SECONDS);
}

static void *bad_open(void) {
    if (has_fault("crash-open"))
        abort();
    if (has_fault("exit-open"))
        exit(3);
    if (has_fault("hang-open"))
        for (;;)
            pause();
    return has_fault("no-game") ? NULL : calloc(1, sizeof(struct game));
}

static void bad_reset(void *memory, uint64_t seed, struct asyncrl_frame *frame) {
    struct game *game = memory;
    game->frame = 0;
    game->seed = seed;
    if (has_fault("ends-with-life"))
        frame->lives = 2;
    be_slow("slow-reset");
    if (has_fault("crash-reset"))
        abort();
    if (has_fault("fail-reset"))
        frame->failure = "the cartridge\nfell out";
}

static void bad_act(void *memory, int action, struct asyncrl_frame *frame) {
    struct game *game = memory;
    game->frames++;
    game->frame++;
    frame->reward = has_fault("large-reward") ? 1234567.25 : action == 1;
    frame->game_over = game->frame == GAME_FRAMES && !has_fault("slow-reset");
    if (has_fault("ends-with-life")) { /* a frame after it, for every action */
        frame->lives = game->frame < 4 ? 2 : 1;
        frame->game_over = game->frame == 5;
    }
    if (has_fault("truncates"))
        frame->truncated = game->frame == GAME_FRAMES / 2;
    if (is_due(game, "hang"))
        for (;;)
            pause();
    if (is_due(game, "crash"))
        abort();
    if (is_due(game, "no-number"))
        frame->reward = (double)NAN;
    if (is_due(game, "fail"))
        frame->failure = "the cartridge\nfell out";
}

/* One by one, because a sanitizer would report memset at length. */
static void write_beyond(void *memory, size_t size) {
    for (size_t i = 0; i < PAGE; i++)
        ((volatile uint8_t *)memory)[size + i] = 1;
}

static void bad_screen_rgb(const void *memory, uint8_t *rgb) {
    const struct game *game = memory;
    memset(rgb, (int)(game->seed + (uint64_t)game->frame) & 255, (size_t)3 * PIXELS);
    if (has_fault("large-screen"))
        write_beyond(rgb, (size_t)3 * PIXELS);
}

static void bad_save(const void *memory, void *state) {
    memcpy(state, memory, sizeof(struct game));
    be_slow("slow-save");
    if (has_fault("large-state"))
        write_beyond(state, sizeof(struct game));
}

static bool bad_load(void *memory, const void *state) {
    struct game saved;
    be_slow("slow-load");
    memcpy(&saved, state, sizeof saved);
    if (saved.frame < 0 || saved.frame > GAME_FRAMES)
        return false;
    memcpy(memory, &saved, sizeof saved);
    return true;
}

static uint8_t *bad_ram(void *memory) {
    struct game *game = memory;
    return (uint8_t *)&game->frame;
}

static const char *const names[] = {"NOOP", "FIRE"};
static const char *const missing_name[] = {"NOOP", NULL};
static const char *const strange_name[] = {"NOOP", "two\nlines"};

static void spoil(struct asyncrl_emulator *table) {
    if (has_fault("version-2"))
        table->abi_version = ASYNCRL_EMULATOR_ABI + 1;
    if (has_fault("no-name"))
        table->name = NULL;
    if (has_fault("screen-0"))
        table->screen_width = 0;
    if (has_fault("screen-1025"))
        table->screen_height = 1025;
    if (has_fault("screen-negative"))
        table->screen_height = -84;
    if (has_fault("actions-0"))
        table->action_count = 0;
    if (has_fault("actions-4097"))
        table->action_count = 4097;
    if (has_fault("actions-null"))
        table->action_names = NULL;
    if (has_fault("action-null"))
        table->action_names = missing_name;
    if (has_fault("action-strange"))
        table->action_names = strange_name;
    if (has_fault("no-speed"))
        table->frames_per_second = (double)NAN;
    if (has_fault("no-act"))
        table->act = NULL;
    if (has_fault("no-load"))
        table->load_state = NULL;
    if (has_fault("huge-state"))
        table->state_size = SIZE_MAX;
    if (has_fault("no-ram"))
        table->ram = NULL;
    if (has_fault("wild-names"))
        table->action_names = (const char *const *)8;
}

/* Games without saved states are valid, too. */
static void unsave(struct asyncrl_emulator *table) {
    table->state_size = 0;
    table->save_state = NULL;
    table->load_state = NULL;
}

ASYNCRL_EXPORT const struct asyncrl_emulator *asyncrl_emulator(void) {
    static struct asyncrl_emulator table; /* which the caller reads once */
    table = (struct asyncrl_emulator){
        .abi_version = ASYNCRL_EMULATOR_ABI,
        .name = "bad game",
        .screen_width = SIZE,
        .screen_height = SIZE,
        .action_count = 2,
        .action_names = names,
        .frames_per_second = 60,
        .state_size = sizeof(struct game),
        .ram_size = sizeof(struct game) - offsetof(struct game, frame),
        .open = bad_open,
        .reset = bad_reset,
        .act = bad_act,
        .screen_rgb = bad_screen_rgb,
        .save_state = bad_save,
        .load_state = bad_load,
        .ram = bad_ram,
        .close = free,
    };
    spoil(&table);
    if (getenv("UNSAVED"))
        unsave(&table);
    return has_fault("no-table") ? NULL : &table;
}
