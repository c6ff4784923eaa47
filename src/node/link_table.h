/*
 * The links of a node: which peers there are, while members come and go.
 *
 * The core thread alone adds and retires links (before it starts and after it has ended: whoever
 * builds or stops the node); it holds the mutex while it does, and reads without. Everybody else
 * looks under the mutex, and uses a link no longer than that. A retired link is in nobody's
 * reach any more: the thread of raftd_node_run() joins its thread and frees it.
 */
#ifndef RAFTD_NODE_LINK_TABLE_H
#define RAFTD_NODE_LINK_TABLE_H

#include "node/link.h"
#include "raft/membership.h"
#include "sys/mutex.h"

struct link_table {
    struct mutex mutex;
    /* Guarded by mutex, see above. */
    size_t count;
    struct link *links[RAFT_MEMBERS_MAX];
    struct raft_membership members; /* the newest that is committed and names this node */
    uint16_t leader;                /* as the core knows it; 0 = unknown */
    /* Guarded by mutex: added by the core thread, taken by the run thread. */
    size_t retired_count;
    struct link *retired[RAFT_MEMBERS_MAX];
    /* Guarded by mutex: set by the run thread, taken by the core thread (node->introduced). */
    uint16_t introduced_id; /* a joining node's first link, before it knows any member */
    char introduced_address[RAFT_ADDRESS_MAX];
    /* Core thread. By position in links. */
    bool is_up[RAFT_MEMBERS_MAX];
    bool frames_sent[RAFT_MEMBERS_MAX]; /* since its thread was last woken */
};

void link_table_init(struct link_table *table);
/* Destroys every link. */
void link_table_free(struct link_table *table);

/* Core thread, or mutex held. Position of a peer's link; RAFT_MEMBERS_MAX if there is none. */
size_t link_table_find(const struct link_table *table, uint16_t peer);

/* Core thread. The table owns the link from here on; there is room. */
void link_table_add(struct link_table *table, struct link *link);
/* Asks a link to stop and puts it aside. False, and nothing changed, if too many stand there. */
bool link_table_retire(struct link_table *table, size_t position);
void link_table_publish(struct link_table *table, const struct raft_membership *members,
                        uint16_t leader);

/* Run thread: ends what was retired. */
void link_table_reap(struct link_table *table);
void link_table_request_stop(struct link_table *table);

/* Any thread. False if there is no link to this peer. */
bool link_table_get_health(struct link_table *table, uint16_t peer, struct link_health *health);
/* Whether all links are healthy. */
bool link_table_is_healthy(struct link_table *table);

#endif
