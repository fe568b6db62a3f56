#include "store/atomic_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each of these returns 0, or the errno of the failure. */

static int write_all(int file, const char *data, size_t size) {
    while (size > 0) {
        const ssize_t written = write(file, data, size);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

static int write_and_sync(const char *path, const void *data, size_t size) {
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return errno;
    int failure = write_all(file, data, size);
    if (!failure && fsync(file) != 0)
        failure = errno;
    if (close(file) != 0 && !failure)
        failure = errno;
    return failure;
}

/* Copies what is left of an open file. */
static int copy_and_sync(int from, const char *path) {
    char buffer[1 << 16];
    ssize_t got = 0;
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int failure = file < 0 ? errno : 0;
    while (!failure && (got = read(from, buffer, sizeof buffer)) > 0)
        failure = write_all(file, buffer, (size_t)got);
    if (!failure && (got < 0 || fsync(file) != 0))
        failure = errno;
    if (file >= 0 && close(file) != 0 && !failure)
        failure = errno;
    return failure;
}

/* Makes the rename durable. Folders that cannot be synced (on some network file systems) are
 * skipped. */
static void sync_folder_of(const char *path) {
    char folder[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    else
        snprintf(folder, sizeof folder, ".");
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return;
    fsync(file);
    close(file);
}

static bool exchange(const char *one, const char *other) {
    return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0;
}

/*
 * Moves the new file to path and the old one to previous. If the file system can exchange two
 * names, they are exchanged, so that previous is not lost before the new file has its name.
 */
static int rotate(const char *beside, const char *path, const char *previous) {
    if (exchange(beside, path)) {
        if (rename(beside, previous) == 0)
            return 0;
        const int failure = errno;
        exchange(beside, path);
        return failure;
    }
    if (rename(path, previous) != 0 && errno != ENOENT)
        return errno;
    return rename(beside, path) == 0 ? 0 : errno;
}

enum status atomic_file_beside(char *beside, const char *path, struct error *error) {
    const int length = snprintf(beside, PATH_SIZE, "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || length >= PATH_SIZE)
        return error_set(error, STATUS_BAD_INPUT, "cannot write '%.60s...': the path is too long",
                         path);
    return STATUS_OK;
}

/* Gives the new file its name, unless there was a failure: then there is no new file. If previous
 * is NULL, the old file is not kept. */
static enum status settle(const char *beside, const char *path, const char *previous, int failure,
                          struct error *error) {
    if (!failure && previous)
        failure = rotate(beside, path, previous);
    else if (!failure && rename(beside, path) != 0)
        failure = errno;
    if (failure) {
        unlink(beside);
        return error_set(error, STATUS_FAILED, "cannot write '%s': %s", path, strerror(failure));
    }
    sync_folder_of(path);
    return STATUS_OK;
}

static enum status write_file(const char *path, const char *previous, const void *data, size_t size,
                              struct error *error) {
    char beside[PATH_SIZE];
    const enum status status = atomic_file_beside(beside, path, error);
    if (status != STATUS_OK)
        return status;
    return settle(beside, path, previous, write_and_sync(beside, data, size), error);
}

enum status atomic_file_write(const char *path, const void *data, size_t size,
                              struct error *error) {
    return write_file(path, NULL, data, size, error);
}

enum status atomic_file_rotate(const char *path, const char *previous, const void *data,
                               size_t size, struct error *error) {
    return write_file(path, previous, data, size, error);
}

enum status atomic_file_copy(const char *from, const char *path, struct error *error) {
    char beside[PATH_SIZE];
    int file;
    off_t size;
    enum status status = atomic_file_beside(beside, path, error);
    if (status == STATUS_OK)
        status = path_open_file(from, O_RDONLY, &file, &size, error);
    if (status != STATUS_OK)
        return status;
    const int failure = copy_and_sync(file, beside);
    close(file);
    return settle(beside, path, NULL, failure, error);
}

enum status atomic_file_finish(const char *path, struct error *error) {
    char beside[PATH_SIZE];
    const enum status status = atomic_file_beside(beside, path, error);
    if (status != STATUS_OK)
        return status;
    const int file = open(beside, O_WRONLY | O_CLOEXEC);
    const int failure = file < 0 || fsync(file) != 0 ? errno : 0;
    if (file >= 0)
        close(file);
    return settle(beside, path, NULL, failure, error);
}

enum status atomic_file_try(const char *path, struct error *error) {
    char beside[PATH_SIZE];
    struct stat there;
    enum status status = atomic_file_beside(beside, path, error);
    if (status != STATUS_OK)
        return status;
    /* A rename would replace a device or a pipe with a file. */
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        return error_set(error, STATUS_BAD_INPUT, "cannot write '%s': it is %s", path,
                         S_ISDIR(there.st_mode) ? "a folder" : "not a regular file");
    const int failure = write_and_sync(beside, "", 0);
    if (failure)
        status =
            error_set(error, STATUS_BAD_INPUT, "cannot write '%s': %s", path, strerror(failure));
    unlink(beside);
    return status;
}

/* Whether name ends like the temporary files of write_file: ".<process id>.tmp"; 0: any process. */
static bool is_unfinished(const char *name, pid_t killed) {
    const size_t length = strlen(name);
    const size_t ending = strlen(".tmp");
    if (length <= ending || strcmp(name + length - ending, ".tmp") != 0)
        return false;
    size_t first = length - ending;
    while (first > 0 && name[first - 1] >= '0' && name[first - 1] <= '9')
        first--;
    return first > 1 && name[first - 1] == '.' && first < length - ending &&
           (killed == 0 || strtol(name + first, NULL, 10) == killed);
}

void store_sweep(const char *folder, pid_t killed) {
    DIR *entries = opendir(folder);
    if (!entries)
        return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (is_unfinished(entry->d_name, killed))
            unlinkat(dirfd(entries), entry->d_name, 0);
    }
    closedir(entries);
}
