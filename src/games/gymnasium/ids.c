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

enum module { GYMNASIUM, MUJOCO, BOX2D, MODULE_COUNT };
static const char *const modules[MODULE_COUNT] = {"gymnasium", "mujoco", "Box2D"};
_Static_assert((int)MODULE_COUNT <= (int)GYMNASIUM_ASKED_MODULES, "asked at once");

/* Gymnasium's own environments that can be played unchanged, the newest version of each, with the
 * module that they need beside Gymnasium. Other packages' ids play as well, but only Python could
 * list them. */
static const struct {
    const char *id;
    enum module module;
} own_ids[] = {
    {"gym:Acrobot-v1", GYMNASIUM},
    {"gym:Ant-v5", MUJOCO},
    {"gym:BipedalWalker-v3", BOX2D},
    {"gym:BipedalWalkerHardcore-v3", BOX2D},
    {"gym:Blackjack-v1", GYMNASIUM},
    {"gym:CarRacing-v3", BOX2D},
    {"gym:CartPole-v1", GYMNASIUM},
    {"gym:CliffWalking-v1", GYMNASIUM},
    {"gym:FrozenLake-v1", GYMNASIUM},
    {"gym:FrozenLake8x8-v1", GYMNASIUM},
    {"gym:HalfCheetah-v5", MUJOCO},
    {"gym:Hopper-v5", MUJOCO},
    {"gym:Humanoid-v5", MUJOCO},
    {"gym:HumanoidStandup-v5", MUJOCO},
    {"gym:InvertedDoublePendulum-v5", MUJOCO},
    {"gym:InvertedPendulum-v5", MUJOCO},
    {"gym:LunarLander-v3", BOX2D},
    {"gym:LunarLanderContinuous-v3", BOX2D},
    {"gym:MountainCar-v0", GYMNASIUM},
    {"gym:MountainCarContinuous-v0", GYMNASIUM},
    {"gym:Pendulum-v1", GYMNASIUM},
    {"gym:Pusher-v5", MUJOCO},
    {"gym:Reacher-v5", MUJOCO},
    {"gym:Swimmer-v5", MUJOCO},
    {"gym:Taxi-v3", GYMNASIUM},
    {"gym:Walker2d-v5", MUJOCO},
};
enum { OWN_IDS = sizeof own_ids / sizeof *own_ids };

static void visit_gymnasium(void (*visit)(const char *id, void *context), void *context) {
    for (int i = 0; i < OWN_IDS; i++)
        visit(own_ids[i].id, context);
}

static unsigned find_modules(void) {
    return gymnasium_find_modules(modules, MODULE_COUNT);
}

static bool has_modules(const struct game *game, const char *data_dir, unsigned found) {
    (void)data_dir;
    unsigned needed = 1U << GYMNASIUM;
    for (int i = 0; i < OWN_IDS; i++)
        if (strcmp(own_ids[i].id, game->id) == 0)
            needed |= 1U << own_ids[i].module;
    return (found & needed) == needed;
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
                                         .find_shared_parts = find_modules,
                                         .is_installed = has_modules,
                                         .names_code = names_module};
