/*
 * Asks questions over a stream, one after the other, each within a deadline. Runs on the thread
 * that owns the call. Only the look-up of a name has a thread of its own (net/resolver.h), so that
 * a name server that does not answer cannot make the call wait beyond its deadline.
 */
#include "net/call.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/resolver.h"
#include "sys/clock.h"

enum { SLICE_MS = 100 /* between two calls of is_cancelled() */ };

struct net_call {
    struct net_call_options options;
    struct net_address address;
    struct stream *stream; /* NULL = not connected */
    uint64_t deadline_ms;  /* end of the current question, by clock_monotonic_ms() */
};

/* ---- Waiting ------------------------------------------------------------------------------ */

/* Waits until the descriptor is ready for one of the events. Returns 0, or RAFTD_ERROR_TIMEOUT when
 * until_ms is reached or the caller cancels. An error of the descriptor also returns 0: the next
 * read or write reports it. */
static int wait_for(const struct net_call *call, int fd, short events, uint64_t until_ms)
{
    for (;;) {
        struct pollfd entry = {.fd = fd, .events = events};
        uint64_t now_ms = clock_monotonic_ms();
        uint64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
        bool asks = call->options.is_cancelled != NULL;

        if (left_ms == 0 || (asks && call->options.is_cancelled(call->options.argument))) {
            return RAFTD_ERROR_TIMEOUT;
        }
        if (asks && left_ms > SLICE_MS) {
            left_ms = SLICE_MS;
        }
        if (poll(&entry, 1, left_ms < INT32_MAX ? (int)left_ms : INT32_MAX) > 0) {
            return 0;
        }
    }
}

static int wait_for_stream(const struct net_call *call, short events, uint64_t until_ms)
{
    return wait_for(call, stream_fd(call->stream), events, until_ms);
}

/* ---- Connecting --------------------------------------------------------------------------- */

/* Looks up all addresses of the host. The caller frees the list with freeaddrinfo(). */
static int look_up(const struct net_call *call, struct addrinfo **addresses,
                   struct raftd_error *error)
{
    struct resolution *resolution = NULL;
    int code = resolver_numeric(&call->address, addresses, error);

    if (code != RAFTD_ERROR_AGAIN) {
        return code;
    }
    code = resolution_start(&call->address, &resolution, error);
    while (code == 0 &&
           (code = resolution_take(resolution, addresses, error)) == RAFTD_ERROR_AGAIN) {
        code = wait_for(call, resolution_fd(resolution), POLLIN, call->deadline_ms);
        if (code != 0) {
            error_set(error, code, "cannot resolve %s: no answer within %u ms", call->address.host,
                      call->options.timeout_ms);
        }
    }
    resolution_release(resolution);
    return code;
}

/* Converts an address of the resolver to numbers, with the port of the call. */
static int to_numbers(const struct addrinfo *from, uint16_t port, struct net_address *to)
{
    *to = (struct net_address){.port = port};
    return getnameinfo(from->ai_addr, from->ai_addrlen, to->host, sizeof(to->host), NULL, 0,
                       NI_NUMERICHOST);
}

/* Connects to one address and completes the TLS handshake. */
static int try_address(struct net_call *call, const struct net_address *address, uint64_t until_ms,
                       struct raftd_error *error)
{
    char text[sizeof(address->host) + 16];
    int code = stream_dial(address, call->options.tls, &call->stream, error);

    if (code == 0 && call->options.expects_host) {
        stream_expect_host(call->stream, call->address.host);
    }
    while (code == 0 && (code = stream_handshake(call->stream, error)) == RAFTD_ERROR_AGAIN) {
        code = wait_for_stream(call, stream_wants(call->stream), until_ms);
        if (code != 0) {
            net_address_format(address, text, sizeof(text));
            error_set(error, code, "cannot connect to %s: no answer in time%s", text,
                      call->options.tls != NULL ? " (does the server speak TLS on this port?)"
                                                : "");
        }
    }
    if (code != 0) {
        stream_close(call->stream);
        call->stream = NULL;
    }
    return code;
}

/* The failures at all addresses, collected for one message. */
struct failures {
    size_t count;
    bool all_refused;
    char text[sizeof(((struct raftd_error *)0)->message)];
};

static void add_failure(struct failures *failures, const struct net_call *call,
                        const struct net_address *address, int code, const char *message)
{
    size_t length = strlen(failures->text);
    char text[sizeof(address->host) + 16];
    bool is_named;

    net_address_format(address, text, sizeof(text));
    is_named = strcmp(address->host, call->address.host) == 0 || strstr(message, text) != NULL;
    snprintf(failures->text + length, sizeof(failures->text) - length, "%s%s%s%s",
             failures->count > 0 ? "; " : "", is_named ? "" : text, is_named ? "" : ": ", message);
    failures->all_refused =
        code == RAFTD_ERROR_REFUSED && (failures->count == 0 || failures->all_refused);
    failures->count++;
}

static size_t count_addresses(const struct addrinfo *addresses)
{
    size_t count = 0;

    for (; addresses != NULL; addresses = addresses->ai_next) {
        count++;
    }
    return count;
}

