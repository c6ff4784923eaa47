/*
 * One connection of a peer link, from dialling to its end; the states are drawn in link_private.h.
 * Link thread only; never waits.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "peer/link_private.h"
#include "sys/clock.h"

/* Bytes that are read at most before it is time to write. */
enum { LINK_READ_BUDGET_BYTES = 1024 * 1024 };

void link_drop_frames(struct link *link)
{
    for (int class = 0; class < WIRE_CLASSES; class ++) {
        frame_queue_drop(&link->queues[class]);
    }
}

static uint64_t jittered(uint32_t delay_ms)
{
    return (uint64_t)delay_ms * (75 + random_u64() % 51) / 100;
}

static void schedule_retry(struct link *link)
{
    if (link->was_healthy) {
        link->backoff_ms = link->timing.backoff_min_ms;
    } else {
        link->failed_dials++;
    }
    link->was_healthy = false;
    link->retry_due_ms = link->now_ms + jittered(link->backoff_ms);
    link->backoff_ms = link->backoff_ms * 2 < link->timing.backoff_max_ms
                           ? link->backoff_ms * 2
                           : link->timing.backoff_max_ms;
}

/* Ends the connection in any state: back to IDLE. */
static void close_connection(struct link *link)
{
    if (link->state != LINK_UP && link->spare_text[0] != 0) {
        link->uses_spare = !link->uses_spare; /* this address did not work: try the other one */
    }
    stream_close(link->stream);
    link->stream = NULL;
    frame_input_clear(&link->input);
    frame_assembly_clear(&link->assembly);
    frame_output_clear(&link->output);
    atomic_store(&link->lived_ms, 0);
    if (link->state == LINK_UP) {
        atomic_store(&link->up, false);
        link_drop_frames(link);
        link_push_down(link);
    }
    link->state = LINK_IDLE;
    schedule_retry(link);
}

static void fail(struct link *link, enum greeting_reason reason, const char *text)
{
    link_report_trouble(link, reason, text);
    close_connection(link);
}

static void adopt_stream(struct link *link, struct stream *stream)
{
    ASSERT(link->stream == NULL);
    link->stream = stream;
    stream_peer_text(stream, link->stream_text, sizeof(link->stream_text));
    link->readable = true;
    link->writable = true;
    link->read_wants = POLLIN;
    link->write_wants = POLLOUT;
    link->greeting.size_bytes = 0;
}

/* Both sides have identified themselves. */
static void go_up(struct link *link, const struct wire_hello *hello)
{
    link->state = LINK_UP;
    link->up_since_us = clock_monotonic_us();
    link->heard_ms = link->now_ms;
    link->probe_due_ms = link->now_ms;
    link->was_healthy = false;
    /* Frames that the core sent for the connection before, of whose end it did not know yet. */
    link_drop_frames(link);
    frame_output_begin(&link->output, link->up_since_us);
    link_report_up(link, hello);
    link->peer_identity = hello->identity;
    atomic_store(&link->up, true);
    link_push_up(link);
}

static void dial(struct link *link)
{
    const struct net_address *address = link->uses_spare ? &link->spare : &link->address;
    struct raftd_error error;
    struct stream *stream;

    link->greeting_deadline_ms = link->now_ms + link->timing.greeting_timeout_ms;
    if (stream_dial(address, link->shared->tls, &stream, &error) != 0) {
        fail(link, GREETING_UNREACHABLE, error.message);
        return;
    }
    stream_skip_addresses(stream, link->failed_dials);
    adopt_stream(link, stream);
    link->state = LINK_HANDSHAKE;
}

/* Takes the stream that the reception gave; it replaces a connection that is there, see the
 * takeover in link_private.h. */
static void take_given(struct link *link)
{
    struct wire_hello mine;
    struct wire_hello theirs;
    struct stream *stream;

    mutex_lock(&link->mutex);
    atomic_store(&link->given_waits, false);
    stream = link->given;
    theirs = link->given_hello;
    link->given = NULL;
    mutex_unlock(&link->mutex);
    if (stream == NULL) {
        return;
    }
    if (link->stream != NULL) {
        fail(link, GREETING_LOST, "the peer has opened a new connection");
    }
    adopt_stream(link, stream);
    hello_make(&mine, link->shared, link->peer_id, NULL);
    frame_output_add(&link->output, wire_hello_encode(WIRE_HELLO_REPLY, &mine));
    go_up(link, &theirs);
}

