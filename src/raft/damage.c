/*
 * Damage in the log on the disk. The thread that calls raft_step() runs this. The first part is
 * about damage that is found while the member lives: an entry that was durable once, and that is
 * read back for a slow peer, has a wrong checksum. The second part, at the end of this comment, is
 * about damage that a start has found. The ideas are those of Alagappan et al., "Protocol-Aware
 * Recovery for Consensus-Based Storage" (FAST 2018): damage is not a torn tail, so it is not
 * forgotten; a member with a damaged entry takes part in no election; and what may be committed is
 * restored before it votes again.
 *
 *     INTACT -> DAMAGED     damage_on_found(): votes for nobody, does not campaign, hands over
 *     DAMAGED -> SEALED     damage_on_issue(): a write begins a segment; all that was written
 *                           before it, up to sealed_index, is in the segments before
 *     SEALED -> DAMAGED     more damage is found, after sealed_index; or a leader withdraws entries
 *                           up to sealed_index, so that the later segments need those before
 *     SEALED -> REPLACING   damage_on_covered(): a durable snapshot contains sealed_index, so only
 *                           the later segments are needed
 *     DAMAGED, SEALED -> REPLACING  damage_replace_log(): a durable snapshot contains all that the
 *                           memory does not hold whole; the write that is issued now begins a new
 *                           log after that snapshot, with everything that follows from memory
 *     any -> REPLACING      damage_on_restart(): the same, with a snapshot that was received
 *     REPLACING -> INTACT   damage_on_written(): the write that began the segment is durable, so
 *                           the segments before it can go; votes again
 *
 * Why a snapshot mends the log in two ways. While entries are committed, the memory gives up the
 * data of ever more entries, and it may do so past the index of a snapshot before that is saved.
 * But then sealed_index is committed soon, and the next snapshot contains it, however much is
 * written meanwhile. While nothing is committed, because this member's vote is missing, perhaps
 * sealed_index never is. But then the memory gives up nothing that the next snapshot does not
 * contain, and that one can replace the log.
 *
 * Why no entry has to come from a peer. The memory gives up the data of an entry only when the
 * entry was applied, so a member that lives has the effect of each entry in its state machine, or
 * the entry whole in memory. A snapshot of its own state and a new log after it restore everything,
 * whatever part of the log was damaged; and that works where no peer has an intact copy, on the
 * only voter, and on all members at once. A peer that needs the damaged entry meanwhile gets it
 * from the voter that leadership is handed over to, or the snapshot.
 *
 * Damage before the base counts as well: the entry was being read for a peer while a snapshot took
 * its place. The disk keeps it for the snapshot before that one, and beside entries that are needed
 * still, and the next start verifies it. If the file is gone already, a segment is begun and a
 * snapshot saved for nothing, once.
 *
 * Why a damaged member may go on acknowledging. An acknowledgement of an index promises two things:
 * that a later leader cannot be elected by this member without the entries up to that index, and
 * that they count as stored here. The first holds because the member does not vote at all; that
 * survives a crash, since the next start finds the same damage: the second part. For the second,
 * only entries that are not committed yet matter, because nothing is counted for the others any
 * more. These are whole in memory. As soon as the damage is found they are written again, behind
 * the damage, and until that write is durable they do not count (durable_index). New entries get
 * batches of their own, which are intact. Without these acknowledgements one damaged member and one
 * that is down would stop a cluster of three, for nothing.
 *
 * Why the member leads on if no voter can take over. Its log in memory is that of a leader:
 * complete, with the right terms. It sends only what is whole in memory or has been verified
 * (fetch.c). To step down would help nobody, and the only voter could never come back.
 *
 * Damage that a start has found. Nothing but the log has what the log had, so what follows the
 * damage has to come from the leader. The start has cut the log before the damage, and says how far
 * it went: up to index N, where it had an entry of term T (core->lost; it may say a later term or a
 * greater index, never less). It has kept the hard state: term, vote and promise. Then
 *
 *     LACKING -> WHOLE      follow_lost(): the last durable entry is at least as up to date as
 *                           (T, N) in the order of section 3.6.1: a later term, or the same term
 *                           and no smaller index
 *
 * While it is LACKING, it grants no vote and no pre-vote and does not campaign, so it does not lead
 * either. It takes appends and snapshots, acknowledges what is durable, and promises leases.
 *
 * Why no committed entry is lost. Let e be an entry that the leader of term C has committed with an
 * acknowledgement of this member that is not true any more. C's leader commits only entries of its
 * own term, with all before them, so the lost log had an entry of term C at e or after it, and
 * nothing has withdrawn that since. So T >= C.
 *   - While the member is LACKING it votes for nobody. Each later leader is elected by a quorum
 *     that shares another member with the quorum that stored e, or by votes that this member gave
 *     while it had e. So each later leader has e, as if this member were down.
 *   - When it is WHOLE it has e. If its last entry has the term T and an index of at least N, then
 *     its log and the lost one have the entry (T, N) both, and so the same entries up to there. If
 *     the term is later than T, and so later than C, the leader that made that entry had e, and so
 *     has each log that agrees with it there (log matching).
 * This needs no more than that each vote of the past was given with a log that was whole, so it
 * holds for joint memberships, for learners that become voters, and for leaders that change
 * meanwhile. What the start has kept may be older than what a later part of the lost log had
 * withdrawn; that is like the log of any member that has not heard its leader yet.
 *
 * The leader. It may have counted entries for this member up to match_index <= N. What it has
 * committed so stays committed, by the argument above. For what it has not committed yet it counts
 * them no longer: the member says with each answer that it has lost entries up to N (lost_index),
 * and match_index falls to 0 when it refuses an append below (progress.c). A member that denies
 * what it acknowledged and does not say so, or that acknowledged more than N, is still one whose
 * directory was set back: nothing of it counts.
 *
 * Why one of one or two voters is not cut: without its vote no leader could be elected, and the
 * wait would have no end (member/damaged_log.c).
 */
