/*
 * The key-value store under hostile log entries and queries. Whatever the bytes are, every entry
 * gets exactly one answer, two nodes that hash differently give the same answers and have the
 * same digest, and a query changes nothing. An input is a run of records: size u16, with the
 * highest bit set for a query, then that many bytes.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "kv/kv.h"

enum { QUERY = 0x8000, NESTING_MAX = 5, TIME_STEP_MS = 50 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct raftd_reply {
    struct buffer bytes;
};

void raftd_reply_write(struct raftd_reply *reply, const void *data, size_t size_bytes)
{
    buffer_append(&reply->bytes, data, size_bytes);
}

struct raftd_snapshot_sink {
    struct buffer bytes;
};

void raftd_snapshot_write(struct raftd_snapshot_sink *sink, const void *data, size_t size_bytes)
{
    buffer_append(&sink->bytes, data, size_bytes);
}

static void check_value(struct reader *reader, int nesting)
{
    struct kv_reply_value value;
    bool good = kv_reply_next(reader, &value);

    ASSERT(good);
    if (value.type == KV_REPLY_ARRAY || value.type == KV_REPLY_MAP) {
        int64_t count = value.type == KV_REPLY_MAP ? 2 * value.integer : value.integer;

        ASSERT(nesting < NESTING_MAX);
        for (int64_t i = 0; i < count; i++) {
            check_value(reader, nesting + 1);
        }
    }
}

static void check_reply(const struct raftd_reply *reply)
{
    struct reader reader = reader_make(reply->bytes.data, reply->bytes.size_bytes);

    check_value(&reader, 0);
    ASSERT(reader_left(&reader) == 0);
}

static void apply(struct kv *kv, uint64_t index, const void *data, size_t size,
                  struct raftd_reply *reply)
{
    struct raftd_state_machine machine = kv_state_machine(kv);
    struct raftd_entry entry = {
        .index = index,
        .term = 1,
        .time_ms = index * TIME_STEP_MS,
        .wall_ms = 1000000 + index * TIME_STEP_MS,
        .data = data,
        .size_bytes = size,
        .reply = reply,
    };

    if (index % 8 == 0) {
        machine.tick(machine.context, index, entry.time_ms);
    }
    machine.apply(machine.context, &entry, 1);
}

static void query(struct kv *kv, const void *data, size_t size, struct raftd_reply *reply)
{
    struct raftd_state_machine machine = kv_state_machine(kv);

    reply->bytes.size_bytes = 0;
    machine.read(machine.context, &(struct raftd_query){.data = data, .size_bytes = size}, reply);
    check_reply(reply);
}

static void check_digests(struct kv *a, struct kv *b)
{
    static const uint8_t digest[] = {1, KV_DIGEST, 0, 0};
    struct raftd_reply first = {0};
    struct raftd_reply second = {0};

    query(a, digest, sizeof(digest), &first);
    query(b, digest, sizeof(digest), &second);
    ASSERT(first.bytes.size_bytes == 5 + 16 && second.bytes.size_bytes == 5 + 16);
    ASSERT(memcmp(first.bytes.data, second.bytes.data, 5 + 16) == 0);
    buffer_free(&first.bytes);
    buffer_free(&second.bytes);
}

/* One record, as a copy of its own size. */
static void run_record(struct kv *a, struct kv *b, uint64_t index, const uint8_t *data, size_t size,
                       bool is_query)
{
    struct raftd_reply first = {0};
    struct raftd_reply second = {0};
    uint8_t *copy = memory_allocate(size);

    if (size > 0) {
        memcpy(copy, data, size);
    }
    if (is_query) {
        query(b, copy, size, &second);
    } else {
        apply(a, index, copy, size, &first);
        apply(b, index, copy, size, &second);
        check_reply(&first);
        check_reply(&second);
        /* Queries inside a transaction may list keys in an order of the node's own. */
        if (size < 2 || copy[1] != KV_EXEC) {
            ASSERT(first.bytes.size_bytes == second.bytes.size_bytes);
            ASSERT(memcmp(first.bytes.data, second.bytes.data, first.bytes.size_bytes) == 0);
        }
    }
    memory_free(copy);
    buffer_free(&first.bytes);
    buffer_free(&second.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kv *a = kv_create(1);
    struct kv *b = kv_create(0x9e3779b97f4a7c15u);
    struct reader reader = reader_make(data, size);

    for (uint64_t index = 1; reader_left(&reader) >= 2; index++) {
        uint16_t head = reader_u16(&reader);
        size_t length = head & (QUERY - 1);

        /* The last record is what is left. */
        length = length < reader_left(&reader) ? length : reader_left(&reader);
        run_record(a, b, index, reader_bytes(&reader, length), length, (head & QUERY) != 0);
    }
    check_digests(a, b);
    kv_destroy(a);
    kv_destroy(b);
    return 0;
}
