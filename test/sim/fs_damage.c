/*
 * Damage at rest, placed with a second reader of the log format. See fs_damage.h.
 */
#include "sim/fs_damage.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "store/wal_format.h"

enum { PATH_BYTES = 300 };

struct place {
    uint64_t segment;
    uint64_t offset;
    uint64_t bytes; /* with its padding */
};

/* The parts of the log, in order. */
struct survey {
    struct fs_memory *memory;
    const char *directory;
    uint64_t *segments; /* the numbers of the segments, ascending */
    size_t segment_count;
    size_t segment_capacity;
    struct place *batches;
    size_t batch_count;
    size_t batch_capacity;
    bool has_tail;   /* something after a batch is no batch, or a file has no header */
    uint64_t behind; /* where the zeros after the last batch begin, in the segment of that batch */
};

static void path_of(const struct survey *survey, uint64_t number, char path[PATH_BYTES])
{
    char name[WAL_NAME_BYTES];

    wal_segment_name(name, number);
    snprintf(path, PATH_BYTES, "%s/%s", survey->directory, name);
}

static void found(void *argument, const char *name)
{
    struct survey *survey = argument;
    uint64_t number = wal_segment_number(name);
    size_t at = survey->segment_count;

    if (number == 0) {
        return;
    }
    survey->segments = memory_grow(survey->segments, &survey->segment_capacity,
                                   survey->segment_count + 1, sizeof(survey->segments[0]));
    while (at > 0 && survey->segments[at - 1] > number) {
        survey->segments[at] = survey->segments[at - 1];
        at--;
    }
    survey->segments[at] = number;
    survey->segment_count++;
}

static bool is_zero(const uint8_t *bytes, uint64_t from, uint64_t to)
{
    while (from < to && bytes[from] == 0) {
        from++;
    }
    return from == to;
}

/* A batch whose sync failed is in the page cache but not on the disk; opening the log drops the
 * cache. */
static void drop_forgotten(struct survey *survey, const char *path)
{
    const struct fs *fs = fs_memory_table(survey->memory);
    int file = fs->open(fs->context, path, FS_OPEN_WRITE);

    ASSERT(file >= 0);
    fs->close(fs->context, file);
}

static void survey_segment(struct survey *survey, uint64_t number)
{
    struct wal_segment_header segment;
    struct wal_batch_header batch;
    uint64_t offset = WAL_SEGMENT_HEADER_BYTES;
    char path[PATH_BYTES];
    const uint8_t *bytes;
    uint64_t size;

    path_of(survey, number, path);
    drop_forgotten(survey, path);
    bytes = fs_memory_bytes(survey->memory, path);
    size = fs_memory_size(survey->memory, path);
    if (size < WAL_SEGMENT_HEADER_BYTES || !wal_segment_header_decode(bytes, &segment)) {
        survey->has_tail = true;
        return;
    }
    while (offset + WAL_BLOCK_BYTES <= size &&
           wal_batch_header_decode(bytes + offset, segment.nonce, &batch) &&
           wal_padded_bytes(WAL_BATCH_HEADER_BYTES + batch.payload_bytes) <= size - offset &&
           wal_batch_payload_is_intact(&batch, bytes + offset + WAL_BATCH_HEADER_BYTES,
                                       segment.nonce)) {
        uint64_t padded = wal_padded_bytes(WAL_BATCH_HEADER_BYTES + batch.payload_bytes);

        survey->batches = memory_grow(survey->batches, &survey->batch_capacity,
                                      survey->batch_count + 1, sizeof(survey->batches[0]));
        survey->batches[survey->batch_count++] =
            (struct place){.segment = number, .offset = offset, .bytes = padded};
        offset += padded;
        survey->behind = offset;
    }
    survey->has_tail |= !is_zero(bytes, offset, size);
}

static void take_survey(struct survey *survey)
{
    const struct fs *fs = fs_memory_table(survey->memory);
    int result = fs->list(fs->context, survey->directory, found, survey);

    if (result < 0) {
        survey->segment_count = 0;
    }
    for (size_t i = 0; i < survey->segment_count; i++) {
        survey_segment(survey, survey->segments[i]);
    }
}

