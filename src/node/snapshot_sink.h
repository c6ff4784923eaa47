/*
 * The node's side of struct raftd_snapshot_sink: the bytes that a state machine writes for one
 * slice of its snapshot. Core thread fills it; whoever takes the bytes resets it.
 */
#ifndef RAFTD_NODE_SNAPSHOT_SINK_H
#define RAFTD_NODE_SNAPSHOT_SINK_H

#include "base/bytes.h"

struct raftd_snapshot_sink {
    struct buffer bytes;
};

#endif
