#include "train/guard.h"

#include <math.h>

bool guard_is_sound(const struct update_sums *sums, double gradient_norm) {
    return isfinite(sums->policy_loss) && isfinite(sums->value_loss) && isfinite(sums->entropy) &&
           isfinite(sums->value) && gradient_norm <= GUARD_GRADIENT_LIMIT;
}

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
