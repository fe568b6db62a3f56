/*
 * Plays traces of Atari games again and compares all results.
 *
 *     replay-traces [--core=native|ale] [--draw=N] [--states] FILE.trace.gz|FOLDER ...
 *
 * --draw=N looks at each Nth record's screen only, 0 at each first, second or fourth in turn
 * from game to game; --states saves and loads the game at random places. A file may hold several
 * traces; a folder stands for its *.trace.gz. Default: $ASYNCRL_SHARED/golden/atari; without that
 * the exit code is 77. ROMs and ALE's library are in $ASYNCRL_DATA, or deps/data. Prints the first
 * difference of each game; exits 1 if there is one.
 */
#include "cores.h"
#include "numbers.h"
#include "traces.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 28, SKIPPED = 77, BAD_INPUT = 2 };

struct replay {
    bool is_ale;
    bool has_states;
    uint32_t draw;
    int games;
    int equal;
    int64_t frames;
};

static bool complain(const char *what, const char *why) {
    fprintf(stderr, "replay-traces: %s: %s\n", what, why);
    return false;
}

/* ---- Emulators ------------------------------------------------------------------------------- */

static struct emulator_frame play_record(struct emulator *emulator, uint8_t action) {
    return action == TRACE_RESET ? emulator_reset(emulator) : emulator_act(emulator, action);
}

/* ---- Differences ----------------------------------------------------------------------------- */

/* The first row in which the screens of both cores differ after a record, or -1. */
static int find_row(const struct trace *trace, uint32_t record, const uint8_t *indices) {
    struct emulator *ale;
    struct error error;
    char library[PATH_SIZE];
    data_path(library, "", "libale_c.so", "");
    if (!path_is_file(library) || open_core(true, trace->name, NULL, &ale, &error) != STATUS_OK)
        return -1;
    for (uint32_t i = 0; i <= record; i++)
        play_record(ale, trace->actions[i]);
    const size_t width = (size_t)ale->info.screen_width;
    const size_t size = width * (size_t)ale->info.screen_height;
    uint8_t *wanted = malloc(size);
    size_t at = 0;
    if (wanted) {
        emulator_screen_indices(ale, wanted);
        while (at < size && wanted[at] == indices[at])
            at++;
    }
    free(wanted);
    emulator_close(ale);
    return at < size ? (int)(at / width) : -1;
}

static void tell(const struct trace *trace, uint32_t record, const char *what) {
    printf("%s: record %u of %u: %s\n", trace->name, record, trace->count, what);
}

static void tell_screen(const struct trace *trace, uint32_t record, const uint8_t *indices) {
    char what[80] = "the screen differs";
    const int row = find_row(trace, record, indices);
    if (row >= 0)
        snprintf(what, sizeof what, "the screen differs from row %d on", row);
    tell(trace, record, what);
}

/* False, and prints the first difference, if a record's results differ. */
static bool compare(const struct trace *trace, uint32_t record, const struct answer *answer,
                    const uint8_t *indices) {
    const struct answer wanted = trace_answer(trace, record);
    char what[80] = "";
    if (answer->ram != wanted.ram)
        snprintf(what, sizeof what, "RAM differs");
    else if (answer->reward != wanted.reward)
        snprintf(what, sizeof what, "reward %d, not %d", answer->reward, wanted.reward);
    else if (answer->lives != wanted.lives)
        snprintf(what, sizeof what, "%d lives, not %d", answer->lives, wanted.lives);
    else if (answer->game_over != wanted.game_over)
        snprintf(what, sizeof what, "game over: %d, not %d", answer->game_over, wanted.game_over);
    if (what[0])
        tell(trace, record, what);
    else if (indices && answer->screen != wanted.screen)
        tell_screen(trace, record, indices);
    else
        return true;
    return false;
}

/* ---- Replay ---------------------------------------------------------------------------------- */

struct game {
    struct emulator *emulator;
    struct rng rng;
    uint8_t *indices;
    uint8_t *state;
    size_t screen_size;
    uint64_t digest;
};

/* Saves the game, plays a few other actions, and loads it. */
static bool save_and_load(struct game *game, const char *name) {
    struct error error;
    size_t used;
    const size_t bound = emulator_state_bound(game->emulator, 1 << 20);
    if (emulator_save_state(game->emulator, game->state, bound, &used, &error) != STATUS_OK)
        return complain(name, error.message);
    for (uint32_t i = rng_below(&game->rng, 4); i > 0; i--)
        emulator_act(game->emulator, 0);
    if (emulator_load_state(game->emulator, game->state, used, &error) != STATUS_OK)
        return complain(name, error.message);
    return true;
}

