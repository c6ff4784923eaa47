/*
 * One core in the hands of a unit test: time passes when the test says so, events and messages go
 * in one by one, and what leaves is kept. Writes are done at once, or when the test says so; a
 * message that waits for a write leaves when it is done. There are no other nodes: the test speaks
 * for them. What needs several nodes is a story (test/stories).
 */
#ifndef RAFTD_TEST_UNIT_RAFT_ONE_CORE_H
#define RAFTD_TEST_UNIT_RAFT_ONE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

enum {
    ONE_CORE_PEERS = 10, /* ids of members are below this */
    ONE_CORE_ENTRIES_MAX = 16,
    HEARTBEAT_MS = 100,
    ELECTION_TIMEOUT_MS = 1000,
};

struct one_core {
    struct raft_core *core;
    struct raft_options options; /* of the next core that is made */
    struct raft_membership members;
    uint64_t now_ms;
    uint64_t time_ms;     /* of one_core_append() and its entries */
    bool reserve;         /* of one_core_append() */
    uint32_t entry_bytes; /* of the entries of one_core_append(), at most 4096; 0 = 8 bytes */
    /* What has left, in order; each message owns its entries. */
    struct raft_message *sent;
    size_t sent_count, sent_capacity;
    /* What waits for a write. */
    struct raft_message *gated;
    size_t gated_count, gated_capacity;
    bool disk_stalled;
    struct raft_write_done *writes; /* under way, oldest first */
    size_t write_count, write_capacity;
    struct raft_write last_write; /* without its entries */
    /* The newest append to each peer, without its entries. */
    struct raft_message appends[ONE_CORE_PEERS];
    uint32_t append_entries[ONE_CORE_PEERS];
    /* What the core has said. */
    uint64_t read_id; /* reads up to this one are confirmed */
    uint64_t read_index;
    size_t refused_count;
    uint8_t refused_reason;          /* of the last refusal */
    struct raft_proposal_id refused; /* the last one */
    size_t snapshot_count[ONE_CORE_PEERS];
    size_t install_count;
    struct raft_fetch fetch; /* the last one */
    size_t fetch_count;
    size_t violation_count;
    int violation;
    uint16_t violator;
};

/* A node of the voters 1 to `voters`. Its log is the founding entry, of term 1. */
void one_core_begin(struct one_core *one, uint16_t id, size_t voters);
void one_core_begin_members(struct one_core *one, uint16_t id,
                            const struct raft_membership *members);
void one_core_end(struct one_core *one);

/* Starts again: from what was recovered; from the founding entry and one command of each of the
 * other terms; from a compacted log without entries. */
void one_core_start(struct one_core *one, const struct raft_recovered *recovered);
void one_core_set_log(struct one_core *one, const uint64_t *terms, size_t count, uint64_t term,
                      uint16_t vote);
void one_core_set_base(struct one_core *one, uint64_t index, uint64_t term);

/* ---- what happens ---- */

void one_core_event(struct one_core *one, const struct raft_event *event);
void one_core_give(struct one_core *one, const struct raft_message *message);
void one_core_run(struct one_core *one, uint64_t ms);
/* Finishes the oldest write, also of a stalled disk. False: there is none. */
bool one_core_finish_write(struct one_core *one);
/* A command whose content is the number, of at least this size. */
void one_core_propose(struct one_core *one, uint64_t number, uint32_t size);
void one_core_propose_type(struct one_core *one, uint8_t type, uint64_t number);
void one_core_read(struct one_core *one, uint64_t read_id, bool lease);
void one_core_link(struct one_core *one, uint16_t peer, bool up);
void one_core_space(struct one_core *one, enum raft_space space);
/* The log before keep_from may go. */
void one_core_snapshot_saved(struct one_core *one, uint64_t index, uint64_t keep_from);
void one_core_step_down(struct one_core *one);
/* The entries after `previous` have these terms. */
void one_core_append(struct one_core *one, uint16_t from, uint64_t term, uint64_t previous,
                     uint64_t previous_term, const uint64_t *terms, uint32_t count,
                     uint64_t commit);

/* ---- what the others do ---- */

/* All voters vote for it. */
void one_core_win(struct one_core *one);
/* The same, and they have its first entry. */
void one_core_lead(struct one_core *one);
/* The answer of a peer that takes the newest append which it was sent, and what came before it. */
struct raft_message one_core_answer_of(const struct one_core *one, uint16_t peer);
/* The refusal of that append: the logs may agree at this index, where the peer has this term. */
struct raft_message one_core_refusal_of(const struct one_core *one, uint16_t peer,
                                        uint64_t conflict_index, uint64_t conflict_term);
/* Gives the answer; that of all peers. */
void one_core_answer(struct one_core *one, uint16_t peer);
void one_core_answer_all(struct one_core *one);
/* Time passes, and these peers answer each append at once. */
void one_core_run_answered(struct one_core *one, uint64_t ms, uint16_t first, uint16_t last);
struct raft_message one_core_vote_request(uint16_t from, uint16_t to, uint64_t term,
                                          uint64_t last_index, uint64_t last_term);
/* Gives one core what another one has sent to it, and forgets that it was sent. Or only what
 * travels on the control lane. */
void one_core_carry(struct one_core *from, struct one_core *to);
void one_core_carry_control(struct one_core *from, struct one_core *to);

/* ---- what is seen ---- */

struct raft_status one_core_status(const struct one_core *one);
struct raft_peer_status one_core_peer(const struct one_core *one, uint16_t id);
uint64_t one_core_lease_left_ms(const struct one_core *one);
/* How many messages of this type have left; to = 0: to anybody. */
size_t one_core_count(const struct one_core *one, uint8_t type, uint16_t to);
/* How many appends with entries. */
size_t one_core_count_full(const struct one_core *one, uint16_t to);
/* The last one of this type; NULL = there is none. */
const struct raft_message *one_core_last(const struct one_core *one, uint8_t type, uint16_t to);
void one_core_forget_sent(struct one_core *one);

#endif
