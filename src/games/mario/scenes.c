#include "games/mario/scenes.h"
#include "games/mario/nes/console.h"

/* The longest scene lasts some 20 s of 60 frames. */
enum { MAX_SKIPPED_FRAMES = 3600 };

void mario_advance(struct mario *mario, uint8_t buttons) {
    struct mario_machine *machine = mario->machine;
    if (!machine->stops_early) {
        machine->class->run(machine, buttons);
        return;
    }
    machine->class->run(machine, (uint8_t)mario->play.late_buttons);
    mario->play.late_buttons = buttons;
}

void mario_fail(struct mario *mario, const char *failure) {
    if (!mario->failure)
        mario->failure = failure;
}

/* Whether a scene may go on; one that takes too long does not belong to this game. */
static bool may_skip(struct mario *mario, int *skipped) {
    if (mario->machine->class->failure(mario->machine))
        mario_fail(mario, mario->machine->class->failure(mario->machine));
    if (++*skipped > MAX_SKIPPED_FRAMES)
        mario_fail(mario, "a scene without the player does not end");
    return !mario->failure;
}

static void press_and_release_start(struct mario *mario) {
    mario_advance(mario, NES_START);
    mario_advance(mario, 0);
}

/* The game reads this when it loads the first stage. */
static void write_stage(struct mario *mario) {
    const struct mario_play *play = &mario->play;
    const bool has_first_area =
        play->world == 1 || play->world == 2 || play->world == 4 || play->world == 7;
    mario->ram[MARIO_WORLD] = (uint8_t)(play->world - 1);
    mario->ram[MARIO_STAGE] = (uint8_t)(play->stage - 1);
    /* The way to the pipe of these worlds' second stages is an area of its own. */
    mario->ram[MARIO_AREA] = (uint8_t)(play->stage - (has_first_area && play->stage > 1 ? 0 : 1));
}

void mario_skip_start_screen(struct mario *mario) {
    int skipped = 0;
    press_and_release_start(mario);
    while (mario_clock(mario->ram) == 0 && may_skip(mario, &skipped)) {
        mario_advance(mario, NES_START);
        if (mario->play.world > 0)
            write_stage(mario);
        mario_advance(mario, 0);
        mario->ram[MARIO_PRELEVEL_TIMER] = 0;
    }
    int before;
    do {
        before = mario_clock(mario->ram);
        press_and_release_start(mario);
    } while (mario_clock(mario->ram) >= before && may_skip(mario, &skipped));
}

static void skip_end_of_world(struct mario *mario) {
    if (!mario_is_world_over(mario->ram))
        return;
    int skipped = 0;
    const int before = mario_clock(mario->ram);
    while (mario_clock(mario->ram) == before && may_skip(mario, &skipped))
        mario_advance(mario, 0);
}

void mario_skip_scenes(struct mario *mario) {
    uint8_t *ram = mario->ram;
    if (mario_is_dying(mario->ram)) {
        ram[MARIO_PLAYER_STATE] = MARIO_STATE_DEAD;
        mario_advance(mario, 0);
    }
    if (mario->play.world == 0)
        skip_end_of_world(mario);
    if (ram[MARIO_CHANGE_AREA_TIMER] > 1 && ram[MARIO_CHANGE_AREA_TIMER] < UINT8_MAX)
        ram[MARIO_CHANGE_AREA_TIMER] = 1;
    int skipped = 0;
    while ((mario_is_busy(mario->ram) || mario_is_world_over(mario->ram)) &&
           may_skip(mario, &skipped)) {
        ram[MARIO_PRELEVEL_TIMER] = 0;
        mario_advance(mario, 0);
    }
}
