/*
 * MULTI, EXEC, WATCH.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/connection.h"
#include "front/rig.h"
#include "unit.h"

static struct rig rig;
static int client;
static int other;

static void setup(void)
{
    rig_init(&rig);
    rig_start(&rig);
    client = rig_connect(&rig);
    other = rig_connect(&rig);
}

static void teardown(void)
{
    close(client);
    close(other);
    rig_stop(&rig);
}

static void talk(const char *request, const char *reply)
{
    rig_talk(&rig, client, request, reply);
}

#define QUEUED "+QUEUED\r\n"

START_TEST(queued_commands_are_carried_out_together)
{
    talk("MULTI\r\nSET a 1\r\nINCR a\r\nGET a\r\nPING\r\nECHO hi\r\n",
         "+OK\r\n" QUEUED QUEUED QUEUED QUEUED QUEUED);
    ck_assert_uint_eq(fake_node_submits(rig.node), 0);
    talk("EXEC\r\n", "*5\r\n+OK\r\n:2\r\n$1\r\n2\r\n+PONG\r\n$2\r\nhi\r\n");
    ck_assert_uint_eq(fake_node_submits(rig.node), 1);
    talk("MULTI\r\nPING\r\nEXEC\r\n", "+OK\r\n" QUEUED "*1\r\n+PONG\r\n");
    talk("MULTI\r\nEXEC\r\n", "+OK\r\n*0\r\n");
    talk("MULTI\r\nSET a x\r\nINCR a\r\nSET a 1 EX 0\r\nSET a 1 nope\r\nMGET a b\r\nEXEC\r\n",
         "+OK\r\n" QUEUED QUEUED QUEUED QUEUED QUEUED
         "*5\r\n+OK\r\n-ERR value is not an integer or out of range\r\n"
         "-ERR invalid expire time in 'set' command\r\n-ERR syntax error\r\n"
         "*2\r\n$1\r\nx\r\n$-1\r\n");
    talk("MULTI\r\nOBJECT REFCOUNT a\r\nCONFIG GET save\r\nEXEC\r\n",
         "+OK\r\n" QUEUED QUEUED "*2\r\n:1\r\n*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
}
END_TEST

START_TEST(what_cannot_be_queued_aborts_the_transaction)
{
    talk("MULTI\r\nGET\r\nEXEC\r\n",
         "+OK\r\n-ERR wrong number of arguments for 'get' command\r\n-EXECABORT Transaction "
         "discarded because of previous errors.\r\n");
    talk("MULTI\r\nSUBSCRIBE c\r\nEXEC\r\n",
         "+OK\r\n-ERR Command not allowed inside a transaction\r\n-EXECABORT Transaction discarded "
         "because of previous errors.\r\n");
    talk("MULTI\r\nMULTI\r\nWATCH a\r\nDISCARD\r\n",
         "+OK\r\n-ERR MULTI calls can not be nested\r\n-ERR WATCH inside MULTI is not allowed\r\n"
         "+OK\r\n");
    talk("EXEC\r\nDISCARD\r\n", "-ERR EXEC without MULTI\r\n-ERR DISCARD without MULTI\r\n");
    talk("MULTI\r\nSET a 1\r\nRESET\r\nGET a\r\n", "+OK\r\n" QUEUED "+RESET\r\n$-1\r\n");
}
END_TEST

START_TEST(a_watched_key_that_changed_stops_the_transaction)
{
    talk("WATCH a b\r\n", "+OK\r\n");
    rig_talk(&rig, other, "SET b 1\r\n", "+OK\r\n");
    talk("MULTI\r\nSET a 2\r\nEXEC\r\nGET a\r\n", "+OK\r\n" QUEUED "*-1\r\n$-1\r\n");
    /* EXEC has forgotten them. */
    talk("MULTI\r\nSET a 2\r\nEXEC\r\n", "+OK\r\n" QUEUED "*1\r\n+OK\r\n");
    /* Two in one pipeline: the answer to the first does not settle the second. */
    talk("WATCH x\r\nWATCH a\r\n", "+OK\r\n+OK\r\n");
    rig_talk(&rig, other, "SET a 9\r\n", "+OK\r\n");
    talk("MULTI\r\nEXEC\r\n", "+OK\r\n*-1\r\n");
    talk("WATCH a\r\nUNWATCH\r\n", "+OK\r\n+OK\r\n");
    rig_talk(&rig, other, "SET a 3\r\n", "+OK\r\n");
    talk("MULTI\r\nGET a\r\nEXEC\r\n", "+OK\r\n" QUEUED "*1\r\n$1\r\n3\r\n");
    /* Watched again: the first time counts. */
    talk("WATCH a\r\n", "+OK\r\n");
    rig_talk(&rig, other, "SET a 4\r\n", "+OK\r\n");
    talk("WATCH a\r\nMULTI\r\nPING\r\nEXEC\r\n", "+OK\r\n+OK\r\n" QUEUED "*-1\r\n");
}
END_TEST

