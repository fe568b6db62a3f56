/*
 * Makes the files that the command line's tests feed it:
 *
 *     make_input weights FILE METHOD GAME CHANNELS ACTIONS [SIDE]
 *                                                             random weights; GAME may be "";
 *                                                             ACTIONS: 4, or 2x3 for two parts
 *     make_input png FILE HEIGHT WIDTH                        a gray picture
 *     make_input ppm FILE SCREEN.png...                       these pictures, one after another
 */
#include "network/network.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status make_weights(char **words, int side, struct error *error) {
    struct network_spec spec = {
        .trunk = TRUNK_A3C,
        .heads = words[1][0] == 'q' ? HEADS_Q : HEADS_POLICY_VALUE,
        .channels = atoi(words[3]),
        .height = side,
        .width = side,
        .actions = atoi(words[4]),
    };
    struct weights_metadata about = {.steps = -1};
    snprintf(about.method, sizeof about.method, "%s", words[1]);
    snprintf(about.game, sizeof about.game, "%s", words[2]);
    if (parts_read(words[4], &spec.parts)) {
        spec.actions = parts_choices(&spec.parts);
        network_name(&spec, about.network);
    }

    float *params = calloc(network_param_count(&spec), sizeof *params);
    if (!params)
        return error_set(error, STATUS_FAILED, "out of memory");
    struct rng rng;
    rng_seed(&rng, 1, 0);
    network_initialize(&spec, params, &rng);
    struct tensor_view views[NETWORK_MAX_TENSORS];
    const int view_count = network_tensors(&spec, params, views);
    const enum status status = weights_save(words[0], views, view_count, &about, error);
    free(params);
    return status;
}

static enum status make_png(char **words, struct error *error) {
    const int height = atoi(words[1]);
    const int width = atoi(words[2]);
    const size_t size = (size_t)height * (size_t)width * 3;
    uint8_t *rgb = malloc(size);
    if (!rgb)
        return error_set(error, STATUS_FAILED, "out of memory");
    memset(rgb, 128, size);
    const enum status status = png_write(words[0], rgb, height, width, error);
    free(rgb);
    return status;
}

static enum status make_ppm(char **words, int count, struct error *error) {
    FILE *out = fopen(words[0], "wb");
    if (!out)
        return error_set(error, STATUS_FAILED, "cannot write '%s'", words[0]);
    enum status status = STATUS_OK;
    for (int i = 1; i < count && status == STATUS_OK; i++) {
        uint8_t *rgb;
        int height;
        int width;
        status = png_read(words[i], &rgb, &height, &width, error);
        if (status != STATUS_OK)
            break;
        fprintf(out, "P6\n%d %d\n255\n", width, height);
        fwrite(rgb, 3, (size_t)width * (size_t)height, out);
        free(rgb);
    }
    fclose(out);
    return status;
}

int main(int argc, char **argv) {
    struct error error = {0};
    enum status status = STATUS_BAD_INPUT;
    if ((argc == 7 || argc == 8) && strcmp(argv[1], "weights") == 0)
        status = make_weights(argv + 2, argc == 8 ? atoi(argv[7]) : 84, &error);
    else if (argc == 5 && strcmp(argv[1], "png") == 0)
        status = make_png(argv + 2, &error);
    else if (argc > 3 && strcmp(argv[1], "ppm") == 0)
        status = make_ppm(argv + 2, argc - 2, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "make_input: %s\n", error.message);
    return status_exit_code(status);
}
