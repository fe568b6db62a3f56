#include "play/recording.h"
#include "media/media.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

struct recording {
    const struct play_request *request;
    struct gif *gif;     /* or NULL */
    struct film *film;   /* or NULL */
    uint8_t *screenshot; /* (height, width, 3), or NULL */
    int height;
    int width;
    int games;         /* started so far */
    int64_t steps;     /* of the newest game so far */
    double best_score; /* of the game in the GIF */
    bool has_best;     /* with gif_best: whether it holds one */
    bool has_screenshot;
};

static bool is_given(const char *path) {
    return path && path[0];
}

bool recording_wanted(const struct play_request *request) {
    return is_given(request->gif) || is_given(request->film) || is_given(request->screenshot);
}

static enum status open_files(struct recording *recording, double frames_per_second,
                              struct error *error) {
    const struct play_request *request = recording->request;
    const int height = recording->height;
    const int width = recording->width;
    enum status status = STATUS_OK;
    if (is_given(request->gif)) {
        status = atomic_file_try(request->gif, error);
        if (status == STATUS_OK)
            status = gif_create(height, width, frames_per_second, &recording->gif, error);
    }
    if (status == STATUS_OK && is_given(request->screenshot)) {
        status = atomic_file_try(request->screenshot, error);
        recording->screenshot = malloc((size_t)height * (size_t)width * 3);
        if (status == STATUS_OK && !recording->screenshot)
            status = error_set(error, STATUS_FAILED, "out of memory for a screenshot");
    }
    if (status == STATUS_OK && is_given(request->film))
        status =
            film_create(request->film, height, width, frames_per_second, &recording->film, error);
    return status;
}

enum status recording_open(const struct play_request *request, int height, int width,
                           double frames_per_second, struct recording **recording,
                           struct error *error) {
    struct recording *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory for a recording");
    opened->request = request;
    opened->height = height;
    opened->width = width;
    const enum status status = open_files(opened, frames_per_second, error);
    if (status == STATUS_OK)
        *recording = opened;
    else
        recording_close(opened);
    return status;
}

/* The requested screen, or the newest, which at the end is the last one. */
static void take_screenshot(struct recording *recording, const uint8_t *rgb) {
    const int64_t wanted = recording->request->screenshot_frame;
    if (wanted >= 0 && (recording->games != 1 || recording->steps != wanted))
        return;
    memcpy(recording->screenshot, rgb, (size_t)recording->height * (size_t)recording->width * 3);
    recording->has_screenshot = true;
}

void recording_add(struct recording *recording, const uint8_t *rgb, int emulator_frames,
                   int64_t steps) {
    recording->games += steps == 0;
    recording->steps = steps;
    if (recording->gif)
        gif_add(recording->gif, rgb, emulator_frames);
    if (recording->film)
        film_add(recording->film, rgb, emulator_frames);
    if (recording->screenshot)
        take_screenshot(recording, rgb);
}

static void end_gif_game(struct recording *recording, double score) {
    enum gif_keeping keeping = GIF_KEEP;
    if (recording->request->gif_best)
        keeping = !recording->has_best || score > recording->best_score ? GIF_REPLACE : GIF_DROP;
    gif_end_game(recording->gif, keeping);
    if (keeping == GIF_REPLACE) {
        recording->best_score = score;
        recording->has_best = true;
    }
}

void recording_end_game(struct recording *recording, double score) {
    if (recording->gif)
        end_gif_game(recording, score);
    if (recording->film)
        film_end_game(recording->film);
}

bool recording_is_complete(const struct recording *recording) {
    return recording->has_screenshot && recording->request->screenshot_frame >= 0 &&
           !recording->gif && !recording->film;
}

static enum status save_screenshot(const struct recording *recording, struct error *error) {
    const struct play_request *request = recording->request;
    if (recording->has_screenshot)
        return png_write(request->screenshot, recording->screenshot, recording->height,
                         recording->width, error);
    if (recording->games == 0)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED,
                     "'%s' is not written: the first game ended before frame %lld",
                     request->screenshot, (long long)request->screenshot_frame);
}

/* Passes on how a file was written; the first error is the one reported. */
static void note_saved(const struct recording *recording, enum status saved, const char *path,
                       enum status *status) {
    const struct play_request *request = recording->request;
    if (saved == STATUS_OK && request->wrote && recording->games > 0)
        request->wrote(path, request->context);
    if (*status == STATUS_OK)
        *status = saved;
}

enum status recording_save(struct recording *recording, struct error *error) {
    const struct play_request *request = recording->request;
    enum status status = STATUS_OK;
    struct error later;
    if (recording->screenshot)
        note_saved(recording, save_screenshot(recording, error), request->screenshot, &status);
    if (recording->gif) {
        struct error *told = status == STATUS_OK ? error : &later;
        note_saved(recording, gif_save(recording->gif, request->gif, told), request->gif, &status);
    }
    if (recording->film) {
        struct error *told = status == STATUS_OK ? error : &later;
        note_saved(recording, film_save(recording->film, told), request->film, &status);
    }
    return status;
}

void recording_close(struct recording *recording) {
    if (!recording)
        return;
    gif_destroy(recording->gif);
    film_destroy(recording->film);
    free(recording->screenshot);
    free(recording);
}
