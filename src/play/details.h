/* A game's info (values besides the reward) as columns of a CSV file, for trace and player. */
#ifndef ASYNCRL_PLAY_DETAILS_H
#define ASYNCRL_PLAY_DETAILS_H

#include "base/base.h"
#include "env/env.h"

#include <stdio.h>

/* Adds the names to a heading, a comma before each. */
void details_print_names(FILE *out, const struct environment *environment);

/* Adds the values after the newest step. Fails only if memory runs out. */
enum status details_print(FILE *out, const struct environment *environment, struct error *error);

#endif
