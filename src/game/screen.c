#include "game/screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = OBSERVATION_SIZE,
    PIXELS = SIZE * SIZE,
    RGB_ROW = 3 * SIZE,
    MAX_TAPS = 2 * ((SCREEN_MAX_SIZE + SIZE - 1) / SIZE) + 1,
};

/* Memory for a resizer of size bytes; NULL, and why, where the screen's size or memory forbids. */
static void *allocate(size_t size, int height, int width, struct error *error) {
    if (height < 1 || width < 1 || height > SCREEN_MAX_SIZE || width > SCREEN_MAX_SIZE) {
        error_set(error, STATUS_BAD_INPUT,
                  "a screen of %dx%d pixels cannot be an observation: at most %dx%d", width, height,
                  SCREEN_MAX_SIZE, SCREEN_MAX_SIZE);
        return NULL;
    }
    void *memory = malloc(size);
    if (!memory)
        error_set(error, STATUS_FAILED, "out of memory for an observation");
    return memory;
}

/* ---- Seed: Pillow's bilinear filter ------------------------------------------------------------
 */

/*
 * Pillow resizes 8-bit pictures with weights in fixed point and rounds to u8 after each pass
 * (libImaging/Resample.c); the precision is part of the result.
 */
enum { PRECISION_BITS = 22, ROUNDING = 1 << (PRECISION_BITS - 1) };

/* The luma weights in ten-thousandths, so that sums over u8 are exact whole numbers. */
enum { LUMA_RED = 2125, LUMA_GREEN = 7154, LUMA_BLUE = 721, LUMA_ONE = 10000 };

/* Which source pixels make one output pixel of one axis, and how much of each. */
struct triangle_filter {
    int start[SIZE];
    int count[SIZE];
    int32_t weight[SIZE][MAX_TAPS];
};

/* One pixel as four lanes (R, G, B, unused), so that a tap is one vector multiplication. */
typedef int32_t lanes __attribute__((vector_size(4 * sizeof(int32_t))));

struct seed_resizer {
    int height;
    int width;
    struct triangle_filter across;
    struct triangle_filter down;
    lanes pixels[SCREEN_MAX_SIZE];        /* the row at hand */
    const uint8_t *rows[SCREEN_MAX_SIZE]; /* each source row resized across: (84, 3) */
    uint8_t row_memory[];                 /* (height, 84, 3) */
};

/* A triangle as wide as the reduction, weights scaled to sum to 1. */
static void triangle_filter_fill(struct triangle_filter *filter, int source_size) {
    const double scale = (double)source_size / SIZE;
    const double reach = scale > 1 ? scale : 1;
    for (int i = 0; i < SIZE; i++) {
        const double center = (i + 0.5) * scale;
        int first = (int)(center - reach + 0.5);
        int end = (int)(center + reach + 0.5);
        first = first > 0 ? first : 0;
        end = end < source_size ? end : source_size;
        double weights[MAX_TAPS] = {0};
        double sum = 0;
        for (int j = first; j < end; j++) {
            const double distance = fabs((j - center + 0.5) / reach);
            weights[j - first] = distance < 1 ? 1 - distance : 0;
            sum += weights[j - first];
        }
        filter->start[i] = first;
        filter->count[i] = end - first;
        for (int j = 0; j < end - first; j++)
            filter->weight[i][j] = (int32_t)(0.5 + weights[j] / sum * (1 << PRECISION_BITS));
    }
}

struct seed_resizer *seed_resizer_create(int height, int width, struct error *error) {
    struct seed_resizer *resizer =
        allocate(sizeof *resizer + (size_t)height * RGB_ROW, height, width, error);
    if (!resizer)
        return NULL;
    resizer->height = height;
    resizer->width = width;
    triangle_filter_fill(&resizer->across, width);
    triangle_filter_fill(&resizer->down, height);
    return resizer;
}

