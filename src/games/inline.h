/*
 * What compilers are asked to inline, and which conditions they are told to expect.
 */
#ifndef ASYNCRL_GAMES_INLINE_H
#define ASYNCRL_GAMES_INLINE_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED
#endif

#if defined(__GNUC__)
#define OUTLINE static __attribute__((noinline))
#define RARELY(condition) __builtin_expect(!!(condition), 0)
#define MOSTLY(condition) __builtin_expect(!!(condition), 1)
#else
#define OUTLINE static
#define RARELY(condition) (condition)
#define MOSTLY(condition) (condition)
#endif

/*
 * INLINE is inlined everywhere, MAYBE_INLINE where the compiler thinks it worth while; under
 * sanitizers, which make each access large, neither is: a processor has one in each instruction,
 * which took half a minute to compile.
 */
#if defined(__GNUC__) && defined(IS_SANITIZED)
#define INLINE static __attribute__((noinline, unused))
#define MAYBE_INLINE INLINE
#elif defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#define MAYBE_INLINE static inline
#else
#define INLINE static inline
#define MAYBE_INLINE static inline
#endif

#endif
