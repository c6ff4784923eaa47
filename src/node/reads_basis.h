/*
 * What a read that is answered without a round of its own may rest on: a lease, or a round that
 * was asked so long ago. Pure, without the node around it: the simulator's hosts keep the same
 * books (test/sim/host_reads.c).
 */
#ifndef RAFTD_NODE_READS_BASIS_H
#define RAFTD_NODE_READS_BASIS_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/client.h>

/* A confirmed read round: what is applied up to index was the truth at asked_ms, or later. */
struct reads_round {
    uint64_t index;
    uint64_t asked_ms; /* 0: none */
};

struct reads_freshness {
    uint64_t fresh_ms;            /* what is applied was the truth then, or later; 0 = never */
    struct reads_round unapplied; /* to be applied */
    struct reads_round newest;    /* confirmed while another one waits */
};

void reads_confirm(struct reads_freshness *freshness, uint64_t index, uint64_t asked_ms);
/* So much is applied now. */
void reads_follow(struct reads_freshness *freshness, uint64_t applied_index);

/* What an answer from here rests on, and whether that is enough at this moment. */
struct reads_basis {
    bool all_applied;        /* everything that this node knows to be committed */
    uint64_t lease_until_ms; /* 0 = no lease */
    uint64_t fresh_ms;       /* what is applied was the truth then, or later; 0 = never */
};
bool reads_may_answer(const struct reads_basis *basis, enum raftd_read_level level,
                      uint32_t max_lag_ms, uint64_t now_ms);
/* The same once more, after the answer was computed: the thread may have been paused (T24). */
bool reads_still_may_answer(const struct reads_basis *basis, enum raftd_read_level level,
                            uint32_t max_lag_ms, uint64_t now_ms);

#endif
