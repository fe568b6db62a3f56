/*
 * Checkpoints: damage ends at the seal. What opens has the parts of the file that was damaged, and
 * all of each.
 */
#include "fuzz.h"
#include "fuzz_file.h"

#include "store/store.h"

static void read_parts(const struct checkpoint *checkpoint) {
    static const char *const names[] = {"learner/params", "learner/frames", "learner/rate",
                                        "options", "unread"};
    struct error error;
    int parts = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (enum checkpoint_type type = CHECKPOINT_BYTES; type <= CHECKPOINT_REALS; type++) {
            double values[3];
            size_t count;
            if (!checkpoint_count(checkpoint, names[i], type, &count))
                continue;
            fuzz_require(count <= 3, "a part of a strange size");
            fuzz_require(checkpoint_read(checkpoint, names[i], type, values, count, &error) ==
                             STATUS_OK,
                         "a part that cannot be read");
            parts++;
        }
    }
    fuzz_require(parts == 5, "an open checkpoint without all its parts");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fuzz_file file = fuzz_file_open(data, size);
    char folder[] = "/tmp/asyncrl-fuzz-XXXXXX";
    char path[64];
    fuzz_require(mkdtemp(folder) != NULL, "no folder");
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    fuzz_require(symlink(file.path, path) == 0, "no link in the folder");

    struct error error = {0};
    struct checkpoint *checkpoint = NULL;
    if (checkpoint_open(folder, &checkpoint, &error) == STATUS_OK) {
        fuzz_require(checkpoint_warning(checkpoint)[0] == '\0', "a warning without a reason");
        read_parts(checkpoint);
        checkpoint_close(checkpoint);
    } else {
        struct fuzz_file named;
        snprintf(named.path, sizeof named.path, "%s", path);
        fuzz_require_refusal(&named, &error);
        fuzz_require(!checkpoint, "a failure that gave a checkpoint");
    }
    unlink(path);
    rmdir(folder);
    fuzz_file_close(&file);
    return 0;
}
