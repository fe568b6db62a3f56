#include "method/exploration.h"
#include "algorithm/algorithm.h"

#include <stdlib.h>

enum { MAX_EPSILONS = 64 };

const struct option exploration_options[] = {
    TEXT_OPTION("eps_final", struct exploration, eps_final, "0.1,0.01,0.5", "X,Y,..",
                "final chance of a random action; actors take these in turn"),
    INT_OPTION("eps_decay", struct exploration, eps_decay, "4000000", 0, 1e15, "N",
               "steps over which the chance falls from 1 to --eps_final; 0: a tenth of "
               "--total_steps, or a million"),
    {0},
};

/* "0.1,0.01,0.5"; returns their number, or 0 if it is not such a list. */
static int parse_epsilons(const char *text, double epsilons[MAX_EPSILONS]) {
    int count = 0;
    char *end;
    do {
        const double epsilon = strtod(text, &end);
        if (end == text || (*end != ',' && *end != '\0') || !(epsilon >= 0 && epsilon <= 1) ||
            count == MAX_EPSILONS)
            return 0;
        epsilons[count++] = epsilon;
        text = end + 1;
    } while (*end == ',');
    return count;
}

enum status exploration_check(const struct exploration *exploration, struct error *error) {
    double epsilons[MAX_EPSILONS];
    if (parse_epsilons(exploration->eps_final, epsilons) > 0)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "--eps_final takes up to %d numbers from 0 to 1 with commas between them, not "
                     "'%.60s'",
                     MAX_EPSILONS, exploration->eps_final);
}

double exploration_epsilon(const struct method_config *config,
                           const struct exploration *exploration, int actor, int64_t steps) {
    double epsilons[MAX_EPSILONS] = {0};
    const int count = parse_epsilons(exploration->eps_final, epsilons);
    const double last = count > 0 ? epsilons[actor % count] : 0;
    const int64_t decay =
        exploration->eps_decay > 0 ? exploration->eps_decay : method_schedule_steps(config, 0) / 10;
    return schedule_linear(1, last, (double)steps, (double)decay);
}
