#include "games/games.h"
#include "cli/command.h"
#include "cli/import.h"

#include <string.h>

struct games_options {
    bool installed;
    bool link;
    bool json;
};

static const struct option table[] = {
    FLAG_OPTION("installed", struct games_options, installed, "false",
                "only those that can be played here: their ROM, core or Python module is there"),
    FLAG_OPTION("link", struct games_options, link, "false",
                "import: make links to the ROMs, not copies", .flags = OPTION_OF_CALL),
    JSON_OPTION(struct games_options),
    {0},
};

static const struct option_part parts[] = {
    {.options = table},
    {0},
};

/* The listing: ids go to json if there is one, otherwise to stdout. */
struct listing {
    struct json *json;
    int count;
};

static void list_id(const char *id, void *context) {
    struct listing *listing = context;
    listing->count++;
    if (listing->json)
        json_append_text(listing->json, id);
    else
        puts(id);
}

static enum status nothing_found(const char *pattern, bool installed, struct error *error) {
    if (installed && pattern && strncmp(pattern, "gym:", 4) == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "no environment with '%.40s' in its name is installed; tools/install-deps "
                         "--gymnasium fetches some into deps/python, and $ASYNCRL_PYTHON names a "
                         "Python that has them",
                         pattern);
    if (installed)
        return error_set(error, STATUS_BAD_INPUT,
                         "no game%s%.40s%s is installed; tools/install-deps fetches games",
                         pattern ? " with '" : "", pattern ? pattern : "",
                         pattern ? "' in its name" : "");
    char nearest[GAME_ID_SIZE];
    if (game_suggest(pattern, nearest))
        return error_set(error, STATUS_BAD_INPUT,
                         "no game has '%.40s' in its name; did you mean '%s'?", pattern, nearest);
    return error_set(error, STATUS_BAD_INPUT,
                     "no game has '%.40s' in its name; asyncrl games lists them all", pattern);
}

static enum status list_games(const char *pattern, const struct games_options *options,
                              struct error *error) {
    struct listing listing = {0};
    if (options->link)
        return error_set(error, STATUS_BAD_INPUT,
                         "--link goes with asyncrl games import DIR: leave it out");
    if (options->json)
        listing.json = json_new_array();
    if (options->installed)
        game_list_installed(pattern, NULL, list_id, &listing);
    else
        game_list(pattern, list_id, &listing);
    if (listing.count == 0) {
        json_free(listing.json);
        return nothing_found(pattern, options->installed, error);
    }
    if (options->json) {
        struct json *json = json_new_object();
        json_set(json, "games", listing.json);
        command_print_json(json);
    }
    return STATUS_OK;
}

static enum status run_games(const struct command *command, int argc, char **argv,
                             struct error *error) {
    const char *arguments[2] = {NULL};
    int count;
    struct games_options options;
    const enum status status =
        command_parse_arguments(command, argc, argv, &options, arguments, 2, &count, error);
    if (status != STATUS_OK)
        return status;
    const bool imports = count > 0 && strcmp(arguments[0], "import") == 0;
    if (imports && count == 1)
        return error_set(error, STATUS_BAD_INPUT,
                         "games import needs a folder with ROMs: asyncrl games import DIR");
    if (!imports && count == 2)
        return error_set(error, STATUS_BAD_INPUT, "unexpected argument '%.40s'", arguments[1]);
    if (imports && options.installed)
        return error_set(error, STATUS_BAD_INPUT,
                         "games import does not take --installed: leave it out");
    return imports ? import_roms(arguments[1], options.link, options.json, error)
                   : list_games(arguments[0], &options, error);
}

const struct command command_games = {
    .name = "games",
    .usage = "games [PATTERN | import DIR] [--installed] [--link] [--json]",
    .summary = "list the games, or those with PATTERN in their names; import ROMs",
    .details = "PATTERN is a part of the name, or a shell's pattern: 'Pong*-v4'.\n\n"
               "`gym:` and an id play any environment of Gymnasium; those of other packages are\n"
               "not listed here.\n\n"
               "`games import DIR` looks for the ROMs of consoles' games in a folder and in the\n"
               "zip archives there, recognises them by their SHA-1, and copies them to the data\n"
               "folder. ROMs of more than 64 MiB are passed over.\n",
    .options = parts,
    .arguments = "ID",
    .run = run_games,
};
