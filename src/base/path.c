#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status path_join(char *out, const char *folder, const char *name, struct error *error) {
    const int length = snprintf(out, PATH_SIZE, "%s/%s", folder, name);
    if (length < 0 || length >= PATH_SIZE)
        return error_set(error, STATUS_BAD_INPUT, "the path '%.60s.../%s' is too long", folder,
                         name);
    return STATUS_OK;
}

bool path_is_file(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

bool path_is_folder(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

enum status path_make_folder(const char *path, struct error *error) {
    char partial[PATH_SIZE];
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof partial)
        return error_set(error, STATUS_BAD_INPUT, "'%.60s' is no usable folder name", path);
    memcpy(partial, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (partial[i] != '/' && partial[i] != '\0')
            continue;
        partial[i] = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST)
            return error_set(error, STATUS_BAD_INPUT, "cannot make the folder '%s': %s", partial,
                             strerror(errno));
        partial[i] = i < length ? '/' : '\0';
    }
    if (!path_is_folder(path))
        return error_set(error, STATUS_BAD_INPUT, "'%s' is not a folder", path);
    if (access(path, W_OK | X_OK) != 0)
        return error_set(error, STATUS_BAD_INPUT, "cannot write into the folder '%s': %s", path,
                         strerror(errno));
    return STATUS_OK;
}

static enum status read_stream(FILE *stream, const char *path, size_t limit, unsigned char **data,
                               size_t *size, struct error *error) {
    size_t capacity = 1 << 16;
    size_t used = 0;
    unsigned char *buffer = malloc(capacity);
    while (buffer) {
        used += fread(buffer + used, 1, capacity - used, stream);
        if (used < capacity || used > limit)
            break;
        capacity *= 2;
        unsigned char *larger = realloc(buffer, capacity);
        if (!larger)
            free(buffer);
        buffer = larger;
    }
    if (!buffer)
        return error_set(error, STATUS_FAILED, "out of memory reading '%s'", path);
    if (ferror(stream) || used > limit) {
        free(buffer);
        return error_set(error, STATUS_BAD_INPUT, "cannot read '%s': %s", path,
                         used > limit ? "it is far too large" : strerror(errno));
    }
    *data = buffer;
    *size = used;
    return STATUS_OK;
}

enum status path_read_file(const char *path, size_t limit, unsigned char **data, size_t *size,
                           struct error *error) {
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return error_set(error, STATUS_BAD_INPUT, "cannot open '%s': %s", path, strerror(errno));
    const enum status status = read_stream(stream, path, limit, data, size, error);
    fclose(stream);
    return status;
}

void path_sanitize(char *name) {
    for (; *name; name++)
        if (*name == '/' || *name == ':')
            *name = '-';
}
