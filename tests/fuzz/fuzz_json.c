/* JSON files: loading gives an object or nothing. */
#include "fuzz.h"
#include "fuzz_file.h"

#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fuzz_file file = fuzz_file_open(data, size);
    struct error error = {0};
    struct json *json = NULL;
    if (json_load(file.path, &json, &error) == STATUS_OK) {
        char text[16];
        double real;
        json_get_text(json, "model", text, sizeof text);
        json_get_real(json, "width", &real);
        json_free(json);
    } else {
        fuzz_require_refusal(&file, &error);
        fuzz_require(!json, "a failure that gave an object");
    }
    fuzz_file_close(&file);
    return 0;
}
