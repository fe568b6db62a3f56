#include "watch/live.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A reader who leaves the page and comes back finds the same game. */
static const double LINGER_SECONDS = 3;
static const double RESTART_SECONDS = 3;

void live_init(struct live *live) {
    *live = (struct live){0};
    for (int i = 0; i < LIVE_MAX_GAMES; i++)
        live->games[i] = (struct live_game){.pipe = -1, .shown = {.kept = 1}};
}

static bool is_free(const struct live_game *game) {
    return game->watchers == 0 && game->pid == 0;
}

static void end_child(struct live_game *game) {
    if (game->pid > 0) {
        kill(game->pid, SIGKILL);
        while (waitpid(game->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (game->pipe >= 0)
        close(game->pipe);
    free(game->coming);
    game->pid = 0;
    game->pipe = -1;
    game->coming = NULL;
    game->read = 0;
}

/* Drops the old pictures, so that the next reader does not take them for new ones. */
static void end_game(struct live_game *game) {
    end_child(game);
    channel_clear(&game->shown);
    game->shown.written = 0;
}

static void start_child(struct live_game *game) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    const pid_t pid = process_fork("asyncrl-game");
    if (pid == 0) {
        close(ends[0]);
        _exit(live_play(&game->request, ends[1]));
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    game->pid = pid;
    game->pipe = ends[0];
}

struct live_game *live_join(struct live *live, const struct live_request *request) {
    struct live_game *unused = NULL;
    for (int i = 0; i < LIVE_MAX_GAMES; i++) {
        struct live_game *game = &live->games[i];
        if (!is_free(game) && game->request.id == request->id &&
            game->request.seat == request->seat) {
            game->watchers++;
            return game;
        }
        if (game->watchers == 0 && (!unused || is_free(game)))
            unused = game;
    }
    if (!unused)
        return NULL;
    end_game(unused);
    unused->request = *request;
    unused->watchers = 1;
    unused->not_before = 0;
    return unused;
}

void live_leave(struct live_game *game) {
    game->watchers--;
    game->unwatched = clock_seconds();
}

/* Room for the next bytes of the incoming message: first its size, then its text. */
static char *place_for(struct live_game *game, size_t *room) {
    static const size_t head = sizeof game->size;
    if (game->read < head) {
        *room = head - game->read;
        return (char *)&game->size + game->read;
    }
    if (!game->coming && game->size > 0 && game->size <= LIVE_MAX_MESSAGE)
        game->coming = malloc(game->size);
    *room = head + game->size - game->read;
    return game->coming ? game->coming + (game->read - head) : NULL;
}

/* Publishes a whole message. */
static bool take_message(struct live_game *game) {
    if (game->read < sizeof game->size + 1 || game->read < sizeof game->size + game->size)
        return false;
    channel_write(&game->shown, message_make("game", game->coming, game->size));
    free(game->coming);
    game->coming = NULL;
    game->read = 0;
    return true;
}

/* Foreign code runs in the child, and may have ended it or written nonsense: then the child is
 * stopped. */
static bool read_pipe(struct live_game *game) {
    bool news = false;
    for (;;) {
        size_t room;
        char *place = place_for(game, &room);
        const ssize_t got = place ? read(game->pipe, place, room) : 0;
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return news;
        if (got <= 0) {
            end_child(game);
            game->not_before = clock_seconds() + RESTART_SECONDS;
            return news;
        }
        game->read += (size_t)got;
        news |= take_message(game);
    }
}

bool live_turn(struct live *live) {
    const double now = clock_seconds();
    bool news = false;
    for (int i = 0; i < LIVE_MAX_GAMES; i++) {
        struct live_game *game = &live->games[i];
        if (game->watchers == 0 && game->pid > 0 && now - game->unwatched > LINGER_SECONDS)
            end_game(game);
        if (game->watchers > 0 && game->pid == 0 && now >= game->not_before)
            start_child(game);
        if (game->pipe >= 0)
            news |= read_pipe(game);
    }
    return news;
}

void live_close(struct live *live) {
    for (int i = 0; i < LIVE_MAX_GAMES; i++)
        end_game(&live->games[i]);
}
