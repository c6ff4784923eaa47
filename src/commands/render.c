/*
 * Replies of the state machine and statuses of the node as RESP (render.h). Pure; any thread.
 */
#include "commands/render.h"

#include <string.h>

#include <raftd/client.h>
#include <raftd/error.h>

#include "front/owed.h"
#include "kv/kv.h"

const char render_not_ready[] = "LOADING raftd is not ready to serve requests, try again later";

static void render_value(struct buffer *output, enum resp_protocol protocol,
                         const struct kv_reply_value *value)
{
    switch (value->type) {
    case KV_REPLY_OK:
        resp_write_raw(output, "+OK\r\n", 5);
        break;
    case KV_REPLY_NIL:
        resp_write_nil(output, protocol);
        break;
    case KV_REPLY_INTEGER:
        resp_write_integer(output, value->integer);
        break;
    case KV_REPLY_BULK:
        resp_write_bulk(output, value->data, value->size_bytes);
        break;
    case KV_REPLY_STATUS:
        resp_write_simple(output, value->data, value->size_bytes);
        break;
    case KV_REPLY_ERROR:
        resp_write_error(output, value->data, value->size_bytes);
        break;
    case KV_REPLY_ARRAY:
        resp_write_array(output, (size_t)value->integer);
        break;
    case KV_REPLY_MAP:
        resp_write_map(output, protocol, (size_t)value->integer);
        break;
    }
}

void render_reply(struct buffer *output, enum resp_protocol protocol, const void *data, size_t size)
{
    struct reader reader = reader_make(data, size);
    struct kv_reply_value value;
    bool any = false;

    while (kv_reply_next(&reader, &value)) {
        render_value(output, protocol, &value);
        any = true;
    }
    if (!any) {
        resp_write_error_format(output, "ERR the command had no reply");
    }
}

void render_skip(struct reader *reader)
{
    struct kv_reply_value value;
    uint64_t left = 1;

    while (left > 0 && kv_reply_next(reader, &value)) {
        left--;
        if (value.type == KV_REPLY_ARRAY) {
            left += (uint64_t)value.integer;
        } else if (value.type == KV_REPLY_MAP) {
            left += 2 * (uint64_t)value.integer;
        }
    }
}

void render_status(struct buffer *output, int status, bool is_read)
{
    switch (status) {
    case RAFTD_ERROR_NOT_READY:
        resp_write_error(output, render_not_ready, strlen(render_not_ready));
        break;
    case RAFTD_ERROR_NOT_LEADER:
        resp_write_error_format(output, "TRYAGAIN the leader changed while the command was on its "
                                        "way; the command was not applied");
        break;
    case RAFTD_ERROR_UNAVAILABLE:
        resp_write_error_format(output, "CLUSTERDOWN no leader with a quorum could be reached in "
                                        "time; the command was not applied");
        break;
    case RAFTD_ERROR_BUSY:
        resp_write_error_format(output, "CLUSTERDOWN the leader took no more commands in time, "
                                        "because too many wait until a quorum has written them; "
                                        "the command was not applied");
        break;
    case RAFTD_ERROR_STOPPED:
        resp_write_error_format(output, "CLUSTERDOWN the node is shutting down; the command was "
                                        "not applied");
        break;
    case RAFTD_ERROR_TIMEOUT:
        resp_write_error_format(output, is_read ? "TIMEOUT no answer in time"
                                                : "TIMEOUT no answer in time; the command may "
                                                  "have been applied, or may be applied later");
        break;
    case RAFTD_ERROR_TOO_LARGE:
        resp_write_error_format(output, "ERR the command is larger than limits.max_request_bytes");
        break;
    case RAFTD_ERROR_DISK_FULL:
        if (is_read) {
            resp_write_error_format(output, "CLUSTERDOWN the disk of this node is nearly full, so "
                                            "it lacks commands that this read has to see; free "
                                            "space on that disk, or ask another node");
        } else {
            resp_write_error_format(output, "OOM the disk of the leader is nearly full; the "
                                            "command was not applied; free space on that disk; "
                                            "reads still work");
        }
        break;
    case RAFTD_ERROR_REFUSED:
        resp_write_error_format(output, "ERR this node has no [tls] certificate, so no other node "
                                        "can connect to it");
        break;
    case RAFTD_ERROR_INVALID:
        resp_write_error_format(output, "ERR the node cannot use a value of this request");
        break;
    default:
        resp_write_error_format(output, "ERR the node failed: %s", raftd_code_text(status));
        break;
    }
}

void finish_reply(struct connection *connection, const struct owed_reply *owed,
                  const struct raftd_completion *completion, struct buffer *output)
{
    (void)connection;
    if (completion->status != 0) {
        render_status(output, completion->status, owed->is_read);
    } else {
        render_reply(output, (enum resp_protocol)owed->protocol, completion->data,
                     completion->size_bytes);
    }
}