/* A transaction whose outcome nobody knows says so as a whole, and is over. */
START_TEST(t51_a_doubtful_exec_is_one_error)
{
    talk("WATCH a\r\n", "+OK\r\n");
    fake_node_hold(rig.node);
    rig_send(client, "MULTI\r\nSET a 1\r\nCLIENT SETNAME x\r\nEXEC\r\nCLIENT GETNAME\r\n");
    rig_settle(&rig);
    ck_assert_uint_eq(fake_node_held(rig.node), 1);
    fake_node_answer(rig.node, 0, RAFTD_ERROR_TIMEOUT);
    rig_expect(&rig, client,
               "+OK\r\n" QUEUED QUEUED
               "-TIMEOUT no answer in time; the command may have been applied, or may "
               "be applied later\r\n$-1\r\n");
    rig_talk(&rig, client, "EXEC\r\n", "-ERR EXEC without MULTI\r\n");
}
END_TEST

START_TEST(t53_what_was_not_applied_is_said_so)
{
    fake_node_hold(rig.node);
    rig_send(client, "MULTI\r\nSET a 1\r\nEXEC\r\n");
    rig_settle(&rig);
    fake_node_answer(rig.node, 0, RAFTD_ERROR_NOT_LEADER);
    rig_expect(&rig, client,
               "+OK\r\n" QUEUED "-TRYAGAIN the leader changed while the command was on "
               "its way; the command was not applied\r\n");
    talk("MULTI\r\nSET a 1\r\n", "+OK\r\n" QUEUED);
    fake_node_set_ready(rig.node, false);
    talk("EXEC\r\n", "-LOADING raftd is not ready to serve requests, try again later\r\n");
    fake_node_set_ready(rig.node, true);
    talk("EXEC\r\n", "-ERR EXEC without MULTI\r\n");
}
END_TEST

START_TEST(a_transaction_waits_for_room)
{
    talk("MULTI\r\nSET a 1\r\n", "+OK\r\n" QUEUED);
    fake_node_set_room(rig.node, 0);
    rig_send(client, "EXEC\r\nGET a\r\n");
    rig_expect_silence(&rig, client);
    fake_node_set_room(rig.node, 100);
    rig_expect(&rig, client, "*1\r\n+OK\r\n$1\r\n1\r\n");
}
END_TEST

UNIT_SUITE(transaction)
{
    Suite *suite = suite_create("transaction");
    TCase *tests = tcase_create("transaction");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, queued_commands_are_carried_out_together);
    tcase_add_test(tests, what_cannot_be_queued_aborts_the_transaction);
    tcase_add_test(tests, a_watched_key_that_changed_stops_the_transaction);
    tcase_add_test(tests, t51_a_doubtful_exec_is_one_error);
    tcase_add_test(tests, t53_what_was_not_applied_is_said_so);
    tcase_add_test(tests, a_transaction_waits_for_room);
    suite_add_tcase(suite, tests);
    return suite;
}
