/*
 * Reads Keras weight files: metadata, description and values. keras_layers finds the layers,
 * keras_layout interprets them. HDF5 runs in a child process, because damaged files crash it.
 */
#include "store/child.h"
#include "store/hdf5_file.h"
#include "store/keras_description.h"
#include "store/keras_layers.h"
#include "store/keras_named.h"
#include "store/keras_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 192 << 20 }; /* bytes; the largest network that can be trained has 170 MiB */
enum { MAX_FRAME_SKIP = 1000 };

/* ---- Files ----------------------------------------------------------------------------------- */

/* A number, or the text of a range. */
static enum status read_frame_skip(const struct hdf5_file *file, struct option_range *range,
                                   struct error *error) {
    char text[32] = "";
    bool fits = true;
    *range = (struct option_range){0};
    if (hdf5_read_int(file, "", "asyncrl_frame_skip", &range->low))
        range->high = range->low;
    else
        fits = hdf5_read_word(file, "", "asyncrl_frame_skip", text, sizeof text);
    if (fits && !text[0] && range->high == 0)
        return STATUS_OK; /* missing */
    if (text[0])
        fits = option_range_parse(text, range);
    return fits && range->low >= 1 && range->high <= MAX_FRAME_SKIP
               ? STATUS_OK
               : error_set(error, STATUS_BAD_INPUT,
                           "found an attribute 'asyncrl_frame_skip' that is not a number or a "
                           "range from 1 to %d",
                           MAX_FRAME_SKIP);
}

/* Refuses attributes of ours that cannot be used: without them, another game may be played. */
static enum status read_metadata(const struct hdf5_file *file, struct weights_metadata *metadata,
                                 struct error *error) {
    for (const struct keras_word *word = keras_words; word->key; word++)
        if (!hdf5_read_word(file, "", word->key, (char *)metadata + word->offset, word->size))
            return error_set(error, STATUS_BAD_INPUT,
                             "found an attribute '%s' that is not a text of at most %zu printable "
                             "characters",
                             word->key, word->size - 1);
    const enum status status = read_frame_skip(file, &metadata->frame_skip, error);
    if (status != STATUS_OK)
        return status;
    const bool has_steps = hdf5_read_int(file, "", "asyncrl_steps", &metadata->steps) ||
                           hdf5_read_int(file, "", "asyncrl_frames", &metadata->steps); /* before */
    if (!has_steps || metadata->steps < 0)
        metadata->steps = -1;
    return STATUS_OK;
}

/* The description that model.save writes beside the weights; NULL if there is none. */
static struct json *read_description(const struct hdf5_file *file) {
    struct hdf5_texts text;
    if (!hdf5_read_texts(file, "", "model_config", &text))
        return NULL;
    struct json *json = text.count == 1 ? json_parse(text.data, strlen(text.data)) : NULL;
    free(text.data);
    return json;
}

/* The caller frees origin->description, also when this fails. */
static enum status read_model(const struct hdf5_file *file, enum channels_order asked,
                              struct keras_model *model, struct keras_origin *origin,
                              struct error *error) {
    memset(model, 0, sizeof *model);
    *origin = (struct keras_origin){0};
    enum status status = keras_find_layers(file, model, origin, error);
    if (status == STATUS_OK)
        status = read_metadata(file, &model->metadata, error);
    if (status != STATUS_OK)
        return status;
    origin->description = read_description(file);
    origin->ours = hdf5_has_texts(file, "", "asyncrl_channels") || model->metadata.method[0] ||
                   model->metadata.game[0] || model->metadata.observation[0];
    return keras_settle(model, origin, asked, error);
}

/* Whether data begins with HDF5's signature. The library also searches further on, and would accept
 * a checkpoint, which is HDF5 behind a seal. */
static bool begins_as_hdf5(const unsigned char *data, size_t size) {
    static const unsigned char signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    return size >= sizeof signature && memcmp(data, signature, sizeof signature) == 0;
}

