/*
 * The member's part of snapshots: decides when one is due, what becomes of a received one, and how
 * much of the log is still needed. The snapshot worker (src/snapshot) has the files.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "member/due.h"
#include "member/state.h"

enum {
    KEPT_MEMORY_TIMES = 8,  /* twice MEMORY_TIMES of due.c */
    KEPT_CONTENT_TIMES = 2, /* without a limit on the memory for the log */
    SHORTEN_EVERY_MS = 1000,
};

/* ---- news of the worker ---- */

/* Entries of few bytes have their data in memory as long as they are in the log (raft/log.h). Twice
 * as much as the log may have when a snapshot is due (due.c) is enough for peers. Without a limit
 * all of the log is in memory, and a snapshot is due when the log is as large as the content. */
static bool takes_too_much_memory(const struct member *member)
{
    uint64_t limit = member->options.log_memory_bytes;
    struct raft_status status;

    raft_get_status(member->core, member->turn.now_ms, &status);
    return limit != 0 ? status.log_bytes / KEPT_MEMORY_TIMES > limit
                      : status.log_bytes / KEPT_CONTENT_TIMES > member->snapshots.content_bytes;
}

/* The log is kept for peers only as long as the next snapshot has room beside it: what is kept must
 * not become the reason for which clients are refused, long before that line. */
static bool has_room_for_peers(const struct member *member)
{
    uint64_t reserve_bytes = member->options.reserve_bytes;
    uint64_t free_bytes = member->turn.free_bytes; /* UINT64_MAX, if it is not known */

    return member->disk == RAFT_SPACE_ENOUGH && free_bytes / 2 >= reserve_bytes &&
           free_bytes - 2 * reserve_bytes >= member->snapshots.content_bytes;
}

uint64_t member_log_floor(const struct member *member)
{
    const struct member_snapshots *snapshots = &member->snapshots;

    if (!has_room_for_peers(member) || takes_too_much_memory(member)) {
        return UINT64_MAX;
    }
    return kept_floor(&snapshots->kept, member->applied_bytes, snapshots->content_bytes);
}

/*
 * The first entry that is kept. The snapshot covers the others, but the last keep_entries of them
 * are kept for slow followers, and those after an older snapshot that is being sent to a peer.
 *
 * While the disk is nearly full, none are kept for slow followers, which get the snapshot instead,
 * and those after an older snapshot are kept only if a start may need them, too. Otherwise a disk
 * that they have filled would stay full.
 */
static uint64_t keep_from(const struct member *member, const struct member_saved *saved)
{
    bool has_room = member->disk == RAFT_SPACE_ENOUGH;
    uint64_t keep = has_room ? member->options.keep_entries : 0;
    uint64_t from = saved->index >= keep ? saved->index - keep + 1 : 1;

    if (saved->needed_index < from && (has_room || saved->needed_index >= saved->before_index)) {
        return saved->needed_index + 1;
    }
    return from;
}

/* The last entry that may be removed from the disk. There the log reaches back to the snapshot
 * before the new one: if the new one turns out to be damaged, a start uses the one before (T35). */
static uint64_t remove_up_to(const struct member_saved *saved, uint64_t from)
{
    return saved->before_index != 0 && saved->before_index < from ? saved->before_index : from - 1;
}

static void compact(struct member *member, uint64_t index)
{
    if (index > member->compact_wanted) {
        member->compact_wanted = index;
    }
}

/* The newest snapshot was saved here: the log before it is needed no longer, unless a peer lacks it
 * that catches up: else the peer would need a snapshot again, and so on. */
static void shorten_log(struct member *member)
{
    struct member_snapshots *snapshots = &member->snapshots;
    uint64_t from = keep_from(member, &snapshots->saved);
    uint64_t needed = raft_needed_index(member->core, member_log_floor(member));
    struct raft_event *event = member_event(member, RAFT_EVENT_SNAPSHOT_SAVED);

    snapshots->shorten_ms = 0;
    if (needed < from) {
        from = needed + 1;
        snapshots->shorten_ms = member->turn.now_ms + SHORTEN_EVERY_MS;
    }
    event->saved.index = snapshots->saved.index;
    event->saved.term = snapshots->taken_term;
    event->saved.keep_from = from;
    compact(member, remove_up_to(&snapshots->saved, from));
}

