#include "report/append.h"

#include <errno.h>
#include <unistd.h>

int append_whole(int fd, const void *data, size_t size, bool *cut) {
    const char *next = data;
    size_t left = size;
    while (left > 0) {
        const ssize_t written = write(fd, next, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written == 0)
            errno = ENOSPC;
        if (written <= 0)
            break;
        next += written;
        left -= (size_t)written;
    }
    *cut = true;
    if (left == 0)
        return 0;
    const int reason = errno;
    const off_t end = lseek(fd, 0, SEEK_CUR);
    *cut = left == size || (end >= 0 && ftruncate(fd, end - (off_t)(size - left)) == 0);
    return *cut ? reason : errno;
}
