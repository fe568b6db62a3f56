/*
 * The Python process of a Gymnasium environment: starts it, asks it, waits for it and ends it.
 * Inside of the emulator room.
 *
 * Both sides share a block of memory (struct exchange, then observation, bounds and picture); a
 * byte over a socket passes the turn to the other side. The process dies with its parent: the
 * kernel kills it (PR_SET_PDEATHSIG), and its socket is closed.
 */
#ifndef ASYNCRL_GAMES_GYMNASIUM_PROCESS_H
#define ASYNCRL_GAMES_GYMNASIUM_PROCESS_H

#include "games/machines.h"

#include <sys/types.h>

/* server.py has these and the memory below, too. */
enum gymnasium_question { ASK_SEED = 's', ASK_RESET = 'r', ASK_STEP = 'a', ASK_RENDER = 'v' };
enum space_kind { SPACE_VECTOR = 1, SPACE_PICTURE = 2 };

struct space {
    int64_t kind;
    int64_t height; /* 1 for a vector */
    int64_t width;
    int64_t is_bounded;    /* not all values are allowed */
    int64_t actions;       /* numbered ones; 0: they are continuous */
    int64_t action_size;   /* numbers of a continuous action; 0: they are numbered */
    int64_t screen_height; /* 0: no pictures */
    int64_t screen_width;
    double frames_per_second;
};

enum { MAX_ACTION_SIZE = 256 };

/* The head of the shared memory; the observation follows at OBSERVATION_OFFSET. */
struct exchange {
    int64_t request; /* the seed or the numbered action */
    double reward;
    int64_t terminated;
    int64_t truncated;
    struct space space;
    int64_t draws; /* it is drawing: if the process ends now, that is the cause */
    char unused[16];
    char text[768]; /* why it failed, or why there is no picture */
    char spare[128];
    float action[MAX_ACTION_SIZE]; /* the continuous action */
};

enum { OBSERVATION_OFFSET = 2048 };

_Static_assert(offsetof(struct exchange, space) == 32 && offsetof(struct exchange, draws) == 104 &&
                   offsetof(struct exchange, text) == 128 &&
                   offsetof(struct exchange, action) == 1024 &&
                   sizeof(struct exchange) == OBSERVATION_OFFSET,
               "as server.py has it");

struct gymnasium_process {
    const char *module;        /* imported first; "": none */
    const char *id;            /* of the environment */
    const char *kwargs;        /* JSON object; "": none */
    const char *wrappers;      /* "": none */
    double patience;           /* seconds that it may be silent */
    double start_patience;     /* the same while it starts or is reset */
    struct emulator *emulator; /* gives signs of life while it is waited for */
    struct space space;        /* zeros as long as it is unknown */
    pid_t pid;                 /* of the Python process; 0: none */
    pid_t owner;               /* its parent; a fork of the parent has to start its own */
    int socket;
    struct exchange *memory;
    size_t size;
    bool drew; /* as it ended */
};

/* Places in the memory: the newest observation, which is floats or (height, width, 3) u8, and if
 * the space is bounded, the lowest and the highest one. Then the newest picture, (height, width,
 * 3). */
enum space_part { PART_OBSERVATION, PART_LOWEST, PART_HIGHEST };
void *gymnasium_part(const struct gymnasium_process *process, enum space_part part);
const uint8_t *gymnasium_picture(const struct gymnasium_process *process);

/* Bytes of each observation, and of the picture. */
size_t gymnasium_part_size(const struct space *space);
size_t gymnasium_picture_size(const struct space *space);

/*
 * Starts a process and waits until it is ready. work: "play" plays in the known space; "tell"
 * writes the space to the memory; "tell-blind" does so without pictures. False on failure; then the
 * process is gone.
 */
bool gymnasium_start(struct gymnasium_process *process, const char *work, struct error *error);

/* Whether Python finds a module. */
bool gymnasium_has_module(const char *name);

/* Asks, and waits for the answer. False on failure; then the process is gone. */
bool gymnasium_ask(struct gymnasium_process *process, enum gymnasium_question question,
                   struct error *error);

/* Copies Python's reason, which may be any bytes, as one printable line. */
void gymnasium_text(const struct gymnasium_process *process, char *out, size_t size);

/* Ends the process, if this process started it, and frees the shared memory. */
void gymnasium_stop(struct gymnasium_process *process);

#endif
