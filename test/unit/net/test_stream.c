/*
 * net/stream: plain and TLS streams, complete and partial writes, large transfers, and every way in
 * which a connection ends.
 */
#include "unit.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/certificates.h"
#include "pair.h"

static struct certificates *certificates;
static struct tls_context *node_1;
static struct tls_context *node_2;

static void make_certificates(void)
{
    certificates = certificates_create();
    node_1 = certificates_node_context(certificates, "demo", 1);
    node_2 = certificates_node_context(certificates, "demo", 2);
}

static void remove_certificates(void)
{
    tls_context_destroy(node_1);
    tls_context_destroy(node_2);
    certificates_destroy(certificates);
}

/* Each of these tests runs twice: plain (0) and with TLS (1). */
enum { KINDS = 2 };

static void open_kind(struct pair *pair, int kind)
{
    pair_open(pair, kind == 1 ? node_1 : NULL, kind == 1 ? node_2 : NULL);
    pair_handshake(pair);
    ck_assert_msg(pair->client.code == 0, "%s", pair->client.error.message);
    ck_assert_msg(pair->server.code == 0, "%s", pair->server.error.message);
}

START_TEST(test_bytes_arrive_both_ways)
{
    struct pair pair;
    char data[32];

    open_kind(&pair, _i);
    ck_assert_int_eq(end_write(&pair.client, "hello", 5), 5);
    ck_assert_int_eq(end_read(&pair.server, data, sizeof(data)), 5);
    ck_assert_int_eq(memcmp(data, "hello", 5), 0);
    ck_assert_int_eq(end_write(&pair.server, "and back", 8), 8);
    ck_assert_int_eq(end_read(&pair.client, data, sizeof(data)), 8);
    ck_assert_int_eq(memcmp(data, "and back", 8), 0);
    pair_close(&pair);
}
END_TEST

START_TEST(test_an_empty_socket_says_again_and_for_what)
{
    struct pair pair;
    char data[32];

    open_kind(&pair, _i);
    ck_assert_int_eq(stream_read(pair.server.stream, data, sizeof(data), NULL), RAFTD_ERROR_AGAIN);
    ck_assert_int_eq(stream_wants(pair.server.stream), POLLIN);
    ck_assert(!stream_has_pending(pair.server.stream));
    pair_close(&pair);
}
END_TEST

static void fill(char *data, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1103515245 + 12345;
        data[i] = (char)(seed >> 16);
    }
}

/* Writes until the socket is full. Returns the number of bytes written. */
static size_t write_until_full(struct end *end, const char *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t count = stream_write(end->stream, data + done, size - done, &end->error);

        if (count == RAFTD_ERROR_AGAIN) {
            break;
        }
        ck_assert_int_gt(count, 0);
        done += (size_t)count;
    }
    return done;
}

static void read_exactly(struct end *end, char *data, size_t size)
{
    while (size > 0) {
        ssize_t count = end_read(end, data, size);

        ck_assert_msg(count > 0, "%s", end->error.message);
        data += count;
        size -= (size_t)count;
    }
}

/* The rest is written from another address: callers move the rest of a buffer to its front. */
START_TEST(test_a_full_socket_takes_the_rest_later_from_wherever_it_is)
{
    enum { SIZE = 24 * 1024 * 1024 };
    char *data = malloc(SIZE);
    char *got = malloc(SIZE);
    struct pair pair;
    size_t done;
    size_t seen = 0;

    open_kind(&pair, _i);
    fill(data, SIZE, 1);
    done = write_until_full(&pair.client, data, SIZE);
    ck_assert_uint_gt(done, 0);
    ck_assert_uint_lt(done, SIZE);
    ck_assert_int_eq(stream_wants(pair.client.stream), POLLOUT);
    while (done < SIZE) {
        char *moved = malloc(SIZE - done);

        while (seen <
               done) { /* all bytes that were sent, except a TLS record that is not complete */
            ssize_t count =
                stream_read(pair.server.stream, got + seen, SIZE - seen, &pair.server.error);

            if (count == RAFTD_ERROR_AGAIN) {
                break;
            }
            ck_assert_int_gt(count, 0);
            seen += (size_t)count;
        }
        memcpy(moved, data + done, SIZE - done);
        done += write_until_full(&pair.client, moved, SIZE - done);
        free(moved);
    }
    read_exactly(&pair.server, got + seen, SIZE - seen);
    ck_assert_int_eq(memcmp(data, got, SIZE), 0);
    free(data);
    free(got);
    pair_close(&pair);
}
END_TEST

