/*
 * The page for watching runs in a browser: live curves, the newest network at play, many runs side
 * by side. Reads run directories and writes nothing.
 *
 *     struct watch_address address = {.name = "127.0.0.1", .port = 8080};
 *     int listener;
 *     enum status status = watch_listen(&address, &listener, error);
 *     if (status == STATUS_OK)
 *         status = watch_serve(&request, listener, error);
 *
 * Serve in a process of its own. It computes nothing without readers; games run in children at the
 * lowest priority.
 */
#ifndef ASYNCRL_WATCH_WATCH_H
#define ASYNCRL_WATCH_WATCH_H

#include "agent/agent.h"
#include "base/base.h"

#include <stdbool.h>

enum { WATCH_TOKEN_SIZE = 65, WATCH_URL_SIZE = 96 + WATCH_TOKEN_SIZE };

struct watch_address {
    const char *name; /* a numeric address, or "localhost" */
    int port;         /* 0: any free one */
};

/*
 * Listens. STATUS_BAD_INPUT: not an address of this machine, a port in use, or a missing library.
 * The caller closes *listener. Any process.
 */
enum status watch_listen(const struct watch_address *address, int *listener, struct error *error);

/* Whether other machines can reach the page; if so, print watch_open_warning. */
bool watch_is_open(int listener);
extern const char watch_open_warning[];

/*
 * Chooses the "?token=" that requests must carry. asked: a token of letters, digits, '-', '_', '.'
 * and '~' (anything else: STATUS_BAD_INPUT); "random"; or "", which is random if other machines can
 * reach the page, and no token if they cannot.
 */
enum status watch_choose_token(int listener, const char *asked, char token[WATCH_TOKEN_SIZE],
                               struct error *error);

/* Writes the page's URL. */
void watch_url(int listener, const char *token, char url[WATCH_URL_SIZE]);

/* A run's current weights, so that its live game needs no file. */
struct watch_weights {
    const struct agent_info *info; /* the network's description */
    /* Writes the newest weights to params and their steps of training to *steps; false: none yet.
     * Called in a child of the serving process. */
    bool (*copy)(void *context, float *params, int64_t *steps);
    void *context;
};

struct watch_request {
    const char *const *folders; /* (folder_count): run directories, or folders of them */
    int folder_count;
    const char *data_dir;         /* as in game_open_emulator */
    const struct option *options; /* options of train: which of a run's are shown to readers */
    const char *token;            /* as watch_choose_token has it; "": none */
    bool trusts_runs; /* open what config.json and weight files name: data folder, core, ROM, games
                         with code of their own */
    const struct watch_weights *weights; /* of the only run; NULL: the newest model-*.h5 of each */
    bool (*is_over)(void *context);      /* polled: true ends it; NULL: endless */
    void *context;
};

/*
 * Serves the page until is_over. The process must have one thread, and must not have used HDF5 or
 * oneDNN. Limits: curves of 128 runs, 400 kB each; 300 connections, 24 kB each, plus the response
 * that a connection is receiving, at most 1 MB for the curves of a run.
 */
enum status watch_serve(const struct watch_request *request, int listener, struct error *error);

#endif
