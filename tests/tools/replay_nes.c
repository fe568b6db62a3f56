/*
 * Plays traces of Super Mario Bros. again and compares all results.
 *
 *     replay-nes [--states] [--draw=N] [--actions=SET] [--core=FILE] FILE.csv.gz ...
 *
 * A file's name, up to its first dot, is its id. Its rows are step, action, reward, done, x_pos,
 * y_pos, time, life, flag_get, and the first 16 hexadecimal digits of the MD5 of RAM and of the RGB
 * screen; actions are those of SET, complex without that option. The game is reset before the first
 * step and after each done; where a reset draws the stage, it is the one whose first step is equal.
 * --draw=N looks at each Nth screen only; --states saves and loads the game at random places, and
 * plays something else in between; --core=FILE plays with a libretro core.
 *
 * Prints each file's first difference, then "N of M files equal, S steps". Exits 0 only if all are
 * equal (ROMs are in $ASYNCRL_DATA, or deps/data), 2 when a file cannot be read, 77 when a ROM is
 * missing.
 */
#include "games/games.h"
#include "numbers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 26, SKIPPED = 77, BAD_INPUT = 2 };
enum { MAX_DETAILS = 16, COMPARED_DETAILS = 5, HASH_SIZE = 16, LINE_SIZE = 160 };

/* More than enough to draw each of the 32 stages at least once. */
enum { MAX_DRAWS = 1000 };

/* The columns of a row that are numbers; those behind them are hashes. */
enum { COLUMN_STEP, COLUMN_ACTION, COLUMN_REWARD, COLUMN_DONE, COLUMN_DETAILS };
enum { COLUMN_COUNT = COLUMN_DETAILS + COMPARED_DETAILS };

#define HEADING "step,action,reward,done,x_pos,y_pos,time,life,flag_get,ram,screen"

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
    bool draws_stages;
    bool is_over; /* or not begun: the next row is a game's first */
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

/* A step: what the file says, or what is found. */
struct row {
    double columns[COLUMN_COUNT];
    char ram[HASH_SIZE + 1];
    char screen[HASH_SIZE + 1]; /* empty if that is not compared */
};

static bool parse_hash(const char **text, char hash_text[HASH_SIZE + 1], char end) {
    const size_t length = strspn(*text, "0123456789abcdef");
    if (length != HASH_SIZE || (*text)[length] != end)
        return false;
    snprintf(hash_text, HASH_SIZE + 1, "%s", *text);
    *text += length + 1;
    return true;
}

static bool parse_row(const char *text, struct row *row) {
    for (int i = 0; i < COLUMN_COUNT; i++) {
        char *end;
        if (!strchr("-0123456789", text[0]))
            return false;
        row->columns[i] = strtod(text, &end);
        if (end == text || *end != ',' || !isfinite(row->columns[i]))
            return false;
        text = end + 1;
    }
    return parse_hash(&text, row->ram, ',') && parse_hash(&text, row->screen, '\0');
}

static void format_row(const struct row *row, char out[LINE_SIZE]) {
    int at = 0;
    for (int i = 0; i < COLUMN_COUNT; i++)
        at += snprintf(out + at, LINE_SIZE - (size_t)at, "%g,", row->columns[i]);
    snprintf(out + at, LINE_SIZE - (size_t)at, "%s,%s", row->ram, row->screen);
}

static bool rows_are_equal(const struct row *a, const struct row *b) {
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (a->columns[i] != b->columns[i])
            return false;
    return strcmp(a->ram, b->ram) == 0 && strcmp(a->screen, b->screen) == 0;
}

static void read_row(struct trace *trace, int action, const struct emulator_frame *frame,
                     bool looks, struct row *row) {
    double details[MAX_DETAILS];
    emulator_details(trace->emulator, details);
    row->columns[COLUMN_STEP] = trace->rows;
    row->columns[COLUMN_ACTION] = action;
    row->columns[COLUMN_REWARD] = frame->reward;
    row->columns[COLUMN_DONE] = frame->game_over;
    memcpy(row->columns + COLUMN_DETAILS, details, COMPARED_DETAILS * sizeof details[0]);
    emulator_ram_read(trace->emulator, trace->ram);
    hash(row->ram, trace->ram, trace->emulator->info.ram_size);
    row->screen[0] = '\0';
    if (looks) {
        emulator_screen_rgb(trace->emulator, trace->screen);
        hash(row->screen, trace->screen, screen_size(trace));
    }
}

