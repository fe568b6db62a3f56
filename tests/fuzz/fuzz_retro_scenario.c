/* scenario.json of games of consoles: rules that can judge any values, or none. */
#include "fuzz.h"
#include "fuzz_file.h"

#include "games/retro/scenario.h"

#include <math.h>

enum { VARIABLE_COUNT = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fuzz_file file = fuzz_file_open(data, size);
    struct error error = {0};
    struct retro_variable all[VARIABLE_COUNT] = {
        {.name = (char[]){"gameover"}}, {.name = (char[]){"lives"}}, {.name = (char[]){"score"}}};
    const struct retro_variables variables = {.all = all, .count = VARIABLE_COUNT};
    const struct retro_system system = {
        .name = "Toy", .buttons = {"B", "A", "", "", "UP", "DOWN"}, .button_count = 6};
    struct retro_scenario scenario;
    if (retro_scenario_load(file.path, &variables, &system, &scenario, &error) == STATUS_OK) {
        const int64_t values[VARIABLE_COUNT] = {INT64_MAX, 0, 3};
        const int64_t previous[VARIABLE_COUNT] = {INT64_MIN, 1, 3};
        fuzz_require(isfinite(retro_scenario_reward(&scenario, values, previous)),
                     "a reward that is not a number");
        retro_scenario_is_over(&scenario, values, previous);
        if (scenario.has_combos && retro_combos_count(&scenario.combos) <= RETRO_MAX_ACTIONS)
            retro_combos_buttons(&scenario.combos, retro_combos_count(&scenario.combos) - 1);
        retro_scenario_free(&scenario);
    } else {
        fuzz_require_refusal(&file, &error);
        fuzz_require(!scenario.rewards && !scenario.ends, "a failure that gave rules");
    }
    fuzz_file_close(&file);
    return 0;
}
