/*
 * Connections: the order of replies, what holds a client back, what closes it, and what is left
 * behind when it goes.
 */
#include "front/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "front/rig.h"
#include "sys/clock.h"
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

/* ---- Order -------------------------------------------------------------------------------- */

START_TEST(changes_in_one_pipeline_are_under_way_together)
{
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    rig_send(client, "SET a 1\r\nSET b 2\r\nINCR c\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 3);
    ck_assert_uint_eq(fake_node_submits(rig.node), 1);
    rig_expect_silence(&rig, client);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "+OK\r\n+OK\r\n:1\r\n");
    close(client);
}
END_TEST

START_TEST(a_read_waits_for_the_changes_before_it)
{
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    rig_send(client, "SET a 1\r\nSET a 2\r\nGET a\r\nGET a\r\nSET a 3\r\nGET a\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 2);
    fake_node_answer(rig.node, 0, 0);
    rig_expect(&rig, client, "+OK\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 1); /* one SET is not answered yet */
    fake_node_answer(rig.node, 0, 0);
    rig_expect(&rig, client, "+OK\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 2); /* both GETs, but not the SET behind them */
    ck_assert(fake_node_held_is_read(rig.node, 0) && fake_node_held_is_read(rig.node, 1));
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "$1\r\n2\r\n$1\r\n2\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 1);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "+OK\r\n");
    rig_settle(&rig);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "$1\r\n3\r\n");
    close(client);
}
END_TEST

START_TEST(replies_keep_the_order_of_the_commands)
{
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    rig_send(client, "INCR n\r\nPING\r\nINCR n\r\nECHO x\r\nINCR m\r\nFOO\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 3);
    fake_node_answer(rig.node, 2, 0);
    fake_node_answer(rig.node, 1, RAFTD_ERROR_TIMEOUT);
    rig_expect_silence(&rig, client);
    fake_node_answer(rig.node, 0, 0);
    rig_expect(&rig, client,
               ":1\r\n+PONG\r\n"
               "-TIMEOUT no answer in time; the command may have been applied, or may be applied "
               "later\r\n"
               "$1\r\nx\r\n:1\r\n"
               "-ERR unknown command 'FOO', with args beginning with: \r\n");
    close(client);
}
END_TEST

START_TEST(a_reply_speaks_the_protocol_of_its_time)
{
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    rig_send(client, "GET none\r\nHELLO 3\r\nGET none\r\nHELLO 2\r\nGET none\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 3);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "$-1\r\n");
    rig_expect(&rig, client,
               "%7\r\n$6\r\nserver\r\n$5\r\nraftd\r\n$7\r\nversion\r\n$5\r\n0.1.0\r\n"
               "$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n"
               "$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n");
    rig_expect(&rig, client, "_\r\n");
    rig_expect(&rig, client,
               "*14\r\n$6\r\nserver\r\n$5\r\nraftd\r\n$7\r\nversion\r\n$5\r\n0.1.0\r\n"
               "$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n"
               "$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n");
    rig_expect(&rig, client, "$-1\r\n");
    close(client);
}
END_TEST

START_TEST(status_is_told_after_everything_before_it)
{
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    rig_send(client, "SET a 1\r\nRAFT READY\r\n");
    rig_settle(&rig);
    fake_node_set_ready(rig.node, false);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "+OK\r\n:0\r\n");
    close(client);
}
END_TEST

START_TEST(silenced_replies_are_left_out_in_their_places)
{
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    rig_send(client, "INCR n\r\nCLIENT REPLY SKIP\r\nINCR n\r\nINCR n\r\nCLIENT REPLY OFF\r\n"
                     "INCR n\r\nPING\r\nFOO\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nINCR n\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 5);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, ":1\r\n:3\r\n+OK\r\n:5\r\n");
    rig_talk(&rig, client, "PING\r\n", "+PONG\r\n");
    rig_send(client, "CLIENT REPLY SKIP\r\nPING\r\n");
    rig_expect_silence(&rig, client);
    rig_talk(&rig, client, "PING x\r\n", "$1\r\nx\r\n");
    close(client);
}
END_TEST

/* ---- Going away --------------------------------------------------------------------------- */

START_TEST(a_dead_clients_answers_reach_nobody)
{
    uint32_t place;
    int first;
    int second;

    rig_start(&rig);
    fake_node_hold(rig.node);
    first = rig_connect(&rig);
    place = rig_connection(&rig, 0)->place;
    rig_send(first, "INCR n\r\nINCR n\r\nECHO held\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 2);
    /* Reset, so that the server sees at once that nobody is there to be answered. */
    setsockopt(first, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    close(first);
    rig_settle(&rig);
    ck_assert_ptr_null(rig_connection(&rig, place));
    second = rig_connect(&rig);
    ck_assert_uint_eq(rig_connection(&rig, place)->place, place); /* the same place */
    rig_send(second, "SET a 1\r\n");
    rig_settle(&rig);
    fake_node_answer(rig.node, 0, 0);
    fake_node_answer(rig.node, 0, 0);
    rig_expect_silence(&rig, second);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, second, "+OK\r\n");
    rig_talk(&rig, second, "ECHO alive\r\n", "$5\r\nalive\r\n");
    close(second);
}
END_TEST

START_TEST(half_closed_clients_still_get_their_replies)
{
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    rig_send(client, "SET a 1\r\nGET a\r\nGET b");
    shutdown(client, SHUT_WR);
    rig_settle(&rig);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "+OK\r\n");
    rig_settle(&rig);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "$1\r\n1\r\n");
    rig_expect_end(&rig, client);
    close(client);
}
END_TEST

START_TEST(quit_answers_what_came_before_and_nothing_behind_it)
{
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    rig_send(client, "INCR n\r\nQUIT\r\nINCR n\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 1);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, ":1\r\n+OK\r\n");
    rig_expect_end(&rig, client);
    close(client);
    rig_settle(&rig);
    ck_assert_ptr_null(rig_connection(&rig, 0));
}
END_TEST

START_TEST(protocol_errors_are_answered_before_the_end)
{
    int client;
    char junk[100000];

    rig_start(&rig);
    client = rig_connect(&rig);
    memset(junk, 'x', sizeof(junk));
    rig_send(client, "PING\r\n*1\r\n$-5\r\n");
    rig_send_bytes(client, junk, sizeof(junk)); /* unread bytes must not reset the connection */
    rig_expect(&rig, client, "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n");
    rig_expect_end(&rig, client);
    close(client);
}
END_TEST

START_TEST(a_client_that_stays_after_its_error_is_closed)
{
    int client;

    rig_start(&rig);
    client = rig_connect(&rig);
    rig_talk(&rig, client, "*1\r\n@\r\n", "-ERR Protocol error: expected '$', got '@'\r\n");
    rig_settle(&rig);
    ck_assert_int_eq(rig_connection(&rig, 0)->state, CONNECTION_LINGERING);
    rig_connection(&rig, 0)->deadline_ms = 0;
    rig.worker->tick_ms = 1;
    rig_settle(&rig);
    ck_assert_ptr_null(rig_connection(&rig, 0));
    close(client);
}
END_TEST

/* ---- Holding back ------------------------------------------------------------------------- */

START_TEST(no_room_in_the_node_drops_nothing_and_does_not_spin)
{
    int client;
    int other;

    rig_start(&rig);
    fake_node_hold(rig.node);
    fake_node_set_room(rig.node, 2);
    client = rig_connect(&rig);
    other = rig_connect(&rig);
    rig_send(client, "INCR n\r\nINCR n\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\nINCR n\r\nINCR n\r\n");
    rig_settle(&rig);
    rig_send(other, "INCR m\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 2);
    ck_assert_uint_eq(rig.worker->agenda.starved.count, 2);
    /* There is nothing to do: the next turn would sleep. */
    ck_assert_uint_eq(rig.worker->agenda.ready.count, 0);
    ck_assert_int_eq(rig_connection(&rig, 0)->block, BLOCK_ROOM);
    for (int i = 0; i < 10; i++) {
        rig_settle(&rig);
        if (fake_node_held(rig.node) > 0) {
            fake_node_answer(rig.node, 0, 0);
        }
    }
    rig_expect(&rig, client, ":1\r\n:2\r\n:3\r\n:4\r\n:5\r\n");
    rig_expect(&rig, other, ":1\r\n");
    close(client);
    close(other);
}
END_TEST

START_TEST(commands_under_way_are_bounded)
{
    enum { COMMANDS = 3000 };
    struct buffer replies = {0};
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    for (int i = 0; i < COMMANDS; i++) {
        char reply[32];

        rig_send(client, "INCR n\r\n");
        buffer_append(&replies, reply, (size_t)snprintf(reply, sizeof(reply), ":%d\r\n", i + 1));
    }
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), OWED_MAX);
    ck_assert_int_eq(rig_connection(&rig, 0)->block, BLOCK_OWED);
    ck_assert_uint_eq(rig.worker->agenda.ready.count, 0);
    for (int i = 0; i < 4; i++) {
        fake_node_answer_all(rig.node);
        rig_settle(&rig);
        ck_assert_uint_le(fake_node_held(rig.node), OWED_MAX);
    }
    rig_expect_bytes(&rig, client, replies.data, replies.size_bytes);
    buffer_free(&replies);
    close(client);
}
END_TEST

START_TEST(a_blocked_client_is_not_read)
{
    enum { MORE = 32 * 1024 * 1024 };
    char *bytes = memory_allocate(65536);
    size_t sent = 0;
    ssize_t more;
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    rig_send(client, "SET a 1\r\nGET a\r\n");
    rig_settle(&rig);
    memset(bytes, '\n', 65536); /* empty lines: nothing to answer */
    do {
        more = send(client, bytes, 65536, MSG_NOSIGNAL);
        sent += more > 0 ? (size_t)more : 0;
        rig_settle(&rig);
    } while (more > 0 && sent < MORE);
    ck_assert_uint_lt(sent, MORE); /* the kernel's buffers are full, not ours */
    ck_assert_uint_le(rig_connection(&rig, 0)->socket.input.capacity_bytes,
                      2 * SOCKET_SCRATCH_BYTES);
    memory_free(bytes);
    fake_node_answer_all(rig.node);
    rig_settle(&rig);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "+OK\r\n$1\r\n1\r\n");
    close(client);
}
END_TEST

START_TEST(a_client_that_does_not_read_is_closed)
{
    char *value = memory_allocate(1024 * 1024);
    int client;

    rig.conf.limits.output_buffer_bytes = 8 * 1024 * 1024;
    rig_start(&rig);
    client = rig_connect(&rig);
    rig_send(client, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1000000\r\n");
    memset(value, 'v', 1000000);
    for (size_t sent = 0; sent < 1000000; sent += 10000) {
        rig_send_bytes(client, value, 10000);
        rig_settle(&rig);
    }
    rig_talk(&rig, client, "\r\n", "+OK\r\n");
    for (int i = 0; i < 40; i++) {
        rig_send(client, "GET a\r\n");
    }
    rig_settle(&rig);
    ck_assert_ptr_null(rig_connection(&rig, 0));
    close(client);
    memory_free(value);
}
END_TEST

START_TEST(replies_held_back_count_as_well)
{
    int client;

    rig.conf.limits.output_buffer_bytes = 64 * 1024;
    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    rig_send(client, "SET a 1\r\n");
    for (int i = 0; i < 20; i++) {
        rig_send(client, "COMMAND DOCS\r\n");
    }
    rig_settle(&rig);
    ck_assert_ptr_null(rig_connection(&rig, 0));
    close(client);
}
END_TEST

START_TEST(an_idle_client_is_closed)
{
    int client;
    int busy;

    rig.conf.limits.idle_timeout_seconds = 60;
    rig_start(&rig);
    client = rig_connect(&rig);
    busy = rig_connect(&rig);
    rig_talk(&rig, client, "PING\r\n", "+PONG\r\n");
    rig_settle(&rig);
    atomic_store(&rig_connection(&rig, 0)->info.active_ms, clock_monotonic_ms() - 61000);
    rig.worker->tick_ms = 1;
    rig_expect_end(&rig, client);
    ck_assert_ptr_null(rig_connection(&rig, 0));
    rig_talk(&rig, busy, "PING\r\n", "+PONG\r\n");
    close(client);
    close(busy);
}
END_TEST

START_TEST(an_idle_connection_keeps_little_memory)
{
    const struct connection *connection;
    char *reply;
    int client;

    rig_start(&rig);
    fake_node_hold(rig.node);
    client = rig_connect(&rig);
    for (int i = 0; i < 500; i++) {
        rig_send(client, "INCR n\r\n");
    }
    rig_settle(&rig);
    fake_node_answer_all(rig.node);
    reply = rig_ask(&rig, client, "COMMAND DOCS\r\nGET ");
    ck_assert_uint_gt(strlen(reply), 4000);
    free(reply);
    connection = rig_connection(&rig, 0);
    ck_assert_uint_gt(connection->socket.output.capacity_bytes, 0);
    ck_assert_uint_gt(connection->owed.capacity, 0);
    atomic_store(&rig_connection(&rig, 0)->info.active_ms, clock_monotonic_ms() - 5000);
    rig.worker->tick_ms = 1;
    rig_settle(&rig);
    ck_assert_uint_eq(connection->socket.output.capacity_bytes, 0);
    ck_assert_uint_eq(connection->owed.capacity, 0);
    ck_assert_uint_le(connection->socket.input.capacity_bytes, 8);
    ck_assert_uint_eq(rig.worker->tick_ms, 0); /* nothing is left to do: no more wake-ups */
    rig_send(client, "n\r\n");
    rig_settle(&rig);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "$3\r\n500\r\n");
    close(client);
}
END_TEST

UNIT_SUITE(connection)
{
    Suite *suite = suite_create("connection");
    TCase *order = tcase_create("order");
    TCase *end = tcase_create("end");
    TCase *bounds = tcase_create("bounds");

    tcase_add_checked_fixture(order, setup, teardown);
    tcase_add_test(order, changes_in_one_pipeline_are_under_way_together);
    tcase_add_test(order, a_read_waits_for_the_changes_before_it);
    tcase_add_test(order, replies_keep_the_order_of_the_commands);
    tcase_add_test(order, a_reply_speaks_the_protocol_of_its_time);
    tcase_add_test(order, status_is_told_after_everything_before_it);
    tcase_add_test(order, silenced_replies_are_left_out_in_their_places);
    suite_add_tcase(suite, order);
    tcase_add_checked_fixture(end, setup, teardown);
    tcase_add_test(end, a_dead_clients_answers_reach_nobody);
    tcase_add_test(end, half_closed_clients_still_get_their_replies);
    tcase_add_test(end, quit_answers_what_came_before_and_nothing_behind_it);
    tcase_add_test(end, protocol_errors_are_answered_before_the_end);
    tcase_add_test(end, a_client_that_stays_after_its_error_is_closed);
    suite_add_tcase(suite, end);
    tcase_add_checked_fixture(bounds, setup, teardown);
    tcase_add_test(bounds, no_room_in_the_node_drops_nothing_and_does_not_spin);
    tcase_add_test(bounds, commands_under_way_are_bounded);
    tcase_add_test(bounds, a_blocked_client_is_not_read);
    tcase_add_test(bounds, a_client_that_does_not_read_is_closed);
    tcase_add_test(bounds, replies_held_back_count_as_well);
    tcase_add_test(bounds, an_idle_client_is_closed);
    tcase_add_test(bounds, an_idle_connection_keeps_little_memory);
    suite_add_tcase(suite, bounds);
    return suite;
}
