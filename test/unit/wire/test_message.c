/*
 * wire/message: every type of message is decoded as it was encoded. A message that is cut, longer
 * than its content, or has impossible values is refused before memory is allocated for what it
 * announces.
 */
#include <string.h>

#include "unit.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "wire/wire.h"

enum { SAMPLES = 10, ENTRIES = 3, BODY_OFFSET = 13 };

static const struct wire_limits limits = {.max_entry_bytes = 1000, .max_entries = 8};

/* One message of each type; of the types with an array, a second one without elements. */
struct samples {
    struct raft_message messages[SAMPLES];
    struct raft_entry *entries[ENTRIES];
    struct raft_proposal_id refused[2];
};

static void samples_make(struct samples *s)
{
    static const uint8_t types[ENTRIES] = {RAFT_ENTRY_NOOP, RAFT_ENTRY_COMMAND,
                                           RAFT_ENTRY_MEMBERSHIP};
    static const char *const data[ENTRIES] = {"", "set a 1", "not interpreted here"};

    *s = (struct samples){0};
    for (uint32_t i = 0; i < ENTRIES; i++) {
        s->entries[i] = raft_entry_make(types[i], data[i], (uint32_t)strlen(data[i]));
        s->entries[i]->term = 3 + i;
        s->entries[i]->index = 41 + i;
        s->entries[i]->origin = UINT64_MAX - i;
        s->entries[i]->sequence = 1000 + i;
        s->entries[i]->time_ms = 5000 + i;
        s->entries[i]->wall_ms = 6000 + i;
    }
    s->refused[0] = (struct raft_proposal_id){.origin = 1, .sequence = 2, .reason = 1};
    s->refused[1] =
        (struct raft_proposal_id){.origin = UINT64_MAX, .sequence = 4, .reason = RAFT_REFUSALS - 1};
    for (size_t i = 0; i < SAMPLES; i++) {
        s->messages[i].type = (uint8_t)(i < 8 ? i + 1 : 0);
        s->messages[i].from = 2;
        s->messages[i].to = 65535;
        s->messages[i].term = 0x0123456789abcdef;
    }
    s->messages[0].vote.last_index = 5;
    s->messages[0].vote.last_term = 4;
    s->messages[0].vote.pre = true;
    s->messages[1].vote_reply.granted = true;
    s->messages[2].append.previous_index = 40;
    s->messages[2].append.previous_term = 3;
    s->messages[2].append.commit_index = 39;
    s->messages[2].append.read_round = 77;
    s->messages[2].append.time_ms = 78;
    s->messages[2].append.wanted_promise_ms = UINT32_MAX - 1;
    s->messages[2].entries = s->entries;
    s->messages[2].entry_count = ENTRIES;
    s->messages[3].append_reply.success = true;
    s->messages[3].append_reply.index = 12;
    s->messages[3].append_reply.conflict_index = 13;
    s->messages[3].append_reply.conflict_term = 14;
    s->messages[3].append_reply.read_round = 15;
    s->messages[3].append_reply.number = 16;
    s->messages[3].append_reply.standing = 16;
    s->messages[3].append_reply.promise_ms = 17;
    s->messages[3].append_reply.election_timeout_ms = UINT32_MAX;
    s->messages[4].read.attempt = 99;
    s->messages[4].read.lease = true;
    s->messages[5].read_reply.attempt = 99;
    s->messages[5].read_reply.index = 100;
    s->messages[6].entries = s->entries + 1;
    s->messages[6].entry_count = 1;
    s->messages[7].refused = s->refused;
    s->messages[7].refused_count = 2;
    s->messages[8] = s->messages[2];
    s->messages[8].entries = NULL;
    s->messages[8].entry_count = 0;
    s->messages[9] = s->messages[1];
    s->messages[9].vote_reply.pre = true;
    s->messages[9].vote_reply.granted = false;
}

static void samples_free(struct samples *s)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        raft_entry_release(s->entries[i]);
    }
}

static int decode(struct raft_message **message, const uint8_t *payload, size_t size)
{
    uint8_t *copy = memory_allocate(size);
    int code;

    memcpy(copy, payload, size);
    code = wire_message_decode(message, copy, size, &limits, NULL);
    memory_free(copy);
    return code;
}

static void assert_refused(const uint8_t *payload, size_t size)
{
    struct raft_message *message;

    ck_assert_int_eq(decode(&message, payload, size), RAFTD_ERROR_PROTOCOL);
    ck_assert_ptr_null(message);
}

