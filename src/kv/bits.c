/*
 * Values as arrays of bits, the highest of each byte first.
 */
#include <string.h>

#include "base/number.h"
#include "kv/state.h"

#define ERROR_OFFSET "ERR bit offset is not an integer or out of range"
#define OFFSETS (1LL << 32) /* as in Redis, whose largest value has 512 MiB */

static bool next_offset(struct kv_request *request, uint64_t *offset, struct kv_reply *reply)
{
    struct kv_argument text = kv_request_next(request);
    int64_t number;

    if (!number_parse(text.data, text.size_bytes, &number) || number < 0 || number >= OFFSETS) {
        kv_reply_error(reply, ERROR_OFFSET);
        return false;
    }
    *offset = (uint64_t)number;
    return true;
}

static uint8_t byte_at(const struct kv_item *item, uint64_t place)
{
    return item != NULL && place < item->value_size_bytes ? kv_item_value(item)[place] : 0;
}

void kv_command_setbit(struct kv *kv, struct kv_request *request, struct kv_reply *reply)
{
    struct kv_found found = kv_find_next(kv, request);
    struct kv_argument bit;
    uint64_t offset;
    uint8_t mask;
    uint8_t byte;
    bool old;
    bool new;

    if (!next_offset(request, &offset, reply)) {
        return;
    }
    bit = kv_request_next(request);
    if (!kv_argument_is(&bit, "0") && !kv_argument_is(&bit, "1")) {
        kv_reply_error(reply, "ERR bit is not an integer or out of range");
        return;
    }
    if (!kv_check_size(found.key.size_bytes, offset / 8 + 1, reply)) {
        return;
    }
    new = kv_argument_is(&bit, "1");
    mask = (uint8_t)(0x80 >> offset % 8);
    byte = byte_at(kv_found_item(&found), offset / 8);
    old = (byte & mask) != 0;
    byte = (uint8_t)(new ? byte | mask : byte & ~mask);
    if (new == old && found.place != NULL &&offset / 8 < (*found.place)->value_size_bytes) {
        kv_reply_integer(reply, old); /* as it was: who watches the key is not disturbed */
        return;
    }
    kv_write(kv, &found, offset / 8, &byte, 1);
    kv_notify_key(kv, KV_EVENT_STRING, "setbit", &found.key);
    kv_reply_integer(reply, old);
}

void kv_query_getbit(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                     struct kv_reply *reply)
{
    const struct kv_item *item = kv_next_item(kv, request);
    uint64_t offset;

    (void)time_ms;
    if (next_offset(request, &offset, reply)) {
        kv_reply_integer(reply, byte_at(item, offset / 8) >> (7 - offset % 8) & 1);
    }
}

static int64_t count_bytes(const uint8_t *bytes, size_t size)
{
    int64_t count = 0;
    size_t i = 0;

    for (; i + 8 <= size; i += 8) {
        uint64_t word;

        memcpy(&word, bytes + i, sizeof(word));
        count += __builtin_popcountll(word);
    }
    for (; i < size; i++) {
        count += __builtin_popcount(bytes[i]);
    }
    return count;
}

/* The bits from the first to the last, both included. */
static int64_t count_bits(const uint8_t *bytes, uint64_t first, uint64_t last)
{
    size_t start = first / 8;
    size_t end = last / 8;
    int64_t count = count_bytes(bytes + start, end - start + 1);

    count -= __builtin_popcount(bytes[start] & ~(0xffu >> first % 8) & 0xff);
    count -= __builtin_popcount(bytes[end] & (0x7fu >> last % 8));
    return count;
}

struct bit_range {
    int64_t start;
    int64_t end;
    bool in_bits;
};

static bool next_range(struct kv_request *request, struct bit_range *range, struct kv_reply *reply)
{
    struct kv_argument start;
    struct kv_argument end;

    *range = (struct bit_range){.start = 0, .end = -1};
    if (request->count == 0) {
        return true;
    }
    if (request->count == 1 || request->count > 3) {
        kv_reply_error(reply, KV_ERROR_SYNTAX);
        return false;
    }
    start = kv_request_next(request);
    end = kv_request_next(request);
    if (!number_parse(start.data, start.size_bytes, &range->start) ||
        !number_parse(end.data, end.size_bytes, &range->end)) {
        kv_reply_error(reply, KV_ERROR_INTEGER);
        return false;
    }
    if (request->count > 0) {
        struct kv_argument unit = kv_request_next(request);

        range->in_bits = kv_argument_is(&unit, "bit");
        if (!range->in_bits && !kv_argument_is(&unit, "byte")) {
            kv_reply_error(reply, KV_ERROR_SYNTAX);
            return false;
        }
    }
    return true;
}

void kv_query_bitcount(struct kv *kv, struct kv_request *request, uint64_t time_ms,
                       struct kv_reply *reply)
{
    const struct kv_item *item = kv_next_item(kv, request);
    struct bit_range range;
    int64_t size;

    (void)time_ms;
    if (item == NULL) {
        kv_reply_integer(reply, 0); /* whatever the range looks like, as in Redis 7.2 */
        return;
    }
    if (!next_range(request, &range, reply)) {
        return;
    }
    size = (int64_t)item->value_size_bytes * (range.in_bits ? 8 : 1);
    if (size == 0 || (range.start < 0 && range.end < 0 && range.start > range.end)) {
        kv_reply_integer(reply, 0);
        return;
    }
    range.start += range.start < 0 ? size : 0;
    range.end += range.end < 0 ? size : 0;
    range.start = range.start < 0 ? 0 : range.start;
    range.end = range.end < 0 ? 0 : range.end;
    range.end = range.end >= size ? size - 1 : range.end;
    if (range.start > range.end) {
        kv_reply_integer(reply, 0);
    } else if (range.in_bits) {
        kv_reply_integer(
            reply, count_bits(kv_item_value(item), (uint64_t)range.start, (uint64_t)range.end));
    } else {
        kv_reply_integer(reply, count_bytes(kv_item_value(item) + range.start,
                                            (size_t)(range.end - range.start + 1)));
    }
}
