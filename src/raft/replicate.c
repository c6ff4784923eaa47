/*
 * The leader's side of replication (dissertation, sections 3.5, 3.6 and 10.2.1): what each peer
 * has, what it is sent next, and what is committed by that. The states of a peer are drawn in
 * core.h.
 */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "raft/core.h"

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
    progress->inflights[place] = (struct inflight){.last_index = last_index, .cost_bytes = cost};
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

void replicate_probe(struct raft_core *core, struct progress *progress, uint64_t next)
{
    if (next <= progress->match_index) {
        next = progress->match_index + 1;
    }
    inflight_clear(progress);
    progress->next_index = next;
    progress->probe_sent = false;
    progress->commit_sent = 0;
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
    replicate_probe(core, progress, raftlog_last_index(&core->log) + 1);
    progress->heartbeat_due = true;
}

void replicate_begin(struct raft_core *core)
{
    core->read_round = 0;
    lease_open_round(core);
    for (size_t i = 0; i < core->membership.count; i++) {
        ASSERT(core->progress[i].inflights == NULL);
        progress_init(core, &core->progress[i]);
    }
    core->heartbeat_deadline_ms = core->now_ms + core->options.heartbeat_ms;
}

void replicate_end(struct raft_core *core)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        memory_free(core->progress[i].inflights);
    }
    memset(core->progress, 0, sizeof(core->progress));
}

/* The membership has changed, and with it the positions: each member keeps its progress. */
void replicate_membership_changed(struct raft_core *core, const struct raft_membership *before)
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
    }
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        memory_free(old[i].inflights);
    }
}

/*
 * Whether no quorum has answered for an election time-out. Such a leader gives up: by then the
 * others may have elected another one, and the clients that still ask here would wait in vain
 * ("check quorum", section 6.2).
 */
static bool quorum_is_silent(const struct raft_core *core)
{
    uint64_t contacts[RAFT_MEMBERS_MAX];

    for (size_t i = 0; i < core->membership.count; i++) {
        bool self = core->membership.members[i].id == core->options.id;

        contacts[i] = self ? core->now_ms : core->progress[i].last_contact_ms;
    }
    return core->now_ms - raft_membership_quorum_value(&core->membership, contacts) >=
           core->options.election_timeout_ms;
}

void replicate_tick(struct raft_core *core)
{
    if (core->role != RAFT_LEADER || core->now_ms < core->heartbeat_deadline_ms) {
        return;
    }
    if (quorum_is_silent(core) && !PLANT(raft_leads_in_silence)) {
        election_become_follower(core, core->term, 0);
        return;
    }
    core->heartbeat_deadline_ms = core->now_ms + core->options.heartbeat_ms;
    lease_open_round(core);
    for (size_t i = 0; i < core->membership.count; i++) {
        core->progress[i].heartbeat_due = true;
    }
}

static void on_refusal(struct raft_core *core, struct progress *progress,
                       const struct raft_message *message)
{
    uint64_t refused = message->append_reply.index;
    uint64_t agree;

    if (refused <= progress->match_index) {
        return; /* a late answer: the peer has acknowledged more since */
    }
    if (progress->state == RAFT_PROGRESS_SNAPSHOT) {
        /* A heartbeat was refused. If the hint names an entry that is in the log here, the peer has
         * installed a snapshot meanwhile. */
        if (message->append_reply.conflict_index >= core->log.base_index &&
            raftlog_term(&core->log, message->append_reply.conflict_index) ==
                message->append_reply.conflict_term) {
            replicate_probe(core, progress, message->append_reply.conflict_index + 1);
        }
        return;
    }
    if (progress->state == RAFT_PROGRESS_PROBE && refused != progress->next_index - 1) {
        return; /* the answer to an earlier append */
    }
    agree = raftlog_last_at_most_term(&core->log, message->append_reply.conflict_index,
                                      message->append_reply.conflict_term);
    if (agree >= refused) {
        agree = refused - 1; /* whatever the hint says, the next try has to be earlier */
    }
    /* For an append right after the base, the term of the entry before is still known. */
    replicate_probe(core, progress, agree + 1);
}

