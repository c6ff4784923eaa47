/*
 * store/wal_format: bytes are decoded as they were encoded, and nothing else is accepted.
 */
#include "store/wal_format.h"

#include <string.h>

#include "unit.h"

START_TEST(names_of_segments)
{
    char name[WAL_NAME_BYTES];

    wal_segment_name(name, 1);
    ck_assert_str_eq(name, "wal-0000000000000001.log");
    ck_assert_uint_eq(wal_segment_number(name), 1);
    wal_segment_name(name, UINT64_MAX);
    ck_assert_str_eq(name, "wal-ffffffffffffffff.log");
    ck_assert_uint_eq(wal_segment_number(name), UINT64_MAX);
}
END_TEST

START_TEST(names_that_are_no_segments)
{
    static const char *const names[] = {
        "",
        "lock",
        "wal-",
        "wal-.log",
        "wal-1.log",
        "wal-0000000000000000.log",
        "wal-000000000000000F.log",
        "wal-00000000000000001.log",
        "wal-0000000000000001.log.old",
        "wal-0000000000000001",
        "wal--000000000000001.log",
        "wal- 000000000000001.log",
        WAL_SPARE_NAME,
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert_msg(wal_segment_number(names[i]) == 0, "%s", names[i]);
    }
}
END_TEST

