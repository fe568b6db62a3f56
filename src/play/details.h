/* What a game tells of itself beside the reward, as columns of a CSV file: trace and player. */
#ifndef ASYNCRL_PLAY_DETAILS_H
#define ASYNCRL_PLAY_DETAILS_H

#include "base/base.h"
#include "env/env.h"

#include <stdio.h>

/* Adds the details' names to a heading, a comma before each. */
void details_print_names(FILE *out, const struct environment *environment);

/* Adds their values as the newest step left them. Fails only where memory runs out. */
enum status details_print(FILE *out, const struct environment *environment, struct error *error);

#endif
