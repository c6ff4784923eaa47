/*
 * Encodes Raft messages as frames and decodes them. A decoded message is one block of memory, with
 * its array of entries or proposal ids directly after the struct, and one reference to each entry.
 * Pure; any thread.
 */
#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/plant.h"
#include "wire/wire.h"
#include "wire/writer.h"

enum {
    COMMON_BYTES = 13, /* type, from, to, term */
    REFUSED_BYTES = 17,
};

/* The core limits a message by the cost of its entries: their data and sizeof(struct raft_entry)
 * each. An entry must not need more bytes in a frame than it costs, or a message within the core's
 * limit could be larger than the receiver accepts. */
_Static_assert(WIRE_ENTRY_OVERHEAD_BYTES <= sizeof(struct raft_entry),
               "an entry takes no more bytes in a frame than it costs");

static size_t entries_bytes(const struct raft_message *message)
{
    size_t size = 4;

    for (uint32_t i = 0; i < message->entry_count; i++) {
        size += WIRE_ENTRY_OVERHEAD_BYTES + message->entries[i]->size_bytes;
    }
    return size;
}

static size_t body_bytes(const struct raft_message *message)
{
    switch ((enum raft_message_type)message->type) {
    case RAFT_MESSAGE_VOTE:
        return 18;
    case RAFT_MESSAGE_VOTE_REPLY:
        return 2;
    case RAFT_MESSAGE_APPEND:
        return 53 + entries_bytes(message);
    case RAFT_MESSAGE_APPEND_REPLY:
        return 60;
    case RAFT_MESSAGE_READ:
        return 9;
    case RAFT_MESSAGE_READ_REPLY:
        return 16;
    case RAFT_MESSAGE_PROPOSE:
        return entries_bytes(message);
    case RAFT_MESSAGE_PROPOSE_REFUSED:
        return 4 + (size_t)message->refused_count * REFUSED_BYTES;
    case RAFT_MESSAGE_TIMEOUT_NOW:
    case RAFT_MESSAGE_REMOVED:
        return 0;
    }
    ASSERT(message->type <= RAFT_MESSAGE_REMOVED && message->type > 0);
    return 0;
}

static void write_entries(struct writer *writer, const struct raft_message *message)
{
    write_u32(writer, message->entry_count);
    for (uint32_t i = 0; i < message->entry_count; i++) {
        const struct raft_entry *entry = message->entries[i];

        write_u64(writer, entry->term);
        write_u64(writer, entry->index);
        write_u64(writer, entry->origin);
        write_u64(writer, entry->sequence);
        write_u64(writer, entry->time_ms);
        write_u64(writer, entry->wall_ms);
        write_u8(writer, entry->type);
        write_u32(writer, entry->size_bytes);
        write_bytes(writer, entry->data, entry->size_bytes);
    }
}

static void write_refused(struct writer *writer, const struct raft_message *message)
{
    write_u32(writer, message->refused_count);
    for (uint32_t i = 0; i < message->refused_count; i++) {
        write_u64(writer, message->refused[i].origin);
        write_u64(writer, message->refused[i].sequence);
        write_u8(writer, message->refused[i].reason);
    }
}

static void write_body(struct writer *writer, const struct raft_message *message)
{
    switch ((enum raft_message_type)message->type) {
    case RAFT_MESSAGE_VOTE:
        write_u64(writer, message->vote.last_index);
        write_u64(writer, message->vote.last_term);
        write_u8(writer, message->vote.pre ? 1 : 0);
        write_u8(writer, message->vote.handover ? 1 : 0);
        break;
    case RAFT_MESSAGE_VOTE_REPLY:
        write_u8(writer, message->vote_reply.pre ? 1 : 0);
        write_u8(writer, message->vote_reply.granted ? 1 : 0);
        break;
    case RAFT_MESSAGE_APPEND:
        write_u64(writer, message->append.previous_index);
        write_u64(writer, message->append.previous_term);
        write_u64(writer, message->append.commit_index);
        write_u64(writer, message->append.read_round);
        write_u64(writer, message->append.time_ms);
        write_u64(writer, message->append.number);
        write_u8(writer, message->append.reserve ? 1 : 0);
        write_u32(writer, message->append.wanted_promise_ms);
        write_entries(writer, message);
        break;
    case RAFT_MESSAGE_APPEND_REPLY:
        write_u8(writer, message->append_reply.success ? 1 : 0);
        write_u64(writer, message->append_reply.index);
        write_u64(writer, message->append_reply.conflict_index);
        write_u64(writer, message->append_reply.conflict_term);
        write_u64(writer, message->append_reply.read_round);
        write_u64(writer, message->append_reply.number);
        write_u8(writer, message->append_reply.standing);
        write_u8(writer, message->append_reply.space);
        write_u8(writer, message->append_reply.dropped ? 1 : 0);
        write_u32(writer, message->append_reply.promise_ms);
        write_u32(writer, message->append_reply.election_timeout_ms);
        write_u64(writer, message->append_reply.lost_index);
        break;
    case RAFT_MESSAGE_READ:
        write_u64(writer, message->read.attempt);
        write_u8(writer, message->read.lease ? 1 : 0);
        break;
    case RAFT_MESSAGE_READ_REPLY:
        write_u64(writer, message->read_reply.attempt);
        write_u64(writer, message->read_reply.index);
        break;
    case RAFT_MESSAGE_PROPOSE:
        write_entries(writer, message);
        break;
    case RAFT_MESSAGE_PROPOSE_REFUSED:
        write_refused(writer, message);
        break;
    case RAFT_MESSAGE_TIMEOUT_NOW:
    case RAFT_MESSAGE_REMOVED:
        break;
    }
}

