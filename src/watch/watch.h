/*
 * The page to watch runs on: live curves, the newest network at play, many runs side by side, in
 * any browser. Reads run directories and writes nothing.
 *
 *     struct watch_address address = {.name = "127.0.0.1", .port = 8080};
 *     int listener;
 *     enum status status = watch_listen(&address, &listener, error);
 *     if (status == STATUS_OK)
 *         status = watch_serve(&request, listener, error);
 *
 * A process of its own is to serve: it computes nothing for the page unless somebody reads, and
 * what it computes for a game it does in a child at the lowest priority.
 */
#ifndef ASYNCRL_WATCH_WATCH_H
#define ASYNCRL_WATCH_WATCH_H

#include "agent/agent.h"
#include "base/base.h"

#include <stdbool.h>

enum { WATCH_TOKEN_SIZE = 65, WATCH_URL_SIZE = 96 + WATCH_TOKEN_SIZE };

struct watch_address {
    const char *name; /* a numeric address, or "localhost" */
    int port;         /* 0: any that is free */
};

/*
 * Listens. An address that is none of this machine, a port that is taken, a missing library are
 * STATUS_BAD_INPUT, in one line. The caller closes *listener. Any process.
 */
enum status watch_listen(const struct watch_address *address, int *listener, struct error *error);

/* Whether other machines can reach the page; then watch_open_warning is to be told. */
bool watch_is_open(int listener);
extern const char watch_open_warning[];

/*
 * Settles what a request must bring as "?token=" to be answered. asked: a token of letters, digits,
 * '-', '_', '.' and '~', else STATUS_BAD_INPUT; "random"; or "", which is random where other
 * machines can reach the page, and none where they cannot.
 */
enum status watch_choose_token(int listener, const char *asked, char token[WATCH_TOKEN_SIZE],
                               struct error *error);

/* Writes where a browser finds the page. */
void watch_url(int listener, const char *token, char url[WATCH_URL_SIZE]);

/* Weights that a run plays with at this moment, so that its live game needs no file. */
struct watch_weights {
    const struct agent_info *info; /* what they are the weights of */
    /* Writes the newest to params, and the steps that they were trained on to *steps; false
     * while there are none. Called in a child of the process that serves. */
    bool (*copy)(void *context, float *params, int64_t *steps);
    void *context;
};

struct watch_request {
    const char *const *folders; /* (folder_count): run directories, or folders of them */
    int folder_count;
    const char *data_dir;         /* as in game_open_emulator */
    const struct option *options; /* of train: which of a run's are shown to readers */
    const char *token;            /* as watch_choose_token has it; "": none */
    bool trusts_runs; /* what config.json and weight files name is opened: data folder, core, ROM,
                         games that run code of their own */
    const struct watch_weights *weights; /* of the one run, NULL: the newest model-*.h5 of each */
    bool (*is_over)(void *context);      /* asked now and then: true ends it; NULL: it goes on */
    void *context;
};

/*
 * Serves the page until is_over. The process is to have one thread, and must not have used HDF5 or
 * oneDNN. It keeps curves of at most 128 runs, each in 400 kB at most; 300 connections at most
 * with 24 kB each, and with the answer that a connection takes, of 1 MB at most for the curves of a
 * run.
 */
enum status watch_serve(const struct watch_request *request, int listener, struct error *error);

#endif
