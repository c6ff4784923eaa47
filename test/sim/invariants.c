/*
 * Checks the invariants of a cluster of cores; see invariants.h.
 */
#include "sim/invariants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"

static _Noreturn void broken(const struct network *network, uint16_t id, const char *invariant)
{
    fprintf(stderr, "node %u, step %llu, %llu ms, seed %llu: %s\n", id,
            (unsigned long long)network->steps, (unsigned long long)network->now_ms,
            (unsigned long long)network->seed, invariant);
    abort();
}

static bool entries_are_equal(const struct raft_entry *a, const struct raft_entry *b)
{
    return a->term == b->term && a->index == b->index && a->type == b->type &&
           a->size_bytes == b->size_bytes && memcmp(a->data, b->data, a->size_bytes) == 0;
}

static uint64_t disk_last(const struct network_node *node)
{
    return node->base_index + node->entry_count;
}

/* The term of the entry on the disk; 0 = there is none. */
static uint64_t disk_term(const struct network_node *node, uint64_t index)
{
    if (index > 0 && index == node->snapshot.index) {
        return node->snapshot.term; /* a recovery would use the snapshot instead of the log */
    }
    if (index > node->base_index && index <= disk_last(node)) {
        return node->entries[index - node->base_index - 1]->term;
    }
    return index == node->base_index ? node->base_term : 0;
}

/* What is before a base was committed before it was dropped. */
static bool disk_has(const struct network_node *node, const struct raft_entry *entry)
{
    if (entry->index <= node->base_index || entry->index <= node->snapshot.index) {
        return true;
    }
    return entry->index <= disk_last(node) &&
           entries_are_equal(node->entries[entry->index - node->base_index - 1], entry);
}

static void check_complete(struct network *network, const struct network_node *node)
{
    for (size_t i = 0; i < network->committed_count; i++) {
        const struct raft_entry *entry = network->committed[i];

        if (entry != NULL && entry->index > node->base_index &&
            entry->index > node->snapshot.index &&
            raft_log_term(node->core, entry->index) != entry->term) {
            broken(network, node->id, "leader completeness: a committed entry is missing");
        }
    }
}

static void check_leader(struct network *network, const struct network_node *node, uint64_t term)
{
    if (term >= network->leader_of_term_capacity) {
        size_t old = network->leader_of_term_capacity;

        network->leader_of_term =
            memory_grow(network->leader_of_term, &network->leader_of_term_capacity, term + 1,
                        sizeof(network->leader_of_term[0]));
        memset(network->leader_of_term + old, 0,
               (network->leader_of_term_capacity - old) * sizeof(network->leader_of_term[0]));
    }
    if (network->leader_of_term[term] == node->id) {
        return;
    }
    if (network->leader_of_term[term] != 0) {
        broken(network, node->id, "election safety: a second leader in one term");
    }
    network->leader_of_term[term] = node->id;
    check_complete(network, node);
}

static bool quorum_has(struct network *network, const struct raft_membership *membership,
                       const struct raft_entry *entry)
{
    bool answered[RAFT_MEMBERS_MAX];
    bool durable[RAFT_MEMBERS_MAX] = {0};

    memset(answered, 1, sizeof(answered));
    for (size_t i = 0; i < membership->count; i++) {
        durable[i] = disk_has(network_node(network, membership->members[i].id), entry);
    }
    return raft_membership_tally(membership, answered, durable) == RAFT_TALLY_WON;
}

/* The membership that was in force before the newest; false = the log does not have it. */
static bool membership_before(const struct network_node *node, struct raft_membership *membership)
{
    for (uint64_t i = raft_get_membership_index(node->core) - 1; i > 0; i--) {
        const struct raft_entry *entry = raft_log_entry(node->core, i);

        if (entry == NULL) {
            return false;
        }
        if (entry->type == RAFT_ENTRY_MEMBERSHIP) {
            return raft_membership_decode(membership, entry->data, entry->size_bytes) == 0;
        }
    }
    return false;
}

/*
 * What is committed is on the disks of a quorum (T9, T12). In one step, a leader may commit an
 * entry and append the next membership; then the entries before that membership were committed by
 * the one before it.
 */
static void check_quorum_has(struct network *network, const struct network_node *node,
                             const struct raft_entry *entry)
{
    struct raft_membership before;

    if (quorum_has(network, raft_get_membership(node->core), entry)) {
        return;
    }
    if (raft_get_membership_index(node->core) <= entry->index ||
        !membership_before(node, &before) || !quorum_has(network, &before, entry)) {
        broken(network, node->id, "durability: committed, but not on a quorum's disks");
    }
}

static void check_applied(struct network *network, const struct network_node *node,
                          struct raft_entry *entry)
{
    struct raft_entry **known;

    if (entry->index > network->committed_count) {
        if (!network->lone) {
            check_quorum_has(network, node, entry);
        }
        network->committed =
            memory_grow(network->committed, &network->committed_capacity,
                        network->committed_count + 1, sizeof(network->committed[0]));
        network->committed[network->committed_count++] = NULL;
    }
    ASSERT(entry->index <= network->committed_count);
    known = &network->committed[entry->index - 1];
    if (*known == NULL) {
        *known = raft_entry_hold(entry);
    } else if (!entries_are_equal(*known, entry)) {
        broken(network, node->id, "state machine safety: another entry was applied here");
    }
}

