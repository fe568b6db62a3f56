/*
 * Plays Atari games on our own core and on ALE's library in parallel, with random actions, and
 * compares reward, lives, end, RAM and screen after every frame.
 *
 *     compare-cores [--frames=N] [--seed=N] [--full] [--states] [--variants] [GAME ...]
 *
 * --full: all 18 actions. --states: at random times, saves our core's game, plays other actions,
 * and loads it. --variants: every mode and difficulty of each game in our table; without it, ALE's
 * defaults. Without names, it plays all games.
 *
 * Prints each game's first difference, then "N of M games equal, F frames, S states". Exits 0 only
 * if all are equal, 2 when a game cannot be opened.
 */
#include "cores.h"
#include "games/atari/titles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BAD_INPUT = 2, MAX_PIXELS = 160 * 250, RAM_SIZE = 128, STATE_ODDS = 200, NUMBER_SIZE = 16 };

struct comparison {
    int frames;
    int seed;
    bool is_full;
    bool has_states;
    bool has_variants;
    int games;
    int equal;
    long long played;
    long long states;
    bool failed;
};

/* A game in a variant, on both cores: ours first. */
struct pair {
    const char *name;
    char what[64];
    struct emulator *cores[2];
    struct rng rng;
    uint8_t *state;
};

static bool complain(struct comparison *comparison, const char *what, const char *why) {
    fprintf(stderr, "compare-cores: %s: %s\n", what, why);
    comparison->failed = true;
    return false;
}

static bool open_pair(struct comparison *comparison, struct pair *pair,
                      const struct atari_choice *choice) {
    struct error error;
    if (open_core(false, pair->name, choice, &pair->cores[0], &error) != STATUS_OK)
        return complain(comparison, pair->what, error.message);
    if (open_core(true, pair->name, choice, &pair->cores[1], &error) != STATUS_OK) {
        emulator_close(pair->cores[0]);
        return complain(comparison, pair->what, error.message);
    }
    return true;
}

/* The first difference after a frame; NULL: none. */
static const char *difference(const struct pair *pair, const struct emulator_frame *mine,
                              const struct emulator_frame *its) {
    static uint8_t seen[2][MAX_PIXELS];
    uint8_t ram[2][RAM_SIZE];
    const struct emulator_info *info = &pair->cores[1]->info;
    for (int i = 0; i < 2; i++) {
        emulator_ram_read(pair->cores[i], ram[i]);
        emulator_screen_indices(pair->cores[i], seen[i]);
    }
    if (memcmp(ram[0], ram[1], RAM_SIZE) != 0)
        return "RAM";
    if (memcmp(seen[0], seen[1], (size_t)info->screen_width * (size_t)info->screen_height) != 0)
        return "screen";
    if (mine->reward != its->reward)
        return "reward";
    if (mine->lives != its->lives)
        return "lives";
    return mine->game_over != its->game_over ? "end" : NULL;
}

static bool save_and_load(struct comparison *comparison, struct pair *pair) {
    struct error error;
    struct emulator *core = pair->cores[0];
    const size_t bound = emulator_state_bound(core, comparison->frames);
    size_t used;
    if (emulator_save_state(core, pair->state, bound, &used, &error) != STATUS_OK)
        return complain(comparison, pair->what, error.message);
    for (uint32_t i = rng_below(&pair->rng, 60); i > 0; i--)
        emulator_act(core, (int)rng_below(&pair->rng, (uint32_t)core->info.action_count));
    if (emulator_load_state(core, pair->state, used, &error) != STATUS_OK)
        return complain(comparison, pair->what, error.message);
    comparison->states++;
    return true;
}

