/*
 * The requests of this node's clients that wait for an outcome: a table, queues of requests that
 * cannot go on yet, and a list of all in the order of their age. Core thread only.
 *
 * A proposal's sequence number is its place in the table (the low WAITING_PLACE_BITS bits) and a
 * counter above them. The number travels with the entry through the log, so an applied entry finds
 * its request by one look at that place. The place may be used again by then: a request may have
 * been answered by its deadline, and another one may stand there. The counter tells them apart;
 * with the place alone, the later request would get the outcome of the earlier one.
 *
 * The states of a request, and the function of each transition:
 *
 *     made in HELD             take_command(): a command, and no leader can be given it now
 *     made in PROPOSED         take_command(): a command that goes to the core in this turn
 *     made in READ_LOCAL       wait_for_read(): a read whose level may not need a round
 *     made in READ_NEW         wait_for_read(): a linearizable read
 *     HELD -> PROPOSED         propose_held(): there is a leader again
 *     PROPOSED -> REFUSED      member_retry(): it was certainly not appended, and is tried again
 *     HELD -> BEHIND           propose_held(): an earlier command of its client is REFUSED
 *     REFUSED -> HELD          waiting_release(): no later command of its client is open
 *     BEHIND -> HELD           waiting_release(): no earlier command of its client is REFUSED
 *     READ_LOCAL -> READ_NEW   next_local() in reads.c: this node's state is not recent enough
 *     READ_NEW -> READ_ASKED   waiting_ask_reads(): a round begins for all of them
 *     READ_ASKED -> READ_READY waiting_confirm_reads(): the round is confirmed up to read_index
 *
 * and the ways in which a request ends, each through waiting_finish():
 *
 *     PROPOSED                 member_applied(): the command was applied
 *     PROPOSED                 member_change_applied(): the change of members is complete
 *     PROPOSED                 member_refuse(): the leader refused it for good
 *     PROPOSED                 fail_proposals() in snapshots.c: a snapshot was installed
 *     REFUSED                  member_fail_refused_before(): a later command of its client was
 *                              applied, so it comes too late
 *     PROPOSED                 member_retry(): it was certainly not appended, and a later command
 *                              of its client was applied
 *     READ_LOCAL, READ_READY   member_answer_read(): answered
 *     any                      member_expire(): its deadline has come
 *     all reads, a change of   waiting_forget_client(): the client has closed
 *     members in PROPOSED
 *     all reads                member_leave_service(): the node goes out of service
 *     any                      member_end(): the node stops
 *
 * A request that stands in a queue when it ends cannot be taken out of the middle: it becomes DEAD
 * and is freed when it reaches the front.
 *
 * Invariants:
 *   1. A request in HELD or a READ state stands in the queue of that state and in no other one; a
 *      DEAD request stands in the queue in which it ended; a PROPOSED one stands in none.
 *   2. All requests but FREE and DEAD ones are in the list by age, and deadlines never fall along
 *      it: so the deadline of the oldest is the next one.
 *   3. proposal_count counts HELD, BEHIND, PROPOSED and REFUSED, read_count the READ states,
 *      proposed_count, refused_count and behind_count one state each.
 *   4. A sequence number is never used twice. A command that is tried again gets a new one, so that
 *      no late word about the first attempt is taken for the outcome of the second.
 *   5. Every request but a change of members that was proposed owns a reference to its entry.
 *   6. The commands of one client are given to the core in the order of their age. While a command
 *      of a client is REFUSED, no later one of that client becomes PROPOSED, and the commands of
 *      other clients go on. The client is known by `owner`, so this is also true after it closed.
 *   7. A command is not proposed again after a later one of its client was applied. It may have
 *      been lost on its way to the leader, and the later one not, over a new connection.
 */
#ifndef RAFTD_MEMBER_WAITING_H
#define RAFTD_MEMBER_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct raftd_client;
struct raft_entry;

enum {
    WAITING_PLACE_BITS = 20,
    WAITING_NONE = UINT32_MAX >> 1,
    WAITING_OWNERS_MAX = 64, /* clients that are told apart, as many as a node can have open */
};

enum waiting_state {
    WAITING_FREE,
    WAITING_HELD,       /* a command that waits for a leader; in `held` */
    WAITING_PROPOSED,   /* given to the core or to the leader: its outcome is open */
    WAITING_REFUSED,    /* certainly not appended; is going to be proposed again */
    WAITING_BEHIND,     /* a command that waits until a refused one before it is proposed again */
    WAITING_READ_LOCAL, /* a read that may not need a round; in `reads_local` */
    WAITING_READ_NEW,   /* a read that waits for the next round; in `reads_new` */
    WAITING_READ_ASKED, /* its round is under way; in `reads_asked` */
    WAITING_READ_READY, /* confirmed; waits until read_index is applied; in `reads_ready` */
    WAITING_DEAD,       /* ended, but still in a queue */
};

