#include "agent/agent.h"
#include "play/controls.h"
#include "play/play.h"
#include "play/viewer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Seconds that a game's end stays before the next one begins. */
static const double end_seconds = 3;

struct human {
    const struct play_request *request;
    struct game game;
    struct environment *environment; /* the person's */
    struct episode episode;          /* the agent's; all zeros without an agent */
    struct viewer *viewer;
    struct controls controls;
    uint8_t *screen; /* (height, width, 3) */
    double score;    /* of the person's newest game */
    int64_t steps;   /* of that game */
    bool is_over;    /* that game ended by itself */
    bool has_agent;
};

/* ---- Opening --------------------------------------------------------------------------------- */

static enum status open_agent(struct human *human, struct error *error) {
    const struct play_request *request = human->request;
    const enum status status =
        episode_open(&human->episode, &request->agent, request->data_dir, request->eps, error);
    human->has_agent = true;
    if (status == STATUS_OK)
        human->game = agent_get_info(human->episode.agent)->game;
    return status;
}

/* The agent's game, but by the game's own rules: the limit on no-ops is not for people. */
static enum status open_game(struct human *human, struct error *error) {
    struct emulator *emulator;
    const enum status status =
        game_open_emulator(&human->game, human->request->data_dir, &emulator, error);
    if (status != STATUS_OK)
        return status;
    const struct environment_config config =
        game_environment_config(&human->game, observation_of(OBSERVATION_CLASSIC, &emulator->info));
    return environment_create(emulator, &config, &human->environment, error);
}

/* Unlike an agent, a person cannot play without a window. */
static enum status open_viewer(struct human *human, struct error *error) {
    struct error why;
    const struct emulator_info *info = environment_emulator_info(human->environment);
    const char *no_picture = environment_no_picture(human->environment);
    if (no_picture)
        return error_set(error, STATUS_BAD_INPUT,
                         "--human needs pictures, and %.100s makes none: %.500s", human->game.id,
                         no_picture);
    if (viewer_open(human->game.id, info, &human->viewer, &why) != STATUS_OK)
        return error_set(error, STATUS_BAD_INPUT, "--human needs a window to play in: %.400s",
                         why.message);
    struct window *window = viewer_window(human->viewer);
    controls_make(info, &human->controls);
    window_listen(window, human->controls.key_names, human->controls.key_count);
    window_set_help(window, human->controls.lines, human->controls.line_count);
    human->screen = malloc((size_t)info->screen_height * (size_t)info->screen_width * 3);
    return human->screen ? STATUS_OK
                         : error_set(error, STATUS_FAILED, "out of memory for the screen");
}

static enum status open_human(struct human *human, struct error *error) {
    const struct play_request *request = human->request;
    enum status status =
        request->agent.model[0]
            ? open_agent(human, error)
            : game_find(request->agent.game, request->agent.overrides, &human->game, error);
    if (status == STATUS_OK)
        status = open_game(human, error);
    if (status == STATUS_OK)
        status = emulator_check_numbered(environment_emulator_info(human->environment), "--human",
                                         "an agent can play it", error);
    return status == STATUS_OK ? open_viewer(human, error) : status;
}

/* ---- Turns ----------------------------------------------------------------------------------- */

static enum viewer_wish show_screen(struct human *human, const struct environment *environment,
                                    int frames, double score) {
    environment_screen_rgb(environment, human->screen);
    return viewer_show(human->viewer, human->screen, frames, score);
}

static void begin(struct human *human, int game, const char *who) {
    char what[48];
    snprintf(what, sizeof what, "game %d   %s", game, who);
    viewer_begin(human->viewer, what);
}

/* Shows the first screen, and lets the person get ready. */
static enum viewer_wish await_person(struct human *human, int game) {
    struct window_line lines[] = {{"", ""}, {"", "Press a key to begin"}, {"F1", "all keys"}};
    snprintf(lines[0].meaning, sizeof lines[0].meaning, "Game %d: your turn", game);
    environment_screen_rgb(human->environment, human->screen);
    window_show(viewer_window(human->viewer), human->screen);
    return viewer_say(human->viewer, lines, 3, INFINITY);
}

