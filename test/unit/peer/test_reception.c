/*
 * The reception: which peers are accepted, what the others are told, and connections that send
 * nothing.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peers.h"
#include "unit.h"

#include "base/memory.h"
#include "sys/clock.h"

static void assert_contains(const char *text, const char *wanted)
{
    ck_assert_msg(strstr(text, wanted) != NULL, "\"%s\" is not in \"%s\"", wanted, text);
}

static bool node_2_is_up(struct peers *peers)
{
    return peers->ends[2].ups == 1;
}

START_TEST(a_known_peer_gets_in_and_is_told_so)
{
    struct peers peers;
    struct wire_hello hello;
    struct wire_hello reply;
    int fd;

    peers_init(&peers, false);
    peers_start_listener(&peers);
    hello = peers_hello(&peers);
    fd = peers_connect(&peers);
    ck_assert(peers_greet(&peers, fd, &hello, &reply));
    ck_assert_str_eq(reply.refusal, "");
    ck_assert_uint_eq(reply.node_id, 2);
    ck_assert_uint_eq(reply.wanted_id, 1);
    ck_assert_uint_eq(reply.cluster_id, 4711);
    ck_assert_str_eq(reply.client_address, "127.0.0.1:7382");
    ck_assert(peers_wait(&peers, node_2_is_up));
    ck_assert_str_eq(peers_health(&peers, 2).client_address, "127.0.0.1:9999");
    ck_assert(!peers_health(&peers, 2).healthy); /* the peer has answered no probe yet */
    close(fd);
    peers_free(&peers);
}
END_TEST

static void other_cluster(struct wire_hello *hello)
{
    hello->cluster_id++;
}

static void other_name(struct wire_hello *hello)
{
    memcpy(hello->cluster_name, "prod", 5);
}

static void other_name_and_cluster(struct wire_hello *hello)
{
    other_cluster(hello);
    other_name(hello);
}

static void other_wanted(struct wire_hello *hello)
{
    hello->wanted_id = 5;
}

static void unknown_node(struct wire_hello *hello)
{
    hello->node_id = 9;
}

static void this_node(struct wire_hello *hello)
{
    hello->node_id = 2;
}

static void old_version(struct wire_hello *hello)
{
    hello->version_min = 1;
    hello->version_max = 1;
}

static void new_version(struct wire_hello *hello)
{
    hello->version_min = 7;
    hello->version_max = 8;
}

static const struct {
    void (*change)(struct wire_hello *hello);
    const char *reason;
} refusals[] = {
    {other_cluster, "cluster id differs between node 1 and node 2: they belong to two clusters, "
                    "although these have one name; after raftctl restore, give the other members "
                    "the same --cluster-id"},
    {other_name,
     "cluster name differs: node 1 has \"prod\", node 2 has \"demo\": check [cluster] name"},
    {other_name_and_cluster, "cluster name differs"},
    {other_wanted, "node 1 expects node 5 at this address, but it is the address of node 2: check "
                   "[peers]"},
    {unknown_node, "node 9 is no member of this cluster: check [peers] (while node 2 joins the "
                   "cluster, nothing needs to be done)"},
    {this_node, "two nodes have the id 2: check [node] id"},
    {old_version, "node 1 speaks protocol versions 1 to 1, node 2 speaks 2 to 2"},
    {new_version, "node 1 speaks protocol versions 7 to 8, node 2 speaks 2 to 2"},
};

START_TEST(a_refused_peer_is_told_why)
{
    struct peers peers;
    struct wire_hello hello;
    struct wire_hello reply;
    int fd;

    peers_init(&peers, false);
    peers_capture_log();
    peers_start_listener(&peers);
    hello = peers_hello(&peers);
    refusals[_i].change(&hello);
    fd = peers_connect(&peers);
    ck_assert(peers_greet(&peers, fd, &hello, &reply));
    assert_contains(reply.refusal, refusals[_i].reason);
    ck_assert(peers_is_closed(&peers, fd));
    assert_contains(peers_log(), refusals[_i].reason);
    assert_contains(peers_log(), " at 127.0.0.1:");
    ck_assert_uint_eq(peers.ends[2].ups, 0);
    close(fd);
    peers_free(&peers);
}
END_TEST

