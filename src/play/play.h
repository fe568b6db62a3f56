/*
 * Watching and judging a trained agent: play (a window, scores as they come), eval (many games,
 * headless, in parallel), and trace (a list of actions, no agent at all).
 *
 *     struct eval_request request = {.agent = {.model = "model.h5"}, .episodes = 30};
 *     struct eval_result result;
 *     if (eval_run(&request, &result, error) == STATUS_OK)
 *         printf("%g\n", result.mean);
 *     eval_result_free(&result);
 *
 * Games are played by Gym's rules of their id and those that the agent was trained by; on ALE, play
 * and eval also end a game after 100 no-ops in a row, for an agent that waits forever would never
 * end it. A score is the sum of a game's raw rewards.
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
    double eps;    /* chance of a random action, of a Q network */
    int processes; /* games side by side, up to EVAL_MAX_PROCESSES; 0: one a processor */
    void (*progress)(int done, int episodes); /* called as games end; NULL: nobody listens */
};

enum { EVAL_MAX_EPISODES = 10000, EVAL_MAX_PROCESSES = 256 };

/* What the games say of an agent. */
struct eval_result {
    char game[GAME_ID_SIZE];
    int episodes;
    double *scores; /* (episodes), in order of their index; free with eval_result_free */
    double mean, median, std, min, max; /* std: of the games themselves, divided by their number */
    double ci95[2]; /* bootstrap interval of the mean: 10 000 resamples, seeded from the request */
    int cut;        /* games that a limit ended, not the rules of the game */
    double flag_rate; /* share of the games that reached their goal; negative: they have none */
    int64_t steps;
    double seconds;
};

/*
 * Plays request->episodes games in child processes. Episode i depends on (seed, i) alone, never on
 * how many run side by side. Call it from a single-threaded process that has not used HDF5 or
 * oneDNN. While it runs, SIGINT and SIGTERM end it: STATUS_FAILED, no process is left.
 */
enum status eval_run(const struct eval_request *request, struct eval_result *result,
                     struct error *error);

void eval_result_free(struct eval_result *result);

/* A game that was played to its end, but for one that a person left. */
struct played_game {
    const char *id;
    int number;   /* from 1 */
    double score; /* sum of its raw rewards */
    int64_t steps;
    bool was_left;      /* by a person, before its end */
    bool has_agent;     /* the agent has played the same game after the person, to its end */
    double agent_score; /* and got this */
};

struct play_request {
    struct agent_request agent;
    const char *data_dir;
    const char *evaldir; /* scores.csv, with the game's details at its end, and each game's
                            last screen go there; "" or NULL: nowhere */
    const char *gif;  /* file that the games are written to as moving pictures; "" or NULL: none */
    bool gif_best;    /* of them only the one with the best score, the first of equals */
    const char *film; /* file that the games are written to as a film, as media/film.h has them; ""
                         or NULL: none */
    const char *screenshot;   /* PNG file for one screen; "" or NULL: none */
    int64_t screenshot_frame; /* the first game's after this many steps; negative: the last one */
    int games;
    uint64_t seed;
    double eps;
    bool explain; /* what is shown and written is what play/explain.h draws; needs one of both */
    bool window;  /* false: without pictures even where there is a display */
    void (*game_over)(const struct played_game *game, void *context); /* hears of each game */
    void *context;
};

/*
 * Plays games one after another, and tells game_over of each. Shows them in a window at the game's
 * own speed where there is a display; says on stderr where there is none, and plays as fast as it
 * can. Closing the window ends it.
 *
 * With a GIF, a film or a screenshot, so do SIGINT, SIGTERM and SIGHUP: they are blocked while it
 * plays. Whatever ends it, the games so far and the one that was cut are written. A path that
 * cannot be written to is STATUS_BAD_INPUT before anything is played.
 */
enum status play_run(const struct play_request *request, struct error *error);

/*
 * Lets a person play games in a window: by the rules of the game's id, and with the chance that the
 * agent has in the same game of the same seed. agent.model: "" for the person alone, who then needs
 * a game; else the agent plays each game after the person. What is beyond seed, eps, games,
 * data_dir and game_over in the request does not matter. STATUS_BAD_INPUT where there is no window.
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
 * Plays a list of actions by the rules of the game's id, which cut nothing but at its step limit,
 * and prints one CSV line a step on out. After the end of an episode the next action is the first
 * of a new one. The whole list is checked before anything is printed.
 */
enum status trace_run(const struct trace_request *request, FILE *out, struct error *error);

#endif
