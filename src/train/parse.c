/* The options of a new run, from all places that set them. */
#include "preset/preset.h"
#include "train/run.h"

#include <stdio.h>
#include <string.h>

/* Replaces defaults with a preset's values. Each method has one for all games. */
static enum status take_preset(const struct option *table, const char *name, const char *game,
                               struct train_config *config, struct error *error) {
    const bool is_named = strcmp(name, "auto") != 0;
    const struct preset *preset = preset_choose(config->method.name, game);
    const enum status status =
        is_named ? preset_find(name, config->method.name, game, &preset, error) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    snprintf(config->preset, sizeof config->preset, "%s", preset->name);
    return options_parse_text(table, preset->options, config, error);
}

/* Forgets the options that do something. with_game: the game is the file's, too, so that those
 * which need something of a game are kept until it is open. */
static void keep_idle(const struct option *table, const struct train_config *config, bool with_game,
                      bool *given) {
    for (const struct option *option = table; option->name; option++)
        given[option - table] =
            given[option - table] && (option_is_idle(option, table, config) ||
                                      (with_game && train_needs_game(option->name)));
}

/* Options of a user's file that the arguments make idle are no fault: --optimizer=adam may try
 * another optimizer than that of the file. */
static enum status take_preset_and_file(const struct option *table,
                                        const struct train_config *asked,
                                        struct train_config *config, bool *given,
                                        struct error *error) {
    enum status status = STATUS_OK;
    if (asked->config[0])
        status = run_read_options(asked->config, table, config, given, error);
    const bool is_preset_asked = asked->preset[0] != '\0';
    if (is_preset_asked)
        keep_idle(table, config, !asked->game[0], given);
    if (status == STATUS_OK)
        status = take_preset(table, is_preset_asked ? asked->preset : config->preset,
                             asked->game[0] ? asked->game : config->game, config, error);
    if (status != STATUS_OK || !asked->config[0] || is_preset_asked)
        return status;
    char preset[sizeof config->preset];
    memcpy(preset, config->preset, sizeof preset);
    status = run_read_options(asked->config, table, config, given, error);
    memcpy(config->preset, preset, sizeof preset);
    keep_idle(table, config, !asked->game[0], given);
    return status;
}

enum status train_parse_new(const struct option *table, int argc, char **argv,
                            struct train_config *config, bool *given, struct error *error) {
    struct train_config asked = {0};
    const char *method;
    int count;
    enum status status = options_parse(table, argc, argv, &asked, NULL, &method, 1, &count, error);
    options_defaults(table, config);
    if (status == STATUS_OK)
        status = take_preset_and_file(table, &asked, config, given, error);
    char preset[sizeof config->preset];
    memcpy(preset, config->preset, sizeof preset);
    if (status == STATUS_OK)
        status = options_parse(table, argc, argv, config, given, &method, 1, &count, error);
    memcpy(config->preset, preset, sizeof preset);
    return status;
}
