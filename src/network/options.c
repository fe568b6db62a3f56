#include "network/network.h"

#include <string.h>

const struct option network_options[] = {
    TEXT_OPTION("network", struct network_config, trunk, "auto", "NAME",
                "trunk: a3c, nature or impala for pictures, mlp or twin, with one each for policy "
                "and value, for vectors; auto: a3c or mlp, by the game",
                .choices = "auto|a3c|nature|impala|mlp|twin", .flags = OPTION_FIXED),
    TEXT_OPTION("init", struct network_config, init, "he", "NAME",
                "initial kernels: he (uniform) or orthogonal", .choices = "he|orthogonal",
                .flags = OPTION_FIXED, .needs = "!checkpoint"),
    FLAG_OPTION("layer_norm", struct network_config, layer_norm, "false",
                "normalise each layer before its ReLU", .flags = OPTION_FIXED),
    FLAG_OPTION("normalize_observations", struct network_config, normalize_observations, "false",
                "give observations mean 0 and deviation 1, from all of them so far",
                .flags = OPTION_FIXED),
    FLAG_OPTION("normalize_returns", struct network_config, normalize_returns, "false",
                "learn values and advantages in units of the deviation of returns so far",
                .flags = OPTION_FIXED),
    INT_OPTION("network_width", struct network_config, trunk_width, "1", 1, NETWORK_MAX_WIDTH, "N",
               "impala's convolutions have N times as many channels", .flags = OPTION_FIXED),
    INT_OPTION("lstm", struct network_config, lstm, "0", 0, NETWORK_MAX_LSTM, "N",
               "units of a memory (LSTM) between the trunk and policy and value; 0: none",
               .flags = OPTION_FIXED),
    {0},
};

static enum status choose_trunk(const struct network_config *config, bool is_vector,
                                const char *shown, struct network_spec *spec, struct error *error) {
    spec->trunk = is_vector ? TRUNK_MLP : TRUNK_A3C;
    if (strcmp(config->trunk, "auto") == 0)
        return STATUS_OK;
    if (!trunk_from_name(config->trunk, &spec->trunk))
        return error_set(error, STATUS_BAD_INPUT, "there is no network '%s'", config->trunk);
    if (trunk_takes_vectors(spec->trunk) == is_vector)
        return STATUS_OK;
    if (is_vector)
        return error_set(
            error, STATUS_BAD_INPUT,
            "--network=%s is for pictures, but %.100s shows a vector of %d numbers: leave it "
            "out, or take mlp or twin",
            config->trunk, shown, spec->channels);
    return error_set(error, STATUS_BAD_INPUT,
                     "--network=%s is for vectors, but %.100s shows pictures: leave it out, or "
                     "take a3c, nature or impala",
                     config->trunk, shown);
}

enum status network_options_apply(const struct network_config *config, bool is_vector,
                                  const char *shown, struct network_spec *spec,
                                  struct error *error) {
    spec->init = strcmp(config->init, "orthogonal") == 0 ? INIT_ORTHOGONAL : INIT_HE;
    spec->layer_norm = config->layer_norm;
    spec->normalize_observations = config->normalize_observations;
    spec->normalize_returns = config->normalize_returns;
    spec->trunk_width = (int)config->trunk_width;
    spec->lstm = (int)config->lstm;
    if (spec->lstm > 0 && spec->heads == HEADS_Q)
        return error_set(error, STATUS_BAD_INPUT,
                         "--lstm is for a3c and ppo, whose steps keep the memory's state: leave it "
                         "out");
    if (spec->normalize_returns && spec->heads == HEADS_Q)
        return error_set(error, STATUS_BAD_INPUT,
                         "--normalize_returns is for methods that learn a value, a3c and ppo: "
                         "leave it out");
    const enum status status = choose_trunk(config, is_vector, shown, spec, error);
    if (status == STATUS_OK && spec->trunk == TRUNK_TWIN &&
        (spec->heads == HEADS_Q || spec->lstm > 0 || spec->layer_norm))
        return error_set(error, STATUS_BAD_INPUT,
                         "--network=twin is for a3c and ppo, without --lstm and --layer_norm: take "
                         "mlp");
    if (status == STATUS_OK && spec->trunk_width > 1 && spec->trunk != TRUNK_IMPALA)
        return error_set(error, STATUS_BAD_INPUT,
                         "--network_width=%d is for --network=impala; %s has one width",
                         spec->trunk_width, trunk_name(spec->trunk));
    return status;
}