START_TEST(a_version_range_that_overlaps_is_enough)
{
    struct peers peers;
    struct wire_hello hello;
    struct wire_hello reply;
    int fd;

    peers_init(&peers, false);
    peers_start_listener(&peers);
    hello = peers_hello(&peers);
    hello.version_max = 5;
    fd = peers_connect(&peers);
    ck_assert(peers_greet(&peers, fd, &hello, &reply));
    ck_assert_str_eq(reply.refusal, "");
    close(fd);
    peers_free(&peers);
}
END_TEST

START_TEST(refusals_of_one_reason_are_logged_once_in_ten_seconds)
{
    struct peers peers;
    struct wire_hello hello;
    const char *line;

    peers_init(&peers, false);
    peers_capture_log();
    peers_start_listener(&peers);
    hello = peers_hello(&peers);
    for (int i = 0; i < 5; i++) {
        struct wire_hello reply;
        int fd = peers_connect(&peers);

        other_cluster(&hello);
        ck_assert(peers_greet(&peers, fd, &hello, &reply));
        close(fd);
    }
    line = strstr(peers_log(), "cluster id differs");
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_null(strstr(line + 1, "cluster id differs"));
    peers_free(&peers);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *log;
} strangers[] = {
    {"GET / HTTP/1.1\r\n\r\n", 18, "frame"},
    {"PING\r\n\r\n", 8, "frame"},
    {"\x16\x03\x01\x02\x00\x01\x00\x01", 8, "the other side uses TLS, this node uses plain text"},
    {"\x05\x00\x00\x00\x05\x02\x00\x00", 8, "the first frame is of type 5, expected a hello"},
    {"\xff\xff\xff\xff\x01\x01\x00\x00", 8, "the limit is 1024"},
    {"\x03\x00\x00\x00\x01\x01\x00\x00"
     "abc",
     11, "malformed hello"},
};

START_TEST(strangers_that_speak_something_else_are_thrown_out)
{
    struct peers peers;
    int fd;

    peers_init(&peers, false);
    peers_capture_log();
    peers_start_listener(&peers);
    fd = peers_connect(&peers);
    ck_assert_int_eq(send(fd, strangers[_i].bytes, strangers[_i].size, MSG_NOSIGNAL),
                     (ssize_t)strangers[_i].size);
    ck_assert(peers_is_closed(&peers, fd));
    assert_contains(peers_log(), "peer connection from 127.0.0.1:");
    assert_contains(peers_log(), strangers[_i].log);
    close(fd);
    peers_free(&peers);
}
END_TEST

START_TEST(a_stranger_that_says_nothing_goes_in_time)
{
    struct peers peers;
    uint64_t begin_ms;
    int fd;

    peers_init(&peers, _i == 1);
    peers_capture_log();
    peers_start_listener(&peers);
    begin_ms = clock_monotonic_ms();
    fd = peers_connect(&peers);
    ck_assert(peers_is_closed(&peers, fd));
    ck_assert_uint_ge(clock_monotonic_ms() - begin_ms, 390);
    assert_contains(peers_log(),
                    _i == 1 ? "no TLS handshake within 400 ms" : "no hello within 400 ms");
    close(fd);
    peers_free(&peers);
}
END_TEST

START_TEST(half_a_hello_does_not_buy_more_time)
{
    struct peers peers;
    struct wire_hello hello;
    struct wire_frame *frame;
    int fd;

    peers_init(&peers, false);
    peers_start_listener(&peers);
    hello = peers_hello(&peers);
    frame = wire_hello_encode(WIRE_HELLO, &hello);
    fd = peers_connect(&peers);
    ck_assert_int_eq(write(fd, frame->data, 20), 20);
    ck_assert(peers_is_closed(&peers, fd));
    ck_assert_uint_eq(peers.ends[2].ups, 0);
    memory_free(frame);
    close(fd);
    peers_free(&peers);
}
END_TEST

