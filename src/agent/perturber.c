#include "agent/perturber.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = OBSERVATION_SIZE,
    PICTURE = SIZE * SIZE,
    BATCH = 32,
    BLUR_RADIUS = 12,  /* four standard deviations */
    PATCH_RADIUS = 18, /* no pixel farther away changes by half a level */
};

static const double blur_deviation = 3;
static const double patch_deviation = 5;

struct perturber {
    struct network *network;
    int channels;
    int actions;
    float blur[BLUR_RADIUS + 1];   /* weights by distance; both sides together add up to 1 */
    float patch[PATCH_RADIUS + 1]; /* by distance along an axis, 1 in the middle */
    float *change;                 /* (channels, 84, 84): the change if all of it is blurred */
    float *row_blurred;            /* (84, 84), scratch */
    float *unchanged;      /* (actions + 1): for the unchanged observation, the value last */
    uint8_t *observations; /* (BATCH, channels, 84, 84) */
    int places[BATCH];     /* of the batch's observations in a map */
};

static void fill_gaussians(struct perturber *perturber) {
    double sum = 0;
    for (int i = -BLUR_RADIUS; i <= BLUR_RADIUS; i++)
        sum += exp(-i * i / (2 * blur_deviation * blur_deviation));
    for (int i = 0; i <= BLUR_RADIUS; i++)
        perturber->blur[i] = (float)(exp(-i * i / (2 * blur_deviation * blur_deviation)) / sum);
    for (int i = 0; i <= PATCH_RADIUS; i++)
        perturber->patch[i] = (float)exp(-i * i / (2 * patch_deviation * patch_deviation));
}

enum status perturber_create(const struct network_spec *spec, struct perturber **perturber,
                             struct error *error) {
    struct perturber *created = calloc(1, sizeof *created);
    if (!created)
        return error_set(error, STATUS_FAILED, "out of memory for a saliency map");
    const size_t observation = (size_t)spec->channels * PICTURE;
    created->channels = spec->channels;
    created->actions = network_action_outputs(spec);
    created->change = malloc(observation * sizeof *created->change);
    created->row_blurred = malloc(PICTURE * sizeof *created->row_blurred);
    created->unchanged = malloc(((size_t)created->actions + 1) * sizeof *created->unchanged);
    created->observations = malloc(BATCH * observation);
    fill_gaussians(created);
    enum status status = STATUS_OK;
    if (!created->change || !created->row_blurred || !created->unchanged || !created->observations)
        status = error_set(error, STATUS_FAILED, "out of memory for a saliency map");
    if (status == STATUS_OK)
        status =
            network_create(spec, network_backend_default(), BATCH, 1, &created->network, error);
    if (status == STATUS_OK)
        *perturber = created;
    else
        perturber_destroy(created);
    return status;
}

/* Beyond its edges a picture continues as its mirror image. */
static int mirror(int i) {
    if (i < 0)
        return -1 - i;
    return i < SIZE ? i : 2 * SIZE - 1 - i;
}

/* change: (84, 84), blurred minus unchanged. */
static void find_change(const struct perturber *perturber, const uint8_t *seen, float *change) {
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++) {
            float sum = 0;
            for (int d = -BLUR_RADIUS; d <= BLUR_RADIUS; d++)
                sum += perturber->blur[abs(d)] * seen[y * SIZE + mirror(x + d)];
            perturber->row_blurred[y * SIZE + x] = sum;
        }
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++) {
            float sum = 0;
            for (int d = -BLUR_RADIUS; d <= BLUR_RADIUS; d++)
                sum += perturber->blur[abs(d)] * perturber->row_blurred[mirror(y + d) * SIZE + x];
            change[y * SIZE + x] = sum - seen[y * SIZE + x];
        }
}

