#include "watch/config.h"
#include "games/games.h"
#include "watch/paths.h"

#include <math.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONFIG = 1 << 20 }; /* bytes */

struct json *config_read(const char *root, const char *folder) {
    const int file = paths_open(root, folder, "config.json");
    if (file < 0)
        return NULL;
    char *text = malloc(MAX_CONFIG + 1);
    size_t size = 0;
    ssize_t got = 0;
    while (text && size <= MAX_CONFIG && (got = read(file, text + size, MAX_CONFIG + 1 - size)) > 0)
        size += (size_t)got;
    close(file);
    struct json *config = text && got == 0 && size <= MAX_CONFIG ? json_parse(text, size) : NULL;
    free(text);
    return config;
}

/* Options that concern the machine (by the value's name in --help) or one call of the program. */
static bool is_private(const struct option *option) {
    const char *value = option->placeholder ? option->placeholder : "";
    return (option->flags & OPTION_OF_CALL) || strstr(value, "FILE") || strstr(value, "DIR");
}

static bool find_game(const struct json *config, struct game *game) {
    char id[OPTION_TEXT_SIZE];
    struct error error;
    return json_get_text(config, "game", id, sizeof id) &&
           game_find(id, NULL, game, &error) == STATUS_OK;
}

static void show_text(const struct json *config, const char *name, struct json *shown) {
    char text[OPTION_TEXT_SIZE];
    struct game game;
    if (!json_get_text(config, name, text, sizeof text))
        return;
    const bool is_path =
        strcmp(name, "game") == 0 && find_game(config, &game) && game.emulator == GAME_PLUGIN;
    json_set_text(shown, name, is_path ? paths_last_part(text) : text);
}

static void show_option(const struct json *config, const struct option *option,
                        struct json *shown) {
    alignas(max_align_t) char value[OPTION_TEXT_SIZE]; /* as large as the largest field */
    struct option alone = *option;
    alone.offset = 0;
    if (option->type == OPTION_TEXT)
        show_text(config, option->name, shown);
    else if (!option_from_json(&alone, config, option->name, value))
        option_to_json(&alone, value, shown);
}

struct json *config_shown(const struct json *config, const struct option *table) {
    struct json *shown = json_new_object();
    show_text(config, "method", shown);
    for (const struct option *option = table; option->name; option++)
        if (!is_private(option))
            show_option(config, option, shown);
    return shown;
}

bool config_is_indifferent(const struct option *option) {
    return (option->flags & (OPTION_OF_CALL | OPTION_NO_HPARAM)) ||
           strcmp(option->name, "seed") == 0 || strcmp(option->name, "total_steps") == 0;
}

double config_started(const struct json *config) {
    const struct json *about = json_get_object(config, "about");
    char date[32];
    struct tm parts = {0};
    if (!about || !json_get_text(about, "date", date, sizeof date) ||
        !strptime(date, "%Y-%m-%dT%H:%M:%SZ", &parts))
        return NAN;
    return (double)timegm(&parts);
}

bool config_names_code(const struct json *config) {
    struct game game;
    return find_game(config, &game) && game_names_code(&game);
}

bool config_names_files(const struct json *config) {
    static const char *const names[] = {"core", "rom", "data_dir"};
    char text[OPTION_TEXT_SIZE];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (json_get_text(config, names[i], text, sizeof text) && text[0])
            return true;
    return false;
}