/* Saves the game, plays a few other actions, and loads it. */
static bool save_and_load(struct replay *replay, struct trace *trace) {
    struct error error;
    size_t used;
    const uint32_t count = (uint32_t)trace->emulator->info.action_count;
    const size_t bound = emulator_state_bound(trace->emulator, 1 << 20);
    if (emulator_save_state(trace->emulator, trace->state, bound, &used, &error) != STATUS_OK)
        return complain(replay, trace->id, error.message, 1);
    for (uint32_t i = rng_below(&trace->rng, 4); i > 0; i--)
        emulator_act(trace->emulator, (int)rng_below(&trace->rng, count));
    if (emulator_load_state(trace->emulator, trace->state, used, &error) != STATUS_OK)
        return complain(replay, trace->id, error.message, 1);
    return true;
}

/* Plays a game's first step. A file does not say which stage was drawn: this finds it. */
static struct emulator_frame start_game(struct trace *trace, const struct row *wanted) {
    const int action = (int)wanted->columns[COLUMN_ACTION];
    struct emulator_frame frame = {0};
    for (int i = 0; i < (trace->draws_stages ? MAX_DRAWS : 1); i++) {
        struct row found;
        emulator_reset(trace->emulator);
        frame = emulator_act(trace->emulator, action);
        read_row(trace, action, &frame, false, &found);
        if (strcmp(found.ram, wanted->ram) == 0)
            break;
    }
    return frame;
}

/* False at the first difference, which it reports. */
static bool replay_row(struct replay *replay, struct trace *trace, struct row *wanted) {
    struct row found;
    const int action = (int)wanted->columns[COLUMN_ACTION];
    const struct emulator_frame frame =
        trace->is_over ? start_game(trace, wanted) : emulator_act(trace->emulator, action);
    const bool looks = trace->rows % replay->draw == 0;
    if (replay->has_states && !frame.game_over && rng_below(&trace->rng, 20) == 0 &&
        !save_and_load(replay, trace))
        return false;
    read_row(trace, action, &frame, looks, &found);
    if (!looks)
        wanted->screen[0] = '\0';
    if (!rows_are_equal(&found, wanted)) {
        char here[LINE_SIZE];
        char there[LINE_SIZE];
        format_row(&found, here);
        format_row(wanted, there);
        printf("%s: step %u: %s here, not %s\n", trace->id, trace->rows, here, there);
        return false;
    }
    trace->rows++;
    replay->steps++;
    trace->is_over = frame.game_over;
    return true;
}

/* The line of a row that cannot be played, and why. */
static bool refuse_row(struct replay *replay, const struct trace *trace, const char *why) {
    char what[LINE_SIZE];
    snprintf(what, sizeof what, "line %u %s", trace->rows + 2, why);
    return complain(replay, trace->id, what, BAD_INPUT);
}

static bool check_row(struct replay *replay, const struct trace *trace, const char *line,
                      struct row *row) {
    const int count = trace->emulator->info.action_count;
    char why[LINE_SIZE - 32];
    if (!parse_row(line, row))
        return refuse_row(replay, trace, "is not nine numbers and two hashes of 16 digits");
    if (row->columns[COLUMN_STEP] != trace->rows)
        return refuse_row(replay, trace, "is not the next step");
    const double action = row->columns[COLUMN_ACTION];
    if (action >= 0 && action < count && action == floor(action))
        return true;
    snprintf(why, sizeof why, "has action %g, which is not in the set: 0 to %d (see --actions)",
             action, count - 1);
    return refuse_row(replay, trace, why);
}

static bool replay_rows(struct replay *replay, struct trace *trace, char *text) {
    char *rest = text;
    trace->is_over = true;
    for (char *line = strsep(&rest, "\n"); line && (rest || line[0]); line = strsep(&rest, "\n")) {
        struct row row;
        const size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        if (line != text) {
            if (!check_row(replay, trace, line, &row) || !replay_row(replay, trace, &row))
                return false;
        } else if (strcmp(line, HEADING) != 0) {
            return complain(replay, trace->id, "its first line is not '" HEADING "'", BAD_INPUT);
        }
    }
    return trace->rows > 0 || complain(replay, trace->id, "it has no steps", BAD_INPUT);
}

static bool open_trace(struct replay *replay, struct trace *trace) {
    struct game game;
    struct error error;
    enum status status = game_find(trace->id, NULL, &game, &error);
    if (status == STATUS_OK && game.emulator != GAME_MARIO)
        status = error_set(&error, STATUS_BAD_INPUT, "this is not an id of Super Mario Bros.");
    if (status == STATUS_OK)
        status = game_find(trace->id, &replay->overrides, &game, &error);
    trace->draws_stages = status == STATUS_OK && game.mario.draws_stages;
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
    if (text && memchr(data, '\0', size)) {
        complain(replay, path, "it holds a zero byte: it is not a text", BAD_INPUT);
    } else if (text) {
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
    else if (strncmp(argument, "--draw=", 7) == 0)
        return (number_read(argument + 7, &replay->draw) && replay->draw > 0) ||
               complain(replay, argument, "--draw takes a number from 1 on", BAD_INPUT);
    else
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
