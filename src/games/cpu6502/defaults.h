/* Defaults for everything that a machine left out; execute.h includes this file each time. */

#if !defined(CPU6502_NEXT_OF_LOAD)
#define CPU6502_NEXT_OF_LOAD NEXT
#endif
#if defined(CPU6502_CPU)
#define CPU6502_PARAMETERS CPU6502_BUS *bus
#else
#define CPU6502_PARAMETERS CPU6502_BUS *bus, struct cpu6502 *cpu
#endif
#if !defined(CPU6502_TAG)
#define CPU6502_TAG(address) CPU6502_CODE(address)
#endif
#if !defined(CPU6502_LEAVE)
#define CPU6502_LEAVE
#endif
#if !defined(CPU6502_JUMPED)
#define CPU6502_JUMPED
#endif
#if !defined(CPU6502_COUNT)
#define CPU6502_CLOCK uint32_t
#define CPU6502_COUNT 0u
#define CPU6502_CYCLES(clock) (clock)
#endif
#if !defined(CPU6502_FIXED_READ)
#define CPU6502_FIXED_READ(address, before) CPU6502_ZERO_READ(address, before)
#define CPU6502_FIXED_WRITE(address, value) CPU6502_ZERO_WRITE(address, value)
#endif
#if !defined(CPU6502_STACK_READ)
#define CPU6502_STACK_READ(address, before) CPU6502_READ(address, before)
#define CPU6502_STACK_WRITE(address, value) CPU6502_WRITE(address, value)
#define CPU6502_STACK_WRITE_AGAIN(address, value) CPU6502_WRITE_AGAIN(address, value)
#endif
#if !defined(CPU6502_BRANCH_CROSSES)
#define CPU6502_BRANCH_CROSSES 2
#define CPU6502_CHANGE_CROSSES 0
#endif
#if !defined(CPU6502_LOOPS)
#define CPU6502_LOOPS(branch, offset, target, cost)
#endif
#if !defined(CPU6502_PUSHED)
#define CPU6502_PUSHED(status) (status)
#define CPU6502_PULLED(byte) (byte)
#endif
