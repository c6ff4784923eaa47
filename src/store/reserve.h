/*
 * The reserve: [storage] reserve_bytes of free space on the file system of the data directory, and
 * who may use which part of it. This is the one place that says so; the member, the log writer and
 * the snapshot worker all ask here. Keeps no state; any thread.
 *
 *     free space       what may still be written
 *     >= reserve       everything; only now commands are accepted and files of the log prepared
 *     >= reserve / 4   the commands that were accepted before and are still on their way
 *     >= reserve / 16  the entries of the cluster itself (the first of a term, changes of members,
 *                      the time), commands that free space, and a snapshot, also a received one
 *     less             terms and votes
 *
 * A log write that fails for lack of space ends the process, so each part is large enough for what
 * may come before its limit is noticed. A snapshot may use more than commands, because it is what
 * lets the log shrink: if commands could fill the disk down to the limit of snapshots, a disk that
 * the log has filled would stay full for ever. Files of the log are prepared as a whole, so without
 * their limit one of them could take the room of all others.
 */
#ifndef RAFTD_STORE_RESERVE_H
#define RAFTD_STORE_RESERVE_H

#include <stdint.h>

enum reserve_use {
    RESERVE_NEW = 1,  /* new commands, and files of the log that are prepared */
    RESERVE_ACCEPTED, /* commands that were accepted before */
    RESERVE_CLUSTER,  /* entries of the cluster, commands that free space, snapshots */
};

/* The free bytes that this use has to leave; 0 if the reserve is 0. */
uint64_t reserve_floor(enum reserve_use use, uint64_t reserve_bytes);

#endif
