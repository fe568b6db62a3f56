#include "agent/agent.h"

#include <stdlib.h>

/* The players of the original program give a game up after this many no-ops in a row. */
enum { MAX_NOOPS = 100 };

static struct environment_config playing_rules(const struct agent_info *info) {
    struct environment_config config =
        environment_options_apply(&info->environment, &info->game, info->observation);
    config.max_equal_actions = 0;
    config.max_noops = info->game.emulator == GAME_ALE ? MAX_NOOPS : 0;
    if (info->max_steps > 0 && (config.step_limit == 0 || info->max_steps < config.step_limit))
        config.step_limit = info->max_steps;
    return config;
}

enum status episode_open(struct episode *episode, const struct agent_request *request,
                         const char *data_dir, double eps, struct error *error) {
    struct agent *agent;
    *episode = (struct episode){0};
    const enum status status = agent_open(request, &agent, error);
    return status == STATUS_OK ? episode_open_agent(episode, agent, data_dir, eps, error) : status;
}

enum status episode_open_agent(struct episode *episode, struct agent *agent, const char *data_dir,
                               double eps, struct error *error) {
    *episode = (struct episode){.agent = agent, .eps = eps, .over = true};
    const struct agent_info *info = agent_get_info(agent);
    const struct environment_config config = playing_rules(info);
    const enum status status =
        agent_open_environment(agent, &config, data_dir, &episode->environment, error);
    if (status != STATUS_OK)
        return status;
    episode->observation =
        malloc(observation_shape(info->observation, environment_emulator_info(episode->environment))
                   .bytes);
    if (!episode->observation)
        return error_set(error, STATUS_FAILED, "out of memory for an observation");
    return STATUS_OK;
}

void episode_start(struct episode *episode, uint64_t seed, uint64_t index) {
    environment_seed(episode->environment, seed, index);
    rng_seed(&episode->rng, seed, ~index); /* no environment has this stream */
    episode->score = environment_reset(episode->environment);
    agent_begin(episode->agent);
    episode->steps = 0;
    episode->over = false;
    episode->cut = false;
    episode->flag = FLAG_UNTOLD;
    episode->has_decided = false;
}

struct agent_decision episode_decide(struct episode *episode) {
    if (episode->has_decided)
        return episode->decision;
    environment_observe(episode->environment, episode->observation);
    if (episode->over)
        return agent_predict(episode->agent, episode->observation);
    episode->decision =
        agent_decide(episode->agent, episode->observation, episode->eps, &episode->rng);
    episode->has_decided = true;
    return episode->decision;
}

/* The game may end before the agent's next decision. */
static void go_on_after_life(struct episode *episode) {
    const double reward = environment_reset(episode->environment);
    agent_begin(episode->agent);
    episode->over = environment_is_new_game(episode->environment);
    if (!episode->over)
        episode->score += reward;
}

struct environment_step episode_step(struct episode *episode) {
    episode_decide(episode);
    episode->has_decided = false;
    const struct agent_decision *decision = &episode->decision;
    const struct environment_step step =
        decision->numbers ? environment_steer(episode->environment, decision->numbers)
                          : environment_act(episode->environment, decision->action);
    episode->score += step.raw_reward;
    episode->steps++;
    episode->over = step.game_ended || step.failed;
    episode->cut = step.truncated;
    episode->flag = step.flag;
    if (step.terminated && !episode->over)
        go_on_after_life(episode);
    return step;
}

enum status episode_failure(const struct episode *episode, struct error *error) {
    const char *failure = environment_failure(episode->environment);
    if (!failure)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED, "%s broke down: %.400s",
                     agent_get_info(episode->agent)->game.id, failure);
}

void episode_close(struct episode *episode) {
    if (episode->environment)
        environment_destroy(episode->environment);
    agent_close(episode->agent);
    free(episode->observation);
    *episode = (struct episode){0};
}
