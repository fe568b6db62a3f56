/* Hints to the compiler: functions to inline, and the likely outcome of conditions. */
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
 * The compiler inlines INLINE everywhere, and MAYBE_INLINE if it thinks that worth while. Under
 * sanitizers it inlines neither: they enlarge each access, each instruction of a processor has one,
 * and compiling that took half a minute.
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
