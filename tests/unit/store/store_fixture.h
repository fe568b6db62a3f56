/* Shared by the store room's tests: a folder of their own, and a tiny network's tensors. */
#ifndef ASYNCRL_TESTS_STORE_FIXTURE_H
#define ASYNCRL_TESTS_STORE_FIXTURE_H

#include "../folder_fixture.h"
#include "store/hdf5_file.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHECKPOINT_LIMIT = 1 << 24 };

struct path {
    char text[512];
};

static inline struct path path_in(const struct folder *folder, const char *name) {
    struct path path;
    snprintf(path.text, sizeof path.text, "%s/%s", folder->path, name);
    return path;
}

/* A file of tests/data. */
static inline struct path path_of_data(const char *name) {
    const char *data = getenv("ASYNCRL_TEST_DATA");
    assert_non_null(data);
    struct path path;
    snprintf(path.text, sizeof path.text, "%s/%s", data, name);
    return path;
}

static inline void write_bytes(const char *path, const void *data, size_t size) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(data, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

static inline unsigned char *read_bytes(const char *path, size_t *size) {
    unsigned char *data;
    struct error error;
    assert_int_equal(path_read_file(path, 1 << 24, &data, size, &error), STATUS_OK);
    return data;
}

/* The error is one line that holds each of the words; NULL ends them. */
static inline void assert_line(const struct error *error, ...) {
    va_list words;
    va_start(words, error);
    assert_null(strchr(error->message, '\n'));
    for (const char *word = va_arg(words, const char *); word; word = va_arg(words, const char *))
        if (!strstr(error->message, word))
            fail_msg("no '%s' in: %s", word, error->message);
    va_end(words);
}

/* ---- A network ------------------------------------------------------------------------------- */

enum { TINY_VALUES = 1 << 12, MAX_VIEWS = 12 };

struct tensors {
    struct tensor_view views[MAX_VIEWS];
    int count;
    size_t used;
    size_t capacity;
    float *values;
};

static inline void add_view(struct tensors *tensors, const char *name, int rank, const int *shape) {
    struct tensor_view *view = &tensors->views[tensors->count++];
    *view = (struct tensor_view){.rank = rank, .data = tensors->values + tensors->used};
    snprintf(view->name, sizeof view->name, "%s", name);
    memcpy(view->shape, shape, (size_t)rank * sizeof *shape);
    tensors->used += tensor_size(view);
    assert_true(tensors->used <= tensors->capacity);
}

struct tiny_shape {
    int channels, conv1, conv2, plane, dense, actions;
    bool q;
};

/* Like network_tensors: kernels of 8x8 and 4x4, plane positions before the dense layer. */
static inline void make_tensors(struct tensors *tensors, const struct tiny_shape *shape,
                                float *values, size_t capacity) {
    *tensors = (struct tensors){.capacity = capacity};
    tensors->values = values;
    add_view(tensors, "conv1/kernel", 4, (int[]){shape->conv1, shape->channels, 8, 8});
    add_view(tensors, "conv1/bias", 1, (int[]){shape->conv1});
    add_view(tensors, "conv2/kernel", 4, (int[]){shape->conv2, shape->conv1, 4, 4});
    add_view(tensors, "conv2/bias", 1, (int[]){shape->conv2});
    add_view(tensors, "dense/kernel", 2, (int[]){shape->conv2 * shape->plane, shape->dense});
    add_view(tensors, "dense/bias", 1, (int[]){shape->dense});
    if (!shape->q) {
        add_view(tensors, "value/kernel", 2, (int[]){shape->dense, 1});
        add_view(tensors, "value/bias", 1, (int[]){1});
    }
    const char *const names[2][2] = {{"policy/kernel", "policy/bias"}, {"q/kernel", "q/bias"}};
    add_view(tensors, names[shape->q][0], 2, (int[]){shape->dense, shape->actions});
    add_view(tensors, names[shape->q][1], 1, (int[]){shape->actions});
}

/* The network of tests/data/keras: for images of 3x28x28. */
static const struct tiny_shape tiny = {3, 4, 6, 4, 8, 5, false};

static inline void make_tiny(struct tensors *tensors, float values[TINY_VALUES]) {
    make_tensors(tensors, &tiny, values, TINY_VALUES);
}

/* Numbers that differ everywhere. */
static inline void fill(struct tensors *tensors) {
    for (size_t i = 0; i < tensors->used; i++)
        tensors->values[i] = (float)i * 0.25F - 100.0F;
}

/* Closes file, whose bytes go to path. */
static inline void save_file(struct hdf5_file *file, const char *path) {
    void *data;
    size_t size;
    assert_true(hdf5_take_bytes(file, 0, &data, &size));
    write_bytes(path, data, size);
    free(data);
    hdf5_close(file);
}

#endif
