/* A limit for the change of policy and values in one update. Private to the method room. */
#ifndef ASYNCRL_METHOD_TRUST_REGION_H
#define ASYNCRL_METHOD_TRUST_REGION_H

#include "method/method.h"

/* Before a step of the optimizer: remembers the parameters, and the network's outputs for the
 * batch. */
void trust_region_begin(struct trainer *trainer, const struct network_outputs *outputs, int rows);

/*
 * After the step: if it has moved policy and values by more than max_kl nats (the mean over the
 * first quarter of the batch), takes a part of it back. Ranks decide by their mean. All of them
 * call it, and only after a sound update.
 */
void trust_region_end(struct trainer *trainer, const struct batch *batch, double max_kl,
                      struct update *update);

#endif
