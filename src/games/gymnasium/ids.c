/* Environments of Gymnasium: "gym:CartPole-v1", "gym:module:Id-v0". */
#include "games/gymnasium/process.h"
#include "games/kind.h"

#include <string.h>

static const char gymnasium_prefix[] = "gym:";

static bool find_gymnasium(const char *id, struct game *game) {
    if (strncmp(id, gymnasium_prefix, strlen(gymnasium_prefix)) != 0 || strlen(id) >= GAME_ID_SIZE)
        return false;
    *game = (struct game){.emulator = GAME_GYMNASIUM, .frame_skip_min = 1, .frame_skip_max = 1};
    snprintf(game->id, sizeof game->id, "%s", id);
    return true;
}

/* Gymnasium's own environments that can be played unchanged, the newest version of each, with the
 * module that they need beside Gymnasium (NULL: none). Other packages' ids play as well, but only
 * Python could list them. */
static const struct {
    const char *id;
    const char *module;
} own_ids[] = {
    {"gym:Acrobot-v1", NULL},
    {"gym:Ant-v5", "mujoco"},
    {"gym:BipedalWalker-v3", "Box2D"},
    {"gym:BipedalWalkerHardcore-v3", "Box2D"},
    {"gym:Blackjack-v1", NULL},
    {"gym:CarRacing-v3", "Box2D"},
    {"gym:CartPole-v1", NULL},
    {"gym:CliffWalking-v1", NULL},
    {"gym:FrozenLake-v1", NULL},
    {"gym:FrozenLake8x8-v1", NULL},
    {"gym:HalfCheetah-v5", "mujoco"},
    {"gym:Hopper-v5", "mujoco"},
    {"gym:Humanoid-v5", "mujoco"},
    {"gym:HumanoidStandup-v5", "mujoco"},
    {"gym:InvertedDoublePendulum-v5", "mujoco"},
    {"gym:InvertedPendulum-v5", "mujoco"},
    {"gym:LunarLander-v3", "Box2D"},
    {"gym:LunarLanderContinuous-v3", "Box2D"},
    {"gym:MountainCar-v0", NULL},
    {"gym:MountainCarContinuous-v0", NULL},
    {"gym:Pendulum-v1", NULL},
    {"gym:Pusher-v5", "mujoco"},
    {"gym:Reacher-v5", "mujoco"},
    {"gym:Swimmer-v5", "mujoco"},
    {"gym:Taxi-v3", NULL},
    {"gym:Walker2d-v5", "mujoco"},
};
enum { OWN_IDS = sizeof own_ids / sizeof *own_ids };

static void visit_gymnasium(void (*visit)(const char *id, void *context), void *context) {
    for (int i = 0; i < OWN_IDS; i++)
        visit(own_ids[i].id, context);
}

static bool has_modules(const struct game *game, const char *data_dir) {
    (void)data_dir;
    const char *module = NULL;
    for (int i = 0; i < OWN_IDS; i++)
        if (strcmp(own_ids[i].id, game->id) == 0)
            module = own_ids[i].module;
    return gymnasium_has_module("gymnasium") && (!module || gymnasium_has_module(module));
}

static enum status open_gymnasium(const struct game *game, const char *data_dir,
                                  struct emulator **emulator, struct error *error) {
    (void)data_dir;
    char module[GAME_ID_SIZE];
    snprintf(module, sizeof module, "%s", game->id + strlen(gymnasium_prefix));
    char *colon = strchr(module, ':');
    if (colon)
        *colon = '\0';
    const struct gymnasium_description description = {
        .module = colon ? module : "",
        .id = colon ? colon + 1 : module,
        .kwargs = game->overrides.env_kwargs,
        .wrappers = game->overrides.env_wrappers,
        .answer_seconds = game->overrides.env_timeout,
        .start_seconds = game->overrides.start_timeout,
        .per_process = (int)game->overrides.envs_per_python};
    return emulator_open_gymnasium(&description, emulator, error);
}

/* Every further colon counts: Gymnasium itself imports the "module" of an id "module:Id". */
static bool names_module(const struct game *game) {
    return strchr(game->id + strlen(gymnasium_prefix), ':') != NULL;
}

const struct game_kind gymnasium_kind = {.overrides = OVERRIDE_TIMEOUT | OVERRIDE_ARGUMENTS,
                                         .find = find_gymnasium,
                                         .visit = visit_gymnasium,
                                         .open = open_gymnasium,
                                         .is_installed = has_modules,
                                         .names_code = names_module};
