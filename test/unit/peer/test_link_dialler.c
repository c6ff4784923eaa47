/*
 * The dialling end of a link, against a listener that misbehaves, which is the test itself.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peers.h"
#include "unit.h"

#include "base/bytes.h"
#include "sys/clock.h"

static void assert_contains(const char *text, const char *wanted)
{
    ck_assert_msg(strstr(text, wanted) != NULL, "\"%s\" is not in \"%s\"", wanted, text);
}

static void read_hello(struct peers *peers, int fd, struct wire_hello *hello)
{
    struct wire_header header;
    uint8_t payload[PEERS_PAYLOAD_MAX];

    ck_assert(peers_read_frame(peers, fd, &header, payload));
    ck_assert_uint_eq(header.type, WIRE_HELLO);
    ck_assert_int_eq(wire_hello_decode(hello, payload, header.payload_bytes, NULL), 0);
}

START_TEST(the_dialler_says_who_it_is)
{
    struct peers peers;
    struct wire_hello hello;
    int fd;

    peers_init(&peers, false);
    peers_start_dialler(&peers);
    fd = peers_accept(&peers);
    read_hello(&peers, fd, &hello);
    ck_assert_uint_eq(hello.node_id, 1);
    ck_assert_uint_eq(hello.wanted_id, 2);
    ck_assert_uint_eq(hello.cluster_id, 4711);
    ck_assert_str_eq(hello.cluster_name, "demo");
    ck_assert_str_eq(hello.client_address, "127.0.0.1:7381");
    ck_assert_str_eq(hello.refusal, "");
    ck_assert_uint_ge(hello.version_max, hello.version_min);
    close(fd);
    peers_free(&peers);
}
END_TEST

/* The peer has moved. The address in the log is dialled first, then the spare one, and the one that
 * works is kept. */
START_TEST(the_spare_address_is_dialled_when_the_first_one_does_not_answer)
{
    struct net_address nowhere = {.host = "127.0.0.1", .port = 1};
    struct net_address spare = {.host = "127.0.0.1"};
    struct peers peers;

    peers_init(&peers, _i == 1);
    spare.port = peers.port;
    peers.ends[1].link = link_create(&peers.ends[1].shared, 2, &nowhere);
    link_set_spare(peers.ends[1].link, &spare);
    ck_assert_int_eq(link_start(peers.ends[1].link), 0);
    ck_assert(peers_wait(&peers, peers_dialler_has_trouble));
    peers_start_listener(&peers);
    ck_assert(peers_wait(&peers, peers_are_healthy));
    ck_assert_str_eq(link_address_text(peers.ends[1].link), "127.0.0.1:1");
    peers_free(&peers);
}
END_TEST

/* What the listener replies, and what the dialler says about it. */
static void set_refusal(struct wire_hello *hello)
{
    memcpy(hello->refusal, "no room at the inn", 19);
}

static void set_other_id(struct wire_hello *hello)
{
    hello->node_id = 3;
}

static void set_other_name(struct wire_hello *hello)
{
    memcpy(hello->cluster_name, "prod", 5);
}

static void set_other_cluster(struct wire_hello *hello)
{
    hello->cluster_id++;
}

static void set_other_wanted(struct wire_hello *hello)
{
    hello->wanted_id = 9;
}

static void set_future(struct wire_hello *hello)
{
    hello->version_min = 7;
    hello->version_max = 9;
}

static const struct {
    void (*change)(struct wire_hello *hello);
    const char *trouble;
    const char *log;
} replies[] = {
    {set_refusal, "no room at the inn", "refuses this node: no room at the inn"},
    {set_other_id, "node 3 answers at the address of node 2", "is refused: node 3 answers"},
    {set_other_name, "cluster name differs: node 2 has \"prod\", node 1 has \"demo\"",
     "[cluster] name"},
    {set_other_cluster, "cluster id differs", "they belong to two clusters"},
    {set_other_wanted, "node 2 expects node 9", "it is the address of node 1"},
    {set_future, "node 2 speaks protocol versions 7 to 9", "upgrade the older one"},
};

