#include "report/record.h"

static const uint32_t POLYNOMIAL = 0x82f63b78; /* 0x1edc6f41 with its bits reversed */
static const uint32_t MASK_DELTA = 0xa282ead8;

/* The effect of four bits on a CRC. */
static uint32_t of_nibble(uint32_t nibble) {
    uint32_t crc = nibble;
    for (int bit = 0; bit < 4; bit++)
        crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
    return crc;
}

uint32_t crc32c(const uint8_t *data, size_t size) {
    uint32_t table[16];
    for (uint32_t i = 0; i < 16; i++)
        table[i] = of_nibble(i);
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

uint32_t crc32c_masked(const uint8_t *data, size_t size) {
    const uint32_t crc = crc32c(data, size);
    return (crc >> 15 | crc << 17) + MASK_DELTA;
}

static void put(uint8_t *out, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; i++)
        out[i] = (uint8_t)(number >> 8 * i);
}

static uint64_t get(const uint8_t *in, int bytes) {
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++)
        number |= (uint64_t)in[i] << 8 * i;
    return number;
}

bool record_read_header(const uint8_t *record, uint64_t *size) {
    *size = get(record, 8);
    return get(record + 8, 4) == crc32c_masked(record, 8);
}

void record_frame(uint8_t *record, size_t size) {
    uint8_t *data = record + RECORD_HEADER_SIZE;
    put(record, size, 8);
    put(record + 8, crc32c_masked(record, 8), 4);
    put(data + size, crc32c_masked(data, size), 4);
}
