/*
 * The thread of a peer link, which waits in one poll() for its socket and for the core, and the
 * functions that other threads call. Never touches the Raft core.
 */
#include "peer/link.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "peer/link_private.h"
#include "sys/clock.h"

enum { LINK_EVENTS_MAX = 4096 };

_Static_assert((int)LINK_CONTROL_FRAME_MAX == (int)FRAME_OUTPUT_CONTROL_MAX,
               "a control frame fits into the buffer");

/* Whether there is something to do in another turn. */
static bool has_work(struct link *link)
{
    if (atomic_load(&link->stop) || atomic_load(&link->given_waits) ||
        (link->blocked && !atomic_load(&link->events_blocked))) {
        return true;
    }
    if (link->state != LINK_UP) {
        return link->state != LINK_IDLE && link->readable;
    }
    return (link->readable && !link->blocked) ||
           (link->writable && frame_output_is_due(&link->output));
}

static short wanted_poll_events(const struct link *link)
{
    short wanted = 0;

    if (link->stream == NULL) {
        return 0;
    }
    if (!link->blocked || link->state != LINK_UP) {
        wanted |= link->read_wants;
    }
    if (!link->writable && !frame_output_is_empty(&link->output)) {
        wanted |= link->write_wants;
    }
    return wanted;
}

static int sleep_ms(const struct link *link)
{
    uint64_t due;
    uint64_t now = clock_monotonic_ms();

    switch (link->state) {
    case LINK_IDLE:
        if (!link->dials) {
            return -1;
        }
        due = link->retry_due_ms;
        break;
    case LINK_UP:
        due = link->heard_ms + link->timing.silence_timeout_ms;
        due = link->probe_due_ms < due ? link->probe_due_ms : due;
        break;
    default:
        due = link->greeting_deadline_ms;
        break;
    }
    return due > now ? (int)(due - now) : 0;
}

static void wait_for_work(struct link *link)
{
    struct pollfd polls[2] = {{.fd = link->waker.fd, .events = POLLIN}, {.fd = -1}};
    int count = 0;

    if (has_work(link)) {
        return;
    }
    /* Do not poll the socket when nothing is wanted from it: poll() reports POLLHUP and POLLERR
     * even then, so the thread would spin. */
    polls[1].events = wanted_poll_events(link);
    if (polls[1].events != 0) {
        polls[1].fd = stream_fd(link->stream);
    }
    waker_prepare(&link->waker);
    if (!has_work(link)) {
        count = poll(polls, 2, sleep_ms(link));
    }
    waker_done(&link->waker);
    if (count > 0 && polls[1].revents != 0) {
        const short broken = POLLERR | POLLHUP | POLLNVAL;

        link->readable = link->readable || (polls[1].revents & (link->read_wants | broken)) != 0;
        link->writable = link->writable || (polls[1].revents & (link->write_wants | broken)) != 0;
    }
}

static void run(void *argument)
{
    struct link *link = argument;
    struct raftd_error error;

    link->now_ms = clock_monotonic_ms();
    link->retry_due_ms = link->now_ms;
    while (!atomic_load(&link->stop)) {
        link_work(link);
        wait_for_work(link);
    }
    if (link->state == LINK_UP) {
        /* The core's last frames, which may say that this leader steps down, leave if the socket
         * takes them now. */
        link->writable = true;
        (void)link_write_frames(link, &error);
    }
    atomic_store(&link->up, false);
    stream_close(link->stream);
    link->stream = NULL;
}

static void default_to(uint32_t *value, uint32_t standard)
{
    if (*value == 0) {
        *value = standard;
    }
}

struct link *link_create(const struct link_shared *shared, uint16_t peer_id,
                         const struct net_address *address)
{
    struct link *link = memory_allocate_zeroed(1, sizeof(*link));

    ASSERT(peer_id != 0 && peer_id != shared->self_id);
    if (waker_open(&link->waker) != 0) {
        memory_free(link);
        return NULL;
    }
    link->shared = shared;
    link->timing = shared->timing;
    default_to(&link->timing.greeting_timeout_ms, 5000);
    default_to(&link->timing.probe_interval_ms, 1000);
    default_to(&link->timing.silence_timeout_ms, 5000);
    default_to(&link->timing.twin_silence_ms, LINK_TWIN_SILENCE_MS);
    default_to(&link->timing.backoff_min_ms, 50);
    default_to(&link->timing.backoff_max_ms, 2000);
    link->peer_id = peer_id;
    link->dials = shared->self_id < peer_id;
    link->address = *address;
    net_address_format(address, link->address_text, sizeof(link->address_text));
    link->events = ring_create(LINK_EVENTS_MAX, sizeof(struct link_event));
    frame_queue_init(&link->queues[WIRE_CONTROL], LINK_FRAMES_MAX, LINK_CONTROL_BYTES);
    frame_queue_init(&link->queues[WIRE_ENTRIES], LINK_FRAMES_MAX,
                     shared->max_queue_bytes != 0 ? shared->max_queue_bytes : LINK_ENTRIES_BYTES);
    frame_queue_init(&link->queues[WIRE_BULK], LINK_BULK_FRAMES_MAX, LINK_BULK_BYTES);
    link->output.queues = link->queues;
    link->backoff_ms = link->timing.backoff_min_ms;
    mutex_init(&link->mutex, MUTEX_RANK_LINK);
    if (link->dials) {
        snprintf(link->health.trouble, sizeof(link->health.trouble), "not connected yet");
    } else {
        snprintf(link->health.trouble, sizeof(link->health.trouble),
                 "node %u makes this connection and has not done so yet: look into its log",
                 (unsigned)peer_id);
    }
    return link;
}

