/*
 * The event loop of a client worker.
 */
#include "front/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "front/connection.h"
#include "front/server.h"
#include "front/subscribers.h"
#include "front/topology.h"
#include "kv/kv.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    EVENTS_A_TURN = 256,
    ACCEPTED_MAX = 1024,
    TICK_MS = 1000,
    FOLLOW_MS = 100, /* how often to look who leads, for subscribers */
    VIEW_MS = 50,    /* how old a view of the cluster may be */
    REQUEST_BYTES_KEPT = 1024 * 1024,
    ARGUMENTS_KEPT = 1024,
    TAG_PLACE_BITS = 20,
    TAG_GENERATION_BITS = 24,
};

_Static_assert(TAG_PLACE_BITS + TAG_GENERATION_BITS + OWED_SEQUENCE_BITS == 64, "a tag is full");

/* ---- Lists -------------------------------------------------------------------------------- */

static void list_add(struct connection_list *list, struct connection *connection)
{
    list->items =
        memory_grow(list->items, &list->capacity, list->count + 1, sizeof(list->items[0]));
    list->items[list->count++] = connection;
}

static void list_drop_first(struct connection_list *list, size_t count)
{
    list->count -= count;
    if (count > 0 && list->count > 0) {
        memmove(list->items, list->items + count, list->count * sizeof(list->items[0]));
    }
}

static void list_drop_closed(struct connection_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->state != CONNECTION_CLOSED) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

void worker_add_ready(struct worker *worker, struct connection *connection)
{
    if (!connection->is_ready) {
        connection->is_ready = true;
        list_add(&worker->ready, connection);
    }
}

void worker_add_dirty(struct worker *worker, struct connection *connection)
{
    if (!connection->is_dirty) {
        connection->is_dirty = true;
        list_add(&worker->dirty, connection);
    }
}

void worker_add_starved(struct worker *worker, struct connection *connection)
{
    if (!connection->is_starved) {
        connection->is_starved = true;
        list_add(&worker->starved, connection);
    }
}

void worker_want_tick(struct worker *worker)
{
    if (worker->tick_ms == 0) {
        worker->tick_ms = worker->now_ms + TICK_MS;
    }
}

/* ---- Places ------------------------------------------------------------------------------- */

static uint32_t take_place(struct worker *worker)
{
    uint32_t place;

    if (worker->free_place != 0) {
        place = worker->free_place - 1;
        worker->free_place = worker->places[place].next_free;
        return place;
    }
    worker->places = memory_grow(worker->places, &worker->place_capacity, worker->place_count + 1,
                                 sizeof(worker->places[0]));
    place = (uint32_t)worker->place_count++;
    ASSERT(place < 1u << TAG_PLACE_BITS);
    worker->places[place] = (struct connection_place){0};
    return place;
}

static void give_place(struct worker *worker, uint32_t place)
{
    worker->places[place].connection = NULL;
    worker->places[place].generation++;
    worker->places[place].next_free = worker->free_place;
    worker->free_place = place + 1;
}

void worker_forget(struct worker *worker, struct connection *connection)
{
    give_place(worker, connection->place);
    list_add(&worker->dead, connection);
}

uint64_t worker_tag(const struct worker *worker, const struct connection *connection,
                    uint32_t sequence)
{
    uint64_t generation = worker->places[connection->place].generation;

    generation &= ((uint64_t)1 << TAG_GENERATION_BITS) - 1;
    return (uint64_t)connection->place << (TAG_GENERATION_BITS + OWED_SEQUENCE_BITS) |
           generation << OWED_SEQUENCE_BITS | (sequence & ((1u << OWED_SEQUENCE_BITS) - 1));
}

/* NULL: the connection that asked is gone. */
static struct connection *connection_of(const struct worker *worker, uint64_t tag)
{
    const struct connection_place *place =
        &worker->places[tag >> (TAG_GENERATION_BITS + OWED_SEQUENCE_BITS)];
    uint64_t mask = ((uint64_t)1 << TAG_GENERATION_BITS) - 1;

    return (place->generation & mask) == (tag >> OWED_SEQUENCE_BITS & mask) ? place->connection
                                                                            : NULL;
}

const struct topology *worker_view(struct worker *worker)
{
    if (worker->view == NULL) {
        worker->view = memory_allocate_zeroed(1, sizeof(*worker->view));
    } else if (worker->now_ms < worker->view_ms + VIEW_MS) {
        return worker->view;
    }
    topology_of(worker->server->node, worker->view);
    worker->view_ms = worker->now_ms;
    return worker->view;
}

void worker_follow_leader(struct worker *worker)
{
    if (!subscribers_follow_leader(worker)) {
        worker->follow_ms = 0;
        worker->leader_number = 0;
        return;
    }
    subscribers_look_at_leader(worker);
    worker->follow_ms = worker->now_ms + FOLLOW_MS;
}