/* row: (84, 3); from resizer->pixels. */
static void resize_row_across(const struct seed_resizer *resizer, uint8_t *row) {
    const struct triangle_filter *filter = &resizer->across;
    for (int x = 0; x < SIZE; x++) {
        const lanes *pixels = resizer->pixels + filter->start[x];
        const int32_t *weight = filter->weight[x];
        lanes sum = {ROUNDING, ROUNDING, ROUNDING, ROUNDING};
        for (int i = 0; i < filter->count[x]; i++)
            sum += pixels[i] * weight[i];
        for (int c = 0; c < 3; c++)
            row[3 * x + c] = (uint8_t)(sum[c] >> PRECISION_BITS);
    }
}

/* Row y of the resized picture, (84, 3): in scratch, or where all its source rows are one, that
 * one. */
static const uint8_t *resize_down(const struct seed_resizer *resizer, int y,
                                  uint8_t scratch[RGB_ROW]) {
    const struct triangle_filter *filter = &resizer->down;
    const uint8_t *const *rows = resizer->rows + filter->start[y];
    if (rows[0] == rows[filter->count[y] - 1])
        return rows[0];
    int32_t sum[RGB_ROW];
    for (int j = 0; j < RGB_ROW; j++)
        sum[j] = ROUNDING;
    for (int i = 0; i < filter->count[y]; i++) {
        const int32_t weight = filter->weight[y][i];
        for (int j = 0; j < RGB_ROW; j++)
            sum[j] += weight * rows[i][j];
    }
    for (int j = 0; j < RGB_ROW; j++)
        scratch[j] = (uint8_t)(sum[j] >> PRECISION_BITS);
    return scratch;
}

static void resize_indices_across(struct seed_resizer *resizer, const uint8_t *indices,
                                  const uint8_t (*palette)[3]) {
    const size_t width = (size_t)resizer->width;
    for (int y = 0; y < resizer->height; y++) {
        const uint8_t *source = indices + (size_t)y * width;
        if (y > 0 && memcmp(source, source - width, width) == 0) {
            resizer->rows[y] = resizer->rows[y - 1];
            continue;
        }
        for (size_t x = 0; x < width; x++) {
            const uint8_t *rgb = palette[source[x]];
            resizer->pixels[x] = (lanes){rgb[0], rgb[1], rgb[2]};
        }
        uint8_t *row = resizer->row_memory + (size_t)y * RGB_ROW;
        resize_row_across(resizer, row);
        resizer->rows[y] = row;
    }
}

static void resize_rgb_across(struct seed_resizer *resizer, const uint8_t *rgb) {
    const size_t width = (size_t)resizer->width;
    for (int y = 0; y < resizer->height; y++) {
        const uint8_t *source = rgb + 3 * (size_t)y * width;
        for (size_t x = 0; x < width; x++)
            resizer->pixels[x] = (lanes){source[3 * x], source[3 * x + 1], source[3 * x + 2]};
        uint8_t *row = resizer->row_memory + (size_t)y * RGB_ROW;
        resize_row_across(resizer, row);
        resizer->rows[y] = row;
    }
}

/* Luma of one pixel in ten-thousandths of a level. */
static int luma_of(const uint8_t *row, size_t x) {
    const uint8_t *rgb = row + 3 * x;
    return LUMA_RED * rgb[0] + LUMA_GREEN * rgb[1] + LUMA_BLUE * rgb[2];
}

static void finish_u8(const struct seed_resizer *resizer, uint8_t *out) {
    for (int y = 0; y < SIZE; y++) {
        uint8_t scratch[RGB_ROW];
        const uint8_t *row = resize_down(resizer, y, scratch);
        for (size_t x = 0; x < SIZE; x++)
            *out++ = (uint8_t)((luma_of(row, x) + LUMA_ONE / 2) / LUMA_ONE);
    }
}

void seed_resize_indices(struct seed_resizer *resizer, uint8_t *out, const uint8_t *indices,
                         const uint8_t (*palette)[3]) {
    resize_indices_across(resizer, indices, palette);
    finish_u8(resizer, out);
}

void seed_resize_rgb(struct seed_resizer *resizer, uint8_t *out, const uint8_t *rgb) {
    resize_rgb_across(resizer, rgb);
    finish_u8(resizer, out);
}

