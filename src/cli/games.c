#include "games/games.h"
#include "cli/command.h"

struct games_options {
    bool json;
};

static const struct option table[] = {JSON_OPTION(struct games_options), {0}};

static const struct option_part parts[] = {
    {.options = table},
    {0},
};

static void append_id(const char *id, void *context) {
    json_append_text(context, id);
}

static void print_id(const char *id, void *context) {
    (void)context;
    puts(id);
}

static void print_games(const char *pattern) {
    struct json *json = json_new_object();
    struct json *games = json_new_array();
    game_list(pattern, append_id, games);
    json_set(json, "games", games);
    command_print_json(json);
}

static void note(const char *id, void *context) {
    (void)id;
    *(bool *)context = true;
}

static enum status run_games(const struct command *command, int argc, char **argv,
                             struct error *error) {
    const char *pattern = NULL;
    int pattern_count;
    struct games_options options;
    const enum status status =
        command_parse_arguments(command, argc, argv, &options, &pattern, 1, &pattern_count, error);
    if (status != STATUS_OK)
        return status;
    bool is_any = false;
    game_list(pattern, note, &is_any);
    if (!is_any)
        return error_set(error, STATUS_BAD_INPUT,
                         "no game has '%.40s' in its name; asyncrl games lists them all", pattern);
    if (options.json)
        print_games(pattern);
    else
        game_list(pattern, print_id, NULL);
    return STATUS_OK;
}

const struct command command_games = {
    .name = "games",
    .usage = "games [PATTERN] [--json]",
    .summary = "list the games, or those with PATTERN in their names",
    .options = parts,
    .arguments = "ID",
    .run = run_games,
};
