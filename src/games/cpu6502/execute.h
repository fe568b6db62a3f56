/*
 * The instructions of an NMOS 6502, as a template: a machine defines its bus, includes this file,
 * and gets one function,
 *
 *     static void CPU6502_NAME(CPU6502_BUS *bus, struct cpu6502 *cpu);
 *
 * which plays instructions until CPU6502_NEXT or a write stops it. Every access is inlined, so that
 * reading RAM costs as much as an array. All accesses of an instruction happen at its end: `cycles`
 * counts it already when its reads and writes are made. (Reading the instruction itself is the
 * exception.)
 *
 *           +-----------+  CPU6502_CODE(pc)              instruction bytes
 *           |   6502    |  CPU6502_READ(address, before) data
 *           | a x y sp  |  CPU6502_WRITE(address, value) data, true: stop after this instruction
 *           | pc status |  CPU6502_ZERO_READ, _WRITE     the same of addresses 00 to FF
 *           +-----------+  CPU6502_NEXT                  before each instruction
 *
 * A machine defines, and this file undefines at its end:
 *
 *     CPU6502_NAME          the function's name
 *     CPU6502_BUS           the type of bus
 *     CPU6502_LOCALS        declarations at the function's start, for what the others use
 *     CPU6502_NEXT          a statement before each instruction; `goto leave` in it stops
 *     CPU6502_CODE(address) an expression, a byte of an instruction
 *     CPU6502_READ(address, before), CPU6502_ZERO_READ(address, before)
 *                           expressions; before: the byte that was on the bus before, which a chip
 *                           that drives only some of the lines leaves on the others
 *     CPU6502_WRITE(address, value), CPU6502_ZERO_WRITE(address, value)
 *                           expressions: whether to stop
 *     CPU6502_WRITE_AGAIN(address, value)
 *                           a later write of an instruction that has written already
 *     CPU6502_HAS_DECIMAL   1: ADC and SBC count in decimal after SED
 *     CPU6502_HAS_DUMMIES   1: indexed addressing reads the address before the carry, too, and
 *                           read-modify-write writes the old value first
 *     CPU6502_POINTER_NEXT(zero)
 *                           address of the second byte of a pointer at zero
 *     CPU6502_BRANCH_CROSSES, CPU6502_CHANGE_CROSSES
 *                           cycles that a branch taken to another page costs beside its two, and
 *                           those that INC and the like pay for a page crossed by an index; when
 *                           not defined, 2 and 0, as on the chip
 *     CPU6502_LOOPS(branch, offset, target, cost)
 *                           a statement after a taken branch, with its opcode, its operand, where
 *                           it leads and what it costs: a machine can play rounds of a loop that
 *                           only waits at once; when not defined, nothing
 *     CPU6502_PUSHED(status), CPU6502_PULLED(byte)
 *                           the byte on the stack that stands for a status, and back; when not
 *                           defined, the status itself
 *
 * A machine that has analysed its code can define more, for speed:
 *
 *     CPU6502_TAG(address)  the label to go on at instead of the opcode itself: that of the
 *                           instruction, or one of the machine's own
 *     CPU6502_OWN           its own labels, OP(code), for the codes of undocumented instructions
 *     CPU6502_JUMPED        a statement after the pc has been set by a jump or a taken branch
 *     CPU6502_LEAVE         a statement at the end
 *     CPU6502_NEXT_OF_LOAD  goes on after LDA: NEXT_IF(tag) for likely ones, and NEXT
 *     CPU6502_CPU           where the cpu is on the bus, of which it is then no parameter
 *     CPU6502_FIXED_READ(address, before), CPU6502_FIXED_WRITE(address, value)
 *                           accesses of zero page that the instruction names; CPU6502_FIXED_POINTER
 *                           (address) is the pointer of its (zp),Y
 *     CPU6502_STACK_READ, CPU6502_STACK_WRITE, CPU6502_STACK_WRITE_AGAIN
 *                           accesses of 100 to 1FF
 *     CPU6502_CLOCK, CPU6502_COUNT, CPU6502_CYCLES(clock)
 *                           a wider type for `cycles`, what each instruction adds to it beside its
 *                           cycles, and the cycles in it: instructions are counted for nothing
 *
 * These may use the locals bus, cpu, cycles, pc (beyond FFFF or below 0 it has yet to be cut to 16
 * bits).
 *
 * Not emulated: interrupts (a machine stops and calls CPU6502_NAME after it pushed pc and status
 * itself), what the unstable opcodes 8B 93 9B 9C 9E 9F AB BB depend on (they are read-only NOPs or
 * do what the stable part of them does). Sources: the data sheet of MOS Technology (1976); "NMOS
 * 6510 Unintended Opcodes" (groepaz) for the others.
 */
