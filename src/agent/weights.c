/*
 * The weight file of a run directory.
 */
#include "agent/agent.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Whether it is a weight file of a run; then *time is when it was written. */
static bool is_model(const char *folder, const char *name, char path[PATH_SIZE],
                     struct timespec *time) {
    struct stat file;
    struct error ignored = {0};
    const size_t length = strlen(name);
    if (strncmp(name, "model-", strlen("model-")) != 0 || length < strlen("model-.h5") ||
        strcmp(name + length - strlen(".h5"), ".h5") != 0 ||
        path_join(path, folder, name, &ignored) != STATUS_OK || stat(path, &file) != 0 ||
        !S_ISREG(file.st_mode))
        return false;
    *time = file.st_mtim;
    return true;
}

static bool is_newer(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* The newest weight file of a run directory; "": there is none. */
static enum status find_newest(const char *folder, char out[PATH_SIZE], struct error *error) {
    struct timespec newest = {0};
    DIR *open_folder = opendir(folder);
    out[0] = '\0';
    if (!open_folder)
        return error_set(error, STATUS_BAD_INPUT, "cannot open the folder '%s': %s", folder,
                         strerror(errno));
    for (const struct dirent *entry; (entry = readdir(open_folder));) {
        char path[PATH_SIZE];
        struct timespec time;
        if (!is_model(folder, entry->d_name, path, &time) || (out[0] && !is_newer(&time, &newest)))
            continue;
        newest = time;
        memcpy(out, path, PATH_SIZE);
    }
    closedir(open_folder);
    return STATUS_OK;
}

static bool is_saved_model(const char *folder) {
    char path[PATH_SIZE];
    struct error error;
    return path_join(path, folder, "saved_model.pb", &error) == STATUS_OK && path_is_file(path);
}

enum status agent_find_weights(const char *model, char path[PATH_SIZE], struct error *error) {
    if (!path_is_folder(model))
        return path_append(path, model, "", error);
    enum status status = path_join(path, model, "model-best.h5", error);
    if (status == STATUS_OK && path_is_hidden(path, error))
        status = STATUS_BAD_INPUT;
    if (status == STATUS_OK && !path_is_file(path))
        status = find_newest(model, path, error);
    if (status != STATUS_OK || path[0])
        return status;
    if (is_saved_model(model))
        return error_set(error, STATUS_BAD_INPUT,
                         "the folder '%s' is a SavedModel of TensorFlow; wanted HDF5, as Keras "
                         "writes a whole model: model.save('model.h5')",
                         model);
    return error_set(
        error, STATUS_BAD_INPUT,
        "the folder '%s' has no weight file (model-....h5); wanted a weight file, or the "
        "directory of a run that has saved one",
        model);
}
