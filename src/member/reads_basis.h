/*
 * The basis of a read that is answered without a round of its own: a lease, or an earlier round
 * that tells how old the applied state may be. Pure.
 */
#ifndef RAFTD_MEMBER_READS_BASIS_H
#define RAFTD_MEMBER_READS_BASIS_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/client.h>

/* A confirmed read round: a state that has applied index contains everything that was acknowledged
 * before asked_ms. */
struct reads_round {
    uint64_t index;
    uint64_t asked_ms; /* 0 = there is no round */
};

/* How recent the applied state is. */
struct reads_freshness {
    uint64_t fresh_ms; /* the state contains all that was acknowledged before that; 0 = never */
    struct reads_round unapplied; /* the oldest round whose index is not applied yet */
    struct reads_round newest;    /* the newest round, if it is another one */
};

/* A round was confirmed. */
void reads_confirm(struct reads_freshness *freshness, uint64_t index, uint64_t asked_ms);
/* The state machine has applied up to this index. */
void reads_follow(struct reads_freshness *freshness, uint64_t applied_index);

/* What this node knows at the moment of an answer. */
struct reads_basis {
    bool all_applied;        /* all that this node knows to be committed is applied */
    uint64_t lease_until_ms; /* 0 = no lease */
    uint64_t fresh_ms;       /* see struct reads_freshness; 0 = never */
};
/* Whether a read of this level may be answered now from the applied state. */
bool reads_may_answer(const struct reads_basis *basis, enum raftd_read_level level,
                      uint32_t max_lag_ms, uint64_t now_ms);
/* The same, asked again after the answer was computed: the thread may have been paused (T24). */
bool reads_still_may_answer(const struct reads_basis *basis, enum raftd_read_level level,
                            uint32_t max_lag_ms, uint64_t now_ms);

#endif
