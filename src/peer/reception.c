/*
 * The reception; see reception.h. A guest is an accepted connection whose first frame has not said
 * yet what it is: a hello, for the link of a peer, or a question of a node that wants to join. The
 * reception thread owns the guests; the acceptor thread only pushes descriptors into a ring.
 *
 *     made in HANDSHAKE      take_socket()
 *     HANDSHAKE -> HELLO     advance(): TLS is established
 *     HELLO -> GONE          on_hello(): accepted, the stream was given to the link
 *     HELLO -> REFUSED       on_hello(): refused, the reply says why; on_join(): answered at once
 *     HELLO -> JOINING       on_join(): the leader makes the node a member first
 *     JOINING -> REFUSED     take_completions(): the answer is on its way
 *     REFUSED -> GONE        advance(): the last frame was written
 *     any -> GONE            turn_away(): an error, or not acceptable; expire(): its time is over
 */
#include "peer/reception.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "peer/frame_output.h"
#include "peer/greeting.h"
#include "sys/clock.h"
#include "sys/ring.h"
#include "sys/thread.h"

enum guest_state {
    GUEST_HANDSHAKE,
    GUEST_HELLO,
    GUEST_JOINING, /* the change that makes the node a member is under way */
    GUEST_REFUSED, /* the last frame for the guest is being written */
    GUEST_GONE,
};

struct guest {
    enum guest_state state;
    struct stream *stream;
    uint64_t deadline_ms;
    struct greeting_reader greeting;
    struct frame_output output;
    char text[64]; /* address of the guest */
    uint64_t tag;  /* JOINING: tag of the change that makes the node a member */
};

struct reception {
    /* Does not change after the start. */
    const struct link_shared *shared;
    struct link_table *links;
    const struct reception_gate *gate; /* NULL = no node may join */
    uint32_t timeout_ms;
    struct waker waker;   /* consumer: reception thread */
    struct ring *sockets; /* int; acceptor thread -> reception thread */
    struct thread thread;

    /* The thread that starts and destroys the reception. */
    bool started;

    /* Any thread. */
    atomic_bool stop;

    /* Reception thread. Guests in the order in which they came. */
    struct guest *guests[RECEPTION_PENDING_MAX];
    size_t guest_count;
    struct greeting_log log;
    uint64_t last_tag;
};

static void guest_free(struct guest *guest)
{
    stream_close(guest->stream);
    frame_output_free(&guest->output);
    memory_free(guest);
}

/* Ends a guest and logs why. peer_id 0 = the guest has not said which node it is. */
static void turn_away(struct reception *reception, struct guest *guest, enum greeting_reason reason,
                      uint16_t peer_id, const char *text)
{
    guest->state = GUEST_GONE;
    if (!greeting_log_passes(&reception->log, reason)) {
        return;
    }
    if (peer_id != 0) {
        LOG_WARNING("peer %u at %s is refused: %s", (unsigned)peer_id, guest->text, text);
    } else {
        LOG_WARNING("peer connection from %s is refused: %s", guest->text, text);
    }
}

static bool is_whole(const struct reception *reception)
{
    return reception->gate == NULL || reception->gate->is_whole == NULL ||
           reception->gate->is_whole(reception->gate->context);
}

/* The certificate may be that of the spare address as well. */
static enum greeting_reason judge_certificate(const struct reception *reception,
                                              const struct guest *guest,
                                              const struct wire_hello *hello,
                                              const struct link *link, struct raftd_error *error)
{
    const char *spare = link_spare_host(link);
    enum greeting_reason reason = greeting_judge_certificate(
        hello, reception->shared, guest->stream, link_address(link)->host, error);

    if (reason == GREETING_CERTIFICATE && spare[0] != 0) {
        reason = greeting_judge_certificate(hello, reception->shared, guest->stream, spare, error);
    }
    return reason;
}

/* Whether the peer that sent this hello is accepted, and the link it belongs to. The mutex of the
 * table is held, so that the link is not retired before it gets the stream. */
