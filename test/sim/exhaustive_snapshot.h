/*
 * Snapshots of a life: saved as the node does, and read back with every byte compared. What is in
 * one follows from its index.
 */
#ifndef RAFTD_TEST_SIM_EXHAUSTIVE_SNAPSHOT_H
#define RAFTD_TEST_SIM_EXHAUSTIVE_SNAPSHOT_H

#include <stdint.h>

#include <raftd/error.h>

#include "sim/fs_memory.h"

/* 0: it is durable, and older ones are removed. */
int life_save_snapshot(struct fs_memory *memory, uint64_t index, struct raftd_error *error);

/* 0 and the index of the newest one, 0 = there is none; it has to be good. */
int life_newest_snapshot(struct fs_memory *memory, uint64_t *index, struct raftd_error *error);

#endif
