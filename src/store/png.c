/* PNG pictures through libpng's simplified interface: the one file that knows libpng. */
#include "store/store.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

enum { PNG_MAX_SIDE = 4096, PNG_MAX_FILE = 4 * PNG_MAX_SIDE * PNG_MAX_SIDE, PNG_CHANNELS = 3 };

/* Frees libpng's part of image, in finish_read or here. */
static enum status decode(png_image *image, const char *path, uint8_t **rgb, struct error *error) {
    if (image->width > PNG_MAX_SIDE || image->height > PNG_MAX_SIDE) {
        const enum status status = error_set(
            error, STATUS_BAD_INPUT, "the picture '%s' is %ux%u; the limit is %dx%d", path,
            (unsigned)image->width, (unsigned)image->height, PNG_MAX_SIDE, PNG_MAX_SIDE);
        png_image_free(image);
        return status;
    }
    /* 16-bit pictures hold sRGB like all others; libpng would assume linear light. */
    image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    image->format = PNG_FORMAT_RGB;
    uint8_t *pixels = malloc((size_t)image->width * image->height * PNG_CHANNELS);
    if (!pixels) {
        png_image_free(image);
        return error_set(error, STATUS_FAILED, "out of memory reading '%s'", path);
    }
    const png_color black = {0, 0, 0};
    if (!png_image_finish_read(image, &black, pixels, 0, NULL)) {
        free(pixels);
        return error_set(error, STATUS_BAD_INPUT, "cannot read the picture '%s': %s", path,
                         image->message);
    }
    *rgb = pixels;
    return STATUS_OK;
}

enum status png_read(const char *path, uint8_t **rgb, int *height, int *width,
                     struct error *error) {
    unsigned char *data;
    size_t size;
    enum status status = path_read_file(path, PNG_MAX_FILE, &data, &size, error);
    if (status != STATUS_OK)
        return status;

    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image, data, size)) {
        status = decode(&image, path, rgb, error);
    } else if (size == 0 || png_sig_cmp(data, 0, size < 8 ? size : 8) != 0) {
        status = error_set(error, STATUS_BAD_INPUT, "'%s' is %s, not a PNG picture", path,
                           file_kind(data, size));
    } else {
        status = error_set(error, STATUS_BAD_INPUT, "'%s' is not a PNG picture: %s", path,
                           image.message);
    }
    free(data);
    if (status == STATUS_OK) {
        *height = (int)image.height;
        *width = (int)image.width;
    }
    return status;
}

enum status png_encode(const uint8_t *rgb, int height, int width, uint8_t **data, size_t *size,
                       struct error *error) {
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    image.format = PNG_FORMAT_RGB;

    png_alloc_size_t written = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *encoded = malloc(written);
    if (!encoded)
        return error_set(error, STATUS_FAILED, "out of memory");
    if (!png_image_write_to_memory(&image, encoded, &written, 0, rgb, 0, NULL)) {
        free(encoded);
        return error_set(error, STATUS_FAILED, "%s", image.message);
    }
    *data = encoded;
    *size = written;
    return STATUS_OK;
}

enum status png_write(const char *path, const uint8_t *rgb, int height, int width,
                      struct error *error) {
    uint8_t *data = NULL;
    size_t size = 0;
    enum status status = png_encode(rgb, height, width, &data, &size, error);
    if (status != STATUS_OK)
        return error_context(error, "cannot write the picture '%s'", path);
    status = atomic_file_write(path, data, size, error);
    free(data);
    return status;
}
