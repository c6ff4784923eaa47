/*
 * Links between two nodes over loopback, plain and TLS. A peer that misbehaves is in
 * test_link_violations.c.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peers.h"
#include "unit.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "peer/link_private.h"
#include "sys/clock.h"

static const char *const modes[] = {"plain", "TLS"};

START_TEST(both_ends_come_up_and_measure_the_round_trip)
{
    struct peers peers;

    peers_init(&peers, _i == 1);
    peers_start(&peers);
    ck_assert_msg(peers_wait(&peers, peers_are_healthy), "%s: %s", modes[_i],
                  peers_health(&peers, 1).trouble);
    for (uint16_t id = 1; id <= 2; id++) {
        struct link_health health = peers_health(&peers, id);

        ck_assert(health.connected);
        ck_assert_uint_lt(health.round_trip_us, 1000000);
        ck_assert_str_eq(health.client_address, peers.ends[3 - id].shared.client_address);
        ck_assert_str_eq(health.trouble, "");
    }
    peers_free(&peers);
}
END_TEST

static bool node_1_sees_2_ready(struct peers *peers)
{
    return peers_health(peers, 1).peer_ready;
}

static bool node_1_sees_2_not_ready(struct peers *peers)
{
    return !peers_health(peers, 1).peer_ready;
}

START_TEST(probes_tell_whether_the_other_one_is_ready)
{
    struct peers peers;

    peers_init(&peers, false);
    peers_start(&peers);
    ck_assert(peers_wait(&peers, peers_are_healthy));
    ck_assert(!peers_health(&peers, 1).peer_ready);
    atomic_store(&peers.ends[2].ready, true);
    ck_assert(peers_wait(&peers, node_1_sees_2_ready));
    atomic_store(&peers.ends[2].ready, false);
    ck_assert(peers_wait(&peers, node_1_sees_2_not_ready));
    peers_free(&peers);
}
END_TEST

enum { FLOOD = 20000 };

static bool flood_has_arrived(struct peers *peers)
{
    return peers->ends[1].messages == FLOOD && peers->ends[2].messages == FLOOD;
}

/* Most are small, some are larger than the read buffer and than what is copied, a few have
 * megabytes. */
static uint32_t size_of(uint64_t number)
{
    if (number % 5000 == 4999) {
        return 3000000;
    }
    if (number % 100 == 99) {
        return (uint32_t)(number * 37 % 200000);
    }
    return (uint32_t)(number * 13 % 300);
}

START_TEST(messages_arrive_whole_and_in_order_both_ways_at_once)
{
    struct peers peers;
    uint64_t sent[3] = {0};

    peers_init(&peers, _i == 1);
    /* On a slow machine with ThreadSanitizer, a thread may have to wait longer than the 400 ms of
     * the other tests. */
    peers.ends[1].shared.timing.silence_timeout_ms = 60000;
    peers.ends[2].shared.timing.silence_timeout_ms = 60000;
    peers.ends[1].on_message = peers_expect_in_order;
    peers.ends[2].on_message = peers_expect_in_order;
    peers_start(&peers);
    ck_assert(peers_wait(&peers, peers_are_up));
    while (sent[1] < FLOOD || sent[2] < FLOOD) {
        for (uint16_t id = 1; id <= 2; id++) {
            for (int i = 0; i < 64 && sent[id] < FLOOD; i++) {
                if (!peers_send(&peers, id, sent[id], size_of(sent[id]))) {
                    break; /* the ring is full: send it later */
                }
                sent[id]++;
            }
            link_wake(peers.ends[id].link);
        }
        peers_wait_ms(&peers, 1);
    }
    ck_assert(peers_wait(&peers, flood_has_arrived));
    ck_assert_uint_eq(peers.ends[1].ups, 1);
    ck_assert_uint_eq(peers.ends[2].ups, 1);
    peers_free(&peers);
}
END_TEST

enum { BACKLOG = 12000 }; /* more than the ring and the socket buffers hold */

