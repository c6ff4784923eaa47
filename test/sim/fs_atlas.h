/*
 * The atlas of a simulated cluster's disks: which disks still have everything that their nodes have
 * acknowledged.
 *
 * A node whose disk was damaged refuses to start: raftd does not repair a log from the other
 * members. So a disk is either intact or lost. A committed entry is on the disks of a quorum of the
 * voters. As long as at most a minority of the voters has lost its disks, every quorum of the
 * others contains a node with the entry, and only such a node can win an election. So as long as at
 * most a minority of each set of voters is lost, the cluster must recover. When more are lost, it
 * may stop, but every damaged node has to report it.
 *
 * The simulator asks before it damages or wipes a disk, and notes a disk that is lost:
 *
 *     may = fs_atlas_may_lose(&atlas, id);
 *     if (fs_damage_draw(disk, directory, may, &random, &damage) && damage.is_fatal) {
 *         fs_atlas_note_lost(&atlas, id);      the node has to refuse, and stays down
 *     }
 *
 * Everything that a node with an intact disk has acknowledged counts as durable for ever.
 * fs_atlas_note_durable() remembers it, and fs_atlas_lacks() tells whether a recovery found less.
 */
#ifndef RAFTD_TEST_SIM_FS_ATLAS_H
#define RAFTD_TEST_SIM_FS_ATLAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FS_ATLAS_DISKS_MAX = 64, FS_ATLAS_VOTERS_MAX = 16 };

struct fs_atlas_set {
    uint16_t ids[FS_ATLAS_VOTERS_MAX];
    size_t count;
};

struct fs_atlas_disk {
    uint16_t id; /* 0 = this place is free */
    bool is_lost;
    uint64_t term;
    uint16_t vote;
    uint64_t last_index;
};

/* A struct of zeros is an atlas without disks. */
struct fs_atlas {
    struct fs_atlas_set sets[2]; /* the second one only while the membership is joint */
    struct fs_atlas_disk disks[FS_ATLAS_DISKS_MAX];
    size_t disk_count;
};

/* Sets the voters of set 0 or 1; no ids = the set is not in force. */
void fs_atlas_set_voters(struct fs_atlas *atlas, size_t set, const uint16_t *ids, size_t count);

/* Whether the cluster must still recover if this disk is lost as well. True for a node that is no
 * voter, and for a disk that is lost already. */
bool fs_atlas_may_lose(const struct fs_atlas *atlas, uint16_t id);
void fs_atlas_note_lost(struct fs_atlas *atlas, uint16_t id);
bool fs_atlas_is_lost(const struct fs_atlas *atlas, uint16_t id);
/* Whether the cluster must recover: at most a minority of each set is lost. */
bool fs_atlas_must_recover(const struct fs_atlas *atlas);

/* A write was acknowledged: term, vote, and the last index of the log. */
void fs_atlas_note_durable(struct fs_atlas *atlas, uint16_t id, uint64_t term, uint16_t vote,
                           uint64_t last_index);
/*
 * Compares what a recovery found with what was acknowledged. NULL, or a text that says what is
 * missing. doubt: a write was under way when the process ended; it may have truncated, so the log
 * may end earlier.
 */
const char *fs_atlas_lacks(const struct fs_atlas *atlas, uint16_t id, uint64_t term, uint16_t vote,
                           uint64_t last_index, bool doubt);

#endif
