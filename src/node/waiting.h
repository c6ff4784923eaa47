/*
 * What the clients of this node wait for: a table of requests under way, queues of those that
 * cannot go on yet, and one list in order of age for deadlines. Core thread only.
 *
 * A proposal's sequence number holds its place in the table in the low bits and a counter above
 * them, so an applied entry finds its request, if that still waits, by one look.
 */
#ifndef RAFTD_NODE_WAITING_H
#define RAFTD_NODE_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct raftd_client;
struct raft_entry;

enum { WAITING_PLACE_BITS = 20, WAITING_NONE = UINT32_MAX >> 1 };

enum waiting_state {
    WAITING_FREE,
    WAITING_HELD,       /* proposal that no leader can be given to yet; in `held` */
    WAITING_PROPOSED,   /* with the core or the leader: its outcome is open */
    WAITING_READ_LOCAL, /* read that may not need a round; in `reads_local` */
    WAITING_READ_NEW,   /* read that waits for the round under way to end; in `reads_new` */
    WAITING_READ_ASKED, /* its round is under way; in `reads_asked` */
    WAITING_READ_READY, /* confirmed; waits until read_index is applied; in `reads_ready` */
    WAITING_DEAD,       /* answered by its deadline, still in a queue */
};

struct waiting_request {
    enum waiting_state state;
    uint32_t older, newer; /* list by age, of everything that still wants an answer */
    uint32_t next;         /* queue; the free list as well */
    uint64_t sequence;
    uint64_t tag;
    uint64_t deadline_ms;
    uint64_t read_index;
    uint8_t level; /* of a read: enum raftd_read_level */
    uint32_t max_lag_ms;
    uint64_t term;               /* PROPOSED: that it can be appended in; 0 = not known yet */
    struct raftd_client *client; /* NULL: nobody waits any more */
    struct raft_entry *entry;    /* HELD and reads: the bytes; one reference */
};

struct waiting_queue {
    uint32_t head, tail;
    size_t count;
};

struct waiting {
    struct waiting_request *table;
    size_t capacity; /* grows by doubling, up to what the clients' rings can hold */
    uint32_t free_head;
    uint32_t oldest, newest;
    uint64_t counter;
    size_t proposal_count;
    size_t read_count;
    struct waiting_queue held;
    struct waiting_queue reads_local;
    struct waiting_queue reads_new;
    struct waiting_queue reads_asked;
    struct waiting_queue reads_ready;
};

void waiting_init(struct waiting *waiting);
void waiting_free(struct waiting *waiting);

/* Whether the table may grow for another one. It is full only of what was held for clients that
 * closed: open ones cannot have that many under way. */
bool waiting_has_room(const struct waiting *waiting);

/* A new request in the given state, put into its queue if that has one. Takes the reference of
 * entry (which may be NULL only for PROPOSED). The pointer is valid until the next add. */
struct waiting_request *waiting_add(struct waiting *waiting, enum waiting_state state,
                                    struct raftd_client *client, uint64_t tag, uint64_t deadline_ms,
                                    struct raft_entry *entry);
/* The PROPOSED request of that number, or NULL. */
struct waiting_request *waiting_find(struct waiting *waiting, uint64_t sequence);

/* The first of a queue that still waits, or NULL; dead ones in front of it are freed. */
struct waiting_request *waiting_peek(struct waiting *waiting, struct waiting_queue *queue);
/* Moves the first of a queue to another state (and its queue). */
void waiting_advance(struct waiting *waiting, struct waiting_queue *queue,
                     enum waiting_state state);
/* Moves all of reads_new to reads_asked; true if the leader's lease will do for all of them. */
bool waiting_ask_reads(struct waiting *waiting);
/* Moves all of reads_asked to reads_ready with an index. */
void waiting_confirm_reads(struct waiting *waiting, uint64_t read_index);

/* Ends a request: frees it (or leaves it dead in its queue). The caller has answered. */
void waiting_finish(struct waiting *waiting, struct waiting_request *request);

/* The oldest request, or NULL: for deadlines. */
struct waiting_request *waiting_oldest(struct waiting *waiting);
/* The one that came after it, or NULL. */
struct waiting_request *waiting_newer(struct waiting *waiting,
                                      const struct waiting_request *request);

/*
 * Nobody waits for this client's requests any more. Held proposals go on; of all others there is
 * nothing left to do here, so they end: clients that come and go do not fill the table.
 */
void waiting_forget_client(struct waiting *waiting, const struct raftd_client *client);

#endif