void member_snapshot_saved(struct member *member, const struct member_saved *saved)
{
    struct member_snapshots *snapshots = &member->snapshots;

    if (!snapshots->is_saving || saved->index != snapshots->saving_index) {
        return; /* about a snapshot that was given up */
    }
    snapshots->is_saving = false;
    if (saved->code != 0) {
        snapshots->retry_ms = member->turn.now_ms + member->options.snapshot_retry_ms;
        return;
    }
    snapshots->is_damaged = false;
    snapshots->taken_index = saved->index;
    snapshots->content_bytes = snapshots->saving_bytes;
    snapshots->taken_term = snapshots->saving_term;
    snapshots->saved = *saved;
    kept_note(&snapshots->kept, saved->index, snapshots->applied_bytes, snapshots->content_bytes);
    if (member->disk != RAFT_SPACE_ENOUGH) {
        snapshots->is_tight = false;
    }
    shorten_log(member);
}

/* Whether a damaged log waits for a snapshot. */
static bool mends_log(const struct member *member)
{
    return raft_damaged_index(member->core) != 0 && !raft_damage_is_being_mended(member->core);
}

/*
 * Whether the snapshot that was saved last may shorten the log once more.
 *
 * While the log is damaged, the old snapshot shortens nothing: the core would take it for the one
 * that replaces the log, and nobody has read it again since it was saved.
 */
static bool may_shorten_again(const struct member *member)
{
    const struct member_snapshots *snapshots = &member->snapshots;

    return !snapshots->is_damaged && !mends_log(member) && snapshots->saved.index != 0 &&
           snapshots->saved.index == snapshots->taken_index;
}

void member_follow_space(struct member *member)
{
    struct member_snapshots *snapshots = &member->snapshots;

    snapshots->is_tight = member->disk != RAFT_SPACE_ENOUGH;
    /* A snapshot that was saved a moment before has kept entries for slow followers. The disk has
     * no room for them now, and perhaps nothing is applied meanwhile for another snapshot. */
    if (snapshots->is_tight && may_shorten_again(member)) {
        shorten_log(member);
    }
}

void member_follow_peers(struct member *member)
{
    struct member_snapshots *snapshots = &member->snapshots;

    if (snapshots->shorten_ms == 0 || member->turn.now_ms < snapshots->shorten_ms) {
        return;
    }
    snapshots->shorten_ms = 0;
    if (may_shorten_again(member)) {
        shorten_log(member);
    }
}

/*
 * Everything that the damaged log held is in the state machine or in memory, so a snapshot and a
 * new log after it take its place (src/raft/damage.c). The snapshot is a new one, even if nothing
 * was applied since the newest one was saved: nobody has read that one again since.
 */
void member_log_damaged(struct member *member, uint64_t index)
{
    member_event(member, RAFT_EVENT_LOG_DAMAGED)->damaged_index = index;
}

/*
 * After a step: the log on the disk is not damaged any more, and what it was made of can be
 * removed. Also what a start from the snapshot before the newest one would need: with the damage in
 * the log, such a start would fail, and so would every other start.
 */
static void follow_damage(struct member *member)
{
    bool is_damaged = raft_log_is_damaged(member->core);

    if (member->log_is_damaged && !is_damaged) {
        compact(member, member->snapshots.taken_index);
    }
    member->log_is_damaged = is_damaged;
}

bool member_takes_snapshot(const struct member *member)
{
    return member->snapshots.staged == NULL;
}

bool member_takes_snapshot_frame(const struct member *member, uint16_t peer,
                                 const struct wire_snapshot *frame)
{
    uint16_t leader = raft_get_leader(member->core);

    return frame->kind != WIRE_SNAPSHOT_OFFER || leader == 0 || leader == peer;
}

void member_snapshot_received(struct member *member, uint16_t peer, struct snapshot_info *info,
                              void *staged, uint64_t content_bytes)
{
    struct member_snapshots *snapshots = &member->snapshots;
    struct raft_event *event = member_event(member, RAFT_EVENT_SNAPSHOT_RECEIVED);

    ASSERT(member_takes_snapshot(member) && snapshots->received == NULL);
    snapshots->received = info;
    snapshots->staged = staged;
    snapshots->received_bytes = content_bytes;
    event->received.from = peer;
    event->received.index = info->index;
    event->received.term = info->term;
    event->received.time_ms = info->time_ms;
    event->received.membership = &info->membership;
}

