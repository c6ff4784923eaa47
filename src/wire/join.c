/*
 * Encodes and decodes the join request of a node that is not a member yet, and the reply to it.
 * Pure; any thread.
 */
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "wire/text.h"
#include "wire/wire.h"
#include "wire/writer.h"

enum { JOIN_FIXED_BYTES = 28, JOIN_REPLY_FIXED_BYTES = 23 };

_Static_assert(JOIN_FIXED_BYTES + 64 + 272 <= WIRE_HELLO_MAX_BYTES &&
                   JOIN_REPLY_FIXED_BYTES + 64 + 272 + 256 <= WIRE_HELLO_MAX_BYTES,
               "a join request and its reply fit their limit");

struct wire_frame *wire_join_encode(const struct wire_join *join)
{
    size_t name = wire_text_length(join->cluster_name, sizeof(join->cluster_name));
    size_t address = wire_text_length(join->address, sizeof(join->address));
    struct writer writer = writer_begin(WIRE_JOIN, JOIN_FIXED_BYTES + name + address);

    write_u16(&writer, join->version_min);
    write_u16(&writer, join->version_max);
    write_u64(&writer, join->cluster_id);
    write_u64(&writer, join->identity);
    write_u16(&writer, join->node_id);
    write_u8(&writer, join->asks_only ? 1 : 0);
    write_u8(&writer, join->promote ? 1 : 0);
    wire_text_write(&writer, join->cluster_name, name);
    wire_text_write(&writer, join->address, address);
    return writer_finish(&writer);
}

int wire_join_decode(struct wire_join *join, const void *payload, size_t size,
                     struct raftd_error *error)
{
    struct reader reader = reader_make(payload, size);

    join->version_min = reader_u16(&reader);
    join->version_max = reader_u16(&reader);
    join->cluster_id = reader_u64(&reader);
    join->identity = reader_u64(&reader);
    join->node_id = reader_u16(&reader);
    join->asks_only = read_bool(&reader);
    join->promote = read_bool(&reader);
    wire_text_read(&reader, join->cluster_name, sizeof(join->cluster_name));
    wire_text_read(&reader, join->address, sizeof(join->address));
    if (reader.failed || reader_left(&reader) != 0 || join->node_id == 0 || join->identity == 0 ||
        join->version_min > join->version_max) {
        return error_set(error, RAFTD_ERROR_PROTOCOL, "malformed join request of %zu bytes", size);
    }
    return 0;
}

struct wire_frame *wire_join_reply_encode(const struct wire_join_reply *reply)
{
    size_t name = wire_text_length(reply->cluster_name, sizeof(reply->cluster_name));
    size_t address = wire_text_length(reply->leader_address, sizeof(reply->leader_address));
    size_t text = wire_text_length(reply->text, sizeof(reply->text));
    struct writer writer =
        writer_begin(WIRE_JOIN_REPLY, JOIN_REPLY_FIXED_BYTES + name + address + text);

    write_u16(&writer, reply->version_min);
    write_u16(&writer, reply->version_max);
    write_u64(&writer, reply->cluster_id);
    write_u16(&writer, reply->node_id);
    write_u8(&writer, reply->verdict);
    write_u16(&writer, reply->leader_id);
    wire_text_write(&writer, reply->cluster_name, name);
    wire_text_write(&writer, reply->leader_address, address);
    wire_text_write(&writer, reply->text, text);
    return writer_finish(&writer);
}

int wire_join_reply_decode(struct wire_join_reply *reply, const void *payload, size_t size,
                           struct raftd_error *error)
{
    struct reader reader = reader_make(payload, size);

    reply->version_min = reader_u16(&reader);
    reply->version_max = reader_u16(&reader);
    reply->cluster_id = reader_u64(&reader);
    reply->node_id = reader_u16(&reader);
    reply->verdict = reader_u8(&reader);
    reply->leader_id = reader_u16(&reader);
    wire_text_read(&reader, reply->cluster_name, sizeof(reply->cluster_name));
    wire_text_read(&reader, reply->leader_address, sizeof(reply->leader_address));
    wire_text_read(&reader, reply->text, sizeof(reply->text));
    if (reader.failed || reader_left(&reader) != 0 || reply->node_id == 0 ||
        reply->verdict < WIRE_JOIN_WELCOME || reply->verdict > WIRE_JOIN_REMOVED ||
        (reply->verdict <= WIRE_JOIN_KNOCK && reply->cluster_id == 0) ||
        reply->version_min > reply->version_max) {
        return error_set(error, RAFTD_ERROR_PROTOCOL, "malformed join reply of %zu bytes", size);
    }
    return 0;
}
