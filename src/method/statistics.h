/* The running statistics that a network normalises by. Inside of the method room. */
#ifndef ASYNCRL_METHOD_STATISTICS_H
#define ASYNCRL_METHOD_STATISTICS_H

#include "method/method.h"

/* Adds a batch's observations to the statistics that the network has of them; nothing where it has
 * none, or where a number is too large to be counted. */
void trainer_count_observations(struct trainer *trainer, const struct batch *batch);

#endif