static int connect_to_any(struct net_call *call, const struct addrinfo *addresses,
                          struct raftd_error *error)
{
    struct failures failures = {0};
    size_t left = count_addresses(addresses);

    for (; addresses != NULL; addresses = addresses->ai_next, left--) {
        uint64_t now_ms = clock_monotonic_ms();
        uint64_t left_ms = call->deadline_ms > now_ms ? call->deadline_ms - now_ms : 0;
        struct net_address address;
        int code;

        if (to_numbers(addresses, call->address.port, &address) != 0) {
            continue;
        }
        code = try_address(call, &address, now_ms + left_ms / left, error);
        if (code == 0) {
            return 0;
        }
        add_failure(&failures, call, &address, code, error->message);
    }
    return error_set(error, failures.all_refused ? RAFTD_ERROR_REFUSED : RAFTD_ERROR_UNAVAILABLE,
                     "%s", failures.count > 0 ? failures.text : "no address belongs to this name");
}

int net_call_open(const struct net_address *address, const struct net_call_options *options,
                  struct net_call **call, struct raftd_error *error)
{
    struct net_call *made = memory_allocate_zeroed(1, sizeof(*made));
    struct addrinfo *addresses = NULL;
    struct raftd_error unused;
    int code;

    *call = NULL;
    error = error != NULL ? error : &unused;
    made->options = *options;
    made->address = *address;
    net_call_restart(made);
    code = look_up(made, &addresses, error);
    if (code == 0) {
        code = connect_to_any(made, addresses, error);
        freeaddrinfo(addresses);
    } else {
        code = error->code = RAFTD_ERROR_UNAVAILABLE;
    }
    if (code != 0) {
        net_call_close(made);
        return code;
    }
    *call = made;
    return 0;
}

void net_call_close(struct net_call *call)
{
    if (call != NULL) {
        stream_close(call->stream);
        memory_free(call);
    }
}

void net_call_restart(struct net_call *call)
{
    call->deadline_ms = clock_monotonic_ms() + call->options.timeout_ms;
}

const struct stream *net_call_stream(const struct net_call *call)
{
    return call->stream;
}

/* ---- Asking ------------------------------------------------------------------------------- */

/* A question that is being sent or answered. */
struct asking {
    struct net_call *call;
    const uint8_t *left; /* the bytes of the question that are not sent yet */
    size_t left_bytes;
    net_call_receive *receive;
    void *argument;
};

static int no_answer(const struct net_call *call, struct raftd_error *error)
{
    return error_set(error, RAFTD_ERROR_TIMEOUT, "no answer within %u ms",
                     call->options.timeout_ms);
}

static int receive_answer(struct asking *asking, struct raftd_error *error)
{
    struct stream *stream = asking->call->stream;
    int code;

    while ((code = asking->receive(asking->argument, stream, error)) == RAFTD_ERROR_AGAIN) {
        if (wait_for_stream(asking->call, stream_wants(stream), asking->call->deadline_ms) != 0) {
            return no_answer(asking->call, error);
        }
    }
    return code;
}

/*
 * The server closed the connection before it got the whole question. It may have sent the reason
 * before that, and such an answer tells more than the broken connection.
 */
static int receive_reason(struct asking *asking, int failure, struct raftd_error *error)
{
    struct raftd_error first = *error;
    int code = receive_answer(asking, error);

    if (code == 0 || code == RAFTD_ERROR_REFUSED) {
        return code;
    }
    *error = first;
    return failure;
}

/*
 * The socket is full. Waits until it accepts more bytes (RAFTD_ERROR_AGAIN), or until the answer is
 * complete although the question is not sent completely (0). A server that refuses a long question
 * sends its answer and reads no more, so a wait only for writing would last until the deadline.
 */
static int wait_to_send(struct asking *asking, struct raftd_error *error)
{
    struct stream *stream = asking->call->stream;
    short wants = stream_wants(stream);
    int code = asking->receive(asking->argument, stream, error);

    if (code != RAFTD_ERROR_AGAIN) {
        return code;
    }
    if (wait_for_stream(asking->call, (short)(wants | stream_wants(stream)),
                        asking->call->deadline_ms) != 0) {
        return no_answer(asking->call, error);
    }
    return RAFTD_ERROR_AGAIN;
}

int net_call_ask(struct net_call *call, const void *question, size_t size,
                 net_call_receive *receive, void *argument, struct raftd_error *error)
{
    struct asking asking = {.call = call,
                            .left = question,
                            .left_bytes = size,
                            .receive = receive,
                            .argument = argument};
    struct raftd_error unused;

    ASSERT(call->stream != NULL && size > 0);
    error = error != NULL ? error : &unused;
    while (asking.left_bytes > 0) {
        ssize_t count = stream_write(call->stream, asking.left, asking.left_bytes, error);

        if (count > 0) {
            asking.left += count;
            asking.left_bytes -= (size_t)count;
            continue;
        }
        if (count == RAFTD_ERROR_AGAIN) {
            int code = wait_to_send(&asking, error);

            if (code != RAFTD_ERROR_AGAIN) {
                return code;
            }
            continue;
        }
        return count == RAFTD_ERROR_CLOSED ? receive_reason(&asking, (int)count, error)
                                           : (int)count;
    }
    return receive_answer(&asking, error);
}
