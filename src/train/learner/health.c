#include "train/learner/health.h"

#include <math.h>

/* A share of the largest possible entropy. */
static const double CERTAIN_SHARE = 0.01;

/* The number of batches over which the value loss is smoothed. */
static const double SMOOTHING = 100;
static const double EXPLOSION = 1000;

/* A value loss below this means that there is no reward yet. */
static const double LEAST_VALUE_LOSS = 1e-3;

/* PPO's authors stop an update at 0.01 to 0.02. */
static const double FAR_KL = 0.2;

static bool value_explodes(struct health *health, double value_loss) {
    if (isnan(value_loss))
        return false;
    health->value_loss = health->value_loss > 0
                             ? health->value_loss + (value_loss - health->value_loss) / SMOOTHING
                             : value_loss;
    const double floored = fmax(health->value_loss, LEAST_VALUE_LOSS);
    if (health->least_value_loss == 0 || floored < health->least_value_loss)
        health->least_value_loss = floored;
    return floored > EXPLOSION * health->least_value_loss;
}

enum health_trouble health_judge(struct health *health, const struct health_sample *sample) {
    bool now[HEALTH_TROUBLES];
    now[HEALTH_CERTAIN] = sample->entropy < CERTAIN_SHARE * sample->max_entropy;
    now[HEALTH_EXPLODES] = value_explodes(health, sample->value_loss);
    now[HEALTH_FAR] = sample->kl > FAR_KL;
    enum health_trouble trouble = HEALTH_FINE;
    for (int i = 0; i < HEALTH_TROUBLES; i++) {
        health->lasting[i] = now[i] ? health->lasting[i] + sample->steps : 0;
        if (health->lasting[i] >= HEALTH_PATIENCE_STEPS && !health->told[i]) {
            health->told[i] = true;
            trouble = (enum health_trouble)i;
        }
    }
    return trouble;
}

const char *health_advice(enum health_trouble trouble) {
    switch (trouble) {
    case HEALTH_CERTAIN:
        return "the policy has been certain of one action for long, so it tries nothing new: a "
               "smaller --lr, a larger --beta or --max_grad_norm=0.5 keeps it exploring";
    case HEALTH_EXPLODES:
        return "the value loss has grown a thousandfold: a smaller --lr, "
               "--max_grad_norm=0.5 or a larger --reward_scale prevents it";
    case HEALTH_FAR:
        return "each update would move the policy far (KL above 0.2): a smaller --lr, or fewer "
               "--epochs of ppo, keeps it near";
    case HEALTH_FINE:
        break;
    }
    return "";
}
