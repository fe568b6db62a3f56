#include "games/atari/packing.h"

#include <string.h>

enum { WIDTH = 160, MAX_RUNS = 80, AS_IT_IS = 255 };

size_t packing_bound(int height) {
    return (size_t)height * (1 + WIDTH);
}

/* Runs of a row as pairs; 0: there are too many. */
static int find_runs(uint8_t *pairs, const uint8_t *row) {
    int count = 0;
    for (int x = 0; x < WIDTH;) {
        const int begin = x;
        while (x < WIDTH && row[x] == row[begin])
            x++;
        if (count == MAX_RUNS)
            return 0;
        pairs[2 * (size_t)count] = (uint8_t)(x - begin);
        pairs[2 * (size_t)count + 1] = row[begin];
        count++;
    }
    return count;
}

size_t packing_pack(uint8_t *out, const uint8_t *pixels, int height) {
    uint8_t *next = out;
    for (int y = 0; y < height; y++) {
        const uint8_t *row = pixels + (ptrdiff_t)y * WIDTH;
        if (y > 0 && memcmp(row, row - WIDTH, WIDTH) == 0) {
            *next++ = 0;
            continue;
        }
        const int runs = find_runs(next + 1, row);
        *next++ = runs > 0 ? (uint8_t)runs : AS_IT_IS;
        if (runs == 0)
            memcpy(next, row, WIDTH);
        next += runs > 0 ? 2 * runs : WIDTH;
    }
    return (size_t)(next - out);
}

/* False: the runs do not make a row. */
static bool fill_runs(uint8_t *row, const uint8_t *pairs, int count) {
    int x = 0;
    for (int i = 0; i < count; i++) {
        const int length = pairs[2 * (size_t)i];
        if (length > WIDTH - x)
            return false;
        memset(row + x, pairs[2 * (size_t)i + 1], (size_t)length);
        x += length;
    }
    return x == WIDTH;
}

size_t packing_unpack(uint8_t *pixels, int height, const uint8_t *packed, size_t size) {
    size_t at = 0;
    for (int y = 0; y < height; y++) {
        uint8_t *row = pixels + (ptrdiff_t)y * WIDTH;
        if (at == size)
            return 0;
        const int kind = packed[at++];
        const size_t length = kind == AS_IT_IS ? WIDTH : 2 * (size_t)kind;
        if (length > size - at || (kind > MAX_RUNS && kind != AS_IT_IS) || (kind == 0 && y == 0))
            return 0;
        if (kind == 0)
            memcpy(row, row - WIDTH, WIDTH);
        else if (kind == AS_IT_IS)
            memcpy(row, packed + at, WIDTH);
        else if (!fill_runs(row, packed + at, kind))
            return 0;
        at += length;
    }
    return at;
}
