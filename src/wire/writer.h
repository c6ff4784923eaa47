/*
 * Writes little-endian values one after the other into a frame whose size was computed before, so
 * that no write has to check for room. Pure. Included by the .c files of src/wire only.
 */
#ifndef RAFTD_WIRE_WRITER_H
#define RAFTD_WIRE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/wire.h"

struct writer {
    struct wire_frame *frame; /* owned by the caller of writer_finish() */
    uint8_t *place;           /* where the next value goes */
};

/* Allocates a frame for a payload of exactly this size and writes the header. */
struct writer writer_begin(enum wire_frame_type type, size_t payload_bytes);
/* Returns the frame. Asserts that exactly the whole payload has been written: a wrong size in an
 * encoder would send bytes of unrelated memory, or write past the end. */
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

/* Reads a boolean, which is 0 or 1. Any other byte sets reader->failed. */
static inline bool read_bool(struct reader *reader)
{
    uint8_t value = reader_u8(reader);

    reader->failed = reader->failed || value > 1;
    return value == 1;
}

#endif
