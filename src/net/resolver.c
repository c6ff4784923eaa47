/*
 * Looks up host names, each in a thread of its own. See resolver.h.
 *
 * getaddrinfo() cannot be interrupted. So the thread that asked cannot stop a look-up that it no
 * longer needs, and it must not wait for the end either. Therefore a struct resolution has two
 * holders, the thread that asked and the thread that looks up, and `holders` counts them. Each
 * calls let_go() once when it is done; the one that comes last frees the struct. Neither ever
 * waits for the other:
 *
 *     asking thread                            looking-up thread
 *     resolution_start(): holders = 2  ------> run(): getaddrinfo()
 *     polls resolution_fd()                      stores the answer, then done = true (release)
 *     resolution_take(): reads done (acquire) <- writes the eventfd
 *     resolution_release(): let_go()             let_go()
 *
 * done is stored with release order after the answer, and loaded with acquire order before the
 * answer is read. Without that, the asking thread could see done before the list of addresses.
 * let_go() uses acquire and release order, so that the holder that frees the struct sees all that
 * the other holder did with it.
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
    int fd; /* eventfd, readable when done is true */
    struct thread thread;

    /* Written by the looking-up thread before it sets done; used by the asking thread after it has
     * seen done. */
    struct addrinfo *addresses; /* owned; NULL = none, or taken */
    int failure;                /* EAI_..., the result of getaddrinfo(); 0 = success */
    int system_failure;         /* errno, if failure is EAI_SYSTEM */

    atomic_bool done;   /* the answer is there */
    atomic_int holders; /* threads that have not called let_go(): 2, 1, then the struct is freed */
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
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot resolve %s: cannot make an eventfd: %s",
                         address->host, strerror(errno));
    }
    atomic_init(&made->done, false);
    atomic_init(&made->holders, 2);
    if (thread_start(&made->thread, "resolver", run, made) != 0) {
        atomic_store(&made->holders, 1);
        let_go(made);
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot resolve %s: cannot start a thread",
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
