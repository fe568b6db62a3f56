#include "bench/bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* The text after "key : " in a line of /proc/cpuinfo, or NULL. */
static const char *value_of(char *line, const char *key) {
    char *colon = strchr(line, ':');
    if (strncmp(line, key, strlen(key)) != 0 || !colon)
        return NULL;
    colon[strcspn(colon, "\n")] = '\0';
    return colon[1] == ' ' ? colon + 2 : colon + 1;
}

/* Kernels on Arm do not name the model; the architecture takes its place. */
void bench_machine(char *out, size_t size) {
    struct utsname system;
    snprintf(out, size, "%s", uname(&system) == 0 ? system.machine : "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file)
        return;
    char line[256];
    const char *model = NULL;
    while (!model && fgets(line, sizeof line, file))
        model = value_of(line, "model name");
    if (model)
        snprintf(out, size, "%s", model);
    fclose(file);
}
