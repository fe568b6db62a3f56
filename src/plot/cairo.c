/* Charts as PNG and PDF: the one file that knows cairo. It loads cairo at run time: no other
 * command needs it, and loading takes some milliseconds. */
#include "plot/canvas.h"
#include "store/store.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CAIRO_LIBRARY "libcairo.so.2"

#define CAIRO_FUNCTIONS(X)                                                                         \
    X(cairo_arc)                                                                                   \
    X(cairo_close_path)                                                                            \
    X(cairo_create)                                                                                \
    X(cairo_destroy)                                                                               \
    X(cairo_fill)                                                                                  \
    X(cairo_image_surface_create)                                                                  \
    X(cairo_image_surface_get_data)                                                                \
    X(cairo_image_surface_get_stride)                                                              \
    X(cairo_line_to)                                                                               \
    X(cairo_move_to)                                                                               \
    X(cairo_paint)                                                                                 \
    X(cairo_pdf_surface_create_for_stream)                                                         \
    X(cairo_pdf_surface_set_metadata)                                                              \
    X(cairo_scale)                                                                                 \
    X(cairo_select_font_face)                                                                      \
    X(cairo_set_dash)                                                                              \
    X(cairo_set_font_size)                                                                         \
    X(cairo_set_line_cap)                                                                          \
    X(cairo_set_line_join)                                                                         \
    X(cairo_set_line_width)                                                                        \
    X(cairo_set_source_rgba)                                                                       \
    X(cairo_show_text)                                                                             \
    X(cairo_status)                                                                                \
    X(cairo_status_to_string)                                                                      \
    X(cairo_stroke)                                                                                \
    X(cairo_surface_destroy)                                                                       \
    X(cairo_surface_finish)                                                                        \
    X(cairo_surface_flush)                                                                         \
    X(cairo_surface_status)                                                                        \
    X(cairo_text_extents)                                                                          \
    X(cairo_text_path)

struct cairo {
#define CAIRO_FIELD(name) __typeof__(name) *(name);
    CAIRO_FUNCTIONS(CAIRO_FIELD)
#undef CAIRO_FIELD
};

static const struct shared_symbol symbols[] = {
#define CAIRO_SYMBOL(name) {#name, offsetof(struct cairo, name)},
    CAIRO_FUNCTIONS(CAIRO_SYMBOL)
#undef CAIRO_SYMBOL
};

enum { PIXELS_A_UNIT = 2, CHANNELS = 3 };

struct paper {
    struct canvas canvas;
    struct cairo cairo;
    cairo_surface_t *surface;
    cairo_t *context;
    int height; /* in pixels */
    int width;
    bool dark;
    FILE *pdf; /* into bytes; NULL for a PNG */
    char *bytes;
    size_t size;
};

/* Cairo stays loaded until the process ends. */
static enum status load_cairo(struct cairo *cairo, struct error *error) {
    struct shared_library *library = shared_library_open(CAIRO_LIBRARY, SHARED_LIBRARY_LOCAL, NULL);
    if (!library)
        return error_set(error, STATUS_FAILED,
                         "%s is missing; tools/install-deps brings it (an SVG does not need it)",
                         CAIRO_LIBRARY);
    const char *missing =
        shared_library_find_all(library, symbols, sizeof symbols / sizeof *symbols, cairo);
    if (missing)
        return error_set(error, STATUS_FAILED, "%s has no %s; it is too old", CAIRO_LIBRARY,
                         missing);
    return STATUS_OK;
}

static void set_ink(struct paper *paper, int ink, double opacity) {
    const uint32_t color = theme_color(ink, paper->dark);
    paper->cairo.cairo_set_source_rgba(paper->context, (color >> 16) / 255.0,
                                       (color >> 8 & 255) / 255.0, (color & 255) / 255.0, opacity);
}

static void make_path(struct paper *paper, const struct point *points, int count) {
    paper->cairo.cairo_move_to(paper->context, points[0].x, points[0].y);
    for (int i = 1; i < count; i++)
        paper->cairo.cairo_line_to(paper->context, points[i].x, points[i].y);
}

static void draw_line(struct canvas *canvas, const struct point *points, int count, int ink,
                      double width, bool dashed) {
    static const double dashes[] = {7, 4};
    struct paper *paper = (struct paper *)canvas;
    set_ink(paper, ink, 1);
    make_path(paper, points, count);
    paper->cairo.cairo_set_line_width(paper->context, width);
    paper->cairo.cairo_set_dash(paper->context, dashes, dashed ? 2 : 0, 0);
    paper->cairo.cairo_stroke(paper->context);
}

