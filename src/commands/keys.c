/*
 * COPY, OBJECT and WAIT. The thread of the connection's worker.
 */
#include "commands/call.h"
#include "commands/render.h"
#include "commands/rows.h"
#include "front/connection.h"
#include "front/server.h"

/* Reads the options of COPY. False: the error is written. */
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

static bool run_copy(struct call *call)
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

static bool run_object_encoding(struct call *call)
{
    return ask_object(call, OBJECT_ENCODING);
}

static bool run_object_freq(struct call *call)
{
    return ask_object(call, OBJECT_FREQUENCY);
}

static bool run_object_idletime(struct call *call)
{
    return ask_object(call, OBJECT_IDLE_TIME);
}

static bool run_object_refcount(struct call *call)
{
    return ask_object(call, OBJECT_REFERENCES);
}

/* How many members besides this node have the connection's last change on disk: at least the others
 * of a quorum, and more if this node leads and knows of more. */
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

/* WAIT does not wait: when it is carried out, every command in front of it on the connection is
 * answered, and a change is answered only after a quorum has it on disk. */
static bool run_wait(struct call *call)
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
    raftd_node_status(call->front->node, &status, sizeof(status));
    resp_write_integer(call->reply,
                       (int64_t)count_replicas(&status, call->connection->changed_index));
    return false;
}

/* ---- Rows ---- */

#define ON_KEYS IN_GROUP("generic", CATEGORY_KEYSPACE)

static const struct command object_commands[] = {
    {SUBCOMMAND("object", "encoding"), .arity = 3, READS, KEYS(2, 2, 1, "RO"), ON_KEYS,
     .run = run_object_encoding, .syntax = "@key",
     DOCS("O(1)", "Get the encoding that Redis would use for the value: int, embstr or raw")},
    {SUBCOMMAND("object", "freq"), .arity = 3, READS, KEYS(2, 2, 1, "RO"), ON_KEYS,
     .run = run_object_freq, .syntax = "@key",
     DOCS("O(1)", "Return an error: raftd does not count accesses to keys")},
    HELP_OF("object", "generic"),
    {SUBCOMMAND("object", "idletime"), .arity = 3, READS, KEYS(2, 2, 1, "RO"), ON_KEYS,
     .run = run_object_idletime, .syntax = "@key",
     DOCS("O(1)", "Return 0 for every key: raftd stores no access times")},
    {SUBCOMMAND("object", "refcount"), .arity = 3, READS, KEYS(2, 2, 1, "RO"), ON_KEYS,
     .run = run_object_refcount, .syntax = "@key", DOCS("O(1)", "Return 1 for every key")},
    END,
};

const struct command commands_of_keys[] = {
    {COMMAND("copy"), .arity = -3, CHANGES, TWO_KEYS("RO access"), ON_KEYS, .run = run_copy,
     .syntax = "@source @destination [DB #destination-db] [REPLACE]",
     DOCS("O(N) where N is the length of the value",
          "Copy the value and the time to live of a key to another key")},
    {COMMAND("del"), .arity = -2, CHANGES, MANY_KEYS("RM delete"), ON_KEYS, .operation = KV_DEL,
     .syntax = "@key...", DOCS("O(N) where N is the number of keys", "Delete keys")},
    {COMMAND("exists"), .arity = -2, READS_FAST, MANY_KEYS("RO"), ON_KEYS, .operation = KV_EXISTS,
     .syntax = "@key...",
     DOCS("O(N) where N is the number of keys",
          "Count how many of the keys exist; a key that is given twice counts twice")},
    {COMMAND("keys"), .arity = 2, READS,
     IN_GROUP("generic", CATEGORY_KEYSPACE | CATEGORY_DANGEROUS), .operation = KV_KEYS,
     .syntax = "~pattern",
     DOCS("O(N) where N is the number of keys; meanwhile the node serves no other command",
          "Find all keys that match the given pattern")},
    CONTAINER("object", object_commands, "generic",
              "A container for commands that describe a value"),
    {COMMAND("randomkey"), .arity = 1, READS, ON_KEYS, .operation = KV_RANDOMKEY,
     DOCS("O(1)", "Get one of the keys")},
    {COMMAND("rename"), .arity = 3, CHANGES, TWO_KEYS("RW access delete"), ON_KEYS,
     .operation = KV_RENAME, .syntax = "@key @newkey",
     DOCS("O(1)", "Rename a key; a key that already has the new name is overwritten")},
    {COMMAND("renamenx"), .arity = 3, CHANGES_FAST, TWO_KEYS("RW access delete"), ON_KEYS,
     .operation = KV_RENAME, .operation_flags = KV_RENAME_NX, .syntax = "@key @newkey",
     DOCS("O(1)", "Rename a key, only if no key has the new name")},
    {COMMAND("scan"), .arity = -2, READS, ON_KEYS, .operation = KV_SCAN,
     .syntax = "#cursor [MATCH ~pattern] [COUNT #count] [TYPE type]",
     DOCS("O(1) for every call, O(N) for a complete iteration",
          "Incrementally iterate over the keys")},
    {COMMAND("touch"), .arity = -2, READS_FAST, MANY_KEYS("RO"), ON_KEYS, .operation = KV_EXISTS,
     .syntax = "@key...",
     DOCS("O(N) where N is the number of keys",
          "Count how many of the keys exist, as EXISTS does: raftd stores no access times")},
    {COMMAND("type"), .arity = 2, READS_FAST, ONE_KEY("RO"), ON_KEYS, .operation = KV_TYPE,
     .syntax = "@key", DOCS("O(1)", "Determine the type stored at a key: string or none")},
    {COMMAND("unlink"), .arity = -2, CHANGES_FAST, MANY_KEYS("RM delete"), ON_KEYS,
     .operation = KV_DEL, .syntax = "@key...",
     DOCS("O(N) where N is the number of keys", "Delete keys: the same as DEL")},
    {COMMAND("wait"), .arity = 3, KIND(BARRIER, 0), IN_GROUP("generic", CATEGORY_CONNECTION),
     .run = run_wait, .syntax = "#numreplicas #timeout",
     DOCS("O(1)", "Get the number of other nodes that have the changes of this connection on disk, "
                  "without waiting")},
    END,
};
