/*
 * Writes little-endian values one after the other into memory whose size was computed before.
 * Used by the encoders of this directory only.
 */
#ifndef RAFTD_WIRE_WRITER_H
#define RAFTD_WIRE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/wire.h"

struct writer {
    struct wire_frame *frame;
    uint8_t *place;
};

/* A frame with room for exactly this payload and its header written; see writer_finish(). */
struct writer writer_begin(enum wire_frame_type type, size_t payload_bytes);
/* Asserts that the payload has been written to its last byte. */
struct wire_frame *writer_finish(const struct writer *writer);

static inline void write_u8(struct writer *writer, uint8_t value)
{
    *writer->place = value;
    writer->place += 1;
}

static inline void write_u16(struct writer *writer, uint16_t value)
{
    store_u16(writer->place, value);
    writer->place += 2;
}

static inline void write_u32(struct writer *writer, uint32_t value)
{
    store_u32(writer->place, value);
    writer->place += 4;
}

static inline void write_u64(struct writer *writer, uint64_t value)
{
    store_u64(writer->place, value);
    writer->place += 8;
}

static inline void write_bytes(struct writer *writer, const void *data, size_t size)
{
    if (size > 0) {
        memcpy(writer->place, data, size);
        writer->place += size;
    }
}

/* A boolean is 0 or 1; anything else fails the reader. */
static inline bool read_bool(struct reader *reader)
{
    uint8_t value = reader_u8(reader);

    reader->failed = reader->failed || value > 1;
    return value == 1;
}

#endif
