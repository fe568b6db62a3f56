/*
 * Code of a cartridge, analysed before it is played: each byte of the ROM has a tag that says how
 * to play an instruction that starts there. A tag is the opcode, or one of the numbers below, which
 * are opcodes that no game uses.
 *
 *     ROM   a5 80     85 06        85 02        ca   d0 fd       ad f8 1f
 *           LDA 80    STA COLUP0   STA WSYNC    DEX  BNE back    LDA 1FF8
 *     tag   a5        STA_CHANGED  STA_WAIT     ca   BNE_X       ad
 *
 * Tags distinguish stores to RAM from stores to TIA, and loops that only wait from others, so that
 * the processor does not test for this each time.
 */
#ifndef ASYNCRL_GAMES_ATARI_TAGS_H
#define ASYNCRL_GAMES_ATARI_TAGS_H

#include <stddef.h>
#include <stdint.h>

enum {
    TAG_SLOW = 0x02, /* for the careful processor: rare, or near bytes that are not plain memory */
    /* Reads of TIA in zero page. */
    TAG_LDA_TIA = 0x03,
    TAG_LDX_TIA = 0x04,
    TAG_LDY_TIA = 0x07,
    TAG_BIT_TIA = 0x0b,
    /* Stores of A to TIA in zero page, by enum write_kind; those of X and Y are one and two
     * higher. */
    TAG_STA_NOTHING = 0x12,
    TAG_STA_CHANGED = 0x72,
    TAG_STA_ALWAYS = 0x32,
    TAG_STA_GRP0 = 0x42,
    TAG_STA_GRP1 = 0xd2,
    TAG_STA_ENABL = 0xf2,
    TAG_STA_WAIT = 0x52,
    TAG_STA_TIA = 0x62, /* any of them */
    /* Loops that only wait, see loops.h: the branch to DEX, to DEY, or to a read of the timer. */
    TAG_BNE_X = 0x0c,
    TAG_BNE_Y = 0x0f,
    TAG_BNE_TIMER = 0x1a,
    TAG_BPL_X = 0x1b,
    TAG_BPL_Y = 0x1c,
    TAG_BPL_TIMER = 0x1f,
};

/* Tags of the bytes begin to end - 1 of a part of a ROM; the other bytes of the part, of size
 * bytes, become slow. An instruction that starts in the range, and the two bytes after it, lie in
 * the part. */
void tags_fill(uint8_t *tags, const uint8_t *code, size_t size, size_t begin, size_t end);

#endif
