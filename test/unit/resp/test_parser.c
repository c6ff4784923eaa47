/*
 * resp/parser: requests are parsed from bytes that arrive in pieces of any size, from any client.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "resp/parser.h"
#include "unit.h"

static const struct resp_limits limits = {.request_bytes_max = 1 << 20, .arguments_max = 1024};

/* The requests in a stream of bytes, as text: "[GET,k]" for a request, "()" for an empty one, "!"
 * and a text for an error. "..." at the end: the last request is incomplete. */
struct story {
    struct buffer text;
};

static void story_add(struct story *story, const struct resp_request *request,
                      enum resp_result result)
{
    struct buffer *text = &story->text;

    switch (result) {
    case RESP_EMPTY:
        buffer_append(text, "()", 2);
        break;
    case RESP_INCOMPLETE:
        buffer_append(text, "...", 3);
        break;
    case RESP_ERROR:
        buffer_append(text, "!", 1);
        buffer_append(text, request->error, strlen(request->error));
        break;
    case RESP_REQUEST:
        for (size_t i = 0; i < request->count; i++) {
            buffer_append(text, i == 0 ? "[" : ",", 1);
            buffer_append(text, request->arguments[i].data, request->arguments[i].size_bytes);
        }
        buffer_append(text, "]", 1);
        break;
    }
}

/*
 * Gives the parser `step` more bytes with each call. Every call gets a copy of exactly these bytes
 * at a new address, so that a sanitizer reports a read past the end and the use of an old address.
 */
static struct buffer tell(const struct resp_limits *use, const void *bytes, size_t size,
                          size_t step)
{
    const uint8_t *data = bytes;
    struct story story = {0};
    struct resp_parser parser;
    struct resp_request request;
    enum resp_result result = RESP_INCOMPLETE;
    size_t start = 0;
    size_t end = step < size ? step : size;

    resp_parser_init(&parser, use);
    while (result != RESP_ERROR) {
        uint8_t *copy = memory_allocate(end - start);

        memcpy(copy, data + start, end - start);
        result = resp_parse(&parser, copy, end - start, &request);
        if (result == RESP_INCOMPLETE) {
            if (request.needed_bytes <= end - start) {
                ck_abort_msg("%zu bytes are there and are said to be enough", end - start);
            }
            if (end == size) {
                if (start < end) {
                    story_add(&story, &request, result);
                }
                memory_free(copy);
                break;
            }
            end = end + step < size ? end + step : size;
        } else {
            story_add(&story, &request, result);
            start += result == RESP_ERROR ? 0 : request.consumed_bytes;
            if (start > end) {
                ck_abort_msg("%zu bytes consumed of %zu", start, end);
            }
        }
        memory_free(copy);
    }
    resp_parser_free(&parser);
    buffer_append_u8(&story.text, 0);
    return story.text;
}

/* Expects the same result for the whole input, for its halves, and byte by byte. */
static void check_story_bytes(const struct resp_limits *use, const void *bytes, size_t size,
                              const char *expected)
{
    for (size_t step = size + 1; step > 0; step = step / 2) {
        struct buffer told = tell(use, bytes, size, step);

        ck_assert_msg(strcmp((char *)told.data, expected) == 0,
                      "by %zu bytes of \"%.60s\": \"%s\", not \"%s\"", step, (const char *)bytes,
                      (char *)told.data, expected);
        buffer_free(&told);
    }
}

static void check_story(const char *bytes, const char *expected)
{
    check_story_bytes(&limits, bytes, strlen(bytes), expected);
}

START_TEST(a_multibulk_request)
{
    check_story("*1\r\n$4\r\nPING\r\n", "[PING]");
    check_story("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n", "[SET,k,]");
}
END_TEST

START_TEST(a_value_holds_any_bytes)
{
    check_story_bytes(&limits, "*2\r\n$3\r\nGET\r\n$6\r\n\r\n*1\r\n\r\n", 25, "[GET,\r\n*1\r\n]");
}
END_TEST

START_TEST(pipelined_requests_come_one_by_one)
{
    check_story("*1\r\n$1\r\na\r\nb c\r\n*2\r\n$1\r\nd\r\n$1\r\ne\r\n\r\n*0\r\nf\n",
                "[a][b,c][d,e]()()[f]");
}
END_TEST

