#include "watch/channel.h"
#include "watch/config.h"
#include "watch/http.h"
#include "watch/listen.h"
#include "watch/live.h"
#include "watch/page.h"
#include "watch/page_css.h"
#include "watch/page_js.h"
#include "watch/runs.h"
#include "watch/watch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

static const double UPDATE_SECONDS = 1;
static const double OVER_SECONDS = 0.2; /* between checks of is_over */
static const double ALIVE_SECONDS = 5;  /* an idle stream sends a comment this often */
enum { KEPT_EVENTS = 64, LOWEST_PRIORITY = 19 };

struct server {
    const struct watch_request *request;
    struct runs runs;
    struct live live;
    struct channel events;  /* of all runs */
    struct message *missed; /* tells a slow reader that it missed messages */
    struct http_handler handler;
    struct http *http;
    char *page; /* its HTML; page_size bytes */
    size_t page_size;
    double next_update;
};

/* The stream of one reader. */
struct stream {
    struct server *server;
    struct live_game *games[LIVE_GAMES_OF_RUN]; /* NULL: not watched */
    uint64_t next_event;                        /* of server->events */
    uint64_t next_pictures[LIVE_GAMES_OF_RUN];  /* of each game's shown */
    int turn;                                   /* the game whose picture is sent next */
    struct message *current;                    /* being sent; held */
    size_t sent;                                /* bytes sent */
    double last_said;
};

/* ---- Streams --------------------------------------------------------------------------------- */

/*
 * How to play a run's games. A run may come from anyone: the data folder, core and ROM that it
 * names hold code, and are opened only with --trust.
 */
static struct live_request game_of(const struct server *server, int id) {
    const struct watched_run *run = server->runs.list[id];
    const bool trusts = server->request->trusts_runs;
    struct live_request request = {
        .id = id,
        .root = run->root,
        .folder = run->folder,
        .weights = server->request->weights,
        .trusts_model = trusts,
        .hint = "",
    };
    if (run->config && trusts) {
        json_get_text(run->config, "rom", request.overrides.rom, sizeof request.overrides.rom);
        json_get_text(run->config, "core", request.overrides.core, sizeof request.overrides.core);
        json_get_text(run->config, "data_dir", request.data_dir, sizeof request.data_dir);
    } else if (run->config && !request.weights && config_names_files(run->config))
        request.hint =
            "; the run names its own core, ROM or data folder, which is opened only with --trust";
    if (server->request->data_dir && server->request->data_dir[0])
        snprintf(request.data_dir, sizeof request.data_dir, "%s", server->request->data_dir);
    return request;
}

/* The error for a run whose game would run code chosen by the run's author. */
static bool is_untrusted(const struct server *server, int id) {
    const struct json *config = server->runs.list[id]->config;
    return !server->request->trusts_runs && !server->request->weights && config &&
           config_names_code(config);
}

/* Shows a message about the game, size bytes of JSON, before any picture. */
static void say_of_game(struct stream *stream, const char *text, size_t size) {
    message_release(stream->current);
    stream->current = message_make("game", text, size);
}

/* Watches that many games of the run, as far as there is room; false: there is none. */
static bool join_games(struct stream *stream, int id, int count) {
    struct live_request request = game_of(stream->server, id);
    for (request.seat = 0; request.seat < count; request.seat++)
        stream->games[request.seat] = live_join(&stream->server->live, &request);
    return stream->games[0] != NULL;
}

/* id: -1: no game is watched. */
static struct stream *open_stream(struct server *server, int id, int game_count) {
    static const char crowded[] = "{\"state\":\"crowded\"}";
    static const char untrusted[] = "{\"state\":\"untrusted\"}";
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    *stream = (struct stream){.server = server, .next_event = server->events.written};
    stream->current = message_make("hello", "{}", 2);
    if (id < 0)
        return stream;
    if (is_untrusted(server, id)) {
        say_of_game(stream, untrusted, sizeof untrusted - 1);
        return stream;
    }
    if (!join_games(stream, id, game_count))
        say_of_game(stream, crowded, sizeof crowded - 1);
    return stream;
}

static void close_stream(void *context) {
    struct stream *stream = context;
    message_release(stream->current);
    for (int i = 0; i < LIVE_GAMES_OF_RUN; i++)
        if (stream->games[i])
            live_leave(stream->games[i]);
    free(stream);
}

