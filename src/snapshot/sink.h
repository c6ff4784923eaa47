/*
 * The inside of struct raftd_snapshot_sink: the bytes that a state machine writes as one slice of
 * its snapshot. The core thread fills it, and hands the bytes to the snapshot worker.
 */
#ifndef RAFTD_SNAPSHOT_SINK_H
#define RAFTD_SNAPSHOT_SINK_H

#include "base/bytes.h"

struct raftd_snapshot_sink {
    struct buffer bytes;
};

#endif
