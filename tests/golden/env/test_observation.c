/* The observation presets against pictures that Pillow and OpenCV made. */
#include "env/env.h"
#include "env/screen.h"

#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PIXELS = OBSERVATION_SIZE * OBSERVATION_SIZE,
    CLASSIC_CHANNELS = 3,
    HEIGHT = 210,
    WIDTH = 160
};

static const size_t classic_pixels = (size_t)CLASSIC_CHANNELS * PIXELS;
static const size_t screen_pixels = (size_t)HEIGHT * WIDTH;

static void *read_golden(const char *name, size_t size) {
    const char *folder = getenv("ASYNCRL_TEST_DATA");
    assert_non_null(folder);
    char path[PATH_SIZE];
    struct error error;
    assert_int_equal(path_join(path, folder, name, &error), STATUS_OK);
    unsigned char *data;
    size_t found;
    if (path_read_file(path, size, &data, &found, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(found, size);
    return data;
}

/* rgb: (210, 160, 3). */
static void read_screen(const char *name, uint8_t *rgb) {
    const char *folder = getenv("ASYNCRL_TEST_DATA");
    assert_non_null(folder);
    char path[PATH_SIZE];
    struct error error;
    assert_int_equal(path_join(path, folder, name, &error), STATUS_OK);
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_file(&image, path));
    image.format = PNG_FORMAT_RGB;
    assert_int_equal(image.width, WIDTH);
    assert_int_equal(image.height, HEIGHT);
    assert_true(png_image_finish_read(&image, NULL, rgb, 0, NULL));
}

static void classic_equals_pillow(void **state) {
    (void)state;
    static const char *const samples[] = {"0100", "0350", "0368", "0397"};
    uint8_t *rgb = malloc(3 * screen_pixels);
    float *found = malloc(PIXELS * sizeof *found);
    uint8_t found_u8[PIXELS];
    struct error error;
    struct classic_resizer *resizer = classic_resizer_create(HEIGHT, WIDTH, &error);
    assert_non_null(resizer);
    double worst = 0;
    int unequal = 0;
    for (size_t s = 0; s < sizeof samples / sizeof samples[0]; s++) {
        char name[128];
        snprintf(name, sizeof name, "golden/forward/breakout-%s.obs.f32", samples[s]);
        float *wanted = read_golden(name, classic_pixels * sizeof *wanted);
        snprintf(name, sizeof name, "golden/forward/breakout-%s.obs.u8", samples[s]);
        uint8_t *wanted_u8 = read_golden(name, classic_pixels);
        for (int c = 0; c < CLASSIC_CHANNELS; c++) {
            snprintf(name, sizeof name, "golden/forward/breakout-%s-%d.png", samples[s], c);
            read_screen(name, rgb);
            assert_int_equal(screen_to_classic(found, rgb, HEIGHT, WIDTH, &error), STATUS_OK);
            classic_resize_rgb(resizer, found_u8, rgb);
            for (int i = 0; i < PIXELS; i++) {
                worst = fmax(worst, fabs((double)found[i] - wanted[c * PIXELS + i]));
                unequal += found_u8[i] != wanted_u8[c * PIXELS + i];
            }
        }
        free(wanted);
        free(wanted_u8);
    }
    print_message("# largest difference from Pillow: %.3g of 255; %d u8 differ\n", worst * 255,
                  unequal);
    assert_true(worst <= 0.5 / 255);
    assert_int_equal(unequal, 0);
    free(resizer);
    free(rgb);
    free(found);
}

static void area_equals_opencv(void **state) {
    (void)state;
    static const char *const games[] = {"breakout", "pong", "seaquest"};
    uint8_t found[PIXELS];
    for (size_t g = 0; g < sizeof games / sizeof games[0]; g++) {
        char name[128];
        uint8_t *frames[2];
        for (int f = 0; f < 2; f++) {
            snprintf(name, sizeof name, "golden/area/%s-%d.gray.u8", games[g], f);
            frames[f] = read_golden(name, screen_pixels);
        }
        for (size_t i = 0; i < screen_pixels; i++)
            if (frames[1][i] > frames[0][i])
                frames[0][i] = frames[1][i];
        snprintf(name, sizeof name, "golden/area/%s.area84.u8", games[g]);
        uint8_t *wanted = read_golden(name, PIXELS);
        struct error error;
        assert_int_equal(screen_resize_area(found, frames[0], HEIGHT, WIDTH, &error), STATUS_OK);
        int off_by_one = 0;
        for (int i = 0; i < PIXELS; i++) {
            const int difference = abs(found[i] - wanted[i]);
            assert_in_range(difference, 0, 1);
            off_by_one += difference;
        }
        print_message("# %s: %d of %d pixels differ from OpenCV by one level\n", games[g],
                      off_by_one, PIXELS);
        assert_true(off_by_one < PIXELS / 100);
        for (int f = 0; f < 2; f++)
            free(frames[f]);
        free(wanted);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classic_equals_pillow),
        cmocka_unit_test(area_equals_opencv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
