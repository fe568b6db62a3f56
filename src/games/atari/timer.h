/*
 * The timer of the Atari 2600's RIOT: it counts down from a value by one every 1, 8, 64 or 1024
 * cycles, and after 0 in every cycle. Times are cycles of the frame, modulo 2^32.
 */
#ifndef ASYNCRL_GAMES_ATARI_TIMER_H
#define ASYNCRL_GAMES_ATARI_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct timer {
    uint32_t set_at;
    uint32_t read_at; /* time of the first read after it had run down */
    uint8_t value;
    uint8_t shift;
    uint8_t was_read;
};

/* INTIM and TIMINT at a time; TIM1T, TIM8T, TIM64T and T1024T by the address's low bits. */
uint8_t timer_read(struct timer *timer, uint32_t cycles);
uint8_t timer_status(const struct timer *timer, uint32_t cycles);
/*
 * The number of reads of INTIM, the first at `cycles` and then one every `round` cycles, that
 * certainly find the timer above 0 (waits_for_zero) or not run down, with TIMINT 0, too.
 */
uint32_t timer_rounds(const struct timer *timer, bool waits_for_zero, uint32_t cycles,
                      uint32_t round);
void timer_set(struct timer *timer, uint32_t address, uint8_t value, uint32_t cycles);

/* Whether a state from any source is possible. */
bool timer_is_sound(const struct timer *timer);

#endif
