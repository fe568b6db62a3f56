/*
 * VECTORIZED in front of a function compiles it for AVX2 too, and chooses once, when the program is
 * loaded.
 *
 * Only for loops that the compiler vectorises itself; both versions round alike, since neither
 * fuses a multiplication with an addition. Sanitized builds go without: the choice runs before the
 * sanitizer does.
 */
#ifndef ASYNCRL_NETWORK_VECTORIZE_H
#define ASYNCRL_NETWORK_VECTORIZE_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VECTORIZE_SANITIZED
#endif
#endif

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) &&                 \
    !defined(__SANITIZE_THREAD__) && !defined(VECTORIZE_SANITIZED)
#define VECTORIZED __attribute__((target_clones("avx2", "default")))
#else
#define VECTORIZED
#endif

#endif
