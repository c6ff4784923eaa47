/*
 * Little-endian bytes: loads and stores of integers of fixed width, a growing buffer to encode
 * into, and a bounds-checked reader to decode bytes that may be hostile. Pure: no I/O, and no
 * alignment or byte order of the machine matters. A buffer or reader has one owner.
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

/* A growing byte buffer. A buffer with all fields 0 is empty and valid. */
struct buffer {
    uint8_t *data;         /* owned, freed by buffer_free(); NULL = nothing allocated yet */
    size_t size_bytes;     /* bytes in use */
    size_t capacity_bytes; /* bytes allocated */
};

/* Frees the memory. The buffer is empty and may be used again. */
void buffer_free(struct buffer *buffer);

/* Adds `size` bytes with undefined contents at the end, counts them in size_bytes, and returns
 * their address for the caller to fill in. The address is valid until the buffer grows again. */
uint8_t *buffer_extend(struct buffer *buffer, size_t size);

void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_append_u8(struct buffer *buffer, uint8_t value);
void buffer_append_u16(struct buffer *buffer, uint16_t value);
void buffer_append_u32(struct buffer *buffer, uint32_t value);
void buffer_append_u64(struct buffer *buffer, uint64_t value);

/* Removes the first `size` bytes. Moves all bytes after them, so it costs time in proportion to
 * their number. */
void buffer_consume(struct buffer *buffer, size_t size);

/*
 * A reader over bytes that may hold anything. A read past the end returns 0, sets failed and does
 * not move the offset; every read after that fails as well. So a decoder can read all its fields
 * and look at failed once.
 */
struct reader {
    const uint8_t *data; /* borrowed */
    size_t size_bytes;
    size_t offset_bytes; /* offset of the next byte to read */
    bool failed;         /* some read went past the end, or the decoder found a wrong value */
};

/* data is borrowed for as long as the reader is used. */
struct reader reader_make(const void *data, size_t size);
/* The number of bytes that have not been read. */
size_t reader_left(const struct reader *reader);
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);
/* The address of the next `size` bytes, which stay borrowed from data. NULL, with failed set, if
 * fewer bytes are left. */
const uint8_t *reader_bytes(struct reader *reader, size_t size);

#endif
