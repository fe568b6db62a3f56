/*
 * Runs a trained agent: play (a window, scores as they come), eval (many games, headless, in
 * parallel), and trace (a list of actions, without an agent).
 *
 *     struct eval_request request = {.agent = {.model = "model.h5"}, .episodes = 30};
 *     struct eval_result result;
 *     if (eval_run(&request, &result, error) == STATUS_OK)
 *         printf("%g\n", result.mean);
 *     eval_result_free(&result);
 *
 * Games follow Gym's rules for their id and the rules in the agent's weights. Play and eval also
 * end an Atari game after 100 no-ops in a row, because some agents would wait forever. A score is
 * the sum of a game's raw rewards.
 */
#ifndef ASYNCRL_PLAY_PLAY_H
#define ASYNCRL_PLAY_PLAY_H

#include "agent/agent.h"
#include "base/base.h"
#include "env/env.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct eval_request {
    struct agent_request agent;
    const char *data_dir; /* as in game_open_emulator */
    int episodes;         /* 1 to EVAL_MAX_EPISODES */
    uint64_t seed;
    double eps;    /* chance of a random action, for a Q network */
    int processes; /* games in parallel, up to EVAL_MAX_PROCESSES; 0: one per processor */
    void (*progress)(int done, int episodes); /* called as games end, or NULL */
};

enum { EVAL_MAX_EPISODES = 10000, EVAL_MAX_PROCESSES = 256 };

/* The results of an evaluation. */
struct eval_result {
    char game[GAME_ID_SIZE];
    int episodes;
    double *scores; /* (episodes), in order of their index; free with eval_result_free */
    double mean, median, std, min, max; /* std: over the games, divided by their number */
    double ci95[2]; /* bootstrap interval of the mean: 10 000 resamples, seeded from the request */
    int cut;        /* games ended by a limit instead of the game's rules */
    double flag_rate; /* share of the games that reached their goal; negative: they have none */
    int64_t steps;
    double seconds;
};

/*
 * Plays request->episodes games in child processes. Episode i depends only on (seed, i), not on the
 * number of processes. Call it from a single-threaded process that has not used HDF5 or oneDNN.
 * The signals of signals_that_end end it: STATUS_FAILED, no process is left.
 */
enum status eval_run(const struct eval_request *request, struct eval_result *result,
                     struct error *error);

void eval_result_free(struct eval_result *result);

/* A game played to its end, or left by a person. */
struct played_game {
    const char *id;
    int number;   /* from 1 */
    double score; /* sum of its raw rewards */
    int64_t steps;
    bool was_left;      /* by a person, before its end */
    bool has_agent;     /* the agent then played the same game to its end */
    double agent_score; /* the agent's score */
};

/* The progress of a recording. */
struct play_progress {
    int game; /* from 1 */
    int64_t steps;
    double score;
};

struct play_request {
    struct agent_request agent;
    const char *data_dir;
    const char *evaldir; /* folder for scores.csv, with each game's final info, and each game's last
                            screen; "" or NULL: none */
    const char *gif;     /* GIF file of the games; "" or NULL: none */
    bool gif_best;       /* keep only the game with the best score, the first of equals */
    const char *film;    /* film of the games, see media/film.h; "" or NULL: none */
    const char *screenshot;   /* PNG file for one screen; "" or NULL: none */
    int64_t screenshot_frame; /* steps of the first game before that screen; negative: the last
                                 screen */
    int games;
    uint64_t seed;
    double eps;
    bool explain; /* draw with play/explain.h; needs a window or a file */
    bool window;  /* false: no window even if there is a display */
    void (*game_over)(const struct played_game *game, void *context); /* called after each game */
    void (*progress)(const struct play_progress *progress,
                     void *context);                /* after each step of a recording, or NULL */
    void (*wrote)(const char *path, void *context); /* after each file of a recording, or NULL */
    void *context;
};

/*
 * Plays games one after another, and calls game_over after each. With a display, shows them in a
 * window at the game's own speed; without one, says so on stderr and plays as fast as it can.
 * Closing the window ends it. With a GIF, a film or a screenshot, so do SIGINT, SIGTERM and SIGHUP,
 * which are blocked while it plays; so does the requested screen, if nothing else is requested. In
 * every case the games so far are written, including an interrupted one. STATUS_BAD_INPUT, before
 * anything is played: a path cannot be written to.
 */
enum status play_run(const struct play_request *request, struct error *error);

/*
 * Lets a person play games in a window: by the rules of the game's id, and with the same random
 * numbers as the agent in the game of that seed. agent.model: "" for the person alone (then
 * agent.game is required); otherwise the agent plays each game after the person. The other fields
 * used are seed, eps, games, data_dir, game_over and context. STATUS_BAD_INPUT: no window.
 */
enum status play_human(const struct play_request *request, struct error *error);

struct trace_request {
    const char *game;
    const struct game_overrides *overrides; /* NULL: none */
    const char *actions; /* path of a file of action numbers separated by white space */
    const char *data_dir;
    uint64_t seed;
};

/*
 * Plays a list of actions by the rules of the game's id, and prints one CSV line per step on out.
 * Only the id's step limit truncates an episode. After the end of an episode the next action is the
 * first of a new one. The whole list is checked before anything is printed.
 */
enum status trace_run(const struct trace_request *request, FILE *out, struct error *error);

#endif
