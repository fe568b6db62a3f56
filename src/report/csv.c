#include "report/csv.h"

#include "report/append.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_SIZE = 4096 };

const struct csv_format progress_format = {
    .name = "progress.csv",
    .header = "seconds,frames,emulator_frames,episodes,score_mean_100,frames_per_second,"
              "emulator_frames_per_second,policy_loss,value_loss,entropy,value,learning_rate,"
              "epsilon,queue_fill,weights_lag,learner_idle_seconds\n",
};
const struct csv_format episodes_format = {
    .name = "episodes.csv",
    .header = "seconds,frames,actor,environment,score,length,epsilon\n",
};

static enum status cannot(const char *verb, const struct csv *csv, struct error *error) {
    return error_set(error, STATUS_FAILED, "cannot %s %s: %s", verb, csv->format->name,
                     strerror(errno));
}

/* Finds where the last newline before size ends; 0 where there is none. */
static enum status find_last_row(const struct csv *csv, off_t size, off_t *end,
                                 struct error *error) {
    char block[BLOCK_SIZE];
    *end = 0;
    while (size > 0) {
        const size_t length = size < BLOCK_SIZE ? (size_t)size : BLOCK_SIZE;
        size -= (off_t)length;
        if (TEMP_FAILURE_RETRY(pread(csv->fd, block, length, size)) != (ssize_t)length)
            return cannot("read", csv, error);
        const char *newline = memrchr(block, '\n', length);
        if (newline) {
            *end = size + (newline - block) + 1;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

/* Leaves whole rows below our header. A header cut short stands for an empty file. */
static enum status mend(const struct csv *csv, const char *path, struct error *error) {
    char start[BLOCK_SIZE];
    const char *header = csv->format->header;
    const size_t header_length = strlen(header);
    const off_t size = lseek(csv->fd, 0, SEEK_END);
    const ssize_t start_length = TEMP_FAILURE_RETRY(pread(csv->fd, start, header_length, 0));
    off_t end = 0;
    if (size < 0 || start_length < 0)
        return cannot("read", csv, error);
    if (memcmp(start, header, (size_t)start_length) != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s' has other columns than this version writes; move it away", path);
    const enum status status = find_last_row(csv, size, &end, error);
    if (status != STATUS_OK)
        return status;
    if (end < size && ftruncate(csv->fd, end) != 0)
        return cannot("mend", csv, error);
    return end == 0 ? csv_append(csv, header, header_length, error) : STATUS_OK;
}

enum status csv_open(struct csv *csv, const struct csv_format *format, const char *run_dir,
                     bool append, struct error *error) {
    char path[PATH_SIZE];
    enum status status = path_join(path, run_dir, format->name, error);
    if (status != STATUS_OK)
        return status;
    const int anew = append ? 0 : O_TRUNC;
    *csv = (struct csv){
        .format = format,
        .fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | anew, 0666),
    };
    if (csv->fd < 0)
        return error_set(error, STATUS_BAD_INPUT, "cannot write '%s': %s", path, strerror(errno));
    status = mend(csv, path, error);
    if (status != STATUS_OK)
        close(csv->fd);
    return status;
}

enum status csv_append(const struct csv *csv, const char *text, size_t length,
                       struct error *error) {
    bool cut;
    const int failure = append_whole(csv->fd, text, length, &cut);
    errno = failure;
    return failure == 0 ? STATUS_OK : cannot(cut ? "write" : "mend", csv, error);
}

enum status csv_close(const struct csv *csv, struct error *error) {
    return close(csv->fd) == 0 ? STATUS_OK : cannot("close", csv, error);
}
