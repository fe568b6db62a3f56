#include "train/learner/guard.h"

enum guard_verdict guard_judge(struct guard *guard, bool is_sound) {
    if (is_sound) {
        guard->streak = 0;
        return GUARD_SOUND;
    }
    guard->streak++;
    guard->skipped++;
    if (guard->streak >= GUARD_PATIENCE)
        return GUARD_HOPELESS;
    const bool is_power_of_two = (guard->skipped & (guard->skipped - 1)) == 0;
    return is_power_of_two ? GUARD_SKIPPED_TELL : GUARD_SKIPPED;
}
