/*
 * The intake of a member: what happened since the last turn becomes one batch of events for the
 * core. Requests that no leader can be given now wait in the table.
 */
#include <string.h>

#include "base/assert.h"
#include "base/plant.h"
#include "member/state.h"

enum {
    /* Milliseconds between two entries with the time: a million keys may expire in a million
     * milliseconds, and not each of them needs an entry. */
    TIME_EVERY_MS = 50,
    TIME_BEHIND_MS = 10, /* the same, while the state machine has more to do than fits one entry */
    /* The same, while the state machine has a deadline that is still to come, and nothing else is
     * written: see member_time_due_ms(). */
    TIME_IDLE_MS = 1000,
    FIRST_MAX = 256, /* commands that come before the peers' messages in a turn */
};

/* ---- peers ---- */

void member_message(struct member *member, struct raft_message *message)
{
    ASSERT(member_has_room(member));
    if (!member->turn.takes_part) {
        /* The sender sees no answer, as if the message had been lost. */
        wire_message_free(message);
        return;
    }
    member_event(member, RAFT_EVENT_MESSAGE)->message = message;
    member->batch.messages[member->batch.message_count++] = message;
    for (uint32_t i = 0; message->type == RAFT_MESSAGE_PROPOSE && i < message->entry_count; i++) {
        member->batch.proposed_bytes += raft_entry_cost(message->entries[i]);
    }
}

static void note_link(struct member *member, uint16_t peer, bool up, uint64_t identity)
{
    member_binding_changed(member);
    if (up && !member_link_is_up(member, peer)) {
        ASSERT(member->up_count < sizeof(member->up) / sizeof(member->up[0]));
        member->up[member->up_count++].peer = peer;
    }
    for (size_t i = 0; i < member->up_count; i++) {
        if (member->up[i].peer == peer && up) {
            member->up[i].identity = identity;
        } else if (member->up[i].peer == peer) {
            member->up[i] = member->up[--member->up_count];
            return;
        }
    }
}

void member_link_gone(struct member *member, uint16_t peer)
{
    note_link(member, peer, false, 0);
}

void member_link(struct member *member, uint16_t peer, bool up, uint64_t identity)
{
    struct raft_event *event;

    ASSERT(member_has_room(member));
    note_link(member, peer, up, identity);
    member_add_task(member, MEMBER_TASK_LINK, peer)->up = up;
    /* Also while the node is out of service, so that the core knows the links when it is back. */
    event = member_event(member, RAFT_EVENT_LINK);
    event->link.peer = peer;
    event->link.up = up;
}

/* ---- requests ---- */

bool member_takes_requests(const struct member *member)
{
    return member_has_room(member) && waiting_has_room(&member->waiting);
}

static void propose(struct member *member, struct waiting_request *request)
{
    struct raft_entry *entry = request->entry;

    /* A command keeps its bytes, because it is proposed again if it was certainly not appended. */
    request->entry = raft_entry_is_command(entry) ? raft_entry_hold(entry) : NULL;
    entry->origin = member->options.origin;
    entry->sequence = request->sequence;
    member_event(member, RAFT_EVENT_PROPOSE)->entry = entry;
    member->batch.entries[member->batch.entry_count++] = entry;
    member->batch.proposed_bytes += raft_entry_cost(entry);
}

static void propose_held(struct member *member, size_t most)
{
    struct waiting *waiting = &member->waiting;
    struct waiting_request *request;
    size_t count = 0;

    if (member_can_release(member)) {
        waiting_release(waiting);
        member->release_ms = member->turn.now_ms + MEMBER_RETRY_MS; /* not for each request */
    }
    while ((request = waiting_peek(waiting, &waiting->held)) != NULL && member_has_room(member) &&
           count++ < most && member_is_open(member)) {
        if (waiting_is_blocked(waiting, request->owner)) {
            waiting_advance(waiting, &waiting->held, WAITING_BEHIND);
        } else {
            propose(member, request);
            waiting_advance(waiting, &waiting->held, WAITING_PROPOSED);
        }
    }
}

/*
 * What peers forward comes before the own clients' commands in a turn. With the acknowledgements in
 * the same batch, it could take all the room (max_uncommitted_bytes) again and again before this
 * member sees that there was some. So when commands of own clients were left waiting, these come
 * first in the next turn, and have an eighth of the bound more; in the turn after that the
 * forwarded ones come first again.
 */
void member_propose_first(struct member *member)
{
    bool is_first = !member->own_came_first && raft_get_role(member->core) == RAFT_LEADER &&
                    waiting_peek(&member->waiting, &member->waiting.held) != NULL;

    member->own_came_first = is_first;
    if (is_first) {
        propose_held(member, FIRST_MAX);
    }
}

static void wait_for_read(struct member *member, const struct member_request *request,
                          uint64_t deadline_ms)
{
    bool strict = request->level == RAFTD_READ_LINEARIZABLE;
    struct waiting_request *read =
        waiting_add(&member->waiting, strict ? WAITING_READ_NEW : WAITING_READ_LOCAL,
                    request->client, request->tag, deadline_ms, request->entry);

    read->level = (uint8_t)request->level;
    read->max_lag_ms = request->max_lag_ms;
}

