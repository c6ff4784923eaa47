/*
 * Cluster time: the time that leaders stamp on the entries. It never falls along the log. Each
 * leader continues from the time of the last entry in its log and advances with its own monotonic
 * clock. Only the very first leader of a cluster takes the start from its wall clock.
 *
 * The other nodes estimate the cluster time: the "anchor" is the time that the leader of
 * anchor_term last said, and when this node heard it. One thread at a time uses a
 * core (raft.h).
 */
#include "raft/time.h"

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

/* The time of the anchor's leader, advanced with this node's monotonic clock since it was heard. */
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
 * A new leader continues from the time of the last entry in its log. It has perhaps heard a later
 * time. That counts only if the leader that stamped that last entry has said it. Another leader, of
 * a term whose entries this log does not have, may have been ahead: perhaps it took the start from
 * a wall clock that is fast. Keys would then expire too early.
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

/* The leader of this term has said its time. An append that was delayed says an earlier time than
 * is known already. */
void time_on_append(struct raft_core *core, uint64_t time_ms)
{
    if (core->time.anchor_term != core->term || time_ms > anchored_time(core, core->now_ms)) {
        set_anchor(core, time_ms);
    }
}

uint64_t raft_last_time(const struct raft_core *core)
{
    return raftlog_time(&core->log, raftlog_last_index(&core->log));
}

uint64_t raft_cluster_time(const struct raft_core *core, uint64_t now_ms)
{
    uint64_t last_ms = raftlog_time(&core->log, raftlog_last_index(&core->log));
    uint64_t time_ms = anchored_time(core, now_ms);

    return time_ms > last_ms ? time_ms : last_ms;
}
