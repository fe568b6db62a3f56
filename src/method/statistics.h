/* The running statistics with which a network normalises. Private to the method room. */
#ifndef ASYNCRL_METHOD_STATISTICS_H
#define ASYNCRL_METHOD_STATISTICS_H

#include "method/method.h"

/* Adds a batch's observations to the network's statistics. Does nothing if the network has none, or
 * if a number is too large to count. */
void trainer_count_observations(struct trainer *trainer, const struct batch *batch);

#endif
