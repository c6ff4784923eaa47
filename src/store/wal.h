/*
 * The write-ahead log: segment files that store term, vote and entries as a sequence of batches.
 * A batch is one write and one fdatasync, however many writes of the core it contains. After
 * wal_open(), only the thread that owns the log (the log writer) may call these functions; they
 * wait for the disk. doc/disk-format.md describes the files.
 */
#ifndef RAFTD_STORE_WAL_H
#define RAFTD_STORE_WAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <raftd/error.h>

#include "raft/raft.h"
#include "store/fs.h"

struct wal;

/* A place in the log: all bytes of its segments from there on. */
struct wal_cut {
    uint64_t number; /* of the segment; 0 = nowhere */
    uint64_t offset_bytes;
};

/*
 * Damage in the middle of the log, with intact batches after it that say how far the log went. If
 * everything from `cut` on goes, a log is left that ends before the damage, and what goes is known
 * by its end alone: its last entry has at most this term and this index, and the last hard state is
 * that of the other fields. Before a cut that was decided already, only the place and what is kept
 * are new, and the other fields are 0. Valid during the call.
 */
struct wal_damage {
    struct wal_cut cut;
    uint64_t kept_index; /* last index of the log that is left */
    uint64_t lost_term;  /* of the entry at lost_index, or a later one if that term is not known */
    uint64_t lost_index;
    uint64_t term;
    uint16_t vote;
    bool promise_known;
    uint32_t promise_ms;
    /* The entries with the newest membership, in what is left and in what can be read of what goes;
     * NULL = none was seen. */
    const struct raft_entry *kept_members;
    const struct raft_entry *lost_members;
};

struct wal_options {
    const struct fs *fs; /* borrowed as long as the log is open */
    /* The same files, for wal_prepare(), which takes nothing from what is held for a full disk
     * (reserve_file.h); NULL = fs. */
    const struct fs *prepare_fs;
    const char *directory; /* copied; the data directory, which is made if it is missing */
    uint64_t cluster_id;
    /* Identity of the directory (store/directory.h); 0 = not known, then it is not checked. */
    uint64_t identity;
    const char *cluster_name; /* copied; written to each segment, for wal_identify(); NULL = none */
    uint16_t node_id;
    uint64_t segment_bytes;   /* size of a segment file: a multiple of 4096, at least 8192 */
    uint32_t max_entry_bytes; /* limit of an entry's data, in appends and in recovery */
    /* Recovery verifies the entries before this index like all others, but does not keep them in
     * memory; a snapshot has to contain them. 0 = it keeps all. */
    uint64_t keep_from;
    /* When the entries that it keeps take more than keep_bytes, it gives up the oldest ones, but
     * none after the index keep_until, up to which a snapshot contains them. 0 = no limit. */
    uint64_t keep_bytes;
    uint64_t keep_until;
    uint64_t random_seed; /* seed for the nonces of new segments; must not be predictable */
    /* Called from time to time during recovery with the bytes read so far; NULL = not called. */
    void (*progress)(void *argument, uint64_t done_bytes, uint64_t total_bytes);
    void *progress_argument;
    /* A cut that was decided by an earlier call of on_damage(), and may be done in part: everything
     * from there on is taken for unwritten, and goes. */
    struct wal_cut cut;
    /*
     * Called when recovery has found damage in the middle of the log, before anything is changed.
     * Returns 0: the cut may be made, and the caller has made durable what it has to remember, with
     * options.cut for the case of a crash meanwhile; or a code, with which wal_open() fails. *error
     * has the message about the damage. NULL = damage is always refused.
     */
    int (*on_damage)(void *argument, const struct wal_damage *damage, struct raftd_error *error);
    void *damage_argument;
};

/* Which node the data in a directory belong to; all fields 0 if there is no log. */
struct wal_identity {
    uint64_t cluster_id;
    uint64_t identity; /* of the directory that the log was made in; 0 = it had none then */
    uint16_t node_id;
    char cluster_name[64];
    /* There is a log, but the header of its oldest segment is damaged or was never completed, so
     * that nobody can tell whose it is; wal_open() tells the two apart. */
    bool is_damaged;
};
/* Reads the identity from the oldest segment. May be called before wal_open() and takes no lock;
 * any thread. Returns 0, RAFTD_ERROR_SYSTEM, or RAFTD_ERROR_REFUSED if the segment has a format
 * version that this raftd does not know. */
int wal_identify(const struct fs *fs, const char *directory, struct wal_identity *identity,
                 struct raftd_error *error);