static void assert_same_body(const struct raft_message *a, const struct raft_message *b)
{
    switch (a->type) {
    case RAFT_MESSAGE_VOTE:
        ck_assert_uint_eq(a->vote.last_index, b->vote.last_index);
        ck_assert_uint_eq(a->vote.last_term, b->vote.last_term);
        ck_assert(a->vote.pre == b->vote.pre);
        break;
    case RAFT_MESSAGE_VOTE_REPLY:
        ck_assert(a->vote_reply.pre == b->vote_reply.pre);
        ck_assert(a->vote_reply.granted == b->vote_reply.granted);
        break;
    case RAFT_MESSAGE_APPEND:
        ck_assert_uint_eq(a->append.previous_index, b->append.previous_index);
        ck_assert_uint_eq(a->append.previous_term, b->append.previous_term);
        ck_assert_uint_eq(a->append.commit_index, b->append.commit_index);
        ck_assert_uint_eq(a->append.read_round, b->append.read_round);
        ck_assert_uint_eq(a->append.time_ms, b->append.time_ms);
        ck_assert_uint_eq(a->append.wanted_promise_ms, b->append.wanted_promise_ms);
        break;
    case RAFT_MESSAGE_APPEND_REPLY:
        ck_assert(a->append_reply.success == b->append_reply.success);
        ck_assert_uint_eq(a->append_reply.index, b->append_reply.index);
        ck_assert_uint_eq(a->append_reply.conflict_index, b->append_reply.conflict_index);
        ck_assert_uint_eq(a->append_reply.conflict_term, b->append_reply.conflict_term);
        ck_assert_uint_eq(a->append_reply.read_round, b->append_reply.read_round);
        ck_assert_uint_eq(a->append_reply.standing, b->append_reply.standing);
        ck_assert_uint_eq(a->append_reply.promise_ms, b->append_reply.promise_ms);
        ck_assert_uint_eq(a->append_reply.election_timeout_ms, b->append_reply.election_timeout_ms);
        break;
    case RAFT_MESSAGE_READ:
        ck_assert_uint_eq(a->read.attempt, b->read.attempt);
        ck_assert(a->read.lease == b->read.lease);
        break;
    case RAFT_MESSAGE_READ_REPLY:
        ck_assert_uint_eq(a->read_reply.attempt, b->read_reply.attempt);
        ck_assert_uint_eq(a->read_reply.index, b->read_reply.index);
        break;
    default:
        break;
    }
}

static void assert_same(const struct raft_message *a, const struct raft_message *b)
{
    ck_assert_uint_eq(a->type, b->type);
    ck_assert_uint_eq(a->from, b->from);
    ck_assert_uint_eq(a->to, b->to);
    ck_assert_uint_eq(a->term, b->term);
    assert_same_body(a, b);
    ck_assert_uint_eq(a->entry_count, b->entry_count);
    for (uint32_t i = 0; i < a->entry_count; i++) {
        ck_assert_uint_eq(a->entries[i]->term, b->entries[i]->term);
        ck_assert_uint_eq(a->entries[i]->index, b->entries[i]->index);
        ck_assert_uint_eq(a->entries[i]->origin, b->entries[i]->origin);
        ck_assert_uint_eq(a->entries[i]->sequence, b->entries[i]->sequence);
        ck_assert_uint_eq(a->entries[i]->time_ms, b->entries[i]->time_ms);
        ck_assert_uint_eq(a->entries[i]->wall_ms, b->entries[i]->wall_ms);
        ck_assert_uint_eq(a->entries[i]->type, b->entries[i]->type);
        ck_assert_uint_eq(a->entries[i]->size_bytes, b->entries[i]->size_bytes);
        ck_assert_mem_eq(a->entries[i]->data, b->entries[i]->data, a->entries[i]->size_bytes);
    }
    ck_assert_uint_eq(a->refused_count, b->refused_count);
    for (uint32_t i = 0; i < a->refused_count; i++) {
        ck_assert_uint_eq(a->refused[i].origin, b->refused[i].origin);
        ck_assert_uint_eq(a->refused[i].sequence, b->refused[i].sequence);
    }
}

START_TEST(every_type_comes_back_as_it_went)
{
    struct samples s;

    samples_make(&s);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct wire_frame *frame = wire_message_encode(&s.messages[i]);
        struct raft_message *back;
        struct wire_header header;

        ck_assert_int_eq(wire_header_decode(&header, frame->data, 1 << 20, NULL), 0);
        ck_assert_uint_eq(header.type, WIRE_RAFT);
        ck_assert_uint_eq(header.payload_bytes, frame->size_bytes - WIRE_HEADER_BYTES);
        ck_assert_int_eq(decode(&back, frame->data + WIRE_HEADER_BYTES, header.payload_bytes), 0);
        assert_same(&s.messages[i], back);
        wire_message_free(back);
        memory_free(frame);
    }
    samples_free(&s);
}
END_TEST

