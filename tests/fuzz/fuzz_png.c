/* PNG pictures: reading gives a picture of the size that it says, or nothing. */
#include "fuzz.h"
#include "fuzz_file.h"

#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fuzz_file file = fuzz_file_open(data, size);
    struct error error = {0};
    uint8_t *rgb = NULL;
    int height = 0;
    int width = 0;
    if (png_read(file.path, &rgb, &height, &width, &error) == STATUS_OK) {
        unsigned sum = 0;
        for (size_t i = 0; i < (size_t)height * (size_t)width * 3; i++)
            sum += rgb[i]; /* so that a sanitizer sees each byte read */
        fuzz_require(height > 0 && width > 0 && sum <= 255U * 3U * 4096U * 4096U, "a strange size");
        free(rgb);
    } else {
        fuzz_require_refusal(&file, &error);
        fuzz_require(!rgb, "a failure that gave a picture");
    }
    fuzz_file_close(&file);
    return 0;
}
