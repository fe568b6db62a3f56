/*
 * Games that are played for readers: a child process each, at the lowest priority, for as long as
 * somebody watches, with the newest weights of a run.
 *
 * Inside of the watch room. One thread.
 */
#ifndef ASYNCRL_WATCH_LIVE_H
#define ASYNCRL_WATCH_LIVE_H

#include "watch/channel.h"
#include "watch/watch.h"

#include <sys/types.h>

enum { LIVE_MAX_GAMES = 4, LIVE_MAX_MESSAGE = 4 << 20 };

/* What is to be played. */
struct live_request {
    int id;             /* of the run */
    const char *folder; /* its directory; the caller's, for as long as the game is watched */
    const char *root;   /* that weight files must lie in, links followed; the caller's, too */
    struct game_overrides overrides;
    char data_dir[OPTION_TEXT_SIZE];     /* as in game_open_emulator */
    const struct watch_weights *weights; /* NULL: the newest model-*.h5 in folder */
    bool trusts_model;                   /* as in struct agent_request */
    const char *hint;                    /* said behind the reason why a game fails; static */
};

/*
 * Plays for ever, or until nobody reads; returns the exit code. Writes to the pipe out: the size of
 * a line of JSON as a uint32_t, then the line; what the page shows. Newer weights are taken up
 * between games. In a process of its own.
 */
int live_play(const struct live_request *request, int out);

struct live_game {
    struct live_request request;
    int watchers;
    pid_t pid;            /* 0: not running */
    int pipe;             /* -1: none */
    double unwatched;     /* clock_seconds when the last reader left */
    double not_before;    /* clock_seconds; one that ended by itself is not started at once again */
    uint32_t size;        /* of the message that is coming */
    size_t read;          /* bytes of it so far, its size included */
    char *coming;         /* (size) */
    struct channel shown; /* the newest picture alone */
};

struct live {
    struct live_game games[LIVE_MAX_GAMES];
};

void live_init(struct live *live);

/* A reader comes, or leaves. NULL: as many games as may be are watched already. */
struct live_game *live_join(struct live *live, const struct live_request *request);
void live_leave(struct live_game *game);

/* Starts and ends children as there are readers, and takes what they sent; true where that is
 * something new. */
bool live_turn(struct live *live);

void live_close(struct live *live);

#endif
