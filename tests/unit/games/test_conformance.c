/* Every emulator keeps the one contract; those whose files are missing are skipped. */
#include "../../tools/cores.h"
#include "conformance.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FRAMES = 200 };

static struct emulator *open_catch(void *context) {
    (void)context;
    struct emulator *emulator;
    struct error error;
    if (emulator_open_catch(&emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return emulator;
}

static void catch_keeps_the_contract(void **state) {
    (void)state;
    check_conformance(open_catch, NULL, FRAMES);
}

/* ---- ALE ------------------------------------------------------------------------------------- */

static struct emulator *open_ale(void *context) {
    struct emulator *emulator;
    struct error error;
    if (open_core(true, context, NULL, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return emulator;
}

static void ale_keeps_the_contract(void **state) {
    (void)state;
    static char *const roms[] = {"breakout", "seaquest", "skiing"};
    char library[PATH_SIZE];
    data_path(library, "", "libale_c.so", "");
    if (!path_is_file(library)) {
        print_message("# no ALE library '%s': run tools/install-deps\n", library);
        skip();
    }
    for (size_t i = 0; i < sizeof roms / sizeof roms[0]; i++)
        check_conformance(open_ale, roms[i], FRAMES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catch_keeps_the_contract),
        cmocka_unit_test(ale_keeps_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
