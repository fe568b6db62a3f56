/* Digests of data, as hexadecimal text. Any thread. digest.c is the one file that knows libcrypto.
 */
#ifndef ASYNCRL_BASE_DIGEST_H
#define ASYNCRL_BASE_DIGEST_H

#include <stddef.h>

enum {
    DIGEST_MD5_SIZE = 33,
    DIGEST_SHA1_SIZE = 41,
    DIGEST_SHA256_SIZE = 65
}; /* of the text, with its final zero */

/* RFC 1321. Identifies files by lists of others; does not protect against forgery. */
void digest_md5(const void *data, size_t size, char hex[DIGEST_MD5_SIZE]);

/* FIPS 180-4. Serves the same purpose as MD5. */
void digest_sha1(const void *data, size_t size, char hex[DIGEST_SHA1_SIZE]);

/* FIPS 180-4. */
void digest_sha256(const void *data, size_t size, char hex[DIGEST_SHA256_SIZE]);

#endif
