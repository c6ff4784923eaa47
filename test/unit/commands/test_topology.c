/*
 * How clients find the leader, and what their reads promise: CLUSTER, SENTINEL, ROLE, MOVED,
 * READONLY, RAFT CONSISTENCY.
 */
#include <string.h>
#include <unistd.h>

#include "commands/topology.h"
#include "front/rig.h"
#include "unit.h"

static struct rig rig;
static int client;

/* Three members; this node is the second. */
static void set_leader(uint16_t leader)
{
    static struct raftd_status status;

    status = (struct raftd_status){.cluster_id = 0xab,
                                   .cluster_name = "store",
                                   .id = 2,
                                   .leader = leader,
                                   .role = leader == 2 ? "leader" : "follower",
                                   .ready = true,
                                   .term = 7,
                                   .applied_index = 30,
                                   .member_count = 3};
    for (uint16_t i = 0; i < 3; i++) {
        struct raftd_member_status *member = &status.members[i];

        *member = (struct raftd_member_status){.id = (uint16_t)(i + 1),
                                               .voter = true,
                                               .self = i == 1,
                                               .connected = i == 0,
                                               .match_index = i == 0 ? 29 : 0};
        strcpy(member->client_address, i == 0 ? "10.0.0.1:7001" : i == 1 ? "10.0.0.2:7002" : "");
    }
    fake_node_set_status(rig.node, &status);
}

static void start(int redirect)
{
    rig_init(&rig);
    rig.conf.redis.redirect = redirect;
    rig_start(&rig);
    set_leader(1);
    client = rig_connect(&rig);
}

static void setup(void)
{
    start(CONF_REDIRECT_PROXY);
}

static void setup_moved(void)
{
    start(CONF_REDIRECT_MOVED);
}

static void teardown(void)
{
    close(client);
    rig_stop(&rig);
}

static void talk(const char *request, const char *reply)
{
    rig_talk(&rig, client, request, reply);
}

START_TEST(keys_are_in_the_slots_of_redis_cluster)
{
    ck_assert_uint_eq(topology_slot("123456789", 9), 0x31c3);
    ck_assert_uint_eq(topology_slot("foo", 3), 12182);
    ck_assert_uint_eq(topology_slot("", 0), 0);
    ck_assert_uint_eq(topology_slot("a{foo}b", 7), 12182);
    ck_assert_uint_eq(topology_slot("{foo}{bar}", 10), 12182);
    ck_assert_uint_eq(topology_slot("{}foo", 5), topology_slot("{}foo", 5));
    ck_assert_uint_ne(topology_slot("{}foo", 5), 0);
    ck_assert_uint_ne(topology_slot("{foo", 4), 12182);
}
END_TEST

#define ID_1 "00000000000000ab000000000000000000000001"
#define ID_2 "00000000000000ab000000000000000000000002"

START_TEST(the_leader_is_the_master_of_all_slots)
{
    talk("CLUSTER KEYSLOT foo\r\n", ":12182\r\n");
    talk("CLUSTER MYID\r\n", "$40\r\n" ID_2 "\r\n");
    talk("CLUSTER SLOTS\r\n",
         "*1\r\n*4\r\n:0\r\n:16383\r\n*4\r\n$8\r\n10.0.0.1\r\n:7001\r\n$40\r\n" ID_1
         "\r\n*0\r\n*4\r\n$8\r\n10.0.0.2\r\n:7002\r\n$40\r\n" ID_2 "\r\n*0\r\n");
    talk("ROLE\r\n", "*5\r\n$5\r\nslave\r\n$8\r\n10.0.0.1\r\n:7001\r\n$9\r\nconnected\r\n:30\r\n");
    set_leader(2);
    talk("ROLE\r\n",
         "*3\r\n$6\r\nmaster\r\n:30\r\n*1\r\n*3\r\n$8\r\n10.0.0.1\r\n$4\r\n7001\r\n$2\r\n29\r\n");
    set_leader(0);
    /* Nobody leads: this node takes what comes, and waits. */
    talk("CLUSTER SLOTS\r\n",
         "*1\r\n*4\r\n:0\r\n:16383\r\n*4\r\n$8\r\n10.0.0.2\r\n:7002\r\n$40\r\n" ID_2
         "\r\n*0\r\n*4\r\n$8\r\n10.0.0.1\r\n:7001\r\n$40\r\n" ID_1 "\r\n*0\r\n");
    talk("CLUSTER NOPE\r\n", "-ERR unknown subcommand 'NOPE'. Try CLUSTER HELP.\r\n");
}
END_TEST

