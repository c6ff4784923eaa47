/*
 * Cluster time: one line that all entries of a log are stamped along. Each leader continues
 * where the entry before its own ended; wall clocks are only ever read by the very first one.
 */
#include "base/assert.h"
#include "raft/core.h"

void time_on_clock(struct raft_core *core, uint64_t wall_ms)
{
    core->time.wall_ms = wall_ms;
    core->time.wall_now_ms = core->now_ms;
}

uint64_t time_wall_ms(const struct raft_core *core)
{
    return core->time.wall_ms != 0 ? core->time.wall_ms + (core->now_ms - core->time.wall_now_ms)
                                   : 0;
}

static void set_anchor(struct raft_core *core, uint64_t time_ms)
{
    core->time.anchor_ms = time_ms < RAFT_TIME_MAX_MS ? time_ms : RAFT_TIME_MAX_MS;
    core->time.anchor_now_ms = core->now_ms;
    core->time.anchor_term = core->term;
}

/* The line of the anchor's leader, continued with this node's monotonic clock. */
static uint64_t anchored_time(const struct raft_core *core, uint64_t now_ms)
{
    uint64_t passed = now_ms > core->time.anchor_now_ms ? now_ms - core->time.anchor_now_ms : 0;

    if (core->time.anchor_term == 0) {
        return 0;
    }
    return passed < RAFT_TIME_MAX_MS - core->time.anchor_ms ? core->time.anchor_ms + passed
                                                            : RAFT_TIME_MAX_MS;
}

/*
 * A new leader goes on from the last entry of its log. What it heard of the time since counts
 * only if it heard that from the very leader that stamped that entry: the line of another may be
 * ahead of it, and what expires by it would expire early.
 */
void time_become_leader(struct raft_core *core)
{
    uint64_t last_ms = raftlog_time(&core->log, raftlog_last_index(&core->log));
    uint64_t start_ms = last_ms != 0 ? last_ms : time_wall_ms(core);
    uint64_t heard_ms = anchored_time(core, core->now_ms);

    if (core->time.anchor_term == raftlog_last_term(&core->log) && heard_ms > start_ms) {
        start_ms = heard_ms;
    }
    set_anchor(core, start_ms);
}

/* An append of the leader of this term. A delayed one says nothing that is not known better. */
void time_on_append(struct raft_core *core, uint64_t time_ms)
{
    if (core->time.anchor_term != core->term || time_ms > anchored_time(core, core->now_ms)) {
        set_anchor(core, time_ms);
    }
}

uint64_t raft_cluster_time(const struct raft_core *core, uint64_t now_ms)
{
    uint64_t last_ms = raftlog_time(&core->log, raftlog_last_index(&core->log));
    uint64_t time_ms = anchored_time(core, now_ms);

    return time_ms > last_ms ? time_ms : last_ms;
}