START_TEST(the_stranger_that_came_first_makes_room)
{
    struct peers peers;
    int fds[RECEPTION_PENDING_MAX + 1];
    struct wire_hello hello;
    struct wire_hello reply;
    char byte;

    peers_init(&peers, false);
    peers.ends[2].shared.timing.greeting_timeout_ms = 60000;
    peers_start_listener(&peers);
    for (int i = 0; i <= RECEPTION_PENDING_MAX; i++) {
        fds[i] = peers_connect(&peers);
        peers_wait_ms(&peers, 2);
    }
    ck_assert(peers_is_closed(&peers, fds[0]));
    ck_assert_int_lt(recv(fds[1], &byte, 1, MSG_DONTWAIT), 0); /* still waiting */
    /* A peer that sends its hello is accepted among all of them. */
    hello = peers_hello(&peers);
    ck_assert(peers_greet(&peers, fds[RECEPTION_PENDING_MAX], &hello, &reply));
    ck_assert_str_eq(reply.refusal, "");
    ck_assert(peers_wait(&peers, node_2_is_up));
    for (int i = 0; i <= RECEPTION_PENDING_MAX; i++) {
        close(fds[i]);
    }
    peers_free(&peers);
}
END_TEST

START_TEST(the_higher_id_does_not_dial)
{
    struct net_address address = {.host = "127.0.0.1", .port = 1};
    struct peers peers;
    struct wire_hello hello;
    struct wire_hello reply;
    int fd;

    peers_init(&peers, false);
    peers.ends[2].link = link_create(&peers.ends[2].shared, 3, &address);
    link_table_add(&peers.links, peers.ends[2].link);
    peers.reception = reception_create(&peers.ends[2].shared, &peers.links);
    ck_assert_int_eq(reception_start(peers.reception), 0);
    hello = peers_hello(&peers);
    hello.node_id = 3;
    fd = peers_connect(&peers);
    ck_assert(peers_greet(&peers, fd, &hello, &reply));
    assert_contains(reply.refusal, "the node with the lower id dials");
    close(fd);
    peers_free(&peers);
}
END_TEST

/* T57 */
START_TEST(t57_it_stops_at_once_with_strangers_inside)
{
    struct peers peers;
    uint64_t begin_ms;
    int fds[3];

    peers_init(&peers, true);
    peers_start_listener(&peers);
    for (int i = 0; i < 3; i++) {
        fds[i] = peers_connect(&peers);
    }
    peers_wait_ms(&peers, 20);
    begin_ms = clock_monotonic_ms();
    peers_free(&peers);
    ck_assert_uint_lt(clock_monotonic_ms() - begin_ms, 1000);
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
    }
}
END_TEST

/* Certificates. */

static struct tls_context *context_of(struct peers *peers, const char *name,
                                      const struct certificate_request *request)
{
    struct certificate_files files = certificates_make(peers->certificates, name, request);
    struct tls_context *context;
    struct raftd_error error;

    ck_assert_msg(tls_context_create(certificates_ca(peers->certificates, "ca"), files.certificate,
                                     files.key, &context, &error) == 0,
                  "%s", error.message);
    return context;
}

static bool node_1_has_trouble(struct peers *peers)
{
    return strcmp(peers_health(peers, 1).trouble, "not connected yet") != 0;
}

/* A certificate that one of the two nodes has, and what the logs of both say. */
static const struct {
    uint16_t holder;
    struct certificate_request request;
    const char *listener_log; /* NULL = nothing is expected there */
    const char *dialler_log;
} impostors[] = {
    {1,
     {.cluster = "demo", .node_id = 3},
     "certificate names raftd://demo/3, expected raftd://demo/1",
     "refuses this node: certificate names raftd://demo/3"},
    {2,
     {.cluster = "demo", .node_id = 3},
     NULL,
     "certificate names raftd://demo/3, expected raftd://demo/2: check [tls] certificate of node "
     "2"},
    {1, {.cluster = "prod", .node_id = 1}, "raftd://prod/1", "raftd://prod/1"},
    {1, {.ca_name = "other-ca", .cluster = "demo", .node_id = 1}, "peer connection from", NULL},
    {2, {.ca_name = "other-ca", .cluster = "demo", .node_id = 2}, NULL, "peer 2 at 127.0.0.1:"},
    {1, {.cluster = "demo", .node_id = 1, .expired = true}, "expired", NULL},
    {2, {.cluster = "demo", .node_id = 2, .expired = true}, NULL, "expired"},
    {1, {.dns = "somewhere.example"}, "expected", "refuses this node"},
};

static bool logs_say(const char *wanted)
{
    return wanted == NULL || strstr(peers_log(), wanted) != NULL;
}

