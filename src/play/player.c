#include "agent/agent.h"
#include "play/details.h"
#include "play/play.h"
#include "play/recording.h"
#include "play/window.h"
#include "store/store.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct player {
    const struct play_request *request;
    struct episode episode;
    struct window *window;       /* NULL: without pictures */
    struct recording *recording; /* NULL: none */
    FILE *scores;                /* evaldir's scores.csv, or NULL */
    uint8_t *screen;             /* (height, width, 3) */
    double next_frame;           /* when the picture after this one is due, on clock_seconds */
    double frames_a_second;      /* of the game's own machine */
    int height;
    int width;
    bool stopped; /* the person has closed the window, or pressed Ctrl-C */
};

/* What ends a recording: a person's Ctrl-C, a closed terminal, the end of a session. */
static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

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

/* A missing display is no failure: the scores are still wanted. */
static void open_window(struct player *player) {
    struct error error;
    if (!player->request->window)
        return;
    const char *title = agent_get_about(player->episode.agent)->game.id;
    if (window_open(title, player->height, player->width, &player->window, &error) != STATUS_OK)
        fprintf(stderr, "asyncrl: playing without pictures: %s\n", error.message);
}

static enum status open_player(struct player *player, struct error *error) {
    const struct play_request *request = player->request;
    const struct agent_request wanted = {
        .model = request->model,
        .game = request->game,
        .choices = request->choices,
        .observation = request->observation,
    };
    enum status status =
        episode_open(&player->episode, &wanted, request->data_dir, request->eps, error);
    if (status != STATUS_OK)
        return status;
    const struct emulator_info *info = environment_emulator_info(player->episode.environment);
    player->height = info->screen_height;
    player->width = info->screen_width;
    player->frames_a_second = info->frames_per_second;
    player->screen = malloc((size_t)player->height * (size_t)player->width * 3);
    if (!player->screen)
        return error_set(error, STATUS_FAILED, "out of memory for the screen");
    if (recording_wanted(request))
        status = recording_open(request, player->height, player->width, player->frames_a_second,
                                &player->recording, error);
    if (status == STATUS_OK)
        status = open_evaldir(player, error);
    if (status == STATUS_OK)
        open_window(player);
    return status;
}

static void show_title(struct player *player, int game) {
    char title[GAME_ID_SIZE + 64];
    snprintf(title, sizeof title, "%s   game %d   score %.0f",
             agent_get_about(player->episode.agent)->game.id, game, player->episode.score);
    window_set_title(player->window, title);
}

/* Shows the screen for as long as the frames it stands for take on the game's own machine. */
static void show_frames(struct player *player, int frames) {
    if (!window_show(player->window, player->screen))
        player->stopped = true;

    const double now = clock_seconds();
    if (player->next_frame < now - 0.25)
        player->next_frame = now; /* fallen behind: do not hurry to make up for it */
    player->next_frame += frames / player->frames_a_second;
    if (player->next_frame > now)
        clock_sleep(player->next_frame - now);
}

/* Shows and records what the step's last frame looks like. */
static void use_screen(struct player *player, const struct environment_step *step, int game) {
    environment_screen_rgb(player->episode.environment, player->screen);
    if (player->recording)
        recording_add(player->recording, player->screen, step->emulator_frames,
                      player->episode.steps);
    if (!player->window)
        return;
    if (step->raw_reward != 0)
        show_title(player, game);
    show_frames(player, step->emulator_frames);
}

/* Takes a signal that waits, of those that are blocked while there is a recording. */
static bool was_interrupted(const struct player *player, const sigset_t *signals) {
    const struct timespec at_once = {0};
    return player->recording && sigtimedwait(signals, NULL, &at_once) > 0;
}

static void play_game(struct player *player, int game, const sigset_t *signals) {
    struct episode *episode = &player->episode;
    episode_start(episode, player->request->seed, (uint64_t)game - 1);
    if (player->window)
        show_title(player, game);
    if (player->recording && !environment_failure(episode->environment)) {
        environment_screen_rgb(episode->environment, player->screen);
        recording_add(player->recording, player->screen, 0, 0);
    }
    while (!episode->over && !player->stopped) {
        const struct environment_step step = episode_step(episode);
        if (!step.failed && (player->window || player->recording))
            use_screen(player, &step, game);
        if (was_interrupted(player, signals))
            player->stopped = true;
    }
    if (player->recording)
        recording_end_game(player->recording, episode->score);
}

/* Keeps a game's score and its last screen, which in most games shows the score too. */
static enum status keep_game(struct player *player, int game, struct error *error) {
    const struct episode *episode = &player->episode;
    char name[32];
    char path[PATH_SIZE];
    fprintf(player->scores, "%d,%g,%lld", game, episode->score, (long long)episode->steps);
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
    return png_write(path, player->screen, player->height, player->width, error);
}

static void tell_of_game(const struct player *player, int game) {
    const struct played_game played = {
        .id = agent_get_about(player->episode.agent)->game.id,
        .number = game,
        .score = player->episode.score,
        .steps = player->episode.steps,
    };
    player->request->game_over(&played, player->request->context);
}

static enum status play_games(struct player *player, const sigset_t *signals, struct error *error) {
    enum status status = STATUS_OK;
    for (int game = 1; game <= player->request->games && status == STATUS_OK; game++) {
        play_game(player, game, signals);
        if (player->stopped && !player->episode.over)
            break;
        status = episode_failure(&player->episode, error);
        if (status != STATUS_OK)
            break;
        tell_of_game(player, game);
        if (player->scores)
            status = keep_game(player, game, error);
        if (player->stopped)
            break;
    }
    return status;
}

/* What was played is written, whatever ended it. */
static enum status record_games(struct player *player, const sigset_t *signals,
                                struct error *error) {
    struct error later;
    const enum status status = play_games(player, signals, error);
    const enum status saved =
        recording_save(player->recording, status == STATUS_OK ? error : &later);
    return status == STATUS_OK ? saved : status;
}

static void close_player(struct player *player) {
    window_close(player->window);
    recording_close(player->recording);
    episode_close(&player->episode);
    free(player->screen);
}

enum status play_run(const struct play_request *request, struct error *error) {
    struct player player = {.request = request};
    sigset_t signals;
    sigset_t before;
    sigemptyset(&signals);
    for (size_t i = 0; recording_wanted(request) && i < sizeof stop_signals / sizeof *stop_signals;
         i++)
        sigaddset(&signals, stop_signals[i]);
    /* Before anything starts a thread, which would take them in this one's place. */
    sigprocmask(SIG_BLOCK, &signals, &before);
    enum status status = open_player(&player, error);
    if (status == STATUS_OK)
        status = player.recording ? record_games(&player, &signals, error)
                                  : play_games(&player, &signals, error);
    if (player.scores && fclose(player.scores) != 0 && status == STATUS_OK)
        status = error_set(error, STATUS_FAILED, "cannot write scores.csv in '%s': %s",
                           request->evaldir, strerror(errno));
    close_player(&player);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}
