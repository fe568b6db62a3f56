#include "report/event_file.h"

#include "report/append.h"
#include "report/event.pb-c.h"
#include "report/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* TensorBoard's tags and plugin name for the settings of a run
 * (tensorboard/plugins/hparams/metadata.py), and the version of their format. */
#define PARAMETERS_TAG "_hparams_/session_start_info"
#define END_TAG "_hparams_/session_end_info"
#define PARAMETERS_PLUGIN "hparams"
enum { PARAMETERS_VERSION = 0 };

#define FILE_PREFIX "events.out.tfevents."
#define FILE_VERSION "brain.Event:2"

enum { RGB_CHANNELS = 3, MAX_RECORD = 64 << 20 }; /* bytes; a clip has 2 MB */

struct event_file {
    int fd; /* opened for appending */
    uint8_t *record;
    size_t capacity; /* of record */
    char path[PATH_SIZE];
};

static double seconds_since_1970(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- Records --------------------------------------------------------------------------------- */

static enum status append_record(const struct event_file *file, size_t size, struct error *error) {
    bool cut;
    const int failure = append_whole(file->fd, file->record, size, &cut);
    if (failure == 0)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED, "cannot %s '%s': %s", cut ? "write" : "mend", file->path,
                     strerror(failure));
}

static enum status write_event(struct event_file *file, Asyncrl__Event *event,
                               struct error *error) {
    event->wall_time = seconds_since_1970();
    const size_t size = asyncrl__event__get_packed_size(event);
    const size_t record_size = RECORD_HEADER_SIZE + size + RECORD_FOOTER_SIZE;
    if (record_size > file->capacity) {
        uint8_t *record = realloc(file->record, record_size);
        if (!record)
            return error_set(error, STATUS_FAILED, "out of memory for '%s'", file->path);
        file->record = record;
        file->capacity = record_size;
    }
    asyncrl__event__pack(event, file->record + RECORD_HEADER_SIZE);
    record_frame(file->record, size);
    return append_record(file, record_size, error);
}