START_TEST(empty_requests_are_passed_over)
{
    check_story("\r\n\n   \r\n*0\r\n*-1\r\n*-99\r\n", "()()()()()()");
}
END_TEST

START_TEST(a_request_cut_off_anywhere_waits_for_the_rest)
{
    static const char whole[] = "*3\r\n$3\r\nSET\r\n$10\r\n0123456789\r\n$2\r\nok\r\n";

    for (size_t size = 1; size < sizeof(whole) - 1; size++) {
        struct buffer told = tell(&limits, whole, size, size);

        ck_assert_str_eq((char *)told.data, "...");
        buffer_free(&told);
    }
}
END_TEST

START_TEST(wrong_counts_are_refused)
{
    static const char text[] = "!ERR Protocol error: invalid multibulk length";

    check_story("*a\r\n", text);
    check_story("*\r\n", text);
    check_story("*1x\r\n", text);
    check_story("*01\r\n", text);
    check_story("*+1\r\n", text);
    check_story("* 1\r\n", text);
    check_story("*1\rx", text);
    check_story("*1025\r\n", text);
    check_story("*100000000\r\n", text);
    check_story("*2147483648\r\n", text);
    check_story("*9223372036854775808\r\n", text);
    check_story("*99999999999999999999999\r\n", text);
    check_story("*1024\r\n", "...");
}
END_TEST

START_TEST(wrong_lengths_are_refused)
{
    static const char text[] = "!ERR Protocol error: invalid bulk length";

    check_story("*1\r\n$a\r\n", text);
    check_story("*1\r\n$\r\n", text);
    check_story("*1\r\n$-1\r\n", text);
    check_story("*1\r\n$01\r\n", text);
    check_story("*1\r\n$1048577\r\n", text);
    check_story("*1\r\n$536870913\r\n", text);
    check_story("*1\r\n$9223372036854775807\r\n", text);
    check_story("*1\r\n$18446744073709551616\r\n", text);
    check_story("*1\r\n$99999999999999999999999\r\n", text);
}
END_TEST

START_TEST(a_length_has_to_follow_a_count)
{
    check_story("*1\r\nx", "!ERR Protocol error: expected '$', got 'x'");
    check_story("*2\r\n$1\r\na\r\n:1\r\n", "!ERR Protocol error: expected '$', got ':'");
    check_story("*1\r\n*1\r\n", "!ERR Protocol error: expected '$', got '*'");
    check_story_bytes(&limits, "*1\r\n\0", 5, "!ERR Protocol error: expected '$', got '");
}
END_TEST

START_TEST(a_value_that_does_not_end_where_it_said_is_refused)
{
    check_story("*1\r\n$4\r\nPINGS\r\n", "!ERR Protocol error: expected CRLF after bulk");
    check_story("*1\r\n$4\r\nPIN\r\n\r\n", "!ERR Protocol error: expected CRLF after bulk");
    check_story("*1\r\n$4\r\nPING\n\r", "!ERR Protocol error: expected CRLF after bulk");
}
END_TEST

/* The request is refused because of the length that it announces; the parser neither waits for the
 * bytes nor allocates memory for them. */
START_TEST(a_request_over_the_limit_is_refused_at_its_header)
{
    static const struct resp_limits small = {.request_bytes_max = 40, .arguments_max = 10};
    static const char text[] = "!ERR Protocol error: too big request";

    check_story_bytes(&small, "*2\r\n$6\r\nAPPEND\r\n$18\r\n", 21, text);
    check_story_bytes(&small, "*2\r\n$6\r\nAPPEND\r\n$17\r\n", 21, "...");
    check_story_bytes(&small, "*2\r\n$6\r\nAPPEND\r\n$41\r\n", 21,
                      "!ERR Protocol error: invalid bulk length");
    check_story_bytes(&small,
                      "*9\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n",
                      44, text);
}
END_TEST

