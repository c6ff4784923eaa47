/*
 * resp/reply: replies are read from bytes that arrive in pieces of any size, from any server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "resp/reply.h"
#include "unit.h"

static const struct resp_reply_limits limits = {
    .bytes_max = 1 << 20, .elements_max = 100, .depth_max = 4};

/* A reply as text: simple +a, error -a, integer 1, bulk "a", nil _, array [a b], map {a b},
 * set <a b>, push >a b<, double ,1.5 boolean #t, big number (1. */
static void describe(struct buffer *text, const struct resp_reply *reply)
{
    static const char marks[] = "+-0\"_[{<>,#(";
    static const char ends[] = {[RESP_REPLY_ARRAY] = ']',
                                [RESP_REPLY_MAP] = '}',
                                [RESP_REPLY_SET] = '>',
                                [RESP_REPLY_PUSH] = '<'};
    char number[32];

    switch (reply->type) {
    case RESP_REPLY_INTEGER:
        buffer_append(text, number,
                      (size_t)snprintf(number, sizeof(number), "%lld", (long long)reply->integer));
        return;
    case RESP_REPLY_BOOLEAN:
        buffer_append(text, reply->integer != 0 ? "#t" : "#f", 2);
        return;
    case RESP_REPLY_ARRAY:
    case RESP_REPLY_MAP:
    case RESP_REPLY_SET:
    case RESP_REPLY_PUSH:
        buffer_append(text, &marks[reply->type], 1);
        for (size_t i = 0; i < reply->count; i++) {
            buffer_append(text, " ", i > 0 ? 1 : 0);
            describe(text, &reply->elements[i]);
        }
        buffer_append(text, &ends[reply->type], 1);
        return;
    default:
        break;
    }
    ck_assert_uint_eq(strlen(reply->text), strnlen(reply->text, reply->size_bytes));
    ck_assert_int_eq(reply->text[reply->size_bytes], 0);
    ck_assert_uint_eq(reply->count, 0);
    buffer_append(text, &marks[reply->type], 1);
    buffer_append(text, reply->text, reply->size_bytes);
    buffer_append(text, "\"", reply->type == RESP_REPLY_BULK ? 1 : 0);
}

/*
 * Gives the reader `step` more bytes with each call and describes the replies one after the other;
 * "..." at the end: the last one is incomplete; "!" and a text: an error. Every call gets a copy of
 * exactly these bytes at a new address, so that a sanitizer reports a read past the end and the use
 * of an old address.
 */
static struct buffer tell(const struct resp_reply_limits *use, const uint8_t *data, size_t size,
                          size_t step)
{
    struct buffer text = {0};
    struct resp_reader reader;
    size_t start = 0;
    size_t end = step < size ? step : size;

    resp_reader_init(&reader, use);
    for (;;) {
        uint8_t *copy = memory_allocate(end - start + 1);
        struct resp_reply *reply;
        enum resp_read_result result;

        memcpy(copy, data + start, end - start);
        copy = memory_resize(copy, end - start > 0 ? end - start : 1);
        result = resp_read(&reader, copy, end - start, &reply);
        memory_free(copy);
        ck_assert((result == RESP_READ_DONE) == (reply != NULL));
        if (result == RESP_READ_FAILED) {
            buffer_append(&text, "!", 1);
            buffer_append(&text, reader.error, strlen(reader.error));
            break;
        }
        if (result == RESP_READ_DONE) {
            describe(&text, reply);
            memory_free(reply);
            start += reader.consumed_bytes;
            ck_assert_uint_le(start, end);
            if (start == size) {
                break;
            }
            continue;
        }
        ck_assert_uint_gt(reader.needed_bytes, end - start);
        if (end == size) {
            buffer_append(&text, "...", 3);
            break;
        }
        end = end + step < size ? end + step : size;
    }
    buffer_append_u8(&text, 0);
    return text;
}

/* Expects the same replies, whatever the pieces in which the bytes arrive. */
static void assert_reads_bytes(const struct resp_reply_limits *use, const void *data, size_t size,
                               const char *wanted)
{
    for (size_t step = 1; step <= size; step = step < 16 ? step + 1 : 2 * step) {
        struct buffer text = tell(use, data, size, step);

        ck_assert_str_eq((const char *)text.data, wanted);
        buffer_free(&text);
    }
}

static void assert_reads(const char *bytes, const char *wanted)
{
    assert_reads_bytes(&limits, bytes, strlen(bytes), wanted);
}

