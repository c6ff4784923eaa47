/*
 * From what the node answers to bytes of the Redis protocol. Pure; any thread.
 */
#ifndef RAFTD_COMMANDS_RENDER_H
#define RAFTD_COMMANDS_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "front/rendering.h"
#include "resp/writer.h"

struct redis_server;

/* For every command on data, and PING, while the node is not ready. */
extern const char render_not_ready[];

/* A reply of the key-value state machine. */
void render_reply(struct buffer *output, enum resp_protocol protocol, const void *data,
                  size_t size);

/* An answer of the node as its command wants it; for the renderers that need nothing else. */
void render_answer(struct buffer *output, const struct rendering *rendering, const void *data,
                   size_t size);
/* The same where the node could not be asked: as much as this node knows. */
void render_locally(struct redis_server *server, const struct rendering *rendering,
                    struct buffer *output);
/* Moves on to the next reply, behind all elements of this one. */
void render_skip(struct reader *reader);

/* A status with the sentence that came with it: a change of members, a transfer. */
void render_sentence(struct buffer *output, int status, const void *data, size_t size);

/*
 * A status other than 0. CLUSTERDOWN, TRYAGAIN and LOADING, on which clients try again, only
 * where the command was definitely not applied; TIMEOUT where nobody knows.
 */
void render_status(struct buffer *output, int status, bool is_read);

#endif
