#include "agent/agent.h"
#include "cli/agent_options.h"
#include "store/store.h"

#include <stdlib.h>

static const struct option_part parts[] = {
    {.options = weights_options_table},
    {0},
};

enum { OBSERVATION_BYTES = OBSERVATION_MAX_CHANNELS * OBSERVATION_SIZE * OBSERVATION_SIZE };

/* The screens of one observation, as the preprocessing takes them. */
struct screens {
    struct viewer *viewer; /* NULL before the first */
    int height;
    int width;
};

static bool is_screen_size(int pixels) {
    return pixels >= OBSERVATION_SIZE && pixels <= SCREEN_MAX_SIZE;
}

static enum status show_screen(struct screens *screens, const char *path,
                               const struct agent_info *info, const uint8_t *rgb, int height,
                               int width, struct error *error) {
    if (!is_screen_size(height) || !is_screen_size(width))
        return error_set(
            error, STATUS_BAD_INPUT, "'%s' is %dx%d pixels; a screen has from %dx%d to %dx%d", path,
            width, height, OBSERVATION_SIZE, OBSERVATION_SIZE, SCREEN_MAX_SIZE, SCREEN_MAX_SIZE);
    const bool is_first = !screens->viewer;
    if (is_first) {
        const enum status status =
            viewer_create(info->observation, (int)info->environment.blank_top, height, width,
                          &screens->viewer, error);
        if (status != STATUS_OK)
            return status;
        screens->height = height;
        screens->width = width;
    } else if (height != screens->height || width != screens->width) {
        return error_set(
            error, STATUS_BAD_INPUT,
            "'%s' has %dx%d pixels, but the screen before it %dx%d: all must be of one game", path,
            width, height, screens->width, screens->height);
    }
    viewer_take(screens->viewer, rgb);
    if (is_first)
        viewer_restart(screens->viewer);
    else
        viewer_end_step(screens->viewer);
    return STATUS_OK;
}

static enum status show_file(struct screens *screens, const char *path,
                             const struct agent_info *info, struct error *error) {
    uint8_t *rgb;
    int height;
    int width;
    enum status status = png_read(path, &rgb, &height, &width, error);
    if (status != STATUS_OK)
        return status;
    status = show_screen(screens, path, info, rgb, height, width, error);
    free(rgb);
    return status;
}

/* observation: (channels, 84, 84), from one file per channel. */
static enum status read_observation(uint8_t *observation, const struct agent_info *info,
                                    const char *const *paths, int path_count, struct error *error) {
    if (info->observation == OBSERVATION_VECTOR)
        return error_set(error, STATUS_BAD_INPUT,
                         "the model takes vectors, and predict takes pictures");
    const int channels = observation_channels(info->observation);
    if (path_count != channels)
        return error_set(error, STATUS_BAD_INPUT,
                         "the model looks at %d screens, oldest first, but %d %s given", channels,
                         path_count, path_count == 1 ? "was" : "were");
    struct screens screens = {0};
    enum status status = STATUS_OK;
    for (int i = 0; i < channels && status == STATUS_OK; i++)
        status = show_file(&screens, paths[i], info, error);
    if (status == STATUS_OK)
        viewer_observe(screens.viewer, observation);
    viewer_destroy(screens.viewer);
    return status;
}

/* numbers: count doubles of scratch. */
static void set_list(struct json *json, const char *key, const float *values, int count,
                     double *numbers) {
    for (int i = 0; i < count; i++)
        numbers[i] = (double)values[i];
    json_set_reals(json, key, numbers, count);
}

/* numbers: scratch for as many doubles as the network has actions. */
static void print_decision(const struct agent_decision *decision, double *numbers) {
    const int size = decision->action_size;
    struct json *json = json_new_object();
    if (!decision->q)
        json_set_real(json, "value", (double)decision->value);
    if (decision->policy)
        set_list(json, "policy", decision->policy, decision->action_count, numbers);
    if (decision->q)
        set_list(json, "q", decision->q, decision->action_count, numbers);
    if (decision->gaussian) {
        set_list(json, "mean", decision->gaussian, size, numbers);
        set_list(json, "deviation", decision->gaussian + size, size, numbers);
    }
    json_print(json, stdout);
    json_free(json);
}

static enum status predict(struct agent *agent, const char *const *paths, int path_count,
                           struct error *error) {
    const struct agent_info *about = agent_get_info(agent);
    uint8_t observation[OBSERVATION_BYTES];
    const enum status status = read_observation(observation, about, paths, path_count, error);
    if (status != STATUS_OK)
        return status;
    double *numbers = calloc((size_t)about->network.actions, sizeof *numbers);
    if (!numbers)
        return error_set(error, STATUS_FAILED, "out of memory for the outputs");
    const struct agent_decision decision = agent_predict(agent, observation);
    print_decision(&decision, numbers);
    free(numbers);
    return STATUS_OK;
}

static enum status run_predict(const struct command *command, int argc, char **argv,
                               struct error *error) {
    struct weights_options options;
    const char *paths[OBSERVATION_MAX_CHANNELS + 1];
    int path_count;
    enum status status = command_parse_arguments(command, argc, argv, &options, paths,
                                                 OBSERVATION_MAX_CHANNELS + 1, &path_count, error);
    if (status == STATUS_OK)
        status = command_require(command, "model", options.model, error);
    if (status != STATUS_OK)
        return status;

    struct agent *agent;
    status = weights_options_open(&options, &agent, error);
    if (status != STATUS_OK)
        return status;
    status = predict(agent, paths, path_count, error);
    agent_close(agent);
    return status;
}

const struct command command_predict = {
    .name = "predict",
    .usage = "predict --model=FILE F0.png F1.png F2.png",
    .summary = "print a network's outputs for screens, as JSON",
    .details = "Give the screens of consecutive steps, oldest first: three for the observation\n"
               "classic, four for deepmind and v4. Prints {\"value\":...,\"policy\":[...]}, or\n"
               "{\"q\":[...]} for a Q network; for continuous actions \"mean\" and\n"
               "\"deviation\" of their numbers.\n",
    .options = parts,
    .arguments = "FILE",
    .run = run_predict,
};
