#include "watch/gate.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { MAX_HOSTS = sizeof((struct gate *)NULL)->hosts / sizeof(char *) };

/* Takes the same time wherever the two differ, so that no part of a token can be guessed alone. */
static bool is_token(const char *wanted, const char *given) {
    if (!given)
        return false;
    const size_t length = strlen(wanted);
    const size_t given_length = strlen(given);
    unsigned difference = length != given_length;
    for (size_t i = 0; i < given_length; i++)
        difference |= (unsigned char)given[i] ^ (unsigned char)wanted[i < length ? i : 0];
    return difference == 0;
}

/*
 * Another site's page can point a name of its own at this address (DNS rebinding) and then read the
 * responses. It cannot change the name that the browser sends.
 */
static bool is_host_known(const struct gate *gate, const char *host) {
    if (!gate->hosts[0])
        return true;
    if (!host)
        return false;
    const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
    const char *colon = strchr(bracket ? bracket : host, ':');
    const size_t length = colon ? (size_t)(colon - host) : strlen(host);
    for (int i = 0; i < MAX_HOSTS && gate->hosts[i]; i++)
        if (strlen(gate->hosts[i]) == length && strncasecmp(gate->hosts[i], host, length) == 0)
            return true;
    return false;
}

static bool is(const struct gate_header *header, const char *value) {
    return header->value && strcasecmp(header->value, value) == 0;
}

/*
 * Whether a page of another origin sends the request (W3C Fetch Metadata). Over plain http,
 * browsers send these headers only to localhost; elsewhere the token must protect the page. Pages
 * of the same site (other ports of this machine, for example) may link to the page but not fetch
 * its parts.
 */
static bool is_cross_site(const struct gate_request *request) {
    const struct gate_header *site = &request->fetch_site;
    if (site->count == 0 || (site->count == 1 && (is(site, "same-origin") || is(site, "none"))))
        return false;
    return !(site->count == 1 && is(site, "same-site") && request->fetch_mode.count == 1 &&
             is(&request->fetch_mode, "navigate"));
}

/* Whether there is an Origin that differs from the requested address. */
static bool is_origin_foreign(const struct gate_request *request) {
    static const char *const schemes[] = {"http://", "https://"}; /* a proxy may add TLS */
    if (request->origin.count == 0)
        return false;
    if (request->origin.count > 1 || !request->host.value)
        return true;
    const char *origin = request->origin.value;
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(schemes[i]);
        if (strncasecmp(origin, schemes[i], length) == 0 &&
            strcasecmp(origin + length, request->host.value) == 0)
            return false;
    }
    return true;
}

const char *gate_refusal(const struct gate *gate, const struct gate_request *request) {
    if (request->host.count > 1)
        return "send exactly one Host header\n";
    if (is_cross_site(request) || is_origin_foreign(request))
        return "another site's page sent this request; enter the address yourself\n";
    if (gate->token && gate->token[0])
        return is_token(gate->token, request->token)
                   ? NULL
                   : "this page needs ?token=...: use the address that the program printed\n";
    if (!is_host_known(gate, request->host.value))
        return "this page answers only to its own address; behind a proxy that forwards its own "
               "name as Host, serve it with --token\n";
    return NULL;
}
