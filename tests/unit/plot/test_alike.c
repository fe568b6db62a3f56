/* Which options keep runs from sharing a curve, by the flags of all options of `asyncrl train`. */
#include "plot/source.h"
#include "train/train.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Whether runs that differ only in the option learn alike. A preset stands for all that it sets, so
 * that a label needs only its name; weights to begin with change what comes after them. */
static bool is_indifferent(const struct option *option) {
    static const char *const telling[] = {"preset", "checkpoint", "channels"};
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++)
        if (strcmp(option->name, telling[i]) == 0)
            return false;
    return (option->flags & (OPTION_OF_CALL | OPTION_NO_HPARAM)) ||
           strcmp(option->name, "seed") == 0 || strcmp(option->name, "total_steps") == 0;
}

static void test_all_options(void **state) {
    (void)state;
    static struct option all[OPTION_MAX_COUNT + 1];
    static struct plot_source one;
    static struct plot_source other;
    struct error error;
    assert_int_equal(train_all_options(all, &error), STATUS_OK);
    for (const struct option *option = all; option->name; option++) {
        one.config = json_new_object();
        other.config = json_new_object();
        json_set_text(one.config, option->name, "1");
        json_set_text(other.config, option->name, "2");
        if (source_alike(&one, &other) != is_indifferent(option))
            fail_msg("runs that differ in '%s' %s a curve", option->name,
                     is_indifferent(option) ? "do not share" : "share");
        json_free(one.config);
        json_free(other.config);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
