/* Guesses the id that is meant by an unknown one. */
#include "games/kind.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_IDS = 4096 };

/* An id in parts: "ALE/" "Pong" "-v5". */
struct split_id {
    char text[GAME_ID_SIZE];
    char base[GAME_ID_SIZE];
    size_t prefix; /* characters before the base */
    char version[16];
};

struct id_list {
    struct split_id ids[MAX_IDS];
    int count;
};

static void split_id(const char *id, struct split_id *out) {
    snprintf(out->text, sizeof out->text, "%s", id);
    const char *start = out->text;
    for (const char *c = start; *c; c++)
        if (*c == '/' || *c == ':')
            start = c + 1;
    out->prefix = (size_t)(start - out->text);
    const char *dash = strrchr(start, '-');
    const bool has_version = dash && dash[1] == 'v' && isdigit((unsigned char)dash[2]) &&
                             dash[2 + strspn(dash + 2, "0123456789")] == '\0';
    snprintf(out->version, sizeof out->version, "%s", has_version ? dash : "");
    snprintf(out->base, sizeof out->base, "%.*s",
             has_version ? (int)(dash - start) : (int)strlen(start), start);
}

static void append_id(const char *id, void *context) {
    struct id_list *list = context;
    if (list->count < MAX_IDS)
        split_id(id, &list->ids[list->count++]);
}

/* The base of an id that equals the wanted one or begins with it; otherwise the nearest or NULL. */
static const char *find_base(const struct id_list *list, const char *wanted) {
    enum { SHORTEST_BEGINNING = 3 };
    const size_t length = strlen(wanted);
    for (int i = 0; i < list->count; i++)
        if (length > 0 && strcasecmp(list->ids[i].base, wanted) == 0)
            return list->ids[i].base;
    for (int i = 0; i < list->count && length >= SHORTEST_BEGINNING; i++)
        if (strncasecmp(list->ids[i].base, wanted, length) == 0)
            return list->ids[i].base;
    const char **bases = calloc(MAX_IDS, sizeof *bases);
    for (int i = 0; bases && i < list->count; i++)
        bases[i] = list->ids[i].base;
    const char *nearest = bases ? options_nearest(wanted, bases, list->count) : NULL;
    free((void *)bases);
    return nearest;
}

/* The fit of an id with the right base: by version, then by prefix, then the one that
 * papers use. */
static int fitness(const struct split_id *id, const struct split_id *wanted) {
    const bool same_prefix =
        id->prefix == wanted->prefix && strncasecmp(id->text, wanted->text, id->prefix) == 0;
    return 4 * (strcmp(id->version, wanted->version) == 0) + 2 * same_prefix +
           (strcmp(id->version, "-v4") == 0);
}

bool game_suggest(const char *id, char out[GAME_ID_SIZE]) {
    struct id_list *list = calloc(1, sizeof *list);
    if (!list)
        return false;
    struct split_id wanted = {0};
    const struct split_id *best = NULL;
    split_id(id, &wanted);
    game_list(NULL, append_id, list);
    const char *base = find_base(list, wanted.base);
    for (int i = 0; base && i < list->count; i++)
        if (strcmp(list->ids[i].base, base) == 0 &&
            (!best || fitness(&list->ids[i], &wanted) > fitness(best, &wanted)))
            best = &list->ids[i];
    if (best)
        memcpy(out, best->text, GAME_ID_SIZE);
    free(list);
    return best != NULL;
}
