/*
 * VECTORIZED in front of a function compiles it for AVX2 too, and chooses once, when the program is
 * loaded.
 *
 * Only for loops that the compiler vectorises itself; both versions round alike, since neither
 * fuses a multiplication with an addition. Sanitized builds do without it, because the choice runs
 * before the sanitizer does. So do builds with clang, which (14, at least) gives the function
 * another name than its callers use.
 */
#ifndef ASYNCRL_BASE_VECTORIZE_H
#define ASYNCRL_BASE_VECTORIZE_H

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) &&                            \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VECTORIZED __attribute__((target_clones("avx2", "default")))
#else
#define VECTORIZED
#endif

#endif
