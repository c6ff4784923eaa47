/*
 * The Redis protocol over a net_call. Runs on the thread that owns the endpoint.
 */
#include "raftctl/endpoint.h"

#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/call.h"
#include "raftctl/output.h"
#include "resp/writer.h"

enum { READ_BYTES = 16 * 1024, READ_BYTES_MAX = 1024 * 1024, WORDS_MAX = 8 };

/* More than any answer of a raftd has. */
static const struct resp_reply_limits limits = {
    .bytes_max = 1 << 30, .elements_max = 1 << 20, .depth_max = 8};

struct endpoint {
    struct tls_context *tls; /* owned; NULL = plain text */
    struct net_call *call;
    struct resp_reader reader;
    struct buffer received; /* bytes that no reply has used yet */
    struct resp_reply *reply;
    bool was_asked;                  /* the next command needs a deadline of its own */
    const atomic_bool *is_cancelled; /* see struct ctl_options */
};

static int open_tls(struct endpoint *endpoint, const struct ctl_options *options,
                    struct raftd_error *error)
{
    const struct tls_client_files files = {
        .ca = options->tls_ca,
        .certificate = options->tls_certificate,
        .key = options->tls_key,
        .advice = {.ca = "check --tls-ca here and [tls] ca there",
                   .renew = "renew the certificate of --tls-cert",
                   .send = "give --tls-cert and --tls-key"},
    };

    return options->tls_ca != NULL ? tls_context_create_client(&files, &endpoint->tls, error) : 0;
}

static bool is_cancelled(void *argument)
{
    const struct endpoint *endpoint = argument;

    return atomic_load(endpoint->is_cancelled);
}

int endpoint_open(const char *text, const struct ctl_options *options, struct endpoint **endpoint,
                  struct raftd_error *error)
{
    struct endpoint *made = memory_allocate_zeroed(1, sizeof(*made));
    struct net_call_options call_options = {
        .expects_host = options->tls_ca != NULL,
        .timeout_ms = options->timeout_ms,
        .is_cancelled = options->is_cancelled != NULL ? is_cancelled : NULL,
        .argument = made,
    };
    struct net_address address;
    int code = net_address_parse(&address, text, error);

    *endpoint = NULL;
    made->is_cancelled = options->is_cancelled;
    resp_reader_init(&made->reader, &limits);
    code = code == 0 ? open_tls(made, options, error) : code;
    if (code == 0) {
        call_options.tls = made->tls;
        code = net_call_open(&address, &call_options, &made->call, error);
    }
    if (code != 0) {
        endpoint_close(made);
        return code;
    }
    *endpoint = made;
    return 0;
}

void endpoint_close(struct endpoint *endpoint)
{
    if (endpoint != NULL) {
        net_call_close(endpoint->call);
        tls_context_destroy(endpoint->tls);
        buffer_free(&endpoint->received);
        memory_free(endpoint);
    }
}

/* ---- Commands ----------------------------------------------------------------------------- */

static size_t next_read_bytes(const struct endpoint *endpoint)
{
    size_t missing = endpoint->reader.needed_bytes - endpoint->received.size_bytes;

    return missing < READ_BYTES ? READ_BYTES : missing < READ_BYTES_MAX ? missing : READ_BYTES_MAX;
}

static int receive_reply(void *argument, struct stream *stream, struct raftd_error *error)
{
    struct endpoint *endpoint = argument;
    struct buffer *received = &endpoint->received;

    for (;;) {
        enum resp_read_result result =
            resp_read(&endpoint->reader, received->data, received->size_bytes, &endpoint->reply);
        size_t before = received->size_bytes;
        size_t wanted = next_read_bytes(endpoint);
        ssize_t count;

        if (result == RESP_READ_DONE) {
            buffer_consume(received, endpoint->reader.consumed_bytes);
            return 0;
        }
        if (result == RESP_READ_FAILED) {
            return error_set(error, RAFTD_ERROR_PROTOCOL, "the answer is not RESP: %s",
                             endpoint->reader.error);
        }
        count = stream_read(stream, buffer_extend(received, wanted), wanted, error);
        received->size_bytes = before + (count > 0 ? (size_t)count : 0);
        if (count < 0) {
            return (int)count;
        }
    }
}

/*
 * Explains why the connection ended; in each case the node may have received the command. With TLS
 * 1.3, a client learns only now that its certificate was refused. If the reset of the connection
 * arrives before the alert, the client does not learn this at all.
 */
static int explain(const struct endpoint *endpoint, int code, struct raftd_error *error)
{
    char found[sizeof(error->message)];

    if (code == RAFTD_ERROR_PROTOCOL) {
        return code;
    }
    if (code == RAFTD_ERROR_CLOSED) {
        memcpy(found, error->message, sizeof(found));
        error_set(error, RAFTD_ERROR_TIMEOUT, "%.400s%s", found,
                  endpoint->tls == NULL ? " (does it want TLS? see --tls-ca)"
                                        : " (did it refuse the certificate? see its log)");
    }
    error->code = RAFTD_ERROR_TIMEOUT;
    return RAFTD_ERROR_TIMEOUT;
}

int endpoint_command(struct endpoint *endpoint, size_t count, const char *const *words,
                     const size_t *sizes, struct resp_reply **reply, struct raftd_error *error)
{
    struct buffer command = {0};
    int code;

    resp_write_array(&command, count);
    for (size_t i = 0; i < count; i++) {
        resp_write_bulk(&command, words[i], sizes[i]);
    }
    if (endpoint->was_asked) {
        net_call_restart(endpoint->call);
    }
    endpoint->was_asked = true;
    endpoint->reply = NULL;
    code = net_call_ask(endpoint->call, command.data, command.size_bytes, receive_reply, endpoint,
                        error);
    *reply = endpoint->reply;
    buffer_free(&command);
    return code == 0 ? 0 : explain(endpoint, code, error);
}

int endpoint_ask(struct endpoint *endpoint, const char *const *words, struct resp_reply **reply,
                 struct raftd_error *error)
{
    size_t sizes[WORDS_MAX];
    size_t count = 0;

    while (words[count] != NULL) {
        ASSERT(count < WORDS_MAX);
        sizes[count] = strlen(words[count]);
        count++;
    }
    return endpoint_command(endpoint, count, words, sizes, reply, error);
}

void endpoint_complain(const char *text, const char *message)
{
    if (strstr(message, text) != NULL) {
        ctl_complain("%s", message);
    } else {
        ctl_complain("%s: %s", text, message);
    }
}
