/* Event files from which a run goes on: cutting one leaves its beginning. */
#include "fuzz.h"
#include "fuzz_file.h"

#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *folder = fuzz_folder();
    char path[PATH_SIZE];
    struct error error = {0};
    snprintf(path, sizeof path, "%s/events.out.tfevents.1", folder);
    FILE *stream = fopen(path, "w+be");
    fuzz_require(stream && fwrite(data, 1, size, stream) == size && fflush(stream) == 0,
                 "cannot write the input");
    fuzz_require(event_files_cut(folder, 5000, &error) == STATUS_OK, "a file that fails");

    uint8_t *left = malloc(size + 1);
    rewind(stream);
    const size_t left_size = fread(left, 1, size + 1, stream);
    fuzz_require(left_size <= size && memcmp(left, data, left_size) == 0,
                 "what is left is not the beginning");
    free(left);
    fclose(stream);
    unlink(path);
    return 0;
}
