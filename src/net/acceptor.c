/*
 * The acceptor thread: waits for connections on the listening sockets, accepts them and hands each
 * to the function that was registered for its socket. The thread waits in poll() only, on the
 * listening sockets and on a waker that tells it to stop.
 */
#include "net/acceptor.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "sys/log.h"
#include "sys/thread.h"
#include "sys/waker.h"

enum { BACKLOG = 512, EXHAUSTED_PAUSE_MS = 100, ACCEPTS_PER_TURN = 64 };

struct listener {
    int fd; /* a listening socket, owned */
    void (*accepted)(void *argument, int fd);
    void *argument; /* argument of accepted(), borrowed */
};

struct acceptor {
    /* Immutable after acceptor_start(). */
    struct listener listeners[ACCEPTOR_LISTENERS_MAX];
    size_t count; /* listeners in use */
    struct thread thread;
    bool started; /* the thread has to be joined */

    /* Any thread writes stop and then wakes the acceptor thread, which is the waker's consumer. */
    atomic_bool stop;
    struct waker waker;
};

struct acceptor *acceptor_create(void)
{
    struct acceptor *acceptor = memory_allocate_zeroed(1, sizeof(*acceptor));

    acceptor->waker.fd = -1;
    return acceptor;
}

static int listen_on(const struct addrinfo *address, int *listening)
{
    const int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int saved;

    if (fd < 0) {
        return errno;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->ai_family == AF_INET6) {
        /* Without this, a socket on [::] also takes the port for IPv4, and a listener on 0.0.0.0
         * with the same port would fail. */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    }
    if (bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        saved = errno;
        close(fd);
        return saved;
    }
    *listening = fd;
    return 0;
}

/*
 * Listens on all addresses of a name. Some of them may not exist on this machine, for example when
 * IPv6 is switched off: those are skipped, and it is enough to listen on one. Returns 0 or an
 * errno.
 */
static int listen_on_all(struct acceptor *acceptor, const struct addrinfo *addresses,
                         void (*accepted)(void *argument, int fd), void *argument)
{
    size_t before = acceptor->count;
    int missing = 0;

    for (const struct addrinfo *one = addresses; one != NULL; one = one->ai_next) {
        struct listener *listener = &acceptor->listeners[acceptor->count];
        int failure;

        if (acceptor->count == ACCEPTOR_LISTENERS_MAX) {
            return ENOBUFS;
        }
        failure = listen_on(one, &listener->fd);
        if (failure == EADDRNOTAVAIL || failure == EAFNOSUPPORT) {
            missing = failure;
            continue;
        }
        if (failure != 0) {
            return failure;
        }
        listener->accepted = accepted;
        listener->argument = argument;
        acceptor->count++;
    }
    return acceptor->count > before ? 0 : missing;
}

static const char *remedy(int failure)
{
    switch (failure) {
    case EADDRINUSE:
        return "; another process uses this address: stop that process or choose another port";
    case EADDRNOTAVAIL:
        return "; this machine has no such address: see the output of `ip address`";
    case EACCES:
        return "; only privileged processes may use ports below 1024: choose another port";
    case ENOBUFS:
        return "; the name has more addresses than raftd can listen on: write one of the addresses";
    default:
        return "";
    }
}

int acceptor_listen(struct acceptor *acceptor, const struct net_address *address,
                    void (*accepted)(void *argument, int fd), void *argument,
                    struct raftd_error *error)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    char text[sizeof(address->host) + 16];
    char port[8];
    int code;

    snprintf(port, sizeof(port), "%u", address->port);
    code = getaddrinfo(address->host, port, &hints, &addresses);
    if (code != 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot resolve %s: %s", address->host,
                         gai_strerror(code));
    }
    code = listen_on_all(acceptor, addresses, accepted, argument);
    if (code != 0) {
        net_address_format(address, text, sizeof(text));
        code = error_set(error, RAFTD_ERROR_SYSTEM, "cannot listen on %s: %s%s", text,
                         strerror(code), remedy(code));
    }
    freeaddrinfo(addresses);
    return code;
}

uint16_t acceptor_port(const struct acceptor *acceptor, size_t listener)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof(address);

    if (listener >= acceptor->count ||
        getsockname(acceptor->listeners[listener].fd, (struct sockaddr *)&address, &length) != 0) {
        return 0;
    }
    if (address.ss_family == AF_INET6) {
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    }
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* Accepts the connections that wait at one socket. False: there are no free descriptors or no
 * memory, so the caller has to pause. */
static bool accept_all(const struct listener *listener)
{
    static struct log_throttle throttle;

    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            listener->accepted(listener->argument, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            if (log_throttle_pass(&throttle, 5000)) {
                LOG_WARNING("cannot accept a connection: %s; raise the limit of open files "
                            "(ulimit -n) or lower [limits] max_clients",
                            strerror(errno));
            }
            return false;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return true;
        }
        /* Any other error concerns only the connection that was about to be accepted (accept(2)),
         * so the next one is tried. */
    }
    return true;
}

static void run(void *argument)
{
    struct acceptor *acceptor = argument;
    struct pollfd polls[ACCEPTOR_LISTENERS_MAX + 1];

    for (size_t i = 0; i < acceptor->count; i++) {
        polls[i + 1] = (struct pollfd){.fd = acceptor->listeners[i].fd, .events = POLLIN};
    }
    polls[0] = (struct pollfd){.fd = acceptor->waker.fd, .events = POLLIN};
    for (;;) {
        bool exhausted = false;

        waker_prepare(&acceptor->waker);
        if (!atomic_load(&acceptor->stop)) {
            poll(polls, acceptor->count + 1, -1);
        }
        waker_done(&acceptor->waker);
        if (atomic_load(&acceptor->stop)) {
            /* Closing a listening socket resets the connections that wait at it. Accepting them
             * first lets their owner answer that the node is stopping. */
            for (size_t i = 0; i < acceptor->count; i++) {
                (void)accept_all(&acceptor->listeners[i]);
            }
            return;
        }
        for (size_t i = 0; i < acceptor->count; i++) {
            if (polls[i + 1].revents != 0 && !accept_all(&acceptor->listeners[i])) {
                exhausted = true;
            }
        }
        if (exhausted) {
            /* The listening sockets stay readable, so polling them would return at once and use a
             * whole core. Wait a moment for a descriptor to be closed; only a stop ends the wait
             * early. */
            waker_prepare(&acceptor->waker);
            if (!atomic_load(&acceptor->stop)) {
                poll(polls, 1, EXHAUSTED_PAUSE_MS);
            }
            waker_done(&acceptor->waker);
        }
    }
}

int acceptor_start(struct acceptor *acceptor, struct raftd_error *error)
{
    if (waker_open(&acceptor->waker) != 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot make an eventfd: %s", strerror(errno));
    }
    if (thread_start(&acceptor->thread, "acceptor", run, acceptor) != 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot start the acceptor thread");
    }
    acceptor->started = true;
    return 0;
}

void acceptor_destroy(struct acceptor *acceptor)
{
    if (acceptor == NULL) {
        return;
    }
    if (acceptor->started) {
        atomic_store(&acceptor->stop, true);
        waker_wake(&acceptor->waker);
        thread_join(&acceptor->thread);
    }
    for (size_t i = 0; i < acceptor->count; i++) {
        close(acceptor->listeners[i].fd);
    }
    waker_close(&acceptor->waker);
    memory_free(acceptor);
}
