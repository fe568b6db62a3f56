#include "play/explain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GAME_LINES = 420,  /* a game is enlarged to about this height */
    LEAST_LINES = 400, /* least height of the whole, for the panel */
    PANEL_WIDTH = 272,
    MARGIN = 16,
    COLUMN = PANEL_WIDTH - 2 * MARGIN,
    STEP_WIDTH = 2, /* of the history */
    HISTORY = COLUMN / STEP_WIDTH,
    HISTORY_TOP = 112,
    HISTORY_HEIGHT = 56,
    ACTIONS_TOP = HISTORY_TOP + HISTORY_HEIGHT + 18,
    LEGEND_HEIGHT = 44,
    MOST_ROW_HEIGHT = 26,
    LEAST_ROW_HEIGHT = 9,
    NUMBER_WIDTH = 42,
    LEVELS = 6, /* levels of a tint: few, so that a GIF's 256 colours suffice */
};

/* The scale of a map falls by this factor per step after a peak. */
static const float fading = 0.98F;
static const double strongest_tint = 0.72;

static const uint8_t background[3] = {20, 22, 28};
static const uint8_t trough[3] = {38, 42, 52};
static const uint8_t bright[3] = {236, 238, 244};
static const uint8_t dim[3] = {142, 150, 168};
static const uint8_t action_colour[3] = {66, 150, 255};
static const uint8_t action_dark[3] = {44, 84, 140};
static const uint8_t value_colour[3] = {255, 128, 48};
static const uint8_t value_dark[3] = {120, 68, 40};

enum { NO_CHOICE = -1 };

struct explanation {
    struct episode *episode;
    struct picture picture;
    const struct emulator_info *info;
    int scale;          /* of the game */
    bool is_seen;       /* the agent sees pictures, so there are maps */
    float action_scale; /* the value of the strongest tint */
    float value_scale;
    float values[HISTORY]; /* of the newest states, the last one at count - 1 */
    float lowest[HISTORY]; /* Q of each state, for the scale of the bars */
    int count;
};

/* ---- Size ------------------------------------------------------------------------------------ */

enum status explanation_create(struct episode *episode, struct explanation **explanation,
                               struct error *error) {
    const struct emulator_info *info = environment_emulator_info(episode->environment);
    const enum status status = emulator_check_numbered(info, "--explain", "leave it out", error);
    if (status != STATUS_OK)
        return status;
    struct explanation *created = calloc(1, sizeof *created);
    if (!created)
        return error_set(error, STATUS_FAILED, "out of memory to explain");
    const int scale = (GAME_LINES + info->screen_height / 2) / info->screen_height;
    created->episode = episode;
    created->info = info;
    created->scale = scale > 1 ? scale : 1;
    created->is_seen = !trunk_takes_vectors(agent_get_info(episode->agent)->network.trunk);
    const int height = created->scale * info->screen_height;
    created->picture.height = height > LEAST_LINES ? height : LEAST_LINES;
    created->picture.width = created->scale * info->screen_width + PANEL_WIDTH;
    created->picture.rgb =
        calloc((size_t)created->picture.height * (size_t)created->picture.width, 3);
    if (!created->picture.rgb) {
        free(created);
        return error_set(error, STATUS_FAILED, "out of memory to explain");
    }
    *explanation = created;
    return STATUS_OK;
}

const struct picture *explanation_picture(const struct explanation *explanation) {
    return &explanation->picture;
}

/* ---- The game -------------------------------------------------------------------------------- */

/* Interpolates the map at a fraction of the picture's height and width. */
static double map_at(const float *map, double row, double column) {
    const double place_row = (row * OBSERVATION_SIZE - saliency_pixel(0) - 0.5) / SALIENCY_STRIDE;
    const double place_column =
        (column * OBSERVATION_SIZE - saliency_pixel(0) - 0.5) / SALIENCY_STRIDE;
    const double y = fmin(fmax(place_row, 0), SALIENCY_SIZE - 1.001);
    const double x = fmin(fmax(place_column, 0), SALIENCY_SIZE - 1.001);
    const int top = (int)y;
    const int left = (int)x;
    const float *corner = map + (ptrdiff_t)top * SALIENCY_SIZE + left;
    const double upper = corner[0] + (x - left) * (corner[1] - corner[0]);
    const double lower =
        corner[SALIENCY_SIZE] + (x - left) * (corner[SALIENCY_SIZE + 1] - corner[SALIENCY_SIZE]);
    return upper + (y - top) * (lower - upper);
}

