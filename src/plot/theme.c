#include "plot/theme.h"

/*
 * The hues of the curves are near those of Okabe and Ito, "Color Universal Design" (2002), and a
 * gray. Their lightness gives a contrast of 4.5 with the background (WCAG 2.1, 1.4.3), because
 * labels use them, and keeps them apart for colour-blind readers.
 */
uint32_t theme_color(int ink, bool dark) {
    static const uint32_t light_colors[INK_COUNT] = {
        [INK_SURFACE] = 0xffffff,   [INK_GRID] = 0xe4e7eb,      [INK_AXIS] = 0x8a929c,
        [INK_TEXT] = 0x1b1f24,      [INK_MUTED] = 0x59626d,     [INK_CURVE] = 0x0072c8,
        [INK_CURVE + 1] = 0xc8460a, [INK_CURVE + 2] = 0x00875a, [INK_CURVE + 3] = 0xa8307e,
        [INK_CURVE + 4] = 0x5e4600, [INK_CURVE + 5] = 0x2b3440,
    };
    static const uint32_t dark_colors[INK_COUNT] = {
        [INK_SURFACE] = 0x0f1419,   [INK_GRID] = 0x262d35,      [INK_AXIS] = 0x67717d,
        [INK_TEXT] = 0xe8ebef,      [INK_MUTED] = 0x9ba5b1,     [INK_CURVE] = 0x3f97ea,
        [INK_CURVE + 1] = 0xf2602f, [INK_CURVE + 2] = 0x35e0a0, [INK_CURVE + 3] = 0xd383b4,
        [INK_CURVE + 4] = 0xffd84a, [INK_CURVE + 5] = 0xd3dde8,
    };
    return dark ? dark_colors[ink] : light_colors[ink];
}

double theme_band_opacity(bool dark) {
    return dark ? 0.24 : 0.16;
}