/* One side of a transfer that runs in both directions at the same time. */
struct transfer {
    struct end *end;
    char *out;
    char *in;
    size_t sent;
    size_t received;
};

/* Writes and reads as much as is possible now. Returns the events to poll for. */
static short advance(struct transfer *transfer, size_t size, size_t step)
{
    short events = 0;

    while (transfer->sent < size) {
        size_t left = size - transfer->sent;
        ssize_t count = stream_write(transfer->end->stream, transfer->out + transfer->sent,
                                     left < step ? left : step, &transfer->end->error);

        if (count == RAFTD_ERROR_AGAIN) {
            events |= stream_wants(transfer->end->stream);
            break;
        }
        ck_assert_msg(count > 0, "%s", transfer->end->error.message);
        transfer->sent += (size_t)count;
    }
    while (transfer->received < size) {
        size_t left = size - transfer->received;
        ssize_t count = stream_read(transfer->end->stream, transfer->in + transfer->received,
                                    left < step ? left : step, &transfer->end->error);

        if (count == RAFTD_ERROR_AGAIN) {
            events |= stream_wants(transfer->end->stream);
            break;
        }
        ck_assert_msg(count > 0, "%s", transfer->end->error.message);
        transfer->received += (size_t)count;
    }
    return events;
}

START_TEST(test_a_large_transfer_both_ways_at_once)
{
    enum { SIZE = 8 * 1024 * 1024 };
    static const size_t steps[2] = {70000, 3001};
    struct transfer sides[2];
    struct pair pair;

    open_kind(&pair, _i);
    for (int i = 0; i < 2; i++) {
        sides[i] = (struct transfer){
            .end = i == 0 ? &pair.client : &pair.server, .out = malloc(SIZE), .in = malloc(SIZE)};
        fill(sides[i].out, SIZE, (unsigned)i);
    }
    for (;;) {
        struct pollfd polls[2];

        for (int i = 0; i < 2; i++) {
            short events = advance(&sides[i], SIZE, steps[i]);

            polls[i] = (struct pollfd){.fd = events != 0 ? stream_fd(sides[i].end->stream) : -1,
                                       .events = events};
        }
        if (polls[0].fd < 0 && polls[1].fd < 0) {
            break;
        }
        ck_assert_int_gt(poll(polls, 2, 20000), 0);
    }
    ck_assert_int_eq(memcmp(sides[0].out, sides[1].in, SIZE), 0);
    ck_assert_int_eq(memcmp(sides[1].out, sides[0].in, SIZE), 0);
    for (int i = 0; i < 2; i++) {
        free(sides[i].out);
        free(sides[i].in);
    }
    pair_close(&pair);
}
END_TEST

START_TEST(test_a_close_is_seen)
{
    struct pair pair;
    char data[8];

    open_kind(&pair, _i);
    ck_assert_int_eq(end_write(&pair.client, "bye", 3), 3);
    stream_close(pair.client.stream);
    pair.client.stream = NULL;
    ck_assert_int_eq(end_read(&pair.server, data, sizeof(data)), 3);
    ck_assert_int_eq(end_read(&pair.server, data, sizeof(data)), RAFTD_ERROR_CLOSED);
    assert_says(&pair.server, RAFTD_ERROR_CLOSED, "the other side closed the connection");
    pair_close(&pair);
}
END_TEST