struct wire_frame *wire_message_encode(const struct raft_message *message)
{
    struct writer writer = writer_begin(WIRE_RAFT, COMMON_BYTES + body_bytes(message));

    write_u8(&writer, message->type);
    write_u16(&writer, message->from);
    write_u16(&writer, message->to);
    write_u64(&writer, message->term);
    write_body(&writer, message);
    return writer_finish(&writer);
}

enum wire_class wire_message_class(const struct raft_message *message)
{
    /* A refusal lists as many proposals as a message may have entries, so it can be large. An empty
     * append on the lane of entries asks whether the entries before it have arrived, so it must not
     * overtake them. */
    return message->entry_count > 0 || message->lane == RAFT_LANE_ENTRIES ||
                   (message->type == RAFT_MESSAGE_APPEND && PLANT(wire_heartbeats_queue)) ||
                   message->type == RAFT_MESSAGE_PROPOSE ||
                   message->type == RAFT_MESSAGE_PROPOSE_REFUSED
               ? WIRE_ENTRIES
               : WIRE_CONTROL;
}

/*
 * Reads the number of elements that follow. Checks it against the limit, and against the bytes
 * that were received: each element takes at least element_bytes. So a frame with a hostile count
 * cannot make this node allocate a larger array than the frame itself justifies.
 */
static uint32_t read_count(struct reader *reader, size_t element_bytes, uint32_t limit)
{
    uint32_t count = reader_u32(reader);

    if (reader->failed || count > limit || count > reader_left(reader) / element_bytes) {
        reader->failed = true;
        return 0;
    }
    return count;
}

/* Returns NULL and sets reader->failed if the entry is cut off, too large or of unknown type. */
static struct raft_entry *read_entry(struct reader *reader, uint32_t max_entry_bytes)
{
    uint64_t term = reader_u64(reader);
    uint64_t index = reader_u64(reader);
    uint64_t origin = reader_u64(reader);
    uint64_t sequence = reader_u64(reader);
    uint64_t time_ms = reader_u64(reader);
    uint64_t wall_ms = reader_u64(reader);
    uint8_t type = reader_u8(reader);
    uint32_t size = reader_u32(reader);
    const uint8_t *data = reader_bytes(reader, size);
    struct raft_entry *entry;

    if (data == NULL || size > max_entry_bytes ||
        (!raft_entry_type_is_logged(type) && type != RAFT_ENTRY_MEMBERSHIP_CHANGE)) {
        reader->failed = true;
        return NULL;
    }
    entry = raft_entry_make(type, data, size);
    entry->term = term;
    entry->index = index;
    entry->origin = origin;
    entry->sequence = sequence;
    entry->time_ms = time_ms;
    entry->wall_ms = wall_ms;
    return entry;
}

/* A copy of head in a block with room for an array directly after it. */
static struct raft_message *message_make(const struct raft_message *head, size_t array_bytes)
{
    struct raft_message *message = memory_allocate(sizeof(*message) + array_bytes);

    _Static_assert(_Alignof(struct raft_message) >= _Alignof(struct raft_proposal_id) &&
                       _Alignof(struct raft_message) >= _Alignof(struct raft_entry *),
                   "an array may follow the message");
    *message = *head;
    return message;
}

static struct raft_message *read_entries(struct reader *reader, const struct raft_message *head,
                                         const struct wire_limits *limits)
{
    uint32_t count = read_count(reader, WIRE_ENTRY_OVERHEAD_BYTES, limits->max_entries);
    struct raft_message *message = message_make(head, count * sizeof(struct raft_entry *));
    struct raft_entry **entries = (struct raft_entry **)(message + 1);

    message->entries = count > 0 ? entries : NULL;
    while (message->entry_count < count) {
        struct raft_entry *entry = read_entry(reader, limits->max_entry_bytes);

        if (entry == NULL) {
            break;
        }
        entries[message->entry_count++] = entry;
    }
    return message;
}

