/*
 * Drives a fuzz target without libFuzzer: damages valid files in the same ways each time it runs.
 *
 * usage: fuzz_TARGET COUNT FILE...
 */
#include "fuzz.h"

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 1 << 20, MAX_EDITS = 8 };

/* Puts one of the numbers that break readers, of 1, 2, 4 or 8 bytes, somewhere. */
static void put_number(struct rng *rng, uint8_t *data, size_t size) {
    static const uint64_t numbers[] = {0,      1,          0x7f,       0x80,       0xff,
                                       0xffff, 0x7fffffff, 0xffffffff, UINT64_MAX, INT64_MAX};
    const uint64_t number = numbers[rng_below(rng, sizeof numbers / sizeof numbers[0])];
    const size_t width = (size_t)1 << rng_below(rng, 4);
    if (size >= width)
        memcpy(data + rng_below(rng, (uint32_t)(size - width + 1)), &number, width);
}

/* Copies a stretch of up to 64 bytes from one place to another. */
static void copy_stretch(struct rng *rng, uint8_t *data, size_t size) {
    const size_t length = 1 + rng_below(rng, size < 64 ? (uint32_t)size : 64);
    const uint32_t places = (uint32_t)(size - length + 1);
    memmove(data + rng_below(rng, places), data + rng_below(rng, places), length);
}

/* Damages data; returns its new size. */
static size_t damage(struct rng *rng, uint8_t *data, size_t size) {
    const uint32_t edits = 1 + rng_below(rng, MAX_EDITS);
    for (uint32_t i = 0; i < edits && size > 0; i++) {
        switch (rng_below(rng, 8)) {
        case 0:
            size = rng_below(rng, (uint32_t)size);
            break;
        case 1:
        case 2:
            put_number(rng, data, size);
            break;
        case 3:
            copy_stretch(rng, data, size);
            break;
        default:
            data[rng_below(rng, (uint32_t)size)] ^= (uint8_t)(1U << rng_below(rng, 8));
        }
    }
    return size;
}

static int fuzz_file(const char *path, long count, uint64_t stream) {
    unsigned char *valid;
    size_t size;
    struct error error;
    if (path_read_file(path, MAX_FILE, &valid, &size, &error) != STATUS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return EXIT_FAILURE;
    }
    struct rng rng;
    rng_seed(&rng, 1, stream);
    uint8_t *data = malloc(size + 1);
    for (long i = 0; i < count && data; i++) {
        memcpy(data, valid, size);
        const size_t left = i == 0 ? size : damage(&rng, data, size);
        LLVMFuzzerTestOneInput(data, left);
    }
    free(data);
    free(valid);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: %s COUNT FILE...\n", argv[0]);
        return EXIT_FAILURE;
    }
    for (int i = 2; i < argc; i++)
        if (fuzz_file(argv[i], strtol(argv[1], NULL, 10), (uint64_t)i) != EXIT_SUCCESS)
            return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
