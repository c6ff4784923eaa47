/*
 * The records of the truth, which the files truth*.c share.
 */
#ifndef RAFTD_TEST_SIM_TRUTH_RECORD_H
#define RAFTD_TEST_SIM_TRUTH_RECORD_H

#include "member/waiting.h"
#include "sim/model.h"
#include "sim/truth.h"

struct link_of_chain {
    uint64_t term;
    uint64_t hash; /* of everything up to here */
    uint64_t time_ms;
    uint64_t commit_term; /* what is committed: of the leader that committed it */
};

/* links[index]; links[0] is before the first entry. */
struct chain {
    struct link_of_chain *links;
    uint64_t last_index;
    size_t capacity;
};

/* The entry that an index was given in one term. */
struct slot_entry {
    uint64_t term;
    uint64_t hash;
};

struct slot {
    struct slot_entry *seen; /* log matching: one hash for each term */
    size_t seen_count;
    size_t seen_capacity;
    uint64_t digest; /* of the state machine after this entry, 0 = not computed */
};

struct life {
    uint16_t host;
    uint64_t *operations; /* by the counter in the sequence number; 0 = none */
    size_t capacity;
};

/* A promise to a leader: when the answer to a round was made first, by the clock of the voter. */
struct made_promise {
    uint16_t to; /* 0 = none */
    uint64_t term;
    uint64_t round;
    uint64_t made_ms;
};
enum { TRUTH_ROUNDS_KEPT = 64, TRUTH_ORDERS_KEPT = 64 };

/* The promises of one host, which outlive its process. */
struct promises {
    struct chain log;   /* of its core */
    struct chain disk;  /* what was reported durable */
    struct chain found; /* what the last recovery found */
    uint64_t disk_term;
    uint64_t snapshot_index; /* of its newest durable snapshot */
    uint16_t disk_vote;
    uint16_t *votes; /* durable, by term */
    size_t votes_capacity;
    uint16_t *given; /* votes that other hosts were told, by term */
    size_t given_capacity;
    struct chain *doubt; /* the disk after each write in doubt */
    uint64_t *doubt_terms;
    uint16_t *doubt_votes;
    size_t doubt_count;
    struct made_promise made[TRUTH_ROUNDS_KEPT]; /* by round; some have not left the host */
    uint16_t promised_to;                        /* the leader that was told last; 0 = none */
    uint64_t promised_term;
    uint64_t promised_until_ms; /* by the clock of the host */
    uint32_t promised_ms;       /* length of that promise */
    uint64_t waits_until_ms;    /* its process waits for the whole promise after its start */
    uint64_t ordered[TRUTH_ORDERS_KEPT]; /* terms in which a leader has ordered its campaign */
    uint64_t restart_in_doubt; /* index after which the log may have restarted; 0 = none */
    /* Of the current process. */
    enum raft_role role;
    uint64_t term;
    uint64_t
        silent_since_ms; /* no quorum answers this leader since then; 0 = it is no such leader */
    uint64_t commit_index;
    uint64_t
        deadline_ms; /* election deadline before this step, if it must not become later; else 0 */
};

/* When an index was committed. */
struct commit_time {
    uint64_t at_us;
    uint64_t index;
};

/* The members that are committed from an index on. */
struct era {
    uint64_t index;
    struct buffer membership; /* encoded */
};

struct truth {
    struct promises promises[SIM_HOSTS_MAX];
    struct slot *slots;
    size_t slot_capacity;
    struct chain committed;
    struct raft_membership membership; /* the newest committed one */
    uint16_t *leader_of_term;
    size_t leader_capacity;
    struct era *eras;
    size_t era_count;
    size_t era_capacity;
    struct life *lives;
    size_t life_count;
    size_t life_capacity;
    struct model *model;
    struct commit_time *commit_times; /* ascending */
    size_t commit_time_count;
    size_t commit_time_capacity;
    uint64_t seen_index; /* the greatest index that an answer came from */
};

struct slot *truth_slot(struct truth *truth, uint64_t index);
void chain_copy(struct chain *to, const struct chain *from);
void chain_cut(struct chain *chain, uint64_t index);
void chain_append(struct chain *chain, const struct raft_entry *entry);
/* The chain is what was committed up to this index, and ends there. */
void chain_restart(struct chain *chain, const struct truth *truth, uint64_t index);
bool chain_agrees(const struct chain *a, const struct chain *b, uint64_t index);
/* Appends the entries of an outbox, and checks log matching. */
void truth_extend(struct world *world, uint16_t id, struct chain *chain,
                  const struct raft_write *write);

/* truth_step.c */
void truth_check_patience(struct world *world, const struct host *host);
void truth_check_membership_index(struct world *world, const struct host *host);
void truth_check_contact(struct world *world, const struct host *host,
                         const struct raft_status *status);

/* truth_lease.c */
void truth_note_promises(const struct world *world, const struct host *host,
                         const struct raft_outbox *outbox);
/* A message leaves the host. */
void truth_check_promise(struct world *world, uint16_t id, const struct raft_message *message);
/* A process of the host starts. */
void truth_promise_again(struct world *world, const struct host *host);
void truth_check_lease(struct world *world, const struct host *host);

/* truth_state.c */
void truth_commit_entry(struct world *world, const struct raft_entry *entry);

#endif
