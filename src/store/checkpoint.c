/*
 * Checkpoints: named lists in an HDF5 file behind a seal of 512 bytes.
 *
 * The seal is what HDF5 calls a user block: its readers skip it (HDF5 File Format Specification,
 * "Superblock": the signature may stand at byte 512). It begins with text, zeros fill it up:
 *
 *     asyncrl checkpoint
 *     sha256 <64 hexadecimal digits: of the whole file, with zeros ('0') in their place>
 *     format 1
 *
 * Every format to come keeps the seal, so that another one is told from damage.
 *
 * The digest is checked before the HDF5 library looks at anything: what reaches the library is what
 * it once wrote itself. So no child process does the reading, as for weight files, which anybody
 * may have made; and damage cannot hide in numbers, where HDF5 would not see it.
 */
#include "store/atomic_file.h"
#include "store/hdf5_file.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEAL_SIZE = 512, DIGEST_LENGTH = DIGEST_SHA256_SIZE - 1, FORMAT = 1 };

static const char seal_start[] = "asyncrl checkpoint\nsha256 ";
static const char current_name[] = "checkpoint.h5";
static const char previous_name[] = "checkpoint-previous.h5";

struct checkpoint {
    struct hdf5_file *file;
    int format; /* as a seal that held says; 0: none held */
    char path[PATH_SIZE];
    struct error warning; /* its message */
};

static enum hdf5_type stored_type(enum checkpoint_type type) {
    static const enum hdf5_type types[] = {[CHECKPOINT_BYTES] = HDF5_BYTES,
                                           [CHECKPOINT_FLOATS] = HDF5_FLOATS,
                                           [CHECKPOINT_INTS] = HDF5_INTS,
                                           [CHECKPOINT_REALS] = HDF5_REALS};
    return types[type];
}

/* ---- The seal -------------------------------------------------------------------------------- */

static char *digest_in(unsigned char *data) {
    return (char *)data + strlen(seal_start);
}

static void compute_digest(unsigned char *data, size_t size, char hex[DIGEST_SHA256_SIZE]) {
    memset(digest_in(data), '0', DIGEST_LENGTH);
    digest_sha256(data, size, hex);
}

static void write_seal(unsigned char *data, size_t size) {
    char hex[DIGEST_SHA256_SIZE];
    memset(data, 0, SEAL_SIZE);
    snprintf((char *)data, SEAL_SIZE, "%s%0*d\nformat %d\n", seal_start, DIGEST_LENGTH, 0, FORMAT);
    compute_digest(data, size, hex);
    memcpy(digest_in(data), hex, DIGEST_LENGTH);
}

/* Whether the seal of a file that begins with one holds. Puts zeros in the digest's place. */
static bool check_seal(unsigned char *data, size_t size) {
    char found[DIGEST_LENGTH];
    char wanted[DIGEST_SHA256_SIZE];
    memcpy(found, digest_in(data), DIGEST_LENGTH);
    compute_digest(data, size, wanted);
    return memcmp(found, wanted, DIGEST_LENGTH) == 0;
}

/* The format that a seal that holds tells of; 0 when it tells of none. */
static int seal_format(const unsigned char *data) {
    char text[SEAL_SIZE + 1] = {0};
    memcpy(text, data, SEAL_SIZE);
    int format = 0;
    return sscanf(text + strlen(seal_start) + DIGEST_LENGTH, "\nformat %9d", &format) == 1 ? format
                                                                                           : 0;
}

/* ---- Saving ---------------------------------------------------------------------------------- */

/* The whole file, seal included; NULL when out of memory. */
static void *make_file(const struct checkpoint_part *parts, int part_count, size_t *size) {
    struct hdf5_file *file = hdf5_create();
    if (!file)
        return NULL;
    for (int i = 0; i < part_count; i++)
        hdf5_write_list(file, parts[i].name, stored_type(parts[i].type), parts[i].data,
                        parts[i].count);
    void *data = NULL;
    if (hdf5_take_bytes(file, SEAL_SIZE, &data, size))
        write_seal(data, *size);
    hdf5_close(file);
    return data;
}