/* A random batch that is not the last; NULL = there is none. */
static const struct place *draw_batch(const struct survey *survey, struct sim_random *random)
{
    if (survey->batch_count < 2) {
        return NULL;
    }
    return &survey->batches[sim_random_below(random, survey->batch_count - 1)];
}

static void __attribute__((format(printf, 2, 3)))
describe(struct fs_damage *damage, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(damage->what, sizeof(damage->what), format, arguments);
    va_end(arguments);
}

static void flip(struct survey *survey, uint64_t number, uint64_t offset, unsigned bit)
{
    char path[PATH_BYTES];
    uint8_t byte;

    path_of(survey, number, path);
    byte = (uint8_t)(fs_memory_bytes(survey->memory, path)[offset] ^ (1u << bit));
    fs_memory_poke(survey->memory, path, offset, &byte, 1);
}

static bool do_flip(struct survey *survey, struct sim_random *random, struct fs_damage *damage)
{
    const struct place *batch = draw_batch(survey, random);
    uint64_t offset;
    uint64_t number;

    if (batch == NULL) {
        return false;
    }
    number = batch->segment;
    if (sim_random_below(random, 4) == 0) {
        offset = sim_random_below(random, WAL_SEGMENT_HEADER_BYTES);
    } else {
        offset = batch->offset + sim_random_below(random, batch->bytes);
    }
    flip(survey, number, offset, (unsigned)sim_random_below(random, 8));
    describe(damage, "a bit flips at offset %" PRIu64 " of segment %" PRIu64, offset, number);
    return true;
}

static bool do_unreadable(struct survey *survey, struct sim_random *random,
                          struct fs_damage *damage)
{
    char path[PATH_BYTES];
    const struct place *batch;

    if (survey->batch_count == 0) {
        return false;
    }
    batch = &survey->batches[sim_random_below(random, survey->batch_count)];
    path_of(survey, batch->segment, path);
    fs_memory_make_unreadable(survey->memory, path, batch->offset);
    describe(damage, "the sector at offset %" PRIu64 " of segment %" PRIu64 " cannot be read",
             batch->offset, batch->segment);
    return true;
}

static void put_zeros(struct survey *survey, const struct place *place)
{
    uint8_t *zeros = memory_allocate_zeroed(1, (size_t)place->bytes);
    char path[PATH_BYTES];

    path_of(survey, place->segment, path);
    fs_memory_poke(survey->memory, path, place->offset, zeros, (size_t)place->bytes);
    memory_free(zeros);
}

static bool do_lost(struct survey *survey, struct sim_random *random, struct fs_damage *damage)
{
    const struct place *batch = draw_batch(survey, random);

    if (batch == NULL) {
        return false;
    }
    put_zeros(survey, batch);
    describe(damage, "the write of the batch at offset %" PRIu64 " of segment %" PRIu64 " is lost",
             batch->offset, batch->segment);
    return true;
}

static bool do_misdirected(struct survey *survey, struct sim_random *random,
                           struct fs_damage *damage)
{
    const struct place *from = draw_batch(survey, random);
    const struct place *to = draw_batch(survey, random);
    char path[PATH_BYTES];
    uint8_t block[WAL_BLOCK_BYTES];

    if (from == NULL || from == to) {
        return false;
    }
    path_of(survey, from->segment, path);
    memcpy(block, fs_memory_bytes(survey->memory, path) + from->offset, sizeof(block));
    put_zeros(survey, from);
    path_of(survey, to->segment, path);
    fs_memory_poke(survey->memory, path, to->offset, block, sizeof(block));
    describe(damage,
             "the batch at offset %" PRIu64 " of segment %" PRIu64 " went to offset %" PRIu64
             " of segment %" PRIu64,
             from->offset, from->segment, to->offset, to->segment);
    return true;
}

static bool do_file_gone(struct survey *survey, struct sim_random *random, struct fs_damage *damage)
{
    char path[PATH_BYTES];
    uint64_t number;

    /* A segment between others: the first may be missing after a compaction, and the last may never
     * have been there. */
    if (survey->segment_count < 4) {
        return false;
    }
    number = survey->segments[1 + sim_random_below(random, survey->segment_count - 3)];
    path_of(survey, number, path);
    fs_memory_remove(survey->memory, path);
    describe(damage, "segment %" PRIu64 " has lost its name", number);
    return true;
}

