/*
 * base/bytes: little-endian on every machine, and a reader that never reads past the end of its
 * bytes.
 */
#include <signal.h>

#include "base/bytes.h"
#include "unit.h"

START_TEST(numbers_are_stored_with_the_low_byte_first)
{
    static const uint8_t expected[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88};
    uint8_t bytes[8];

    store_u16(bytes, 0x0201);
    ck_assert_mem_eq(bytes, expected, 2);
    ck_assert_uint_eq(load_u16(bytes), 0x0201);
    store_u32(bytes, 0x04030201);
    ck_assert_mem_eq(bytes, expected, 4);
    ck_assert_uint_eq(load_u32(bytes), 0x04030201);
    store_u64(bytes, 0x8807060504030201);
    ck_assert_mem_eq(bytes, expected, 8);
    ck_assert_uint_eq(load_u64(bytes), 0x8807060504030201);
}
END_TEST

START_TEST(the_highest_bit_of_each_width_survives)
{
    uint8_t bytes[8];

    store_u16(bytes, UINT16_MAX);
    ck_assert_uint_eq(load_u16(bytes), UINT16_MAX);
    store_u32(bytes, UINT32_MAX);
    ck_assert_uint_eq(load_u32(bytes), UINT32_MAX);
    store_u64(bytes, UINT64_MAX);
    ck_assert_uint_eq(load_u64(bytes), UINT64_MAX);
}
END_TEST

START_TEST(a_buffer_grows_and_keeps_what_it_holds)
{
    struct buffer buffer = {0};

    for (uint32_t i = 0; i < 10000; i++) {
        buffer_append_u32(&buffer, i);
    }
    ck_assert_uint_eq(buffer.size_bytes, 40000);
    ck_assert_uint_ge(buffer.capacity_bytes, buffer.size_bytes);
    for (uint32_t i = 0; i < 10000; i++) {
        ck_assert_uint_eq(load_u32(buffer.data + i * 4), i);
    }
    buffer_free(&buffer);
    ck_assert_ptr_null(buffer.data);
    ck_assert_uint_eq(buffer.size_bytes, 0);
    ck_assert_uint_eq(buffer.capacity_bytes, 0);
}
END_TEST

START_TEST(appending_nothing_to_nothing_is_fine)
{
    struct buffer buffer = {0};

    buffer_append(&buffer, NULL, 0);
    buffer_consume(&buffer, 0);
    ck_assert_uint_eq(buffer.size_bytes, 0);
    buffer_free(&buffer);
}
END_TEST

START_TEST(consuming_moves_the_rest_to_the_front)
{
    struct buffer buffer = {0};

    buffer_append(&buffer, "abcdef", 6);
    buffer_consume(&buffer, 2);
    ck_assert_uint_eq(buffer.size_bytes, 4);
    ck_assert_mem_eq(buffer.data, "cdef", 4);
    buffer_append_u8(&buffer, 'g');
    ck_assert_mem_eq(buffer.data, "cdefg", 5);
    buffer_consume(&buffer, 5);
    ck_assert_uint_eq(buffer.size_bytes, 0);
    buffer_free(&buffer);
}
END_TEST

START_TEST(consuming_more_than_there_is_ends_the_process)
{
    struct buffer buffer = {0};

    buffer_append(&buffer, "ab", 2);
    buffer_consume(&buffer, 3);
}
END_TEST

START_TEST(a_size_that_would_wrap_round_ends_the_process)
{
    struct buffer buffer = {0};

    buffer_append_u8(&buffer, 1);
    buffer_extend(&buffer, SIZE_MAX - 1);
}
END_TEST

START_TEST(a_reader_reads_what_a_buffer_wrote)
{
    struct buffer buffer = {0};
    struct reader reader;

    buffer_append_u8(&buffer, 0xab);
    buffer_append_u16(&buffer, 0xabcd);
    buffer_append_u32(&buffer, 0xabcdef01);
    buffer_append_u64(&buffer, 0xabcdef0123456789);
    buffer_append(&buffer, "tail", 4);
    reader = reader_make(buffer.data, buffer.size_bytes);
    ck_assert_uint_eq(reader_u8(&reader), 0xab);
    ck_assert_uint_eq(reader_u16(&reader), 0xabcd);
    ck_assert_uint_eq(reader_u32(&reader), 0xabcdef01);
    ck_assert_uint_eq(reader_u64(&reader), 0xabcdef0123456789);
    ck_assert_uint_eq(reader_left(&reader), 4);
    ck_assert_mem_eq(reader_bytes(&reader, 4), "tail", 4);
    ck_assert_uint_eq(reader_left(&reader), 0);
    ck_assert(!reader.failed);
    buffer_free(&buffer);
}
END_TEST

START_TEST(a_reader_stops_at_the_end_and_stays_failed)
{
    static const uint8_t bytes[] = {1, 2, 3};
    struct reader reader = reader_make(bytes, sizeof(bytes));

    ck_assert_uint_eq(reader_u32(&reader), 0);
    ck_assert(reader.failed);
    /* After one failed read, a read that would fit fails as well, so one look at failed is
     * enough. */
    ck_assert_uint_eq(reader_u8(&reader), 0);
    ck_assert_uint_eq(reader_u16(&reader), 0);
    ck_assert_ptr_null(reader_bytes(&reader, 1));
    ck_assert_uint_eq(reader_left(&reader), 3);
}
END_TEST

START_TEST(a_reader_is_not_fooled_by_huge_sizes)
{
    static const uint8_t bytes[] = {1, 2, 3};
    struct reader reader = reader_make(bytes, sizeof(bytes));

    ck_assert_uint_eq(reader_u8(&reader), 1);
    ck_assert_ptr_null(reader_bytes(&reader, SIZE_MAX));
    ck_assert(reader.failed);
}
END_TEST

UNIT_SUITE(bytes)
{
    Suite *suite = suite_create("bytes");
    TCase *tests = tcase_create("bytes");

    tcase_add_test(tests, numbers_are_stored_with_the_low_byte_first);
    tcase_add_test(tests, the_highest_bit_of_each_width_survives);
    tcase_add_test(tests, a_buffer_grows_and_keeps_what_it_holds);
    tcase_add_test(tests, appending_nothing_to_nothing_is_fine);
    tcase_add_test(tests, consuming_moves_the_rest_to_the_front);
    tcase_add_test_raise_signal(tests, consuming_more_than_there_is_ends_the_process, SIGABRT);
    tcase_add_test_raise_signal(tests, a_size_that_would_wrap_round_ends_the_process, SIGABRT);
    tcase_add_test(tests, a_reader_reads_what_a_buffer_wrote);
    tcase_add_test(tests, a_reader_stops_at_the_end_and_stays_failed);
    tcase_add_test(tests, a_reader_is_not_fooled_by_huge_sizes);
    suite_add_tcase(suite, tests);
    return suite;
}
