/*
 * Walks through some of a network's layers, from which a pass on several threads is made. Private
 * to the network room.
 *
 * Each thread has a network of its own, which computes on the arrays of the first one. Walks of
 * several threads at once are over different rows, or each over its part of one dense layer.
 */
#ifndef ASYNCRL_NETWORK_WALK_H
#define ASYNCRL_NETWORK_WALK_H

#include "network/layer.h"

struct network_walk {
    const float *params;
    int first_layer, end_layer;
    int first_row, rows;
    int part, parts; /* parts > 1: only that part of the layer, which is dense and alone */
};

/* As network_create, for a thread that computes on the arrays of lender, a network of the same
 * spec, which must outlive this one. */
enum status network_create_beside(struct network *lender, const struct network_spec *spec,
                                  enum backend backend, struct network **network,
                                  struct error *error);

const struct network_plan *network_plan_of(const struct network *network);

/* Tells the network what its next walks read: the observations and sequences of all rows. */
void network_begin(struct network *network, const void *observations,
                   const struct network_sequences *sequences);

void network_walk_forward(struct network *network, const struct network_walk *walk);

/* The outputs of all rows, after all walks of a forward. */
struct network_outputs network_outputs_of(const struct network *network);

/* Lets the gradient of a layer's output pass its ReLU, in all rows: before walks over parts of the
 * layer, which do not do that themselves. */
void network_pass_relu(struct network *network, int layer, int rows);

/* From the walk's last layer to its first. d_action and d_value: of all rows. */
void network_walk_backward(struct network *network, const struct network_walk *walk,
                           const float *d_action, const float *d_value, float *gradients);

#endif
