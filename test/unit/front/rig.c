/*
 * The rig of the tests of front, commands and script.
 */
#include "front/rig.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "commands/commands.h"
#include "front/connection.h"
#include "front/front.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { PATIENCE_MS = 10 * 1000, QUIET_TURNS = 3 };

void rig_init(struct rig *rig)
{
    memset(rig, 0, sizeof(*rig));
    log_configure(LOG_LEVEL_ERROR, LOG_TARGET_STDERR);
    conf_defaults(&rig->conf);
    rig->conf.limits.client_workers = 1;
    rig->node = fake_node_create();
}

void rig_start(struct rig *rig)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct raftd_error error;

    ck_assert_int_eq(front_create(&rig->conf, NULL, &commands_handler, &rig->front, &error), 0);
    rig->front->node = rig->node;
    rig->front->workers = memory_allocate_zeroed(1, sizeof(*rig->front->workers));
    rig->worker = &rig->front->workers[0];
    ck_assert_int_eq(worker_open(rig->worker, rig->front, 1, &error), 0);
    rig->front->worker_count = 1;
    rig->front->notices.queues[0] = &rig->worker->notices;
    rig->front->notices.queue_count = 1;
    front_observe(rig->front, fake_node_kv(rig->node));
    rig->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(rig->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(rig->listener, 64), 0);
}

void rig_stop(struct rig *rig)
{
    rig->front->notices.queue_count = 0;
    worker_close(rig->worker);
    memory_free(rig->front->workers);
    rig->front->workers = NULL;
    rig->front->worker_count = 0;
    ck_assert_uint_eq(atomic_load(&rig->front->client_count), 0);
    front_destroy(rig->front);
    ck_assert_uint_eq(fake_node_open_clients(rig->node), 0);
    fake_node_destroy(rig->node);
    close(rig->listener);
}

int rig_connect(struct rig *rig)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int accepted;

    ck_assert_int_eq(getsockname(rig->listener, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&address, size), 0);
    accepted = accept4(rig->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ck_assert_int_ge(accepted, 0);
    ck_assert_int_eq(fcntl(client, F_SETFL, O_NONBLOCK), 0);
    front_accept(rig->front, accepted);
    worker_turn(rig->worker, 0);
    return client;
}

void rig_settle(struct rig *rig)
{
    int quiet = 0;

    while (quiet < QUIET_TURNS) {
        struct pollfd wait = {.fd = rig->worker->epoll_fd, .events = POLLIN};
        size_t submits = fake_node_submits(rig->node);

        worker_turn(rig->worker, 0);
        if (rig->worker->agenda.ready.count > 0 || fake_node_submits(rig->node) != submits ||
            poll(&wait, 1, 0) > 0) {
            quiet = 0;
        } else {
            quiet++;
        }
    }
}

void rig_send_bytes(int client, const void *data, size_t size)
{
    ck_assert_int_eq(send(client, data, size, MSG_NOSIGNAL), (ssize_t)size);
}

void rig_send(int client, const char *text)
{
    rig_send_bytes(client, text, strlen(text));
}

void rig_expect_bytes(struct rig *rig, int client, const void *data, size_t size)
{
    uint64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
    char *got = malloc(size + 1);
    size_t length = 0;

    ck_assert_ptr_nonnull(got);
    while (length < size && clock_monotonic_ms() < deadline_ms) {
        ssize_t more;

        worker_turn(rig->worker, 0);
        more = recv(client, got + length, size - length, 0);
        if (more == 0 || (more < 0 && errno != EAGAIN)) {
            break;
        }
        length += more > 0 ? (size_t)more : 0;
    }
    got[length] = '\0';
    ck_assert_msg(length == size && memcmp(got, data, size) == 0,
                  "found \"%.200s\" (%zu bytes), wanted \"%.200s\" (%zu bytes)", got, length,
                  (const char *)data, size);
    free(got);
}

void rig_expect(struct rig *rig, int client, const char *text)
{
    rig_expect_bytes(rig, client, text, strlen(text));
}

void rig_expect_silence(struct rig *rig, int client)
{
    char byte;

    rig_settle(rig);
    ck_assert_int_eq(recv(client, &byte, 1, MSG_PEEK), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

void rig_expect_end(struct rig *rig, int client)
{
    uint64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
    ssize_t size = -1;
    char byte = '?';

    while (size < 0 && clock_monotonic_ms() < deadline_ms) {
        worker_turn(rig->worker, 0);
        size = recv(client, &byte, 1, 0);
        if (size < 0 && errno == ECONNRESET) {
            return;
        }
    }
    ck_assert_msg(size == 0, "found %zd bytes (%c), wanted the end", size, byte);
}

void rig_talk(struct rig *rig, int client, const char *request, const char *reply)
{
    rig_send(client, request);
    rig_expect(rig, client, reply);
}

char *rig_ask(struct rig *rig, int client, const char *request)
{
    size_t capacity = 1024 * 1024;
    char *reply = malloc(capacity);
    size_t length = 0;
    ssize_t more;

    ck_assert_ptr_nonnull(reply);
    rig_send(client, request);
    do {
        rig_settle(rig);
        more = recv(client, reply + length, capacity - length - 1, 0);
        length += more > 0 ? (size_t)more : 0;
    } while (more > 0);
    reply[length] = '\0';
    return reply;
}

struct connection *rig_connection(struct rig *rig, size_t place)
{
    ck_assert_uint_lt(place, rig->worker->places.count);
    return rig->worker->places.items[place].connection;
}
