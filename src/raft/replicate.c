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
    return core->now_ms - raft_heard_ms(core, core->now_ms) >= core->options.election_timeout_ms;
}

/* Whether a peer is known to live: it has answered during the last election time-out. */
static bool is_heard(const struct raft_core *core, const struct progress *progress)
{
    return core->now_ms - progress->last_contact_ms < core->options.election_timeout_ms;
}

/* Whether the disk of the member at this position is less full than `before`. */
static bool is_below(const struct raft_core *core, size_t position, enum raft_space before)
{
    bool self = core->membership.members[position].id == core->options.id;

    return (self ? core->space : core->progress[position].space) < before;
}

/* Asked for each command, and nearly always so. Nothing is written at the position of this node
 * itself, so there is no need to look for that position. */
static bool all_have(const struct raft_core *core, enum raft_space before)
{
    for (size_t i = 0; i < core->membership.count; i++) {
        if (core->progress[i].space >= before) {
            return false;
        }
    }
    return core->space < before;
}

/*
 * If some disk is nearly full, the disks of members that do not answer do not count: what was heard
 * of them last may be long ago or nothing. With one member down and one full disk of three, the
 * leader would otherwise take commands that it cannot commit, and would not tell the member with
 * the full disk to use its reserve.
 */
bool replicate_quorum_has(const struct raft_core *core, enum raft_space before)
{
    bool answered[RAFT_MEMBERS_MAX];
    bool has_room[RAFT_MEMBERS_MAX];

    if (all_have(core, before)) {
        return true;
    }
    for (size_t i = 0; i < core->membership.count; i++) {
        bool self = core->membership.members[i].id == core->options.id;

        answered[i] = true;
        has_room[i] = is_below(core, i, before) && (self || is_heard(core, &core->progress[i]) ||
                                                    PLANT(raft_silent_disks_count));
    }
    return raft_membership_tally(&core->membership, answered, has_room) == RAFT_TALLY_WON;
}

/*
 * A leader refuses commands when its own disk is nearly full, or when no quorum has room for them.
 * What is left is for entries that are on their way already, for the cluster's own entries, and for
 * commands that free space (T45).
 *
 * While commands are refused, no large entries follow, and the leader tells its peers to write all
 * that they lack into their reserve (`reserve` in the append). If full disks refused these entries
 * as well, no entry after them could be committed: not the first entry of a leader's term, without
 * which there are no reads, and not the commands that free space. That is so for entries that are
 * committed already, too: they may be on the disks of members that are down now, and the quorum may
 * need a member that is behind. A member whose reserve becomes too small for it takes no entries
 * any more (RAFT_SPACE_EXHAUSTED).
 */
