/* Sums of ranks that share memory; threads stand for the ranks. */
#include "train/ranks/shared_sum.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The last piece is the shortest, and pieces are summed from the array's end, as gradients are. */
enum { RANKS = 3, COUNT = 5000, PIECE = 1500, TURNS = 50 };

struct rank {
    pthread_t thread;
    int number, wrong;
    struct shared_sum sum;
};

static bool goes_on(void *context) {
    (void)context;
    return true;
}

static bool ends(void *asked) {
    ++*(int *)asked;
    return false;
}

/* Numbers of such different sizes that each order of adding them has other bits. */
static float addend(int rank, int turn, int i) {
    return (float)((i * 7 + turn) % 31 + 1) / (float)(rank * rank * 1000 + 3);
}

static float expected(int turn, int i) {
    float total = addend(0, turn, i);
    for (int rank = 1; rank < RANKS; rank++)
        total += addend(rank, turn, i);
    return total;
}

/* The caller frees the memory that it returns. */
static void *open_ranks(struct rank *ranks) {
    const size_t bytes = shared_sum_bytes(COUNT, RANKS);
    void *memory = aligned_alloc(ARENA_ALIGNMENT, bytes);
    assert_non_null(memory);
    memset(memory, 0, bytes);
    for (int i = 0; i < RANKS; i++) {
        ranks[i] = (struct rank){.number = i};
        shared_sum_open(&ranks[i].sum, memory, COUNT, i, RANKS);
    }
    return memory;
}

static void *sum_often(void *context) {
    struct rank *rank = context;
    const struct ranks_waiter waiter = {.goes_on = goes_on};
    float *numbers = shared_sum_numbers(&rank->sum);
    for (int turn = 0; turn < TURNS; turn++) {
        for (int i = 0; i < COUNT; i++)
            numbers[i] = addend(rank->number, turn, i);
        for (int end = COUNT; end > 0; end -= PIECE) {
            const int start = end > PIECE ? end - PIECE : 0;
            rank->wrong += !shared_sum_begin(&rank->sum, numbers + start, (size_t)(end - start));
            shared_sum_move_on(&rank->sum);
        }
        if (turn % RANKS == rank->number)
            clock_sleep(0.002);
        rank->wrong += !shared_sum_finish(&rank->sum, &waiter);
        for (int i = 0; i < COUNT; i++)
            rank->wrong += numbers[i] != expected(turn, i);
    }
    return NULL;
}

/* One rank after the other is late, and the rest sleep. */
static void test_order_of_ranks(void **state) {
    (void)state;
    struct rank ranks[RANKS];
    void *memory = open_ranks(ranks);
    for (int i = 0; i < RANKS; i++)
        assert_int_equal(pthread_create(&ranks[i].thread, NULL, sum_often, &ranks[i]), 0);
    for (int i = 0; i < RANKS; i++)
        assert_int_equal(pthread_join(ranks[i].thread, NULL), 0);
    for (int i = 0; i < RANKS; i++)
        assert_int_equal(ranks[i].wrong, 0);
    free(memory);
}

static void test_waiter_ends_the_wait(void **state) {
    (void)state;
    struct rank ranks[RANKS];
    int asked = 0;
    const struct ranks_waiter waiter = {.goes_on = ends, .context = &asked};
    void *memory = open_ranks(ranks);
    assert_true(shared_sum_begin(&ranks[0].sum, shared_sum_numbers(&ranks[0].sum), COUNT));
    assert_false(shared_sum_finish(&ranks[0].sum, &waiter)); /* the others never come */
    assert_int_equal(asked, 1);
    free(memory);
}

static void test_no_more_than_fit(void **state) {
    (void)state;
    struct rank ranks[RANKS];
    void *memory = open_ranks(ranks);
    const float *numbers = shared_sum_numbers(&ranks[0].sum);
    for (int i = 0; i < RANKS_MAX_TRANSFERS; i++)
        assert_true(shared_sum_begin(&ranks[0].sum, numbers + i, 1));
    assert_false(shared_sum_begin(&ranks[0].sum, numbers, 1));
    free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_ranks),
        cmocka_unit_test(test_waiter_ends_the_wait),
        cmocka_unit_test(test_no_more_than_fit),
    };
    return cmocka_run_group_tests_name("train/shared_sum", tests, NULL, NULL);
}
