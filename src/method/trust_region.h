/* A limit for the change of policy and values in one update. Private to the method room. */
#ifndef ASYNCRL_METHOD_TRUST_REGION_H
#define ASYNCRL_METHOD_TRUST_REGION_H

#include "method/method.h"

/* Opens the trainer's trust region. Call trust_region_close after a failure, too. */
enum status trust_region_open(struct trainer *trainer, struct error *error);
void trust_region_close(struct trainer *trainer);

/* Before a step of the optimizer: remembers the parameters, and a quarter of the batch with the
 * network's outputs for it. outputs: for all its rows. */
void trust_region_begin(struct trainer *trainer, const struct network_outputs *outputs,
                        const struct batch *batch);

/*
 * After the step: if it moved policy and values by kl > max_kl nats (the mean over that quarter),
 * takes so much of it back that max_kl * max_kl / kl is left. A step whose kl is not finite is
 * taken back whole, and the update is unsound: a run whose steps all are would otherwise learn
 * nothing and not say so. Ranks decide by their mean. All of them call it, and only after a sound
 * update.
 */
void trust_region_end(struct trainer *trainer, double max_kl, struct update *update);

#endif
