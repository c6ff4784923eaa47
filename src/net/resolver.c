/*
 * Look-ups of host names. A resolution belongs to two, the thread that asked and the thread that
 * looks up; the last to let go frees it, so neither ever waits for the other.
 */
#include "net/resolver.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "sys/thread.h"

struct resolution {
    /* Immutable after resolution_start(). */
    struct net_address address;
    int fd; /* eventfd, written when the answer is there */
    struct thread thread;

    /* The looking-up thread's until done is set (release), then the asking thread's. */
    struct addrinfo *addresses;
    int failure; /* of getaddrinfo(); EAI_... */
    int system_failure;

    atomic_bool done;
    atomic_int holders;
};

static int look_up(const struct net_address *address, int flags, struct addrinfo **addresses)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags};
    char port[8];
    int failure;

    snprintf(port, sizeof(port), "%u", address->port);
    failure = getaddrinfo(address->host, port, &hints, addresses);
    if (failure != 0) {
        *addresses = NULL;
    }
    return failure;
}

static int cannot_resolve(const struct net_address *address, int failure, int system_failure,
                          struct raftd_error *error)
{
    return error_set(error, RAFTD_ERROR_SYSTEM, "cannot resolve %s: %s", address->host,
                     failure == EAI_SYSTEM ? strerror(system_failure) : gai_strerror(failure));
}

int resolver_numeric(const struct net_address *address, struct addrinfo **addresses,
                     struct raftd_error *error)
{
    int failure = look_up(address, AI_NUMERICHOST, addresses);

    if (failure == EAI_NONAME) {
        return RAFTD_ERROR_AGAIN;
    }
    return failure == 0 ? 0 : cannot_resolve(address, failure, errno, error);
}

static void let_go(struct resolution *resolution)
{
    if (atomic_fetch_sub_explicit(&resolution->holders, 1, memory_order_acq_rel) > 1) {
        return;
    }
    if (resolution->addresses != NULL) {
        freeaddrinfo(resolution->addresses);
    }
    close(resolution->fd);
    memory_free(resolution);
}

static void run(void *argument)
{
    struct resolution *resolution = argument;
    const uint64_t one = 1;
    ssize_t written;

    resolution->failure = look_up(&resolution->address, 0, &resolution->addresses);
    resolution->system_failure = errno;
    atomic_store_explicit(&resolution->done, true, memory_order_release);
    written = write(resolution->fd, &one, sizeof(one));
    ASSERT(written == (ssize_t)sizeof(one));
    let_go(resolution);
}

int resolution_start(const struct net_address *address, struct resolution **resolution,
                     struct raftd_error *error)
{
    struct resolution *made = memory_allocate_zeroed(1, sizeof(*made));

    *resolution = NULL;
    made->address = *address;
    made->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (made->fd < 0) {
        memory_free(made);
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot resolve %s: no eventfd: %s",
                         address->host, strerror(errno));
    }
    atomic_init(&made->done, false);
    atomic_init(&made->holders, 2);
    if (thread_start(&made->thread, "resolver", run, made) != 0) {
        atomic_store(&made->holders, 1);
        let_go(made);
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot resolve %s: no thread for it",
                         address->host);
    }
    thread_detach(&made->thread);
    *resolution = made;
    return 0;
}

int resolution_fd(const struct resolution *resolution)
{
    return resolution->fd;
}

int resolution_take(struct resolution *resolution, struct addrinfo **addresses,
                    struct raftd_error *error)
{
    *addresses = NULL;
    if (!atomic_load_explicit(&resolution->done, memory_order_acquire)) {
        return RAFTD_ERROR_AGAIN;
    }
    if (resolution->failure != 0) {
        return cannot_resolve(&resolution->address, resolution->failure, resolution->system_failure,
                              error);
    }
    *addresses = resolution->addresses;
    resolution->addresses = NULL;
    return 0;
}

void resolution_release(struct resolution *resolution)
{
    if (resolution != NULL) {
        let_go(resolution);
    }
}
