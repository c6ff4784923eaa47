/*
 * The lives that the exhaustive mode crashes: short sequences of what a node does to its log, and a
 * model of what the node has promised meanwhile. The content of an entry follows from its index and
 * term, so the model remembers only terms and sizes.
 */
#ifndef RAFTD_TEST_SIM_EXHAUSTIVE_LIFE_H
#define RAFTD_TEST_SIM_EXHAUSTIVE_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/fs_memory.h"
#include "store/wal.h"

#define LIFE_DIRECTORY "/data"

enum {
    LIFE_ENTRIES_MAX = 64,
    LIFE_STEPS_MAX = 3,
    LIFE_DEEDS_MAX = 20,
    LIFE_SEGMENT_BYTES = 16 * 1024, /* a header and three blocks */
};

struct life_model {
    uint64_t term;
    uint16_t vote;
    uint32_t promise_ms; /* that the last hard state said */
    uint64_t base_index; /* where the log was restarted; segments after it may be removed since */
    uint64_t base_term;
    uint64_t snapshot_index; /* of the newest snapshot, 0 = none */
    size_t count;            /* the last index */
    struct {
        uint64_t term;
        uint32_t size_bytes;
    } entries[LIFE_ENTRIES_MAX]; /* index i + 1 */
};

/* One write of the core. Entries get the term of the model after the hard state. */
struct life_step {
    uint64_t term; /* 0 = no hard state */
    uint16_t vote;
    uint64_t base_index; /* the log restarts after it; 0 = it does not */
    uint64_t base_term;
    uint64_t truncate_from; /* 0 = none */
    size_t append_count;
    uint32_t entry_bytes;
};

enum life_deed_type {
    DEED_END = 0,
    DEED_APPEND,    /* the steps, as one batch */
    DEED_PREPARE,   /* one slice of zeros */
    DEED_SNAPSHOT,  /* saves a snapshot of that index, and removes older ones */
    DEED_COMPACT,   /* removes segments that the newest snapshot covers */
    DEED_RESTART,   /* an orderly end and a new start */
    DEED_KILL,      /* the process is ended, the page cache stays, a new process recovers */
    DEED_POWER_CUT, /* the same, and what was not synced is lost */
    DEED_FAIL_SYNC, /* the next sync fails, which ends the process of the append */
};

struct life_deed {
    enum life_deed_type type;
    uint64_t index; /* SNAPSHOT */
    size_t step_count;
    struct life_step steps[LIFE_STEPS_MAX];
};

struct life_scenario {
    const char *name;
    uint64_t segment_bytes; /* 0 = LIFE_SEGMENT_BYTES */
    size_t prologue;        /* number of deeds before the crashes begin */
    struct life_deed deeds[LIFE_DEEDS_MAX];
};

/* NULL after the last one. */
const struct life_scenario *life_scenario(size_t number);

/* The states that a recovery may find: the second one only while a batch is under way. */
struct life_promise {
    uint64_t segment_bytes; /* of its log */
    struct life_model acknowledged;
    struct life_model attempted;
};

/*
 * Lives on this disk until the scenario is over or the process is ended; after that no process runs
 * in either case. *prologue_count (may be NULL): the operations of the disk before the crashes
 * begin. False: something is wrong that no crash explains; the sentence is in failure.
 */
bool life_live(struct fs_memory *memory, const struct life_scenario *scenario,
               struct life_promise *promise, uint64_t *prologue_count, struct raftd_error *failure);

/* The recovery has found something that was never promised, or less than was promised. */
enum { LIFE_NOT_AS_PROMISED = 1 };

/*
 * Recovers. 0: *found is the promised model that was found. Negative: the code of wal_open().
 * LIFE_NOT_AS_PROMISED: none of the promised models was found.
 */
int life_recover(struct fs_memory *memory, const struct life_promise *promise, struct wal **wal,
                 struct life_model *found, struct raftd_error *error);

/* Makes one more write, which has to succeed unless the process is ended. */
bool life_append(struct wal *wal, struct life_model *model, const struct life_step *step,
                 struct raftd_error *error);

/* Ends the process without an orderly end; the page cache stays. */
void life_kill(struct fs_memory *memory, struct wal *wal);

#endif
