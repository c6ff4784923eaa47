/*
 * Makes the hello of this node, and decides which hellos are acceptable, without looking at
 * certificates and data directories: greeting.h and acquaintance.h do that. The side that dialled
 * and the side that was dialled ask the same function. Pure: the simulator calls these, too.
 */
#ifndef RAFTD_PEER_HELLO_H
#define RAFTD_PEER_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/error.h>

#include "peer/acquaintance.h"
#include "peer/link.h"
#include "wire/wire.h"

/* Why a connection was not made, or ended. Each reason is logged once in an interval. */
enum greeting_reason {
    GREETING_ACCEPTED = 0,
    GREETING_VERSION,      /* no protocol version in common */
    GREETING_CLUSTER_NAME, /* the peer is of another cluster */
    GREETING_CLUSTER_ID,   /* another cluster with the same name */
    GREETING_WANTED_ID,    /* the peer expects another node at this address */
    GREETING_NODE_ID,      /* the peer is another node than expected, or no member */
    GREETING_CERTIFICATE,  /* the peer's certificate is for another node or address */
    GREETING_STRANGER,     /* the peer has another data directory than the member */
    GREETING_SET_BACK,     /* the peer's data directory is in an older state than it was */
    GREETING_TWIN,         /* another process of the peer's data directory is connected */
    GREETING_REFUSED,      /* the peer refused this node */
    GREETING_UNREACHABLE,
    GREETING_HANDSHAKE, /* TLS failed, or the connection ended before the hellos were exchanged */
    GREETING_TIMEOUT,
    GREETING_PROTOCOL, /* the peer sent bytes that the protocol does not allow */
    GREETING_CROWD,    /* too many connections wait in the reception */
    GREETING_LOST,     /* the connection ended after it had worked */
    GREETING_REASONS,
};

/* Makes this node's hello to node wanted_id. refusal: why the other hello is refused; NULL = it is
 * not refused. */
void hello_make(struct wire_hello *hello, const struct link_shared *shared, uint16_t wanted_id,
                const char *refusal);

/* What this node knows when it reads a hello. */
struct hello_view {
    uint16_t self_id;
    uint64_t cluster_id;
    const char *cluster_name;
    uint16_t dialled_id; /* the peer that this node dialled; 0 = the other side dialled */
    /* If the other side dialled. */
    bool is_whole;    /* this node belongs to a cluster */
    bool has_link;    /* to the sender, so the sender is a member or is about to be one */
    bool was_removed; /* the sender was a member, and is none any more */
};

/* The caller adds what only the side that was dialled knows. */
struct hello_view hello_view_of(const struct link_shared *shared, uint16_t dialled_id);

/*
 * Decides about the version, the cluster, which node the hello is for, and which node sent it. The
 * error says what to check. The order is from the general to the special, so that the message names
 * the true cause: a node of another cluster has another id as well.
 */
enum greeting_reason hello_judge(const struct wire_hello *hello, const struct hello_view *view,
                                 struct raftd_error *error);

/* The reason that belongs to a verdict about the peer's data directory. */
enum greeting_reason hello_reason_of(enum acquaintance_verdict verdict);

#endif
