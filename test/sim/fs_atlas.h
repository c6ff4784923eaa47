/*
 * The atlas of a simulated cluster's disks: which of them still have all that they acknowledged.
 *
 * A node whose disk was damaged refuses to start, whatever byte it was: raftd does not mend a log
 * from the other members, so a disk is intact or lost as a whole. A committed entry is on a quorum
 * of the voters in force; as long as no more than a minority of them is lost, every quorum of the
 * rest holds at least one copy, and who has it wins the election. So inside the atlas - a
 * minority of each voter set lost - the cluster must recover, and nothing excuses it. Outside it
 * the cluster may stop, and every node that was damaged must say so: silence is never allowed.
 *
 * The simulator asks before it damages or wipes a disk, and says when a disk is lost:
 *
 *     may = fs_atlas_may_lose(&atlas, id);
 *     if (fs_damage_draw(disk, directory, may, &random, &damage) && damage.is_fatal) {
 *         fs_atlas_note_lost(&atlas, id);      the node has to refuse, and stays down
 *     }
 *
 * What a node that is not lost acknowledged counts as durable for ever: fs_atlas_note_durable()
 * remembers how far, and fs_atlas_lacks() is how a recovery that came back with less is found.
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
    uint16_t id; /* 0: free */
    bool is_lost;
    uint64_t term;
    uint16_t vote;
    uint64_t last_index;
};

/* All zero is an atlas of no disks. */
struct fs_atlas {
    struct fs_atlas_set sets[2]; /* the second one while a joint membership is in force */
    struct fs_atlas_disk disks[FS_ATLAS_DISKS_MAX];
    size_t disk_count;
};

/* Set 0, or 1: the voters of the membership in force; no ids: that set is not in force. */
void fs_atlas_set_voters(struct fs_atlas *atlas, size_t set, const uint16_t *ids, size_t count);

/* True if the cluster must still recover once this disk is lost, too; so may anyone's who is no
 * voter. True for one that is lost already. */
bool fs_atlas_may_lose(const struct fs_atlas *atlas, uint16_t id);
void fs_atlas_note_lost(struct fs_atlas *atlas, uint16_t id);
bool fs_atlas_is_lost(const struct fs_atlas *atlas, uint16_t id);
/* The cluster must recover: a minority of each set is lost at most. */
bool fs_atlas_must_recover(const struct fs_atlas *atlas);

/* A write was acknowledged: term and vote as they are now, and where the log ends. */
void fs_atlas_note_durable(struct fs_atlas *atlas, uint16_t id, uint64_t term, uint16_t vote,
                           uint64_t last_index);
/*
 * What a recovery handed out, against that. The text of what it lacks, or NULL. `doubt`: a write
 * was under way when the process ended, so that the log may end earlier if that one truncated.
 */
const char *fs_atlas_lacks(const struct fs_atlas *atlas, uint16_t id, uint64_t term, uint16_t vote,
                           uint64_t last_index, bool doubt);

#endif
