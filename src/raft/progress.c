/*
 * What the leader knows about the log of each peer: how far the peer's log agrees and is durable,
 * and which appends are on the way. The states are drawn in progress.h. It learns this from the
 * peers' answers, from links that come and go, and from what replicate.c says that it has sent; it
 * sends nothing itself. The thread that calls raft_step() runs this.
 */
#include "raft/progress.h"

#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "raft/core.h"
#include "raft/lease.h"

enum {
    /* An append with entries of at most this size is a heartbeat as well, if none is before it. */
    HEARTBEAT_BYTES = 4096,
    HEARTBEATS_A_TIMEOUT = 3, /* heartbeats in an election time-out: one or two may be lost */
    SHORTEST_TIMEOUT_MS = 10, /* a peer that says a shorter one is not heeded further */
};

static void inflight_clear(struct progress *progress)
{
    progress->inflight_head = 0;
    progress->inflight_count = 0;
    progress->inflight_bytes = 0;
}

static void inflight_add(struct raft_core *core, struct progress *progress, uint64_t last_index,
                         size_t cost)
{
    size_t capacity = core->options.max_inflight_messages;
    size_t place = (progress->inflight_head + progress->inflight_count) % capacity;

    ASSERT(progress->inflight_count < capacity);
    progress->inflights[place] =
        (struct inflight){.last_index = last_index, .cost_bytes = cost, .sent_ms = core->now_ms};
    progress->inflight_count++;
    progress->inflight_bytes += cost;
}

/* Takes the appends up to an acknowledged index out of the window. */
static void inflight_acknowledge(struct raft_core *core, struct progress *progress, uint64_t index)
{
    while (progress->inflight_count > 0) {
        const struct inflight *oldest = &progress->inflights[progress->inflight_head];

        if (oldest->last_index > index) {
            return;
        }
        ASSERT(progress->inflight_bytes >= oldest->cost_bytes);
        progress->inflight_bytes -= oldest->cost_bytes;
        progress->inflight_head =
            (progress->inflight_head + 1) % core->options.max_inflight_messages;
        progress->inflight_count--;
    }
}

void progress_probe(struct raft_core *core, struct progress *progress, uint64_t next)
{
    if (next <= progress->match_index) {
        next = progress->match_index + 1;
    }
    inflight_clear(progress);
    progress->next_index = next;
    progress->probe_index = next - 1;
    progress->probe_sent = false;
    progress->stale_number = progress->number;
    progress->commit_sent = 0;
    progress->fetch_number = 0;
    progress->transfer = TRANSFER_NONE;
    progress->transfer_ms = 0;
    progress->state = next <= core->log.base_index ? RAFT_PROGRESS_SNAPSHOT : RAFT_PROGRESS_PROBE;
}

static void progress_init(struct raft_core *core, struct progress *progress)
{
    progress->inflights =
        memory_allocate(core->options.max_inflight_messages * sizeof(struct inflight));
    progress->match_index = 0;
    progress->last_contact_ms = core->now_ms;
    progress_probe(core, progress, raftlog_last_index(&core->log) + 1);
}

/* The peer has lost what it has acknowledged: nobody knows what else it has forgotten, a vote or a
 * promise. Nothing that it says counts any more, and nothing that it said. */
static void stop_counting(struct raft_core *core, struct progress *progress)
{
    if (PLANT(raft_lost_log_counts)) {
        return;
    }
    core->state_changed = core->state_changed || !progress->has_lost_log;
    progress->has_lost_log = true;
    progress->last_contact_ms = 0;
    progress->round_acknowledged = 0;
    progress->lease_until_ms = 0;
    progress->promise_ms = 0;
}

/* The same, if the membership says so. */
static void stop_counting_marked(struct raft_core *core, size_t position)
{
    if (core->membership.members[position].identity == RAFT_IDENTITY_LOST &&
        !PLANT(raft_lost_mark_ignored)) {
        stop_counting(core, &core->progress[position]);
    }
}

uint64_t progress_heartbeat_ms(const struct raft_core *core)
{
    uint64_t heartbeat_ms = core->options.heartbeat_ms;

    for (size_t i = 0; i < core->membership.count; i++) {
        uint32_t timeout_ms = core->progress[i].election_timeout_ms;

        if (timeout_ms == 0 || /* not known */
            !raft_membership_is_voter(&core->membership, core->membership.members[i].id)) {
            continue;
        }
        if (timeout_ms < SHORTEST_TIMEOUT_MS) {
            timeout_ms = SHORTEST_TIMEOUT_MS;
        }
        if (timeout_ms / HEARTBEATS_A_TIMEOUT < heartbeat_ms) {
            heartbeat_ms = timeout_ms / HEARTBEATS_A_TIMEOUT;
        }
    }
    return heartbeat_ms;
}

