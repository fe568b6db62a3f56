#include "base/memory.h"

#include "base/path.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The memory controller's files in a version of control groups (Linux's
 * Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst). */
struct controller {
    const char *line; /* in /proc/self/cgroup, the text after the number in the controller's line */
    const char *mount; /* of its hierarchy */
    const char *limit;
    const char *usage;
    const char *cache; /* the prefix in memory.stat of numbers that include lower groups */
};

static const struct controller controllers[] = {
    {"memory:", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
     "total_"},
    {":", "/sys/fs/cgroup", "memory.max", "memory.current", ""},
};

/* The number that follows a word at a line's beginning; false if there is none. */
static bool read_number(const char *path, const char *word, size_t *number) {
    char line[256];
    bool found = false;
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    while (!found && fgets(line, sizeof line, file)) {
        const char *digits = line + strlen(word);
        char *end = line;
        if (strncmp(line, word, strlen(word)) == 0)
            *number = strtoull(digits, &end, 10);
        found = end > digits;
    }
    fclose(file);
    return found;
}

/* The same in a file of a control group. */
static bool read_group(const char *folder, const char *name, const char *word, size_t *number) {
    char path[PATH_SIZE];
    struct error ignored;
    return path_join(path, folder, name, &ignored) == STATUS_OK && read_number(path, word, number);
}

/* The bytes that a control group's limit leaves; SIZE_MAX if it has no limit. */
static size_t left_in_group(const char *folder, const struct controller *controller) {
    size_t limit;
    size_t used;
    size_t reclaimable = 0;
    if (!read_group(folder, controller->limit, "", &limit) ||
        !read_group(folder, controller->usage, "", &used))
        return SIZE_MAX;
    static const char *const lists[] = {"inactive_file", "active_file"};
    for (int i = 0; i < 2; i++) {
        char word[32];
        size_t bytes;
        snprintf(word, sizeof word, "%s%s", controller->cache, lists[i]);
        if (read_group(folder, "memory.stat", word, &bytes))
            reclaimable += bytes;
    }
    used -= reclaimable < used ? reclaimable : used;
    return used < limit ? limit - used : 0;
}

/* The least that a group or one above it has left. root, group: as a path in the hierarchy. */
static size_t left_in_groups(const char *root, const struct controller *controller,
                             const char *group) {
    char folder[PATH_SIZE];
    const int top = snprintf(folder, sizeof folder, "%s%s", root, controller->mount);
    const int length = snprintf(folder, sizeof folder, "%s%s%s", root, controller->mount, group);
    if (length < 0 || length >= (int)sizeof folder)
        return SIZE_MAX;
    size_t least = SIZE_MAX;
    for (char *end = folder + length; end; end = strrchr(folder, '/')) {
        *end = '\0';
        if (end < folder + top)
            break;
        const size_t left = left_in_group(folder, controller);
        if (left < least)
            least = left;
    }
    return least;
}

/* The bytes that all limits of this process's control groups leave. */
static size_t left_by_limits(const char *root) {
    char path[PATH_SIZE];
    char line[PATH_SIZE];
    size_t least = SIZE_MAX;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (!file)
        return SIZE_MAX;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        const char *kind = strchr(line, ':');
        for (int i = 0; kind && i < 2; i++) {
            const size_t length = strlen(controllers[i].line);
            if (strncmp(kind + 1, controllers[i].line, length) != 0)
                continue;
            const size_t left = left_in_groups(root, &controllers[i], kind + 1 + length);
            if (left < least)
                least = left;
        }
    }
    fclose(file);
    return least;
}

size_t memory_available_in(const char *root) {
    char path[PATH_SIZE];
    size_t kibibytes;
    const size_t limited = left_by_limits(root);
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (!read_number(path, "MemAvailable:", &kibibytes))
        return limited;
    const size_t available = kibibytes * 1024;
    return available < limited ? available : limited;
}

size_t memory_available(void) {
    return memory_available_in("");
}

enum status memory_check(size_t size, const char *what, const char *advice, struct error *error) {
    const size_t available = memory_available();
    if (size <= available)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED, "%s %.1f GiB of memory, and %.1f GiB are free: %s", what,
                     (double)size / (1 << 30), (double)available / (1 << 30), advice);
}