static void apply(struct network *network, struct network_node *node, uint64_t commit_index)
{
    if (commit_index < node->seen_commit) {
        broken(network, node->id, "the commit index went back");
    }
    node->seen_commit = commit_index;
    while (node->applied_index < commit_index) {
        struct raft_entry *entry = raft_log_entry(node->core, ++node->applied_index);

        if (entry == NULL) {
            broken(network, node->id, "committed, but not in the log");
        }
        check_applied(network, node, entry);
    }
}

static void check_read(struct network *network, const struct network_node *node,
                       const struct raft_outbox *outbox)
{
    if (outbox->read_id >= node->read_floor_capacity) {
        broken(network, node->id, "a read that nobody asked for is confirmed");
    }
    if (outbox->read_index < node->read_floors[outbox->read_id]) {
        broken(network, node->id, "stale read: something was committed before it was asked");
    }
    if (outbox->read_index > network->committed_count) {
        broken(network, node->id, "a read is confirmed at an index that is not committed");
    }
}

void invariants_after_step(struct network *network, struct network_node *node,
                           const struct raft_outbox *outbox)
{
    struct raft_status status;

    raft_get_status(node->core, network->now_ms, &status);
    if (status.term < node->term) {
        broken(network, node->id, "the term went back");
    }
    if (status.durable_index >= node->base_index &&
        disk_term(node, status.durable_index) != raft_log_term(node->core, status.durable_index)) {
        broken(network, node->id, "the core takes for durable what the disk does not have");
    }
    if (status.role == RAFT_LEADER) {
        check_leader(network, node, status.term);
    }
    apply(network, node, outbox->commit_index);
    if (outbox->read_confirmed) {
        check_read(network, node, outbox);
    }
}

void invariants_on_read(struct network *network, struct network_node *node, uint64_t read_id)
{
    node->read_floors = memory_grow(node->read_floors, &node->read_floor_capacity,
                                    (size_t)read_id + 1, sizeof(node->read_floors[0]));
    node->read_floors[read_id] = network->committed_count;
}

/* A vote (T1), a campaign (T7) or an acknowledgement (T12) of the term that is on the disk. */
static void check_promise(struct network *network, const struct network_node *sender,
                          const struct raft_message *message)
{
    switch (message->type) {
    case RAFT_MESSAGE_VOTE_REPLY:
        if (message->vote_reply.granted && sender->vote != message->to) {
            broken(network, sender->id, "a vote leaves that is not on disk");
        }
        break;
    case RAFT_MESSAGE_VOTE:
        if (sender->vote != sender->id || message->vote.last_index > disk_last(sender) ||
            disk_term(sender, message->vote.last_index) != message->vote.last_term) {
            broken(network, sender->id, "it campaigns with what is not on its disk");
        }
        break;
    case RAFT_MESSAGE_APPEND_REPLY:
        if (message->append_reply.success && message->append_reply.index > disk_last(sender)) {
            broken(network, sender->id, "it acknowledges what is not on its disk");
        }
        break;
    default:
        break;
    }
}

void invariants_on_send(struct network *network, const struct raft_message *message)
{
    const struct network_node *sender = network_node(network, message->from);

    if ((message->type == RAFT_MESSAGE_VOTE && message->vote.pre) ||
        (message->type == RAFT_MESSAGE_VOTE_REPLY && message->vote_reply.pre &&
         message->vote_reply.granted)) {
        return; /* a pre-vote promises nothing */
    }
    if (message->type > RAFT_MESSAGE_APPEND_REPLY) {
        return; /* nor do reads and proposals: a node that forgets the term breaks no promise */
    }
    if (message->term > sender->term) {
        broken(network, sender->id, "it speaks of a term that its disk does not know");
    }
    if (message->term == sender->term) {
        check_promise(network, sender, message);
    }
}

/* If two logs have the same term at an index, they are the same up to there. */
static void check_match(struct network *network, const struct network_node *a,
                        const struct network_node *b)
{
    uint64_t index = network_status(network, a->id).last_index;
    bool agreed = false;

    for (; index > 0; index--) {
        const struct raft_entry *x = raft_log_entry(a->core, index);
        const struct raft_entry *y = raft_log_entry(b->core, index);

        if (x == NULL) {
            return;
        }
        if (y == NULL) {
            if (agreed) {
                return; /* it is compacted there */
            }
            continue;
        }
        agreed = agreed || x->term == y->term;
        if (agreed && !entries_are_equal(x, y)) {
            broken(network, a->id, "log matching: two logs agree above an index, not at it");
        }
    }
}

void invariants_logs_match(struct network *network)
{
    for (uint16_t a = 1; a <= network->node_count; a++) {
        for (uint16_t b = 1; b < a; b++) {
            if (network_node(network, a)->alive && network_node(network, b)->alive) {
                check_match(network, network_node(network, a), network_node(network, b));
            }
        }
    }
}