static void handshake(struct link *link)
{
    struct raftd_error error;
    struct wire_hello hello;
    int code = stream_handshake(link->stream, &error);

    if (code == RAFTD_ERROR_AGAIN) {
        link->read_wants = stream_wants(link->stream);
        link->readable = false;
        return;
    }
    if (code != 0) {
        fail(link, code == RAFTD_ERROR_SYSTEM ? GREETING_UNREACHABLE : GREETING_HANDSHAKE,
             error.message);
        return;
    }
    hello_make(&hello, link->shared, link->peer_id, NULL);
    frame_output_add(&link->output, wire_hello_encode(WIRE_HELLO, &hello));
    link->state = LINK_HELLO;
    link->read_wants = POLLIN;
    link->readable = true;
}

static void on_hello_reply(struct link *link, const struct wire_hello *hello)
{
    const struct hello_view view = hello_view_of(link->shared, link->peer_id);
    const char *host = link->uses_spare ? link->spare.host : link->address.host;
    enum greeting_reason reason;
    struct raftd_error error;

    if (hello->refusal[0] != 0) {
        /* A member that has lost its directory knows no cluster, so it refuses; but this node knows
         * what to do about it. */
        reason = hello->node_id == link->peer_id
                     ? hello_reason_of(link_judge(link, hello->identity, &error))
                     : GREETING_ACCEPTED;
        if (reason == GREETING_ACCEPTED) {
            fail(link, GREETING_REFUSED, hello->refusal);
        } else {
            fail(link, reason, error.message);
        }
        return;
    }
    reason = hello_judge(hello, &view, &error);
    if (reason == GREETING_ACCEPTED) {
        reason = greeting_judge_certificate(hello, link->shared, link->stream, host, &error);
    }
    if (reason == GREETING_ACCEPTED) {
        reason = hello_reason_of(link_recognise(link, hello, &error));
    }
    if (reason != GREETING_ACCEPTED) {
        fail(link, reason, error.message);
        return;
    }
    go_up(link, hello);
}

/*
 * Waits for the reply to the hello, and writes the hello. It reads first: if the peer has refused
 * this node's certificate, a TLS alert is there to be read, and it says more than the broken pipe
 * that a write would find.
 */
static void exchange_hellos(struct link *link)
{
    struct raftd_error error;
    struct wire_hello hello;
    int code = RAFTD_ERROR_AGAIN;

    if (link->readable) {
        code = greeting_read(&link->greeting, link->stream, WIRE_HELLO_REPLY, &hello, &error);
        link->readable = false;
        link->read_wants = stream_wants(link->stream);
    }
    if (code == 0) {
        on_hello_reply(link, &hello);
        return;
    }
    if (code == RAFTD_ERROR_AGAIN && link->writable) {
        code = frame_output_flush(&link->output, false, link->stream, &error);
        if (code == RAFTD_ERROR_AGAIN) {
            link->writable = false;
            link->write_wants = stream_wants(link->stream);
        } else if (code != 0) {
            struct raftd_error alert;
            int read_code =
                greeting_read(&link->greeting, link->stream, WIRE_HELLO_REPLY, &hello, &alert);

            if (read_code != 0 && read_code != RAFTD_ERROR_AGAIN) {
                error = alert;
                code = read_code;
            }
        }
    }
    if (code == RAFTD_ERROR_PROTOCOL) {
        fail(link, GREETING_PROTOCOL, error.message);
    } else if (code != 0 && code != RAFTD_ERROR_AGAIN) {
        fail(link, GREETING_HANDSHAKE, error.message);
    }
}

static int on_probe(struct link *link, const struct wire_header *header, const uint8_t *payload,
                    struct raftd_error *error)
{
    struct wire_probe probe;
    int code = wire_probe_decode(&probe, payload, header->payload_bytes, error);

    if (code == 0) {
        probe.ready = atomic_load(link->shared->ready);
        /* If there is no room for the answer, it is dropped; the peer sends another probe. */
        frame_output_add(&link->output, wire_probe_encode(WIRE_PROBE_REPLY, &probe));
    }
    return code;
}

