#include "games/atari/timer.h"

uint8_t timer_read(struct timer *timer, uint32_t cycles) {
    const uint32_t elapsed = cycles - 1 - timer->set_at;
    const int32_t value = (int32_t)(timer->value - (elapsed >> timer->shift) - 1);
    if (value >= 0)
        return (uint8_t)value;
    const uint32_t whole = (uint32_t)timer->value << timer->shift;
    int32_t below = (int32_t)(whole - elapsed - 1);
    if (below <= -2 && !timer->was_read) {
        timer->was_read = 1;
        timer->read_at = cycles;
    }
    if (timer->was_read)
        below = (int32_t)(timer->value - (elapsed >> timer->shift) -
                          (timer->read_at - timer->set_at - whole));
    return (uint8_t)below;
}

uint32_t timer_rounds(const struct timer *timer, bool waits_for_zero, uint32_t cycles,
                      uint32_t round) {
    const uint32_t whole = (uint32_t)timer->value - (waits_for_zero && timer->value > 0);
    const uint32_t elapsed = cycles - 1 - timer->set_at;
    const uint32_t end = whole << timer->shift; /* elapsed cycles when the wait ends */
    return elapsed < end ? (end - elapsed + round - 1) / round : 0;
}

uint8_t timer_status(const struct timer *timer, uint32_t cycles) {
    const uint32_t elapsed = cycles - 1 - timer->set_at;
    const int32_t value = (int32_t)(timer->value - (elapsed >> timer->shift) - 1);
    return value >= 0 || timer->was_read ? 0 : 0x80;
}

void timer_set(struct timer *timer, uint32_t address, uint8_t value, uint32_t cycles) {
    static const uint8_t shifts[4] = {0, 3, 6, 10};
    *timer = (struct timer){.set_at = cycles, .value = value, .shift = shifts[address & 3]};
}

bool timer_is_sound(const struct timer *timer) {
    return timer->shift <= 10 && timer->was_read <= 1;
}
