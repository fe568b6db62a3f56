#include "env/reward.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* For comparison, a step of four frames to the right is worth about 10. */
static const double DEATH_PENALTY = 25;

static int find_detail(const struct emulator_info *info, const char *name) {
    for (int i = 0; i < info->detail_count; i++)
        if (strcmp(info->detail_names[i], name) == 0)
            return i;
    return -1;
}

bool game_tells_flag(const struct emulator_info *info) {
    return find_detail(info, "flag_get") >= 0;
}

enum status rewarder_check(enum reward_rule rule, double scale, const struct emulator_info *info,
                           struct error *error) {
    if (!(scale > 0))
        return error_set(error, STATUS_BAD_INPUT, "the reward scale must be above 0, not %g",
                         scale);
    if (rule == REWARD_PROGRESS && find_detail(info, "x_pos") < 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--reward=progress needs a game that reports the player's position "
                         "(x_pos), such as Super Mario Bros.; this one does not");
    return STATUS_OK;
}

enum status rewarder_open(struct rewarder *rewarder, const struct environment_config *config,
                          const struct emulator_info *info, struct error *error) {
    *rewarder = (struct rewarder){.rule = config->reward,
                                  .scale = config->reward_scale,
                                  .gamma = config->reward_gamma,
                                  .running = {.variance = 1, .count = 1e-4},
                                  .x = find_detail(info, "x_pos"),
                                  .flag = find_detail(info, "flag_get"),
                                  .world = find_detail(info, "world"),
                                  .stage = find_detail(info, "stage")};
    if (info->detail_count == 0)
        return STATUS_OK;
    rewarder->details = calloc((size_t)info->detail_count, sizeof *rewarder->details);
    return rewarder->details ? STATUS_OK
                             : error_set(error, STATUS_FAILED, "out of memory for an environment");
}

void rewarder_close(struct rewarder *rewarder) {
    free(rewarder->details);
}

static double detail(const struct rewarder *rewarder, int index) {
    return index >= 0 ? rewarder->details[index] : 0;
}

/* x restarts in each stage. */
static double place_of(const struct rewarder *rewarder) {
    return 256 * detail(rewarder, rewarder->world) + detail(rewarder, rewarder->stage);
}

static void look(struct rewarder *rewarder, const struct emulator *emulator) {
    emulator_details(emulator, rewarder->details);
    if (place_of(rewarder) != rewarder->progress.place) {
        rewarder->progress.place = place_of(rewarder);
        rewarder->progress.farthest = detail(rewarder, rewarder->x);
    }
}

void rewarder_begin(struct rewarder *rewarder, const struct emulator *emulator) {
    rewarder->running.discounted = 0;
    if (rewarder->rule != REWARD_PROGRESS)
        return;
    look(rewarder, emulator);
    rewarder->progress.farthest = detail(rewarder, rewarder->x);
}

static double progress_of(struct rewarder *rewarder, const struct emulator *emulator, bool died) {
    look(rewarder, emulator);
    const double x = detail(rewarder, rewarder->x);
    const double gain = x > rewarder->progress.farthest ? x - rewarder->progress.farthest : 0;
    rewarder->progress.farthest += gain;
    const bool has_flag = detail(rewarder, rewarder->flag) > 0;
    return gain - (died && !has_flag ? DEATH_PENALTY : 0);
}

int rewarder_flag(struct rewarder *rewarder, const struct emulator *emulator) {
    if (rewarder->flag < 0)
        return FLAG_UNTOLD;
    emulator_details(emulator, rewarder->details);
    return detail(rewarder, rewarder->flag) > 0;
}

double running_return_scale(struct running_return *running, double reward, double gamma) {
    static const double bound = 10;
    static const double epsilon = 1e-8;
    running->discounted = gamma * running->discounted + reward;
    const double gap = running->discounted - running->mean;
    const double count = running->count + 1;
    running->mean += gap / count;
    running->variance =
        (running->variance * running->count + gap * gap * running->count / count) / count;
    running->count = count;
    return fmax(-bound, fmin(bound, reward / sqrt(running->variance + epsilon)));
}

void *rewarder_state(struct rewarder *rewarder) {
    return rewarder->rule == REWARD_RUNNING ? (void *)&rewarder->running : &rewarder->progress;
}

size_t rewarder_state_size(enum reward_rule rule) {
    return rule == REWARD_RUNNING    ? sizeof(struct running_return)
           : rule == REWARD_PROGRESS ? sizeof(struct progress)
                                     : 0;
}

float rewarder_step(struct rewarder *rewarder, const struct emulator *emulator, double raw,
                    bool died) {
    const double scaled = raw / rewarder->scale;
    switch (rewarder->rule) {
    case REWARD_CLIP:
        return (float)(scaled > 1 ? 1 : scaled < -1 ? -1 : scaled);
    case REWARD_SIGN:
        return (float)((raw > 0) - (raw < 0));
    case REWARD_RUNNING:
        return (float)running_return_scale(&rewarder->running, scaled, rewarder->gamma);
    case REWARD_PROGRESS:
        return (float)(progress_of(rewarder, emulator, died) / rewarder->scale);
    case REWARD_RAW:
        break;
    }
    return (float)scaled;
}
