#include "games/machines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 10, COLUMNS = 5, SIZE = 84, LEFT = 0, STAY = 1, RIGHT = 2 };

static struct emulator *open_catch(void) {
    struct emulator *emulator;
    struct error error;
    assert_int_equal(emulator_open_catch(&emulator, &error), STATUS_OK);
    return emulator;
}

/* cells: (10, 5), whether the middle of each cell is white. */
static void read_cells(const struct emulator *emulator, bool cells[ROWS][COLUMNS]) {
    static uint8_t rgb[SIZE * SIZE * 3];
    emulator_screen_rgb(emulator, rgb);
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) {
            const int y = (2 * r + 1) * SIZE / (2 * ROWS);
            const int x = (2 * c + 1) * SIZE / (2 * COLUMNS);
            const size_t pixel = (size_t)y * SIZE + (size_t)x;
            cells[r][c] = rgb[3 * pixel] == 255;
        }
}

static int column_of(const struct emulator *emulator, int row) {
    bool cells[ROWS][COLUMNS];
    read_cells(emulator, cells);
    for (int c = 0; c < COLUMNS; c++)
        if (cells[row][c])
            return c;
    return -1;
}

static void describes_itself(void **state) {
    (void)state;
    struct emulator *emulator = open_catch();
    assert_int_equal(emulator->info.action_count, 3);
    assert_string_equal(emulator->info.action_names[LEFT], "LEFT");
    assert_string_equal(emulator->info.action_names[STAY], "STAY");
    assert_string_equal(emulator->info.action_names[RIGHT], "RIGHT");
    assert_int_equal(emulator->info.screen_width, SIZE);
    assert_int_equal(emulator->info.screen_height, SIZE);
    assert_null(emulator->info.palette);
    emulator_close(emulator);
}

static void ball_falls_a_row_a_frame_for_nine_frames(void **state) {
    (void)state;
    struct emulator *emulator = open_catch();
    emulator_seed(emulator, 3);
    emulator_reset(emulator);
    const int ball = column_of(emulator, 0);
    assert_in_range(ball, 0, COLUMNS - 1);
    for (int row = 1; row < ROWS; row++) {
        const struct emulator_frame frame = emulator_act(emulator, STAY);
        assert_int_equal(frame.game_over, row == ROWS - 1);
        if (row < ROWS - 1) {
            assert_int_equal(column_of(emulator, row), ball);
            assert_int_equal(column_of(emulator, row - 1), -1);
            assert_true(frame.reward == 0);
        }
    }
    emulator_close(emulator);
}

static void paddle_moves_and_stops_at_walls(void **state) {
    (void)state;
    struct emulator *emulator = open_catch();
    emulator_reset(emulator);
    static const int actions[] = {LEFT, LEFT, LEFT, STAY, RIGHT, RIGHT, RIGHT, RIGHT};
    static const int columns[] = {1, 0, 0, 0, 1, 2, 3, 4};
    assert_int_equal(column_of(emulator, ROWS - 1), 2);
    for (int i = 0; i < 8; i++) {
        emulator_act(emulator, actions[i]);
        assert_int_equal(column_of(emulator, ROWS - 1), columns[i]);
    }
    emulator_act(emulator, RIGHT);
    bool cells[ROWS][COLUMNS];
    read_cells(emulator, cells);
    assert_true(cells[ROWS - 1][COLUMNS - 1]);
    emulator_close(emulator);
}

static double play_towards(struct emulator *emulator, bool away) {
    emulator_reset(emulator);
    int target = column_of(emulator, 0);
    if (away)
        target = target < 2 ? COLUMNS - 1 : 0;
    for (;;) {
        const int paddle = column_of(emulator, ROWS - 1);
        const int action = target < paddle ? LEFT : target > paddle ? RIGHT : STAY;
        const struct emulator_frame frame = emulator_act(emulator, action);
        if (frame.game_over)
            return frame.reward;
    }
}

static void catching_gives_one_and_missing_minus_one(void **state) {
    (void)state;
    struct emulator *emulator = open_catch();
    emulator_seed(emulator, 1);
    for (int game = 0; game < 50; game++) {
        assert_true(play_towards(emulator, false) == 1);
        assert_true(play_towards(emulator, true) == -1);
    }
    emulator_close(emulator);
}

