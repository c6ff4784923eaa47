/*
 * Reads entries back from the segments; see wal_read.h. The thread that owns the log.
 *
 * The marks (wal_marks.h) say at which batch to begin. From there the batches are read one after
 * the other, and each completely, because a later record of a batch may withdraw an entry of an
 * earlier one. A batch that is broken was durable once, since only durable batches have a mark or
 * are followed by one, and nothing is read after the last index. So it is always damage, never a
 * torn tail.
 */
#include "store/wal_read.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/plant.h"
#include "store/wal_format.h"
#include "store/wal_writer.h"

/* One call of wal_read_entries(). */
struct read {
    struct wal *wal;
    uint64_t first;
    uint64_t limit; /* the first index that is not wanted */
    size_t max_bytes;
    bool starts;  /* the node starts: what the disk cannot read now may be readable later */
    bool is_full; /* the next entry does not fit max_bytes */
    bool is_lost; /* the entry at `first` was in a batch that is damaged */
    bool is_behind_damage; /* the batch before the next one could not be read */
    uint64_t number;
    uint64_t offset_bytes; /* of the batch that is read */
    struct wal_entries *entries;
    size_t capacity;
    struct raftd_error *error;
};

void wal_entries_free(struct wal_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        raft_entry_release(entries->list[i]);
    }
    memory_free(entries->list);
    *entries = (struct wal_entries){0};
}

static uint64_t expected_index(const struct read *read)
{
    return read->first + read->entries->count;
}

static int damaged(const struct read *read, const char *what)
{
    char name[WAL_NAME_BYTES];

    wal_segment_name(name, read->number);
    return error_set(read->error, RAFTD_ERROR_CORRUPT,
                     "%.200s/%s is damaged at offset %" PRIu64 ": %s; the entry at index %" PRIu64
                     " cannot be read back: check the disk",
                     read->wal->directory, name, read->offset_bytes, what, expected_index(read));
}

static int failed(const struct read *read, const char *doing, int failure)
{
    char name[WAL_NAME_BYTES];
    struct raftd_error text = {0};

    wal_segment_name(name, read->number);
    wal_system_error(&text, &read->wal->files, name, doing, failure);
    if (read->error != NULL) {
        *read->error = text;
    }
    return RAFTD_ERROR_SYSTEM;
}

void wal_close_reading(struct wal *wal)
{
    struct wal_reading *reading = &wal->reading;

    if (reading->number != 0) {
        wal->files.fs->close(wal->files.fs->context, reading->window.file);
    }
    wal_window_free(&reading->window);
    *reading = (struct wal_reading){0};
}

/* Bytes of the segment; NULL with *code set. */
static const uint8_t *get(struct read *read, uint64_t offset, uint64_t size, int *code)
{
    struct wal_window *window = &read->wal->reading.window;
    const uint8_t *bytes;
    int failure = 0;

    if (offset > window->file_bytes || size > window->file_bytes - offset) {
        *code = damaged(read, "the file ends before the end of a batch");
        return NULL;
    }
    bytes = wal_window_get(window, offset, size, &failure);
    if (bytes == NULL && failure == -EIO && !read->starts) {
        *code = damaged(read, "the disk cannot read it");
    } else {
        *code = bytes == NULL ? failed(read, "read", failure) : 0;
    }
    return bytes;
}

static int read_nonce(struct read *read)
{
    struct wal_segment_header header;
    int code;
    const uint8_t *block = get(read, 0, WAL_SEGMENT_HEADER_BYTES, &code);

    if (block == NULL) {
        return code;
    }
    if (!wal_segment_header_decode(block, &header) || header.number != read->number) {
        return damaged(read, "its header is broken");
    }
    read->wal->reading.nonce = header.nonce;
    return 0;
}

/* Opens the segment, unless it is open already. The bytes that were read before are forgotten: the
 * current segment may have grown. */
static int open_segment(struct read *read)
{
    const struct fs *fs = read->wal->files.fs;
    struct wal_reading *reading = &read->wal->reading;
    char name[WAL_NAME_BYTES];
    char path[WAL_PATH_MAX];
    int64_t size;
    int file;
    int code;

    if (reading->number == read->number) {
        size = fs->size(fs->context, reading->window.file);
        if (size < 0) {
            return failed(read, "get the size of", (int)size);
        }
        wal_window_set_file(&reading->window, reading->window.file, (uint64_t)size);
        return 0;
    }
    wal_close_reading(read->wal);
    wal_segment_name(name, read->number);
    wal_path(&read->wal->files, name, path);
    file = fs->open(fs->context, path, FS_OPEN_READ);
    if (file < 0) {
        return failed(read, "open", file);
    }
    reading->number = read->number;
    reading->window.fs = fs;
    size = fs->size(fs->context, file);
    wal_window_set_file(&reading->window, file, size > 0 ? (uint64_t)size : 0);
    code = size < 0 ? failed(read, "get the size of", (int)size) : read_nonce(read);
    if (code != 0) {
        wal_close_reading(read->wal);
    }
    return code;
}

