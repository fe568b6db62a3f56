/* Super Mario Bros. against the answers of gym-super-mario-bros 7.4.0 on nes-py 8.2.1, step by
 * step. */
#include "games/games.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_DETAILS = 16, LINE_SIZE = 128, COMPARED_DETAILS = 5 };

/* The columns of the files, after step, action, reward, done. */
static const char *const names[COMPARED_DETAILS] = {"x_pos", "y_pos", "time", "life", "flag_get"};

static struct emulator *open_or_skip(void) {
    struct game game;
    struct emulator *emulator;
    struct error error;
    assert_int_equal(game_find("SuperMarioBros-1-1-v1", NULL, &game, &error), STATUS_OK);
    if (game_open_emulator(&game, NULL, &emulator, &error) == STATUS_OK)
        return emulator;
    if (!strstr(error.message, "tools/install-deps"))
        fail_msg("%s", error.message);
    print_message("# %s\n", error.message);
    skip();
    return NULL;
}

static FILE *open_golden(const char *name) {
    const char *folder = getenv("ASYNCRL_TEST_DATA");
    assert_non_null(folder);
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/golden/smb-1-1/%s.csv", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char heading[LINE_SIZE];
    assert_non_null(fgets(heading, sizeof heading, file));
    assert_int_equal(strncmp(heading, "step,action,reward,done,x_pos,y_pos,time,life,flag_get", 54),
                     0);
    return file;
}

/* The row as the file has it. */
static void format_row(char row[LINE_SIZE], int step, int action,
                       const struct emulator_frame *frame, const double *details) {
    snprintf(row, LINE_SIZE, "%d,%d,%g,%d,%g,%g,%g,%g,%g", step, action, frame->reward,
             frame->game_over, details[0], details[1], details[2], details[3], details[4]);
}

static void assert_plays_as(const char *name, int steps) {
    struct emulator *emulator = open_or_skip();
    for (int i = 0; i < COMPARED_DETAILS; i++)
        assert_string_equal(emulator->info.detail_names[i], names[i]);
    FILE *file = open_golden(name);
    emulator_reset(emulator);
    char wanted[LINE_SIZE];
    int step = 0;
    for (; fgets(wanted, sizeof wanted, file); step++) {
        char found[LINE_SIZE];
        double details[MAX_DETAILS];
        int action;
        wanted[strcspn(wanted, "\r\n")] = '\0';
        assert_int_equal(sscanf(wanted, "%*d,%d", &action), 1);
        const struct emulator_frame frame = emulator_act(emulator, action);
        emulator_details(emulator, details);
        format_row(found, step, action, &frame, details);
        assert_string_equal(found, wanted);
    }
    assert_int_equal(step, steps);
    fclose(file);
    emulator_close(emulator);
}

static void running_right_is_equal(void **state) {
    (void)state;
    assert_plays_as("right", 160);
}

static void running_and_jumping_is_equal(void **state) {
    (void)state;
    assert_plays_as("run-jump", 120);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_right_is_equal),
        cmocka_unit_test(running_and_jumping_is_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
