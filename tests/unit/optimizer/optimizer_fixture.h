/* An optimizer as options on a command line make it. */
#ifndef ASYNCRL_TEST_OPTIMIZER_FIXTURE_H
#define ASYNCRL_TEST_OPTIMIZER_FIXTURE_H

#include "optimizer/optimizer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* arguments: "--optimizer=adam", ...; NULL after the last. */
static inline struct optimizer new_optimizer(size_t count, char *const *arguments) {
    struct option table[OPTION_MAX_COUNT + 1];
    struct optimizer_config config;
    struct optimizer optimizer;
    struct error error;
    int argument_count = 0;
    int positional;
    while (arguments[argument_count])
        argument_count++;
    assert_int_equal(options_compose(table, optimizer_options, NULL, &error), STATUS_OK);
    options_defaults(table, &config);
    assert_int_equal(options_parse(table, argument_count, (char **)arguments, &config, NULL, NULL,
                                   0, &positional, &error),
                     STATUS_OK);
    assert_int_equal(optimizer_open(&optimizer, &config, count, &error), STATUS_OK);
    return optimizer;
}

#endif
