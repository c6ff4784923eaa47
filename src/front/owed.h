/*
 * The replies that a connection still owes its client, in the order of the commands: a ring that
 * grows up to a bound. A reply that is ready before its turn is held here until the replies in
 * front of it are written. Owned by one connection; only its worker's thread uses it. Never writes
 * to a socket and never calls a finish function: connection.c does both.
 */
#ifndef RAFTD_FRONT_OWED_H
#define RAFTD_FRONT_OWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct connection;
struct owed_reply;
struct raftd_completion;

enum {
    OWED_MAX = 1024,         /* replies of one connection; then the connection is not read */
    OWED_SEQUENCE_BITS = 20, /* the part of a reply's number that a tag carries */
};

/*
 * Appends the reply to `output`, made of the node's answer and of what the command left in `owed`.
 * A command that is part of a transaction is finished in the same way, with its own part of the
 * answer. If the node has no answer, the status of the completion is not 0.
 */
typedef void owed_finish(struct connection *connection, const struct owed_reply *owed,
                         const struct raftd_completion *completion, struct buffer *output);

struct owed_reply {
    /* Set by the command that asked the node. */
    owed_finish *finish;
    uint8_t protocol;        /* enum resp_protocol of the connection when the command came */
    bool is_read;            /* the node was asked to read, not to change anything */
    uint32_t detail;         /* a number for `finish`; 0 = it needs no number */
    uint32_t attached_bytes; /* size of `attached` */
    uint8_t *attached; /* bytes for `finish`; owned by the holder of this struct; NULL = none */

    /* Set by the connection. */
    bool silent;         /* CLIENT REPLY OFF or SKIP: nothing is written */
    bool done;           /* the reply is in `held`, or was written or suppressed */
    uint32_t held_bytes; /* size of `held` */
    uint8_t *held;       /* owned: the reply that waits for its turn; NULL = none or empty */
};

struct owed_replies {
    struct owed_reply *ring; /* owned; `capacity` elements */
    uint32_t capacity;       /* 0 or a power of two */
    uint32_t head;           /* number of the oldest reply */
    uint32_t tail;           /* number that the next reply gets */
    size_t held_bytes;       /* bytes of all replies in the ring */
};

static inline uint32_t owed_count(const struct owed_replies *replies)
{
    return replies->tail - replies->head;
}

/* Adds a reply at the end, zeroed, with the number `tail`. There must be fewer than OWED_MAX. */
struct owed_reply *owed_push(struct owed_replies *replies);
/* Finds a reply by its number, cut to OWED_SEQUENCE_BITS. NULL: no such reply is owed. */
struct owed_reply *owed_find(struct owed_replies *replies, uint32_t sequence);
/* Whether it is this reply's turn to be written. */
bool owed_is_first(const struct owed_replies *replies, const struct owed_reply *reply);
/* Copies the bytes of a reply that cannot be written now. */
void owed_hold(struct owed_replies *replies, struct owed_reply *reply, const void *data,
               size_t size);
/* Drops the oldest reply. */
void owed_pop(struct owed_replies *replies);
/* Appends the oldest replies to output as far as they are done, and drops them. */
void owed_release(struct owed_replies *replies, struct buffer *output);
/* Drops all replies and frees the ring. */
void owed_free(struct owed_replies *replies);

#endif
