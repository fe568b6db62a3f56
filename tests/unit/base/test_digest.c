/* Digests, by the test suites of RFC 1321 (MD5) and FIPS 180-2 (SHA-1, SHA-256), under any settings
 * of libcrypto. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_md5(void **state) {
    (void)state;
    char hex[DIGEST_MD5_SIZE];
    digest_md5("", 0, hex);
    assert_string_equal(hex, "d41d8cd98f00b204e9800998ecf8427e");
    digest_md5("message digest", 14, hex);
    assert_string_equal(hex, "f96b697d7cb7938d525a2f31aaf161d0");
}

static void test_sha1(void **state) {
    (void)state;
    char hex[DIGEST_SHA1_SIZE];
    digest_sha1("abc", 3, hex);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

static void test_sha256(void **state) {
    (void)state;
    char hex[DIGEST_SHA256_SIZE];
    digest_sha256("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    static char million[1000000];
    memset(million, 'a', sizeof million);
    digest_sha256(million, sizeof million, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* ---- Settings -------------------------------------------------------------------------------- */

/* This program again, with settings of libcrypto. */
static int print_md5(void) {
    char hex[DIGEST_MD5_SIZE];
    digest_md5("abc", 3, hex);
    puts(hex);
    return 0;
}

/* Writes the settings to a file, under which print_md5 must do the same as without. */
static void assert_md5_under(const char *settings) {
    char path[] = "/tmp/asyncrl-digest-XXXXXX";
    char command[256];
    char line[256] = "";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, settings, strlen(settings)), strlen(settings));
    close(descriptor);
    snprintf(command, sizeof command, "OPENSSL_CONF=%s /proc/%d/exe md5", path, (int)getpid());
    FILE *output = popen(command, "r");
    assert_non_null(output);
    assert_non_null(fgets(line, sizeof line, output));
    assert_int_equal(pclose(output), 0);
    unlink(path);
    line[strcspn(line, "\n")] = '\0';
    assert_string_equal(line, "900150983cd24fb0d6963f7d28e17f72");
}

static void test_settings_do_not_matter(void **state) {
    (void)state;
    assert_md5_under("");
    assert_md5_under("openssl_conf = all\n[all]\nalg_section = algorithms\n"
                     "[algorithms]\ndefault_properties = fips=yes\n");
    assert_md5_under("openssl_conf = all\n[all]\nproviders = chosen\n"
                     "[chosen]\nbase = settings\n[settings]\nactivate = 1\n");
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "md5") == 0)
        return print_md5();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_md5),
        cmocka_unit_test(test_sha1),
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_settings_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