static void on_success(struct raft_core *core, struct progress *progress,
                       const struct raft_message *message)
{
    uint64_t index = message->append_reply.index;

    if (index > progress->match_index) {
        progress->match_index = index;
    }
    inflight_acknowledge(core, progress, index);
    if (progress->next_index <= progress->match_index) {
        progress->next_index = progress->match_index + 1;
    }
    if (progress->state == RAFT_PROGRESS_PROBE && index + 1 >= progress->next_index) {
        progress->state = RAFT_PROGRESS_REPLICATE;
    } else if (progress->state == RAFT_PROGRESS_SNAPSHOT &&
               progress->next_index > core->log.base_index) {
        replicate_probe(core, progress, progress->next_index);
    }
    progress->probe_sent = false;
}

void replicate_on_reply(struct raft_core *core, const struct raft_message *message)
{
    size_t position = core_position(core, message->from);
    struct progress *progress;

    if (core->role != RAFT_LEADER || message->term != core->term || position == RAFT_MEMBERS_MAX) {
        return;
    }
    progress = &core->progress[position];
    if (message->append_reply.read_round > core->read_round ||
        (message->append_reply.success &&
         message->append_reply.index > raftlog_last_index(&core->log))) {
        core_violation(core, message->from);
        return;
    }
    progress->last_contact_ms = core->now_ms;
    progress->standing = message->append_reply.standing;
    if (message->append_reply.read_round > progress->round_acknowledged) {
        progress->round_acknowledged = message->append_reply.read_round;
    }
    if (message->append_reply.success) {
        on_success(core, progress, message);
    } else {
        on_refusal(core, progress, message);
    }
}

void replicate_on_link(struct raft_core *core, uint16_t peer, bool up)
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
    replicate_probe(core, &core->progress[position], next);
    core->progress[position].probe_sent = !up;
    core->progress[position].heartbeat_due = up;
}

/*
 * Commits what a quorum has on disk, if that is an entry of this term. An entry of an earlier term
 * is committed only by an entry of this term after it: until then, a node without it can still be
 * elected and overwrite it, although a quorum has it on disk (section 3.6.2, Figure 3.7; T9).
 *
 * The leader's own disk counts like any other: it may send entries before they are on its own disk,
 * and they may be committed by the disks of the others alone (section 10.2.1).
 */
void replicate_advance_commit(struct raft_core *core)
{
    uint64_t durable[RAFT_MEMBERS_MAX];
    uint64_t index;

    if (core->role != RAFT_LEADER) {
        return;
    }
    for (size_t i = 0; i < core->membership.count; i++) {
        bool self = core->membership.members[i].id == core->options.id;

        durable[i] = self ? core->durable_index : core->progress[i].match_index;
        if (self && PLANT(raft_counts_itself_early)) {
            durable[i] = raftlog_last_index(&core->log);
        }
    }
    index = raft_membership_quorum_value(&core->membership, durable);
    if (index > core->commit_index &&
        (raftlog_term(&core->log, index) == core->term || PLANT(raft_commits_by_counting))) {
        core_set_commit(core, index);
    }
}

/* Sends one append from next_index on; with `entries`, as many as fit into a batch. */
static void send_append(struct raft_core *core, size_t position, bool entries)
{
    struct progress *progress = &core->progress[position];
    uint64_t previous = progress->next_index - 1;
    uint64_t last = raftlog_last_index(&core->log);
    struct raft_message *message;
    uint32_t count = 0;
    size_t cost = 0;

    if (progress->state == RAFT_PROGRESS_SNAPSHOT) {
        previous = last; /* a heartbeat only: the log does not hold what the peer needs */
        entries = false;
    }
    while (entries && previous + count < last) {
        size_t one = raft_entry_cost(raftlog_entry(&core->log, previous + count + 1));

        if (count > 0 &&
            (cost + one > core->options.max_batch_bytes || BUGGIFY(raft_batch_ends_early))) {
            break;
        }
        cost += one;
        count++;
    }
    message = core_send(core, RAFT_MESSAGE_APPEND, core->membership.members[position].id);
    message->append.previous_index = previous;
    message->append.previous_term = raftlog_term(&core->log, previous);
    message->append.commit_index = core->commit_index;
    message->append.read_round = core->read_round;
    message->append.time_ms = raft_cluster_time(core, core->now_ms);
    message->entry_count = count;
    message->entries = count > 0 ? raftlog_slice(&core->log, previous + 1) : NULL;

    progress->heartbeat_due = false;
    progress->round_sent = core->read_round;
    if (progress->state == RAFT_PROGRESS_REPLICATE) {
        uint64_t covered = previous + count;

        if (count > 0) {
            inflight_add(core, progress, covered, cost);
            progress->next_index = covered + 1;
        }
        progress->commit_sent = covered < core->commit_index ? covered : core->commit_index;
    } else {
        progress->probe_sent = true;
    }
}