/* Scales a map by its recent largest value. */
static void scale_map(float *map, float *scale) {
    *scale *= fading;
    for (int i = 0; i < SALIENCY_SIZE * SALIENCY_SIZE; i++)
        *scale = fmaxf(*scale, map[i]);
    if (*scale <= 0)
        return; /* nothing depends on the picture */
    for (int i = 0; i < SALIENCY_SIZE * SALIENCY_SIZE; i++)
        map[i] = sqrtf(map[i] / *scale);
}

static void tint(uint8_t *pixel, const uint8_t colour[3], double amount) {
    const double level = floor(amount * (LEVELS + 1)) / LEVELS;
    const double part = strongest_tint * fmin(level, 1);
    for (int i = 0; i < 3; i++)
        pixel[i] = (uint8_t)(pixel[i] * (1 - part) + colour[i] * part + 0.5);
}

static void draw_game(struct explanation *explanation, const uint8_t *rgb) {
    const int height = explanation->info->screen_height;
    const int width = explanation->info->screen_width;
    const int scale = explanation->scale;
    struct saliency saliency;
    struct error error;
    const bool has_maps = explanation->is_seen && agent_saliency(explanation->episode->agent,
                                                                 explanation->episode->observation,
                                                                 &saliency, &error) == STATUS_OK;
    if (has_maps) {
        scale_map(saliency.action, &explanation->action_scale);
        scale_map(saliency.value, &explanation->value_scale);
    }
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, rgb += 3) {
            uint8_t pixel[3] = {rgb[0], rgb[1], rgb[2]};
            if (has_maps) {
                const double row = (y + 0.5) / height;
                const double column = (x + 0.5) / width;
                tint(pixel, value_colour, map_at(saliency.value, row, column));
                tint(pixel, action_colour, map_at(saliency.action, row, column));
            }
            picture_fill(&explanation->picture, x * scale, y * scale, scale, scale, pixel);
        }
}

/* ---- The panel ------------------------------------------------------------------------------- */

/* Draws the text at twice the size if that fits into the width. */
static void draw_text(const struct picture *picture, int x, int y, int width,
                      const uint8_t colour[3], const char *text) {
    const bool fits = (int)strlen(text) * FONT_WIDTH * 2 <= width;
    if (fits)
        font_draw(picture, x, y, 2, colour, text);
    else
        font_draw(picture, x, y + FONT_HEIGHT / 2, 1, colour, text);
}

static void draw_heading(const struct explanation *explanation, int left) {
    const struct picture *picture = &explanation->picture;
    const struct episode *episode = explanation->episode;
    char text[64];
    draw_text(picture, left, 14, COLUMN, bright, agent_get_info(episode->agent)->game.id);
    snprintf(text, sizeof text, "score %.6g", episode->score);
    draw_text(picture, left, 40, COLUMN, dim, text);
    snprintf(text, sizeof text, "step %lld", (long long)episode->steps);
    font_draw(picture, left + COLUMN - (int)strlen(text) * FONT_WIDTH, 46, 1, dim, text);
}

static void draw_history(const struct explanation *explanation, int left, bool is_q) {
    const struct picture *picture = &explanation->picture;
    const float *values = explanation->values;
    const int count = explanation->count;
    float low = 0;
    float high = 0;
    char text[32];
    for (int i = 0; i < count; i++) {
        low = fminf(low, values[i]);
        high = fmaxf(high, values[i]);
    }
    const double span = high > low ? (double)(high - low) : 1;
    const int zero = (int)lround((double)high / span * (HISTORY_HEIGHT - 1));
    snprintf(text, sizeof text, "%.2f", count > 0 ? (double)values[count - 1] : 0.0);
    font_draw(picture, left, HISTORY_TOP - 28, 2, value_colour, is_q ? "best Q" : "value");
    font_draw(picture, left + COLUMN - (int)strlen(text) * FONT_WIDTH * 2, HISTORY_TOP - 28, 2,
              bright, text);
    picture_fill(picture, left, HISTORY_TOP, COLUMN, HISTORY_HEIGHT, trough);
    for (int i = 0; i < count; i++) {
        const int x = left + COLUMN - (count - i) * STEP_WIDTH;
        const int y = (int)lround((double)(high - values[i]) / span * (HISTORY_HEIGHT - 1));
        const int top = y < zero ? y : zero;
        const int length = abs(y - zero) + 1;
        picture_fill(picture, x, HISTORY_TOP + top, STEP_WIDTH, length, value_dark);
        picture_fill(picture, x, HISTORY_TOP + (y > 0 ? y - 1 : 0), STEP_WIDTH, 2, value_colour);
    }
}

