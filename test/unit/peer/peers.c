/*
 * The two ends of a link, driven by the thread of the test; see peers.h.
 */
#include "peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

#include "base/memory.h"
#include "sys/clock.h"

enum { WAIT_MS = 10000 };

static const struct wire_limits limits = {.max_entry_bytes = 4 << 20, .max_entries = 4096};

static void end_init(struct end *end, uint16_t id)
{
    struct link_shared *shared = &end->shared;

    ck_assert_int_eq(waker_open(&end->waker), 0);
    atomic_init(&end->ready, false);
    shared->self_id = id;
    shared->cluster_id = 4711;
    shared->process_id = 100 + (uint64_t)id;
    shared->identity = 70 + (uint64_t)id;
    shared->boot_count = 1;
    snprintf(shared->cluster_name, sizeof(shared->cluster_name), "demo");
    snprintf(shared->client_address, sizeof(shared->client_address), "127.0.0.1:738%u", id);
    shared->limits = limits;
    shared->max_frame_bytes = 8 << 20;
    shared->core = &end->waker;
    shared->lifecycle = &end->waker;
    shared->ready = &end->ready;
    shared->timing = (struct link_timing){.greeting_timeout_ms = 400,
                                          .probe_interval_ms = 50,
                                          .silence_timeout_ms = 400,
                                          .backoff_min_ms = 10,
                                          .backoff_max_ms = 100};
}

static void listen_on_loopback(struct peers *peers)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);

    peers->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(peers->listener, 0);
    ck_assert_int_eq(bind(peers->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(peers->listener, 128), 0);
    ck_assert_int_eq(getsockname(peers->listener, (struct sockaddr *)&address, &size), 0);
    peers->port = ntohs(address.sin_port);
}

void peers_init(struct peers *peers, bool tls)
{
    memset(peers, 0, sizeof(*peers));
    link_table_init(&peers->links);
    listen_on_loopback(peers);
    end_init(&peers->ends[1], 1);
    end_init(&peers->ends[2], 2);
    if (tls) {
        peers->certificates = certificates_create();
        for (uint16_t id = 1; id <= 2; id++) {
            peers->ends[id].shared.tls = certificates_node_context(peers->certificates, "demo", id);
        }
    }
}

static struct link *make_link(struct peers *peers, uint16_t self, uint16_t peer)
{
    struct net_address address = {.host = "127.0.0.1", .port = peers->port};
    struct link *link = link_create(&peers->ends[self].shared, peer, &address);

    ck_assert_ptr_nonnull(link);
    ck_assert_uint_eq(link_peer_id(link), peer);
    ck_assert_int_eq(link_start(link), 0);
    return link;
}

void peers_start_dialler(struct peers *peers)
{
    peers->ends[1].link = make_link(peers, 1, 2);
}

void peers_start_listener(struct peers *peers)
{
    peers->ends[2].link = make_link(peers, 2, 1);
    link_table_add(&peers->links, peers->ends[2].link);
    peers->reception = reception_create(&peers->ends[2].shared, &peers->links);
    ck_assert_ptr_nonnull(peers->reception);
    ck_assert_int_eq(reception_start(peers->reception), 0);
}

void peers_start(struct peers *peers)
{
    peers_start_listener(peers);
    peers_start_dialler(peers);
}

void peers_stop_listener(struct peers *peers)
{
    reception_destroy(peers->reception);
    peers->reception = NULL;
    peers->links.count = 0;
    link_destroy(peers->ends[2].link);
    peers->ends[2].link = NULL;
}

void peers_free(struct peers *peers)
{
    peers_stop_listener(peers);
    link_destroy(peers->ends[1].link);
    link_table_free(&peers->links);
    close(peers->listener);
    for (uint16_t id = 1; id <= 2; id++) {
        if (peers->ends[id].shared.tls != NULL) {
            tls_context_destroy(peers->ends[id].shared.tls);
        }
        waker_close(&peers->ends[id].waker);
    }
    if (peers->certificates != NULL) {
        certificates_destroy(peers->certificates);
    }
}

