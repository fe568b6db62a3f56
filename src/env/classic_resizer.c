/* The classic observation's resizer: Pillow's bilinear filter on colours, then their luma. */
#include "env/taps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Pillow resizes 8-bit pictures with weights in fixed point and rounds to u8 after each pass
 * (libImaging/Resample.c); the precision is part of the result.
 */
enum { PRECISION_BITS = 22, ROUNDING = 1 << (PRECISION_BITS - 1) };

/* The luma weights in ten-thousandths, so that sums over u8 are exact whole numbers. */
enum { LUMA_RED = 2125, LUMA_GREEN = 7154, LUMA_BLUE = 721, LUMA_ONE = 10000 };

struct triangle_filter {
    struct taps taps;
    int32_t weight[OBSERVATION_SIZE][MAX_TAPS];
};

/* Red, green and blue, and a fourth number that fills a vector register. */
struct wide_pixel {
    int32_t levels[4];
};

enum { COLOURS = 3 };

/* A row resized across, each colour in an array of its own, so that the pass down reads it in
 * order. */
struct colour_row {
    uint8_t levels[COLOURS][PADDED_ROW];
};

struct classic_resizer {
    int height;
    int width;
    struct triangle_filter across;
    struct triangle_filter down;
    struct wide_pixel palette[256];
    struct wide_pixel source[SCREEN_MAX_SIZE]; /* the row that is being resized */
    struct colour_row rows[];                  /* (height) */
};

/* A triangle as wide as the reduction, weights scaled to sum to 1. */
static void triangle_filter_fill(struct triangle_filter *filter, int source_size) {
    const double scale = (double)source_size / OBSERVATION_SIZE;
    const double reach = scale > 1 ? scale : 1;
    for (int i = 0; i < OBSERVATION_SIZE; i++) {
        const double center = (i + 0.5) * scale;
        int first = (int)fmax(center - reach + 0.5, 0);
        const int end = (int)fmin(center + reach + 0.5, source_size);
        double weights[MAX_TAPS] = {0};
        double sum = 0;
        int count = 0;
        for (int j = first; j < end; j++) {
            const double weight = 1 - fabs((j - center + 0.5) / reach);
            if (weight > 0) {
                weights[count++] = weight;
                sum += weight;
            } else if (count == 0) {
                first++;
            }
        }
        filter->taps.start[i] = first;
        filter->taps.count[i] = count;
        for (int j = 0; j < count; j++)
            filter->weight[i][j] = (int32_t)(0.5 + weights[j] / sum * (1 << PRECISION_BITS));
    }
    taps_invert(&filter->taps, source_size);
}

struct classic_resizer *classic_resizer_create(int height, int width, struct error *error) {
    struct classic_resizer *resizer = resizer_allocate(
        sizeof *resizer + (size_t)height * sizeof resizer->rows[0], height, width, error);
    if (!resizer)
        return NULL;
    resizer->height = height;
    resizer->width = width;
    triangle_filter_fill(&resizer->across, width);
    triangle_filter_fill(&resizer->down, height);
    return resizer;
}

static struct wide_pixel widen(const uint8_t rgb[COLOURS]) {
    return (struct wide_pixel){{rgb[0], rgb[1], rgb[2]}};
}

void classic_resizer_use_palette(struct classic_resizer *resizer, const uint8_t (*palette)[3]) {
    for (int i = 0; i < 256; i++)
        resizer->palette[i] = widen(palette[i]);
}

/* Computes these outputs of a row from their pixels of source. */
VECTORIZED static void resize_across(const struct triangle_filter *filter, struct colour_row *row,
                                     const struct wide_pixel *source, struct span outputs) {
    for (int x = outputs.begin; x < outputs.end; x++) {
        const struct wide_pixel *pixel = source + filter->taps.start[x];
        const int32_t *weight = filter->weight[x];
        struct wide_pixel sum = {{ROUNDING, ROUNDING, ROUNDING, ROUNDING}};
        for (int i = 0; i < filter->taps.count[x]; i++)
            for (int c = 0; c < 4; c++)
                sum.levels[c] += pixel[i].levels[c] * weight[i];
        for (int c = 0; c < COLOURS; c++)
            row->levels[c][x] = (uint8_t)(sum.levels[c] >> PRECISION_BITS);
    }
}

/* Copies these outputs of row y from the row above, if their pixels are the same. */
static bool repeat_above(struct classic_resizer *resizer, const uint8_t *screen, size_t pixel_size,
                         int y, struct span outputs) {
    const struct span pixels = taps_pixels(&resizer->across.taps, outputs);
    const size_t row_size = pixel_size * (size_t)resizer->width;
    const uint8_t *first = screen + row_size * (size_t)y + pixel_size * (size_t)pixels.begin;
    if (y == 0 ||
        memcmp(first, first - row_size, pixel_size * (size_t)(pixels.end - pixels.begin)) != 0)
        return false;
    for (int c = 0; c < COLOURS; c++)
        memcpy(resizer->rows[y].levels[c] + outputs.begin,
               resizer->rows[y - 1].levels[c] + outputs.begin,
               (size_t)(outputs.end - outputs.begin));
    return true;
}

