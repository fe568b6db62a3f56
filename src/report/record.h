/*
 * The records of a TFRecord file, the format of TensorBoard's events:
 *
 *     u64 length, u32 masked CRC of the length, the data, u32 masked CRC of the data
 *
 * all of them little-endian (tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format
 * details"). Inside of the report room.
 */
#ifndef ASYNCRL_REPORT_RECORD_H
#define ASYNCRL_REPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes before and after a record's data. */
enum { RECORD_HEADER_SIZE = 12, RECORD_FOOTER_SIZE = 4 };

/* CRC-32C: the Castagnoli polynomial, reflected (RFC 3720, appendix B.4). */
uint32_t crc32c(const uint8_t *data, size_t size);

/* Rotates a CRC right by 15 bits and adds a constant, because a CRC of data that holds CRCs detects
 * little. */
uint32_t crc32c_masked(const uint8_t *data, size_t size);

/* Makes a record of size bytes of data that stand at record + RECORD_HEADER_SIZE. */
void record_frame(uint8_t *record, size_t size);

/* Reads a record's header; false if it is damaged, and *size is then undefined. */
bool record_read_header(const uint8_t *record, uint64_t *size);

#endif