/* ---- A turn ------------------------------------------------------------------------------- */

static void take_event(struct worker *worker, const struct epoll_event *event)
{
    struct connection *connection = event->data.ptr;

    if (event->data.ptr == &worker->waker) {
        waker_done(&worker->waker);
        waker_prepare(&worker->waker); /* armed again before the ring is looked at */
        return;
    }
    if (event->data.ptr == worker->client) {
        return; /* cleared by raftd_client_awake() */
    }
    if ((event->events & (EPOLLHUP | EPOLLERR)) != 0) {
        connection_close(connection); /* in both directions: no reply can reach it */
        return;
    }
    if ((event->events & EPOLLRDHUP) != 0) {
        connection->hung_up = true;
    }
    if ((event->events & (EPOLLIN | EPOLLRDHUP)) != 0) {
        connection->readable = true;
        worker_add_ready(worker, connection);
    }
    if ((event->events & EPOLLOUT) != 0) {
        connection->writable = true;
        if (connection->output.size_bytes > 0) {
            worker_add_dirty(worker, connection);
        }
    }
    if (connection->encrypted) {
        /* TLS may have to write before it can read on, and the other way round. */
        connection->readable = true;
        worker_add_ready(worker, connection);
    }
}

/* A time-out that ends at that time, if there is one, or earlier. */
static int until(uint64_t time_ms, int timeout)
{
    uint64_t now_ms = clock_monotonic_ms();
    uint64_t left_ms = time_ms > now_ms ? time_ms - now_ms : 0;

    return time_ms != 0 && (timeout < 0 || left_ms < (uint64_t)timeout) ? (int)left_ms : timeout;
}

static void wait_for_events(struct worker *worker, int timeout_ms)
{
    struct epoll_event events[EVENTS_A_TURN];
    bool sleeps = false;
    int timeout = 0;
    int count;

    if (timeout_ms != 0 && worker->ready.count == 0 && raftd_client_sleep(worker->client)) {
        sleeps = true;
        timeout = timeout_ms;
        timeout = until(worker->tick_ms, timeout);
        timeout = until(worker->follow_ms, timeout);
    }
    count = epoll_wait(worker->epoll_fd, events, EVENTS_A_TURN, timeout);
    if (sleeps) {
        raftd_client_awake(worker->client);
    }
    ASSERT(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; i++) {
        take_event(worker, &events[i]);
    }
}

static void adopt(struct worker *worker)
{
    int fd;

    while (ring_pop(worker->accepted, &fd)) {
        uint32_t place = take_place(worker);
        struct connection *connection = connection_create(worker, fd, place);

        if (connection == NULL) {
            give_place(worker, place);
            atomic_fetch_sub(&worker->server->client_count, 1);
            continue;
        }
        worker->places[place].connection = connection;
        worker_add_ready(worker, connection); /* its first command may be here already */
    }
}

static void complete(struct worker *worker)
{
    struct raftd_completion completion;

    while (raftd_client_next(worker->client, &completion)) {
        struct connection *connection = connection_of(worker, completion.tag);

        if (connection != NULL) {
            connection_complete(connection, (uint32_t)completion.tag, &completion);
        }
    }
    if (worker->starved.count > 0 && raftd_client_room(worker->client) > 0) {
        for (size_t i = 0; i < worker->starved.count; i++) {
            worker->starved.items[i]->is_starved = false;
            connection_unstarve(worker->starved.items[i]);
        }
        worker->starved.count = 0;
    }
}

static void serve(struct worker *worker)
{
    size_t count = worker->ready.count;

    for (size_t i = 0; i < count; i++) {
        struct connection *connection = worker->ready.items[i];

        connection->is_ready = false;
        if (connection->state != CONNECTION_CLOSED) {
            connection_serve(connection);
        }
    }
    list_drop_first(&worker->ready, count);
}

static void flush(struct worker *worker)
{
    for (size_t i = 0; i < worker->dirty.count; i++) {
        struct connection *connection = worker->dirty.items[i];

        connection->is_dirty = false;
        if (connection->state != CONNECTION_CLOSED) {
            connection_flush(connection);
        }
    }
    worker->dirty.count = 0;
}

static void tick(struct worker *worker)
{
    bool again = false;

    for (size_t i = 0; i < worker->place_count; i++) {
        if (worker->places[i].connection != NULL) {
            again |= connection_tick(worker->places[i].connection);
        }
    }
    if (worker->request.capacity_bytes > REQUEST_BYTES_KEPT) {
        buffer_free(&worker->request);
    }
    if (worker->parts.capacity_bytes > REQUEST_BYTES_KEPT) {
        buffer_free(&worker->parts);
    }
    if (worker->argument_capacity > ARGUMENTS_KEPT) {
        memory_free(worker->arguments);
        worker->arguments = NULL;
        worker->argument_capacity = 0;
    }
    worker->tick_ms = again ? worker->now_ms + TICK_MS : 0;
}

