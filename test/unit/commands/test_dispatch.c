/*
 * Commands from end to end over a state machine in this process: what each replies, and the texts
 * of Redis 7 for what is wrong with them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/connection.h"
#include "front/rig.h"
#include "unit.h"

static struct rig rig;
static int client;

static void setup(void)
{
    rig_init(&rig);
    rig_start(&rig);
    client = rig_connect(&rig);
}

static void teardown(void)
{
    close(client);
    rig_stop(&rig);
}

struct exchange {
    const char *request; /* inline, without its line end */
    const char *reply;
};

static void talk(const struct exchange *exchanges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char request[512];
        char reply[512];

        strcpy(request, exchanges[i].request);
        strcat(request, "\r\n");
        strcpy(reply, exchanges[i].reply);
        strcat(reply, "\r\n");
        rig_talk(&rig, client, request, reply);
    }
}

#define TALK(exchanges) talk(exchanges, sizeof(exchanges) / sizeof((exchanges)[0]))

#define MEMBER_SYNTAX                                                                              \
    "-ERR syntax error: expected ADD id host:port [LEARNER], PROMOTE id, REMOVE id, REPLACE "      \
    "old-id "                                                                                      \
    "new-id host:port or MOVE id host:port, at most 16 steps, with ids from 1 to 65535"

START_TEST(members_and_leadership)
{
    static const struct exchange exchanges[] = {
        {"RAFT MEMBER ADD 4 host:1", "+OK"},
        {"raft member add 4 host:1 learner promote 5 remove 6 replace 7 8 host:2", "+OK"},
        {"RAFT MEMBER MOVE 4 host:2", "+OK"},
        {"RAFT MEMBER PROMOTE 99", "-CONFLICT not now"},
        {"RAFT MEMBER ADD 4 host", "-ERR invalid address 'host': expected host:port"},
        {"RAFT MEMBER ADD 4 host:1 x", MEMBER_SYNTAX},
        {"RAFT MEMBER ADD 0 host:1", MEMBER_SYNTAX},
        {"RAFT MEMBER REMOVE 65536", MEMBER_SYNTAX},
        {"RAFT MEMBER REMOVE 3 4", MEMBER_SYNTAX},
        {"RAFT MEMBER DANCE 3", MEMBER_SYNTAX},
        {"RAFT TRANSFER", "+OK"},
        {"RAFT TRANSFER 2", "+OK"},
        {"RAFT TRANSFER 99", "-CONFLICT not now"},
        {"RAFT TRANSFER x",
         "-ERR syntax error: expected the id of a member, from 1 to 65535, or no argument"},
    };

    TALK(exchanges);
}
END_TEST

START_TEST(strings)
{
    static const struct exchange exchanges[] = {
        {"SET a 1", "+OK"},
        {"get a", "$1\r\n1"},
        {"GET b", "$-1"},
        {"SET a 2 NX", "$-1"},
        {"SET b 2 XX", "$-1"},
        {"SET b 2 nx", "+OK"},
        {"SET b 3 xx get", "$1\r\n2"},
        {"SET c 4 GET", "$-1"},
        {"SET c 5 NX GET", "$1\r\n4"},
        {"SETNX c 9", ":0"},
        {"SETNX d 9", ":1"},
        {"GETSET d 10", "$1\r\n9"},
        {"GETDEL d", "$2\r\n10"},
        {"GETDEL d", "$-1"},
        {"MSET x 1 y 2", "+OK"},
        {"MGET x none y", "*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n2"},
        {"APPEND x 23", ":3"},
        {"STRLEN x", ":3"},
        {"GETRANGE x 1 -1", "$2\r\n23"},
        {"SETRANGE x 1 9", ":3"},
        {"GET x", "$3\r\n193"},
        {"INCR n", ":1"},
        {"INCRBY n 41", ":42"},
        {"DECR n", ":41"},
        {"DECRBY n 40", ":1"},
        {"DECRBY n -9223372036854775807", "-ERR increment or decrement would overflow"},
        {"DECRBY n 9223372036854775807", ":-9223372036854775806"},
        {"DECR n", ":-9223372036854775807"},
    };

    TALK(exchanges);
}
END_TEST