static void take_events(struct end *end)
{
    struct link_event event;

    while (end->link != NULL && !end->keeps_events && link_next_event(end->link, &event)) {
        switch (event.type) {
        case LINK_EVENT_UP:
            ck_assert_uint_eq(end->ups, end->downs); /* they take turns */
            end->ups++;
            break;
        case LINK_EVENT_DOWN:
            end->downs++;
            ck_assert_uint_eq(end->ups, end->downs);
            break;
        case LINK_EVENT_SNAPSHOT:
            memory_free(event.snapshot);
            break;
        case LINK_EVENT_MESSAGE:
            ck_assert_uint_gt(end->ups, end->downs); /* only while it is connected */
            end->messages++;
            if (end->on_message != NULL) {
                end->on_message(end, event.message);
            }
            wire_message_free(event.message);
            break;
        }
    }
}

static void take_sockets(struct peers *peers)
{
    int fd;

    while (peers->reception != NULL &&
           (fd = accept4(peers->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        reception_accept(peers->reception, fd);
    }
}

/* One turn of the thread of the test: sleeps until something happens, at most for this time. */
static void turn(struct peers *peers, int other_fd, int timeout_ms)
{
    struct pollfd polls[4] = {
        {.fd = peers->reception != NULL ? peers->listener : -1, .events = POLLIN},
        {.fd = peers->ends[1].waker.fd, .events = POLLIN},
        {.fd = peers->ends[2].waker.fd, .events = POLLIN},
        {.fd = other_fd, .events = POLLIN},
    };
    bool waiting = false;

    for (int id = 1; id <= 2; id++) {
        struct end *end = &peers->ends[id];

        waker_prepare(&end->waker);
        waiting =
            waiting || (end->link != NULL && !end->keeps_events && link_has_events(end->link));
    }
    poll(polls, 4, waiting ? 0 : timeout_ms);
    for (int id = 1; id <= 2; id++) {
        waker_done(&peers->ends[id].waker);
        take_events(&peers->ends[id]);
    }
    take_sockets(peers);
}

bool peers_wait(struct peers *peers, bool (*condition)(struct peers *peers))
{
    uint64_t end_ms = clock_monotonic_ms() + WAIT_MS;

    while (!condition(peers)) {
        if (clock_monotonic_ms() >= end_ms) {
            return false;
        }
        turn(peers, -1, 20);
    }
    return true;
}

void peers_wait_ms(struct peers *peers, unsigned duration_ms)
{
    uint64_t end_ms = clock_monotonic_ms() + duration_ms;
    uint64_t now_ms;

    while ((now_ms = clock_monotonic_ms()) < end_ms) {
        turn(peers, -1, (int)(end_ms - now_ms));
    }
}

bool peers_are_up(struct peers *peers)
{
    return peers->ends[1].ups > peers->ends[1].downs && peers->ends[2].ups > peers->ends[2].downs;
}

bool peers_are_healthy(struct peers *peers)
{
    return peers_are_up(peers) && peers_health(peers, 1).healthy && peers_health(peers, 2).healthy;
}

struct link_health peers_health(struct peers *peers, uint16_t id)
{
    struct link_health health;

    link_get_health(peers->ends[id].link, &health);
    return health;
}

bool peers_send(struct peers *peers, uint16_t from, uint64_t number, uint32_t size)
{
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, NULL, size);
    struct raft_message message = {.type = RAFT_MESSAGE_APPEND,
                                   .from = from,
                                   .to = (uint16_t)(3 - from),
                                   .entries = &entry,
                                   .entry_count = 1};
    struct wire_frame *frame;

    memset(entry->data, (int)(number % 251), size);
    message.append.commit_index = number;
    frame = wire_message_encode(&message);
    raft_entry_release(entry);
    return link_send(peers->ends[from].link, wire_message_class(&message), frame);
}

void peers_expect_in_order(struct end *end, const struct raft_message *message)
{
    const struct raft_entry *entry;

    ck_assert_uint_eq(message->type, RAFT_MESSAGE_APPEND);
    ck_assert_uint_eq(message->append.commit_index, end->expected);
    ck_assert_uint_eq(message->entry_count, 1);
    entry = message->entries[0];
    for (uint32_t i = 0; i < entry->size_bytes; i++) {
        if (entry->data[i] != end->expected % 251) {
            ck_abort_msg("message %lu: byte %u is wrong", (unsigned long)end->expected, i);
        }
    }
    end->expected++;
}

int peers_connect(struct peers *peers)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                                  .sin_port = htons(peers->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

struct wire_hello peers_hello(struct peers *peers)
{
    struct wire_hello hello = {
        .version_min = WIRE_VERSION_MIN,
        .version_max = WIRE_VERSION_MAX,
        .cluster_id = peers->ends[2].shared.cluster_id,
        .node_id = 1,
        .wanted_id = 2,
        .process_id = 1,
        .identity = 71,
        .boot_count = 1,
        .cluster_name = "demo",
        .client_address = "127.0.0.1:9999",
    };

    return hello;
}

bool peers_write_frame(int fd, struct wire_frame *frame)
{
    size_t sent = 0;

    while (sent < frame->size_bytes) {
        ssize_t count = send(fd, frame->data + sent, frame->size_bytes - sent, MSG_NOSIGNAL);

        if (count <= 0) {
            break;
        }
        sent += (size_t)count;
    }
    if (sent < frame->size_bytes) {
        memory_free(frame);
        return false;
    }
    memory_free(frame);
    return true;
}

/* 0 at the end of the stream, or after too long a wait. */
static size_t read_some(struct peers *peers, int fd, void *data, size_t size)
{
    uint64_t end_ms = clock_monotonic_ms() + WAIT_MS;
    ssize_t count;

    while ((count = recv(fd, data, size, MSG_DONTWAIT)) < 0 && errno == EAGAIN) {
        ck_assert_msg(clock_monotonic_ms() < end_ms, "nothing to read");
        turn(peers, fd, 20);
    }
    return count > 0 ? (size_t)count : 0;
}

static bool read_all(struct peers *peers, int fd, uint8_t *data, size_t size)
{
    size_t held = 0;

    while (held < size) {
        size_t count = read_some(peers, fd, data + held, size - held);

        if (count == 0) {
            return false;
        }
        held += count;
    }
    return true;
}

bool peers_read_frame(struct peers *peers, int fd, struct wire_header *header, uint8_t *payload)
{
    uint8_t data[WIRE_HEADER_BYTES];

    return read_all(peers, fd, data, sizeof(data)) &&
           wire_header_decode(header, data, PEERS_PAYLOAD_MAX, NULL) == 0 &&
           read_all(peers, fd, payload, header->payload_bytes);
}

bool peers_greet(struct peers *peers, int fd, const struct wire_hello *hello,
                 struct wire_hello *reply)
{
    struct wire_header header;
    uint8_t payload[PEERS_PAYLOAD_MAX];

    return peers_write_frame(fd, wire_hello_encode(WIRE_HELLO, hello)) &&
           peers_read_frame(peers, fd, &header, payload) && header.type == WIRE_HELLO_REPLY &&
           wire_hello_decode(reply, payload, header.payload_bytes, NULL) == 0;
}

bool peers_is_closed(struct peers *peers, int fd)
{
    uint64_t end_ms = clock_monotonic_ms() + WAIT_MS;
    uint8_t data[4096];

    while (clock_monotonic_ms() < end_ms) {
        if (read_some(peers, fd, data, sizeof(data)) == 0) {
            return true;
        }
    }
    return false;
}

static FILE *log_file;

void peers_capture_log(void)
{
    log_file = tmpfile();
    ck_assert_ptr_nonnull(log_file);
    ck_assert_int_eq(dup2(fileno(log_file), STDERR_FILENO), STDERR_FILENO);
}

const char *peers_log(void)
{
    static char text[65536];
    ssize_t size = pread(fileno(log_file), text, sizeof(text) - 1, 0);

    ck_assert_int_ge(size, 0);
    text[size] = 0;
    return text;
}

int peers_accept(struct peers *peers)
{
    uint64_t end_ms = clock_monotonic_ms() + 10000;
    int fd;

    while ((fd = accept4(peers->listener, NULL, NULL, SOCK_CLOEXEC)) < 0) {
        ck_assert_msg(clock_monotonic_ms() < end_ms, "nobody dials");
        peers_wait_ms(peers, 2);
    }
    return fd;
}

bool peers_dialler_has_trouble(struct peers *peers)
{
    return strstr(peers_health(peers, 1).trouble, peers->ends[1].shared.client_address) == NULL &&
           strcmp(peers_health(peers, 1).trouble, "not connected yet") != 0 &&
           peers_health(peers, 1).trouble[0] != 0;
}
