#include "games/atari/strobes.h"

#include "games/atari/objects.h"

uint8_t strobes_wrapped(int position) {
    return (uint8_t)((position + 2 * TIA_WIDTH) % TIA_WIDTH);
}

int strobes_meet_copy(const struct tia *tia, int player, int position) {
    const struct copies *copies = &tia_copies[tia->nusiz[player] & 7];
    int result = 0;
    for (int i = 0; i < copies->count; i++) {
        int distance = position - tia->positions[player] - copies->offsets[i];
        while (distance < 0) /* at most twice */
            distance += TIA_WIDTH;
        if (distance < 4)
            result = -1;
        else if (distance < 4 + (8 << copies->shift))
            return 1;
    }
    return result;
}

/* The positions of missiles and ball if their strobe comes soon after HMOVE. */
struct exception {
    uint8_t address;
    uint8_t after; /* clocks since HMOVE */
    uint8_t h;
    uint8_t position;
};
static const struct exception exceptions[] = {
    {TIA_RESM0, 60, 69, 8},  {TIA_RESM1, 9, 18, 3}, {TIA_RESBL, 54, 60, 10},
    {TIA_RESBL, 54, 69, 10}, {TIA_RESBL, 9, 18, 3}, {TIA_RESBL, 21, 30, 6},
    {TIA_RESBL, 18, 27, 5},
};

uint8_t strobes_position(const struct tia *tia, uint32_t address, int32_t clock) {
    enum { LAST = 60 }; /* clocks after HMOVE of the exceptions */
    const int h = strobes_line_clock(clock);
    const uint32_t since = strobes_since_hmove(tia, clock);
    for (size_t i = 0; since <= LAST && i < sizeof exceptions / sizeof exceptions[0]; i++) {
        const struct exception *exception = &exceptions[i];
        if (exception->address == address && exception->h == h && exception->after == since)
            return exception->position;
    }
    return (uint8_t)(h < TIA_BLANK_CLOCKS ? 2 : (h - TIA_BLANK_CLOCKS + 4) % TIA_WIDTH);
}

int strobes_late_motion(int whole, int cycle) {
    static const int8_t early[] = {-6, -5, -5, -4, -3, -2, -2, -1, 0, 1, 1, 2, 3, 4, 4, 5, 6};
    static const int8_t late[] = {6,  5,  4,  4,  3,  2,  1,  1,  0,  -1,
                                  -2, -2, -3, -4, -5, -5, -6, -7, -8, -8};
    if (cycle <= 20)
        return whole > early[cycle - 4] ? whole : early[cycle - 4];
    if (cycle < 55)
        return 0;
    const int way = whole + late[cycle - 55];
    return way < 0 ? way : 0;
}