static void bury(struct worker *worker)
{
    if (worker->dead.count == 0) {
        return;
    }
    list_drop_closed(&worker->ready);
    list_drop_closed(&worker->dirty);
    list_drop_closed(&worker->starved);
    for (size_t i = 0; i < worker->dead.count; i++) {
        memory_free(worker->dead.items[i]);
    }
    worker->dead.count = 0;
}

void worker_turn(struct worker *worker, int timeout_ms)
{
    wait_for_events(worker, timeout_ms);
    worker->now_ms = clock_monotonic_ms();
    adopt(worker);
    subscribers_serve(worker);
    complete(worker);
    serve(worker);
    if (worker->has_proposed) {
        /* Before the replies are written: meanwhile the core thread can work. */
        raftd_client_submit(worker->client);
        worker->has_proposed = false;
    }
    flush(worker);
    if (worker->tick_ms != 0 && worker->now_ms >= worker->tick_ms) {
        tick(worker);
    }
    if (worker->follow_ms != 0 && worker->now_ms >= worker->follow_ms) {
        worker_follow_leader(worker);
        flush(worker);
    }
    bury(worker);
}

/* ---- Life --------------------------------------------------------------------------------- */

static void run(void *argument)
{
    struct worker *worker = argument;

    while (!atomic_load(&worker->stopping)) {
        worker_turn(worker, -1);
    }
    /* What the node still answered goes out as far as the sockets take it. */
    complete(worker);
    flush(worker);
    bury(worker);
}

static int watch(struct worker *worker, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

    return epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int worker_open(struct worker *worker, struct redis_server *server, size_t number,
                struct raftd_error *error)
{
    int code;

    memset(worker, 0, sizeof(*worker));
    worker->server = server;
    worker->number = number;
    worker->now_ms = clock_monotonic_ms();
    if (waker_open(&worker->waker) != 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "client worker %zu: no waker: %s", number,
                         strerror(errno));
    }
    worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (worker->epoll_fd < 0) {
        code = error_set(error, RAFTD_ERROR_SYSTEM, "client worker %zu: no epoll descriptor: %s",
                         number, strerror(errno));
        goto close_waker;
    }
    code = raftd_client_open(server->node, &worker->client);
    if (code != 0) {
        error_set(error, code, "client worker %zu: no way to the node: %s", number,
                  raftd_code_text(code));
        goto close_epoll;
    }
    waker_prepare(&worker->waker);
    if (watch(worker, worker->waker.fd, &worker->waker) != 0 ||
        watch(worker, raftd_client_fd(worker->client), worker->client) != 0) {
        code = error_set(error, RAFTD_ERROR_SYSTEM, "client worker %zu: epoll_ctl: %s", number,
                         strerror(errno));
        goto close_client;
    }
    worker->accepted = ring_create(ACCEPTED_MAX, sizeof(int));
    notice_queue_open(&worker->notices, &worker->waker, server->conf.limits.output_buffer_bytes);
    worker->input = memory_allocate(WORKER_INPUT_BYTES);
    return 0;

close_client:
    raftd_client_close(worker->client);
close_epoll:
    close(worker->epoll_fd);
close_waker:
    waker_close(&worker->waker);
    return code;
}

void worker_close(struct worker *worker)
{
    int fd;

    for (size_t i = 0; i < worker->place_count; i++) {
        if (worker->places[i].connection != NULL) {
            connection_close(worker->places[i].connection);
        }
    }
    bury(worker);
    while (ring_pop(worker->accepted, &fd)) {
        close(fd);
        atomic_fetch_sub(&worker->server->client_count, 1);
    }
    raftd_client_close(worker->client);
    ring_destroy(worker->accepted);
    notice_queue_close(&worker->notices);
    close(worker->epoll_fd);
    waker_close(&worker->waker);
    memory_free(worker->places);
    memory_free(worker->ready.items);
    memory_free(worker->dirty.items);
    memory_free(worker->starved.items);
    memory_free(worker->dead.items);
    memory_free(worker->view);
    memory_free(worker->input);
    buffer_free(&worker->parts);
    buffer_free(&worker->request);
    buffer_free(&worker->reply);
    memory_free(worker->arguments);
}

int worker_start(struct worker *worker, struct raftd_error *error)
{
    char name[16];

    snprintf(name, sizeof(name), "client-%u", (unsigned)worker->number);
    if (thread_start(&worker->thread, name, run, worker) != 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "client worker %zu: no thread: %s",
                         worker->number, strerror(errno));
    }
    return 0;
}

void worker_stop(struct worker *worker)
{
    atomic_store(&worker->stopping, true);
    waker_wake(&worker->waker);
    thread_join(&worker->thread);
}

bool worker_give(struct worker *worker, int fd)
{
    if (!ring_push(worker->accepted, &fd)) {
        return false;
    }
    waker_wake(&worker->waker);
    return true;
}