/* Blurs the picture around (row, column) in place; returns whether a pixel changed. */
static bool blur_patch(const struct perturber *perturber, const float *change, uint8_t *picture,
                       int row, int column) {
    const int top = row > PATCH_RADIUS ? row - PATCH_RADIUS : 0;
    const int left = column > PATCH_RADIUS ? column - PATCH_RADIUS : 0;
    bool changed = false;
    for (int y = top; y < SIZE && y <= row + PATCH_RADIUS; y++)
        for (int x = left; x < SIZE && x <= column + PATCH_RADIUS; x++) {
            const float part = perturber->patch[abs(y - row)] * perturber->patch[abs(x - column)];
            uint8_t *pixel = &picture[y * SIZE + x];
            const uint8_t blurred = (uint8_t)((float)*pixel + part * change[y * SIZE + x] + 0.5F);
            changed |= blurred != *pixel;
            *pixel = blurred;
        }
    return changed;
}

/* For a Q network, the best action's Q. */
static float value_of(const struct perturber *perturber, const struct network_outputs *outputs,
                      int index) {
    if (outputs->value)
        return outputs->value[index];
    const float *q = outputs->action + (ptrdiff_t)index * perturber->actions;
    float best = q[0];
    for (int a = 1; a < perturber->actions; a++)
        best = fmaxf(best, q[a]);
    return best;
}

/* Records the distance of each output of a batch from that for the unchanged observation. */
static void judge(struct perturber *perturber, const float *params, int count,
                  struct saliency *saliency) {
    const int actions = perturber->actions;
    const struct network_outputs outputs =
        network_forward(perturber->network, params, perturber->observations, count);
    for (int i = 0; i < count; i++) {
        float sum = 0;
        for (int a = 0; a < actions; a++) {
            const float by = outputs.action[i * actions + a] - perturber->unchanged[a];
            sum += by * by;
        }
        const float by = value_of(perturber, &outputs, i) - perturber->unchanged[actions];
        saliency->action[perturber->places[i]] = sum / 2;
        saliency->value[perturber->places[i]] = by * by / 2;
    }
}

void perturber_saliency(struct perturber *perturber, const float *params,
                        const uint8_t *observation, struct saliency *saliency) {
    const size_t size = (size_t)perturber->channels * PICTURE;
    const struct network_outputs outputs =
        network_forward(perturber->network, params, observation, 1);
    memcpy(perturber->unchanged, outputs.action,
           (size_t)perturber->actions * sizeof *perturber->unchanged);
    perturber->unchanged[perturber->actions] = value_of(perturber, &outputs, 0);
    for (int c = 0; c < perturber->channels; c++)
        find_change(perturber, observation + (ptrdiff_t)c * PICTURE,
                    perturber->change + (ptrdiff_t)c * PICTURE);
    memset(saliency, 0, sizeof *saliency);

    int count = 0;
    for (int place = 0; place < SALIENCY_SIZE * SALIENCY_SIZE; place++) {
        uint8_t *seen = perturber->observations + (size_t)count * size;
        bool changed = false;
        memcpy(seen, observation, size);
        for (int c = 0; c < perturber->channels; c++)
            changed |=
                blur_patch(perturber, perturber->change + (ptrdiff_t)c * PICTURE,
                           seen + (ptrdiff_t)c * PICTURE, saliency_pixel(place / SALIENCY_SIZE),
                           saliency_pixel(place % SALIENCY_SIZE));
        if (!changed) /* large parts of many games' screens have one colour */
            continue;
        perturber->places[count++] = place;
        if (count < BATCH)
            continue;
        judge(perturber, params, count, saliency);
        count = 0;
    }
    if (count > 0)
        judge(perturber, params, count, saliency);
}

void perturber_destroy(struct perturber *perturber) {
    if (!perturber)
        return;
    if (perturber->network)
        network_destroy(perturber->network);
    free(perturber->change);
    free(perturber->row_blurred);
    free(perturber->unchanged);
    free(perturber->observations);
    free(perturber);
}
