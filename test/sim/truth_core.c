/*
 * The promises of the consensus itself, checked after each step and before each message that
 * promises something. See truth.h.
 */
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "sim/truth_record.h"

/* The lock, two segments, a snapshot that is saved, one that is received, and one on its way to
 * each peer. */
enum { FILES_MAX = 5 + SIM_HOSTS_MAX };

/* ---- log matching and what a leader may do to its log ---- */

static void check_matching(struct world *world, uint16_t id, const struct chain *chain)
{
    const struct link_of_chain *link = &chain->links[chain->last_index];
    struct slot *slot = truth_slot(world->truth, chain->last_index);

    for (size_t i = 0; i < slot->seen_count; i++) {
        if (slot->seen[i].term == link->term) {
            if (slot->seen[i].hash != link->hash) {
                world_fail(world, "log matching",
                           "node %u: another log has the same term %llu at index %llu, but "
                           "differs there or before",
                           id, (unsigned long long)link->term,
                           (unsigned long long)chain->last_index);
            }
            return;
        }
    }
    slot->seen =
        memory_grow(slot->seen, &slot->seen_capacity, slot->seen_count + 1, sizeof(slot->seen[0]));
    slot->seen[slot->seen_count++] = (struct slot_entry){.term = link->term, .hash = link->hash};
}

/* ---- memberships ---- */

static void add_ids(const struct raft_membership *membership, uint16_t ids[RAFT_MEMBERS_MAX],
                    size_t *count)
{
    for (size_t i = 0; i < membership->count; i++) {
        size_t place = 0;

        while (place < *count && ids[place] != membership->members[i].id) {
            place++;
        }
        if (place == *count && raft_membership_is_voter(membership, membership->members[i].id)) {
            ids[(*count)++] = membership->members[i].id;
        }
    }
}

static bool is_quorum(const struct raft_membership *membership, const uint16_t *ids, size_t count,
                      uint32_t chosen)
{
    bool answered[RAFT_MEMBERS_MAX];
    bool granted[RAFT_MEMBERS_MAX] = {0};

    memset(answered, 1, sizeof(answered));
    for (size_t i = 0; i < membership->count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (ids[j] == membership->members[i].id && (chosen >> j & 1) != 0) {
                granted[i] = true;
            }
        }
    }
    return raft_membership_tally(membership, answered, granted) == RAFT_TALLY_WON;
}

/* Whether each quorum of one has a member of each quorum of the other, by trying all. */
static bool quorums_intersect(const struct raft_membership *a, const struct raft_membership *b)
{
    uint16_t ids[2 * RAFT_MEMBERS_MAX];
    size_t count = 0;

    add_ids(a, ids, &count);
    add_ids(b, ids, &count);
    for (uint32_t chosen = 0; count <= 16 && chosen < 1U << count; chosen++) {
        if (is_quorum(a, ids, count, chosen) && is_quorum(b, ids, count, ~chosen)) {
            return false;
        }
    }
    return true;
}

/* A leader begins a change only when the one before, and an entry of its own term, are committed
 * (T26). Each quorum of a membership has a member of each quorum of the next. */
static void check_membership(struct world *world, const struct host *host,
                             const struct raft_entry *entry, const struct raft_outbox *outbox)
{
    struct promises *promises = &world->truth->promises[host->id];
    uint64_t before_index = entry->index - 1;
    struct raft_membership before;
    struct raft_membership now;
    int code = raft_membership_decode(&now, entry->data, entry->size_bytes);

    ASSERT(code == 0);
    if (raft_get_role(host->core) != RAFT_LEADER || entry->index == 1) {
        return;
    }
    while (raft_log_entry(host->core, before_index) != NULL &&
           raft_log_entry(host->core, before_index)->type != RAFT_ENTRY_MEMBERSHIP) {
        before_index--;
    }
    if (before_index > outbox->commit_index ||
        promises->log.links[outbox->commit_index].term != entry->term) {
        world_fail(world, "one membership change at a time",
                   "node %u appends one at %llu; the one before is at %llu, committed is %llu",
                   host->id, (unsigned long long)entry->index, (unsigned long long)before_index,
                   (unsigned long long)outbox->commit_index);
        return;
    }
    raft_membership_at(host->core, entry->index - 1, &before);
    if (!quorums_intersect(&before, &now)) {
        world_fail(world, "adjacent memberships' quorums intersect", "node %u, index %llu",
                   host->id, (unsigned long long)entry->index);
    }
}

