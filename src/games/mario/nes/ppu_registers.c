/* The registers of the picture processor, and the video memory behind them. */
#include "games/mario/nes/ppu.h"
#include "games/mario/nes/ppu_bits.h"

/* Background and sprites share the first of every four colours. */
static uint32_t palette_place(uint32_t address) {
    return address & 3 ? address & 0x1f : address & 0x0f;
}

static uint8_t memory_read(const struct ppu *ppu, const struct nes_cartridge *cartridge,
                           uint32_t address) {
    if (address < 0x2000)
        return cartridge->tiles[address];
    if (address < 0x3f00)
        return ppu->names[ppu_name_place(ppu, address)];
    return ppu->palette[palette_place(address)];
}

static void memory_write(struct ppu *ppu, uint32_t address, uint8_t value) {
    if (address >= 0x3f00)
        ppu->palette[palette_place(address)] = value & 0x3f;
    else if (address >= 0x2000)
        ppu->names[ppu_name_place(ppu, address)] = value;
}

/* ---- Registers ------------------------------------------------------------------------------- */

static void step_address(struct ppu *ppu) {
    ppu->at = (uint16_t)((ppu->at + (ppu->control & CONTROL_STEP ? 32 : 1)) & 0x7fff);
}

static uint8_t read_data(struct ppu *ppu, const struct nes_cartridge *cartridge) {
    const uint32_t address = ppu->at & 0x3fff;
    const uint8_t value = memory_read(ppu, cartridge, address);
    step_address(ppu);
    if (address >= 0x3f00)
        return value;
    const uint8_t before = ppu->buffer;
    ppu->buffer = value;
    return before;
}

uint8_t ppu_read(struct ppu *ppu, const struct nes_cartridge *cartridge, uint32_t reg) {
    const uint8_t status = ppu->status;
    switch ((enum ppu_register)reg) {
    case PPU_STATUS:
        ppu->status &= (uint8_t)~STATUS_BLANK;
        ppu->is_second = 0;
        return status;
    case PPU_OAM_DATA:
        return ppu->oam[ppu->oam_address];
    case PPU_DATA:
        return read_data(ppu, cartridge);
    default:
        return 0;
    }
}

static void write_scroll(struct ppu *ppu, uint8_t value) {
    if (ppu->is_second) {
        ppu->next = (uint16_t)((ppu->next & ~AT_Y) | (value & 7) << 12 | (value & 0xf8) << 2);
    } else {
        ppu->next = (uint16_t)((ppu->next & ~AT_COLUMN) | value >> 3);
        ppu->fine_x = value & 7;
    }
    ppu->is_second ^= 1;
}

static void write_address(struct ppu *ppu, uint8_t value) {
    if (ppu->is_second) {
        ppu->next = (uint16_t)((ppu->next & 0xff00) | value);
        ppu->at = ppu->next;
    } else {
        ppu->next = (uint16_t)((ppu->next & 0x00ff) | (value & 0x3f) << 8);
    }
    ppu->is_second ^= 1;
}

void ppu_write(struct ppu *ppu, uint32_t reg, uint8_t value) {
    switch ((enum ppu_register)reg) {
    case PPU_CONTROL:
        ppu->control = value;
        ppu->next = (uint16_t)((ppu->next & ~(AT_RIGHT | AT_LOWER)) | (value & 3) << 10);
        break;
    case PPU_MASK:
        ppu->mask = value;
        break;
    case PPU_STATUS:
        break;
    case PPU_OAM_ADDRESS:
        ppu->oam_address = value;
        break;
    case PPU_OAM_DATA:
        ppu->oam[ppu->oam_address++] = value;
        break;
    case PPU_SCROLL:
        write_scroll(ppu, value);
        break;
    case PPU_ADDRESS:
        write_address(ppu, value);
        break;
    case PPU_DATA:
        memory_write(ppu, ppu->at & 0x3fff, value);
        step_address(ppu);
        break;
    }
}
