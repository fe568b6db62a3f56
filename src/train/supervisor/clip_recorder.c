/*
 * The clip recorder: a process that plays a game, or a few short ones, with each weight file that
 * the learner writes, and shows them in TensorBoard as a clip. It runs at the lowest priority; if
 * files come faster than it can play, it takes the newest.
 */
#include "media/media.h"
#include "train/supervisor/helper_game.h"

#include <stdlib.h>

enum { NICENESS = 19 };

/* A clip ends after this many seconds of the game, of our processor, or after the run's end. */
static const double GAME_SECONDS = 30;
static const double ENOUGH_SECONDS = 5; /* of the game; after them no further game begins */
static const double PROCESSOR_SECONDS = 5;
static const double FAREWELL_SECONDS = 2;
static const double LEAST_SECONDS = 1; /* of the game, if a clip of newer weights follows */

struct clip_recorder {
    struct run *run;
    struct event_file *file; /* NULL: no clip yet */
    int64_t first_step;
    uint32_t seen;   /* weight files, of control->saves */
    double end_seen; /* clock_seconds at which the recorder first saw the run's end; 0: not yet */
    bool fails;      /* a failure was logged */
};

struct recording {
    struct episode episode;
    struct gif *gif;
    uint8_t *screen; /* (height, width, 3) */
    int height;
    int width;
    double frames; /* emulator frames in it */
    double frames_per_second;
    double processor_end;
    double score; /* of the games that have ended, together */
    int64_t steps;
    int games;
};

static bool run_is_over(struct clip_recorder *recorder) {
    return helper_sees_end(recorder->run, &recorder->end_seen);
}

/* ---- Playing --------------------------------------------------------------------------------- */

static enum status open_recording(struct recording *recording, const struct run *run, int64_t steps,
                                  struct error *error) {
    char model[PATH_SIZE];
    enum status status = run_model_path(model, run->control->run_dir, &run->game, steps, error);
    if (status != STATUS_OK)
        return status;
    status = helper_open_game(run, model, &recording->episode, error);
    if (status != STATUS_OK)
        return status;
    const struct emulator_info *info = environment_emulator_info(recording->episode.environment);
    const char *no_picture = environment_no_picture(recording->episode.environment);
    if (no_picture)
        return error_set(error, STATUS_FAILED, "the game makes no pictures: %.500s", no_picture);
    recording->height = info->screen_height;
    recording->width = info->screen_width;
    recording->frames_per_second = info->frames_per_second;
    recording->screen = malloc((size_t)recording->height * (size_t)recording->width * 3);
    if (!recording->screen)
        return error_set(error, STATUS_FAILED, "out of memory for a clip");
    return gif_create(recording->height, recording->width, info->frames_per_second, &recording->gif,
                      error);
}

static void close_recording(struct recording *recording) {
    gif_destroy(recording->gif);
    free(recording->screen);
    episode_close(&recording->episode);
}

static void record_screen(struct recording *recording, int emulator_frames) {
    environment_screen_rgb(recording->episode.environment, recording->screen);
    gif_add(recording->gif, recording->screen, emulator_frames);
    recording->frames += emulator_frames;
}

/* Whether the run is over and the game must end: a newer weight file has come, or the time is
 * up. */
static bool is_late(struct clip_recorder *recorder) {
    return run_is_over(recorder) &&
           (atomic_load(&recorder->run->control->saves) != recorder->seen ||
            clock_seconds() - recorder->end_seen > FAREWELL_SECONDS);
}

static bool has_time(struct clip_recorder *recorder, const struct recording *recording) {
    return recording->frames < GAME_SECONDS * recording->frames_per_second &&
           clock_processor_seconds() < recording->processor_end && !is_late(recorder);
}

/* Plays game number index to its end, or until the time is up. */
static enum status play_game(struct clip_recorder *recorder, struct recording *recording,
                             uint64_t index, struct error *error) {
    struct episode *episode = &recording->episode;
    episode_start(episode, (uint64_t)recorder->run->config->seed, index);
    const enum status status = episode_failure(episode, error);
    if (status != STATUS_OK)
        return status;
    record_screen(recording, 0);
    while (!episode->over && has_time(recorder, recording)) {
        const struct environment_step step = episode_step(episode);
        if (step.failed)
            return episode_failure(episode, error);
        record_screen(recording, step.emulator_frames);
    }
    gif_end_game(recording->gif, GIF_KEEP);
    if (episode->over) { /* otherwise its score may still grow */
        recording->score += episode->score;
        recording->steps += episode->steps;
        recording->games++;
    }
    return STATUS_OK;
}