void link_set_spare(struct link *link, const struct net_address *address)
{
    ASSERT(!link->started);
    link->spare = *address;
    net_address_format(address, link->spare_text, sizeof(link->spare_text));
}

int link_start(struct link *link)
{
    char name[16];
    int code;

    snprintf(name, sizeof(name), "link %u", (unsigned)link->peer_id);
    code = thread_start(&link->thread, name, run, link);
    link->started = code == 0;
    return code;
}

void link_request_stop(struct link *link)
{
    atomic_store(&link->stop, true);
    waker_wake(&link->waker);
}

void link_destroy(struct link *link)
{
    struct link_event event;

    if (link == NULL) {
        return;
    }
    if (link->started) {
        link_request_stop(link);
        thread_join(&link->thread);
    }
    while (ring_pop(link->events, &event)) {
        wire_message_free(event.message);
        memory_free(event.snapshot);
    }
    wire_message_free(link->owed.message);
    memory_free(link->owed.snapshot);
    ring_destroy(link->events);
    stream_close(link->given);
    frame_input_free(&link->input);
    frame_assembly_clear(&link->assembly);
    frame_output_free(&link->output);
    for (int class = 0; class < WIRE_CLASSES; class ++) {
        frame_queue_free(&link->queues[class]);
    }
    mutex_destroy(&link->mutex);
    waker_close(&link->waker);
    memory_free(link);
}

/* Wakes the link if it waits for room in `events`: see link_push_owed(). */
static void wake_blocked(struct link *link)
{
    if (atomic_exchange(&link->events_blocked, false)) {
        waker_wake(&link->waker);
    }
}

bool link_next_event(struct link *link, struct link_event *event)
{
    bool found = ring_pop(link->events, event);

    if (found && event->size_bytes > 0) {
        atomic_fetch_sub(&link->events_bytes, event->size_bytes);
    }
    /* The plain load is a hint that may come too late. The exchanges after a failed pop and in
     * link_has_events() never do. */
    if (!found ||
        (atomic_load(&link->events_blocked) && ring_count(link->events) <= LINK_EVENTS_MAX / 2 &&
         atomic_load(&link->events_bytes) <= LINK_EVENTS_BYTES / 2)) {
        wake_blocked(link);
    }
    return found;
}

/*
 * The core thread calls this before it sleeps. It takes a limited number of events in a turn, so it
 * can take the last event of the ring and never see that the ring is empty. A link that waits for
 * room would then sleep until its next probe, with bytes of the peer in its socket. So an empty
 * ring that is seen here wakes the link as well.
 */
bool link_has_events(struct link *link)
{
    if (ring_count(link->events) > 0 || atomic_load(&link->proof_against) != 0) {
        return true;
    }
    wake_blocked(link);
    return false;
}

bool link_send(struct link *link, enum wire_class class, struct wire_frame *frame)
{
    ASSERT(class != WIRE_CONTROL || frame->size_bytes <= LINK_CONTROL_FRAME_MAX);
    if (!atomic_load(&link->up)) {
        memory_free(frame);
        return false;
    }
    return frame_queue_push(&link->queues[class], frame);
}

void link_wake(struct link *link)
{
    waker_wake(&link->waker);
}

void link_give_stream(struct link *link, struct stream *stream, const struct wire_hello *hello)
{
    struct stream *older;

    ASSERT(!link->dials);
    mutex_lock(&link->mutex);
    older = link->given;
    link->given = stream;
    link->given_hello = *hello;
    atomic_store(&link->given_waits, true);
    mutex_unlock(&link->mutex);
    stream_close(older);
    waker_wake(&link->waker);
}

uint16_t link_peer_id(const struct link *link)
{
    return link->peer_id;
}

const struct net_address *link_address(const struct link *link)
{
    return &link->address;
}

const char *link_address_text(const struct link *link)
{
    return link->address_text;
}

const char *link_spare_host(const struct link *link)
{
    return link->spare_text[0] != 0 ? link->spare.host : "";
}

void link_get_health(struct link *link, struct link_health *health)
{
    mutex_lock(&link->mutex);
    *health = link->health;
    mutex_unlock(&link->mutex);
}
