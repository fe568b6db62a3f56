#include "rollout/rollout.h"

#include <string.h>

/*
 * readers + 2 copies: at most one a reader is held, one is the newest, so one is always free to
 * write.
 *
 * A reader announces the copy that it takes for the newest and then checks that it still is. The
 * writer makes a copy the newest and later, before it overwrites one, looks who holds it. Both
 * sides are sequentially consistent, so either the reader sees that the newest moved on and tries
 * again, or the writer sees the announcement and leaves the copy alone (the argument of Dekker's
 * algorithm).
 */
struct copy {
    uint64_t version;
    float *params;
};

enum { HOLDS_NOTHING = -1 };

struct board {
    int readers;
    int copies;
    size_t param_count;
    _Atomic uint64_t version;
    _Atomic int32_t newest; /* index of a copy */
    _Atomic int32_t *holds; /* (readers): index of a copy, or HOLDS_NOTHING */
    struct copy *copy;      /* (copies) */
};

static size_t lines(size_t bytes) {
    return (bytes + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
}

static int copy_count(int readers) {
    return readers + 2;
}

size_t board_bytes(int readers, size_t param_count) {
    const size_t copies = (size_t)copy_count(readers);
    return lines(sizeof(struct board)) + lines((size_t)readers * sizeof(_Atomic int32_t)) +
           lines(copies * sizeof(struct copy)) + copies * lines(param_count * sizeof(float));
}

struct board *board_init(void *memory, int readers, size_t param_count) {
    struct board *board = memory;
    char *next = (char *)memory + lines(sizeof *board);
    *board = (struct board){
        .readers = readers,
        .copies = copy_count(readers),
        .param_count = param_count,
        .holds = (_Atomic int32_t *)(void *)next,
    };
    for (int i = 0; i < readers; i++)
        atomic_init(&board->holds[i], HOLDS_NOTHING);
    next += lines((size_t)readers * sizeof(_Atomic int32_t));
    board->copy = (struct copy *)(void *)next;
    next += lines((size_t)board->copies * sizeof(struct copy));
    for (int i = 0; i < board->copies; i++) {
        board->copy[i] = (struct copy){.params = (float *)(void *)next};
        next += lines(param_count * sizeof(float));
    }
    return board;
}

static bool is_held(struct board *board, int32_t index) {
    for (int i = 0; i < board->readers; i++)
        if (atomic_load(&board->holds[i]) == index)
            return true;
    return false;
}

static int32_t free_copy(struct board *board) {
    int32_t index = 0;
    while (index == atomic_load(&board->newest) || is_held(board, index))
        index = (index + 1) % board->copies;
    return index;
}

void board_publish(struct board *board, const float *params, uint64_t version) {
    const int32_t index = free_copy(board);
    memcpy(board->copy[index].params, params, board->param_count * sizeof *params);
    board->copy[index].version = version;
    atomic_store(&board->newest, index);
    atomic_store(&board->version, version);
}

uint64_t board_version(const struct board *board) {
    return atomic_load(&board->version);
}

const float *board_newest(const struct board *board) {
    return board->copy[atomic_load(&board->newest)].params;
}

const float *board_acquire(struct board *board, int reader, uint64_t *version) {
    int32_t index;
    do {
        index = atomic_load(&board->newest);
        atomic_store(&board->holds[reader], index);
    } while (atomic_load(&board->newest) != index);
    *version = board->copy[index].version;
    return board->copy[index].params;
}

void board_release(struct board *board, int reader) {
    atomic_store(&board->holds[reader], HOLDS_NOTHING);
}
