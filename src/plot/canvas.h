/*
 * A surface to draw on: an SVG (svg.c), or a PNG or PDF (cairo.c). Lengths are in the units of
 * struct plot_look; y grows downwards. finish reports failures.
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
    bool halo; /* a rim in the background's colour */
    enum anchor anchor;
    int ink;
};

struct canvas {
    void (*line)(struct canvas *canvas, const struct point *points, int count, int ink,
                 double width, bool dashed);
    /* A translucent polygon. */
    void (*area)(struct canvas *canvas, const struct point *points, int count, int ink);
    void (*dot)(struct canvas *canvas, struct point center, double radius, int ink);
    /* at: on the baseline. text: UTF-8. */
    void (*text)(struct canvas *canvas, struct point at, const struct lettering *lettering,
                 const char *text);
    double (*text_width)(struct canvas *canvas, const struct lettering *lettering,
                         const char *text);
    /* Writes the file at path atomically. */
    enum status (*finish)(struct canvas *canvas, const char *path, struct error *error);
    void (*destroy)(struct canvas *canvas);
};

/* The background is drawn already; NULL: error is filled. title: for readers who cannot see the
 * picture. The caller calls destroy. */
struct canvas *svg_canvas(const struct plot_look *look, const char *title, struct error *error);
struct canvas *png_canvas(const struct plot_look *look, struct error *error);
struct canvas *pdf_canvas(const struct plot_look *look, const char *title, struct error *error);

#endif