/* Takes an entry, if it is the next one that is wanted. */
static int take_entry(struct read *read, const struct wal_record *record)
{
    struct wal_entries *entries = read->entries;
    struct raft_entry *entry;

    if (record->index != expected_index(read) || record->index >= read->limit || read->is_full) {
        return 0;
    }
    if (record->size_bytes > read->wal->max_entry_bytes ||
        (entries->count > 0 && record->term < entries->list[entries->count - 1]->term)) {
        return damaged(read, "an entry has a wrong size or term");
    }
    entry = raft_entry_make(record->entry_type, record->data, record->size_bytes);
    entry->term = record->term;
    entry->index = record->index;
    entry->origin = record->origin;
    entry->sequence = record->sequence;
    entry->time_ms = record->time_ms;
    entry->wall_ms = record->wall_ms;
    if (entries->count > 0 && entries->cost_bytes + raft_entry_cost(entry) > read->max_bytes) {
        raft_entry_release(entry);
        read->is_full = true;
        return 0;
    }
    entries->list =
        memory_grow(entries->list, &read->capacity, entries->count + 1, sizeof(entries->list[0]));
    entries->list[entries->count++] = entry;
    entries->cost_bytes += raft_entry_cost(entry);
    return 0;
}

static void withdraw(struct read *read, uint64_t from_index)
{
    struct wal_entries *entries = read->entries;

    while (entries->count > 0 && entries->list[entries->count - 1]->index >= from_index) {
        struct raft_entry *entry = entries->list[--entries->count];

        entries->cost_bytes -= raft_entry_cost(entry);
        raft_entry_release(entry);
        read->is_full = false;
    }
}

static int take_records(struct read *read, const struct wal_batch_header *header,
                        const uint8_t *payload)
{
    struct reader reader = reader_make(payload, header->payload_bytes);
    int code = 0;

    for (uint32_t i = 0; code == 0 && i < header->record_count; i++) {
        struct wal_record record;

        if (!wal_record_decode(&reader, &record)) {
            return damaged(read, "a record cannot be decoded");
        }
        if (record.type == WAL_RECORD_ENTRY) {
            code = take_entry(read, &record);
        } else if (record.type == WAL_RECORD_TRUNCATE) {
            withdraw(read, record.index);
        } else if (record.type == WAL_RECORD_RESET) {
            withdraw(read, 0);
        }
    }
    return code;
}

/* Reads one batch and moves to the next one. */
static int read_batch(struct read *read)
{
    uint64_t nonce = read->wal->reading.nonce;
    struct wal_batch_header header;
    uint64_t size;
    int code;
    const uint8_t *bytes = get(read, read->offset_bytes, WAL_BATCH_HEADER_BYTES, &code);

    if (bytes == NULL) {
        return code;
    }
    if (!wal_batch_header_decode(bytes, nonce, &header)) {
        return damaged(read, "the header of a batch is broken");
    }
    if (header.payload_bytes > read->wal->reading.window.file_bytes) {
        return damaged(read, "the header of a batch is broken");
    }
    size = WAL_BATCH_HEADER_BYTES + header.payload_bytes;
    bytes = get(read, read->offset_bytes, size, &code);
    if (bytes == NULL) {
        return code;
    }
    if (!wal_batch_payload_is_intact(&header, bytes + WAL_BATCH_HEADER_BYTES, nonce) &&
        !PLANT(store_read_not_verified)) {
        return damaged(read, "the checksum of a batch is wrong");
    }
    if (read->is_behind_damage && header.next_index > expected_index(read)) {
        read->is_lost = true;
        return 0;
    }
    read->is_behind_damage = false;
    code = take_records(read, &header, bytes + WAL_BATCH_HEADER_BYTES);
    read->offset_bytes += wal_padded_bytes(size);
    return code;
}

/* Whether the entries that are wanted were read, or as many of them as may be. */
static bool is_done(const struct read *read)
{
    return read->is_full || read->is_lost || expected_index(read) >= read->limit ||
           (read->entries->count > 0 && read->entries->cost_bytes >= read->max_bytes);
}

/*
 * A batch between the mark and the first entry that is wanted is damaged. It need not have that
 * entry: reading goes on with the next block in which an intact batch begins, and that batch says
 * at which index the log continues there. (The checksum of a header has the segment's nonce as its
 * seed, so nothing else counts as a header.) False: the file ends.
 */
static bool look_behind(struct read *read)
{
    const struct wal *wal = read->wal;
    /* Behind the last batch of the current segment there are only zeros. */
    uint64_t end = read->number == wal->current.number ? wal->current.offset_bytes
                                                       : wal->reading.window.file_bytes;

    read->is_behind_damage = true;
    read->offset_bytes += WAL_BLOCK_BYTES;
    return read->offset_bytes + WAL_BLOCK_BYTES <= end;
}

