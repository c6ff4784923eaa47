/*
 * From a data directory to a core: whose directory it is, which log and which snapshot it has, and
 * the first entry of a new cluster. Runs on the thread that builds the member, before it has
 * others; waits for the disk. It reads no clock and writes no log line: sentences for a person go
 * to the notes. The daemon and the simulator call the same functions.
 *
 * The life of a directory, by the fields of its file "identity" (store/directory.h):
 *
 *     EMPTY     no file. recovery_identify() draws the identity and makes the file.
 *     NEW       no cluster id. The node founds a cluster together with the others, or joins one.
 *     DECIDED   a cluster id, but no start yet. recovery_decide() wrote it; that is the point from
 *               which on this directory belongs to that cluster and to no other. The log may be
 *               missing: a crash came before recovery_run() could make it.
 *     LIVED     at least one start. The log has to be there. A directory without it has lost what
 *               the node promised, so no node starts on it.
 *
 *     EMPTY -> NEW         recovery_identify()
 *     EMPTY -> DECIDED     recovery_identify(), for a directory that has a log and no identity:
 *                          raftctl made it, or a raftd before there were identities
 *     NEW -> DECIDED       recovery_decide()
 *     DECIDED -> LIVED     recovery_run(), when the log is complete and durable
 */
#ifndef RAFTD_MEMBER_RECOVERY_H
#define RAFTD_MEMBER_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include <raftd/state_machine.h>

#include "member/notes.h"
#include "raft/raft.h"
#include "store/directory.h"
#include "store/snapshot_files.h"
#include "store/snapshot_format.h"
#include "store/wal.h"

struct recovery_options {
    const struct fs *fs;
    const struct fs *prepare_fs; /* as in struct wal_options */
    const char *directory;
    const char *cluster_name;
    uint16_t node_id;
    uint64_t segment_bytes;
    uint32_t max_entry_bytes;
    uint64_t keep_entries; /* entries before the snapshot that the core gets */
    /* The entries up to the snapshot are given up, the oldest first, when the log takes more than
     * this; 0 = no limit. */
    uint64_t log_memory_bytes;
    uint64_t random_seed; /* for the nonces of new segments; must not be predictable */
    const struct raftd_state_machine *machine;
    const struct member_notes *notes;
    /* Called from time to time while the log or a snapshot is read; NULL = not called. */
    void (*log_progress)(void *argument, uint64_t done_bytes, uint64_t total_bytes);
    void (*snapshot_progress)(void *argument, uint64_t done_bytes, uint64_t total_bytes);
    /* Called with the log as it is on the disk, before it is made to fit the snapshot, and again
     * after a first entry was written; NULL = not called. The simulator checks promises here. */
    void (*log_found)(void *argument, const struct wal_recovered *log);
    void *argument; /* of these functions */
};

/*
 * Reads whose directory this is, and makes it one that has an identity: `random_identity`, which is
 * not 0, becomes the identity of a directory that has none. Returns 0, RAFTD_ERROR_SYSTEM, or:
 *     RAFTD_ERROR_REFUSED   the directory is that of another node or cluster, or it is incomplete
 *                           because raftctl restore or raftctl recover was interrupted
 *     RAFTD_ERROR_CORRUPT   the log or the file "identity" is gone or damaged
 */
int recovery_identify(const struct recovery_options *options, uint64_t random_identity,
                      struct directory_identity *identity, struct raftd_error *error);

/* Whether the directory has no cluster yet. */
static inline bool recovery_is_new(const struct directory_identity *identity)
{
    return identity->cluster_id == 0;
}

/*
 * Makes the directory one of this cluster, for ever. `founding` has the founders and the identities
 * of their directories, if this node is one of them; NULL = this node joins. founders_digest: see
 * member/founding.h. Returns 0 or RAFTD_ERROR_SYSTEM.
 */
int recovery_decide(const struct recovery_options *options, struct directory_identity *identity,
                    uint64_t cluster_id, const struct raft_membership *founding,
                    uint64_t founders_digest, struct raftd_error *error);

/* What was recovered. Owned by the caller: recovery_free() frees what the caller did not take. */
struct recovered {
    struct wal *wal; /* open, and holds the lock */
    struct wal_recovered log;
    struct snapshot_info snapshot; /* index 0 = no snapshot was restored */
    uint64_t content_bytes;        /* size of the snapshot's content */
    struct snapshot_files *files;
    struct directory_lost lost; /* of the log, to damage; damaged_index 0 = nothing */
    bool has_cut;       /* this start, or an earlier one that did not end, has cut the log there */
    bool has_restarted; /* the log did not continue the snapshot, so it begins behind it now */
};

/*
 * Opens the log, restores the newest intact snapshot into the state machine, makes the log fit, and
 * counts the start. If the directory has never had a log and `founding` is not NULL, writes the
 * first entry of the cluster: this membership, at index 1 in term 1, the same on every founder. A
 * log that the disk has damaged is cut before the damage, if that is safe: see damaged_log.h.
 * Returns 0 or a code of wal_open() or snapshot_start_restore(). After a failure *recovered needs
 * recovery_free() as well.
 */
int recovery_run(const struct recovery_options *options, struct directory_identity *identity,
                 const struct raft_membership *founding, struct recovered *recovered,
                 struct raftd_error *error);
void recovery_free(struct recovered *recovered);

/* Makes the core. RAFTD_ERROR_CORRUPT: the entries are no log. */
int recovery_make_core(const struct recovery_options *options, const struct raft_options *core,
                       const struct recovered *recovered, uint64_t now_ms, struct raft_core **made,
                       struct raftd_error *error);

#endif
