/*
 * The event loop of a client worker (worker.h). The worker's thread; except worker_give(), which
 * the acceptor calls, and opening and closing, when that thread does not run.
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
#include "front/delivery.h"
#include "front/server.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { EVENTS_A_TURN = 256, ACCEPTED_MAX = 1024 };

/* ---- A turn ------------------------------------------------------------------------------- */

static void take_event(struct worker *worker, const struct epoll_event *event)
{
    struct connection *connection = event->data.ptr;

    if (event->data.ptr == &worker->waker) {
        waker_done(&worker->waker);
        waker_prepare(&worker->waker); /* armed before the ring is read: no socket is missed */
        return;
    }
    if (event->data.ptr == worker->client) {
        return; /* raftd_client_awake() has cleared it */
    }
    if ((event->events & (EPOLLHUP | EPOLLERR)) != 0) {
        connection_close(connection); /* both directions are closed: no reply can arrive */
        return;
    }
    if ((event->events & EPOLLRDHUP) != 0) {
        connection->socket.hung_up = true;
    }
    if ((event->events & (EPOLLIN | EPOLLRDHUP)) != 0) {
        connection->socket.readable = true;
        agenda_add_ready(&worker->agenda, &connection->agenda);
    }
    if ((event->events & EPOLLOUT) != 0) {
        connection->socket.writable = true;
        if (connection->socket.output.size_bytes > 0) {
            agenda_add_dirty(&worker->agenda, &connection->agenda);
        }
    }
    if (connection->socket.encrypted) {
        /* TLS may have to write before it can read on, and the other way round. */
        connection->socket.readable = true;
        agenda_add_ready(&worker->agenda, &connection->agenda);
    }
}

/* The smaller of two time-outs in milliseconds: `timeout` (-1 = none) and the time until `time_ms`
 * (0 = none). */
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

    if (timeout_ms != 0 && worker->agenda.ready.count == 0 && raftd_client_sleep(worker->client)) {
        sleeps = true;
        timeout = timeout_ms;
        timeout = until(worker->tick_ms, timeout);
        timeout = until(worker->look_ms, timeout);
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
        uint32_t place = places_take(&worker->places);
        struct connection *connection = connection_create(worker, fd, place);

        if (connection == NULL) {
            places_give(&worker->places, place);
            atomic_fetch_sub(&worker->front->client_count, 1);
            continue;
        }
        places_fill(&worker->places, place, connection);
        /* Its first request may have come before the socket was watched. */
        agenda_add_ready(&worker->agenda, &connection->agenda);
    }
}

static void unstarve(struct agenda_item *item)
{
    connection_unstarve(connection_of(item));
}

static void complete(struct worker *worker)
{
    struct raftd_completion completion;

    while (raftd_client_next(worker->client, &completion)) {
        struct connection *connection = places_find(&worker->places, completion.tag);

        if (connection != NULL) {
            connection_complete(connection, (uint32_t)completion.tag, &completion);
        }
    }
    if (worker->agenda.starved.count > 0 && raftd_client_room(worker->client) > 0) {
        agenda_serve_starved(&worker->agenda, unstarve);
    }
}

static void serve(struct agenda_item *item)
{
    connection_serve(connection_of(item));
}

static void flush(struct agenda_item *item)
{
    connection_flush(connection_of(item));
}

static void release(struct agenda_item *item)
{
    connection_free(connection_of(item));
}

static void tick(struct worker *worker)
{
    bool again = false;

    for (size_t i = 0; i < worker->places.count; i++) {
        if (worker->places.items[i].connection != NULL) {
            again |= connection_tick(worker->places.items[i].connection);
        }
    }
    worker->front->handler->trim_workspace(worker->workspace);
    worker->tick_ms = again ? worker->now_ms + WORKER_TICK_MS : 0;
}

void worker_turn(struct worker *worker, int timeout_ms)
{
    wait_for_events(worker, timeout_ms);
    worker->now_ms = clock_monotonic_ms();
    adopt(worker);
    delivery_serve(worker);
    complete(worker);
    agenda_serve_ready(&worker->agenda, serve);
    if (worker->has_asked) {
        /* Submit before the replies are written: the core thread works meanwhile. */
        raftd_client_submit(worker->client);
        worker->has_asked = false;
    }
    agenda_serve_dirty(&worker->agenda, flush);
    if (worker->tick_ms != 0 && worker->now_ms >= worker->tick_ms) {
        tick(worker);
    }
    if (worker->look_ms != 0 && worker->now_ms >= worker->look_ms) {
        worker->look_ms = worker->front->handler->look(worker);
        agenda_serve_dirty(&worker->agenda, flush);
    }
    agenda_bury(&worker->agenda, release);
}

/* ---- Life --------------------------------------------------------------------------------- */

static void run(void *argument)
{
    struct worker *worker = argument;

    while (!atomic_load(&worker->stopping)) {
        worker_turn(worker, -1);
    }
    /* Write what the node has answered by now, as far as the sockets take it. */
    complete(worker);
    agenda_serve_dirty(&worker->agenda, flush);
    agenda_bury(&worker->agenda, release);
}

static int watch(struct worker *worker, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

    return epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int worker_open(struct worker *worker, struct front *front, size_t number,
                struct raftd_error *error)
{
    int code;

    memset(worker, 0, sizeof(*worker));
    worker->front = front;
    worker->number = number;
    worker->now_ms = clock_monotonic_ms();
    if (waker_open(&worker->waker) != 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM,
                         "client worker %zu: cannot make a wake-up descriptor: %s; raise the limit "
                         "on open files (ulimit -n)",
                         number, strerror(errno));
    }
    worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (worker->epoll_fd < 0) {
        code = error_set(error, RAFTD_ERROR_SYSTEM,
                         "client worker %zu: cannot make an epoll descriptor: %s; raise the limit "
                         "on open files (ulimit -n)",
                         number, strerror(errno));
        goto close_waker;
    }
    code = raftd_client_open(front->node, &worker->client);
    if (code != 0) {
        error_set(error, code, "client worker %zu: cannot open a connection to the node: %s",
                  number, raftd_code_text(code));
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
    notice_queue_open(&worker->notices, &worker->waker, front->conf.limits.output_buffer_bytes);
    worker->input = memory_allocate(SOCKET_SCRATCH_BYTES);
    worker->workspace = front->handler->open_workspace();
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

    for (size_t i = 0; i < worker->places.count; i++) {
        if (worker->places.items[i].connection != NULL) {
            connection_close(worker->places.items[i].connection);
        }
    }
    agenda_bury(&worker->agenda, release);
    while (ring_pop(worker->accepted, &fd)) {
        close(fd);
        atomic_fetch_sub(&worker->front->client_count, 1);
    }
    raftd_client_close(worker->client);
    ring_destroy(worker->accepted);
    notice_queue_close(&worker->notices);
    close(worker->epoll_fd);
    waker_close(&worker->waker);
    worker->front->handler->close_workspace(worker->workspace);
    places_free(&worker->places);
    agenda_free(&worker->agenda);
    memory_free(worker->input);
    buffer_free(&worker->reply);
}

int worker_start(struct worker *worker, struct raftd_error *error)
{
    char name[16];

    snprintf(name, sizeof(name), "client-%u", (unsigned)worker->number);
    if (thread_start(&worker->thread, name, run, worker) != 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM,
                         "client worker %zu: cannot start its thread: %s; raise the limit on "
                         "processes (ulimit -u)",
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
