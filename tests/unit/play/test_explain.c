/* The drawings of handmade agents with known policy, value and saliency. */
#include "play/explain.h"

#include "../agent/model_file.h"

#include <math.h>

enum { SIZE = OBSERVATION_SIZE, CHANNELS = 3, ACTIONS = 3, SCALE = 5, GAME = SIZE * SCALE };
enum { BARS_TOP = 210, BARS_BOTTOM = 370 };

static const float chances[ACTIONS] = {0.5F, 0.3F, 0.2F};
static const uint8_t chosen_bar[3] = {66, 150, 255};
static const uint8_t other_bar[3] = {44, 84, 140};
static const uint8_t trough[3] = {38, 42, 52};

static uint8_t screen[SIZE * SIZE * 3];

/* The second convolution's cell on which the first logit depends, if looks is set. */
struct gaze {
    bool looks;
    int row;
    int column;
};

static void fill(const struct tensor_view *views, int count, const void *context) {
    const struct gaze *gaze = context;
    for (int a = 0; a < ACTIONS; a++)
        model_tensor(views, count, "policy/bias")[a] = logf(chances[a]);
    if (!gaze->looks)
        return;
    model_tensor(views, count, "conv1/kernel")[((CHANNELS - 1) * 8 + 4) * 8 + 4] = 1;
    model_tensor(views, count, "conv2/kernel")[1 * 4 + 1] = 1;
    model_tensor(views, count, "dense/kernel")[(gaze->row * 9 + gaze->column) * 256] = 1;
    model_tensor(views, count, "policy/kernel")[0] = 10;
}

/*
 * The policy is always chances. With looks, its first logit also grows with the pixel (8 row + 8, 8
 * column + 8) of the newest screen, cell (row, column) of the second convolution.
 */
static void open_episode(struct episode *episode, bool looks, int row, int column) {
    const struct network_spec spec =
        spec_on_pictures(TRUNK_A3C, HEADS_POLICY_VALUE, CHANNELS, ACTIONS);
    const struct weights_metadata about = {.game = "catch", .steps = -1};
    struct error error;
    save_model(&spec, &about, fill, &(struct gaze){looks, row, column});
    const struct agent_request request = {.model = model_path};
    if (episode_open(episode, &request, NULL, 0, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    episode_start(episode, 1, 0);
}

static const struct picture *draw(struct explanation *explanation, struct episode *episode) {
    environment_screen_rgb(episode->environment, screen);
    return explanation_draw(explanation, screen);
}

static const uint8_t *pixel_at(const struct picture *picture, int y, int x) {
    return picture->rgb + ((ptrdiff_t)y * picture->width + x) * 3;
}

static bool is_tinted(const struct picture *picture, int y, int x) {
    return memcmp(pixel_at(picture, y * SCALE + 2, x * SCALE + 2), screen + (y * SIZE + x) * 3,
                  3) != 0;
}

static int count_colour(const struct picture *picture, int y, const uint8_t colour[3]) {
    int count = 0;
    for (int x = GAME; x < picture->width; x++)
        count += memcmp(pixel_at(picture, y, x), colour, 3) == 0;
    return count;
}

/* The bars from the top: their lengths, and the bar of the action to be played. */
static void check_bars(const struct picture *picture, int chosen) {
    int bar = -1;
    bool inside = false;
    for (int y = BARS_TOP; y < BARS_BOTTOM; y++) {
        const int bright = count_colour(picture, y, chosen_bar);
        const int dark = count_colour(picture, y, other_bar);
        const int rest = count_colour(picture, y, trough);
        if (bright + dark > 0 && rest > 20 && !inside) {
            bar++;
            assert_true(bar < ACTIONS);
            assert_int_equal(bright > 0, bar == chosen);
            assert_true(fabsf((float)(bright + dark) / (float)(bright + dark + rest) -
                              chances[bar]) < 0.02F);
        }
        inside = rest > 20;
    }
    assert_int_equal(bar, ACTIONS - 1);
}

/* If there is no room for all actions, the likeliest are shown, and always the chosen one. */
static void test_likeliest_are_shown(void **state) {
    (void)state;
    const float values[] = {0.1F, 0.3F, 0.05F, 0.3F, 0.2F, 0.05F};
    assert_int_equal(explanation_least(values, 6, 1, 1), 1);
    assert_int_equal(explanation_least(values, 6, 1, 3), 4);
    assert_int_equal(explanation_least(values, 6, -1, 3), 4);
    assert_int_equal(explanation_least(values, 6, 5, 1), 5);
    assert_int_equal(explanation_least(values, 6, 5, 2), 1);
    assert_int_equal(explanation_least(values, 6, 5, 3), 3);
    assert_int_equal(explanation_least(values, 6, 0, 6), 5);
}

/* The picture shows the next step, and drawing does not change the game. */
static void test_bars_and_screen(void **state) {
    (void)state;
    struct episode episode;
    struct episode silent;
    struct explanation *explanation;
    struct error error;
    open_episode(&episode, false, 0, 0);
    open_episode(&silent, false, 0, 0);
    assert_int_equal(explanation_create(&episode, &explanation, &error), STATUS_OK);
    assert_int_equal(explanation_picture(explanation)->height, GAME);
    assert_true(explanation_picture(explanation)->width > GAME);
    while (!episode.over) {
        const struct picture *picture = draw(explanation, &episode);
        for (int y = 0; y < SIZE; y++)
            for (int x = 0; x < SIZE; x++)
                assert_false(is_tinted(picture, y, x));
        const int told = episode_decide(&episode).action;
        check_bars(picture, told);
        episode_step(&episode);
        episode_step(&silent);
        assert_int_equal(episode.decision.action, told);
        assert_int_equal(silent.decision.action, told);
    }
    check_bars(draw(explanation, &episode), -1); /* no action comes next */
    assert_true(silent.over);
    assert_true(silent.score == episode.score);
    explanation_destroy(explanation);
    episode_close(&episode);
    episode_close(&silent);
}

/* The ball passes the pixel on which the policy depends: then that pixel is tinted, and little
 * more.
 */
static void test_tint(void **state) {
    (void)state;
    enum { ROW = 5, COLUMN = 4, Y = 8 * ROW + 8, X = 8 * COLUMN + 8 };
    int games_with_tint = 0;
    struct episode episode;
    struct explanation *explanation;
    struct error error;
    open_episode(&episode, true, ROW, COLUMN);
    assert_int_equal(explanation_create(&episode, &explanation, &error), STATUS_OK);
    for (uint64_t game = 0; game < 10; game++) {
        int tinted = 0;
        int far = 0;
        episode_start(&episode, 1, game);
        for (; !episode.over; episode_step(&episode)) {
            const struct picture *picture = draw(explanation, &episode);
            for (int y = 0; y < SIZE; y++)
                for (int x = 0; x < SIZE; x++) {
                    tinted += is_tinted(picture, y, x);
                    far += is_tinted(picture, y, x) && hypot(y - Y, x - X) > 24;
                }
        }
        assert_int_equal(far, 0);
        games_with_tint += tinted > 100;
    }
    assert_true(games_with_tint > 0);
    explanation_destroy(explanation);
    episode_close(&episode);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_likeliest_are_shown),
        cmocka_unit_test(test_bars_and_screen),
        cmocka_unit_test(test_tint),
    };
    return cmocka_run_group_tests(tests, make_model_folder, remove_model_folder);
}
