/* The program and the machine in config.json, for people who look at a run later. */
#include "train/commit.h"
#include "train/run.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The processor's name as Linux has it; "" if the kernel does not name it, as on most Arm
 * machines. */
static void find_processor(char *out, size_t size) {
    char line[256];
    out[0] = '\0';
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && !out[0] && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", strlen("model name")) == 0 && colon)
            snprintf(out, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
    }
    if (file)
        fclose(file);
    printable(out);
}

struct json *run_about(const struct run *run) {
    struct json *about = json_new_object();
    char processor[200];
    char network[NETWORK_NAME_SIZE];
    char date[32];
    struct tm now;
    const time_t seconds = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &now));
    find_processor(processor, sizeof processor);
    network_name(&run->network, network);
    json_set_text(about, "version", ASYNCRL_VERSION);
    json_set_text(about, "commit", ASYNCRL_COMMIT);
    json_set_text(about, "command", run->config->command ? run->config->command : "");
    json_set_text(about, "network", network);
    json_set_text(about, "processor", processor);
    json_set_int(about, "processors", process_cpu_count());
    json_set_text(about, "date", date);
    return about;
}