START_TEST(keys)
{
    static const struct exchange exchanges[] = {
        {"MSET a 1 b 2 c 3", "+OK"},
        {"EXISTS a b nope a", ":3"},
        {"TYPE a", "+string"},
        {"TYPE nope", "+none"},
        {"DBSIZE", ":3"},
        {"DEL a nope", ":1"},
        {"UNLINK b", ":1"},
        {"KEYS *", "*1\r\n$1\r\nc"},
        {"SCAN 0", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nc"},
        {"SCAN 0 MATCH x*", "*2\r\n$1\r\n0\r\n*0"},
        {"FLUSHDB", "+OK"},
        {"SET a 1", "+OK"},
        {"FLUSHALL ASYNC", "+OK"},
        {"DBSIZE", ":0"},
        {"FLUSHALL sync", "+OK"},
    };

    TALK(exchanges);
}
END_TEST

START_TEST(mistakes_are_worded_as_redis_words_them)
{
    static const struct exchange exchanges[] = {
        {"FOO", "-ERR unknown command 'FOO', with args beginning with: "},
        {"foo a 'b c'", "-ERR unknown command 'foo', with args beginning with: 'a' 'b c' "},
        {"\"fo\\r\\no\" \"\\n\"", "-ERR unknown command 'fo  o', with args beginning with: ' ' "},
        {"\"fo\\x00o\" \"a\\x00b\"", "-ERR unknown command 'fo', with args beginning with: 'a' "},
        {"GET", "-ERR wrong number of arguments for 'get' command"},
        {"GET a b", "-ERR wrong number of arguments for 'get' command"},
        {"SET a", "-ERR wrong number of arguments for 'set' command"},
        {"MSET a 1 b", "-ERR wrong number of arguments for 'mset' command"},
        {"SET a 1 NX XX", "-ERR syntax error"},
        {"SET a 1 EX", "-ERR syntax error"},
        {"SET a 1 EX 10 PX 10", "-ERR syntax error"},
        {"SET a 1 EX 10 ex 0", "-ERR invalid expire time in 'set' command"},
        {"SET a 1 EX 10 KEEPTTL", "-ERR syntax error"},
        {"SET a 1 KEEPTTL EX 10", "-ERR syntax error"},
        {"SET a 1 NX IFEQ 2", "-ERR syntax error"},
        {"GETEX a EX", "-ERR syntax error"},
        {"GETEX a PERSIST EX 1", "-ERR syntax error"},
        {"EXPIRE a 1 NOPE", "-ERR Unsupported option NOPE"},
        {"EXPIRE a 1 NX GT",
         "-ERR NX and XX, GT or LT options at the same time are not compatible"},
        {"EXPIRE a 1 GT LT", "-ERR GT and LT options at the same time are not compatible"},
        {"MSETNX a 1 b", "-ERR wrong number of arguments for 'msetnx' command"},
        {"LCS a b IDX LEN", "-ERR If you want both the length and indexes, please just use IDX."},
        {"DELEX a IFGT 1", "-ERR syntax error"},
        {"WAIT x 0", "-ERR value is not an integer or out of range"},
        {"WAIT 1 -1", "-ERR timeout is negative"},
        {"HSET h f v", "-ERR 'HSET' is not supported: raftd keeps strings and has no hashes"},
        {"zAdd z 1 a", "-ERR 'zAdd' is not supported: raftd keeps strings and has no sorted sets"},
        {"SET a 1 GET nope", "-ERR syntax error"},
        {"FLUSHALL nope", "-ERR syntax error"},
        {"FLUSHALL SYNC ASYNC", "-ERR syntax error"},
        {"DECRBY a nope", "-ERR value is not an integer or out of range"},
        {"DECRBY a -9223372036854775808", "-ERR decrement would overflow"},
        {"INCRBY a 99999999999999999999", "-ERR value is not an integer or out of range"},
        {"SCAN nope", "-ERR invalid cursor"},
        {"SCAN 0 COUNT 0", "-ERR syntax error"},
        {"CLIENT", "-ERR wrong number of arguments for 'client' command"},
        {"client nope", "-ERR unknown subcommand 'nope'. Try CLIENT HELP."},
        {"CLIENT SETNAME", "-ERR wrong number of arguments for 'client|setname' command"},
        {"CONFIG SET save 1", "-ERR CONFIG SET failed (possibly related to argument 'save') - only "
                              "notify-keyspace-events can be set while raftd runs, in a command of "
                              "its own; see raftd.conf(5)"},
        {"RAFT", "-ERR wrong number of arguments for 'raft' command"},
        {"raft nope", "-ERR unknown subcommand 'nope'. Try RAFT HELP."},
        {"PING a b", "-ERR wrong number of arguments for 'ping' command"},
        {"SELECT nope", "-ERR value is not an integer or out of range"},
        {"SELECT 1", "-ERR DB index is out of range"},
        {"SELECT -1", "-ERR DB index is out of range"},
        {"SELECT 99999999999",
         "-ERR value is out of range, value must between -2147483648 and 2147483647"},
        {"HELLO 4", "-NOPROTO unsupported protocol version"},
        {"HELLO x", "-ERR Protocol version is not an integer or out of range"},
        {"HELLO 3 nope", "-ERR Syntax error in HELLO option 'nope'"},
        {"HELLO 3 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'"},
        {"HELLO 3 SETNAME 'a b'",
         "-ERR Client names cannot contain spaces, newlines or special characters."},
        {"HELLO 3 AUTH default secret",
         "-ERR AUTH <password> called without any password configured for the default user. Are "
         "you sure your configuration is correct?"},
        {"ECHO still-resp2", "$11\r\nstill-resp2"},
        {"GET none", "$-1"},
    };

    TALK(exchanges);
}
END_TEST

START_TEST(sessions)
{
    static const struct exchange exchanges[] = {
        {"PING", "+PONG"},
        {"PING \"a\\r\\nb\"", "$4\r\na\r\nb"},
        {"ECHO ''", "$0\r\n"},
        {"SELECT 0", "+OK"},
        {"CLIENT ID", ":1"},
        {"CLIENT GETNAME", "$-1"},
        {"CLIENT SETNAME me", "+OK"},
        {"CLIENT GETNAME", "$2\r\nme"},
        {"CLIENT SETNAME ''", "+OK"},
        {"CLIENT GETNAME", "$-1"},
        {"CLIENT SETNAME 'a b'",
         "-ERR Client names cannot contain spaces, newlines or special characters."},
        {"CLIENT SETINFO LIB-NAME redis-x", "+OK"},
        {"CLIENT SETINFO lib-ver 1.2", "+OK"},
        {"CLIENT SETINFO nope 1", "-ERR Unrecognized option 'nope'"},
        {"CLIENT SETINFO lib-ver '1 2'",
         "-ERR lib-ver cannot contain spaces, newlines or special characters."},
        {"CLIENT NO-EVICT on", "+OK"},
        {"CLIENT NO-TOUCH maybe", "-ERR syntax error"},
        {"CLIENT REPLY nope", "-ERR syntax error"},
        {"CLIENT LIST nope", "-ERR syntax error"},
        {"CLIENT LIST TYPE nope", "-ERR Unknown client type 'nope'"},
        {"CLIENT LIST TYPE pubsub", "$0\r\n"},
        {"CLIENT LIST ID nope", "-ERR Invalid client ID"},
        {"CLIENT LIST ID 77", "$0\r\n"},
        {"CONFIG GET SAVE appendonly",
         "*4\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n$4\r\nsave\r\n$0\r\n"},
        {"CONFIG GET raft.heart*", "*2\r\n$17\r\nraft.heartbeat_ms\r\n$3\r\n100"},
        {"CONFIG GET nope", "*0"},
        {"RESET", "+RESET"},
    };

    TALK(exchanges);
    ck_assert_ptr_null(rig_connection(&rig, 0)->info.name);
}
END_TEST

START_TEST(client_list_shows_every_connection)
{
    int other = rig_connect(&rig);
    char *list;

    rig_talk(&rig, other, "CLIENT SETNAME other\r\n", "+OK\r\n");
    rig_talk(&rig, other, "CLIENT SETINFO LIB-NAME lib\r\n", "+OK\r\n");
    rig_talk(&rig, other, "GET a\r\n", "$-1\r\n");
    list = rig_ask(&rig, client, "CLIENT LIST\r\n");
    ck_assert_ptr_nonnull(strstr(list, "\r\nid=1 addr=127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(list, " cmd=client|list user=default redir=-1 resp=2"));
    ck_assert_ptr_nonnull(strstr(list, "\nid=2 addr=127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(list, " name=other "));
    ck_assert_ptr_nonnull(strstr(list, " cmd=get "));
    ck_assert_ptr_nonnull(strstr(list, " lib-name=lib lib-ver=\n"));
    free(list);
    list = rig_ask(&rig, client, "CLIENT LIST ID 2 3\r\n");
    ck_assert_ptr_null(strstr(list, "id=1 "));
    ck_assert_ptr_nonnull(strstr(list, "id=2 "));
    free(list);
    close(other);
    rig_settle(&rig);
    list = rig_ask(&rig, client, "CLIENT LIST TYPE normal\r\n");
    ck_assert_ptr_null(strstr(list, "id=2 "));
    free(list);
}
END_TEST

START_TEST(info_tells_what_was_asked)
{
    char *info;

    rig_talk(&rig, client, "MSET a 1 b 2\r\n", "+OK\r\n");
    rig_talk(&rig, client, "INFO keyspace\r\n",
             "$44\r\n# Keyspace\r\ndb0:keys=2,expires=0,avg_ttl=0\r\n\r\n");
    rig_talk(&rig, client, "INFO nope\r\n", "$0\r\n\r\n");
    info = rig_ask(&rig, client, "INFO\r\n");
    ck_assert_ptr_nonnull(strstr(info, "# Server\r\nredis_version:"));
    ck_assert_ptr_nonnull(strstr(info, "\r\nraftd_version:0.1.0\r\n"));
    ck_assert_ptr_nonnull(strstr(info, "\r\nloading:0\r\n"));
    ck_assert_ptr_nonnull(strstr(info, "\r\n\r\n# Clients\r\nconnected_clients:1\r\n"));
    ck_assert_ptr_nonnull(strstr(info, "\r\ntotal_commands_processed:4\r\n"));
    ck_assert_ptr_nonnull(strstr(info,
                                 "\r\n\r\n# Raft\r\nraft_cluster_id:0123456789abcdef\r\n"
                                 "raft_cluster_name:fake\r\nraft_version:0.1.0\r\nraft_id:2\r\n"));
    ck_assert_ptr_nonnull(strstr(info, "\r\nraft_voters:1\r\n"));
    ck_assert_ptr_nonnull(strstr(info, "\r\n\r\n# Keyspace\r\ndb0:keys=2,"));
    free(info);
    info = rig_ask(&rig, client, "INFO raft server\r\n");
    ck_assert_ptr_null(strstr(info, "# Keyspace"));
    ck_assert_ptr_null(strstr(info, "# Clients"));
    ck_assert_ptr_nonnull(strstr(info, "# Raft"));
    free(info);
}
END_TEST

START_TEST(snapshots_are_asked_for_and_read)
{
    rig_talk(&rig, client, "RAFT SNAPSHOT\r\n", ":16\r\n");
    rig_talk(&rig, client, "RAFT BACKUP 15 797\r\n", "*2\r\n:800\r\n$3\r\nxxx\r\n");
    rig_talk(&rig, client, "RAFT BACKUP 15 800\r\n", "*2\r\n:800\r\n$0\r\n\r\n");
    rig_talk(&rig, client, "RAFT BACKUP 14 0\r\n", "-ERR there is no snapshot of index 14\r\n");
    rig_talk(&rig, client, "RAFT BACKUP 15 -1\r\n",
             "-ERR syntax error: expected the index of a snapshot and an offset in bytes\r\n");
}
END_TEST

/* raftctl and scripts read these names. */
START_TEST(raft_status_has_every_field)
{
    rig_talk(&rig, client, "RAFT STATUS\r\n",
             "*66\r\n$10\r\ncluster_id\r\n$16\r\n0123456789abcdef\r\n"
             "$12\r\ncluster_name\r\n$4\r\nfake\r\n$7\r\nversion\r\n$5\r\n0.1.0\r\n"
             "$2\r\nid\r\n:2\r\n$6\r\nleader\r\n:1\r\n$4\r\nrole\r\n$8\r\nfollower\r\n"
             "$5\r\nphase\r\n$7\r\nrunning\r\n$5\r\nready\r\n:1\r\n$5\r\njoint\r\n:0\r\n"
             "$11\r\nhandover_to\r\n:0\r\n$4\r\nterm\r\n:7\r\n"
             "$10\r\nlast_index\r\n:19\r\n$13\r\ndurable_index\r\n:18\r\n"
             "$12\r\ncommit_index\r\n:17\r\n$13\r\napplied_index\r\n:16\r\n"
             "$17\r\nproposals_pending\r\n:5\r\n$13\r\nreads_pending\r\n:4\r\n"
             "$9\r\nlog_bytes\r\n:4096\r\n$12\r\nlog_segments\r\n:3\r\n$9\r\nlog_syncs\r\n:11\r\n"
             "$14\r\nlog_base_index\r\n:0\r\n"
             "$14\r\nsnapshot_index\r\n:15\r\n"
             "$14\r\nsnapshot_bytes\r\n:800\r\n"
             "$21\r\nsnapshot_saving_index\r\n:0\r\n"
             "$21\r\nsnapshot_saving_bytes\r\n:0\r\n"
             "$23\r\nsnapshot_received_bytes\r\n:0\r\n"
             "$24\r\nsnapshot_receiving_bytes\r\n:0\r\n"
             "$9\r\nuptime_ms\r\n:1234\r\n$16\r\nquorum_silent_ms\r\n:21\r\n"
             "$8\r\nidentity\r\n$16\r\n0000000000000000\r\n$11\r\nwaiting_for\r\n$0\r\n\r\n"
             "$13\r\ndamaged_index\r\n:0\r\n"
             "$7\r\nmembers\r\n*2\r\n");
    for (int i = 0; i < 2; i++) {
        rig_expect(&rig, client,
                   i == 0
                       ? "*36\r\n$2\r\nid\r\n:1\r\n$5\r\nvoter\r\n:1\r\n$7\r\nlearner\r\n:0\r\n"
                         "$7\r\njoining\r\n:0\r\n$8\r\noutgoing\r\n:0\r\n"
                         "$4\r\nself\r\n:0\r\n$9\r\nconnected\r\n:1\r\n"
                         "$11\r\nreplicating\r\n:0\r\n$8\r\nlost_log\r\n:0\r\n"
                         "$11\r\nmatch_index\r\n:0\r\n"
                         "$9\r\nsilent_ms\r\n:0\r\n"
                         "$19\r\nelection_timeout_ms\r\n:0\r\n"
                         "$19\r\nsnapshot_done_bytes\r\n:0\r\n$20\r\nsnapshot_total_bytes\r\n:0\r\n"
                         "$13\r\nround_trip_us\r\n:99\r\n"
                         "$7\r\naddress\r\n$14\r\n127.0.0.1:7381\r\n"
                         "$14\r\nclient_address\r\n$14\r\n127.0.0.1:7380\r\n"
                         "$7\r\ntrouble\r\n$0\r\n\r\n"
                       : "*36\r\n$2\r\nid\r\n:2\r\n$5\r\nvoter\r\n:0\r\n$7\r\nlearner\r\n:1\r\n"
                         "$7\r\njoining\r\n:0\r\n$8\r\noutgoing\r\n:0\r\n"
                         "$4\r\nself\r\n:1\r\n$9\r\nconnected\r\n:0\r\n"
                         "$11\r\nreplicating\r\n:1\r\n$8\r\nlost_log\r\n:0\r\n"
                         "$11\r\nmatch_index\r\n:12\r\n"
                         "$9\r\nsilent_ms\r\n:3\r\n"
                         "$19\r\nelection_timeout_ms\r\n:0\r\n"
                         "$19\r\nsnapshot_done_bytes\r\n:0\r\n$20\r\nsnapshot_total_bytes\r\n:0\r\n"
                         "$13\r\nround_trip_us\r\n:0\r\n"
                         "$7\r\naddress\r\n$14\r\n127.0.0.1:7391\r\n"
                         "$14\r\nclient_address\r\n$0\r\n\r\n"
                         "$7\r\ntrouble\r\n$11\r\nnone at all\r\n");
    }
    rig_talk(&rig, client, "RAFT READY\r\n", ":1\r\n");
    rig_talk(&rig, client, "RAFT DIGEST\r\n", "$16\r\n");
}
END_TEST

START_TEST(t56_a_node_that_is_not_ready_says_so)
{
    static const char not_ready[] =
        "-LOADING raftd is not ready to serve requests, try again later\r\n";
    static const char *const refused[] = {"GET a\r\n", "SET a 1\r\n",  "DBSIZE\r\n",
                                          "PING\r\n",  "FLUSHALL\r\n", "RAFT DIGEST\r\n"};
    char *info;

    fake_node_set_ready(rig.node, false);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        rig_talk(&rig, client, refused[i], not_ready);
    }
    ck_assert_uint_eq(fake_node_submits(rig.node), 0);
    rig_talk(&rig, client, "RAFT READY\r\n", ":0\r\n");
    rig_talk(&rig, client, "CLIENT ID\r\n", ":1\r\n");
    rig_talk(&rig, client, "COMMAND COUNT\r\nECHO x\r\n", ":");
    free(rig_ask(&rig, client, ""));
    info = rig_ask(&rig, client, "INFO\r\n");
    ck_assert_ptr_nonnull(strstr(info, "\r\nloading:1\r\n"));
    ck_assert_ptr_nonnull(strstr(info, "# Keyspace\r\n"));
    free(info);
    fake_node_set_ready(rig.node, true);
    rig_talk(&rig, client, "PING\r\n", "+PONG\r\n");
}
END_TEST

START_TEST(a_node_without_a_quorum_is_alive_but_not_ready)
{
    fake_node_lose_quorum(rig.node, true);
    rig_talk(&rig, client, "PING\r\n",
             "-CLUSTERDOWN this node has no contact with a leader that has a quorum; ask RAFT "
             "STATUS for the members that do not answer\r\n");
    rig_talk(&rig, client, "RAFT READY\r\n", ":0\r\n");
    rig_talk(&rig, client, "ECHO alive\r\n", "$5\r\nalive\r\n");
    rig_talk(&rig, client, "SET a 1\r\n", "+OK\r\n"); /* commands wait for a leader */
    fake_node_lose_quorum(rig.node, false);
    rig_talk(&rig, client, "PING\r\n", "+PONG\r\n");
}
END_TEST

START_TEST(info_without_an_answer_is_still_an_answer)
{
    char *info;

    fake_node_hold(rig.node);
    rig_send(client, "INFO keyspace\r\nPING\r\n");
    rig_settle(&rig);
    fake_node_answer(rig.node, 0, RAFTD_ERROR_UNAVAILABLE);
    rig_expect(&rig, client, "$12\r\n# Keyspace\r\n\r\n+PONG\r\n");
    info = rig_ask(&rig, client, "HELLO 3\r\n");
    free(info);
    rig_send(client, "INFO keyspace\r\n");
    rig_settle(&rig);
    fake_node_answer_all(rig.node);
    rig_expect(&rig, client, "=16\r\ntxt:# Keyspace\r\n\r\n");
}
END_TEST

UNIT_SUITE(dispatch)
{
    Suite *suite = suite_create("dispatch");
    TCase *data = tcase_create("data");
    TCase *server = tcase_create("server");

    tcase_add_checked_fixture(data, setup, teardown);
    tcase_add_test(data, members_and_leadership);
    tcase_add_test(data, strings);
    tcase_add_test(data, keys);
    tcase_add_test(data, mistakes_are_worded_as_redis_words_them);
    suite_add_tcase(suite, data);
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_add_test(server, sessions);
    tcase_add_test(server, client_list_shows_every_connection);
    tcase_add_test(server, info_tells_what_was_asked);
    tcase_add_test(server, snapshots_are_asked_for_and_read);
    tcase_add_test(server, raft_status_has_every_field);
    tcase_add_test(server, t56_a_node_that_is_not_ready_says_so);
    tcase_add_test(server, a_node_without_a_quorum_is_alive_but_not_ready);
    tcase_add_test(server, info_without_an_answer_is_still_an_answer);
    suite_add_tcase(suite, server);
    return suite;
}