START_TEST(header_of_a_segment)
{
    struct wal_segment_header header = {
        .version = 1, .node_id = 65535, .cluster_id = 0x1122334455667788, .number = 9, .nonce = 7};
    struct wal_segment_header decoded;
    uint8_t block[WAL_SEGMENT_HEADER_BYTES];

    wal_segment_header_encode(&header, block);
    ck_assert(wal_segment_header_decode(block, &decoded));
    ck_assert_uint_eq(decoded.version, header.version);
    ck_assert_uint_eq(decoded.node_id, header.node_id);
    ck_assert_uint_eq(decoded.cluster_id, header.cluster_id);
    ck_assert_uint_eq(decoded.number, header.number);
    ck_assert_uint_eq(decoded.nonce, header.nonce);
    for (size_t i = 0; i < sizeof(block) * 8; i++) {
        block[i / 8] ^= (uint8_t)(1u << i % 8);
        ck_assert_msg(!wal_segment_header_decode(block, &decoded), "bit %zu", i);
        block[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}
END_TEST

/* The layout never changes: every later raftd has to read files of this version. */
START_TEST(layout_of_a_segment_header)
{
    static const uint8_t wanted[40] = {'r', 'a', 'f', 't', 'd',  'W',  'A', 'L', 1, 0, 0, 0, 2, 0,
                                       0,   0,   3,   0,   0,    0,    0,   0,   0, 0, 4, 0, 0, 0,
                                       0,   0,   0,   0,   0xef, 0xbe, 0,   0,   0, 0, 0, 0};
    struct wal_segment_header header = {
        .version = 1, .node_id = 2, .cluster_id = 3, .number = 4, .nonce = 0xbeef};
    uint8_t block[WAL_SEGMENT_HEADER_BYTES];

    wal_segment_header_encode(&header, block);
    ck_assert_int_eq(memcmp(block, wanted, sizeof(wanted)), 0);
    for (size_t i = sizeof(wanted); i < sizeof(block) - 8; i++) {
        ck_assert_uint_eq(block[i], 0);
    }
}
END_TEST

START_TEST(batch_with_every_bit_flipped)
{
    uint8_t batch[WAL_BLOCK_BYTES];
    uint8_t *payload = batch + WAL_BATCH_HEADER_BYTES;
    struct wal_batch_header header = {.record_count = 1, .sequence = 5, .next_index = 6};
    struct wal_batch_header decoded;
    size_t size;

    memset(batch, 0xaa, sizeof(batch));
    header.payload_bytes = (uint64_t)(wal_record_put_hard_state(payload, 3, 2, false, 0) - payload);
    size = WAL_BATCH_HEADER_BYTES + (size_t)header.payload_bytes;
    wal_batch_seal(batch, &header, 99);
    for (size_t i = size; i < sizeof(batch); i++) {
        ck_assert_uint_eq(batch[i], 0);
    }
    ck_assert(!wal_batch_header_decode(batch, 98, &decoded));
    ck_assert(wal_batch_header_decode(batch, 99, &decoded));
    ck_assert_uint_eq(decoded.record_count, 1);
    ck_assert_uint_eq(decoded.sequence, 5);
    ck_assert_uint_eq(decoded.next_index, 6);
    ck_assert_uint_eq(decoded.payload_bytes, header.payload_bytes);
    ck_assert(wal_batch_payload_is_intact(&decoded, payload, 99));
    ck_assert(!wal_batch_payload_is_intact(&decoded, payload, 98));
    for (size_t i = 0; i < size * 8; i++) {
        batch[i / 8] ^= (uint8_t)(1u << i % 8);
        ck_assert_msg(!wal_batch_header_decode(batch, 99, &decoded) ||
                          !wal_batch_payload_is_intact(&decoded, payload, 99),
                      "bit %zu", i);
        batch[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}
END_TEST

/* The payload of one batch after the header of another is not accepted, because the sequence number
 * is in the seed of the checksum. */
START_TEST(payload_belongs_to_its_sequence)
{
    uint8_t batch[WAL_BLOCK_BYTES];
    struct wal_batch_header header = {.record_count = 1, .sequence = 5};

    header.payload_bytes = WAL_RECORD_CLEAN_END_BYTES;
    wal_record_put_clean_end(batch + WAL_BATCH_HEADER_BYTES);
    wal_batch_seal(batch, &header, 1);
    ck_assert(wal_batch_payload_is_intact(&header, batch + WAL_BATCH_HEADER_BYTES, 1));
    header.sequence = 6;
    ck_assert(!wal_batch_payload_is_intact(&header, batch + WAL_BATCH_HEADER_BYTES, 1));
}
END_TEST

/* A complete record is decoded. Every shorter one is refused, without a read past its end. */
static void check_record(const uint8_t *bytes, size_t size, enum wal_record_type type,
                         struct wal_record *record)
{
    struct reader reader;

    for (size_t shorter = 0; shorter < size; shorter++) {
        reader = reader_make(bytes, shorter);
        ck_assert_msg(!wal_record_decode(&reader, record), "%zu of %zu bytes", shorter, size);
    }
    reader = reader_make(bytes, size);
    ck_assert(wal_record_decode(&reader, record));
    ck_assert_uint_eq(reader_left(&reader), 0);
    ck_assert_int_eq(record->type, type);
}

START_TEST(records)
{
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_MEMBERSHIP, "data", 4);
    struct wal_record record;
    uint8_t bytes[100];

    check_record(bytes, (size_t)(wal_record_put_hard_state(bytes, 7, 65535, false, 0) - bytes),
                 WAL_RECORD_HARD_STATE, &record);
    ck_assert_uint_eq(record.term, 7);
    ck_assert_uint_eq(record.vote, 65535);
    ck_assert(!record.promise_known);
    check_record(bytes, (size_t)(wal_record_put_hard_state(bytes, 7, 65535, true, 0) - bytes),
                 WAL_RECORD_HARD_STATE, &record);
    ck_assert(record.promise_known);
    ck_assert_uint_eq(record.promise_ms, 0);
    check_record(bytes, (size_t)(wal_record_put_hard_state(bytes, 7, 2, true, 600000) - bytes),
                 WAL_RECORD_HARD_STATE, &record);
    ck_assert_uint_eq(record.promise_ms, 600000);
    ck_assert_uint_eq(record.term, 7);
    ck_assert_uint_eq(record.vote, 2);
    check_record(bytes, (size_t)(wal_record_put_truncate(bytes, 12) - bytes), WAL_RECORD_TRUNCATE,
                 &record);
    ck_assert_uint_eq(record.index, 12);
    check_record(bytes, (size_t)(wal_record_put_clean_end(bytes) - bytes), WAL_RECORD_CLEAN_END,
                 &record);
    entry->index = 1;
    entry->term = 2;
    entry->origin = 3;
    entry->sequence = 4;
    entry->time_ms = 5;
    entry->wall_ms = 6;
    check_record(bytes, (size_t)(wal_record_put_entry(bytes, entry) - bytes), WAL_RECORD_ENTRY,
                 &record);
    ck_assert_uint_eq(record.index, 1);
    ck_assert_uint_eq(record.term, 2);
    ck_assert_uint_eq(record.origin, 3);
    ck_assert_uint_eq(record.sequence, 4);
    ck_assert_uint_eq(record.time_ms, 5);
    ck_assert_uint_eq(record.wall_ms, 6);
    ck_assert_uint_eq(record.entry_type, RAFT_ENTRY_MEMBERSHIP);
    ck_assert_uint_eq(record.size_bytes, 4);
    ck_assert_int_eq(memcmp(record.data, "data", 4), 0);
    raft_entry_release(entry);
}
END_TEST

START_TEST(unknown_records_do_not_pass)
{
    uint8_t bytes[WAL_RECORD_ENTRY_BYTES] = {0};
    struct wal_record record;
    struct reader reader;

    for (unsigned type = 0; type < 256; type++) {
        if (type >= WAL_RECORD_HARD_STATE && type <= WAL_RECORD_START) {
            continue;
        }
        bytes[0] = (uint8_t)type;
        reader = reader_make(bytes, sizeof(bytes));
        ck_assert_msg(!wal_record_decode(&reader, &record), "type %u", type);
    }
    /* Bytes without a meaning must be zero, so that a later version can give them one. */
    wal_record_put_hard_state(bytes, 7, 2, false, 0);
    bytes[4] = 1;
    reader = reader_make(bytes, WAL_RECORD_HARD_STATE_BYTES);
    ck_assert(!wal_record_decode(&reader, &record));
    wal_record_put_hard_state(bytes, 7, 2, true, 0);
    bytes[1] = 2;
    reader = reader_make(bytes, WAL_RECORD_HARD_STATE_BYTES);
    ck_assert(!wal_record_decode(&reader, &record));
    wal_record_put_truncate(bytes, 1);
    bytes[1] = 1;
    reader = reader_make(bytes, WAL_RECORD_TRUNCATE_BYTES);
    ck_assert(!wal_record_decode(&reader, &record));
}
END_TEST

UNIT_SUITE(wal_format)
{
    Suite *suite = suite_create("wal_format");
    TCase *format = tcase_create("format");

    tcase_add_test(format, names_of_segments);
    tcase_add_test(format, names_that_are_no_segments);
    tcase_add_test(format, header_of_a_segment);
    tcase_add_test(format, layout_of_a_segment_header);
    tcase_add_test(format, batch_with_every_bit_flipped);
    tcase_add_test(format, payload_belongs_to_its_sequence);
    tcase_add_test(format, records);
    tcase_add_test(format, unknown_records_do_not_pass);
    suite_add_tcase(suite, format);
    return suite;
}
