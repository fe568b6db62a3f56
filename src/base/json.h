/*
 * JSON: values are made, printed, parsed and read. Readers trust nothing that a file says. json.c
 * is the one file that knows jansson. Any thread, but one at a time for a value.
 */
#ifndef ASYNCRL_BASE_JSON_H
#define ASYNCRL_BASE_JSON_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A JSON value; objects keep the order in which keys were set. */
struct json;

struct json *json_new_object(void);
void json_free(struct json *json);
void json_set_text(struct json *object, const char *key, const char *value);
void json_set_int(struct json *object, const char *key, int64_t value);
void json_set_real(struct json *object, const char *key, double value); /* not finite: null */
void json_set_bool(struct json *object, const char *key, bool value);
void json_set_reals(struct json *object, const char *key, const double *values, int count);

/* Sets key to value, which belongs to object from then on. */
void json_set(struct json *object, const char *key, struct json *value);

/* A deep copy, which the caller frees. */
struct json *json_duplicate(const struct json *json);

/* An empty array, and a new last element, which belongs to the array from then on. */
struct json *json_new_array(void);
void json_append(struct json *array, struct json *element);
void json_append_text(struct json *array, const char *element);

/* One line and a newline on stream. */
void json_print(const struct json *json, FILE *stream);

/* The value as indented text that ends in a newline, without a final zero. The caller frees it;
 * NULL when memory is short. */
char *json_indented(const struct json *json, size_t *size);

/* Reads a file whose top is an object without duplicate keys. The caller frees *json. */
enum status json_load(const char *path, struct json **json, struct error *error);

/* The same for files of other programs: of a duplicate key the last value counts, as in most
 * readers. */
enum status json_load_foreign(const char *path, struct json **json, struct error *error);

/* Parses size bytes whose top is an object; NULL if it is not. The caller frees it. */
struct json *json_parse(const char *text, size_t size);

/* Members of an object: false (or NULL) when the key is missing or of another type. The results
 * belong to the object. */
bool json_has(const struct json *object, const char *key);
bool json_get_text(const struct json *object, const char *key, char *out, size_t size);
bool json_get_int(const struct json *object, const char *key, int64_t *out);
bool json_get_real(const struct json *object, const char *key, double *out); /* integers too */
bool json_get_bool(const struct json *object, const char *key, bool *out);
const struct json *json_get_object(const struct json *object, const char *key);
const struct json *json_get_array(const struct json *object, const char *key);

/* The number of members of an object or elements of an array; 0 for any other value. */
size_t json_count(const struct json *json);

/* An element of an array; NULL past its end and for any other value. */
const struct json *json_at(const struct json *array, size_t index);

/* The keys of an object in order; NULL after the last. key: the one returned before. */
const char *json_first_key(const struct json *object);
const char *json_next_key(const struct json *object, const char *key);

/* Read a value as a type: NULL or false if it has another type or is NULL. */
bool json_is_list(const struct json *json); /* an array */
const char *json_as_text(const struct json *json);
bool json_as_int(const struct json *json, int64_t *out);
bool json_as_real(const struct json *json, double *out); /* integers too */

/* The first object, depth first and in order, whose member key is this text; NULL when there is
 * none. */
const struct json *json_find_object(const struct json *json, const char *key, const char *text);

#endif
