#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LIBRARY "libm.so.6"

struct functions {
    double (*floor)(double);
    double (*none)(double);
    double (*ceil)(double);
};

static const struct shared_symbol symbols[] = {
    {"floor", offsetof(struct functions, floor)},
    {"no_such_function", offsetof(struct functions, none)},
    {"ceil", offsetof(struct functions, ceil)},
};

static void functions_are_found_by_the_table(void **state) {
    (void)state;
    struct functions functions;
    struct shared_library *library = shared_library_open(LIBRARY, SHARED_LIBRARY_LOCAL, NULL);
    assert_non_null(library);
    memset(&functions, 1, sizeof functions);
    assert_string_equal(shared_library_find_all(library, symbols, 3, &functions),
                        "no_such_function");
    assert_null(functions.none);
    assert_true(functions.floor(1.5) == 1);
    assert_true(functions.ceil(1.5) == 2);
    assert_null(shared_library_find_all(library, symbols, 1, &functions));
    assert_non_null(shared_library_find(library, "floor"));
    assert_null(shared_library_find(library, "no_such_function"));
    shared_library_close(library);
}

static void a_missing_library_has_a_reason(void **state) {
    (void)state;
    const char *reason = NULL;
    assert_null(shared_library_open("./no-such-library.so", SHARED_LIBRARY_LOCAL, &reason));
    assert_non_null(strstr(reason, "no-such-library.so"));
    assert_null(shared_library_open("./no-such-library.so", SHARED_LIBRARY_GLOBAL, NULL));
}

static void loaded_libraries_are_known(void **state) {
    (void)state;
    struct shared_library *library = shared_library_open(LIBRARY, SHARED_LIBRARY_LOCAL, NULL);
    assert_non_null(library);
    assert_true(shared_library_is_loaded(LIBRARY));
    assert_false(shared_library_is_loaded("./no-such-library.so"));
    shared_library_close(library);
    shared_library_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_found_by_the_table),
        cmocka_unit_test(a_missing_library_has_a_reason),
        cmocka_unit_test(loaded_libraries_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
