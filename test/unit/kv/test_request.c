/*
 * kv/request: the bytes of a request are in the log and must never change.
 */
#include <string.h>

#include "base/memory.h"
#include "kv/request.h"
#include "unit.h"

START_TEST(the_bytes_of_a_request)
{
    static const uint8_t expected[] = {1, 1, 3, 2, 1, 'k', 3, 'v', 'a', 'l'};
    struct kv_argument arguments[] = {{"k", 1}, {"val", 3}};
    struct buffer buffer = {0};

    buffer_append(&buffer, "before", 6);
    kv_request_encode(&buffer, KV_SET, KV_SET_NX | KV_SET_XX, arguments, 2);
    ck_assert_uint_eq(buffer.size_bytes, 6 + sizeof(expected));
    ck_assert_mem_eq(buffer.data + 6, expected, sizeof(expected));
    buffer_free(&buffer);
}
END_TEST

START_TEST(sizes_of_every_length_survive)
{
    static const size_t sizes[] = {0,     1,       127,     128,     129,    16383,
                                   16384, 2097151, 2097152, 2097153, 3000000};
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    struct kv_argument arguments[COUNT];
    struct buffer buffer = {0};
    struct kv_request request;
    uint8_t *bytes = memory_allocate(3000000);

    memset(bytes, 0x5a, 3000000);
    for (size_t i = 0; i < COUNT; i++) {
        arguments[i] = (struct kv_argument){bytes, sizes[i]};
    }
    kv_request_encode(&buffer, KV_MSET, 0, arguments, COUNT);
    ck_assert(kv_request_decode(&request, buffer.data, buffer.size_bytes));
    ck_assert_uint_eq(request.operation, KV_MSET);
    ck_assert_uint_eq(request.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        struct kv_argument argument = kv_request_next(&request);

        ck_assert_uint_eq(argument.size_bytes, sizes[i]);
        ck_assert_int_eq(memcmp(argument.data, bytes, sizes[i]), 0);
    }
    ck_assert_uint_eq(request.count, 0);
    memory_free(bytes);
    buffer_free(&buffer);
}
END_TEST

START_TEST(many_arguments)
{
    enum { COUNT = 65536 };
    struct kv_argument *arguments = memory_allocate(COUNT * sizeof(*arguments));
    struct buffer buffer = {0};
    struct kv_request request;

    for (size_t i = 0; i < COUNT; i++) {
        arguments[i] = (struct kv_argument){"x", 1};
    }
    kv_request_encode(&buffer, KV_DEL, 0, arguments, COUNT);
    ck_assert(kv_request_decode(&request, buffer.data, buffer.size_bytes));
    ck_assert_uint_eq(request.count, COUNT);
    memory_free(arguments);
    buffer_free(&buffer);
}
END_TEST

START_TEST(every_cut_and_every_byte_more_is_seen)
{
    struct kv_argument arguments[] = {{"key", 3}, {"", 0}, {"value", 5}};
    struct buffer buffer = {0};
    struct kv_request request;

    kv_request_encode(&buffer, KV_SETRANGE, 0, arguments, 3);
    for (size_t size = 0; size < buffer.size_bytes; size++) {
        uint8_t *copy = memcpy(memory_allocate(size), buffer.data, size);

        ck_assert(!kv_request_decode(&request, copy, size));
        memory_free(copy);
    }
    ck_assert(kv_request_decode(&request, buffer.data, buffer.size_bytes));
    buffer_append_u8(&buffer, 0);
    ck_assert(!kv_request_decode(&request, buffer.data, buffer.size_bytes));
    buffer_free(&buffer);
}
END_TEST

START_TEST(a_number_has_one_spelling)
{
    static const struct {
        uint8_t bytes[12];
        size_t size;
        bool good;
    } cases[] = {
        {{1, 1, 0, 0}, 4, true},
        {{1, 1, 0, 0x80, 0}, 5, false},
        {{1, 1, 0, 1, 0x80, 0}, 6, false},
        {{1, 1, 0, 1, 0x80, 0x80, 0x80, 0x80, 0}, 9, false},
        {{1, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x10}, 8, false},
        {{1, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, 9, false},
        {{1, 1, 0, 0x80}, 4, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kv_request request;

        ck_assert_msg(kv_request_decode(&request, cases[i].bytes, cases[i].size) == cases[i].good,
                      "case %zu", i);
    }
}
END_TEST

UNIT_SUITE(request)
{
    Suite *suite = suite_create("request");
    TCase *tests = tcase_create("request");

    tcase_add_test(tests, the_bytes_of_a_request);
    tcase_add_test(tests, sizes_of_every_length_survive);
    tcase_add_test(tests, many_arguments);
    tcase_add_test(tests, every_cut_and_every_byte_more_is_seen);
    tcase_add_test(tests, a_number_has_one_spelling);
    suite_add_tcase(suite, tests);
    return suite;
}
