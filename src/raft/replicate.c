/*
 * The leader's side of replication: what each peer has, what it may be sent next, what that
 * makes committed (dissertation, sections 3.5, 3.6 and 10.2.1).
 */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "raft/core.h"

static void inflight_clear(struct progress *progress)
{
    progress->inflight_head = 0;
    progress->inflight_count = 0;
    progress->inflight_bytes = 0;
}

static void inflight_add(struct raft_core *core, struct progress *progress, uint64_t last_index,
                         size_t cost)
{
    size_t capacity = core->options.max_inflight_messages;
    size_t place = (progress->inflight_head + progress->inflight_count) % capacity;

    ASSERT(progress->inflight_count < capacity);
    progress->inflights[place] = (struct inflight){.last_index = last_index, .cost_bytes = cost};
    progress->inflight_count++;
    progress->inflight_bytes += cost;
}

/* Frees the window up to an acknowledged index. */
static void inflight_acknowledge(struct raft_core *core, struct progress *progress, uint64_t index)
{
    while (progress->inflight_count > 0) {
        const struct inflight *oldest = &progress->inflights[progress->inflight_head];

        if (oldest->last_index > index) {
            return;
        }
        ASSERT(progress->inflight_bytes >= oldest->cost_bytes);
        progress->inflight_bytes -= oldest->cost_bytes;
        progress->inflight_head =
            (progress->inflight_head + 1) % core->options.max_inflight_messages;
        progress->inflight_count--;
    }
}

void replicate_probe(struct raft_core *core, struct progress *progress, uint64_t next)
{
    if (next <= progress->match_index) {
        next = progress->match_index + 1;
    }
    inflight_clear(progress);
    progress->next_index = next;
    progress->probe_sent = false;
    progress->commit_sent = 0;
    progress->transfer = TRANSFER_NONE;
    progress->transfer_ms = 0;
    progress->state = next <= core->log.base_index ? RAFT_PROGRESS_SNAPSHOT : RAFT_PROGRESS_PROBE;
}

static void progress_init(struct raft_core *core, struct progress *progress)
{
    progress->inflights =
        memory_allocate(core->options.max_inflight_messages * sizeof(struct inflight));
    progress->match_index = 0;
    progress->last_contact_ms = core->now_ms;
    replicate_probe(core, progress, raftlog_last_index(&core->log) + 1);
    progress->heartbeat_due = true;
}

void replicate_begin(struct raft_core *core)
{
    core->read_round = 0;
    lease_open_round(core);
    for (size_t i = 0; i < core->membership.count; i++) {
        ASSERT(core->progress[i].inflights == NULL);
        progress_init(core, &core->progress[i]);
    }
    core->heartbeat_deadline_ms = core->now_ms + core->options.heartbeat_ms;
}

void replicate_end(struct raft_core *core)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        memory_free(core->progress[i].inflights);
    }
    memset(core->progress, 0, sizeof(core->progress));
}

/* Keeps each peer's progress at its position when the membership has changed. */
void replicate_membership_changed(struct raft_core *core, const struct raft_membership *before)
{
    struct progress old[RAFT_MEMBERS_MAX];

    memcpy(old, core->progress, sizeof(old));
    memset(core->progress, 0, sizeof(core->progress));
    for (size_t i = 0; i < core->membership.count; i++) {
        const struct raft_member *known =
            raft_membership_find(before, core->membership.members[i].id);

        if (known != NULL) {
            core->progress[i] = old[known - before->members];
            old[known - before->members].inflights = NULL;
        } else {
            progress_init(core, &core->progress[i]);
        }
    }
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        memory_free(old[i].inflights);
    }
}

/* A leader that no quorum has answered for an election timeout leads nobody. */
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
        election_become_follower(core, core->term, 0);
        return;
    }
    core->heartbeat_deadline_ms = core->now_ms + core->options.heartbeat_ms;
    lease_open_round(core);
    for (size_t i = 0; i < core->membership.count; i++) {
        core->progress[i].heartbeat_due = true;
    }
}

static void on_refusal(struct raft_core *core, struct progress *progress,
                       const struct raft_message *message)
{
    uint64_t refused = message->append_reply.index;
    uint64_t agree;

    if (refused <= progress->match_index) {
        return; /* an old answer that a later success overtook */
    }
    if (progress->state == RAFT_PROGRESS_SNAPSHOT) {
        /* A heartbeat was refused; by its hint the peer may have installed one by now. */
        if (message->append_reply.conflict_index >= core->log.base_index &&
            raftlog_term(&core->log, message->append_reply.conflict_index) ==
                message->append_reply.conflict_term) {
            replicate_probe(core, progress, message->append_reply.conflict_index + 1);
        }
        return;
    }
    if (progress->state == RAFT_PROGRESS_PROBE && refused != progress->next_index - 1) {
        return; /* an answer to an earlier probe */
    }
    agree = raftlog_last_at_most_term(&core->log, message->append_reply.conflict_index,
                                      message->append_reply.conflict_term);
    if (agree >= refused) {
        agree = refused - 1; /* a hint has to move the probe back, whatever it says */
    }
    /* At the base the previous entry is still known, so an append right behind it can go. */
    replicate_probe(core, progress, agree + 1);
}

