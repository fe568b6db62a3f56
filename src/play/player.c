#include "agent/agent.h"
#include "play/details.h"
#include "play/explain.h"
#include "play/play.h"
#include "play/recording.h"
#include "play/viewer.h"
#include "store/store.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct player {
    const struct play_request *request;
    struct episode episode;
    struct viewer *viewer;           /* NULL: without pictures */
    struct recording *recording;     /* NULL: none */
    struct explanation *explanation; /* drawn instead of the screen; NULL: none */
    FILE *scores;                    /* evaldir's scores.csv, or NULL */
    uint8_t *screen;                 /* (height, width, 3) */
    int height;
    int width;
    bool lacks_picture;    /* the game has stopped making them */
    enum viewer_wish wish; /* from the window; also quit by Ctrl-C */
};

static enum status open_evaldir(struct player *player, struct error *error) {
    const char *folder = player->request->evaldir;
    char path[PATH_SIZE];
    if (!folder || !folder[0])
        return STATUS_OK;
    enum status status = path_make_folder(folder, error);
    if (status == STATUS_OK)
        status = path_join(path, folder, "scores.csv", error);
    if (status != STATUS_OK)
        return status;
    player->scores = fopen(path, "w");
    if (!player->scores)
        return error_set(error, STATUS_BAD_INPUT, "cannot write '%s': %s", path, strerror(errno));
    fputs("game,score,steps", player->scores);
    details_print_names(player->scores, player->episode.environment);
    putc('\n', player->scores);
    return STATUS_OK;
}

/* Without a display, or without pictures, *why says so; this is not a failure if scores or a
 * recording are wanted. */
static enum status open_window(struct player *player, const struct emulator_info *shown,
                               struct error *why, struct error *error) {
    const char *id = agent_get_info(player->episode.agent)->game.id;
    const char *no_picture = environment_no_picture(player->episode.environment);
    enum status status = error_set(why, STATUS_BAD_INPUT, "--window=false");
    if (player->request->window && no_picture)
        error_set(why, STATUS_BAD_INPUT, "%.100s makes none: %.500s", id, no_picture);
    else if (player->request->window)
        status = viewer_open(id, shown, &player->viewer, why);
    if (status == STATUS_OK || !player->explanation || player->recording)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "--explain needs a display to show the game on, or --gif, --video or "
                     "--screenshot: %.400s",
                     why->message);
}

/* Refuses to record a game that makes no pictures, instead of writing black ones. */
static enum status check_pictures(const struct player *player, struct error *error) {
    const char *no_picture = environment_no_picture(player->episode.environment);
    if (!no_picture || !recording_wanted(player->request))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "--gif, --video and --screenshot need pictures, and %.100s makes none: %.500s",
                     agent_get_info(player->episode.agent)->game.id, no_picture);
}

/* Opens the window and the recording of a game with that info. */
static enum status open_outputs(struct player *player, const struct emulator_info *info,
                                struct error *error) {
    const struct play_request *request = player->request;
    struct emulator_info shown = *info;
    struct error why;
    const char *no_picture = environment_no_picture(player->episode.environment);
    enum status status = check_pictures(player, error);
    if (status == STATUS_OK && request->explain)
        status = explanation_create(&player->episode, &player->explanation, error);
    if (status == STATUS_OK && player->explanation) {
        shown.screen_height = explanation_picture(player->explanation)->height;
        shown.screen_width = explanation_picture(player->explanation)->width;
        shown.pixel_aspect = 0;
    }
    if (status == STATUS_OK && recording_wanted(request))
        status = recording_open(request, shown.screen_height, shown.screen_width,
                                shown.frames_per_second, &player->recording, error);
    if (status == STATUS_OK)
        status = open_window(player, &shown, &why, error);
    if (status == STATUS_OK)
        status = open_evaldir(player, error);
    if (status == STATUS_OK && request->window && !player->viewer)
        fprintf(stderr, "asyncrl: playing without pictures: %s\n", why.message);
    else if (status == STATUS_OK && player->scores && no_picture)
        fprintf(stderr, "asyncrl: --evaldir: no pictures: %s\n", no_picture);
    return status;
}

static enum status open_player(struct player *player, struct error *error) {
    const struct play_request *request = player->request;
    enum status status =
        episode_open(&player->episode, &request->agent, request->data_dir, request->eps, error);
    if (status != STATUS_OK)
        return status;
    const struct emulator_info *info = environment_emulator_info(player->episode.environment);
    player->height = info->screen_height;
    player->width = info->screen_width;
    player->screen = malloc((size_t)player->height * (size_t)player->width * 3);
    if (!player->screen)
        return error_set(error, STATUS_FAILED, "out of memory for the screen");
    return open_outputs(player, info, error);
}

/* Shows and records the newest screen, that many frames after the one before it; 0: a game's first
 * screen. A screen that could not be drawn ends the play. */
static void use_screen(struct player *player, int frames) {
    if (!player->viewer && !player->recording)
        return;
    environment_screen_rgb(player->episode.environment, player->screen);
    player->lacks_picture = environment_no_picture(player->episode.environment) != NULL;
    if (player->lacks_picture) {
        player->wish = VIEWER_QUIT;
        return;
    }
    const uint8_t *picture = player->screen;
    if (player->explanation)
        picture = explanation_draw(player->explanation, player->screen)->rgb;
    if (player->recording)
        recording_add(player->recording, picture, frames, player->episode.steps);
    if (player->viewer)
        player->wish =
            viewer_show(player->viewer, picture, frames > 0 ? frames : 1, player->episode.score);
}

