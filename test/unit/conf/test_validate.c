/*
 * conf/validate: options that are valid one by one but not together.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "unit.h"
#include "unit/conf/conf_test.h"

static struct mistakes mistakes;

#define LOOPBACK_PEERS "[peers]\n1 = 127.0.0.1:7381\n2 = [::1]:7382\n3 = localhost:7383\n"
#define PLAIN "[tls]\npeer = off\n"

static void expect_valid(const char *text)
{
    struct conf conf;

    ck_assert_msg(load(&conf, &mistakes, text) == 0, "%s", mistakes.text);
}

static void expect_mistake(const char *text, const char *wanted)
{
    struct conf conf;

    ck_assert_int_eq(load(&conf, &mistakes, text), RAFTD_ERROR_INVALID);
    expect_only(&mistakes, wanted);
}

START_TEST(heartbeat_below_half_of_the_election_timeout)
{
    expect_valid("[raft]\nheartbeat_ms = 499\n");
    expect_mistake("[raft]\nheartbeat_ms = 500\n",
                   "DIR/test.ini:2: [raft] heartbeat_ms: found \"500\", expected less than half of "
                   "[raft] election_timeout_ms, which is 1000");
    expect_mistake("[raft]\nelection_timeout_ms = 200\n",
                   "DIR/test.ini:2: [raft] election_timeout_ms: found \"200\", expected more than "
                   "twice [raft] heartbeat_ms, which is 100");
    expect_mistake("[raft]\nelection_timeout_ms = 199\nheartbeat_ms = 100\n",
                   "DIR/test.ini:3: [raft] heartbeat_ms: found \"100\", expected less than half of "
                   "[raft] election_timeout_ms, which is 199");
    expect_valid("[raft]\nelection_timeout_ms = 201\n");
}
END_TEST

START_TEST(sizes_that_hold_each_other)
{
    expect_valid("[limits]\nmax_request_bytes = 32M\n");
    expect_mistake(
        "[limits]\nmax_request_bytes = 33M\n",
        "DIR/test.ini:2: [limits] max_request_bytes: found \"33M\", expected at most half "
        "of [storage] segment_bytes, which is 64M");
    expect_mistake("[storage]\nsegment_bytes = 8M\n",
                   "DIR/test.ini:2: [storage] segment_bytes: found \"8M\", expected at least twice "
                   "[limits] max_request_bytes, which is 8M");
    expect_mistake("[limits]\noutput_buffer_bytes = 1M\n",
                   "DIR/test.ini:2: [limits] output_buffer_bytes: found \"1M\", expected at least "
                   "[limits] max_request_bytes, which is 8M");
    expect_mistake("[raft]\nmax_batch_bytes = 32M\n",
                   "DIR/test.ini:2: [raft] max_batch_bytes: found \"32M\", expected at most [raft] "
                   "max_inflight_bytes, which is 16M");
}
END_TEST

START_TEST(own_id_is_among_the_peers)
{
    expect_valid(LOOPBACK_PEERS PLAIN);
    expect_mistake("[node]\nid = 4\n" LOOPBACK_PEERS PLAIN,
                   "DIR/test.ini:2: [node] id: found \"4\", expected an id that is listed in "
                   "[peers]: 1, 2 or 3");
    expect_mistake("[node]\nid = 4\njoin = 127.0.0.1:7391\n" LOOPBACK_PEERS PLAIN,
                   "DIR/test.ini:2: [node] id: found \"4\", expected an id that is listed in "
                   "[peers]: 1, 2 or 3; a node that joins needs no [peers]");
    expect_mistake(
        "[peers]\n2 = 127.0.0.1:7381\n" PLAIN,
        "DIR/test.ini: [node] id: not set, so its value is the default 1; expected an id that is "
        "listed in [peers]: 2");
}
END_TEST

START_TEST(peers_have_addresses_of_their_own)
{
    expect_mistake(
        "[peers]\n1 = 127.0.0.1:7381\n2 = 127.0.0.1:7381\n" PLAIN,
        "DIR/test.ini:3: [peers] 2: found \"127.0.0.1:7381\", expected an address that no "
        "other node has: node 1 has the same");
    /* The same address in another spelling. The report names the line of the higher id, also if
     * that line comes first. */
    expect_mistake(
        "[peers]\n2 = [0:0::1]:7382\n3 = LOCALHOST:7383\n1 = [::1]:7382\n"
        "[listen]\npeer = [::1]:7382\n" PLAIN,
        "DIR/test.ini:2: [peers] 2: found \"[0:0::1]:7382\", expected an address that no "
        "other node has: node 1 has the same");
    expect_valid("[peers]\n1 = 127.0.0.1:7381\n2 = 127.0.0.1:7382\n" PLAIN);
}
END_TEST

