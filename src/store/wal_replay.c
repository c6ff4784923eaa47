/*
 * Replays the records of batches, one after the other, into term, vote and entries. See
 * wal_replay.h. Part of recovery, on the thread of wal_open().
 *
 * Where the log begins. As long as segment 1 exists, the log begins with index 1, and the base is
 * 0. When segments have been freed, the log begins in the first segment that is left. The start
 * record of that segment names the last index and term before it; that is the base.
 *
 * One case is harder. Segments are freed one by one, from the first to the last one that is not
 * needed, and a crash can happen in between. Example: segment 1 has the entries 1 to 10, segment 2
 * has 11 to 20, segment 3 withdraws the entries from 5 on and has new entries 5 to 30, segment 4
 * continues with 31. A snapshot contains entry 30, so segments 1, 2 and 3 are not needed. Segment 1
 * is freed, then the node crashes. Recovery begins with segment 2, base 10, and reads the entries
 * 11 to 20. Then segment 3 withdraws entries from 5 on, but entries 5 to 10 are not there: they
 * were in segment 1. That is not damage, because the snapshot contains them. apply_truncate() then
 * lets the log begin at the cut, with base 4. Nothing says which term entry 4 had
 * (is_base_term_unknown). That does not matter if segment 4 is reached with no entry in between:
 * its start record names the term. Otherwise wal_replay_end() makes the first entry the base, since
 * its term is known; the snapshot contains that entry as well.
 */
#include "store/wal_replay.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/plant.h"

int wal_damage(const struct wal_replay *log, uint64_t number, uint64_t offset_bytes,
               const char *format, ...)
{
    char name[WAL_NAME_BYTES];
    char what[150];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    wal_segment_name(name, number);
    return error_set(log->error, RAFTD_ERROR_CORRUPT,
                     "%s is damaged at offset %" PRIu64 ": %s; the log is good up to index %" PRIu64
                     "; this is not an unfinished write, so raftd does not cut it off: move %.100s "
                     "aside and let this node rejoin from the other members under a new id",
                     name, offset_bytes, what, log->good_index, log->files->directory);
}

/* Reports damage in the batch that is being replayed. */
#define DAMAGE(log, ...) wal_damage(log, (log)->number, (log)->offset_bytes, __VA_ARGS__)

void wal_replay_init(struct wal_replay *log, const struct wal_files *files,
                     uint32_t max_entry_bytes, uint64_t keep_from, struct raftd_error *error)
{
    *log = (struct wal_replay){
        .files = files,
        .error = error,
        .max_entry_bytes = max_entry_bytes,
        .keep_from = keep_from,
    };
}

void wal_replay_free(struct wal_replay *log)
{
    for (size_t i = 0; i < log->entry_count; i++) {
        raft_entry_release(log->entries[i]);
    }
    memory_free(log->entries);
    memory_free(log->terms);
    wal_marks_free(&log->marks);
    wal_extents_free(&log->extents);
    *log = (struct wal_replay){0};
}

static void drop_last(struct wal_replay *log)
{
    struct raft_entry *entry = log->entries[--log->entry_count];

    log->entry_bytes -= raft_entry_cost(entry);
    raft_entry_release(entry);
}

/* Drops all entries. The log is empty and continues after this index. */
static void restart_behind(struct wal_replay *log, uint64_t index, uint64_t term)
{
    while (log->entry_count > 0) {
        drop_last(log);
    }
    log->base_index = index;
    log->base_term = term;
    log->kept_index = index;
    log->term_count = 0;
    log->is_base_term_unknown = false;
    log->last_index = index;
    log->last_term = term;
    log->last_time_ms = 0;
}

/* The term of an entry that is not kept, or of the base. */
static uint64_t term_at(const struct wal_replay *log, uint64_t index)
{
    size_t at = log->term_count;

    while (at > 0 && log->terms[at - 1].index > index) {
        at--;
    }
    return at > 0 ? log->terms[at - 1].term : log->base_term;
}