static bool play_pair(struct comparison *comparison, struct pair *pair) {
    struct emulator_frame mine = emulator_reset(pair->cores[0]);
    struct emulator_frame its = emulator_reset(pair->cores[1]);
    int action = 0;
    int held = 0;
    for (int i = 0; i < comparison->frames; i++) {
        const char *what = difference(pair, &mine, &its);
        if (what) {
            printf("%s: frame %d: %s differs\n", pair->what, i, what);
            return false;
        }
        if (comparison->has_states && rng_below(&pair->rng, STATE_ODDS) == 0 &&
            !save_and_load(comparison, pair))
            return false;
        if (its.game_over) {
            mine = emulator_reset(pair->cores[0]);
            its = emulator_reset(pair->cores[1]);
            continue;
        }
        if (held-- == 0) {
            held = (int)rng_below(&pair->rng, 12);
            action = (int)rng_below(&pair->rng, (uint32_t)pair->cores[1]->info.action_count);
        }
        mine = emulator_act(pair->cores[0], action);
        its = emulator_act(pair->cores[1], action);
        comparison->played++;
    }
    return true;
}

static bool compare_variant(struct comparison *comparison, const char *name, const char *mode,
                            const char *difficulty) {
    const struct atari_choice choice = {comparison->is_full, mode, difficulty};
    struct pair pair = {.name = name};
    snprintf(pair.what, sizeof pair.what, "%s%s%s%s%s", name, mode ? " --mode=" : "",
             mode ? mode : "", difficulty ? " --difficulty=" : "", difficulty ? difficulty : "");
    rng_seed(&pair.rng, (uint64_t)comparison->seed, 0);
    if (!open_pair(comparison, &pair, &choice))
        return false;
    pair.state = malloc(emulator_state_bound(pair.cores[0], comparison->frames));
    const bool is_equal = pair.state && play_pair(comparison, &pair);
    free(pair.state);
    for (int i = 0; i < 2; i++)
        emulator_close(pair.cores[i]);
    comparison->games++;
    comparison->equal += is_equal;
    fflush(stdout);
    return is_equal;
}

static void compare_game(struct comparison *comparison, const char *name) {
    const struct title *title = title_find(name);
    char mode[NUMBER_SIZE];
    char difficulty[NUMBER_SIZE];
    if (!comparison->has_variants || !title) {
        compare_variant(comparison, name, NULL, NULL);
        return;
    }
    int m;
    for (int i = 0; title_number(title->modes, i, &m); i++) {
        int d;
        snprintf(mode, sizeof mode, "%d", m);
        for (int k = 0; title_number(title->difficulties, k, &d); k++) {
            snprintf(difficulty, sizeof difficulty, "%d", d);
            compare_variant(comparison, name, mode, difficulty);
        }
    }
}

static bool take_option(struct comparison *comparison, const char *argument) {
    bool *flag = strcmp(argument, "--full") == 0       ? &comparison->is_full
                 : strcmp(argument, "--states") == 0   ? &comparison->has_states
                 : strcmp(argument, "--variants") == 0 ? &comparison->has_variants
                                                       : NULL;
    if (flag)
        *flag = true;
    return flag || sscanf(argument, "--frames=%d", &comparison->frames) == 1 ||
           sscanf(argument, "--seed=%d", &comparison->seed) == 1;
}

int main(int argc, char **argv) {
    static struct comparison comparison = {.frames = 1000, .seed = 1};
    int named = 0;
    for (int i = 1; i < argc; i++) {
        if (take_option(&comparison, argv[i]))
            continue;
        if (argv[i][0] == '-') {
            fprintf(stderr, "compare-cores: unknown option %s\n", argv[i]);
            return BAD_INPUT;
        }
        argv[++named] = argv[i];
    }
    for (int i = 1; i <= named; i++)
        compare_game(&comparison, argv[i]);
    const char *name;
    for (int i = 0; named == 0 && (name = emulator_ale_rom(i)); i++)
        compare_game(&comparison, name);
    printf("%d of %d games equal, %lld frames, %lld states\n", comparison.equal, comparison.games,
           comparison.played, comparison.states);
    return comparison.failed ? BAD_INPUT : comparison.equal == comparison.games ? 0 : 1;
}
