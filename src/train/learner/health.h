/*
 * The known ways in which learning dies without a number that is not finite. Inside of the train
 * room; pure functions, the learner's.
 *
 * Each is logged once, after it has lasted for HEALTH_PATIENCE_STEPS: now and then a policy is
 * certain of one action for some seconds, and recovers.
 */
#ifndef ASYNCRL_TRAIN_LEARNER_HEALTH_H
#define ASYNCRL_TRAIN_LEARNER_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

enum { HEALTH_PATIENCE_STEPS = 20000 };

enum health_trouble {
    HEALTH_CERTAIN,  /* the entropy is near 0: the policy explores no more */
    HEALTH_EXPLODES, /* the value loss has grown a thousandfold */
    HEALTH_FAR,      /* an update moves the policy too far */
    HEALTH_TROUBLES,
    HEALTH_FINE = HEALTH_TROUBLES
};

/* The figures of one batch; NaN if the method has no such figure. */
struct health_sample {
    int64_t steps;      /* in the batch */
    double entropy;     /* of the policy, in nats */
    double max_entropy; /* log of the number of actions */
    double value_loss;
    double kl; /* between the actors' policy and the learner's, mean over the update */
};

struct health {
    double value_loss;                /* smoothed; 0: none yet */
    double least_value_loss;          /* the least so far */
    int64_t lasting[HEALTH_TROUBLES]; /* how long each trouble has lasted, in steps */
    bool told[HEALTH_TROUBLES];
};

/* Takes in a batch. Returns the trouble to be logged now, otherwise HEALTH_FINE. */
enum health_trouble health_judge(struct health *health, const struct health_sample *sample);

/* One line that names the trouble and a remedy. */
const char *health_advice(enum health_trouble trouble);

#endif
