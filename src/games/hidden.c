#include "games/hidden.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

bool game_path_is_hidden(const char *path, struct error *error) {
    struct stat found;
    if (stat(path, &found) == 0 || errno == ENOENT || errno == ENOTDIR)
        return false;
    error_set(error, STATUS_BAD_INPUT, "cannot open '%s': %s", path, strerror(errno));
    return true;
}
