/*
 * COPY, OBJECT and WAIT. The thread of the connection's worker.
 */
#include "commands/call.h"
#include "commands/render.h"
#include "front/connection.h"
#include "front/server.h"

/* The options of COPY; false: the error is written. */
static bool copy_options(struct call *call, uint8_t *flags)
{
    for (size_t i = 3; i < call->count; i++) {
        const struct resp_argument *option = &call->arguments[i];

        if (argument_is(option, "replace")) {
            *flags = KV_COPY_REPLACE;
        } else if (argument_is(option, "db") && i + 1 < call->count) {
            if (!call_checks_database(call, &call->arguments[++i])) {
                return false;
            }
        } else {
            return call_syntax_error(call);
        }
    }
    return true;
}

bool run_copy(struct call *call)
{
    uint8_t flags = 0;

    if (!copy_options(call, &flags)) {
        return false;
    }
    call_ask(call, KV_COPY, 2);
    call->flags = flags;
    return true;
}

/* What OBJECT asks about a key. */
enum object_question { OBJECT_ENCODING, OBJECT_FREQUENCY, OBJECT_IDLE_TIME, OBJECT_REFERENCES };

/* The state machine answers all of OBJECT with the encoding, or with nil if the key is missing. */
static void finish_object(struct connection *connection, const struct owed_reply *owed,
                          const struct raftd_completion *completion, struct buffer *output)
{
    struct reader reader = reader_make(completion->data, completion->size_bytes);
    struct kv_reply_value value;

    if (completion->status != 0 || owed->detail == OBJECT_ENCODING ||
        !kv_reply_next(&reader, &value) || value.type != KV_REPLY_BULK) {
        finish_reply(connection, owed, completion, output);
    } else if (owed->detail == OBJECT_FREQUENCY) {
        resp_write_error_format(
            output, "ERR An LFU maxmemory policy is not selected, access frequency not tracked. "
                    "Please note that when switching between policies at runtime LRU and LFU data "
                    "will take some time to adjust.");
    } else {
        resp_write_integer(output, owed->detail == OBJECT_REFERENCES ? 1 : 0);
    }
}

static bool ask_object(struct call *call, enum object_question question)
{
    call->operation = KV_ENCODING;
    call->kv_count = 0;
    call_ask_also(call, &call->arguments[2]);
    call->owed.finish = finish_object;
    call->owed.detail = question;
    return true;
}

bool run_object_encoding(struct call *call)
{
    return ask_object(call, OBJECT_ENCODING);
}

bool run_object_freq(struct call *call)
{
    return ask_object(call, OBJECT_FREQUENCY);
}

bool run_object_idletime(struct call *call)
{
    return ask_object(call, OBJECT_IDLE_TIME);
}

bool run_object_refcount(struct call *call)
{
    return ask_object(call, OBJECT_REFERENCES);
}

/* How many members besides this node have the connection's last change on disk: what a quorum
 * means, or more where the leader knows it. */
static size_t count_replicas(const struct raftd_status *status, uint64_t index)
{
    size_t voters = 0;
    size_t known = 0;

    for (size_t i = 0; i < status->member_count; i++) {
        const struct raftd_member_status *member = &status->members[i];

        voters += member->voter ? 1 : 0;
        known += !member->self && index > 0 && member->match_index >= index ? 1 : 0;
    }
    return known > voters / 2 ? known : voters / 2;
}

/* Everything before it on the connection is answered, hence on a quorum: there is no waiting. */
bool run_wait(struct call *call)
{
    struct raftd_status status;
    int64_t number;

    if (!number_parse(call->arguments[1].data, call->arguments[1].size_bytes, &number)) {
        return call_not_an_integer(call);
    }
    if (!number_parse(call->arguments[2].data, call->arguments[2].size_bytes, &number)) {
        resp_write_error_format(call->reply, "ERR timeout is not an integer or out of range");
        return false;
    }
    if (number < 0) {
        resp_write_error_format(call->reply, "ERR timeout is negative");
        return false;
    }
    raftd_node_status(call->server->node, &status);
    resp_write_integer(call->reply,
                       (int64_t)count_replicas(&status, call->connection->changed_index));
    return false;
}
