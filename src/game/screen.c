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

/* ---- Seed: Pillow's bilinear filter ---------------------------------------------------------- */

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

/*
 * Red and green in the two halves of one word: a weighted sum of u8 fits 31 bits, so one
 * multiplication serves both and nothing carries over.
 */
struct wide_pixel {
    uint64_t red_green; /* green above */
    uint64_t blue;
};

enum { GREEN_SHIFT = 32 };

struct seed_resizer {
    int height;
    int width;
    struct triangle_filter across;
    struct triangle_filter down;
    const uint8_t *rows[SCREEN_MAX_SIZE]; /* each source row resized across: (84, 3) */
    uint8_t row_memory[];                 /* (height, 84, 3) */
};

/* A triangle as wide as the reduction, weights scaled to sum to 1. */
static void triangle_filter_fill(struct triangle_filter *filter, int source_size) {
    const double scale = (double)source_size / SIZE;
    const double reach = scale > 1 ? scale : 1;
    for (int i = 0; i < SIZE; i++) {
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
        filter->start[i] = first;
        filter->count[i] = count;
        for (int j = 0; j < count; j++)
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

static struct wide_pixel widen(const uint8_t rgb[3]) {
    return (struct wide_pixel){
        .red_green = (uint64_t)rgb[1] << GREEN_SHIFT | rgb[0],
        .blue = rgb[2],
    };
}

static const struct wide_pixel rounding = {
    .red_green = (uint64_t)ROUNDING << GREEN_SHIFT | ROUNDING,
    .blue = ROUNDING,
};

static void add_weighted(struct wide_pixel *sum, struct wide_pixel pixel, int32_t weight) {
    sum->red_green += pixel.red_green * (uint64_t)weight;
    sum->blue += pixel.blue * (uint64_t)weight;
}

static void narrow(uint8_t rgb[3], struct wide_pixel sum) {
    rgb[0] = (uint8_t)(sum.red_green >> PRECISION_BITS);
    rgb[1] = (uint8_t)(sum.red_green >> (GREEN_SHIFT + PRECISION_BITS));
    rgb[2] = (uint8_t)(sum.blue >> PRECISION_BITS);
}

static bool is_one_index(const uint8_t *indices, int count) {
    int differences = 0;
    for (int i = 1; i < count; i++)
        differences |= indices[i] ^ indices[0];
    return differences == 0;
}

/*
 * row: (84, 3). Where all taps see one colour the result is that colour: the weights' sum is off
 * from 1 by far less than half a level. Most of a screen is such places.
 */
static void resize_index_row(const struct triangle_filter *filter, uint8_t *row,
                             const uint8_t *indices, const struct wide_pixel *palette) {
    for (int x = 0; x < SIZE; x++, row += 3) {
        const uint8_t *taps = indices + filter->start[x];
        const int count = filter->count[x];
        struct wide_pixel sum = rounding;
        if (is_one_index(taps, count))
            add_weighted(&sum, palette[taps[0]], 1 << PRECISION_BITS);
        else
            for (int i = 0; i < count; i++)
                add_weighted(&sum, palette[taps[i]], filter->weight[x][i]);
        narrow(row, sum);
    }
}

/* row: (84, 3). */
static void resize_rgb_row(const struct triangle_filter *filter, uint8_t *row, const uint8_t *rgb) {
    for (int x = 0; x < SIZE; x++, row += 3) {
        struct wide_pixel sum = rounding;
        for (int i = 0; i < filter->count[x]; i++)
            add_weighted(&sum, widen(rgb + 3 * (size_t)(filter->start[x] + i)),
                         filter->weight[x][i]);
        narrow(row, sum);
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
        const uint8_t *row = rows[i];
        const int32_t weight = filter->weight[y][i];
        for (int j = 0; j < RGB_ROW; j++)
            sum[j] += weight * row[j];
    }
    for (int j = 0; j < RGB_ROW; j++)
        scratch[j] = (uint8_t)(sum[j] >> PRECISION_BITS);
    return scratch;
}

static void resize_indices_across(struct seed_resizer *resizer, const uint8_t *indices,
                                  const uint8_t (*palette)[3]) {
    const size_t width = (size_t)resizer->width;
    struct wide_pixel wide_palette[256];
    for (int i = 0; i < 256; i++)
        wide_palette[i] = widen(palette[i]);
    for (int y = 0; y < resizer->height; y++, indices += width) {
        if (y > 0 && memcmp(indices, indices - width, width) == 0) {
            resizer->rows[y] = resizer->rows[y - 1];
            continue;
        }
        uint8_t *row = resizer->row_memory + (size_t)y * RGB_ROW;
        resize_index_row(&resizer->across, row, indices, wide_palette);
        resizer->rows[y] = row;
    }
}

static void resize_rgb_across(struct seed_resizer *resizer, const uint8_t *rgb) {
    const size_t width = 3 * (size_t)resizer->width;
    for (int y = 0; y < resizer->height; y++, rgb += width) {
        if (y > 0 && memcmp(rgb, rgb - width, width) == 0) {
            resizer->rows[y] = resizer->rows[y - 1];
            continue;
        }
        uint8_t *row = resizer->row_memory + (size_t)y * RGB_ROW;
        resize_rgb_row(&resizer->across, row, rgb);
        resizer->rows[y] = row;
    }
}

/* Luma of one pixel in ten-thousandths of a level. */
static int luma_of(const uint8_t *row, size_t x) {
    const uint8_t *rgb = row + 3 * x;
    return LUMA_RED * rgb[0] + LUMA_GREEN * rgb[1] + LUMA_BLUE * rgb[2];
}

static void finish_u8(const struct seed_resizer *resizer, uint8_t *out) {
    uint8_t scratch[RGB_ROW];
    const uint8_t *above = scratch;
    for (int y = 0; y < SIZE; y++, out += SIZE) {
        const uint8_t *row = resize_down(resizer, y, scratch);
        if (row == above && row != scratch)
            memcpy(out, out - SIZE, SIZE);
        else
            for (size_t x = 0; x < SIZE; x++)
                out[x] = (uint8_t)((luma_of(row, x) + LUMA_ONE / 2) / LUMA_ONE);
        above = row;
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

/* ---- DeepMind: pixel area -------------------------------------------------------------------- */

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
