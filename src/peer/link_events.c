/*
 * What a link tells others: events to the core, its health to the status, log lines to people. Link
 * thread only, but for link_recognise() and link_bind(); never waits.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "peer/link_private.h"
#include "sys/clock.h"

static void health_changed(struct link *link)
{
    if (link->shared->lifecycle != NULL) {
        waker_wake(link->shared->lifecycle);
    }
}

void link_report_up(struct link *link, const struct wire_hello *hello)
{
    mutex_lock(&link->mutex);
    link->health = (struct link_health){.connected = true};
    memcpy(link->health.client_address, hello->client_address, sizeof(hello->client_address));
    mutex_unlock(&link->mutex);
    health_changed(link);
}

void link_report_probed(struct link *link, uint64_t round_trip_us, bool peer_ready)
{
    bool changed;

    mutex_lock(&link->mutex);
    changed = !link->health.healthy || link->health.peer_ready != peer_ready;
    link->health.healthy = true;
    link->health.peer_ready = peer_ready;
    link->health.round_trip_us = round_trip_us;
    mutex_unlock(&link->mutex);
    if (changed) {
        health_changed(link);
    }
}

static void set_health_down(struct link *link, const char *trouble)
{
    bool changed;

    mutex_lock(&link->mutex);
    changed = link->health.connected ||
              strncmp(link->health.trouble, trouble, sizeof(link->health.trouble) - 1) != 0;
    link->health.connected = false;
    link->health.healthy = false;
    link->health.peer_ready = false;
    link->health.round_trip_us = 0;
    snprintf(link->health.trouble, sizeof(link->health.trouble), "%s", trouble);
    mutex_unlock(&link->mutex);
    if (changed) {
        health_changed(link);
    }
}

static struct acquaintance_connection look_at_connection(struct link *link)
{
    uint64_t lived_ms = atomic_load(&link->lived_ms);
    uint64_t now_ms = clock_monotonic_ms();

    return (struct acquaintance_connection){.is_up = atomic_load(&link->up),
                                            .has_answered = lived_ms != 0,
                                            .silent_ms = now_ms > lived_ms ? now_ms - lived_ms : 0,
                                            .limit_ms = link->timing.twin_silence_ms};
}

enum acquaintance_verdict link_recognise(struct link *link, const struct wire_hello *hello,
                                         struct raftd_error *error)
{
    const struct acquaintance_connection connection = look_at_connection(link);
    enum acquaintance_verdict verdict;
    bool is_proof;

    mutex_lock(&link->mutex);
    verdict = acquaintance_recognise(&link->known, hello, &connection, &is_proof, error);
    mutex_unlock(&link->mutex);
    if (verdict != ACQUAINTANCE_SAME && !connection.is_up) {
        set_health_down(link, error->message);
    }
    if (is_proof) {
        atomic_store(&link->proof_against, hello->identity);
        waker_wake(link->shared->core);
    }
    return verdict;
}

enum acquaintance_verdict link_judge(struct link *link, uint64_t identity,
                                     struct raftd_error *error)
{
    enum acquaintance_verdict verdict;

    mutex_lock(&link->mutex);
    verdict = acquaintance_judge(&link->known, identity, link->peer_id, error);
    mutex_unlock(&link->mutex);
    if (verdict != ACQUAINTANCE_SAME && !atomic_load(&link->up)) {
        set_health_down(link, error->message);
    }
    return verdict;
}

void link_get_known(struct link *link, struct acquaintance *known)
{
    mutex_lock(&link->mutex);
    *known = link->known;
    mutex_unlock(&link->mutex);
}

void link_set_known(struct link *link, const struct acquaintance *known)
{
    mutex_lock(&link->mutex);
    link->known = *known;
    mutex_unlock(&link->mutex);
}

void link_remember(struct link *link, const struct raft_message *message)
{
    mutex_lock(&link->mutex);
    acquaintance_hear(&link->known, message);
    mutex_unlock(&link->mutex);
}

uint64_t link_take_proof(struct link *link)
{
    return atomic_exchange(&link->proof_against, 0);
}

bool link_bind(struct link *link, uint64_t identity)
{
    bool is_new;

    mutex_lock(&link->mutex);
    is_new = link->known.bound != identity;
    link->known.bound = identity;
    mutex_unlock(&link->mutex);
    if (is_new) {
        atomic_store(&link->rebound, true);
        waker_wake(&link->waker);
    }
    return is_new;
}

void link_report_trouble(struct link *link, enum greeting_reason reason, const char *text)
{
    const char *where =
        link->dials || link->stream == NULL ? link_dialled_text(link) : link->stream_text;
    const char *verb = "is disconnected";

    switch (reason) {
    case GREETING_UNREACHABLE:
        verb = "cannot be reached";
        break;
    case GREETING_REFUSED:
        verb = "refuses this node";
        break;
    case GREETING_LOST:
    case GREETING_TIMEOUT:
        break;
    default:
        verb = "is refused";
        break;
    }
    if (greeting_log_passes(&link->log, reason)) {
        LOG_WARNING("peer %u at %s %s: %s", (unsigned)link->peer_id, where, verb, text);
    }
    set_health_down(link, text);
}

static bool push_event(struct link *link, struct link_event event)
{
    /* Counted before the push: the core thread may take the event and subtract its bytes at once.
     * Only this thread adds, so the sum cannot pass the limit between the two steps. */
    if (event.size_bytes > 0) {
        if (atomic_load(&link->events_bytes) >= LINK_EVENTS_BYTES) {
            return false;
        }
        atomic_fetch_add(&link->events_bytes, event.size_bytes);
    }
    if (!ring_push(link->events, &event)) {
        atomic_fetch_sub(&link->events_bytes, event.size_bytes);
        return false;
    }
    link->pushed = true;
    return true;
}

