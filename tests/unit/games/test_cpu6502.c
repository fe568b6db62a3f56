/* The 6502 template on a bus of plain memory that records every access. */
#include "games/cpu6502/cpu6502.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { PROGRAM = 0x400, MAX_ACCESSES = 16 };

struct bus {
    uint8_t memory[0x10000];
    int instructions; /* left to play */
    int reads;
    int writes;
    uint16_t read_at[MAX_ACCESSES];
    uint8_t written[MAX_ACCESSES];
};

static uint8_t read_byte(struct bus *bus, uint32_t address) {
    if (bus->reads < MAX_ACCESSES)
        bus->read_at[bus->reads] = (uint16_t)address;
    bus->reads++;
    return bus->memory[address & 0xffff];
}

static bool write_byte(struct bus *bus, uint32_t address, uint8_t value) {
    if (bus->writes < MAX_ACCESSES)
        bus->written[bus->writes] = value;
    bus->writes++;
    bus->memory[address & 0xffff] = value;
    return false;
}

#define CPU6502_BUS struct bus
#define CPU6502_LOCALS
#define CPU6502_NEXT                                                                               \
    if (bus->instructions-- <= 0)                                                                  \
        goto leave;
#define CPU6502_CODE(address) bus->memory[(address)&0xffff]
#define CPU6502_READ(address, before) ((void)(before), read_byte(bus, address))
#define CPU6502_ZERO_READ CPU6502_READ
#define CPU6502_WRITE(address, value) write_byte(bus, address, value)
#define CPU6502_ZERO_WRITE CPU6502_WRITE
#define CPU6502_WRITE_AGAIN CPU6502_WRITE
#define CPU6502_POINTER_NEXT(zero) (((zero) + 1) & 0xff)
#define CPU6502_HAS_DECIMAL 1
#define CPU6502_HAS_DUMMIES 0
#define CPU6502_NAME execute
#include "games/cpu6502/execute.h"

#define CPU6502_BUS struct bus
#define CPU6502_LOCALS
#define CPU6502_NEXT                                                                               \
    if (bus->instructions-- <= 0)                                                                  \
        goto leave;
#define CPU6502_CODE(address) bus->memory[(address)&0xffff]
#define CPU6502_READ(address, before) ((void)(before), read_byte(bus, address))
#define CPU6502_ZERO_READ CPU6502_READ
#define CPU6502_WRITE(address, value) write_byte(bus, address, value)
#define CPU6502_ZERO_WRITE CPU6502_WRITE
#define CPU6502_WRITE_AGAIN CPU6502_WRITE
#define CPU6502_POINTER_NEXT(zero) (((zero) + 1) & 0xff)
#define CPU6502_HAS_DECIMAL 0
#define CPU6502_HAS_DUMMIES 1
#define CPU6502_NAME execute_with_dummies
#include "games/cpu6502/execute.h"

static struct bus bus;

/* Plays a number of instructions of a program on a fresh processor. */
static struct cpu6502 play(const uint8_t *program, size_t size, int instructions) {
    struct cpu6502 cpu = {.pc = PROGRAM, .sp = 0xff};
    memset(&bus, 0, sizeof bus);
    memcpy(bus.memory + PROGRAM, program, size);
    bus.memory[0x1234] = 0x5a;
    bus.instructions = instructions;
    execute(&bus, &cpu);
    return cpu;
}

#define PLAY(instructions, ...)                                                                    \
    play((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), instructions)

static void loads_set_flags_and_count_cycles(void **state) {
    (void)state;
    struct cpu6502 cpu = PLAY(1, 0xa9, 0x80); /* LDA #80 */
    assert_int_equal(cpu.a, 0x80);
    assert_int_equal(cpu.status, FLAG_NEGATIVE);
    assert_int_equal(cpu.cycles, 2);
    cpu = PLAY(2, 0xa2, 0x34, 0xbd, 0x00, 0x12); /* LDX #34; LDA 1200,X */
    assert_int_equal(cpu.a, 0x5a);
    assert_int_equal(cpu.cycles, 2 + 4);
    cpu = PLAY(2, 0xa2, 0x35, 0xbd, 0xff, 0x11); /* LDX #35; LDA 11FF,X crosses a page */
    assert_int_equal(cpu.a, 0x5a);
    assert_int_equal(cpu.cycles, 2 + 5);
}

static void branches_cost_cycles_for_pages(void **state) {
    (void)state;
    assert_int_equal(PLAY(1, 0xf0, 0x10).cycles, 2); /* BEQ, not taken: Z is clear */
    struct cpu6502 cpu = PLAY(1, 0xd0, 0x10);        /* BNE forward */
    assert_int_equal(cpu.pc, PROGRAM + 0x12);
    assert_int_equal(cpu.cycles, 3);
    cpu = PLAY(1, 0xd0, 0x80); /* BNE into the page before */
    assert_int_equal(cpu.pc, PROGRAM + 2 - 0x80);
    assert_int_equal(cpu.cycles, 4);
}

static void calls_return_behind_themselves(void **state) {
    (void)state;
    struct cpu6502 cpu = PLAY(2, 0x20, 0x04, 0x04, 0xea, 0x60); /* JSR 0404; NOP; 0404: RTS */
    assert_int_equal(cpu.pc, PROGRAM + 3);
    assert_int_equal(cpu.sp, 0xff);
    assert_int_equal(cpu.cycles, 12);
}