static int read_from_mark(struct read *read, const struct wal_mark *mark)
{
    struct raftd_error *error = read->error;
    struct raftd_error later = {0};
    int damage = 0;
    int code;

    read->number = mark->number;
    read->offset_bytes = mark->offset_bytes;
    code = open_segment(read);
    while (code == 0 && !is_done(read)) {
        code = read_batch(read);
        if (code == RAFTD_ERROR_CORRUPT && read->entries->count == 0) {
            damage = code;
            code = look_behind(read) ? 0 : code;
            read->error = &later; /* *error keeps the message about the first damaged batch */
        }
    }
    read->error = error;
    if (code != 0 && code != RAFTD_ERROR_CORRUPT && error != NULL && later.code != 0) {
        *error = later;
    }
    return read->is_lost ? damage : code;
}

/* The entries from read->first up to `last`. */
static int read_entries(struct read *read, uint64_t last)
{
    struct wal *wal = read->wal;
    uint64_t limit;
    const struct wal_mark *mark = wal_marks_find(&wal->marks, read->first, &limit);
    int code;

    ASSERT(read->first > 0 && read->first <= last);
    *read->entries = (struct wal_entries){0};
    if (read->first > wal->last_index || mark == NULL) {
        return error_set(read->error, RAFTD_ERROR_INVALID,
                         "the log does not hold the entry at index %" PRIu64, read->first);
    }
    last = last < wal->last_index ? last : wal->last_index;
    read->limit = limit <= last ? limit : last + 1;
    code = read_from_mark(read, mark);
    if (code != 0 && read->entries->count > 0) {
        return 0; /* those before the damage; the next call begins with it and says so */
    }
    if (code != 0) {
        wal_entries_free(read->entries);
    }
    return code;
}

int wal_read_entries(struct wal *wal, uint64_t first, uint64_t last, size_t max_bytes,
                     struct wal_entries *entries, struct raftd_error *error)
{
    struct read read = {
        .wal = wal,
        .first = first,
        .max_bytes = max_bytes,
        .entries = entries,
        .error = error,
    };

    return read_entries(&read, last);
}

/* The same for a start. */
static int read_at_start(struct wal *wal, uint64_t first, uint64_t last, size_t max_bytes,
                         struct wal_entries *entries, struct raftd_error *error)
{
    struct read read = {
        .wal = wal,
        .first = first,
        .max_bytes = max_bytes,
        .starts = true,
        .entries = entries,
        .error = error,
    };

    return read_entries(&read, last);
}

/* Puts the entries before those that *recovered has. */
static void prepend(struct wal_recovered *recovered, struct wal_entries *entries)
{
    size_t count = recovered->entry_count + entries->count;
    struct raft_entry **list = memory_allocate((count > 0 ? count : 1) * sizeof(list[0]));

    memcpy(list, entries->list, entries->count * sizeof(list[0]));
    if (recovered->entry_count > 0) {
        memcpy(list + entries->count, recovered->entries, recovered->entry_count * sizeof(list[0]));
    }
    memory_free(recovered->entries);
    memory_free(entries->list);
    *entries = (struct wal_entries){0};
    recovered->entries = list;
    recovered->entry_count = count;
}

/* Appends what can be read from `first` on to *all. */
static int read_more(struct wal *wal, uint64_t first, uint64_t last, struct wal_entries *all,
                     size_t *capacity, struct raftd_error *error)
{
    struct wal_entries part;
    int code = read_at_start(wal, first, last, 1024 * 1024, &part, error);

    if (code != 0) {
        return code;
    }
    all->list = memory_grow(all->list, capacity, all->count + part.count, sizeof(all->list[0]));
    memcpy(all->list + all->count, part.list, part.count * sizeof(part.list[0]));
    all->count += part.count;
    memory_free(part.list);
    return 0;
}

int wal_recovered_extend(struct wal *wal, struct wal_recovered *recovered, uint64_t base_index,
                         struct raftd_error *error)
{
    struct wal_entries all = {0};
    uint64_t last = recovered->base_index;
    uint64_t base_term = recovered->disk_base_term;
    size_t capacity = 0;
    int code = 0;

    ASSERT(base_index >= recovered->disk_base_index && base_index <= last);
    if (base_index > recovered->disk_base_index) {
        struct wal_entries one;

        code = read_at_start(wal, base_index, base_index, 1, &one, error);
        if (code != 0) {
            return code;
        }
        base_term = one.list[0]->term;
        wal_entries_free(&one);
    }
    while (code == 0 && base_index + all.count < last) {
        code = read_more(wal, base_index + all.count + 1, last, &all, &capacity, error);
    }
    if (code != 0) {
        wal_entries_free(&all);
        return code;
    }
    if (all.count > 0) {
        prepend(recovered, &all);
    }
    recovered->base_index = base_index;
    recovered->base_term = base_term;
    return 0;
}
