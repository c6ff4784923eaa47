/*
 * A mutex that knows its owner and its rank. A thread that holds a mutex may only lock a mutex of
 * a higher rank. A wrong order, a second lock by the same thread and an unlock by another thread
 * are mistakes of a programmer and abort the process. Any thread.
 */
#ifndef RAFTD_SYS_MUTEX_H
#define RAFTD_SYS_MUTEX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Every mutex of the program, in the order in which a thread may lock them. */
enum mutex_rank {
    MUTEX_RANK_LIFECYCLE = 1, /* src/raftd: the node that a signal stops */
    MUTEX_RANK_CORE,          /* src/node: the Raft core and the state machine */
    MUTEX_RANK_LINK_TABLE,    /* src/node: the table of links */
    MUTEX_RANK_LINK,     /* src/node: hand-over of an accepted socket, the status text of a link */
    MUTEX_RANK_CLIENTS,  /* src/front: the list of connections for CLIENT LIST */
    MUTEX_RANK_CHANNELS, /* src/front: the subscriptions of all clients */
    MUTEX_RANK_SCRIPTS,  /* src/commands: the texts of scripts */
    MUTEX_RANK_READINGS, /* src/node: the snapshots that are being read for a backup */
    MUTEX_RANK_RESERVE,  /* src/store: the file that holds a part of the reserve */
};

struct mutex {
    pthread_mutex_t handle;
    atomic_uintptr_t owner; /* the token of the thread that holds the mutex; 0 = no thread */
    enum mutex_rank rank;   /* immutable */
};

void mutex_init(struct mutex *mutex, enum mutex_rank rank);
/* No thread may hold the mutex. */
void mutex_destroy(struct mutex *mutex);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
/* Whether the calling thread holds the mutex. A function whose name ends in _locked begins with
 * ASSERT(mutex_is_mine(m)). */
bool mutex_is_mine(const struct mutex *mutex);
/* Whether the calling thread holds some mutex of this rank. Functions that wait for a disk or a
 * socket assert that the core's mutex is not held. */
bool mutex_rank_is_held(enum mutex_rank rank);

/* A condition variable whose time-outs use the monotonic clock. */
struct condition {
    pthread_cond_t handle;
};
void condition_init(struct condition *condition);
void condition_destroy(struct condition *condition);
/* Wakes every thread that waits. */
void condition_signal_all(struct condition *condition);
/* Waits for a signal, at most until clock_monotonic_ms() reaches deadline_ms. The calling thread
 * holds the mutex before and after. May return without a reason, so the caller has to check what
 * it waits for and call again. */
void condition_wait_until(struct condition *condition, struct mutex *mutex, uint64_t deadline_ms);

#endif