static enum status write_summary(struct event_file *file, int64_t step,
                                 Asyncrl__Summary__Value **values, int count, struct error *error) {
    Asyncrl__Summary summary = ASYNCRL__SUMMARY__INIT;
    summary.n_value = (size_t)count;
    summary.value = values;
    Asyncrl__Event event = ASYNCRL__EVENT__INIT;
    event.step = step;
    event.what_case = ASYNCRL__EVENT__WHAT_SUMMARY;
    event.summary = &summary;
    return write_event(file, &event, error);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* events.out.tfevents.<seconds>.<host>.<process>: TensorBoard searches for such names and sorts by
 * them. */
static enum status name_file(char *path, const char *folder, struct error *error) {
    char host[65] = "";
    char name[128];
    gethostname(host, sizeof host - 1);
    for (char *c = host; *c; c++)
        if (*c == '/')
            *c = '-';
    snprintf(name, sizeof name, FILE_PREFIX "%010.0f.%s.%d", seconds_since_1970(), host,
             (int)getpid());
    return path_join(path, folder, name, error);
}

static enum status begin(struct event_file *file, int64_t first_step, struct error *error) {
    Asyncrl__Event version = ASYNCRL__EVENT__INIT;
    version.what_case = ASYNCRL__EVENT__WHAT_FILE_VERSION;
    version.file_version = FILE_VERSION;
    const enum status status = write_event(file, &version, error);
    if (status != STATUS_OK)
        return status;
    Asyncrl__SessionLog session = ASYNCRL__SESSION_LOG__INIT;
    session.status = ASYNCRL__SESSION_LOG__SESSION_STATUS__START;
    Asyncrl__Event start = ASYNCRL__EVENT__INIT;
    start.step = first_step;
    start.what_case = ASYNCRL__EVENT__WHAT_SESSION_LOG;
    start.session_log = &session;
    return write_event(file, &start, error);
}

enum status event_file_open(const char *folder, int64_t first_step, struct event_file **file,
                            struct error *error) {
    struct event_file *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory for an event file");
    enum status status = name_file(opened->path, folder, error);
    if (status != STATUS_OK) {
        free(opened);
        return status;
    }
    opened->fd = open(opened->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (opened->fd < 0) {
        status =
            error_set(error, STATUS_FAILED, "cannot write '%s': %s", opened->path, strerror(errno));
        free(opened);
        return status;
    }
    status = begin(opened, first_step, error);
    if (status != STATUS_OK) {
        unlink(opened->path);
        event_file_close(opened);
        return status;
    }
    *file = opened;
    return STATUS_OK;
}

void event_file_close(struct event_file *file) {
    if (!file)
        return;
    close(file->fd);
    free(file->record);
    free(file);
}

/* ---- What they hold -------------------------------------------------------------------------- */

/* The messages do not change the text that they are packed from. */
static char *borrow(const char *text) {
    return (char *)text;
}

enum status event_file_add_scalars(struct event_file *file, int64_t step,
                                   const struct event_scalar *scalars, int count,
                                   struct error *error) {
    Asyncrl__Summary__Value values[EVENT_MAX_SCALARS];
    Asyncrl__Summary__Value *list[EVENT_MAX_SCALARS];
    for (int i = 0; i < count; i++) {
        values[i] = (Asyncrl__Summary__Value)ASYNCRL__SUMMARY__VALUE__INIT;
        values[i].tag = borrow(scalars[i].tag);
        values[i].value_case = ASYNCRL__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
        values[i].simple_value = (float)scalars[i].value;
        list[i] = &values[i];
    }
    return write_summary(file, step, list, count, error);
}

enum status event_file_add_gif(struct event_file *file, int64_t step, const char *tag,
                               const struct event_gif *gif, struct error *error) {
    Asyncrl__Summary__Image image = ASYNCRL__SUMMARY__IMAGE__INIT;
    image.height = gif->height;
    image.width = gif->width;
    image.colorspace = RGB_CHANNELS;
    image.encoded_image_string.data = (uint8_t *)gif->bytes;
    image.encoded_image_string.len = gif->size;
    Asyncrl__Summary__Value value = ASYNCRL__SUMMARY__VALUE__INIT;
    value.tag = borrow(tag);
    value.value_case = ASYNCRL__SUMMARY__VALUE__VALUE_IMAGE;
    value.image = &image;
    return write_summary(file, step, (Asyncrl__Summary__Value *[]){&value}, 1, error);
}

/* The plugin wants its data as that of a tag, whose tensor has no numbers. */
static enum status write_plugin_data(struct event_file *file, int64_t step, const char *tag,
                                     Asyncrl__HParamsPluginData *data, struct error *error) {
    data->version = PARAMETERS_VERSION;
    uint8_t *content = malloc(asyncrl__hparams_plugin_data__get_packed_size(data));
    if (!content)
        return error_set(error, STATUS_FAILED, "out of memory for '%s'", file->path);
    Asyncrl__SummaryMetadata__PluginData plugin = ASYNCRL__SUMMARY_METADATA__PLUGIN_DATA__INIT;
    plugin.plugin_name = PARAMETERS_PLUGIN;
    plugin.content.data = content;
    plugin.content.len = asyncrl__hparams_plugin_data__pack(data, content);
    Asyncrl__SummaryMetadata metadata = ASYNCRL__SUMMARY_METADATA__INIT;
    metadata.plugin_data = &plugin;
    Asyncrl__TensorShapeProto__Dim none = ASYNCRL__TENSOR_SHAPE_PROTO__DIM__INIT;
    Asyncrl__TensorShapeProto shape = ASYNCRL__TENSOR_SHAPE_PROTO__INIT;
    shape.n_dim = 1;
    shape.dim = (Asyncrl__TensorShapeProto__Dim *[]){&none};
    Asyncrl__TensorProto tensor = ASYNCRL__TENSOR_PROTO__INIT;
    tensor.dtype = ASYNCRL__TENSOR_PROTO__DATA_TYPE__DT_FLOAT;
    tensor.tensor_shape = &shape;
    Asyncrl__Summary__Value value = ASYNCRL__SUMMARY__VALUE__INIT;
    value.tag = borrow(tag);
    value.metadata = &metadata;
    value.value_case = ASYNCRL__SUMMARY__VALUE__VALUE_TENSOR;
    value.tensor = &tensor;
    const enum status status =
        write_summary(file, step, (Asyncrl__Summary__Value *[]){&value}, 1, error);
    free(content);
    return status;
}

static Asyncrl__Value value_of(const struct event_parameter *parameter) {
    Asyncrl__Value value = ASYNCRL__VALUE__INIT;
    switch (parameter->type) {
    case OPTION_INT:
    case OPTION_REAL:
    case OPTION_RANGE:
        value.kind_case = ASYNCRL__VALUE__KIND_NUMBER_VALUE;
        value.number_value = parameter->number;
        break;
    case OPTION_TEXT:
        value.kind_case = ASYNCRL__VALUE__KIND_STRING_VALUE;
        value.string_value = borrow(parameter->text);
        break;
    case OPTION_FLAG:
        value.kind_case = ASYNCRL__VALUE__KIND_BOOL_VALUE;
        value.bool_value = parameter->number != 0;
        break;
    }
    return value;
}

enum status event_file_add_parameters(struct event_file *file, int64_t step,
                                      const struct event_parameter *parameters, int count,
                                      struct error *error) {
    Asyncrl__Value values[OPTION_MAX_COUNT];
    Asyncrl__SessionStartInfo__Parameter entries[OPTION_MAX_COUNT];
    Asyncrl__SessionStartInfo__Parameter *list[OPTION_MAX_COUNT];
    for (int i = 0; i < count; i++) {
        values[i] = value_of(&parameters[i]);
        entries[i] =
            (Asyncrl__SessionStartInfo__Parameter)ASYNCRL__SESSION_START_INFO__PARAMETER__INIT;
        entries[i].key = borrow(parameters[i].name);
        entries[i].value = &values[i];
        list[i] = &entries[i];
    }
    Asyncrl__SessionStartInfo start = ASYNCRL__SESSION_START_INFO__INIT;
    start.n_hparams = (size_t)count;
    start.hparams = list;
    start.start_time_secs = seconds_since_1970();
    Asyncrl__HParamsPluginData data = ASYNCRL__HPARAMS_PLUGIN_DATA__INIT;
    data.data_case = ASYNCRL__HPARAMS_PLUGIN_DATA__DATA_SESSION_START_INFO;
    data.session_start_info = &start;
    return write_plugin_data(file, step, PARAMETERS_TAG, &data, error);
}

enum status event_file_add_end(struct event_file *file, int64_t step, struct error *error) {
    Asyncrl__SessionEndInfo end = ASYNCRL__SESSION_END_INFO__INIT;
    end.status = ASYNCRL__SESSION_END_INFO__STATUS__STATUS_SUCCESS;
    end.end_time_secs = seconds_since_1970();
    Asyncrl__HParamsPluginData data = ASYNCRL__HPARAMS_PLUGIN_DATA__INIT;
    data.data_case = ASYNCRL__HPARAMS_PLUGIN_DATA__DATA_SESSION_END_INFO;
    data.session_end_info = &end;
    return write_plugin_data(file, step, END_TAG, &data, error);
}

/* ---- Going back ------------------------------------------------------------------------------ */

/* Reads the record at the stream's position, with room bytes left, and its event's step; false at
 * the end or if the record is damaged. */
static bool read_step(FILE *stream, uint64_t room, int64_t *step) {
    uint8_t header[RECORD_HEADER_SIZE];
    uint64_t size;
    if (fread(header, 1, sizeof header, stream) != sizeof header ||
        !record_read_header(header, &size) || room < sizeof header + RECORD_FOOTER_SIZE ||
        size > room - sizeof header - RECORD_FOOTER_SIZE || size > MAX_RECORD)
        return false;
    uint8_t *data = malloc(size + RECORD_FOOTER_SIZE);
    Asyncrl__Event *event = NULL;
    if (data &&
        fread(data, 1, size + RECORD_FOOTER_SIZE, stream) == (size_t)size + RECORD_FOOTER_SIZE)
        event = asyncrl__event__unpack(NULL, size, data);
    free(data);
    if (!event)
        return false;
    *step = event->step;
    asyncrl__event__free_unpacked(event, NULL);
    return true;
}

static enum status cut_file(const char *path, int64_t last_step, struct error *error) {
    int opened = -1;
    off_t end = 0;
    const enum status found = path_open_file(path, O_RDWR, &opened, &end, error);
    if (found != STATUS_OK)
        return found;
    FILE *stream = fdopen(opened, "r+b");
    if (!stream) {
        close(opened);
        return error_set(error, STATUS_FAILED, "cannot read '%s': %s", path, strerror(errno));
    }
    off_t position = 0;
    bool is_later = false;
    int64_t step;
    while (!is_later && read_step(stream, (uint64_t)(end - position), &step)) {
        is_later = step > last_step;
        if (!is_later)
            position = ftello(stream);
    }
    enum status status = STATUS_OK;
    if (is_later && ftruncate(fileno(stream), position) != 0)
        status = error_set(error, STATUS_FAILED, "cannot cut '%s': %s", path, strerror(errno));
    fclose(stream);
    return status;
}

enum status event_files_cut(const char *folder, int64_t last_step, struct error *error) {
    DIR *listing = opendir(folder);
    if (!listing)
        return STATUS_OK;
    enum status status = STATUS_OK;
    const struct dirent *entry;
    while (status == STATUS_OK && (entry = readdir(listing))) {
        char path[PATH_SIZE];
        if (strncmp(entry->d_name, FILE_PREFIX, strlen(FILE_PREFIX)) != 0)
            continue;
        status = path_join(path, folder, entry->d_name, error);
        if (status == STATUS_OK)
            status = cut_file(path, last_step, error);
    }
    closedir(listing);
    return status;
}