/* SIGPIPE would end the process, so the test passes only if the signal is not raised. */
START_TEST(test_a_write_to_a_closed_connection_raises_no_signal)
{
    struct pair pair;

    ck_assert(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    open_kind(&pair, _i);
    stream_close(pair.client.stream);
    pair.client.stream = NULL;
    while (end_write(&pair.server, "anybody?", 8) > 0) {
        wait_for(stream_fd(pair.server.stream), POLLOUT);
    }
    ck_assert_int_eq(pair.server.code, RAFTD_ERROR_CLOSED);
    pair_close(&pair); /* the close-notify raises no signal either */
}
END_TEST

START_TEST(test_a_reset_is_a_closed_connection)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    struct pair pair;
    char data[8];

    open_kind(&pair, _i);
    setsockopt(stream_fd(pair.client.stream), SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    /* Closes the socket without the stream, so that no close-notify is sent first. */
    ck_assert_int_ge(dup2(STDERR_FILENO, stream_fd(pair.client.stream)), 0);
    ck_assert_int_eq(end_read(&pair.server, data, sizeof(data)), RAFTD_ERROR_CLOSED);
    assert_says(&pair.server, RAFTD_ERROR_CLOSED, "reset");
    pair_close(&pair);
}
END_TEST

/* The last bytes that were written have to arrive, although this side has not read all that the
 * other side sent. */
START_TEST(test_unread_input_does_not_cost_the_last_reply)
{
    struct pair pair;
    char data[64];

    open_kind(&pair, _i);
    ck_assert_int_eq(end_write(&pair.client, "question one", 12), 12);
    ck_assert_int_eq(end_write(&pair.client, "question two", 12), 12);
    wait_for(stream_fd(pair.server.stream), POLLIN);
    ck_assert_int_eq(end_write(&pair.server, "no more questions", 17), 17);
    stream_close(pair.server.stream);
    pair.server.stream = NULL;
    ck_assert_int_eq(end_read(&pair.client, data, sizeof(data)), 17);
    ck_assert_int_eq(end_read(&pair.client, data, sizeof(data)), RAFTD_ERROR_CLOSED);
    assert_says(&pair.client, RAFTD_ERROR_CLOSED, "the other side closed the connection");
    pair_close(&pair);
}
END_TEST

START_TEST(test_small_frames_leave_at_once_and_dead_peers_are_noticed)
{
    struct pair pair;

    open_kind(&pair, _i);
    for (int i = 0; i < 2; i++) {
        int fd = stream_fd(i == 0 ? pair.client.stream : pair.server.stream);
        socklen_t size = sizeof(int);
        int value = 0;

        ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
        ck_assert_int_ne(value, 0);
        ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size), 0);
        ck_assert_int_ne(value, 0);
        ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &value, &size), 0);
        ck_assert_int_le(value, 60);
    }
    pair_close(&pair);
}
END_TEST

START_TEST(test_the_peer_s_address_reads_as_in_the_configuration)
{
    struct pair pair;
    char text[64];
    unsigned port;

    open_kind(&pair, _i);
    stream_peer_text(pair.server.stream, text, sizeof(text));
    ck_assert_msg(sscanf(text, "127.0.0.1:%u", &port) == 1 && port > 0, "found %s", text);
    pair_close(&pair);
}
END_TEST

/* ---- TLS only ---- */

/* OpenSSL decrypts a record as a whole. The bytes that the caller has not read are not in the
 * socket any more, so a caller that polls without asking stream_has_pending() would wait for
 * ever. */
START_TEST(test_what_openssl_holds_back_is_pending)
{
    struct pair pair;
    char data[100];

    open_kind(&pair, 1);
    memset(data, 'x', sizeof(data));
    end_write_all(&pair.client, data, sizeof(data));
    end_write_all(&pair.client, data, sizeof(data));
    ck_assert_int_eq(end_read(&pair.server, data, 10), 10);
    ck_assert(stream_has_pending(pair.server.stream));
    read_exactly(&pair.server, data, 90);
    read_exactly(&pair.server, data, 100);
    ck_assert(!stream_has_pending(pair.server.stream));
    pair_close(&pair);
}
END_TEST

/* Copies bytes from one socket to another: all that are there, at most `limit`. */
static void relay(int from, int to, size_t limit)
{
    char data[65536];
    ssize_t count = recv(from, data, limit < sizeof(data) ? limit : sizeof(data), MSG_DONTWAIT);

    if (count > 0) {
        ck_assert_int_eq(send(to, data, (size_t)count, MSG_NOSIGNAL), count);
    }
}

static void handshake_through(struct pair *left, struct pair *right, int left_fd, int right_fd)
{
    struct end *client = &left->client;
    struct end *server = &right->server;

    client->code = RAFTD_ERROR_AGAIN;
    server->code = RAFTD_ERROR_AGAIN;
    for (int i = 0; i < 100000 && (client->code != 0 || server->code != 0); i++) {
        if (client->code != 0) {
            client->code = stream_handshake(client->stream, &client->error);
        }
        if (server->code != 0) {
            server->code = stream_handshake(server->stream, &server->error);
        }
        relay(left_fd, right_fd, SIZE_MAX);
        relay(right_fd, left_fd, SIZE_MAX);
    }
    ck_assert_int_eq(client->code, 0);
    ck_assert_int_eq(server->code, 0);
}