#include "raft/damage.h"

#include "base/assert.h"
#include "base/plant.h"
#include "raft/role.h"

bool damage_forbids_votes(const struct raft_core *core)
{
    return (core->damage.index != 0 || core->lost.from != 0) && !PLANT(raft_damaged_votes);
}

/* Whether the durable part of the log is at least as up to date as the one that was lost. */
static void follow_lost(struct raft_core *core)
{
    uint64_t term = raftlog_term(&core->log, core->durable_index);

    if (core->lost.from != 0 &&
        (term > core->lost.term ||
         (term == core->lost.term && core->durable_index >= core->lost.index))) {
        core->lost.from = 0;
        core->lost.index = 0; /* it lacks nothing any more that it could be excused for */
        core->state_changed = true;
    }
}

void damage_on_start(struct raft_core *core, const struct raft_recovered *recovered)
{
    core->lost.from = recovered->damaged_index;
    core->lost.term = recovered->lost_term;
    core->lost.index = recovered->lost_index;
    follow_lost(core);
}

/* The entries from this index on are in no write yet, so they do not count as durable, except those
 * that are committed: nothing is counted for them any more. */
static void write_again(struct raft_core *core, uint64_t from)
{
    uint64_t counted = from - 1 > core->commit_index ? from - 1 : core->commit_index;

    core->write_next = from;
    core->truncate_sequence = core->issued_sequence + 1;
    if (core->durable_index > counted) {
        core->durable_index = counted;
    }
}

static void unseal(struct raft_core *core)
{
    core->damage.sealed_sequence = 0;
    core->damage.sealed_index = 0;
}

/* Whether the entry is in a segment that is known to be damaged. */
static bool is_known(const struct raft_core *core, uint64_t index)
{
    return core->damage.index != 0 &&
           (core->damage.sequence != 0 || core->damage.sealed_sequence == 0 ||
            index <= core->damage.sealed_index);
}

