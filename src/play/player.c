#include "agent/agent.h"
#include "media/media.h"
#include "play/details.h"
#include "play/play.h"
#include "play/window.h"
#include "store/store.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct player {
    const struct play_request *request;
    struct episode episode;
    struct window *window;  /* NULL: without pictures */
    struct gif *gif;        /* what the games are written to, or NULL */
    FILE *scores;           /* evaldir's scores.csv, or NULL */
    uint8_t *screen;        /* (height, width, 3) */
    double next_frame;      /* when the picture after this one is due, on clock_seconds */
    double frames_a_second; /* of the game's own machine */
    double best_score;      /* of the game that the GIF holds */
    int height;
    int width;
    bool has_best;
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

static enum status open_gif(struct player *player, struct error *error) {
    const char *path = player->request->gif;
    if (!path || !path[0])
        return STATUS_OK;
    const enum status status = atomic_file_try(path, error);
    if (status != STATUS_OK)
        return status;
    return gif_create(player->height, player->width, player->frames_a_second, &player->gif, error);
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
    status = open_gif(player, error);
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
    if (player->gif)
        gif_add(player->gif, player->screen, step->emulator_frames);
    if (!player->window)
        return;
    if (step->raw_reward != 0)
        show_title(player, game);
    show_frames(player, step->emulator_frames);
}

/* Ends the GIF's part of a game; one that was stopped is kept as far as it went. */
static void end_recording(struct player *player) {
    const double score = player->episode.score;
    enum gif_keeping keeping = GIF_KEEP;
    if (!player->gif)
        return;
    if (player->request->gif_best)
        keeping = !player->has_best || score > player->best_score ? GIF_REPLACE : GIF_DROP;
    gif_end_game(player->gif, keeping);
    if (keeping == GIF_REPLACE) {
        player->best_score = score;
        player->has_best = true;
    }
}

/* Takes a signal that waits, of those that are blocked while there is a recording. */
static bool was_interrupted(const struct player *player, const sigset_t *signals) {
    const struct timespec at_once = {0};
    return player->gif && sigtimedwait(signals, NULL, &at_once) > 0;
}

static void play_game(struct player *player, int game, const sigset_t *signals) {
    struct episode *episode = &player->episode;
    episode_start(episode, player->request->seed, (uint64_t)game - 1);
    if (player->window)
        show_title(player, game);
    if (player->gif && !environment_failure(episode->environment)) {
        environment_screen_rgb(episode->environment, player->screen);
        gif_add(player->gif, player->screen, 0);
    }
    while (!episode->over && !player->stopped) {
        const struct environment_step step = episode_step(episode);
        if (!step.failed && (player->window || player->gif))
            use_screen(player, &step, game);
        if (was_interrupted(player, signals))
            player->stopped = true;
    }
    end_recording(player);
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

/* Plays with the signals blocked that would end the program: the GIF is to be written first. */
static enum status record_games(struct player *player, struct error *error) {
    sigset_t signals;
    sigset_t before;
    struct error later;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof stop_signals / sizeof *stop_signals; i++)
        sigaddset(&signals, stop_signals[i]);
    sigprocmask(SIG_BLOCK, &signals, &before);
    const enum status status = play_games(player, &signals, error);
    /* What was played is written, whatever ended it. */
    const enum status saved =
        gif_save(player->gif, player->request->gif, status == STATUS_OK ? error : &later);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status == STATUS_OK ? saved : status;
}

enum status play_run(const struct play_request *request, struct error *error) {
    struct player player = {.request = request};
    enum status status = open_player(&player, error);
    if (status == STATUS_OK)
        status = player.gif ? record_games(&player, error) : play_games(&player, NULL, error);
    if (player.scores && fclose(player.scores) != 0 && status == STATUS_OK)
        status = error_set(error, STATUS_FAILED, "cannot write scores.csv in '%s': %s",
                           request->evaldir, strerror(errno));
    window_close(player.window);
    gif_destroy(player.gif);
    episode_close(&player.episode);
    free(player.screen);
    return status;
}
