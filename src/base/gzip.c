#include "base/gzip.h"

#include "base/file_kind.h"
#include "base/path.h"

#include <stdlib.h>
#include <zlib.h>

enum { GZIP_WINDOW_BITS = 15 + 16, FIRST_ROOM = 1 << 16 }; /* + 16: gzip's header, and no other */

/* Unpacks a member of stream's input and appends it to *data, up to limit + 1 bytes. Returns
 * zlib's last status. */
static int unpack_member(z_stream *stream, size_t limit, unsigned char **data, size_t *size) {
    size_t room = *size;
    int word = Z_OK;
    while (word == Z_OK) {
        if (*size == room) {
            if (room > limit)
                break;
            room = room == 0 ? FIRST_ROOM : 2 * room;
            if (room > limit)
                room = limit + 1;
            unsigned char *grown = realloc(*data, room);
            if (!grown)
                return Z_MEM_ERROR;
            *data = grown;
        }
        stream->next_out = *data + *size;
        stream->avail_out = (uInt)(room - *size);
        word = inflate(stream, Z_NO_FLUSH);
        *size = room - stream->avail_out;
    }
    return word;
}

/* A file is one member or several; archives pad it with zeros. */
static int unpack(z_stream *stream, size_t limit, unsigned char **data, size_t *size) {
    int word = unpack_member(stream, limit, data, size);
    while (word == Z_STREAM_END && *size <= limit) {
        while (stream->avail_in > 0 && *stream->next_in == 0) {
            stream->next_in++;
            stream->avail_in--;
        }
        if (stream->avail_in == 0)
            break;
        word = inflateReset(stream);
        if (word == Z_OK)
            word = unpack_member(stream, limit, data, size);
    }
    return word;
}

enum status gzip_read_file(const char *path, size_t limit, unsigned char **data, size_t *size,
                           struct error *error) {
    unsigned char *packed;
    size_t packed_size;
    z_stream stream = {0};
    const enum status status = path_read_file(path, limit, &packed, &packed_size, error);
    if (status != STATUS_OK)
        return status;
    *data = NULL;
    *size = 0;
    stream.next_in = packed;
    stream.avail_in = (uInt)packed_size;
    int word = inflateInit2(&stream, GZIP_WINDOW_BITS);
    if (word == Z_OK) {
        word = unpack(&stream, limit, data, size);
        inflateEnd(&stream);
    }
    const char *kind = file_kind(packed, packed_size);
    const bool is_gzip = packed_size >= 2 && packed[0] == 0x1f && packed[1] == 0x8b;
    free(packed);
    if (word == Z_STREAM_END && *size <= limit)
        return STATUS_OK;
    free(*data);
    *data = NULL;
    if (word == Z_MEM_ERROR)
        return error_set(error, STATUS_FAILED, "out of memory reading '%s'", path);
    if (*size > limit)
        return error_set(error, STATUS_BAD_INPUT, "'%s' unpacks to more than %zu bytes", path,
                         limit);
    return error_set(error, STATUS_BAD_INPUT, "'%s' is not a whole gzip file%s%s", path,
                     is_gzip ? "" : " but ", is_gzip ? "" : kind);
}

size_t deflate_bound(size_t size) {
    return compressBound(size);
}

size_t deflate_pack(void *out, const void *data, size_t size) {
    uLongf packed = compressBound(size);
    return compress2(out, &packed, data, size, Z_BEST_SPEED) == Z_OK ? packed : 0;
}

bool deflate_unpack(void *out, size_t size, const void *packed, size_t packed_size) {
    uLongf unpacked = size;
    uLong used = packed_size;
    return uncompress2(out, &unpacked, packed, &used) == Z_OK && unpacked == size &&
           used == packed_size;
}
