/* The types of options: how each is read and written. Inside of the base room; options.c's. */
#ifndef ASYNCRL_BASE_OPTION_TYPES_H
#define ASYNCRL_BASE_OPTION_TYPES_H

#include "base/json.h"
#include "base/options.h"

/* field: the value in the command's struct. */
struct option_type_functions {
    /* Reads a text. STATUS_BAD_INPUT: it is of the wrong kind, not a choice, or out of bounds; the
     * field stays unchanged. */
    enum status (*set)(const struct option *option, const char *text, void *field,
                       struct error *error);
    void (*format)(const void *field, char *out, size_t size);
    void (*to_json)(struct json *json, const char *key, const void *field);
    bool (*from_json)(const struct json *json, const char *key, void *field);
    double (*number)(const void *field);
    const char *wanted; /* of a value in JSON */
};

/* By enum option_type. */
extern const struct option_type_functions option_types[];

/* Whether text is one of choices, "a|b|c"; NULL: none. */
bool option_is_choice(const char *choices, const char *text);

/* The newer choice for an older word; any other text unchanged. */
const char *option_newer_choice(const struct option *option, const char *text);

/* Whether a text is true or false, in any case: Python writes True. */
bool option_is_truth(const char *text);

#endif
