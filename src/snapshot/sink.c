/*
 * The bytes that a state machine writes of its snapshot. Core thread only.
 */
#include "snapshot/sink.h"

#include <raftd/state_machine.h>

void raftd_snapshot_write(struct raftd_snapshot_sink *sink, const void *data, size_t size_bytes)
{
    buffer_append(&sink->bytes, data, size_bytes);
}
