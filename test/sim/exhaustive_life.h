/*
 * The lives that the exhaustive mode crashes: short sequences of what a node does to its log, and
 * a model of what it was promised meanwhile. An entry's content follows from its index and term, so
 * the model remembers only terms and sizes.
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
    uint64_t base_index; /* where it was restarted; it may have been cut behind that since */
    uint64_t base_term;
    uint64_t snapshot_index; /* of the newest one, 0 = none */
    size_t count;            /* the last index */
    struct {
        uint64_t term;
        uint32_t size_bytes;
    } entries[LIFE_ENTRIES_MAX]; /* index i + 1 */
};

/* One write of the core. Entries get the term of the model after the hard state. */
struct life_step {
    uint64_t term; /* 0: no hard state */
    uint16_t vote;
    uint64_t base_index; /* the log restarts behind it; 0: none */
    uint64_t base_term;
    uint64_t truncate_from; /* 0: none */
    size_t append_count;
    uint32_t entry_bytes;
};

enum life_deed_type {
    DEED_END = 0,
    DEED_APPEND,    /* the steps, as one batch */
    DEED_PREPARE,   /* one slice of zeros */
    DEED_SNAPSHOT,  /* saves one of the index, and removes older ones */
    DEED_COMPACT,   /* frees what the newest snapshot covers */
    DEED_RESTART,   /* orderly */
    DEED_KILL,      /* the process ends, the page cache stays, a new one recovers */
    DEED_POWER_CUT, /* likewise; what was not synced is gone */
    DEED_FAIL_SYNC, /* the next sync fails: the append that meets it ends the process */
};

struct life_deed {
    enum life_deed_type type;
    uint64_t index; /* SNAPSHOT */
    size_t step_count;
    struct life_step steps[LIFE_STEPS_MAX];
};

struct life_scenario {
    const char *name;
    uint64_t segment_bytes; /* 0: LIFE_SEGMENT_BYTES */
    size_t prologue;        /* so many deeds are done before the crashes begin */
    struct life_deed deeds[LIFE_DEEDS_MAX];
};

/* NULL behind the last one. */
const struct life_scenario *life_scenario(size_t number);

/* What a node was promised: the second one while a batch is under way. */
struct life_promise {
    uint64_t segment_bytes; /* of its log */
    struct life_model acknowledged;
    struct life_model attempted;
};

/*
 * Lives on this disk until the scenario is through or the process dies; it is dead in the end
 * either way. `prologue_count`, may be NULL: the operations of the disk before the crashes begin.
 * False: something was wrong that no crash excuses; the sentence is in failure.
 */
bool life_live(struct fs_memory *memory, const struct life_scenario *scenario,
               struct life_promise *promise, uint64_t *prologue_count, struct raftd_error *failure);

/* Recovery handed out what was never promised, or less: the one thing that nothing excuses. */
enum { LIFE_NOT_AS_PROMISED = 1 };

/*
 * Recovers. 0 and the model that was found in *found, which is one of the promised; the code of
 * wal_open(), negative; or LIFE_NOT_AS_PROMISED.
 */
int life_recover(struct fs_memory *memory, const struct life_promise *promise, struct wal **wal,
                 struct life_model *found, struct raftd_error *error);

/* Takes one write more, which has to succeed unless the process dies. */
bool life_append(struct wal *wal, struct life_model *model, const struct life_step *step,
                 struct raftd_error *error);

/* The process is gone without a farewell; the page cache stays. */
void life_kill(struct fs_memory *memory, struct wal *wal);

#endif