/* The length of an action's bar, from 0 to 1. */
static double bar_length(const struct explanation *explanation,
                         const struct agent_decision *decision, int action) {
    if (decision->policy)
        return (double)decision->policy[action];
    float low = explanation->lowest[0];
    float high = explanation->values[0];
    for (int i = 1; i < explanation->count; i++) {
        low = fminf(low, explanation->lowest[i]);
        high = fmaxf(high, explanation->values[i]);
    }
    return high > low ? (double)((decision->q[action] - low) / (high - low)) : 1;
}

static int longest_name(const struct explanation *explanation,
                        const struct agent_decision *decision) {
    size_t longest = 2;
    for (int a = 0; a < decision->action_count; a++) {
        char name[CHOICE_NAME_SIZE];
        agent_choice_name(decision, explanation->info, a, name);
        longest = strlen(name) > longest ? strlen(name) : longest;
    }
    return (int)longest;
}

static void draw_action(const struct explanation *explanation,
                        const struct agent_decision *decision, int action, int left, int top,
                        int row_height) {
    const struct picture *picture = &explanation->picture;
    const int longest = longest_name(explanation, decision);
    const bool chosen = agent_decided(decision, action);
    const bool is_large = row_height >= 2 * FONT_HEIGHT;
    const int most = COLUMN / 2; /* of the name */
    const int large_width = longest * FONT_WIDTH * 2;
    const int scale = is_large && large_width <= most ? 2 : 1;
    const int wanted = longest * FONT_WIDTH * scale;
    const int name_width = wanted < most ? wanted : most;
    const int text_top = top + (row_height - scale * FONT_HEIGHT) / 2;
    char name[CHOICE_NAME_SIZE];
    char text[64];
    agent_choice_name(decision, explanation->info, action, name);
    snprintf(text, sizeof text, "%.*s", name_width / (FONT_WIDTH * scale), name);
    font_draw(picture, left, text_top, scale, chosen ? bright : dim, text);

    const int bar_left = left + name_width + 8;
    const int bar_width = left + COLUMN - NUMBER_WIDTH - bar_left;
    const int gap = row_height > 16 ? 4 : 1;
    const int length = (int)lround(bar_length(explanation, decision, action) * bar_width);
    picture_fill(picture, bar_left, top + gap, bar_width, row_height - 2 * gap, trough);
    picture_fill(picture, bar_left, top + gap, length, row_height - 2 * gap,
                 chosen ? action_colour : action_dark);
    const double output = (double)(decision->policy ? decision->policy : decision->q)[action];
    snprintf(text, sizeof text, "%.*f", decision->q && fabs(output) < 1 ? 3 : 2, output);
    font_draw(picture, left + COLUMN - (int)strlen(text) * FONT_WIDTH,
              top + (row_height - FONT_HEIGHT) / 2, 1, chosen ? bright : dim, text);
}

/* Whether action a takes precedence over b. */
static bool goes_before(const float *values, int chosen, int a, int b) {
    if (a == chosen || b == chosen)
        return a == chosen && b != chosen;
    return values[a] > values[b] || (a < b && values[a] == values[b]);
}

int explanation_least(const float *values, int count, int chosen, int wanted) {
    int least = -1;
    for (int i = 0; i < wanted; i++) {
        int next = -1;
        for (int a = 0; a < count; a++)
            if ((least < 0 || goes_before(values, chosen, least, a)) &&
                (next < 0 || goes_before(values, chosen, a, next)))
                next = a;
        least = next;
    }
    return least;
}

