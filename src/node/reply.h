/*
 * The node's side of struct raftd_reply: bytes that a state machine writes for one request.
 * Small replies stay inside; larger ones take memory that moves on to the client whole.
 * Core thread only.
 */
#ifndef RAFTD_NODE_REPLY_H
#define RAFTD_NODE_REPLY_H

#include <stddef.h>
#include <stdint.h>

enum { REPLY_INLINE_BYTES = 32 };

struct raftd_reply {
    size_t size_bytes;
    size_t capacity_bytes; /* of heap */
    uint8_t *heap;         /* NULL while everything fits inside */
    uint8_t inside[REPLY_INLINE_BYTES];
};

void reply_reset(struct raftd_reply *reply); /* empties; frees what was not taken */
const uint8_t *reply_data(const struct raftd_reply *reply);
/* Moves the heap block out (NULL if the reply is inside); the taker frees it. */
uint8_t *reply_take(struct raftd_reply *reply);

#endif