START_TEST(test_each_type)
{
    assert_reads("+OK\r\n", "+OK");
    assert_reads("+\r\n", "+");
    assert_reads("-ERR no\r\n", "-ERR no");
    assert_reads(":0\r\n", "0");
    assert_reads(":-9223372036854775808\r\n", "-9223372036854775808");
    assert_reads(":9223372036854775807\r\n", "9223372036854775807");
    assert_reads("$5\r\nhello\r\n", "\"hello\"");
    assert_reads("$0\r\n\r\n", "\"\"");
    assert_reads("$-1\r\n", "_");
    assert_reads("*-1\r\n", "_");
    assert_reads("*0\r\n", "[]");
    assert_reads("*2\r\n:1\r\n$1\r\na\r\n", "[1 \"a\"]");
    assert_reads("*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n$-1\r\n", "[[1 []] [_]]");
}
END_TEST

START_TEST(test_each_type_of_resp3)
{
    assert_reads("_\r\n", "_");
    assert_reads("#t\r\n", "#t");
    assert_reads("#f\r\n", "#f");
    assert_reads(":+5\r\n", "5");
    assert_reads(",1.5\r\n", ",1.5");
    assert_reads(",-inf\r\n", ",-inf");
    assert_reads(",nan\r\n", ",nan");
    assert_reads("(-3492890328409238509324850943850943825024385\r\n",
                 "(-3492890328409238509324850943850943825024385");
    assert_reads("!5\r\nERR a\r\n", "-ERR a");
    assert_reads("=8\r\ntxt:text\r\n", "\"text\"");
    assert_reads("=4\r\nmkd:\r\n", "\"\"");
    assert_reads("%2\r\n+a\r\n:1\r\n+b\r\n%1\r\n+c\r\n#t\r\n", "{+a 1 +b {+c #t}}");
    assert_reads("%0\r\n", "{}");
    assert_reads("~2\r\n+a\r\n+b\r\n", "<+a +b>");
    assert_reads(">2\r\n+message\r\n+b\r\n", ">+message +b<");
}
END_TEST

START_TEST(test_attributes_are_dropped)
{
    assert_reads("|1\r\n+ttl\r\n:3600\r\n+OK\r\n", "+OK");
    assert_reads("|0\r\n|1\r\n+a\r\n*1\r\n:1\r\n:7\r\n", "7");
    assert_reads("*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n", "[1 2]");
    assert_reads("*1\r\n|1\r\n|1\r\n+x\r\n+y\r\n+a\r\n+b\r\n*1\r\n:2\r\n", "[[2]]");
    assert_reads("*1\r\n:1\r\n|1\r\n+a\r\n+b\r\n", "[1]...");
}
END_TEST

START_TEST(test_bytes_of_any_kind)
{
    static const char bytes[] = "$7\r\na\0b\r\n\xff\xfe\r\n";
    static const char wanted[] = "\"a\0b\r\n\xff\xfe\"";
    struct buffer text = tell(&limits, (const uint8_t *)bytes, sizeof(bytes) - 1, 3);

    ck_assert_uint_eq(text.size_bytes, sizeof(wanted));
    ck_assert_mem_eq(text.data, wanted, sizeof(wanted));
    buffer_free(&text);
}
END_TEST

START_TEST(test_replies_that_follow_each_other)
{
    assert_reads("+OK\r\n:1\r\n*1\r\n+a\r\n", "+OK1[+a]");
    assert_reads("+OK\r\n$5\r\nhel", "+OK...");
    assert_reads("*2\r\n:1\r\n", "...");
    assert_reads("+OK\r", "...");
    assert_reads("$5", "...");
}
END_TEST

START_TEST(test_bytes_that_are_no_reply)
{
    assert_reads("HTTP/1.1 400 Bad Request\r\n",
                 "!found the byte 0x48, expected the start of an element of the reply");
    assert_reads("\x16\x03\x01",
                 "!found the byte 0x16, expected the start of an element of the reply");
    assert_reads("*1\r\n\r\n",
                 "!found the byte 0x0d, expected the start of an element of the reply");
    assert_reads("+OK\rx", "!a line of the reply ends without CRLF");
    assert_reads(":\r\n", "!an integer of the reply is not a number");
    assert_reads(":1x\r\n", "!an integer of the reply is not a number");
    assert_reads(":+-1\r\n", "!an integer of the reply is not a number");
    assert_reads(":9223372036854775808\r\n", "!an integer of the reply is not a number");
    assert_reads("$x\r\n", "!the length of a string of the reply is not a number");
    assert_reads("$-2\r\n", "!the length of a string of the reply is not a number");
    assert_reads("$+1\r\na\r\n", "!the length of a string of the reply is not a number");
    assert_reads("$?\r\n", "!the length of a string of the reply is not a number");
    assert_reads("$1\r\nabc", "!a string of the reply ends without CRLF");
    assert_reads("=3\r\ntxt\r\n", "!a verbatim string of the reply has no format");
    assert_reads("=4\r\ntext\r\n", "!a verbatim string of the reply has no format");
    assert_reads("*x\r\n", "!the number of elements of an array of the reply is not a number");
    assert_reads("*-2\r\n", "!the number of elements of an array of the reply is not a number");
    assert_reads("%-1\r\n", "!a map or set of the reply has -1 elements");
    assert_reads("#x\r\n", "!a boolean or null of the reply has an invalid value");
    assert_reads("#\r\n", "!a boolean or null of the reply has an invalid value");
    assert_reads("_x\r\n", "!a boolean or null of the reply has an invalid value");
    assert_reads(",\r\n",
                 "!a number of the reply contains characters that a number cannot contain");
    assert_reads(",1;2\r\n",
                 "!a number of the reply contains characters that a number cannot contain");
    assert_reads("(1.5\r\n",
                 "!a number of the reply contains characters that a number cannot contain");
}
END_TEST

