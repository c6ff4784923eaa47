/*
 * Dispatch: finds a command in the table, checks it, then answers it or hands it to the node. Also
 * the handler that the front calls for each request. The thread of the connection's worker.
 */
#include "commands/commands.h"

#include <inttypes.h>
#include <string.h>

#include <raftd/client.h>

#include "base/memory.h"
#include "commands/call.h"
#include "commands/render.h"
#include "commands/sentinel.h"
#include "commands/session.h"
#include "commands/topology.h"
#include "front/connection.h"
#include "front/server.h"
#include "front/worker.h"

enum { PREVIEW_BYTES = 128, NAME_BYTES_MAX = 24 };

/* ---- Commands that raftd does not have ---------------------------------------------------- */

/* Commands of Redis on kinds of data that raftd does not have. A client that sends one needs data
 * that raftd does not have. The error says this, instead of "unknown command". */
static const struct {
    const char *what;  /* the kind of data that raftd does not have */
    const char *names; /* names of the commands on it, each between two blanks */
} not_here[] = {
    {"HyperLogLogs", " pfadd pfcount pfdebug pfmerge pfselftest "},
    {"bit fields", " bitfield bitfield_ro bitop bitpos "},
    {"dumps of values", " dump migrate restore "},
    {"functions", " fcall fcall_ro function "},
    {"geographical indexes",
     " geoadd geodist geohash geopos georadius georadius_ro georadiusbymember "
     "georadiusbymember_ro geosearch geosearchstore "},
    {"hashes", " hdel hgetall hincrby hincrbyfloat hkeys hlen hmget hmset hrandfield hscan "
               "hset hsetnx hstrlen hvals "},
    {"lists", " blmove blmpop blpop brpop brpoplpush lindex linsert llen lmove lmpop lpop "
              "lpos lpush lpushx lrange lrem lset ltrim rpop rpoplpush rpush rpushx "},
    {"sets", " sadd scard sdiff sdiffstore sinter sintercard sinterstore sismember smembers "
             "smismember smove spop srandmember srem sscan sunion sunionstore "},
    {"several databases", " move swapdb "},
    {"sharded channels", " spublish ssubscribe sunsubscribe "},
    {"sorted sets", " bzmpop bzpopmax bzpopmin zadd zcard zcount zdiff zdiffstore zincrby zinter "
                    "zintercard zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember "
                    "zrange zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex "
                    "zremrangebyrank zremrangebyscore zrevrange zrevrangebylex zrevrangebyscore "
                    "zrevrank zscan zscore zunion zunionstore "},
    {"sorting", " sort sort_ro "},
    {"streams", " xack xadd xautoclaim xclaim xdel xgroup xinfo xlen xpending xrange xread "
                "xreadgroup xrevrange xsetid xtrim "},
};

/* The kind of data that raftd does not have and this command needs; NULL: it is no such command. */
static const char *find_not_here(const struct resp_argument *name)
{
    char word[NAME_BYTES_MAX + 3];
    size_t size = name->size_bytes;

    if (size > NAME_BYTES_MAX) {
        return NULL;
    }
    word[0] = ' ';
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = name->data[i];

        if (byte <= ' ') {
            return NULL; /* a blank would be taken for the end of a name */
        }
        word[i + 1] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
    }
    word[size + 1] = ' ';
    word[size + 2] = '\0';
    for (size_t i = 0; i < sizeof(not_here) / sizeof(not_here[0]); i++) {
        if (strstr(not_here[i].names, word) != NULL) {
            return not_here[i].what;
        }
    }
    return NULL;
}

/* How many bytes of an argument an error text shows: as in Redis, at most `limit`, and no byte from
 * the first NUL on. */
static int preview_length(const struct resp_argument *argument, size_t limit)
{
    const uint8_t *end = memchr(argument->data, '\0', argument->size_bytes);
    size_t size = end != NULL ? (size_t)(end - argument->data) : argument->size_bytes;

    return (int)(size < limit ? size : limit);
}

static void write_unknown(const struct call *call)
{
    const char *what = find_not_here(&call->arguments[0]);
    char preview[2 * PREVIEW_BYTES];
    size_t length = 0;

    if (what != NULL) {
        resp_write_error_format(call->reply,
                                "ERR '%.*s' is not supported: raftd keeps strings and has no %s",
                                preview_length(&call->arguments[0], PREVIEW_BYTES),
                                (const char *)call->arguments[0].data, what);
        return;
    }

    for (size_t i = 1; i < call->count && length < PREVIEW_BYTES; i++) {
        int size = preview_length(&call->arguments[i], PREVIEW_BYTES - length);

        preview[length++] = '\'';
        memcpy(preview + length, call->arguments[i].data, (size_t)size);
        length += (size_t)size;
        preview[length++] = '\'';
        preview[length++] = ' ';
    }
    resp_write_error_format(call->reply,
                            "ERR unknown command '%.*s', with args beginning with: %.*s",
                            preview_length(&call->arguments[0], PREVIEW_BYTES),
                            (const char *)call->arguments[0].data, (int)length, preview);
}