/* Whether a peer will probably answer at once: it has answered every round that it was asked. */
static bool is_responsive(const struct raft_core *core, const struct progress *progress)
{
    return progress->state == RAFT_PROGRESS_REPLICATE &&
           progress->round_acknowledged == progress->round_sent &&
           core->now_ms - progress->last_contact_ms < 2 * (uint64_t)core->options.heartbeat_ms;
}

/*
 * Chooses the witnesses of a read round that was just opened: the peers that are asked at once. A
 * round needs the answers of a quorum, not of all. So it is sent at once only to as many responsive
 * voters as complete a majority with the leader; the others are not woken for every batch of reads.
 * They get the round's number with the next append or heartbeat. So if a witness does not answer,
 * the round is late by at most a heartbeat. If there are too few responsive voters, or while the
 * membership is joint, or if the leader has no vote, all peers are witnesses.
 */
void replicate_choose_witnesses(struct raft_core *core)
{
    bool simple = core_is_voter(core) && !raft_membership_is_joint(&core->membership);
    size_t wanted = 0;

    for (size_t i = 0; i < core->membership.count; i++) {
        wanted += raft_membership_is_voter(&core->membership, core->membership.members[i].id);
    }
    wanted /= 2; /* so many others are a majority together with the leader */
    for (size_t i = 0; i < core->membership.count; i++) {
        const struct raft_member *member = &core->membership.members[i];
        struct progress *progress = &core->progress[i];

        progress->is_witness = simple && wanted > 0 && member->id != core->options.id &&
                               (member->roles & RAFT_MEMBER_VOTER) != 0 &&
                               is_responsive(core, progress);
        wanted -= progress->is_witness;
    }
    for (size_t i = 0; i < core->membership.count && wanted > 0; i++) {
        core->progress[i].is_witness = true;
    }
}

static bool window_has_room(const struct raft_core *core, const struct progress *progress)
{
    return !BUGGIFY(raft_window_is_full) &&
           progress->inflight_count < core->options.max_inflight_messages &&
           progress->inflight_bytes < core->options.max_inflight_bytes;
}

/*
 * Whether a peer has to be sent an append without entries: a heartbeat, the number of a new read
 * round, or a commit index that clients of the peer wait for. All other peers learn the commit
 * index with the next append: a message only for that would wake each of them for every batch.
 */
static bool owes_empty_append(const struct raft_core *core, const struct progress *progress)
{
    if (progress->heartbeat_due ||
        (progress->is_witness && progress->round_sent < core->read_round)) {
        return true;
    }
    return progress->state == RAFT_PROGRESS_REPLICATE &&
           progress->commit_sent < progress->commit_wanted &&
           progress->commit_sent < core->commit_index;
}

static void send_to_peer(struct raft_core *core, size_t position)
{
    struct progress *progress = &core->progress[position];
    uint64_t last = raftlog_last_index(&core->log);

    if (progress->state == RAFT_PROGRESS_PROBE && !progress->probe_sent) {
        send_append(core, position, true);
        return;
    }
    while (progress->state == RAFT_PROGRESS_REPLICATE && progress->next_index <= last &&
           window_has_room(core, progress)) {
        send_append(core, position, true);
    }
    if (owes_empty_append(core, progress)) {
        /* In PROBE, the heartbeat contains entries: the append before it may have been lost. */
        send_append(core, position, progress->state == RAFT_PROGRESS_PROBE);
    }
}

void replicate_send(struct raft_core *core)
{
    if (core->role != RAFT_LEADER) {
        return;
    }
    for (size_t i = 0; i < core->membership.count; i++) {
        if (core->membership.members[i].id != core->options.id) {
            send_to_peer(core, i);
        }
    }
}