static bool has_picture(const struct stream *stream) {
    for (int i = 0; i < LIVE_GAMES_OF_RUN; i++)
        if (stream->games[i] && stream->next_pictures[i] < stream->games[i]->shown.written)
            return true;
    return false;
}

static bool stream_has_news(void *context) {
    const struct stream *stream = context;
    return stream->current || stream->next_event < stream->server->events.written ||
           has_picture(stream) || clock_seconds() - stream->last_said > ALIVE_SECONDS;
}

/* A new picture of one of the games, in turn; NULL: none. */
static struct message *next_picture(struct stream *stream) {
    struct message *message = NULL;
    for (int i = 0; i < LIVE_GAMES_OF_RUN && !message; i++) {
        const int seat = (stream->turn + i) % LIVE_GAMES_OF_RUN;
        const struct live_game *game = stream->games[seat];
        bool missed = false;
        if (!game)
            continue;
        message = channel_read(&game->shown, &stream->next_pictures[seat], &missed);
        if (message)
            stream->turn = seat + 1;
    }
    return message;
}

/* Rows before pictures: they are few, and none may be skipped. */
static struct message *next_message(struct stream *stream) {
    struct channel *events = &stream->server->events;
    bool missed = false;
    struct message *message = channel_read(events, &stream->next_event, &missed);
    if (missed && stream->server->missed) {
        message_release(message);
        stream->next_event = events->written;
        stream->server->missed->holders++;
        return stream->server->missed;
    }
    return message ? message : next_picture(stream);
}

static size_t stream_read(void *context, char *out, size_t size) {
    struct stream *stream = context;
    static const char alive[] = ":\n\n";
    const double now = clock_seconds();
    if (!stream->current)
        stream->current = next_message(stream);
    if (!stream->current) {
        if (now - stream->last_said <= ALIVE_SECONDS || size < sizeof alive)
            return 0;
        memcpy(out, alive, sizeof alive - 1);
        stream->last_said = now;
        return sizeof alive - 1;
    }
    const size_t left = stream->current->size - stream->sent;
    const size_t part = left < size ? left : size;
    memcpy(out, stream->current->text + stream->sent, part);
    stream->sent += part;
    stream->last_said = now;
    if (part == left) {
        message_release(stream->current);
        stream->current = NULL;
        stream->sent = 0;
    }
    return part;
}

/* ---- Answers --------------------------------------------------------------------------------- */

/* The id of an existing run; -1: anything else. */
static int read_id(const struct server *server, const char *text) {
    if (!text || text[0] < '0' || text[0] > '9' || strlen(text) > 3)
        return -1;
    char *end;
    const long id = strtol(text, &end, 10);
    return *end == '\0' && id < server->runs.count ? (int)id : -1;
}

/* The number of games to watch, 1 unless it is given; 0: nonsense. */
static int read_game_count(const char *text) {
    if (!text)
        return 1;
    const bool is_digit = text[0] >= '1' && text[0] <= '0' + LIVE_GAMES_OF_RUN;
    return is_digit && text[1] == '\0' ? text[0] - '0' : 0;
}

static void answer_static(struct http_reply *reply, const char *type, const char *text,
                          size_t size) {
    *reply = (struct http_reply){.code = 200, .type = type, .text = (char *)text, .size = size};
}

/* id: the run whose curves are wanted; -1: the list of all runs. */
static void answer_json(const struct server *server, int id, struct http_reply *reply) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return;
    if (id < 0)
        runs_list_json(&server->runs, out);
    else
        runs_curves_json(&server->runs, id, out);
    if (fclose(out) != 0) {
        free(text);
        return;
    }
    *reply = (struct http_reply){
        .code = 200, .type = "application/json", .text = text, .size = size, .owned = true};
}

