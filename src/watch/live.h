/*
 * Games played for readers: one child process per game, at the lowest priority, while it has
 * readers, with a run's newest weights. Private to the watch room. One thread.
 */
#ifndef ASYNCRL_WATCH_LIVE_H
#define ASYNCRL_WATCH_LIVE_H

#include "watch/channel.h"
#include "watch/watch.h"

#include <sys/types.h>

enum { LIVE_MAX_GAMES = 8, LIVE_GAMES_OF_RUN = 4, LIVE_MAX_MESSAGE = 4 << 20 };

/* The game to play. */
struct live_request {
    int id;             /* of the run */
    int seat;           /* which of its games, 0 to LIVE_GAMES_OF_RUN - 1 */
    const char *folder; /* its directory; owned by the caller while the game is watched */
    const char *root;   /* weight files must lie in it, links followed; owned by the caller, too */
    struct game_overrides overrides;
    char data_dir[OPTION_TEXT_SIZE];     /* as in game_open_emulator */
    const struct watch_weights *weights; /* NULL: the newest model-*.h5 in folder */
    bool trusts_model;                   /* as in struct agent_request */
    const char *hint;                    /* appended to the reason why a game fails; static */
};

/*
 * Plays until the pipe is closed; returns the exit code. Writes messages for the page to the pipe
 * out: the size of a line of JSON as a uint32_t, then the line. Newer weights are loaded between
 * games. In a process of its own.
 */
int live_play(const struct live_request *request, int out);

struct live_game {
    struct live_request request;
    int watchers;
    pid_t pid;            /* 0: not running */
    int pipe;             /* -1: none */
    double unwatched;     /* clock_seconds when the last reader left */
    double not_before;    /* clock_seconds; one that ended by itself is not restarted at once */
    uint32_t size;        /* of the incoming message */
    size_t read;          /* bytes of it so far, its size included */
    char *coming;         /* (size) */
    struct channel shown; /* keeps only the newest picture */
};

struct live {
    struct live_game games[LIVE_MAX_GAMES];
};

void live_init(struct live *live);

/* Adds or removes a reader. NULL: the limit of watched games is reached. */
struct live_game *live_join(struct live *live, const struct live_request *request);
void live_leave(struct live_game *game);

/* Starts children that have readers, stops the others, and reads their messages; true if there is a
 * new one. */
bool live_turn(struct live *live);

void live_close(struct live *live);

#endif
