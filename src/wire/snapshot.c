/*
 * Encodes and decodes the frames of a snapshot transfer. Pure; any thread.
 */
#include <stddef.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "wire/wire.h"
#include "wire/writer.h"

struct wire_frame *wire_snapshot_encode(const struct wire_snapshot *snapshot, const void *data)
{
    struct writer writer =
        writer_begin(WIRE_SNAPSHOT, WIRE_SNAPSHOT_FIXED_BYTES + (size_t)snapshot->data_bytes);

    ASSERT(snapshot->data_bytes <= WIRE_SNAPSHOT_CHUNK_MAX);
    write_u8(&writer, snapshot->kind);
    write_u8(&writer, snapshot->answer);
    write_u16(&writer, 0);
    write_u32(&writer, snapshot->data_bytes);
    write_u64(&writer, snapshot->index);
    write_u64(&writer, snapshot->id);
    write_u64(&writer, snapshot->offset_bytes);
    write_bytes(&writer, data, snapshot->data_bytes);
    return writer_finish(&writer);
}

static bool is_sane(const struct wire_snapshot *snapshot)
{
    switch (snapshot->kind) {
    case WIRE_SNAPSHOT_OFFER:
        return snapshot->answer == 0 && snapshot->data_bytes == 0 && snapshot->offset_bytes > 0;
    case WIRE_SNAPSHOT_CHUNK:
        return snapshot->answer == 0 && snapshot->data_bytes > 0 &&
               snapshot->offset_bytes <= UINT64_MAX - snapshot->data_bytes;
    case WIRE_SNAPSHOT_ANSWER:
        return snapshot->answer >= WIRE_SNAPSHOT_WANTED &&
               snapshot->answer <= WIRE_SNAPSHOT_REFUSED && snapshot->data_bytes == 0;
    default:
        return false;
    }
}

int wire_snapshot_decode(struct wire_snapshot **snapshot, const void *payload, size_t size,
                         struct raftd_error *error)
{
    struct reader reader = reader_make(payload, size);
    struct wire_snapshot head = {.kind = reader_u8(&reader), .answer = reader_u8(&reader)};
    uint16_t padding = reader_u16(&reader);
    const uint8_t *data;

    head.data_bytes = reader_u32(&reader);
    head.index = reader_u64(&reader);
    head.id = reader_u64(&reader);
    head.offset_bytes = reader_u64(&reader);
    data = reader_bytes(&reader, head.data_bytes);
    if (reader.failed || reader_left(&reader) != 0 || padding != 0 || head.index == 0 ||
        head.data_bytes > WIRE_SNAPSHOT_CHUNK_MAX || !is_sane(&head)) {
        *snapshot = NULL;
        return error_set(error, RAFTD_ERROR_PROTOCOL, "malformed snapshot frame of %zu bytes",
                         size);
    }
    *snapshot = memory_allocate(sizeof(**snapshot) + head.data_bytes);
    memcpy(*snapshot, &head, sizeof(head));
    if (head.data_bytes > 0) {
        memcpy((*snapshot)->data, data, head.data_bytes);
    }
    return 0;
}