START_TEST(an_error_about_a_limit_names_its_option)
{
    static const struct resp_limits small = {
        .request_bytes_max = 40, .arguments_max = 10, .request_bytes_option = "limits.bytes"};

    check_story_bytes(&small, "*11\r\n", 5, "!ERR Protocol error: invalid multibulk length");
    check_story_bytes(&small, "*1\r\n$41\r\n", 9,
                      "!ERR Protocol error: invalid bulk length: a request has at most 40 bytes "
                      "(limits.bytes)");
    check_story_bytes(&small, "*2\r\n$6\r\nAPPEND\r\n$18\r\n", 21,
                      "!ERR Protocol error: too big request: a request has at most 40 bytes "
                      "(limits.bytes)");
    check_story_bytes(&small, "*1\r\n$536870913\r\n", 16,
                      "!ERR Protocol error: invalid bulk length");
    check_story_bytes(&small, "*x\r\n", 4, "!ERR Protocol error: invalid multibulk length");
    check_story_bytes(&small, "*1\r\n$-1\r\n", 9, "!ERR Protocol error: invalid bulk length");
}
END_TEST

START_TEST(lines_without_an_end_are_refused)
{
    struct buffer bytes = {0};
    static const char *const starts[] = {"*", "*1\r\n$", "x"};
    static const char *const texts[] = {
        "!ERR Protocol error: too big mbulk count string",
        "!ERR Protocol error: too big bulk count string",
        "!ERR Protocol error: too big inline request",
    };

    for (size_t i = 0; i < 3; i++) {
        struct buffer told;

        bytes.size_bytes = 0;
        buffer_append(&bytes, starts[i], strlen(starts[i]));
        memset(buffer_extend(&bytes, RESP_INLINE_BYTES_MAX), '1', RESP_INLINE_BYTES_MAX);
        for (size_t step = 1000; step < 200000; step += 66000) {
            told = tell(&limits, bytes.data, bytes.size_bytes, step);
            ck_assert_str_eq((char *)told.data, texts[i]);
            buffer_free(&told);
        }
        told = tell(&limits, bytes.data, bytes.size_bytes - strlen(starts[i]), 1000);
        ck_assert_str_eq((char *)told.data, "...");
        buffer_free(&told);
    }
    /* A complete line is refused as well, so the result does not depend on how the bytes arrive. */
    buffer_append(&bytes, "\r\n", 2);
    check_story_bytes(&limits, bytes.data, 100, "...");
    {
        struct buffer told = tell(&limits, bytes.data, bytes.size_bytes, bytes.size_bytes);

        ck_assert_str_eq((char *)told.data, texts[2]);
        buffer_free(&told);
    }
    buffer_free(&bytes);
}
END_TEST

START_TEST(inline_words_and_quotes)
{
    check_story("PING\r\n", "[PING]");
    check_story("PING\n", "[PING]");
    check_story("  SET \t k\v  v  \r\n", "[SET,k\v,v]");
    check_story("SET k \"a b\"\r\n", "[SET,k,a b]");
    check_story("SET k 'a b'\r\n", "[SET,k,a b]");
    check_story("SET \"\" ''\r\n", "[SET,,]");
    check_story("SET a\"b c\" d'e f'\r\n", "[SET,ab c,de f]");
    check_story("ECHO \"\\x41\\x4a\\x4Fz\"\r\n", "[ECHO,AJOz]");
    check_story("ECHO \"\\n\\r\\t\\b\\a\\\\\\\"\\q\\x4\"\r\n", "[ECHO,\n\r\t\b\a\\\"qx4]");
    check_story("ECHO 'it\\'s \\n \"so\"'\r\n", "[ECHO,it's \\n \"so\"]");
    check_story("ECHO \\n\r\n", "[ECHO,\\n]");
}
END_TEST

START_TEST(unbalanced_quotes_are_refused)
{
    static const char text[] = "!ERR Protocol error: unbalanced quotes in request";

    check_story("ECHO \"a\r\n", text);
    check_story("ECHO 'a\r\n", text);
    check_story("ECHO \"a\"b\r\n", text);
    check_story("ECHO 'a'b\r\n", text);
    check_story("ECHO \"a\\\"\r\n", text);
    check_story("ECHO \"\r\n", text);
}
END_TEST

