/*
 * Snapshots, as far as the core is concerned (dissertation, chapter 5): it knows their indexes and
 * terms, never their bytes. The host writes, sends and restores the bytes. The core says which
 * peers need a snapshot, drops entries that a snapshot covers, and decides what happens to the log
 * of a follower when a snapshot arrives. The thread that calls raft_step() runs this.
 */
#include "raft/snapshot.h"

#include "base/assert.h"
#include "base/plant.h"
#include "raft/core.h"
#include "raft/damage.h"
#include "raft/progress.h"
#include "raft/tail.h"

/*
 * How long the log is kept for a peer that does not answer. A link notices after some seconds that
 * nothing arrives, and needs some more to be made anew (src/peer/link.c); short time-outs change
 * nothing about that. So each time has two limits, and the longer one counts.
 */
enum {
    SILENT_TIMEOUTS = 10, /* the connection is not known to be lost */
    SILENT_MS = 10000,
    LOST_TIMEOUTS = 4, /* the connection was lost */
    LOST_MS = 3000,
};

void raft_membership_at(const struct raft_core *core, uint64_t index,
                        struct raft_membership *membership)
{
    ASSERT(index >= core->log.base_index && index <= raftlog_last_index(&core->log));
    if (PLANT(raft_snapshot_has_newest_members)) {
        *membership = core->membership;
        return;
    }
    core_membership_at(core, index, membership);
}

/* Peers that were to be sent entries which are gone now are asked again where they stand. */
static void probe_from_base(struct raft_core *core)
{
    for (size_t i = 0; core->role == RAFT_LEADER && i < core->membership.count; i++) {
        if (core->progress[i].state != RAFT_PROGRESS_SNAPSHOT &&
            core->progress[i].next_index <= core->log.base_index) {
            progress_probe(core, &core->progress[i], core->log.base_index + 1);
        }
    }
}

/*
 * Drops the entries before keep_from, which a durable snapshot covers. Entries that are not on this
 * node's disk yet stay: a snapshot may contain committed entries that only the other nodes have on
 * disk, and durable_index must not be before the base. If the log on the disk is damaged, what is
 * before the snapshot goes, or all of it is replaced, and begins after the snapshot.
 */
void snapshot_on_saved(struct raft_core *core, const struct raft_snapshot_saved *saved)
{
    uint64_t base = saved->keep_from > 0 ? saved->keep_from - 1 : 0;
    bool covers = damage_is_covered_by(core, saved->index);
    bool replaces_log = !covers && damage_is_replaced_by(core, saved->index);

    ASSERT(saved->index <= core->commit_index && base <= saved->index);
    ASSERT(saved->index < core->log.base_index ||
           raftlog_term(&core->log, saved->index) == saved->term);
    if (covers || replaces_log) {
        base = saved->index;
    } else if (base > core->durable_index) {
        base = core->durable_index;
    }
    if (base > core->log.base_index) {
        raft_membership_at(core, base, &core->base_membership);
        raftlog_compact(&core->log, base);
        probe_from_base(core);
    }
    if (covers) {
        damage_on_covered(core);
    } else if (replaces_log) {
        damage_replace_log(core);
    }
}

static bool snapshot_is_sane(const struct raft_core *core,
                             const struct raft_snapshot_received *received)
{
    return received->index > 0 && received->index <= RAFT_INDEX_MAX && received->term > 0 &&
           received->term <= core->term && received->time_ms <= RAFT_TIME_MAX_MS &&
           raft_membership_is_valid(received->membership);
}

/* Tells the leader that the log up to `covered` is here, so that it sends what follows. */
static void answer(struct raft_core *core, uint16_t to, uint64_t covered)
{
    bool durable = covered <= core->durable_index && core_hard_state_is_durable(core);
    struct raft_message *reply = core_send(core, RAFT_MESSAGE_APPEND_REPLY, to);

    reply->append_reply.success = true;
    reply->append_reply.index = covered;
    reply->after_write = durable ? 0 : RAFT_GATED;
}

void snapshot_on_received(struct raft_core *core, const struct raft_snapshot_received *received)
{
    if (core->role == RAFT_LEADER) {
        return;
    }
    if (!snapshot_is_sane(core, received)) {
        core_violation(core, received->from);
        return;
    }
    if (received->index > core->commit_index) {
        /*
         * If the log has the same entry at the snapshot's index, then it has all entries that the
         * snapshot contains. They are committed and need no snapshot, and what follows them stays.
         */
        if (raftlog_term(&core->log, received->index) == received->term ||
            (PLANT(raft_snapshot_term_ignored) &&
             received->index <= raftlog_last_index(&core->log))) {
            core_set_commit(core, received->index);
        } else {
            tail_restart(core, received);
            core->install_index = received->index;
            core->install_term = received->term;
        }
    }
    answer(core, received->from, received->index);
}

