/* Keras weight files: loading gives all the tensors or leaves them as they were. */
#include "fuzz.h"
#include "fuzz_file.h"

#include "store/store.h"

#include <math.h>

/* The network of tests/data/keras. */
enum { VIEWS = 10, VALUES = 4 * 192 + 4 + 6 * 64 + 6 + 24 * 8 + 8 + 8 + 1 + 40 + 5 };

static void make_views(struct tensor_view views[VIEWS], float *values) {
    const struct tensor_view shapes[VIEWS] = {
        {"conv1/kernel", 4, {4, 3, 8, 8}, NULL}, {"conv1/bias", 1, {4}, NULL},
        {"conv2/kernel", 4, {6, 4, 4, 4}, NULL}, {"conv2/bias", 1, {6}, NULL},
        {"dense/kernel", 2, {24, 8}, NULL},      {"dense/bias", 1, {8}, NULL},
        {"value/kernel", 2, {8, 1}, NULL},       {"value/bias", 1, {1}, NULL},
        {"policy/kernel", 2, {8, 5}, NULL},      {"policy/bias", 1, {5}, NULL},
    };
    for (int i = 0; i < VIEWS; i++) {
        views[i] = shapes[i];
        views[i].data = values;
        values += tensor_size(&views[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const float untouched = -12345.0F;
    const struct fuzz_file file = fuzz_file_open(data, size);
    struct error error = {0};
    struct weights_layout layout;
    if (weights_inspect(file.path, CHANNELS_UNSAID, &layout, &error) != STATUS_OK)
        fuzz_require_refusal(&file, &error);

    struct tensor_view views[VIEWS];
    float values[VALUES];
    for (int i = 0; i < VALUES; i++)
        values[i] = untouched;
    make_views(views, values);
    const bool loaded = weights_load(file.path, CHANNELS_UNSAID, views, VIEWS, &error) == STATUS_OK;
    if (!loaded)
        fuzz_require_refusal(&file, &error);
    for (int i = 0; i < VALUES; i++)
        fuzz_require(loaded ? isfinite(values[i]) : values[i] == untouched,
                     loaded ? "a weight that is not a number"
                            : "a failure that touched the tensors");
    fuzz_file_close(&file);
    return 0;
}
