/* PNG: every kind is read as RGB; damaged or too large files are refused. tests/data/png/make.py
 * makes the pictures. */
#include "store_fixture.h"

enum { WIDTH = 4, HEIGHT = 3 };

typedef void pixel_formula(int x, int y, uint8_t rgb[3]);

static void colour(int x, int y, uint8_t rgb[3]) {
    rgb[0] = (uint8_t)(x * 60 + 5);
    rgb[1] = (uint8_t)(y * 90 + 10);
    rgb[2] = (uint8_t)((x + y) * 40);
}

static void gray(int x, int y, uint8_t rgb[3]) {
    memset(rgb, x * 60 + y * 25, 3);
}

static void black(int x, int y, uint8_t rgb[3]) {
    (void)x, (void)y;
    memset(rgb, 0, 3);
}

static void one_bit(int x, int y, uint8_t rgb[3]) {
    memset(rgb, (x + y) % 2 ? 255 : 0, 3);
}

static void test_reads_every_kind(void **state) {
    (void)state;
    const struct {
        const char *name;
        pixel_formula *formula;
    } kinds[] = {{"rgb8", colour},       {"rgb16", colour},    {"rgba8-opaque", colour},
                 {"rgba8-clear", black}, {"palette8", colour}, {"gray8", gray},
                 {"gray16-alpha", gray}, {"gray1", one_bit}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "png/%s.png", kinds[i].name);
        struct error error;
        uint8_t *rgb;
        int height;
        int width;
        if (png_read(path_of_data(name).text, &rgb, &height, &width, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        assert_int_equal(height, HEIGHT);
        assert_int_equal(width, WIDTH);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                uint8_t expected[3];
                kinds[i].formula(x, y, expected);
                if (memcmp(rgb + (y * WIDTH + x) * 3, expected, 3) != 0)
                    fail_msg("%s is wrong at (%d, %d)", name, x, y);
            }
        free(rgb);
    }
}

static void test_round_trip(void **state) {
    struct error error;
    const struct path path = path_in(*state, "out.png");
    uint8_t picture[210][160][3];
    for (int y = 0; y < 210; y++)
        for (int x = 0; x < 160; x++)
            colour(x * y, y, picture[y][x]);
    assert_int_equal(png_write(path.text, &picture[0][0][0], 210, 160, &error), STATUS_OK);
    uint8_t *rgb;
    int height;
    int width;
    assert_int_equal(png_read(path.text, &rgb, &height, &width, &error), STATUS_OK);
    assert_int_equal(height, 210);
    assert_int_equal(width, 160);
    assert_memory_equal(rgb, picture, sizeof picture);
    free(rgb);
}

static void refuse(const char *path, const char *found) {
    struct error error;
    uint8_t *rgb = NULL;
    int height = -1;
    int width = -1;
    assert_int_equal(png_read(path, &rgb, &height, &width, &error), STATUS_BAD_INPUT);
    assert_line(&error, path, found, NULL);
    assert_null(rgb);
    assert_int_equal(height, -1);
    assert_int_equal(width, -1);
}

static void test_refuses_cut_and_damaged(void **state) {
    size_t size;
    unsigned char *data = read_bytes(path_of_data("png/rgb8.png").text, &size);
    const struct path path = path_in(*state, "bad.png");
    const size_t data_end = size - 12; /* the last chunk, IEND, holds nothing */
    for (size_t length = 0; length < data_end; length++) {
        write_bytes(path.text, data, length);
        refuse(path.text, "picture");
    }
    enum { IN_DATA = 0x30 };
    data[IN_DATA] ^= 1;
    write_bytes(path.text, data, size);
    refuse(path.text, "picture");
    free(data);
}

static void test_refuses_too_large(void **state) {
    struct error error;
    const struct path path = path_in(*state, "wide.png");
    uint8_t *row = calloc(4097, 3);
    assert_non_null(row);
    assert_int_equal(png_write(path.text, row, 1, 4097, &error), STATUS_OK);
    refuse(path.text, "4097x1; the limit is 4096x4096");
    assert_int_equal(png_write(path.text, row, 4096, 1, &error), STATUS_OK);
    uint8_t *rgb;
    int height;
    int width;
    assert_int_equal(png_read(path.text, &rgb, &height, &width, &error), STATUS_OK);
    free(rgb);
    free(row);
}

static void test_refuses_other_files(void **state) {
    const struct path path = path_in(*state, "text.png");
    write_bytes(path.text, "no picture", 10);
    refuse(path.text, "not a PNG picture");
    refuse("/missing.png", "No such file");

    struct error error;
    const uint8_t pixel[3] = {0};
    assert_int_equal(png_write("/missing/x.png", pixel, 1, 1, &error), STATUS_FAILED);
    assert_line(&error, "/missing/x.png", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_every_kind),
        cmocka_unit_test_setup_teardown(test_round_trip, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_refuses_cut_and_damaged, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(test_refuses_too_large, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_refuses_other_files, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