/* Reports why data cannot be read. */
static enum status refuse_file(const unsigned char *data, size_t size, struct error *error) {
    if (begins_as_hdf5(data, size))
        return error_set(error, STATUS_BAD_INPUT,
                         "found an HDF5 file that is damaged or cut short, of %zu bytes; wanted "
                         "a whole one",
                         size);
    if (size > 2 && memcmp(data, "PK", 2) == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "found %s; wanted HDF5, as Keras writes a whole model: "
                         "model.save('model.h5')",
                         file_kind(data, size));
    return error_set(error, STATUS_BAD_INPUT, "found %s; wanted weights in HDF5",
                     file_kind(data, size));
}

/* ---- Values ---------------------------------------------------------------------------------- */

static enum status read_array(const struct hdf5_file *file, const struct keras_tensor *tensor,
                              float *raw, struct error *error) {
    const struct keras_layer *layer = tensor->layer;
    if (!hdf5_read_floats(file, tensor->is_bias ? layer->bias_path : layer->kernel_path, raw))
        return error_set(error, STATUS_BAD_INPUT, "found layer '%s' damaged or cut short",
                         layer->name);
    if (!floats_are_finite(raw, tensor->size))
        return error_set(error, STATUS_BAD_INPUT,
                         "found a weight in layer '%s' that is not a finite number", layer->name);
    return STATUS_OK;
}

/* Reads every view's values into staged, one after the other; raw has room for the largest. */
static enum status stage_values(const struct hdf5_file *file, const struct keras_model *model,
                                const struct keras_roles *roles, const struct tensor_view *views,
                                int view_count, float *raw, float *staged, struct error *error) {
    for (int i = 0; i < view_count; i++) {
        struct keras_tensor tensor;
        enum status status = keras_find_tensor(model, roles, &views[i], &tensor, error);
        if (status == STATUS_OK)
            status = read_array(file, &tensor, raw, error);
        if (status != STATUS_OK)
            return status;
        keras_convert(model, &tensor, raw, staged);
        staged += tensor.size;
    }
    return STATUS_OK;
}

static size_t total_size(const struct tensor_view *views, int view_count) {
    size_t total = 0;
    for (int i = 0; i < view_count; i++)
        total += tensor_size(&views[i]);
    return total;
}

/* roles: NULL if arrays are found by name. */
static enum status read_values(const struct hdf5_file *file, const struct keras_model *model,
                               const struct keras_roles *roles, const struct tensor_view *views,
                               int view_count, float *staged, struct error *error) {
    float *raw = malloc(total_size(views, view_count) * sizeof *raw);
    if (!raw)
        return error_set(error, STATUS_FAILED, "out of memory");
    const enum status read =
        roles ? stage_values(file, model, roles, views, view_count, raw, staged, error)
              : keras_named_read(file, views, view_count, raw, staged, error);
    free(raw);
    return read;
}

/* ---- The child's work ------------------------------------------------------------------------ */

/* The request, and its result in memory shared with the child. */
struct job {
    const unsigned char *data;
    size_t size;
    enum channels_order channels;
    const struct tensor_view *views; /* NULL: only the layout is wanted */
    int view_count;

    enum status status;
    struct error error;
    struct weights_layout layout;
    float values[]; /* of all views, one after the other */
};

static enum status describe_model(const struct hdf5_file *file, struct job *job,
                                  struct keras_model *model, struct keras_roles *roles,
                                  struct keras_origin *origin) {
    struct error *error = &job->error;
    enum status status = read_model(file, job->channels, model, origin, error);
    if (status == STATUS_OK)
        status = keras_find_roles(model, roles, error);
    if (status == STATUS_OK && (!job->views || origin->description))
        status = keras_describe(model, roles, &job->layout, error);
    if (status == STATUS_OK && origin->description)
        status =
            keras_check_description(origin->description, model, roles, job->layout.height, error);
    return status;
}

