/*
 * The server as the daemon uses it: threads, hand-over, the bound on clients, TLS, the end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "commands/commands.h"
#include "front/fake_client.h"
#include "front/front.h"
#include "front/rig.h"
#include "lib/certificates.h"
#include "net/stream.h"
#include "unit.h"

enum { THREADS = 6, ROUNDS = 40, PIPELINE = 50, PATIENCE_MS = 20 * 1000 };

static struct raftd_node *node;
static struct front *front;
static struct conf conf;
static int listener;

static void setup(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    conf_defaults(&conf);
    conf.limits.client_workers = 3;
    node = fake_node_create();
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 64), 0);
}

static void teardown(void)
{
    front_destroy(front);
    front = NULL;
    fake_node_destroy(node);
    close(listener);
}

static void start(struct tls_context *tls)
{
    struct raftd_error error;

    ck_assert_int_eq(front_create(&conf, tls, &commands_handler, &front, &error), 0);
    front_observe(front, fake_node_kv(node));
    ck_assert_int_eq(front_start(front, node, &error), 0);
}

/* The other end of a connection, which was accepted but not given to the server yet. */
static int dial(int *accepted)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};

    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&address, size), 0);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    *accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ck_assert_int_ge(*accepted, 0);
    return client;
}

static int connect_client(void)
{
    int accepted;
    int client = dial(&accepted);

    front_accept(front, accepted);
    return client;
}

static void expect(int client, const char *text)
{
    size_t size = strlen(text);
    char got[512] = "";

    ck_assert_int_eq(recv(client, got, size, MSG_WAITALL), (ssize_t)size);
    ck_assert_mem_eq(got, text, size);
}

static void expect_end(int client)
{
    char byte;
    ssize_t size = recv(client, &byte, 1, 0);

    ck_assert_msg(size == 0 || (size < 0 && errno == ECONNRESET), "%zd bytes", size);
}

/* ---- Threads ------------------------------------------------------------------------------ */

struct counting {
    int client;
    char key[16];
    bool good;
};

static bool receive(int client, const char *text)
{
    size_t size = strlen(text);
    char got[64];

    return recv(client, got, size, MSG_WAITALL) == (ssize_t)size && memcmp(got, text, size) == 0;
}

/* Pipelines of INCR and GET: each reply tells whether order and outcome were right. */
static void *count(void *argument)
{
    struct counting *counting = argument;
    int value = 0;

    for (int round = 0; round < ROUNDS; round++) {
        char request[PIPELINE * 32] = "";
        char *end = request;

        for (int i = 0; i < PIPELINE; i++) {
            end += sprintf(end, i % 5 == 4 ? "GET %s\r\n" : "INCR %s\r\n", counting->key);
        }
        if (send(counting->client, request, (size_t)(end - request), MSG_NOSIGNAL) < 0) {
            return NULL;
        }
        for (int i = 0; i < PIPELINE; i++) {
            char digits[16];
            char reply[32];

            value += i % 5 == 4 ? 0 : 1;
            sprintf(digits, "%d", value);
            if (i % 5 == 4) {
                sprintf(reply, "$%zu\r\n%s\r\n", strlen(digits), digits);
            } else {
                sprintf(reply, ":%s\r\n", digits);
            }
            if (!receive(counting->client, reply)) {
                return NULL;
            }
        }
    }
    counting->good = true;
    return NULL;
}

START_TEST(many_clients_on_many_workers)
{
    struct counting countings[THREADS];
    pthread_t threads[THREADS];
    int watcher;

    start(NULL);
    for (int i = 0; i < THREADS; i++) {
        countings[i] = (struct counting){.client = connect_client()};
        sprintf(countings[i].key, "key-%d", i);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count, &countings[i]), 0);
    }
    /* Meanwhile somebody looks at all of them. */
    watcher = connect_client();
    for (int i = 0; i < 20; i++) {
        char byte;

        ck_assert_int_gt(send(watcher, "CLIENT LIST\r\nINFO clients\r\n", 27, MSG_NOSIGNAL), 0);
        ck_assert_int_gt(recv(watcher, &byte, 1, 0), 0);
        while (recv(watcher, &byte, 1, MSG_DONTWAIT) > 0) {
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_msg(countings[i].good, "client %d got a wrong reply", i);
        close(countings[i].client);
    }
    close(watcher);
    front_stop(front);
    ck_assert_uint_eq(fake_node_open_clients(node), 0);
}
END_TEST

enum { MESSAGES = 400 }; /* of each publisher */

#define MESSAGE_HEAD "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$6\r\n"
#define MESSAGE_BYTES (sizeof(MESSAGE_HEAD) - 1 + 8)

struct publishing {
    int client;
    int number;
    bool good;
};

