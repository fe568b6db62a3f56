#include "base/digest.h"

#include <md5.h>
#include <sha1.h>
#include <sha2.h>

_Static_assert(DIGEST_MD5_SIZE == MD5_DIGEST_STRING_LENGTH, "room for the text");
_Static_assert(DIGEST_SHA1_SIZE == SHA1_DIGEST_STRING_LENGTH, "room for the text");
_Static_assert(DIGEST_SHA256_SIZE == SHA256_DIGEST_STRING_LENGTH, "room for the text");

void digest_md5(const void *data, size_t size, char hex[DIGEST_MD5_SIZE]) {
    MD5Data(data, size, hex);
}

void digest_sha1(const void *data, size_t size, char hex[DIGEST_SHA1_SIZE]) {
    SHA1Data(data, size, hex);
}

void digest_sha256(const void *data, size_t size, char hex[DIGEST_SHA256_SIZE]) {
    SHA256Data(data, size, hex);
}
