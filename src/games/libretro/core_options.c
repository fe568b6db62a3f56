#include "games/libretro/core_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTIONS = 256 };

/*
 * Options whose defaults are not wanted. Nestopia takes the European edition of a game for PAL, and
 * research plays NTSC; it hides the picture's edges; it fills RAM with 0xFF; and it makes sound.
 */
static const struct variable unusual_options[] = {
    {"nestopia_favored_system", "ntsc"}, {"nestopia_overscan_v", "disabled"},
    {"nestopia_overscan_h", "disabled"}, {"nestopia_ram_power_state", "0x00"},
    {"nestopia_audio_vol_sq1", "0"},     {"nestopia_audio_vol_sq2", "0"},
    {"nestopia_audio_vol_tri", "0"},     {"nestopia_audio_vol_noise", "0"},
    {"nestopia_audio_vol_dpcm", "0"},
};

enum { UNUSUAL_COUNT = sizeof unusual_options / sizeof unusual_options[0] };

/* "Description; default|other|another": the default ends at the first '|'. */
static bool parse_default(const struct variable *variable, struct core_option *option) {
    const char *start = strchr(variable->value, ';');
    if (!start)
        return false;
    start += 1 + strspn(start + 1, " ");
    const size_t length = strcspn(start, "|");
    if (strlen(variable->key) >= sizeof option->key || length >= sizeof option->value)
        return false;
    snprintf(option->key, sizeof option->key, "%s", variable->key);
    snprintf(option->value, sizeof option->value, "%.*s", (int)length, start);
    return true;
}

bool core_options_keep(struct core_options *options, const struct variable *variables) {
    core_options_free(options);
    options->defaults = calloc(MAX_OPTIONS, sizeof *options->defaults);
    if (!options->defaults)
        return false;
    for (; variables && variables->key && options->default_count < MAX_OPTIONS; variables++)
        if (variables->value &&
            parse_default(variables, &options->defaults[options->default_count]))
            options->default_count++;
    return true;
}

static bool answer_listed(const struct core_options *options, struct variable *variable) {
    for (int i = 0; i < options->answer_count; i++)
        if (strcmp(options->answers[i].key, variable->key) == 0) {
            variable->value = options->answers[i].value;
            return true;
        }
    return false;
}

bool core_options_answer(const struct core_options *options, struct variable *variable) {
    if (!variable->key)
        return false;
    if (options->answers)
        return answer_listed(options, variable);
    variable->value = NULL;
    for (int i = 0; i < UNUSUAL_COUNT && !variable->value; i++)
        if (strcmp(unusual_options[i].key, variable->key) == 0)
            variable->value = unusual_options[i].value;
    for (int i = 0; i < options->default_count && !variable->value; i++)
        if (strcmp(options->defaults[i].key, variable->key) == 0)
            variable->value = options->defaults[i].value;
    return variable->value;
}

void core_options_free(struct core_options *options) {
    free(options->defaults);
    options->defaults = NULL;
    options->default_count = 0;
}