static enum greeting_reason judge_locked(const struct reception *reception,
                                         const struct guest *guest, const struct wire_hello *hello,
                                         struct link **link, struct raftd_error *error)
{
    struct hello_view view = hello_view_of(reception->shared, 0);
    size_t position = link_table_find(reception->links, hello->node_id);
    enum greeting_reason reason;

    ASSERT(mutex_is_mine(&reception->links->mutex));
    *link = position < RAFT_MEMBERS_MAX ? reception->links->links[position] : NULL;
    view.is_whole = is_whole(reception);
    view.has_link = *link != NULL;
    view.was_removed = raft_membership_was_removed(&reception->links->members, hello->node_id);
    reason = hello_judge(hello, &view, error);
    if (reason == GREETING_ACCEPTED) {
        reason = judge_certificate(reception, guest, hello, *link, error);
    }
    return reason == GREETING_ACCEPTED ? hello_reason_of(link_recognise(*link, hello, error))
                                       : reason;
}

static void on_hello(struct reception *reception, struct guest *guest,
                     const struct wire_hello *hello)
{
    struct raftd_error error;
    struct wire_hello reply;
    struct link *link;
    enum greeting_reason reason;

    mutex_lock(&reception->links->mutex);
    reason = judge_locked(reception, guest, hello, &link, &error);
    if (reason == GREETING_ACCEPTED) {
        link_give_stream(link, guest->stream, hello);
    }
    mutex_unlock(&reception->links->mutex);
    if (reason == GREETING_ACCEPTED) {
        guest->stream = NULL;
        guest->state = GUEST_GONE;
        return;
    }
    turn_away(reception, guest, reason, hello->node_id, error.message);
    hello_make(&reply, reception->shared, hello->node_id, error.message);
    frame_output_add(&guest->output, wire_hello_encode(WIRE_HELLO_REPLY, &reply));
    guest->state = GUEST_REFUSED;
}

/* ---- nodes that want to join ---- */

static void answer_newcomer(struct guest *guest, const struct wire_join_reply *reply)
{
    frame_output_add(&guest->output, wire_join_reply_encode(reply));
    guest->state = GUEST_REFUSED; /* one question, one answer */
}

/* Whether the certificate proves that the question comes from this node. False: the guest was
 * turned away. */
static bool is_authentic(struct reception *reception, struct guest *guest,
                         const struct wire_join *join)
{
    struct raftd_error error;
    struct net_address address;

    if (reception->gate == NULL ||
        strcmp(join->cluster_name, reception->shared->cluster_name) != 0) {
        turn_away(reception, guest, GREETING_CLUSTER_NAME, join->node_id,
                  "the node wants to join a cluster of another name: check [cluster] name");
        return false;
    }
    if (join->node_id == reception->shared->self_id) {
        turn_away(reception, guest, GREETING_NODE_ID, join->node_id,
                  "the node wants to join under the id of this node: check [node] id");
        return false;
    }
    if (net_address_parse(&address, join->address, &error) != 0) {
        turn_away(reception, guest, GREETING_PROTOCOL, join->node_id, error.message);
        return false;
    }
    if (!stream_speaks_for(guest->stream, reception->shared->cluster_name, join->node_id,
                           address.host, &error)) {
        turn_away(reception, guest, GREETING_CERTIFICATE, join->node_id, error.message);
        return false;
    }
    return true;
}

static void on_join(struct reception *reception, struct guest *guest, const struct wire_join *join)
{
    const struct reception_gate *gate = reception->gate;
    struct wire_join_reply reply;

    if (!is_authentic(reception, guest, join)) {
        return;
    }
    guest->tag = ++reception->last_tag;
    if (gate->judge(gate->context, join, guest->tag, &reply)) {
        if (reply.verdict == WIRE_JOIN_REFUSED &&
            greeting_log_passes(&reception->log, GREETING_NODE_ID)) {
            LOG_WARNING("node %u at %s may not join: %s", join->node_id, guest->text, reply.text);
        }
        answer_newcomer(guest, &reply);
        return;
    }
    LOG_INFO("node %u at %s wants to join as %s", join->node_id, join->address,
             join->promote ? "a voter" : "a learner");
    guest->state = GUEST_JOINING;
}