enum status checkpoint_save(const char *folder, const struct checkpoint_part *parts, int part_count,
                            struct error *error) {
    char path[PATH_SIZE];
    char previous[PATH_SIZE];
    enum status status = path_join(path, folder, current_name, error);
    if (status == STATUS_OK)
        status = path_join(previous, folder, previous_name, error);
    if (status != STATUS_OK)
        return status;
    size_t size = 0;
    void *data = make_file(parts, part_count, &size);
    if (!data)
        return error_set(error, STATUS_FAILED, "cannot write the checkpoint '%s': out of memory",
                         path);
    status = atomic_file_rotate(path, previous, data, size, error);
    free(data);
    return status;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static enum status open_bytes(unsigned char *data, size_t size, struct checkpoint *checkpoint,
                              struct error *error) {
    if (size < SEAL_SIZE || memcmp(data, seal_start, strlen(seal_start)) != 0)
        return error_set(
            error, STATUS_BAD_INPUT, "'%s' is damaged or cut short, or no checkpoint: it is %s",
            checkpoint->path, size < SEAL_SIZE ? "far too small" : file_kind(data, size));
    if (!check_seal(data, size))
        return error_set(error, STATUS_BAD_INPUT, "'%s' is damaged or cut short", checkpoint->path);
    checkpoint->format = seal_format(data);
    if (checkpoint->format != FORMAT)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' is a checkpoint of format %d, and this asyncrl reads format %d: use "
                         "the one that wrote it",
                         checkpoint->path, checkpoint->format, FORMAT);
    checkpoint->file = hdf5_open(data + SEAL_SIZE, size - SEAL_SIZE);
    if (!checkpoint->file)
        return error_set(error, STATUS_FAILED,
                         "the HDF5 library cannot open '%s'; most likely memory is short",
                         checkpoint->path);
    return STATUS_OK;
}

static enum status open_file(const char *folder, const char *name, size_t limit,
                             struct checkpoint *checkpoint, struct error *error) {
    unsigned char *data;
    size_t size;
    enum status status = path_join(checkpoint->path, folder, name, error);
    if (status == STATUS_OK)
        status = path_read_file(checkpoint->path, limit, &data, &size, error);
    if (status != STATUS_OK)
        return status;
    status = open_bytes(data, size, checkpoint, error);
    free(data);
    return status;
}

/* A whole file of another format is not passed over: the next save would take its place. */
static enum status open_newest(const char *folder, size_t limit, struct checkpoint *checkpoint,
                               struct error *error) {
    struct error newest;
    enum status status = open_file(folder, current_name, limit, checkpoint, &newest);
    if (status == STATUS_OK)
        return status;
    if (status != STATUS_BAD_INPUT || checkpoint->format != 0)
        return error_set(error, status, "%s", newest.message);
    struct error older;
    status = open_file(folder, previous_name, limit, checkpoint, &older);
    if (status != STATUS_OK)
        return error_set(error, status,
                         "there is no whole checkpoint in '%s' (%s; %s): start from a model's "
                         "weights, --checkpoint=N",
                         folder, newest.message, older.message);
    error_set(&checkpoint->warning, STATUS_BAD_INPUT,
              "using '%s', the checkpoint before the newest: %s", checkpoint->path, newest.message);
    return STATUS_OK;
}

enum status checkpoint_open(const char *folder, size_t limit, struct checkpoint **checkpoint,
                            struct error *error) {
    struct checkpoint *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory");
    const enum status status = open_newest(folder, limit, opened, error);
    if (status == STATUS_OK)
        *checkpoint = opened;
    else
        checkpoint_close(opened);
    return status;
}

const char *checkpoint_warning(const struct checkpoint *checkpoint) {
    return checkpoint->warning.message;
}

bool checkpoint_count(const struct checkpoint *checkpoint, const char *name,
                      enum checkpoint_type type, size_t *count) {
    return hdf5_list_count(checkpoint->file, name, stored_type(type), count);
}

enum status checkpoint_read(const struct checkpoint *checkpoint, const char *name,
                            enum checkpoint_type type, void *data, size_t count,
                            struct error *error) {
    static const char *const type_names[] = {[CHECKPOINT_BYTES] = "bytes",
                                             [CHECKPOINT_FLOATS] = "floats",
                                             [CHECKPOINT_INTS] = "integers",
                                             [CHECKPOINT_REALS] = "reals"};
    size_t found;
    if (!checkpoint_count(checkpoint, name, type, &found))
        return error_set(error, STATUS_BAD_INPUT, "the checkpoint '%s' has no part '%s' of %s",
                         checkpoint->path, name, type_names[type]);
    if (found != count)
        return error_set(error, STATUS_BAD_INPUT,
                         "the checkpoint '%s' has %zu %s in '%s'; wanted %zu", checkpoint->path,
                         found, type_names[type], name, count);
    if (!hdf5_read_list(checkpoint->file, name, stored_type(type), data))
        return error_set(error, STATUS_FAILED,
                         "the HDF5 library cannot read '%s' of the checkpoint '%s'", name,
                         checkpoint->path);
    return STATUS_OK;
}

void checkpoint_close(struct checkpoint *checkpoint) {
    if (!checkpoint)
        return;
    hdf5_close(checkpoint->file);
    free(checkpoint);
}
