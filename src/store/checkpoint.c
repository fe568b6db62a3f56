/*
 * Checkpoints: named lists in an HDF5 file behind a seal of 512 bytes.
 *
 * The seal is what HDF5 calls a user block: its readers skip it (HDF5 File Format Specification,
 * "Superblock": the signature may stand at byte 512). It begins with text, zeros fill it up:
 *
 *     asyncrl checkpoint
 *     sha256 <64 hexadecimal digits: of the whole file, with zeros ('0') in their place>
 *     format 1
 *     number 12
 *     size 1234567
 *
 * Every later format keeps the seal, so that a newer format is not mistaken for damage. The number
 * is one more than the highest in the folder when the file was written, so it shows the newer of
 * two checkpoints, whatever their names. The size is the file's in bytes: a file of another size is
 * damaged, and need not be read. Files of earlier builds lack size, or both, which counts as 0.
 *
 * The digest is checked first, so the HDF5 library only sees files that it wrote itself. Weight
 * files, which may come from anywhere, are read in a child process; checkpoints need none. The
 * digest also finds damage within numbers, which HDF5 does not notice.
 */
#include "store/atomic_file.h"
#include "store/hdf5_file.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SEAL_SIZE = 512, DIGEST_LENGTH = DIGEST_SHA256_SIZE - 1, FORMAT = 1 };

static const char seal_start[] = "asyncrl checkpoint\nsha256 ";
static const char current_name[] = "checkpoint.h5";
static const char previous_name[] = "checkpoint-previous.h5";

/* The result of opening a file. */
enum finding {
    FINDING_WHOLE,
    FINDING_ABSENT,
    FINDING_DAMAGED,
    FINDING_REFUSED /* it may be whole, but cannot be read now, or has another format */
};

