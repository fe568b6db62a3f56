/* Saliency maps: how much the network's output depends on each part of an observation. */
#ifndef ASYNCRL_AGENT_SALIENCY_H
#define ASYNCRL_AGENT_SALIENCY_H

#include "env/env.h"

/* A map has a place for every fifth pixel of the observation, along both axes. */
enum { SALIENCY_STRIDE = 5, SALIENCY_SIZE = OBSERVATION_SIZE / SALIENCY_STRIDE + 1 };

/* The row or column of pixels of a row or column of the map. */
static inline int saliency_pixel(int place) {
    return SALIENCY_STRIDE / 2 + place * SALIENCY_STRIDE;
}

/* Two maps, (17, 17), rows first: how much each output depends on the observation around a
 * place. */
struct saliency {
    float action[SALIENCY_SIZE * SALIENCY_SIZE]; /* of the policy's logits, or Q */
    float value[SALIENCY_SIZE * SALIENCY_SIZE];  /* of the value, or the best action's Q */
};

#endif
