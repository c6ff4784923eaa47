/*
 * Replies of the Redis protocol from hostile bytes. However the bytes are cut into pieces, the
 * reader finds the same replies and the same error in them, and stays within its limits. The first
 * byte of an input is the size of the pieces.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "resp/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small enough that an input of a few bytes reaches them. */
static const struct resp_reply_limits limits = {
    .bytes_max = 1024, .elements_max = 32, .depth_max = 4};

/* Writes all of a reply as bytes that tell it from any other; returns how many elements it has. */
static size_t describe(struct buffer *found, const struct resp_reply *reply, size_t depth)
{
    size_t elements = 1;

    ASSERT(depth <= limits.depth_max);
    ASSERT(reply->text[reply->size_bytes] == 0);
    ASSERT((reply->count == 0) == (reply->elements == NULL));
    buffer_append_u8(found, (uint8_t)reply->type);
    buffer_append_u64(found, (uint64_t)reply->integer);
    buffer_append_u64(found, reply->size_bytes);
    buffer_append(found, reply->text, reply->size_bytes);
    buffer_append_u64(found, reply->count);
    for (size_t i = 0; i < reply->count; i++) {
        elements += describe(found, &reply->elements[i], depth + 1);
    }
    return elements;
}

/* Each call sees a copy of its own size, so that a sanitizer sees a byte read too many. */
static struct buffer read_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
    struct buffer found = {0};
    struct resp_reader reader;
    size_t start = 0;
    size_t end = piece < size ? piece : size;

    resp_reader_init(&reader, &limits);
    for (;;) {
        uint8_t *copy = memory_allocate(end - start);
        struct resp_reply *reply;
        enum resp_read_result result;

        if (end > start) {
            memcpy(copy, data + start, end - start);
        }
        result = resp_read(&reader, copy, end - start, &reply);
        memory_free(copy);
        if (result == RESP_READ_FAILED) {
            ASSERT(strlen(reader.error) < sizeof(reader.error) - 1);
            buffer_append(&found, reader.error, strlen(reader.error));
            break;
        }
        if (result == RESP_READ_DONE) {
            ASSERT(describe(&found, reply, 0) <= limits.elements_max);
            ASSERT(reader.consumed_bytes > 0 && reader.consumed_bytes <= limits.bytes_max);
            memory_free(reply);
            start += reader.consumed_bytes;
            ASSERT(start <= end);
            continue;
        }
        ASSERT(reader.needed_bytes > end - start);
        if (end == size) {
            break;
        }
        end = size - end > piece ? end + piece : size;
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer whole;
    struct buffer pieces;

    if (size == 0) {
        return 0;
    }
    whole = read_in_pieces(data + 1, size - 1, size);
    pieces = read_in_pieces(data + 1, size - 1, (size_t)data[0] + 1);
    ASSERT(whole.size_bytes == pieces.size_bytes);
    ASSERT(whole.size_bytes == 0 || memcmp(whole.data, pieces.data, whole.size_bytes) == 0);
    buffer_free(&whole);
    buffer_free(&pieces);
    return 0;
}
