/* The resizer of the deepmind and v4 observations: OpenCV's INTER_AREA on gray pictures. */
#include "env/taps.h"

#include <math.h>
#include <stdlib.h>

/* OpenCV leaves out smaller parts of a source pixel (imgproc/src/resize.cpp). */
static const double negligible_overlap = 1e-3;

struct area_filter {
    struct taps taps;
    float weight[OBSERVATION_SIZE][MAX_TAPS];
};

struct area_resizer {
    int height;
    int width;
    struct area_filter across;
    struct area_filter down;
    float rows[][PADDED_ROW]; /* (height): each source row resized across */
};

/* The weight of a source pixel is the part of it that the output pixel covers. */
static void area_filter_fill(struct area_filter *filter, int source_size) {
    const double scale = (double)source_size / OBSERVATION_SIZE;
    struct taps *taps = &filter->taps;
    for (int i = 0; i < OBSERVATION_SIZE; i++) {
        const double begin = i * scale;
        const double end = fmin(begin + scale, source_size);
        taps->start[i] = (int)begin;
        taps->count[i] = 0;
        for (int j = (int)begin; j < end; j++) {
            const double overlap = fmin(end, j + 1) - fmax(begin, j);
            if (overlap > negligible_overlap)
                filter->weight[i][taps->count[i]++] = (float)(overlap / (end - begin));
            else if (taps->count[i] == 0)
                taps->start[i]++;
        }
    }
    taps_invert(taps, source_size);
}

struct area_resizer *area_resizer_create(int height, int width, struct error *error) {
    struct area_resizer *resizer = resizer_allocate(
        sizeof *resizer + (size_t)height * sizeof resizer->rows[0], height, width, error);
    if (!resizer)
        return NULL;
    resizer->height = height;
    resizer->width = width;
    area_filter_fill(&resizer->across, width);
    area_filter_fill(&resizer->down, height);
    return resizer;
}

/* Resizes patches across, and marks the blocks that depend on them. */
static void area_update_rows(struct area_resizer *resizer, const uint8_t *gray,
                             const struct patch *patches, size_t count,
                             uint8_t marked[OBSERVATION_SIZE]) {
    const struct area_filter *filter = &resizer->across;
    for (size_t p = 0; p < count; p++) {
        const size_t y = (size_t)patches[p].row;
        const uint8_t *row = gray + y * (size_t)resizer->width;
        const struct span outputs = taps_outputs(&filter->taps, &patches[p]);
        for (int x = outputs.begin; x < outputs.end; x++) {
            float sum = 0;
            for (int i = 0; i < filter->taps.count[x]; i++)
                sum += (float)row[filter->taps.start[x] + i] * filter->weight[x][i];
            resizer->rows[y][x] = sum;
        }
        taps_mark_blocks(&resizer->down.taps, marked, patches[p].row, outputs);
    }
}

/* The last bit of such a float is worth 1, so adding it rounds to the nearest whole number, as
 * lrintf does (which compilers do not vectorise). */
static const float whole_numbers = 1 << 23;

VECTORIZED static void area_finish_blocks(const struct area_resizer *resizer, uint8_t *out,
                                          const uint8_t marked[OBSERVATION_SIZE]) {
    const struct area_filter *filter = &resizer->down;
    for (int y = 0; y < OBSERVATION_SIZE; y++)
        for (int block = 0; marked[y] >> block; block++) {
            if (!(marked[y] >> block & 1))
                continue;
            float sum[BLOCK] = {0};
            for (int i = 0; i < filter->taps.count[y]; i++)
                for (int j = 0; j < BLOCK; j++)
                    sum[j] += filter->weight[y][i] *
                              resizer->rows[filter->taps.start[y] + i][block * BLOCK + j];
            uint8_t pixels[BLOCK];
            for (int j = 0; j < BLOCK; j++)
                pixels[j] = (uint8_t)(int32_t)(sum[j] + whole_numbers - whole_numbers);
            put_block(out, y, block, pixels);
        }
}

void area_update(struct area_resizer *resizer, uint8_t *out, const uint8_t *gray,
                 const struct patch *patches, size_t count) {
    uint8_t marked[OBSERVATION_SIZE] = {0};
    area_update_rows(resizer, gray, patches, count, marked);
    area_finish_blocks(resizer, out, marked);
}

enum status screen_resize_area(uint8_t *out, const uint8_t *gray, int height, int width,
                               struct error *error) {
    struct area_resizer *resizer = area_resizer_create(height, width, error);
    if (!resizer)
        return error->status;
    struct patch patches[SCREEN_MAX_SIZE];
    patches_cover(patches, height, width);
    area_update(resizer, out, gray, patches, (size_t)height);
    free(resizer);
    return STATUS_OK;
}
