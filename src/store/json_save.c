#include "store/store.h"

#include <stdlib.h>

enum status json_save(const struct json *json, const char *path, struct error *error) {
    size_t size;
    char *text = json_indented(json, &size);
    if (!text)
        return error_set(error, STATUS_FAILED, "out of memory writing '%s'", path);
    const enum status status = atomic_file_write(path, text, size, error);
    free(text);
    return status;
}
