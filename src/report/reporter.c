#include "report/report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { SCORE_WINDOW = 100, MAX_WIDTH = 240 };

static const double PROGRESS_SECONDS = 1.0;
static const double PLAIN_LINE_SECONDS = 10.0;

/* Running sums at one moment; means are taken between two of them. */
struct sample {
    double seconds;
    int64_t frames;
    int64_t emulator_frames;
    int64_t transitions;
    double policy_loss, value_loss, entropy, value;
};

struct reporter {
    struct metrics *metrics;
    char label[64];
    int64_t max_frames;
    FILE *progress;
    FILE *episodes;
    bool terminal;
    struct sample last;     /* at the last row of progress */
    double last_plain_line; /* seconds since the start */
    int64_t episode_count;
    double scores[SCORE_WINDOW]; /* the newest episodes, in a ring */
};

static const char PROGRESS_HEADER[] =
    "seconds,frames,emulator_frames,episodes,score_mean_100,frames_per_second,"
    "emulator_frames_per_second,policy_loss,value_loss,entropy,value,learning_rate,queue_fill,"
    "weights_lag,learner_idle_seconds\n";
static const char EPISODES_HEADER[] = "seconds,frames,actor,environment,score,length,epsilon\n";

static enum status open_csv(FILE **out, const char *run_dir, const char *name, const char *header,
                            bool append, struct error *error) {
    char path[PATH_SIZE];
    const enum status joined = path_join(path, run_dir, name, error);
    if (joined != STATUS_OK)
        return joined;
    FILE *stream = fopen(path, append ? "a" : "w");
    if (!stream)
        return error_set(error, STATUS_BAD_INPUT, "cannot write '%s': %s", path, strerror(errno));
    setvbuf(stream, NULL, _IOLBF, BUFSIZ); /* a row is one write, and whole whoever is killed */
    if (ftell(stream) == 0)
        fputs(header, stream);
    *out = stream;
    return STATUS_OK;
}

static struct sample take_sample(const struct metrics *metrics) {
    const struct learner_metrics *learner = &metrics->learner;
    struct sample sample = {
        .seconds = clock_seconds() - metrics->start,
        .frames = atomic_load_explicit(&learner->frames, memory_order_relaxed),
        .transitions = atomic_load_explicit(&learner->transitions, memory_order_relaxed),
        .policy_loss = atomic_load_explicit(&learner->policy_loss, memory_order_relaxed),
        .value_loss = atomic_load_explicit(&learner->value_loss, memory_order_relaxed),
        .entropy = atomic_load_explicit(&learner->entropy, memory_order_relaxed),
        .value = atomic_load_explicit(&learner->value, memory_order_relaxed),
    };
    for (int i = 0; i < metrics->actor_count; i++)
        sample.emulator_frames +=
            atomic_load_explicit(&metrics->actors[i].emulator_frames, memory_order_relaxed);
    return sample;
}

enum status reporter_open(const struct reporter_request *request, struct reporter **reporter,
                          struct error *error) {
    struct reporter *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory");
    opened->metrics = request->metrics;
    opened->max_frames = request->max_frames;
    opened->terminal = isatty(STDERR_FILENO) == 1;
    snprintf(opened->label, sizeof opened->label, "%s", request->label);
    enum status status = open_csv(&opened->progress, request->run_dir, "progress.csv",
                                  PROGRESS_HEADER, request->append, error);
    if (status == STATUS_OK)
        status = open_csv(&opened->episodes, request->run_dir, "episodes.csv", EPISODES_HEADER,
                          request->append, error);
    if (status != STATUS_OK) {
        if (opened->progress)
            fclose(opened->progress);
        free(opened);
        return status;
    }
    opened->last = take_sample(opened->metrics);
    *reporter = opened;
    return STATUS_OK;
}

static void write_episode(struct reporter *reporter, const struct episode_record *record) {
    reporter->scores[reporter->episode_count++ % SCORE_WINDOW] = record->score;
    fprintf(reporter->episodes, "%.3f,%lld,%d,%d,%.10g,%lld,", record->seconds,
            (long long)record->frames, record->actor, record->environment, record->score,
            (long long)record->length);
    if (record->epsilon >= 0)
        fprintf(reporter->episodes, "%.4f", record->epsilon);
    fputc('\n', reporter->episodes);
}

static void drain_episodes(struct reporter *reporter) {
    struct episode_record record;
    for (int i = 0; i < reporter->metrics->actor_count; i++)
        while (episode_log_pop(&reporter->metrics->actors[i].episodes, &record))
            write_episode(reporter, &record);
}

static double score_mean(const struct reporter *reporter) {
    const int64_t count =
        reporter->episode_count < SCORE_WINDOW ? reporter->episode_count : SCORE_WINDOW;
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += reporter->scores[i];
    return count > 0 ? sum / (double)count : NAN;
}

/* Agent frames by which the actors' weights are behind the learner's, on average. */
static double weights_lag(const struct metrics *metrics, int64_t frames) {
    double sum = 0;
    for (int i = 0; i < metrics->actor_count; i++) {
        const uint64_t version =
            atomic_load_explicit(&metrics->actors[i].weights_version, memory_order_relaxed);
        const int64_t behind = version > 0 ? frames - (int64_t)(version - 1) : 0;
        sum += behind > 0 ? (double)behind : 0;
    }
    return sum / metrics->actor_count;
}

