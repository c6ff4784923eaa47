/*
 * Requests of the key-value store. Pure; decoding reads hostile bytes.
 */
#include "kv/request.h"

#include <string.h>
#include <strings.h>

#include "base/assert.h"

enum { NUMBER_BYTES_MAX = 5 };

static size_t write_number(uint8_t *place, size_t number)
{
    size_t size = 0;

    for (; number >= 0x80; number >>= 7) {
        place[size++] = (uint8_t)(number | 0x80);
    }
    place[size++] = (uint8_t)number;
    return size;
}

static bool read_long_number(const uint8_t **next, const uint8_t *end, uint32_t *number)
{
    const uint8_t *place = *next;
    uint64_t sum = 0;

    for (int i = 0; i < NUMBER_BYTES_MAX && place < end; i++) {
        uint8_t byte = *place++;

        sum |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (byte < 0x80) {
            *next = place;
            *number = (uint32_t)sum;
            return sum <= UINT32_MAX && (byte != 0 || i == 0);
        }
    }
    return false;
}

/* Moves *next behind a number; false if none in its shortest form stands there. Most numbers are
 * lengths of less than 128 bytes, which take one byte. */
static inline bool read_number(const uint8_t **next, const uint8_t *end, uint32_t *number)
{
    if (*next < end && **next < 0x80) {
        *number = *(*next)++;
        return true;
    }
    return read_long_number(next, end, number);
}

void kv_request_encode(struct buffer *buffer, enum kv_operation operation, uint8_t flags,
                       const struct kv_argument *arguments, size_t count)
{
    size_t bound = 3 + NUMBER_BYTES_MAX;
    size_t start = buffer->size_bytes;
    uint8_t *place;

    ASSERT(count <= UINT32_MAX);
    for (size_t i = 0; i < count; i++) {
        ASSERT(arguments[i].size_bytes <= UINT32_MAX);
        bound += NUMBER_BYTES_MAX + arguments[i].size_bytes;
    }
    place = buffer_extend(buffer, bound);
    *place++ = KV_REQUEST_VERSION;
    *place++ = (uint8_t)operation;
    *place++ = flags;
    place += write_number(place, count);
    for (size_t i = 0; i < count; i++) {
        place += write_number(place, arguments[i].size_bytes);
        if (arguments[i].size_bytes > 0) {
            memcpy(place, arguments[i].data, arguments[i].size_bytes);
            place += arguments[i].size_bytes;
        }
    }
    buffer->size_bytes = (size_t)(place - buffer->data);
    ASSERT(buffer->size_bytes - start <= bound);
}

bool kv_request_decode(struct kv_request *request, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    const uint8_t *next;

    if (size < 4 || bytes[0] != KV_REQUEST_VERSION) {
        return false;
    }
    request->operation = bytes[1];
    request->flags = bytes[2];
    request->end = bytes + size;
    next = bytes + 3;
    if (!read_number(&next, request->end, &request->count)) {
        return false;
    }
    request->next = next;
    for (uint32_t i = 0; i < request->count; i++) {
        uint32_t length;

        if (!read_number(&next, request->end, &length) || length > (size_t)(request->end - next)) {
            return false;
        }
        next += length;
    }
    return next == request->end;
}

struct kv_argument kv_request_next(struct kv_request *request)
{
    struct kv_argument argument = {0};
    uint32_t size = 0;
    bool good;

    ASSERT(request->count > 0);
    good = read_number(&request->next, request->end, &size);
    ASSERT(good);
    request->count--;
    argument.data = request->next;
    argument.size_bytes = size;
    request->next += size;
    return argument;
}

bool kv_argument_is(const struct kv_argument *argument, const char *word)
{
    return argument->size_bytes == strlen(word) &&
           strncasecmp(argument->data, word, argument->size_bytes) == 0;
}