static void update_outputs(struct classic_resizer *resizer, const uint8_t *screen,
                           size_t pixel_size, int y, struct span outputs) {
    if (repeat_above(resizer, screen, pixel_size, y, outputs))
        return;
    const struct span pixels = taps_pixels(&resizer->across.taps, outputs);
    const uint8_t *row = screen + pixel_size * (size_t)y * (size_t)resizer->width;
    for (int x = pixels.begin; x < pixels.end; x++)
        resizer->source[x] =
            pixel_size == 1 ? resizer->palette[row[x]] : widen(row + pixel_size * (size_t)x);
    resize_across(&resizer->across, &resizer->rows[y], resizer->source, outputs);
}

/* Resizes patches across, and marks the blocks that depend on them. */
static void update_rows(struct classic_resizer *resizer, const uint8_t *screen, size_t pixel_size,
                        const struct patch *patches, size_t count,
                        uint8_t marked[OBSERVATION_SIZE]) {
    for (size_t i = 0; i < count; i++) {
        const struct span outputs = taps_outputs(&resizer->across.taps, &patches[i]);
        update_outputs(resizer, screen, pixel_size, patches[i].row, outputs);
        taps_mark_blocks(&resizer->down.taps, marked, patches[i].row, outputs);
    }
}

/* Luma of a block of the resized picture, in ten-thousandths of a level. */
static inline void resize_down(const struct classic_resizer *resizer, int y, int block,
                               int32_t luma[BLOCK]) {
    static const int32_t shares[COLOURS] = {LUMA_RED, LUMA_GREEN, LUMA_BLUE};
    const struct triangle_filter *filter = &resizer->down;
    const struct colour_row *rows = resizer->rows + filter->taps.start[y];
    for (int j = 0; j < BLOCK; j++)
        luma[j] = 0;
    for (int c = 0; c < COLOURS; c++) {
        int32_t sum[BLOCK];
        for (int j = 0; j < BLOCK; j++)
            sum[j] = ROUNDING;
        for (int i = 0; i < filter->taps.count[y]; i++)
            for (int j = 0; j < BLOCK; j++)
                sum[j] += filter->weight[y][i] * rows[i].levels[c][block * BLOCK + j];
        for (int j = 0; j < BLOCK; j++)
            luma[j] += shares[c] * (sum[j] >> PRECISION_BITS);
    }
}

VECTORIZED static void finish_blocks(const struct classic_resizer *resizer, uint8_t *out,
                                     const uint8_t marked[OBSERVATION_SIZE]) {
    for (int y = 0; y < OBSERVATION_SIZE; y++)
        for (int block = 0; marked[y] >> block; block++) {
            int32_t luma[BLOCK];
            uint8_t pixels[BLOCK];
            if (!(marked[y] >> block & 1))
                continue;
            resize_down(resizer, y, block, luma);
            for (int j = 0; j < BLOCK; j++)
                pixels[j] = (uint8_t)((uint32_t)(luma[j] + LUMA_ONE / 2) / LUMA_ONE);
            put_block(out, y, block, pixels);
        }
}

void classic_update_indices(struct classic_resizer *resizer, uint8_t *out, const uint8_t *indices,
                            const struct patch *patches, size_t count) {
    uint8_t marked[OBSERVATION_SIZE] = {0};
    update_rows(resizer, indices, 1, patches, count, marked);
    finish_blocks(resizer, out, marked);
}

void classic_update_rgb(struct classic_resizer *resizer, uint8_t *out, const uint8_t *rgb,
                        const struct patch *patches, size_t count) {
    uint8_t marked[OBSERVATION_SIZE] = {0};
    update_rows(resizer, rgb, COLOURS, patches, count, marked);
    finish_blocks(resizer, out, marked);
}

void classic_resize_rgb(struct classic_resizer *resizer, uint8_t *out, const uint8_t *rgb) {
    struct patch patches[SCREEN_MAX_SIZE];
    patches_cover(patches, resizer->height, resizer->width);
    classic_update_rgb(resizer, out, rgb, patches, (size_t)resizer->height);
}

enum status screen_to_classic(float *out, const uint8_t *rgb, int height, int width,
                              struct error *error) {
    struct classic_resizer *resizer = classic_resizer_create(height, width, error);
    if (!resizer)
        return error->status;
    struct patch patches[SCREEN_MAX_SIZE];
    uint8_t marked[OBSERVATION_SIZE] = {0};
    patches_cover(patches, height, width);
    update_rows(resizer, rgb, COLOURS, patches, (size_t)height, marked);
    for (int y = 0; y < OBSERVATION_SIZE; y++)
        for (int block = 0; block < BLOCKS; block++) {
            int32_t luma[BLOCK];
            resize_down(resizer, y, block, luma);
            for (int j = 0; j < BLOCK && block * BLOCK + j < OBSERVATION_SIZE; j++)
                *out++ = (float)(luma[j] / (255.0 * LUMA_ONE));
        }
    free(resizer);
    return STATUS_OK;
}
