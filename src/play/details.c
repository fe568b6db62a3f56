#include "play/details.h"

#include <stdlib.h>

/* The name comes from a game's files, so it may contain anything. */
static void print_name(FILE *out, const char *name) {
    putc(',', out);
    for (; *name; name++)
        putc(*name >= ' ' && *name <= '~' && *name != ',' ? *name : '?', out);
}

void details_print_names(FILE *out, const struct environment *environment) {
    const struct emulator_info *info = environment_emulator_info(environment);
    for (int d = 0; d < info->detail_count; d++)
        print_name(out, info->detail_names[d]);
}

enum status details_print(FILE *out, const struct environment *environment, struct error *error) {
    const int count = environment_emulator_info(environment)->detail_count;
    double *details = calloc((size_t)count + 1, sizeof *details);
    if (!details)
        return error_set(error, STATUS_FAILED, "out of memory for the game's info");
    environment_details(environment, details);
    for (int d = 0; d < count; d++)
        fprintf(out, ",%.15g", details[d]);
    free(details);
    return STATUS_OK;
}