static struct status_numbers make_numbers(const struct reporter *reporter,
                                          const struct sample *now) {
    const struct sample *last = &reporter->last;
    const struct metrics *metrics = reporter->metrics;
    const double seconds = fmax(now->seconds - last->seconds, 1e-6);
    const double transitions = fmax((double)(now->transitions - last->transitions), 1);
    struct status_numbers numbers = {
        .label = reporter->label,
        .frames = now->frames,
        .frames_per_second = (double)(now->frames - last->frames) / seconds,
        .emulator_frames_per_second =
            (double)(now->emulator_frames - last->emulator_frames) / seconds,
        .episodes = reporter->episode_count,
        .score_mean = score_mean(reporter),
        .policy_loss = (now->policy_loss - last->policy_loss) / transitions,
        .value_loss = (now->value_loss - last->value_loss) / transitions,
        .entropy = (now->entropy - last->entropy) / transitions,
        .value = (now->value - last->value) / transitions,
        .queue_fill = (double)atomic_load_explicit(&metrics->queue_count, memory_order_relaxed) /
                      metrics->queue_capacity,
        .weights_lag = weights_lag(metrics, now->frames),
        .seconds_left = -1,
    };
    if (reporter->max_frames > 0 && now->transitions > 0) {
        const double pace = (double)now->transitions / now->seconds;
        numbers.seconds_left = fmax((double)(reporter->max_frames - now->frames), 0) / pace;
    }
    return numbers;
}

static void write_progress(struct reporter *reporter, const struct sample *now,
                           const struct status_numbers *numbers) {
    const struct learner_metrics *learner = &reporter->metrics->learner;
    FILE *csv = reporter->progress;
    fprintf(csv, "%.3f,%lld,%lld,%lld,", now->seconds, (long long)now->frames,
            (long long)now->emulator_frames, (long long)numbers->episodes);
    if (!isnan(numbers->score_mean))
        fprintf(csv, "%.4f", numbers->score_mean);
    fprintf(csv, ",%.1f,%.1f,%.6g,%.6g,%.6g,%.6g,%.6g,%.4f,%.1f,%.3f\n", numbers->frames_per_second,
            numbers->emulator_frames_per_second, numbers->policy_loss, numbers->value_loss,
            numbers->entropy, numbers->value,
            atomic_load_explicit(&learner->learning_rate, memory_order_relaxed),
            numbers->queue_fill, numbers->weights_lag,
            atomic_load_explicit(&learner->idle_seconds, memory_order_relaxed));
}

static int terminal_width(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col - 1 < MAX_WIDTH ? size.ws_col - 1 : MAX_WIDTH;
}

static void show_status(struct reporter *reporter, const struct sample *now,
                        const struct status_numbers *numbers) {
    char line[MAX_WIDTH + 1];
    if (reporter->terminal) {
        status_format(line, terminal_width(), numbers);
        fprintf(stderr, "\r%s\033[K", line);
    } else if (now->seconds - reporter->last_plain_line >= PLAIN_LINE_SECONDS) {
        status_format(line, MAX_WIDTH, numbers);
        log_line("report", "%s", line);
        reporter->last_plain_line = now->seconds;
    }
}

static enum status check_stream(FILE *stream, const char *name, struct error *error) {
    if (fflush(stream) == 0 && !ferror(stream))
        return STATUS_OK;
    const int reason = errno;
    clearerr(stream);
    return error_set(error, STATUS_FAILED, "cannot write %s: %s", name, strerror(reason));
}

static enum status write_rows(struct reporter *reporter, const struct sample *now,
                              struct error *error) {
    const struct status_numbers numbers = make_numbers(reporter, now);
    write_progress(reporter, now, &numbers);
    show_status(reporter, now, &numbers);
    reporter->last = *now;
    const enum status progress = check_stream(reporter->progress, "progress.csv", error);
    const enum status episodes = check_stream(reporter->episodes, "episodes.csv", error);
    return progress != STATUS_OK ? progress : episodes;
}

enum status reporter_tick(struct reporter *reporter, struct error *error) {
    const struct sample now = take_sample(reporter->metrics);
    drain_episodes(reporter);
    if (now.seconds - reporter->last.seconds < PROGRESS_SECONDS)
        return STATUS_OK;
    return write_rows(reporter, &now, error);
}

static void tell_of_lost_games(const struct reporter *reporter) {
    uint64_t lost = 0;
    for (int i = 0; i < reporter->metrics->actor_count; i++)
        lost += atomic_load(&reporter->metrics->actors[i].episodes.lost);
    if (lost > 0)
        log_line("report", "%llu games came too fast to be written into episodes.csv",
                 (unsigned long long)lost);
}

enum status reporter_close(struct reporter *reporter, struct error *error) {
    const struct sample now = take_sample(reporter->metrics);
    drain_episodes(reporter);
    enum status status = STATUS_OK;
    if (now.frames > reporter->last.frames)
        status = write_rows(reporter, &now, error);
    else
        status = check_stream(reporter->episodes, "episodes.csv", error);
    if (reporter->terminal)
        fputc('\n', stderr);
    tell_of_lost_games(reporter);
    if (fclose(reporter->progress) != 0 && status == STATUS_OK)
        status = error_set(error, STATUS_FAILED, "cannot close progress.csv: %s", strerror(errno));
    if (fclose(reporter->episodes) != 0 && status == STATUS_OK)
        status = error_set(error, STATUS_FAILED, "cannot close episodes.csv: %s", strerror(errno));
    free(reporter);
    return status;
}
