/*
 * HDF5 files in memory: the part of HDF5 that we read and write. Private to the store room;
 * hdf5_file.c is the one source file that knows the HDF5 library.
 *
 * The library only sees memory: a file is read whole before the library parses it, and written by
 * atomic_file after the library has made it. So no file changes while it is parsed.
 *
 * Readers trust nothing: sizes are bounded, data must lie in the file itself, and only the
 * library's own filters are allowed. Names are paths from the file's root, without a leading slash;
 * "" is the root itself.
 *
 *     struct hdf5_file *file = hdf5_open(data, size);
 *     if (file && hdf5_array_shape(file, "dense/kernel", shape) == 2)
 *         hdf5_read_floats(file, "dense/kernel", values);
 *     hdf5_close(file);
 *
 * One thread per process at a time: the library has global state.
 */
#ifndef ASYNCRL_STORE_HDF5_FILE_H
#define ASYNCRL_STORE_HDF5_FILE_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HDF5_MAX_VALUES = 1 << 24, /* floats in one array; the kernel of the largest LSTM has as many */
    HDF5_MAX_TEXTS = 256,      /* in one list */
    HDF5_MAX_TEXT_BYTES = 4 << 20
};

struct hdf5_file;

/* The element type of a list: uint8_t, float, int64_t, double. */
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

/* Opens a copy of a file's bytes; NULL if they are not a whole HDF5 file. */
struct hdf5_file *hdf5_open(const void *data, size_t size);

/* Also ends writing. NULL is ignored. */
void hdf5_close(struct hdf5_file *file);

bool hdf5_exists(const struct hdf5_file *file, const char *path);

/* Reads an attribute, one text or a list of them; false if it is missing or of another type. */
bool hdf5_read_texts(const struct hdf5_file *file, const char *path, const char *attribute,
                     struct hdf5_texts *texts);

/* Whether hdf5_read_texts can read it. */
bool hdf5_has_texts(const struct hdf5_file *file, const char *path, const char *attribute);

/* Reads an attribute, one printable text shorter than size, into out. False if it is anything else;
 * then, and if it is missing, out is "". */
bool hdf5_read_word(const struct hdf5_file *file, const char *path, const char *attribute,
                    char *out, size_t size);

/* Reads an attribute, one integer; false if it is missing or of another type. */
bool hdf5_read_int(const struct hdf5_file *file, const char *path, const char *attribute,
                   int64_t *out);

/* The names in a group, in alphabetical order; false if it is not a group or has too many names. */
bool hdf5_read_names(const struct hdf5_file *file, const char *path, struct hdf5_texts *names);

/* The shape of an array of floating-point numbers; returns its rank, or -1 if it is missing or of
 * another type. */
int hdf5_array_shape(const struct hdf5_file *file, const char *path, int shape[TENSOR_MAX_RANK]);

/* Reads an array's values as floats, as many as its shape says; false if they are damaged. */
bool hdf5_read_floats(const struct hdf5_file *file, const char *path, float *values);

/* The length of a list that hdf5_write_list wrote with this type; false if it is missing. */
bool hdf5_list_count(const struct hdf5_file *file, const char *path, enum hdf5_type type,
                     size_t *count);

/* Such a list's values. */
bool hdf5_read_list(const struct hdf5_file *file, const char *path, enum hdf5_type type,
                    void *values);

/* ---- Writing --------------------------------------------------------------------------------- */

/* A new file. A failed write is reported by hdf5_take_bytes. NULL: out of memory. */
struct hdf5_file *hdf5_create(void);

/* Makes a group and its parents. */
void hdf5_write_group(struct hdf5_file *file, const char *path);

/* Attributes of a group that exists. */
void hdf5_write_word(struct hdf5_file *file, const char *path, const char *attribute,
                     const char *word);
void hdf5_write_texts(struct hdf5_file *file, const char *path, const char *attribute,
                      const struct hdf5_texts *texts);
void hdf5_write_int(struct hdf5_file *file, const char *path, const char *attribute, int64_t value);

/* Writes an array of float32, and makes the groups above it. */
void hdf5_write_floats(struct hdf5_file *file, const char *path, int rank, const int *shape,
                       const float *values);

/* Writes a list of count values (0 is allowed) bit for bit, and makes the groups above it. */
void hdf5_write_list(struct hdf5_file *file, const char *path, enum hdf5_type type,
                     const void *values, size_t count);

/*
 * The file's bytes, the same for the same writes; false if any write failed. Free *data. The bytes
 * begin front bytes into *data; the caller fills those front bytes.
 */
bool hdf5_take_bytes(struct hdf5_file *file, size_t front, void **data, size_t *size);

#endif