START_TEST(a_sentinel_knows_the_leader_by_the_name_of_the_cluster)
{
    talk("SENTINEL GET-MASTER-ADDR-BY-NAME store\r\n", "*2\r\n$8\r\n10.0.0.1\r\n$4\r\n7001\r\n");
    talk("SENTINEL get-master-addr-by-name nope\r\n", "*-1\r\n");
    talk("SENTINEL REPLICAS nope\r\n", "-ERR No such master with that name\r\n");
    set_leader(0);
    talk("SENTINEL GET-MASTER-ADDR-BY-NAME store\r\n", "*-1\r\n");
    talk("SENTINEL MASTERS\r\n", "*0\r\n");
}
END_TEST

START_TEST(keys_are_counted_by_slot)
{
    talk("MSET foo 1 {foo}a 2 bar 3\r\n", "+OK\r\n");
    talk("CLUSTER COUNTKEYSINSLOT 12182\r\n", ":2\r\n");
    talk("CLUSTER COUNTKEYSINSLOT 16384\r\n", "-ERR Invalid slot\r\n");
}
END_TEST

START_TEST(a_follower_proxies_unless_it_is_told_to_redirect)
{
    talk("SET foo 1\r\n", "+OK\r\n");
    talk("GET foo\r\n", "$1\r\n1\r\n");
}
END_TEST

START_TEST(a_follower_redirects_what_has_a_key)
{
    talk("SET foo 1\r\n", "-MOVED 12182 10.0.0.1:7001\r\n");
    talk("GET foo\r\n", "-MOVED 12182 10.0.0.1:7001\r\n");
    talk("DBSIZE\r\n", ":0\r\n");
    ck_assert_uint_eq(fake_node_submits(rig.node), 1);
    /* Who asked for stale reads gets them here; changes still have to go to the leader. */
    talk("READONLY\r\n", "+OK\r\n");
    talk("GET foo\r\n", "$-1\r\n");
    talk("SET foo 1\r\n", "-MOVED 12182 10.0.0.1:7001\r\n");
    talk("READWRITE\r\n", "+OK\r\n");
    talk("GET foo\r\n", "-MOVED 12182 10.0.0.1:7001\r\n");
}
END_TEST

START_TEST(the_leader_does_not_redirect)
{
    set_leader(2);
    talk("SET foo 1\r\n", "+OK\r\n");
}
END_TEST

static void expect_level(enum raftd_read_level level, uint32_t max_lag_ms)
{
    uint32_t lag_ms;

    talk("GET foo\r\n", "$-1\r\n");
    ck_assert_int_eq(fake_node_read_level(rig.node, &lag_ms), level);
    if (level == RAFTD_READ_STALE) {
        ck_assert_uint_eq(lag_ms, max_lag_ms);
    }
}

START_TEST(reads_ask_for_what_the_connection_chose)
{
    expect_level(RAFTD_READ_LINEARIZABLE, 0);
    talk("RAFT CONSISTENCY lease\r\n", "+OK\r\n");
    expect_level(RAFTD_READ_LEASE, 0);
    talk("RAFT CONSISTENCY STALE 250\r\n", "+OK\r\n");
    talk("RAFT CONSISTENCY\r\n", "*2\r\n$5\r\nstale\r\n:250\r\n");
    expect_level(RAFTD_READ_STALE, 250);
    talk("RAFT CONSISTENCY linearizable 3\r\n",
         "-ERR syntax error: expected linearizable, lease or stale [max_lag_ms]\r\n");
    talk("RAFT CONSISTENCY stale -1\r\n", "-ERR value is not an integer or out of range\r\n");
    expect_level(RAFTD_READ_STALE, 250);
    talk("RESET\r\n", "+RESET\r\n");
    expect_level(RAFTD_READ_LINEARIZABLE, 0);
    talk("READONLY\r\n", "+OK\r\n");
    expect_level(RAFTD_READ_STALE, 1000);
    talk("READWRITE\r\n", "+OK\r\n");
    expect_level(RAFTD_READ_LINEARIZABLE, 0);
}
END_TEST

UNIT_SUITE(topology)
{
    Suite *suite = suite_create("topology");
    TCase *proxy = tcase_create("proxy");
    TCase *moved = tcase_create("moved");

    tcase_add_checked_fixture(proxy, setup, teardown);
    tcase_add_test(proxy, keys_are_in_the_slots_of_redis_cluster);
    tcase_add_test(proxy, the_leader_is_the_master_of_all_slots);
    tcase_add_test(proxy, a_sentinel_knows_the_leader_by_the_name_of_the_cluster);
    tcase_add_test(proxy, keys_are_counted_by_slot);
    tcase_add_test(proxy, a_follower_proxies_unless_it_is_told_to_redirect);
    tcase_add_test(proxy, reads_ask_for_what_the_connection_chose);
    suite_add_tcase(suite, proxy);
    tcase_add_checked_fixture(moved, setup_moved, teardown);
    tcase_add_test(moved, a_follower_redirects_what_has_a_key);
    tcase_add_test(moved, the_leader_does_not_redirect);
    suite_add_tcase(suite, moved);
    return suite;
}