static void write_unknown_sub(const struct call *call, const struct command *container)
{
    char name[64];
    size_t size = 0;

    for (; container->name[size] != '\0' && size < sizeof(name) - 1; size++) {
        name[size] = (char)(container->name[size] - 'a' + 'A');
    }
    name[size] = '\0';
    resp_write_error_format(call->reply, "ERR unknown subcommand '%.*s'. Try %s HELP.",
                            preview_length(&call->arguments[1], PREVIEW_BYTES),
                            (const char *)call->arguments[1].data, name);
}

/* ---- Whether a command may be carried out ------------------------------------------------- */

static const struct resp_argument *first_key(const struct call *call)
{
    const struct command *command = call->command;
    int64_t count = 0;

    if ((command->flags & COMMAND_MOVABLE_KEYS) != 0) {
        return call->count > 3 &&
                       number_parse(call->arguments[2].data, call->arguments[2].size_bytes,
                                    &count) &&
                       count > 0
                   ? &call->arguments[3]
                   : NULL;
    }
    return command->first_key > 0 ? &call->arguments[command->first_key] : NULL;
}

/* Whether the client has to send the command to the leader, because [redis] redirect is moved; if
 * so, the error MOVED is written. Every node serves stale reads. */
static bool has_moved(const struct call *call)
{
    const struct topology_node *leader;
    const struct resp_argument *key;
    bool stale = (call->command->flags & COMMAND_READONLY) != 0 &&
                 call->session->read_level == RAFTD_READ_STALE;

    if (call->front->conf.redis.redirect != CONF_REDIRECT_MOVED || stale) {
        return false;
    }
    key = first_key(call);
    leader = key != NULL ? topology_leader(session_view(call->worker)) : NULL;
    if (leader == NULL || leader->self) {
        return false;
    }
    resp_write_error_format(call->reply, "MOVED %u %s:%u",
                            topology_slot(key->data, key->size_bytes), leader->host, leader->port);
    return true;
}

static bool is_allowed_inside(const struct call *call)
{
    if (!call->session->transaction.open || (call->command->flags & COMMAND_NO_MULTI) == 0) {
        return true;
    }
    resp_write_error_format(call->reply, "ERR Command not allowed inside a transaction");
    return false;
}

/*
 * The first word of an error. If EXEC is refused, the word says that its transaction is discarded.
 */
static const char *error_code(const struct command *command)
{
    return (command->flags & COMMAND_RUNS_QUEUE) != 0
               ? "EXECABORT Transaction discarded because of:"
               : "ERR";
}

/* Whether the command is refused because the connection has subscriptions: in RESP2, a client
 * cannot distinguish other replies from messages. If so, the error is written. */
static bool is_confined(const struct call *call)
{
    if (call->protocol != RESP2 || !connection_is_subscribed(call->connection) ||
        (call->command->flags & COMMAND_SUBSCRIBED) != 0) {
        return false;
    }
    resp_write_error_format(call->reply,
                            "%s Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING "
                            "/ QUIT / RESET are allowed in this context",
                            error_code(call->command), call->command->full_name);
    return true;
}

/* Finds the command and checks whether it may be carried out. False: the error is written. */
static bool find(struct call *call)
{
    const struct command *command =
        command_find(call->arguments[0].data, call->arguments[0].size_bytes);

    if (command == NULL) {
        write_unknown(call);
        return false;
    }
    if (command->subcommands != NULL && call->count > 1) {
        const struct command *container = command;

        command =
            command_find_sub(container, call->arguments[1].data, call->arguments[1].size_bytes);
        if (command == NULL) {
            write_unknown_sub(call, container);
            return false;
        }
    }
    call->command = command;
    if (!command_takes(command, call->count)) {
        resp_write_error_format(call->reply, "%s wrong number of arguments for '%s' command",
                                error_code(command), command->full_name);
        return false;
    }
    if ((command->flags & COMMAND_LOADING) == 0 && !raftd_node_accepts(call->front->node)) {
        resp_write_error(call->reply, render_not_ready, strlen(render_not_ready));
        return false;
    }
    return is_allowed_inside(call) && !is_confined(call) && !has_moved(call);
}

/* ---- Carrying it out ---------------------------------------------------------------------- */

