#include "cli/agent_options.h"
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

const struct option weights_options_table[] = {
    TEXT_OPTION(
        "model", struct weights_options, model, "", "FILE",
        "weight file of the agent, or a run directory: its best weights, otherwise the newest"),
    TEXT_OPTION("observation", struct weights_options, observation, "", "NAME",
                "classic, deepmind or v4; default: from the weights"),
    TEXT_OPTION("channels", struct weights_options, channels, "auto", "ORDER",
                "order of channels in foreign weights that do not state it: first or last",
                .choices = "auto|first|last"),
    {0},
};

static const struct option table[] = {
    TEXT_OPTION("game", struct agent_options, game, "", "ID",
                "game to play; default: from the weights, unless that game runs code of its own"),
    INT_OPTION("seed", struct agent_options, seed, "1", 0, 0, "N",
               "the same seed gives the same games"),
    REAL_OPTION("eps", struct agent_options, eps, "0", 0, 1, "X",
                "chance of a random action for a Q network; A3C samples its policy"),
    FLAG_OPTION("greedy", struct agent_options, greedy, "false",
                "take the likeliest action of a policy, or its mean, instead of drawing one"),
    INT_OPTION("max_steps_per_game", struct agent_options, max_steps_per_game, "0", 0, 1e9, "N",
               "stop a game after this many steps; 0: its id's limit"),
    TEXT_OPTION(
        "data_dir", struct agent_options, data_dir, "", "DIR",
        "folder with libale_c.so and roms; default: $ASYNCRL_DATA, then beside the program"),
    {0},
};

const struct option_part agent_options_parts[] = {
    {.options = weights_options_table, .offset = offsetof(struct agent_options, weights)},
    {.options = table},
    {.options = game_override_options, .offset = offsetof(struct agent_options, overrides)},
    {.options = game_action_options, .offset = offsetof(struct agent_options, overrides)},
    {.options = game_atari_options, .offset = offsetof(struct agent_options, overrides)},
    {.options = environment_rule_options, .offset = offsetof(struct agent_options, environment)},
    {0},
};

/* An agent plays by the rules in its weights; an option overrides one of them. */
const struct option_default agent_option_defaults[] = {
    {"sticky", NULL}, {"noop_max", NULL}, {"fire_on_reset", NULL}, {"life_loss_ends", NULL}, {0},
};

/* Whether it is a weight file of a run; then *time is when it was written. */
static bool is_model(const char *folder, const char *name, char path[PATH_SIZE],
                     struct timespec *time) {
    struct stat file;
    struct error ignored = {0};
    const size_t length = strlen(name);
    if (strncmp(name, "model-", strlen("model-")) != 0 || length < strlen("model-.h5") ||
        strcmp(name + length - strlen(".h5"), ".h5") != 0 ||
        path_join(path, folder, name, &ignored) != STATUS_OK || stat(path, &file) != 0 ||
        !S_ISREG(file.st_mode))
        return false;
    *time = file.st_mtim;
    return true;
}

static bool is_newer(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* The newest weight file of a run directory; "": there is none. */
static enum status find_newest(const char *folder, char out[PATH_SIZE], struct error *error) {
    struct timespec newest = {0};
    DIR *open_folder = opendir(folder);
    out[0] = '\0';
    if (!open_folder)
        return error_set(error, STATUS_BAD_INPUT, "cannot open the folder '%s': %s", folder,
                         strerror(errno));
    for (const struct dirent *entry; (entry = readdir(open_folder));) {
        char path[PATH_SIZE];
        struct timespec time;
        if (!is_model(folder, entry->d_name, path, &time) || (out[0] && !is_newer(&time, &newest)))
            continue;
        newest = time;
        memcpy(out, path, PATH_SIZE);
    }
    closedir(open_folder);
    return STATUS_OK;
}

static bool is_saved_model(const char *folder) {
    char path[PATH_SIZE];
    struct error error;
    return path_join(path, folder, "saved_model.pb", &error) == STATUS_OK && path_is_file(path);
}

/* Replaces a run directory by its best weights, otherwise its newest. */
static enum status find_weights(char model[OPTION_TEXT_SIZE], struct error *error) {
    char path[PATH_SIZE];
    if (!path_is_folder(model))
        return STATUS_OK;
    enum status status = path_join(path, model, "model-best.h5", error);
    if (status == STATUS_OK && store_is_hidden(path, error))
        status = STATUS_BAD_INPUT;
    if (status == STATUS_OK && !path_is_file(path))
        status = find_newest(model, path, error);
    if (status != STATUS_OK)
        return status;
    if (!path[0] && is_saved_model(model))
        return error_set(error, STATUS_BAD_INPUT,
                         "the folder '%s' is a SavedModel of TensorFlow; wanted HDF5, as Keras "
                         "writes a whole model: model.save('model.h5')",
                         model);
    if (!path[0])
        return error_set(error, STATUS_BAD_INPUT,
                         "the folder '%s' has no weight file (model-....h5): --model takes a "
                         "weight file, or the directory of a run that has saved one",
                         model);
    if (strlen(path) >= OPTION_TEXT_SIZE)
        return error_set(error, STATUS_BAD_INPUT, "the path '%.100s...' is too long", path);
    memcpy(model, path, strlen(path) + 1);
    fprintf(stderr, "asyncrl: the weights are %s\n", path);
    return STATUS_OK;
}

static struct agent_request request_of(const struct weights_options *options) {
    return (struct agent_request){
        .model = options->model,
        .observation = options->observation,
        .channels = weights_channels(options->channels),
    };
}

enum status weights_options_open(const struct weights_options *options, struct agent **agent,
                                 struct error *error) {
    struct weights_options found = *options;
    const enum status status = find_weights(found.model, error);
    if (status != STATUS_OK)
        return status;
    struct agent_request request = request_of(&found);
    request.without_game = true;
    return agent_open(&request, agent, error);
}

/* Whether a row of the command's table is one of the rules. */
static bool is_rule(const struct option *option) {
    for (const struct option *rule = environment_rule_options; rule->name; rule++)
        if (strcmp(rule->name, option->name) == 0)
            return true;
    return false;
}

enum status agent_options_request(struct agent_options *options, const struct option *all,
                                  const bool *given, const void *command_options,
                                  struct agent_request *request, struct error *error) {
    bool given_rules[OPTION_MAX_COUNT] = {0};
    for (const struct option *option = all; option->name; option++)
        given_rules[option - all] = given[option - all] && is_rule(option);
    const enum status status = find_weights(options->weights.model, error);
    if (status != STATUS_OK)
        return status;
    *request = request_of(&options->weights);
    request->game = options->game;
    request->overrides = &options->overrides;
    request->greedy = options->greedy;
    request->max_steps = options->max_steps_per_game;
    request->rules = options->rules;
    return options_to_text(all, given_rules, command_options, options->rules, sizeof options->rules,
                           error);
}
