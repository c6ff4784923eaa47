/*
 * Encodes and decodes what founders tell each other before there is a cluster. Pure; any thread.
 */
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "wire/text.h"
#include "wire/wire.h"
#include "wire/writer.h"

enum { FOUND_FIXED_BYTES = 37, FOUNDER_BYTES = 10 };

_Static_assert(FOUND_FIXED_BYTES + WIRE_FOUNDERS_MAX * FOUNDER_BYTES + 64 <= WIRE_HELLO_MAX_BYTES,
               "what a founder says fits its limit");

struct wire_frame *wire_found_encode(enum wire_frame_type type, const struct wire_found *found)
{
    size_t name = wire_text_length(found->cluster_name, sizeof(found->cluster_name));
    size_t founders = found->founder_count * (size_t)FOUNDER_BYTES;
    struct writer writer;

    ASSERT(type == WIRE_FOUND || type == WIRE_FOUND_REPLY);
    ASSERT(found->founder_count <= WIRE_FOUNDERS_MAX);
    writer = writer_begin(type, FOUND_FIXED_BYTES + founders + name);
    write_u16(&writer, found->version_min);
    write_u16(&writer, found->version_max);
    write_u16(&writer, found->node_id);
    write_u16(&writer, found->wanted_id);
    write_u8(&writer, found->state);
    write_u64(&writer, found->identity);
    write_u64(&writer, found->digest);
    write_u64(&writer, found->cluster_id);
    write_u16(&writer, found->founder_count);
    for (size_t i = 0; i < found->founder_count; i++) {
        write_u16(&writer, found->founders[i].id);
        write_u64(&writer, found->founders[i].identity);
    }
    wire_text_write(&writer, found->cluster_name, name);
    return writer_finish(&writer);
}

int wire_found_decode(struct wire_found *found, const void *payload, size_t size,
                      struct raftd_error *error)
{
    struct reader reader = reader_make(payload, size);

    memset(found, 0, sizeof(*found));
    found->version_min = reader_u16(&reader);
    found->version_max = reader_u16(&reader);
    found->node_id = reader_u16(&reader);
    found->wanted_id = reader_u16(&reader);
    found->state = reader_u8(&reader);
    found->identity = reader_u64(&reader);
    found->digest = reader_u64(&reader);
    found->cluster_id = reader_u64(&reader);
    found->founder_count = reader_u16(&reader);
    reader.failed = reader.failed || found->founder_count > WIRE_FOUNDERS_MAX;
    for (size_t i = 0; !reader.failed && i < found->founder_count; i++) {
        found->founders[i].id = reader_u16(&reader);
        found->founders[i].identity = reader_u64(&reader);
    }
    if (!reader.failed) {
        wire_text_read(&reader, found->cluster_name, sizeof(found->cluster_name));
    }
    if (reader.failed || reader_left(&reader) != 0 || found->node_id == 0 || found->identity == 0 ||
        found->state < WIRE_FOUND_EMPTY || found->state > WIRE_FOUND_MEMBER ||
        (found->cluster_id != 0) != (found->state == WIRE_FOUND_MEMBER) ||
        found->version_min > found->version_max) {
        return error_set(error, RAFTD_ERROR_PROTOCOL, "malformed founding message of %zu bytes",
                         size);
    }
    return 0;
}