// clang-format off
// NOLINTBEGIN(bugprone-branch-clone,performance-no-int-to-ptr): several opcodes do the same; a machine
// may find code by an address that only with an offset is one of its memory
/* Processors predict a jump after each instruction better than one shared jump. Clang and sanitized
 * builds take minutes to compile so large a function of jumps, so they use a switch. */
#if defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&                      \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_UNDEFINED__)
#define THREADED
#endif
#if defined(THREADED)
#define OP(code) op_##code
#define LABEL(code) &&op_##code
#define LABELS(h) LABEL(h##0), LABEL(h##1), LABEL(h##2), LABEL(h##3), LABEL(h##4), LABEL(h##5),        \
    LABEL(h##6), LABEL(h##7), LABEL(h##8), LABEL(h##9), LABEL(h##A), LABEL(h##B), LABEL(h##C),         \
    LABEL(h##D), LABEL(h##E), LABEL(h##F)
#define NEXT do { CPU6502_NEXT pc++; goto *labels[CPU6502_TAG(pc - 1)]; } while (0)
/* Goes on at a likely tag, which processors predict better than one from memory; for a machine with nothing
 * in CPU6502_NEXT. */
#define NEXT_IF(code) if (CPU6502_TAG(pc) == 0x##code) { pc++; goto op_##code; }
#else
#define OP(code) case 0x##code
#define NEXT goto next
#define NEXT_IF(code)
#endif

#define FETCH() (CPU6502_CODE(pc++))
#define FETCH_WORD() (pc += 2, CPU6502_CODE(pc - 2) | (uint32_t)CPU6502_CODE(pc - 1) << 8)
#define COST(n) ((n) + CPU6502_COUNT)
#include "games/cpu6502/defaults.h"

/* ---- Addressing: each ends with `address`, and with `before`, the byte that was last on the bus ---- */

#define ADDRESS_ZP(n) address = FETCH(); before = address; cycles += COST(n);
#define ADDRESS_ZPX(n) before = FETCH(); address = (before + x) & 0xff; cycles += COST(n);
#define ADDRESS_ZPY(n) before = FETCH(); address = (before + y) & 0xff; cycles += COST(n);
#define ADDRESS_ABS(n) address = FETCH_WORD(); before = address >> 8; cycles += COST(n);
/* crossing: 1 if an access pays for a crossed page; always_dummy: stores read the address before the carry */
#define INDEXED(index, crossing, always_dummy)                                                         \
    { const uint32_t base = address; address = (base + (index)) & 0xffff;                              \
      if ((base ^ address) & 0xff00) cycles += (crossing);                                             \
      if (CPU6502_HAS_DUMMIES && ((always_dummy) || ((base ^ address) & 0xff00)))                      \
          before = CPU6502_READ((base & 0xff00) | (address & 0xff), before); }
#define ADDRESS_POINTER(zero)                                                                          \
    { const uint32_t pointer = (zero);                                                                 \
      address = CPU6502_ZERO_READ(pointer, before);                                                    \
      before = CPU6502_READ(CPU6502_POINTER_NEXT(pointer), address);                                   \
      address |= before << 8; }
#if defined(CPU6502_FIXED_POINTER)
#define ADDRESS_FIXED_POINTER address = CPU6502_FIXED_POINTER(before); before = address >> 8;
#else
#define ADDRESS_FIXED_POINTER ADDRESS_POINTER(before)
#endif

#define READ_IMM value = FETCH(); cycles += COST(2);
#define READ_ZP ADDRESS_ZP(3) value = CPU6502_FIXED_READ(address, before);
#define READ_ZPX ADDRESS_ZPX(4) value = CPU6502_ZERO_READ(address, before);
#define READ_ZPY ADDRESS_ZPY(4) value = CPU6502_ZERO_READ(address, before);
#define READ_ABS ADDRESS_ABS(4) value = CPU6502_READ(address, before);
#define READ_ABX ADDRESS_ABS(4) INDEXED(x, 1, 0) value = CPU6502_READ(address, before);
#define READ_ABY ADDRESS_ABS(4) INDEXED(y, 1, 0) value = CPU6502_READ(address, before);
#define READ_INX before = FETCH(); cycles += COST(6); ADDRESS_POINTER((before + x) & 0xff)             \
    value = CPU6502_READ(address, before);
#define READ_INY before = FETCH(); cycles += COST(5); ADDRESS_FIXED_POINTER INDEXED(y, 1, 0)           \
    value = CPU6502_READ(address, before);

#define SPOT_ZP(n) ADDRESS_ZP(n)
#define SPOT_ZPX(n) ADDRESS_ZPX(n)
#define SPOT_ZPY(n) ADDRESS_ZPY(n)
#define SPOT_ABS(n) ADDRESS_ABS(n)
#define SPOT_ABX(n) ADDRESS_ABS(n) INDEXED(x, 0, 1)
/* ABX of what reads and writes */
#define SPOT_CBX(n) ADDRESS_ABS(n) INDEXED(x, CPU6502_CHANGE_CROSSES, 1)
#define SPOT_ABY(n) ADDRESS_ABS(n) INDEXED(y, 0, 1)
#define SPOT_INX(n) before = FETCH(); cycles += COST(n); ADDRESS_POINTER((before + x) & 0xff)
#define SPOT_INY(n) before = FETCH(); cycles += COST(n); ADDRESS_FIXED_POINTER INDEXED(y, 0, 1)

/* The accesses of a mode. Addresses 00 to FF need fewer checks, and for those that the instruction names, the
 * machine may have made the checks before. */
#define IN_ZP(address, before) CPU6502_FIXED_READ(address, before)
#define IN_ZPX(address, before) CPU6502_ZERO_READ(address, before)
#define IN_ABS(address, before) CPU6502_READ(address, before)
#define IN_ABX(address, before) CPU6502_READ(address, before)
#define IN_CBX(address, before) CPU6502_READ(address, before)
#define IN_ABY(address, before) CPU6502_READ(address, before)
#define IN_INX(address, before) CPU6502_READ(address, before)
#define IN_INY(address, before) CPU6502_READ(address, before)
#define OUT_ZP(address, value) CPU6502_FIXED_WRITE(address, value)
#define OUT_ZPX(address, value) CPU6502_ZERO_WRITE(address, value)
#define OUT_ZPY(address, value) CPU6502_ZERO_WRITE(address, value)
#define OUT_ABS(address, value) CPU6502_WRITE(address, value)
#define OUT_ABX(address, value) CPU6502_WRITE(address, value)
#define OUT_CBX(address, value) CPU6502_WRITE(address, value)
#define OUT_ABY(address, value) CPU6502_WRITE(address, value)
#define OUT_INX(address, value) CPU6502_WRITE(address, value)
#define OUT_INY(address, value) CPU6502_WRITE(address, value)

/* ---- Kinds of instructions ---- */

#define NEXT_OF_ANY NEXT
#define NEXT_OF_LOAD CPU6502_NEXT_OF_LOAD
#define READS_THEN(code, mode, what, next)                                                             \
    OP(code): { uint32_t address, before, value; (void)address; (void)before;                          \
    address = before = 0; READ_##mode what(value) } NEXT_OF_##next;
#define READS_IMM_THEN(code, what, next) OP(code): { uint32_t value; READ_IMM what(value) } NEXT_OF_##next;
#define READS(code, mode, what) READS_THEN(code, mode, what, ANY)
#define READS_IMM(code, what) READS_IMM_THEN(code, what, ANY)
#define WRITES(code, mode, n, what) OP(code): { uint32_t address, before; SPOT_##mode(n) (void)before;  \
    if (OUT_##mode(address, (uint8_t)(what))) goto leave; } NEXT;
#define CHANGES(code, mode, n, what) OP(code): { uint32_t address, before, value; SPOT_##mode(n)        \
    value = IN_##mode(address, before);                                                                \
    const uint8_t old = (uint8_t)value;                                                                \
    (void)old;                                                                                         \
    what(value)                                                                                        \
    if (CPU6502_HAS_DUMMIES ? (int)(CPU6502_WRITE(address, old)) | (int)(CPU6502_WRITE_AGAIN(address, (uint8_t)value)) \
                            : OUT_##mode(address, (uint8_t)value)) goto leave; } NEXT;
#define IMPLIED(code, what) OP(code): cycles += COST(2); { what } NEXT;
#define BRANCH(branch, condition, loops) { const uint32_t offset = FETCH(); cycles += COST(2);          \
    if (condition) { const size_t target = pc + (offset ^ 0x80u) - 0x80u;                              \
        const uint32_t taken = (target ^ pc) & 0xff00 ? CPU6502_BRANCH_CROSSES : 1;                    \
        cycles += taken; loops(branch, offset, target, 2 + taken) pc = target;                         \
        CPU6502_JUMPED } }
#define BRANCHES(code, condition) OP(code): BRANCH(0x##code, condition, CPU6502_LOOPS) NEXT;
#define JAMS(code) OP(code): pc--; cpu->jammed = 1; goto leave;

/* The eight addressing modes of the first group, whose opcodes end with 1, 5, 9 or D. */
#define GROUP_THEN(even, odd, what, next)                                                              \
    READS_THEN(even##1, INX, what, next) READS_THEN(even##5, ZP, what, next)                           \
    READS_IMM_THEN(even##9, what, next) READS_THEN(even##D, ABS, what, next)                           \
    READS_THEN(odd##1, INY, what, next) READS_THEN(odd##5, ZPX, what, next)                            \
    READS_THEN(odd##9, ABY, what, next) READS_THEN(odd##D, ABX, what, next)
#define GROUP(even, odd, what) GROUP_THEN(even, odd, what, ANY)
/* Those of shifts, whose opcodes end with 6 or E, and A for the accumulator. */
#define SHIFTS(even, odd, what)                                                                        \
    CHANGES(even##6, ZP, 5, what) CHANGES(even##E, ABS, 6, what) CHANGES(odd##6, ZPX, 6, what)          \
    CHANGES(odd##E, CBX, 7, what)
/* Those of the undocumented ones that shift and calculate. */
#define BOTH(even, odd, what)                                                                          \
    CHANGES(even##3, INX, 8, what) CHANGES(even##7, ZP, 5, what) CHANGES(even##F, ABS, 6, what)         \
    CHANGES(odd##3, INY, 8, what) CHANGES(odd##7, ZPX, 6, what) CHANGES(odd##B, ABY, 7, what)           \
    CHANGES(odd##F, CBX, 7, what)

/* ---- What instructions do ---- */

#define LOAD_A(v) nz = a = (v);
#define LOAD_X(v) nz = x = (v);
#define LOAD_Y(v) nz = y = (v);
#define OR(v) nz = a |= (v);
#define AND(v) nz = a &= (v);
#define XOR(v) nz = a ^= (v);
#define COMPARE(r, v) { const uint32_t difference = (r) - (v); carry = difference <= 0xff; nz = difference & 0xff; }
#define COMPARE_A(v) COMPARE(a, v)
#define COMPARE_X(v) COMPARE(x, v)
#define COMPARE_Y(v) COMPARE(y, v)
#define BIT(v) overflow = (v) & 0x40; nz = ((v) & 0x80) << 8 | (a & (v));
#define ADD_BINARY(v) { const uint32_t sum = a + (v) + carry; overflow = ~(a ^ (v)) & (a ^ sum) & 0x80;  \
    carry = sum >> 8; nz = a = sum & 0xff; }
#define ADD_DECIMAL(function, v) { const struct cpu6502_sum sum = function((uint8_t)a, (uint8_t)(v), (uint8_t)carry); \
    overflow = sum.overflow; carry = sum.carry; nz = a = sum.a; }
#define ADD(v) if (CPU6502_HAS_DECIMAL && (modes & FLAG_DECIMAL)) ADD_DECIMAL(cpu6502_add_decimal, v)  \
    else ADD_BINARY(v)
#define SUBTRACT(v) if (CPU6502_HAS_DECIMAL && (modes & FLAG_DECIMAL))                                 \
    ADD_DECIMAL(cpu6502_subtract_decimal, v) else ADD_BINARY(((v) ^ 0xff))
#define SHIFT_LEFT(v) carry = (v) >> 7; nz = (v) = (v) << 1 & 0xff;
#define SHIFT_RIGHT(v) carry = (v) & 1; nz = (v) = (v) >> 1;
#define ROTATE_LEFT(v) { const uint32_t out = (v) >> 7; nz = (v) = ((v) << 1 | carry) & 0xff; carry = out; }
#define ROTATE_RIGHT(v) { const uint32_t out = (v) & 1; nz = (v) = (v) >> 1 | carry << 7; carry = out; }
#define INCREMENT(v) nz = (v) = ((v) + 1) & 0xff;
#define DECREMENT(v) nz = (v) = ((v) - 1) & 0xff;
#define IGNORE(v) (void)(v);

/* Undocumented. */
#define LOAD_A_X(v) nz = a = x = (v);
#define SHIFT_OR(v) SHIFT_LEFT(v) OR(v)
#define ROTATE_AND(v) ROTATE_LEFT(v) AND(v)
#define SHIFT_XOR(v) SHIFT_RIGHT(v) XOR(v)
#define ROTATE_ADD(v) ROTATE_RIGHT(v) ADD(v)
#define DECREMENT_COMPARE(v) DECREMENT(v) COMPARE_A(v)
#define INCREMENT_SUBTRACT(v) INCREMENT(v) SUBTRACT(v)
#define AND_CARRY(v) AND(v) carry = a >> 7;
#define AND_SHIFT(v) a &= (v); SHIFT_RIGHT(a)
#define AND_ROTATE(v) a &= (v); nz = a = a >> 1 | carry << 7; carry = a >> 6 & 1;                        \
    overflow = (a >> 6 ^ a >> 5) & 1;
#define SUBTRACT_X(v) { const uint32_t both = a & x; carry = both >= (v); nz = x = (both - (v)) & 0xff; }
#define LOAD_STACK(v) nz = a = x = sp = (v) & sp;

/* ---- Stack and status ---- */

#define PUSH(v) (sp = (sp - 1) & 0xff, CPU6502_STACK_WRITE(0x100 | ((sp + 1) & 0xff), (uint8_t)(v)))
#define PUSH_AGAIN(v) (sp = (sp - 1) & 0xff, CPU6502_STACK_WRITE_AGAIN(0x100 | ((sp + 1) & 0xff), (uint8_t)(v)))
/* The byte at the stack pointer is on the bus before the first byte is pulled. */
#define UNDER_STACK CPU6502_STACK_READ(0x100 | sp, CPU6502_CODE(pc - 1))
#define PULL(before) (sp = (sp + 1) & 0xff, CPU6502_STACK_READ(0x100 | sp, before))
#define STATUS ((nz & 0x8080 ? FLAG_NEGATIVE : 0) | (overflow ? FLAG_OVERFLOW : 0) | modes |          \
    (nz & 0xff ? 0 : FLAG_ZERO) | carry)
#define SET_STATUS(value) { const uint32_t set = (value);                                              \
    nz = (set & FLAG_NEGATIVE) << 8 | ((set & FLAG_ZERO) == 0); overflow = set & FLAG_OVERFLOW;    \
    modes = set & (FLAG_DECIMAL | FLAG_INTERRUPT); carry = set & FLAG_CARRY; }

/* A kernel: one label an opcode. */
// NOLINTNEXTLINE(readability-function-size)
static void CPU6502_NAME(CPU6502_PARAMETERS) {
#if defined(CPU6502_CPU)
    struct cpu6502 *const cpu = CPU6502_CPU;
#endif
    CPU6502_CLOCK cycles = cpu->cycles;
    size_t pc = cpu->pc;
    uint32_t a = cpu->a, x = cpu->x, y = cpu->y, sp = cpu->sp;
    /* The cheapest form of the flags: N is bit 15 or 7 of nz; Z is set if the low byte is 0. */
    uint32_t nz, carry, overflow, modes;
    SET_STATUS(cpu->status)
    CPU6502_LOCALS
    if (cpu->jammed)
        goto leave;
#if defined(THREADED)
    static const void *const labels[256] = {
        LABELS(0), LABELS(1), LABELS(2), LABELS(3), LABELS(4), LABELS(5), LABELS(6), LABELS(7),
        LABELS(8), LABELS(9), LABELS(A), LABELS(B), LABELS(C), LABELS(D), LABELS(E), LABELS(F)};
    NEXT;
#else
next:
    CPU6502_NEXT
    pc++;
    switch (CPU6502_TAG(pc - 1)) {
#endif
    GROUP(0, 1, OR)
    GROUP(2, 3, AND)
    GROUP(4, 5, XOR)
    GROUP(6, 7, ADD)
    GROUP_THEN(A, B, LOAD_A, LOAD)
    GROUP(C, D, COMPARE_A)
    GROUP(E, F, SUBTRACT)
    SHIFTS(0, 1, SHIFT_LEFT) IMPLIED(0A, SHIFT_LEFT(a))
    SHIFTS(2, 3, ROTATE_LEFT) IMPLIED(2A, ROTATE_LEFT(a))
    SHIFTS(4, 5, SHIFT_RIGHT) IMPLIED(4A, SHIFT_RIGHT(a))
    SHIFTS(6, 7, ROTATE_RIGHT) IMPLIED(6A, ROTATE_RIGHT(a))
    SHIFTS(C, D, DECREMENT)
    SHIFTS(E, F, INCREMENT)

    READS(24, ZP, BIT) READS(2C, ABS, BIT)
    READS_IMM(A2, LOAD_X) READS(A6, ZP, LOAD_X) READS(B6, ZPY, LOAD_X) READS(AE, ABS, LOAD_X) READS(BE, ABY, LOAD_X)
    READS_IMM(A0, LOAD_Y) READS(A4, ZP, LOAD_Y) READS(B4, ZPX, LOAD_Y) READS(AC, ABS, LOAD_Y) READS(BC, ABX, LOAD_Y)
    READS_IMM(E0, COMPARE_X) READS(E4, ZP, COMPARE_X) READS(EC, ABS, COMPARE_X)
    READS_IMM(C0, COMPARE_Y) READS(C4, ZP, COMPARE_Y) READS(CC, ABS, COMPARE_Y)

    WRITES(85, ZP, 3, a) WRITES(95, ZPX, 4, a) WRITES(8D, ABS, 4, a) WRITES(9D, ABX, 5, a)
    WRITES(99, ABY, 5, a) WRITES(81, INX, 6, a) WRITES(91, INY, 6, a)
    WRITES(86, ZP, 3, x) WRITES(96, ZPY, 4, x) WRITES(8E, ABS, 4, x)
    WRITES(84, ZP, 3, y) WRITES(94, ZPX, 4, y) WRITES(8C, ABS, 4, y)

    IMPLIED(AA, LOAD_X(a)) IMPLIED(8A, LOAD_A(x)) IMPLIED(A8, LOAD_Y(a)) IMPLIED(98, LOAD_A(y))
    IMPLIED(BA, LOAD_X(sp)) IMPLIED(9A, sp = x;)
    IMPLIED(CA, DECREMENT(x)) IMPLIED(88, DECREMENT(y)) IMPLIED(E8, INCREMENT(x)) IMPLIED(C8, INCREMENT(y))
    IMPLIED(18, carry = 0;) IMPLIED(38, carry = 1;) IMPLIED(B8, overflow = 0;)
    IMPLIED(58, modes &= ~(uint32_t)FLAG_INTERRUPT;) IMPLIED(78, modes |= FLAG_INTERRUPT;)
    IMPLIED(D8, modes &= ~(uint32_t)FLAG_DECIMAL;) IMPLIED(F8, modes |= FLAG_DECIMAL;) IMPLIED(EA, )

    BRANCHES(10, !(nz & 0x8080)) BRANCHES(30, nz & 0x8080) BRANCHES(50, !overflow) BRANCHES(70, overflow)
    BRANCHES(90, !carry) BRANCHES(B0, carry) BRANCHES(D0, nz & 0xff) BRANCHES(F0, !(nz & 0xff))

    OP(4C): { /* JMP */
        pc = CPU6502_CODE(pc) | (uint32_t)CPU6502_CODE(pc + 1) << 8;
        cycles += COST(3);
        CPU6502_JUMPED
    } NEXT;
    OP(6C): { /* JMP (): the pointer does not leave its page */
        uint32_t address, before;
        ADDRESS_ABS(5)
        const uint32_t low = CPU6502_READ(address, before);
        pc = low | (uint32_t)CPU6502_READ((address & 0xff00) | ((address + 1) & 0xff), low) << 8;
        CPU6502_JUMPED
    } NEXT;
    OP(20): { /* JSR */
        const uint32_t low = FETCH();
        const uint32_t high = CPU6502_CODE(pc);
        cycles += COST(6);
        bool stops = PUSH(pc >> 8);
        if (PUSH_AGAIN(pc))
            stops = true;
        pc = high << 8 | low;
        if (stops)
            goto leave;
        CPU6502_JUMPED
    } NEXT;
    OP(60): { /* RTS: it also reads the byte before the one at which it goes on */
        cycles += COST(6);
        const uint32_t under = UNDER_STACK;
        const uint32_t low = PULL(under);
        const uint32_t high = PULL(low);
        pc = high << 8 | low;
        (void)CPU6502_READ((uint32_t)pc, high);
        pc++;
        CPU6502_JUMPED
    } NEXT;
    OP(40): { /* RTI */
        cycles += COST(6);
        const uint32_t under = UNDER_STACK;
        const uint32_t pulled = PULL(under);
        SET_STATUS(CPU6502_PULLED(pulled))
        const uint32_t low = PULL(pulled);
        pc = (uint32_t)PULL(low) << 8 | low;
        CPU6502_JUMPED
    } NEXT;
    OP(00): { /* BRK */
        (void)FETCH();
        cycles += COST(7);
        bool stops = PUSH(pc >> 8);
        if (PUSH_AGAIN(pc))
            stops = true;
        if (PUSH_AGAIN(CPU6502_PUSHED(STATUS | FLAG_BREAK | FLAG_ALWAYS)))
            stops = true;
        modes |= FLAG_INTERRUPT;
        const uint32_t low = CPU6502_READ(VECTOR_IRQ, 0);
        pc = (uint32_t)CPU6502_READ(VECTOR_IRQ + 1, low) << 8 | low;
        if (stops)
            goto leave;
        CPU6502_JUMPED
    } NEXT;
    OP(48): cycles += COST(3); if (PUSH(a)) goto leave; NEXT; /* PHA */
    OP(08): cycles += COST(3); if (PUSH(CPU6502_PUSHED(STATUS | FLAG_BREAK | FLAG_ALWAYS))) goto leave; NEXT; /* PHP */
    OP(68): { cycles += COST(4); const uint32_t under = UNDER_STACK; nz = a = PULL(under); } NEXT; /* PLA */
    OP(28): { cycles += COST(4); const uint32_t under = UNDER_STACK; const uint32_t pulled = PULL(under);
        SET_STATUS(CPU6502_PULLED(pulled)) } NEXT; /* PLP */

#if defined(CPU6502_OWN)
    CPU6502_OWN
#else
    /* Undocumented. */
    BOTH(0, 1, SHIFT_OR) BOTH(2, 3, ROTATE_AND) BOTH(4, 5, SHIFT_XOR) BOTH(6, 7, ROTATE_ADD)
    BOTH(C, D, DECREMENT_COMPARE) BOTH(E, F, INCREMENT_SUBTRACT)
    READS(A3, INX, LOAD_A_X) READS(A7, ZP, LOAD_A_X) READS(AF, ABS, LOAD_A_X) READS(B3, INY, LOAD_A_X)
    READS(B7, ZPY, LOAD_A_X) READS(BF, ABY, LOAD_A_X) READS_IMM(AB, LOAD_A_X) READS(BB, ABY, LOAD_STACK)
    WRITES(83, INX, 6, a & x) WRITES(87, ZP, 3, a & x) WRITES(8F, ABS, 4, a & x) WRITES(97, ZPY, 4, a & x)
    READS_IMM(0B, AND_CARRY) READS_IMM(2B, AND_CARRY) READS_IMM(4B, AND_SHIFT) READS_IMM(6B, AND_ROTATE)
    READS_IMM(CB, SUBTRACT_X) READS_IMM(EB, SUBTRACT) READS_IMM(8B, IGNORE)
    IMPLIED(1A, ) IMPLIED(3A, ) IMPLIED(5A, ) IMPLIED(7A, ) IMPLIED(DA, ) IMPLIED(FA, )
    READS_IMM(80, IGNORE) READS_IMM(82, IGNORE) READS_IMM(89, IGNORE) READS_IMM(C2, IGNORE) READS_IMM(E2, IGNORE)
    READS(04, ZP, IGNORE) READS(44, ZP, IGNORE) READS(64, ZP, IGNORE) READS(0C, ABS, IGNORE)
    READS(14, ZPX, IGNORE) READS(34, ZPX, IGNORE) READS(54, ZPX, IGNORE) READS(74, ZPX, IGNORE)
    READS(D4, ZPX, IGNORE) READS(F4, ZPX, IGNORE)
    READS(1C, ABX, IGNORE) READS(3C, ABX, IGNORE) READS(5C, ABX, IGNORE) READS(7C, ABX, IGNORE)
    READS(DC, ABX, IGNORE) READS(FC, ABX, IGNORE)
    READS(9B, ABY, IGNORE) READS(9C, ABX, IGNORE) READS(9E, ABY, IGNORE) READS(9F, ABY, IGNORE) READS(93, INY, IGNORE)
    JAMS(02) JAMS(12) JAMS(22) JAMS(32) JAMS(42) JAMS(52) JAMS(62) JAMS(72) JAMS(92) JAMS(B2) JAMS(D2) JAMS(F2)
#endif
#if !defined(THREADED)
    default:
        goto leave;
    }
#endif
leave:
    CPU6502_LEAVE
    cpu->cycles = CPU6502_CYCLES(cycles);
    cpu->pc = (uint16_t)pc;
    cpu->a = (uint8_t)a;
    cpu->x = (uint8_t)x;
    cpu->y = (uint8_t)y;
    cpu->sp = (uint8_t)sp;
    cpu->status = (uint8_t)STATUS;
}

#undef CPU6502_NAME
#undef CPU6502_BUS
#undef CPU6502_LOCALS
#undef CPU6502_NEXT
#undef CPU6502_CODE
#undef CPU6502_READ
#undef CPU6502_ZERO_READ
#undef CPU6502_WRITE
#undef CPU6502_ZERO_WRITE
#undef CPU6502_WRITE_AGAIN
#undef CPU6502_HAS_DECIMAL
#undef CPU6502_HAS_DUMMIES
#undef CPU6502_POINTER_NEXT
#undef CPU6502_BRANCH_CROSSES
#undef CPU6502_CHANGE_CROSSES
#undef CPU6502_LOOPS
#undef CPU6502_TAG
#undef CPU6502_CPU
#undef CPU6502_NEXT_OF_LOAD
#undef CPU6502_PARAMETERS
#undef CPU6502_JUMPED
#undef CPU6502_LEAVE
#undef CPU6502_OWN
#undef CPU6502_CLOCK
#undef CPU6502_COUNT
#undef CPU6502_CYCLES
#undef CPU6502_FIXED_READ
#undef CPU6502_FIXED_WRITE
#undef CPU6502_FIXED_POINTER
#undef CPU6502_STACK_READ
#undef CPU6502_STACK_WRITE
#undef CPU6502_STACK_WRITE_AGAIN
#undef CPU6502_PUSHED
#undef CPU6502_PULLED
#undef OP
#undef THREADED
#undef LABEL
#undef LABELS
#undef NEXT
#undef NEXT_IF
#undef NEXT_OF_ANY
#undef NEXT_OF_LOAD
#undef FETCH
#undef FETCH_WORD
#undef COST
#undef ADDRESS_ZP
#undef ADDRESS_ZPX
#undef ADDRESS_ZPY
#undef ADDRESS_ABS
#undef INDEXED
#undef ADDRESS_POINTER
#undef ADDRESS_FIXED_POINTER
#undef READ_IMM
#undef READ_ZP
#undef READ_ZPX
#undef READ_ZPY
#undef READ_ABS
#undef READ_ABX
#undef READ_ABY
#undef READ_INX
#undef READ_INY
#undef SPOT_ZP
#undef SPOT_ZPX
#undef SPOT_ZPY
#undef SPOT_ABS
#undef SPOT_ABX
#undef SPOT_CBX
#undef SPOT_ABY
#undef SPOT_INX
#undef SPOT_INY
#undef IN_ZP
#undef IN_ZPX
#undef IN_ABS
#undef IN_ABX
#undef IN_CBX
#undef IN_ABY
#undef IN_INX
#undef IN_INY
#undef OUT_ZP
#undef OUT_ZPX
#undef OUT_ZPY
#undef OUT_ABS
#undef OUT_ABX
#undef OUT_CBX
#undef OUT_ABY
#undef OUT_INX
#undef OUT_INY
#undef READS
#undef READS_THEN
#undef READS_IMM_THEN
#undef GROUP_THEN
#undef READS_IMM
#undef WRITES
#undef CHANGES
#undef IMPLIED
#undef BRANCHES
#undef BRANCH
#undef JAMS
#undef GROUP
#undef SHIFTS
#undef BOTH
#undef LOAD_A
#undef LOAD_X
#undef LOAD_Y
#undef OR
#undef AND
#undef XOR
#undef COMPARE
#undef COMPARE_A
#undef COMPARE_X
#undef COMPARE_Y
#undef BIT
#undef ADD_BINARY
#undef ADD_DECIMAL
#undef ADD
#undef SUBTRACT
#undef SHIFT_LEFT
#undef SHIFT_RIGHT
#undef ROTATE_LEFT
#undef ROTATE_RIGHT
#undef INCREMENT
#undef DECREMENT
#undef IGNORE
#undef LOAD_A_X
#undef SHIFT_OR
#undef ROTATE_AND
#undef SHIFT_XOR
#undef ROTATE_ADD
#undef DECREMENT_COMPARE
#undef INCREMENT_SUBTRACT
#undef AND_CARRY
#undef AND_SHIFT
#undef AND_ROTATE
#undef SUBTRACT_X
#undef LOAD_STACK
#undef PUSH
#undef PUSH_AGAIN
#undef UNDER_STACK
#undef PULL
#undef STATUS
#undef SET_STATUS
// NOLINTEND(bugprone-branch-clone,performance-no-int-to-ptr)
// clang-format on