static void ball_starts_in_every_column_alike(void **state) {
    (void)state;
    struct emulator *emulator = open_catch();
    emulator_seed(emulator, 11);
    int counts[COLUMNS] = {0};
    enum { GAMES = 5000 };
    for (int game = 0; game < GAMES; game++) {
        emulator_reset(emulator);
        counts[column_of(emulator, 0)]++;
    }
    /* Five standard deviations of a binomial with p = 1/5: 5 * sqrt(5000 * 0.16) = 141. */
    for (int c = 0; c < COLUMNS; c++)
        assert_in_range(counts[c], GAMES / COLUMNS - 141, GAMES / COLUMNS + 141);
    emulator_close(emulator);
}

static void equal_seeds_give_equal_games(void **state) {
    (void)state;
    struct emulator *a = open_catch();
    struct emulator *b = open_catch();
    for (int i = 0; i < 7; i++)
        emulator_reset(a);
    emulator_seed(a, 5);
    emulator_seed(b, 5);
    int different = 0;
    for (int i = 0; i < 100; i++) {
        emulator_reset(a);
        emulator_reset(b);
        assert_int_equal(column_of(a, 0), column_of(b, 0));
        different += column_of(a, 0) != 0;
    }
    assert_true(different > 0);
    emulator_close(a);
    emulator_close(b);
}

static void saved_state_brings_back_board_and_chance(void **state) {
    (void)state;
    struct emulator *emulator = open_catch();
    struct error error;
    emulator_act(emulator, LEFT);
    size_t size = emulator_state_bound(emulator, 0);
    uint8_t *saved = malloc(size);
    assert_int_equal(emulator_save_state(emulator, saved, size, &size, &error), STATUS_OK);
    int columns[50];
    for (int i = 0; i < 50; i++) {
        columns[i] = column_of(emulator, i == 0 ? 1 : 0);
        emulator_reset(emulator);
    }
    assert_int_equal(emulator_load_state(emulator, saved, size, &error), STATUS_OK);
    assert_int_equal(column_of(emulator, ROWS - 1), 1);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(column_of(emulator, i == 0 ? 1 : 0), columns[i]);
        emulator_reset(emulator);
    }
    free(saved);
    emulator_close(emulator);
}

static void damaged_state_is_refused_and_changes_nothing(void **state) {
    (void)state;
    struct emulator *emulator = open_catch();
    struct error error;
    size_t size = emulator_state_bound(emulator, 0);
    uint8_t *saved = malloc(size);
    uint8_t *after = malloc(size);
    assert_int_equal(emulator_save_state(emulator, saved, size, &size, &error), STATUS_OK);
    for (size_t i = 0; i < size; i++) {
        saved[i] ^= 0x10;
        assert_int_equal(emulator_load_state(emulator, saved, size, &error), STATUS_BAD_INPUT);
        saved[i] ^= 0x10;
        assert_int_equal(emulator_load_state(emulator, saved, i, &error), STATUS_BAD_INPUT);
    }
    assert_int_equal(emulator_save_state(emulator, after, size, &size, &error), STATUS_OK);
    assert_memory_equal(saved, after, size);
    /* A sealed state whose generator would give zeros for ever. */
    memset(saved + sizeof(struct seal), 0, sizeof(struct rng));
    seal_write(saved, size, "catch");
    assert_int_equal(emulator_load_state(emulator, saved, size, &error), STATUS_BAD_INPUT);
    free(saved);
    free(after);
    emulator_close(emulator);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_itself),
        cmocka_unit_test(ball_falls_a_row_a_frame_for_nine_frames),
        cmocka_unit_test(paddle_moves_and_stops_at_walls),
        cmocka_unit_test(catching_gives_one_and_missing_minus_one),
        cmocka_unit_test(ball_starts_in_every_column_alike),
        cmocka_unit_test(equal_seeds_give_equal_games),
        cmocka_unit_test(saved_state_brings_back_board_and_chance),
        cmocka_unit_test(damaged_state_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
