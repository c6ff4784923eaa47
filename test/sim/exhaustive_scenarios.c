/*
 * The scenarios of the exhaustive mode. A segment has room for three blocks, so most batches are
 * one block, and every fourth batch begins a new segment.
 */
#include "sim/exhaustive_life.h"

#define VOTE(term_, vote_)                                                                         \
    {                                                                                              \
        .type = DEED_APPEND, .step_count = 1, .steps = { {.term = (term_), .vote = (vote_)} }      \
    }
#define ENTRIES(count_, bytes_)                                                                    \
    {                                                                                              \
        .type = DEED_APPEND, .step_count = 1, .steps = {                                           \
            {.append_count = (count_), .entry_bytes = (bytes_)}                                    \
        }                                                                                          \
    }
#define SNAPSHOT(index_)                                                                           \
    {                                                                                              \
        .type = DEED_SNAPSHOT, .index = (index_)                                                   \
    }
#define DO(deed_)                                                                                  \
    {                                                                                              \
        .type = (deed_)                                                                            \
    }

static const struct life_scenario scenarios[] = {
    {
        .name = "first start and votes",
        .deeds = {VOTE(1, 1), VOTE(2, 3), VOTE(3, 0), VOTE(3, 2)},
    },
    {
        .name = "append",
        .prologue = 1,
        .deeds = {VOTE(1, 1), ENTRIES(2, 100), ENTRIES(1, 5000)},
    },
    {
        .name = "roll, nothing prepared",
        .prologue = 3,
        .deeds = {VOTE(1, 1), ENTRIES(1, 100), VOTE(2, 3), ENTRIES(1, 40), VOTE(3, 1),
                  ENTRIES(2, 6000), ENTRIES(1, 40)},
    },
    {
        .name = "roll, half prepared",
        .prologue = 4,
        .deeds = {VOTE(1, 1), ENTRIES(1, 100), VOTE(2, 3), DO(DEED_PREPARE), DO(DEED_PREPARE),
                  ENTRIES(1, 40), ENTRIES(1, 40)},
    },
    {
        .name = "roll, all prepared",
        .prologue = 3,
        .deeds = {VOTE(1, 1), ENTRIES(1, 100), VOTE(2, 3), DO(DEED_PREPARE), DO(DEED_PREPARE),
                  DO(DEED_PREPARE), DO(DEED_PREPARE), ENTRIES(1, 40), DO(DEED_PREPARE), VOTE(4, 2)},
    },
    {
        .name = "truncation",
        .prologue = 3,
        .deeds = {VOTE(1, 1),
                  ENTRIES(3, 300),
                  ENTRIES(2, 300),
                  {.type = DEED_APPEND,
                   .step_count = 1,
                   .steps = {{.term = 2, .truncate_from = 3, .append_count = 1, .entry_bytes = 9}}},
                  {.type = DEED_APPEND,
                   .step_count = 3,
                   .steps = {{.term = 3, .vote = 2, .append_count = 1},
                             {.truncate_from = 4, .append_count = 2, .entry_bytes = 10},
                             {.term = 4, .vote = 1}}},
                  {.type = DEED_APPEND, .step_count = 1, .steps = {{.truncate_from = 1}}},
                  ENTRIES(1, 40)},
    },
    {
        .name = "batch larger than a segment",
        .prologue = 1,
        .deeds = {VOTE(1, 1), ENTRIES(1, 18000), ENTRIES(1, 20), ENTRIES(2, 9000)},
    },
    {
        .name = "orderly restarts",
        .prologue = 2,
        .deeds = {VOTE(1, 1), ENTRIES(1, 100), DO(DEED_RESTART), DO(DEED_RESTART), ENTRIES(1, 100),
                  DO(DEED_RESTART)},
    },
    {
        .name = "killed and recovered",
        .prologue = 2,
        .deeds = {VOTE(1, 1), ENTRIES(1, 100), DO(DEED_KILL), ENTRIES(1, 100), DO(DEED_POWER_CUT),
                  ENTRIES(1, 6000), DO(DEED_KILL), VOTE(2, 2)},
    },
    {
        .name = "zeros ahead of the log",
        .segment_bytes = 1024 * 1024 + 16384,
        .prologue = 1,
        .deeds = {VOTE(1, 1), ENTRIES(1, 100), DO(DEED_PREPARE), ENTRIES(1, 100), DO(DEED_PREPARE),
                  VOTE(2, 1), DO(DEED_PREPARE), DO(DEED_PREPARE), DO(DEED_PREPARE)},
    },
    {
        .name = "snapshot save",
        .prologue = 2,
        .deeds = {VOTE(1, 1), ENTRIES(3, 100), SNAPSHOT(2), ENTRIES(1, 40), SNAPSHOT(3)},
    },
    {
        .name = "compaction",
        .prologue = 8,
        .deeds = {VOTE(1, 1), ENTRIES(1, 100), ENTRIES(1, 100), ENTRIES(1, 100), ENTRIES(1, 100),
                  ENTRIES(1, 100), ENTRIES(1, 100), ENTRIES(2, 100), SNAPSHOT(4), DO(DEED_COMPACT),
                  SNAPSHOT(7), DO(DEED_COMPACT), ENTRIES(1, 40), DO(DEED_KILL), ENTRIES(1, 40)},
    },
    {
        .name = "recycled segments",
        .prologue = 8,
        .deeds = {VOTE(1, 1), ENTRIES(1, 100), ENTRIES(1, 100), ENTRIES(1, 100), ENTRIES(1, 100),
                  ENTRIES(1, 6000), SNAPSHOT(4), DO(DEED_COMPACT), DO(DEED_PREPARE),
                  DO(DEED_PREPARE), ENTRIES(1, 40), ENTRIES(1, 40), DO(DEED_PREPARE),
                  DO(DEED_PREPARE), DO(DEED_PREPARE), DO(DEED_PREPARE), ENTRIES(2, 6000),
                  ENTRIES(1, 40)},
    },
    {
        .name = "truncation across segments, compacted",
        .prologue = 7,
        .deeds = {VOTE(1, 1),
                  ENTRIES(2, 100),
                  ENTRIES(2, 100),
                  ENTRIES(2, 100),
                  ENTRIES(1, 100),
                  {.type = DEED_APPEND,
                   .step_count = 1,
                   .steps = {{.term = 2, .truncate_from = 3, .append_count = 2, .entry_bytes = 9}}},
                  ENTRIES(3, 100),
                  SNAPSHOT(5),
                  DO(DEED_COMPACT),
                  ENTRIES(1, 100),
                  SNAPSHOT(7),
                  DO(DEED_COMPACT),
                  ENTRIES(1, 100)},
    },
    {
        .name = "reset behind an installed snapshot",
        .prologue = 4,
        .deeds = {VOTE(1, 1),
                  ENTRIES(2, 100),
                  ENTRIES(2, 100),
                  VOTE(2, 2),
                  SNAPSHOT(20),
                  {.type = DEED_APPEND,
                   .step_count = 1,
                   .steps = {{.term = 3,
                              .base_index = 20,
                              .base_term = 2,
                              .append_count = 1,
                              .entry_bytes = 30}}},
                  DO(DEED_COMPACT),
                  ENTRIES(1, 30),
                  DO(DEED_KILL),
                  ENTRIES(1, 30),
                  ENTRIES(1, 30),
                  DO(DEED_COMPACT)},
    },
    {
        .name = "failed sync",
        .prologue = 2,
        .deeds = {VOTE(1, 1), ENTRIES(1, 100), DO(DEED_FAIL_SYNC), ENTRIES(1, 100),
                  DO(DEED_POWER_CUT), VOTE(2, 2)},
    },
};

const struct life_scenario *life_scenario(size_t number)
{
    return number < sizeof(scenarios) / sizeof(scenarios[0]) ? &scenarios[number] : NULL;
}
