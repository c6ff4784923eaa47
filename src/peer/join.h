/*
 * How a node to which no member has a link asks the members: over a connection of its own that
 * carries one question and one answer (doc/wire-format.md). Runs on the thread of the caller, which
 * waits for the answer. Knows nothing about the node: what to ask, and what follows from the
 * answer, is up to the caller.
 */
#ifndef RAFTD_PEER_JOIN_H
#define RAFTD_PEER_JOIN_H

#include <stdbool.h>

#include <raftd/error.h>

#include "net/address.h"
#include "net/tls.h"
#include "wire/wire.h"

struct join_asker {
    struct tls_context *tls; /* NULL = plain text */
    /* Called ten times a second; true ends the question. */
    bool (*is_cancelled)(void *argument);
    void *argument;
};

/*
 * Asks the member at *address; if the answer is "ask the leader", asks the leader. *address is
 * afterwards the member that gave the answer. Returns 0 with an answer that is no refusal;
 * RAFTD_ERROR_REFUSED, or RAFTD_ERROR_REMOVED if the node is not a member any more; or the code of
 * the failure. The certificate of each member that answers is checked.
 */
int join_ask(const struct join_asker *asker, struct net_address *address,
             const struct wire_join *question, struct wire_join_reply *reply,
             struct raftd_error *error);

/* Whether another question would get the same answer. */
bool join_answer_is_final(int code);

#endif