START_TEST(a_nul_ends_an_inline_line)
{
    check_story_bytes(&limits, "ECHO a\0b\r\n", 10, "[ECHO,a]");
    check_story_bytes(&limits, "ECHO 'a\0'\r\n", 11,
                      "!ERR Protocol error: unbalanced quotes in request");
}
END_TEST

START_TEST(inline_arguments_are_counted)
{
    static const struct resp_limits small = {.request_bytes_max = 40, .arguments_max = 3};

    check_story_bytes(&small, "a b c\r\n", 7, "[a,b,c]");
    check_story_bytes(&small, "a b c d\r\n", 9, "!ERR Protocol error: too many arguments");
}
END_TEST

START_TEST(as_many_arguments_as_allowed)
{
    static const struct resp_limits many = {.request_bytes_max = 1 << 20,
                                            .arguments_max = RESP_ARGUMENTS_MAX};
    struct buffer bytes = {0};
    struct resp_parser parser;
    struct resp_request request;

    buffer_append(&bytes, "*65536\r\n", 8);
    for (int i = 0; i < RESP_ARGUMENTS_MAX; i++) {
        buffer_append(&bytes, "$1\r\nx\r\n", 7);
    }
    resp_parser_init(&parser, &many);
    ck_assert_int_eq(resp_parse(&parser, bytes.data, bytes.size_bytes, &request), RESP_REQUEST);
    ck_assert_uint_eq(request.count, RESP_ARGUMENTS_MAX);
    ck_assert_uint_eq(request.consumed_bytes, bytes.size_bytes);
    for (size_t i = 0; i < request.count; i++) {
        ck_assert_ptr_eq(request.arguments[i].data, bytes.data + 8 + i * 7 + 4);
    }
    resp_parser_free(&parser);
    buffer_free(&bytes);
}
END_TEST

/* The parser allocates memory for arguments that have arrived, not for a count that was
 * announced. */
START_TEST(announced_arguments_take_no_memory)
{
    static const struct resp_limits many = {.request_bytes_max = 1 << 20,
                                            .arguments_max = RESP_ARGUMENTS_MAX};
    struct resp_parser parser;
    struct resp_request request;

    resp_parser_init(&parser, &many);
    ck_assert_int_eq(
        resp_parse(&parser, (const uint8_t *)"*65536\r\n$1\r\nx\r\n$1000", 20, &request),
        RESP_INCOMPLETE);
    ck_assert_uint_le(parser.capacity, 8);
    resp_parser_free(&parser);
}
END_TEST

START_TEST(what_is_needed_is_told)
{
    struct resp_parser parser;
    struct resp_request request;
    const uint8_t *data = (const uint8_t *)"*1\r\n$1000\r\nx";

    resp_parser_init(&parser, &limits);
    ck_assert_int_eq(resp_parse(&parser, data, 0, &request), RESP_INCOMPLETE);
    ck_assert_uint_eq(request.needed_bytes, 1);
    ck_assert_int_eq(resp_parse(&parser, data, 12, &request), RESP_INCOMPLETE);
    ck_assert_uint_eq(request.needed_bytes, 11 + 1000 + 2);
    resp_parser_free(&parser);
}
END_TEST

START_TEST(an_idle_parser_keeps_nothing_and_a_busy_one_what_it_needs)
{
    struct resp_parser parser;
    struct resp_request request;
    const uint8_t *data = (const uint8_t *)"*2\r\n$1\r\na\r\n$1\r\nb\r\n";

    resp_parser_init(&parser, &limits);
    ck_assert_int_eq(resp_parse(&parser, data, 18, &request), RESP_REQUEST);
    resp_parser_trim(&parser);
    ck_assert_ptr_null(parser.arguments);
    ck_assert_int_eq(resp_parse(&parser, data, 12, &request), RESP_INCOMPLETE);
    resp_parser_trim(&parser);
    ck_assert_int_eq(resp_parse(&parser, data, 18, &request), RESP_REQUEST);
    ck_assert_uint_eq(request.count, 2);
    ck_assert_mem_eq(request.arguments[0].data, "a", 1);
    ck_assert_mem_eq(request.arguments[1].data, "b", 1);
    resp_parser_free(&parser);
}
END_TEST

