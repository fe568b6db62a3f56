/*
 * Measures the speed of our own Atari core against ALE, game by game.
 *
 *     bench-cores [--frames=N] [--repeats=N] [GAME ...]
 *
 * Both play the same random actions, in turn, and the least processor time of all repeats counts:
 * with every frame drawn, two of four (as for observations), and none. Prints a line for each game,
 * then median, least and greatest ratio, the size and time of a saved state, and the memory of 64
 * games in this process. Exits 1 if the median ratio is below 4 with two of four frames drawn or
 * below 6 with none, or a game's is below 2.5 with two of four.
 */
#include "cores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_GAMES = 128, MAX_PIXELS = 160 * 250, BAD_INPUT = 2 };
enum { STATE_REPEATS = 2000, MEMORY_GAMES = 64, MEMORY_FRAMES = 200 };

/* The number of frames in four that are drawn. */
enum { ALL, HALF, NONE, DRAWINGS };
static const int looks_at[DRAWINGS] = {4, 2, 0};

struct bench {
    int frames;
    int repeats;
    int count;
    double ratios[DRAWINGS][MAX_GAMES];
};

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds of processor time per frame. */
static double time_frames(struct emulator *emulator, int frames, int looks) {
    static uint8_t indices[MAX_PIXELS];
    struct rng rng;
    rng_seed(&rng, 1, 0);
    struct emulator_frame frame = emulator_reset(emulator);
    int action = 0;
    double elapsed = 0;
    double start = cpu_seconds();
    for (int i = 0; i < frames; i++) {
        if (frame.game_over) { /* a reset does not count as a frame */
            elapsed += cpu_seconds() - start;
            frame = emulator_reset(emulator);
            start = cpu_seconds();
        }
        if (i % 4 == 0)
            action = (int)rng_below(&rng, (uint32_t)emulator->info.action_count);
        frame = emulator_act(emulator, action);
        if (i % 4 >= 4 - looks)
            emulator_screen_indices(emulator, indices);
    }
    return (elapsed + cpu_seconds() - start) / frames;
}

static bool bench_game(struct bench *bench, const char *name) {
    struct emulator *cores[2];
    struct error error;
    double least[DRAWINGS][2];
    for (int i = 0; i < 2; i++)
        if (open_core(i == 1, name, NULL, &cores[i], &error) != STATUS_OK) {
            fprintf(stderr, "bench-cores: %s\n", error.message);
            return false;
        }
    for (int drawing = 0; drawing < DRAWINGS; drawing++) {
        least[drawing][0] = least[drawing][1] = INFINITY;
        for (int i = 0; i < 2 * bench->repeats; i++) {
            const double seconds = time_frames(cores[i % 2], bench->frames, looks_at[drawing]);
            least[drawing][i % 2] = fmin(least[drawing][i % 2], seconds);
        }
        bench->ratios[drawing][bench->count] = least[drawing][1] / least[drawing][0];
    }
    printf("%-18s ALE %6.1f us   ours %5.1f %5.1f %5.1f us   ratio %5.2f %5.2f %5.2f\n", name,
           1e6 * least[NONE][1], 1e6 * least[ALL][0], 1e6 * least[HALF][0], 1e6 * least[NONE][0],
           bench->ratios[ALL][bench->count], bench->ratios[HALF][bench->count],
           bench->ratios[NONE][bench->count]);
    fflush(stdout);
    bench->count++;
    for (int i = 0; i < 2; i++)
        emulator_close(cores[i]);
    return true;
}

/* ---- States and memory ----------------------------------------------------------------------- */

/* Times saved states in the middle of a game; they do not depend on its length so far. */
static bool bench_states(struct emulator *emulator, const char *name) {
    const size_t bound = emulator_state_bound(emulator, 1);
    uint8_t *state = malloc(bound);
    size_t used = 0;
    double seconds[2] = {0};
    struct error error = {.message = "out of memory"};
    bool is_good = state != NULL;
    time_frames(emulator, MEMORY_FRAMES, 0);
    for (int i = 0; is_good && i < STATE_REPEATS; i++) {
        const double start = cpu_seconds();
        is_good = emulator_save_state(emulator, state, bound, &used, &error) == STATUS_OK;
        const double saved = cpu_seconds();
        is_good = is_good && emulator_load_state(emulator, state, used, &error) == STATUS_OK;
        seconds[0] += saved - start;
        seconds[1] += cpu_seconds() - saved;
    }
    free(state);
    if (is_good)
        printf("state of %s: %zu bytes, saved in %.1f us, loaded in %.1f us\n", name, used,
               1e6 * seconds[0] / STATE_REPEATS, 1e6 * seconds[1] / STATE_REPEATS);
    else
        fprintf(stderr, "bench-cores: %s: %s\n", name, error.message);
    return is_good;
}

static double resident_megabytes(void) {
    long pages = 0;
    FILE *stream = fopen("/proc/self/statm", "r");
    if (stream && fscanf(stream, "%*d %ld", &pages) != 1)
        pages = 0;
    if (stream)
        fclose(stream);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* Opens the game 64 times and plays each, with pictures. */
static bool bench_memory(const char *name) {
    struct emulator *emulators[MEMORY_GAMES];
    struct error error;
    int count = 0;
    const double before = resident_megabytes();
    while (count < MEMORY_GAMES &&
           open_core(false, name, NULL, &emulators[count], &error) == STATUS_OK)
        time_frames(emulators[count++], MEMORY_FRAMES, 4);
    const double after = resident_megabytes();
    if (count == MEMORY_GAMES)
        printf("%d games of %s: %.1f MB\n", MEMORY_GAMES, name, after - before);
    else
        fprintf(stderr, "bench-cores: %s\n", error.message);
    const bool is_good = count == MEMORY_GAMES && bench_states(emulators[0], name);
    while (count > 0)
        emulator_close(emulators[--count]);
    return is_good;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Prints the last lines; false: a ratio is below its limit. */
static bool sum_up(struct bench *bench) {
    static const char *const names[DRAWINGS] = {"all drawn", "two of four", "none drawn"};
    const int count = bench->count;
    for (int i = 0; i < DRAWINGS; i++) {
        qsort(bench->ratios[i], (size_t)count, sizeof(double), compare);
        printf("%-12s median %.2f, least %.2f, greatest %.2f\n", names[i],
               bench->ratios[i][count / 2], bench->ratios[i][0], bench->ratios[i][count - 1]);
    }
    return bench->ratios[HALF][count / 2] >= 4 && bench->ratios[NONE][count / 2] >= 6 &&
           bench->ratios[HALF][0] >= 2.5;
}

int main(int argc, char **argv) {
    static struct bench bench = {.frames = 1000, .repeats = 5};
    int named = 0;
    for (int i = 1; i < argc; i++) {
        if (sscanf(argv[i], "--frames=%d", &bench.frames) == 1 ||
            sscanf(argv[i], "--repeats=%d", &bench.repeats) == 1)
            continue;
        named++;
        if (!bench_game(&bench, argv[i]))
            return BAD_INPUT;
    }
    const char *name;
    for (int i = 0; named == 0 && (name = emulator_ale_rom(i)); i++)
        if (!bench_game(&bench, name))
            return BAD_INPUT;
    if (!bench_memory("breakout"))
        return BAD_INPUT;
    return sum_up(&bench) ? 0 : 1;
}
