/*
 * The follower's side of replication (dissertation, section 3.5): takes appends that continue the
 * log, refuses others with a hint where the logs may agree, and acknowledges only what is on disk.
 * The thread that calls raft_step() runs this.
 */
#include "raft/append.h"

#include "base/plant.h"
#include "raft/core.h"
#include "raft/lease.h"
#include "raft/tail.h"
#include "raft/time.h"

/*
 * Whether the entry at this index is committed here and has another term than the message says.
 * This is asked about the entry before the new ones as well: if that one is committed, the append
 * is not compared with the log any further, and with a wrong term there, terms could fall along the
 * log.
 */
static bool contradicts(const struct raft_core *core, uint64_t index, uint64_t term)
{
    return index <= core->commit_index && index >= core->log.base_index &&
           raftlog_term(&core->log, index) != term;
}

/*
 * A leader gives each index one time only. So an entry here with the same index and term has to
 * have the same time. After a restart the time at the base may not be known: then it is 0.
 */
static bool time_contradicts(const struct raft_core *core, const struct raft_entry *entry)
{
    uint64_t known_ms;

    if (entry->index > raftlog_last_index(&core->log)) {
        return false; /* as most entries are: new */
    }
    known_ms = raftlog_time(&core->log, entry->index);
    return raftlog_term(&core->log, entry->index) == entry->term &&
           (known_ms != 0 || PLANT(raft_base_time_believed)) && known_ms != entry->time_ms;
}

/* Whether a correct leader can have sent this: no gaps, no falling terms or times, no other entry
 * where one is committed. */
static bool append_is_sane(const struct raft_core *core, const struct raft_message *message)
{
    uint64_t index = message->append.previous_index;
    uint64_t term = message->append.previous_term;
    uint64_t time_ms = 0;

    if (term > message->term || (index == 0 && term != 0) ||
        index > UINT64_MAX - message->entry_count - 1 || contradicts(core, index, term) ||
        message->append.time_ms > RAFT_TIME_MAX_MS) {
        return false;
    }
    if (raftlog_term(&core->log, index) == term) {
        time_ms = raftlog_time(&core->log, index);
    }
    for (uint32_t i = 0; i < message->entry_count; i++) {
        const struct raft_entry *entry = message->entries[i];
        struct raft_membership membership;

        index++;
        if (entry->index != index || entry->term < term || entry->term > message->term ||
            !raft_entry_type_is_logged(entry->type) || entry->time_ms < time_ms ||
            entry->time_ms > RAFT_TIME_MAX_MS || time_contradicts(core, entry)) {
            return false;
        }
        term = entry->term;
        time_ms = entry->time_ms;
        if (contradicts(core, index, term)) {
            return false;
        }
        if (entry->type == RAFT_ENTRY_MEMBERSHIP &&
            raft_membership_decode(&membership, entry->data, entry->size_bytes) != 0) {
            return false;
        }
    }
    return true;
}

/* The length of the promise that the answer to this append makes; 0 = the leader asked for none. */
static uint32_t promised(const struct raft_core *core, const struct raft_message *message)
{
    if (PLANT(raft_promise_overstated)) {
        return message->append.wanted_promise_ms;
    }
    return lease_length_ms(core, message->append.wanted_promise_ms);
}

static void refuse(struct raft_core *core, const struct raft_message *message)
{
    struct raft_message *reply = core_send(core, RAFT_MESSAGE_APPEND_REPLY, message->from);
    uint64_t hint = raftlog_last_at_most_term(&core->log, message->append.previous_index,
                                              message->append.previous_term);

    reply->append_reply.success = false;
    reply->append_reply.index = message->append.previous_index;
    reply->append_reply.conflict_index = hint;
    reply->append_reply.conflict_term = raftlog_term(&core->log, hint);
    reply->append_reply.read_round = message->append.read_round;
    reply->append_reply.number = message->append.number;
    reply->append_reply.promise_ms = promised(core, message);
    reply->after_write = core_hard_state_is_durable(core) ? 0 : RAFT_GATED;
}

/*
 * Acknowledges the log up to `covered`, the last index at which this append proves that the log
 * agrees with the leader's. If that is not durable yet, the answer waits for the log write. The
 * read round in the append has nothing to do with the disk: to answer it says only "you are still
 * the leader for me". So a new round gets an answer of its own at once, which acknowledges only
 * what is durable; reads of the leader do not wait for this node's disk. The first promise to a
 * leader is different: its length is a part of the hard state, and the answer waits until that is
 * durable (lease.c).
 */
