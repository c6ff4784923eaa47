/*
 * What INFO says. The number of keys is asked of the state machine first, since only the core
 * thread may look there; the text is made when that answer is in.
 */
#ifndef RAFTD_COMMANDS_INFO_H
#define RAFTD_COMMANDS_INFO_H

#include <stdint.h>

#include "base/bytes.h"
#include "resp/writer.h"

struct raftd_completion;
struct redis_server;

enum info_section {
    INFO_SERVER = 1 << 0,
    INFO_CLIENTS = 1 << 1,
    INFO_RAFT = 1 << 2,
    INFO_KEYSPACE = 1 << 3,
    INFO_REPLICATION = 1 << 4,
    INFO_CLUSTER = 1 << 5,
    INFO_STATS = 1 << 6,
    INFO_EVERYTHING = (1 << 7) - 1,
};

/* The whole reply. completion: the answer to KV_INFO, or NULL where it was not asked. */
void info_write(struct redis_server *server, uint32_t sections,
                const struct raftd_completion *completion, enum resp_protocol protocol,
                struct buffer *output);

#endif
