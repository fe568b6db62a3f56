/* Saliency: blurs parts of an observation and measures the change of the network's output. Belongs
 * to one agent. */
#ifndef ASYNCRL_AGENT_PERTURBER_H
#define ASYNCRL_AGENT_PERTURBER_H

#include "agent/saliency.h"
#include "network/network.h"

struct perturber;

/* spec: of a network on pictures. The caller destroys *perturber. */
enum status perturber_create(const struct network_spec *spec, struct perturber **perturber,
                             struct error *error);

/* As agent_saliency, for the network's parameters. */
void perturber_saliency(struct perturber *perturber, const float *params,
                        const uint8_t *observation, struct saliency *saliency);

/* NULL is ignored. */
void perturber_destroy(struct perturber *perturber);

#endif