START_TEST(an_impostor_is_refused_and_both_sides_say_so)
{
    struct peers peers;
    uint64_t end_ms;

    peers_init(&peers, true);
    peers_capture_log();
    tls_context_destroy(peers.ends[impostors[_i].holder].shared.tls);
    peers.ends[impostors[_i].holder].shared.tls =
        context_of(&peers, "impostor", &impostors[_i].request);
    peers_start(&peers);
    ck_assert(peers_wait(&peers, node_1_has_trouble));
    end_ms = clock_monotonic_ms() + 5000;
    while (clock_monotonic_ms() < end_ms &&
           (!logs_say(impostors[_i].listener_log) || !logs_say(impostors[_i].dialler_log))) {
        peers_wait_ms(&peers, 5);
    }
    if (impostors[_i].listener_log != NULL) {
        assert_contains(peers_log(), impostors[_i].listener_log);
    }
    if (impostors[_i].dialler_log != NULL) {
        assert_contains(peers_log(), impostors[_i].dialler_log);
    }
    /*
     * The listener takes a peer for connected before the peer has judged it, but never for healthy.
     */
    ck_assert(!peers_health(&peers, 1).connected);
    ck_assert(!peers_health(&peers, 2).healthy);
    peers_free(&peers);
}
END_TEST

START_TEST(plain_text_at_the_tls_port_is_refused)
{
    struct peers peers;
    struct wire_hello hello;
    int fd;

    peers_init(&peers, true);
    peers_capture_log();
    peers_start_listener(&peers);
    hello = peers_hello(&peers);
    fd = peers_connect(&peers);
    ck_assert(peers_write_frame(fd, wire_hello_encode(WIRE_HELLO, &hello)));
    ck_assert(peers_is_closed(&peers, fd));
    assert_contains(peers_log(), "plain text");
    close(fd);
    peers_free(&peers);
}
END_TEST

START_TEST(a_plain_dialler_learns_that_the_other_side_has_tls)
{
    struct peers peers;
    struct tls_context *tls;

    peers_init(&peers, true);
    peers_capture_log();
    tls = peers.ends[1].shared.tls;
    peers.ends[1].shared.tls = NULL;
    peers_start(&peers);
    ck_assert(peers_wait(&peers, node_1_has_trouble));
    peers_wait_ms(&peers, 50);
    assert_contains(peers_log(), "plain text");
    ck_assert(!peers_health(&peers, 1).connected);
    peers_stop_listener(&peers);
    peers_free(&peers);
    tls_context_destroy(tls);
}
END_TEST

UNIT_SUITE(reception)
{
    Suite *suite = suite_create("reception");
    TCase *hellos = tcase_create("hellos");
    TCase *silent = tcase_create("strangers");
    TCase *certificates = tcase_create("certificates");

    tcase_set_timeout(hellos, 30);
    tcase_add_test(hellos, a_known_peer_gets_in_and_is_told_so);
    tcase_add_loop_test(hellos, a_refused_peer_is_told_why, 0,
                        sizeof(refusals) / sizeof(refusals[0]));
    tcase_add_test(hellos, a_version_range_that_overlaps_is_enough);
    tcase_add_test(hellos, refusals_of_one_reason_are_logged_once_in_ten_seconds);
    tcase_add_test(hellos, the_higher_id_does_not_dial);
    suite_add_tcase(suite, hellos);
    tcase_set_timeout(silent, 30);
    tcase_add_loop_test(silent, strangers_that_speak_something_else_are_thrown_out, 0,
                        sizeof(strangers) / sizeof(strangers[0]));
    tcase_add_loop_test(silent, a_stranger_that_says_nothing_goes_in_time, 0, 2);
    tcase_add_test(silent, half_a_hello_does_not_buy_more_time);
    tcase_add_test(silent, the_stranger_that_came_first_makes_room);
    tcase_add_test(silent, t57_it_stops_at_once_with_strangers_inside);
    suite_add_tcase(suite, silent);
    tcase_set_timeout(certificates, 30);
    tcase_add_loop_test(certificates, an_impostor_is_refused_and_both_sides_say_so, 0,
                        sizeof(impostors) / sizeof(impostors[0]));
    tcase_add_test(certificates, plain_text_at_the_tls_port_is_refused);
    tcase_add_test(certificates, a_plain_dialler_learns_that_the_other_side_has_tls);
    suite_add_tcase(suite, certificates);
    return suite;
}
