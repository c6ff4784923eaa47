/*
 * The links of a node, while members come and go.
 *
 * Only the core thread adds and retires links; before it has started and after it has ended, the
 * thread that builds or stops the node does. While it changes the table it holds the mutex; for
 * reading it needs no mutex. Every other thread holds the mutex while it reads the table and while
 * it uses a link of it. No thread can reach a retired link any more, except the run thread, which
 * joins the link's thread and frees the link.
 */
#ifndef RAFTD_PEER_LINK_TABLE_H
#define RAFTD_PEER_LINK_TABLE_H

#include "peer/link.h"
#include "raft/membership.h"
#include "sys/mutex.h"

struct link_table {
    struct mutex mutex;
    /* Guarded by mutex, as said above. */
    size_t count;
    struct link *links[RAFT_MEMBERS_MAX];
    struct raft_membership members; /* newest committed one that contains this node */
    uint16_t leader;                /* as the core knows it; 0 = unknown */
    /* Guarded by mutex: the core thread adds, the run thread takes. */
    size_t retired_count;
    struct link *retired[RAFT_MEMBERS_MAX];
    /* Guarded by mutex: the run thread sets it, the core thread takes it (node->introduced). The
     * first link of a node that joins, before its log names any member. */
    uint16_t introduced_id;
    char introduced_address[RAFT_ADDRESS_MAX];
    /* Core thread. By position in links. */
    bool frames_sent[RAFT_MEMBERS_MAX]; /* since the link was last woken */
};

void link_table_init(struct link_table *table);
/* Destroys all links. */
void link_table_free(struct link_table *table);

/* Core thread, or mutex held. Position of the link to a peer; RAFT_MEMBERS_MAX = there is none. */
size_t link_table_find(const struct link_table *table, uint16_t peer);

/* Core thread. The table owns the link from here on. There has to be room. */
void link_table_add(struct link_table *table, struct link *link);
/*
 * Core thread. Asks a link to stop and moves it to the retired ones; the last link takes its
 * position. False, and nothing is changed, if there are too many retired links.
 */
bool link_table_retire(struct link_table *table, size_t position);
/* Core thread. Sets leader and, unless NULL, members. */
void link_table_publish(struct link_table *table, const struct raft_membership *members,
                        uint16_t leader);

/* Run thread. Joins and frees the retired links. */
void link_table_reap(struct link_table *table);
/* Run thread. Asks all links to stop. */
void link_table_request_stop(struct link_table *table);

/* Any thread. False if there is no link to this peer. */
bool link_table_get_health(struct link_table *table, uint16_t peer, struct link_health *health);
/* Any thread. Whether all links are healthy. */
bool link_table_is_healthy(struct link_table *table);

#endif
