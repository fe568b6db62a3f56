#include "method/entropy.h"
#include "algorithm/algorithm.h"

const struct option entropy_options[] = {
    REAL_OPTION("ent_final", struct entropy, final, "-1", -1, 10, "X",
                "final weight of the entropy, after --ent_decay steps; -1: it does not fall"),
    INT_OPTION("ent_decay", struct entropy, decay, "0", 0, 1e15, "N",
               "steps over which the weight of the entropy falls to --ent_final; 0: --total_steps, "
               "or 10 million"),
    {0},
};

float entropy_weight(const struct entropy *entropy, const struct trainer *trainer) {
    const int64_t steps = method_schedule_steps(trainer->request.config, entropy->decay);
    if (entropy->final < 0)
        return (float)entropy->coef;
    return (float)schedule_linear(entropy->coef, entropy->final, (double)trainer->steps,
                                  (double)steps);
}
