/*
 * The state of the loop of the Raft core thread. In each turn, intake.c tells the member what is in
 * the rings, core_thread.c steps it, and machine.c, snapshots.c, members.c and draining.c carry out
 * what it gives. Core thread only; nothing else includes this.
 */
#ifndef RAFTD_NODE_CORE_LOOP_H
#define RAFTD_NODE_CORE_LOOP_H

#include "node/node.h"

struct core_loop {
    struct raftd_node *node;
    struct member *member;
    bool takes_part;     /* the node takes part in consensus in this turn */
    size_t first_client; /* place with which the next turn begins, modulo the number of places */
    /* The membership that the links follow now. */
    uint64_t seen_membership_index;
    bool seen_membership_committed;
    uint16_t published_leader; /* the leader that link_table_publish() was last told */
    bool draining_begun;       /* the member was told to drain */
    bool space_was_low;        /* as last logged */
    uint64_t damaged_ms;       /* since when the log is damaged; 0 = it is not */
    /* What was last logged. */
    uint16_t seen_leader;
    uint64_t seen_term;
    enum raft_role seen_role;
};

/* intake.c */
/* Begins a turn and tells the member what is in the rings: all of it, or, while the core cannot be
 * stepped, only the requests of clients. */
void intake(struct core_loop *loop);
/* Whether the node takes part in the next turn. A node that stops goes on until this thread ends:
 * only then it leaves, and its clients are told that it stops. */
bool intake_takes_part(const struct core_loop *loop);
/* Takes only finished log writes, for the last step. */
void intake_writes(struct core_loop *loop);

/* answers.c */
/* Puts the member's answers into the rings of the clients. */
void answers_deliver(struct core_loop *loop);
/* Wakes the clients that got some. */
void answers_wake(struct core_loop *loop);

/* machine.c */
/* Gives the member's committed entries to the state machine. */
void machine_apply(struct core_loop *loop);
/* Answers the reads that the member releases. */
void machine_read(struct core_loop *loop);
/* Tells the member when the state machine wants to be told the time. */
void machine_tell_deadline(struct core_loop *loop);

/* snapshots.c */
/* Tells the member the news of the snapshot worker. */
void snapshots_intake(struct core_loop *loop);
/* Carries out the member's tasks for the worker; before entries are applied. */
void snapshots_run_tasks(struct core_loop *loop);
/* Begins a snapshot that is due, or takes the next slice of it; after entries were applied. */
void snapshots_slice(struct core_loop *loop);
/* Whether there is something to do in another turn. */
bool snapshots_have_work(const struct core_loop *loop);

/* draining.c */
/* If the node is to stop: tells the member to drain, and the run thread when it is drained. */
void draining_begin(struct core_loop *loop);
void draining_check(struct core_loop *loop);

/* members.c: makes and retires links as the membership says. */
void members_follow(struct core_loop *loop);

#endif
