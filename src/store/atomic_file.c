#include "store/atomic_file.h"
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Each of these returns 0, or the errno of what went wrong. */

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

/* Makes the rename itself last. Folders that cannot be synced (some network file systems) are let
 * be. */
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

enum status atomic_file_write(const char *path, const void *data, size_t size,
                              struct error *error) {
    char beside[PATH_SIZE];
    const int length = snprintf(beside, sizeof beside, "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof beside)
        return error_set(error, STATUS_BAD_INPUT, "cannot write '%.60s...': the path is too long",
                         path);

    int failure = write_and_sync(beside, data, size);
    if (!failure && rename(beside, path) != 0)
        failure = errno;
    if (failure) {
        unlink(beside);
        return error_set(error, STATUS_FAILED, "cannot write '%s': %s", path, strerror(failure));
    }
    sync_folder_of(path);
    return STATUS_OK;
}

void store_sweep(const char *folder, pid_t killed) {
    char ending[32];
    const int length = snprintf(ending, sizeof ending, ".%ld.tmp", (long)killed);
    DIR *entries = opendir(folder);
    if (!entries)
        return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        const size_t name_length = strlen(entry->d_name);
        if (name_length > (size_t)length &&
            strcmp(entry->d_name + name_length - (size_t)length, ending) == 0)
            unlinkat(dirfd(entries), entry->d_name, 0);
    }
    closedir(entries);
}
