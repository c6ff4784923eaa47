/*
 * Encodes and decodes frame headers and the small frames: hello and hello reply, probe and probe
 * reply; and the heads of pieces. Pure; any thread.
 */
#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "wire/text.h"
#include "wire/wire.h"
#include "wire/writer.h"

enum { PROBE_BYTES = 9, HELLO_FIXED_BYTES = 30, HELLO_IDENTITY_BYTES = 32 };

/* Places in a header. */
enum { TYPE_OFFSET = 4, VERSION_OFFSET = 5, PADDING_OFFSET = 6 };

_Static_assert(HELLO_FIXED_BYTES + HELLO_IDENTITY_BYTES + 64 + 272 + 256 <= WIRE_HELLO_MAX_BYTES,
               "a hello fits its limit");

static bool is_greeting(uint8_t type)
{
    return type == WIRE_HELLO || type == WIRE_HELLO_REPLY || type == WIRE_JOIN ||
           type == WIRE_JOIN_REPLY || type == WIRE_FOUND || type == WIRE_FOUND_REPLY;
}

struct writer writer_begin(enum wire_frame_type type, size_t payload_bytes)
{
    struct writer writer;

    ASSERT(payload_bytes <= UINT32_MAX);
    writer.frame = memory_allocate(sizeof(struct wire_frame) + WIRE_HEADER_BYTES + payload_bytes);
    writer.frame->size_bytes = WIRE_HEADER_BYTES + payload_bytes;
    writer.place = writer.frame->data;
    write_u32(&writer, (uint32_t)payload_bytes);
    write_u8(&writer, (uint8_t)type);
    write_u8(&writer, is_greeting((uint8_t)type) ? WIRE_VERSION_GREETING : WIRE_VERSION_MAX);
    write_u16(&writer, 0);
    return writer;
}

struct wire_frame *writer_finish(const struct writer *writer)
{
    ASSERT(writer->place == writer->frame->data + writer->frame->size_bytes);
    return writer->frame;
}

static size_t limit_of_type(uint8_t type, size_t max_payload_bytes)
{
    size_t limit = max_payload_bytes;

    if (is_greeting(type)) {
        limit = WIRE_HELLO_MAX_BYTES;
    } else if (type == WIRE_PROBE || type == WIRE_PROBE_REPLY) {
        limit = PROBE_BYTES;
    } else if (type == WIRE_SNAPSHOT) {
        limit = WIRE_SNAPSHOT_FIXED_BYTES + WIRE_SNAPSHOT_CHUNK_MAX;
    } else if (type == WIRE_PIECE) {
        limit = WIRE_PIECE_FIXED_BYTES + WIRE_PIECE_DATA_MAX;
    }
    return limit < max_payload_bytes ? limit : max_payload_bytes;
}

int wire_header_decode(struct wire_header *header, const uint8_t data[WIRE_HEADER_BYTES],
                       size_t max_payload_bytes, struct raftd_error *error)
{
    bool greeting = is_greeting(data[TYPE_OFFSET]);
    int min = greeting ? WIRE_VERSION_GREETING : WIRE_VERSION_MIN;
    int max = greeting ? WIRE_VERSION_GREETING : WIRE_VERSION_MAX;
    size_t limit;

    header->payload_bytes = load_u32(data);
    header->type = data[TYPE_OFFSET];
    header->version = data[VERSION_OFFSET];
    if (header->type < WIRE_HELLO || header->type > WIRE_FOUND_REPLY) {
        return error_set(error, RAFTD_ERROR_PROTOCOL, "frame of unknown type %u",
                         (unsigned)header->type);
    }
    if (header->version < min || header->version > max) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "frame of type %u in protocol version %u; this node speaks versions %d to "
                         "%d in such a frame",
                         (unsigned)header->type, (unsigned)header->version, min, max);
    }
    if (load_u16(data + PADDING_OFFSET) != 0) {
        return error_set(error, RAFTD_ERROR_PROTOCOL, "frame header with non-zero padding");
    }
    limit = limit_of_type(header->type, max_payload_bytes);
    if (header->payload_bytes > limit) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "frame of type %u with %lu bytes; the limit is %zu bytes",
                         (unsigned)header->type, (unsigned long)header->payload_bytes, limit);
    }
    return 0;
}

size_t wire_text_length(const char *text, size_t size)
{
    size_t length = 0;

    while (length < size && text[length] != 0) {
        length++;
    }
    ASSERT(length < size);
    return length;
}

void wire_text_write(struct writer *writer, const char *text, size_t length)
{
    write_u16(writer, (uint16_t)length);
    write_bytes(writer, text, length);
}

void wire_text_read(struct reader *reader, char *text, size_t size)
{
    size_t length = reader_u16(reader);
    const uint8_t *bytes = reader_bytes(reader, length);

    text[0] = 0;
    if (bytes == NULL || length >= size) {
        reader->failed = true;
        return;
    }
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < 0x20 || bytes[i] == 0x7f) {
            reader->failed = true;
            return;
        }
    }
    memcpy(text, bytes, length);
    text[length] = 0;
}

/*
 * A refusal has the layout of version 1, and so has a hello of a node that speaks nothing newer. So
 * such a node can read why it is refused, and this node can say in its log which node is older.
 */
static bool has_identity(const struct wire_hello *hello)
{
    return hello->version_max >= WIRE_VERSION_MIN && hello->refusal[0] == 0;
}

