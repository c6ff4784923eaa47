/*
 * Damage at rest: what a disk does to bytes that were durable. Bits flip, sectors cannot be read,
 * a write that was confirmed never happened or happened in another place, a file is gone.
 *
 * Knows the format of the log, and so knows what must come of it: damage before the last batch,
 * in a header or in a file's name is found at the next start, and that start must refuse; a bit
 * in the zeros behind the log is nothing but a torn tail, and that start must succeed with
 * all there was. The last batch itself is left alone: nothing on the same disk tells the damage of
 * that one from a write that was under way in a crash, so no node can refuse it, and a committed
 * entry would be lost in silence. (doc/disk-format.md, "Recovery")
 */
#ifndef RAFTD_TEST_SIM_FS_DAMAGE_H
#define RAFTD_TEST_SIM_FS_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/fs_memory.h"
#include "sim/random.h"

enum fs_damage_kind {
    FS_DAMAGE_FLIP,        /* one bit of a batch, its padding, or a header of a segment */
    FS_DAMAGE_UNREADABLE,  /* a latent error in a sector of a segment, the last batch included */
    FS_DAMAGE_LOST,        /* the write of a batch never reached the disk */
    FS_DAMAGE_MISDIRECTED, /* ... or reached the place of another one */
    FS_DAMAGE_FILE_GONE,   /* a segment between others has lost its name */
    FS_DAMAGE_FLIP_BEHIND, /* one bit in the zeros behind the log: harmless */
    /* The zeros of a recycled segment were lost, and a batch of its older life shows: harmless */
    FS_DAMAGE_STALE_BEHIND,
    FS_DAMAGE_KINDS,
};

struct fs_damage {
    enum fs_damage_kind kind;
    bool is_fatal;  /* the next start must refuse; else it must succeed */
    char what[200]; /* for the story */
};

const char *fs_damage_name(enum fs_damage_kind kind);

/*
 * Does one damage to the data directory of a process that has ended. False: there is nothing that
 * this kind could damage, and nothing was done. With fatal kinds the next wal_open() returns
 * RAFTD_ERROR_CORRUPT, for FS_DAMAGE_UNREADABLE RAFTD_ERROR_SYSTEM.
 */
bool fs_damage_do(struct fs_memory *memory, const char *directory, enum fs_damage_kind kind,
                  struct sim_random *random, struct fs_damage *damage);

/* One of a kind that is drawn, a harmless one unless `may_be_fatal`. */
bool fs_damage_draw(struct fs_memory *memory, const char *directory, bool may_be_fatal,
                    struct sim_random *random, struct fs_damage *damage);

#endif