void damage_on_found(struct raft_core *core, uint64_t index)
{
    uint64_t from = index > core->commit_index ? index : core->commit_index + 1;

    if (index == 0 || index > raftlog_last_index(&core->log) || is_known(core, index)) {
        return;
    }
    if (core->damage.index == 0) {
        core->damage.index = index;
    }
    unseal(core);
    core->state_changed = true;
    core->hard_state_dirty = true; /* a write follows the damage, so that no start takes it for the
                                      torn end of the log and cuts it off */
    if (core->role == RAFT_PRE_CANDIDATE || core->role == RAFT_CANDIDATE) {
        role_set(core, role_without_campaign(core), 0);
    }
    if (from < core->write_next) {
        ASSERT(core->truncate_from == 0 || core->truncate_from <= core->write_next);
        if (core->truncate_from == 0 || from < core->truncate_from) {
            core->truncate_from = from;
        }
        write_again(core, from);
    }
}

/* On a disk without room for entries, no file is made that is not needed yet. */
bool damage_wants_segment(const struct raft_core *core)
{
    return core->damage.index != 0 && core->damage.sequence == 0 &&
           core->damage.sealed_sequence == 0 && core->truncate_from == 0 && !core->base_dirty &&
           core->space <= RAFT_SPACE_LOW;
}

void damage_on_issue(struct raft_core *core, struct raft_write *write)
{
    if (write->has_base) {
        write->begins_segment = write->sequence == core->damage.sequence;
    } else if (damage_wants_segment(core)) {
        write->begins_segment = true;
        write->base_index = core->write_next - 1;
        write->base_term = raftlog_term(&core->log, write->base_index);
        core->damage.sealed_sequence = write->sequence;
        core->damage.sealed_index = write->base_index;
    }
}

void damage_on_truncated(struct raft_core *core, uint64_t from)
{
    if (from <= core->damage.sealed_index) {
        ASSERT(core->damage.sequence == 0);
        unseal(core);
    }
}

bool damage_is_covered_by(const struct raft_core *core, uint64_t snapshot_index)
{
    return core->damage.index != 0 && core->damage.sequence == 0 &&
           core->damage.sealed_sequence != 0 && !PLANT(raft_mends_from_memory) &&
           (snapshot_index >= core->damage.sealed_index || PLANT(raft_old_snapshot_mends));
}

bool damage_is_replaced_by(const struct raft_core *core, uint64_t snapshot_index)
{
    return core->damage.index != 0 && core->damage.sequence == 0 && snapshot_index > 0 &&
           snapshot_index >= core->log.shed_index;
}

static void end_if_mended(struct raft_core *core)
{
    if (core->damage.sequence != 0 && core->written_sequence >= core->damage.sequence) {
        core->damage.index = 0;
        core->damage.sequence = 0;
        unseal(core);
        core->state_changed = true;
    }
}

void damage_on_covered(struct raft_core *core)
{
    ASSERT(core->log.base_index < core->write_next);
    if (core->durable_index < core->log.base_index) {
        core->durable_index = core->log.base_index; /* the snapshot is durable */
    }
    core->damage.sequence = core->damage.sealed_sequence;
    end_if_mended(core);
}

void damage_replace_log(struct raft_core *core)
{
    uint64_t base = core->log.base_index;

    ASSERT(core->damage.index != 0 && base > 0 && core->log.shed_index == base);
    if (core->durable_index < base) {
        core->durable_index = base; /* the snapshot is durable */
    }
    write_again(core, base + 1);
    unseal(core);
    core->truncate_from = 0;
    core->base_dirty = true;
    core->damage.sequence = core->issued_sequence + 1;
}

void damage_on_restart(struct raft_core *core)
{
    if (core->damage.index != 0) {
        unseal(core);
        core->damage.sequence = core->issued_sequence + 1;
    }
}

void damage_on_written(struct raft_core *core)
{
    end_if_mended(core);
    follow_lost(core);
}