struct checkpoint {
    struct hdf5_file *file;
    long long number;
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

static void write_seal(unsigned char *data, size_t size, long long number) {
    char hex[DIGEST_SHA256_SIZE];
    memset(data, 0, SEAL_SIZE);
    snprintf((char *)data, SEAL_SIZE, "%s%0*d\nformat %d\nnumber %lld\nsize %zu\n", seal_start,
             DIGEST_LENGTH, 0, FORMAT, number, size);
    compute_digest(data, size, hex);
    memcpy(digest_in(data), hex, DIGEST_LENGTH);
}

/* Whether the digest in a file's seal is right. */
static bool check_seal(unsigned char *data, size_t size) {
    char found[DIGEST_LENGTH];
    char wanted[DIGEST_SHA256_SIZE];
    memcpy(found, digest_in(data), DIGEST_LENGTH);
    compute_digest(data, size, wanted);
    memcpy(digest_in(data), found, DIGEST_LENGTH);
    return memcmp(found, wanted, DIGEST_LENGTH) == 0;
}

/* The lines of a seal after the digest; 0 for those that it lacks. */
struct seal_lines {
    int format;
    long long number;
    long long size;
};

static bool has_seal(const unsigned char *data, size_t size) {
    return size >= SEAL_SIZE && memcmp(data, seal_start, strlen(seal_start)) == 0;
}

/* All zeros if data does not begin with a seal. */
static struct seal_lines read_seal(const unsigned char *data, size_t size) {
    struct seal_lines seal = {0};
    char text[SEAL_SIZE + 1] = {0};
    if (!has_seal(data, size))
        return seal;
    memcpy(text, data, SEAL_SIZE);
    sscanf(text + strlen(seal_start) + DIGEST_LENGTH, "\nformat %9d\nnumber %18lld\nsize %18lld",
           &seal.format, &seal.number, &seal.size);
    return seal;
}

/* The first bytes of a regular file, at most a seal's; returns their number, 0 if none can be
 * read. */
static size_t peek(const char *path, unsigned char data[SEAL_SIZE]) {
    FILE *file =
        path_is_file(path) ? fopen(path, "rb") : NULL; /* opening a pipe could block forever */
    if (!file)
        return 0;
    const size_t size = fread(data, 1, SEAL_SIZE, file);
    fclose(file);
    return size;
}

/* The number in a file's seal, unchecked; 0 if there is none. */
static long long peek_number(const char *path) {
    unsigned char data[SEAL_SIZE];
    return read_seal(data, peek(path, data)).number;
}

/* ---- Saving ---------------------------------------------------------------------------------- */

/* The whole file, seal included; NULL when out of memory. */
static void *make_file(const struct checkpoint_part *parts, int part_count, long long number,
                       size_t *size) {
    struct hdf5_file *file = hdf5_create();
    if (!file)
        return NULL;
    for (int i = 0; i < part_count; i++)
        hdf5_write_list(file, parts[i].name, stored_type(parts[i].type), parts[i].data,
                        parts[i].count);
    void *data = NULL;
    if (hdf5_take_bytes(file, SEAL_SIZE, &data, size))
        write_seal(data, *size, number);
    hdf5_close(file);
    return data;
}

static enum status check_parts(const char *path, const struct checkpoint_part *parts,
                               int part_count, struct error *error) {
    for (int i = 0; i < part_count; i++)
        if (parts[i].type == CHECKPOINT_FLOATS && !floats_are_finite(parts[i].data, parts[i].count))
            return error_set(error, STATUS_FAILED,
                             "cannot write the checkpoint '%s': '%s' holds a number that is not "
                             "finite",
                             path, parts[i].name);
    return STATUS_OK;
}

enum status checkpoint_save(const char *folder, const struct checkpoint_part *parts, int part_count,
                            struct error *error) {
    char path[PATH_SIZE];
    char previous[PATH_SIZE];
    enum status status = path_join(path, folder, current_name, error);
    if (status == STATUS_OK)
        status = path_join(previous, folder, previous_name, error);
    if (status == STATUS_OK)
        status = check_parts(path, parts, part_count, error);
    if (status != STATUS_OK)
        return status;
    const long long newest = peek_number(path);
    const long long older = peek_number(previous);
    size_t size = 0;
    void *data = make_file(parts, part_count, 1 + (newest > older ? newest : older), &size);
    if (!data)
        return error_set(error, STATUS_FAILED, "cannot write the checkpoint '%s': out of memory",
                         path);
    status = atomic_file_rotate(path, previous, data, size, error);
    free(data);
    return status;
}

enum status checkpoint_pack(const struct checkpoint_part *parts, int part_count, uint8_t **data,
                            size_t *size, struct error *error) {
    *data = make_file(parts, part_count, 0, size);
    return *data ? STATUS_OK
                 : error_set(error, STATUS_FAILED, "out of memory for a part of the checkpoint");
}

/* ---- Opening --------------------------------------------------------------------------------- */

static enum finding tell_no_seal(const unsigned char *data, size_t size, const char *path,
                                 struct error *error) {
    error_set(error, STATUS_BAD_INPUT, "'%s' is damaged or cut short, or no checkpoint: it is %s",
              path, size < SEAL_SIZE ? "far too small" : file_kind(data, size));
    return FINDING_DAMAGED;
}

static enum finding open_bytes(unsigned char *data, size_t size, struct checkpoint *checkpoint,
                               struct error *error) {
    if (!has_seal(data, size))
        return tell_no_seal(data, size, checkpoint->path, error);
    if (!check_seal(data, size)) {
        error_set(error, STATUS_BAD_INPUT, "'%s' is damaged or cut short", checkpoint->path);
        return FINDING_DAMAGED;
    }
    const struct seal_lines seal = read_seal(data, size);
    checkpoint->number = seal.number;
    if (seal.format != FORMAT) {
        error_set(
            error, STATUS_BAD_INPUT,
            "'%s' is a checkpoint of format %d, and this asyncrl reads format %d: use the one "
            "that wrote it",
            checkpoint->path, seal.format, FORMAT);
        return FINDING_REFUSED;
    }
    checkpoint->file = hdf5_open(data + SEAL_SIZE, size - SEAL_SIZE);
    if (checkpoint->file)
        return FINDING_WHOLE;
    error_set(error, STATUS_FAILED,
              "the HDF5 library cannot open '%s'; most likely memory is short", checkpoint->path);
    return FINDING_REFUSED;
}

static bool is_absent(const char *path) {
    struct stat found;
    return lstat(path, &found) != 0 && errno == ENOENT;
}

/* Whether it is a file that our writers never leave there. */
static bool is_no_checkpoint(const char *path, size_t limit) {
    struct stat found;
    return stat(path, &found) == 0 && (!S_ISREG(found.st_mode) || (size_t)found.st_size > limit);
}

/*
 * Judges a regular file by its first bytes and its size, so that a large file that is no
 * checkpoint is not read. FINDING_WHOLE if it must be read to judge it.
 */
static enum finding check_start(const char *path, struct error *error) {
    unsigned char data[SEAL_SIZE];
    struct stat found;
    const size_t size = peek(path, data);
    if (size < SEAL_SIZE || stat(path, &found) != 0)
        return FINDING_WHOLE;
    if (!has_seal(data, size))
        return tell_no_seal(data, size, path, error);
    const long long sealed = read_seal(data, size).size;
    if (sealed == 0 || sealed == (long long)found.st_size)
        return FINDING_WHOLE;
    error_set(error, STATUS_BAD_INPUT,
              "'%s' is damaged or cut short: it has %lld bytes, and was written with %lld", path,
              (long long)found.st_size, sealed);
    return FINDING_DAMAGED;
}

/* Always fills the checkpoint's path; fills error unless the file is whole. */
static enum finding open_checkpoint_file(const char *folder, const char *name, size_t limit,
                                         struct checkpoint *checkpoint, struct error *error) {
    unsigned char *data;
    size_t size;
    if (path_join(checkpoint->path, folder, name, error) != STATUS_OK)
        return FINDING_REFUSED;
    if (is_absent(checkpoint->path)) {
        error_set(error, STATUS_BAD_INPUT, "cannot open '%s': %s", checkpoint->path,
                  strerror(ENOENT));
        return FINDING_ABSENT;
    }
    if (check_start(checkpoint->path, error) == FINDING_DAMAGED)
        return FINDING_DAMAGED;
    if (path_read_file(checkpoint->path, limit, &data, &size, error) != STATUS_OK) {
        if (is_no_checkpoint(checkpoint->path, limit))
            return FINDING_DAMAGED;
        error->status = STATUS_FAILED; /* the request itself is fine */
        return FINDING_REFUSED;
    }
    const enum finding finding = open_bytes(data, size, checkpoint, error);
    free(data);
    return finding;
}

/* Whether the previous checkpoint is newer than the open one. */
static void prefer_newer(const char *folder, size_t limit, struct checkpoint *checkpoint) {
    struct checkpoint other = {0};
    struct error ignored;
    char path[PATH_SIZE];
    if (path_join(path, folder, previous_name, &ignored) != STATUS_OK ||
        peek_number(path) <= checkpoint->number ||
        open_checkpoint_file(folder, previous_name, limit, &other, &ignored) != FINDING_WHOLE)
        return;
    error_set(&checkpoint->warning, STATUS_BAD_INPUT,
              "using '%s', number %lld of the run, because '%s' is older: number %lld; to resume "
              "from the older one, move the newer one away",
              other.path, other.number, checkpoint->path, checkpoint->number);
    hdf5_close(checkpoint->file);
    checkpoint->file = other.file;
    checkpoint->number = other.number;
    memcpy(checkpoint->path, other.path, sizeof checkpoint->path);
}

/*
 * Falls back to the previous checkpoint only if the newest is damaged or missing: the next save
 * would overwrite a file that may be whole.
 */
static enum status open_newest(const char *folder, size_t limit, struct checkpoint *checkpoint,
                               struct error *error) {
    struct error newest;
    const enum finding finding =
        open_checkpoint_file(folder, current_name, limit, checkpoint, &newest);
    if (finding == FINDING_WHOLE) {
        prefer_newer(folder, limit, checkpoint);
        return STATUS_OK;
    }
    if (finding == FINDING_REFUSED)
        return error_set(error, newest.status, "%s", newest.message);
    struct error older;
    switch (open_checkpoint_file(folder, previous_name, limit, checkpoint, &older)) {
    case FINDING_WHOLE:
        error_set(&checkpoint->warning, STATUS_BAD_INPUT,
                  "using '%s', the checkpoint before the newest: %s", checkpoint->path,
                  newest.message);
        return STATUS_OK;
    case FINDING_REFUSED:
        return error_set(error, older.status, "%s; %s", newest.message, older.message);
    default:
        return error_set(error, STATUS_BAD_INPUT,
                         "there is no whole checkpoint in '%s' (%s; %s): start from a model's "
                         "weights, --checkpoint=N",
                         folder, newest.message, older.message);
    }
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

enum status checkpoint_unpack(uint8_t *data, size_t size, const char *name,
                              struct checkpoint **checkpoint, struct error *error) {
    struct checkpoint *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory");
    snprintf(opened->path, sizeof opened->path, "%s", name);
    if (open_bytes(data, size, opened, error) != FINDING_WHOLE) {
        checkpoint_close(opened);
        return error->status;
    }
    *checkpoint = opened;
    return STATUS_OK;
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
    if (type == CHECKPOINT_FLOATS && !floats_are_finite(data, count))
        return error_set(
            error, STATUS_BAD_INPUT,
            "'%s' of the checkpoint '%s' holds a number that is not finite: start from "
            "a model's weights, --checkpoint=N",
            name, checkpoint->path);
    return STATUS_OK;
}

void checkpoint_close(struct checkpoint *checkpoint) {
    if (!checkpoint)
        return;
    hdf5_close(checkpoint->file);
    free(checkpoint);
}