/* A leader that writes entries again, because the disk has damaged them, writes the same ones. */
static void check_append_only(struct world *world, uint16_t id, const struct raft_write *write,
                              uint64_t last_index, const struct link_of_chain *last)
{
    const struct promises *promises = &world->truth->promises[id];

    if (promises->role == RAFT_LEADER && promises->term == write->term &&
        (promises->log.last_index < last_index ||
         promises->log.links[last_index].hash != last->hash)) {
        world_fail(world, "leader append-only", "node %u cuts its log at %llu while it leads", id,
                   (unsigned long long)write->truncate_from);
    }
}

static void follow_log(struct world *world, struct host *host, const struct raft_outbox *outbox)
{
    const struct raft_write *write = &outbox->write;
    struct promises *promises = &world->truth->promises[host->id];
    uint64_t last_index = promises->log.last_index;
    struct link_of_chain last = promises->log.links[last_index];

    if (write->has_base) {
        chain_restart(&promises->log, world->truth, write->base_index);
    }
    if (write->truncate_from != 0) {
        if (write->truncate_from <= promises->commit_index) {
            world_fail(world, "what is committed stays",
                       "node %u cuts its log at %llu, behind its "
                       "commit index %llu",
                       host->id, (unsigned long long)write->truncate_from,
                       (unsigned long long)promises->commit_index);
        }
        chain_cut(&promises->log, write->truncate_from);
    }
    for (size_t i = 0; i < write->entry_count; i++) {
        const struct raft_entry *entry = write->entries[i];

        chain_append(&promises->log, entry);
        check_matching(world, host->id, &promises->log);
        if (entry->time_ms < promises->log.links[entry->index - 1].time_ms) {
            world_fail(world, "cluster time never falls along the log", "node %u: at index %llu",
                       host->id, (unsigned long long)entry->index);
        }
        if (entry->type == RAFT_ENTRY_MEMBERSHIP && entry->index > last_index) {
            check_membership(world, host, entry, outbox);
        }
    }
    check_append_only(world, host->id, write, last_index, &last);
}

/* ---- leaders ---- */

/* The last index that was committed in a term before this one. The entry may be older: a leader
 * that learns late of its votes need not have what the leader of a later term has committed. */
static uint64_t committed_before_term(const struct chain *committed, uint64_t term)
{
    uint64_t index = committed->last_index;

    while (index > 0 && committed->links[index].commit_term >= term) {
        index--;
    }
    return index;
}

static void check_new_leader(struct world *world, uint16_t id, uint64_t term)
{
    struct truth *truth = world->truth;
    size_t old = truth->leader_capacity;
    uint64_t index = committed_before_term(&truth->committed, term);

    truth->leader_of_term = memory_grow(truth->leader_of_term, &truth->leader_capacity,
                                        (size_t)term + 1, sizeof(truth->leader_of_term[0]));
    if (truth->leader_capacity > old) {
        memset(truth->leader_of_term + old, 0,
               (truth->leader_capacity - old) * sizeof(truth->leader_of_term[0]));
    }
    if (truth->leader_of_term[term] != 0 && truth->leader_of_term[term] != id) {
        world_fail(world, "one leader a term", "nodes %u and %u both lead in term %llu",
                   truth->leader_of_term[term], id, (unsigned long long)term);
    }
    truth->leader_of_term[term] = id;
    world_see(world, SEEN_ELECTION);
    if (!chain_agrees(&truth->promises[id].log, &truth->committed, index)) {
        world_fail(world, "leader completeness",
                   "node %u leads in term %llu without the entries up to %llu, which are committed",
                   id, (unsigned long long)term, (unsigned long long)index);
    }
}

