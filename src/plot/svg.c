/* Charts as SVG. Unlike cairo's own SVG, text stays text, and colours follow the reader's
 * preference. */
#include "plot/canvas.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct svg {
    struct canvas canvas;
    FILE *stream; /* into text */
    char *text;
    size_t size;
};

static FILE *stream_of(struct canvas *canvas) {
    return ((struct svg *)canvas)->stream;
}

static void write_escaped(FILE *stream, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '&':
            fputs("&amp;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        default:
            fputc(*text, stream);
        }
    }
}

static void write_path(FILE *stream, const struct point *points, int count) {
    fputs("<path d=\"M", stream);
    for (int i = 0; i < count; i++)
        fprintf(stream, "%s%.1f %.1f", i ? "L" : "", points[i].x, points[i].y);
}

static void draw_line(struct canvas *canvas, const struct point *points, int count, int ink,
                      double width, bool dashed) {
    FILE *stream = stream_of(canvas);
    write_path(stream, points, count);
    fprintf(stream, "\" class=\"line s%d\" stroke-width=\"%g\"%s/>\n", ink, width,
            dashed ? " stroke-dasharray=\"7 4\"" : "");
}

static void draw_area(struct canvas *canvas, const struct point *points, int count, int ink) {
    FILE *stream = stream_of(canvas);
    write_path(stream, points, count);
    fprintf(stream, "Z\" class=\"band f%d\"/>\n", ink);
}

static void draw_dot(struct canvas *canvas, struct point center, double radius, int ink) {
    fprintf(stream_of(canvas), "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%g\" class=\"f%d\"/>\n",
            center.x, center.y, radius, ink);
}

static void draw_text(struct canvas *canvas, struct point at, const struct lettering *lettering,
                      const char *text) {
    static const char *const anchors[] = {
        [ANCHOR_START] = "",
        [ANCHOR_MIDDLE] = " text-anchor=\"middle\"",
        [ANCHOR_END] = " text-anchor=\"end\"",
    };
    FILE *stream = stream_of(canvas);
    fprintf(stream, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\"%s%s class=\"f%d%s\">", at.x, at.y,
            lettering->size, lettering->bold ? " font-weight=\"600\"" : "",
            anchors[lettering->anchor], lettering->ink, lettering->halo ? " halo" : "");
    write_escaped(stream, text);
    fputs("</text>\n", stream);
}

/*
 * The reader's font is unknown, so these are Helvetica's widths, with some room for wider fonts.
 * Thousandths of the size, from ' ' to '~'.
 */
static double measure_text(struct canvas *canvas, const struct lettering *lettering,
                           const char *text) {
    static const short widths[] = {
        278,  278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
        556,  556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
        1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
        667,  778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
        333,  556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
        556,  556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
    };
    (void)canvas;
    double sum = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c >= ' ' && *c <= '~')
            sum += widths[*c - ' '];
        else if ((*c & 0xc0) != 0x80) /* the first byte of every other character */
            sum += 600;
    }
    return sum / 1000 * lettering->size * (lettering->bold ? 1.14 : 1.08);
}

static void write_colors(FILE *stream, bool dark) {
    for (int ink = 0; ink < INK_COUNT; ink++) {
        const unsigned color = (unsigned)theme_color(ink, dark);
        fprintf(stream, ".s%d{stroke:#%06x}.f%d{fill:#%06x}", ink, color, ink, color);
    }
    fprintf(stream, ".halo{stroke:#%06x}.band{fill-opacity:%g}\n",
            (unsigned)theme_color(INK_SURFACE, dark), theme_band_opacity(dark));
}

static void write_head(FILE *stream, const struct plot_look *look, const char *title) {
    fprintf(stream,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" role=\"img\" font-family=\"Helvetica Neue,Helvetica,Arial,"
            "Liberation Sans,Noto Sans,sans-serif\">\n<title>",
            look->width, look->height, look->width, look->height);
    write_escaped(stream, title);
    fputs("</title>\n<style>\n", stream);
    write_colors(stream, look->theme == PLOT_DARK);
    fputs(".line{fill:none;stroke-linejoin:round;stroke-linecap:round}"
          ".halo{stroke-width:4px;stroke-linejoin:round;paint-order:stroke}\n",
          stream);
    if (look->theme == PLOT_AUTO) {
        fputs("@media (prefers-color-scheme:dark){\n", stream);
        write_colors(stream, true);
        fputs("}\n", stream);
    }
    fprintf(stream, "</style>\n<rect width=\"%d\" height=\"%d\" class=\"f%d\"/>\n", look->width,
            look->height, INK_SURFACE);
}

static enum status finish(struct canvas *canvas, const char *path, struct error *error) {
    struct svg *svg = (struct svg *)canvas;
    fputs("</svg>\n", svg->stream);
    if (fflush(svg->stream) != 0 || ferror(svg->stream))
        return error_set(error, STATUS_FAILED, "out of memory for '%s'", path);
    return atomic_file_write(path, svg->text, svg->size, error);
}

static void destroy(struct canvas *canvas) {
    struct svg *svg = (struct svg *)canvas;
    fclose(svg->stream);
    free(svg->text);
    free(svg);
}

struct canvas *svg_canvas(const struct plot_look *look, const char *title, struct error *error) {
    struct svg *svg = calloc(1, sizeof *svg);
    if (svg)
        svg->stream = open_memstream(&svg->text, &svg->size);
    if (!svg || !svg->stream) {
        free(svg);
        error_set(error, STATUS_FAILED, "out of memory for a chart");
        return NULL;
    }
    svg->canvas =
        (struct canvas){draw_line, draw_area, draw_dot, draw_text, measure_text, finish, destroy};
    write_head(svg->stream, look, title);
    return &svg->canvas;
}
