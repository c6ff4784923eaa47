/*
 * Growing buffers and bounds-checked readers. Pure: no I/O. A buffer or reader is used by one
 * thread at a time.
 */
#include "base/bytes.h"

#include "base/assert.h"
#include "base/memory.h"

void buffer_free(struct buffer *buffer)
{
    memory_free(buffer->data);
    *buffer = (struct buffer){0};
}

uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
    uint8_t *place;

    ASSERT(size <= SIZE_MAX / 4 - buffer->size_bytes);
    buffer->data = memory_grow(buffer->data, &buffer->capacity_bytes, buffer->size_bytes + size, 1);
    place = buffer->data + buffer->size_bytes;
    buffer->size_bytes += size;
    return place;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (size > 0) {
        memcpy(buffer_extend(buffer, size), data, size);
    }
}

void buffer_append_u8(struct buffer *buffer, uint8_t value)
{
    *buffer_extend(buffer, 1) = value;
}

void buffer_append_u16(struct buffer *buffer, uint16_t value)
{
    store_u16(buffer_extend(buffer, 2), value);
}

void buffer_append_u32(struct buffer *buffer, uint32_t value)
{
    store_u32(buffer_extend(buffer, 4), value);
}

void buffer_append_u64(struct buffer *buffer, uint64_t value)
{
    store_u64(buffer_extend(buffer, 8), value);
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    ASSERT(size <= buffer->size_bytes);
    if (size > 0 && size < buffer->size_bytes) {
        memmove(buffer->data, buffer->data + size, buffer->size_bytes - size);
    }
    buffer->size_bytes -= size;
}

struct reader reader_make(const void *data, size_t size)
{
    return (struct reader){.data = data, .size_bytes = size};
}

size_t reader_left(const struct reader *reader)
{
    return reader->size_bytes - reader->offset_bytes;
}

const uint8_t *reader_bytes(struct reader *reader, size_t size)
{
    const uint8_t *place;

    if (reader->failed || size > reader_left(reader)) {
        reader->failed = true;
        return NULL;
    }
    place = reader->data + reader->offset_bytes;
    reader->offset_bytes += size;
    return place;
}

uint8_t reader_u8(struct reader *reader)
{
    const uint8_t *p = reader_bytes(reader, 1);

    return p != NULL ? *p : 0;
}

uint16_t reader_u16(struct reader *reader)
{
    const uint8_t *p = reader_bytes(reader, 2);

    return p != NULL ? load_u16(p) : 0;
}

uint32_t reader_u32(struct reader *reader)
{
    const uint8_t *p = reader_bytes(reader, 4);

    return p != NULL ? load_u32(p) : 0;
}

uint64_t reader_u64(struct reader *reader)
{
    const uint8_t *p = reader_bytes(reader, 8);

    return p != NULL ? load_u64(p) : 0;
}