/* The nonce of a probe is the time when it left, so even a late answer tells the round trip. */
static int on_probe_reply(struct link *link, const struct wire_header *header,
                          const uint8_t *payload, struct raftd_error *error)
{
    uint64_t now_us = clock_monotonic_us();
    struct wire_probe probe;
    int code = wire_probe_decode(&probe, payload, header->payload_bytes, error);

    if (code != 0) {
        return code;
    }
    if (probe.nonce < link->up_since_us || probe.nonce > now_us) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "the peer answered a probe that was never sent");
    }
    if (!link->was_healthy) {
        LOG_INFO("peer %u at %s is connected%s, round trip %lu us", (unsigned)link->peer_id,
                 link->dials ? link_dialled_text(link) : link->stream_text,
                 link->shared->tls != NULL ? " with TLS" : "",
                 (unsigned long)(now_us - probe.nonce));
    }
    link->was_healthy = true;
    atomic_store(&link->lived_ms, link->now_ms);
    pace_answered(&link->output.pace, probe.nonce, now_us);
    link_report_probed(link, now_us - probe.nonce, probe.ready);
    return 0;
}

static int on_raft_message(struct link *link, const struct wire_header *header,
                           const uint8_t *payload, struct raftd_error *error)
{
    struct raft_message *message;
    int code =
        wire_message_decode(&message, payload, header->payload_bytes, &link->shared->limits, error);

    if (code != 0) {
        return code;
    }
    if (message->from != link->peer_id || message->to != link->shared->self_id) {
        code = error_set(error, RAFTD_ERROR_PROTOCOL,
                         "raft message from node %u to node %u on the link of peer %u",
                         (unsigned)message->from, (unsigned)message->to, (unsigned)link->peer_id);
        wire_message_free(message);
        return code;
    }
    link_remember(link, message);
    link_push_event(link, (struct link_event){.type = LINK_EVENT_MESSAGE,
                                              .size_bytes = header->payload_bytes,
                                              .message = message});
    return 0;
}

static int on_snapshot(struct link *link, const struct wire_header *header, const uint8_t *payload,
                       struct raftd_error *error)
{
    struct wire_snapshot *snapshot;
    int code = wire_snapshot_decode(&snapshot, payload, header->payload_bytes, error);

    if (code == 0) {
        link_push_event(link, (struct link_event){.type = LINK_EVENT_SNAPSHOT,
                                                  .size_bytes = header->payload_bytes,
                                                  .snapshot = snapshot});
    }
    return code;
}

/* A piece of a large frame. With the last piece, the frame is handled as if it had come whole. */
static int on_piece(struct link *link, const struct wire_header *header, const uint8_t *payload,
                    struct raftd_error *error)
{
    struct wire_header whole;
    const uint8_t *whole_payload;
    struct wire_piece piece;
    int code = wire_piece_decode(&piece, payload, header->payload_bytes, error);

    if (code != 0) {
        return code;
    }
    code = frame_assembly_add(&link->assembly, &piece, link->shared->max_frame_bytes, &whole,
                              &whole_payload, error);
    if (code <= 0) {
        return code;
    }
    code = piece.class == WIRE_BULK ? on_snapshot(link, &whole, whole_payload, error)
                                    : on_raft_message(link, &whole, whole_payload, error);
    frame_assembly_end(&link->assembly, piece.class);
    return code;
}

static int on_frame(struct link *link, const struct wire_header *header, const uint8_t *payload,
                    struct raftd_error *error)
{
    switch (header->type) {
    case WIRE_PROBE:
        return on_probe(link, header, payload, error);
    case WIRE_PROBE_REPLY:
        return on_probe_reply(link, header, payload, error);
    case WIRE_RAFT:
        return on_raft_message(link, header, payload, error);
    case WIRE_SNAPSHOT:
        return on_snapshot(link, header, payload, error);
    case WIRE_PIECE:
        return on_piece(link, header, payload, error);
    default:
        return error_set(error, RAFTD_ERROR_PROTOCOL, "the peer sent a second hello");
    }
}

