#include "agent/agent.h"
#include "store/store.h"
#include "watch/live.h"
#include "watch/paths.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const double PICTURES_A_SECOND = 30;
static const double SLOWEST_STEP = 0.5; /* seconds; for games with an odd rate */
static const double PAUSE_SECONDS = 1;  /* at the end of a game, so that its score can be read */
static const double EPSILON = 0.01;     /* for Q methods, which could repeat themselves forever */
enum { LOWEST_PRIORITY = 19 };

struct player {
    const struct live_request *request;
    int out;
    struct episode episode;
    char model[PATH_SIZE];
    struct timespec model_time;
    int64_t steps; /* of training in the weights; -1: unknown */
    bool is_open;
    bool has_weights;
    uint8_t *screen; /* (height, width, 3), before the newest step */
    uint64_t seed;
    int64_t games;
    double next_step;    /* clock_seconds */
    double next_picture; /* clock_seconds */
};

/* ---- What is sent ---------------------------------------------------------------------------- */

/* False if the reader is gone. */
static bool write_whole(int out, const void *data, size_t size) {
    const char *next = data;
    while (size > 0) {
        const ssize_t written = write(out, next, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        next += written;
        size -= (size_t)written;
    }
    return true;
}

/* Sends and frees json. */
static bool send_json(int out, struct json *json) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (stream)
        json_print(json, stream);
    json_free(json);
    if (!stream || fclose(stream) != 0) {
        free(text);
        return false;
    }
    const uint32_t length = (uint32_t)(size - 1); /* without the newline */
    const bool sent =
        size > 1 && write_whole(out, &length, sizeof length) && write_whole(out, text, length);
    free(text);
    return sent;
}

/* Sends a message in place of a picture. reason is changed. */
static bool send_state(const struct player *player, const char *state, char *reason) {
    struct json *json = json_new_object();
    paths_hide_folders(reason);
    json_set_int(json, "id", player->request->id);
    json_set_int(json, "seat", player->request->seat);
    json_set_text(json, "state", state);
    json_set_text(json, "reason", reason);
    return send_json(player->out, json);
}

static bool send_failure(const struct player *player, const struct error *error) {
    char reason[sizeof error->message + 200];
    snprintf(reason, sizeof reason, "%s%s", error->message, player->request->hint);
    return send_state(player, "failed", reason);
}

/* RFC 4648. The caller frees it; NULL: out of memory. */
static char *base64(const uint8_t *data, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((size + 2) / 3 * 4 + 1);
    char *next = text;
    for (size_t i = 0; text && i < size; i += 3) {
        const uint32_t group = (uint32_t)data[i] << 16 |
                               (i + 1 < size ? (uint32_t)data[i + 1] << 8 : 0) |
                               (i + 2 < size ? (uint32_t)data[i + 2] : 0);
        *next++ = digits[group >> 18];
        *next++ = digits[group >> 12 & 63];
        *next++ = i + 1 < size ? digits[group >> 6 & 63] : '=';
        *next++ = i + 2 < size ? digits[group & 63] : '=';
    }
    if (text)
        *next = '\0';
    return text;
}

static void add_picture(const struct player *player, struct json *json) {
    const struct emulator_info *info = environment_emulator_info(player->episode.environment);
    struct error error;
    uint8_t *png;
    size_t size;
    if (png_encode(player->screen, info->screen_height, info->screen_width, &png, &size, &error) !=
        STATUS_OK)
        return;
    char *text = base64(png, size);
    if (text) {
        json_set_int(json, "width", info->screen_width);
        json_set_int(json, "height", info->screen_height);
        json_set_real(json, "pixel_aspect", info->pixel_aspect);
        json_set_text(json, "picture", text);
    }
    free(text);
    free(png);
}

/* Bars show no more than four digits. */
static double rounded(double value) {
    return round(value * 1e4) / 1e4;
}

/* Those of the first count choices of an action with parts that were taken, by their numbers. */
static void add_taken(struct json *json, const struct agent_decision *decision, int count) {
    double taken[PARTS_MAX];
    int found = 0;
    for (int i = 0; i < count && found < PARTS_MAX; i++)
        if (agent_decided(decision, i))
            taken[found++] = i;
    json_set_reals(json, "taken", taken, found);
}