/* The peer says its election time-out, which may need an earlier heartbeat than the next one. */
static void follow_timeout(struct raft_core *core, struct progress *progress, uint32_t timeout_ms)
{
    uint64_t due_ms;

    if (progress->election_timeout_ms == timeout_ms) {
        return;
    }
    progress->election_timeout_ms = timeout_ms;
    due_ms = core->now_ms + progress_heartbeat_ms(core);
    if (due_ms < core->heartbeat_deadline_ms) {
        core->heartbeat_deadline_ms = due_ms;
    }
}

void progress_begin(struct raft_core *core)
{
    core->read_round = 0;
    lease_open_round(core);
    for (size_t i = 0; i < core->membership.count; i++) {
        ASSERT(core->progress[i].inflights == NULL);
        progress_init(core, &core->progress[i]);
        stop_counting_marked(core, i);
    }
    core->heartbeat_deadline_ms = core->now_ms + progress_heartbeat_ms(core);
}

void progress_end(struct raft_core *core)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        memory_free(core->progress[i].inflights);
    }
    memset(core->progress, 0, sizeof(core->progress));
}

void progress_on_lost(struct raft_core *core, uint16_t peer)
{
    size_t position = core_position(core, peer);

    if (core->role == RAFT_LEADER && position < RAFT_MEMBERS_MAX) {
        stop_counting(core, &core->progress[position]);
    }
}

/* The membership has changed, and with it the positions: each member keeps its progress. */
void progress_membership_changed(struct raft_core *core, const struct raft_membership *before)
{
    struct progress old[RAFT_MEMBERS_MAX];

    memcpy(old, core->progress, sizeof(old));
    memset(core->progress, 0, sizeof(core->progress));
    for (size_t i = 0; i < core->membership.count; i++) {
        const struct raft_member *known =
            raft_membership_find(before, core->membership.members[i].id);

        if (known != NULL) {
            core->progress[i] = old[known - before->members];
            old[known - before->members].inflights = NULL;
        } else {
            progress_init(core, &core->progress[i]);
        }
        stop_counting_marked(core, i);
    }
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        memory_free(old[i].inflights);
    }
}

static void on_refusal(struct raft_core *core, struct progress *progress,
                       const struct raft_message *message)
{
    uint64_t refused = message->append_reply.index;
    uint64_t number = message->append_reply.number;
    uint64_t agree;

    if (refused <= progress->match_index) {
        /* A late answer, if the peer has acknowledged this index since. But if this node had that
         * acknowledgement already when it sent the append, the peer has lost its log. */
        if (number <= progress->match_number) {
            return;
        }
        if (progress->match_index > message->append_reply.lost_index) {
            stop_counting(core, progress);
            return;
        }
        /* It says so, and it votes for nobody until it has that again: damage.c. */
        if (progress->match_index > progress->fallen_from) {
            progress->fallen_from = progress->match_index;
        }
        progress->match_index = 0;
    }
    if (progress->state == RAFT_PROGRESS_SNAPSHOT) {
        /* A heartbeat was refused. If the hint names an entry that is in the log here, the peer has
         * installed a snapshot meanwhile. */
        if (message->append_reply.conflict_index >= core->log.base_index &&
            raftlog_term(&core->log, message->append_reply.conflict_index) ==
                message->append_reply.conflict_term) {
            progress_probe(core, progress, message->append_reply.conflict_index + 1);
        }
        return;
    }
    if (number <= progress->stale_number) {
        return; /* the answer to an append of an attempt that is over */
    }
    agree = raftlog_last_at_most_term(&core->log, message->append_reply.conflict_index,
                                      message->append_reply.conflict_term);
    if (agree >= refused) {
        agree = refused - 1; /* whatever the hint says, the next try has to be earlier */
    }
    /* For an append right after the base, the term of the entry before is still known. */
    progress_probe(core, progress, agree + 1);
}

/* Whether the append that asked where the logs agree has arrived with its entries. An answer to a
 * heartbeat shows only that the logs agree. */
