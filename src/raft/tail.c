/*
 * The tail of the log: this file alone appends entries, and drops entries from the end. A new
 * membership in the log is in force at once, committed or not (dissertation, section 4.1), so this
 * file also changes the membership in force. The role of this node and what the leader knows about
 * its peers then follow. The thread that calls raft_step() runs this. Nothing is written to the
 * disk here: at the end of a batch, raft_step() makes one write of all changes.
 */
#include "raft/tail.h"

#include "base/assert.h"
#include "raft/core.h"
#include "raft/damage.h"
#include "raft/progress.h"
#include "raft/role.h"
#include "raft/time.h"

/* Leader: notes the members that the new membership no longer contains. reconfigure.c tells them
 * when the new membership is committed. */
static void note_leaving(struct raft_core *core, const struct raft_membership *before)
{
    for (size_t i = 0; i < before->count; i++) {
        uint16_t id = before->members[i].id;

        if (raft_membership_find(&core->membership, id) == NULL && id != core->options.id &&
            core->leaving_count < RAFT_MEMBERS_MAX) {
            core->leaving[core->leaving_count++] = id;
        }
    }
}

void tail_set_membership(struct raft_core *core, const struct raft_membership *membership,
                         uint64_t index)
{
    struct raft_membership before = core->membership;

    core->membership = *membership;
    core->membership_index = index;
    core->state_changed = true;
    if (core->role == RAFT_LEADER) {
        progress_membership_changed(core, &before);
        note_leaving(core, &before);
    } else {
        role_on_membership(core);
    }
}

void tail_append_own(struct raft_core *core, struct raft_entry *entry)
{
    ASSERT(core->role == RAFT_LEADER);
    entry->term = core->term;
    entry->index = raftlog_last_index(&core->log) + 1;
    entry->time_ms = raft_cluster_time(core, core->now_ms);
    entry->wall_ms = time_wall_ms(core);
    tail_append(core, entry);
}

void tail_append(struct raft_core *core, struct raft_entry *entry)
{
    raftlog_append(&core->log, entry);
    core->uncommitted_bytes += raft_entry_cost(entry);
    if (entry->type == RAFT_ENTRY_MEMBERSHIP) {
        struct raft_membership membership;
        int code = raft_membership_decode(&membership, entry->data, entry->size_bytes);

        ASSERT(code == 0); /* checked when the entry came: append_is_sane(), load_log() */
        tail_set_membership(core, &membership, entry->index);
    }
}

/* The entry with the membership in force was dropped: the newest membership before that entry is in
 * force again. */
static void fall_back(struct raft_core *core)
{
    struct raft_membership membership;
    uint64_t index = core_membership_at(core, raftlog_last_index(&core->log), &membership);

    tail_set_membership(core, &membership, index);
}

void tail_truncate(struct raft_core *core, uint64_t index)
{
    ASSERT(core->role != RAFT_LEADER); /* leader append-only, section 3.3 */
    ASSERT(index > core->commit_index);
    for (uint64_t i = index; i <= raftlog_last_index(&core->log); i++) {
        core->uncommitted_bytes -= raft_entry_cost(raftlog_entry(&core->log, i));
    }
    raftlog_truncate(&core->log, index);
    if (index < core->write_next) {
        core->write_next = index;
        if (core->truncate_from == 0 || index < core->truncate_from) {
            core->truncate_from = index;
        }
        core->truncate_sequence = core->issued_sequence + 1;
    }
    if (core->durable_index >= index) {
        core->durable_index = index - 1;
    }
    damage_on_truncated(core, index);
    if (core->membership_index >= index) {
        fall_back(core);
    }
}

/*
 * Each entry that the log held is either contained in the snapshot or was never committed. If
 * entries after the snapshot's index were kept although the log has another entry at that index,
 * the log would not be that of any leader, and no append could ever fit it (T37). Log writes that
 * are under way are about the old log, so their completions count for nothing: truncate_sequence,
 * see on_written() in step.c.
 */
void tail_restart(struct raft_core *core, const struct raft_snapshot_received *snapshot)
{
    raftlog_restart(&core->log, snapshot->index, snapshot->term, snapshot->time_ms);
    core->uncommitted_bytes = 0;
    core->base_membership = *snapshot->membership;
    core->commit_index = snapshot->index;
    core->durable_index = snapshot->index;
    core->write_next = snapshot->index + 1;
    core->truncate_from = 0;
    core->truncate_sequence = core->issued_sequence + 1;
    core->base_dirty = true;
    damage_on_restart(core);
    tail_set_membership(core, snapshot->membership, snapshot->index);
}
