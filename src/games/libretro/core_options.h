/* The options of a libretro core: the defaults that it announces, and the values that it gets. */
#ifndef ASYNCRL_GAMES_LIBRETRO_CORE_OPTIONS_H
#define ASYNCRL_GAMES_LIBRETRO_CORE_OPTIONS_H

#include "games/libretro/interface.h"
#include "games/libretro/libretro.h"

struct core_option {
    char key[64];
    char value[64];
};

/* All zeros except the answers: the core has not announced its options yet. */
struct core_options {
    struct core_option *defaults;
    int default_count;
    const struct libretro_option
        *answers; /* NULL: defaults, except a few that hide or cost something */
    int answer_count;
};

/* Keeps the defaults that a core announces; it may free its list then. False: out of memory. */
bool core_options_keep(struct core_options *options, const struct variable *variables);

/*
 * Writes the value of variable->key to variable->value, which is valid until core_options_free.
 * Returns whether there is one. With answers, other variables stay unchanged: Genesis Plus GX reads
 * the value even if the call is refused.
 */
bool core_options_answer(const struct core_options *options, struct variable *variable);

void core_options_free(struct core_options *options);

#endif
