/*
 * Damage at rest: what a disk can do to bytes that were durable. Bits flip, sectors cannot be read,
 * a write that was confirmed was never done or was done in another place, a file is missing.
 *
 * This file knows the format of the log, and therefore what the next start has to do. It must
 * refuse damage before the last batch, in a header, or in the name of a file. It must accept a
 * changed bit in the zeros after the log, which looks like a torn tail, and recover everything. The
 * last batch is never damaged: nothing on the disk distinguishes that from a write that was under
 * way in a crash, so no node could refuse it (doc/disk-format.md, "Recovery").
 */
#ifndef RAFTD_TEST_SIM_FS_DAMAGE_H
#define RAFTD_TEST_SIM_FS_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/fs_memory.h"
#include "sim/random.h"

enum fs_damage_kind {
    FS_DAMAGE_FLIP,        /* one bit of a batch, its padding, or a header of a segment */
    FS_DAMAGE_UNREADABLE,  /* a sector of a segment cannot be read, also one of the last batch */
    FS_DAMAGE_LOST,        /* the write of a batch never reached the disk */
    FS_DAMAGE_MISDIRECTED, /* the write of a batch was done in the place of another one */
    FS_DAMAGE_FILE_GONE,   /* a segment between others is missing */
    FS_DAMAGE_FLIP_BEHIND, /* one bit in the zeros after the log: harmless */
    /* The zeros of a recycled segment were lost, and a batch of its older life shows: harmless */
    FS_DAMAGE_STALE_BEHIND,
    FS_DAMAGE_KINDS,
};

struct fs_damage {
    enum fs_damage_kind kind;
    bool is_fatal;  /* the next start has to refuse; else it has to succeed */
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

/* Draws a kind of damage and does it; a harmless kind unless may_be_fatal. */
bool fs_damage_draw(struct fs_memory *memory, const char *directory, bool may_be_fatal,
                    struct sim_random *random, struct fs_damage *damage);

#endif