static enum status record_games(struct clip_recorder *recorder, struct recording *recording,
                                int64_t steps, struct error *error) {
    uint64_t index = (uint64_t)steps; /* so that each model plays other games */
    enum status status = STATUS_OK;
    recording->processor_end = clock_processor_seconds() + PROCESSOR_SECONDS;
    do
        status = play_game(recorder, recording, index++, error);
    while (status == STATUS_OK && has_time(recorder, recording) &&
           recording->frames < ENOUGH_SECONDS * recording->frames_per_second);
    return status;
}

/* ---- Showing --------------------------------------------------------------------------------- */

/* The run's end cuts clips of older weights short, some of them after a screen. */
static bool is_worth_showing(const struct clip_recorder *recorder,
                             const struct recording *recording) {
    return recording->frames >= LEAST_SECONDS * recording->frames_per_second ||
           atomic_load(&recorder->run->control->saves) == recorder->seen;
}

/*
 * In a folder of its own, which TensorBoard takes for a run: by default it follows only the newer
 * of two files that grow in one folder.
 */
static enum status open_event_file(struct clip_recorder *recorder, struct error *error) {
    char folder[PATH_SIZE];
    if (recorder->file)
        return STATUS_OK;
    enum status status =
        path_join(folder, recorder->run->control->run_dir, EVENT_CLIPS_FOLDER, error);
    if (status == STATUS_OK)
        status = path_make_folder(folder, error);
    if (status == STATUS_OK)
        status = event_file_open(folder, recorder->first_step, &recorder->file, error);
    return status;
}

static enum status show_clip(struct clip_recorder *recorder, struct recording *recording,
                             int64_t steps, struct error *error) {
    struct event_gif gif = {.height = recording->height, .width = recording->width};
    enum status status = gif_finish(recording->gif, &gif.bytes, &gif.size, error);
    if (status == STATUS_OK)
        status = open_event_file(recorder, error);
    if (status == STATUS_OK)
        status = event_file_add_gif(recorder->file, steps, "play/game", &gif, error);
    if (status != STATUS_OK || recording->games == 0)
        return status;
    const struct event_scalar means[] = {
        {"play/score", recording->score / recording->games},
        {"play/length", (double)recording->steps / recording->games},
    };
    return event_file_add_scalars(recorder->file, steps, means, 2, error);
}

static void make_clip(struct clip_recorder *recorder, int64_t steps) {
    struct recording recording = {0};
    struct error error;
    enum status status = open_recording(&recording, recorder->run, steps, &error);
    if (status == STATUS_OK)
        status = record_games(recorder, &recording, steps, &error);
    if (status == STATUS_OK && is_worth_showing(recorder, &recording))
        status = show_clip(recorder, &recording, steps, &error);
    close_recording(&recording);
    if (status != STATUS_OK && !recorder->fails)
        log_line("clips", "no clip of this model: %s", error.message);
    recorder->fails = status != STATUS_OK;
}

/* ---- The process ----------------------------------------------------------------------------- */

int clip_recorder_main(struct run *run) {
    const int64_t steps = atomic_load(&run->metrics->learner.steps);
    struct clip_recorder recorder = {.run = run, .first_step = steps > 0 ? steps + 1 : 0};
    process_give_way(NICENESS);
    for (;;) {
        /* In this order, so that the last file is not missed. */
        const bool over = run_is_over(&recorder);
        const uint32_t saves = atomic_load(&run->control->saves);
        if (saves != recorder.seen) {
            recorder.seen = saves;
            make_clip(&recorder, atomic_load(&run->control->saved_steps));
        } else if (over) {
            break;
        } else {
            futex_wait(&run->control->saves, recorder.seen, 1);
        }
    }
    event_file_close(recorder.file);
    return 0;
}
