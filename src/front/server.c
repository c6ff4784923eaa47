/*
 * The life of the front: starts and stops the workers, and hands each accepted socket to a worker.
 * The daemon's main thread, and the acceptor thread in front_accept().
 */
#include "front/server.h"

#include <inttypes.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "kv/kv.h"
#include "sys/log.h"

enum { LOG_INTERVAL_MS = 10 * 1000 };

int front_create(const struct conf *conf, struct tls_context *tls,
                 const struct front_handler *handler, struct front **front,
                 struct raftd_error *error)
{
    struct front *made;

    *front = NULL;
    if (conf->limits.client_workers == 0 || conf->limits.max_arguments == 0 ||
        conf->limits.max_request_bytes == 0) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "limits.client_workers, max_arguments and max_request_bytes: found 0, "
                         "expected at least 1");
    }
    made = memory_allocate_zeroed(1, sizeof(*made));
    made->handler = handler;
    made->conf = *conf;
    made->limits = (struct resp_limits){
        .request_bytes_max = conf->limits.max_request_bytes,
        .arguments_max = conf->limits.max_arguments,
        .request_bytes_option = "limits.max_request_bytes",
    };
    made->tls = tls;
    clients_init(&made->clients, made->conf.listen.client);
    notices_init(&made->notices);
    made->commands = handler->open();
    *front = made;
    return 0;
}

void front_destroy(struct front *front)
{
    if (front != NULL) {
        front_stop(front);
        clients_destroy(&front->clients);
        notices_destroy(&front->notices);
        front->handler->close(front->commands);
        memory_free(front);
    }
}

int front_start(struct front *front, struct raftd_node *node, struct raftd_error *error)
{
    size_t wanted = front->conf.limits.client_workers;
    size_t opened = 0;
    size_t started = 0;
    int code = 0;

    front->node = node;
    front->workers = memory_allocate_zeroed(wanted, sizeof(front->workers[0]));
    while (opened < wanted) {
        code = worker_open(&front->workers[opened], front, opened + 1, error);
        if (code != 0) {
            goto undo;
        }
        opened++;
    }
    for (size_t i = 0; i < wanted; i++) {
        front->notices.queues[i] = &front->workers[i].notices;
    }
    front->notices.queue_count = wanted;
    front->worker_count = wanted; /* before the first thread starts: INFO reads it there */
    while (started < wanted) {
        code = worker_start(&front->workers[started], error);
        if (code != 0) {
            goto undo;
        }
        started++;
    }
    return 0;

undo:
    front->notices.queue_count = 0;
    for (size_t i = 0; i < started; i++) {
        worker_stop(&front->workers[i]);
    }
    for (size_t i = 0; i < opened; i++) {
        worker_close(&front->workers[i]);
    }
    memory_free(front->workers);
    front->workers = NULL;
    front->worker_count = 0;
    return code;
}

void front_observe(struct front *front, struct kv *kv)
{
    kv_set_observer(kv, notices_observe, &front->notices);
}

void front_stop(struct front *front)
{
    for (size_t i = 0; i < front->worker_count; i++) {
        worker_stop(&front->workers[i]);
    }
    front->notices.queue_count = 0;
    for (size_t i = 0; i < front->worker_count; i++) {
        worker_close(&front->workers[i]);
    }
    memory_free(front->workers);
    front->workers = NULL;
    front->worker_count = 0;
}

/*
 * Tells the client why it is refused, if the socket takes the line at once, then closes the socket.
 */
static void reject(struct front *front, int fd, const char *why)
{
    static const char full[] = "-ERR max number of clients reached\r\n";
    static struct log_throttle throttle;
    uint64_t rejected = atomic_fetch_add(&front->rejected_count, 1) + 1;

    if (front->tls == NULL) {
        ssize_t sent = send(fd, full, sizeof(full) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);

        (void)sent; /* without the line, the client still sees the end of the connection */
    }
    if (log_throttle_pass(&throttle, LOG_INTERVAL_MS)) {
        LOG_WARNING("client refused: %s; %" PRIu64 " refused so far", why, rejected);
    }
    close(fd);
}

void front_accept(void *argument, int fd)
{
    struct front *front = argument;
    struct worker *worker;

    if (front->worker_count == 0) {
        close(fd);
        return;
    }
    atomic_fetch_add(&front->accepted_count, 1);
    if (atomic_fetch_add(&front->client_count, 1) >= front->conf.limits.max_clients) {
        atomic_fetch_sub(&front->client_count, 1);
        reject(front, fd, "as many clients as limits.max_clients allows are connected already");
        return;
    }
    worker = &front->workers[front->next_worker++ % front->worker_count];
    if (!worker_give(worker, fd)) {
        atomic_fetch_sub(&front->client_count, 1);
        reject(front, fd, "too many connections wait for a worker");
    }
}
