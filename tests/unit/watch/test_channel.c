#include "watch/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void say(struct channel *channel, int number) {
    char text[16];
    const int size = snprintf(text, sizeof text, "%d", number);
    channel_write(channel, message_make("row", text, (size_t)size));
}

static void expect(const struct channel *channel, uint64_t *place, int number, bool expect_missed) {
    char text[64];
    bool missed = false;
    struct message *message = channel_read(channel, place, &missed);
    assert_non_null(message);
    const int size = snprintf(text, sizeof text, "event: row\ndata: %d\n\n", number);
    assert_int_equal(message->size, size);
    assert_memory_equal(message->text, text, message->size);
    assert_int_equal(missed, expect_missed);
    message_release(message);
}

static void test_reader_hears_each_message_once(void **state) {
    (void)state;
    struct channel channel = {.kept = 4};
    uint64_t place = 0;
    bool missed = false;
    assert_null(channel_read(&channel, &place, &missed));
    say(&channel, 1);
    say(&channel, 2);
    expect(&channel, &place, 1, false);
    expect(&channel, &place, 2, false);
    assert_null(channel_read(&channel, &place, &missed));
    say(&channel, 3);
    expect(&channel, &place, 3, false);
    channel_clear(&channel);
}

static void test_slow_reader_misses_the_oldest(void **state) {
    (void)state;
    struct channel channel = {.kept = 4};
    uint64_t place = 0;
    for (int i = 1; i <= 7; i++)
        say(&channel, i);
    expect(&channel, &place, 4, true);
    expect(&channel, &place, 5, false);
    channel_clear(&channel);
}

static void test_message_lives_as_long_as_its_references(void **state) {
    (void)state;
    struct channel channel = {.kept = 1};
    uint64_t places[2] = {0};
    bool missed = false;
    say(&channel, 1);
    struct message *held = channel_read(&channel, &places[0], &missed);
    assert_ptr_equal(channel_read(&channel, &places[1], &missed), held);
    assert_int_equal(held->holders, 3);
    message_release(held);
    say(&channel, 2); /* takes its place */
    assert_int_equal(held->holders, 1);
    assert_memory_equal(held->text, "event: row\ndata: 1\n\n", held->size);
    message_release(held);
    channel_clear(&channel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader_hears_each_message_once),
        cmocka_unit_test(test_slow_reader_misses_the_oldest),
        cmocka_unit_test(test_message_lives_as_long_as_its_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