/* The number of bytes is so large that a parser with quadratic cost would need hours. */
START_TEST(a_drip_is_linear)
{
    static const struct resp_limits large = {.request_bytes_max = 8 << 20, .arguments_max = 65536};
    struct resp_parser parser;
    struct resp_request request;
    struct buffer bytes = {0};
    enum resp_result result = RESP_INCOMPLETE;

    buffer_append(&bytes, "*60001\r\n", 8);
    for (int i = 0; i < 60000; i++) {
        buffer_append(&bytes, "$10\r\n0123456789\r\n", 17);
    }
    buffer_append(&bytes, "$3000000\r\n", 10);
    memset(buffer_extend(&bytes, 3000002), '\r', 3000002);
    bytes.data[bytes.size_bytes - 1] = '\n';
    resp_parser_init(&parser, &large);
    for (size_t size = 1; size < bytes.size_bytes && result == RESP_INCOMPLETE; size++) {
        result = resp_parse(&parser, bytes.data, size, &request);
    }
    ck_assert_int_eq(result, RESP_INCOMPLETE);
    ck_assert_int_eq(resp_parse(&parser, bytes.data, bytes.size_bytes, &request), RESP_REQUEST);
    ck_assert_uint_eq(request.count, 60001);
    ck_assert_uint_eq(request.arguments[60000].size_bytes, 3000000);
    resp_parser_free(&parser);
    buffer_free(&bytes);
}
END_TEST

START_TEST(an_inline_drip_is_linear_within_its_limit)
{
    struct resp_parser parser;
    struct resp_request request;
    uint8_t *bytes = memory_allocate(RESP_INLINE_BYTES_MAX);

    memset(bytes, 'x', RESP_INLINE_BYTES_MAX);
    resp_parser_init(&parser, &limits);
    for (size_t size = 1; size <= RESP_INLINE_BYTES_MAX; size++) {
        bool scanned = resp_parse(&parser, bytes, size, &request) == RESP_INCOMPLETE &&
                       parser.scanned_bytes == size;

        if (!scanned) {
            ck_abort_msg("%zu bytes: scanned only to %zu", size, parser.scanned_bytes);
        }
    }
    resp_parser_free(&parser);
    memory_free(bytes);
}
END_TEST

UNIT_SUITE(parser)
{
    Suite *suite = suite_create("parser");
    TCase *multibulk = tcase_create("multibulk");
    TCase *inlined = tcase_create("inline");
    TCase *work = tcase_create("work");

    tcase_add_test(multibulk, a_multibulk_request);
    tcase_add_test(multibulk, a_value_holds_any_bytes);
    tcase_add_test(multibulk, pipelined_requests_come_one_by_one);
    tcase_add_test(multibulk, empty_requests_are_passed_over);
    tcase_add_test(multibulk, a_request_cut_off_anywhere_waits_for_the_rest);
    tcase_add_test(multibulk, wrong_counts_are_refused);
    tcase_add_test(multibulk, wrong_lengths_are_refused);
    tcase_add_test(multibulk, a_length_has_to_follow_a_count);
    tcase_add_test(multibulk, a_value_that_does_not_end_where_it_said_is_refused);
    tcase_add_test(multibulk, a_request_over_the_limit_is_refused_at_its_header);
    tcase_add_test(multibulk, an_error_about_a_limit_names_its_option);
    tcase_add_test(multibulk, as_many_arguments_as_allowed);
    tcase_add_test(multibulk, announced_arguments_take_no_memory);
    suite_add_tcase(suite, multibulk);
    tcase_add_test(inlined, inline_words_and_quotes);
    tcase_add_test(inlined, unbalanced_quotes_are_refused);
    tcase_add_test(inlined, a_nul_ends_an_inline_line);
    tcase_add_test(inlined, inline_arguments_are_counted);
    suite_add_tcase(suite, inlined);
    tcase_add_test(work, lines_without_an_end_are_refused);
    tcase_add_test(work, what_is_needed_is_told);
    tcase_add_test(work, an_idle_parser_keeps_nothing_and_a_busy_one_what_it_needs);
    tcase_add_test(work, a_drip_is_linear);
    tcase_add_test(work, an_inline_drip_is_linear_within_its_limit);
    suite_add_tcase(suite, work);
    return suite;
}