uint64_t wal_replay_kept_term(const struct wal_replay *log)
{
    return term_at(log, log->kept_index);
}

/* Withdraws entries of those that are not kept. */
static void withdraw_unkept(struct wal_replay *log, uint64_t from_index)
{
    log->kept_index = from_index - 1;
    while (log->term_count > 0 && log->terms[log->term_count - 1].index >= from_index) {
        log->term_count--;
    }
}

/* Whether a truncate record withdraws entries from before the base. Only freed segments can explain
 * that (see the opening comment), so not after a reset. */
static bool is_before_the_beginning(const struct wal_replay *log, uint64_t index)
{
    return index > 0 && index <= log->base_index && !log->was_reset;
}

static int apply_truncate(struct wal_replay *log, const struct wal_record *record)
{
    if (is_before_the_beginning(log, record->index)) {
        restart_behind(log, record->index - 1, 0);
        log->is_base_term_unknown = true;
    }
    if (record->index <= log->base_index || record->index > log->last_index + 1) {
        return DAMAGE(log,
                      "a record withdraws the entries from index %" PRIu64
                      " on, but the log has the indices "
                      "%" PRIu64 " to %" PRIu64,
                      record->index, log->base_index + 1, log->last_index);
    }
    while (log->entry_count > 0 && log->last_index >= record->index &&
           !PLANT(store_truncate_ignored)) {
        log->last_index--;
        drop_last(log);
    }
    if (log->last_index >= record->index && !PLANT(store_truncate_ignored)) {
        withdraw_unkept(log, record->index);
        log->last_index = log->kept_index;
    }
    log->last_term =
        log->entry_count > 0 ? log->entries[log->entry_count - 1]->term : wal_replay_kept_term(log);
    /* The log does not store the time of the base. 0 is the smallest time it can have. */
    log->last_time_ms = log->entry_count > 0 ? log->entries[log->entry_count - 1]->time_ms : 0;
    wal_extents_truncate(&log->extents, record->index);
    wal_marks_truncate(&log->marks, record->index);
    return 0;
}

static int apply_reset(struct wal_replay *log, const struct wal_record *record)
{
    if (record->index == 0 || record->term == 0 || record->term > log->term) {
        return DAMAGE(log,
                      "a record resets the log to index %" PRIu64 " of term %" PRIu64
                      ", but the node is in term %" PRIu64,
                      record->index, record->term, log->term);
    }
    if (PLANT(store_reset_ignored)) {
        return 0;
    }
    restart_behind(log, record->index, record->term);
    log->was_reset = true;
    wal_extents_reset(&log->extents);
    wal_marks_reset(&log->marks, record->index);
    return 0;
}

/* The start record of a segment. In the first segment that is left, it says where the log begins.
 * In any other segment, it has to agree with the segments before it (T36). */
static int apply_start(struct wal_replay *log, const struct wal_record *record, bool is_first)
{
    if (!log->is_opening || !is_first) {
        return DAMAGE(log, "there is a start record that does not begin a segment");
    }
    if (log->extents.count == 0 ||
        (log->is_base_term_unknown && log->last_index == log->base_index)) {
        log->last_term = record->term;
        log->base_term = record->term;
        log->base_index = log->last_index;
        log->kept_index = log->last_index;
        log->is_base_term_unknown = false;
    }
    if (record->index != log->last_index || record->term != log->last_term) {
        return DAMAGE(log,
                      "it continues after index %" PRIu64 " of term %" PRIu64
                      ", but the log ends with index %" PRIu64 " of term %" PRIu64,
                      record->index, record->term, log->last_index, log->last_term);
    }
    wal_extents_add(&log->extents, log->number, record->index + 1);
    return 0;
}

