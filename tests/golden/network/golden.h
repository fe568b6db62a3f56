/* Shared by the network goldens: the published weights, the recorded files, both backends. */
#ifndef ASYNCRL_TEST_GOLDEN_NETWORK_H
#define ASYNCRL_TEST_GOLDEN_NETWORK_H

#include "network/network.h"
#include "store/store.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

/* Every published network sees three frames and has Breakout's four actions. */
enum { ACTIONS = 4, OBSERVATION_SIZE = 3 * 84 * 84 };

static inline const char *environment_folder(const char *name) {
    const char *folder = getenv(name);
    if (!folder)
        fail_msg("%s is not set: run by 'meson test'", name);
    return folder;
}

/* Reads a file of the golden data of exactly size bytes. The caller frees it. */
static inline void *read_golden(const char *name, size_t size) {
    struct error error;
    char path[PATH_SIZE];
    unsigned char *data = NULL;
    size_t found = 0;
    if (path_join(path, environment_folder("ASYNCRL_TEST_DATA"), name, &error) != STATUS_OK ||
        path_read_file(path, size, &data, &found, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(found, size);
    return data;
}

static inline json_t *read_golden_json(const char *name) {
    struct error error;
    char path[PATH_SIZE];
    json_error_t json_error;
    if (path_join(path, environment_folder("ASYNCRL_TEST_DATA"), name, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    json_t *json = json_load_file(path, 0, &json_error);
    if (!json)
        fail_msg("%s: %s", path, json_error.text);
    return json;
}

static inline double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        fail_msg("no number '%s'", key);
    return json_number_value(value);
}

/* Element index of the array under key. */
static inline double element(const json_t *object, const char *key, size_t index) {
    const json_t *value = json_array_get(json_object_get(object, key), index);
    if (!json_is_number(value))
        fail_msg("no number '%s'[%zu]", key, index);
    return json_number_value(value);
}

static inline struct network_spec golden_spec(enum heads heads) {
    return (struct network_spec){.trunk = TRUNK_A3C,
                                 .heads = heads,
                                 .channels = 3,
                                 .height = 84,
                                 .width = 84,
                                 .actions = ACTIONS};
}

/*
 * True, with the line that skips a whole test program, if the published weights are absent.
 * (cmocka's own skip() writes "not ok # SKIP", which meson counts as a failure.)
 */
static inline bool skip_without_weights(void) {
    const char *shared = getenv("ASYNCRL_SHARED");
    struct error error;
    char path[PATH_SIZE];
    if (shared && path_join(path, shared, "weights", &error) == STATUS_OK && path_is_folder(path))
        return false;
    printf("1..0 # SKIP no published weights at %s/weights (set ASYNCRL_SHARED)\n",
           shared ? shared : "");
    return true;
}

/* The parameters in a published weight file. The caller frees them. */
static inline float *load_weights(const struct network_spec *spec, const char *name) {
    struct error error;
    char path[PATH_SIZE];
    if (path_join(path, environment_folder("ASYNCRL_SHARED"), name, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    float *params = calloc(network_param_count(spec), sizeof *params);
    assert_non_null(params);
    struct tensor_view views[NETWORK_MAX_TENSORS];
    int count = network_tensors(spec, params, views);
    if (weights_load(path, CHANNELS_UNSAID, views, count, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return params;
}

static inline struct network *golden_network(const struct network_spec *spec, void **state,
                                             int max_batch) {
    struct network *network = NULL;
    struct error error;
    enum backend backend = *(const enum backend *)*state;
    if (network_create(spec, backend, max_batch, 1, &network, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return network;
}

static const enum backend golden_reference = BACKEND_REFERENCE;
static const enum backend golden_onednn = BACKEND_ONEDNN;

#define BACKEND_TEST(test, backend)                                                                \
    { #test " " #backend, test, NULL, NULL, (void *)&golden_##backend }
#define BOTH_BACKENDS(test) BACKEND_TEST(test, reference), BACKEND_TEST(test, onednn)

#endif
