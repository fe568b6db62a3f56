/* Options as one line of text, which files and presets hold. */
#include "base/options.h"

#include <stdalign.h>
#include <string.h>

enum status options_parse_text(const struct option *table, const char *text, void *config,
                               struct error *error) {
    enum { MAX_WORD = OPTION_NAME_SIZE + OPTION_TEXT_SIZE };
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        char word[MAX_WORD];
        char *argv[] = {word};
        int unexpected;
        const size_t length = strcspn(text, " ");
        if (length >= sizeof word)
            return error_set(error, STATUS_BAD_INPUT, "an option of %zu characters", length);
        memcpy(word, text, length);
        word[length] = '\0';
        const enum status status =
            options_parse(table, 1, argv, config, NULL, NULL, 0, &unexpected, error);
        if (status != STATUS_OK)
            return status;
        text += length;
    }
    return STATUS_OK;
}

static bool is_default(const struct option *option, const void *config) {
    char value[OPTION_TEXT_SIZE];
    alignas(max_align_t) char initial[OPTION_TEXT_SIZE];
    struct option alone[] = {*option, {0}};
    alone[0].offset = 0;
    options_defaults(alone, initial);
    options_format(option, config, value, sizeof value);
    char expected[OPTION_TEXT_SIZE];
    options_format(alone, initial, expected, sizeof expected);
    return strcmp(value, expected) == 0;
}

enum status options_to_text(const struct option *table, const bool *given, const void *config,
                            char *out, size_t size, struct error *error) {
    size_t used = 0;
    out[0] = '\0';
    for (const struct option *option = table; option->name; option++) {
        if (given ? !given[option - table] : is_default(option, config))
            continue;
        char value[OPTION_TEXT_SIZE];
        options_format(option, config, value, sizeof value);
        const int length = snprintf(out + used, size - used, "%s--%s=%s", used > 0 ? " " : "",
                                    option->name, value);
        used += (size_t)length;
        if (used >= size)
            return error_set(error, STATUS_FAILED, "the options take more than %zu characters",
                             size);
    }
    return STATUS_OK;
}