static int apply_hard_state(struct wal_replay *log, const struct wal_record *record)
{
    if (record->term < log->term) {
        return DAMAGE(log, "term %" PRIu64 " follows term %" PRIu64, record->term, log->term);
    }
    if (record->term == log->term && log->vote != 0 && record->vote != log->vote) {
        return DAMAGE(log, "the vote of term %" PRIu64 " changes from node %u to node %u",
                      log->term, log->vote, record->vote);
    }
    log->term = record->term;
    log->vote = record->vote;
    /* A promise may become shorter: the core writes that when the longer one is over. */
    if (record->promise_known) {
        log->promise_known = true;
        log->promise_ms = record->promise_ms;
    }
    return 0;
}

/* Of an entry that a snapshot contains, only the term is remembered. */
static void note_unkept(struct wal_replay *log, uint64_t index, uint64_t term)
{
    if (log->term_count == 0 || log->terms[log->term_count - 1].term != term) {
        log->terms = memory_grow(log->terms, &log->term_capacity, log->term_count + 1,
                                 sizeof(log->terms[0]));
        log->terms[log->term_count++] = (struct wal_term){.index = index, .term = term};
    }
    log->kept_index = index;
}

static void keep_entry(struct wal_replay *log, const struct wal_record *record)
{
    struct raft_entry *entry =
        raft_entry_make(record->entry_type, record->data, record->size_bytes);

    entry->term = record->term;
    entry->index = record->index;
    entry->origin = record->origin;
    entry->sequence = record->sequence;
    entry->time_ms = record->time_ms;
    entry->wall_ms = record->wall_ms;
    log->entries = memory_grow(log->entries, &log->entry_capacity, log->entry_count + 1,
                               sizeof(log->entries[0]));
    log->entries[log->entry_count++] = entry;
    log->entry_bytes += raft_entry_cost(entry);
}

/*
 * The entries take too much memory: gives up the oldest ones that a snapshot contains. Half of the
 * limit is made free at a time, so that the list is not moved for each entry.
 */
static void give_up_oldest(struct wal_replay *log)
{
    size_t count = 0;

    while (count < log->entry_count && log->entries[count]->index <= log->keep_until &&
           log->entry_bytes > log->keep_bytes / 2) {
        struct raft_entry *entry = log->entries[count++];

        log->entry_bytes -= raft_entry_cost(entry);
        note_unkept(log, entry->index, entry->term);
        raft_entry_release(entry);
    }
    if (count > 0) {
        log->entry_count -= count;
        memmove(log->entries, log->entries + count, log->entry_count * sizeof(log->entries[0]));
    }
}

static void add_entry(struct wal_replay *log, const struct wal_record *record)
{
    if (record->index < log->keep_from) {
        note_unkept(log, record->index, record->term);
    } else {
        keep_entry(log, record);
        if (log->keep_bytes != 0 && log->entry_bytes > log->keep_bytes) {
            give_up_oldest(log);
        }
    }
    log->last_index = record->index;
    log->last_term = record->term;
    log->last_time_ms = record->time_ms;
}

static int apply_entry(struct wal_replay *log, const struct wal_record *record)
{
    if (record->size_bytes > log->max_entry_bytes) {
        char name[WAL_NAME_BYTES];

        wal_segment_name(name, log->number);
        return error_set(
            log->error, RAFTD_ERROR_TOO_LARGE,
            "%s has an entry of %u bytes at index %" PRIu64
            ", but the limit is %u: raise [limits] max_request_bytes to the value that "
            "it had when this entry was written",
            name, record->size_bytes, record->index, log->max_entry_bytes);
    }
    if (record->index != log->last_index + 1) {
        return DAMAGE(log, "found an entry with index %" PRIu64 ", expected index %" PRIu64,
                      record->index, log->last_index + 1);
    }
    if (record->term < log->last_term) {
        return DAMAGE(log,
                      "index %" PRIu64 " has term %" PRIu64 ", less than term %" PRIu64
                      " of the entry before it",
                      record->index, record->term, log->last_term);
    }
    if (record->time_ms < log->last_time_ms || record->time_ms > RAFT_TIME_MAX_MS) {
        return DAMAGE(
            log, "index %" PRIu64 " has the time %" PRIu64 ", and the entry before it %" PRIu64,
            record->index, record->time_ms, log->last_time_ms);
    }
    add_entry(log, record);
    return 0;
}

