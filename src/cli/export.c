#include "agent/agent.h"
#include "cli/agent_options.h"
#include "store/store.h"

#include <string.h>

struct export_options {
    struct weights_options weights;
    char output[OPTION_TEXT_SIZE];
    bool json;
};

static const struct option table[] = {
    TEXT_OPTION("o", struct export_options, output, "", "FILE",
                "ONNX model to write; also --output", .alias = "output"),
    JSON_OPTION(struct export_options),
    {0},
};

static const struct option_part parts[] = {
    {.options = weights_options_table, .offset = offsetof(struct export_options, weights)},
    {.options = table},
    {0},
};

static void print_summary(const struct agent *agent, const struct export_options *options) {
    const struct agent_info *info = agent_get_info(agent);
    struct json *json = json_new_object();
    json_set_text(json, "onnx", options->output);
    json_set_text(json, "game", info->weights.game);
    json_set_text(json, "method", info->weights.method);
    json_set_text(json, "observation", observation_name(info->observation));
    json_set_text(json, "network", info->weights.network);
    json_set_int(json, "actions", info->network.actions);
    command_print_json(json);
}

static enum status check_output(const struct command *command, const char *output,
                                struct error *error) {
    const char *ending = strrchr(output, '.');
    if (output[0] == '\0')
        return error_set(error, STATUS_BAD_INPUT, "export needs -o FILE: asyncrl %s",
                         command->usage);
    if (!ending || strcmp(ending, ".onnx") != 0)
        return error_set(error, STATUS_BAD_INPUT, "export writes a .onnx file, not '%.300s'",
                         output);
    return atomic_file_try(output, error);
}

static enum status run_export(const struct command *command, int argc, char **argv,
                              struct error *error) {
    struct export_options options;
    enum status status = command_parse(command, argc, argv, &options, error);
    if (status == STATUS_OK)
        status = command_require(command, "model", options.weights.model, error);
    if (status == STATUS_OK)
        status = check_output(command, options.output, error);
    if (status != STATUS_OK)
        return status;
    struct agent *agent;
    status = weights_options_open(&options.weights, &agent, error);
    if (status != STATUS_OK)
        return status;
    status = agent_save_onnx(agent, options.output, error);
    if (status == STATUS_OK && options.json)
        print_summary(agent, &options);
    else if (status == STATUS_OK)
        printf("%s\n", options.output);
    agent_close(agent);
    return status;
}

const struct command command_export = {
    .name = "export",
    .usage = "export --model=FILE -o FILE.onnx [options]",
    .summary = "write a trained network for other programs, as an ONNX model",
    .details = "The model's input is `observation`, its outputs are `policy` and `value`,\n"
               "or `q`; for continuous actions `mean`, `deviation` and `value`, for several\n"
               "choices at once `logits` and `value`. Its metadata say what it was trained on.\n",
    .options = parts,
    .run = run_export,
};