/* ---- commit ---- */

static bool is_on_quorum(const struct world *world, const struct host *host,
                         const struct raft_membership *membership, uint64_t index)
{
    const struct truth *truth = world->truth;
    bool answered[RAFT_MEMBERS_MAX];
    bool durable[RAFT_MEMBERS_MAX] = {0};

    memset(answered, 1, sizeof(answered));
    for (size_t i = 0; i < membership->count; i++) {
        const struct promises *member = &truth->promises[membership->members[i].id];

        durable[i] = index <= member->snapshot_index ||
                     chain_agrees(&member->disk, &truth->promises[host->id].log, index);
    }
    return raft_membership_tally(membership, answered, durable) == RAFT_TALLY_WON;
}

/* What is committed is on the disks of a quorum of the membership in force: of the newest, or, if
 * this very step appended that, of the one before. */
static void check_quorum(struct world *world, const struct host *host, uint64_t index,
                         const struct raft_membership *before)
{
    if (!is_on_quorum(world, host, raft_get_membership(host->core), index) &&
        !is_on_quorum(world, host, before, index)) {
        world_fail(world, "committed is durable on a quorum",
                   "node %u commits up to %llu, which too few disks have", host->id,
                   (unsigned long long)index);
    }
}

static void follow_commit(struct world *world, struct host *host, uint64_t commit_index,
                          const struct raft_membership *in_force)
{
    struct truth *truth = world->truth;
    struct promises *promises = &truth->promises[host->id];
    uint64_t before = promises->commit_index;

    if (commit_index < before) {
        world_fail(world, "the commit index never goes back", "node %u goes from %llu to %llu",
                   host->id, (unsigned long long)promises->commit_index,
                   (unsigned long long)commit_index);
        return;
    }
    promises->commit_index = commit_index;
    if (commit_index > promises->log.last_index) {
        world_fail(world, "committed is in the log", "node %u commits %llu, its log ends at %llu",
                   host->id, (unsigned long long)commit_index,
                   (unsigned long long)promises->log.last_index);
        return;
    }
    if (promises->role == RAFT_LEADER && commit_index > before &&
        promises->log.links[commit_index].term != promises->term) {
        world_fail(world, "leaders commit entries of their own term",
                   "node %u in term %llu commits %llu, which is of term %llu", host->id,
                   (unsigned long long)promises->term, (unsigned long long)commit_index,
                   (unsigned long long)promises->log.links[commit_index].term);
    }
    if (commit_index > truth->committed.last_index) {
        check_quorum(world, host, commit_index, in_force);
        while (truth->committed.last_index < commit_index && !world->failure.failed) {
            const struct raft_entry *entry =
                raft_log_entry(host->core, truth->committed.last_index + 1);

            ASSERT(entry != NULL);
            chain_append(&truth->committed, entry);
            truth->committed.links[entry->index].commit_term =
                promises->log.links[commit_index].term;
            truth_commit_entry(world, entry);
            if (promises->role == RAFT_LEADER && entry->type == RAFT_ENTRY_MEMBERSHIP &&
                raft_membership_find(&truth->membership, host->id) == NULL) {
                world_see(world, SEEN_LEADER_REMOVED);
            }
        }
        STORY(world, host->id, "commits up to %llu", (unsigned long long)commit_index);
    }
    if (!chain_agrees(&promises->log, &truth->committed, commit_index)) {
        world_fail(world, "same index, same entry",
                   "node %u commits up to %llu, but not what others committed there", host->id,
                   (unsigned long long)commit_index);
    }
}

static void follow_role(struct world *world, struct host *host, const struct raft_status *status)
{
    struct promises *promises = &world->truth->promises[host->id];

    if (status->term < promises->term) {
        world_fail(world, "the term never goes back", "node %u goes from term %llu to %llu",
                   host->id, (unsigned long long)promises->term, (unsigned long long)status->term);
    }
    if (status->role == RAFT_LEADER &&
        (promises->role != RAFT_LEADER || promises->term != status->term)) {
        check_new_leader(world, host->id, status->term);
    }
    promises->role = status->role;
    promises->term = status->term;
    world_mix(world, sim_mix(status->term, (uint64_t)status->role));
}

