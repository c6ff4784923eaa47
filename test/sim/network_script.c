/*
 * The functions for scripts: cut, hold, crash, elect, and queries. See network.h.
 */
#include "sim/network_private.h"

#include <string.h>

#include "base/assert.h"

void network_settle(struct network *network)
{
    network_run(network, 0);
}

void network_make_instant(struct network *network)
{
    network->delay_min_ms = 0;
    network->delay_max_ms = 0;
    network->write_min_ms = 0;
    network->write_max_ms = 0;
}

uint16_t network_leader(struct network *network)
{
    uint16_t leader = 0;
    uint64_t term = 0;

    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);
        struct raft_status status;

        if (!node->alive) {
            continue;
        }
        raft_get_status(node->core, network->now_ms, &status);
        if (status.role == RAFT_LEADER && status.term > term) {
            leader = id;
            term = status.term;
        }
    }
    return leader;
}

static bool has_working_leader(struct network *network)
{
    uint16_t leader = network_leader(network);
    struct raft_status status;

    if (leader == 0) {
        return false;
    }
    raft_get_status(network_node(network, leader)->core, network->now_ms, &status);
    if (raft_log_term(network_node(network, leader)->core, status.commit_index) != status.term) {
        return false;
    }
    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);

        if (node->alive && !network->cut[leader][id] && raft_get_leader(node->core) != leader) {
            return false;
        }
    }
    return true;
}

uint16_t network_elect(struct network *network)
{
    return network_run_until(network, has_working_leader, 60000) ? network_leader(network) : 0;
}

void network_campaign(struct network *network, uint16_t id)
{
    struct network_node *node = network_node(network, id);
    uint64_t now_ms = network->now_ms + node->clock_ahead_ms;
    uint64_t deadline_ms = raft_next_deadline(node->core);

    if (deadline_ms > now_ms) {
        node->clock_ahead_ms += deadline_ms - now_ms;
    }
    network_step_events(network, node, NULL, 0);
}

void network_elect_node(struct network *network, uint16_t id)
{
    network->now_ms += network->options.election_timeout_ms;
    for (uint16_t other = 1; other <= network->node_count; other++) {
        struct network_node *node = network_node(network, other);

        if (node->alive && !node->paused && network_role(network, other) == RAFT_LEADER) {
            network_step_events(network, node, NULL,
                                0); /* no node has answered it for so long that it steps down */
        }
    }
    network_campaign(network, id);
    network_settle(network);
    ASSERT(network_role(network, id) == RAFT_LEADER);
}

void network_cut(struct network *network, uint16_t a, uint16_t b)
{
    network->cut[a][b] = true;
    network->cut[b][a] = true;
}

void network_heal(struct network *network)
{
    memset(network->cut, 0, sizeof(network->cut));
}

void network_isolate(struct network *network, uint16_t id)
{
    for (uint16_t other = 1; other <= network->node_count; other++) {
        if (other != id) {
            network_cut(network, id, other);
        }
    }
}

void network_connect(struct network *network, uint16_t a, uint16_t b)
{
    network->cut[a][b] = false;
    network->cut[b][a] = false;
}

void network_hold(struct network *network, uint16_t from, uint16_t to)
{
    network->held[from][to] = true;
}

/* Takes the messages under way from one node to another out of the queue, in order. */
static struct network_packet *take_packets(struct network *network, uint16_t from, uint16_t to)
{
    struct network_packet *taken = NULL;
    struct network_packet **taken_end = &taken;
    struct network_packet **place = &network->packets;

    while (*place != NULL) {
        struct network_packet *packet = *place;

        if (packet->message.from == from && packet->message.to == to) {
            *place = packet->next;
            packet->next = NULL;
            *taken_end = packet;
            taken_end = &packet->next;
        } else {
            place = &packet->next;
        }
    }
    return taken;
}

void network_release(struct network *network, uint16_t from, uint16_t to)
{
    struct network_packet *packet = take_packets(network, from, to);

    network->held[from][to] = false;
    while (packet != NULL) {
        struct network_packet *next = packet->next;

        packet->next = NULL;
        network_insert_packet(network, packet, network->now_ms);
        packet = next;
    }
}

void network_lose(struct network *network, uint16_t from, uint16_t to)
{
    struct network_packet *packet = take_packets(network, from, to);

    while (packet != NULL) {
        struct network_packet *next = packet->next;

        network_packet_free(packet);
        packet = next;
    }
}

void network_crash(struct network *network, uint16_t id, bool keep_prefix)
{
    struct network_node *node = network_node(network, id);
    size_t count = 0;
    size_t keep = 0;

    for (struct network_write *write = node->writes; write != NULL; write = write->next) {
        count++;
    }
    if (keep_prefix && count > 0) {
        keep = (size_t)network_random(network, count + 1);
    }
    while (node->writes != NULL) {
        struct network_write *write = node->writes;

        node->writes = write->next;
        if (keep > 0) {
            network_disk_apply(node, &write->write);
            keep--;
        }
        network_write_free(write);
    }
    raft_destroy(node->core);
    node->core = NULL;
    node->alive = false;
}