bool replicate_takes_commands(const struct raft_core *core)
{
    return core->space == RAFT_SPACE_ENOUGH && replicate_quorum_has(core, RAFT_SPACE_NONE);
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
    core->heartbeat_deadline_ms = core->now_ms + progress_heartbeat_ms(core);
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
        if (core->progress[i].has_lost_log) {
            durable[i] = 0;
        }
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

/* Sends an append with `count` entries after `previous`. */
static void send_append(struct raft_core *core, size_t position, uint64_t previous,
                        struct raft_entry *const *entries, uint32_t count, size_t cost,
                        enum raft_lane lane)
{
    struct progress *progress = &core->progress[position];
    struct raft_message *message =
        core_send(core, RAFT_MESSAGE_APPEND, core->membership.members[position].id);

    message->lane = (uint8_t)lane;
    message->append.previous_index = previous;
    message->append.previous_term = raftlog_term(&core->log, previous);
    message->append.commit_index = core->commit_index;
    message->append.read_round = core->read_round;
    message->append.time_ms = raft_cluster_time(core, core->now_ms);
    message->append.number = progress_next_number(progress);
    message->append.reserve = !replicate_takes_commands(core);
    message->append.wanted_promise_ms = lease_wanted_ms(core);
    message->entry_count = count;
    message->entries = entries;
    progress_on_sent(core, progress, previous, count, cost);
}

static void send_empty(struct raft_core *core, size_t position, uint64_t previous,
                       enum raft_lane lane)
{
    send_append(core, position, previous, NULL, 0, 0, lane);
}

void replicate_send_entries(struct raft_core *core, size_t position,
                            struct raft_entry *const *entries, uint32_t count, size_t cost)
{
    send_append(core, position, core->progress[position].next_index - 1, entries, count, cost,
                RAFT_LANE_ENTRIES);
}

size_t replicate_batch_bytes(const struct raft_core *core, const struct progress *progress)
{
    size_t batch = core->options.max_batch_bytes;
    size_t window = core->options.max_inflight_bytes;

    if (progress->inflight_bytes + batch <= window) {
        return batch;
    }
    return progress->inflight_bytes < window ? window - progress->inflight_bytes : 0;
}

/*
 * Sends the entries from next_index on, as many as fit into a batch and into the rest of the
 * window. At least one entry is sent, whatever its size: the caller has made sure that either the
 * window has room or nothing is in flight. A probe may have no entries to send.
 */
static void send_entries(struct raft_core *core, size_t position)
{
    const struct progress *progress = &core->progress[position];
    uint64_t previous = progress->next_index - 1;
    uint64_t last = raftlog_last_index(&core->log);
    size_t room = replicate_batch_bytes(core, progress);
    bool reserve = !replicate_takes_commands(core);
    uint32_t count = 0;
    size_t cost = 0;

    if (previous < core->log.shed_index) {
        last = previous; /* a probe: the entries after it are only on the disk (fetch.c) */
    } else if (previous < last) {
        last = previous + raftlog_slice_length(&core->log, previous + 1);
    }
    while (previous + count < last) {
        const struct raft_entry *entry = raftlog_entry(&core->log, previous + count + 1);
        size_t one = raft_entry_cost(entry);

        if (!core_space_takes(progress->space, entry, reserve)) {
            break;
        }
        if (count > 0 && (cost + one > room || BUGGIFY(raft_batch_ends_early))) {
            break;
        }
        cost += one;
        count++;
    }
    if (count > 0) {
        replicate_send_entries(core, position, raftlog_slice(&core->log, previous + 1), count,
                               cost);
    } else {
        send_empty(core, position, previous, RAFT_LANE_CONTROL);
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

/*
 * Whether the next append with entries may be sent. It waits until the window has room for a whole
 * batch: if it went as soon as a small answer makes a little room, the batches to a slow peer would
 * become as small as that, and stay so. An entry that does not fit into the rest of the window
 * waits until nothing is in flight, and then goes alone. So every entry gets there, also one that
 * is larger than the window, and the bytes in flight are bounded by the window or by the largest
 * entry.
 */
bool replicate_window_has_room(const struct raft_core *core, const struct progress *progress)
{
    const struct raft_entry *next = raftlog_entry(&core->log, progress->next_index);
    size_t batch = core->options.max_batch_bytes;
    size_t window = core->options.max_inflight_bytes;
    size_t room;

    if (!core_space_takes(progress->space, next, !replicate_takes_commands(core))) {
        return false;
    }
    if (progress->inflight_count == 0) {
        return true;
    }
    if (BUGGIFY(raft_window_is_full) ||
        progress->inflight_count >= core->options.max_inflight_messages ||
        progress->inflight_bytes > window) {
        return false;
    }
    room = window - progress->inflight_bytes;
    return room >= raft_entry_cost(next) && room >= (batch < window / 2 ? batch : window / 2);
}

/* Whether a peer has to be sent an append without entries at once: a heartbeat, or the number of a
 * new read round. */
static bool owes_contact(const struct raft_core *core, const struct progress *progress)
{
    return progress->heartbeat_due ||
           (progress->is_witness && progress->round_sent < core->read_round);
}

/*
 * Whether a peer has to be told a commit index that its clients wait for. All other peers learn the
 * commit index with the next append: a message only for that would wake each of them for every
 * batch. A peer can be told no index after the entries that were sent to it.
 */
static bool owes_commit(const struct raft_core *core, const struct progress *progress)
{
    return progress->state == RAFT_PROGRESS_REPLICATE &&
           progress->commit_sent < progress->commit_wanted &&
           progress->commit_sent < core->commit_index &&
           progress->commit_sent < progress->next_index - 1;
}

/* Where an append stands that claims nothing that the peer has not acknowledged: the peer cannot
 * refuse it, whatever is still on its way. The term at match_index may be gone from the log; every
 * log agrees at 0. */
static uint64_t undisputed(const struct raft_core *core, const struct progress *progress)
{
    return progress->match_index >= core->log.base_index ? progress->match_index : 0;
}

/*
 * Sends a heartbeat. If nothing is in flight, it asks for the last entry that was sent, and tells
 * as much of the commit index as possible. Otherwise the heartbeat must not wait behind the
 * entries: it may overtake them, and asks only for what the peer has acknowledged. While the
 * entries take longer than a heartbeat, a second empty append follows them on their own lane. The
 * answer to that one proves whether the entries have arrived (progress.h).
 */
static void send_contact(struct raft_core *core, size_t position)
{
    struct progress *progress = &core->progress[position];
    bool beat = progress->heartbeat_due;

    if (progress->state == RAFT_PROGRESS_SNAPSHOT && !progress->has_lost_log) {
        /* The answer to this says how far the peer's log goes: on_refusal(). */
        send_empty(core, position, raftlog_last_index(&core->log), RAFT_LANE_CONTROL);
    } else if (progress->inflight_count == 0 && !progress->has_lost_log) {
        send_empty(core, position, progress->next_index - 1, RAFT_LANE_CONTROL);
    } else {
        send_empty(core, position, undisputed(core, progress), RAFT_LANE_CONTROL);
        progress->heartbeat_due = false;
    }
    if (beat && PLANT(raft_repeats_entries) && progress->state == RAFT_PROGRESS_REPLICATE &&
        progress->match_index >= core->log.base_index) {
        progress_probe(core, progress, progress->match_index + 1);
    }
    if (beat && !PLANT(raft_lost_is_never_asked) && progress->inflight_count > 0 &&
        core->now_ms - progress->inflights[progress->inflight_head].sent_ms >=
            core->options.heartbeat_ms) {
        send_empty(core, position, progress->next_index - 1, RAFT_LANE_ENTRIES);
    }
}

static void send_to_peer(struct raft_core *core, size_t position)
{
    struct progress *progress = &core->progress[position];
    uint64_t last = raftlog_last_index(&core->log);

    if (progress->state == RAFT_PROGRESS_PROBE && !progress->probe_sent &&
        !progress->has_lost_log) {
        send_entries(core, position);
    }
    while (progress->state == RAFT_PROGRESS_REPLICATE && !progress->has_lost_log &&
           progress->next_index <= last && progress->next_index > core->log.shed_index &&
           replicate_window_has_room(core, progress)) {
        send_entries(core, position);
    }
    if (owes_contact(core, progress)) {
        send_contact(core, position);
    }
    if (owes_commit(core, progress) && !progress->has_lost_log) {
        send_empty(core, position, progress->next_index - 1,
                   progress->inflight_count > 0 ? RAFT_LANE_ENTRIES : RAFT_LANE_CONTROL);
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
