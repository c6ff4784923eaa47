/*
 * What reads on a connection promise: RAFT CONSISTENCY, and the words that clients of a Redis
 * cluster have for it.
 */
#include "commands/command.h"
#include "front/connection.h"
#include "front/server.h"

static bool write_ok(struct call *call)
{
    resp_write_raw(call->reply, "+OK\r\n", 5);
    return false;
}

static const char *const levels[] = {
    [RAFTD_READ_LINEARIZABLE] = "linearizable",
    [RAFTD_READ_LEASE] = "lease",
    [RAFTD_READ_STALE] = "stale",
};

static int find_level(const struct resp_argument *argument)
{
    for (int i = 0; i < (int)(sizeof(levels) / sizeof(levels[0])); i++) {
        if (argument_is(argument, levels[i])) {
            return i;
        }
    }
    return -1;
}

bool run_raft_consistency(struct call *call)
{
    struct connection *connection = call->connection;
    int64_t max_lag_ms = call->server->conf.redis.max_lag_ms;
    int level;

    if (call->count == 2) {
        resp_write_array(call->reply, 2);
        resp_write_text(call->reply, levels[connection->read_level]);
        resp_write_integer(call->reply, connection->max_lag_ms);
        return false;
    }
    level = find_level(&call->arguments[2]);
    if (level < 0 || call->count > 4 || (call->count == 4 && level != RAFTD_READ_STALE)) {
        resp_write_error_format(call->reply, "ERR syntax error, wanted linearizable, lease or "
                                             "stale [max_lag_ms]");
        return false;
    }
    if (call->count == 4 &&
        (!number_parse(call->arguments[3].data, call->arguments[3].size_bytes, &max_lag_ms) ||
         max_lag_ms < 0 || max_lag_ms > UINT32_MAX)) {
        resp_write_error_format(call->reply, "ERR value is not an integer or out of range");
        return false;
    }
    connection->read_level = (enum raftd_read_level)level;
    connection->max_lag_ms = (uint32_t)max_lag_ms;
    return write_ok(call);
}

bool run_readonly(struct call *call)
{
    call->connection->read_level = RAFTD_READ_STALE;
    call->connection->max_lag_ms = call->server->conf.redis.max_lag_ms;
    return write_ok(call);
}

bool run_readwrite(struct call *call)
{
    connection_reset_reads(call->connection);
    return write_ok(call);
}
