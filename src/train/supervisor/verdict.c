#include "train/supervisor/verdict.h"

#include "base/base.h"

static const double SAME_WISH_SECONDS = 0.2;
static const double QUICK_DEATH_SECONDS = 10; /* as hope_denied says */
static const double ACTOR_END_SECONDS = 5;    /* for an actor to finish after the stop word */
static const double CLOSING_SECONDS = 60;     /* for the reporter to write its last rows */

enum wish wishes_take(struct wishes *wishes, int signal_number, double now) {
    const bool is_first = wishes->first == 0;
    if (is_first)
        wishes->first = now;
    if (!signals_is_wish(signal_number))
        return is_first ? WISH_END : WISH_NOTHING;
    if (wishes->by_hand == 0) {
        wishes->by_hand = now;
        return is_first ? WISH_END : WISH_WARNED;
    }
    return now - wishes->by_hand > SAME_WISH_SECONDS ? WISH_STOP_AT_ONCE : WISH_NOTHING;
}

enum hope deaths_take(struct deaths *deaths, double lived, bool worked) {
    deaths->quick = lived < QUICK_DEATH_SECONDS ? deaths->quick + 1 : 0;
    deaths->idle = worked ? 0 : deaths->idle + 1;
    if (deaths->quick >= MAX_DEATHS_IN_A_ROW)
        return NONE_QUICK;
    return deaths->idle >= MAX_DEATHS_IN_A_ROW ? NONE_IDLE : HOPE;
}

const char *hope_denied(enum hope hope) {
    return hope == NONE_QUICK ? "within 10 s of its start" : "without playing a single step";
}

enum ending_verdict ending_judge(const struct ending *ending, double now) {
    const double heard =
        ending->learner_heard > ending->asked ? ending->learner_heard : ending->asked;
    if (ending->learner_runs && is_silent(heard, ending->learner_patience, now))
        return ENDING_LEARNER_STUCK;
    if (ending->actors_run && ending->stopped > 0 && now - ending->stopped >= ACTOR_END_SECONDS)
        return ENDING_ACTORS_LATE;
    if (ending->closing > 0 && now - ending->closing >= CLOSING_SECONDS)
        return ENDING_REPORTER_STUCK;
    return ENDING_GOES_ON;
}
