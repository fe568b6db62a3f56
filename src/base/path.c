#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum status path_join(char *out, const char *folder, const char *name, struct error *error) {
    const int length = snprintf(out, PATH_SIZE, "%s/%s", folder, name);
    if (length < 0 || length >= PATH_SIZE)
        return error_set(error, STATUS_BAD_INPUT, "the path '%.60s.../%s' is too long", folder,
                         name);
    return STATUS_OK;
}

enum status path_append(char *out, const char *path, const char *suffix, struct error *error) {
    const int length = snprintf(out, PATH_SIZE, "%s%s", path, suffix);
    if (length < 0 || length >= PATH_SIZE)
        return error_set(error, STATUS_BAD_INPUT, "the path '%.60s...%s' is too long", path,
                         suffix);
    return STATUS_OK;
}

bool path_program_folder(char *out) {
    const ssize_t length = readlink("/proc/self/exe", out, PATH_SIZE - 1);
    if (length <= 0)
        return false;
    out[length] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

bool path_is_file(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

bool path_is_folder(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

bool path_is_hidden(const char *path, struct error *error) {
    struct stat found;
    if (stat(path, &found) == 0 || errno == ENOENT || errno == ENOTDIR)
        return false;
    error_set(error, STATUS_BAD_INPUT, "cannot open '%s': %s", path, strerror(errno));
    return true;
}

enum status path_make_folder(const char *path, struct error *error) {
    char partial[PATH_SIZE];
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof partial)
        return error_set(error, STATUS_BAD_INPUT, "'%.60s' is not a usable folder name", path);
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

static const char *name_mode(mode_t mode) {
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

enum status path_open_file(const char *path, int flags, int *file, off_t *size,
                           struct error *error) {
    struct stat found;
    /* Not blocking: opening a pipe would wait for its writer. */
    const int opened = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (opened < 0) {
        error_set(error, STATUS_BAD_INPUT, "cannot open '%s': %s", path, strerror(errno));
        return STATUS_BAD_INPUT;
    }
    if (fstat(opened, &found) != 0 || !S_ISREG(found.st_mode)) {
        close(opened);
        error_set(error, STATUS_BAD_INPUT, "cannot read '%s': it is %s, not a regular file%s", path,
                  name_mode(found.st_mode),
                  S_ISFIFO(found.st_mode) ? "; save its output, and name that file" : "");
        return STATUS_BAD_INPUT;
    }
    *file = opened;
    *size = found.st_size;
    return STATUS_OK;
}

/* Fills data with at most size bytes of file, fewer at its end; returns their number, or -1. */
static ssize_t read_all(int file, unsigned char *data, size_t size) {
    size_t used = 0;
    while (used < size) {
        const ssize_t got = read(file, data + used, size - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        used += (size_t)got;
    }
    return (ssize_t)used;
}

/* If a file grows meanwhile, only its size at the opening is read. */
static enum status read_open_file(const char *path, int file, off_t length, size_t limit,
                                  unsigned char **data, size_t *size, struct error *error) {
    if ((uintmax_t)length > limit) {
        error_set(error, STATUS_BAD_INPUT,
                  "cannot read '%s': it has %lld bytes, and at most %zu are read", path,
                  (long long)length, limit);
        return STATUS_BAD_INPUT;
    }
    unsigned char *bytes = malloc((size_t)length + 1);
    if (!bytes) {
        error_set(error, STATUS_FAILED, "out of memory reading '%s'", path);
        return STATUS_FAILED;
    }
    const ssize_t used = read_all(file, bytes, (size_t)length);
    if (used < 0) {
        free(bytes);
        error_set(error, STATUS_BAD_INPUT, "cannot read '%s': %s", path, strerror(errno));
        return STATUS_BAD_INPUT;
    }
    bytes[used] = '\0';
    *data = bytes;
    *size = (size_t)used;
    return STATUS_OK;
}

enum status path_read_file(const char *path, size_t limit, unsigned char **data, size_t *size,
                           struct error *error) {
    int file;
    off_t length;
    enum status status = path_open_file(path, O_RDONLY, &file, &length, error);
    if (status != STATUS_OK)
        return status;
    status = read_open_file(path, file, length, limit, data, size, error);
    close(file);
    return status;
}

size_t path_mark_size(const char *text, size_t size) {
    static const char mark[] = {'\xef', '\xbb', '\xbf'};
    return size >= sizeof mark && memcmp(text, mark, sizeof mark) == 0 ? sizeof mark : 0;
}

enum status path_read_text(const char *path, size_t limit, char **text, size_t *size,
                           struct error *error) {
    unsigned char *data;
    const enum status status = path_read_file(path, limit, &data, size, error);
    if (status != STATUS_OK)
        return status;
    if (*size >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0)) {
        free(data);
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' is text in UTF-16, not UTF-8: save it as UTF-8", path);
    }
    const size_t mark_size = path_mark_size((const char *)data, *size);
    *size -= mark_size;
    if (mark_size > 0)
        memmove(data, data + mark_size, *size + 1);
    *text = (char *)data;
    return STATUS_OK;
}

bool path_lock(int file) {
    return flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

void path_sanitize(char *name) {
    for (; *name; name++)
        if (*name == '/' || *name == ':')
            *name = '-';
}
