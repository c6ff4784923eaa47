/*
 * The inside of struct raftd_reply: the bytes that a state machine writes as the reply to one
 * request. Small replies stay inside the struct; larger ones are in a block of memory that is given
 * to the client without a copy. Core thread only.
 */
#ifndef RAFTD_MEMBER_REPLY_H
#define RAFTD_MEMBER_REPLY_H

#include <stddef.h>
#include <stdint.h>

enum { REPLY_INLINE_BYTES = 32 };

struct raftd_reply {
    size_t size_bytes;
    size_t capacity_bytes; /* size of heap */
    uint8_t *heap;         /* NULL = the reply is inside */
    uint8_t inside[REPLY_INLINE_BYTES];
};

void reply_reset(struct raftd_reply *reply); /* empties; frees the block if it was not taken */
const uint8_t *reply_data(const struct raftd_reply *reply);
/* Takes the block out, which the caller then frees; NULL if the reply is inside. */
uint8_t *reply_take(struct raftd_reply *reply);

#endif
