#include "gymnasium_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

const char module[] = "asyncrl_test_games";

enum status try_to_open(const char *from, const char *id, double seconds,
                        struct emulator **emulator, struct error *error) {
    const struct gymnasium_description description = {
        .module = from, .id = id, .kwargs = "", .wrappers = "", .answer_seconds = seconds};
    return emulator_open_gymnasium(&description, emulator, error);
}

struct emulator *open_game(const char *from, const char *id) {
    struct emulator *emulator = NULL;
    struct error error;
    if (try_to_open(from, id, 0, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return emulator;
}

bool gymnasium_is_there(void) {
    const char *python = getenv("ASYNCRL_PYTHON");
    char command[4200];
    snprintf(command, sizeof command, "'%s' -c 'import gymnasium' 2>/dev/null",
             python ? python : "python3");
    if (system(command) == 0)
        return true;
    printf("ok 1 - environments # SKIP no Python with gymnasium: tools/install-deps --gymnasium"
           "\n1..1\n");
    return false;
}
