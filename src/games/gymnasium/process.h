/*
 * The Python process of Gymnasium environments: starts it, asks it, waits for it and ends it.
 * Inside of the emulator room.
 *
 * Copies of an emulator share a process, and each has a slot in it. Both sides share a block of
 * memory per slot (struct exchange, then observation, bounds and picture). Questions are two bytes
 * over a socket, a question and a slot; each is answered by one byte, in the same order. Several
 * go in one message, since handing over takes longer than many a step. It ends if one of its
 * environments fails. Its parent is a guard, which ends it, with all that its environments have
 * started, if the asking process dies.
 */
#ifndef ASYNCRL_GAMES_GYMNASIUM_PROCESS_H
#define ASYNCRL_GAMES_GYMNASIUM_PROCESS_H

#include "games/machines.h"

#include <sys/types.h>

/* server.py has these and the memory below, too. */
enum gymnasium_question {
    ASK_MAKE = 'm', /* the environment of a slot */
    ASK_SEED = 's',
    ASK_RESET = 'r',
    ASK_STEP = 'a',
    ASK_RENDER = 'v'
};
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
    int32_t parts[PARTS_MAX]; /* sizes of numbered actions' parts, in their order; then zeros */
};

enum { MAX_ACTION_SIZE = 256 };

/* The head of a slot's memory; the observation follows at OBSERVATION_OFFSET. */
struct exchange {
    int64_t request; /* the seed or the numbered action */
    double reward;
    int64_t terminated;
    int64_t truncated;
    struct space space;
    int64_t draws; /* it is drawing: if the process ends now, that is the cause */
    int64_t how;   /* slot 0: how the process ended, as waitpid tells */
    char unused[8];
    char text[768];                /* why it failed, or why there is no picture */
    float action[MAX_ACTION_SIZE]; /* the continuous action */
};

enum { OBSERVATION_OFFSET = 2048 };

_Static_assert(offsetof(struct exchange, space) == 32 && offsetof(struct exchange, draws) == 232 &&
                   offsetof(struct exchange, text) == 256 &&
                   offsetof(struct exchange, action) == 1024 &&
                   sizeof(struct exchange) == OBSERVATION_OFFSET,
               "as server.py has it");

struct gymnasium_process; /* shared by the slots in it */

/* An environment's place in a process. */
struct gymnasium_slot {
    struct gymnasium_process *process;
    int index;
    int64_t start;                   /* of the process in which the environment was made; 0: none */
    const struct emulator *emulator; /* gives signs of life while an answer is waited for */
};

/* Takes the first slot of a new process, which is not started yet. The description is copied.
 * False, with the reason, if memory is missing. */
bool gymnasium_enter_new(struct gymnasium_slot *slot,
                         const struct gymnasium_description *description, struct error *error);

/* Takes a slot beside another one, or in a process like its own if that is full. */
bool gymnasium_enter_beside(struct gymnasium_slot *slot, const struct gymnasium_slot *other,
                            struct error *error);

/* Leaves the slot; the last one to leave ends the process. Slots without a process are ignored. */
void gymnasium_leave(struct gymnasium_slot *slot);

/* The environment that the process plays, and its space: zeros as long as it is unknown. */
const struct gymnasium_description *gymnasium_description(const struct gymnasium_slot *slot);
const struct space *gymnasium_space(const struct gymnasium_slot *slot);

/* Places in the memory: the newest observation, which is floats or (height, width, 3) u8, and if
 * the space is bounded, the lowest and the highest one. Then the newest picture, (height, width,
 * 3). The slot's environment is running. */
enum space_part { PART_OBSERVATION, PART_LOWEST, PART_HIGHEST };
struct exchange *gymnasium_exchange(const struct gymnasium_slot *slot);
void *gymnasium_part(const struct gymnasium_slot *slot, enum space_part part);
const uint8_t *gymnasium_picture(const struct gymnasium_slot *slot);

/* Bytes of each observation, and of the picture. */
size_t gymnasium_part_size(const struct space *space);
size_t gymnasium_picture_size(const struct space *space);

/*
 * Asks a process of its own for the space and for the reason why there are no pictures, "" if there
 * are. If it dies while it draws, asks another one without pictures: a game that cannot draw can
 * still be learned.
 */
bool gymnasium_learn_space(struct gymnasium_slot *slot, char *no_picture, size_t size,
                           struct error *error);

/* Whether this process (a fork has to start another one) can ask the environment. */
bool gymnasium_is_running(const struct gymnasium_slot *slot);

/* Makes the environment, in a process that is started if there is none. False on failure; then
 * the process is gone. */
bool gymnasium_make(struct gymnasium_slot *slot, struct error *error);

enum { GYMNASIUM_ASKED_MODULES = 5 }; /* at most, at once: the answer is an exit code below 127 */

/* The modules that Python finds, a bit each in the order of names; starts Python. */
unsigned gymnasium_find_modules(const char *const *names, int count);

/*
 * Asks a running environment; the question is sent when an answer is waited for, of this slot or of
 * another one in the process. At most one question of a slot is open.
 */
void gymnasium_begin(struct gymnasium_slot *slot, enum gymnasium_question question);

/* Waits for the answer to the open question, if there is one. False on failure; then the process is
 * gone. */
bool gymnasium_finish(struct gymnasium_slot *slot, struct error *error);

/* Begins and finishes a question, after the one that is open. */
bool gymnasium_ask(struct gymnasium_slot *slot, enum gymnasium_question question,
                   struct error *error);

/* Copies Python's reason, which may be any bytes, as one printable line. */
void gymnasium_text(const struct gymnasium_slot *slot, char *out, size_t size);

/* Ends the process with all its environments, if this process started it, and frees the shared
 * memory. */
void gymnasium_stop(struct gymnasium_process *process);

#endif
