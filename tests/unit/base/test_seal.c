#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_CONTENT = 72, OLD_CONTENT = 40 };

/* A sealed block whose content has exactly the given number of bytes. */
static uint8_t *sealed(size_t content) {
    uint8_t *block = malloc(sizeof(struct seal) + content);
    assert_non_null(block);
    for (size_t i = 0; i < content; i++)
        block[sizeof(struct seal) + i] = (uint8_t)(i * 37);
    seal_write(block, sizeof(struct seal) + content, "test");
    return block;
}

static void whole_blocks_pass(void **state) {
    (void)state;
    for (size_t content = 0; content <= MAX_CONTENT; content++) {
        uint8_t *block = sealed(content);
        struct error error;
        assert_int_equal(seal_check(block, sizeof(struct seal) + content, "test", &error),
                         STATUS_OK);
        free(block);
    }
}

static void every_flipped_bit_shows(void **state) {
    (void)state;
    struct error error;
    for (size_t content = 0; content <= MAX_CONTENT; content++) {
        const size_t size = sizeof(struct seal) + content;
        uint8_t *block = sealed(content);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            block[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_int_equal(seal_check(block, size, "test", &error), STATUS_BAD_INPUT);
            block[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        free(block);
    }
}

static void two_flipped_bits_show(void **state) {
    (void)state;
    struct error error;
    const size_t size = sizeof(struct seal) + MAX_CONTENT;
    uint8_t *block = sealed(MAX_CONTENT);
    for (size_t a = 8 * sizeof(struct seal); a < 8 * size; a++)
        for (size_t b = a + 1; b < 8 * size; b++) {
            block[a / 8] ^= (uint8_t)(1U << a % 8);
            block[b / 8] ^= (uint8_t)(1U << b % 8);
            assert_int_equal(seal_check(block, size, "test", &error), STATUS_BAD_INPUT);
            block[a / 8] ^= (uint8_t)(1U << a % 8);
            block[b / 8] ^= (uint8_t)(1U << b % 8);
        }
    free(block);
}

static void cut_blocks_show(void **state) {
    (void)state;
    struct error error;
    const size_t size = sizeof(struct seal) + MAX_CONTENT;
    uint8_t *block = sealed(MAX_CONTENT);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *rest = malloc(cut + 1);
        assert_non_null(rest);
        memcpy(rest, block, cut);
        assert_int_equal(seal_check(rest, cut, "test", &error), STATUS_BAD_INPUT);
        free(rest);
    }
    free(block);
}

static void another_kind_is_refused_by_name(void **state) {
    (void)state;
    struct error error;
    uint8_t *block = sealed(MAX_CONTENT);
    assert_int_equal(seal_check(block, sizeof(struct seal) + MAX_CONTENT, "rest", &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "rest"));
    free(block);
}

/* Checkpoints of versions whose checksum had one lane, or four. */
static void old_seals_pass(void **state) {
    (void)state;
    static const struct {
        char lanes; /* as the seal tells them */
        uint64_t checksum;
    } versions[] = {{0, 0x4579d223f7536c96u}, {4, 0x426c943ddc3ecc43u}};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct error error;
        struct seal old = {.kind = "test",
                           .size = sizeof(struct seal) + OLD_CONTENT,
                           .checksum = versions[i].checksum};
        uint8_t *block = sealed(OLD_CONTENT);
        old.kind[sizeof old.kind - 1] = versions[i].lanes;
        memcpy(block, &old, sizeof old);
        assert_int_equal(seal_check(block, (size_t)old.size, "test", &error), STATUS_OK);
        block[sizeof old + 3] ^= 1;
        assert_int_equal(seal_check(block, (size_t)old.size, "test", &error), STATUS_BAD_INPUT);
        free(block);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_blocks_pass),
        cmocka_unit_test(every_flipped_bit_shows),
        cmocka_unit_test(two_flipped_bits_show),
        cmocka_unit_test(cut_blocks_show),
        cmocka_unit_test(another_kind_is_refused_by_name),
        cmocka_unit_test(old_seals_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
