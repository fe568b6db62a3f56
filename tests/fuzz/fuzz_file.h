/* Input as a file for readers that want a path: in memory, never on a disk. */
#ifndef ASYNCRL_TESTS_FUZZ_FILE_H
#define ASYNCRL_TESTS_FUZZ_FILE_H

#include "base/base.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fuzz_file {
    int descriptor;
    char path[PATH_SIZE];
};

static inline void fuzz_require(bool truth, const char *what) {
    if (truth)
        return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static inline struct fuzz_file fuzz_file_open(const uint8_t *data, size_t size) {
    struct fuzz_file file = {.descriptor = memfd_create("fuzz", MFD_CLOEXEC)};
    fuzz_require(file.descriptor >= 0, "no memory file");
    fuzz_require(write(file.descriptor, data, size) == (ssize_t)size, "cannot write the input");
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    return file;
}

/*
 * A folder of this process, in $TMPDIR or /tmp: the same one in each call, removed at the end. It
 * must be left empty.
 */
static char fuzz_folder_path[512];

static inline void fuzz_folder_remove(void) {
    rmdir(fuzz_folder_path);
}

static inline const char *fuzz_folder(void) {
    const char *parent = getenv("TMPDIR");
    if (fuzz_folder_path[0])
        return fuzz_folder_path;
    snprintf(fuzz_folder_path, sizeof fuzz_folder_path, "%s/asyncrl-fuzz-XXXXXX",
             parent ? parent : "/tmp");
    fuzz_require(mkdtemp(fuzz_folder_path) != NULL, "no folder");
    atexit(fuzz_folder_remove);
    return fuzz_folder_path;
}

static inline void fuzz_file_close(const struct fuzz_file *file) {
    close(file->descriptor);
}

/* Every refusal is bad input, in one printable line that names the file. */
static inline void fuzz_require_refusal(const struct fuzz_file *file, const struct error *error) {
    fuzz_require(error->status == STATUS_BAD_INPUT, "a refusal that is not bad input");
    fuzz_require(strstr(error->message, file->path) != NULL,
                 "an error that does not name the file");
    for (const char *c = error->message; *c; c++)
        fuzz_require(*c >= ' ' && *c <= '~', "an error that is not one printable line");
}

#endif