/* Keeps a command that came after MULTI until EXEC. */
static void queue(struct call *call)
{
    struct transaction *transaction = &call->session->transaction;
    uint64_t bytes_max = call->front->conf.limits.max_request_bytes;

    if (transaction_queue(transaction, call->command, call->arguments, call->count, bytes_max)) {
        resp_write_raw(call->reply, "+QUEUED\r\n", 9);
    } else {
        resp_write_error_format(
            call->reply,
            "ERR the transaction has more than %d commands or more than %" PRIu64
            " bytes (limits.max_request_bytes)",
            TRANSACTION_COMMANDS_MAX, bytes_max);
    }
}

static bool has_to_wait(const struct connection *connection, enum command_kind kind)
{
    if (kind == COMMAND_IS_LOCAL || connection->waiting == 0) {
        return false;
    }
    return kind == COMMAND_IS_BARRIER || (kind == COMMAND_IS_READ) != connection->waiting_reads;
}

/* Asks the state machine. 0, RAFTD_ERROR_BUSY or RAFTD_ERROR_TOO_LARGE. */
static int ask_machine(struct call *call, uint64_t tag)
{
    struct raftd_client *client = call->worker->client;
    struct buffer *request = &call->worker->workspace->request;

    request->size_bytes = 0;
    kv_request_encode(request, call->operation, call->flags, call->kv_arguments, call->kv_count);
    if (call->owed.is_read) {
        return raftd_client_read(client, request->data, request->size_bytes, call->read_level,
                                 call->session->max_lag_ms, tag);
    }
    if (kv_operation_frees(call->operation)) {
        return raftd_client_propose_freeing(client, request->data, request->size_bytes, tag);
    }
    return raftd_client_propose(client, request->data, request->size_bytes, tag);
}

/*
 * Asks the state machine or the node itself. RAFTD_ERROR_BUSY: the node has no room for a request.
 */
static int ask_node(struct call *call)
{
    uint64_t tag = connection_next_tag(call->connection);
    int code;

    if (raftd_client_room(call->worker->client) == 0) {
        return RAFTD_ERROR_BUSY;
    }
    code = call->submit != NULL ? call->submit(call, tag) : ask_machine(call, tag);
    if (code == 0) {
        connection_owe(call->connection, &call->owed);
        call->is_asked = true;
    }
    return code;
}

/* Carries out a command whose turn it is. False: the node has no room for its request now. */
static bool start(struct call *call)
{
    bool runs_queue = (call->command->flags & COMMAND_RUNS_QUEUE) != 0;
    int code;

    atomic_store_explicit(&call->connection->info.command, call->command->full_name,
                          memory_order_relaxed);
    if (runs_queue && raftd_client_room(call->worker->client) == 0) {
        return false; /* commands that EXEC carries out here must not be carried out twice */
    }
    if (call_prepare(call)) {
        code = ask_node(call);
        if (code == 0) {
            return true;
        }
        memory_free(call->owed.attached);
        if (code == RAFTD_ERROR_BUSY) {
            return false;
        }
        if (runs_queue) {
            transaction_end(&call->session->transaction);
        }
        render_status(call->reply, code, call->owed.is_read);
    }
    connection_end_reply(call->connection);
    return true;
}

/* A command that is refused makes its transaction fail; an EXEC that is refused discards it. */
static void refuse(struct call *call)
{
    struct transaction *transaction = &call->session->transaction;

    if (call->command != NULL && (call->command->flags & COMMAND_RUNS_QUEUE) != 0) {
        transaction_end(transaction);
    } else {
        transaction->failed |= transaction->open;
    }
}

static bool dispatch(struct connection *connection, const struct resp_request *request)
{
    struct transaction *transaction = &connection->session->transaction;
    struct call call = {
        .front = connection->worker->front,
        .worker = connection->worker,
        .connection = connection,
        .session = connection->session,
        .arguments = request->arguments,
        .count = request->count,
        .protocol = connection->protocol,
        .read_level = connection->session->read_level,
    };

    call.reply = connection_begin_reply(connection);
    if (!find(&call)) {
        refuse(&call);
        connection_end_reply(connection);
    } else if (transaction->open && (call.command->flags & COMMAND_AT_ONCE) == 0) {
        queue(&call);
        connection_end_reply(connection);
    } else if (has_to_wait(connection, call.command->kind)) {
        connection_wait(connection, BLOCK_KIND);
        return false;
    } else if (!start(&call)) {
        connection_wait(connection, BLOCK_ROOM);
        return false;
    }
    if (call.is_asked && (call.command->flags & COMMAND_RUNS_QUEUE) != 0) {
        /* The queued commands are needed until EXEC is answered: no command may change them. */
        connection_wait(connection, BLOCK_KIND);
    }
    return true;
}

const struct front_handler commands_handler = {
    .open = session_open_commands,
    .close = session_close_commands,
    .open_workspace = session_open_workspace,
    .close_workspace = session_close_workspace,
    .trim_workspace = session_trim_workspace,
    .open_session = session_open,
    .close_session = session_close,
    .dispatch = dispatch,
    .look = sentinel_look,
};