START_TEST(listens_where_the_others_dial)
{
    expect_mistake("[node]\nid = 2\n" LOOPBACK_PEERS PLAIN,
                   "DIR/test.ini: [listen] peer: found \"127.0.0.1:7381\", expected "
                   "\"[::1]:7382\", to which the other nodes connect by [peers] (if a forwarder "
                   "stands in between, set [advertise] peer = [::1]:7382)");
    expect_mistake("[listen]\npeer = 127.0.0.1:9\n" LOOPBACK_PEERS PLAIN,
                   "DIR/test.ini:2: [listen] peer: found \"127.0.0.1:9\", expected "
                   "\"127.0.0.1:7381\", to which the other nodes connect by [peers] (if a "
                   "forwarder stands in between, set [advertise] peer = 127.0.0.1:7381)");
    /* A forwarded address, a wildcard address, a name that may resolve to this address, and a node
     * without peers are all valid. */
    expect_valid(
        "[listen]\npeer = 127.0.0.1:9\n[advertise]\npeer = 127.0.0.1:7381\n" LOOPBACK_PEERS PLAIN);
    expect_valid("[listen]\npeer = 0.0.0.0:7381\n" LOOPBACK_PEERS PLAIN
                 "allow_plaintext_peers = yes\n");
    expect_valid("[node]\nid = 3\n[listen]\npeer = 127.0.0.1:7383\n" LOOPBACK_PEERS PLAIN);
    expect_valid("[peers]\n1 = 127.0.0.1:5\n");
    expect_mistake("[advertise]\npeer = 127.0.0.1:8\n" LOOPBACK_PEERS PLAIN,
                   "DIR/test.ini:2: [advertise] peer: found \"127.0.0.1:8\", expected "
                   "\"127.0.0.1:7381\", the address of node 1 in [peers]");
}
END_TEST

START_TEST(ports_are_not_shared)
{
    expect_mistake(
        "[listen]\nclient = 127.0.0.1:7381\n" LOOPBACK_PEERS PLAIN,
        "DIR/test.ini:2: [listen] client: found \"127.0.0.1:7381\", expected another port "
        "than that of [listen] peer, \"127.0.0.1:7381\"");
    expect_mistake(
        "[listen]\nclient = 0.0.0.0:7381\nallow_unauthenticated_clients = yes\n" LOOPBACK_PEERS
            PLAIN,
        "DIR/test.ini:2: [listen] client: found \"0.0.0.0:7381\", expected another port "
        "than that of [listen] peer, \"127.0.0.1:7381\"");
    expect_valid("[listen]\nclient = 127.0.0.2:7381\n" LOOPBACK_PEERS PLAIN);
}
END_TEST

START_TEST(plain_text_between_peers_is_for_loopback)
{
    expect_mistake("[peers]\n1 = 127.0.0.1:7381\n2 = 10.0.0.2:7381\n" PLAIN,
                   "DIR/test.ini:5: [tls] peer: found \"off\" while node 2 is at "
                   "\"10.0.0.2:7381\", expected \"required\", loopback addresses only, or "
                   "allow_plaintext_peers = yes");
    /* A name other than localhost does not count as loopback, even if it resolves to 127.0.0.1. */
    expect_mistake("[peers]\n1 = 127.0.0.1:7381\n2 = localhost.example:7381\n" PLAIN,
                   "DIR/test.ini:5: [tls] peer: found \"off\" while node 2 is at "
                   "\"localhost.example:7381\", expected \"required\", loopback addresses only, or "
                   "allow_plaintext_peers = yes");
    expect_mistake("[listen]\npeer = 0.0.0.0:7381\n" LOOPBACK_PEERS PLAIN,
                   "DIR/test.ini:8: [tls] peer: found \"off\" while [listen] peer is "
                   "\"0.0.0.0:7381\", expected \"required\", loopback addresses only, or "
                   "allow_plaintext_peers = yes");
    expect_valid("[peers]\n1 = 127.0.0.1:7381\n2 = 10.0.0.2:7381\n" PLAIN
                 "allow_plaintext_peers = yes\n");
}
END_TEST

START_TEST(clients_without_proof_are_for_loopback)
{
    expect_mistake(
        "[listen]\nclient = 0.0.0.0:7380\n",
        "DIR/test.ini:2: [listen] client: found \"0.0.0.0:7380\", which other machines can reach, "
        "and clients need no certificate; expected a loopback address, [tls] client = "
        "required, or allow_unauthenticated_clients = yes");
    expect_valid("[listen]\nclient = 0.0.0.0:7380\nallow_unauthenticated_clients = yes\n");
    expect_valid("[listen]\nclient = [::1]:7380\n");
    expect_valid("[listen]\nclient = localhost:7380\n");
}
END_TEST

/* Writes the three files and a configuration that names them. */
static void write_tls(char *text, size_t size, unsigned key_mode, const char *rest)
{
    const char *ca = scratch_file("ca.pem", "ca", 2, 0644);
    const char *certificate = scratch_file("node.pem", "certificate", 11, 0644);
    const char *key = scratch_file("node.key", "key", 3, key_mode);

    snprintf(text, size, "[tls]\nca = %s\ncertificate = %s\nkey = %s\n%s", ca, certificate, key,
             rest);
}

