/* The token that protects a page that other machines can reach. */
#include "watch/watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

const char watch_open_warning[] =
    "warning: other machines can reach the page; only the token in its address keeps them out, and "
    "it crosses the network unencrypted";

enum { RANDOM_BYTES = 16 };

static enum status make_token(char token[WATCH_TOKEN_SIZE], struct error *error) {
    unsigned char bytes[RANDOM_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return error_set(error, STATUS_FAILED, "cannot make a token: %s", strerror(errno));
    for (size_t i = 0; i < RANDOM_BYTES; i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return STATUS_OK;
}

enum status watch_choose_token(int listener, const char *asked, char token[WATCH_TOKEN_SIZE],
                               struct error *error) {
    /* Characters that a URL need not escape (RFC 3986, section 2.3). */
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    token[0] = '\0';
    if (!asked[0] && !watch_is_open(listener))
        return STATUS_OK;
    if (!asked[0] || strcmp(asked, "random") == 0)
        return make_token(token, error);
    if (strlen(asked) >= WATCH_TOKEN_SIZE || asked[strspn(asked, unreserved)])
        return error_set(error, STATUS_BAD_INPUT,
                         "--token takes up to %d letters, digits, '-', '_', '.' and '~', or random",
                         WATCH_TOKEN_SIZE - 1);
    snprintf(token, WATCH_TOKEN_SIZE, "%s", asked);
    return STATUS_OK;
}