static void draw_area(struct canvas *canvas, const struct point *points, int count, int ink) {
    struct paper *paper = (struct paper *)canvas;
    set_ink(paper, ink, theme_band_opacity(paper->dark));
    make_path(paper, points, count);
    paper->cairo.cairo_close_path(paper->context);
    paper->cairo.cairo_fill(paper->context);
}

static void draw_dot(struct canvas *canvas, struct point center, double radius, int ink) {
    struct paper *paper = (struct paper *)canvas;
    set_ink(paper, ink, 1);
    paper->cairo.cairo_arc(paper->context, center.x, center.y, radius, 0, 2 * M_PI);
    paper->cairo.cairo_fill(paper->context);
}

static void set_font(struct paper *paper, const struct lettering *lettering) {
    paper->cairo.cairo_select_font_face(paper->context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                                        lettering->bold ? CAIRO_FONT_WEIGHT_BOLD
                                                        : CAIRO_FONT_WEIGHT_NORMAL);
    paper->cairo.cairo_set_font_size(paper->context, lettering->size);
}

enum { TEXT_SIZE = 1024 };

/* Writes text with '-' for every U+2212: cairo's simple text interface uses one font, which may
 * lack that sign. */
static void write_plain(char out[TEXT_SIZE], const char *text) {
    static const char minus[] = "\xe2\x88\x92";
    size_t length = 0;
    while (*text && length + 1 < TEXT_SIZE) {
        const bool is_minus = strncmp(text, minus, sizeof minus - 1) == 0;
        out[length++] = *text;
        if (is_minus)
            out[length - 1] = '-';
        text += is_minus ? sizeof minus - 1 : 1;
    }
    out[length] = '\0';
}

static double measure_text(struct canvas *canvas, const struct lettering *lettering,
                           const char *text) {
    struct paper *paper = (struct paper *)canvas;
    cairo_text_extents_t extents;
    char plain[TEXT_SIZE];
    write_plain(plain, text);
    set_font(paper, lettering);
    paper->cairo.cairo_text_extents(paper->context, plain, &extents);
    return extents.x_advance;
}

static void draw_text(struct canvas *canvas, struct point at, const struct lettering *lettering,
                      const char *text) {
    struct paper *paper = (struct paper *)canvas;
    char plain[TEXT_SIZE];
    write_plain(plain, text);
    if (lettering->anchor != ANCHOR_START)
        at.x -=
            measure_text(canvas, lettering, text) / (lettering->anchor == ANCHOR_MIDDLE ? 2 : 1);
    set_font(paper, lettering);
    if (lettering->halo) {
        paper->cairo.cairo_move_to(paper->context, at.x, at.y);
        paper->cairo.cairo_text_path(paper->context, plain);
        set_ink(paper, INK_SURFACE, 1);
        paper->cairo.cairo_set_line_width(paper->context, 4);
        paper->cairo.cairo_set_dash(paper->context, NULL, 0, 0);
        paper->cairo.cairo_stroke(paper->context);
    }
    set_ink(paper, lettering->ink, 1);
    paper->cairo.cairo_move_to(paper->context, at.x, at.y);
    paper->cairo.cairo_show_text(paper->context, plain);
}

/* ---- Files ----------------------------------------------------------------------------------- */

static enum status check(const struct paper *paper, const char *path, struct error *error) {
    cairo_status_t status = paper->cairo.cairo_status(paper->context);
    if (status == CAIRO_STATUS_SUCCESS)
        status = paper->cairo.cairo_surface_status(paper->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED, "cannot draw '%s': %s", path,
                     paper->cairo.cairo_status_to_string(status));
}

