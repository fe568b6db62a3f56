/* JSON inside of the store room: what reading a model's description in a Keras file needs beside
 * store.h. */
#ifndef ASYNCRL_STORE_JSON_SEARCH_H
#define ASYNCRL_STORE_JSON_SEARCH_H

#include "store/store.h"

/* Parses size bytes whose top is an object; NULL when they are not. The caller frees it with
 * json_free. */
struct json *json_parse(const char *text, size_t size);

/* The first object, depth first and in order, whose member key is this text; NULL when there is
 * none. */
const struct json *json_find_object(const struct json *json, const char *key, const char *text);

/* The member key of an object, itself an object; NULL when there is none. */
const struct json *json_get_object(const struct json *object, const char *key);

#endif
