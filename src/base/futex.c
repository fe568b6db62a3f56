#include "base/futex.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void futex_wait(_Atomic uint32_t *word, uint32_t expected, double seconds) {
    const time_t whole = (time_t)seconds;
    const struct timespec limit = {whole, (long)((seconds - (double)whole) * 1e9)};
    syscall(SYS_futex, word, FUTEX_WAIT, expected, &limit, NULL, 0);
}

void futex_wake(_Atomic uint32_t *word) {
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void futex_ring(_Atomic uint32_t *bell) {
    atomic_fetch_add(bell, 1);
    futex_wake(bell);
}
