/*
 * HDF5 files in memory: the few things that we read and write of them. Inside of the store room;
 * hdf5_file.c is the one source file that knows the HDF5 library.
 *
 * The library only ever sees memory. Files are read whole before it looks at them and written whole
 * after it made them, so that nobody changes a file while it is read, and all writing is
 * atomic_file's.
 *
 * Reading trusts nothing: sizes are bounded, data must lie in the file itself, filters are those
 * that come with the library. Names are paths from the file's root, without a leading slash; "" is
 * the root itself.
 *
 *     struct hdf5_file *file = hdf5_open(data, size);
 *     if (file && hdf5_array_shape(file, "dense/kernel", shape) == 2)
 *         hdf5_read_floats(file, "dense/kernel", values);
 *     hdf5_close(file);
 *
 * One thread a process at a time: the library has global state.
 */
#ifndef ASYNCRL_STORE_HDF5_FILE_H
#define ASYNCRL_STORE_HDF5_FILE_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HDF5_MAX_VALUES = 1 << 24, /* floats in one array: six times our largest */
    HDF5_MAX_TEXTS = 256,      /* in one list */
    HDF5_MAX_TEXT_BYTES = 4 << 20
};

struct hdf5_file;

/* What a list is made of: uint8_t, float, int64_t, double. */
enum hdf5_type { HDF5_BYTES, HDF5_FLOATS, HDF5_INTS, HDF5_REALS };

/* count texts of width bytes each, padded with zeros; each ends with a zero. Free data. */
struct hdf5_texts {
    size_t count;
    size_t width;
    char *data;
};

static inline const char *hdf5_text(const struct hdf5_texts *texts, size_t index) {
    return texts->data + index * texts->width;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Opens a file's bytes, which are copied; NULL when they are no whole HDF5 file. */
struct hdf5_file *hdf5_open(const void *data, size_t size);

/* Also ends writing. NULL is ignored. */
void hdf5_close(struct hdf5_file *file);

bool hdf5_exists(const struct hdf5_file *file, const char *path);

/* An attribute of one text or a list; false when it is not there or not that. */
bool hdf5_read_texts(const struct hdf5_file *file, const char *path, const char *attribute,
                     struct hdf5_texts *texts);

/* An attribute of one short printable text into out; "" when it is not there or not that. */
void hdf5_read_word(const struct hdf5_file *file, const char *path, const char *attribute,
                    char *out, size_t size);

/* An attribute of one integer; false when it is not there or not that. */
bool hdf5_read_int(const struct hdf5_file *file, const char *path, const char *attribute,
                   int64_t *out);

/* The names in a group, in alphabetical order; false when it is no group or holds too many. */
bool hdf5_read_names(const struct hdf5_file *file, const char *path, struct hdf5_texts *names);

/* The shape of an array of floating-point numbers; its rank, or -1 when it is not there or not
 * that. */
int hdf5_array_shape(const struct hdf5_file *file, const char *path, int shape[TENSOR_MAX_RANK]);

/* An array's values as floats, as many as its shape says; false when they are damaged. */
bool hdf5_read_floats(const struct hdf5_file *file, const char *path, float *values);

/* The length of a list that hdf5_write_list wrote with this type; false when it is not there. */
bool hdf5_list_count(const struct hdf5_file *file, const char *path, enum hdf5_type type,
                     size_t *count);

/* Such a list's values. */
bool hdf5_read_list(const struct hdf5_file *file, const char *path, enum hdf5_type type,
                    void *values);

/* ---- Writing --------------------------------------------------------------------------------- */

/* A new file. A failure of what is written into it shows in hdf5_take_bytes. NULL: out of memory.
 */
struct hdf5_file *hdf5_create(void);

/* Makes a group, and those above it. */
void hdf5_write_group(struct hdf5_file *file, const char *path);

/* Attributes of a group that exists. */
void hdf5_write_word(struct hdf5_file *file, const char *path, const char *attribute,
                     const char *word);
void hdf5_write_texts(struct hdf5_file *file, const char *path, const char *attribute,
                      const struct hdf5_texts *texts);
void hdf5_write_int(struct hdf5_file *file, const char *path, const char *attribute, int64_t value);

/* An array of float32, and the groups above it. */
void hdf5_write_floats(struct hdf5_file *file, const char *path, int rank, const int *shape,
                       const float *values);

/* A list of count values, which may be 0, stored as they are; and the groups above it. */
void hdf5_write_list(struct hdf5_file *file, const char *path, enum hdf5_type type,
                     const void *values, size_t count);

/*
 * The file's bytes, the same for the same writes; false when any of those failed. Free *data. They
 * begin front bytes into *data, which are left for the caller to fill.
 */
bool hdf5_take_bytes(struct hdf5_file *file, size_t front, void **data, size_t *size);

#endif
