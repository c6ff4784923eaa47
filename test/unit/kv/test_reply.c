/*
 * kv/reply: what is written is read again, however it was gathered.
 */
#include <string.h>

#include "base/memory.h"
#include "kv/reply.h"
#include "unit.h"
#include "unit/kv/store.h"

static struct raftd_reply target;
static struct kv_reply reply;

static void open_reply(void)
{
    kv_reply_begin(&reply, &target);
}

static void close_reply(void)
{
    buffer_free(&target.bytes);
}

START_TEST(the_bytes_of_a_reply)
{
    static const uint8_t expected[] = {
        1, 2, 3, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 4,   2,   0, 0, 0, 'a', 'b', 5,
        1, 0, 0, 0,    's',  6,    3,    0,    0,    0,    'E',  'R', 'R', 7, 9, 0, 0,   0};

    kv_reply_ok(&reply);
    kv_reply_nil(&reply);
    kv_reply_integer(&reply, -2);
    kv_reply_bulk(&reply, "ab", 2);
    kv_reply_status(&reply, "s");
    kv_reply_error(&reply, "ERR");
    kv_reply_array(&reply, 9);
    kv_reply_end(&reply);
    ck_assert_uint_eq(target.bytes.size_bytes, sizeof(expected));
    ck_assert_mem_eq(target.bytes.data, expected, sizeof(expected));
}
END_TEST

START_TEST(bulks_of_every_size_are_read_again)
{
    uint8_t bytes[600];
    struct kv_reply_value value;
    struct reader reader;

    memset(bytes, 'x', sizeof(bytes));
    for (size_t size = 0; size < sizeof(bytes); size++) {
        kv_reply_bulk(&reply, bytes, size);
        kv_reply_integer(&reply, (int64_t)size);
    }
    kv_reply_end(&reply);
    reader = reader_make(target.bytes.data, target.bytes.size_bytes);
    for (size_t size = 0; size < sizeof(bytes); size++) {
        ck_assert(kv_reply_next(&reader, &value));
        ck_assert_int_eq(value.type, KV_REPLY_BULK);
        ck_assert_uint_eq(value.size_bytes, size);
        ck_assert_int_eq(memcmp(value.data, bytes, size), 0);
        ck_assert(kv_reply_next(&reader, &value));
        ck_assert_int_eq(value.type, KV_REPLY_INTEGER);
        ck_assert_int_eq(value.integer, (int64_t)size);
    }
    ck_assert(!kv_reply_next(&reader, &value));
}
END_TEST

START_TEST(nothing_is_written_where_nobody_waits)
{
    char *large = memory_allocate_zeroed(1, 1000);

    kv_reply_begin(&reply, NULL);
    kv_reply_ok(&reply);
    kv_reply_array(&reply, 1);
    kv_reply_bulk(&reply, "k", 1);
    kv_reply_bulk(&reply, large, 1000);
    kv_reply_end(&reply);
    ck_assert_uint_eq(target.bytes.size_bytes, 0);
    memory_free(large);
}
END_TEST

START_TEST(bytes_that_are_no_reply_are_refused)
{
    static const uint8_t wrong[][6] = {
        {0}, {8}, {255}, {4, 1, 0, 0, 0}, {4, 255, 255, 255, 255}, {3, 1}, {7, 1, 0}};
    static const size_t sizes[] = {1, 1, 1, 5, 5, 2, 3};
    struct kv_reply_value value;
    struct reader reader = reader_make(wrong[0], 0);

    ck_assert(!kv_reply_next(&reader, &value));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        reader = reader_make(wrong[i], sizes[i]);
        ck_assert_msg(!kv_reply_next(&reader, &value), "case %zu", i);
    }
}
END_TEST

UNIT_SUITE(reply)
{
    Suite *suite = suite_create("reply");
    TCase *tests = tcase_create("reply");

    tcase_add_checked_fixture(tests, open_reply, close_reply);
    tcase_add_test(tests, the_bytes_of_a_reply);
    tcase_add_test(tests, bulks_of_every_size_are_read_again);
    tcase_add_test(tests, nothing_is_written_where_nobody_waits);
    tcase_add_test(tests, bytes_that_are_no_reply_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