static void add_decision(const struct player *player, struct json *json) {
    const struct agent_decision *decision = &player->episode.decision;
    const struct emulator_info *info = environment_emulator_info(player->episode.environment);
    const bool is_continuous = decision->gaussian != NULL;
    const float *numbers = is_continuous      ? decision->numbers
                           : decision->policy ? decision->policy
                                              : decision->q;
    const int size = is_continuous ? decision->action_size : decision->action_count;
    double values[64];
    const int count = !numbers ? 0 : size < 64 ? size : 64;
    for (int i = 0; i < count; i++)
        values[i] = rounded((double)numbers[i]);
    json_set_reals(json,
                   is_continuous      ? "numbers"
                   : decision->policy ? "policy"
                                      : "q",
                   values, count);
    if (!decision->q)
        json_set_real(json, "value", rounded((double)decision->value));
    json_set_int(json, "action", decision->action);
    if (decision->parts)
        add_taken(json, decision, count);
    struct json *names = json_new_object(); /* by number: objects keep their order */
    for (int i = 0; i < count && info->action_count > 0; i++) {
        char key[8];
        char name[CHOICE_NAME_SIZE];
        snprintf(key, sizeof key, "%d", i);
        agent_choice_name(decision, info, i, name);
        json_set_text(names, key, name);
    }
    json_set(json, "actions", names);
}

/* Sends the screen before the newest step with the network's outputs; at the end, the screen after
 * it. */
static bool send_picture(const struct player *player, double score, int64_t step, bool is_over) {
    const struct agent_info *info = agent_get_info(player->episode.agent);
    struct json *json = json_new_object();
    json_set_int(json, "id", player->request->id);
    json_set_int(json, "seat", player->request->seat);
    json_set_text(json, "state", is_over ? "over" : "playing");
    json_set_text(json, "model", paths_last_part(player->model));
    json_set_int(json, "steps", player->steps);
    json_set_text(json, "title",
                  info->game.emulator == GAME_PLUGIN ? paths_last_part(info->game.id)
                                                     : info->game.id);
    json_set_int(json, "game", player->games);
    json_set_int(json, "step", step);
    json_set_real(json, "score", score);
    add_decision(player, json);
    add_picture(player, json);
    return send_json(player->out, json);
}

/* ---- Which network plays --------------------------------------------------------------------- */

static bool is_model(const char *name) {
    const size_t length = strlen(name);
    return length > 9 && strncmp(name, "model-", 6) == 0 && strcmp(name + length - 3, ".h5") == 0;
}

