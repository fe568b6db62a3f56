/* JSON by jansson: the one file that knows it. A struct json is a json_t under a name
 * of our own. */
#include "base/json.h"
#include "base/file_kind.h"
#include "base/path.h"
#include "base/printable.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    JSON_MAX_FILE = 1 << 20, /* ours and those of games have some 10 KB; each byte can take 50 */
    JSON_DIGITS = 15,        /* of a real: those that survive in a double, so 0.1 stays 0.1 */
    JSON_FORMAT = JSON_REAL_PRECISION(JSON_DIGITS) | JSON_PRESERVE_ORDER
};

static json_t *inside(const struct json *json) {
    return (json_t *)json;
}

static struct json *outside(json_t *json) {
    return (struct json *)json;
}

struct json *json_new_object(void) {
    return outside(json_object());
}

void json_free(struct json *json) {
    json_decref(inside(json));
}

/* Text as JSON. If it is not UTF-8, as a path may be, '?' replaces its bytes outside ASCII. */
static json_t *text_value(const char *text) {
    json_t *value = json_string(text);
    if (value)
        return value;
    char *ascii = strdup(text);
    if (!ascii)
        return NULL;
    for (char *c = ascii; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    value = json_string(ascii);
    free(ascii);
    return value;
}

static json_t *real_value(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

void json_set_text(struct json *object, const char *key, const char *value) {
    json_object_set_new(inside(object), key, text_value(value));
}

void json_set_int(struct json *object, const char *key, int64_t value) {
    json_object_set_new(inside(object), key, json_integer(value));
}

void json_set_real(struct json *object, const char *key, double value) {
    json_object_set_new(inside(object), key, real_value(value));
}

void json_set_bool(struct json *object, const char *key, bool value) {
    json_object_set_new(inside(object), key, json_boolean(value));
}

void json_set_reals(struct json *object, const char *key, const double *values, int count) {
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(array, real_value(values[i]));
    json_object_set_new(inside(object), key, array);
}

void json_set(struct json *object, const char *key, struct json *value) {
    json_object_set_new(inside(object), key, inside(value));
}

struct json *json_duplicate(const struct json *json) {
    return outside(json_deep_copy(inside(json)));
}

struct json *json_new_array(void) {
    return outside(json_array());
}

void json_append(struct json *array, struct json *element) {
    json_array_append_new(inside(array), inside(element));
}

void json_append_text(struct json *array, const char *element) {
    json_array_append_new(inside(array), text_value(element));
}

void json_print(const struct json *json, FILE *stream) {
    json_dumpf(inside(json), stream, JSON_FORMAT | JSON_COMPACT);
    fputc('\n', stream);
}

char *json_indented(const struct json *json, size_t *size) {
    *size = json_dumpb(inside(json), NULL, 0, JSON_FORMAT | JSON_INDENT(2));
    char *text = malloc(*size + 1);
    if (*size == 0 || !text) {
        free(text);
        return NULL;
    }
    json_dumpb(inside(json), text, *size, JSON_FORMAT | JSON_INDENT(2));
    text[(*size)++] = '\n';
    return text;
}

/* Says why text is not JSON. */
static void refuse(const char *path, const char *text, size_t size, json_error_t *problem,
                   struct error *error) {
    printable(problem->text);
    if (!file_is_text(text, size))
        error_set(error, STATUS_BAD_INPUT, "'%s' is %s, not JSON", path, file_kind(text, size));
    else
        error_set(error, STATUS_BAD_INPUT, "'%s' is not JSON: line %d, column %d: %s", path,
                  problem->line, problem->column, problem->text);
}

static enum status load(const char *path, size_t flags, struct json **json, struct error *error) {
    char *text;
    size_t size;
    const enum status status = path_read_text(path, JSON_MAX_FILE, &text, &size, error);
    if (status != STATUS_OK)
        return status;
    json_error_t problem;
    json_t *read = json_loadb(text, size, flags, &problem);
    if (!read)
        refuse(path, text, size, &problem, error);
    free(text);
    if (!read)
        return STATUS_BAD_INPUT;
    if (!json_is_object(read)) {
        json_decref(read);
        return error_set(error, STATUS_BAD_INPUT, "'%s' holds JSON, but its top is not an object",
                         path);
    }
    *json = outside(read);
    return STATUS_OK;
}

enum status json_load(const char *path, struct json **json, struct error *error) {
    return load(path, JSON_REJECT_DUPLICATES, json, error);
}

enum status json_load_foreign(const char *path, struct json **json, struct error *error) {
    return load(path, 0, json, error);
}

bool json_get_text(const struct json *object, const char *key, char *out, size_t size) {
    const char *text = json_string_value(json_object_get(inside(object), key));
    if (!text || strlen(text) >= size)
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

bool json_get_int(const struct json *object, const char *key, int64_t *out) {
    const json_t *value = json_object_get(inside(object), key);
    if (!json_is_integer(value))
        return false;
    *out = json_integer_value(value);
    return true;
}

bool json_get_real(const struct json *object, const char *key, double *out) {
    const json_t *value = json_object_get(inside(object), key);
    if (!json_is_number(value))
        return false;
    *out = json_number_value(value);
    return true;
}

bool json_get_bool(const struct json *object, const char *key, bool *out) {
    const json_t *value = json_object_get(inside(object), key);
    if (!json_is_boolean(value))
        return false;
    *out = json_is_true(value);
    return true;
}

struct json *json_parse(const char *text, size_t size) {
    json_t *read = json_loadb(text, size, 0, NULL);
    if (json_is_object(read))
        return outside(read);
    json_decref(read);
    return NULL;
}

const struct json *json_get_object(const struct json *object, const char *key) {
    json_t *value = json_object_get(inside(object), key);
    return json_is_object(value) ? outside(value) : NULL;
}

const struct json *json_get_array(const struct json *object, const char *key) {
    json_t *value = json_object_get(inside(object), key);
    return json_is_array(value) ? outside(value) : NULL;
}

bool json_has(const struct json *object, const char *key) {
    return json_object_get(inside(object), key) != NULL;
}

size_t json_count(const struct json *json) {
    return json_is_array(inside(json)) ? json_array_size(inside(json))
                                       : json_object_size(inside(json));
}

const struct json *json_at(const struct json *array, size_t index) {
    return outside(json_array_get(inside(array), index));
}

const char *json_first_key(const struct json *object) {
    return json_object_iter_key(json_object_iter(inside(object)));
}

const char *json_next_key(const struct json *object, const char *key) {
    void *place = json_object_key_to_iter(key);
    return json_object_iter_key(json_object_iter_next(inside(object), place));
}

bool json_is_list(const struct json *json) {
    return json_is_array(inside(json));
}

const char *json_as_text(const struct json *json) {
    return json_string_value(inside(json));
}

bool json_as_int(const struct json *json, int64_t *out) {
    if (!json_is_integer(inside(json)))
        return false;
    *out = json_integer_value(inside(json));
    return true;
}

bool json_as_real(const struct json *json, double *out) {
    if (!json_is_number(inside(json)))
        return false;
    *out = json_number_value(inside(json));
    return true;
}

/* The recursion ends: jansson's parser refuses nesting deeper than 2048.
 * NOLINTNEXTLINE(misc-no-recursion) */
const struct json *json_find_object(const struct json *json, const char *key, const char *text) {
    json_t *value = inside(json);
    const char *name;
    json_t *child;
    const struct json *found = NULL;
    if (json_is_object(value)) {
        const char *own = json_string_value(json_object_get(value, key));
        if (own && strcmp(own, text) == 0)
            return json;
        json_object_foreach(value, name, child) {
            found = json_find_object(outside(child), key, text);
            if (found)
                break;
        }
    } else if (json_is_array(value)) {
        size_t index;
        json_array_foreach(value, index, child) {
            found = json_find_object(outside(child), key, text);
            if (found)
                break;
        }
    }
    return found;
}
