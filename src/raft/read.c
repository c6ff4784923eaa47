/*
 * ReadIndex (dissertation, section 6.4): reads that are linearizable without an entry in the log.
 *
 * The leader does this for the reads of a batch:
 *   1. It waits until it has committed an entry of its own term (core_knows_commit()). A new leader
 *      has all committed entries in its log, but does not know which are committed: its commit
 *      index may be older than what an earlier leader has acknowledged (T10).
 *   2. It notes its commit index as the read index.
 *   3. It opens a round: every append from now on carries the number of the round, and each answer
 *      returns it. When a quorum has returned this number or a later one, no leader of a later term
 *      had been elected when the round was opened (T21).
 *   4. When the state machine has applied the read index, the reads are answered from it.
 *
 * Without step 3, a leader that was cut off and does not know of its successor would answer with an
 * old state. Where a lease holds, steps 2 and 3 are not needed (lease.c).
 *
 * A follower asks the leader for steps 1 to 3 and does step 4 itself. Each question has a number,
 * its attempt, that is never used again in the life of the process. Otherwise the late answer to an
 * earlier question could confirm reads that were asked after it, with a read index that is too low.
 * A question may be lost, so it is repeated, and the time until then doubles. All questions about
 * one batch of reads were asked after these reads, so the answer to any of them confirms the batch.
 * If only the newest one counted, a way to the leader and back that takes longer than the time
 * between two questions would confirm nothing. The thread that calls raft_step() runs this.
 */
#include "raft/read.h"

#include "base/assert.h"
#include "base/plant.h"
#include "raft/core.h"
#include "raft/lease.h"
#include "raft/replicate.h"

void read_on_request(struct raft_core *core, uint64_t read_id, bool lease)
{
    ASSERT(!core->read.pending || read_id > core->read.id);
    core->read.pending = true;
    core->read.lease = lease;
    core->read.id = read_id;
    core->read.round = 0;
    core->read.attempt = 0; /* answers to the questions of an earlier batch are too late */
}

void read_on_message(struct raft_core *core, const struct raft_message *message)
{
    size_t position = core_position(core, message->from);
    struct progress *progress;

    if (core->role != RAFT_LEADER || message->term != core->term || position == RAFT_MEMBERS_MAX) {
        return; /* the follower asks again when it knows the leader */
    }
    progress = &core->progress[position];
    progress->read_pending = true;
    progress->read_lease = message->read.lease;
    progress->read_attempt = message->read.attempt;
    progress->read_round = 0;
}

static void confirm(struct raft_core *core, uint64_t index)
{
    core->read.pending = false;
    core->read_confirmed = true;
    core->confirmed_id = core->read.id;
    core->confirmed_index = index;
}

void read_on_reply(struct raft_core *core, const struct raft_message *message)
{
    if (core->role == RAFT_LEADER || message->term != core->term || message->from != core->leader ||
        !core->read.pending || core->read.attempt == 0 ||
        message->read_reply.attempt < core->read.first_attempt ||
        message->read_reply.attempt > core->read.attempt) {
        return;
    }
    confirm(core, message->read_reply.index);
}

static void answer(struct raft_core *core, size_t position)
{
    struct progress *progress = &core->progress[position];
    struct raft_message *reply;

    progress->read_pending = false;
    if (progress->commit_wanted < progress->read_index) {
        progress->commit_wanted = progress->read_index;
    }
    reply = core_send(core, RAFT_MESSAGE_READ_REPLY, core->membership.members[position].id);
    reply->read_reply.attempt = progress->read_attempt;
    reply->read_reply.index = progress->read_index;
}

/* Where a read would like to be answered by a lease, the voters are asked for promises from now on.
 * The first such read needs a round, as there is no promise yet. */
static void leader_note_leases(struct raft_core *core)
{
    bool wanted = core->read.pending && core->read.lease;

    for (size_t i = 0; i < core->membership.count; i++) {
        wanted = wanted || (core->progress[i].read_pending && core->progress[i].read_lease);
    }
    if (wanted) {
        lease_want(core);
    }
}

/*
 * Answers the reads for which a lease is enough, if the lease holds at the time of this batch. The
 * host reads its clock for the batch after it has taken the last event, so every read was asked
 * before the moment for which the lease is checked.
 */
static void leader_answer_by_lease(struct raft_core *core)
{
    if (!lease_holds(core)) {
        return;
    }
    if (core->read.pending && core->read.lease) {
        confirm(core, core->commit_index);
    }
    for (size_t i = 0; i < core->membership.count; i++) {
        if (core->progress[i].read_pending && core->progress[i].read_lease) {
            core->progress[i].read_index = core->commit_index;
            answer(core, i);
        }
    }
}

/* Opens one round for all reads that were asked in this batch, the own ones and the followers'. */
static void leader_begin_round(struct raft_core *core)
{
    bool opened = false;

    if (core->read.pending && core->read.round == 0) {
        core->read.round = core->read_round + 1;
        core->read.index = core->commit_index;
        opened = true;
    }
    for (size_t i = 0; i < core->membership.count; i++) {
        struct progress *progress = &core->progress[i];

        if (progress->read_pending && progress->read_round == 0) {
            progress->read_round = core->read_round + 1;
            progress->read_index = core->commit_index;
            opened = true;
        }
    }
    if (opened) {
        lease_open_round(core);
        replicate_choose_witnesses(core);
    }
}

static void leader_confirm(struct raft_core *core)
{
    uint64_t round = lease_quorum_round(core);

    if (core->read.pending && core->read.round != 0 &&
        (core->read.round <= round || PLANT(raft_reads_without_round))) {
        confirm(core, core->read.index);
    }
    for (size_t i = 0; i < core->membership.count; i++) {
        const struct progress *progress = &core->progress[i];

        if (progress->read_pending && progress->read_round != 0 && progress->read_round <= round) {
            answer(core, i);
        }
    }
}

/* How long the follower waits for an answer before it asks again: two heartbeats at first, and at
 * most an election time-out, because a leader without a quorum has given up by then. */
static void follower_choose_wait(struct raft_core *core)
{
    uint64_t shortest_ms = 2 * (uint64_t)core->options.heartbeat_ms;
    uint64_t longest_ms = core->options.election_timeout_ms;

    core->read.wait_ms = core->read.attempt == 0 ? shortest_ms : 2 * core->read.wait_ms;
    if (core->read.wait_ms > longest_ms) {
        core->read.wait_ms = longest_ms > shortest_ms ? longest_ms : shortest_ms;
    }
}

static void follower_ask(struct raft_core *core)
{
    struct raft_message *message;

    if (!core->read.pending || core->leader == 0 || core->now_ms < read_again_ms(core)) {
        return;
    }
    follower_choose_wait(core);
    core->last_attempt = PLANT(raft_read_id_reused) ? 1 : core->last_attempt + 1;
    if (core->read.attempt == 0) {
        core->read.first_attempt = core->last_attempt;
    }
    core->read.attempt = core->last_attempt;
    core->read.sent_ms = core->now_ms;
    message = core_send(core, RAFT_MESSAGE_READ, core->leader);
    message->read.attempt = core->read.attempt;
    message->read.lease = core->read.lease;
}

uint64_t read_again_ms(const struct raft_core *core)
{
    return core->read.attempt != 0 ? core->read.sent_ms + core->read.wait_ms : 0;
}

void read_flush(struct raft_core *core)
{
    if (core->role != RAFT_LEADER) {
        follower_ask(core);
    } else if (core_knows_commit(core)) {
        leader_note_leases(core);
        leader_answer_by_lease(core);
        leader_begin_round(core);
        leader_confirm(core);
    }
}