static bool try_push_owed(struct link *link)
{
    if (link->owed.type != 0) {
        if (!push_event(link, link->owed)) {
            return false;
        }
        link->owed = (struct link_event){0};
    }
    if (link->owes_down) {
        if (!push_event(link, (struct link_event){.type = LINK_EVENT_DOWN})) {
            return false;
        }
        link->owes_down = false;
    }
    if (link->owes_up) {
        if (!push_event(link, (struct link_event){.type = LINK_EVENT_UP,
                                                  .identity = link->peer_identity})) {
            return false;
        }
        link->owes_up = false;
    }
    return true;
}

/*
 * Pushes the events that are owed. If the ring is full, this thread sets the flag events_blocked,
 * so that the core thread wakes it when it has emptied the ring, and then tries once more.
 *
 * Without the second try a wake-up could be lost: the core thread empties the ring and finds the
 * flag not set, just before it is set here; then nothing would ever wake this thread. Both threads
 * change the flag by an atomic exchange, so one of the two exchanges comes first. If it is the core
 * thread's (wake_blocked(), before it sleeps at the latest), this thread sees all pops that came
 * before it, and the second try succeeds. If it is this thread's, the core thread finds the flag
 * set and wakes this thread.
 */
void link_push_owed(struct link *link)
{
    if (try_push_owed(link)) {
        link->blocked = false;
        return;
    }
    atomic_exchange(&link->events_blocked, true);
    link->blocked = !try_push_owed(link);
}

void link_push_event(struct link *link, struct link_event event)
{
    ASSERT(!link->blocked && link->owed.type == 0);
    if (!push_event(link, event)) {
        link->owed = event;
        link_push_owed(link);
    }
}

void link_push_up(struct link *link)
{
    ASSERT(!link->owes_up);
    link->owes_up = true;
    link_push_owed(link);
}

void link_push_down(struct link *link)
{
    if (link->owes_up) {
        link->owes_up = false; /* the core is told nothing of a connection that it never heard of */
        return;
    }
    ASSERT(!link->owes_down);
    link->owes_down = true;
    link_push_owed(link);
}
