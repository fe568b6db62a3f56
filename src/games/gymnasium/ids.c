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

/* Gymnasium's own environments that can be played unchanged. Other packages' ids play as well, but
 * only Python could list them. */
static void visit_gymnasium(void (*visit)(const char *id, void *context), void *context) {
    static const char *const ids[] = {
        "gym:Acrobot-v1",    "gym:Blackjack-v1",   "gym:CartPole-v1",    "gym:CliffWalking-v1",
        "gym:FrozenLake-v1", "gym:LunarLander-v3", "gym:MountainCar-v0", "gym:Taxi-v3"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        visit(ids[i], context);
}

static bool has_modules(const struct game *game, const char *data_dir) {
    (void)data_dir;
    return gymnasium_has_module("gymnasium") &&
           (!strstr(game->id, "LunarLander") || gymnasium_has_module("Box2D"));
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