/*
 * Half a record has arrived. OpenSSL counts it as pending. A caller that therefore reads again and
 * does not poll would use a whole core until the other half arrives.
 */
START_TEST(test_half_a_record_is_not_pending)
{
    struct pair left;
    struct pair right;
    int left_fd = pair_open_bare_server(&left, node_1);
    int right_fd = pair_open_bare_client(&right, node_2);
    char data[1000] = {0};

    handshake_through(&left, &right, left_fd, right_fd);
    end_write_all(&left.client, data, sizeof(data));
    wait_for(left_fd, POLLIN);
    relay(left_fd, right_fd, 500);
    wait_for(stream_fd(right.server.stream), POLLIN);
    ck_assert_int_eq(stream_read(right.server.stream, data, sizeof(data), NULL), RAFTD_ERROR_AGAIN);
    ck_assert(!stream_has_pending(right.server.stream));
    relay(left_fd, right_fd, SIZE_MAX);
    ck_assert_int_eq(end_read(&right.server, data, sizeof(data)), sizeof(data));
    close(left_fd);
    close(right_fd);
    pair_close(&left);
    pair_close(&right);
}
END_TEST

/* A connection that is cut between two records has no close-notify. That is reported as an end,
 * with another message than an orderly one. */
START_TEST(test_a_cut_tls_connection_is_told_from_a_closed_one)
{
    struct pair pair;
    char data[8];

    open_kind(&pair, 1);
    ck_assert_int_eq(shutdown(stream_fd(pair.client.stream), SHUT_WR), 0);
    ck_assert_int_eq(end_read(&pair.server, data, sizeof(data)), RAFTD_ERROR_CLOSED);
    assert_says(&pair.server, RAFTD_ERROR_CLOSED,
                "TLS read: the other side closed the connection unexpectedly");
    ck_assert_ptr_null(strstr(pair.server.error.message, "does it speak TLS"));
    pair_close(&pair);
}
END_TEST

START_TEST(test_a_second_handshake_call_is_harmless)
{
    struct pair pair;

    open_kind(&pair, _i);
    ck_assert_int_eq(stream_handshake(pair.client.stream, NULL), 0);
    ck_assert_int_eq(stream_handshake(pair.server.stream, NULL), 0);
    pair_close(&pair);
}
END_TEST

START_TEST(test_nothing_to_close)
{
    stream_close(NULL);
}
END_TEST

UNIT_SUITE(stream)
{
    Suite *suite = suite_create("stream");
    TCase *both = tcase_create("plain and TLS");
    TCase *tls = tcase_create("TLS");

    tcase_add_unchecked_fixture(both, make_certificates, remove_certificates);
    tcase_add_loop_test(both, test_bytes_arrive_both_ways, 0, KINDS);
    tcase_add_loop_test(both, test_an_empty_socket_says_again_and_for_what, 0, KINDS);
    tcase_add_loop_test(both, test_a_full_socket_takes_the_rest_later_from_wherever_it_is, 0,
                        KINDS);
    tcase_add_loop_test(both, test_a_large_transfer_both_ways_at_once, 0, KINDS);
    tcase_add_loop_test(both, test_a_close_is_seen, 0, KINDS);
    tcase_add_loop_test(both, test_a_write_to_a_closed_connection_raises_no_signal, 0, KINDS);
    tcase_add_loop_test(both, test_a_reset_is_a_closed_connection, 0, KINDS);
    tcase_add_loop_test(both, test_unread_input_does_not_cost_the_last_reply, 0, KINDS);
    tcase_add_loop_test(both, test_small_frames_leave_at_once_and_dead_peers_are_noticed, 0, KINDS);
    tcase_add_loop_test(both, test_the_peer_s_address_reads_as_in_the_configuration, 0, KINDS);
    tcase_add_loop_test(both, test_a_second_handshake_call_is_harmless, 0, KINDS);
    suite_add_tcase(suite, both);
    tcase_add_unchecked_fixture(tls, make_certificates, remove_certificates);
    tcase_add_test(tls, test_what_openssl_holds_back_is_pending);
    tcase_add_test(tls, test_half_a_record_is_not_pending);
    tcase_add_test(tls, test_a_cut_tls_connection_is_told_from_a_closed_one);
    suite_add_tcase(suite, tls);
    tcase_add_test(tls, test_nothing_to_close);
    return suite;
}