struct wire_frame *wire_hello_encode(enum wire_frame_type type, const struct wire_hello *hello)
{
    size_t name = wire_text_length(hello->cluster_name, sizeof(hello->cluster_name));
    size_t address = wire_text_length(hello->client_address, sizeof(hello->client_address));
    size_t refusal = wire_text_length(hello->refusal, sizeof(hello->refusal));
    struct writer writer;

    ASSERT(type == WIRE_HELLO || type == WIRE_HELLO_REPLY);
    writer = writer_begin(type, HELLO_FIXED_BYTES + name + address + refusal +
                                    (has_identity(hello) ? HELLO_IDENTITY_BYTES : 0));
    write_u16(&writer, hello->version_min);
    write_u16(&writer, hello->version_max);
    write_u64(&writer, hello->cluster_id);
    write_u16(&writer, hello->node_id);
    write_u16(&writer, hello->wanted_id);
    write_u64(&writer, hello->process_id);
    wire_text_write(&writer, hello->cluster_name, name);
    wire_text_write(&writer, hello->client_address, address);
    wire_text_write(&writer, hello->refusal, refusal);
    if (has_identity(hello)) {
        write_u64(&writer, hello->identity);
        write_u64(&writer, hello->boot_count);
        write_u64(&writer, hello->term);
        write_u64(&writer, hello->last_index);
    }
    return writer_finish(&writer);
}

int wire_hello_decode(struct wire_hello *hello, const void *payload, size_t size,
                      struct raftd_error *error)
{
    struct reader reader = reader_make(payload, size);

    hello->version_min = reader_u16(&reader);
    hello->version_max = reader_u16(&reader);
    hello->cluster_id = reader_u64(&reader);
    hello->node_id = reader_u16(&reader);
    hello->wanted_id = reader_u16(&reader);
    hello->process_id = reader_u64(&reader);
    wire_text_read(&reader, hello->cluster_name, sizeof(hello->cluster_name));
    wire_text_read(&reader, hello->client_address, sizeof(hello->client_address));
    wire_text_read(&reader, hello->refusal, sizeof(hello->refusal));
    hello->identity = has_identity(hello) ? reader_u64(&reader) : 0;
    hello->boot_count = has_identity(hello) ? reader_u64(&reader) : 0;
    hello->term = has_identity(hello) ? reader_u64(&reader) : 0;
    hello->last_index = has_identity(hello) ? reader_u64(&reader) : 0;
    if (reader.failed || reader_left(&reader) != 0) {
        return error_set(error, RAFTD_ERROR_PROTOCOL, "malformed hello of %zu bytes", size);
    }
    if (has_identity(hello) && hello->identity == 0) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "invalid hello: node %u says no identity of its data directory",
                         (unsigned)hello->node_id);
    }
    if (hello->node_id == 0 || hello->version_min > hello->version_max) {
        return error_set(
            error, RAFTD_ERROR_PROTOCOL, "invalid hello: node id %u, protocol versions %u to %u",
            (unsigned)hello->node_id, (unsigned)hello->version_min, (unsigned)hello->version_max);
    }
    return 0;
}

struct wire_frame *wire_probe_encode(enum wire_frame_type type, const struct wire_probe *probe)
{
    struct writer writer;

    ASSERT(type == WIRE_PROBE || type == WIRE_PROBE_REPLY);
    writer = writer_begin(type, PROBE_BYTES);
    write_u64(&writer, probe->nonce);
    write_u8(&writer, probe->ready ? 1 : 0);
    return writer_finish(&writer);
}

int wire_probe_decode(struct wire_probe *probe, const void *payload, size_t size,
                      struct raftd_error *error)
{
    struct reader reader = reader_make(payload, size);

    probe->nonce = reader_u64(&reader);
    probe->ready = read_bool(&reader);
    if (reader.failed || reader_left(&reader) != 0) {
        return error_set(error, RAFTD_ERROR_PROTOCOL, "malformed probe of %zu bytes", size);
    }
    return 0;
}

void wire_piece_head(uint8_t head[WIRE_PIECE_HEAD_BYTES], enum wire_class class, size_t size)
{
    ASSERT(class == WIRE_ENTRIES || class == WIRE_BULK);
    ASSERT(size > 0 && size <= WIRE_PIECE_DATA_MAX);
    store_u32(head, (uint32_t)(WIRE_PIECE_FIXED_BYTES + size));
    head[TYPE_OFFSET] = WIRE_PIECE;
    head[VERSION_OFFSET] = WIRE_VERSION_MAX;
    store_u16(head + PADDING_OFFSET, 0);
    head[WIRE_HEADER_BYTES] = (uint8_t) class;
}

int wire_piece_decode(struct wire_piece *piece, const void *payload, size_t size,
                      struct raftd_error *error)
{
    const uint8_t *bytes = payload;

    if (size <= WIRE_PIECE_FIXED_BYTES || size > WIRE_PIECE_FIXED_BYTES + WIRE_PIECE_DATA_MAX) {
        return error_set(error, RAFTD_ERROR_PROTOCOL, "piece of %zu bytes; expected %d to %d", size,
                         WIRE_PIECE_FIXED_BYTES + 1, WIRE_PIECE_FIXED_BYTES + WIRE_PIECE_DATA_MAX);
    }
    if (bytes[0] != WIRE_ENTRIES && bytes[0] != WIRE_BULK) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "piece of unknown class %u; expected %d (entries) or %d (bulk)",
                         (unsigned)bytes[0], WIRE_ENTRIES, WIRE_BULK);
    }
    piece->class = (enum wire_class)bytes[0];
    piece->data = bytes + WIRE_PIECE_FIXED_BYTES;
    piece->size_bytes = size - WIRE_PIECE_FIXED_BYTES;
    return 0;
}