/* What recovery found in the log. The caller owns it and frees it with wal_recovered_free(). The
 * indices of the entries are base_index + 1, base_index + 2 and so on. */
struct wal_recovered {
    uint64_t term;
    uint16_t vote;               /* the node that got this node's vote in that term; 0 = none */
    bool promise_known;          /* false: the log is older than promises in hard states */
    uint32_t promise_ms;         /* the longest promise to a leader that may be valid; 0 = none */
    uint64_t base_index;         /* last index that is not in the list; 0 = all are there */
    uint64_t base_term;          /* term of that entry */
    uint64_t disk_base_index;    /* last index that is not in the log on the disk; it is before
                                  * base_index only because of keep_from and
                                  * keep_bytes */
    uint64_t disk_base_term;     /* term of that entry */
    struct raft_entry **entries; /* one reference to each */
    size_t entry_count;
    uint64_t torn_bytes; /* bytes of an unfinished batch that were cut off the end; 0 = none */
    /* The file with that batch, or a last file without a header, which was removed; "" = none. */
    char torn_segment[64];
};
void wal_recovered_free(struct wal_recovered *recovered);

/*
 * Locks the directory, recovers the log and prepares it for appends. Everything in *recovered is
 * durable. Returns 0 or:
 *     RAFTD_ERROR_LOCKED     another process uses the directory
 *     RAFTD_ERROR_CORRUPT    damage that a crash cannot have caused; the message names the file,
 *                            the offset, the last good index and the remedy
 *     RAFTD_ERROR_REFUSED    the data belong to another cluster or node, or have a format version
 *                            that this raftd does not know
 *     RAFTD_ERROR_TOO_LARGE  the log has an entry larger than max_entry_bytes
 *     RAFTD_ERROR_INVALID    the path of the directory is empty or too long
 *     RAFTD_ERROR_SYSTEM     a system call failed; the text of errno is in the message
 * No segment is changed, except that RAFTD_ERROR_SYSTEM may come after a part of the repair.
 */
int wal_open(const struct wal_options *options, struct wal **wal, struct wal_recovered *recovered,
             struct raftd_error *error);

/*
 * Writes the given writes of the core, in this order, as one batch; a write that begins a segment
 * begins a batch, too. Returns 0 when they are durable. Every failure is final: the batch
 * may be on the disk or not, and the caller has to end the process. If the function is called again
 * nevertheless, it returns the same failure and writes nothing. Otherwise a batch could be written
 * after a batch that is not durable, and recovery could no longer tell a torn tail from damage
 * (wal_recovery.c).
 */
int wal_append(struct wal *wal, const struct raft_write *writes, size_t count,
               struct raftd_error *error);

/*
 * Writes up to `budget_bytes` of zeros where later batches will go, first in the current segment,
 * then in the next one, and syncs them. Appends into such blocks are faster, and the next segment
 * is ready when it is needed. Returns how many bytes are left to prepare; 0 = nothing to do now.
 * Call it when the thread has no other work, and once after each append if appends come without a
 * pause. A good budget is 64 to 256 KiB: a smaller one costs the same sync.
 * error->code is 0, or a final failure as that of wal_append(). A full disk is not a failure as
 * long as appends find room: it is logged, and the function returns 0.
 */
uint64_t wal_prepare(struct wal *wal, uint64_t budget_bytes, struct raftd_error *error);

/*
 * wal_compact() says that a durable snapshot contains every entry up to this index, so segments
 * without a later entry are not needed. Each call of wal_free_segment() frees one such segment: it
 * renames the file to be used again, or removes it if enough files wait already, and syncs the
 * directory. Returns true if there are more segments to free.
 * error->code is 0, or a final failure as that of wal_append().
 */
void wal_compact(struct wal *wal, uint64_t index);
bool wal_free_segment(struct wal *wal, struct raftd_error *error);

/*
 * Segments after a cut are not removed, but get the name "wal-N.damaged": a person may want to look
 * at them. Removes these files. Returns 0 or RAFTD_ERROR_SYSTEM.
 */
int wal_remove_set_aside(struct wal *wal, struct raftd_error *error);

/* Writes a mark that the log was closed in order, closes the files and releases the lock. NULL is
 * allowed. */
void wal_close(struct wal *wal);

struct wal_figures {
    uint64_t segment_count;
    uint64_t size_bytes;    /* size of all segment files, with their zeros */
    uint64_t batch_count;   /* batches written since wal_open() */
    uint64_t written_bytes; /* bytes of these batches, with their padding */
};
void wal_get_figures(const struct wal *wal, struct wal_figures *figures);

#endif
