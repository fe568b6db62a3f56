/* Files of points: curves whose points are numbers, in order, or none. */
#include "fuzz.h"
#include "fuzz_file.h"

#include "plot/plot.h"

#include <math.h>

static void check_curve(const struct plot_curve *curve) {
    fuzz_require(curve->count > 0, "a curve without a point");
    for (int i = 0; i < curve->count; i++) {
        fuzz_require(i == 0 || curve->x[i] >= curve->x[i - 1], "points out of order");
        fuzz_require(isfinite(curve->x[i]) && isfinite(curve->y[i]),
                     "a point that is not a number");
        fuzz_require(curve->low[i] <= curve->high[i], "a band upside down");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fuzz_file file = fuzz_file_open(data, size);
    const char *const arguments[] = {file.path};
    const struct plot_request request = {
        .arguments = arguments, .argument_count = 1, .y = "score", .title = ""};
    struct error error = {0};
    struct plot *plot = NULL;
    if (plot_read(&request, &plot, &error) == STATUS_OK) {
        check_curve(&plot->curves[0]);
        plot_free(plot);
    } else {
        fuzz_require_refusal(&file, &error);
    }
    fuzz_file_close(&file);
    return 0;
}
