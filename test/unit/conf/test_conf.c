/*
 * conf/conf: options by name are set, read, listed, and copied to another struct conf as the daemon
 * does it.
 */
#include "conf/conf.h"

#include <string.h>

#include "unit.h"

static void set(struct conf *conf, const char *name, const char *value)
{
    struct raftd_error error = {0};

    ck_assert_msg(conf_set(conf, name, value, &error) == 0, "%s", error.message);
}

START_TEST(sets_and_gets_by_name)
{
    struct conf conf;
    char value[CONF_TEXT_MAX];

    conf_defaults(&conf);
    set(&conf, "node.id", "7");
    set(&conf, "raft.heartbeat_ms", "50");
    set(&conf, "raft.max_inflight_bytes", "32M");
    set(&conf, "log.level", "debug");
    set(&conf, "tls.allow_plaintext_peers", "yes");
    set(&conf, "peers.7", "node-7.example:7381");
    ck_assert_uint_eq(conf.node.id, 7);
    ck_assert_uint_eq(conf.raft.heartbeat_ms, 50);
    ck_assert_uint_eq(conf.raft.max_inflight_bytes, 32 << 20);
    ck_assert_int_eq(conf.log.level, CONF_LOG_DEBUG);
    ck_assert(conf.tls.allow_plaintext_peers);
    ck_assert_int_eq(conf_get(&conf, "raft.max_inflight_bytes", value, sizeof(value)), 0);
    ck_assert_str_eq(value, "32M");
    ck_assert_int_eq(conf_get(&conf, "log.level", value, sizeof(value)), 0);
    ck_assert_str_eq(value, "debug");
    ck_assert_int_eq(conf_get(&conf, "peers.7", value, sizeof(value)), 0);
    ck_assert_str_eq(value, "node-7.example:7381");
}
END_TEST

START_TEST(refuses_unknown_names)
{
    static const char *const names[] = {"",         "node",    "node.",   ".id",
                                        "node.idd", "id",      "Node.id", "node.ID",
                                        "node.id ", "nope.id", "node..id"};
    struct conf conf;
    struct conf before;
    char value[CONF_TEXT_MAX];

    conf_defaults(&conf);
    before = conf;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct raftd_error error = {0};

        ck_assert_int_eq(conf_set(&conf, names[i], "1", &error), RAFTD_ERROR_INVALID);
        ck_assert_msg(strstr(error.message, "unknown option") != NULL, "%s", error.message);
        ck_assert_int_eq(conf_get(&conf, names[i], value, sizeof(value)), RAFTD_ERROR_INVALID);
    }
    ck_assert_mem_eq(&conf, &before, sizeof(conf));
    ck_assert_int_eq(conf_get(&conf, "peers.1", value, sizeof(value)), RAFTD_ERROR_INVALID);
    ck_assert_int_eq(conf_get(&conf, "peers.x", value, sizeof(value)), RAFTD_ERROR_INVALID);
}
END_TEST

START_TEST(says_what_was_found_and_wanted)
{
    struct raftd_error error = {0};
    struct conf conf;

    conf_defaults(&conf);
    ck_assert_int_eq(conf_set(&conf, "node.id", "70000", &error), RAFTD_ERROR_INVALID);
    ck_assert_str_eq(error.message,
                     "[node] id: found \"70000\", expected a number from 1 to 65535");
    ck_assert_int_eq(conf_set(&conf, "peers.0", "a:1", &error), RAFTD_ERROR_INVALID);
    ck_assert_str_eq(error.message, "[peers] 0: found \"a:1\", expected a node id from 1 to 65535");
    /* The error may be NULL. */
    ck_assert_int_eq(conf_set(&conf, "node.id", "x", NULL), RAFTD_ERROR_INVALID);
}
END_TEST

START_TEST(does_not_cut_what_it_gets)
{
    struct conf conf;
    char value[13];

    conf_defaults(&conf);
    ck_assert_int_eq(conf_get(&conf, "node.data_dir", value, 12), RAFTD_ERROR_INVALID);
    ck_assert_int_eq(conf_get(&conf, "node.data_dir", value, 13), 0);
    ck_assert_str_eq(value, "./raftd-data");
}
END_TEST