enum status screen_to_seed(float *out, const uint8_t *rgb, int height, int width,
                           struct error *error) {
    struct seed_resizer *resizer = seed_resizer_create(height, width, error);
    if (!resizer)
        return error->status;
    resize_rgb_across(resizer, rgb);
    for (int y = 0; y < SIZE; y++) {
        uint8_t scratch[RGB_ROW];
        const uint8_t *row = resize_down(resizer, y, scratch);
        for (size_t x = 0; x < SIZE; x++)
            *out++ = (float)(luma_of(row, x) / (255.0 * LUMA_ONE));
    }
    free(resizer);
    return STATUS_OK;
}

/* ---- DeepMind: pixel area ----------------------------------------------------------------------
 */

/* OpenCV leaves out what covers less of a source pixel than this (imgproc/src/resize.cpp). */
static const double negligible_overlap = 1e-3;

struct area_filter {
    int start[SIZE];
    int count[SIZE];
    float weight[SIZE][MAX_TAPS];
};

struct area_resizer {
    int height;
    int width;
    struct area_filter across;
    struct area_filter down;
    const float *rows[SCREEN_MAX_SIZE]; /* each source row resized across: (84) */
    float row_memory[];                 /* (height, 84) */
};

/* Every source pixel counts by the part of it that the output pixel covers. */
static void area_filter_fill(struct area_filter *filter, int source_size) {
    const double scale = (double)source_size / SIZE;
    for (int i = 0; i < SIZE; i++) {
        const double begin = i * scale;
        const double end = fmin(begin + scale, source_size);
        filter->start[i] = (int)begin;
        filter->count[i] = 0;
        for (int j = (int)begin; j < end; j++) {
            const double overlap = fmin(end, j + 1) - fmax(begin, j);
            if (overlap > negligible_overlap)
                filter->weight[i][filter->count[i]++] = (float)(overlap / (end - begin));
            else if (filter->count[i] == 0)
                filter->start[i]++;
        }
    }
}

struct area_resizer *area_resizer_create(int height, int width, struct error *error) {
    struct area_resizer *resizer =
        allocate(sizeof *resizer + (size_t)height * SIZE * sizeof resizer->row_memory[0], height,
                 width, error);
    if (!resizer)
        return NULL;
    resizer->height = height;
    resizer->width = width;
    area_filter_fill(&resizer->across, width);
    area_filter_fill(&resizer->down, height);
    return resizer;
}

static void area_resize_across(struct area_resizer *resizer, const uint8_t *gray) {
    const struct area_filter *filter = &resizer->across;
    const size_t width = (size_t)resizer->width;
    for (int y = 0; y < resizer->height; y++) {
        const uint8_t *source = gray + (size_t)y * width;
        if (y > 0 && memcmp(source, source - width, width) == 0) {
            resizer->rows[y] = resizer->rows[y - 1];
            continue;
        }
        float *row = resizer->row_memory + (size_t)y * SIZE;
        for (int x = 0; x < SIZE; x++) {
            float sum = 0;
            for (int i = 0; i < filter->count[x]; i++)
                sum += (float)source[filter->start[x] + i] * filter->weight[x][i];
            row[x] = sum;
        }
        resizer->rows[y] = row;
    }
}

void area_resize(struct area_resizer *resizer, uint8_t *out, const uint8_t *gray) {
    const struct area_filter *filter = &resizer->down;
    area_resize_across(resizer, gray);
    for (int y = 0; y < SIZE; y++) {
        float sum[SIZE] = {0};
        for (int i = 0; i < filter->count[y]; i++) {
            const float *row = resizer->rows[filter->start[y] + i];
            for (int x = 0; x < SIZE; x++)
                sum[x] += filter->weight[y][i] * row[x];
        }
        for (int x = 0; x < SIZE; x++)
            *out++ = (uint8_t)lrintf(sum[x]);
    }
}

enum status screen_resize_area(uint8_t *out, const uint8_t *gray, int height, int width,
                               struct error *error) {
    struct area_resizer *resizer = area_resizer_create(height, width, error);
    if (!resizer)
        return error->status;
    area_resize(resizer, out, gray);
    free(resizer);
    return STATUS_OK;
}
