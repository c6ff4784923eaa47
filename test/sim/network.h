/*
 * A cluster of cores in one thread, for unit tests: a virtual clock; links that can be cut and can
 * delay, lose, double and reorder messages; disks that finish a write when they are told to;
 * crashes that leave only what was durable. The seed decides everything. After every step the
 * invariants of Raft are checked (invariants.h); a violation aborts with the step and the seed.
 */
#ifndef RAFTD_TEST_SIM_NETWORK_H
#define RAFTD_TEST_SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

enum { NETWORK_NODES_MAX = 16 }; /* ids 1..15; index 0 unused */

/* A message under way; owns its arrays. */
struct network_packet {
    struct network_packet *next;
    uint64_t deliver_ms;
    struct raft_message message;
};

/* A log write under way, and the messages that leave when it is durable. */
struct network_write {
    struct network_write *next;
    uint64_t done_ms;
    struct raft_write write;      /* owns its entries */
    struct network_packet *gated; /* in the order in which they were sent */
};

/* A snapshot on a disk: up to where it goes. Its content is what was applied up to there. */
struct network_snapshot {
    uint64_t index; /* 0 = none */
    uint64_t term;
    uint64_t time_ms;
    struct raft_membership membership;
};

struct network_node {
    uint16_t id;
    bool alive;
    bool paused;                  /* as by SIGSTOP: it makes no step, messages to it wait */
    uint32_t election_timeout_ms; /* of its own, from its next start on; 0 = as in options */
    uint64_t clock_ahead_ms;      /* before the clock of the network */
    uint64_t wall_ms;             /* of its wall clock when the network began */
    struct raft_core *core;
    bool disk_stalled;            /* writes are not finished until it is cleared */
    struct network_write *writes; /* oldest first */
    /* The disk. */
    uint64_t term;
    uint16_t vote;
    bool promise_known;
    uint32_t promise_ms;
    uint64_t base_index; /* entries[0] has the index after it */
    uint64_t base_term;
    uint64_t base_time_ms;
    struct raft_membership base_membership; /* no members = there is no base */
    struct raft_entry **entries;
    size_t entry_count;
    size_t entry_capacity;
    struct network_snapshot snapshot;
    /* What its clients saw. */
    uint64_t applied_index;
    size_t install_count;
    bool transfer_wanted[NETWORK_NODES_MAX]; /* by peer; until it was sent or has failed */
    size_t transfer_count[NETWORK_NODES_MAX];
    uint64_t read_confirmed_id;
    uint64_t read_confirmed_index;
    uint64_t next_read_id;
    size_t refused_count;
    uint8_t refused_reason;                      /* of the last refusal */
    struct raft_fetch fetches[RAFT_MEMBERS_MAX]; /* entries that the core wants to be read */
    size_t fetch_count;
    size_t fetched_count; /* of entries that were read */
    bool fetch_fails;     /* the disk cannot be read */
    int violation;        /* of the last step that reported one */
    uint64_t violation_count;
    uint64_t seen_commit;
    /* For the invariants. */
    size_t *read_floors; /* by read id of this process: what was committed when it was asked */
    size_t read_floor_capacity;
};

struct network {
    uint64_t seed;
    uint64_t random_state;
    uint64_t now_ms;
    uint64_t steps;
    size_t node_count;
    struct network_node nodes[NETWORK_NODES_MAX];
    struct raft_options options; /* of every core, except id, random_seed and what a node has */
    struct raft_membership membership;
    bool cut[NETWORK_NODES_MAX][NETWORK_NODES_MAX];  /* [from][to] */
    bool held[NETWORK_NODES_MAX][NETWORK_NODES_MAX]; /* messages wait for network_release() */
    struct network_packet *packets;
    uint32_t delay_min_ms, delay_max_ms;
    uint32_t drop_percent, double_percent;
    uint32_t write_min_ms, write_max_ms;
    bool lone; /* a single core that gets hand-made messages, so that no disk proves a commit */
    /* If not NULL, it sees each message before it is queued; false = the message is lost. */
    bool (*filter)(struct network *network, const struct raft_message *message);
    void *filter_argument;
    uint64_t changes; /* number of changes of members that were asked for */
    /* For each index, the entry that some node has applied. */
    struct raft_entry **committed; /* NULL = it was committed before the network began */
    size_t committed_count;
    size_t committed_capacity;
    uint16_t *leader_of_term;
    size_t leader_of_term_capacity;
};

/* Voters 1 to count; all logs begin with that membership. Delays of 1 to 5 ms, writes of 1 ms. */
void network_init(struct network *network, size_t count, uint64_t seed);
/* The same with another membership; node_count = its greatest id. */
void network_init_membership(struct network *network, const struct raft_membership *membership,
                             uint64_t seed);