struct carried {
    struct conf conf;
    size_t count;
};

static void carry(void *argument, const char *name, const char *value)
{
    struct carried *carried = argument;

    set(&carried->conf, name, value);
    carried->count++;
}

START_TEST(each_gives_nothing_for_defaults)
{
    struct carried carried = {.count = 0};
    struct conf conf;

    conf_defaults(&conf);
    conf_each(&conf, carry, &carried);
    ck_assert_uint_eq(carried.count, 0);
}
END_TEST

/* Every option gets a value that is not its default, and all values have to be copied. */
START_TEST(each_carries_every_option_over)
{
    static const char *const values[][2] = {
        {"node.id", "2"},
        {"node.data_dir", "/var/lib/raftd"},
        {"node.join", "x:1"},
        {"node.auto_promote", "no"},
        {"cluster.name", "demo"},
        {"listen.peer", "10.0.0.2:7381"},
        {"listen.client", "[::1]:7380"},
        {"listen.allow_unauthenticated_clients", "yes"},
        {"advertise.peer", "node-2:7381"},
        {"advertise.client", "node-2:7380"},
        {"peers.2", "node-2:7381"},
        {"tls.ca", "ca.pem"},
        {"tls.certificate", "node.pem"},
        {"tls.key", "node.key"},
        {"tls.peer", "off"},
        {"tls.client", "required"},
        {"tls.allow_plaintext_peers", "yes"},
        {"raft.heartbeat_ms", "11"},
        {"raft.election_timeout_ms", "111"},
        {"raft.max_batch_bytes", "8K"},
        {"raft.max_inflight_messages", "3"},
        {"raft.max_inflight_bytes", "3M"},
        {"raft.max_uncommitted_bytes", "4999"},
        {"raft.log_memory_bytes", "7M"},
        {"raft.priority", "9"},
        {"raft.disk_stall_ms", "8"},
        {"raft.request_timeout_ms", "77"},
        {"storage.reserve_bytes", "9M"},
        {"storage.segment_bytes", "1M"},
        {"snapshot.log_bytes", "2M"},
        {"snapshot.log_entries", "1000"},
        {"snapshot.keep_entries", "10"},
        {"snapshot.keep", "3"},
        {"snapshot.compress", "no"},
        {"node.bootstrap", "yes"},
        {"limits.max_clients", "5"},
        {"limits.max_request_bytes", "5M"},
        {"limits.max_arguments", "99"},
        {"limits.output_buffer_bytes", "6M"},
        {"limits.client_workers", "16"},
        {"limits.idle_timeout_seconds", "60"},
        {"redis.consistency", "lease"},
        {"redis.max_lag_ms", "7"},
        {"redis.redirect", "moved"},
        {"log.level", "error"},
        {"log.target", "syslog"},
    };
    const size_t count = sizeof(values) / sizeof(values[0]);
    struct carried carried = {.count = 0};
    struct carried all = {.count = 0};
    struct conf conf;

    conf_defaults(&conf);
    conf_defaults(&carried.conf);
    conf_defaults(&all.conf);
    for (size_t i = 0; i < count; i++) {
        set(&conf, values[i][0], values[i][1]);
    }
    conf_each(&conf, carry, &carried);
    ck_assert_mem_eq(&carried.conf, &conf, sizeof(conf));
    ck_assert_uint_eq(carried.count, count);
    /* The list above has an entry for every option. */
    conf_list(&conf, carry, &all);
    ck_assert_mem_eq(&all.conf, &conf, sizeof(conf));
    ck_assert_uint_eq(all.count, count);
}
END_TEST

UNIT_SUITE(conf)
{
    Suite *suite = suite_create("conf");
    TCase *tests = tcase_create("conf");

    tcase_add_test(tests, sets_and_gets_by_name);
    tcase_add_test(tests, refuses_unknown_names);
    tcase_add_test(tests, says_what_was_found_and_wanted);
    tcase_add_test(tests, does_not_cut_what_it_gets);
    tcase_add_test(tests, each_gives_nothing_for_defaults);
    tcase_add_test(tests, each_carries_every_option_over);
    suite_add_tcase(suite, tests);
    return suite;
}