START_TEST(test_limit_of_elements)
{
    static const struct resp_reply_limits four = {
        .bytes_max = 1000, .elements_max = 4, .depth_max = 4};
    static const char too_many[] = "!the reply has more than 4 elements";

    assert_reads_bytes(&four, "*3\r\n:1\r\n:2\r\n:3\r\n", 16, "[1 2 3]");
    assert_reads_bytes(&four, "*5\r\n", 4, too_many);
    assert_reads_bytes(&four, "*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n", 20, too_many);
    assert_reads_bytes(&four, "*2147483647\r\n", 13, too_many);
    assert_reads_bytes(&four, "*9223372036854775807\r\n", 22, too_many);
    assert_reads_bytes(&four, "%9223372036854775807\r\n", 22, too_many);
    assert_reads_bytes(&four, "%3\r\n", 4, too_many);
    assert_reads_bytes(&four, "*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n", 20, too_many);
    assert_reads_bytes(&four, "|0\r\n|0\r\n|0\r\n|0\r\n|0\r\n", 20, too_many);
}
END_TEST

START_TEST(test_limit_of_bytes)
{
    static const struct resp_reply_limits twenty = {
        .bytes_max = 20, .elements_max = 100, .depth_max = 4};
    static const char too_many[] = "!the reply has more than 20 bytes";

    assert_reads_bytes(&twenty, "$13\r\n0123456789abc\r\n", 20, "\"0123456789abc\"");
    assert_reads_bytes(&twenty, "$14\r\n", 5, too_many);
    assert_reads_bytes(&twenty, "$9223372036854775807\r\n", 22, too_many);
    assert_reads_bytes(&twenty, "*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n", 20, "[1 2 3 4]");
    assert_reads_bytes(&twenty, "*4\r\n:1\r\n:2\r\n:3\r\n:44\r\n", 21, too_many);
}
END_TEST

START_TEST(test_limit_of_a_line)
{
    struct buffer bytes = {0};
    struct buffer text;

    buffer_append_u8(&bytes, '+');
    memset(buffer_extend(&bytes, RESP_REPLY_LINE_BYTES_MAX), 'a', RESP_REPLY_LINE_BYTES_MAX);
    text = tell(&limits, bytes.data, bytes.size_bytes, 1000);
    ck_assert_str_eq((const char *)text.data, "...");
    buffer_free(&text);
    buffer_append_u8(&bytes, 'a');
    text = tell(&limits, bytes.data, bytes.size_bytes, 1000);
    ck_assert_str_eq((const char *)text.data, "!a line of the reply has more than 65536 bytes");
    buffer_free(&text);
    buffer_free(&bytes);
}
END_TEST

START_TEST(test_limit_of_depth)
{
    assert_reads("*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "[[[[1]]]]");
    assert_reads("*1\r\n*1\r\n*1\r\n*1\r\n*0\r\n", "[[[[[]]]]]");
    assert_reads("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "!the reply has arrays nested more than 4 deep");
    assert_reads("*1\r\n*1\r\n*1\r\n*1\r\n|1\r\n", "!the reply has arrays nested more than 4 deep");
}
END_TEST

UNIT_SUITE(reply)
{
    Suite *suite = suite_create("reply");
    TCase *reading = tcase_create("reading");
    TCase *hostile = tcase_create("hostile");

    tcase_add_test(reading, test_each_type);
    tcase_add_test(reading, test_each_type_of_resp3);
    tcase_add_test(reading, test_attributes_are_dropped);
    tcase_add_test(reading, test_bytes_of_any_kind);
    tcase_add_test(reading, test_replies_that_follow_each_other);
    suite_add_tcase(suite, reading);
    tcase_add_test(hostile, test_bytes_that_are_no_reply);
    tcase_add_test(hostile, test_limit_of_elements);
    tcase_add_test(hostile, test_limit_of_bytes);
    tcase_add_test(hostile, test_limit_of_a_line);
    tcase_add_test(hostile, test_limit_of_depth);
    suite_add_tcase(suite, hostile);
    return suite;
}
