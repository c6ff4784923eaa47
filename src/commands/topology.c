/* Makes masters, replicas and hash slots from the status of the node (topology.h). Any thread. */
#include "commands/topology.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void take_member(const struct raftd_status *status, const struct raftd_member_status *member,
                        struct topology_node *node)
{
    const char *problem;

    memset(node, 0, sizeof(*node));
    node->number = member->id;
    snprintf(node->id, sizeof(node->id), "%016" PRIx64 "%024x", status->cluster_id,
             (unsigned)member->id);
    node->self = member->self;
    node->leader = member->id == status->leader;
    node->connected = member->self || member->connected;
    node->match_index = member->self ? status->applied_index : member->match_index;
    if (!address_split(member->client_address, node->host, &node->port, &problem)) {
        node->host[0] = '\0';
        node->port = 0;
    }
}

void topology_from(const struct raftd_status *status, struct topology *topology)
{
    snprintf(topology->name, sizeof(topology->name), "%s", status->cluster_name);
    topology->self = status->id;
    topology->leader = status->leader;
    topology->term = status->term;
    topology->applied_index = status->applied_index;
    topology->count = status->member_count;
    for (size_t i = 0; i < status->member_count; i++) {
        take_member(status, &status->members[i], &topology->nodes[i]);
    }
}

void topology_of(struct raftd_node *node, struct topology *topology)
{
    struct raftd_status status;

    raftd_node_status(node, &status, sizeof(status));
    topology_from(&status, topology);
}

const struct topology_node *topology_leader(const struct topology *topology)
{
    for (size_t i = 0; i < topology->count; i++) {
        if (topology->nodes[i].leader && topology->nodes[i].host[0] != '\0') {
            return &topology->nodes[i];
        }
    }
    return NULL;
}

const struct topology_node *topology_self(const struct topology *topology)
{
    for (size_t i = 0; i < topology->count; i++) {
        if (topology->nodes[i].self) {
            return &topology->nodes[i];
        }
    }
    return NULL;
}

const struct topology_node *topology_master(const struct topology *topology)
{
    const struct topology_node *leader = topology_leader(topology);
    const struct topology_node *self = topology_self(topology);

    if (leader != NULL) {
        return leader;
    }
    return self != NULL && self->host[0] != '\0' ? self : NULL;
}

/* The CRC of 16 bits with the polynomial 0x1021 that starts at 0 (XMODEM). */
static uint16_t crc16(const uint8_t *data, size_t size)
{
    uint16_t crc = 0;

    for (size_t i = 0; i < size; i++) {
        crc = (uint16_t)(crc ^ data[i] << 8);
        for (int bit = 0; bit < 8; bit++) {
            crc = (uint16_t)((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
        }
    }
    return crc;
}

uint16_t topology_slot(const void *key, size_t size)
{
    const uint8_t *text = key;
    const uint8_t *open = size > 0 ? memchr(text, '{', size) : NULL;

    /* If there are bytes between the first pair of braces, only these bytes decide the slot. */
    if (open != NULL) {
        size_t left = size - (size_t)(open + 1 - text);
        const uint8_t *close = left > 0 ? memchr(open + 1, '}', left) : NULL;

        if (close != NULL && close > open + 1) {
            return crc16(open + 1, (size_t)(close - open - 1)) % TOPOLOGY_SLOTS;
        }
    }
    return crc16(text, size) % TOPOLOGY_SLOTS;
}
