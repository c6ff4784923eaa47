/*
 * Makes a network, with the logs on its disks, and frees it. See network.h.
 */
#include "sim/network_private.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/memory.h"

void network_set_log(struct network *network, uint16_t id, const uint64_t *terms, size_t count,
                     uint64_t term, uint16_t vote)
{
    struct network_node *node = network_node(network, id);

    network_crash(network, id, false);
    network_disk_truncate(node, 2);
    node->term = term;
    node->vote = vote;
    for (size_t i = 1; i < count; i++) {
        uint64_t content[2] = {i + 1, terms[i]};
        struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, content, sizeof(content));

        entry->index = i + 1;
        entry->term = terms[i];
        network_disk_append(node, entry);
        raft_entry_release(entry);
    }
    network_restart(network, id);
}

void network_set_base(struct network *network, uint16_t id, uint64_t index, uint64_t term)
{
    struct network_node *node = network_node(network, id);

    network_crash(network, id, false);
    network_disk_truncate(node, 1);
    node->base_index = index;
    node->base_term = term;
    node->base_membership = network->membership;
    node->term = term > node->term ? term : node->term;
    while (network->committed_count < index) {
        network->committed =
            memory_grow(network->committed, &network->committed_capacity,
                        network->committed_count + 1, sizeof(network->committed[0]));
        network->committed[network->committed_count++] = NULL;
    }
    network_restart(network, id);
}

void network_init_membership(struct network *network, const struct raft_membership *membership,
                             uint64_t seed)
{
    struct buffer bytes = {0};

    *network = (struct network){
        .seed = seed,
        .random_state = seed,
        .now_ms = 1000,
        .delay_min_ms = 1,
        .delay_max_ms = 5,
        .write_min_ms = 1,
        .write_max_ms = 1,
        .membership = *membership,
        .options = {.heartbeat_ms = 100,
                    .election_timeout_ms = 1000,
                    .max_batch_bytes = 64 * 1024,
                    .check = true,
                    .max_inflight_messages = 16,
                    .max_inflight_bytes = 1024 * 1024,
                    .max_uncommitted_bytes = 16 * 1024 * 1024},
    };
    raft_membership_encode(membership, &bytes);
    for (size_t i = 0; i < membership->count; i++) {
        if (membership->members[i].id > network->node_count) {
            network->node_count = membership->members[i].id;
        }
    }
    ASSERT(network->node_count < NETWORK_NODES_MAX);
    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);
        struct raft_entry *entry =
            raft_entry_make(RAFT_ENTRY_MEMBERSHIP, bytes.data, (uint32_t)bytes.size_bytes);

        entry->index = 1;
        entry->term = 1;
        node->id = id;
        node->term = 1;
        node->entries = memory_grow(NULL, &node->entry_capacity, 1, sizeof(node->entries[0]));
        node->entries[node->entry_count++] = entry;
        network_restart(network, id);
    }
    buffer_free(&bytes);
}

void network_init(struct network *network, size_t count, uint64_t seed)
{
    struct raft_membership membership = {0};

    for (uint16_t id = 1; id <= count; id++) {
        char address[32];
        int code;

        snprintf(address, sizeof(address), "node-%u:7381", id);
        code = raft_membership_add(&membership, id, RAFT_MEMBER_VOTER, address);
        ASSERT(code == 0);
    }
    network_init_membership(network, &membership, seed);
}

void network_free(struct network *network)
{
    while (network->packets != NULL) {
        struct network_packet *packet = network->packets;

        network->packets = packet->next;
        network_packet_free(packet);
    }
    for (uint16_t id = 1; id <= network->node_count; id++) {
        struct network_node *node = network_node(network, id);

        if (node->alive) {
            network_crash(network, id, false);
        }
        for (size_t i = 0; i < node->entry_count; i++) {
            raft_entry_release(node->entries[i]);
        }
        memory_free(node->entries);
        memory_free(node->read_floors);
    }
    for (size_t i = 0; i < network->committed_count; i++) {
        raft_entry_release(network->committed[i]);
    }
    memory_free(network->committed);
    memory_free(network->leader_of_term);
}

struct network *network_create_membership(const struct raft_membership *membership)
{
    struct network *network = memory_allocate(sizeof(*network));

    network_init_membership(network, membership, 1);
    network_make_instant(network);
    return network;
}

struct network *network_create(size_t count)
{
    struct network *network = memory_allocate(sizeof(*network));

    network_init(network, count, 1);
    network_make_instant(network);
    return network;
}

void network_destroy(struct network *network)
{
    network_free(network);
    memory_free(network);
}