/* A command waits if no leader can be given it now, and also if others wait before it: the commands
 * of a client keep their order. */
static void take_command(struct member *member, const struct member_request *request,
                         uint64_t deadline_ms)
{
    struct waiting *waiting = &member->waiting;
    struct waiting_request *command;
    bool is_held;

    propose_held(member, MEMBER_EVENTS_MAX);
    is_held = !member_is_open(member) || !member_has_room(member) ||
              waiting_is_blocked(waiting, request->client) ||
              waiting_peek(waiting, &waiting->held) != NULL;
    command = waiting_add(waiting, is_held ? WAITING_HELD : WAITING_PROPOSED, request->client,
                          request->tag, deadline_ms, request->entry);
    if (!is_held) {
        propose(member, command);
    }
}

void member_ask(struct member *member, const struct member_request *request)
{
    uint64_t deadline_ms = member->turn.now_ms + member->options.request_timeout_ms;

    ASSERT(member_takes_requests(member));
    if (!member->turn.serves) {
        member_answer_at_once(member, request, RAFTD_ERROR_NOT_READY, 0, "");
    } else if (member_refuses(member)) {
        member_answer_at_once(member, request, RAFTD_ERROR_STOPPED, 0, "");
    } else if (request->kind == MEMBER_SNAPSHOT) {
        member_ask_snapshot(member, request);
    } else if (request->kind == MEMBER_READ) {
        wait_for_read(member, request, deadline_ms);
    } else {
        take_command(member, request, deadline_ms);
    }
}

void member_forget_client(struct member *member, const struct raftd_client *client)
{
    waiting_forget_client(&member->waiting, client);
}

/* One read round at a time: reads that arrive during a round are asked together in the next one. */
static void ask_reads(struct member *member)
{
    struct waiting *waiting = &member->waiting;
    struct raft_event *event;

    if (waiting_peek(waiting, &waiting->reads_asked) != NULL ||
        waiting_peek(waiting, &waiting->reads_new) == NULL) {
        return;
    }
    event = member_event(member, RAFT_EVENT_READ);
    event->read_id = ++member->read_id;
    event->lease = waiting_ask_reads(waiting);
    member->read_asked_ms = member->turn.now_ms;
}

/* ---- the time ---- */

void member_deadline(struct member *member, uint64_t deadline_ms)
{
    member->deadline_ms = deadline_ms;
}

/* Whether the newest entry with the time may still be applied: then no other one is proposed. */
static bool time_is_under_way(const struct member *member)
{
    const struct raft_entry *entry = member->time_entry;

    return entry != NULL && entry->index > member->applied_index &&
           raft_log_entry(member->core, entry->index) == entry;
}

/* Whether the state machine was already told a time after its deadline, but had too much to do. */
static bool is_behind(const struct member *member)
{
    return member->time_entry != NULL && member->deadline_ms <= member->time_entry->time_ms;
}

/*
 * An entry with the time is due when the state machine has a deadline by now, and also a second
 * after the last entry of any kind as long as there is a deadline to come. Cluster time is stored
 * nowhere but in the log: after all nodes were down, it goes on from the last entry. Without the
 * entry of each second, an hour in which nothing was written would be lost, and every key would
 * live an hour longer. For the same reason a leader that is asked to stop writes the time first.
 */
uint64_t member_time_due_ms(const struct member *member)
{
    uint64_t time_ms, wanted_ms, due_ms, earliest_ms;

    if (!member->options.has_deadlines || member->deadline_ms > RAFT_TIME_MAX_MS ||
        raft_get_role(member->core) != RAFT_LEADER || !member_can_propose(member) ||
        time_is_under_way(member)) {
        return UINT64_MAX;
    }
    if (member->drain_is_wanted && !member->drain_has_begun) {
        return member->core_now_ms;
    }
    time_ms = raft_cluster_time(member->core, member->core_now_ms);
    wanted_ms = raft_last_time(member->core) + TIME_IDLE_MS;
    if (member->deadline_ms < wanted_ms || PLANT(member_idle_is_no_time)) {
        wanted_ms = member->deadline_ms;
    }
    earliest_ms = member->time_proposed_ms + (is_behind(member) ? TIME_BEHIND_MS : TIME_EVERY_MS);
    due_ms = member->core_now_ms + (wanted_ms > time_ms ? wanted_ms - time_ms : 0);
    return due_ms > earliest_ms ? due_ms : earliest_ms;
}

/* The leader proposes an entry with the time if one is due. */
static void propose_time(struct member *member)
{
    if (member_time_due_ms(member) > member->core_now_ms) {
        return;
    }
    raft_entry_release(member->time_entry);
    member->time_entry = raft_entry_make(RAFT_ENTRY_TIME, NULL, 0);
    member->time_proposed_ms = member->core_now_ms;
    member_event(member, RAFT_EVENT_PROPOSE)->entry = member->time_entry;
}

void member_complete_batch(struct member *member)
{
    if (member->turn.takes_part) {
        propose_held(member, MEMBER_EVENTS_MAX);
        propose_time(member);
        member_propose_binding(member);
        member_begin_draining(member);
        ask_reads(member);
        member_tell_applied(member);
    }
}