static bool replay_record(const struct replay *replay, const struct trace *trace, struct game *game,
                          uint32_t record) {
    uint8_t ram[128];
    const uint8_t action = trace->actions[record];
    const struct emulator_frame frame = play_record(game->emulator, action);
    struct answer answer = {
        .game_over = frame.game_over,
        .lives = frame.lives,
        .reward = action == TRACE_RESET ? 0 : (int32_t)frame.reward,
    };
    if (replay->has_states && !frame.game_over && rng_below(&game->rng, 50) == 0 &&
        !save_and_load(game, trace->name))
        return false;
    emulator_ram_read(game->emulator, ram);
    answer.ram = trace_hash(ram, sizeof ram);
    static const uint32_t by_turns[3] = {1, 2, 4};
    const uint32_t every = replay->draw ? replay->draw : by_turns[replay->games % 3];
    const bool looks = trace->block > 0 || record % every == 0;
    if (looks) {
        emulator_screen_indices(game->emulator, game->indices);
        answer.screen = trace_hash(game->indices, game->screen_size);
    }
    if (trace->block == 0)
        return compare(trace, record, &answer, looks ? game->indices : NULL);
    uint64_t wanted;
    game->digest = trace_digest(game->digest, action, &answer);
    if (!trace_has_digest(trace, record, &wanted) || wanted == game->digest)
        return true;
    tell(trace, record, "something differs in the records up to here");
    return false;
}

static bool replay_game(struct replay *replay, const struct trace *trace,
                        struct emulator *emulator) {
    struct game game = {.emulator = emulator, .digest = trace_digest_start};
    if (emulator->info.screen_width != trace->width ||
        emulator->info.screen_height != trace->height ||
        emulator->info.action_count != trace->action_count)
        return complain(trace->name, "another size of screen, or set of actions");
    game.screen_size = (size_t)emulator->info.screen_width * (size_t)trace->height;
    game.indices = malloc(game.screen_size);
    game.state = malloc(emulator_state_bound(emulator, 1 << 20));
    rng_seed(&game.rng, 1, 0);
    bool is_equal = game.indices && game.state;
    for (uint32_t i = 0; is_equal && i < trace->count; i++) {
        is_equal = replay_record(replay, trace, &game, i);
        replay->frames++;
    }
    free(game.indices);
    free(game.state);
    return is_equal;
}

static bool replay_trace(struct replay *replay, const struct trace *trace) {
    struct emulator *emulator;
    struct error error;
    replay->games++;
    if (open_core(replay->is_ale, trace->name, NULL, &emulator, &error) != STATUS_OK)
        return complain(trace->name, error.message);
    const bool is_equal = replay_game(replay, trace, emulator);
    emulator_close(emulator);
    replay->equal += is_equal;
    return is_equal;
}

/* False: the file does not contain traces. */
static bool replay_file(struct replay *replay, const char *path) {
    unsigned char *data;
    size_t size;
    struct error error;
    struct trace trace;
    if (gzip_read_file(path, FILE_LIMIT, &data, &size, &error) != STATUS_OK)
        return complain(path, error.message);
    size_t at = 0;
    while (at < size) {
        const size_t taken = trace_read(data + at, size - at, &trace);
        if (taken == 0)
            break;
        replay_trace(replay, &trace);
        at += taken;
    }
    free(data);
    return at == size && size > 0 ? true : complain(path, "this is not a file of traces");
}

static bool replay_argument(struct replay *replay, const char *argument) {
    char pattern[PATH_SIZE];
    glob_t found;
    if (!path_is_folder(argument))
        return replay_file(replay, argument);
    snprintf(pattern, sizeof pattern, "%s/*.trace.gz", argument);
    if (glob(pattern, 0, NULL, &found) != 0)
        return complain(argument, "no *.trace.gz in there");
    bool is_good = true;
    for (size_t i = 0; i < found.gl_pathc; i++)
        is_good = replay_file(replay, found.gl_pathv[i]) && is_good;
    globfree(&found);
    return is_good;
}

static bool take_option(struct replay *replay, const char *argument) {
    if (strcmp(argument, "--states") == 0)
        replay->has_states = true;
    else if (strcmp(argument, "--core=native") == 0)
        replay->is_ale = false;
    else if (strcmp(argument, "--core=ale") == 0)
        replay->is_ale = true;
    else if (strncmp(argument, "--draw=", 7) == 0)
        return number_read(argument + 7, &replay->draw) ||
               complain(argument, "--draw takes a number from 0 on");
    else
        return complain(argument,
                        "unknown option; there are --core=native|ale, --draw=N, --states");
    return true;
}

int main(int argc, char **argv) {
    struct replay replay = {.draw = 1};
    bool is_good = true;
    int named = 0;
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && !take_option(&replay, argv[i]))
            return BAD_INPUT;
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--", 2) != 0) {
            named++;
            is_good = replay_argument(&replay, argv[i]) && is_good;
        }
    if (named == 0) {
        const char *shared = getenv("ASYNCRL_SHARED");
        char folder[PATH_SIZE];
        snprintf(folder, sizeof folder, "%s/golden/atari", shared ? shared : "../shared");
        if (!path_is_folder(folder)) {
            complain(folder, "there are no traces, and none is named");
            return SKIPPED;
        }
        is_good = replay_argument(&replay, folder);
    }
    printf("%d of %d games equal, %lld frames\n", replay.equal, replay.games,
           (long long)replay.frames);
    return is_good && replay.equal == replay.games ? 0 : replay.games == 0 ? BAD_INPUT : 1;
}