/* A node that has just started does not know what is committed, so all entries count as not
 * committed. */
static void check_bounds(struct world *world, const struct host *host,
                         const struct raft_status *status)
{
    size_t limit = host->options.max_uncommitted_bytes + (1 << 20) + world->swarm.huge_bytes;

    if (status->role == RAFT_LEADER &&
        raft_log_term(host->core, status->commit_index) == status->term &&
        raft_get_uncommitted_bytes(host->core) > limit) {
        world_fail(world, "bounded queues", "node %u holds %zu uncommitted bytes", host->id,
                   raft_get_uncommitted_bytes(host->core));
    }
    if (fs_memory_open_files(host->disk) > FILES_MAX) {
        world_fail(world, "bounded files", "node %u has %zu open", host->id,
                   fs_memory_open_files(host->disk));
    }
    if (host->open_count > 4096) {
        world_fail(world, "bounded queues", "node %u holds %zu requests", host->id,
                   host->open_count);
    }
}

static void check_read(struct world *world, const struct host *host,
                       const struct raft_outbox *outbox)
{
    if (outbox->read_confirmed && outbox->read_index > truth_committed(world)) {
        world_fail(world, "reads are confirmed at what is committed",
                   "node %u may read at %llu, which is not committed", host->id,
                   (unsigned long long)outbox->read_index);
    }
}

/* A handover has begun: because it was asked for, or because a disk hangs. */
static void see_handover(struct world *world, struct host *host)
{
    uint64_t stall_us = 1000 * (uint64_t)host->options.disk_stall_ms;
    uint16_t handover = raft_get_handover(host->core);

    if (handover != 0 && host->handover == 0) {
        bool hangs = stall_us > 0 && host->writing.count > 0 &&
                     world->now_us > host->batch_since_us + stall_us / 10 * 9;

        world_see(world, hangs ? SEEN_STALL_HANDOVER : SEEN_HANDOVER);
    }
    host->handover = handover;
}

void truth_after_step(struct world *world, struct host *host, const struct raft_outbox *outbox)
{
    struct promises *promises = &world->truth->promises[host->id];
    static struct raft_membership earlier;
    const struct raft_membership *in_force = raft_get_membership(host->core);
    struct raft_status status;

    if (truth_looks_away(world, host->id)) {
        return;
    }
    if (outbox->has_write && outbox->write.entry_count > 0 &&
        raft_get_membership_index(host->core) >= outbox->write.entries[0]->index) {
        raft_membership_at(host->core, outbox->write.entries[0]->index - 1, &earlier);
        in_force = &earlier;
    }
    raft_get_status(host->core, host_now_ms(host), &status);
    if (outbox->state_changed) {
        STORY(world, host->id, "is %s in term %llu, leader %u, log up to %llu, committed %llu",
              raft_role_name(status.role), (unsigned long long)status.term, status.leader,
              (unsigned long long)status.last_index, (unsigned long long)status.commit_index);
    }
    if (outbox->has_write) {
        follow_log(world, host, outbox);
    }
    if (status.last_index != promises->log.last_index) {
        world_fail(world, "every entry goes to the disk",
                   "node %u: the core's log ends at %llu, what was written at %llu", host->id,
                   (unsigned long long)status.last_index,
                   (unsigned long long)promises->log.last_index);
    }
    if (status.durable_index > promises->snapshot_index &&
        !chain_agrees(&promises->disk, &promises->log, status.durable_index)) {
        world_fail(world, "durable is on the disk",
                   "node %u takes entries up to %llu for durable, which its disk does not have",
                   host->id, (unsigned long long)status.durable_index);
    }
    follow_role(world, host, &status);
    follow_commit(world, host, outbox->commit_index, in_force);
    see_handover(world, host);
    truth_check_patience(world, host);
    truth_check_membership_index(world, host);
    truth_note_promises(world, host, outbox);
    truth_check_lease(world, host);
    truth_check_contact(world, host, &status);
    check_read(world, host, outbox);
    check_bounds(world, host, &status);
    if (outbox->violation != 0 && (world->forgers >> outbox->violator & 1) != 0) {
        STORY(world, host->id, "complains about node %u", outbox->violator);
    } else if (outbox->violation != 0) {
        world_fail(world, "nobody breaks the protocol", "node %u complains about node %u", host->id,
                   outbox->violator);
    }
}

