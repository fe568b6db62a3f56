#include "env/screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = OBSERVATION_SIZE,
    MAX_TAPS = 2 * ((SCREEN_MAX_SIZE + SIZE - 1) / SIZE) + 1,
};

/*
 * Rows of the output are made in blocks, as many pixels as vector registers like; the last block
 * sticks out over the row's end.
 */
enum { BLOCK = 32, BLOCKS = (SIZE + BLOCK - 1) / BLOCK, PADDED = BLOCK * BLOCKS };

/* Memory for a resizer of size bytes; NULL, and why, where the screen's size or memory forbids. */
static void *allocate(size_t size, int height, int width, struct error *error) {
    if (height < 1 || width < 1 || height > SCREEN_MAX_SIZE || width > SCREEN_MAX_SIZE) {
        error_set(error, STATUS_BAD_INPUT,
                  "a screen of %dx%d pixels cannot be an observation: at most %dx%d", width, height,
                  SCREEN_MAX_SIZE, SCREEN_MAX_SIZE);
        return NULL;
    }
    void *memory = calloc(1, size);
    if (!memory)
        error_set(error, STATUS_FAILED, "out of memory for an observation");
    return memory;
}

/* ---- What depends on what -------------------------------------------------------------------- */

/* Pixels begin to end - 1. */
struct span {
    int begin;
    int end;
};

/* Which source pixels make one output pixel of one axis, and the other way round. */
struct taps {
    int start[SIZE];
    int count[SIZE];
    struct span outputs[SCREEN_MAX_SIZE]; /* that a source pixel has a part in */
};

static void taps_invert(struct taps *taps, int source_size) {
    for (int i = 0; i < source_size; i++)
        taps->outputs[i] = (struct span){SIZE, 0};
    for (int i = 0; i < SIZE; i++)
        for (int j = taps->start[i]; j < taps->start[i] + taps->count[i]; j++) {
            struct span *outputs = &taps->outputs[j];
            outputs->begin = i < outputs->begin ? i : outputs->begin;
            outputs->end = i + 1;
        }
}

/* The outputs in which a patch has a part. */
static struct span outputs_of(const struct taps *taps, const struct patch *patch) {
    return (struct span){taps->outputs[patch->begin].begin, taps->outputs[patch->end - 1].end};
}

/* The pixels that have a part in some outputs. */
static struct span pixels_of(const struct taps *taps, struct span outputs) {
    const int last = outputs.end - 1;
    return (struct span){taps->start[outputs.begin], taps->start[last] + taps->count[last]};
}

/* Sets the bits of the blocks with these outputs in every row that the source row counts in. */
static void mark_blocks(const struct taps *down, uint8_t marked[SIZE], int source_row,
                        struct span outputs) {
    const unsigned below_end = (2U << (outputs.end - 1) / BLOCK) - 1;
    const unsigned below_begin = (1U << outputs.begin / BLOCK) - 1;
    for (int y = down->outputs[source_row].begin; y < down->outputs[source_row].end; y++)
        marked[y] |= (uint8_t)(below_end & ~below_begin);
}

/* One patch a row, with all of it. */
static void cover(struct patch patches[SCREEN_MAX_SIZE], int height, int width) {
    for (int y = 0; y < height; y++)
        patches[y] = (struct patch){y, 0, width};
}

/* out: (84, 84). */
static void put_block(uint8_t *out, int y, int block, const uint8_t pixels[BLOCK]) {
    const int x = block * BLOCK;
    memcpy(out + (ptrdiff_t)y * SIZE + x, pixels, (size_t)(block < BLOCKS - 1 ? BLOCK : SIZE - x));
}

/* ---- Seed: Pillow's bilinear filter ---------------------------------------------------------- */

/*
 * Pillow resizes 8-bit pictures with weights in fixed point and rounds to u8 after each pass
 * (libImaging/Resample.c); the precision is part of the result.
 */
enum { PRECISION_BITS = 22, ROUNDING = 1 << (PRECISION_BITS - 1) };

/* The luma weights in ten-thousandths, so that sums over u8 are exact whole numbers. */
enum { LUMA_RED = 2125, LUMA_GREEN = 7154, LUMA_BLUE = 721, LUMA_ONE = 10000 };

struct triangle_filter {
    struct taps taps;
    int32_t weight[SIZE][MAX_TAPS];
};

/* Red, green and blue, and a fourth for a whole vector register. */
struct wide_pixel {
    int32_t levels[4];
};

enum { COLOURS = 3 };

/* A row resized across, each colour of its own, so that the pass down runs along them. */
struct colour_row {
    uint8_t levels[COLOURS][PADDED];
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
        filter->taps.start[i] = first;
        filter->taps.count[i] = count;
        for (int j = 0; j < count; j++)
            filter->weight[i][j] = (int32_t)(0.5 + weights[j] / sum * (1 << PRECISION_BITS));
    }
    taps_invert(&filter->taps, source_size);
}