static void indirect_jump_stays_in_its_page(void **state) {
    (void)state;
    struct cpu6502 cpu = PLAY(3, 0xa9, 0x77, 0x8d, 0xff, 0x05, 0x6c, 0xff, 0x05);
    assert_int_equal(cpu.pc, 0x0077); /* high byte from 0500 */
}

static void status_survives_the_stack(void **state) {
    (void)state;
    /* SEC; SED; LDA #0; PHP; CLC; CLD; LDA #80; PLP */
    struct cpu6502 cpu = PLAY(8, 0x38, 0xf8, 0xa9, 0x00, 0x08, 0x18, 0xd8, 0xa9, 0x80, 0x28);
    assert_int_equal(cpu.status, FLAG_CARRY | FLAG_DECIMAL | FLAG_ZERO);
    assert_int_equal(bus.memory[0x1ff], cpu.status | FLAG_BREAK | FLAG_ALWAYS);
}

static void decimal_sums_of_digits_are_right(void **state) {
    (void)state;
    for (int a = 0; a < 100; a++)
        for (int b = 0; b < 100; b++)
            for (int carry = 0; carry < 2; carry++) {
                const uint8_t packed_a = (uint8_t)(a / 10 * 16 + a % 10);
                const uint8_t packed_b = (uint8_t)(b / 10 * 16 + b % 10);
                struct cpu6502_sum sum = cpu6502_add_decimal(packed_a, packed_b, (uint8_t)carry);
                assert_int_equal((sum.a >> 4) * 10 + (sum.a & 15), (a + b + carry) % 100);
                assert_int_equal(sum.carry, a + b + carry > 99);
                sum = cpu6502_subtract_decimal(packed_a, packed_b, (uint8_t)carry);
                const int difference = a - b - !carry;
                assert_int_equal((sum.a >> 4) * 10 + (sum.a & 15), (difference + 100) % 100);
                assert_int_equal(sum.carry, difference >= 0);
            }
}

static void binary_sums_are_right(void **state) {
    (void)state;
    for (int a = 0; a < 256; a += 3)
        for (int b = 0; b < 256; b += 5) {
            struct cpu6502 cpu =
                PLAY(3, 0x18, 0xa9, (uint8_t)a, 0x69, (uint8_t)b); /* CLC; LDA; ADC */
            const int sum = (int8_t)a + (int8_t)b;
            assert_int_equal(cpu.a, (a + b) & 0xff);
            assert_int_equal(!!(cpu.status & FLAG_CARRY), a + b > 255);
            assert_int_equal(!!(cpu.status & FLAG_OVERFLOW), sum != (int8_t)sum);
        }
}

static void a_jam_stops_for_good(void **state) {
    (void)state;
    struct cpu6502 cpu = PLAY(5, 0xea, 0x02, 0xea);
    assert_int_equal(cpu.pc, PROGRAM + 1);
    assert_true(cpu.jammed);
    execute(&bus, &cpu);
    assert_int_equal(cpu.pc, PROGRAM + 1);
}

static void dummy_accesses_are_made_on_request(void **state) {
    (void)state;
    static const uint8_t program[] = {0xa2, 0xff, 0xfe, 0x01, 0x20}; /* LDX #FF; INC 2001,X */
    play(program, sizeof program, 2);
    assert_int_equal(bus.reads, 1);
    assert_int_equal(bus.writes, 1);

    struct cpu6502 cpu = {.pc = PROGRAM};
    memset(&bus, 0, sizeof bus);
    memcpy(bus.memory + PROGRAM, program, sizeof program);
    bus.memory[0x2100] = 7;
    bus.instructions = 2;
    execute_with_dummies(&bus, &cpu);
    assert_int_equal(bus.reads, 2);
    assert_int_equal(bus.read_at[0], 0x2000); /* before the carry */
    assert_int_equal(bus.read_at[1], 0x2100);
    assert_int_equal(bus.writes, 2);
    assert_int_equal(bus.written[0], 7); /* the old value first */
    assert_int_equal(bus.written[1], 8);
    assert_int_equal(cpu.cycles, 2 + 7);
}

static void lengths_lead_from_opcode_to_opcode(void **state) {
    (void)state;
    for (int opcode = 0; opcode < 256; opcode++) {
        const uint8_t program[3] = {(uint8_t)opcode, 0, 2}; /* 0200 is elsewhere */
        struct cpu6502 cpu = play(program, sizeof program, 1);
        if ((opcode & 0x1f) == 0x10 || cpu.jammed || opcode == 0x4c || opcode == 0x6c ||
            opcode == 0x20 || opcode == 0x40 || opcode == 0x60 || opcode == 0x00)
            continue; /* goes elsewhere */
        assert_int_equal(cpu.pc - PROGRAM, cpu6502_length((uint8_t)opcode));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_set_flags_and_count_cycles),
        cmocka_unit_test(branches_cost_cycles_for_pages),
        cmocka_unit_test(calls_return_behind_themselves),
        cmocka_unit_test(indirect_jump_stays_in_its_page),
        cmocka_unit_test(status_survives_the_stack),
        cmocka_unit_test(decimal_sums_of_digits_are_right),
        cmocka_unit_test(binary_sums_are_right),
        cmocka_unit_test(a_jam_stops_for_good),
        cmocka_unit_test(dummy_accesses_are_made_on_request),
        cmocka_unit_test(lengths_lead_from_opcode_to_opcode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