static struct progress *transfer_to(struct raft_core *core, uint16_t peer)
{
    size_t position = core_position(core, peer);

    if (core->role != RAFT_LEADER || position == RAFT_MEMBERS_MAX ||
        core->progress[position].state != RAFT_PROGRESS_SNAPSHOT ||
        core->progress[position].transfer != TRANSFER_UNDER_WAY) {
        return NULL; /* this transfer is no longer wanted */
    }
    return &core->progress[position];
}

/* The peer has the snapshot on its disk. It is sent entries after it only when it acknowledges the
 * snapshot's index itself: it may crash before it has installed the snapshot (T38). */
void snapshot_on_sent(struct raft_core *core, const struct raft_snapshot_sent *sent)
{
    struct progress *progress = transfer_to(core, sent->peer);

    if (progress != NULL) {
        progress->transfer = TRANSFER_DELIVERED;
        progress->transfer_ms = core->now_ms;
        progress->delivered_index = sent->index;
    }
}

void snapshot_on_failed(struct raft_core *core, uint16_t peer)
{
    struct progress *progress = transfer_to(core, peer);

    if (progress != NULL) {
        progress->transfer = TRANSFER_NONE;
        progress->transfer_ms = core->now_ms;
    }
}

/* The log that this peer has, or will have soon. Where a peer stands that has not answered this
 * leader yet, nobody knows: it may need all of the log from this index on. */
static uint64_t log_of(const struct progress *progress, uint64_t first)
{
    if (progress->delivered_index > progress->match_index) {
        return progress->delivered_index;
    }
    return progress->match_index == 0 && progress->state == RAFT_PROGRESS_PROBE
               ? first
               : progress->match_index;
}

static uint64_t longer(uint64_t timeouts, uint64_t ms, const struct raft_core *core)
{
    uint64_t timeouts_ms = timeouts * core->options.election_timeout_ms;

    return timeouts_ms > ms ? timeouts_ms : ms;
}

/* Whether this peer may be back soon, if it is gone at all. */
static bool is_waited_for(const struct raft_core *core, const struct progress *progress)
{
    return core->now_ms - progress->last_contact_ms <= longer(SILENT_TIMEOUTS, SILENT_MS, core) &&
           (!progress->is_cut_off ||
            core->now_ms - progress->cut_off_ms <= longer(LOST_TIMEOUTS, LOST_MS, core));
}

uint64_t raft_needed_index(const struct raft_core *core, uint64_t from)
{
    uint64_t first = from > core->log.base_index ? from : core->log.base_index;
    uint64_t needed = UINT64_MAX;

    for (size_t i = 0; core->role == RAFT_LEADER && i < core->membership.count; i++) {
        const struct progress *progress = &core->progress[i];
        uint64_t has = log_of(progress, first);

        if (core->membership.members[i].id != core->options.id && !progress->has_lost_log &&
            has > 0 && has >= first && has < needed && is_waited_for(core, progress)) {
            needed = has;
        }
    }
    return needed;
}

/*
 * Whether to ask the host for a transfer to this peer now. For the first one, the peer's own
 * refusal is the reason. After a transfer that failed, an election time-out has to pass and the
 * peer has to answer again first, so that a peer that is offline is not sent a snapshot again and
 * again (T20).
 */
static bool wants_transfer(const struct raft_core *core, struct progress *progress)
{
    bool waited = core->now_ms - progress->transfer_ms >= core->options.election_timeout_ms;

    if (progress->state != RAFT_PROGRESS_SNAPSHOT) {
        return false;
    }
    if (progress->transfer == TRANSFER_DELIVERED && waited) {
        progress->transfer = TRANSFER_NONE; /* the peer did not install it; perhaps it crashed */
    }
    return progress->transfer == TRANSFER_NONE &&
           (progress->transfer_ms == 0 ||
            (waited && progress->last_contact_ms > progress->transfer_ms));
}

void snapshot_flush(struct raft_core *core)
{
    for (size_t i = 0; core->role == RAFT_LEADER && i < core->membership.count; i++) {
        struct progress *progress = &core->progress[i];

        if (wants_transfer(core, progress)) {
            progress->transfer = TRANSFER_UNDER_WAY;
            progress->transfer_ms = core->now_ms;
            core->snapshot_peers[core->snapshot_peer_count++] = core->membership.members[i].id;
        }
    }
}
