#include "base/digest.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>

/* libcrypto uses the processor's instructions for SHA, so that a checkpoint's digest takes less
 * time than writing it. It fails only without memory, or if its settings forbid the algorithm. */
static void digest(const EVP_MD *algorithm, const void *data, size_t size, char *hex) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    if (EVP_Digest(data, size, bytes, &count, algorithm, NULL) != 1)
        abort();
    for (unsigned i = 0; i < count; i++)
        snprintf(hex + 2 * (size_t)i, 3, "%02x", bytes[i]);
}

void digest_md5(const void *data, size_t size, char hex[DIGEST_MD5_SIZE]) {
    digest(EVP_md5(), data, size, hex);
}

void digest_sha1(const void *data, size_t size, char hex[DIGEST_SHA1_SIZE]) {
    digest(EVP_sha1(), data, size, hex);
}

void digest_sha256(const void *data, size_t size, char hex[DIGEST_SHA256_SIZE]) {
    digest(EVP_sha256(), data, size, hex);
}
