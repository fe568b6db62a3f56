/* Writes Keras weight files of the legacy layout. */
#include "store/hdf5_file.h"
#include "store/keras_order.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The layout is the same in all versions of Keras 2. "tensorflow" means that kernels are
 * correlations: Keras 2 flips them when it runs on Theano.
 */
static const char written_version[] = "2.4.0";
static const char written_backend[] = "tensorflow";

/* The layer of a view: its name up to the '/'. */
static void layer_name(const struct tensor_view *view, char name[KERAS_NAME_SIZE]) {
    snprintf(name, KERAS_NAME_SIZE, "%.*s", (int)strcspn(view->name, "/"), view->name);
}

static bool allocate_names(struct hdf5_texts *names, size_t count) {
    *names = (struct hdf5_texts){0, KERAS_NAME_SIZE, calloc(count, KERAS_NAME_SIZE)};
    return names->data != NULL;
}

static void append_name(struct hdf5_texts *names, const char *name) {
    snprintf(names->data + names->count * names->width, names->width, "%s", name);
    names->count++;
}

static bool write_array(struct hdf5_file *file, const char *layer, const struct tensor_view *view) {
    char path[2 * KERAS_NAME_SIZE];
    snprintf(path, sizeof path, "%s/%s", layer, view->name);
    if (view->rank != 4) {
        hdf5_write_floats(file, path, view->rank, view->shape, view->data);
        return true;
    }
    const int shape[] = {view->shape[2], view->shape[3], view->shape[1], view->shape[0]};
    float *kernel = malloc(tensor_size(view) * sizeof *kernel);
    if (!kernel)
        return false;
    keras_kernel_to_file(view, kernel);
    hdf5_write_floats(file, path, view->rank, shape, kernel);
    free(kernel);
    return true;
}

/* Writes the layer that begins at views[0]; returns its number of views, 0: out of memory. */
static int write_layer(struct hdf5_file *file, const struct tensor_view *views, int view_count) {
    char name[KERAS_NAME_SIZE];
    struct hdf5_texts names;
    layer_name(&views[0], name);
    if (!allocate_names(&names, (size_t)view_count))
        return 0;
    hdf5_write_group(file, name);
    int count = 0;
    for (; count < view_count; count++) {
        char other[KERAS_NAME_SIZE];
        layer_name(&views[count], other);
        if (strcmp(other, name) != 0)
            break;
        append_name(&names, views[count].name);
        if (!write_array(file, name, &views[count])) {
            free(names.data);
            return 0;
        }
    }
    hdf5_write_texts(file, name, "weight_names", &names);
    free(names.data);
    return count;
}

static bool write_layers(struct hdf5_file *file, const struct tensor_view *views, int view_count) {
    struct hdf5_texts names;
    if (!allocate_names(&names, (size_t)view_count))
        return false;
    int next = 0;
    while (next < view_count) {
        char name[KERAS_NAME_SIZE];
        layer_name(&views[next], name);
        append_name(&names, name);
        const int written = write_layer(file, views + next, view_count - next);
        if (written == 0)
            break;
        next += written;
    }
    hdf5_write_texts(file, "", "layer_names", &names);
    free(names.data);
    return next == view_count;
}

static void write_metadata(struct hdf5_file *file, const struct weights_metadata *metadata) {
    for (const struct keras_word *word = keras_words; word->key; word++) {
        const char *text = (const char *)metadata + word->offset;
        if (text[0])
            hdf5_write_word(file, "", word->key, text);
    }
    const struct option_range *skip = &metadata->frame_skip;
    char range[48];
    snprintf(range, sizeof range, "%lld-%lld", (long long)skip->low, (long long)skip->high);
    if (skip->low > 0 && skip->low == skip->high)
        hdf5_write_int(file, "", "asyncrl_frame_skip", skip->low);
    else if (skip->low > 0)
        hdf5_write_word(file, "", "asyncrl_frame_skip", range);
    if (metadata->steps >= 0)
        hdf5_write_int(file, "", "asyncrl_steps", metadata->steps);
}

enum status weights_save(const char *path, const struct tensor_view *views, int view_count,
                         const struct weights_metadata *metadata, struct error *error) {
    for (int i = 0; i < view_count; i++)
        if (!floats_are_finite(views[i].data, tensor_size(&views[i])))
            return error_set(
                error, STATUS_FAILED,
                "cannot write the weights '%s': '%s' holds a number that is not finite", path,
                views[i].name);
    struct hdf5_file *file = hdf5_create();
    void *data = NULL;
    size_t size = 0;
    if (file) {
        hdf5_write_word(file, "", "backend", written_backend);
        hdf5_write_word(file, "", "keras_version", written_version);
        hdf5_write_word(file, "", "asyncrl_channels", "first");
        write_metadata(file, metadata);
        if (write_layers(file, views, view_count))
            hdf5_take_bytes(file, 0, &data, &size);
        hdf5_close(file);
    }
    if (!data)
        return error_set(error, STATUS_FAILED, "cannot write the weights '%s': out of memory",
                         path);
    const enum status status = atomic_file_write(path, data, size, error);
    free(data);
    return status;
}
