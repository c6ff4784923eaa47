/*
 * The check at the start whether the file system of the data directory is large enough for the
 * configuration at all. Keeps no state; called by the thread that builds the node. It does not look
 * at the space that is left while the node runs: the log writer does.
 */
#ifndef RAFTD_NODE_VOLUME_H
#define RAFTD_NODE_VOLUME_H

#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "conf/conf.h"

/*
 * Fails with RAFTD_ERROR_INVALID if the node could never accept a write on the file system of its
 * data directory, and names options that fit. A file system that does not tell its size is not
 * checked.
 */
int volume_check(const struct conf *conf, struct raftd_error *error);

/* The same for a file system of this size. */
int volume_judge(const struct conf *conf, uint64_t total_bytes, struct raftd_error *error);

/*
 * The bytes of entries that a leader lets wait for a quorum: [raft] max_uncommitted_bytes, but at
 * most half of the reserve. When the free space falls below the reserve, these entries are under
 * way and still have to be written.
 */
size_t volume_max_uncommitted(const struct conf *conf);

#endif