/* The probabilities of all parts' choices; those that were chosen come before all others. */
static void rank_choices(float ranks[PARTS_MAX_CHOICES], const struct agent_decision *decision) {
    for (int i = 0; i < decision->action_count; i++)
        ranks[i] = decision->policy[i] + (agent_decided(decision, i) ? 1.0F : 0.0F);
}

/* All actions, or if there is too little room the likeliest and the chosen one; in their order. */
static void draw_actions(const struct explanation *explanation,
                         const struct agent_decision *decision, int left) {
    const struct picture *picture = &explanation->picture;
    float ranks[PARTS_MAX_CHOICES] = {0};
    const float *values = decision->policy ? decision->policy : decision->q;
    const int chosen = decision->parts ? NO_CHOICE : decision->action;
    const int count = decision->action_count;
    if (decision->parts) {
        rank_choices(ranks, decision);
        values = ranks;
    }
    const int top = ACTIONS_TOP + 24;
    const int room = picture->height - LEGEND_HEIGHT - top;
    const int fitting = room / LEAST_ROW_HEIGHT;
    const int shown = count < fitting ? count : fitting;
    const int row_height = room / shown < MOST_ROW_HEIGHT ? room / shown : MOST_ROW_HEIGHT;
    const int least = explanation_least(values, count, chosen, shown);
    int row = 0;
    font_draw(picture, left, ACTIONS_TOP, 2, action_colour, decision->policy ? "policy" : "Q");
    for (int a = 0; a < count; a++)
        if (a == least || goes_before(values, chosen, a, least))
            draw_action(explanation, decision, a, left, top + row++ * row_height, row_height);
    if (shown < count) {
        char text[32];
        snprintf(text, sizeof text, "%d of %d", shown, count);
        font_draw(picture, left + COLUMN - (int)strlen(text) * FONT_WIDTH, ACTIONS_TOP + 6, 1, dim,
                  text);
    }
}

static void draw_legend(const struct explanation *explanation, int left, bool is_q) {
    const struct picture *picture = &explanation->picture;
    const int top = picture->height - LEGEND_HEIGHT + 10;
    picture_fill(picture, left, top, 8, 8, action_colour);
    font_draw(picture, left + 14, top, 1, dim,
              is_q ? "what all Q look at" : "what the policy looks at");
    picture_fill(picture, left, top + 14, 8, 8, value_colour);
    font_draw(picture, left + 14, top + 14, 1, dim,
              is_q ? "what the best Q looks at" : "what the value looks at");
}

/* ---- The whole ------------------------------------------------------------------------------- */

static void remember(struct explanation *explanation, const struct agent_decision *decision) {
    if (explanation->episode->steps == 0)
        explanation->count = 0; /* another game */
    if (explanation->count == HISTORY) {
        explanation->count--;
        memmove(explanation->values, explanation->values + 1,
                (size_t)explanation->count * sizeof *explanation->values);
        memmove(explanation->lowest, explanation->lowest + 1,
                (size_t)explanation->count * sizeof *explanation->lowest);
    }
    float value = decision->value;
    float lowest = 0;
    for (int a = 0; decision->q && a < decision->action_count; a++) {
        value = a == 0 ? decision->q[0] : fmaxf(value, decision->q[a]);
        lowest = a == 0 ? decision->q[0] : fminf(lowest, decision->q[a]);
    }
    explanation->values[explanation->count] = value;
    explanation->lowest[explanation->count++] = lowest;
}

const struct picture *explanation_draw(struct explanation *explanation, const uint8_t *rgb) {
    const struct picture *picture = &explanation->picture;
    const struct agent_decision decision = episode_decide(explanation->episode);
    const int left = explanation->scale * explanation->info->screen_width + MARGIN;
    const bool is_q = !decision.policy;
    remember(explanation, &decision);
    picture_fill(picture, 0, 0, picture->width, picture->height, background);
    draw_game(explanation, rgb);
    draw_heading(explanation, left);
    draw_history(explanation, left, is_q);
    draw_actions(explanation, &decision, left);
    if (explanation->is_seen)
        draw_legend(explanation, left, is_q);
    return picture;
}

void explanation_destroy(struct explanation *explanation) {
    if (!explanation)
        return;
    free(explanation->picture.rgb);
    free(explanation);
}
