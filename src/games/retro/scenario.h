/*
 * The rules of a stable-retro game, from its scenario.json: the reward of a step, the end of a
 * game, the shown part of the screen, the combinations of buttons. Pure functions on the values of
 * the variables. Inside of the emulator room; the format is that of stable-retro 1.0.1.
 */
#ifndef ASYNCRL_GAMES_RETRO_SCENARIO_H
#define ASYNCRL_GAMES_RETRO_SCENARIO_H

#include "games/retro/crop.h"
#include "games/retro/data.h"
#include "games/retro/system.h"

enum {
    RETRO_MAX_RULES = 1024,
    RETRO_MAX_NODES = 256,
    RETRO_MAX_SCRIPTS = 8,
    RETRO_NAME_SIZE = 64 /* of a script's file, and of a function in it */
};

enum retro_op {
    RETRO_OP_NONE, /* the measured number itself */
    RETRO_OP_EQUAL,
    RETRO_OP_NEGATIVE_EQUAL,
    RETRO_OP_NOT_EQUAL,
    RETRO_OP_LESS_THAN,
    RETRO_OP_GREATER_THAN,
    RETRO_OP_LESS_OR_EQUAL,
    RETRO_OP_GREATER_OR_EQUAL,
    RETRO_OP_NONZERO,
    RETRO_OP_ZERO,
    RETRO_OP_NEGATIVE,
    RETRO_OP_POSITIVE,
    RETRO_OP_SIGN
};

/* One measured number: a variable's value, or its change since the frame before, under an op. */
struct retro_rule {
    int variable; /* index; -1: the passing of one frame, whose value and change are 1 */
    bool delta;
    enum retro_op op;
    int64_t reference;
    float reward;  /* times a measured number above 0; only of rules of the reward */
    float penalty; /* times one below 0, so that a positive penalty lowers the reward */
    int node;      /* the node of the end that it belongs to */
};

/* A condition of the end: any or all of its rules and of the nodes below it. */
struct retro_node {
    bool all;
    int parent; /* a smaller index; -1: it is the end itself */
};

struct retro_scenario {
    struct retro_rule *rewards;
    int reward_count;
    struct retro_rule *ends;
    int end_count;
    struct retro_node nodes[RETRO_MAX_NODES]; /* [0]: the end itself */
    int node_count;
    /* Functions of Lua scripts (retro/script.h), which replace the rules; "": there is none. */
    char reward_function[RETRO_NAME_SIZE];
    char end_function[RETRO_NAME_SIZE];
    char scripts[RETRO_MAX_SCRIPTS][RETRO_NAME_SIZE]; /* files; only if there are functions */
    int script_count;
    struct retro_crop crop;
    bool has_combos;
    struct retro_combos combos; /* the scenario's own, instead of the system's */
};

/*
 * Reads scenario.json, whose rules are about these variables of this system. On success the caller
 * frees it with retro_scenario_free.
 */
enum status retro_scenario_load(const char *path, const struct retro_variables *variables,
                                const struct retro_system *system, struct retro_scenario *scenario,
                                struct error *error);
void retro_scenario_free(struct retro_scenario *scenario);

/* values, previous: of each variable after this frame and after the one before. */
double retro_scenario_reward(const struct retro_scenario *scenario, const int64_t *values,
                             const int64_t *previous);
bool retro_scenario_is_over(const struct retro_scenario *scenario, const int64_t *values,
                            const int64_t *previous);

/* Whether a rule is about the variable. */
bool retro_scenario_uses(const struct retro_scenario *scenario, int variable);

#endif
