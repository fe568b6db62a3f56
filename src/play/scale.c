#include "play/scale.h"

#include <math.h>

double scale_across(const struct screen_shape *shape, double scale) {
    const double exact = scale * shape->pixel_aspect;
    const double whole = round(exact);
    return whole >= 1 && fabs(whole - exact) <= 0.03 * exact ? whole : exact;
}

double scale_choose(const struct screen_shape *shape, int width, int height) {
    const double most =
        fmin((double)height / shape->height, width / (shape->width * shape->pixel_aspect));
    double scale = most < 1 ? most : floor(most);
    if (scale > 1 && scale_across(shape, scale) * shape->width > width)
        scale--;
    return scale;
}

int scale_width(const struct screen_shape *shape, double scale) {
    return (int)lround(scale_across(shape, scale) * shape->width);
}

int scale_height(const struct screen_shape *shape, double scale) {
    return (int)lround(scale * shape->height);
}