static enum viewer_wish play_person_once(struct human *human, int game) {
    uint32_t keys[WINDOW_MAX_KEYS];
    struct window *window = viewer_window(human->viewer);
    environment_seed(human->environment, human->request->seed, (uint64_t)game - 1);
    human->score = environment_reset(human->environment);
    human->steps = 0;
    human->is_over = false;
    begin(human, game, "you");
    window_read_keys(window, keys); /* drop keys pressed before this game */
    enum viewer_wish wish = await_person(human, game);
    while (wish == VIEWER_GO_ON && !human->is_over) {
        window_read_keys(window, keys);
        const struct environment_step step =
            environment_act(human->environment, controls_choose(&human->controls, keys));
        human->score += step.raw_reward;
        human->steps++;
        human->is_over = step.terminated || step.truncated;
        if (!step.failed)
            wish = show_screen(human, human->environment, step.emulator_frames, human->score);
    }
    return wish;
}

static enum viewer_wish play_person(struct human *human, int game) {
    enum viewer_wish wish = VIEWER_RESTART;
    while (wish == VIEWER_RESTART)
        wish = play_person_once(human, game);
    return wish;
}

/* The person asked for the next game: this one is played on unseen, for its score. */
static enum viewer_wish play_agent(struct human *human, int game) {
    struct episode *episode = &human->episode;
    enum viewer_wish wish = VIEWER_RESTART;
    begin(human, game, "agent");
    do {
        if (wish == VIEWER_RESTART) {
            episode_start(episode, human->request->seed, (uint64_t)game - 1);
            wish = show_screen(human, episode->environment, 1, 0);
            continue;
        }
        const struct environment_step step = episode_step(episode);
        const bool is_shown = wish == VIEWER_GO_ON && !step.failed;
        const enum viewer_wish newest = is_shown ? show_screen(human, episode->environment,
                                                               step.emulator_frames, episode->score)
                                                 : viewer_look(human->viewer, episode->score);
        wish = newest != VIEWER_GO_ON ? newest : wish;
    } while (wish != VIEWER_QUIT && (wish == VIEWER_RESTART || !episode->over));
    return wish;
}

/* ---- Games ----------------------------------------------------------------------------------- */

static enum status failure(const struct human *human, struct error *error) {
    const char *why = environment_failure(human->environment);
    if (why)
        return error_set(error, STATUS_FAILED, "%s failed: %.400s", human->game.id, why);
    return human->has_agent ? episode_failure(&human->episode, error) : STATUS_OK;
}

static void tell_of_game(const struct human *human, int game, bool agent_is_over) {
    const struct played_game played = {
        .id = human->game.id,
        .number = game,
        .score = human->score,
        .steps = human->steps,
        .was_left = !human->is_over,
        .has_agent = agent_is_over,
        .agent_score = agent_is_over ? human->episode.score : 0,
    };
    human->request->game_over(&played, human->request->context);
}

/* Shows the result over the last screen, and waits a little. */
static enum viewer_wish tell_scores(struct human *human, bool agent_is_over) {
    environment_screen_rgb(agent_is_over ? human->episode.environment : human->environment,
                           human->screen);
    window_show(viewer_window(human->viewer), human->screen);
    struct window_line lines[] = {{"", "Game over"}, {"You", ""}, {"Agent", ""}};
    snprintf(lines[1].meaning, sizeof lines[1].meaning, "%10.0f", human->score);
    if (agent_is_over)
        snprintf(lines[2].meaning, sizeof lines[2].meaning, "%10.0f", human->episode.score);
    else
        snprintf(lines[2].meaning, sizeof lines[2].meaning, "plays it now");
    return viewer_say(human->viewer, lines, human->has_agent ? 3 : 2, end_seconds);
}

/* Plays one game, the person and then the agent. True: the person wants no more. */
static bool play_pair(struct human *human, int game) {
    bool agent_is_over = false;
    enum viewer_wish wish = play_person(human, game);
    if (human->is_over && wish != VIEWER_QUIT)
        wish = tell_scores(human, false);
    if (human->is_over && human->has_agent && wish != VIEWER_QUIT) {
        wish = play_agent(human, game);
        agent_is_over = human->episode.over;
        if (agent_is_over && wish != VIEWER_QUIT)
            wish = tell_scores(human, true);
    }
    tell_of_game(human, game, agent_is_over);
    return wish == VIEWER_QUIT;
}

static enum status play_games(struct human *human, struct error *error) {
    bool is_enough = false;
    for (int game = 1; game <= human->request->games && !is_enough; game++) {
        is_enough = play_pair(human, game);
        const enum status status = failure(human, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status play_human(const struct play_request *request, struct error *error) {
    struct human human = {.request = request};
    enum status status = open_human(&human, error);
    if (status == STATUS_OK)
        status = play_games(&human, error);
    viewer_close(human.viewer);
    if (human.environment)
        environment_destroy(human.environment);
    if (human.has_agent)
        episode_close(&human.episode);
    free(human.screen);
    return status;
}
