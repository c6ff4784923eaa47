/*
 * Helpers for the tests of the log: a model of the content of a log, steps that are applied to the
 * model and to a log, and the options of a small log in memory. The data of an entry depend on its
 * index, term and size, so the model stores only these.
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
    WORLD_SEGMENT_BYTES = 16 * 1024, /* the header and three blocks */
    WORLD_MAX_ENTRY_BYTES = 64 * 1024,
    WORLD_ENTRIES_MAX = 512,
};

struct model {
    uint64_t term;
    uint16_t vote;
    uint32_t promise_ms; /* 0 = no hard state has said it */
    size_t count;        /* the last index */
    /* The log begins after an index in this range: compaction frees whole segments. */
    uint64_t base_min;
    uint64_t base_max;
    struct {
        uint64_t term;
        uint32_t size_bytes;
    } entries[WORLD_ENTRIES_MAX]; /* entry i has index i + 1 */
};

/* One write of the core. New entries get the term that the model has after the hard state. */
struct step {
    uint64_t term; /* 0 = no hard state */
    uint16_t vote;
    uint32_t promise_ms;    /* 0 = the hard state does not say it */
    uint64_t truncate_from; /* 0 = no truncation */
    uint64_t
        base_index; /* 0 = no reset; else the log continues after it, in the term of the model */
    bool begins_segment; /* in front of the entries */
    size_t append_count;
    uint32_t entry_bytes;
};

struct wal_options world_options(const struct fs *fs);
struct wal_options world_memory_options(struct fs_memory *memory);

void model_step(struct model *model, const struct step *step);

/* Appends the steps as one batch to a log with the content of the model. Does not change the
 * model. */
int world_append(struct wal *wal, const struct model *model, const struct step *steps, size_t count,
                 struct raftd_error *error);

/* Applies one step to the log and to the model. It has to succeed. */
void world_step(struct wal *wal, struct model *model, struct step step);

/* Whether these are the entries of the model from this index on. */
bool model_has(const struct model *model, uint64_t first, struct raft_entry *const *entries,
               size_t count);
bool model_matches(const struct model *model, const struct wal_recovered *recovered);

/* Opens the log. It has to succeed, and the recovered state has to be that of the model. */
struct wal *world_open(struct fs_memory *memory, const struct model *model);

/* Opens the log. It has to fail with this code; the message is in *error. */
void world_open_fails(struct fs_memory *memory, int code, struct raftd_error *error);

/* Prepares the next segment completely. */
void world_prepare_all(struct wal *wal);

/* Makes a log of three segments, the last one half full, whose process was killed. */
void world_make_log(struct fs_memory *memory, struct model *model);

/* Ends the use of the log as a kill does, without a clean-end mark. */
void world_kill(struct fs_memory *memory, struct wal *wal);

/* Expects that the log has the content of the model, accepts more, is closed in order, and has the
 * content of the model again. */
void world_check_usable(struct fs_memory *memory, struct model *model);

#endif
