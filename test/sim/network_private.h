/*
 * The functions that the files of the cluster of cores (network.h) share. Nothing else includes
 * this.
 */
#ifndef RAFTD_TEST_SIM_NETWORK_PRIVATE_H
#define RAFTD_TEST_SIM_NETWORK_PRIVATE_H

#include "sim/network.h"

void network_packet_free(struct network_packet *packet);
void network_insert_packet(struct network *network, struct network_packet *packet,
                           uint64_t deliver_ms);
uint64_t network_disk_last(const struct network_node *node);
void network_disk_truncate(struct network_node *node, uint64_t index);
void network_disk_append(struct network_node *node, struct raft_entry *entry);
void network_disk_apply(struct network_node *node, const struct raft_write *write);
void network_write_free(struct network_write *write);
void network_step_events(struct network *network, struct network_node *node,
                         const struct raft_event *events, size_t count);
void network_complete_write(struct network *network, struct network_node *node);

#endif