static bool backlog_has_arrived(struct peers *peers)
{
    return peers->ends[2].messages == BACKLOG;
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Sends until there is no room for more frames, or all are sent. */
static uint64_t send_backlog(struct peers *peers, uint64_t sent)
{
    uint64_t before;

    do {
        before = sent;
        while (sent < BACKLOG && peers_send(peers, 1, sent, 1000)) {
            sent++;
        }
        link_wake(peers->ends[1].link);
        peers_wait_ms(peers, 20);
    } while (sent > before);
    return sent;
}

START_TEST(a_core_that_takes_nothing_loses_nothing_and_costs_nothing)
{
    struct peers peers;
    uint64_t sent;
    double cpu;

    peers_init(&peers, false);
    peers.ends[2].on_message = peers_expect_in_order;
    /* A link that does not read gets no answers either; that is not tested here. */
    peers.ends[1].shared.timing.silence_timeout_ms = 60000;
    /* Only the wake-up of the core can make it go on: there is no timer. */
    peers.ends[2].shared.timing.silence_timeout_ms = 60000;
    peers.ends[2].shared.timing.probe_interval_ms = 60000;
    peers_start(&peers);
    ck_assert(peers_wait(&peers, peers_are_up));
    peers.ends[2].keeps_events = true;
    sent = send_backlog(&peers, 0);
    ck_assert_uint_gt(sent, 4096);
    cpu = cpu_seconds();
    peers_wait_ms(&peers, 300);
    ck_assert_msg(cpu_seconds() - cpu < 0.1, "waiting took %f s of CPU", cpu_seconds() - cpu);
    peers.ends[2].keeps_events = false;
    while (sent < BACKLOG) {
        peers_wait_ms(&peers, 1);
        sent = send_backlog(&peers, sent);
    }
    ck_assert(peers_wait(&peers, backlog_has_arrived));
    ck_assert_uint_eq(peers.ends[2].downs, 0);
    peers_free(&peers);
}
END_TEST

static bool node_2_has_no_room(struct peers *peers)
{
    return atomic_load(&peers->ends[2].link->events_blocked);
}

/* The core takes what one ring holds and never finds the ring empty, because its turn ends with the
 * last event. It then asks only whether it may sleep. */
START_TEST(a_core_that_never_sees_an_empty_ring_wakes_the_link)
{
    struct link_event event;
    struct peers peers;
    uint64_t sent = 0;
    size_t held;

    peers_init(&peers, false);
    peers.ends[1].shared.timing.silence_timeout_ms = 60000;
    /* Only the wake-up of the core can make the link of node 2 go on: there is no timer. */
    peers.ends[2].shared.timing.silence_timeout_ms = 60000;
    peers.ends[2].shared.timing.probe_interval_ms = 60000;
    peers_start(&peers);
    ck_assert(peers_wait(&peers, peers_are_up));
    peers.ends[2].keeps_events = true;
    while (!node_2_has_no_room(&peers)) {
        sent = send_backlog(&peers, sent);
    }
    for (held = ring_count(peers.ends[2].link->events); held > 0; held--) {
        ck_assert(ring_pop(peers.ends[2].link->events, &event));
        wire_message_free(event.message);
    }
    (void)link_has_events(peers.ends[2].link);
    for (int i = 0; i < 100 && !link_has_events(peers.ends[2].link); i++) {
        peers_wait_ms(&peers, 5);
    }
    ck_assert(link_has_events(peers.ends[2].link));
    peers_free(&peers);
}
END_TEST

static bool node_2_is_up_again(struct peers *peers)
{
    return peers->ends[2].ups == 2 && peers->ends[2].downs == 1;
}

START_TEST(a_full_ring_delays_down_and_up_and_loses_neither)
{
    struct peers peers;
    uint64_t sent = 0;

    peers_init(&peers, false);
    peers.ends[2].on_message = peers_expect_in_order;
    /* The silence of a link that does not read is not tested here. */
    peers.ends[1].shared.timing.silence_timeout_ms = 60000;
    peers.ends[2].shared.timing.silence_timeout_ms = 60000;
    peers_start(&peers);
    ck_assert(peers_wait(&peers, peers_are_up));
    peers.ends[2].keeps_events = true;
    /* However slow the threads are: until node 2 has stopped reading because there is no room. */
    while (!node_2_has_no_room(&peers)) {
        sent = send_backlog(&peers, sent);
    }
    link_destroy(peers.ends[1].link);
    peers.ends[1].link = NULL;
    /* Node 2 does not read, so only a new connection tells it that the old one has ended. */
    peers.ends[1].ups = 0;
    peers_start_dialler(&peers);
    peers_wait_ms(&peers, 200);
    peers.ends[2].keeps_events = false;
    ck_assert(peers_wait(&peers, node_2_is_up_again));
    ck_assert_uint_ge(peers.ends[2].messages, 4095);
    peers_free(&peers);
}
END_TEST

static bool both_are_up_again(struct peers *peers)
{
    return peers->ends[1].ups == 2 && peers_are_healthy(peers);
}

static bool node_1_is_down(struct peers *peers)
{
    return peers->ends[1].downs == 1;
}

START_TEST(the_link_comes_back_when_the_peer_does)
{
    struct peers peers;

    peers_init(&peers, _i == 1);
    peers_start(&peers);
    ck_assert(peers_wait(&peers, peers_are_healthy));
    peers_stop_listener(&peers);
    peers.ends[2].ups = 0;
    ck_assert(peers_wait(&peers, node_1_is_down));
    ck_assert(!peers_health(&peers, 1).connected);
    ck_assert(!peers_health(&peers, 1).healthy);
    ck_assert_str_ne(peers_health(&peers, 1).trouble, "");
    ck_assert(!peers_send(&peers, 1, 0, 10));
    peers_start_listener(&peers);
    ck_assert(peers_wait(&peers, both_are_up_again));
    peers_free(&peers);
}
END_TEST

static bool both_have_heard_it(struct peers *peers)
{
    return peers->ends[1].downs > 0 && peers->ends[2].downs > 0;
}

/* T61: the membership says that the peer has lost what it promised, or is bound to another
 * directory: the connection that is there ends, and none is made again. */
START_TEST(t61_a_connection_to_another_directory_ends)
{
    struct peers peers;

    peers_init(&peers, false);
    peers_capture_log();
    peers_start(&peers);
    ck_assert(peers_wait(&peers, peers_are_healthy));
    ck_assert(link_bind(peers.ends[1].link, peers.ends[2].shared.identity));
    ck_assert(!link_bind(peers.ends[1].link, peers.ends[2].shared.identity));
    peers_wait_ms(&peers, 100);
    ck_assert(peers_are_up(&peers) && peers.ends[1].downs == 0);
    ck_assert(link_bind(peers.ends[_i == 0 ? 1 : 2].link, RAFT_IDENTITY_LOST));
    ck_assert(peers_wait(&peers, both_have_heard_it));
    peers_wait_ms(&peers, 300);
    ck_assert_uint_eq(peers.ends[_i == 0 ? 1 : 2].ups, 1);
    ck_assert_ptr_nonnull(strstr(peers_log(), "raftctl member replace"));
    peers_free(&peers);
}
END_TEST

/* A greeting with an older count of starts is refused. But it may be that of a process that has
 * ended since, so it proves nothing against the member. A new start that lacks a promise does. */
START_TEST(t61_a_late_greeting_proves_nothing)
{
    const struct raft_message promise = {.type = RAFT_MESSAGE_APPEND_REPLY,
                                         .term = 3,
                                         .append_reply = {.success = true, .index = 20}};
    struct wire_hello hello;
    struct raftd_error error;
    struct peers peers;
    struct link *link;

    peers_init(&peers, false);
    peers_start_listener(&peers);
    link = peers.ends[2].link;
    hello = peers_hello(&peers);
    hello.boot_count = 5;
    hello.term = 3;
    hello.last_index = 10;
    ck_assert_int_eq(link_recognise(link, &hello, &error), ACQUAINTANCE_SAME);
    link_remember(link, &promise);
    hello.boot_count = 4;
    hello.process_id++;
    ck_assert_int_eq(link_recognise(link, &hello, &error), ACQUAINTANCE_SET_BACK);
    ck_assert(!link_take_proof(link));
    hello.boot_count = 6;
    ck_assert_int_eq(link_recognise(link, &hello, &error), ACQUAINTANCE_SET_BACK);
    ck_assert(link_take_proof(link));
    hello.last_index = 20;
    ck_assert_int_eq(link_recognise(link, &hello, &error), ACQUAINTANCE_SAME);
    ck_assert(!link_take_proof(link));
    peers_free(&peers);
}
END_TEST

static bool node_2_is_down(struct peers *peers)
{
    return peers->ends[2].downs == 1;
}

/* Whether node 2 refuses the hello because of another process. Keeps the connection if it is
 * accepted, in *fd. */
static bool is_refused_as_twin(struct peers *peers, const struct wire_hello *hello, int *fd)
{
    struct wire_hello reply;

    *fd = peers_connect(peers);
    ck_assert(peers_greet(peers, *fd, hello, &reply));
    if (reply.refusal[0] == 0) {
        return false;
    }
    ck_assert_ptr_nonnull(strstr(reply.refusal, "two processes of node 1"));
    close(*fd);
    return true;
}

/* T61: a second process on a copy of the directory of node 1, which lacks nothing, says hello while
 * node 1 is connected. Node 1 keeps its connection. When its sockets are closed, a new start of it
 * gets in at once. */
START_TEST(t61_a_second_process_does_not_take_over)
{
    struct wire_hello hello;
    struct peers peers;
    int fd;

    peers_init(&peers, _i == 1);
    peers.ends[2].shared.timing.twin_silence_ms = 60000;
    peers.ends[2].shared.timing.silence_timeout_ms = 60000;
    peers_start(&peers);
    ck_assert(peers_wait(&peers, peers_are_healthy));
    hello = peers_hello(&peers);
    hello.boot_count = 2;
    if (_i == 0) { /* the hello is written by hand, in plain text */
        ck_assert(is_refused_as_twin(&peers, &hello, &fd));
        ck_assert(peers_are_healthy(&peers));
        ck_assert_uint_eq(peers.ends[2].ups, 1);
        ck_assert_uint_eq(peers.ends[2].downs, 0);
        ck_assert(!link_take_proof(peers.ends[2].link));
    }
    link_destroy(peers.ends[1].link);
    peers.ends[1].shared.boot_count = 2;
    peers.ends[1].shared.process_id++;
    peers.ends[1].ups = 0; /* its new process knows nothing of the old connection */
    peers_start_dialler(&peers);
    ck_assert(peers_wait(&peers, node_2_is_up_again));
    ck_assert(peers_wait(&peers, peers_are_healthy));
    peers_free(&peers);
}
END_TEST

enum { TWIN_SILENCE_MS = 300 };

static bool node_2_is_healthy(struct peers *peers)
{
    return peers_health(peers, 2).healthy;
}

/* The machine of node 1 has lost power, so that nobody closes the old connection. */
START_TEST(a_restart_without_an_end_of_the_old_connection_waits_for_its_silence)
{
    uint8_t payload[PEERS_PAYLOAD_MAX];
    struct wire_header header;
    struct wire_hello hello;
    struct wire_probe probe;
    struct raftd_error error;
    struct peers peers;
    uint64_t begin_ms;
    int old;
    int new;

    peers_init(&peers, false);
    peers.ends[2].shared.timing.twin_silence_ms = TWIN_SILENCE_MS;
    peers.ends[2].shared.timing.silence_timeout_ms = 60000;
    peers_start_listener(&peers);
    hello = peers_hello(&peers);
    ck_assert(!is_refused_as_twin(&peers, &hello, &old));
    do {
        ck_assert(peers_read_frame(&peers, old, &header, payload));
    } while (header.type != WIRE_PROBE);
    ck_assert_int_eq(wire_probe_decode(&probe, payload, header.payload_bytes, &error), 0);
    begin_ms = clock_monotonic_ms();
    ck_assert(peers_write_frame(old, wire_probe_encode(WIRE_PROBE_REPLY, &probe)));
    ck_assert(peers_wait(&peers, node_2_is_healthy));
    hello.boot_count = 2;
    hello.process_id++;
    while (is_refused_as_twin(&peers, &hello, &new)) {
        peers_wait_ms(&peers, 10);
    }
    ck_assert_uint_ge(clock_monotonic_ms() - begin_ms, TWIN_SILENCE_MS - 100);
    ck_assert(peers_is_closed(&peers, old));
    close(old);
    close(new);
    peers_free(&peers);
}
END_TEST

/* T57: to stop a link needs no answer from the network. */
START_TEST(t57_a_link_stops_at_once_in_every_state)
{
    struct peers peers;
    uint64_t begin_ms;

    peers_init(&peers, _i == 2);
    peers.ends[1].shared.timing.greeting_timeout_ms = 60000;
    peers.ends[1].shared.timing.backoff_min_ms = 60000;
    peers.ends[1].shared.timing.backoff_max_ms = 60000;
    peers_start_dialler(&peers);
    if (_i == 0) {
        close(peers_accept(&peers)); /* during the back-off */
        ck_assert(peers_wait(&peers, peers_dialler_has_trouble));
    } else if (_i == 3) {
        peers_start_listener(&peers);
        ck_assert(peers_wait(&peers, peers_are_healthy));
    } else {
        peers_wait_ms(&peers, 50); /* during the handshake: connected, and no answer comes */
    }
    begin_ms = clock_monotonic_ms();
    peers_free(&peers);
    ck_assert_uint_lt(clock_monotonic_ms() - begin_ms, 1000);
}
END_TEST

/* The last frames of the core still leave, for example that it steps down. */
START_TEST(what_was_sent_before_the_stop_leaves)
{
    struct peers peers;

    peers_init(&peers, _i == 1);
    peers.ends[2].on_message = peers_expect_in_order;
    peers_start(&peers);
    ck_assert(peers_wait(&peers, peers_are_healthy));
    for (uint64_t number = 0; number < 10; number++) {
        ck_assert(peers_send(&peers, 1, number, 100));
    }
    link_destroy(peers.ends[1].link);
    peers.ends[1].link = NULL;
    ck_assert(peers_wait(&peers, node_2_is_down));
    ck_assert_uint_eq(peers.ends[2].messages, 10);
    peers_free(&peers);
}
END_TEST

UNIT_SUITE(link)
{
    Suite *suite = suite_create("link");
    TCase *pair = tcase_create("two nodes");

    tcase_set_timeout(pair, 60);
    tcase_add_loop_test(pair, both_ends_come_up_and_measure_the_round_trip, 0, 2);
    tcase_add_test(pair, probes_tell_whether_the_other_one_is_ready);
    tcase_add_loop_test(pair, messages_arrive_whole_and_in_order_both_ways_at_once, 0, 2);
    tcase_add_test(pair, a_core_that_takes_nothing_loses_nothing_and_costs_nothing);
    tcase_add_test(pair, a_core_that_never_sees_an_empty_ring_wakes_the_link);
    tcase_add_test(pair, a_full_ring_delays_down_and_up_and_loses_neither);
    tcase_add_loop_test(pair, the_link_comes_back_when_the_peer_does, 0, 2);
    tcase_add_loop_test(pair, t61_a_connection_to_another_directory_ends, 0, 2);
    tcase_add_test(pair, t61_a_late_greeting_proves_nothing);
    tcase_add_loop_test(pair, t61_a_second_process_does_not_take_over, 0, 2);
    tcase_add_test(pair, a_restart_without_an_end_of_the_old_connection_waits_for_its_silence);
    tcase_add_loop_test(pair, t57_a_link_stops_at_once_in_every_state, 0, 4);
    tcase_add_loop_test(pair, what_was_sent_before_the_stop_leaves, 0, 2);
    suite_add_tcase(suite, pair);
    return suite;
}
