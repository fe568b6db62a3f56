/* The requests that get the page, and those that do not. */
#include "watch/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct gate local = {.hosts = {"localhost", "127.0.0.1", "[::1]", "127.0.0.1"},
                                  .token = ""};
static const struct gate guarded = {.hosts = {"localhost", "127.0.0.1"}, .token = "f00-Bar_7"};
static const struct gate open_to_all = {.token = "f00-Bar_7"};

static struct gate_header once(const char *value) {
    return (struct gate_header){.value = value, .count = value ? 1 : 0};
}

static bool lets_in(const struct gate *gate, const char *host, const char *origin, const char *site,
                    const char *token) {
    const struct gate_request request = {
        .host = once(host), .origin = once(origin), .fetch_site = once(site), .token = token};
    return !gate_refusal(gate, &request);
}

static void only_own_names(void **state) {
    (void)state;
    static const char *const good[] = {"localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"};
    static const char *const bad[] = {"evil.example", "localhost.evil.example", "[::1", "", NULL};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(lets_in(&local, good[i], NULL, NULL, NULL));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(lets_in(&local, bad[i], NULL, NULL, NULL));
}

static void only_one_host(void **state) {
    (void)state;
    struct gate_request request = {.host = {.value = "localhost", .count = 2}};
    assert_non_null(gate_refusal(&local, &request));
    request.token = guarded.token;
    assert_non_null(gate_refusal(&guarded, &request));
    request.host.count = 1;
    assert_null(gate_refusal(&guarded, &request));
}

static void no_other_site(void **state) {
    (void)state;
    assert_true(lets_in(&local, "localhost", NULL, "same-origin", NULL));
    assert_true(lets_in(&local, "localhost", NULL, "none", NULL));
    assert_false(lets_in(&local, "localhost", NULL, "cross-site", NULL));
    assert_false(lets_in(&local, "localhost", NULL, "same-site", NULL));
    assert_false(lets_in(&local, "localhost", NULL, "", NULL));
    assert_false(lets_in(&guarded, "localhost", NULL, "cross-site", guarded.token));
    struct gate_request request = {
        .host = once("localhost"), .fetch_site = once("same-site"), .fetch_mode = once("navigate")};
    assert_null(gate_refusal(&local, &request));
    request.fetch_site = once("cross-site");
    assert_non_null(gate_refusal(&local, &request));
    request.fetch_site = (struct gate_header){.value = "same-origin", .count = 2};
    assert_non_null(gate_refusal(&local, &request));
}

static void no_other_origin(void **state) {
    (void)state;
    assert_true(lets_in(&local, "localhost:8080", "http://localhost:8080", NULL, NULL));
    assert_true(lets_in(&local, "localhost", "https://LOCALHOST", NULL, NULL));
    static const char *const bad[] = {"http://localhost:3000",
                                      "http://127.0.0.1:8080",
                                      "http://evil.example",
                                      "null",
                                      "http://localhost:8080.evil.example",
                                      "",
                                      "file://localhost:8080",
                                      "http://localhost:808"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(lets_in(&local, "localhost:8080", bad[i], NULL, NULL));
        assert_false(lets_in(&guarded, "localhost:8080", bad[i], NULL, guarded.token));
    }
}

static void only_with_the_token(void **state) {
    (void)state;
    static const char *const bad[] = {NULL, "", "f00-Bar_", "f00-Bar_77", "F00-Bar_7", "g00-Bar_7"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(lets_in(&guarded, "localhost", NULL, NULL, bad[i]));
        assert_false(lets_in(&open_to_all, "machine.example", NULL, NULL, bad[i]));
    }
    assert_true(lets_in(&guarded, "localhost", NULL, NULL, "f00-Bar_7"));
    assert_true(lets_in(&open_to_all, "machine.example", NULL, NULL, "f00-Bar_7"));
    /* Behind a proxy that forwards its own name. */
    assert_true(lets_in(&guarded, "hub.example", NULL, "same-origin", "f00-Bar_7"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_own_names),      cmocka_unit_test(only_one_host),
        cmocka_unit_test(no_other_site),       cmocka_unit_test(no_other_origin),
        cmocka_unit_test(only_with_the_token),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
