/*
 * Something to draw on: an SVG (svg.c), or a PNG or PDF (cairo.c). Lengths are in units, of which a
 * chart has as many as struct plot_look says; y grows downwards. Failures are kept until finish.
 */
#ifndef ASYNCRL_PLOT_CANVAS_H
#define ASYNCRL_PLOT_CANVAS_H

#include "plot/plot.h"
#include "plot/theme.h"

struct point {
    double x;
    double y;
};

enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

struct lettering {
    double size;
    bool bold;
    bool halo; /* a rim of the ground's colour, over what lies behind */
    enum anchor anchor;
    int ink;
};

struct canvas {
    void (*line)(struct canvas *canvas, const struct point *points, int count, int ink,
                 double width, bool dashed);
    /* A polygon, which what lies behind shines through. */
    void (*area)(struct canvas *canvas, const struct point *points, int count, int ink);
    void (*dot)(struct canvas *canvas, struct point center, double radius, int ink);
    /* at: on the text's base line. text: UTF-8. */
    void (*text)(struct canvas *canvas, struct point at, const struct lettering *lettering,
                 const char *text);
    double (*text_width)(struct canvas *canvas, const struct lettering *lettering,
                         const char *text);
    /* Writes the file at path, whole or not at all. */
    enum status (*finish)(struct canvas *canvas, const char *path, struct error *error);
    void (*destroy)(struct canvas *canvas);
};

/* With the ground drawn already; NULL with the error filled where there is none to be had. title:
 * what the picture is called by those who cannot see it. The caller calls destroy. */
struct canvas *svg_canvas(const struct plot_look *look, const char *title, struct error *error);
struct canvas *png_canvas(const struct plot_look *look, struct error *error);
struct canvas *pdf_canvas(const struct plot_look *look, const char *title, struct error *error);

#endif
