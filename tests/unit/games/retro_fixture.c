#include "retro_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- A folder of files ----------------------------------------------------------------------- */

/* The path is in a buffer that the next call overwrites. */
const char *write_file(const struct folder *folder, const char *name, const char *text,
                       size_t size) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(text, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
    return path;
}

void assert_says(const struct error *error, const char *word) {
    if (!strstr(error->message, word))
        fail_msg("no '%s' in: %s", word, error->message);
}

const char console[] =
    "{\"Toy\": {\"lib\": \"toy\", \"ext\": [\"toy\", \"bin\"], \"rambase\": 256,"
    "\"buttons\": [\"B\", null, \"SELECT\", \"START\", \"UP\", \"DOWN\"],"
    "\"overlay\": [\"<\", \">\", 2],"
    "\"actions\": [[[], [\"UP\"], [\"DOWN\"]], [[\"SELECT\"], [], [\"B\"], [\"B\", \"B\"]]]}}";

void load_console(const struct folder *folder, struct retro_system *system) {
    struct error error;
    write_file(folder, "toy.json", console, strlen(console));
    if (retro_system_load(folder->path, "Toy", system, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}
