/* Maps of what a network looks at. */
#ifndef ASYNCRL_AGENT_SALIENCY_H
#define ASYNCRL_AGENT_SALIENCY_H

#include "env/env.h"

/* A map has a place for every fifth pixel of what is seen, along both axes. */
enum { SALIENCY_STRIDE = 5, SALIENCY_SIZE = OBSERVATION_SIZE / SALIENCY_STRIDE + 1 };

/* The row or column of pixels in which a map's row or column lies. */
static inline int saliency_pixel(int place) {
    return SALIENCY_STRIDE / 2 + place * SALIENCY_STRIDE;
}

/* Two maps of how much an answer depends on what is seen around a place; (17, 17), rows first. */
struct saliency {
    float action[SALIENCY_SIZE * SALIENCY_SIZE]; /* on the policy's logits, or Q */
    float value[SALIENCY_SIZE * SALIENCY_SIZE];  /* on the value, or the best action's Q */
};

#endif
