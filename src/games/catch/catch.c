/* Catch as bsuite has it (Osband et al., arXiv 1908.03568), drawn for networks that see pixels. */
#include "games/kind.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 10, COLUMNS = 5, SCREEN_SIZE = 84, FRAMES_PER_SECOND = 10 };

enum { ACTION_LEFT, ACTION_STAY, ACTION_RIGHT, ACTION_COUNT };

static const char *const action_names[ACTION_COUNT] = {"LEFT", "STAY", "RIGHT"};

/* Everything that play depends on; saved as it is. */
struct board {
    struct rng rng;
    int32_t ball_row;
    int32_t ball_column;
    int32_t paddle_column; /* the paddle stays in the last row */
    int32_t unused;        /* no padding, so that equal boards are equal bytes */
};

struct catch {
    struct emulator head;
    struct board board;
};

static const struct board *board_of(const struct emulator *emulator) {
    return &((const struct catch *)emulator)->board;
}

static struct board *mutable_board_of(struct emulator *emulator) {
    return &((struct catch *)emulator)->board;
}

static void catch_seed(struct emulator *emulator, uint64_t seed) {
    rng_seed(&mutable_board_of(emulator)->rng, seed, 0);
}

static void catch_reset(struct emulator *emulator, struct emulator_frame *frame) {
    struct board *board = mutable_board_of(emulator);
    board->ball_row = 0;
    board->ball_column = (int32_t)rng_below(&board->rng, COLUMNS);
    board->paddle_column = COLUMNS / 2;
    *frame = (struct emulator_frame){0};
}

static void catch_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct board *board = mutable_board_of(emulator);
    const int32_t moved = board->paddle_column + action - ACTION_STAY;
    if (moved >= 0 && moved < COLUMNS)
        board->paddle_column = moved;
    if (board->ball_row < ROWS - 1)
        board->ball_row++;

    *frame = (struct emulator_frame){.game_over = board->ball_row == ROWS - 1};
    if (frame->game_over)
        frame->reward = board->paddle_column == board->ball_column ? 1 : -1;
}

static void fill_cell(uint8_t *rgb, size_t row, size_t column) {
    const size_t top = row * SCREEN_SIZE / ROWS;
    const size_t bottom = (row + 1) * SCREEN_SIZE / ROWS;
    const size_t left = column * SCREEN_SIZE / COLUMNS;
    const size_t right = (column + 1) * SCREEN_SIZE / COLUMNS;
    for (size_t y = top; y < bottom; y++)
        memset(rgb + 3 * (y * SCREEN_SIZE + left), 255, 3 * (right - left));
}

static void catch_screen_rgb(const struct emulator *emulator, uint8_t *rgb) {
    const struct board *board = board_of(emulator);
    memset(rgb, 0, (size_t)3 * SCREEN_SIZE * SCREEN_SIZE);
    fill_cell(rgb, (size_t)board->ball_row, (size_t)board->ball_column);
    fill_cell(rgb, ROWS - 1, (size_t)board->paddle_column);
}

enum { STATE_SIZE = sizeof(struct seal) + sizeof(struct board) };

static size_t catch_state_bound(const struct emulator *emulator, int64_t frames) {
    (void)emulator;
    (void)frames;
    return STATE_SIZE;
}

static enum status catch_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                    size_t *used, struct error *error) {
    if (capacity < STATE_SIZE)
        return error_set(error, STATUS_FAILED,
                         "a state of catch takes %d bytes, and there is room for %zu", STATE_SIZE,
                         capacity);
    memcpy(state + sizeof(struct seal), board_of(emulator), sizeof(struct board));
    seal_write(state, STATE_SIZE, "catch");
    *used = STATE_SIZE;
    return STATUS_OK;
}

static bool board_is_sound(const struct board *board) {
    return rng_is_sound(&board->rng) && board->ball_row >= 0 && board->ball_row < ROWS &&
           board->ball_column >= 0 && board->ball_column < COLUMNS && board->paddle_column >= 0 &&
           board->paddle_column < COLUMNS;
}

static enum status catch_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                    struct error *error) {
    const enum status status = seal_check(state, size, "catch", error);
    if (status != STATUS_OK)
        return status;
    struct board board = {0};
    if (size == STATE_SIZE)
        memcpy(&board, state + sizeof(struct seal), sizeof board);
    if (!board_is_sound(&board))
        return error_set(error, STATUS_BAD_INPUT, "the saved state is not one of catch");
    *mutable_board_of(emulator) = board;
    return STATUS_OK;
}

static void catch_close(struct emulator *emulator) {
    free(emulator);
}

static const struct emulator_class catch_class = {
    .name = "catch",
    .seed = catch_seed,
    .reset = catch_reset,
    .act = catch_act,
    .screen_rgb = catch_screen_rgb,
    .state_bound = catch_state_bound,
    .save_state = catch_save_state,
    .load_state = catch_load_state,
    .close = catch_close,
};

enum status emulator_open_catch(struct emulator **emulator, struct error *error) {
    struct catch *catch = calloc(1, sizeof *catch);
    if (!catch)
        return error_set(error, STATUS_FAILED, "out of memory opening catch");
    catch->head.class = &catch_class;
    catch->head.info = (struct emulator_info){
        .screen_width = SCREEN_SIZE,
        .screen_height = SCREEN_SIZE,
        .action_count = ACTION_COUNT,
        .action_names = action_names,
        .fire_action = -1,
        .frames_per_second = FRAMES_PER_SECOND,
    };
    catch_seed(&catch->head, 0);
    emulator_reset(&catch->head);
    *emulator = &catch->head;
    return STATUS_OK;
}

/* ---- Its id ---------------------------------------------------------------------------------- */

static const char catch_id[] = "catch";

static bool find_catch(const char *id, struct game *game) {
    if (strcmp(id, catch_id) != 0)
        return false;
    *game = (struct game){.emulator = GAME_CATCH, .frame_skip_min = 1, .frame_skip_max = 1};
    snprintf(game->id, sizeof game->id, "%s", catch_id);
    return true;
}

static void visit_catch(void (*visit)(const char *id, void *context), void *context) {
    visit(catch_id, context);
}

static enum status open_catch(const struct game *game, const char *data_dir,
                              struct emulator **emulator, struct error *error) {
    (void)game;
    (void)data_dir;
    return emulator_open_catch(emulator, error);
}

const struct game_kind catch_kind = {.find = find_catch, .visit = visit_catch, .open = open_catch};
