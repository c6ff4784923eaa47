/*
 * The leader's side of replication (dissertation, sections 3.5, 3.6 and 10.2.1): what each peer is
 * sent next, and what is committed by the answers. What the leader knows about each peer is in
 * progress.c. The thread that calls raft_step() runs this. It hands messages to the outbox and
 * never waits for anything.
 */
#include "raft/replicate.h"

#include "base/plant.h"
#include "raft/core.h"
#include "raft/lease.h"
#include "raft/progress.h"
#include "raft/role.h"

/*
 * Whether no quorum has answered for an election time-out. Such a leader gives up: by then the
 * others may have elected another one, and the clients that still ask here would get no answer
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
        role_become_follower(core, core->term, 0);
        return;
    }
    core->heartbeat_deadline_ms = core->now_ms + core->options.heartbeat_ms;
    lease_open_round(core);
    for (size_t i = 0; i < core->membership.count; i++) {
        core->progress[i].heartbeat_due = true;
    }
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
    progress_on_sent(core, progress, previous, count, cost);
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