/* ---- founders without a cluster ---- */

/* A founder asks under the id of a member that had another data directory: the people who look at
 * this node must know what to do. */
static void look_for_lost_member(struct reception *reception, const struct guest *guest,
                                 const struct wire_found *question)
{
    enum acquaintance_verdict verdict = ACQUAINTANCE_SAME;
    struct raftd_error error;
    size_t position;

    mutex_lock(&reception->links->mutex);
    position = link_table_find(reception->links, question->node_id);
    if (position < RAFT_MEMBERS_MAX) {
        verdict = link_judge(reception->links->links[position], question->identity, &error);
    }
    mutex_unlock(&reception->links->mutex);
    if (verdict != ACQUAINTANCE_SAME &&
        greeting_log_passes(&reception->log, hello_reason_of(verdict))) {
        LOG_WARNING("peer %u at %s is refused: %s", (unsigned)question->node_id, guest->text,
                    error.message);
    }
}

static void on_found(struct reception *reception, struct guest *guest,
                     const struct wire_found *question)
{
    const struct reception_gate *gate = reception->gate;
    struct raftd_error error;
    struct wire_found reply;
    const char *host = "";

    if (gate == NULL || strcmp(question->cluster_name, reception->shared->cluster_name) != 0) {
        error_set(
            &error, RAFTD_ERROR_REFUSED,
            "cluster name differs: node %u founds \"%s\", node %u has \"%s\": check [cluster] "
            "name",
            question->node_id, question->cluster_name, (unsigned)reception->shared->self_id,
            reception->shared->cluster_name);
        turn_away(reception, guest, GREETING_CLUSTER_NAME, question->node_id, error.message);
        return;
    }
    if (!gate->found(gate->context, question, &reply, &host)) {
        turn_away(reception, guest, GREETING_NODE_ID, question->node_id,
                  "the node founds a cluster together with this node, but [peers] of this node do "
                  "not name it: give [peers] the same lines on all founders");
        return;
    }
    if (!stream_speaks_for(guest->stream, reception->shared->cluster_name, question->node_id, host,
                           &error)) {
        turn_away(reception, guest, GREETING_CERTIFICATE, question->node_id, error.message);
        return;
    }
    look_for_lost_member(reception, guest, question);
    frame_output_add(&guest->output, wire_found_encode(WIRE_FOUND_REPLY, &reply));
    guest->state = GUEST_REFUSED; /* one question, one answer */
}

static void serve(struct reception *reception, struct guest *guest);

static void take_answers(struct reception *reception)
{
    const struct reception_gate *gate = reception->gate;
    struct wire_join_reply reply;
    uint64_t tag;

    while (gate != NULL && gate->next(gate->context, &tag, &reply)) {
        for (size_t i = 0; i < reception->guest_count; i++) {
            struct guest *guest = reception->guests[i];

            if (guest->state == GUEST_JOINING && guest->tag == tag) {
                answer_newcomer(guest, &reply);
                serve(reception, guest);
            }
        }
    }
}

static int on_first_frame(struct reception *reception, struct guest *guest,
                          const struct wire_header *header, struct raftd_error *error)
{
    const uint8_t *payload = guest->greeting.data + WIRE_HEADER_BYTES;
    struct wire_found found;
    struct wire_hello hello;
    struct wire_join join;
    int code;

    if (header->type == WIRE_FOUND) {
        code = wire_found_decode(&found, payload, header->payload_bytes, error);
        if (code == 0) {
            on_found(reception, guest, &found);
        }
        return code;
    }
    if (header->type == WIRE_JOIN) {
        code = wire_join_decode(&join, payload, header->payload_bytes, error);
        if (code == 0) {
            on_join(reception, guest, &join);
        }
        return code;
    }
    if (header->type != WIRE_HELLO) {
        return error_set(error, RAFTD_ERROR_PROTOCOL,
                         "the first frame is of type %u, expected a hello", (unsigned)header->type);
    }
    code = wire_hello_decode(&hello, payload, header->payload_bytes, error);
    if (code == 0) {
        on_hello(reception, guest, &hello);
    }
    return code;
}

