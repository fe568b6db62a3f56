/* Shared by the tests of agents: a weight file made by hand, in a folder of its own below /tmp. */
#ifndef ASYNCRL_TESTS_MODEL_FILE_H
#define ASYNCRL_TESTS_MODEL_FILE_H

#include "../network/network_fixture.h"
#include "agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char model_folder[] = "/tmp/asyncrl-model-XXXXXX";
static char model_path[64]; /* of the weight file */

/* cmocka's setup and teardown of a group. */
static inline int make_model_folder(void **state) {
    (void)state;
    if (!mkdtemp(model_folder))
        return -1;
    snprintf(model_path, sizeof model_path, "%s/model.h5", model_folder);
    return 0;
}

static inline int remove_model_folder(void **state) {
    (void)state;
    unlink(model_path);
    return rmdir(model_folder);
}

/* The tensor of that name; the test fails if there is none. */
static inline float *model_tensor(const struct tensor_view *views, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(views[i].name, name) == 0)
            return views[i].data;
    fail_msg("no tensor %s", name);
    return NULL;
}

/* Saves a model whose weights are zeros, apart from those that fill sets; it may be NULL. */
static inline void save_model(const struct network_spec *spec, const struct weights_metadata *about,
                              void (*fill)(const struct tensor_view *views, int count,
                                           const void *context),
                              const void *context) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    struct error error;
    float *params = calloc(network_param_count(spec), sizeof *params);
    assert_non_null(params);
    const int count = network_tensors(spec, params, views);
    if (fill)
        fill(views, count, context);
    if (weights_save(model_path, views, count, about, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    free(params);
}

#endif