static int apply_record(struct wal_replay *log, const struct wal_record *record, bool is_first)
{
    if (log->is_opening && is_first && record->type != WAL_RECORD_START) {
        return DAMAGE(log, "the first record of the segment is not a start record");
    }
    switch (record->type) {
    case WAL_RECORD_HARD_STATE:
        return apply_hard_state(log, record);
    case WAL_RECORD_TRUNCATE:
        return apply_truncate(log, record);
    case WAL_RECORD_ENTRY:
        return apply_entry(log, record);
    case WAL_RECORD_CLEAN_END:
        log->has_clean_end = true;
        return 0;
    case WAL_RECORD_RESET:
        return apply_reset(log, record);
    case WAL_RECORD_START:
        return apply_start(log, record, is_first);
    }
    return DAMAGE(log, "there is a record of unknown type %d", (int)record->type);
}

int wal_replay_end(struct wal_replay *log)
{
    if (!log->is_base_term_unknown) {
        return 0;
    }
    if (log->last_index == log->base_index) {
        return DAMAGE(log,
                      "the log begins after index %" PRIu64 ", and nothing says which term that "
                      "index has",
                      log->base_index);
    }
    log->base_index++;
    log->is_base_term_unknown = false;
    if (log->kept_index >= log->base_index) {
        log->base_term = log->terms[0].term;
        return 0;
    }
    log->base_term = log->entries[0]->term;
    log->kept_index = log->base_index;
    log->entry_bytes -= raft_entry_cost(log->entries[0]);
    raft_entry_release(log->entries[0]);
    log->entry_count--;
    memmove(&log->entries[0], &log->entries[1], log->entry_count * sizeof(log->entries[0]));
    return 0;
}

int wal_replay_batch(struct wal_replay *log, uint64_t number, uint64_t offset_bytes,
                     const struct wal_batch_header *header, const uint8_t *payload)
{
    struct reader reader = reader_make(payload, header->payload_bytes);

    log->is_opening = number != log->number;
    log->number = number;
    log->offset_bytes = offset_bytes;
    if (log->sequence == 0 && number > 1 && header->sequence > 1 && header->next_index > 0) {
        /* The batches before this one are in segments that have been freed. The start record of
         * this segment says more. */
        log->sequence = header->sequence - 1;
        log->last_index = header->next_index - 1;
        log->kept_index = log->last_index;
    }
    if (header->sequence != log->sequence + 1) {
        return DAMAGE(log, "found batch %" PRIu64 ", expected batch %" PRIu64, header->sequence,
                      log->sequence + 1);
    }
    if (header->next_index != log->last_index + 1) {
        return DAMAGE(log,
                      "batch %" PRIu64 " continues at index %" PRIu64 ", but the log at %" PRIu64,
                      header->sequence, header->next_index, log->last_index + 1);
    }
    log->has_clean_end = false;
    wal_marks_begin_batch(&log->marks, number, offset_bytes, header->next_index);
    for (uint32_t i = 0; i < header->record_count; i++) {
        struct wal_record record;
        int result;

        if (!wal_record_decode(&reader, &record)) {
            return DAMAGE(log, "record %u of batch %" PRIu64 " cannot be decoded", i,
                          header->sequence);
        }
        result = apply_record(log, &record, i == 0);
        if (result != 0) {
            return result;
        }
    }
    if (reader_left(&reader) != 0) {
        return DAMAGE(log, "batch %" PRIu64 " has bytes after its %u records", header->sequence,
                      header->record_count);
    }
    log->sequence = header->sequence;
    log->good_index = log->last_index;
    return 0;
}
