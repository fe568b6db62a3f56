/*
 * Plays traces of Super Mario Bros. again and compares all results.
 *
 *     replay-nes [--states] [--draw=N] [--actions=SET] [--core=FILE] FILE.csv.gz ...
 *
 * A file's name is its id. Its rows are step, action, reward, done, x_pos, y_pos, time, life,
 * flag_get, and the first 16 hexadecimal digits of the MD5 of RAM and of the RGB screen; actions
 * are those of SET, complex without that option. The game is reset before the first step and after
 * each done. --draw=N looks at each Nth screen only; --states saves and loads the game at random
 * places, and plays something else in between; --core=FILE plays with a libretro core.
 *
 * Prints each file's first difference, then "N of M files equal, S steps". Exits 0 only if all are
 * equal (ROMs are in $ASYNCRL_DATA, or deps/data), 2 when a file cannot be read, 77 when a ROM is
 * missing.
 */
#include "games/games.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 26, SKIPPED = 77, BAD_INPUT = 2 };
enum { MAX_DETAILS = 16, COMPARED_DETAILS = 5, HASH_SIZE = 16, LINE_SIZE = 160 };

static const char heading[] = "step,action,reward,done,x_pos,y_pos,time,life,flag_get,ram,screen";

struct replay {
    struct game_overrides overrides;
    bool has_states;
    uint32_t draw;
    int files;
    int equal;
    int64_t steps;
    int exit_code; /* 0: no failures other than differences */
};

/* The file in play. */
struct trace {
    char id[GAME_ID_SIZE];
    struct emulator *emulator;
    struct rng rng;
    uint8_t *ram;
    uint8_t *screen;
    uint8_t *state;
    uint32_t rows;
};

static bool complain(struct replay *replay, const char *what, const char *why, int exit_code) {
    fprintf(stderr, "replay-nes: %s: %s\n", what, why);
    replay->exit_code = exit_code;
    return false;
}

static void hash(char out[HASH_SIZE + 1], const uint8_t *data, size_t size) {
    char hex[DIGEST_MD5_SIZE];
    digest_md5(data, size, hex);
    memcpy(out, hex, HASH_SIZE);
    out[HASH_SIZE] = '\0';
}

static size_t screen_size(const struct trace *trace) {
    const struct emulator_info *info = &trace->emulator->info;
    return 3 * (size_t)info->screen_width * (size_t)info->screen_height;
}

/* The row in the file's format; without the screen if that is not compared. */
static void format_row(struct trace *trace, char row[LINE_SIZE], int action,
                       const struct emulator_frame *frame, bool looks) {
    double details[MAX_DETAILS];
    char ram[HASH_SIZE + 1];
    char screen[HASH_SIZE + 1] = "";
    emulator_details(trace->emulator, details);
    emulator_ram_read(trace->emulator, trace->ram);
    hash(ram, trace->ram, trace->emulator->info.ram_size);
    if (looks) {
        emulator_screen_rgb(trace->emulator, trace->screen);
        hash(screen, trace->screen, screen_size(trace));
    }
    int at = snprintf(row, LINE_SIZE, "%u,%d,%g,%d", trace->rows, action, frame->reward,
                      frame->game_over);
    for (int i = 0; i < COMPARED_DETAILS; i++)
        at += snprintf(row + at, LINE_SIZE - (size_t)at, ",%g", details[i]);
    snprintf(row + at, LINE_SIZE - (size_t)at, ",%s,%s", ram, screen);
}

/* Saves the game, plays a few other actions, and loads it. */
static bool save_and_load(struct replay *replay, struct trace *trace) {
    struct error error;
    size_t used;
    const size_t bound = emulator_state_bound(trace->emulator, 1 << 20);
    if (emulator_save_state(trace->emulator, trace->state, bound, &used, &error) != STATUS_OK)
        return complain(replay, trace->id, error.message, 1);
    for (uint32_t i = rng_below(&trace->rng, 4); i > 0; i--)
        emulator_act(trace->emulator, (int)rng_below(&trace->rng, 5));
    if (emulator_load_state(trace->emulator, trace->state, used, &error) != STATUS_OK)
        return complain(replay, trace->id, error.message, 1);
    return true;
}

