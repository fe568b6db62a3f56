/* Checkpoints: what is saved comes back to the bit, from the newest whole file, or not at all. */
#include "store_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { PARTS = 7, BYTES = 70000, FLOATS = 3000, MOMENTS = 60 };

/* What a program would keep, and the list of it. */
struct content {
    uint8_t bytes[BYTES];
    float floats[FLOATS];
    int64_t ints[3];
    double reals[2];
    struct checkpoint_part parts[PARTS];
};

/* Content that is told from any other generation's by each of its parts. */
static struct content *make_content(uint64_t generation) {
    struct content *content = calloc(1, sizeof *content);
    assert_non_null(content);
    struct rng rng;
    rng_seed(&rng, generation, 0);
    for (int i = 0; i < BYTES; i++)
        content->bytes[i] = (uint8_t)rng_below(&rng, 256);
    for (int i = 0; i < FLOATS; i++)
        content->floats[i] = (float)rng_uniform(&rng);
    const uint32_t odd_bits[] = {0x7fa12345, 0x80000000, 0x00000001}; /* signalling NaN, -0, tiny */
    memcpy(content->floats, odd_bits, sizeof odd_bits);
    content->ints[0] = INT64_MIN;
    content->ints[1] = INT64_MAX;
    content->ints[2] = (int64_t)generation;
    content->reals[0] = -(double)INFINITY;
    content->reals[1] = 0.1 + (double)generation;
    const struct checkpoint_part parts[PARTS] = {
        {"learner/params", CHECKPOINT_FLOATS, content->floats, FLOATS},
        {"learner/frames", CHECKPOINT_INTS, content->ints, 3},
        {"learner/rates", CHECKPOINT_REALS, content->reals, 2},
        {"environment/12/state", CHECKPOINT_BYTES, content->bytes, BYTES},
        {"environment/12/unread", CHECKPOINT_FLOATS, NULL, 0},
        {"environment/12/none", CHECKPOINT_BYTES, content->bytes, 0},
        {"options", CHECKPOINT_BYTES, "a=1", 3},
    };
    memcpy(content->parts, parts, sizeof parts);
    return content;
}

static void save(const struct folder *folder, uint64_t generation) {
    struct error error;
    struct content *content = make_content(generation);
    if (checkpoint_save(folder->path, content->parts, PARTS, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    free(content);
}

static size_t value_size(enum checkpoint_type type) {
    static const size_t sizes[] = {1, sizeof(float), sizeof(int64_t), sizeof(double)};
    return sizes[type];
}

/* Whether the checkpoint holds that generation's content, to the bit. */
static void assert_holds(const struct checkpoint *checkpoint, uint64_t generation) {
    struct error error;
    struct content *content = make_content(generation);
    for (int i = 0; i < PARTS; i++) {
        const struct checkpoint_part *part = &content->parts[i];
        size_t count = 99;
        assert_true(checkpoint_count(checkpoint, part->name, part->type, &count));
        assert_int_equal(count, part->count);
        const size_t size = count * value_size(part->type);
        char *read = malloc(size + 1);
        assert_non_null(read);
        read[size] = 'x';
        assert_int_equal(checkpoint_read(checkpoint, part->name, part->type, read, count, &error),
                         STATUS_OK);
        if (size > 0)
            assert_memory_equal(read, part->data, size);
        assert_int_equal(read[size], 'x');
        free(read);
    }
    free(content);
}

/* The folder's newest is that generation's; a warning says words (NULL: there is none). */
static void assert_opens(const struct folder *folder, uint64_t generation, const char *words) {
    struct error error = {0};
    struct checkpoint *checkpoint = NULL;
    if (checkpoint_open(folder->path, &checkpoint, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    snprintf(error.message, sizeof error.message, "%s", checkpoint_warning(checkpoint));
    if (words)
        assert_line(&error, "checkpoint.h5", "checkpoint-previous.h5", words, NULL);
    else
        assert_string_equal(error.message, "");
    assert_holds(checkpoint, generation);
    checkpoint_close(checkpoint);
}

static void assert_refused(const struct folder *folder, const char *word, const char *other) {
    struct error error = {0};
    struct checkpoint *checkpoint = NULL;
    assert_int_equal(checkpoint_open(folder->path, &checkpoint, &error), STATUS_BAD_INPUT);
    assert_null(checkpoint);
    assert_line(&error, folder->path, word, other, NULL);
}

/* ---- Saving and reading ---------------------------------------------------------------------- */

static void test_round_trip(void **state) {
    save(*state, 1);
    assert_opens(*state, 1, NULL);
}

static void test_keeps_two(void **state) {
    const struct folder *folder = *state;
    assert_refused(folder, "checkpoint.h5", "checkpoint-previous.h5");
    for (uint64_t generation = 1; generation <= 3; generation++)
        save(folder, generation);
    assert_opens(folder, 3, NULL);
    assert_int_equal(unlink(path_in(folder, "checkpoint.h5").text), 0);
    assert_opens(folder, 2, "No such file");
    assert_int_equal(unlink(path_in(folder, "checkpoint-previous.h5").text), 0);
    assert_refused(folder, "checkpoint.h5", "checkpoint-previous.h5");
    assert_int_equal(rmdir(folder->path), 0); /* nothing else was in it */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_keeps_two, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
