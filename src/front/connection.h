/*
 * One client's connection. One worker owns it, and only that worker's thread touches it, except the
 * atomics of its client_info.
 *
 * States, with the function of each transition:
 *
 *     connection_create()
 *        |           |
 *        | TLS       | plain text
 *        v           |
 *     HANDSHAKE      |
 *        |           |
 *        | handshake()
 *        v           v
 *     OPEN ------------> CLOSING ----------> LINGERING
 *        |   connection_    |     linger()       |
 *        |   end_input()    | linger()           | discard_input(), connection_tick()
 *        |                  | (TLS, or the       |
 *        |                  |  client ended)     |
 *        v                  v                    v
 *     CLOSED <-----------------------------------+
 *
 *   HANDSHAKE  the TLS handshake is under way; closed after HANDSHAKE_TIMEOUT_MS
 *   OPEN       takes commands
 *   CLOSING    takes no more commands (QUIT, a mistake in the protocol, a subscriber that is
 *              dropped); the replies that are owed are still made and written
 *   LINGERING  everything is written and our side is shut down; what the client still sends is
 *              thrown away until it closes its side, at most for LINGER_TIMEOUT_MS
 *   CLOSED     the socket is closed; the struct stays valid until the worker's turn is over
 *
 * Every state leads to CLOSED by connection_close(): the socket broke, the client hung up and
 * everything is written, a deadline passed, the client was idle for too long or did not read its
 * replies, or the worker ends.
 *
 * An OPEN connection takes the next command only if its block is NONE:
 *
 *     NONE --- connection_wait() ---> KIND, ROOM        (the handler, for the command or behind it)
 *     NONE --- carry_out_one() -----> OWED
 *     KIND, OWED --- connection_complete() ---> NONE
 *     ROOM --- connection_unstarve() ---------> NONE
 *
 *   KIND  until the node has answered everything that it was asked
 *   OWED  until at most OWED_RESUME replies are owed
 *   ROOM  until the node takes requests again
 *
 * Invariants:
 *  1. Every command owes one reply (but for CLIENT REPLY OFF), and replies are written in the order
 *     of the commands. A reply that is made while none is owed goes into the output at once; any
 *     other is held in `owed` until its turn.
 *  2. All requests that the node has to answer for the connection are of one kind, reads or
 *     changes: a command of the other kind waits for them. So in one pipeline a GET sees the SET
 *     in front of it and not the SET behind it, while any number of commands of one kind go to the
 *     node together. `waiting` counts these requests, `waiting_reads` is their kind.
 *  3. While the block is not NONE, nothing behind the command that waits is parsed, and the socket
 *     is not read: a client with too much under way is held back by its own TCP window.
 *  4. The block is cleared only together with agenda_add_ready(): the command that waited is
 *     carried out in the next turn without an event.
 *  5. A connection whose output has bytes stands among the dirty ones, or its socket is not
 *     writable and epoll will announce it.
 *  6. A CLOSED connection has given back its place, so no answer of the node reaches it, and has no
 *     subscriptions, so no message does.
 */
#ifndef RAFTD_FRONT_CONNECTION_H
#define RAFTD_FRONT_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "front/agenda.h"
#include "front/clients.h"
#include "front/name_table.h"
#include "front/owed.h"
#include "front/socket.h"
#include "resp/parser.h"
#include "resp/writer.h"

struct raftd_completion;
struct session;
struct worker;

enum connection_state {
    CONNECTION_HANDSHAKE,
    CONNECTION_OPEN,
    CONNECTION_CLOSING,
    CONNECTION_LINGERING,
    CONNECTION_CLOSED,
};

enum connection_block { BLOCK_NONE, BLOCK_KIND, BLOCK_OWED, BLOCK_ROOM };

struct connection {
    struct agenda_item agenda; /* first: see connection_of() */

    /* Immutable. */
    struct worker *worker;
    uint32_t place; /* its place in the worker's table */

    struct client_info info; /* its element in the front's list of clients */

    enum connection_state state;
    enum connection_block block;
    uint64_t deadline_ms; /* end of HANDSHAKE, LINGERING or CLOSING, monotonic; 0 = none */

    struct client_socket socket;
    struct resp_parser parser;
    size_t needed_bytes; /* how many bytes the next request has at least; 0 = not known */

    /* Commands under way. */
    struct owed_replies owed;
    uint32_t waiting;       /* owed replies that the node has to answer yet */
    bool waiting_reads;     /* whether the requests of `waiting` are reads; else they are changes */
    uint64_t changed_index; /* log index of the last change that was answered; 0 = none yet */
    size_t reply_start;     /* where connection_begin_reply() began in the output */

    /* What the client chose. */
    enum resp_protocol protocol;
    bool reply_off;       /* CLIENT REPLY OFF */
    bool reply_skip;      /* the reply of this command is not written (CLIENT REPLY SKIP) */
    bool reply_skip_next; /* the reply of the next command is not written */

    struct name_table channels; /* its subscriptions; see subscribers.h */
    struct name_table patterns;

    struct session *session; /* owned: what the handler keeps of the connection */
};

static inline struct connection *connection_of(struct agenda_item *item)
{
    return (struct connection *)(void *)item;
}

/* ---- For the worker ---- */

/* Takes over the socket. NULL: that failed, and the socket is closed. */
struct connection *connection_create(struct worker *worker, int fd, uint32_t place);
/* Closes the socket and frees everything but the session and the struct. May be called again. */
void connection_close(struct connection *connection);
/* Frees a closed connection. */
void connection_free(struct connection *connection);
/* Reads, parses and carries out commands until the socket is empty, a command has to wait or the
 * connection's share of the turn is used up. */
void connection_serve(struct connection *connection);
/* Writes what is to be written, and closes the connection if it has come to its end. */
void connection_flush(struct connection *connection);
/* Called when the node has answered the request for the owed reply with this number. */
void connection_complete(struct connection *connection, uint32_t sequence,
                         const struct raftd_completion *completion);
/* Called when the node takes requests again. */
void connection_unstarve(struct connection *connection);
/* Closes what is overdue, and gives back memory that an idle connection does not need. Returns
 * whether the connection has to be looked at again. */
bool connection_tick(struct connection *connection);

/* ---- For the delivery of messages ---- */

/* Neither function closes the connection or takes it out of a list of subscribers. */

/* Writes a message. A subscriber that does not read its messages is dropped. */
void connection_push(struct connection *connection, const void *data, size_t size);
/* Ends the connection with a last line that says why; no more commands and no more messages. */
void connection_drop(struct connection *connection, const char *reason);

/* ---- For the handler of commands ---- */

/* Write a reply at once. The first function returns the buffer to which the reply has to be
 * appended; the second puts the reply into its place in the order. If nothing was appended, there
 * is no reply. */
struct buffer *connection_begin_reply(struct connection *connection);
void connection_end_reply(struct connection *connection);
/* The tag of the request to the node whose answer becomes the next owed reply. */
uint64_t connection_next_tag(const struct connection *connection);
/* Called when the node accepted that request: adds the owed reply, and takes over `attached`. */
void connection_owe(struct connection *connection, const struct owed_reply *reply);
/* Makes the command that is being carried out, or the command behind it, wait. Not BLOCK_NONE. */
void connection_wait(struct connection *connection, enum connection_block block);
/* Takes no more commands. Replies that are owed are still written. */
void connection_end_input(struct connection *connection);

static inline bool connection_is_subscribed(const struct connection *connection)
{
    return connection->channels.count > 0 || connection->patterns.count > 0;
}

#endif