void member_snapshot_sent(struct member *member, uint16_t peer, uint64_t index)
{
    struct raft_event *event = member_event(member, RAFT_EVENT_SNAPSHOT_SENT);

    event->sent.peer = peer;
    event->sent.index = index;
}

void member_snapshot_not_sent(struct member *member, uint16_t peer)
{
    member_event(member, RAFT_EVENT_SNAPSHOT_FAILED)->peer = peer;
}

/* The core has to be told first to which peers a snapshot was sent: they still need the log. */
void member_transfers_ended(struct member *member, uint64_t needed_index)
{
    struct member_snapshots *snapshots = &member->snapshots;

    snapshots->saved.needed_index = needed_index;
    if (snapshots->shorten_ms == 0) {
        snapshots->shorten_ms = member->turn.now_ms + SHORTEN_EVERY_MS;
    }
}

/*
 * A new snapshot is saved, even if no entry was applied since the damaged one was saved. Until it
 * is there, the newest snapshot is the one before. If a snapshot is being saved already, that one
 * will do.
 */
void member_snapshot_damaged(struct member *member, uint64_t index, uint64_t before_index)
{
    struct member_snapshots *snapshots = &member->snapshots;

    if (index == snapshots->taken_index) {
        snapshots->taken_index = before_index;
        snapshots->taken_term = before_index != 0 ? raft_log_term(member->core, before_index) : 0;
        snapshots->is_damaged = true;
    }
}

/* ---- installing ---- */

static void abort_saving(struct member *member)
{
    struct member_snapshots *snapshots = &member->snapshots;

    if (snapshots->is_saving) {
        member_add_task(member, MEMBER_TASK_ABORT, 0)->is_slicing = snapshots->is_slicing;
    }
    snapshots->is_slicing = false;
    snapshots->is_saving = false;
}

/*
 * A snapshot was installed. A command that was proposed here may or may not be contained in it:
 * this node does not have the entries, so it cannot find out. "Certainly not applied" might be
 * wrong, so the outcome is unknown (T52, T53).
 */
static void fail_proposals(struct member *member)
{
    struct waiting_request *request = waiting_oldest(&member->waiting);

    while (request != NULL) {
        struct waiting_request *newer = waiting_newer(&member->waiting, request);

        if (request->state == WAITING_PROPOSED) {
            member_fail_refused_before(member, request);
            member_fail(member, request, RAFTD_ERROR_TIMEOUT);
        }
        request = newer;
    }
}

static void drop_received(struct member *member)
{
    struct member_snapshots *snapshots = &member->snapshots;

    memory_free(snapshots->received);
    snapshots->received = NULL;
    snapshots->staged = NULL;
}

static void install(struct member *member, const struct raft_outbox *outbox)
{
    struct member_snapshots *snapshots = &member->snapshots;
    struct member_task *task;

    ASSERT(outbox->install_index == snapshots->received->index);
    abort_saving(member);
    task = member_add_task(member, MEMBER_TASK_INSTALL, 0);
    task->staged = snapshots->staged;
    task->index = outbox->install_index;
    member->applied_index = outbox->install_index;
    member->applied_term = outbox->install_term;
    member->applied_time_ms = snapshots->received->time_ms;
    snapshots->is_damaged = false;
    snapshots->taken_index = outbox->install_index;
    snapshots->taken_term = outbox->install_term;
    snapshots->content_bytes = snapshots->received_bytes;
    snapshots->applied_bytes = member->applied_bytes;
    snapshots->kept.count = 0; /* the log begins here */
    kept_note(&snapshots->kept, outbox->install_index, member->applied_bytes,
              snapshots->content_bytes);
    fail_proposals(member);
    compact(member, outbox->install_index);
}

/* The core has decided about the received snapshot. */
static void decide_received(struct member *member, const struct raft_outbox *outbox)
{
    struct member_snapshots *snapshots = &member->snapshots;

    if (snapshots->staged == NULL) {
        ASSERT(!outbox->has_install);
        return;
    }
    if (outbox->has_install) {
        install(member, outbox);
    } else {
        member_add_task(member, MEMBER_TASK_DROP, 0)->staged = snapshots->staged;
    }
    drop_received(member);
}

