#include "play/play.h"
#include "cli/agent_options.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct play_options {
    struct agent_options agent;
    char evaldir[OPTION_TEXT_SIZE];
    char gif[OPTION_TEXT_SIZE];
    char film[OPTION_TEXT_SIZE];
    char screenshot[OPTION_TEXT_SIZE];
    int64_t screenshot_frame;
    int64_t games;
    bool window;
    bool human;
    bool gif_best;
    bool explain;
    bool json;
};

static const struct option table[] = {
    INT_OPTION(
        "games", struct play_options, games, "10", 1, 1e6, "N",
        "games to play; default with --gif, --video or --screenshot, but without --gif_best: 1"),
    TEXT_OPTION("evaldir", struct play_options, evaldir, "", "DIR",
                "folder for scores.csv and a picture of each game's last screen"),
    TEXT_OPTION("gif", struct play_options, gif, "", "FILE",
                "write the games as an animated GIF at their own speed; shows no window unless "
                "--window is given"),
    FLAG_OPTION("gif_best", struct play_options, gif_best, "false",
                "write only the game with the best score", .needs = "gif"),
    TEXT_OPTION("video", struct play_options, film, "", "FILE",
                "write the games as a film (.mp4, .mkv, .webm, ...), like --gif"),
    TEXT_OPTION("screenshot", struct play_options, screenshot, "", "FILE",
                "write the last screen as a PNG, like --gif"),
    INT_OPTION(
        "screenshot_frame", struct play_options, screenshot_frame, "-1", -1, 1e9, "N",
        "for --screenshot: write the first game's screen after N steps instead, and stop there",
        .needs = "screenshot"),
    FLAG_OPTION(
        "explain", struct play_options, explain, "false",
        "show the values of actions and state beside the game, and tint what the agent looks at"),
    FLAG_OPTION("window", struct play_options, window, "true",
                "show the game if there is a display"),
    FLAG_OPTION("human", struct play_options, human, "false",
                "you play, then the agent plays the same game; F1 shows the keys"),
    JSON_OPTION(struct play_options),
    {0},
};

static const struct option_part parts[] = {
    {.parts = agent_options_parts, .offset = offsetof(struct play_options, agent)},
    {.options = table},
    {0},
};

/* The figures printed at the end. */
struct report {
    struct json *json;
    struct json *games;
    int compared; /* games played by both a person and the agent */
    double person_sum;
    double agent_sum;
    double next_progress; /* clock_seconds; 0: none is on the screen */
    struct error output;  /* the first failure of stdout */
};

static void clear_progress(struct report *report) {
    if (report->next_progress > 0)
        fputs("\r\033[K", stderr);
    report->next_progress = 0;
}

/* The format of the classic program; the scores of a person and the agent side by side. */
static void print_game(const struct played_game *game, void *context) {
    struct report *report = context;
    clear_progress(report);
    if (game->has_agent)
        printf("Game # %7d; You %4.0f; Agent %4.0f;\n", game->number, game->score,
               game->agent_score);
    else
        printf("Game # %7d; %s %4.0f;\n", game->number, game->was_left ? "Left at" : "Reward",
               game->score);
    if (report->output.status == STATUS_OK)
        command_flush(&report->output);
    if (!game->has_agent)
        return;
    report->compared++;
    report->person_sum += game->score;
    report->agent_sum += game->agent_score;
}

static void print_means(const struct report *report) {
    if (report->compared > 1)
        printf("Mean of %6d; You %4.1f; Agent %4.1f;\n", report->compared,
               report->person_sum / report->compared, report->agent_sum / report->compared);
}

static void append_game(const struct played_game *game, void *context) {
    struct report *report = context;
    struct json *json = json_new_object();
    json_set_real(json, "score", game->score);
    json_set_int(json, "steps", game->steps);
    if (game->was_left)
        json_set_bool(json, "left", true);
    if (game->has_agent)
        json_set_real(json, "agent_score", game->agent_score);
    json_append(report->games, json);
    json_set_text(report->json, "game", game->id);
}

/* The defaults of --games and --window depend on whether games are recorded. */
static void choose_for_recording(const struct option *all, struct play_options *options,
                                 const bool *given) {
    if (!options->gif[0] && !options->film[0] && !options->screenshot[0])
        return;
    for (const struct option *option = all; option->name; option++) {
        if (given[option - all])
            continue;
        if (option->offset == offsetof(struct play_options, games) && !options->gif_best)
            options->games = 1;
        if (option->offset == offsetof(struct play_options, window))
            options->window = false;
    }
}

