#include "play/episode.h"
#include "play/play.h"
#include "play/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct player {
    const struct play_request *request;
    struct episode episode;
    struct window *window;  /* NULL: without pictures */
    FILE *scores;           /* evaldir's scores.csv, or NULL */
    uint8_t *screen;        /* (height, width, 3) */
    double next_frame;      /* when the picture after this one is due, on clock_seconds */
    double frames_a_second; /* of the game's own machine */
    int height;
    int width;
    bool closed; /* the person has closed the window */
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
    fputs("game,score,steps\n", player->scores);
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
    environment_screen_rgb(player->episode.environment, player->screen);
    player->closed = !window_show(player->window, player->screen);

    const double now = clock_seconds();
    if (player->next_frame < now - 0.25)
        player->next_frame = now; /* fallen behind: do not hurry to make up for it */
    player->next_frame += frames / player->frames_a_second;
    if (player->next_frame > now)
        clock_sleep(player->next_frame - now);
}

static void play_game(struct player *player, int game) {
    struct episode *episode = &player->episode;
    episode_start(episode, player->request->seed, (uint64_t)game - 1);
    if (player->window)
        show_title(player, game);
    while (!episode->over && !player->closed) {
        const struct environment_step step = episode_step(episode);
        if (!player->window)
            continue;
        if (step.raw_reward != 0)
            show_title(player, game);
        show_frames(player, step.emulator_frames);
    }
}

/* Keeps a game's score and its last screen, which in most games shows the score too. */
static enum status keep_game(struct player *player, int game, struct error *error) {
    const struct episode *episode = &player->episode;
    char name[32];
    char path[PATH_SIZE];
    fprintf(player->scores, "%d,%g,%lld\n", game, episode->score, (long long)episode->steps);
    if (fflush(player->scores) != 0)
        return error_set(error, STATUS_FAILED, "cannot write scores.csv in '%s': %s",
                         player->request->evaldir, strerror(errno));
    snprintf(name, sizeof name, "game-%04d.png", game);
    const enum status status = path_join(path, player->request->evaldir, name, error);
    if (status != STATUS_OK)
        return status;
    environment_screen_rgb(episode->environment, player->screen);
    return png_write(path, player->screen, player->height, player->width, error);
}

static enum status play_games(struct player *player, struct error *error) {
    enum status status = STATUS_OK;
    for (int game = 1; game <= player->request->games && status == STATUS_OK; game++) {
        play_game(player, game);
        if (player->closed)
            break;
        status = episode_failure(&player->episode, error);
        if (status != STATUS_OK)
            break;
        printf("Game # %7d; Reward %4.0f;\n", game, player->episode.score);
        fflush(stdout);
        if (player->scores)
            status = keep_game(player, game, error);
    }
    return status;
}

enum status play_run(const struct play_request *request, struct error *error) {
    struct player player = {.request = request};
    enum status status = open_player(&player, error);
    if (status == STATUS_OK)
        status = play_games(&player, error);
    if (player.scores && fclose(player.scores) != 0 && status == STATUS_OK)
        status = error_set(error, STATUS_FAILED, "cannot write scores.csv in '%s': %s",
                           request->evaldir, strerror(errno));
    window_close(player.window);
    episode_close(&player.episode);
    free(player.screen);
    return status;
}