static enum status answer_named(const struct hdf5_file *file,
                                const struct weights_metadata *metadata, struct job *job) {
    const enum status status = keras_named_describe(file, metadata, &job->layout, &job->error);
    if (status != STATUS_OK || !job->views)
        return status;
    return read_values(file, NULL, NULL, job->views, job->view_count, job->values, &job->error);
}

static enum status answer(const struct hdf5_file *file, struct job *job) {
    struct weights_metadata metadata;
    const enum status sound = read_metadata(file, &metadata, &job->error);
    if (sound != STATUS_OK)
        return sound;
    if (keras_is_named(&metadata))
        return answer_named(file, &metadata, job);
    struct keras_model model;
    struct keras_roles roles;
    struct keras_origin origin;
    const enum status status = describe_model(file, job, &model, &roles, &origin);
    json_free(origin.description);
    if (status != STATUS_OK || !job->views)
        return status;
    if (keras_check_views(&roles, job->views, job->view_count, &job->error) != STATUS_OK)
        return STATUS_BAD_INPUT;
    return read_values(file, &model, &roles, job->views, job->view_count, job->values, &job->error);
}

static void work(void *memory) {
    struct job *job = memory;
    struct hdf5_file *file =
        begins_as_hdf5(job->data, job->size) ? hdf5_open(job->data, job->size) : NULL;
    job->status = file ? answer(file, job) : refuse_file(job->data, job->size, &job->error);
    hdf5_close(file);
}

/* Runs the job in a child; if the child does not finish, the file counts as damaged. */
static void run_job(struct job *job) {
    bool finished = false;
    const enum status started = child_run(work, job, &finished, &job->error);
    if (started != STATUS_OK)
        job->status = started;
    else if (!finished)
        job->status = refuse_file(job->data, job->size, &job->error);
}

static void copy_values(const float *values, const struct tensor_view *views, int view_count) {
    for (int i = 0; i < view_count; i++) {
        memcpy(views[i].data, values, tensor_size(&views[i]) * sizeof *values);
        values += tensor_size(&views[i]);
    }
}

/* Reads a file into views, or into layout if views is NULL. */
static enum status read_file(const char *path, enum channels_order channels,
                             const struct tensor_view *views, int view_count,
                             struct weights_layout *layout, struct error *error) {
    unsigned char *data;
    size_t size;
    const enum status opened = path_read_file(path, MAX_FILE, &data, &size, error);
    if (opened != STATUS_OK)
        return opened;
    const size_t job_size = sizeof(struct job) + total_size(views, view_count) * sizeof(float);
    struct job *job = child_memory(job_size);
    if (!job) {
        free(data);
        return error_set(error, STATUS_FAILED, "out of memory reading '%s'", path);
    }
    job->data = data;
    job->size = size;
    job->channels = channels;
    job->views = views;
    job->view_count = view_count;
    run_job(job);
    const enum status status = job->status;
    if (status != STATUS_OK)
        *error = job->error;
    else if (layout)
        *layout = job->layout;
    else
        copy_values(job->values, views, view_count);
    child_memory_free(job, job_size);
    free(data);
    return status == STATUS_OK ? status : error_context(error, "cannot use the weights '%s'", path);
}

enum status weights_inspect(const char *path, enum channels_order channels,
                            struct weights_layout *layout, struct error *error) {
    return read_file(path, channels, NULL, 0, layout, error);
}

enum status weights_load(const char *path, enum channels_order channels,
                         const struct tensor_view *views, int view_count, struct error *error) {
    return read_file(path, channels, views, view_count, NULL, error);
}

enum channels_order weights_channels(const char *name) {
    return strcmp(name, "first") == 0  ? CHANNELS_FIRST
           : strcmp(name, "last") == 0 ? CHANNELS_LAST
                                       : CHANNELS_UNSAID;
}
