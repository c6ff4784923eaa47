/*
 * One member whose peers and disk the test plays: what its tests of whole turns share. The member
 * has the id 1 and is one of three voters. A test owns the process, so there is one bench.
 */
#ifndef RAFTD_TEST_MEMBER_BENCH_H
#define RAFTD_TEST_MEMBER_BENCH_H

#include "member/state.h"

enum {
    HEARTBEAT_MS = 100,
    ELECTION_TIMEOUT_MS = 1000,
    REQUEST_MS = 5000,
    RESERVE_BYTES = 100000,
    UNCOMMITTED_MAX = 10000,
    COMMAND_BYTES = 1000,
    ANSWERS_MAX = 200,
    DISK_STALL_MS = 3000,
    BENCH_TYPES = RAFT_MESSAGE_REMOVED + 1,
};

/* The member with id 1 of three voters, and what it gave in its last turns. */
struct bench {
    struct member *member;
    struct member_turn turn;
    uint64_t proposed[ANSWERS_MAX];  /* tags of the commands that left in a PROPOSE, in order */
    uint64_t sequences[ANSWERS_MAX]; /* their sequence numbers */
    size_t proposed_count;
    struct member_answer answers[ANSWERS_MAX];
    size_t answer_count;
    size_t sent[BENCH_TYPES]; /* messages by type, those that wait for a write included */
    bool vote_granted;        /* the last answer to a question for a vote */
    bool disk_stalled;
    struct member_write *writes[MEMBER_WRITES_MAX];
    size_t write_count;
};

extern struct bench bench;

/* The fixture of each test. */
void setup(void);
void teardown(void);

/* One turn: begin(), what happens in it, end(). */
void begin(void);
void end(void);
/* A turn in which nothing happens, so much later. */
void pass(uint64_t ms);

struct raftd_client *client(uintptr_t number);
/* A client asks. The first byte of a command is its tag. */
void ask(uintptr_t number, uint64_t tag);
void ask_read(uintptr_t number, uint64_t tag, enum raftd_read_level level);
/* The answer with this tag; NULL = there is none yet. */
const struct member_answer *answer_to(uint64_t tag);

struct raft_message *make_message(uint8_t type, uint16_t from, uint64_t term);
/* The link to a peer is there, or is lost. */
void set_link(uint16_t peer, bool up);
/* Node 2 is the leader of term 2, and says that so much is committed. */
void hear_leader(struct raft_entry **entries, uint32_t count, uint64_t previous_index,
                 uint64_t commit_index);
/* Node 2 leads term 2, and the member follows it. */
void follow(void);
/* The member leads term 2, with the vote of node 2. */
void lead(void);
/* This peer has all entries of the member that leads. */
void acknowledge(uint16_t peer);
/* The leader has not appended this command of the member's, for a reason that passes. */
void refuse(size_t place);
/* The leader has appended this command of the member's at this index, and committed it. */
void commit(size_t place, uint64_t index);

#endif