/* ---- messages ---- */

/* Whether the vote cannot be given to another node any more: it is on the disk, or the disk has a
 * later term and never had another vote in this one. */
static bool vote_is_kept(const struct promises *promises, uint64_t term, uint16_t vote)
{
    uint16_t durable = term < promises->votes_capacity ? promises->votes[term] : 0;

    return durable == vote || (durable == 0 && promises->disk_term > term);
}

/* A node that is told has the vote of that term, and no other node has it. */
static void give_vote(struct world *world, uint16_t id, uint64_t term, uint16_t vote)
{
    struct promises *promises = &world->truth->promises[id];
    size_t old = promises->given_capacity;

    promises->given = memory_grow(promises->given, &promises->given_capacity, (size_t)term + 1,
                                  sizeof(promises->given[0]));
    if (promises->given_capacity > old) {
        memset(promises->given + old, 0,
               (promises->given_capacity - old) * sizeof(promises->given[0]));
    }
    if (promises->given[term] != 0 && promises->given[term] != vote) {
        world_fail(world, "one vote a term", "node %u votes for %u and for %u in term %llu", id,
                   promises->given[term], vote, (unsigned long long)term);
    }
    promises->given[term] = vote;
}

static void check_acknowledgement(struct world *world, uint16_t id,
                                  const struct raft_message *message)
{
    const struct truth *truth = world->truth;
    const struct promises *promises = &truth->promises[id];
    const struct promises *leader = &truth->promises[message->to];

    if (!message->append_reply.success || promises->disk_term != message->term ||
        !host_is_alive(world->hosts[message->to]) || leader->role != RAFT_LEADER ||
        leader->term != message->term) {
        return;
    }
    if (message->append_reply.index > promises->snapshot_index &&
        !chain_agrees(&promises->disk, &leader->log, message->append_reply.index)) {
        world_fail(world, "acknowledged is on the disk",
                   "node %u acknowledges %llu to node %u, and its disk does not have it", id,
                   (unsigned long long)message->append_reply.index, message->to);
    }
}

/* A message that leaves a host promises that something is on its disk (T1, T7, T12). */
void truth_on_send(struct world *world, uint16_t id, const struct raft_message *message)
{
    const struct promises *promises = &world->truth->promises[id];
    bool names_term = false;
    uint16_t vote = 0;

    if (truth_looks_away(world, id)) {
        return;
    }
    truth_check_promise(world, id, message);
    if (message->type == RAFT_MESSAGE_VOTE_REPLY) {
        names_term = !message->vote_reply.pre || !message->vote_reply.granted;
        vote = !message->vote_reply.pre && message->vote_reply.granted ? message->to : 0;
    } else if (message->type == RAFT_MESSAGE_VOTE && !message->vote.pre) {
        names_term = true;
        vote = id;
    } else if (message->type == RAFT_MESSAGE_APPEND_REPLY) {
        names_term = true;
        check_acknowledgement(world, id, message);
    }
    if (names_term && promises->disk_term < message->term) {
        world_fail(world, "a term is durable before others learn of it",
                   "node %u tells node %u of term %llu, its disk has %llu", id, message->to,
                   (unsigned long long)message->term, (unsigned long long)promises->disk_term);
    }
    if (vote != 0 && !vote_is_kept(promises, message->term, vote)) {
        world_fail(world, "a vote is durable before others learn of it",
                   "node %u tells node %u of a vote in term %llu that its disk does not have", id,
                   message->to, (unsigned long long)message->term);
    }
    if (vote != 0) {
        give_vote(world, id, message->term, vote);
    }
}
