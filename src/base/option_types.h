/* What sets the types of options apart: how each is read and written. Inside of the base room;
 * options.c's. */
#ifndef ASYNCRL_BASE_OPTION_TYPES_H
#define ASYNCRL_BASE_OPTION_TYPES_H

#include "base/json.h"
#include "base/options.h"

/* field: the value in the command's struct. */
struct option_type_functions {
    /* Reads a text. STATUS_BAD_INPUT: it is of the wrong kind, no choice, or out of bounds; the
     * field stays as it was. */
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

/* The choice that an older word stands for; any other text as it is. */
const char *option_newer_choice(const struct option *option, const char *text);

/* Whether a text is true or false, in any case: Python writes True. */
bool option_is_truth(const char *text);

#endif
