/*
 * The state of the loop of the Raft core thread. In each turn, intake.c takes events from the rings
 * and core_thread.c acts on them; draining.c, members.c and snapshot_schedule.c do their part of a
 * turn. Core thread only; nothing else includes this.
 */
#ifndef RAFTD_NODE_CORE_LOOP_H
#define RAFTD_NODE_CORE_LOOP_H

#include "node/node.h"
#include "node/snapshot_schedule.h"

enum {
    EVENTS_MAX = 2048, /* most events in the batch of one turn */
    EVENTS_KEPT = 4,   /* reserved for a read round, the time, a handover and the disk space */
};

/* What one turn takes in. On the heap of the core thread, used again in every turn. */
struct turn {
    uint64_t now_ms;
    /* Whether the node takes part in consensus. Read once, so that it is the same during the whole
     * turn. */
    bool ready;
    bool serves; /* whether clients are served; read once as well */
    size_t count;
    struct raft_event events[EVENTS_MAX];
    /* What the events point at; freed when the core has seen them. */
    size_t message_count;
    struct raft_message *messages[EVENTS_MAX];
    size_t entry_count;
    struct raft_entry *entries[EVENTS_MAX];
};

struct core_loop {
    struct raftd_node *node;
    struct turn turn;
    /* The newest log write that is not known to be durable; frames that have to wait for it are
     * attached to it. NULL = none. */
    struct write_request *newest_write;
    uint64_t read_id;       /* number of the newest read round */
    uint64_t read_asked_ms; /* when that round began */
    /* The time that the core is told. It stands still while the node is out of service, so that no
     * time-out expires meanwhile. */
    uint64_t core_now_ms;
    struct raft_entry *time_entry; /* newest that was proposed, one reference; NULL = none */
    uint64_t time_proposed_ms;
    bool more_to_apply; /* committed entries are left for the next turn */
    struct snapshot_schedule snapshots;
    size_t first_client; /* place with which the next turn begins, modulo the number of places */
    /* The membership that the links follow now. */
    uint64_t seen_membership_index;
    bool seen_membership_committed;
    uint16_t published_leader; /* the leader that link_table_publish() was last told */
    bool space_is_low;         /* whether the disk is nearly full, as the core was last told */
    bool draining_begun;
    bool draining_led; /* this node was the leader when draining began */
    /* What was last logged. */
    uint16_t seen_leader;
    uint64_t seen_term;
    enum raft_role seen_role;
};

/* intake.c */
/* Takes events from all rings, as many as one batch has room for. */
void intake_all(struct core_loop *loop);
/* While the core cannot be stepped: takes only clients' requests, which then wait. */
void intake_for_later(struct core_loop *loop);
/* Takes only finished log writes, for the last step. */
void intake_writes(struct core_loop *loop);
/* Adds an event to the batch. */
struct raft_event *intake_event(struct core_loop *loop, enum raft_event_type type);
/* When an entry with the time has to be proposed; UINT64_MAX = never. */
uint64_t intake_time_due_ms(const struct core_loop *loop);
/* Whether a proposal that the core gets now can reach a leader. */
bool intake_can_propose(const struct raftd_node *node);

/* draining.c */
/* If the node is to stop: begins to drain, and makes a leader hand over. */
void draining_begin(struct core_loop *loop);
/* Whether new requests are refused, because the node is draining. */
bool draining_refuses(const struct core_loop *loop);
/* Tells the run thread when leadership and all outcomes are settled. */
void draining_check(struct core_loop *loop);

/* members.c: makes and retires links as the membership says. */
void members_follow(struct core_loop *loop);

#endif
