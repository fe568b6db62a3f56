#include "play/panel.h"

#include <string.h>

enum { MARGIN = 8, LINE = FONT_HEIGHT + 3, GAP = 2 * FONT_WIDTH, MAX_SCALE = 4 };

static const uint8_t ground[3] = {18, 20, 28};
static const uint8_t edge[3] = {92, 104, 140};
static const uint8_t key_colour[3] = {255, 209, 102};
static const uint8_t text_colour[3] = {236, 238, 244};
static const uint8_t heading_colour[3] = {126, 200, 255};

static int longest_key(const struct window_line *lines, int count) {
    int longest = 0;
    for (int i = 0; i < count; i++)
        if ((int)strlen(lines[i].key) > longest)
            longest = (int)strlen(lines[i].key);
    return longest;
}

/* The start of the second column, in dots from the first. */
static int second_column(const struct window_line *lines, int count) {
    const int longest = longest_key(lines, count);
    return longest > 0 ? longest * FONT_WIDTH + GAP : 0;
}

void panel_measure(const struct window_line *lines, int count, int scale, int *width, int *height) {
    const int indent = second_column(lines, count);
    int dots = 0;
    for (int i = 0; i < count; i++) {
        const int end = (lines[i].key[0] ? indent : 0) + (int)strlen(lines[i].meaning) * FONT_WIDTH;
        dots = end > dots ? end : dots;
    }
    *width = (2 * MARGIN + dots) * scale;
    *height = (2 * MARGIN + count * LINE - (LINE - FONT_HEIGHT)) * scale;
}

int panel_fit(const struct window_line *lines, int count, int width, int height) {
    for (int scale = MAX_SCALE; scale > 1; scale--) {
        int wide;
        int high;
        panel_measure(lines, count, scale, &wide, &high);
        if (wide <= width && high <= height)
            return scale;
    }
    return 1;
}

void panel_draw(const struct picture *picture, const struct window_line *lines, int count,
                int scale) {
    const int indent = second_column(lines, count);
    picture_fill(picture, 0, 0, picture->width, picture->height, edge);
    picture_fill(picture, scale, scale, picture->width - 2 * scale, picture->height - 2 * scale,
                 ground);
    for (int i = 0; i < count; i++) {
        const bool is_heading = !lines[i].key[0];
        const int y = (MARGIN + i * LINE) * scale;
        font_draw(picture, MARGIN * scale, y, scale, key_colour, lines[i].key);
        font_draw(picture, (MARGIN + (is_heading ? 0 : indent)) * scale, y, scale,
                  is_heading ? heading_colour : text_colour, lines[i].meaning);
    }
}
