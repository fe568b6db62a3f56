/*
 * Checkpoints. A file opens only with a valid seal, so damage ends there and never reaches the HDF5
 * library. The target also tries the reader of lists behind a forged seal: in a child process,
 * because the library crashes on many damaged files. libFuzzer forges seals, too: it sees the
 * digest that the reader compares with.
 */
#include "fuzz.h"
#include "fuzz_file.h"

#include "store/child.h"
#include "store/store.h"

static const char seal_start[] = "asyncrl checkpoint\nsha256 ";
enum { DIGEST_PLACE = sizeof seal_start - 1, MAX_COUNT = 1 << 16 };

/* The digest that a seal of data must hold; data has room for one. */
static void compute_digest(const uint8_t *data, size_t size, char hex[DIGEST_SHA256_SIZE]) {
    uint8_t *copy = malloc(size);
    fuzz_require(copy != NULL, "out of memory");
    memcpy(copy, data, size);
    memset(copy + DIGEST_PLACE, '0', DIGEST_SHA256_SIZE - 1);
    digest_sha256(copy, size, hex);
    free(copy);
}

static bool has_room_for_a_seal(size_t size) {
    return size >= DIGEST_PLACE + DIGEST_SHA256_SIZE - 1;
}

static bool seal_holds(const uint8_t *data, size_t size) {
    char hex[DIGEST_SHA256_SIZE];
    if (!has_room_for_a_seal(size) || memcmp(data, seal_start, DIGEST_PLACE) != 0)
        return false;
    compute_digest(data, size, hex);
    return memcmp(data + DIGEST_PLACE, hex, DIGEST_SHA256_SIZE - 1) == 0;
}

static void forge_seal(uint8_t *data, size_t size) {
    char hex[DIGEST_SHA256_SIZE];
    memcpy(data, seal_start, DIGEST_PLACE);
    compute_digest(data, size, hex);
    memcpy(data + DIGEST_PLACE, hex, DIGEST_SHA256_SIZE - 1);
}

/* Reads all parts, whole. A forged seal may precede any parts. */
static void read_parts(const struct checkpoint *checkpoint, bool forged) {
    static const char *const names[] = {"learner/params", "learner/frames", "learner/rate",
                                        "options", "unread"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (enum checkpoint_type type = CHECKPOINT_BYTES; type <= CHECKPOINT_REALS; type++) {
            struct error error;
            size_t count;
            if (!checkpoint_count(checkpoint, names[i], type, &count) || count > MAX_COUNT)
                continue;
            double *values = malloc((count + 1) * sizeof *values);
            fuzz_require(values != NULL, "out of memory");
            const enum status status =
                checkpoint_read(checkpoint, names[i], type, values, count, &error);
            fuzz_require(forged || status == STATUS_OK, "a part that cannot be read");
            free(values);
        }
    }
}

/* Opens the checkpoint of the folder; false if it is refused. */
static bool open_and_read(const char *path, bool forged) {
    struct error error = {0};
    struct checkpoint *checkpoint = NULL;
    if (checkpoint_open(fuzz_folder(), 1 << 24, &checkpoint, &error) == STATUS_OK) {
        fuzz_require(checkpoint_warning(checkpoint)[0] == '\0', "a warning without a reason");
        read_parts(checkpoint, forged);
        checkpoint_close(checkpoint);
        return true;
    }
    struct fuzz_file named;
    snprintf(named.path, sizeof named.path, "%s", path);
    if (!forged)
        fuzz_require_refusal(&named, &error);
    fuzz_require(!checkpoint, "a failure that gave a checkpoint");
    return false;
}

static void open_forged(void *memory) {
    open_and_read(memory, true);
}

/* Makes the input the folder's checkpoint. */
static struct fuzz_file put(const uint8_t *data, size_t size, const char *path) {
    const struct fuzz_file file = fuzz_file_open(data, size);
    unlink(path);
    fuzz_require(symlink(file.path, path) == 0, "no link in the folder");
    return file;
}

static void try_forged(const uint8_t *data, size_t size, char *path) {
    struct error error;
    bool finished;
    uint8_t *forged = malloc(size);
    fuzz_require(forged != NULL, "out of memory");
    memcpy(forged, data, size);
    forge_seal(forged, size);
    const struct fuzz_file file = put(forged, size, path);
    fuzz_require(child_run(open_forged, path, &finished, &error) == STATUS_OK, "no child process");
    fuzz_file_close(&file);
    free(forged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/checkpoint.h5", fuzz_folder());
    if (!seal_holds(data, size)) {
        const struct fuzz_file file = put(data, size, path);
        fuzz_require(!open_and_read(path, false), "damage that opened");
        fuzz_file_close(&file);
    }
    if (has_room_for_a_seal(size))
        try_forged(data, size, path);
    unlink(path);
    return 0;
}