void network_free(struct network *network);
/* For scripts: on the heap, instant (see below), always with the same seed. */
struct network *network_create(size_t count);
struct network *network_create_membership(const struct raft_membership *membership);
void network_destroy(struct network *network);
/* For scripts: messages and writes take no time, so that network_settle() does all that
 * follows from what was done. */
void network_make_instant(struct network *network);
/*
 * Starts a node again with another disk: one entry of each of these terms from index 1 (which
 * stays the founding entry), the same ones wherever index and term are the same.
 */
void network_set_log(struct network *network, uint16_t id, const uint64_t *terms, size_t count,
                     uint64_t term, uint16_t vote);
/* The same with a log that is compacted up to this index and has no entries. */
void network_set_base(struct network *network, uint16_t id, uint64_t index, uint64_t term);

struct network_node *network_node(struct network *network, uint16_t id);
uint64_t network_random(struct network *network, uint64_t below);

/* Lets time pass: deadlines, deliveries and writes happen in their order. */
void network_run(struct network *network, uint64_t ms);
void network_settle(struct network *network); /* does all that needs no time */
/* Runs until condition() is true or ms have passed; returns the last result of condition(). */
bool network_run_until(struct network *network, bool (*condition)(struct network *network),
                       uint64_t ms);

/* The running leader of the highest term, 0 = none. */
uint16_t network_leader(struct network *network);
/* Runs until all running, connected nodes know one leader, which has committed in its term. */
uint16_t network_elect(struct network *network);
/* Moves this node's clock to the end of its time-out, so that it campaigns. */
void network_campaign(struct network *network, uint16_t id);
/* Time jumps so that everybody has forgotten an older leader, this node campaigns, and the
 * network settles. Aborts unless it leads now. */
void network_elect_node(struct network *network, uint16_t id);

/* Steps a node's core with one event. */
void network_step(struct network *network, uint16_t id, const struct raft_event *event);
void network_deliver(struct network *network, const struct raft_message *message);
/* A command whose content is the number. */
void network_propose(struct network *network, uint16_t id, uint64_t number);
/* The same with this size, which is at least that of the number. */
void network_propose_sized(struct network *network, uint16_t id, uint64_t number, uint32_t size);
uint64_t network_read(struct network *network, uint16_t id); /* returns its read id */
/* The same with another event; its read_id has to be the next one. */
void network_read_event(struct network *network, uint16_t id, const struct raft_event *event);
/* A change of members in words, "add 4", "learn 4", "promote 4", "remove 4", "replace 1 4",
 * "move 4", "handover 4", "handover 4 1" (RAFT_CHANGE_EXPLAINED), several with commas between;
 * addresses are made up from ids. */
void network_change(struct network *network, uint16_t id, const char *words);
/* Adds a node with an empty log that is no member yet; returns its id, the next one. */
uint16_t network_add_node(struct network *network);

/* Saves what is applied as a snapshot; the last `keep` entries of it stay in the log. */
void network_save_snapshot(struct network *network, uint16_t id, uint64_t keep);
/* First the receiver of a snapshot gets it, then the sender is told how the transfer ended. */
void network_receive_snapshot(struct network *network, uint16_t from, uint16_t to);
void network_end_transfer(struct network *network, uint16_t from, uint16_t to, bool sent);

void network_cut(struct network *network, uint16_t a, uint16_t b); /* in both directions */
void network_heal(struct network *network);
void network_isolate(struct network *network, uint16_t id);
void network_connect(struct network *network, uint16_t a, uint16_t b);
/* For one direction. Release delivers the messages that were held, in order; lose drops the
 * messages under way. */
void network_hold(struct network *network, uint16_t from, uint16_t to);
void network_release(struct network *network, uint16_t from, uint16_t to);
void network_lose(struct network *network, uint16_t from, uint16_t to);

/* Unfinished writes are lost; if keep_prefix, the first of them may have reached the disk. */
void network_crash(struct network *network, uint16_t id, bool keep_prefix);
void network_restart(struct network *network, uint16_t id);
/* Finishes the oldest write of a node, even if its disk is stalled. False = there is none. */
bool network_finish_write(struct network *network, uint16_t id);
uint64_t network_last_on_disk(struct network *network, uint16_t id);

/* Whether the logs of all running nodes are equal and committed to the end. */
bool network_converged(struct network *network);

size_t network_leader_count(struct network *network);
enum raft_role network_role(struct network *network, uint16_t id);
struct raft_status network_status(struct network *network, uint16_t id);
/* What a leader knows of a peer. */
struct raft_peer_status network_peer(struct network *network, uint16_t leader, uint16_t id);
/* How many committed entries hold this number. */
size_t network_committed_times(struct network *network, uint64_t number);

#endif
