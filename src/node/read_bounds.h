/*
 * What a read that is answered without a round of its own may rest on: a lease, or a round that
 * was asked so long ago. Pure, without the node around it: the simulator's hosts keep the same
 * books (test/sim/host_reads.c).
 */
#ifndef RAFTD_NODE_READ_BOUNDS_H
#define RAFTD_NODE_READ_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/client.h>

/* A confirmed read round: what is applied up to index was the truth at asked_ms, or later. */
struct read_mark {
    uint64_t index;
    uint64_t asked_ms; /* 0: none */
};

struct read_marks {
    uint64_t fresh_ms;        /* what is applied was the truth then, or later; 0 = never */
    struct read_mark waiting; /* to be applied */
    struct read_mark newest;  /* confirmed while another one waits */
};

void read_marks_confirm(struct read_marks *marks, uint64_t index, uint64_t asked_ms);
/* So much is applied now. */
void read_marks_follow(struct read_marks *marks, uint64_t applied_index);

/* What an answer from here rests on, and whether that is enough at this moment. */
struct read_bounds {
    bool all_applied;        /* everything that this node knows to be committed */
    uint64_t lease_until_ms; /* 0 = no lease */
    uint64_t fresh_ms;       /* what is applied was the truth then, or later; 0 = never */
};
bool read_bounds_allow(const struct read_bounds *bounds, enum raftd_read_level level,
                       uint32_t max_lag_ms, uint64_t now_ms);
/* The same once more, after the answer was computed: the thread may have been paused (T24). */
bool read_bounds_still_allow(const struct read_bounds *bounds, enum raftd_read_level level,
                             uint32_t max_lag_ms, uint64_t now_ms);

#endif
