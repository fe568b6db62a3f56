/* Shared by the tests of methods: a trainer of a small network on vectors, with an empty batch. */
#ifndef ASYNCRL_TESTS_METHOD_FIXTURE_H
#define ASYNCRL_TESTS_METHOD_FIXTURE_H

#include "../network/network_fixture.h"
#include "method/method.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct trained {
    struct method_config config;
    struct optimizer_config optimizer;
    struct network_spec network;
    struct step_layout layout;
    struct trainer trainer;
    struct batch batch;
    struct stage_timer timer;
};

static inline void assert_near(double number, double expected) {
    if (!(fabs(number - expected) < 1e-5))
        fail_msg("%g is not %g", number, expected);
}

/* Sets the defaults of a method's options, and then options, as on a command line. */
static inline void set_method_options(struct method_config *config, const struct option_part *parts,
                                      const char *options) {
    struct error error;
    struct option table[OPTION_MAX_COUNT + 1];
    const struct option_part all[] = {{.options = method_options}, {.parts = parts}, {0}};
    assert_int_equal(options_compose(table, all, NULL, &error), STATUS_OK);
    options_defaults(table, config);
    if (options_parse_text(table, options, config, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

/* Opens the trainer of a network on vectors; config is set. steps: of a segment. request: only
 * seed and beat. Parameters are zeros, so the network outputs 0. */
static inline void trained_open_network(struct trained *trained, const struct method *method,
                                        const struct network_spec *network, int steps,
                                        int batch_size, struct trainer_request request) {
    struct error error;
    struct option table[OPTION_MAX_COUNT + 1];
    const size_t observation_bytes = (size_t)network->channels * sizeof(float);
    assert_int_equal(options_compose(table, optimizer_options, NULL, &error), STATUS_OK);
    options_defaults(table, &trained->optimizer);
    trained->network = *network;
    const struct step_sizes sizes = {
        .observation = observation_bytes,
        .news = observation_bytes,
        .action = network->gaussian ? (size_t)network->actions * sizeof(float) : 0,
        .state = network_state_size(network) * sizeof(float)};
    step_layout_make(&trained->layout, method->fields(&trained->config), steps, &sizes);
    request.method = method;
    request.config = &trained->config;
    request.optimizer = &trained->optimizer;
    request.network = &trained->network;
    request.layout = &trained->layout;
    request.batch_size = batch_size;
    request.threads = 1;
    request.timer = &trained->timer;
    assert_int_equal(trainer_open(&trained->trainer, &request, &error), STATUS_OK);
    assert_int_equal(batch_create(&trained->batch, &trained->layout, batch_size, &error),
                     STATUS_OK);
}

/* The same for the method's usual network. numbers: of an observation. */
static inline void trained_open(struct trained *trained, const struct method *method, int numbers,
                                int actions, int steps, int batch_size) {
    const struct network_spec network = spec_on_vectors(method->heads, numbers, actions);
    trained_open_network(trained, method, &network, steps, batch_size, (struct trainer_request){0});
}

static inline void trained_close(struct trained *trained) {
    trainer_close(&trained->trainer);
    batch_destroy(&trained->batch);
}

#endif
