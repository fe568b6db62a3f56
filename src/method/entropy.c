#include "method/entropy.h"

const struct option entropy_options[] = {
    REAL_OPTION("ent_final", struct entropy, final, "-1", -1, 10, "X",
                "final weight of the entropy, after --ent_decay steps; -1: it does not fall"),
    INT_OPTION("ent_decay", struct entropy, decay, "0", 0, 1e15, "N",
               "steps over which the weight of the entropy falls to --ent_final; 0: --total_steps, "
               "or 10 million",
               .needs = "ent_final>=0"),
    {0},
};

float entropy_weight(const struct entropy *entropy, const struct trainer *trainer) {
    return method_present(trainer->request.config, entropy->coef, entropy->final, entropy->decay,
                          trainer->steps);
}
