/*
 * Both ends of a loopback connection. See pair.h.
 */
#include "pair.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MAX_MS = 20000 };

void wait_for(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};

    ck_assert_msg(poll(&poll_fd, 1, WAIT_MAX_MS) == 1, "nothing happened for too long");
}

int listen_loopback(struct net_address *address)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &size), 0);
    memset(address, 0, sizeof(*address));
    strcpy(address->host, "127.0.0.1");
    address->port = ntohs(name.sin_port);
    return fd;
}

static int accept_one(int listening)
{
    int fd;

    wait_for(listening, POLLIN);
    fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void dial(struct end *client, const struct net_address *address, struct tls_context *tls)
{
    client->code = stream_dial(address, tls, &client->stream, &client->error);
    ck_assert_int_eq(client->code, 0);
}

static void take(struct end *server, int fd, struct tls_context *tls)
{
    server->code = stream_accept(fd, tls, &server->stream, &server->error);
    ck_assert_int_eq(server->code, 0);
}

void pair_open(struct pair *pair, struct tls_context *client_tls, struct tls_context *server_tls)
{
    struct net_address address;
    int listening = listen_loopback(&address);

    memset(pair, 0, sizeof(*pair));
    dial(&pair->client, &address, client_tls);
    take(&pair->server, accept_one(listening), server_tls);
    close(listening);
}

int pair_open_bare_client(struct pair *pair, struct tls_context *server_tls)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct net_address address;
    int listening = listen_loopback(&address);

    memset(pair, 0, sizeof(*pair));
    name.sin_port = htons(address.port);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&name, sizeof(name)), 0);
    take(&pair->server, accept_one(listening), server_tls);
    close(listening);
    return client;
}

int pair_open_bare_server(struct pair *pair, struct tls_context *client_tls)
{
    struct net_address address;
    int listening = listen_loopback(&address);
    int server;

    memset(pair, 0, sizeof(*pair));
    dial(&pair->client, &address, client_tls);
    server = accept_one(listening);
    close(listening);
    return server;
}

void pair_close(struct pair *pair)
{
    stream_close(pair->client.stream);
    stream_close(pair->server.stream);
    memset(pair, 0, sizeof(*pair));
}

void pair_handshake(struct pair *pair)
{
    struct end *ends[] = {&pair->client, &pair->server};
    struct pollfd polls[2];

    pair->client.code = RAFTD_ERROR_AGAIN;
    pair->server.code = RAFTD_ERROR_AGAIN;
    for (;;) {
        for (int i = 0; i < 2; i++) {
            polls[i] = (struct pollfd){.fd = -1};
            if (ends[i]->code == RAFTD_ERROR_AGAIN) {
                ends[i]->code = stream_handshake(ends[i]->stream, &ends[i]->error);
            }
            if (ends[i]->code == RAFTD_ERROR_AGAIN) {
                polls[i].fd = stream_fd(ends[i]->stream);
                polls[i].events = stream_wants(ends[i]->stream);
                ck_assert_int_ne(polls[i].events, 0);
            }
        }
        if (polls[0].fd < 0 && polls[1].fd < 0) {
            return;
        }
        ck_assert_msg(poll(polls, 2, WAIT_MAX_MS) > 0, "the handshake is stuck");
    }
}

void end_handshake(struct end *end)
{
    while ((end->code = stream_handshake(end->stream, &end->error)) == RAFTD_ERROR_AGAIN) {
        wait_for(stream_fd(end->stream), stream_wants(end->stream));
    }
}

ssize_t end_read(struct end *end, void *data, size_t size)
{
    ssize_t count;

    while ((count = stream_read(end->stream, data, size, &end->error)) == RAFTD_ERROR_AGAIN) {
        wait_for(stream_fd(end->stream), stream_wants(end->stream));
    }
    end->code = count < 0 ? (int)count : 0;
    return count;
}

ssize_t end_write(struct end *end, const void *data, size_t size)
{
    ssize_t count;

    while ((count = stream_write(end->stream, data, size, &end->error)) == RAFTD_ERROR_AGAIN) {
        wait_for(stream_fd(end->stream), stream_wants(end->stream));
    }
    end->code = count < 0 ? (int)count : 0;
    return count;
}

void end_write_all(struct end *end, const void *data, size_t size)
{
    const char *left = data;

    while (size > 0) {
        ssize_t count = end_write(end, left, size);

        ck_assert_msg(count > 0, "%s", end->error.message);
        left += count;
        size -= (size_t)count;
    }
}

void assert_says(const struct end *end, int code, const char *text)
{
    ck_assert_msg(end->code == code, "the code is %d (%s), wanted %d", end->code,
                  end->error.message, code);
    ck_assert_msg(strstr(end->error.message, text) != NULL, "\"%s\" does not say \"%s\"",
                  end->error.message, text);
}