static void acknowledge(struct raft_core *core, const struct raft_message *message,
                        uint64_t covered, bool dropped)
{
    bool durable = covered <= core->durable_index && core_hard_state_is_durable(core);
    bool round_is_new = message->append.read_round > core->round_answered;
    struct raft_message *reply;

    if (!durable && round_is_new && core_hard_state_is_durable(core)) {
        reply = core_send(core, RAFT_MESSAGE_APPEND_REPLY, message->from);
        reply->append_reply.success = true;
        reply->append_reply.index = covered < core->durable_index ? covered : core->durable_index;
        reply->append_reply.read_round = message->append.read_round;
        reply->append_reply.number = message->append.number;
        reply->append_reply.promise_ms = promised(core, message);
    }
    reply = core_send(core, RAFT_MESSAGE_APPEND_REPLY, message->from);
    reply->append_reply.success = true;
    reply->append_reply.index = covered;
    reply->append_reply.read_round = message->append.read_round;
    reply->append_reply.number = message->append.number;
    reply->append_reply.dropped = dropped;
    reply->append_reply.promise_ms = promised(core, message);
    reply->after_write = durable || PLANT(raft_acknowledges_early) ? 0 : RAFT_GATED;
    if (round_is_new) {
        core->round_answered = message->append.read_round;
    }
}

/*
 * Appends the entries that are new. From the first entry that conflicts, the own log is dropped.
 * Returns how many entries of the message the log has now: all, unless the disk has no room for one
 * of them, or hangs with as many writes as may be under way. Everything else in an append counts as
 * always meanwhile: the contact with the leader, its commit index, its read round. Otherwise
 * followers with full disks would hear no leader, and would campaign for ever.
 */
static uint32_t take_entries(struct raft_core *core, const struct raft_message *message)
{
    for (uint32_t i = 0; i < message->entry_count; i++) {
        struct raft_entry *entry = message->entries[i];

        if (entry->index <= core->commit_index || entry->index <= core->log.base_index) {
            continue;
        }
        if (entry->index <= raftlog_last_index(&core->log)) {
            if (raftlog_term(&core->log, entry->index) == entry->term) {
                continue; /* it is there already: the append came twice or overlaps */
            }
        }
        if (!core_space_takes(core->space, entry, message->append.reserve) ||
            core_writes_under_way(core) >= RAFT_WRITES_OF_FOLLOWER_MAX) {
            return i;
        }
        if (entry->index <= raftlog_last_index(&core->log)) {
            tail_truncate(core, entry->index);
        }
        tail_append(core, entry);
        if (PLANT(raft_membership_of_batch) && entry->type == RAFT_ENTRY_MEMBERSHIP) {
            core->membership_index = message->entries[0]->index;
        }
    }
    if (PLANT(raft_truncates_on_overlap)) {
        uint64_t after = message->append.previous_index + message->entry_count + 1;

        if (after > core->commit_index && after <= raftlog_last_index(&core->log)) {
            tail_truncate(core, after);
        }
    }
    return message->entry_count;
}

void append_on_message(struct raft_core *core, const struct raft_message *message)
{
    uint64_t previous = message->append.previous_index;
    uint64_t covered = previous + message->entry_count;
    bool dropped = false;
    uint64_t commit;

    if (!append_is_sane(core, message)) {
        core_violation(core, message->from);
        return;
    }
    if (PLANT(raft_full_disk_is_deaf) && core->space >= RAFT_SPACE_NONE &&
        message->entry_count > 0) {
        return;
    }
    core->leader_contact_ms = core->now_ms;
    core->leader_link_lost = false;
    lease_promise(core, lease_length_ms(core, message->append.wanted_promise_ms));
    core->leader_commit_index = message->append.commit_index;
    core_reset_election_timer(core);
    /*
     * If the entry before the new ones is committed here, it is the same in the log of every later
     * leader, and need not be compared. In every other case it has to be compared, also for an
     * append from index 1 on (T14).
     */
    if (previous > core->commit_index &&
        (previous > raftlog_last_index(&core->log) ||
         (raftlog_term(&core->log, previous) != message->append.previous_term &&
          !PLANT(raft_previous_not_compared)))) {
        refuse(core, message);
        return;
    }
    time_on_append(core, message->append.time_ms);
    if (covered < core->commit_index) {
        covered = core->commit_index;
    } else {
        uint32_t taken = take_entries(core, message);

        dropped = taken < message->entry_count;
        covered = previous + taken;
    }
    if (covered < core->commit_index) {
        covered = core->commit_index;
    }
    /*
     * The leader's commit index counts only up to `covered`. Entries of the own log after that may
     * be leftovers of an earlier leader, which this append has not compared (T11).
     */
    commit = message->append.commit_index < covered ? message->append.commit_index : covered;
    if (PLANT(raft_commits_past_message)) {
        uint64_t last = raftlog_last_index(&core->log);

        commit = message->append.commit_index < last ? message->append.commit_index : last;
    }
    if (commit > core->commit_index) {
        core_set_commit(core, commit);
    }
    acknowledge(core, message, covered, dropped);
}