START_TEST(the_dialler_judges_the_reply)
{
    struct peers peers;
    struct wire_hello hello;
    int fd;

    peers_init(&peers, false);
    peers_capture_log();
    peers_start_dialler(&peers);
    fd = peers_accept(&peers);
    read_hello(&peers, fd, &hello);
    hello.node_id = 2;
    hello.wanted_id = 1;
    replies[_i].change(&hello);
    ck_assert(peers_write_frame(fd, wire_hello_encode(WIRE_HELLO_REPLY, &hello)));
    ck_assert(peers_is_closed(&peers, fd));
    ck_assert(peers_wait(&peers, peers_dialler_has_trouble));
    assert_contains(peers_health(&peers, 1).trouble, replies[_i].trouble);
    assert_contains(peers_log(), replies[_i].log);
    assert_contains(peers_log(), "peer 2 at 127.0.0.1:");
    ck_assert_uint_eq(peers.ends[1].ups, 0);
    close(fd);
    peers_free(&peers);
}
END_TEST

START_TEST(a_listener_that_says_nothing_is_given_up)
{
    struct peers peers;
    int fd;

    peers_init(&peers, false);
    peers_start_dialler(&peers);
    fd = peers_accept(&peers);
    ck_assert(peers_wait(&peers, peers_dialler_has_trouble));
    assert_contains(peers_health(&peers, 1).trouble, "no hello within 400 ms");
    close(fd);
    peers_free(&peers);
}
END_TEST

START_TEST(a_listener_that_speaks_garbage_is_given_up)
{
    struct peers peers;
    int fd;

    peers_init(&peers, false);
    peers_start_dialler(&peers);
    fd = peers_accept(&peers);
    ck_assert_int_eq(write(fd, "HTTP/1.1 400 Bad Request\r\n", 26), 26);
    ck_assert(peers_is_closed(&peers, fd));
    ck_assert(peers_wait(&peers, peers_dialler_has_trouble));
    assert_contains(peers_health(&peers, 1).trouble, "frame");
    close(fd);
    peers_free(&peers);
}
END_TEST

START_TEST(failures_back_off)
{
    struct peers peers;
    uint64_t end_ms;
    int dials = 0;

    peers_init(&peers, false);
    peers.ends[1].shared.timing.backoff_min_ms = 50;
    peers.ends[1].shared.timing.backoff_max_ms = 400;
    peers_start_dialler(&peers);
    end_ms = clock_monotonic_ms() + 1500;
    while (clock_monotonic_ms() < end_ms) {
        int fd = accept4(peers.listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0) {
            dials++;
            close(fd);
        }
        peers_wait_ms(&peers, 1);
    }
    /* 0 + 50 + 100 + 200 + 400 + 400 + 400: the seventh try comes after 1550 ms, with jitter after
     * 1160 to 1940 ms. Without the back-off there would be thirty. */
    ck_assert_int_ge(dials, 4);
    ck_assert_int_le(dials, 9);
    peers_free(&peers);
}
END_TEST

UNIT_SUITE(link_dialler)
{
    Suite *suite = suite_create("link dialler");
    TCase *listener = tcase_create("a listener that misbehaves");

    tcase_set_timeout(listener, 30);
    tcase_add_test(listener, the_dialler_says_who_it_is);
    tcase_add_loop_test(listener, the_spare_address_is_dialled_when_the_first_one_does_not_answer,
                        0, 2);
    tcase_add_loop_test(listener, the_dialler_judges_the_reply, 0,
                        sizeof(replies) / sizeof(replies[0]));
    tcase_add_test(listener, a_listener_that_says_nothing_is_given_up);
    tcase_add_test(listener, a_listener_that_speaks_garbage_is_given_up);
    tcase_add_test(listener, failures_back_off);
    suite_add_tcase(suite, listener);
    return suite;
}
