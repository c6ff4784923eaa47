/*
 * The server as a whole: its workers and the way of an accepted socket to one of them.
 */
#include "front/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "commands/command.h"
#include "front/front.h"
#include "kv/kv.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { LOG_INTERVAL_MS = 10 * 1000 };

int redis_server_create(const struct conf *conf, struct tls_context *tls,
                        struct redis_server **server, struct raftd_error *error)
{
    struct redis_server *made;

    *server = NULL;
    if (conf->limits.client_workers == 0 || conf->limits.max_arguments == 0 ||
        conf->limits.max_request_bytes == 0) {
        return error_set(error, RAFTD_ERROR_INVALID,
                         "limits.client_workers, max_arguments and max_request_bytes: found 0, "
                         "wanted at least 1");
    }
    made = memory_allocate_zeroed(1, sizeof(*made));
    made->conf = *conf;
    made->limits = (struct resp_limits){
        .request_bytes_max = conf->limits.max_request_bytes,
        .arguments_max = conf->limits.max_arguments,
    };
    made->tls = tls;
    made->created_ms = clock_monotonic_ms();
    snprintf(made->run_id, sizeof(made->run_id), "%016" PRIx64 "%016" PRIx64 "%08" PRIx32,
             random_u64(), random_u64(), (uint32_t)random_u64());
    registry_init(&made->registry, made->conf.listen.client);
    notices_init(&made->notices);
    script_cache_init(&made->scripts);
    command_table_prepare();
    *server = made;
    return 0;
}

void redis_server_destroy(struct redis_server *server)
{
    if (server != NULL) {
        redis_server_stop(server);
        registry_destroy(&server->registry);
        notices_destroy(&server->notices);
        script_cache_destroy(&server->scripts);
        memory_free(server);
    }
}

int redis_server_start(struct redis_server *server, struct raftd_node *node,
                       struct raftd_error *error)
{
    size_t wanted = server->conf.limits.client_workers;
    size_t opened = 0;
    size_t started = 0;
    int code = 0;

    server->node = node;
    server->workers = memory_allocate_zeroed(wanted, sizeof(server->workers[0]));
    while (opened < wanted) {
        code = worker_open(&server->workers[opened], server, opened + 1, error);
        if (code != 0) {
            goto undo;
        }
        opened++;
    }
    for (size_t i = 0; i < wanted; i++) {
        server->notices.queues[i] = &server->workers[i].notices;
    }
    server->notices.queue_count = wanted;
    server->worker_count = wanted; /* before the first thread can answer INFO */
    while (started < wanted) {
        code = worker_start(&server->workers[started], error);
        if (code != 0) {
            goto undo;
        }
        started++;
    }
    return 0;

undo:
    server->notices.queue_count = 0;
    for (size_t i = 0; i < started; i++) {
        worker_stop(&server->workers[i]);
    }
    for (size_t i = 0; i < opened; i++) {
        worker_close(&server->workers[i]);
    }
    memory_free(server->workers);
    server->workers = NULL;
    server->worker_count = 0;
    return code;
}

void redis_server_observe(struct redis_server *server, struct kv *kv)
{
    kv_set_observer(kv, notices_observe, &server->notices);
}

void redis_server_stop(struct redis_server *server)
{
    for (size_t i = 0; i < server->worker_count; i++) {
        worker_stop(&server->workers[i]);
    }
    server->notices.queue_count = 0;
    for (size_t i = 0; i < server->worker_count; i++) {
        worker_close(&server->workers[i]);
    }
    memory_free(server->workers);
    server->workers = NULL;
    server->worker_count = 0;
}

/* Says why, as far as a fresh socket takes it at once, and closes. */
static void reject(struct redis_server *server, int fd, const char *why)
{
    static const char full[] = "-ERR max number of clients reached\r\n";
    static struct log_throttle throttle;
    uint64_t rejected = atomic_fetch_add(&server->rejected_count, 1) + 1;

    if (server->tls == NULL) {
        ssize_t sent = send(fd, full, sizeof(full) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);

        (void)sent; /* the client sees the end of the connection anyway */
    }
    if (log_throttle_pass(&throttle, LOG_INTERVAL_MS)) {
        LOG_WARNING("a client was turned away: %s; %" PRIu64 " so far", why, rejected);
    }
    close(fd);
}

void redis_server_accept(void *argument, int fd)
{
    struct redis_server *server = argument;
    struct worker *worker;

    if (server->worker_count == 0) {
        close(fd);
        return;
    }
    atomic_fetch_add(&server->accepted_count, 1);
    if (atomic_fetch_add(&server->client_count, 1) >= server->conf.limits.max_clients) {
        atomic_fetch_sub(&server->client_count, 1);
        reject(server, fd, "limits.max_clients are connected");
        return;
    }
    worker = &server->workers[server->next_worker++ % server->worker_count];
    if (!worker_give(worker, fd)) {
        atomic_fetch_sub(&server->client_count, 1);
        reject(server, fd, "too many connections wait for a worker");
    }
}