static void on_success(struct raft_core *core, struct progress *progress,
                       const struct raft_message *message)
{
    uint64_t index = message->append_reply.index;

    if (index > progress->match_index) {
        progress->match_index = index;
    }
    inflight_acknowledge(core, progress, index);
    if (progress->next_index <= progress->match_index) {
        progress->next_index = progress->match_index + 1;
    }
    if (progress->state == RAFT_PROGRESS_PROBE && index + 1 >= progress->next_index) {
        progress->state = RAFT_PROGRESS_REPLICATE;
    } else if (progress->state == RAFT_PROGRESS_SNAPSHOT &&
               progress->next_index > core->log.base_index) {
        replicate_probe(core, progress, progress->next_index);
    }
    progress->probe_sent = false;
}

void replicate_on_reply(struct raft_core *core, const struct raft_message *message)
{
    size_t position = core_position(core, message->from);
    struct progress *progress;

    if (core->role != RAFT_LEADER || message->term != core->term || position == RAFT_MEMBERS_MAX) {
        return;
    }
    progress = &core->progress[position];
    if (message->append_reply.read_round > core->read_round ||
        (message->append_reply.success &&
         message->append_reply.index > raftlog_last_index(&core->log))) {
        core_violation(core, message->from);
        return;
    }
    progress->last_contact_ms = core->now_ms;
    progress->standing = message->append_reply.standing;
    if (message->append_reply.read_round > progress->round_acknowledged) {
        progress->round_acknowledged = message->append_reply.read_round;
    }
    if (message->append_reply.success) {
        on_success(core, progress, message);
    } else {
        on_refusal(core, progress, message);
    }
}

void replicate_on_link(struct raft_core *core, uint16_t peer, bool up)
{
    size_t position = core_position(core, peer);
    uint64_t next;

    if (core->role != RAFT_LEADER || position == RAFT_MEMBERS_MAX) {
        return;
    }
    /* Whatever was in flight is gone or doubtful: ask again from what is known. Whether it needs
     * a snapshot is for itself to say. */
    next = core->progress[position].match_index + 1;
    if (next <= core->log.base_index) {
        next = core->log.base_index + 1;
    }
    replicate_probe(core, &core->progress[position], next);
    core->progress[position].probe_sent = !up;
    core->progress[position].heartbeat_due = up;
}

/* Commits what a quorum has on disk, if it is of this term (section 3.6.2, Figure 8). */
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

/* One append from next on; with `entries` as many as a batch may carry. */
static void send_append(struct raft_core *core, size_t position, bool entries)
{
    struct progress *progress = &core->progress[position];
    uint64_t previous = progress->next_index - 1;
    uint64_t last = raftlog_last_index(&core->log);
    struct raft_message *message;
    uint32_t count = 0;
    size_t cost = 0;

    if (progress->state == RAFT_PROGRESS_SNAPSHOT) {
        previous = last; /* a heartbeat only: nothing in the log would help */
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

    progress->heartbeat_due = false;
    progress->round_sent = core->read_round;
    if (progress->state == RAFT_PROGRESS_REPLICATE) {
        uint64_t covered = previous + count;

        if (count > 0) {
            inflight_add(core, progress, covered, cost);
            progress->next_index = covered + 1;
        }
        progress->commit_sent = covered < core->commit_index ? covered : core->commit_index;
    } else {
        progress->probe_sent = true;
    }
}

/* Whether a peer is likely to answer at once: it answered everything it was asked so far. */
static bool is_responsive(const struct raft_core *core, const struct progress *progress)
{
    return progress->state == RAFT_PROGRESS_REPLICATE &&
           progress->round_acknowledged == progress->round_sent &&
           core->now_ms - progress->last_contact_ms < 2 * (uint64_t)core->options.heartbeat_ms;
}

/*
 * A read round needs a quorum's answers, not everybody's: it is sent at once to as many
 * responsive voters as complete a quorum, which spares the others a wake-up per batch of reads.
 * The rest hear of it with the next append or heartbeat, so a witness that fails costs a
 * heartbeat. Where a majority cannot be counted that simply, everybody is a witness.
 */
void replicate_choose_witnesses(struct raft_core *core)
{
    bool simple = core_is_voter(core) && !raft_membership_is_joint(&core->membership);
    size_t wanted = 0;

    for (size_t i = 0; i < core->membership.count; i++) {
        wanted += raft_membership_is_voter(&core->membership, core->membership.members[i].id);
    }
    wanted /= 2; /* with the leader itself a majority */
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
 * Whether a peer is owed an append without entries: a heartbeat, a new read round, or a commit
 * index that the peer's own clients wait for. Everybody else learns the commit index with the
 * next append; a message for that alone would cost each of them a wake-up per batch.
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
        /* For a probe the heartbeat is the next try: its predecessor may have been lost. */
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
