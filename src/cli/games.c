#include "cli/command.h"
#include "game/game.h"

static const struct option table[] = {{0}};

struct listing {
    int count;
};

static void print_id(const char *id, void *context) {
    struct listing *listing = context;
    listing->count++;
    puts(id);
}

static enum status run(const struct command *command, int argc, char **argv, struct error *error) {
    const char *pattern = NULL;
    int pattern_count;
    const enum status status =
        options_parse(command->options, argc, argv, NULL, NULL, &pattern, 1, &pattern_count, error);
    if (status != STATUS_OK)
        return status;
    struct listing listing = {0};
    game_list(pattern, print_id, &listing);
    if (listing.count == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "no game has '%.40s' in its name; asyncrl games lists them all", pattern);
    return STATUS_OK;
}

const struct command command_games = {
    .name = "games",
    .usage = "games [PATTERN]",
    .summary = "list the games, or those with PATTERN in their names",
    .options = table,
    .run = run,
};
