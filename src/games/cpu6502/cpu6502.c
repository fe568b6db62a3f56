#include "games/cpu6502/cpu6502.h"

static int digits_value(uint8_t packed) {
    return 10 * (packed >> 4) + (packed & 15);
}

/* number: 0 to 199. */
static uint8_t packed_digits(int number) {
    number %= 100;
    return (uint8_t)(number / 10 << 4 | number % 10);
}

struct cpu6502_sum cpu6502_add_decimal(uint8_t a, uint8_t value, uint8_t carry) {
    const int sum = digits_value(a) + digits_value(value) + carry;
    const uint8_t result = packed_digits(sum & 0xff);
    return (struct cpu6502_sum){
        .a = result,
        .overflow = (result ^ a) & (a ^ value) & 0x80,
        .carry = sum > 99,
    };
}

struct cpu6502_sum cpu6502_subtract_decimal(uint8_t a, uint8_t value, uint8_t carry) {
    const int borrow = 1 - carry;
    int difference = digits_value(a) - digits_value(value) - borrow;
    if (difference < 0)
        difference += 100;
    /* Below 0 only with digits beyond 9. */
    const uint8_t result =
        difference < 0 ? (uint8_t)digits_value((uint8_t)difference) : packed_digits(difference);
    return (struct cpu6502_sum){
        .a = result,
        .overflow = (result ^ a) & (a ^ value) & 0x80,
        .carry = a >= value + borrow,
    };
}

int cpu6502_length(uint8_t opcode) {
    /* By the low five bits; the exceptions are in the first column. */
    static const uint8_t lengths[32] = {2, 2, 2, 2, 2, 2, 2, 2, 1, 2, 1, 2, 3, 3, 3, 3,
                                        2, 2, 1, 2, 2, 2, 2, 2, 1, 3, 1, 3, 3, 3, 3, 3};
    switch (opcode) {
    case 0x20: /* JSR */
        return 3;
    case 0x40: /* RTI */
    case 0x60: /* RTS */
        return 1;
    default:
        return lengths[opcode & 31];
    }
}