START_TEST(after_write_stays_at_home)
{
    struct raft_message message = {
        .type = RAFT_MESSAGE_READ, .from = 1, .to = 2, .after_write = 12345};
    struct wire_frame *frame = wire_message_encode(&message);
    struct raft_message *back;

    ck_assert_int_eq(
        decode(&back, frame->data + WIRE_HEADER_BYTES, frame->size_bytes - WIRE_HEADER_BYTES), 0);
    ck_assert_uint_eq(back->after_write, 0);
    wire_message_free(back);
    memory_free(frame);
}
END_TEST

START_TEST(cut_anywhere_or_with_a_byte_more_it_is_refused)
{
    struct samples s;

    samples_make(&s);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct wire_frame *frame = wire_message_encode(&s.messages[i]);
        size_t size = frame->size_bytes - WIRE_HEADER_BYTES;
        uint8_t longer[4096] = {0};

        for (size_t cut = 0; cut < size; cut++) {
            assert_refused(frame->data + WIRE_HEADER_BYTES, cut);
        }
        memcpy(longer, frame->data + WIRE_HEADER_BYTES, size);
        assert_refused(longer, size + 1);
        memory_free(frame);
    }
    samples_free(&s);
}
END_TEST

/* Encodes sample number `which`, overwrites one byte of the payload and expects that it is
 * refused. */
static void assert_byte_refused(size_t which, size_t offset, uint8_t value)
{
    struct samples s;
    struct wire_frame *frame;

    samples_make(&s);
    frame = wire_message_encode(&s.messages[which]);
    frame->data[WIRE_HEADER_BYTES + offset] = value;
    assert_refused(frame->data + WIRE_HEADER_BYTES, frame->size_bytes - WIRE_HEADER_BYTES);
    memory_free(frame);
    samples_free(&s);
}

START_TEST(unknown_types_are_refused)
{
    enum { FIRST_ENTRY_TYPE = BODY_OFFSET + 53 + 4 + 48 };

    assert_byte_refused(0, 0, 0);
    assert_byte_refused(0, 0, RAFT_MESSAGE_REMOVED + 1);
    assert_byte_refused(0, 0, 255);
    assert_byte_refused(2, FIRST_ENTRY_TYPE, 0);
    assert_byte_refused(2, FIRST_ENTRY_TYPE, RAFT_ENTRY_TYPE_MAX + 1);
}
END_TEST

START_TEST(booleans_are_zero_or_one)
{
    assert_byte_refused(0, BODY_OFFSET + 16, 2);
    assert_byte_refused(0, BODY_OFFSET + 17, 2);
    assert_byte_refused(1, BODY_OFFSET, 2);
    assert_byte_refused(1, BODY_OFFSET + 1, 255);
    assert_byte_refused(2, BODY_OFFSET + 48, 2);
    assert_byte_refused(3, BODY_OFFSET, 128);
}
END_TEST

START_TEST(messages_from_or_to_nobody_are_refused)
{
    assert_byte_refused(0, 1, 0); /* from is 2, so only one of its bytes is not zero */
    struct raft_message message = {.type = RAFT_MESSAGE_READ, .from = 1, .to = 0};
    struct wire_frame *frame = wire_message_encode(&message);

    assert_refused(frame->data + WIRE_HEADER_BYTES, frame->size_bytes - WIRE_HEADER_BYTES);
    memory_free(frame);
}
END_TEST

/* A message of a type whose body has a count. It announces `count` elements and has `size`
 * bytes. */
static void assert_count_refused(uint8_t type, size_t count_offset, uint32_t count, size_t size)
{
    uint8_t *payload = memory_allocate_zeroed(1, size);

    payload[0] = type;
    store_u16(payload + 1, 1);
    store_u16(payload + 3, 2);
    store_u32(payload + count_offset, count);
    assert_refused(payload, size);
    memory_free(payload);
}

START_TEST(counts_are_held_against_the_bytes_there_before_memory_is_taken)
{
    const struct wire_limits generous = {.max_entry_bytes = UINT32_MAX, .max_entries = UINT32_MAX};
    uint8_t payload[BODY_OFFSET + 4 + 8] = {RAFT_MESSAGE_PROPOSE, 1, 0, 2, 0};
    struct raft_message *message;

    /* If the count were believed, the array would need 32 GiB. */
    store_u32(payload + BODY_OFFSET, UINT32_MAX);
    ck_assert_int_eq(wire_message_decode(&message, payload, sizeof(payload), &generous, NULL),
                     RAFTD_ERROR_PROTOCOL);
    payload[0] = RAFT_MESSAGE_PROPOSE_REFUSED;
    ck_assert_int_eq(wire_message_decode(&message, payload, sizeof(payload), &generous, NULL),
                     RAFTD_ERROR_PROTOCOL);
    assert_count_refused(RAFT_MESSAGE_PROPOSE, BODY_OFFSET, 2,
                         BODY_OFFSET + 4 + 2 * WIRE_ENTRY_OVERHEAD_BYTES - 1);
    assert_count_refused(RAFT_MESSAGE_APPEND, BODY_OFFSET + 49, 1,
                         BODY_OFFSET + 49 + 4 + WIRE_ENTRY_OVERHEAD_BYTES - 1);
    assert_count_refused(RAFT_MESSAGE_PROPOSE_REFUSED, BODY_OFFSET, 1, BODY_OFFSET + 4 + 15);
}
END_TEST

