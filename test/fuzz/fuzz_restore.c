/*
 * Restoring the key-value store from hostile bytes. Whatever they are, and in whatever pieces they
 * come, the answer is the same: a whole snapshot, or damaged. A whole one can be put in place, and
 * saving that and restoring it again gives the same state. The first byte of an input is the
 * size of the pieces.
 */
#include <stdint.h>
#include <string.h>

#include <raftd/error.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "kv/kv.h"

enum { DIGEST_REPLY_BYTES = 5 + 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct raftd_reply {
    struct buffer bytes;
};

struct raftd_snapshot_sink {
    struct buffer bytes;
};

void raftd_reply_write(struct raftd_reply *reply, const void *data, size_t size_bytes)
{
    buffer_append(&reply->bytes, data, size_bytes);
}

void raftd_snapshot_write(struct raftd_snapshot_sink *sink, const void *data, size_t size_bytes)
{
    buffer_append(&sink->bytes, data, size_bytes);
}

/* The state that the bytes are, or NULL. */
static struct kv *restore(const uint8_t *data, size_t size, size_t piece)
{
    struct kv *kv = kv_create(5);
    struct raftd_state_machine machine = kv_state_machine(kv);
    void *staged = machine.restore_begin(kv);
    struct raftd_error error = {0};
    int result = RAFTD_OK;

    for (size_t at = 0; at < size && result == RAFTD_OK; at += piece) {
        size_t part = size - at < piece ? size - at : piece;
        uint8_t *copy = memory_allocate(part);

        memcpy(copy, data + at, part);
        result = machine.restore_write(staged, copy, part, &error);
        memory_free(copy);
    }
    if (result == RAFTD_OK) {
        result = machine.restore_finish(staged, &error);
    }
    if (result == RAFTD_OK) {
        machine.restore_commit(kv, staged);
        return kv;
    }
    ASSERT(result == RAFTD_ERROR_CORRUPT && error.message[0] != '\0');
    machine.restore_abort(staged);
    kv_destroy(kv);
    return NULL;
}

static void ask_digest(struct kv *kv, struct raftd_reply *reply)
{
    static const uint8_t digest[] = {1, KV_DIGEST, 0, 0};
    struct raftd_state_machine machine = kv_state_machine(kv);

    machine.read(kv, &(struct raftd_query){.data = digest, .size_bytes = sizeof(digest)}, reply);
    ASSERT(reply->bytes.size_bytes == DIGEST_REPLY_BYTES);
}

static void save(struct kv *kv, struct raftd_snapshot_sink *sink)
{
    struct raftd_state_machine machine = kv_state_machine(kv);

    machine.snapshot_begin(kv);
    while (!machine.snapshot_next(kv, sink, 64)) {
    }
    machine.snapshot_end(kv);
}

static void check_again(struct kv *kv)
{
    struct raftd_snapshot_sink sink = {0};
    struct raftd_reply first = {0};
    struct raftd_reply second = {0};
    struct kv *again;

    save(kv, &sink);
    again = restore(sink.bytes.data, sink.bytes.size_bytes, 7);
    ASSERT(again != NULL);
    ask_digest(kv, &first);
    ask_digest(again, &second);
    ASSERT(memcmp(first.bytes.data, second.bytes.data, DIGEST_REPLY_BYTES) == 0);
    kv_destroy(again);
    buffer_free(&sink.bytes);
    buffer_free(&first.bytes);
    buffer_free(&second.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kv *kv;
    struct kv *whole;
    size_t piece;

    if (size == 0) {
        return 0;
    }
    piece = data[0] > 0 ? data[0] : 1;
    kv = restore(data + 1, size - 1, piece);
    whole = restore(data + 1, size - 1, size);
    ASSERT((kv != NULL) == (whole != NULL));
    if (kv != NULL) {
        check_again(kv);
    }
    kv_destroy(kv);
    kv_destroy(whole);
    return 0;
}
