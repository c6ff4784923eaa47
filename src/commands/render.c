/*
 * Replies of the state machine and statuses of the node as RESP.
 */
#include "commands/render.h"

#include <string.h>

#include <raftd/error.h>

#include "commands/info.h"
#include "front/topology.h"
#include "kv/kv.h"
#include "script/script.h"

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

static void render_object(struct buffer *output, enum resp_protocol protocol,
                          enum render_object asked, const void *data, size_t size)
{
    struct reader reader = reader_make(data, size);
    struct kv_reply_value value;

    if (asked == OBJECT_ENCODING || !kv_reply_next(&reader, &value) ||
        value.type != KV_REPLY_BULK) {
        render_reply(output, protocol, data, size);
    } else if (asked == OBJECT_FREQUENCY) {
        resp_write_error_format(
            output, "ERR An LFU maxmemory policy is not selected, access frequency not tracked. "
                    "Please note that when switching between policies at runtime LRU and LFU data "
                    "will take some time to adjust.");
    } else {
        resp_write_integer(output, asked == OBJECT_REFERENCES ? 1 : 0);
    }
}

static void render_slot_count(struct buffer *output, uint32_t slot, const void *data, size_t size)
{
    struct reader reader = reader_make(data, size);
    struct kv_reply_value value;
    int64_t count = 0;

    while (kv_reply_next(&reader, &value)) {
        if (value.type == KV_REPLY_ERROR) {
            resp_write_error(output, value.data, value.size_bytes);
            return;
        }
        count += value.type == KV_REPLY_BULK && topology_slot(value.data, value.size_bytes) == slot;
    }
    resp_write_integer(output, count);
}

void render_sentence(struct buffer *output, int status, const void *data, size_t size)
{
    if (status == RAFTD_OK) {
        resp_write_raw(output, "+OK\r\n", 5);
    } else if (size == 0) {
        render_status(output, status, false);
    } else if (status == RAFTD_ERROR_CONFLICT) {
        resp_write_error_format(output, "CONFLICT %.*s", (int)size, (const char *)data);
    } else if (status == RAFTD_ERROR_INVALID) {
        resp_write_error_format(output, "ERR %.*s", (int)size, (const char *)data);
    } else {
        render_status(output, status, false);
    }
}

/* The pairs that were there already, and notify-keyspace-events. */
static void render_config(struct buffer *output, const struct rendering *rendering,
                          const void *data, size_t size)
{
    enum resp_protocol protocol = (enum resp_protocol)rendering->protocol;
    struct reader reader = reader_make(data, size);
    struct kv_reply_value value;
    bool found = kv_reply_next(&reader, &value) && value.type == KV_REPLY_BULK;

    resp_write_map(output, protocol, rendering->detail + (found ? 1 : 0));
    resp_write_raw(output, rendering->attached, rendering->attached_bytes);
    if (found) {
        resp_write_text(output, "notify-keyspace-events");
        resp_write_bulk(output, value.data, value.size_bytes);
    }
}

void render_answer(struct buffer *output, const struct rendering *rendering, const void *data,
                   size_t size)
{
    enum resp_protocol protocol = (enum resp_protocol)rendering->protocol;

    switch ((enum renderer)rendering->renderer) {
    case RENDER_CONFIG:
        render_config(output, rendering, data, size);
        break;
    case RENDER_OBJECT:
        render_object(output, protocol, (enum render_object)rendering->detail, data, size);
        break;
    case RENDER_SCRIPT:
        script_render(output, rendering, data, size);
        break;
    case RENDER_SLOT:
        render_slot_count(output, rendering->detail, data, size);
        break;
    case RENDER_WATCH:
        resp_write_raw(output, "+OK\r\n", 5);
        break;
    case RENDER_REPLY:
    case RENDER_EXEC:
    case RENDER_INFO:
    case RENDER_SENTENCE:
        render_reply(output, protocol, data, size);
        break;
    }
}

void render_locally(struct redis_server *server, const struct rendering *rendering,
                    struct buffer *output)
{
    if (rendering->renderer == RENDER_INFO) {
        info_write(server, rendering->detail, NULL, (enum resp_protocol)rendering->protocol,
                   output);
    } else if (rendering->renderer == RENDER_CONFIG) {
        render_config(output, rendering, NULL, 0);
    } else {
        resp_write_error_format(output, "ERR not possible inside a transaction");
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
        resp_write_error_format(output, "TRYAGAIN leadership moved while the command was on its "
                                        "way; it was not applied");
        break;
    case RAFTD_ERROR_UNAVAILABLE:
        resp_write_error_format(output, "CLUSTERDOWN no leader with a quorum could be reached in "
                                        "time; the command was not applied");
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
        resp_write_error_format(output, "OOM the disk is nearly full; the command was not applied. "
                                        "Reads go on; free space on the node");
        break;
    case RAFTD_ERROR_REFUSED:
        resp_write_error_format(output, "ERR this node has no [tls] certificate, so no other node "
                                        "can ever talk to it");
        break;
    case RAFTD_ERROR_INVALID:
        resp_write_error_format(output, "ERR this is nothing that a node can be asked: an address "
                                        "is host:port");
        break;
    default:
        resp_write_error_format(output, "ERR the node failed: %s", raftd_code_text(status));
        break;
    }
}