/* Takes the frames that are complete, until the ring to the core is full. */
static int take_frames(struct link *link, struct raftd_error *error)
{
    while (!link->blocked) {
        struct wire_header header;
        const uint8_t *payload;
        int code =
            frame_input_next(&link->input, link->shared->max_frame_bytes, &header, &payload, error);

        if (code <= 0) {
            return code;
        }
        code = on_frame(link, &header, payload, error);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

/* 0, or the error that ends the connection. If it stops before the socket is empty, `readable`
 * stays true. */
static int read_frames(struct link *link, struct raftd_error *error)
{
    size_t budget = LINK_READ_BUDGET_BYTES;

    for (;;) {
        ssize_t count;
        bool more;
        int code = take_frames(link, error);

        if (code != 0 || link->blocked || !link->readable || budget == 0) {
            return code;
        }
        count = frame_input_read(&link->input, link->stream, &more, error);
        if (count < 0) {
            link->readable = false;
            link->read_wants = stream_wants(link->stream);
            return count == RAFTD_ERROR_AGAIN ? 0 : (int)count;
        }
        link->heard_ms = link->now_ms;
        if (link->was_healthy) {
            atomic_store(&link->lived_ms, link->now_ms);
        }
        link->readable = more;
        link->read_wants = POLLIN;
        budget -= (size_t)count < budget ? (size_t)count : budget;
    }
}

static void run_timers(struct link *link)
{
    if (link->now_ms >= link->probe_due_ms) {
        link->probe_due_ms = link->now_ms + link->timing.probe_interval_ms;
        frame_output_add_probe(&link->output, atomic_load(link->shared->ready));
        frame_input_shrink(&link->input);
    }
}

int link_write_frames(struct link *link, struct raftd_error *error)
{
    int code;

    if (!link->writable) {
        return 0;
    }
    code = frame_output_flush(&link->output, atomic_load(link->shared->ready), link->stream, error);
    if (code == RAFTD_ERROR_AGAIN) {
        link->writable = false;
        link->write_wants = stream_wants(link->stream);
        return 0;
    }
    return code;
}

static void work_up(struct link *link)
{
    struct raftd_error error;
    int code = read_frames(link, &error);

    if (code == 0) {
        run_timers(link);
        code = link_write_frames(link, &error);
    }
    if (code == RAFTD_ERROR_PROTOCOL) {
        fail(link, GREETING_PROTOCOL, error.message);
    } else if (code != 0) {
        fail(link, GREETING_LOST, error.message);
    } else if (link->blocked) {
        link->heard_ms = link->now_ms; /* nothing was read, so the peer is not silent */
    } else if (link->now_ms - link->heard_ms >= link->timing.silence_timeout_ms) {
        char text[80];

        snprintf(text, sizeof(text), "the peer sent nothing for %lu ms",
                 (unsigned long)(link->now_ms - link->heard_ms));
        fail(link, GREETING_LOST, text);
    }
}

static void work_greeting(struct link *link)
{
    if (link->now_ms >= link->greeting_deadline_ms) {
        char text[80];

        snprintf(text, sizeof(text), "no %s within %u ms",
                 link->state == LINK_HANDSHAKE ? "connection" : "hello",
                 link->timing.greeting_timeout_ms);
        fail(link, GREETING_TIMEOUT, text);
        return;
    }
    if (link->state == LINK_HANDSHAKE && link->readable) {
        handshake(link);
    }
    if (link->state == LINK_HELLO) {
        exchange_hellos(link);
    }
}

static void work_idle(struct link *link)
{
    if (link->dials && link->now_ms >= link->retry_due_ms) {
        dial(link);
    }
}

void link_work(struct link *link)
{
    struct raftd_error error;

    link->now_ms = clock_monotonic_ms();
    if (link->blocked) {
        link_push_owed(link);
    }
    if (atomic_load(&link->given_waits)) {
        take_given(link);
    }
    if (atomic_exchange(&link->rebound, false) && link->state == LINK_UP) {
        enum acquaintance_verdict verdict = link_judge(link, link->peer_identity, &error);

        if (verdict != ACQUAINTANCE_SAME) {
            fail(link, hello_reason_of(verdict), error.message);
        }
    }
    if (link->state == LINK_IDLE) {
        work_idle(link);
    }
    if (link->state == LINK_HANDSHAKE || link->state == LINK_HELLO) {
        work_greeting(link);
    }
    if (link->state == LINK_UP) {
        work_up(link);
    }
    if (link->pushed) {
        link->pushed = false;
        waker_wake(link->shared->core);
    }
    ASSERT((link->stream != NULL) == (link->state != LINK_IDLE));
    ASSERT(atomic_load(&link->up) == (link->state == LINK_UP));
}
