/* Zip archives, through minizip. zip.c is the one file that knows it. */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <unzip.h>

enum { NAME_SIZE = 4096 };

/* Reads the current file, whose size its entry tells; NULL if that cannot be done. */
static unsigned char *read_current(unzFile archive, size_t size) {
    if (unzOpenCurrentFile(archive) != UNZ_OK)
        return NULL;
    unsigned char *data = malloc(size + 1);
    const int length = data ? unzReadCurrentFile(archive, data, (unsigned)size + 1) : -1;
    const bool is_whole = unzCloseCurrentFile(archive) == UNZ_OK; /* compares the checksum */
    if (is_whole && length >= 0 && (size_t)length == size)
        return data;
    free(data);
    return NULL;
}

static enum status visit_current(unzFile archive, size_t limit, zip_visitor *visit, void *context,
                                 struct error *error) {
    unz_file_info64 info;
    char name[NAME_SIZE];
    if (unzGetCurrentFileInfo64(archive, &info, name, sizeof name, NULL, 0, NULL, 0) != UNZ_OK)
        return STATUS_OK;
    name[sizeof name - 1] = '\0';
    const size_t length = strlen(name);
    if (length > 0 && name[length - 1] == '/')
        return STATUS_OK; /* a folder */
    unsigned char *data = info.uncompressed_size <= limit
                              ? read_current(archive, (size_t)info.uncompressed_size)
                              : NULL;
    const enum status status =
        visit(name, data, data ? (size_t)info.uncompressed_size : 0, context, error);
    free(data);
    return status;
}

enum status zip_visit(const char *path, size_t limit, zip_visitor *visit, void *context,
                      struct error *error) {
    unzFile archive = unzOpen64(path);
    if (!archive)
        return error_set(error, STATUS_BAD_INPUT, "'%s' is not a zip archive, or damaged", path);
    enum status status = STATUS_OK;
    int place = unzGoToFirstFile(archive);
    for (; place == UNZ_OK && status == STATUS_OK; place = unzGoToNextFile(archive))
        status = visit_current(archive, limit, visit, context, error);
    unzClose(archive);
    return status != STATUS_OK || place == UNZ_END_OF_LIST_OF_FILE || place == UNZ_OK
               ? status
               : error_set(error, STATUS_BAD_INPUT, "'%s' is damaged after some files", path);
}