static bool has_probe(const struct progress *progress, uint64_t number)
{
    return progress->inflight_count == 0 || number == progress->stale_number + 1;
}

static void on_success(struct raft_core *core, struct progress *progress,
                       const struct raft_message *message)
{
    uint64_t index = message->append_reply.index;
    uint64_t number = message->append_reply.number;

    if (index > progress->match_index) {
        progress->match_index = index;
        progress->match_number = progress->number;
    }
    inflight_acknowledge(core, progress, index);
    if (progress->next_index <= progress->match_index) {
        progress->next_index = progress->match_index + 1;
    }
    if (progress->state == RAFT_PROGRESS_PROBE && index >= progress->probe_index &&
        has_probe(progress, number)) {
        /* The entries of the probe stay in flight: they are not sent again. */
        progress->state = RAFT_PROGRESS_REPLICATE;
    } else if (progress->state == RAFT_PROGRESS_SNAPSHOT &&
               progress->next_index > core->log.base_index) {
        progress_probe(core, progress, progress->next_index);
    }
    if (message->append_reply.dropped && number > progress->stale_number) {
        /* The peer has no room for the entries after this index, and so refuses what follows. They
         * are sent again when the peer says that it has room: core_space_takes(). */
        progress_probe(core, progress, index + 1);
    }
}

void progress_on_reply(struct raft_core *core, const struct raft_message *message)
{
    size_t position = core_position(core, message->from);
    struct progress *progress;

    if (core->role != RAFT_LEADER || message->term != core->term || position == RAFT_MEMBERS_MAX) {
        return;
    }
    progress = &core->progress[position];
    if (message->append_reply.read_round > core->read_round ||
        message->append_reply.number > progress->number ||
        message->append_reply.space > RAFT_SPACE_EXHAUSTED ||
        (message->append_reply.success &&
         message->append_reply.index > raftlog_last_index(&core->log))) {
        core_violation(core, message->from);
        return;
    }
    if (progress->has_lost_log) {
        return;
    }
    progress->last_contact_ms = core->now_ms;
    progress->standing = message->append_reply.standing;
    progress->space = (enum raft_space)message->append_reply.space;
    follow_timeout(core, progress, message->append_reply.election_timeout_ms);
    lease_on_reply(core, progress, message);
    if (message->append_reply.read_round > progress->round_acknowledged) {
        progress->round_acknowledged = message->append_reply.read_round;
    }
    if (message->append_reply.success) {
        on_success(core, progress, message);
    } else {
        on_refusal(core, progress, message);
    }
}

void progress_on_link(struct raft_core *core, uint16_t peer, bool up)
{
    size_t position = core_position(core, peer);
    uint64_t next;

    if (core->role != RAFT_LEADER || position == RAFT_MEMBERS_MAX) {
        return;
    }
    /* Nothing is known of the appends that were in flight: start again after what the peer has
     * acknowledged. If that is before the base, start at the base: only the peer's own answer
     * decides that it needs a snapshot. */
    next = core->progress[position].match_index + 1;
    if (next <= core->log.base_index) {
        next = core->log.base_index + 1;
    }
    progress_probe(core, &core->progress[position], next);
    core->progress[position].probe_sent = !up;
    core->progress[position].heartbeat_due = up;
    core->progress[position].is_cut_off = !up;
    core->progress[position].cut_off_ms = core->now_ms;
}

uint64_t progress_next_number(struct progress *progress)
{
    return ++progress->number;
}

void progress_on_sent(struct raft_core *core, struct progress *progress, uint64_t previous,
                      uint32_t count, size_t cost)
{
    uint64_t covered = previous + count;
    uint64_t told = covered < core->commit_index ? covered : core->commit_index;

    /* Entries that are not small, or that follow others, may take long on their way: a heartbeat
     * has to go beside them. */
    if (progress->inflight_count == 0 && cost <= HEARTBEAT_BYTES) {
        progress->heartbeat_due = false;
    }
    progress->round_sent = core->read_round;
    if (count > 0) {
        inflight_add(core, progress, covered, cost);
        progress->next_index = covered + 1;
    }
    if (progress->state == RAFT_PROGRESS_PROBE) {
        progress->probe_sent = true;
    } else if (progress->state == RAFT_PROGRESS_REPLICATE && told > progress->commit_sent) {
        progress->commit_sent = told;
    }
}
