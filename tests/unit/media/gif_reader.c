#include "gif_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gif_lib.h>

/* Draws a picture over the screen before it. */
static void draw(const SavedImage *image, int transparent, int width, uint8_t *screen) {
    const GifImageDesc *part = &image->ImageDesc;
    assert_non_null(part->ColorMap);
    for (int y = 0; y < part->Height; y++)
        for (int x = 0; x < part->Width; x++) {
            const int index = image->RasterBits[y * part->Width + x];
            if (index == transparent)
                continue;
            assert_true(index < part->ColorMap->ColorCount);
            const GifColorType colour = part->ColorMap->Colors[index];
            uint8_t *pixel =
                screen + (size_t)3 * (size_t)((part->Top + y) * width + part->Left + x);
            pixel[0] = colour.Red;
            pixel[1] = colour.Green;
            pixel[2] = colour.Blue;
        }
}

/* The extension that browsers follow: its blocks are a name, then 1 and a count, 0 being
 * for ever. */
static bool repeats_for_ever(const SavedImage *first) {
    for (int i = 0; i + 1 < first->ExtensionBlockCount; i++) {
        const ExtensionBlock *name = &first->ExtensionBlocks[i];
        const ExtensionBlock *count = &first->ExtensionBlocks[i + 1];
        if (name->Function == APPLICATION_EXT_FUNC_CODE && name->ByteCount == 11 &&
            memcmp(name->Bytes, "NETSCAPE2.0", 11) == 0)
            return count->ByteCount == 3 && memcmp(count->Bytes, "\1\0\0", 3) == 0;
    }
    return false;
}

/* By hand: giflib 5.2 reports version 87a for every file that it reads. */
static void check_version(const char *path) {
    char version[7] = "";
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(version, 1, 6, file), 6);
    fclose(file);
    assert_string_equal(version, "GIF89a");
}

struct movie movie_read(const char *path) {
    int failure = 0;
    check_version(path);
    GifFileType *file = DGifOpenFileName(path, &failure);
    if (!file) {
        fail_msg("'%s': %s", path, GifErrorString(failure));
        return (struct movie){0};
    }
    if (DGifSlurp(file) != GIF_OK)
        fail_msg("'%s': %s", path, GifErrorString(file->Error));
    struct movie movie = {
        .height = file->SHeight, .width = file->SWidth, .count = file->ImageCount};
    const size_t count = (size_t)movie.count;
    const size_t size = (size_t)movie.height * (size_t)movie.width * 3;
    assert_true(count > 0);
    movie.screens = calloc(count, size);
    movie.delays = calloc(count, sizeof *movie.delays);
    movie.areas = calloc(count, sizeof *movie.areas);
    assert_true(movie.screens && movie.delays && movie.areas);
    for (int i = 0; i < movie.count; i++) {
        const SavedImage *image = &file->SavedImages[i];
        GraphicsControlBlock control;
        assert_int_equal(DGifSavedExtensionToGCB(file, i, &control), GIF_OK);
        assert_int_equal(control.DisposalMode, DISPOSE_DO_NOT);
        uint8_t *screen = movie.screens + (size_t)i * size;
        if (i > 0)
            memcpy(screen, screen - size, size);
        draw(image, control.TransparentColor, movie.width, screen);
        movie.delays[i] = control.DelayTime;
        movie.areas[i] = image->ImageDesc.Width * image->ImageDesc.Height;
    }
    movie.repeats = repeats_for_ever(&file->SavedImages[0]);
    assert_int_equal(DGifCloseFile(file, NULL), GIF_OK);
    return movie;
}

const uint8_t *movie_screen(const struct movie *movie, int index) {
    return movie->screens + (size_t)index * (size_t)movie->height * (size_t)movie->width * 3;
}

void movie_release(struct movie *movie) {
    free(movie->screens);
    free(movie->delays);
    free(movie->areas);
}