START_TEST(counts_are_held_against_the_limit)
{
    struct raft_proposal_id refused[9];
    struct raft_entry *one = raft_entry_make(RAFT_ENTRY_COMMAND, "x", 1);
    struct raft_entry *entries[9];
    struct raft_message message = {.from = 1, .to = 2};

    for (size_t i = 0; i < 9; i++) {
        entries[i] = one;
        refused[i] = (struct raft_proposal_id){.reason = RAFT_REFUSED_FULL};
    }
    message.entries = entries;
    message.refused = refused;
    for (uint32_t count = 8; count <= 9; count++) {
        for (int type = RAFT_MESSAGE_PROPOSE; type <= RAFT_MESSAGE_PROPOSE_REFUSED; type++) {
            struct wire_frame *frame;
            struct raft_message *back;
            int code;

            message.type = (uint8_t)type;
            message.entry_count = type == RAFT_MESSAGE_PROPOSE ? count : 0;
            message.refused_count = type == RAFT_MESSAGE_PROPOSE ? 0 : count;
            frame = wire_message_encode(&message);
            code = decode(&back, frame->data + WIRE_HEADER_BYTES,
                          frame->size_bytes - WIRE_HEADER_BYTES);
            ck_assert_int_eq(code, count == 8 ? 0 : RAFTD_ERROR_PROTOCOL);
            wire_message_free(back);
            memory_free(frame);
        }
    }
    raft_entry_release(one);
}
END_TEST

/* T50: an entry above the limit is refused here, so the sender must not send one. */
START_TEST(t50_an_entry_above_the_limit_is_refused)
{
    char data[1001] = {0};

    for (uint32_t size = 1000; size <= 1001; size++) {
        struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, data, size);
        struct raft_message message = {
            .type = RAFT_MESSAGE_PROPOSE, .from = 1, .to = 2, .entries = &entry, .entry_count = 1};
        struct wire_frame *frame = wire_message_encode(&message);
        struct raft_message *back;

        ck_assert_int_eq(
            decode(&back, frame->data + WIRE_HEADER_BYTES, frame->size_bytes - WIRE_HEADER_BYTES),
            size == 1000 ? 0 : RAFTD_ERROR_PROTOCOL);
        wire_message_free(back);
        memory_free(frame);
        raft_entry_release(entry);
    }
}
END_TEST

START_TEST(a_frame_is_never_larger_than_the_costs_of_its_entries_and_the_overhead)
{
    struct samples s;
    size_t cost = 0;

    samples_make(&s);
    for (size_t i = 0; i < ENTRIES; i++) {
        cost += raft_entry_cost(s.entries[i]);
    }
    for (size_t i = 0; i < SAMPLES; i++) {
        struct wire_frame *frame = wire_message_encode(&s.messages[i]);

        ck_assert_uint_le(frame->size_bytes, cost + WIRE_MESSAGE_OVERHEAD_BYTES);
        memory_free(frame);
    }
    samples_free(&s);
}
END_TEST

UNIT_SUITE(message)
{
    Suite *suite = suite_create("message");
    TCase *round_trip = tcase_create("round trip");
    TCase *hostile = tcase_create("hostile bytes");

    tcase_add_test(round_trip, every_type_comes_back_as_it_went);
    tcase_add_test(round_trip, after_write_stays_at_home);
    tcase_add_test(round_trip,
                   a_frame_is_never_larger_than_the_costs_of_its_entries_and_the_overhead);
    suite_add_tcase(suite, round_trip);
    tcase_add_test(hostile, cut_anywhere_or_with_a_byte_more_it_is_refused);
    tcase_add_test(hostile, unknown_types_are_refused);
    tcase_add_test(hostile, booleans_are_zero_or_one);
    tcase_add_test(hostile, messages_from_or_to_nobody_are_refused);
    tcase_add_test(hostile, counts_are_held_against_the_bytes_there_before_memory_is_taken);
    tcase_add_test(hostile, counts_are_held_against_the_limit);
    tcase_add_test(hostile, t50_an_entry_above_the_limit_is_refused);
    suite_add_tcase(suite, hostile);
    return suite;
}
