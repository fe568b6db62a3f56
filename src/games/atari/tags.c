#include "games/atari/tags.h"

#include "games/atari/bus.h"
#include "games/atari/loops.h"

#include <string.h>

enum { ZERO_PAGE = 0x80 }; /* the start of its RAM; TIA is below */
enum { LDA_ZP = 0xa5, LDX_ZP = 0xa6, LDY_ZP = 0xa4, BIT_ZP = 0x24 };
enum { STA_ZP = 0x85, STX_ZP = 0x86, STY_ZP = 0x84 };

/* Bit n of row r: opcode 16 r + n is documented. */
static const uint16_t documented[16] = {
    0x6763, 0x6363, 0x7773, 0x6363, 0x7763, 0x6363, 0x7763, 0x6363,
    0x7572, 0x2773, 0x7777, 0x7773, 0x7773, 0x6363, 0x7773, 0x6363,
};

static uint8_t tag_of_store(uint8_t opcode, uint8_t address) {
    static const uint8_t tags[] = {
        [WRITE_NOTHING] = TAG_STA_NOTHING, [WRITE_CHANGED] = TAG_STA_CHANGED,
        [WRITE_ALWAYS] = TAG_STA_ALWAYS,   [WRITE_GRAPHICS] = TAG_STA_GRP0,
        [WRITE_BALL] = TAG_STA_ENABL,      [WRITE_WAIT] = TAG_STA_WAIT,
        [WRITE_SPECIAL] = TAG_STA_TIA,
    };
    const uint32_t index = address & 63;
    const uint8_t tag = index == TIA_GRP1 ? TAG_STA_GRP1 : tags[bus_write_kinds[index]];
    return opcode == STA_ZP ? tag : (uint8_t)(tag + (opcode == STX_ZP ? 1 : 2));
}

/* The tag of an instruction with an address of TIA. */
static uint8_t tag_of_tia(uint8_t opcode, uint8_t address) {
    switch (opcode) {
    case LDA_ZP:
        return TAG_LDA_TIA;
    case LDX_ZP:
        return TAG_LDX_TIA;
    case LDY_ZP:
        return TAG_LDY_TIA;
    case BIT_ZP:
        return TAG_BIT_TIA;
    case STA_ZP:
    case STX_ZP:
    case STY_ZP:
        return tag_of_store(opcode, address);
    default:
        return TAG_SLOW;
    }
}

/* BNE or BPL with `before` bytes of code before it. */
static uint8_t tag_of_branch(const uint8_t *code, size_t before) {
    const bool is_bne = code[0] == BNE;
    if (code[1] == BACK_3 && before >= 1) {
        if (code[-1] == DEX)
            return is_bne ? TAG_BNE_X : TAG_BPL_X;
        if (code[-1] == DEY)
            return is_bne ? TAG_BNE_Y : TAG_BPL_Y;
    }
    if (code[1] == BACK_5 && before >= 3 &&
        loop_reads_timer(code[-3], code[-2] | (uint32_t)code[-1] << 8))
        return is_bne ? TAG_BNE_TIMER : TAG_BPL_TIMER;
    return code[0];
}

static uint8_t tag_of(const uint8_t *code, size_t before) {
    const uint8_t opcode = code[0];
    if (!(documented[opcode >> 4] >> (opcode & 15) & 1))
        return TAG_SLOW;
    if ((opcode & 0x1c) == 0x04 && code[1] < ZERO_PAGE) /* all of zero page, without an index */
        return tag_of_tia(opcode, code[1]);
    if ((opcode & 0x1f) == 0x11 && (code[1] < ZERO_PAGE || code[1] == 0xff)) /* (zp),Y */
        return TAG_SLOW;
    return opcode == BNE || opcode == BPL ? tag_of_branch(code, before) : opcode;
}

void tags_fill(uint8_t *tags, const uint8_t *code, size_t size, size_t begin, size_t end) {
    memset(tags, TAG_SLOW, size);
    for (size_t i = begin; i < end; i++)
        tags[i] = tag_of(code + i, i - begin);
}
