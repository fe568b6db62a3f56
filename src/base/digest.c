#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>

/*
 * libcrypto uses the processor's instructions for SHA, so that a checkpoint's digest takes less
 * time than writing it. Its settings (OPENSSL_CONF) may allow FIPS algorithms only, and MD5 is
 * none of them: "-fips" overrides that (OpenSSL's property(7)), because a digest here protects
 * nothing. They may even exclude all algorithms: a context of our own reads no settings, but takes
 * half a millisecond to make. So only a lack of memory makes it fail.
 */
static void digest(const char *name, const void *data, size_t size, char *hex) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    OSSL_LIB_CTX *own = NULL;
    EVP_MD *algorithm = EVP_MD_fetch(NULL, name, "-fips");
    if (!algorithm) {
        own = OSSL_LIB_CTX_new();
        algorithm = EVP_MD_fetch(own, name, NULL);
    }
    if (!algorithm || EVP_Digest(data, size, bytes, &count, algorithm, NULL) != 1)
        abort();
    EVP_MD_free(algorithm);
    OSSL_LIB_CTX_free(own);
    for (unsigned i = 0; i < count; i++)
        snprintf(hex + 2 * (size_t)i, 3, "%02x", bytes[i]);
}

void digest_md5(const void *data, size_t size, char hex[DIGEST_MD5_SIZE]) {
    digest("MD5", data, size, hex);
}

void digest_sha1(const void *data, size_t size, char hex[DIGEST_SHA1_SIZE]) {
    digest("SHA1", data, size, hex);
}

void digest_sha256(const void *data, size_t size, char hex[DIGEST_SHA256_SIZE]) {
    digest("SHA256", data, size, hex);
}
