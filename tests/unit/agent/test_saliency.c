/* Saliency maps of networks made by hand, whose outputs depend on known pixels. */
#include "model_file.h"

#include <math.h>

enum { SIZE = OBSERVATION_SIZE, CHANNELS = 3, ACTIONS = 4, SEEN = 2, WEIGHT = 100 };

/*
 * The pixels, of channel SEEN, that the first action's logit and the value depend on. Through these
 * kernels a cell (row, column) of the second convolution is the pixel (8 row + 8, 8 column + 8).
 */
enum { ACTION_CELL = 6 * 9 + 2, VALUE_CELL = 1 * 9 + 7 };
enum { ACTION_ROW = 56, ACTION_COLUMN = 24, VALUE_ROW = 16, VALUE_COLUMN = 64 };

/* In a Q network the first action depends on one pixel and the second on the other. */
static void connect(const struct tensor_view *views, int count, const void *context) {
    const enum heads heads = *(const enum heads *)context;
    model_tensor(views, count, "conv1/kernel")[(SEEN * 8 + 4) * 8 + 4] = 1;
    model_tensor(views, count, "conv2/kernel")[1 * 4 + 1] = 1;
    model_tensor(views, count, "dense/kernel")[ACTION_CELL * 256 + 0] = 1;
    model_tensor(views, count, "dense/kernel")[VALUE_CELL * 256 + 1] = 1;
    if (heads == HEADS_Q) {
        model_tensor(views, count, "q/kernel")[0 * ACTIONS + 0] = WEIGHT;
        model_tensor(views, count, "q/kernel")[1 * ACTIONS + 1] = WEIGHT;
    } else {
        model_tensor(views, count, "policy/kernel")[0 * ACTIONS + 0] = WEIGHT;
        model_tensor(views, count, "value/kernel")[1] = WEIGHT;
    }
}

static struct agent *new_agent(const struct network_spec *spec, bool connected) {
    const struct weights_metadata about = {.steps = -1};
    struct error error;
    struct agent *agent;
    save_model(spec, &about, connected ? connect : NULL, &spec->heads);
    const struct agent_request request = {.model = model_path, .without_game = true};
    if (agent_open(&request, &agent, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return agent;
}

static struct agent *new_seeing_agent(enum heads heads) {
    const struct network_spec spec = spec_on_pictures(TRUNK_A3C, heads, CHANNELS, ACTIONS);
    return new_agent(&spec, true);
}

static uint8_t observation[CHANNELS][SIZE][SIZE];

/* Noise, except for the two pixels. */
static void fill_observation(int action_pixel, int value_pixel) {
    struct rng rng;
    rng_seed(&rng, 7, 0);
    for (size_t i = 0; i < sizeof observation; i++)
        ((uint8_t *)observation)[i] = (uint8_t)rng_below(&rng, 256);
    observation[SEEN][ACTION_ROW][ACTION_COLUMN] = (uint8_t)action_pixel;
    observation[SEEN][VALUE_ROW][VALUE_COLUMN] = (uint8_t)value_pixel;
}

static int mirror(int i) {
    return i < 0 ? -1 - i : i < SIZE ? i : 2 * SIZE - 1 - i;
}

/* The blurred pixel, straight from the definition: a Gaussian of deviation 3 out to 12 pixels. */
static double blurred_pixel(int row, int column) {
    double sum = 0;
    double weights = 0;
    for (int y = -12; y <= 12; y++)
        for (int x = -12; x <= 12; x++) {
            const double weight = exp(-(y * y + x * x) / 18.0);
            sum += weight * observation[SEEN][mirror(row + y)][mirror(column + x)];
            weights += weight;
        }
    return sum / weights;
}

/* Half the square of the change by blurring around a place, plus or minus a level of gray. */
static void assert_map(const float *map, int row, int column) {
    const double change = blurred_pixel(row, column) - observation[SEEN][row][column];
    assert_true(fabs(change) > 50);
    for (int i = 0; i < SALIENCY_SIZE * SALIENCY_SIZE; i++) {
        const double y = saliency_pixel(i / SALIENCY_SIZE) - row;
        const double x = saliency_pixel(i % SALIENCY_SIZE) - column;
        const double levels = fabs(change) * exp(-(y * y + x * x) / 50);
        const double found = sqrt(2 * (double)map[i]) * 255 / WEIGHT;
        assert_true(fabs(found - levels) < 0.6);
    }
}

static struct saliency find_saliency(struct agent *agent) {
    struct saliency saliency;
    struct error error;
    if (agent_saliency(agent, (const uint8_t *)observation, &saliency, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return saliency;
}

static void test_policy_and_value(void **state) {
    (void)state;
    struct agent *agent = new_seeing_agent(HEADS_POLICY_VALUE);
    fill_observation(255, 10);
    struct saliency saliency = find_saliency(agent);
    assert_map(saliency.action, ACTION_ROW, ACTION_COLUMN);
    assert_map(saliency.value, VALUE_ROW, VALUE_COLUMN);
    fill_observation(20, 240); /* the call before leaves nothing */
    saliency = find_saliency(agent);
    assert_map(saliency.action, ACTION_ROW, ACTION_COLUMN);
    assert_map(saliency.value, VALUE_ROW, VALUE_COLUMN);
    agent_close(agent);
}

/* The best action is the second one, with and without blurring. */
static void test_q(void **state) {
    (void)state;
    struct agent *agent = new_seeing_agent(HEADS_Q);
    fill_observation(0, 255);
    const struct saliency saliency = find_saliency(agent);
    assert_map(saliency.value, VALUE_ROW, VALUE_COLUMN);
    /* (11, 4) is the action pixel's nearest place, which no other pixel reaches. */
    const double there = saliency.action[11 * SALIENCY_SIZE + 4];
    const double middle = saliency.action[8 * SALIENCY_SIZE + 8];
    assert_true(there > 100 && middle < there / 100);
    agent_close(agent);
}

static void test_one_colour(void **state) {
    (void)state;
    struct agent *agent = new_seeing_agent(HEADS_POLICY_VALUE);
    memset(observation, 200, sizeof observation);
    const struct saliency saliency = find_saliency(agent);
    for (int i = 0; i < SALIENCY_SIZE * SALIENCY_SIZE; i++) {
        assert_true(saliency.action[i] == 0);
        assert_true(saliency.value[i] == 0);
    }
    agent_close(agent);
}

static void test_vector(void **state) {
    (void)state;
    const struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 4, 2);
    struct agent *agent = new_agent(&spec, false);
    struct saliency saliency;
    struct error error;
    assert_int_equal(agent_saliency(agent, (const uint8_t *)observation, &saliency, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "vector"));
    agent_close(agent);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_and_value),
        cmocka_unit_test(test_q),
        cmocka_unit_test(test_one_colour),
        cmocka_unit_test(test_vector),
    };
    return cmocka_run_group_tests(tests, make_model_folder, remove_model_folder);
}