START_TEST(tls_between_peers_needs_files)
{
    char text[2048];
    struct conf conf;

    ck_assert_int_eq(load(&conf, &mistakes, LOOPBACK_PEERS), RAFTD_ERROR_INVALID);
    expect_only(
        &mistakes,
        "DIR/test.ini: [tls] ca: not set, expected a PEM file because [tls] peer is required by "
        "default; raftctl cert makes the files\n"
        "DIR/test.ini: [tls] certificate: not set, expected a PEM file because [tls] peer is "
        "required by default; raftctl cert makes the files\n"
        "DIR/test.ini: [tls] key: not set, expected a PEM file because [tls] peer is required by "
        "default; raftctl cert makes the files");
    write_tls(text, sizeof(text), 0600, LOOPBACK_PEERS);
    expect_valid(text);
    /* A node without peers has no connections between nodes. */
    expect_valid("[tls]\npeer = required\n[peers]\n1 = 127.0.0.1:7381\n");
}
END_TEST

START_TEST(tls_for_clients_needs_files)
{
    char text[2048];
    struct conf conf;

    ck_assert_int_eq(
        load(&conf, &mistakes, "[listen]\nclient = 10.0.0.1:7380\n[tls]\nclient = required\n"),
        RAFTD_ERROR_INVALID);
    ck_assert_uint_eq(mistakes.count, 3);
    expect_some(&mistakes,
                "[tls] key: not set, expected a PEM file because [tls] client is required");
    write_tls(text, sizeof(text), 0400, "client = required\n[listen]\nclient = 10.0.0.1:7380\n");
    expect_valid(text);
}
END_TEST

START_TEST(keys_are_for_their_owner_only)
{
    static const unsigned modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0777};
    char text[2048];
    char wanted[512];
    struct conf conf;

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        write_tls(text, sizeof(text), modes[i], LOOPBACK_PEERS);
        ck_assert_int_eq(load(&conf, &mistakes, text), RAFTD_ERROR_INVALID);
        snprintf(wanted, sizeof(wanted),
                 "DIR/test.ini:4: [tls] key: found \"DIR/node.key\" with mode %04o, expected 0600: "
                 "only its owner may have access (run chmod 600)",
                 modes[i]);
        expect_only(&mistakes, wanted);
        scratch_remove();
    }
    write_tls(text, sizeof(text), 0600, LOOPBACK_PEERS);
    expect_valid(text);
}
END_TEST

START_TEST(files_that_are_named_are_there)
{
    char text[2048];
    struct conf conf;

    snprintf(text, sizeof(text), "[tls]\nca = %s/none\nkey = %s\n", scratch_directory(),
             scratch_directory());
    ck_assert_int_eq(load(&conf, &mistakes, text), RAFTD_ERROR_INVALID);
    ck_assert_uint_eq(mistakes.count, 2);
    expect_some(&mistakes, "DIR/test.ini:2: [tls] ca: found \"DIR/none\" (No such file or "
                           "directory), expected a readable file");
    expect_some(&mistakes, "(not a regular file), expected a readable file");
}
END_TEST

START_TEST(judges_options_that_came_from_no_file)
{
    struct conf conf;

    memset(&mistakes, 0, sizeof(mistakes));
    conf_defaults(&conf);
    ck_assert_int_eq(conf_validate(&conf, mistakes_add, &mistakes), 0);
    conf.raft.heartbeat_ms = 500;
    ck_assert_int_eq(conf_set(&conf, "peers.2", "127.0.0.1:7381", NULL), 0);
    ck_assert_int_eq(conf_validate(&conf, mistakes_add, &mistakes), RAFTD_ERROR_INVALID);
    expect_only(&mistakes, "[node] id: found \"1\", expected an id that is listed in [peers]: 2\n"
                           "[raft] heartbeat_ms: found \"500\", expected less than half of [raft] "
                           "election_timeout_ms, which is 1000");
}
END_TEST

UNIT_SUITE(validate)
{
    Suite *suite = suite_create("validate");
    TCase *tests = tcase_create("validate");

    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, heartbeat_below_half_of_the_election_timeout);
    tcase_add_test(tests, sizes_that_hold_each_other);
    tcase_add_test(tests, own_id_is_among_the_peers);
    tcase_add_test(tests, peers_have_addresses_of_their_own);
    tcase_add_test(tests, listens_where_the_others_dial);
    tcase_add_test(tests, ports_are_not_shared);
    tcase_add_test(tests, plain_text_between_peers_is_for_loopback);
    tcase_add_test(tests, clients_without_proof_are_for_loopback);
    tcase_add_test(tests, tls_between_peers_needs_files);
    tcase_add_test(tests, tls_for_clients_needs_files);
    tcase_add_test(tests, keys_are_for_their_owner_only);
    tcase_add_test(tests, files_that_are_named_are_there);
    tcase_add_test(tests, judges_options_that_came_from_no_file);
    suite_add_tcase(suite, tests);
    return suite;
}
