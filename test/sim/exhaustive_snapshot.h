/*
 * The snapshots of a life: saves them as the node does, and reads them back and compares every
 * byte. The content of a snapshot follows from its index.
 */
#ifndef RAFTD_TEST_SIM_EXHAUSTIVE_SNAPSHOT_H
#define RAFTD_TEST_SIM_EXHAUSTIVE_SNAPSHOT_H

#include <stdint.h>

#include <raftd/error.h>

#include "sim/fs_memory.h"

/* 0 = the snapshot is durable, and older ones are removed. */
int life_save_snapshot(struct fs_memory *memory, uint64_t index, struct raftd_error *error);

/* 0: *index is that of the newest snapshot, 0 = there is none. The snapshot has to be intact. */
int life_newest_snapshot(struct fs_memory *memory, uint64_t *index, struct raftd_error *error);

#endif
