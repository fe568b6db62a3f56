#include "sweep/board.h"
#include "sweep/inside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_ROWS = 24, USUAL_COLUMNS = 80, LINE_SIZE = 512 };

void board_open(struct board *board, bool plain) {
    *board = (struct board){.is_live = !plain && log_has_terminal()};
}

static void erase_rows(const struct board *board, FILE *stream) {
    if (board->rows > 0)
        fprintf(stream, "\r\x1b[%dA\x1b[J", board->rows);
}

void board_erase(struct board *board) {
    erase_rows(board, stderr);
    board->rows = 0;
}

/* The order in which states are shown if there are more runs than rows: the most
 * interesting first. */
static int rank_of(enum sweep_state state) {
    static const int ranks[] = {
        [SWEEP_RUNNING] = 0,  [SWEEP_FAILED] = 1,  [SWEEP_ELSEWHERE] = 2, [SWEEP_READY] = 3,
        [SWEEP_FINISHED] = 3, [SWEEP_STOPPED] = 4, [SWEEP_WAITING] = 5,
    };
    return ranks[state];
}

/* Finds the last rank that is shown, and the number of its runs that are shown. */
static void choose_shown(const struct sweep *sweep, int rows, int *last_rank, int *of_last) {
    for (int rank = 0; rank <= rank_of(SWEEP_WAITING); rank++) {
        int count = 0;
        for (int i = sweep->first; i < sweep->last; i++)
            count += rank_of(sweep->jobs[i].state) == rank;
        *last_rank = rank;
        *of_last = count < rows ? count : rows;
        rows -= count;
        if (rows < 0)
            return;
    }
}

static void print_run(FILE *stream, const struct sweep *sweep, int run, int columns) {
    const struct job *job = &sweep->jobs[run];
    char name[PLAN_NAME_SIZE];
    char options[LINE_SIZE];
    char score[24] = "-";
    char line[2 * LINE_SIZE];
    plan_name(&sweep->plan, run, name);
    sweep_describe(sweep, run, options, sizeof options);
    printable(options);
    if (!isnan(job->progress.score))
        snprintf(score, sizeof score, "%.4g", job->progress.score);
    snprintf(line, sizeof line, "%s  %-9s %11lld  %9s  %s", name, job_state_name(job),
             (long long)job->progress.steps, score, options);
    fprintf(stream, "%.*s\n", columns - 1, line);
}

static void print_sums(FILE *stream, const struct sweep *sweep, int columns) {
    char line[PATH_SIZE + 2 * LINE_SIZE];
    char failures[32] = "";
    char ready[64] = "";
    const int failed = sweep_count_in(sweep, SWEEP_FAILED);
    if (sweep->population.members && !population_is_last(&sweep->population))
        snprintf(ready, sizeof ready, "%d of generation %lld ready, ",
                 sweep_count_in(sweep, SWEEP_READY), (long long)sweep->population.number + 1);
    if (failed > 0)
        snprintf(failures, sizeof failures, "%d failed, ", failed);
    snprintf(line, sizeof line, "%d of %d runs finished, %s%s%d running in %s",
             sweep_count_in(sweep, SWEEP_FINISHED), sweep_count(sweep), failures, ready,
             sweep_count_in(sweep, SWEEP_RUNNING), sweep->dir);
    printable(line);
    fprintf(stream, "%.*s\n", columns - 1, line);
}

void board_draw(struct board *board, const struct sweep *sweep) {
    struct winsize size = {0};
    char *text = NULL;
    size_t length = 0;
    if (!board->is_live)
        return;
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    const int columns = size.ws_col > 0 ? size.ws_col : USUAL_COLUMNS;
    const int rows = (size.ws_row > 0 ? size.ws_row : USUAL_ROWS) - 3;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        return;
    int last_rank;
    int of_last;
    int drawn = 1;
    choose_shown(sweep, rows > 0 ? rows : 0, &last_rank, &of_last);
    erase_rows(board, stream);
    for (int i = sweep->first; i < sweep->last; i++) {
        const int rank = rank_of(sweep->jobs[i].state);
        if (rank > last_rank || (rank == last_rank && of_last-- <= 0))
            continue;
        print_run(stream, sweep, i, columns);
        drawn++;
    }
    print_sums(stream, sweep, columns);
    fclose(stream);
    fwrite(text, 1, length, stderr);
    fflush(stderr);
    free(text);
    board->rows = drawn;
}