static void answer(void *context, const struct http_request *request, struct http_reply *reply) {
    struct server *server = context;
    static const char nothing[] = "there is no such page\n";
    const int id = read_id(server, request->id);
    const int game_count = read_game_count(request->games);
    reply->text = (char *)nothing;
    reply->size = sizeof nothing - 1;
    if (strcmp(request->path, "/") == 0)
        answer_static(reply, "text/html; charset=utf-8", server->page, server->page_size);
    else if (strcmp(request->path, "/page.css") == 0)
        answer_static(reply, "text/css; charset=utf-8", page_css, sizeof page_css - 1);
    else if (strcmp(request->path, "/page.js") == 0)
        answer_static(reply, "text/javascript; charset=utf-8", page_js, sizeof page_js - 1);
    else if (strcmp(request->path, "/api/runs") == 0)
        answer_json(server, -1, reply);
    else if (strcmp(request->path, "/api/run") == 0 && id >= 0)
        answer_json(server, id, reply);
    else if (strcmp(request->path, "/api/events") == 0 && (id >= 0 || !request->id) &&
             game_count > 0)
        reply->stream = open_stream(server, id, game_count);
}

/* ---- The loop -------------------------------------------------------------------------------- */

static void tell(void *context, enum runs_event event, const char *text, size_t size) {
    static const char *const names[] = {
        [RUNS_CHANGED] = "runs", [RUNS_ANEW] = "anew", [RUNS_ROWS] = "rows"};
    struct server *server = context;
    channel_write(&server->events, message_make(names[event], text, size));
}

static void wait_for_news(const struct server *server) {
    struct pollfd files[LIVE_MAX_GAMES + 1];
    nfds_t count = 0;
    files[count++] = (struct pollfd){.fd = http_descriptor(server->http), .events = POLLIN};
    for (int i = 0; i < LIVE_MAX_GAMES; i++)
        if (server->live.games[i].pipe >= 0)
            files[count++] = (struct pollfd){.fd = server->live.games[i].pipe, .events = POLLIN};
    double wait = server->next_update - clock_seconds();
    const double timeout = http_timeout(server->http);
    if (timeout < wait)
        wait = timeout;
    if (server->request->is_over && wait > OVER_SECONDS)
        wait = OVER_SECONDS;
    poll(files, count, wait > 0 ? (int)(wait * 1000) + 1 : 0);
}

static void update_runs(struct server *server) {
    const double now = clock_seconds();
    if (now < server->next_update)
        return;
    const bool more = runs_update(&server->runs, tell, server);
    server->next_update = more ? now : now + UPDATE_SECONDS;
}

static bool is_over(const struct server *server) {
    return server->request->is_over && server->request->is_over(server->request->context);
}

/* If only this machine can reach the page, it answers only to this machine's names. */
static void name_hosts(int listener, struct http_handler *handler, char *address) {
    if (!listen_is_local(listener, address))
        return;
    handler->gate.hosts[0] = "localhost";
    handler->gate.hosts[1] = "127.0.0.1";
    handler->gate.hosts[2] = "[::1]";
    handler->gate.hosts[3] = address;
}

static enum status open_server(struct server *server, int listener, char *address,
                               struct error *error) {
    server->handler = (struct http_handler){
        .context = server,
        .answer = answer,
        .stream_has_news = stream_has_news,
        .stream_read = stream_read,
        .stream_close = close_stream,
    };
    server->handler.gate.token = server->request->token;
    name_hosts(listener, &server->handler, address);
    server->events.kept = KEPT_EVENTS;
    server->missed = message_make("missed", "{}", 2);
    live_init(&server->live);
    runs_open(&server->runs, server->request->folders, server->request->folder_count,
              server->request->options);
    server->page = page_make(server->request->token, &server->page_size);
    if (!server->page)
        return error_set(error, STATUS_FAILED, "out of memory");
    return http_open(&server->handler, listener, &server->http, error);
}

enum status watch_serve(const struct watch_request *request, int listener, struct error *error) {
    char address[LISTEN_NAME_SIZE] = "";
    struct server *server = calloc(1, sizeof *server);
    if (!server)
        return error_set(error, STATUS_FAILED, "out of memory");
    server->request = request;
    /* So that a flood of requests does not slow the learner down. */
    process_give_way(LOWEST_PRIORITY);
    const enum status status = open_server(server, listener, address, error);
    while (status == STATUS_OK && !is_over(server)) {
        wait_for_news(server);
        update_runs(server);
        live_turn(&server->live);
        http_turn(server->http);
    }
    if (server->http)
        http_close(server->http);
    live_close(&server->live);
    runs_close(&server->runs);
    channel_clear(&server->events);
    message_release(server->missed);
    free(server->page);
    free(server);
    return status;
}
