/*
 * The file "identity" of a data directory: which directory this is, to which cluster it belongs,
 * how often a node has started on it, and how the cluster was founded. It is made before any other
 * file of the directory. One thread at a time; the functions wait for the disk.
 *
 * A data directory gets a random identity when it is made. The log binds each member's id to the
 * identity of its directory. So a node whose directory was lost cannot take part as the member that
 * it was: a new directory has another identity, also if the configuration is the same.
 *
 * The file has two blocks. A change is written to the block that is not the newest one, and made
 * durable. So a crash during a change leaves the state before it, and a change needs no free space
 * on the disk: a node can start on a disk that is full.
 */
#ifndef RAFTD_STORE_DIRECTORY_H
#define RAFTD_STORE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "store/fs.h"

#define DIRECTORY_IDENTITY_NAME "identity"
#define DIRECTORY_IDENTITY_SPARE_NAME "identity.tmp"

enum { DIRECTORY_FOUNDERS_MAX = 32, DIRECTORY_CLUSTER_NAME_BYTES = 64 };

/* A founder of the cluster, and the identity of the data directory that it founded with. */
struct directory_founder {
    uint16_t id;
    uint64_t identity;
};

/*
 * What a start has cut off the log, because the disk had damaged it, and what this node may have
 * promised on the strength of it: see member/damaged_log.h. As long as damaged_index is not 0, both
 * blocks of the file have this, and their format version is one that older programs refuse.
 */
struct directory_lost {
    uint64_t damaged_index; /* the first index that was cut off; 0 = nothing is lost */
    /* The log that was lost ended at most here. */
    uint64_t term;
    uint64_t index;
    /* The hard state at its end; see struct raft_recovered. */
    uint64_t hard_term;
    uint16_t vote;
    bool promise_known;
    uint32_t promise_ms;
    /* The cut is under way: everything from this place on is to go. 0 = it is done. */
    uint64_t cut_segment;
    uint64_t cut_offset_bytes;
};

struct directory_identity {
    uint64_t sequence;   /* number of the change that wrote this; 0 = there is no file */
    uint64_t identity;   /* random number of the directory; 0 = there is no file */
    uint64_t cluster_id; /* 0 = the directory belongs to no cluster yet */
    /* How many times a node has started here with a log; 0 = the log may not exist yet. */
    uint64_t boot_count;
    uint16_t node_id;
    char cluster_name[DIRECTORY_CLUSTER_NAME_BYTES]; /* NUL-terminated */
    /* How the cluster was founded, if this node is one of its founders: see member/founding.h. */
    uint64_t founders_digest; /* of the ids and addresses in [peers] at the founding */
    size_t founder_count;     /* 0 = this node is no founder, or does not know the founders */
    struct directory_founder founders[DIRECTORY_FOUNDERS_MAX]; /* ids ascend */
    struct directory_lost lost;
};

/*
 * Reads the file. If there is none, *identity is all zero and the result is 0. Returns 0 or:
 *     RAFTD_ERROR_CORRUPT   no block of the file is intact
 *     RAFTD_ERROR_REFUSED   a later version of raftd wrote the file
 *     RAFTD_ERROR_SYSTEM    a system call failed
 */
int directory_identity_read(const struct fs *fs, const char *directory,
                            struct directory_identity *identity, struct raftd_error *error);

/*
 * Writes the file and makes it durable; makes the file if there is none. Increments
 * identity->sequence. The directory has to exist. Returns 0 or RAFTD_ERROR_SYSTEM; after a failure
 * the file has the old state or the new one.
 */
int directory_identity_write(const struct fs *fs, const char *directory,
                             struct directory_identity *identity, struct raftd_error *error);

/* The same, to both blocks: so no damage to one of them can bring back the state before. */
int directory_identity_write_twice(const struct fs *fs, const char *directory,
                                   struct directory_identity *identity, struct raftd_error *error);

/* Makes a directory if it is missing, and its name durable. Returns 0 or RAFTD_ERROR_SYSTEM. */
int directory_make(const struct fs *fs, const char *directory, struct raftd_error *error);
/* Makes the name durable of a directory that was there: a process that ended may have made it, and
 * not have come further. Returns 0 or RAFTD_ERROR_SYSTEM. */
int directory_sync_name(const struct fs *fs, const char *directory, struct raftd_error *error);

#endif
