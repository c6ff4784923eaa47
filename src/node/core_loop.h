/*
 * One turn of the Raft core thread, as its two files share it: intake.c fills it from the rings,
 * core_thread.c acts on it. Core thread only; nobody else includes this.
 */
#ifndef RAFTD_NODE_CORE_LOOP_H
#define RAFTD_NODE_CORE_LOOP_H

#include "node/node.h"
#include "node/snapshot_schedule.h"

enum {
    EVENTS_MAX = 2048, /* of one batch */
    EVENTS_KEPT = 4,   /* of these for a read round, the time, a hand-over and space */
};

/* What one turn of the loop takes in. Lives on the core thread's heap, reused. */
struct turn {
    uint64_t now_ms;
    bool ready;  /* the core takes part; sampled once, so that a turn is of one mind */
    bool serves; /* clients are served */
    size_t count;
    struct raft_event events[EVENTS_MAX];
    /* Freed once the core has seen them. */
    size_t message_count;
    struct raft_message *messages[EVENTS_MAX];
    size_t entry_count;
    struct raft_entry *entries[EVENTS_MAX];
};

struct core_loop {
    struct raftd_node *node;
    struct turn turn;
    struct write_request *newest_write; /* not known to be done; gated frames wait with it */
    uint64_t read_id;                   /* of the newest read round */
    uint64_t read_asked_ms;             /* when it was asked */
    /* The core's clock stands still while the node is out of service: no time-out passes. */
    uint64_t core_now_ms;
    struct raft_entry *time_entry; /* proposed last, one reference; NULL: none yet */
    uint64_t time_proposed_ms;
    bool more_to_apply;
    struct snapshot_schedule snapshots;
    size_t first_client; /* the slot that the next turn begins with, but for the wrap */
    /* The membership that the links follow. */
    uint64_t seen_membership_index;
    bool seen_membership_committed;
    uint16_t published_leader;
    bool space_is_low; /* as the core was last told */
    bool draining_begun;
    bool draining_led;    /* and this node was the leader then */
    uint16_t seen_leader; /* as last logged */
    uint64_t seen_term;
    enum raft_role seen_role;
};

/* Takes from every ring what one batch has room for. */
void intake_all(struct core_loop *loop);
/* The same while the core cannot be stepped: clients' requests alone, to be held. */
void intake_for_later(struct core_loop *loop);
/* Finished log writes alone, for a last step. */
void intake_writes(struct core_loop *loop);
struct raft_event *intake_event(struct core_loop *loop, enum raft_event_type type);

/* When an entry that says how late it is has to be proposed; UINT64_MAX = not at all. */
uint64_t intake_time_due_ms(const struct core_loop *loop);

/* Whether a proposal given to the core now would find a leader. */
bool intake_can_propose(const struct raftd_node *node);
/* draining.c: asks the core to hand over once the node is to stop; whether new requests are
 * refused by now; whether all is settled. */
void draining_begin(struct core_loop *loop);
bool draining_refuses(const struct core_loop *loop);
void draining_check(struct core_loop *loop);

/* members.c: links for whoever is a member by now. */
void members_follow(struct core_loop *loop);

#endif
