/* Checkpoints of known content, and a process whose system calls fail. */
#ifndef ASYNCRL_TESTS_CHECKPOINT_FIXTURE_H
#define ASYNCRL_TESTS_CHECKPOINT_FIXTURE_H

#include "store_fixture.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { PARTS = 7, BYTES = 70000, FLOATS = 3000 };

/* The state of a program, and its list of parts. */
struct content {
    uint8_t bytes[BYTES];
    float floats[FLOATS];
    int64_t ints[3];
    double reals[2];
    struct checkpoint_part parts[PARTS];
};

/* Content in which each part differs from those of other generations. */
static inline struct content *make_content(uint64_t generation) {
    struct content *content = calloc(1, sizeof *content);
    assert_non_null(content);
    struct rng rng;
    rng_seed(&rng, generation, 0);
    for (int i = 0; i < BYTES; i++)
        content->bytes[i] = (uint8_t)rng_below(&rng, 256);
    for (int i = 0; i < FLOATS; i++)
        content->floats[i] = (float)rng_uniform(&rng);
    const uint32_t odd_bits[] = {0x7f7fffff, 0x80000000, 0x00000001}; /* largest, -0, tiny */
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

static inline void save(const struct folder *folder, uint64_t generation) {
    struct error error;
    struct content *content = make_content(generation);
    if (checkpoint_save(folder->path, content->parts, PARTS, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    free(content);
}

static inline size_t value_size(enum checkpoint_type type) {
    static const size_t sizes[] = {1, sizeof(float), sizeof(int64_t), sizeof(double)};
    return sizes[type];
}

/* Whether the checkpoint holds that generation's content, to the bit. */
static inline void assert_holds(const struct checkpoint *checkpoint, uint64_t generation) {
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

/* The folder's newest is that generation's; a warning has words (NULL: there is no warning). */
static inline void assert_opens(const struct folder *folder, uint64_t generation,
                                const char *words) {
    struct error error = {0};
    struct checkpoint *checkpoint = NULL;
    if (checkpoint_open(folder->path, CHECKPOINT_LIMIT, &checkpoint, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    snprintf(error.message, sizeof error.message, "%s", checkpoint_warning(checkpoint));
    if (words)
        assert_line(&error, "checkpoint.h5", "checkpoint-previous.h5", words, NULL);
    else
        assert_string_equal(error.message, "");
    assert_holds(checkpoint, generation);
    checkpoint_close(checkpoint);
}

static inline void assert_refused(const struct folder *folder, const char *word,
                                  const char *other) {
    struct error error = {0};
    struct checkpoint *checkpoint = NULL;
    assert_int_equal(checkpoint_open(folder->path, CHECKPOINT_LIMIT, &checkpoint, &error),
                     STATUS_BAD_INPUT);
    assert_null(checkpoint);
    assert_line(&error, folder->path, word, other, NULL);
}

/* The bytes of a checkpoint of generation 2, in a folder that has generation 1 before it. */
static inline unsigned char *two_generations(const struct folder *folder, size_t *size) {
    save(folder, 1);
    save(folder, 2);
    return read_bytes(path_in(folder, "checkpoint.h5").text, size);
}

/* Replaces text in the seal of size bytes by another of equal length, and corrects the digest. */
static inline void reseal(unsigned char *data, size_t size, const char *text,
                          const char *replacement) {
    const size_t digest = strlen("asyncrl checkpoint\nsha256 ");
    char hex[DIGEST_SHA256_SIZE];
    unsigned char *place = memmem(data, 512, text, strlen(text));
    assert_non_null(place);
    memcpy(place, replacement, strlen(text));
    memset(data + digest, '0', sizeof hex - 1);
    digest_sha256(data, size, hex);
    memcpy(data + digest, hex, sizeof hex - 1);
}

/* Sets the kernel's answer to a system call of this process. False: not possible here. */
static inline bool at_system_call(long number, uint32_t action) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof code / sizeof code[0], code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum { CANNOT_FILTER = 77 };

#endif
