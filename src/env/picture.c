#include "env/picture.h"
#include "env/screen.h"

#include <stdlib.h>
#include <string.h>

/*
 * Frames are compared in bands of some rows, then rows, then cells of some pixels. Objects are
 * small and side by side, so the changes in a row are seldom in one place.
 */
enum { BAND = 4, CELL = 8 };

struct picture {
    enum observation_preset preset;
    const struct emulator_info *info;
    size_t pixel_size;     /* bytes of one in a frame */
    int blank_top;         /* rows that stay black in every frame */
    bool pools_two;        /* whether the picture shows the frame before the newest, too */
    bool is_made;          /* whether there was an update yet */
    uint8_t luma[256];     /* of the palette's colours */
    uint8_t *seen[2];      /* the frames of the last update; [0] is the newest */
    uint8_t *pooled;       /* (height, width): indices for classic, gray for the others */
    struct patch *patches; /* the changes of the last update */
    size_t patch_count;
    struct classic_resizer *classic_resizer;
    struct area_resizer *area_resizer;
    uint8_t pixels[OBSERVATION_SIZE * OBSERVATION_SIZE];
};

bool picture_averages(enum observation_preset preset, const struct emulator_info *info) {
    return preset == OBSERVATION_CLASSIC && info->average;
}

/* Rec. 601 luma, in thousandths. */
static uint8_t luma_of_rgb(const uint8_t *rgb) {
    return (uint8_t)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

static void fill_luma(struct picture *picture) {
    const struct emulator_info *info = picture->info;
    for (int i = 0; i < 256 && info->palette; i++)
        picture->luma[i] =
            info->palette_luma ? info->palette_luma[i] : luma_of_rgb(info->palette[i]);
}

/* RGB frames begin black, because they are zeros. Frames of indices get the palette's darkest
 * colour. */
static void blacken_top(struct picture *picture) {
    uint8_t darkest = 0;
    for (int i = 1; i < 256; i++)
        if (picture->luma[i] < picture->luma[darkest])
            darkest = (uint8_t)i;
    for (int i = 0; i < 2 && picture->info->palette; i++)
        memset(picture->seen[i], darkest,
               (size_t)picture->blank_top * (size_t)picture->info->screen_width);
}

static bool allocate_resizer(struct picture *picture, struct error *error) {
    const struct emulator_info *info = picture->info;
    if (picture->preset != OBSERVATION_CLASSIC) {
        picture->area_resizer = area_resizer_create(info->screen_height, info->screen_width, error);
        return picture->area_resizer;
    }
    picture->classic_resizer =
        classic_resizer_create(info->screen_height, info->screen_width, error);
    if (picture->classic_resizer && info->palette)
        classic_resizer_use_palette(picture->classic_resizer, info->palette);
    return picture->classic_resizer;
}

static bool allocate(struct picture *picture, struct error *error) {
    const size_t height = (size_t)picture->info->screen_height;
    const size_t width = (size_t)picture->info->screen_width;
    const size_t screen_pixels = height * width;
    for (int i = 0; i < 2; i++)
        picture->seen[i] = calloc(screen_pixels, picture->pixel_size);
    picture->pooled = calloc(screen_pixels, 1);
    picture->patches = calloc(height * (width / CELL + 1), sizeof *picture->patches);
    if (!picture->seen[0] || !picture->seen[1] || !picture->pooled || !picture->patches) {
        error_set(error, STATUS_FAILED, "out of memory for observations");
        return false;
    }
    return allocate_resizer(picture, error);
}

struct picture *picture_create(enum observation_preset preset, int blank_top,
                               const struct emulator_info *info, struct error *error) {
    struct picture *picture = calloc(1, sizeof *picture);
    if (!picture) {
        error_set(error, STATUS_FAILED, "out of memory for observations");
        return NULL;
    }
    picture->preset = preset;
    picture->info = info;
    picture->blank_top = blank_top;
    picture->pixel_size = info->palette ? 1 : 3;
    picture->pools_two = preset == OBSERVATION_DEEPMIND || picture_averages(preset, info);
    fill_luma(picture);
    if (!allocate(picture, error)) {
        picture_destroy(picture);
        return NULL;
    }
    blacken_top(picture);
    return picture;
}

void picture_destroy(struct picture *picture) {
    if (!picture)
        return;
    free(picture->classic_resizer);
    free(picture->area_resizer);
    free(picture->seen[0]);
    free(picture->seen[1]);
    free(picture->pooled);
    free(picture->patches);
    free(picture);
}

/* ---- Changes --------------------------------------------------------------------------------- */

static bool differs(const uint8_t *a, const uint8_t *b, size_t size) {
    uint64_t words[2];
    if (size != sizeof words[0]) /* a cell of indices is one word, too short for a call */
        return memcmp(a, b, size) != 0;
    memcpy(&words[0], a, size);
    memcpy(&words[1], b, size);
    return words[0] != words[1];
}

/* Whether any of these pixels differs from the frames of the last update. */
static bool has_changed(const struct picture *picture, const uint8_t *const frames[2], size_t first,
                        size_t count) {
    const size_t offset = first * picture->pixel_size;
    const size_t size = count * picture->pixel_size;
    return differs(frames[0] + offset, picture->seen[0] + offset, size) ||
           (picture->pools_two && differs(frames[1] + offset, picture->seen[1] + offset, size));
}

/* Adds pixels of a row, joined with the patch before them if they touch it. */
static void add_patch(struct picture *picture, int row, int begin, int end) {
    struct patch *last = picture->patches + picture->patch_count - 1;
    if (picture->patch_count > 0 && last->row == row && last->end == begin)
        last->end = end;
    else
        picture->patches[picture->patch_count++] = (struct patch){row, begin, end};
}

static void find_patches_in_row(struct picture *picture, const uint8_t *const frames[2], int row) {
    const int width = picture->info->screen_width;
    const size_t first = (size_t)row * (size_t)width;
    if (!has_changed(picture, frames, first, (size_t)width))
        return;
    for (int x = 0; x < width; x += CELL) {
        const int end = x + CELL < width ? x + CELL : width;
        if (has_changed(picture, frames, first + (size_t)x, (size_t)(end - x)))
            add_patch(picture, row, x, end);
    }
}

/* Most bands do not change, and one long comparison is cheaper than several short ones. */
static void find_patches(struct picture *picture, const uint8_t *const frames[2]) {
    const int height = picture->info->screen_height;
    const size_t width = (size_t)picture->info->screen_width;
    picture->patch_count = 0;
    for (int band = picture->blank_top; band < height; band += BAND) {
        const int end = band + BAND < height ? band + BAND : height;
        if (!has_changed(picture, frames, (size_t)band * width, (size_t)(end - band) * width))
            continue;
        for (int row = band; row < end; row++)
            find_patches_in_row(picture, frames, row);
    }
}

static void cover_with_patches(struct picture *picture) {
    picture->patch_count = 0;
    for (int row = 0; row < picture->info->screen_height; row++)
        add_patch(picture, row, 0, picture->info->screen_width);
}

/* ---- Pooling: two frames become one screen --------------------------------------------------- */

static void pool_average(struct picture *picture, size_t begin, size_t end) {
    const uint8_t(*average)[256] = picture->info->average;
    for (size_t i = begin; i < end; i++)
        picture->pooled[i] = average[picture->seen[0][i]][picture->seen[1][i]];
}

static uint8_t brighter(uint8_t a, uint8_t b) {
    return a > b ? a : b;
}

/* previous: the frame to pool with the newest; it may be the newest itself. */
static void pool_maximum(struct picture *picture, const uint8_t *previous, size_t begin,
                         size_t end) {
    const uint8_t *newest = picture->seen[0];
    const uint8_t *luma = picture->luma;
    uint8_t *pooled = picture->pooled;
    if (picture->info->palette)
        for (size_t i = begin; i < end; i++)
            pooled[i] = brighter(luma[newest[i]], luma[previous[i]]);
    else
        for (size_t i = begin; i < end; i++)
            pooled[i] = brighter(luma_of_rgb(newest + 3 * i), luma_of_rgb(previous + 3 * i));
}

static void pool(struct picture *picture, size_t begin, size_t end) {
    if (picture->preset != OBSERVATION_CLASSIC)
        pool_maximum(picture, picture->seen[picture->pools_two], begin, end);
    else if (picture->pools_two)
        pool_average(picture, begin, end);
}

/* Copies a patch from the frames, and pools it. */
static void take_patch(struct picture *picture, const uint8_t *const frames[2],
                       const struct patch *patch) {
    const size_t first = (size_t)patch->row * (size_t)picture->info->screen_width;
    const size_t begin = first + (size_t)patch->begin;
    const size_t end = first + (size_t)patch->end;
    for (int i = 0; i < 1 + picture->pools_two && patch->row >= picture->blank_top; i++)
        memcpy(picture->seen[i] + begin * picture->pixel_size,
               frames[i] + begin * picture->pixel_size, (end - begin) * picture->pixel_size);
    pool(picture, begin, end);
}

/* ---- The picture ----------------------------------------------------------------------------- */

static void resize(struct picture *picture) {
    const struct patch *patches = picture->patches;
    const size_t count = picture->patch_count;
    const uint8_t *screen = picture->pools_two ? picture->pooled : picture->seen[0];
    if (picture->preset != OBSERVATION_CLASSIC)
        area_update(picture->area_resizer, picture->pixels, picture->pooled, patches, count);
    else if (picture->info->palette)
        classic_update_indices(picture->classic_resizer, picture->pixels, screen, patches, count);
    else
        classic_update_rgb(picture->classic_resizer, picture->pixels, screen, patches, count);
}

const uint8_t *picture_update(struct picture *picture, const uint8_t *newest,
                              const uint8_t *previous) {
    const uint8_t *const frames[2] = {newest, previous};
    if (picture->is_made)
        find_patches(picture, frames);
    else
        cover_with_patches(picture);
    for (size_t i = 0; i < picture->patch_count; i++)
        take_patch(picture, frames, &picture->patches[i]);
    resize(picture);
    picture->is_made = true;
    return picture->pixels;
}

const uint8_t *picture_pooled(const struct picture *picture) {
    return picture->pooled;
}