/* What a recovery finds: the log after the newest snapshot, if it reaches back to that and fits. */
static void disk_recover(struct network_node *node)
{
    const struct network_snapshot *snapshot = &node->snapshot;
    uint64_t place = snapshot->index - node->base_index;

    if (snapshot->index <= node->base_index) {
        return;
    }
    if (node->term < snapshot->term) {
        node->term = snapshot->term;
        node->vote = 0;
    }
    if (snapshot->index > network_disk_last(node) ||
        node->entries[place - 1]->term != snapshot->term) {
        network_disk_truncate(node, 0);
    } else {
        for (size_t i = 0; i < place; i++) {
            raft_entry_release(node->entries[i]);
        }
        node->entry_count -= place;
        memmove(node->entries, node->entries + place, node->entry_count * sizeof(node->entries[0]));
    }
    node->base_index = snapshot->index;
    node->base_term = snapshot->term;
    node->base_time_ms = snapshot->time_ms;
    node->base_membership = snapshot->membership;
}

static void start(struct network *network, uint16_t id)
{
    struct network_node *node = network_node(network, id);
    struct raft_options options = network->options;
    struct raft_recovered recovered = {
        .term = node->term,
        .vote = node->vote,
        .promise_known = node->promise_known,
        .promise_ms = node->promise_ms,
        .base_index = node->base_index,
        .base_term = node->base_term,
        .base_time_ms = node->base_time_ms,
        .base_membership = node->base_membership.count > 0 ? &node->base_membership : NULL,
        .entries = node->entries,
        .entry_count = node->entry_count};
    int code;

    options.id = id;
    if (node->election_timeout_ms != 0) {
        options.election_timeout_ms = node->election_timeout_ms;
    }
    options.random_seed = network_random(network, UINT64_MAX);
    code = raft_create(&options, &recovered, network->now_ms + node->clock_ahead_ms, &node->core);
    ASSERT(code == 0);
    node->alive = true;
    node->paused = false;
    node->applied_index = node->base_index;
    node->seen_commit = node->base_index;
    node->read_confirmed_id = 0;
    node->next_read_id = 0;
    node->fetch_count = 0;
    memset(node->transfer_wanted, 0, sizeof(node->transfer_wanted));
}

void network_restart(struct network *network, uint16_t id)
{
    disk_recover(network_node(network, id));
    start(network, id);
}

bool network_converged(struct network *network)
{
    struct raft_status first = {0};

    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);
        struct raft_status status;

        if (!node->alive) {
            continue;
        }
        raft_get_status(node->core, network->now_ms, &status);
        if (first.id == 0) {
            first = status;
        }
        if (status.commit_index != status.last_index || status.last_index != first.last_index ||
            status.last_term != first.last_term) {
            return false;
        }
    }
    return first.id != 0;
}

bool network_finish_write(struct network *network, uint16_t id)
{
    struct network_node *node = network_node(network, id);

    if (node->writes == NULL) {
        return false;
    }
    network_complete_write(network, node);
    return true;
}

uint64_t network_last_on_disk(struct network *network, uint16_t id)
{
    return network_disk_last(network_node(network, id));
}

size_t network_leader_count(struct network *network)
{
    size_t count = 0;

    for (uint16_t id = 1; id <= network->node_count; id++) {
        count += network_node(network, id)->alive && network_role(network, id) == RAFT_LEADER;
    }
    return count;
}

enum raft_role network_role(struct network *network, uint16_t id)
{
    ASSERT(network_node(network, id)->alive);
    return raft_get_role(network_node(network, id)->core);
}

struct raft_status network_status(struct network *network, uint16_t id)
{
    struct raft_status status;

    ASSERT(network_node(network, id)->alive);
    raft_get_status(network_node(network, id)->core,
                    network->now_ms + network_node(network, id)->clock_ahead_ms, &status);
    return status;
}

struct raft_peer_status network_peer(struct network *network, uint16_t leader, uint16_t id)
{
    struct raft_status status = network_status(network, leader);
    size_t i = 0;

    while (i < status.peer_count && status.peers[i].id != id) {
        i++;
    }
    ASSERT(i < status.peer_count);
    return status.peers[i];
}

size_t network_committed_times(struct network *network, uint64_t number)
{
    size_t times = 0;

    for (size_t i = 0; i < network->committed_count; i++) {
        const struct raft_entry *entry = network->committed[i];

        times += entry != NULL && entry->origin != 0 && entry->sequence == number;
    }
    return times;
}
