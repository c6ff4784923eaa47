/*
 * The reserve: [storage] reserve_bytes of free space on the file system of the data directory, and
 * who may use which part of it. This is the one place that says so; the member, the log writer and
 * the snapshot worker all ask here. Keeps no state; any thread.
 *
 * A part of the reserve is not only watched but held by a file (reserve_file.h), so that no other
 * program can take it: the part below a quarter, without as much as the last sixteenth. So if
 * another program fills the disk, commands stop while a sixteenth is left outside of the file, and
 * the file is for what may be written then. Free space is always that of the file system and that
 * of the file together.
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

/* The bytes that the file has to hold, whole blocks. */
uint64_t reserve_held_bytes(uint64_t reserve_bytes);

/* The bytes by which the file should become longer now, whole blocks: as much as it lacks, but a
 * sixteenth of the reserve stays outside. free_bytes: of the file system, without the file. */
uint64_t reserve_missing_bytes(uint64_t free_bytes, uint64_t held_bytes, uint64_t reserve_bytes);

#endif