static bool do_flip_behind(struct survey *survey, struct sim_random *random,
                           struct fs_damage *damage)
{
    const struct place *last;
    char path[PATH_BYTES];
    uint64_t size;
    uint64_t offset;

    if (survey->batch_count == 0 || survey->has_tail) {
        return false; /* two torn tails are damage */
    }
    last = &survey->batches[survey->batch_count - 1];
    path_of(survey, last->segment, path);
    size = fs_memory_size(survey->memory, path);
    if (survey->behind >= size) {
        return false;
    }
    offset = sim_random_between(random, survey->behind, size - 1);
    flip(survey, last->segment, offset, (unsigned)sim_random_below(random, 8));
    describe(damage, "a bit flips behind the log, at offset %" PRIu64 " of segment %" PRIu64,
             offset, last->segment);
    return true;
}

static bool do_stale_behind(struct survey *survey, struct sim_random *random,
                            struct fs_damage *damage)
{
    const struct place *from = draw_batch(survey, random);
    uint8_t block[WAL_BLOCK_BYTES];
    const struct place *last;
    char path[PATH_BYTES];
    uint64_t blocks;
    uint64_t offset;

    if (from == NULL || survey->has_tail) {
        return false;
    }
    last = &survey->batches[survey->batch_count - 1];
    path_of(survey, last->segment, path);
    blocks = (fs_memory_size(survey->memory, path) - survey->behind) / WAL_BLOCK_BYTES;
    if (from->segment == last->segment || blocks == 0) {
        return false;
    }
    offset = survey->behind + sim_random_below(random, blocks) * WAL_BLOCK_BYTES;
    path_of(survey, from->segment, path);
    memcpy(block, fs_memory_bytes(survey->memory, path) + from->offset, sizeof(block));
    path_of(survey, last->segment, path);
    fs_memory_poke(survey->memory, path, offset, block, sizeof(block));
    describe(damage,
             "a batch of segment %" PRIu64 " shows at offset %" PRIu64 " of segment %" PRIu64
             ", behind the log",
             from->segment, offset, last->segment);
    return true;
}

const char *fs_damage_name(enum fs_damage_kind kind)
{
    static const char *const names[FS_DAMAGE_KINDS] = {
        "flip",
        "unreadable",
        "lost write",
        "misdirected write",
        "file gone",
        "flip behind the log",
        "stale bytes behind the log",
    };

    ASSERT(kind < FS_DAMAGE_KINDS);
    return names[kind];
}

bool fs_damage_do(struct fs_memory *memory, const char *directory, enum fs_damage_kind kind,
                  struct sim_random *random, struct fs_damage *damage)
{
    typedef bool kind_function(struct survey *, struct sim_random *, struct fs_damage *);
    static kind_function *const kinds[FS_DAMAGE_KINDS] = {
        do_flip,      do_unreadable,  do_lost,         do_misdirected,
        do_file_gone, do_flip_behind, do_stale_behind,
    };
    struct survey survey = {.memory = memory, .directory = directory};
    bool is_done;

    ASSERT(kind < FS_DAMAGE_KINDS);
    *damage = (struct fs_damage){.kind = kind, .is_fatal = kind < FS_DAMAGE_FLIP_BEHIND};
    take_survey(&survey);
    is_done = kinds[kind](&survey, random, damage);
    memory_free(survey.segments);
    memory_free(survey.batches);
    return is_done;
}

bool fs_damage_draw(struct fs_memory *memory, const char *directory, bool may_be_fatal,
                    struct sim_random *random, struct fs_damage *damage)
{
    enum fs_damage_kind kind =
        may_be_fatal ? (enum fs_damage_kind)sim_random_below(random, FS_DAMAGE_KINDS)
                     : (enum fs_damage_kind)sim_random_between(random, FS_DAMAGE_FLIP_BEHIND,
                                                               FS_DAMAGE_STALE_BEHIND);

    return fs_damage_do(memory, directory, kind, random, damage);
}