struct waiting_request {
    enum waiting_state state;
    uint32_t older, newer; /* places in the list by age; WAITING_NONE = none */
    uint32_t next;         /* place in the queue, or in the free list */
    uint64_t sequence;
    uint64_t number; /* ascends along the list by age; a command that is tried again keeps it */
    uint64_t tag;    /* tag that the client gave */
    uint64_t deadline_ms;
    uint64_t read_index; /* READ_READY: has to be applied before the read is answered */
    uint8_t level;       /* level of a read: enum raftd_read_level */
    uint32_t max_lag_ms; /* largest age of a stale read; 0 = any age */
    uint64_t term; /* PROPOSED: the only term in which it can be appended; 0 = not known yet */
    struct raftd_client *client; /* NULL = no client waits for the outcome */
    const void *owner;        /* the client that asked, also after it has closed; never followed */
    struct raft_entry *entry; /* the bytes; see invariant 5 */
};

struct waiting_queue {
    uint32_t head, tail; /* places; WAITING_NONE = empty */
    size_t count;        /* DEAD requests included */
};

/* Some clients. More than fit: every client counts as one of them. */
struct waiting_owners {
    size_t count; /* 0..WAITING_OWNERS_MAX; the maximum stands for all clients */
    const void *list[WAITING_OWNERS_MAX];
};

/* The newest command that was applied, for each client of which commands were applied lately. */
struct waiting_applied {
    size_t count; /* 0..WAITING_OWNERS_MAX */
    size_t last;  /* place of the client of which a command was applied last */
    struct {
        const void *owner;
        uint64_t number; /* of the request */
    } list[WAITING_OWNERS_MAX];
    uint64_t others; /* newest number of the clients that had to make room; 0 = there were none */
};

struct waiting {
    struct waiting_request *table;
    size_t capacity; /* grows by doubling, up to 1 << WAITING_PLACE_BITS */
    uint32_t free_head;
    uint32_t oldest, newest;
    uint64_t counter; /* number of all requests so far */
    size_t proposal_count;
    size_t proposed_count;
    size_t refused_count;
    size_t behind_count;
    size_t read_count;
    /* The clients that have a REFUSED command. A client may still be here when its last one has
     * ended, until waiting_release(). */
    struct waiting_owners refused_owners;
    struct waiting_applied applied;
    struct waiting_queue held;
    struct waiting_queue reads_local;
    struct waiting_queue reads_new;
    struct waiting_queue reads_asked;
    struct waiting_queue reads_ready;
};

void waiting_init(struct waiting *waiting);
void waiting_free(struct waiting *waiting);

/*
 * Whether there is room for another request. Only commands of clients that closed before these had
 * an outcome can fill the table: clients that are open cannot have so many requests under way.
 */
bool waiting_has_room(const struct waiting *waiting);

/*
 * Adds a request in the given state, and puts it into the queue of that state. Takes the caller's
 * reference to the entry, which may be NULL only for PROPOSED. The pointer is valid until the next
 * waiting_add().
 */
struct waiting_request *waiting_add(struct waiting *waiting, enum waiting_state state,
                                    struct raftd_client *client, uint64_t tag, uint64_t deadline_ms,
                                    struct raft_entry *entry);
/* The PROPOSED request with this sequence number, or NULL. */
struct waiting_request *waiting_find(struct waiting *waiting, uint64_t sequence);

/* The first request of a queue that has not ended, or NULL; frees DEAD ones before it. */
struct waiting_request *waiting_peek(struct waiting *waiting, struct waiting_queue *queue);
/* Moves the first request of a queue, as waiting_peek() has just returned it, to another state. */
void waiting_advance(struct waiting *waiting, struct waiting_queue *queue,
                     enum waiting_state state);
/* PROPOSED -> REFUSED. */
void waiting_refuse(struct waiting *waiting, struct waiting_request *request);
/* Whether the commands of this client may not be proposed, because an earlier one is REFUSED. */
bool waiting_is_blocked(const struct waiting *waiting, const void *owner);
/*
 * REFUSED -> HELD, for the requests that may be proposed again: the commands of a client are
 * appended in their order, so none of its later ones may be PROPOSED. Also BEHIND -> HELD for the
 * clients that have none in REFUSED any more. HELD is in the order of age then.
 */
void waiting_release(struct waiting *waiting);

/* This command was applied. */
void waiting_note_applied(struct waiting *waiting, const struct waiting_request *request);
/* Whether a later command of the same client was applied, or may have been. */
bool waiting_is_overtaken(const struct waiting *waiting, const struct waiting_request *request);

/* Moves all of reads_new to reads_asked. True if a lease of the leader is enough for all. */
bool waiting_ask_reads(struct waiting *waiting);
/* Moves all of reads_asked to reads_ready and sets their read_index. */
void waiting_confirm_reads(struct waiting *waiting, uint64_t read_index);

/* Ends a request that the caller has answered. The pointer is not valid after that. */
void waiting_finish(struct waiting *waiting, struct waiting_request *request);

/* The oldest request, or NULL. Its deadline is the earliest. */
struct waiting_request *waiting_oldest(struct waiting *waiting);
/* The request that was added after this one, or NULL. */
struct waiting_request *waiting_newer(struct waiting *waiting,
                                      const struct waiting_request *request);

/* The oldest read that is newer than this request; NULL for the request: the oldest read. Returns
 * NULL if there is none. */
struct waiting_request *waiting_next_read(struct waiting *waiting,
                                          const struct waiting_request *request);

/*
 * The client has closed. Its commands keep their place until they have an outcome, because those
 * that were refused are proposed again, in their order; all its other requests end, because nothing
 * is left to be done for them here.
 */
void waiting_forget_client(struct waiting *waiting, const struct raftd_client *client);

#endif
