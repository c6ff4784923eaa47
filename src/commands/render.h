/*
 * Answers of the node as bytes of the Redis protocol, for every command that has no finish function
 * of its own. Pure; any thread.
 */
#ifndef RAFTD_COMMANDS_RENDER_H
#define RAFTD_COMMANDS_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "resp/writer.h"

struct connection;
struct owed_reply;
struct raftd_completion;

/* The error of every command on data, and of PING, while the node is not ready. */
extern const char render_not_ready[];

/* Writes a reply of the key-value state machine. */
void render_reply(struct buffer *output, enum resp_protocol protocol, const void *data,
                  size_t size);
/* Moves the reader behind the next reply of the state machine, with all elements of that reply. */
void render_skip(struct reader *reader);

/*
 * Writes the error for a status that is not 0. Clients repeat a command after CLUSTERDOWN, TRYAGAIN
 * and LOADING, so these errors are written only if the command was certainly not applied. TIMEOUT
 * is written if it is unknown whether the command was or will be applied.
 */
void render_status(struct buffer *output, int status, bool is_read);

/* The finish function (front/owed.h) of a command that has none of its own: the state machine's
 * reply as it is, or the error. */
void finish_reply(struct connection *connection, const struct owed_reply *owed,
                  const struct raftd_completion *completion, struct buffer *output);

#endif
