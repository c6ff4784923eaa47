/*
 * RAFT: what the node says about itself and the cluster, and the consistency level of reads on a
 * connection. The fields are those of <raftd/status.h>. The thread of the connection's worker.
 */
#include <raftd/node.h>

#include "base/memory.h"
#include "commands/call.h"
#include "commands/members.h"
#include "commands/rows.h"
#include "commands/session.h"
#include "front/connection.h"
#include "front/server.h"

enum { BACKUP_BYTES = 256 * 1024 };

static void put_number(struct call *call, uint64_t value)
{
    resp_write_integer(call->reply, (int64_t)value);
}

/* Writes 64 bits as text: integers of RESP have a sign, so half of the values would be negative. */
static void put_hex(struct call *call, uint64_t value)
{
    char text[16];

    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
    }
    resp_write_bulk(call->reply, text, sizeof(text));
}

#define PUT_NUMBER(value) put_number(call, value)
#define PUT_ID(value) put_number(call, value)
#define PUT_HEX(value) put_hex(call, value)
#define PUT_FLAG(value) resp_write_boolean(call->reply, call->protocol, value)
#define PUT_PHASE(value) resp_write_text(call->reply, raftd_phase_name(value))
#define PUT_WORD(value) resp_write_text(call->reply, value)
#define PUT_NAME PUT_WORD
#define PUT_SENTENCE PUT_WORD
#define PUT_ADDRESS PUT_WORD
#define PUT(kind, name, unit, source, meaning)                                                     \
    resp_write_text(call->reply, #name);                                                           \
    PUT_##kind(status->name);
#define ONE_MORE(kind, name, unit, source, meaning) +1

enum {
    MEMBER_FIELDS = 0 RAFTD_MEMBER_STATUS_FIELDS(ONE_MORE),
    STATUS_FIELDS = 0 RAFTD_STATUS_FIELDS(ONE_MORE) + 1, /* and the members */
};

static void write_member(struct call *call, const struct raftd_member_status *status)
{
    resp_write_map(call->reply, call->protocol, MEMBER_FIELDS);
    RAFTD_MEMBER_STATUS_FIELDS(PUT)
}

static void write_members(struct call *call, const struct raftd_status *status)
{
    resp_write_array(call->reply, status->member_count);
    for (size_t i = 0; i < status->member_count; i++) {
        write_member(call, &status->members[i]);
    }
}

static void write_status(struct call *call, const struct raftd_status *status)
{
    resp_write_map(call->reply, call->protocol, STATUS_FIELDS);
    RAFTD_STATUS_FIELDS(PUT)
    resp_write_text(call->reply, "members");
    write_members(call, status);
}

static bool run_raft_status(struct call *call)
{
    struct raftd_status status;

    raftd_node_status(call->front->node, &status, sizeof(status));
    write_status(call, &status);
    return false;
}

static bool run_raft_members(struct call *call)
{
    struct raftd_status status;

    raftd_node_status(call->front->node, &status, sizeof(status));
    write_members(call, &status);
    return false;
}

static bool run_raft_ready(struct call *call)
{
    resp_write_integer(call->reply, raftd_node_is_ready(call->front->node) ? 1 : 0);
    return false;
}

static bool run_raft_snapshot(struct call *call)
{
    uint64_t index = raftd_node_snapshot(call->front->node);

    if (index == 0) {
        resp_write_error_format(call->reply,
                                "ERR cannot save a snapshot: no entry of the log is applied yet");
    } else {
        resp_write_integer(call->reply, (int64_t)index);
    }
    return false;
}

static bool run_raft_backup(struct call *call)
{
    struct raftd_error error = {0};
    uint64_t total = 0;
    size_t count = 0;
    int64_t index;
    int64_t offset;
    uint8_t *data;

    if (!number_parse(call->arguments[2].data, call->arguments[2].size_bytes, &index) ||
        !number_parse(call->arguments[3].data, call->arguments[3].size_bytes, &offset) ||
        index < 1 || offset < 0) {
        resp_write_error_format(
            call->reply,
            "ERR syntax error: expected the index of a snapshot and an offset in bytes");
        return false;
    }
    data = memory_allocate(BACKUP_BYTES);
    if (raftd_node_read_snapshot(call->front->node, (uint64_t)index, (uint64_t)offset, data,
                                 BACKUP_BYTES, &count, &total, &error) != 0) {
        resp_write_error_format(call->reply, "ERR %s", error.message);
    } else {
        resp_write_array(call->reply, 2);
        resp_write_integer(call->reply, (int64_t)total);
        resp_write_bulk(call->reply, data, count);
    }
    memory_free(data);
    return false;
}

static bool run_raft_digest(struct call *call)
{
    call_ask(call, KV_DIGEST, 0);
    return true;
}

/* ---- RAFT CONSISTENCY --------------------------------------------------------------------- */

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

static bool run_raft_consistency(struct call *call)
{
    struct connection *connection = call->connection;
    int64_t max_lag_ms = call->front->conf.redis.max_lag_ms;
    int level;

    if (call->count == 2) {
        resp_write_array(call->reply, 2);
        resp_write_text(call->reply, levels[connection->session->read_level]);
        resp_write_integer(call->reply, connection->session->max_lag_ms);
        return false;
    }
    level = find_level(&call->arguments[2]);
    if (level < 0 || call->count > 4 || (call->count == 4 && level != RAFTD_READ_STALE)) {
        resp_write_error_format(call->reply, "ERR syntax error: expected linearizable, lease or "
                                             "stale [max_lag_ms]");
        return false;
    }
    if (call->count == 4 &&
        (!number_parse(call->arguments[3].data, call->arguments[3].size_bytes, &max_lag_ms) ||
         max_lag_ms < 0 || max_lag_ms > UINT32_MAX)) {
        return call_not_an_integer(call);
    }
    connection->session->read_level = (enum raftd_read_level)level;
    connection->session->max_lag_ms = (uint32_t)max_lag_ms;
    return call_ok(call);
}

/* ---- Rows ---- */

#define ON_RAFT IN_GROUP("raft", 0)
#define ON_RAFT_DANGEROUS IN_GROUP("raft", CATEGORY_DANGEROUS)

static const struct command raft_commands[] = {
    {SUBCOMMAND("raft", "backup"), .arity = 4, KIND(BARRIER, ABOUT_SERVER | COMMAND_ADMIN),
     ON_RAFT_DANGEROUS, .run = run_raft_backup, .syntax = "#index #offset",
     DOCS("O(1)", "Get the size of a snapshot file of this node, and up to 256 KiB of the file "
                  "from an offset; raftctl backup uses this command")},
    {SUBCOMMAND("raft", "consistency"), .arity = -2, IS_LOCAL, ON_RAFT, .run = run_raft_consistency,
     .syntax = "[choice(level(LINEARIZABLE | LEASE | STALE) [#max-lag-ms])]",
     DOCS("O(1)", "Set the consistency level of the reads on this connection and how old a stale "
                  "answer may be; without arguments, get both")},
    {SUBCOMMAND("raft", "digest"), .arity = 2, READS, IN_GROUP("raft", CATEGORY_KEYSPACE),
     .run = run_raft_digest,
     DOCS("O(N) where N is the number of keys",
          "Get a checksum of all keys, values and revisions: 16 hexadecimal digits, equal on all "
          "nodes at the same applied index")},
    {SUBCOMMAND("raft", "handover"), .arity = -2, KIND(CHANGE, COMMAND_WRITE | COMMAND_ADMIN),
     ON_RAFT_DANGEROUS, .run = members_hand_over, .syntax = "[#id]",
     DOCS("O(1)", "Hand leadership over to the given member, or to a member that the leader "
                  "chooses; the reply comes when the handover has begun")},
    HELP_OF("raft", "raft"),
    {SUBCOMMAND("raft", "member"), .arity = -4, KIND(CHANGE, COMMAND_WRITE | COMMAND_ADMIN),
     ON_RAFT_DANGEROUS, .run = members_change,
     .syntax = "step(add(ADD #id address [LEARNER]) | PROMOTE #id | REMOVE #id | "
               "replace(REPLACE #old-id #new-id address) | move(MOVE #id address))...",
     DOCS("O(N) where N is the number of members",
          "Change the members of the cluster, all steps together or none; the reply comes when the "
          "change is committed")},
    {SUBCOMMAND("raft", "members"), .arity = 2, KIND(BARRIER, ABOUT_SERVER), ON_RAFT,
     .run = run_raft_members,
     DOCS("O(N) where N is the number of members",
          "Get the members of the cluster as this node sees them")},
    {SUBCOMMAND("raft", "ready"), .arity = 2, KIND(BARRIER, ABOUT_SERVER), ON_RAFT,
     .run = run_raft_ready, DOCS("O(1)", "Return 1 if this node can serve requests now, else 0")},
    {SUBCOMMAND("raft", "snapshot"), .arity = 2, KIND(BARRIER, ABOUT_SERVER | COMMAND_ADMIN),
     ON_RAFT_DANGEROUS, .run = run_raft_snapshot,
     DOCS("O(1); the node saves the snapshot in the background",
          "Start to save a snapshot on this node; the reply is an index that the snapshot will "
          "contain")},
    {SUBCOMMAND("raft", "status"), .arity = 2, KIND(BARRIER, ABOUT_SERVER), ON_RAFT,
     .run = run_raft_status,
     DOCS("O(N) where N is the number of members",
          "Get role, leader, term, indexes and members as this node sees them")},
    {SUBCOMMAND("raft", "transfer"), .arity = -2, KIND(CHANGE, COMMAND_WRITE | COMMAND_ADMIN),
     ON_RAFT_DANGEROUS, .run = members_hand_over, .syntax = "[#id]",
     DOCS("O(1)", "The older name of RAFT HANDOVER")},
    END,
};

const struct command commands_of_raft[] = {
    CONTAINER("raft", raft_commands, "raft", "A container for commands about the cluster"),
    END,
};