static enum status finish_png(struct canvas *canvas, const char *path, struct error *error) {
    struct paper *paper = (struct paper *)canvas;
    paper->cairo.cairo_surface_flush(paper->surface);
    const enum status status = check(paper, path, error);
    if (status != STATUS_OK)
        return status;
    const size_t width = (size_t)paper->width;
    const unsigned char *data = paper->cairo.cairo_image_surface_get_data(paper->surface);
    const size_t stride = (size_t)paper->cairo.cairo_image_surface_get_stride(paper->surface);
    uint8_t *rgb = malloc((size_t)paper->height * width * CHANNELS);
    if (!rgb)
        return error_set(error, STATUS_FAILED, "out of memory for '%s'", path);
    for (size_t y = 0; y < (size_t)paper->height; y++)
        for (size_t x = 0; x < width; x++) {
            uint32_t pixel; /* xRGB in the machine's byte order */
            memcpy(&pixel, data + y * stride + x * sizeof pixel, sizeof pixel);
            for (size_t k = 0; k < CHANNELS; k++)
                rgb[(y * width + x) * CHANNELS + k] = (uint8_t)(pixel >> (16 - 8 * k));
        }
    const enum status written = png_write(path, rgb, paper->height, paper->width, error);
    free(rgb);
    return written;
}

static enum status finish_pdf(struct canvas *canvas, const char *path, struct error *error) {
    struct paper *paper = (struct paper *)canvas;
    paper->cairo.cairo_surface_finish(paper->surface);
    const enum status status = check(paper, path, error);
    if (status != STATUS_OK)
        return status;
    if (fflush(paper->pdf) != 0)
        return error_set(error, STATUS_FAILED, "out of memory for '%s'", path);
    return atomic_file_write(path, paper->bytes, paper->size, error);
}

static cairo_status_t keep_bytes(void *stream, const unsigned char *data, unsigned int length) {
    return fwrite(data, 1, length, stream) == length ? CAIRO_STATUS_SUCCESS
                                                     : CAIRO_STATUS_WRITE_ERROR;
}

static void destroy(struct canvas *canvas) {
    struct paper *paper = (struct paper *)canvas;
    if (paper->context)
        paper->cairo.cairo_destroy(paper->context);
    if (paper->surface)
        paper->cairo.cairo_surface_destroy(paper->surface);
    if (paper->pdf)
        fclose(paper->pdf);
    free(paper->bytes);
    free(paper);
}

/* A paper without a surface; NULL: error is filled. */
static struct paper *take_paper(const struct plot_look *look, struct error *error) {
    struct paper *paper = calloc(1, sizeof *paper);
    if (!paper) {
        error_set(error, STATUS_FAILED, "out of memory for a chart");
        return NULL;
    }
    if (load_cairo(&paper->cairo, error) != STATUS_OK) {
        free(paper);
        return NULL;
    }
    paper->canvas =
        (struct canvas){draw_line, draw_area, draw_dot, draw_text, measure_text, NULL, destroy};
    paper->dark = look->theme == PLOT_DARK;
    return paper;
}

static void lay_ground(struct paper *paper) {
    paper->context = paper->cairo.cairo_create(paper->surface);
    set_ink(paper, INK_SURFACE, 1);
    paper->cairo.cairo_paint(paper->context);
    paper->cairo.cairo_set_line_join(paper->context, CAIRO_LINE_JOIN_ROUND);
    paper->cairo.cairo_set_line_cap(paper->context, CAIRO_LINE_CAP_ROUND);
}

struct canvas *png_canvas(const struct plot_look *look, struct error *error) {
    struct paper *paper = take_paper(look, error);
    if (!paper)
        return NULL;
    paper->canvas.finish = finish_png;
    paper->width = PIXELS_A_UNIT * look->width;
    paper->height = PIXELS_A_UNIT * look->height;
    paper->surface =
        paper->cairo.cairo_image_surface_create(CAIRO_FORMAT_RGB24, paper->width, paper->height);
    lay_ground(paper);
    paper->cairo.cairo_scale(paper->context, PIXELS_A_UNIT, PIXELS_A_UNIT);
    return &paper->canvas;
}

struct canvas *pdf_canvas(const struct plot_look *look, const char *title, struct error *error) {
    struct paper *paper = take_paper(look, error);
    if (!paper)
        return NULL;
    paper->canvas.finish = finish_pdf;
    paper->pdf = open_memstream(&paper->bytes, &paper->size);
    if (!paper->pdf) {
        destroy(&paper->canvas);
        error_set(error, STATUS_FAILED, "out of memory for a chart");
        return NULL;
    }
    paper->surface = paper->cairo.cairo_pdf_surface_create_for_stream(keep_bytes, paper->pdf,
                                                                      look->width, look->height);
    paper->cairo.cairo_pdf_surface_set_metadata(paper->surface, CAIRO_PDF_METADATA_TITLE, title);
    lay_ground(paper);
    return &paper->canvas;
}
