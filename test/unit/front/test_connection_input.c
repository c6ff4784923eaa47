/*
 * Connections: requests in pieces, large requests, and requests that are refused.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "commands/session.h"
#include "front/rig.h"
#include "unit.h"

static struct rig rig;

static void setup(void)
{
    rig_init(&rig);
}

static void teardown(void)
{
    rig_stop(&rig);
}

START_TEST(commands_may_drip_in)
{
    static const char commands[] = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n\r\n\r\n\r\n"
                                   "GET a\r\n*1\r\n$4\r\nPING\r\n";
    int client;

    rig_start(&rig);
    client = rig_connect(&rig);
    for (size_t i = 0; i < sizeof(commands) - 1; i++) {
        rig_send_bytes(client, commands + i, 1);
        worker_turn(rig.worker, 0);
    }
    rig_expect(&rig, client, "+OK\r\n$4\r\n\r\n\r\n\r\n+PONG\r\n");
    close(client);
}
END_TEST

/* The one behind the other, so that their ends fall anywhere in the worker's buffer. */
START_TEST(requests_larger_than_a_read_are_put_together)
{
    struct buffer request = {0};
    struct buffer reply = {0};
    size_t size = 300001;
    int client;

    rig_start(&rig);
    client = rig_connect(&rig);
    for (int round = 0; round < 3; round++) {
        char head[64];
        uint8_t *value;

        buffer_append(
            &request, head,
            (size_t)snprintf(head, sizeof(head), "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%zu\r\n", size));
        value = buffer_extend(&request, size);
        for (size_t i = 0; i < size; i++) {
            value[i] = (uint8_t)(i * 7 + (size_t)round);
        }
        buffer_append(&request, "\r\nGET a\r\n", 9);
        buffer_append(&reply, head, (size_t)snprintf(head, sizeof(head), "+OK\r\n$%zu\r\n", size));
        buffer_append(&reply, request.data + request.size_bytes - 9 - size, size);
        buffer_append(&reply, "\r\n", 2);
    }
    for (size_t sent = 0; sent < request.size_bytes;) {
        ssize_t more = send(client, request.data + sent, request.size_bytes - sent, MSG_NOSIGNAL);

        sent += more > 0 ? (size_t)more : 0;
        worker_turn(rig.worker, 0);
    }
    rig_expect_bytes(&rig, client, reply.data, reply.size_bytes);
    buffer_free(&request);
    buffer_free(&reply);
    close(client);
}
END_TEST

START_TEST(hostile_headers_are_refused_before_memory_is_taken)
{
    static const char *const cases[][2] = {
        {"*100000\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
        {"*1\r\n$536870912\r\n", "-ERR Protocol error: invalid bulk length: a request has at most "
                                 "8388608 bytes (limits.max_request_bytes)\r\n"},
        {"*2\r\n$3\r\nGET\r\n$99999999999999999999\r\n",
         "-ERR Protocol error: invalid bulk length\r\n"},
        {"GET \"a\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
    };

    rig_start(&rig);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int client = rig_connect(&rig);

        rig_talk(&rig, client, cases[i][0], cases[i][1]);
        rig_expect_end(&rig, client);
        close(client);
        rig_settle(&rig);
    }
    ck_assert_uint_le(rig.worker->workspace->argument_capacity, 64);
}
END_TEST

START_TEST(a_command_the_node_finds_too_large_is_an_error)
{
    int client;

    rig_start(&rig);
    client = rig_connect(&rig);
    fake_node_refuse_next(rig.node, RAFTD_ERROR_TOO_LARGE);
    rig_talk(&rig, client, "SET a 1\r\nSET b 1\r\n",
             "-ERR the command is larger than limits.max_request_bytes\r\n+OK\r\n");
    close(client);
}
END_TEST

UNIT_SUITE(connection_input)
{
    Suite *suite = suite_create("connection input");
    TCase *input = tcase_create("input");

    tcase_add_checked_fixture(input, setup, teardown);
    tcase_add_test(input, commands_may_drip_in);
    tcase_add_test(input, requests_larger_than_a_read_are_put_together);
    tcase_add_test(input, hostile_headers_are_refused_before_memory_is_taken);
    tcase_add_test(input, a_command_the_node_finds_too_large_is_an_error);
    suite_add_tcase(suite, input);
    return suite;
}
