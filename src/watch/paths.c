#include "watch/paths.h"
#include "base/base.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_below(const char *root, const char *path) {
    size_t length = strlen(root);
    while (length > 0 && root[length - 1] == '/')
        length--;
    return strncmp(root, path, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

bool paths_is_inside(const char *root, const char *path) {
    char *whole_root = realpath(root, NULL);
    char *whole_path = realpath(path, NULL);
    const bool inside = whole_root && whole_path && is_below(whole_root, whole_path);
    free(whole_root);
    free(whole_path);
    return inside;
}

/* Whether the open file lies below root. Asks the kernel for the path of the descriptor, so that no
 * link can be swapped in between. */
static bool is_open_below(const char *root, const char *link) {
    char found[PATH_SIZE];
    char *whole_root = realpath(root, NULL);
    const ssize_t length = readlink(link, found, sizeof found - 1);
    found[length > 0 ? length : 0] = '\0';
    const bool below = whole_root && length > 0 && is_below(whole_root, found);
    free(whole_root);
    return below;
}

/* First opened only as a path (O_PATH): opening a device could have effects. */
int paths_open(const char *root, const char *folder, const char *name) {
    char path[PATH_SIZE];
    char link[64];
    struct error error;
    struct stat about;
    int file = -1;
    if (path_join(path, folder, name, &error) != STATUS_OK)
        return -1;
    const int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0)
        return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", place);
    if (fstat(place, &about) == 0 && S_ISREG(about.st_mode) && is_open_below(root, link))
        file = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    close(place);
    return file;
}

const char *paths_last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* before: the character before the path; if it is a quote, only another one ends the path. */
static bool ends_path(char c, char before) {
    return c == '\0' || c == '\'' || (before != '\'' && strchr(" \"(),;:=", c) != NULL);
}

void paths_hide_folders(char *text) {
    char *out = text;
    const char *next = text;
    while (*next) {
        const char before = next == text ? ' ' : next[-1];
        const bool begins = *next == '/' && ends_path(before, ' ');
        const char *last = next;
        for (const char *c = next; begins && !ends_path(*c, before); c++)
            if (*c == '/' && !ends_path(c[1], before))
                last = c + 1;
        next = last;
        *out++ = *next++;
    }
    *out = '\0';
}