/* False at the first difference, which it reports, and at a malformed row. */
static bool replay_row(struct replay *replay, struct trace *trace, const char *wanted) {
    char found[LINE_SIZE];
    int action;
    if (sscanf(wanted, "%*d,%d", &action) != 1 || action < 0 ||
        action >= trace->emulator->info.action_count)
        return complain(replay, trace->id, "a row is malformed, or its action is not in the set",
                        BAD_INPUT);
    const struct emulator_frame frame = emulator_act(trace->emulator, action);
    const bool looks = trace->rows % replay->draw == 0;
    if (replay->has_states && !frame.game_over && rng_below(&trace->rng, 20) == 0 &&
        !save_and_load(replay, trace))
        return false;
    format_row(trace, found, action, &frame, looks);
    const size_t compared = looks ? LINE_SIZE : strlen(found);
    if (strncmp(found, wanted, compared) != 0) {
        printf("%s: step %u: %s here, not %s\n", trace->id, trace->rows, found, wanted);
        return false;
    }
    trace->rows++;
    replay->steps++;
    if (frame.game_over)
        emulator_reset(trace->emulator);
    return true;
}

static bool replay_rows(struct replay *replay, struct trace *trace, char *text) {
    char *rest = text;
    const char *line = strsep(&rest, "\n");
    if (strncmp(line, heading, strlen(heading)) != 0)
        return complain(replay, trace->id, "its first line is not that of a trace", BAD_INPUT);
    emulator_reset(trace->emulator);
    while ((line = strsep(&rest, "\n")) && line[0]) {
        char row[LINE_SIZE];
        snprintf(row, sizeof row, "%.*s", (int)strcspn(line, "\r"), line);
        if (!replay_row(replay, trace, row))
            return false;
    }
    return trace->rows > 0 || complain(replay, trace->id, "it has no steps", BAD_INPUT);
}

static bool open_trace(struct replay *replay, struct trace *trace) {
    struct game game;
    struct error error;
    enum status status = game_find(trace->id, &replay->overrides, &game, &error);
    if (status == STATUS_OK && game.emulator != GAME_MARIO)
        status = error_set(&error, STATUS_BAD_INPUT, "this is not an id of Super Mario Bros.");
    if (status == STATUS_OK)
        status = game_open_emulator(&game, getenv("ASYNCRL_DATA") ? NULL : "deps/data",
                                    &trace->emulator, &error);
    if (status == STATUS_OK)
        return true;
    const bool is_missing = strstr(error.message, "tools/install-deps") != NULL;
    return complain(replay, trace->id, error.message, is_missing ? SKIPPED : BAD_INPUT);
}

static bool replay_game(struct replay *replay, struct trace *trace, char *text) {
    if (!open_trace(replay, trace))
        return false;
    rng_seed(&trace->rng, 1, 0);
    trace->ram = malloc(trace->emulator->info.ram_size);
    trace->screen = malloc(screen_size(trace));
    trace->state = malloc(emulator_state_bound(trace->emulator, 1 << 20));
    const bool is_equal =
        trace->ram && trace->screen && trace->state && replay_rows(replay, trace, text);
    free(trace->ram);
    free(trace->screen);
    free(trace->state);
    emulator_close(trace->emulator);
    return is_equal;
}

static void replay_file(struct replay *replay, const char *path) {
    unsigned char *data;
    size_t size;
    struct error error;
    struct trace trace = {0};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    replay->files++;
    snprintf(trace.id, sizeof trace.id, "%.*s", (int)strcspn(name, "."), name);
    if (gzip_read_file(path, FILE_LIMIT, &data, &size, &error) != STATUS_OK) {
        complain(replay, path, error.message, BAD_INPUT);
        return;
    }
    char *text = malloc(size + 1);
    if (text) {
        memcpy(text, data, size);
        text[size] = '\0';
        replay->equal += replay_game(replay, &trace, text);
    }
    free(text);
    free(data);
}

static bool take_option(struct replay *replay, const char *argument) {
    if (strcmp(argument, "--states") == 0)
        replay->has_states = true;
    else if (strncmp(argument, "--actions=", 10) == 0)
        snprintf(replay->overrides.actions, sizeof replay->overrides.actions, "%s", argument + 10);
    else if (strncmp(argument, "--core=", 7) == 0)
        snprintf(replay->overrides.core, sizeof replay->overrides.core, "%s", argument + 7);
    else if (sscanf(argument, "--draw=%u", &replay->draw) != 1 || replay->draw == 0)
        return complain(replay, argument,
                        "unknown option; there are --states, --draw=N, --actions=SET, --core=FILE",
                        BAD_INPUT);
    return true;
}

int main(int argc, char **argv) {
    struct replay replay = {.draw = 1, .overrides.actions = "complex"};
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && !take_option(&replay, argv[i]))
            return BAD_INPUT;
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--", 2) != 0)
            replay_file(&replay, argv[i]);
    if (replay.files == 0) {
        complain(&replay, "usage", "replay-nes [OPTION ...] FILE.csv.gz ...", BAD_INPUT);
        return BAD_INPUT;
    }
    printf("%d of %d files equal, %lld steps\n", replay.equal, replay.files,
           (long long)replay.steps);
    return replay.exit_code ? replay.exit_code : replay.equal == replay.files ? 0 : 1;
}
