/*
 * A mutex that knows its owner and its rank. Locks are taken in ascending rank; a violation,
 * a double lock and an unlock by another thread are programmer errors and abort.
 */
#ifndef RAFTD_SYS_MUTEX_H
#define RAFTD_SYS_MUTEX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Every mutex of the program, in the order in which they may be taken. */
enum mutex_rank {
    MUTEX_RANK_LIFECYCLE = 1, /* src/raftd: which node a signal stops */
    MUTEX_RANK_CORE,          /* src/node: the Raft core and the state machine */
    MUTEX_RANK_LINK_TABLE,    /* src/node: the table of links */
    MUTEX_RANK_LINK,          /* src/node: hand-over of an accepted socket, link status text */
    MUTEX_RANK_CLIENTS,       /* src/front: list of connections for CLIENT LIST */
    MUTEX_RANK_CHANNELS,      /* src/front: who subscribed to what */
    MUTEX_RANK_SCRIPTS,       /* src/script: the texts of scripts */
    MUTEX_RANK_READINGS,      /* src/node: who reads which snapshot for a backup */
};

struct mutex {
    pthread_mutex_t handle;
    atomic_uintptr_t owner; /* the owning thread's token, 0 = nobody */
    enum mutex_rank rank;   /* immutable */
};

void mutex_init(struct mutex *mutex, enum mutex_rank rank);
void mutex_destroy(struct mutex *mutex);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
/* For the first line of a function whose name ends in _locked: ASSERT(mutex_is_mine(m)). */
bool mutex_is_mine(const struct mutex *mutex);
/* For what must never happen under a lock: whether this thread holds one of that rank. */
bool mutex_rank_is_held(enum mutex_rank rank);

/* A condition variable on the monotonic clock. */
struct condition {
    pthread_cond_t handle;
};
void condition_init(struct condition *condition);
void condition_destroy(struct condition *condition);
void condition_signal_all(struct condition *condition);
/* Waits until signalled or until clock_monotonic_ms() reaches deadline_ms; may wake early. */
void condition_wait_until(struct condition *condition, struct mutex *mutex, uint64_t deadline_ms);

#endif
