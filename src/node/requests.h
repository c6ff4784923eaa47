/*
 * What the clients of this node wait for: a table of requests under way, queues of those that
 * cannot go on yet, and one list in order of age for deadlines. Core thread only.
 *
 * A proposal's sequence number holds its place in the table in the low bits and a counter above
 * them, so an applied entry finds its request, if that still waits, by one look.
 */
#ifndef RAFTD_NODE_REQUESTS_H
#define RAFTD_NODE_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct raftd_client;
struct raft_entry;

enum { REQUEST_PLACE_BITS = 20, REQUEST_NONE = UINT32_MAX >> 1 };

enum request_state {
    REQUEST_FREE,
    REQUEST_HELD,       /* proposal that no leader can be given to yet; in `held` */
    REQUEST_PROPOSED,   /* with the core or the leader: its outcome is open */
    REQUEST_READ_LOCAL, /* read that may not need a round; in `reads_local` */
    REQUEST_READ_NEW,   /* read that waits for the round under way to end; in `reads_new` */
    REQUEST_READ_ASKED, /* its round is under way; in `reads_asked` */
    REQUEST_READ_READY, /* confirmed; waits until read_index is applied; in `reads_ready` */
    REQUEST_DEAD,       /* answered by its deadline, still in a queue */
};

struct request {
    enum request_state state;
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

struct request_queue {
    uint32_t head, tail;
    size_t count;
};

struct requests {
    struct request *table;
    size_t capacity; /* grows by doubling, up to what the clients' rings can hold */
    uint32_t free_head;
    uint32_t oldest, newest;
    uint64_t counter;
    size_t proposal_count;
    size_t read_count;
    struct request_queue held;
    struct request_queue reads_local;
    struct request_queue reads_new;
    struct request_queue reads_asked;
    struct request_queue reads_ready;
};

void requests_init(struct requests *requests);
void requests_free(struct requests *requests);

/* Whether the table may grow for another one. It is full only of what was held for clients that
 * closed: open ones cannot have that many under way. */
bool requests_has_room(const struct requests *requests);

/* A new request in the given state, put into its queue if that has one. Takes the reference of
 * entry (which may be NULL only for PROPOSED). The pointer is valid until the next add. */
struct request *requests_add(struct requests *requests, enum request_state state,
                             struct raftd_client *client, uint64_t tag, uint64_t deadline_ms,
                             struct raft_entry *entry);
/* The PROPOSED request of that number, or NULL. */
struct request *requests_find(struct requests *requests, uint64_t sequence);

/* The first of a queue that still waits, or NULL; dead ones in front of it are freed. */
struct request *requests_peek(struct requests *requests, struct request_queue *queue);
/* Moves the first of a queue to another state (and its queue). */
void requests_advance(struct requests *requests, struct request_queue *queue,
                      enum request_state state);
/* Moves all of reads_new to reads_asked; true if the leader's lease will do for all of them. */
bool requests_ask_reads(struct requests *requests);
/* Moves all of reads_asked to reads_ready with an index. */
void requests_confirm_reads(struct requests *requests, uint64_t read_index);

/* Ends a request: frees it (or leaves it dead in its queue). The caller has answered. */
void requests_finish(struct requests *requests, struct request *request);

/* The oldest request, or NULL: for deadlines. */
struct request *requests_oldest(struct requests *requests);
/* The one that came after it, or NULL. */
struct request *requests_newer(struct requests *requests, const struct request *request);

/*
 * Nobody waits for this client's requests any more. Held proposals go on; of all others there is
 * nothing left to do here, so they end: clients that come and go do not fill the table.
 */
void requests_forget_client(struct requests *requests, const struct raftd_client *client);

#endif