void member_follow_snapshots(struct member *member, const struct raft_outbox *outbox)
{
    struct member_snapshots *snapshots = &member->snapshots;
    bool is_leader = raft_get_role(member->core) == RAFT_LEADER;

    decide_received(member, outbox);
    follow_damage(member);
    if (snapshots->was_leader && !is_leader) {
        member_add_task(member, MEMBER_TASK_FORGET, 0);
    }
    snapshots->was_leader = is_leader;
    for (size_t i = 0; i < outbox->snapshot_peer_count; i++) {
        member_add_task(member, MEMBER_TASK_SEND, outbox->snapshot_peers[i]);
    }
}

/* ---- saving ---- */

bool member_snapshot_is_due(const struct member *member)
{
    const struct member_snapshots *snapshots = &member->snapshots;
    const struct due due = {
        .id = member->options.id,
        .entries = member->applied_index - snapshots->taken_index,
        .bytes = member->applied_bytes - snapshots->applied_bytes,
        .content_bytes = snapshots->content_bytes,
        .max_entries = member->options.snapshot_entries,
        .max_bytes = member->options.snapshot_bytes,
        .memory_bytes = member->options.log_memory_bytes,
    };

    if (!member->options.has_snapshots || snapshots->is_saving ||
        (member->applied_index <= snapshots->taken_index && !mends_log(member))) {
        return false;
    }
    if (snapshots->is_wanted) {
        return true;
    }
    if (member->turn.now_ms < snapshots->retry_ms) {
        return false;
    }
    return snapshots->is_tight || snapshots->is_damaged || mends_log(member) ||
           due_is_reached(&due);
}

bool member_begin_snapshot(struct member *member, struct snapshot_info *info)
{
    struct member_snapshots *snapshots = &member->snapshots;

    ASSERT(!member->is_applying);
    if (!member_snapshot_is_due(member)) {
        return false;
    }
    *info = (struct snapshot_info){
        .cluster_id = member->options.cluster_id,
        .index = member->applied_index,
        .term = member->applied_term,
        .time_ms = member->applied_time_ms,
    };
    raft_membership_at(member->core, member->applied_index, &info->membership);
    snapshots->is_wanted = false;
    snapshots->is_saving = true;
    snapshots->is_slicing = true;
    snapshots->saving_index = info->index;
    snapshots->saving_term = info->term;
    snapshots->saving_bytes = 0;
    snapshots->applied_bytes = member->applied_bytes;
    return true;
}

bool member_wants_slice(const struct member *member)
{
    return member->snapshots.is_slicing;
}

void member_sliced(struct member *member, size_t size_bytes, bool is_last)
{
    ASSERT(member->snapshots.is_slicing);
    member->snapshots.saving_bytes += size_bytes;
    member->snapshots.is_slicing = !is_last;
}

void member_want_snapshot(struct member *member)
{
    struct member_snapshots *snapshots = &member->snapshots;

    /* A node that has applied nothing yet saves its first snapshot as soon as it has applied an
     * entry. */
    snapshots->is_wanted =
        member->applied_index > snapshots->taken_index || snapshots->taken_index == 0;
}

void member_ask_snapshot(struct member *member, const struct member_request *request)
{
    struct member_snapshots *snapshots = &member->snapshots;
    char text[120];

    if (snapshots->is_saving) {
        snprintf(text, sizeof(text), "a snapshot of index %llu is being saved already",
                 (unsigned long long)snapshots->saving_index);
    } else if (member->applied_index <= snapshots->taken_index) {
        snprintf(text, sizeof(text),
                 "the snapshot of index %llu contains every applied entry already",
                 (unsigned long long)snapshots->taken_index);
    } else {
        snapshots->is_wanted = true;
        snprintf(text, sizeof(text), "saving a snapshot of index %llu or later",
                 (unsigned long long)member->applied_index);
    }
    member_answer_at_once(member, request, RAFTD_OK, member->applied_index, text);
}

void member_end_snapshots(struct member *member)
{
    abort_saving(member);
    if (member->snapshots.staged != NULL) {
        member_add_task(member, MEMBER_TASK_DROP, 0)->staged = member->snapshots.staged;
        drop_received(member);
    }
}
