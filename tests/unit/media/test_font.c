/* Letters in pictures. */
#include "media/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { HEIGHT = 24, WIDTH = 30, SIZE = 3 * HEIGHT * WIDTH, FENCE = 3 * WIDTH };

static const uint8_t ink[3] = {1, 2, 3};

/* A picture with bytes before and behind it that must not be written. */
struct canvas {
    uint8_t bytes[FENCE + SIZE + FENCE];
    struct picture picture;
};

static void clear(struct canvas *canvas) {
    memset(canvas->bytes, 0, sizeof canvas->bytes);
    canvas->picture = (struct picture){canvas->bytes + FENCE, HEIGHT, WIDTH};
}

static int count_dots(const struct canvas *canvas) {
    int count = 0;
    for (int i = 0; i < HEIGHT * WIDTH; i++)
        count += memcmp(canvas->picture.rgb + 3 * (size_t)i, ink, sizeof ink) == 0;
    return count;
}

static void every_character_is_distinct(void **state) {
    static struct canvas canvas;
    static uint8_t seen[95][SIZE];
    (void)state;
    for (int i = 0; i < 95; i++) {
        const char text[] = {(char)(' ' + i), 0};
        clear(&canvas);
        assert_int_equal(font_draw(&canvas.picture, 3, 2, 2, ink, text), 3 + 2 * FONT_WIDTH);
        assert_int_equal(count_dots(&canvas) > 0, i > 0);
        memcpy(seen[i], canvas.picture.rgb, SIZE);
        for (int other = 0; other < i; other++)
            assert_memory_not_equal(seen[i], seen[other], SIZE);
    }
}

static void a_letter_keeps_to_its_cell(void **state) {
    static struct canvas canvas;
    (void)state;
    for (int i = 0; i < 95; i++) {
        const char text[] = {(char)(' ' + i), 0};
        clear(&canvas);
        font_draw(&canvas.picture, 0, 0, 2, ink, text);
        const int whole = count_dots(&canvas);
        picture_fill(&canvas.picture, 0, 0, 2 * FONT_WIDTH - 2, 2 * FONT_HEIGHT - 2,
                     (const uint8_t[]){0, 0, 0});
        assert_int_equal(count_dots(&canvas), 0);
        assert_int_equal(whole % 4, 0); /* each dot of the letter is 2 by 2 */
    }
}

static void other_characters_show_as_question_marks(void **state) {
    static struct canvas canvas;
    static uint8_t question[SIZE];
    (void)state;
    clear(&canvas);
    font_draw(&canvas.picture, 0, 0, 1, ink, "??");
    memcpy(question, canvas.picture.rgb, SIZE);
    clear(&canvas);
    font_draw(&canvas.picture, 0, 0, 1, ink, "\xc3\x9f");
    assert_memory_equal(question, canvas.picture.rgb, SIZE);
}

static void pixels_outside_are_left_out(void **state) {
    static struct canvas canvas;
    static const uint8_t nothing[FENCE];
    (void)state;
    for (int y = -30; y <= HEIGHT + 5; y++)
        for (int x = -30; x <= WIDTH + 5; x++) {
            clear(&canvas);
            font_draw(&canvas.picture, x, y, 2, ink, "W");
            assert_memory_equal(canvas.bytes, nothing, FENCE);
            assert_memory_equal(canvas.bytes + FENCE + SIZE, nothing, FENCE);
            const int dots = count_dots(&canvas);
            if (x <= -2 * FONT_WIDTH || x >= WIDTH || y <= -2 * FONT_HEIGHT || y >= HEIGHT)
                assert_int_equal(dots, 0);
        }
    clear(&canvas);
    picture_fill(&canvas.picture, -5, -5, 1000, 1000, ink);
    assert_int_equal(count_dots(&canvas), HEIGHT * WIDTH);
    assert_memory_equal(canvas.bytes, nothing, FENCE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_distinct),
        cmocka_unit_test(a_letter_keeps_to_its_cell),
        cmocka_unit_test(other_characters_show_as_question_marks),
        cmocka_unit_test(pixels_outside_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
