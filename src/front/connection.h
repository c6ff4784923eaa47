/*
 * One client's connection. Owned by one worker, which alone touches it (but for the atomics of
 * its client_info).
 *
 * Order: every command owes one reply, and replies leave in the order of the commands. Consecutive
 * changes go to the node together, and so do consecutive reads; a command of the other kind waits
 * until those are answered, so that in one pipeline a GET sees the SET before it and not the one
 * behind it. While a command waits, nothing behind it is parsed and the socket is not read:
 * that is how a client with too much under way is held back.
 */
#ifndef RAFTD_FRONT_CONNECTION_H
#define RAFTD_FRONT_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/client.h>

#include "base/bytes.h"
#include "commands/transaction.h"
#include "front/clients.h"
#include "front/name_table.h"
#include "front/owed.h"
#include "resp/parser.h"
#include "resp/writer.h"

struct raftd_completion;
struct stream;
struct worker;

enum connection_state {
    CONNECTION_HANDSHAKE, /* TLS */
    CONNECTION_OPEN,
    CONNECTION_CLOSING,   /* takes no more commands; closed once its replies are written */
    CONNECTION_LINGERING, /* told the client that no more comes; waits for it to close */
    CONNECTION_CLOSED,    /* in the worker's list of the dead */
};

/* Why the next command cannot start. */
enum connection_block {
    BLOCK_NONE,
    BLOCK_KIND, /* until everything under way is answered */
    BLOCK_OWED, /* until fewer replies are owed */
    BLOCK_ROOM, /* until the node takes requests again */
};

struct connection {
    /* Immutable. */
    struct worker *worker;
    uint32_t place; /* in worker->places */
    struct stream *stream;
    bool encrypted;

    struct client_info info; /* in the server's registry */

    enum connection_state state;
    uint64_t deadline_ms; /* HANDSHAKE, LINGERING, CLOSING if not 0: when it is closed anyway */

    /* Input. */
    struct resp_parser parser;
    struct buffer input; /* what was read and not carried out; from input_offset on */
    size_t input_offset;
    size_t needed_bytes; /* of input, before the parser can go on */
    bool readable;       /* the socket may have more */
    bool hung_up;        /* the client sends no more: read to the end at once */
    bool ended;          /* read to the end */
    enum connection_block block;

    /* Commands under way. */
    struct owed_replies owed;
    uint64_t changed_index; /* of the last change that was answered; 0 = none yet */
    uint32_t waiting;       /* owed replies that the node has to answer yet */
    bool waiting_reads;     /* what kind they are */

    /* Output. */
    struct buffer output; /* from output_offset on it is to be written */
    size_t output_offset;
    size_t reply_start; /* in output: where connection_begin_reply() was called */
    bool writable;      /* the socket may take more */

    /* The session. */
    enum resp_protocol protocol;
    enum raftd_read_level read_level; /* what reads promise */
    uint32_t max_lag_ms;              /* of stale ones; 0 = any */
    bool reply_off;                   /* CLIENT REPLY OFF */
    bool reply_skip;                  /* this command's reply is not written */
    bool reply_skip_next;

    struct transaction transaction;
    struct name_table channels; /* what it subscribed to */
    struct name_table patterns;

    /* In which of the worker's lists. */
    bool is_ready, is_dirty, is_starved;
};

/* Takes over the socket; NULL if that failed (the socket is closed). */
struct connection *connection_create(struct worker *worker, int fd, uint32_t place);
/* Reads promise what the configuration says. */
void connection_reset_reads(struct connection *connection);
/* Closes the socket and frees everything but the struct, which stays in the worker's list of the
 * dead until the turn is over. May be called again. */
void connection_close(struct connection *connection);

/* Reads, parses and carries out until the socket is empty, a command has to wait or the turn's
 * share is used up. */
void connection_serve(struct connection *connection);
/* Writes what is there to be written, and closes the connection if it has come to its end. */
void connection_flush(struct connection *connection);
/* A message for a subscriber. One that does not read its messages is dropped. */
void connection_push(struct connection *connection, const void *data, size_t size);
/* Ends the connection with a last line that says why; takes no more commands or messages. */
void connection_drop(struct connection *connection, const char *reason);
/* The node answered the command to which this number of an owed reply was given. */
void connection_complete(struct connection *connection, uint32_t sequence,
                         const struct raftd_completion *completion);
/* The node takes requests again. */
void connection_unstarve(struct connection *connection);
/* Time: closes what is overdue and releases what an idle connection does not need. Returns
 * whether it wants to be looked at again. */
bool connection_tick(struct connection *connection);

/*
 * For dispatch.c. A reply written at once: begin gives the buffer to write it into, end puts it
 * in order; nothing written means no reply.
 */
struct buffer *connection_begin_reply(struct connection *connection);
void connection_end_reply(struct connection *connection);
/* No more commands; what is under way is still answered. */
void connection_end_input(struct connection *connection);
/* CLIENT REPLY: moves on to the next command. */
void connection_next_command(struct connection *connection);

static inline bool connection_is_silent(const struct connection *connection)
{
    return connection->reply_off || connection->reply_skip;
}

static inline bool connection_is_subscribed(const struct connection *connection)
{
    return connection->channels.count > 0 || connection->patterns.count > 0;
}

/* dispatch.c: carries out one request; false: it has to wait, connection->block says for what. */
bool dispatch(struct connection *connection, const struct resp_request *request);

#endif