static struct raft_message *read_refused(struct reader *reader, const struct raft_message *head,
                                         const struct wire_limits *limits)
{
    uint32_t count = read_count(reader, REFUSED_BYTES, limits->max_entries);
    struct raft_message *message = message_make(head, count * sizeof(struct raft_proposal_id));
    struct raft_proposal_id *refused = (struct raft_proposal_id *)(message + 1);

    message->refused = count > 0 ? refused : NULL;
    message->refused_count = count;
    for (uint32_t i = 0; i < count; i++) {
        refused[i].origin = reader_u64(reader);
        refused[i].sequence = reader_u64(reader);
        refused[i].reason = reader_u8(reader);
        if (refused[i].reason == RAFT_REFUSED_NOT || refused[i].reason >= RAFT_REFUSALS) {
            reader->failed = true;
        }
    }
    return message;
}

/* Returns the whole message, or NULL if its type is unknown. The caller has to look at
 * reader->failed. */
static struct raft_message *read_message(struct reader *reader, const struct wire_limits *limits)
{
    struct raft_message head = {0};

    head.type = reader_u8(reader);
    head.from = reader_u16(reader);
    head.to = reader_u16(reader);
    head.term = reader_u64(reader);
    switch (head.type) {
    case RAFT_MESSAGE_VOTE:
        head.vote.last_index = reader_u64(reader);
        head.vote.last_term = reader_u64(reader);
        head.vote.pre = read_bool(reader);
        head.vote.handover = read_bool(reader);
        break;
    case RAFT_MESSAGE_VOTE_REPLY:
        head.vote_reply.pre = read_bool(reader);
        head.vote_reply.granted = read_bool(reader);
        break;
    case RAFT_MESSAGE_APPEND:
        head.append.previous_index = reader_u64(reader);
        head.append.previous_term = reader_u64(reader);
        head.append.commit_index = reader_u64(reader);
        head.append.read_round = reader_u64(reader);
        head.append.time_ms = reader_u64(reader);
        head.append.number = reader_u64(reader);
        head.append.reserve = read_bool(reader);
        head.append.wanted_promise_ms = reader_u32(reader);
        return read_entries(reader, &head, limits);
    case RAFT_MESSAGE_APPEND_REPLY:
        head.append_reply.success = read_bool(reader);
        head.append_reply.index = reader_u64(reader);
        head.append_reply.conflict_index = reader_u64(reader);
        head.append_reply.conflict_term = reader_u64(reader);
        head.append_reply.read_round = reader_u64(reader);
        head.append_reply.number = reader_u64(reader);
        head.append_reply.standing = reader_u8(reader);
        head.append_reply.space = reader_u8(reader);
        head.append_reply.dropped = read_bool(reader);
        head.append_reply.promise_ms = reader_u32(reader);
        head.append_reply.election_timeout_ms = reader_u32(reader);
        head.append_reply.lost_index = reader_u64(reader);
        break;
    case RAFT_MESSAGE_READ:
        head.read.attempt = reader_u64(reader);
        head.read.lease = read_bool(reader);
        break;
    case RAFT_MESSAGE_READ_REPLY:
        head.read_reply.attempt = reader_u64(reader);
        head.read_reply.index = reader_u64(reader);
        break;
    case RAFT_MESSAGE_PROPOSE:
        return read_entries(reader, &head, limits);
    case RAFT_MESSAGE_PROPOSE_REFUSED:
        return read_refused(reader, &head, limits);
    case RAFT_MESSAGE_TIMEOUT_NOW:
    case RAFT_MESSAGE_REMOVED:
        break;
    default:
        return NULL;
    }
    return message_make(&head, 0);
}

int wire_message_decode(struct raft_message **message, const void *payload, size_t size,
                        const struct wire_limits *limits, struct raftd_error *error)
{
    struct reader reader = reader_make(payload, size);
    struct raft_message *decoded = read_message(&reader, limits);

    *message = NULL;
    if (decoded == NULL) {
        return error_set(error, RAFTD_ERROR_PROTOCOL, "raft message of unknown type, %zu bytes",
                         size);
    }
    if (reader.failed || reader_left(&reader) != 0 || decoded->from == 0 || decoded->to == 0) {
        int code = error_set(error, RAFTD_ERROR_PROTOCOL,
                             "malformed raft message of type %u with %zu bytes; the limits are "
                             "%lu entries in a message and %lu bytes in an entry",
                             (unsigned)decoded->type, size, (unsigned long)limits->max_entries,
                             (unsigned long)limits->max_entry_bytes);

        wire_message_free(decoded);
        return code;
    }
    *message = decoded;
    return 0;
}

void wire_message_free(struct raft_message *message)
{
    if (message == NULL) {
        return;
    }
    for (uint32_t i = 0; i < message->entry_count; i++) {
        raft_entry_release(message->entries[i]);
    }
    memory_free(message);
}
