/*
 * RAFT: what the node says about itself and the cluster. Field names are those of struct
 * raftd_status and struct raftd_member_status.
 */
#include <raftd/node.h>

#include "base/memory.h"
#include "commands/command.h"
#include "front/server.h"

struct map {
    struct buffer *reply;
    enum resp_protocol protocol;
};

static void put_number(const struct map *map, const char *name, uint64_t value)
{
    resp_write_text(map->reply, name);
    resp_write_integer(map->reply, (int64_t)value);
}

static void put_flag(const struct map *map, const char *name, bool value)
{
    resp_write_text(map->reply, name);
    resp_write_boolean(map->reply, map->protocol, value);
}

static void put_text(const struct map *map, const char *name, const char *value)
{
    resp_write_text(map->reply, name);
    resp_write_text(map->reply, value);
}

enum { MEMBER_FIELDS = 16, STATUS_FIELDS = 29, BACKUP_BYTES = 256 * 1024 };

static void write_member(const struct map *map, const struct raftd_member_status *member)
{
    resp_write_map(map->reply, map->protocol, MEMBER_FIELDS);
    put_number(map, "id", member->id);
    put_flag(map, "voter", member->voter);
    put_flag(map, "learner", member->learner);
    put_flag(map, "joining", member->joining);
    put_flag(map, "outgoing", member->outgoing);
    put_flag(map, "self", member->self);
    put_flag(map, "connected", member->connected);
    put_flag(map, "replicating", member->replicating);
    put_number(map, "match_index", member->match_index);
    put_number(map, "silent_ms", member->silent_ms);
    put_number(map, "snapshot_done_bytes", member->snapshot_done_bytes);
    put_number(map, "snapshot_total_bytes", member->snapshot_total_bytes);
    put_number(map, "round_trip_us", member->round_trip_us);
    put_text(map, "address", member->address);
    put_text(map, "client_address", member->client_address);
    put_text(map, "trouble", member->trouble);
}

static void write_members(const struct map *map, const struct raftd_status *status)
{
    resp_write_array(map->reply, status->member_count);
    for (size_t i = 0; i < status->member_count; i++) {
        write_member(map, &status->members[i]);
    }
}

bool run_raft_status(struct call *call)
{
    struct map map = {.reply = call->reply, .protocol = call->protocol};
    struct raftd_status status;
    char cluster_id[17];

    raftd_node_status(call->server->node, &status);
    /* Hexadecimal: RESP's integers are signed, and this one is a random pattern. */
    for (int i = 0; i < 16; i++) {
        cluster_id[i] = "0123456789abcdef"[status.cluster_id >> (60 - 4 * i) & 15];
    }
    cluster_id[16] = '\0';
    resp_write_map(map.reply, map.protocol, STATUS_FIELDS);
    put_text(&map, "cluster_id", cluster_id);
    put_text(&map, "cluster_name", status.cluster_name);
    put_text(&map, "version", status.version);
    put_number(&map, "id", status.id);
    put_number(&map, "leader", status.leader);
    put_text(&map, "role", status.role);
    put_text(&map, "phase", raftd_phase_name(status.phase));
    put_flag(&map, "ready", status.ready);
    put_flag(&map, "joint", status.joint);
    put_number(&map, "handover_to", status.handover_to);
    put_number(&map, "term", status.term);
    put_number(&map, "last_index", status.last_index);
    put_number(&map, "durable_index", status.durable_index);
    put_number(&map, "commit_index", status.commit_index);
    put_number(&map, "applied_index", status.applied_index);
    put_number(&map, "proposals_pending", status.proposals_pending);
    put_number(&map, "reads_pending", status.reads_pending);
    put_number(&map, "log_bytes", status.log_bytes);
    put_number(&map, "log_segments", status.log_segments);
    put_number(&map, "log_syncs", status.log_syncs);
    put_number(&map, "log_base_index", status.log_base_index);
    put_number(&map, "snapshot_index", status.snapshot_index);
    put_number(&map, "snapshot_bytes", status.snapshot_bytes);
    put_number(&map, "snapshot_saving_index", status.snapshot_saving_index);
    put_number(&map, "snapshot_saving_bytes", status.snapshot_saving_bytes);
    put_number(&map, "snapshot_received_bytes", status.snapshot_received_bytes);
    put_number(&map, "snapshot_receiving_bytes", status.snapshot_receiving_bytes);
    put_number(&map, "uptime_ms", status.uptime_ms);
    resp_write_text(map.reply, "members");
    write_members(&map, &status);
    return false;
}

bool run_raft_members(struct call *call)
{
    struct map map = {.reply = call->reply, .protocol = call->protocol};
    struct raftd_status status;

    raftd_node_status(call->server->node, &status);
    write_members(&map, &status);
    return false;
}

bool run_raft_ready(struct call *call)
{
    resp_write_integer(call->reply, raftd_node_is_ready(call->server->node) ? 1 : 0);
    return false;
}

bool run_raft_snapshot(struct call *call)
{
    uint64_t index = raftd_node_snapshot(call->server->node);

    if (index == 0) {
        resp_write_error_format(call->reply, "ERR there is nothing to save yet");
    } else {
        resp_write_integer(call->reply, (int64_t)index);
    }
    return false;
}

bool run_raft_backup(struct call *call)
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
        resp_write_error_format(call->reply,
                                "ERR syntax error: the index of a snapshot, an offset");
        return false;
    }
    data = memory_allocate(BACKUP_BYTES);
    if (raftd_node_read_snapshot(call->server->node, (uint64_t)index, (uint64_t)offset, data,
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
