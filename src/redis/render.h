/*
 * From what the node answers to bytes of the Redis protocol. Pure; any thread.
 */
#ifndef RAFTD_REDIS_RENDER_H
#define RAFTD_REDIS_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "redis/slots.h"
#include "resp/writer.h"

/* For every command on data, and PING, while the node is not ready. */
extern const char render_not_ready[];

/* A reply of the key-value state machine. */
void render_reply(struct buffer *output, enum resp_protocol protocol, const void *data,
                  size_t size);

/* Of a key's encoding, or nil, what OBJECT asks. */
void render_object(struct buffer *output, enum resp_protocol protocol, enum render_object asked,
                   const void *data, size_t size);
/* Of a list of keys, the number of those in a hash slot. */
void render_slot_count(struct buffer *output, uint32_t slot, const void *data, size_t size);

/* A status with the sentence that came with it: a change of members, a transfer. */
void render_sentence(struct buffer *output, int status, const void *data, size_t size);

/*
 * A status other than 0. CLUSTERDOWN, TRYAGAIN and LOADING, on which clients try again, only
 * where the command was definitely not applied; TIMEOUT where nobody knows.
 */
void render_status(struct buffer *output, int status, bool is_read);

#endif