static void begin_game(struct player *player, int game) {
    char what[32];
    snprintf(what, sizeof what, "game %d", game);
    player->wish = VIEWER_GO_ON;
    episode_start(&player->episode, player->request->seed, (uint64_t)game - 1);
    if (player->viewer)
        viewer_begin(player->viewer, what);
    if (!environment_failure(player->episode.environment))
        use_screen(player, 0);
}

/* Takes a pending signal of those blocked during a recording. */
static bool was_interrupted(const struct player *player, const sigset_t *signals) {
    const struct timespec at_once = {0};
    return player->recording && sigtimedwait(signals, NULL, &at_once) > 0;
}

/* Reports the progress of a recording, and stops it once it is complete. */
static void follow_recording(struct player *player, int game) {
    const struct play_request *request = player->request;
    if (!player->recording)
        return;
    if (request->progress)
        request->progress(&(struct play_progress){.game = game,
                                                  .steps = player->episode.steps,
                                                  .score = player->episode.score},
                          request->context);
    if (recording_is_complete(player->recording) && !player->viewer && !player->scores)
        player->wish = VIEWER_QUIT;
}

static void play_once(struct player *player, int game, const sigset_t *signals) {
    struct episode *episode = &player->episode;
    begin_game(player, game);
    follow_recording(player, game);
    while (!episode->over && player->wish == VIEWER_GO_ON) {
        const struct environment_step step = episode_step(episode);
        if (!step.failed)
            use_screen(player, step.emulator_frames);
        follow_recording(player, game);
        if (was_interrupted(player, signals))
            player->wish = VIEWER_QUIT;
    }
    if (player->recording)
        recording_end_game(player->recording, episode->score);
}

/* False: the person wants another game, or none, before this one ends. */
static bool play_game(struct player *player, int game, const sigset_t *signals) {
    do
        play_once(player, game, signals);
    while (player->wish == VIEWER_RESTART);
    return player->episode.over;
}

/* Writes a game's score and its last screen, which in most games also shows the score. */
static enum status keep_game(struct player *player, int game, struct error *error) {
    const struct episode *episode = &player->episode;
    char name[32];
    char path[PATH_SIZE];
    fprintf(player->scores, "%d,%.10g,%lld", game, episode->score, (long long)episode->steps);
    enum status status = details_print(player->scores, episode->environment, error);
    if (status != STATUS_OK)
        return status;
    putc('\n', player->scores);
    if (fflush(player->scores) != 0)
        return error_set(error, STATUS_FAILED, "cannot write scores.csv in '%s': %s",
                         player->request->evaldir, strerror(errno));
    snprintf(name, sizeof name, "game-%04d.png", game);
    status = path_join(path, player->request->evaldir, name, error);
    if (status != STATUS_OK)
        return status;
    environment_screen_rgb(episode->environment, player->screen);
    if (environment_no_picture(episode->environment))
        return STATUS_OK;
    return png_write(path, player->screen, player->height, player->width, error);
}

static void tell_of_game(const struct player *player, int game) {
    const struct played_game played = {
        .id = agent_get_info(player->episode.agent)->game.id,
        .number = game,
        .score = player->episode.score,
        .steps = player->episode.steps,
    };
    player->request->game_over(&played, player->request->context);
}

static enum status play_games(struct player *player, const sigset_t *signals, struct error *error) {
    enum status status = STATUS_OK;
    player->wish = VIEWER_GO_ON;
    for (int game = 1; game <= player->request->games && player->wish != VIEWER_QUIT; game++) {
        const bool is_over = play_game(player, game, signals);
        if (player->lacks_picture)
            return error_set(error, STATUS_FAILED, "%.100s made no picture in game %d: %.500s",
                             agent_get_info(player->episode.agent)->game.id, game,
                             environment_no_picture(player->episode.environment));
        if (!is_over)
            continue;
        status = episode_failure(&player->episode, error);
        if (status != STATUS_OK)
            break;
        tell_of_game(player, game);
        if (player->scores)
            status = keep_game(player, game, error);
        if (status != STATUS_OK)
            break;
    }
    return status;
}

/* Writes the games so far, however the play ended. */
static enum status record_games(struct player *player, const sigset_t *signals,
                                struct error *error) {
    struct error later;
    const enum status status = play_games(player, signals, error);
    const enum status saved =
        recording_save(player->recording, status == STATUS_OK ? error : &later);
    return status == STATUS_OK ? saved : status;
}

static void close_player(struct player *player) {
    viewer_close(player->viewer);
    recording_close(player->recording);
    explanation_destroy(player->explanation);
    episode_close(&player->episode);
    free(player->screen);
}

enum status play_run(const struct play_request *request, struct error *error) {
    struct player player = {.request = request};
    sigset_t signals;
    sigset_t before;
    sigemptyset(&signals);
    if (recording_wanted(request))
        signals_that_end(&signals);
    /* Before any thread starts: it could take the signals instead of this one. */
    sigprocmask(SIG_BLOCK, &signals, &before);
    enum status status = open_player(&player, error);
    if (status == STATUS_OK)
        status = player.recording ? record_games(&player, &signals, error)
                                  : play_games(&player, &signals, error);
    if (player.scores && fclose(player.scores) != 0 && status == STATUS_OK)
        status = error_set(error, STATUS_FAILED, "cannot write scores.csv in '%s': %s",
                           request->evaldir, strerror(errno));
    close_player(&player);
    signals_discard(&signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}
