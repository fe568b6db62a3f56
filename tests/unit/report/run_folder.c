#include "run_folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

struct metrics *make_metrics(int actor_count) {
    struct metrics *metrics = metrics_init(calloc(1, metrics_bytes(actor_count)), actor_count);
    metrics->queue_capacity = 8;
    metrics->start = clock_seconds();
    return metrics;
}

int make_folder(void **state) {
    static const char pattern[] = "/tmp/asyncrl-report-XXXXXX";
    char *folder = malloc(sizeof pattern);
    memcpy(folder, pattern, sizeof pattern);
    *state = folder;
    return mkdtemp(folder) ? 0 : -1;
}

static void path_in(char *path, const char *folder, const char *name) {
    struct error error;
    assert_int_equal(path_join(path, folder, name, &error), STATUS_OK);
}

int remove_folder(void **state) {
    char path[PATH_SIZE];
    DIR *files = opendir(*state);
    for (const struct dirent *file; (file = readdir(files));) {
        path_in(path, *state, file->d_name);
        if (file->d_name[0] != '.')
            unlink(path);
    }
    closedir(files);
    const int removed = rmdir(*state);
    free(*state);
    return removed;
}

void put_file(const char *folder, const char *name, const char *text) {
    char path[PATH_SIZE];
    path_in(path, folder, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
}

char *get_file(const char *folder, const char *name) {
    char path[PATH_SIZE];
    unsigned char *data;
    size_t size;
    struct error error;
    path_in(path, folder, name);
    assert_int_equal(path_read_file(path, 8 << 20, &data, &size, &error), STATUS_OK);
    char *text = strndup((char *)data, size);
    assert_int_equal(strlen(text), size);
    free(data);
    return text;
}

void expect_file(const char *folder, const char *name, const char *expected) {
    char *text = get_file(folder, name);
    if (strcmp(text, expected) != 0)
        fail_msg("%s holds\n%s\nnot\n%s", name, text, expected);
    free(text);
}

void limit_files(int64_t bytes) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes >= 0 ? (rlim_t)bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
}
