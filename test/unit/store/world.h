/*
 * What the tests of the WAL share: a model of what a log has to hold, steps that go both to the
 * model and to a WAL, and the options of a small WAL in memory. An entry's content follows from
 * its index, term and size, so the model remembers only these.
 */
#ifndef RAFTD_TEST_UNIT_STORE_WORLD_H
#define RAFTD_TEST_UNIT_STORE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/fs_memory.h"
#include "store/wal.h"

#define WORLD_DIRECTORY "/data"
#define WORLD_SEGMENT(number) WORLD_DIRECTORY "/wal-000000000000000" #number ".log"

enum {
    WORLD_CLUSTER_ID = 0xc1,
    WORLD_NODE_ID = 1,
    WORLD_SEGMENT_BYTES = 16 * 1024, /* a header and three blocks */
    WORLD_MAX_ENTRY_BYTES = 64 * 1024,
    WORLD_ENTRIES_MAX = 512,
};

struct model {
    uint64_t term;
    uint16_t vote;
    size_t count; /* the last index */
    /* The log begins behind an index in this range: whole segments go when it is compacted. */
    uint64_t base_min;
    uint64_t base_max;
    struct {
        uint64_t term;
        uint32_t size_bytes;
    } entries[WORLD_ENTRIES_MAX]; /* index i + 1 */
};

/* One write of the core. Entries get the term of the model after the hard state. */
struct step {
    uint64_t term; /* 0: no hard state */
    uint16_t vote;
    uint64_t truncate_from; /* 0: none */
    uint64_t base_index;    /* 0: none; else the log restarts behind it, in the model's term */
    size_t append_count;
    uint32_t entry_bytes;
};

struct wal_options world_options(const struct fs *fs);
struct wal_options world_memory_options(struct fs_memory *memory);

void model_step(struct model *model, const struct step *step);

/* Appends the steps as one batch to a log that holds what the model says; the model stays. */
int world_append(struct wal *wal, const struct model *model, const struct step *steps, size_t count,
                 struct raftd_error *error);

/* One step, which has to succeed, to both. */
void world_step(struct wal *wal, struct model *model, struct step step);

bool model_matches(const struct model *model, const struct wal_recovered *recovered);

/* Opens, which has to succeed; what was recovered has to match the model. */
struct wal *world_open(struct fs_memory *memory, const struct model *model);

/* Opens, which has to fail with this code; the message is in *error. */
void world_open_fails(struct fs_memory *memory, int code, struct raftd_error *error);

/* Prepares the whole next segment. */
void world_prepare_all(struct wal *wal);

/* A log of three segments, the last one half full; the process was killed. */
void world_make_log(struct fs_memory *memory, struct model *model);

/* Leaves the process without a clean end. */
void world_kill(struct fs_memory *memory, struct wal *wal);

/* The log holds the model, takes more, ends cleanly, and holds the model again. */
void world_check_usable(struct fs_memory *memory, struct model *model);

#endif
