/* The one file that knows giflib. The format: CompuServe, GIF89a specification, 1990. */
#include "media/gif.h"
#include "store/store.h"

#include <gif_lib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_DELAY = 2, /* the shortest time that browsers respect */
    LAST_DELAY = 100,
    MOST_DELAY = 65535,
    MAX_COLOURS = 256,
    TRANSPARENT = 0, /* index of unchanged pixels, in a picture that has them */
    TABLE_SIZE = 1024,
};

/* A picture of too many colours is rounded to these numbers of red, green and blue levels. */
static const int level_counts[3] = {6, 7, 6};

/* The file so far. */
struct bytes {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

struct gif {
    GifFileType *file; /* writes to bytes */
    struct bytes bytes;
    size_t header_size;
    size_t kept_size; /* header, and the games that are kept */
    int height;
    int width;
    size_t screen_size;
    double frames_per_second;
    int64_t least_frames; /* from one picture to the next */
    int64_t frames;       /* of the newest screen, since the game's first one */
    int64_t taken;        /* of the screen that waits */
    uint8_t *waiting;     /* the screen whose duration is known once the next one comes */
    uint8_t *skipped;     /* the newest screen, if it came too soon to be a picture */
    uint8_t *shown;       /* the canvas after all pictures written so far */
    GifPixelType *pixels; /* (height, width) indices of a picture */
    bool has_waiting;
    bool has_skipped;
    bool has_shown;
    bool failed; /* most likely out of memory; later screens are lost */
};

struct rectangle {
    int left;
    int top;
    int width;
    int height;
};

/* Colours in the order they came, found by an open hash table. */
struct palette {
    GifColorType colours[MAX_COLOURS];
    int count;
    struct {
        uint32_t colour;
        int index; /* -1: free */
    } places[TABLE_SIZE];
};

static int write_bytes(GifFileType *file, const GifByteType *data, int size) {
    struct bytes *bytes = file->UserData;
    const size_t needed = bytes->size + (size_t)size;
    if (needed > bytes->capacity) {
        const size_t capacity = needed * 2;
        uint8_t *larger = realloc(bytes->data, capacity);
        if (!larger)
            return 0;
        bytes->data = larger;
        bytes->capacity = capacity;
    }
    memcpy(bytes->data + bytes->size, data, (size_t)size);
    bytes->size = needed;
    return size;
}

/* The size of the canvas, and the endless loop. */
static bool write_header(struct gif *gif) {
    static const uint8_t repeat_forever[] = {1, 0, 0};
    EGifSetGifVersion(gif->file, true);
    return EGifPutScreenDesc(gif->file, gif->width, gif->height, 8, 0, NULL) == GIF_OK &&
           EGifPutExtensionLeader(gif->file, APPLICATION_EXT_FUNC_CODE) == GIF_OK &&
           EGifPutExtensionBlock(gif->file, 11, "NETSCAPE2.0") == GIF_OK &&
           EGifPutExtensionBlock(gif->file, sizeof repeat_forever, repeat_forever) == GIF_OK &&
           EGifPutExtensionTrailer(gif->file) == GIF_OK;
}

enum status gif_create(int height, int width, double frames_per_second, struct gif **gif,
                       struct error *error) {
    struct gif *created = calloc(1, sizeof *created);
    *gif = NULL;
    if (!created)
        return error_set(error, STATUS_FAILED, "out of memory for a GIF");
    created->height = height;
    created->width = width;
    created->screen_size = (size_t)height * (size_t)width * 3;
    created->frames_per_second = frames_per_second;
    created->least_frames = (int64_t)ceil(frames_per_second * LEAST_DELAY / 100 - 1e-9);
    created->waiting = malloc(created->screen_size);
    created->skipped = malloc(created->screen_size);
    created->shown = malloc(created->screen_size);
    created->pixels = malloc(created->screen_size / 3);
    created->file = EGifOpen(&created->bytes, write_bytes, NULL);
    if (!created->waiting || !created->skipped || !created->shown || !created->pixels ||
        !created->file || !write_header(created)) {
        gif_destroy(created);
        return error_set(error, STATUS_FAILED, "out of memory for a GIF");
    }
    created->header_size = created->kept_size = created->bytes.size;
    *gif = created;
    return STATUS_OK;
}

/* ---- One picture ----------------------------------------------------------------------------- */

static bool has_changed(const struct gif *gif, const uint8_t *rgb, size_t pixel) {
    return !gif->has_shown || memcmp(rgb + 3 * pixel, gif->shown + 3 * pixel, 3) != 0;
}

/* The smallest rectangle that holds all changes; one pixel if there are none. */
static struct rectangle find_changes(const struct gif *gif, const uint8_t *rgb) {
    int left = gif->width;
    int right = -1;
    int top = gif->height;
    int bottom = -1;
    for (int y = 0; y < gif->height; y++)
        for (int x = 0; x < gif->width; x++) {
            if (!has_changed(gif, rgb, (size_t)y * (size_t)gif->width + (size_t)x))
                continue;
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y;
        }
    if (right < 0)
        return (struct rectangle){0, 0, 1, 1};
    return (struct rectangle){left, top, right - left + 1, bottom - top + 1};
}

static void palette_clear(struct palette *palette) {
    palette->count = 0;
    memset(palette->colours, 0, sizeof palette->colours);
    for (int i = 0; i < TABLE_SIZE; i++)
        palette->places[i].index = -1;
}

/* The index of a colour; a new one is added; -1: too many. */
static int palette_index(struct palette *palette, const uint8_t *rgb) {
    const uint32_t colour = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
    uint32_t place = (colour * UINT32_C(2654435761)) >> 22; /* Knuth's multiplicative hash */
    while (palette->places[place].index >= 0) {
        if (palette->places[place].colour == colour)
            return palette->places[place].index;
        place = (place + 1) % TABLE_SIZE;
    }
    if (palette->count == MAX_COLOURS)
        return -1;
    palette->places[place].colour = colour;
    palette->places[place].index = palette->count;
    palette->colours[palette->count] = (GifColorType){rgb[0], rgb[1], rgb[2]};
    return palette->count++;
}

/*
 * Fills gif->pixels and the palette for the part of rgb in the rectangle. transparent: unchanged
 * pixels are TRANSPARENT, which costs an entry but compresses well. False: too many colours.
 */
static bool index_pixels(struct gif *gif, const uint8_t *rgb, const struct rectangle *part,
                         bool transparent, struct palette *palette) {
    GifPixelType *out = gif->pixels;
    palette_clear(palette);
    palette->count = transparent ? TRANSPARENT + 1 : 0;
    for (int y = part->top; y < part->top + part->height; y++)
        for (int x = part->left; x < part->left + part->width; x++) {
            const size_t pixel = (size_t)y * (size_t)gif->width + (size_t)x;
            int index = TRANSPARENT;
            if (!transparent || has_changed(gif, rgb, pixel))
                index = palette_index(palette, rgb + 3 * pixel);
            if (index < 0)
                return false;
            *out++ = (GifPixelType)index;
        }
    return true;
}

static void round_colours(const struct gif *gif, uint8_t *rgb) {
    for (size_t i = 0; i < gif->screen_size; i++) {
        const int most = level_counts[i % 3] - 1;
        const int level = (rgb[i] * most + 127) / 255;
        rgb[i] = (uint8_t)((level * 255 + most / 2) / most);
    }
}

static bool put_picture(struct gif *gif, const struct rectangle *part, bool transparent,
                        const struct palette *palette, int delay) {
    const GraphicsControlBlock control = {
        .DisposalMode = DISPOSE_DO_NOT,
        .DelayTime = delay,
        .TransparentColor = transparent ? TRANSPARENT : NO_TRANSPARENT_COLOR,
    };
    GifByteType extension[4];
    const size_t size = EGifGCBToExtension(&control, extension);
    /* The format wants a power of two entries, at least two. */
    const int bits = palette->count > 2 ? GifBitSize(palette->count) : 1;
    ColorMapObject *map = GifMakeMapObject(1 << bits, palette->colours);
    bool put =
        map &&
        EGifPutExtension(gif->file, GRAPHICS_EXT_FUNC_CODE, (int)size, extension) == GIF_OK &&
        EGifPutImageDesc(gif->file, part->left, part->top, part->width, part->height, false, map) ==
            GIF_OK;
    for (int y = 0; y < part->height && put; y++)
        put = EGifPutLine(gif->file, gif->pixels + (size_t)y * (size_t)part->width, part->width) ==
              GIF_OK;
    GifFreeMapObject(map);
    return put;
}

/* Writes the waiting screen, shown for delay hundredths of a second. */
static void write_waiting(struct gif *gif, int64_t delay) {
    struct palette palette;
    bool transparent = gif->has_shown;
    struct rectangle part = find_changes(gif, gif->waiting);
    bool indexed = index_pixels(gif, gif->waiting, &part, transparent, &palette);
    if (!indexed && transparent) {
        transparent = false;
        indexed = index_pixels(gif, gif->waiting, &part, transparent, &palette);
    }
    if (!indexed) {
        round_colours(gif, gif->waiting);
        transparent = gif->has_shown;
        part = find_changes(gif, gif->waiting);
        index_pixels(gif, gif->waiting, &part, transparent, &palette);
    }
    if (delay < LEAST_DELAY)
        delay = LEAST_DELAY;
    if (delay > MOST_DELAY)
        delay = MOST_DELAY;
    if (!gif->failed && !put_picture(gif, &part, transparent, &palette, (int)delay))
        gif->failed = true;
    memcpy(gif->shown, gif->waiting, gif->screen_size);
    gif->has_shown = true;
}

/* ---- Games ----------------------------------------------------------------------------------- */

/* Rounded from the game's start, so that rounding errors do not add up. */
static int64_t hundredths(const struct gif *gif, int64_t frames) {
    return llround((double)frames * 100 / gif->frames_per_second);
}

static void take_screen(struct gif *gif, const uint8_t *rgb) {
    memcpy(gif->waiting, rgb, gif->screen_size);
    gif->taken = gif->frames;
    gif->has_waiting = true;
    gif->has_skipped = false;
}

void gif_add(struct gif *gif, const uint8_t *rgb, int emulator_frames) {
    if (!gif->has_waiting) {
        gif->frames = 0;
        take_screen(gif, rgb);
        return;
    }
    gif->frames += emulator_frames;
    if (memcmp(rgb, gif->waiting, gif->screen_size) == 0) {
        gif->has_skipped = false; /* it stays as it is, for longer */
    } else if (gif->frames - gif->taken < gif->least_frames) {
        memcpy(gif->skipped, rgb, gif->screen_size);
        gif->has_skipped = true;
    } else {
        write_waiting(gif, hundredths(gif, gif->frames) - hundredths(gif, gif->taken));
        take_screen(gif, rgb);
    }
}

/* Adds the game that has ended to the file, or drops it. */
static void keep(struct gif *gif, enum gif_keeping keeping) {
    struct bytes *bytes = &gif->bytes;
    if (keeping == GIF_DROP) {
        bytes->size = gif->kept_size;
    } else if (keeping == GIF_REPLACE) {
        const size_t size = bytes->size - gif->kept_size;
        memmove(bytes->data + gif->header_size, bytes->data + gif->kept_size, size);
        bytes->size = gif->header_size + size;
    }
    gif->kept_size = bytes->size;
}

void gif_end_game(struct gif *gif, enum gif_keeping keeping) {
    if (gif->has_skipped) {
        write_waiting(gif, hundredths(gif, gif->frames) - hundredths(gif, gif->taken));
        take_screen(gif, gif->skipped);
    }
    if (gif->has_waiting)
        write_waiting(gif, LAST_DELAY);
    if (!gif->failed)
        keep(gif, keeping);
    gif->has_waiting = gif->has_skipped = gif->has_shown = false;
}

enum status gif_finish(struct gif *gif, const uint8_t **bytes, size_t *size, struct error *error) {
    *bytes = NULL;
    *size = 0;
    if (!gif->failed && gif->kept_size == gif->header_size)
        return STATUS_OK;
    const bool closed = EGifCloseFile(gif->file, NULL) == GIF_OK; /* frees it, too */
    gif->file = NULL;
    if (gif->failed || !closed)
        return error_set(error, STATUS_FAILED, "out of memory for a GIF; play fewer games");
    *bytes = gif->bytes.data;
    *size = gif->bytes.size;
    return STATUS_OK;
}

enum status gif_save(struct gif *gif, const char *path, struct error *error) {
    const uint8_t *bytes;
    size_t size;
    const enum status status = gif_finish(gif, &bytes, &size, error);
    if (status != STATUS_OK)
        return error_context(error, "'%s' is not written", path);
    return size > 0 ? atomic_file_write(path, bytes, size, error) : STATUS_OK;
}

void gif_destroy(struct gif *gif) {
    if (!gif)
        return;
    if (gif->file)
        EGifCloseFile(gif->file, NULL);
    free(gif->bytes.data);
    free(gif->waiting);
    free(gif->skipped);
    free(gif->shown);
    free(gif->pixels);
    free(gif);
}
