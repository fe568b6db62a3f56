#include "games/atari/saved.h"

#include "games/atari/packing.h"

#include <assert.h>
#include <string.h>

struct saved {
    struct console_state console;
    struct rules rules;
};

/* A log of a picture begins with one of these bytes, packed pixels with another. Logs of earlier
 * versions complete all rows, and their states have all collisions. */
enum { EARLIER_LOG_FOLLOWS = 254, LOG_FOLLOWS = 253 };

struct log_head {
    struct tia start;
    uint32_t count;
    /* Not in earlier logs: */
    int32_t clock;
    uint32_t found; /* of the newest log: see struct console_snapshot */
};

enum { EARLIER_HEAD = offsetof(struct log_head, clock) };
static_assert(sizeof(struct saved) + 3 <= 1024, "saved games have room for it");

/* ---- Writing --------------------------------------------------------------------------------- */

/* Bytes as far as there is room for them; size: of all. */
struct room {
    uint8_t *bytes;
    size_t capacity;
    size_t size;
};

static void put(struct room *room, const void *bytes, size_t size) {
    if (room->size + size <= room->capacity)
        memcpy(room->bytes + room->size, bytes, size);
    room->size += size;
}

static void put_rows(struct room *room, const uint8_t *pixels, int rows) {
    uint8_t packed[TIA_MAX_HEIGHT * (1 + TIA_WIDTH)];
    put(room, packed, packing_pack(packed, pixels, rows));
}

static void put_picture(struct room *room, const struct picture_source *source, uint32_t found,
                        const struct tia_frame *frame) {
    const int painted = picture_source_rows(source, frame);
    const int height = tia_frame_height(frame);
    if (source->count != NOT_LOGGED) {
        const uint8_t tag = LOG_FOLLOWS;
        const struct log_head head = {
            .start = source->start, .count = source->count, .clock = source->clock, .found = found};
        put(room, &tag, sizeof tag);
        put(room, &head, sizeof head);
        put(room, source->writes, source->count * sizeof(uint32_t));
    }
    if (painted < height)
        put_rows(room, source->pixels + (ptrdiff_t)painted * TIA_WIDTH, height - painted);
}

size_t saved_write(struct console *console, const struct rules *rules, uint8_t *bytes,
                   size_t capacity) {
    const struct tia_frame *frame = &console->setup->frame;
    struct console_snapshot now;
    struct saved saved;
    struct room room = {.capacity = capacity};
    room.bytes = bytes;
    console_take(console, &now);
    memset(&saved, 0, sizeof saved);
    saved.console = *now.state;
    saved.rules = *rules;
    put(&room, &saved, sizeof saved);
    put_picture(&room, &now.pictures[0], now.found, frame);
    put_picture(&room, &now.pictures[1], TIA_ALL_PAIRS, frame);
    if (now.before)
        put_rows(&room, now.before, tia_frame_height(frame));
    return room.size;
}

/* ---- Reading --------------------------------------------------------------------------------- */

struct reader {
    const uint8_t *bytes;
    size_t left;
    const struct tia_frame *frame;
};

static bool read_bytes(struct reader *reader, void *to, size_t size) {
    if (size > reader->left)
        return false;
    memcpy(to, reader->bytes, size);
    reader->bytes += size;
    reader->left -= size;
    return true;
}

/* pixels: of the whole picture, of which the last rows are read. */
static bool read_rows(struct reader *reader, uint8_t *pixels, int painted) {
    const int rows = tia_frame_height(reader->frame) - painted;
    const size_t read = rows > 0 ? packing_unpack(pixels + (ptrdiff_t)painted * TIA_WIDTH, rows,
                                                  reader->bytes, reader->left)
                                 : 0;
    reader->bytes += read;
    reader->left -= read;
    return read > 0 || rows == 0;
}

static bool read_log(struct reader *reader, struct picture_source *source, uint16_t *found) {
    struct log_head head = {.clock = reader->frame->end_clock, .found = TIA_ALL_PAIRS};
    const uint8_t tag = reader->bytes[0];
    reader->bytes++;
    reader->left--;
    if (!read_bytes(reader, &head, tag == LOG_FOLLOWS ? sizeof head : EARLIER_HEAD) ||
        head.count > CONSOLE_SAVED_LOG || head.count > reader->left / sizeof(uint32_t))
        return false;
    source->start = head.start;
    source->count = head.count;
    source->clock = head.clock;
    source->writes = reader->bytes;
    *found = (uint16_t)head.found;
    reader->bytes += head.count * sizeof(uint32_t);
    reader->left -= head.count * sizeof(uint32_t);
    return picture_source_is_sound(source, reader->frame);
}

static bool read_picture(struct reader *reader, struct picture_source *source, uint16_t *found,
                         uint8_t *pixels) {
    source->count = NOT_LOGGED;
    source->pixels = pixels;
    if (reader->left > 0 &&
        (reader->bytes[0] == LOG_FOLLOWS || reader->bytes[0] == EARLIER_LOG_FOLLOWS) &&
        !read_log(reader, source, found))
        return false;
    return read_rows(reader, pixels, picture_source_rows(source, reader->frame));
}

bool saved_read(struct console *console, struct rules *rules, const uint8_t *bytes, size_t size) {
    uint8_t pixels[3][TIA_MAX_HEIGHT * TIA_WIDTH];
    struct saved saved;
    struct console_snapshot then = {.state = &saved.console, .found = TIA_ALL_PAIRS};
    struct reader reader = {.bytes = bytes, .left = size, .frame = &console->setup->frame};
    uint16_t unused;
    if (!read_bytes(&reader, &saved, sizeof saved) ||
        !console_state_is_sound(&saved.console, console->setup) || !rules_are_sound(&saved.rules) ||
        !read_picture(&reader, &then.pictures[0], &then.found, pixels[0]) ||
        !read_picture(&reader, &then.pictures[1], &unused, pixels[1]))
        return false;
    if (reader.left > 0) {
        then.before = pixels[2];
        if (!read_rows(&reader, pixels[2], 0) || reader.left > 0)
            return false;
    }
    console_restore(console, &then);
    *rules = saved.rules;
    return true;
}
