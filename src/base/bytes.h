/*
 * Little-endian bytes: fixed-width loads and stores, a growing buffer to encode into and a
 * bounds-checked reader to decode hostile bytes from. Pure.
 */
#ifndef RAFTD_BASE_BYTES_H
#define RAFTD_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void store_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void store_u32(uint8_t *p, uint32_t v)
{
    store_u16(p, (uint16_t)v);
    store_u16(p + 2, (uint16_t)(v >> 16));
}

static inline void store_u64(uint8_t *p, uint64_t v)
{
    store_u32(p, (uint32_t)v);
    store_u32(p + 4, (uint32_t)(v >> 32));
}

static inline uint16_t load_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (uint16_t)(p[1] << 8));
}

static inline uint32_t load_u32(const uint8_t *p)
{
    return (uint32_t)load_u16(p) | (uint32_t)load_u16(p + 2) << 16;
}

static inline uint64_t load_u64(const uint8_t *p)
{
    return (uint64_t)load_u32(p) | (uint64_t)load_u32(p + 4) << 32;
}

/* A growing byte buffer. Zero-initialised is empty and valid. One owner. */
struct buffer {
    uint8_t *data; /* owned; freed by buffer_free() */
    size_t size_bytes;
    size_t capacity_bytes;
};

void buffer_free(struct buffer *buffer);

/* Makes room for `size` more bytes and returns where they go; size_bytes already counts them. */
uint8_t *buffer_extend(struct buffer *buffer, size_t size);

void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_append_u8(struct buffer *buffer, uint8_t value);
void buffer_append_u16(struct buffer *buffer, uint16_t value);
void buffer_append_u32(struct buffer *buffer, uint32_t value);
void buffer_append_u64(struct buffer *buffer, uint64_t value);

/* Drops the first `size` bytes (memmove of the rest). */
void buffer_consume(struct buffer *buffer, size_t size);

/*
 * A reader over bytes that may be anything. A read past the end yields zero, sets failed and
 * moves nothing; check failed once after a run of reads.
 */
struct reader {
    const uint8_t *data; /* borrowed */
    size_t size_bytes;
    size_t offset_bytes;
    bool failed;
};

struct reader reader_make(const void *data, size_t size);
size_t reader_left(const struct reader *reader);
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);
/* A borrowed view of the next `size` bytes, or NULL (and failed) where they are not all there. */
const uint8_t *reader_bytes(struct reader *reader, size_t size);

#endif
