/*
 * What the node answers, as RESP2 and RESP3.
 */
#include "commands/render.h"

#include <string.h>

#include <raftd/error.h>

#include "kv/kv.h"
#include "unit.h"

static struct buffer output;

static void setup(void)
{
    output = (struct buffer){0};
}

static void teardown(void)
{
    buffer_free(&output);
}

static void expect(const char *text)
{
    buffer_append_u8(&output, '\0');
    ck_assert_str_eq((const char *)output.data, text);
    output.size_bytes = 0;
}

/* The neutral encoding of kv.h, written down by hand. */
START_TEST(values_become_resp)
{
    static const uint8_t ok[] = {KV_REPLY_OK};
    static const uint8_t nil[] = {KV_REPLY_NIL};
    static const uint8_t number[] = {
        KV_REPLY_INTEGER, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t bulk[] = {KV_REPLY_BULK, 2, 0, 0, 0, 'h', 'i'};
    static const uint8_t status[] = {KV_REPLY_STATUS, 4, 0, 0, 0, 'n', 'o', 'n', 'e'};
    static const uint8_t error[] = {KV_REPLY_ERROR, 5, 0, 0, 0, 'E', 'R', 'R', ' ', 'x'};
    static const uint8_t array[] = {KV_REPLY_ARRAY, 2, 0, 0, 0, KV_REPLY_NIL,
                                    KV_REPLY_BULK,  0, 0, 0, 0};

    render_reply(&output, RESP2, ok, sizeof(ok));
    expect("+OK\r\n");
    render_reply(&output, RESP2, nil, sizeof(nil));
    expect("$-1\r\n");
    render_reply(&output, RESP3, nil, sizeof(nil));
    expect("_\r\n");
    render_reply(&output, RESP2, number, sizeof(number));
    expect(":-2\r\n");
    render_reply(&output, RESP2, bulk, sizeof(bulk));
    expect("$2\r\nhi\r\n");
    render_reply(&output, RESP2, status, sizeof(status));
    expect("+none\r\n");
    render_reply(&output, RESP2, error, sizeof(error));
    expect("-ERR x\r\n");
    render_reply(&output, RESP3, array, sizeof(array));
    expect("*2\r\n_\r\n$0\r\n\r\n");
}
END_TEST

START_TEST(no_reply_is_an_error_not_a_silence)
{
    render_reply(&output, RESP2, NULL, 0);
    expect("-ERR the command had no reply\r\n");
}
END_TEST

static bool starts_with_one_of(const char *text, const char *const *codes)
{
    for (; *codes != NULL; codes++) {
        if (strncmp(text + 1, *codes, strlen(*codes)) == 0) {
            return true;
        }
    }
    return false;
}

START_TEST(t53_clients_are_told_to_retry_only_what_was_not_applied)
{
    static const char *const retried[] = {"LOADING ", "TRYAGAIN ", "CLUSTERDOWN ", NULL};
    static const int refused[] = {RAFTD_ERROR_NOT_READY, RAFTD_ERROR_NOT_LEADER,
                                  RAFTD_ERROR_UNAVAILABLE, RAFTD_ERROR_STOPPED, RAFTD_ERROR_BUSY};

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        output.size_bytes = 0;
        render_status(&output, refused[i], false);
        buffer_append_u8(&output, '\0');
        ck_assert_msg(starts_with_one_of((const char *)output.data, retried), "%s", output.data);
    }
    /* Every other code, known or not, may stand for a command that was applied. */
    for (int code = -1; code >= -40; code--) {
        bool is_refusal = false;

        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
            is_refusal |= refused[i] == code;
        }
        output.size_bytes = 0;
        render_status(&output, code, false);
        buffer_append_u8(&output, '\0');
        ck_assert_msg(is_refusal || !starts_with_one_of((const char *)output.data, retried), "%s",
                      output.data);
    }
}
END_TEST

START_TEST(each_status_has_its_code)
{
    static const struct {
        int status;
        const char *code;
    } cases[] = {
        {RAFTD_ERROR_NOT_READY, "-LOADING "},
        {RAFTD_ERROR_NOT_LEADER, "-TRYAGAIN "},
        {RAFTD_ERROR_UNAVAILABLE, "-CLUSTERDOWN "},
        {RAFTD_ERROR_BUSY, "-CLUSTERDOWN the leader took no more commands in time"},
        {RAFTD_ERROR_STOPPED, "-CLUSTERDOWN "},
        {RAFTD_ERROR_TIMEOUT, "-TIMEOUT "},
        {RAFTD_ERROR_TOO_LARGE, "-ERR "},
        {RAFTD_ERROR_CORRUPT, "-ERR "},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        output.size_bytes = 0;
        render_status(&output, cases[i].status, false);
        ck_assert_mem_eq(output.data, cases[i].code, strlen(cases[i].code));
        ck_assert_mem_eq(output.data + output.size_bytes - 2, "\r\n", 2);
    }
    output.size_bytes = 0;
    render_status(&output, RAFTD_ERROR_TIMEOUT, true);
    expect("-TIMEOUT no answer in time\r\n");
}
END_TEST

UNIT_SUITE(render)
{
    Suite *suite = suite_create("render");
    TCase *replies = tcase_create("replies");

    tcase_add_checked_fixture(replies, setup, teardown);
    tcase_add_test(replies, values_become_resp);
    tcase_add_test(replies, no_reply_is_an_error_not_a_silence);
    tcase_add_test(replies, t53_clients_are_told_to_retry_only_what_was_not_applied);
    tcase_add_test(replies, each_status_has_its_code);
    suite_add_tcase(suite, replies);
    return suite;
}