static enum status check_human(const struct play_options *options, struct error *error) {
    if (!options->agent.weights.model[0] && !options->agent.game[0])
        return error_set(error, STATUS_BAD_INPUT,
                         "--human needs a game to play: --game=ID, or an agent's --model=FILE");
    if (!options->agent.weights.model[0] && options->agent.rules[0])
        return error_set(error, STATUS_BAD_INPUT,
                         "%.*s does nothing without --model: give that, too, or leave it out",
                         (int)strcspn(options->agent.rules, "="), options->agent.rules);
    if (options->evaldir[0] || options->gif[0] || options->film[0] || options->screenshot[0])
        return error_set(error, STATUS_BAD_INPUT,
                         "--human writes no files: leave out --evaldir, --gif, --video and "
                         "--screenshot");
    if (options->explain)
        return error_set(error, STATUS_BAD_INPUT,
                         "--explain shows an agent's values: leave it out with --human");
    if (!options->window)
        return error_set(error, STATUS_BAD_INPUT,
                         "--human needs a window: leave out --window=false");
    return STATUS_OK;
}

static enum status check_ending(const char *option, const char *path, const char *wanted,
                                const char *advice, struct error *error) {
    const char *slash = strrchr(path, '/');
    const char *ending = strrchr(slash ? slash : path, '.');
    if (!path[0] || !ending || ending[1] == '\0' || strcasecmp(ending, wanted) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "--%s writes a %s file, not '%.300s'%s", option,
                     wanted, path, advice);
}

static enum status check_endings(const struct play_options *options, struct error *error) {
    const enum status status = check_ending("gif", options->gif, ".gif",
                                            "; --video=FILE writes films (.mp4, .webm)", error);
    return status == STATUS_OK ? check_ending("screenshot", options->screenshot, ".png", "", error)
                               : status;
}

static enum status parse_play(const struct command *command, int argc, char **argv,
                              struct play_options *options, struct agent_request *agent,
                              struct error *error) {
    *options = (struct play_options){0}; /* not all fields have an option here */
    struct option all[OPTION_MAX_COUNT + 1];
    bool given[OPTION_MAX_COUNT] = {0};
    enum status status = command_parse_given(command, argc, argv, all, options, given, error);
    if (status == STATUS_OK)
        status = agent_options_request(&options->agent, all, given, options, agent, error);
    if (status != STATUS_OK)
        return status;
    status = check_endings(options, error);
    if (status != STATUS_OK)
        return status;
    choose_for_recording(all, options, given);
    return options->human ? check_human(options, error) : STATUS_OK;
}

/* Several times per second, on a terminal: recording takes time. */
static void show_progress(const struct play_progress *progress, void *context) {
    struct report *report = context;
    const double now = clock_seconds();
    if (now < report->next_progress)
        return;
    report->next_progress = now + 0.25;
    fprintf(stderr, "\rgame %d, step %lld, score %g\033[K", progress->game,
            (long long)progress->steps, progress->score);
}

static void tell_written(const char *path, void *context) {
    struct stat file;
    clear_progress(context);
    if (stat(path, &file) == 0)
        fprintf(stderr, "wrote %s (%.1f kB)\n", path, (double)file.st_size / 1e3);
}

static enum status run_play(const struct command *command, int argc, char **argv,
                            struct error *error) {
    struct play_options options = {0};
    struct agent_request agent;
    enum status status = parse_play(command, argc, argv, &options, &agent, error);
    if (status == STATUS_OK && !options.human)
        status = command_require(command, "model", options.agent.weights.model, error);
    if (status != STATUS_OK)
        return status;
    struct report report = {.json = json_new_object(), .games = json_new_array()};
    const struct play_request request = {
        .agent = agent,
        .data_dir = options.agent.data_dir,
        .evaldir = options.evaldir,
        .gif = options.gif,
        .gif_best = options.gif_best,
        .explain = options.explain,
        .film = options.film,
        .screenshot = options.screenshot,
        .screenshot_frame = options.screenshot_frame,
        .games = (int)options.games,
        .seed = (uint64_t)options.agent.seed,
        .eps = options.agent.eps,
        .window = options.window,
        .game_over = options.json ? append_game : print_game,
        .progress = isatty(STDERR_FILENO) ? show_progress : NULL,
        .wrote = tell_written,
        .context = &report,
    };
    status = options.human ? play_human(&request, error) : play_run(&request, error);
    clear_progress(&report);
    json_set(report.json, "games", report.games);
    if (status == STATUS_OK && options.json)
        command_print_json(report.json);
    else
        json_free(report.json);
    if (!options.json)
        print_means(&report);
    if (status == STATUS_OK && report.output.status != STATUS_OK) {
        *error = report.output;
        status = error->status;
    }
    return status;
}

const struct command command_play = {
    .name = "play",
    .usage = "play --model=FILE [options]",
    .summary = "watch a trained agent play",
    .details = "Shows the game in a window at its own speed (F1: its keys), or plays without\n"
               "pictures if there is no display, and prints each game's score.\n"
               "With --human you play, then the agent plays the same game; with --game=ID and\n"
               "without --model, you play alone.\n"
               "With --gif, --video or --screenshot, Ctrl-C writes the files and stops.\n",
    .options = parts,
    .defaults = agent_option_defaults,
    .run = run_play,
};