static void *publish(void *argument)
{
    struct publishing *publishing = argument;

    for (int i = 0; i < MESSAGES; i++) {
        char request[64];
        char head;
        char rest[2];

        sprintf(request, "PUBLISH c %d:%04d\r\n", publishing->number, i);
        if (send(publishing->client, request, strlen(request), MSG_NOSIGNAL) < 0 ||
            recv(publishing->client, &head, 1, MSG_WAITALL) != 1 || head != ':') {
            return NULL;
        }
        do { /* how many there are changes while others come and go */
            if (recv(publishing->client, rest, 1, MSG_WAITALL) != 1) {
                return NULL;
            }
        } while (rest[0] != '\n');
    }
    publishing->good = true;
    return NULL;
}

/* Comes and goes, so that the table of subscriptions changes under the messages. */
static void *come_and_go(void *argument)
{
    struct publishing *publishing = argument;

    for (int i = 0; i < MESSAGES; i++) {
        static const char request[] =
            "SUBSCRIBE x\r\nPSUBSCRIBE y*\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\n";

        if (send(publishing->client, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0 ||
            !receive(publishing->client, "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n") ||
            !receive(publishing->client, "*3\r\n$10\r\npsubscribe\r\n$2\r\ny*\r\n:2\r\n") ||
            !receive(publishing->client, "*3\r\n$11\r\nunsubscribe\r\n$1\r\nx\r\n:1\r\n") ||
            !receive(publishing->client, "*3\r\n$12\r\npunsubscribe\r\n$2\r\ny*\r\n:0\r\n")) {
            return NULL;
        }
    }
    publishing->good = true;
    return NULL;
}

/* T54: on whichever worker, nothing is missing, and the order is the same. */
START_TEST(t54_all_subscribers_hear_the_same_in_the_same_order)
{
    static char heard[3][3 * MESSAGES * MESSAGE_BYTES];
    struct publishing publishing[4];
    pthread_t threads[4];
    int subscribers[3];

    start(NULL);
    for (int i = 0; i < 3; i++) {
        subscribers[i] = connect_client();
        ck_assert_int_gt(send(subscribers[i], "SUBSCRIBE c\r\n", 13, MSG_NOSIGNAL), 0);
        expect(subscribers[i], "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    }
    for (int i = 0; i < 4; i++) {
        publishing[i] = (struct publishing){.client = connect_client(), .number = i};
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, i < 3 ? publish : come_and_go, &publishing[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(recv(subscribers[i], heard[i], sizeof(heard[i]), MSG_WAITALL),
                         (ssize_t)sizeof(heard[i]));
        ck_assert(memcmp(heard[i], heard[0], sizeof(heard[0])) == 0);
        ck_assert(memcmp(heard[i], MESSAGE_HEAD, sizeof(MESSAGE_HEAD) - 1) == 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert(publishing[i].good);
        close(publishing[i].client);
    }
    for (int i = 0; i < 3; i++) {
        close(subscribers[i]);
    }
    front_stop(front);
}
END_TEST

START_TEST(stopping_closes_clients_with_commands_under_way)
{
    int clients[4];

    fake_node_hold(node);
    start(NULL);
    for (int i = 0; i < 4; i++) {
        clients[i] = connect_client();
        ck_assert_int_gt(send(clients[i], "SET a 1\r\nGET a\r\n", 16, MSG_NOSIGNAL), 0);
    }
    front_stop(front);
    ck_assert_uint_eq(fake_node_open_clients(node), 0);
    for (int i = 0; i < 4; i++) {
        expect_end(clients[i]);
        close(clients[i]);
    }
    front_stop(front); /* once more does nothing */
}
END_TEST

START_TEST(before_the_start_a_client_is_closed)
{
    struct raftd_error error;
    int accepted;
    int client = dial(&accepted);

    ck_assert_int_eq(front_create(&conf, NULL, &commands_handler, &front, &error), 0);
    front_accept(front, accepted);
    expect_end(client);
    close(client);
}
END_TEST

START_TEST(one_client_too_many_is_told_so)
{
    int first;
    int second;
    int third;

    conf.limits.max_clients = 2;
    start(NULL);
    first = connect_client();
    second = connect_client();
    third = connect_client();
    expect(third, "-ERR max number of clients reached\r\n");
    expect_end(third);
    close(third);
    send(first, "PING\r\n", 6, MSG_NOSIGNAL);
    expect(first, "+PONG\r\n");
    /* A place is free as soon as one has gone. */
    send(first, "QUIT\r\n", 6, MSG_NOSIGNAL);
    expect(first, "+OK\r\n");
    expect_end(first);
    close(first);
    for (int i = 0; i < 1000 && atomic_load(&front->client_count) == 2; i++) {
        poll(NULL, 0, 10);
    }
    first = connect_client();
    send(first, "INFO clients\r\n", 14, MSG_NOSIGNAL);
    expect(first, "$");
    close(first);
    close(second);
}
END_TEST

/* ---- TLS ---------------------------------------------------------------------------------- */

/* Does what stream_handshake, _read and _write wait for until it is done. */
static ssize_t transfer(struct stream *stream, void *data, size_t size, bool writes)
{
    struct raftd_error error = {0};
    ssize_t result;

    for (;;) {
        struct pollfd wait = {.fd = stream_fd(stream)};

        result = writes ? stream_write(stream, data, size, &error)
                        : stream_read(stream, data, size, &error);
        if (result != RAFTD_ERROR_AGAIN) {
            return result;
        }
        wait.events = stream_wants(stream);
        ck_assert_int_gt(poll(&wait, 1, PATIENCE_MS), 0);
    }
}

static struct stream *connect_tls(struct tls_context *tls)
{
    struct net_address address = {.host = "127.0.0.1"};
    struct sockaddr_in bound;
    socklen_t size = sizeof(bound);
    struct raftd_error error = {0};
    struct stream *stream;
    int code;

    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&bound, &size), 0);
    address.port = ntohs(bound.sin_port);
    ck_assert_int_eq(stream_dial(&address, tls, &stream, &error), 0);
    front_accept(front, accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    while ((code = stream_handshake(stream, &error)) == RAFTD_ERROR_AGAIN) {
        struct pollfd wait = {.fd = stream_fd(stream), .events = stream_wants(stream)};

        ck_assert_int_gt(poll(&wait, 1, PATIENCE_MS), 0);
    }
    ck_assert_msg(code == 0, "%s", error.message);
    return stream;
}

START_TEST(tls_clients_are_served)
{
    enum { VALUE_BYTES = 200 * 1000 };
    static char request[VALUE_BYTES + 100];
    static char reply[VALUE_BYTES + 100];
    struct certificates *certificates = certificates_create();
    struct tls_context *tls = certificates_node_context(certificates, "test", 1);
    struct stream *stream;
    size_t size;
    size_t done = 0;

    start(tls);
    stream = connect_tls(tls);
    size = (size_t)sprintf(request, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%d\r\n", VALUE_BYTES);
    memset(request + size, 'v', VALUE_BYTES);
    size += VALUE_BYTES;
    size += (size_t)sprintf(request + size, "\r\nGET a\r\n");
    while (done < size) {
        ssize_t more = transfer(stream, request + done, size - done, true);

        ck_assert_int_gt(more, 0);
        done += (size_t)more;
    }
    size = 5 + 9 + VALUE_BYTES + 2;
    for (done = 0; done < size;) {
        ssize_t more = transfer(stream, reply + done, size - done, false);

        ck_assert_int_gt(more, 0);
        done += (size_t)more;
    }
    ck_assert_mem_eq(reply, "+OK\r\n$200000\r\nvvv", 17);
    ck_assert_mem_eq(reply + size - 4, "vv\r\n", 4);
    stream_close(stream);
    front_destroy(front);
    front = NULL;
    tls_context_destroy(tls);
    certificates_destroy(certificates);
}
END_TEST

START_TEST(plain_text_on_the_tls_port_is_refused)
{
    struct certificates *certificates = certificates_create();
    struct tls_context *tls = certificates_node_context(certificates, "test", 1);
    char bytes[256];
    ssize_t size;
    int client;

    start(tls);
    client = connect_client();
    send(client, "PING\r\n", 6, MSG_NOSIGNAL);
    /* An alert may come first, but never a reply; then the end. */
    while ((size = recv(client, bytes, sizeof(bytes), 0)) > 0) {
        ck_assert_int_ne(bytes[0], '+');
    }
    ck_assert(size == 0 || errno == ECONNRESET);
    close(client);
    front_destroy(front);
    front = NULL;
    tls_context_destroy(tls);
    certificates_destroy(certificates);
}
END_TEST

UNIT_SUITE(server)
{
    Suite *suite = suite_create("server");
    TCase *threads = tcase_create("threads");
    TCase *tls = tcase_create("tls");

    tcase_add_checked_fixture(threads, setup, teardown);
    tcase_add_test(threads, many_clients_on_many_workers);
    tcase_add_test(threads, t54_all_subscribers_hear_the_same_in_the_same_order);
    tcase_add_test(threads, stopping_closes_clients_with_commands_under_way);
    tcase_add_test(threads, before_the_start_a_client_is_closed);
    tcase_add_test(threads, one_client_too_many_is_told_so);
    suite_add_tcase(suite, threads);
    tcase_add_checked_fixture(tls, setup, teardown);
    tcase_add_test(tls, tls_clients_are_served);
    tcase_add_test(tls, plain_text_on_the_tls_port_is_refused);
    suite_add_tcase(suite, tls);
    return suite;
}