/* Takes the guest one step further. 0: there may be more to do at once. */
static int advance(struct reception *reception, struct guest *guest, struct raftd_error *error)
{
    struct wire_header header;
    int code;

    switch (guest->state) {
    case GUEST_HANDSHAKE:
        code = stream_handshake(guest->stream, error);
        if (code == 0) {
            guest->state = GUEST_HELLO;
        }
        return code;
    case GUEST_HELLO:
        code = greeting_read_frame(&guest->greeting, guest->stream, &header, error);
        return code == 0 ? on_first_frame(reception, guest, &header, error) : code;
    case GUEST_REFUSED:
        code = frame_output_flush(&guest->output, false, guest->stream, error);
        if (code == 0) {
            guest->state = GUEST_GONE;
        }
        return code;
    case GUEST_JOINING:
    case GUEST_GONE:
        break;
    }
    return RAFTD_ERROR_AGAIN;
}

static void serve(struct reception *reception, struct guest *guest)
{
    struct raftd_error error;
    int code;

    do {
        code = advance(reception, guest, &error);
    } while (code == 0 && guest->state != GUEST_GONE);
    if (code == 0 || code == RAFTD_ERROR_AGAIN) {
        return;
    }
    if (guest->state == GUEST_REFUSED) {
        guest->state = GUEST_GONE; /* the guest has closed before it could read the reason */
        return;
    }
    turn_away(reception, guest,
              code == RAFTD_ERROR_PROTOCOL ? GREETING_PROTOCOL : GREETING_HANDSHAKE, 0,
              error.message);
}

static void expire(struct reception *reception, struct guest *guest)
{
    char text[80];

    if (guest->state == GUEST_REFUSED || guest->state == GUEST_JOINING) {
        guest->state = GUEST_GONE;
        return;
    }
    snprintf(text, sizeof(text), "no %s within %u ms",
             guest->state == GUEST_HANDSHAKE ? "TLS handshake" : "hello", reception->timeout_ms);
    turn_away(reception, guest, GREETING_TIMEOUT, 0, text);
}

static void remove_gone(struct reception *reception)
{
    size_t kept = 0;

    for (size_t i = 0; i < reception->guest_count; i++) {
        if (reception->guests[i]->state == GUEST_GONE) {
            guest_free(reception->guests[i]);
        } else {
            reception->guests[kept++] = reception->guests[i];
        }
    }
    reception->guest_count = kept;
}

/* If there is no room, the oldest guest is turned away. */
static void make_room(struct reception *reception)
{
    if (reception->guest_count < RECEPTION_PENDING_MAX) {
        return;
    }
    turn_away(
        reception, reception->guests[0], GREETING_CROWD, 0,
        "too many connections have not identified themselves, and this is the oldest of them");
    remove_gone(reception);
}

static void take_socket(struct reception *reception, int fd)
{
    struct raftd_error error;
    struct stream *stream;
    struct guest *guest;

    if (stream_accept(fd, reception->shared->tls, &stream, &error) != 0) {
        if (greeting_log_passes(&reception->log, GREETING_HANDSHAKE)) {
            LOG_WARNING("peer connection is refused: %s", error.message);
        }
        return;
    }
    make_room(reception);
    guest = memory_allocate_zeroed(1, sizeof(*guest));
    guest->state = GUEST_HANDSHAKE;
    guest->stream = stream;
    guest->deadline_ms = clock_monotonic_ms() + reception->timeout_ms;
    stream_peer_text(stream, guest->text, sizeof(guest->text));
    reception->guests[reception->guest_count++] = guest;
    serve(reception, guest);
    remove_gone(reception);
}