struct classic_resizer *classic_resizer_create(int height, int width, struct error *error) {
    struct classic_resizer *resizer =
        allocate(sizeof *resizer + (size_t)height * sizeof resizer->rows[0], height, width, error);
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

/* Those outputs of a row, from the pixels of source that they need. */
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

/* Makes those outputs of row y from the row above where that looks the same. */
static bool repeat_above(struct classic_resizer *resizer, const uint8_t *screen, size_t pixel_size,
                         int y, struct span outputs) {
    const struct span pixels = pixels_of(&resizer->across.taps, outputs);
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
    const struct span pixels = pixels_of(&resizer->across.taps, outputs);
    const uint8_t *row = screen + pixel_size * (size_t)y * (size_t)resizer->width;
    for (int x = pixels.begin; x < pixels.end; x++)
        resizer->source[x] =
            pixel_size == 1 ? resizer->palette[row[x]] : widen(row + pixel_size * (size_t)x);
    resize_across(&resizer->across, &resizer->rows[y], resizer->source, outputs);
}

/* Resizes patches across, and marks what depends on them. */
static void update_rows(struct classic_resizer *resizer, const uint8_t *screen, size_t pixel_size,
                        const struct patch *patches, size_t count, uint8_t marked[SIZE]) {
    for (size_t i = 0; i < count; i++) {
        const struct span outputs = outputs_of(&resizer->across.taps, &patches[i]);
        update_outputs(resizer, screen, pixel_size, patches[i].row, outputs);
        mark_blocks(&resizer->down.taps, marked, patches[i].row, outputs);
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
                                     const uint8_t marked[SIZE]) {
    for (int y = 0; y < SIZE; y++)
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
    uint8_t marked[SIZE] = {0};
    update_rows(resizer, indices, 1, patches, count, marked);
    finish_blocks(resizer, out, marked);
}

void classic_update_rgb(struct classic_resizer *resizer, uint8_t *out, const uint8_t *rgb,
                        const struct patch *patches, size_t count) {
    uint8_t marked[SIZE] = {0};
    update_rows(resizer, rgb, COLOURS, patches, count, marked);
    finish_blocks(resizer, out, marked);
}

void classic_resize_rgb(struct classic_resizer *resizer, uint8_t *out, const uint8_t *rgb) {
    struct patch patches[SCREEN_MAX_SIZE];
    cover(patches, resizer->height, resizer->width);
    classic_update_rgb(resizer, out, rgb, patches, (size_t)resizer->height);
}

enum status screen_to_classic(float *out, const uint8_t *rgb, int height, int width,
                              struct error *error) {
    struct classic_resizer *resizer = classic_resizer_create(height, width, error);
    if (!resizer)
        return error->status;
    struct patch patches[SCREEN_MAX_SIZE];
    uint8_t marked[SIZE] = {0};
    cover(patches, height, width);
    update_rows(resizer, rgb, COLOURS, patches, (size_t)height, marked);
    for (int y = 0; y < SIZE; y++)
        for (int block = 0; block < BLOCKS; block++) {
            int32_t luma[BLOCK];
            resize_down(resizer, y, block, luma);
            for (int j = 0; j < BLOCK && block * BLOCK + j < SIZE; j++)
                *out++ = (float)(luma[j] / (255.0 * LUMA_ONE));
        }
    free(resizer);
    return STATUS_OK;
}

/* ---- DeepMind: pixel area -------------------------------------------------------------------- */

/* OpenCV leaves out what covers less of a source pixel than this (imgproc/src/resize.cpp). */
static const double negligible_overlap = 1e-3;

struct area_filter {
    struct taps taps;
    float weight[SIZE][MAX_TAPS];
};

struct area_resizer {
    int height;
    int width;
    struct area_filter across;
    struct area_filter down;
    float rows[][PADDED]; /* (height): each source row resized across */
};

/* Every source pixel counts by the part of it that the output pixel covers. */
static void area_filter_fill(struct area_filter *filter, int source_size) {
    const double scale = (double)source_size / SIZE;
    struct taps *taps = &filter->taps;
    for (int i = 0; i < SIZE; i++) {
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
    struct area_resizer *resizer =
        allocate(sizeof *resizer + (size_t)height * sizeof resizer->rows[0], height, width, error);
    if (!resizer)
        return NULL;
    resizer->height = height;
    resizer->width = width;
    area_filter_fill(&resizer->across, width);
    area_filter_fill(&resizer->down, height);
    return resizer;
}

/* Resizes patches across, and marks what depends on them. */
static void area_update_rows(struct area_resizer *resizer, const uint8_t *gray,
                             const struct patch *patches, size_t count, uint8_t marked[SIZE]) {
    const struct area_filter *filter = &resizer->across;
    for (size_t p = 0; p < count; p++) {
        const size_t y = (size_t)patches[p].row;
        const uint8_t *row = gray + y * (size_t)resizer->width;
        const struct span outputs = outputs_of(&filter->taps, &patches[p]);
        for (int x = outputs.begin; x < outputs.end; x++) {
            float sum = 0;
            for (int i = 0; i < filter->taps.count[x]; i++)
                sum += (float)row[filter->taps.start[x] + i] * filter->weight[x][i];
            resizer->rows[y][x] = sum;
        }
        mark_blocks(&resizer->down.taps, marked, patches[p].row, outputs);
    }
}

/* Where a float's last bit is worth 1: adding it rounds to the nearest whole number, as lrintf does
 * (which compilers do not run over vectors). */
static const float whole_numbers = 1 << 23;

VECTORIZED static void area_finish_blocks(const struct area_resizer *resizer, uint8_t *out,
                                          const uint8_t marked[SIZE]) {
    const struct area_filter *filter = &resizer->down;
    for (int y = 0; y < SIZE; y++)
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
    uint8_t marked[SIZE] = {0};
    area_update_rows(resizer, gray, patches, count, marked);
    area_finish_blocks(resizer, out, marked);
}

enum status screen_resize_area(uint8_t *out, const uint8_t *gray, int height, int width,
                               struct error *error) {
    struct area_resizer *resizer = area_resizer_create(height, width, error);
    if (!resizer)
        return error->status;
    struct patch patches[SCREEN_MAX_SIZE];
    cover(patches, height, width);
    area_update(resizer, out, gray, patches, (size_t)height);
    free(resizer);
    return STATUS_OK;
}