static bool is_newer(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* The newest weight file; false: none. */
static bool find_model(const struct live_request *request, char path[PATH_SIZE],
                       struct timespec *newest) {
    DIR *entries = opendir(request->folder);
    bool found_one = false;
    if (!entries)
        return false;
    for (const struct dirent *entry; (entry = readdir(entries));) {
        char candidate[PATH_SIZE];
        struct stat found;
        struct error error;
        if (!is_model(entry->d_name) ||
            path_join(candidate, request->folder, entry->d_name, &error) != STATUS_OK ||
            stat(candidate, &found) != 0 || !S_ISREG(found.st_mode) ||
            (found_one && !is_newer(&found.st_mtim, newest)) ||
            !paths_is_inside(request->root, candidate))
            continue;
        memcpy(path, candidate, PATH_SIZE);
        *newest = found.st_mtim;
        found_one = true;
    }
    closedir(entries);
    return found_one;
}

static void close_game(struct player *player) {
    episode_close(&player->episode);
    free(player->screen);
    player->screen = NULL;
    player->is_open = false;
    player->has_weights = false;
}

static enum status open_game(struct player *player, struct error *error) {
    const struct agent_request wanted = {.model = player->model,
                                         .overrides = &player->request->overrides,
                                         .trusts_model = player->request->trusts_model};
    const enum status status =
        episode_open(&player->episode, &wanted, player->request->data_dir, EPSILON, error);
    if (status == STATUS_OK)
        player->steps = agent_get_info(player->episode.agent)->weights.steps;
    return status;
}

static enum status open_screen(struct player *player, struct error *error) {
    const struct emulator_info *info = environment_emulator_info(player->episode.environment);
    player->screen = malloc((size_t)info->screen_height * (size_t)info->screen_width * 3 + 1);
    player->is_open = player->screen != NULL;
    return player->is_open ? STATUS_OK
                           : error_set(error, STATUS_FAILED, "out of memory for the screen");
}

static enum status open_empty_game(struct player *player, struct error *error) {
    struct agent *agent;
    const enum status status = agent_create(player->request->weights->info, &agent, error);
    return status == STATUS_OK ? episode_open_agent(&player->episode, agent,
                                                    player->request->data_dir, EPSILON, error)
                               : status;
}

/* Copies the run's current weights, if there are any. */
static enum status take_weights(struct player *player, struct error *error) {
    const struct watch_weights *weights = player->request->weights;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    enum status status = STATUS_OK;
    if (!player->is_open) {
        status = open_empty_game(player, error);
        if (status == STATUS_OK)
            status = open_screen(player, error);
    }
    if (status != STATUS_OK) {
        close_game(player);
        return status;
    }
    agent_tensors(player->episode.agent, views);
    player->has_weights = weights->copy(weights->context, views[0].data, &player->steps);
    return STATUS_OK;
}

/* Loads the newest weight file, if there is one. */
static enum status take_model(struct player *player, struct error *error) {
    char path[PATH_SIZE];
    struct timespec newest = {0};
    if (!find_model(player->request, path, &newest))
        return STATUS_OK; /* keeps the current weights, if any */
    if (player->is_open && strcmp(path, player->model) == 0 &&
        !is_newer(&newest, &player->model_time))
        return STATUS_OK;
    close_game(player);
    memcpy(player->model, path, sizeof player->model);
    player->model_time = newest;
    enum status status = open_game(player, error);
    if (status == STATUS_OK)
        status = open_screen(player, error);
    if (status != STATUS_OK)
        close_game(player);
    player->has_weights = player->is_open;
    return status;
}

/* ---- Playing --------------------------------------------------------------------------------- */

/* Waits to keep the game's own speed; never speeds up to make up for a delay. */
static void wait_for_step(struct player *player, int emulator_frames) {
    const struct emulator_info *info = environment_emulator_info(player->episode.environment);
    const double now = clock_seconds();
    double seconds = emulator_frames / info->frames_per_second;
    if (!(seconds < SLOWEST_STEP))
        seconds = SLOWEST_STEP;
    if (player->next_step < now - 0.1)
        player->next_step = now;
    player->next_step += seconds;
    if (player->next_step > now)
        clock_sleep(player->next_step - now);
}

/* Whether to send the picture of this step. */
static bool is_picture_due(struct player *player) {
    const double now = clock_seconds();
    if (now < player->next_picture)
        return false;
    player->next_picture += 1 / PICTURES_A_SECOND;
    if (player->next_picture < now)
        player->next_picture = now;
    return true;
}

static enum status play_game(struct player *player, bool *is_read, struct error *error) {
    struct episode *episode = &player->episode;
    episode_start(episode, player->seed, (uint64_t)player->games++);
    while (!episode->over && *is_read) {
        const bool is_due = is_picture_due(player);
        const double score = episode->score;
        if (is_due)
            environment_screen_rgb(episode->environment, player->screen);
        const struct environment_step step = episode_step(episode);
        if (step.failed)
            return episode_failure(episode, error);
        if (is_due)
            *is_read = send_picture(player, score, episode->steps, false);
        wait_for_step(player, step.emulator_frames);
    }
    if (!*is_read)
        return STATUS_OK;
    environment_screen_rgb(episode->environment, player->screen);
    *is_read = send_picture(player, episode->score, episode->steps, true);
    clock_sleep(PAUSE_SECONDS);
    return STATUS_OK;
}

/* Closes inherited descriptors: a connection must end when the server closes it. */
static void close_all_but(int kept) {
    DIR *entries = opendir("/proc/self/fd");
    if (!entries)
        return;
    const int own = dirfd(entries);
    for (const struct dirent *entry; (entry = readdir(entries));) {
        const int file = (int)strtol(entry->d_name, NULL, 10);
        if (file > STDERR_FILENO && file != kept && file != own)
            close(file);
    }
    closedir(entries);
}

int live_play(const struct live_request *request, int out) {
    struct player player = {.request = request, .out = out};
    bool is_read = true;
    process_give_way(LOWEST_PRIORITY);
    close_all_but(out);
    player.seed = (uint64_t)(clock_seconds() * 1e6);
    while (is_read) {
        struct error error;
        enum status status =
            request->weights ? take_weights(&player, &error) : take_model(&player, &error);
        if (status == STATUS_OK && player.has_weights)
            status = play_game(&player, &is_read, &error);
        else if (status == STATUS_OK)
            is_read = send_state(&player, "waiting", (char[]){""});
        if (status != STATUS_OK)
            is_read = send_failure(&player, &error);
        if (status != STATUS_OK || !player.has_weights)
            clock_sleep(1);
    }
    close_game(&player);
    return 0;
}
