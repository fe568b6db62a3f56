/* data.json of games of consoles: variables whose memory can be read at any place, or none. */
#include "fuzz.h"
#include "fuzz_file.h"

#include "games/retro/data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t bytes[64] = {1, 2, 3};
    const struct fuzz_file file = fuzz_file_open(data, size);
    struct error error = {0};
    struct retro_variables variables;
    struct retro_memory memory = {.count = 2, .swap = 1};
    memory.blocks[0] = (struct retro_block){.start = 0, .size = 33, .bytes = bytes};
    memory.blocks[1] = (struct retro_block){.start = 16711680, .size = 64, .bytes = bytes};
    if (retro_variables_load(file.path, &variables, &error) == STATUS_OK) {
        for (int i = 0; i < variables.count; i++) {
            const int64_t value = retro_variable_read(&variables.all[i], &memory);
            fuzz_require(value == 0 || retro_variable_is_there(&variables.all[i], &memory),
                         "a value of a variable that is not there");
        }
        retro_variables_free(&variables);
    } else {
        fuzz_require_refusal(&file, &error);
        fuzz_require(variables.count == 0, "a failure that gave variables");
    }
    fuzz_file_close(&file);
    return 0;
}