static void serve_all(struct reception *reception, const struct pollfd *polls)
{
    uint64_t now_ms = clock_monotonic_ms();

    for (size_t i = 0; i < reception->guest_count; i++) {
        if (polls[i].revents != 0) {
            serve(reception, reception->guests[i]);
        }
        if (reception->guests[i]->state != GUEST_GONE &&
            now_ms >= reception->guests[i]->deadline_ms) {
            expire(reception, reception->guests[i]);
        }
    }
    remove_gone(reception);
}

static int sleep_ms(const struct reception *reception)
{
    uint64_t now_ms = clock_monotonic_ms();

    if (reception->guest_count == 0) {
        return -1;
    }
    if (reception->guests[0]->deadline_ms <= now_ms) {
        return 0;
    }
    return (int)(reception->guests[0]->deadline_ms - now_ms);
}

static void wait_and_serve(struct reception *reception)
{
    struct pollfd polls[RECEPTION_PENDING_MAX + 2];
    const struct reception_gate *gate = reception->gate;
    size_t count = reception->guest_count;
    bool answered = false;

    for (size_t i = 0; i < count; i++) {
        bool waits = reception->guests[i]->state == GUEST_JOINING;

        polls[i] = (struct pollfd){.fd = waits ? -1 : stream_fd(reception->guests[i]->stream),
                                   .events = stream_wants(reception->guests[i]->stream)};
    }
    polls[count] = (struct pollfd){.fd = reception->waker.fd, .events = POLLIN};
    polls[count + 1] = (struct pollfd){.fd = -1, .events = POLLIN};
    if (gate != NULL) {
        answered = !gate->sleep(gate->context, &polls[count + 1].fd);
    }
    waker_prepare(&reception->waker);
    if (answered || ring_count(reception->sockets) > 0 || atomic_load(&reception->stop) ||
        poll(polls, (nfds_t)count + 2, sleep_ms(reception)) < 0) {
        for (size_t i = 0; i < count; i++) {
            polls[i].revents = 0;
        }
    }
    waker_done(&reception->waker);
    if (gate != NULL && !answered) {
        gate->awake(gate->context);
    }
    serve_all(reception, polls);
    take_answers(reception);
    remove_gone(reception);
}

static void run(void *argument)
{
    struct reception *reception = argument;
    int fd;

    while (!atomic_load(&reception->stop)) {
        wait_and_serve(reception);
        while (!atomic_load(&reception->stop) && ring_pop(reception->sockets, &fd)) {
            take_socket(reception, fd);
        }
    }
}

struct reception *reception_create(const struct link_shared *shared, struct link_table *links)
{
    struct reception *reception = memory_allocate_zeroed(1, sizeof(*reception));

    if (waker_open(&reception->waker) != 0) {
        memory_free(reception);
        return NULL;
    }
    reception->shared = shared;
    reception->links = links;
    reception->timeout_ms = shared->timing.greeting_timeout_ms != 0
                                ? shared->timing.greeting_timeout_ms
                                : RECEPTION_TIMEOUT_MS;
    reception->sockets = ring_create(RECEPTION_PENDING_MAX, sizeof(int));
    return reception;
}

void reception_set_gate(struct reception *reception, const struct reception_gate *gate)
{
    reception->gate = gate;
}

int reception_start(struct reception *reception)
{
    int code = thread_start(&reception->thread, "reception", run, reception);

    reception->started = code == 0;
    return code;
}

void reception_destroy(struct reception *reception)
{
    int fd;

    if (reception == NULL) {
        return;
    }
    if (reception->started) {
        atomic_store(&reception->stop, true);
        waker_wake(&reception->waker);
        thread_join(&reception->thread);
    }
    for (size_t i = 0; i < reception->guest_count; i++) {
        guest_free(reception->guests[i]);
    }
    while (ring_pop(reception->sockets, &fd)) {
        close(fd);
    }
    ring_destroy(reception->sockets);
    waker_close(&reception->waker);
    memory_free(reception);
}

void reception_accept(void *argument, int fd)
{
    struct reception *reception = argument;

    if (!ring_push(reception->sockets, &fd)) {
        close(fd); /* too many at once; a peer dials again */
        return;
    }
    waker_wake(&reception->waker);
}
