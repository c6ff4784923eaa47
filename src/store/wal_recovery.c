/*
 * The scan of recovery: finds the segments, reads them batch by batch, and decides about all bytes
 * that belong to no batch. Runs in wal_open(), on the thread that calls it. It never changes a
 * file.
 *
 * The decision: torn tail or damage?
 *
 * When a process is killed or the power fails, the batch that is being written may be on the disk
 * completely, partly or not at all. Its blocks may have arrived in any order: the header may be
 * missing while later blocks are there. Nobody has been told that this batch is durable, so it may
 * be cut off. This is a *torn tail*, and every crash can leave one.
 *
 * Any other batch that cannot be read was durable once. The node may have acknowledged its entries
 * to a leader, or given its vote in it. If recovery cut it off like a torn tail, the node would
 * break these promises: two leaders in one term, or a committed entry that disappears. This is
 * *damage*.
 *
 * Both can look alike: a block with wrong bytes at the end of the log. What tells them apart is
 * invariant 7 of wal_writer.h: a batch is durable before the next batch is written. So as soon as
 * anything of a later batch is found, all batches before it were durable, and whatever is wrong
 * before it is damage:
 *
 *     what is wrong                      what follows it                 decision    function
 *     a batch, or bytes between batches  an intact batch                 damage      check_before
 *     a batch                            the header of a later batch     damage      scan_tail
 *     bytes after the last batch         a segment with such bytes, too  damage      scan_tail
 *     padding of a batch                 an intact batch                 damage      check_before
 *     bytes after the last batch, or     zeros only                      torn tail   scan_tail
 *       padding of the last batch
 *     header of the last file            zeros only                      unfinished  scan_unborn
 *     header of a file                   anything else                   damage      scan_unborn
 *     a number of a segment is missing   a later segment                 damage      find_segments
 *
 * Why the header of a later batch is enough, even if its payload is broken: the header is written
 * together with its batch, and the batch only after the batch before it was durable.
 *
 * Why the header of a later batch cannot be an accident: the checksum of a header has the random
 * nonce of the segment as its seed. A client can put any bytes into an entry, and they may lie at a
 * block boundary inside of a large torn batch. But the client does not know the nonce, so it cannot
 * make bytes that count as a header. The same holds for batches that a recycled file had in its
 * former use: they have another nonce.
 *
 * Damage is refused, unless the caller may have the log cut before it (options.on_damage), and a
 * survey finds how far the log went (wal_survey.c).
 *
 * One case cannot be decided. If the disk damages the very last batch after it was acknowledged,
 * nothing follows that proves it, so it looks like a torn tail and is cut off. A clean end of the
 * log (wal_write_clean_end()) closes this gap: then the clean-end batch follows.
 */
#include "store/wal_recovery.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/plant.h"
#include "store/wal_window.h"

/* A scan that is running. */
struct scanner {
    const struct wal_files *files;
    const struct wal_options *options;
    struct wal_scan *scan;     /* the result so far */
    struct raftd_error *error; /* never NULL */
    struct wal_window window;  /* window on the segment that is being read */
    uint64_t done_bytes;       /* size of the segments that have been read completely */
    uint64_t total_bytes;      /* size of all segments */
};

static int read_error(struct scanner *scanner, uint64_t number, const char *doing, int failure)
{
    char name[WAL_NAME_BYTES];

    wal_segment_name(name, number);
    wal_system_error(scanner->error, scanner->files, name, doing, failure);
    return RAFTD_ERROR_SYSTEM;
}

static const uint8_t *read_bytes(struct scanner *scanner, const struct wal_scanned *segment,
                                 uint64_t offset, uint64_t size)
{
    int failure = 0;
    const uint8_t *bytes = wal_window_get(&scanner->window, offset, size, &failure);

    if (bytes == NULL) {
        read_error(scanner, segment->number, "read", failure);
    }
    return bytes;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static void tell_progress(struct scanner *scanner, uint64_t segment_bytes)
{
    if (scanner->options->progress != NULL) {
        scanner->options->progress(scanner->options->progress_argument,
                                   scanner->done_bytes + segment_bytes, scanner->total_bytes);
    }
}

/* Finding the files. */

static void found_name(void *argument, const char *name)
{
    struct wal_scan *scan = argument;
    uint64_t number = wal_segment_number(name);

    if (strcmp(name, WAL_SPARE_NAME) == 0) {
        scan->has_spare = true;
    } else if (wal_free_number(name) != 0) {
        scan->freed = memory_grow(scan->freed, &scan->freed_capacity, scan->freed_count + 1,
                                  sizeof(scan->freed[0]));
        scan->freed[scan->freed_count++] = wal_free_number(name);
    } else if (number != 0) {
        scan->segments = memory_grow(scan->segments, &scan->segment_capacity,
                                     scan->segment_count + 1, sizeof(scan->segments[0]));
        scan->segments[scan->segment_count++] =
            (struct wal_scanned){.number = number, .end_bytes = WAL_SEGMENT_HEADER_BYTES};
    }
}

static int compare_numbers(const void *left, const void *right)
{
    uint64_t a = ((const struct wal_scanned *)left)->number;
    uint64_t b = ((const struct wal_scanned *)right)->number;

    return a < b ? -1 : a > b;
}

/* Opens a segment to read it. The last two segments may have been written by a process that was
 * killed or that saw a failed sync. FS_OPEN_WRITE drops their pages from the cache, so that the
 * scan sees what the disk has. */
static int open_segment(struct scanner *scanner, size_t which)
{
    const struct fs *fs = scanner->files->fs;
    struct wal_scanned *segment = &scanner->scan->segments[which];
    enum fs_open_mode mode =
        which + 2 >= scanner->scan->segment_count ? FS_OPEN_WRITE : FS_OPEN_READ;
    char name[WAL_NAME_BYTES];
    char path[WAL_PATH_MAX];
    int64_t size;
    int file;

    wal_segment_name(name, segment->number);
    wal_path(scanner->files, name, path);
    file = fs->open(fs->context, path, mode);
    if (file < 0) {
        return read_error(scanner, segment->number, "open", file);
    }
    size = fs->size(fs->context, file);
    if (size < 0) {
        fs->close(fs->context, file);
        return read_error(scanner, segment->number, "get the size of", (int)size);
    }
    segment->file_bytes = (uint64_t)size;
    wal_window_set_file(&scanner->window, file, segment->file_bytes);
    return 0;
}

static void close_segment(struct scanner *scanner)
{
    scanner->files->fs->close(scanner->files->fs->context, scanner->window.file);
}

static bool is_cut(const struct wal_options *options, uint64_t number)
{
    return options->cut.number != 0 &&
           (number > options->cut.number || (number == options->cut.number &&
                                             options->cut.offset_bytes < WAL_SEGMENT_HEADER_BYTES));
}

/* The segments after the cut are no part of the log. Some of them may have been renamed already. */
static void leave_out_cut(struct scanner *scanner)
{
    struct wal_scan *scan = scanner->scan;

    while (scan->segment_count > 0 &&
           is_cut(scanner->options, scan->segments[scan->segment_count - 1].number)) {
        scan->cut =
            memory_grow(scan->cut, &scan->cut_capacity, scan->cut_count + 1, sizeof(scan->cut[0]));
        scan->cut[scan->cut_count++] = scan->segments[--scan->segment_count].number;
    }
}

static int find_segments(struct scanner *scanner)
{
    struct wal_scan *scan = scanner->scan;
    const struct fs *fs = scanner->files->fs;
    int result = fs->list(fs->context, scanner->files->directory, found_name, scan);

    if (result < 0) {
        wal_system_error(scanner->error, scanner->files, "", "list", result);
        return RAFTD_ERROR_SYSTEM;
    }
    if (scan->segment_count > 0) {
        qsort(scan->segments, scan->segment_count, sizeof(scan->segments[0]), compare_numbers);
    }
    leave_out_cut(scanner);
    for (size_t i = 0; i < scan->segment_count; i++) {
        if (scan->segments[i].number != scan->segments[0].number + i) {
            return wal_damage(&scanner->scan->log, scan->segments[0].number + i, 0,
                              "the file is missing, but later segments exist");
        }
        result = open_segment(scanner, i);
        if (result != 0) {
            return result;
        }
        close_segment(scanner);
        scanner->total_bytes += scan->segments[i].file_bytes;
    }
    return 0;
}

/* Batches. */

/*
 * Reads the batch at `offset`. Returns 1 with its header and payload, 0 if no complete batch with
 * right checksums begins there, or a negative code.
 */
static int find_batch(struct scanner *scanner, const struct wal_scanned *segment, uint64_t offset,
                      struct wal_batch_header *header, const uint8_t **payload)
{
    const uint8_t *bytes;

    if (offset + WAL_BLOCK_BYTES > segment->file_bytes) {
        return 0;
    }
    bytes = read_bytes(scanner, segment, offset, WAL_BLOCK_BYTES);
    if (bytes == NULL) {
        return RAFTD_ERROR_SYSTEM;
    }
    /* Batches are whole blocks. If the batch would end after the end of the file, it was not
     * written completely. */
    if (!wal_batch_header_decode(bytes, segment->nonce, header) ||
        header->payload_bytes > segment->file_bytes ||
        wal_padded_bytes(WAL_BATCH_HEADER_BYTES + header->payload_bytes) >
            segment->file_bytes - offset) {
        return 0;
    }
    bytes = read_bytes(scanner, segment, offset,
                       wal_padded_bytes(WAL_BATCH_HEADER_BYTES + header->payload_bytes));
    if (bytes == NULL) {
        return RAFTD_ERROR_SYSTEM;
    }
    *payload = bytes + WAL_BATCH_HEADER_BYTES;
    return wal_batch_payload_is_intact(header, *payload, segment->nonce) ||
                   PLANT(store_torn_tail_is_data)
               ? 1
               : 0;
}

/* The log may be cut here, if a survey finds the end of the log after this place. */
static void may_cut(struct scanner *scanner, uint64_t number, uint64_t offset_bytes)
{
    scanner->scan->damage = (struct wal_cut){.number = number, .offset_bytes = offset_bytes};
}

/* An intact batch was found: everything before it has to be intact, or it is damage. */
static int check_before(struct scanner *scanner, size_t which, uint64_t offset, uint64_t sequence)
{
    const struct wal_scan *scan = scanner->scan;
    const struct wal_scanned *segment = &scan->segments[which];
    const struct wal_scanned *previous = which > 0 ? segment - 1 : NULL;

    if (scan->tail.number != 0) {
        may_cut(scanner, scan->tail.number, scan->tail.from_bytes);
        return wal_damage(&scanner->scan->log, scan->tail.number, scan->tail.from_bytes,
                          "there are bytes that belong to no batch, and after them batch %" PRIu64
                          " at offset %" PRIu64 " of segment %" PRIu64,
                          sequence, offset, segment->number);
    }
    if (previous != NULL && offset == WAL_SEGMENT_HEADER_BYTES && previous->batch_count == 0) {
        may_cut(scanner, previous->number, previous->end_bytes);
        return wal_damage(&scanner->scan->log, previous->number, previous->end_bytes,
                          "it has no batch, but segment %" PRIu64 " has one", segment->number);
    }
    return 0;
}

/* The padding of a batch must be zero. If it is not, remembers it as a tail: if this was the last
 * batch, the repair writes zeros over it; if another batch follows, check_before() reports
 * damage. */
static void check_padding(struct scanner *scanner, const struct wal_scanned *segment,
                          uint64_t offset, const struct wal_batch_header *header,
                          const uint8_t *payload)
{
    uint64_t size = WAL_BATCH_HEADER_BYTES + header->payload_bytes;
    uint64_t padded = wal_padded_bytes(size);

    if (!is_zero(payload + header->payload_bytes, (size_t)(padded - size))) {
        scanner->scan->tail = (struct wal_tail){
            .number = segment->number,
            .from_bytes = offset + size,
            .to_bytes = offset + padded,
        };
    }
}

static bool is_after_cut(const struct scanner *scanner, const struct wal_scanned *segment,
                         uint64_t offset)
{
    const struct wal_cut *cut = &scanner->options->cut;

    return segment->number == cut->number && offset >= cut->offset_bytes;
}

static int scan_batches(struct scanner *scanner, size_t which)
{
    struct wal_scanned *segment = &scanner->scan->segments[which];
    uint64_t offset = WAL_SEGMENT_HEADER_BYTES;
    struct wal_batch_header header;
    const uint8_t *payload;
    int result = 0;

    while (!is_after_cut(scanner, segment, offset) &&
           (result = find_batch(scanner, segment, offset, &header, &payload)) > 0) {
        result = check_before(scanner, which, offset, header.sequence);
        if (result == 0) {
            result =
                wal_replay_batch(&scanner->scan->log, segment->number, offset, &header, payload);
        }
        if (result != 0) {
            return result;
        }
        check_padding(scanner, segment, offset, &header, payload);
        offset += wal_padded_bytes(WAL_BATCH_HEADER_BYTES + header.payload_bytes);
        segment->batch_count++;
        segment->end_bytes = offset;
        tell_progress(scanner, offset);
    }
    return result;
}

/* Whatever follows the cut is treated as a torn tail. Padding of the last batch that is not zero is
 * a part of it. */
static void cut_tail(struct scanner *scanner, const struct wal_scanned *segment)
{
    struct wal_scan *scan = scanner->scan;

    if (scan->tail.number != segment->number) {
        scan->tail = (struct wal_tail){.number = segment->number, .from_bytes = segment->end_bytes};
    }
    scan->tail.to_bytes = segment->file_bytes;
}

/*
 * Decides about the bytes after the last intact batch of a segment. If all are zero, nothing was
 * written there. If the header of a later batch is among them, the batch in front of it is damaged.
 * The header at the very beginning (offset == from) does not count: it belongs to the torn batch
 * itself. Any other bytes are remembered as a torn tail.
 */
static int scan_tail(struct scanner *scanner, const struct wal_scanned *segment)
{
    struct wal_scan *scan = scanner->scan;
    uint64_t from = segment->end_bytes;
    uint64_t dirty_end = 0;

    if (segment->number == scanner->options->cut.number) {
        cut_tail(scanner, segment);
        return 0;
    }
    for (uint64_t offset = from; offset < segment->file_bytes; offset += WAL_BLOCK_BYTES) {
        uint64_t left = segment->file_bytes - offset;
        size_t size = left < WAL_BLOCK_BYTES ? (size_t)left : WAL_BLOCK_BYTES;
        const uint8_t *block = read_bytes(scanner, segment, offset, size);
        struct wal_batch_header header;

        if (block == NULL) {
            return RAFTD_ERROR_SYSTEM;
        }
        if (is_zero(block, size)) {
            continue;
        }
        if (offset > from && size >= WAL_BATCH_HEADER_BYTES && !PLANT(store_damage_is_tail) &&
            wal_batch_header_decode(block, segment->nonce, &header)) {
            may_cut(scanner, segment->number, from);
            return wal_damage(&scanner->scan->log, segment->number, from,
                              "batch %" PRIu64 " is broken or missing, but batch %" PRIu64
                              " follows at offset %" PRIu64,
                              scan->log.sequence + 1, header.sequence, offset);
        }
        dirty_end = offset + size;
    }
    if (dirty_end == 0) {
        return 0;
    }
    if (scan->tail.number != 0 && scan->tail.number != segment->number) {
        may_cut(scanner, scan->tail.number, scan->tail.from_bytes);
        return wal_damage(&scanner->scan->log, scan->tail.number, scan->tail.from_bytes,
                          "there are bytes that belong to no batch, and segment %" PRIu64
                          " has such bytes, too",
                          segment->number);
    }
    if (scan->tail.number == 0) {
        scan->tail.number = segment->number;
        scan->tail.from_bytes = from;
    }
    scan->tail.to_bytes = dirty_end;
    return 0;
}

/* Segments. */

static int check_identity(struct scanner *scanner, const struct wal_scanned *segment,
                          const struct wal_segment_header *header)
{
    const struct wal_options *options = scanner->options;
    char name[WAL_NAME_BYTES];

    wal_segment_name(name, segment->number);
    if (header->version != WAL_FORMAT_VERSION) {
        return error_set(scanner->error, RAFTD_ERROR_REFUSED,
                         "%s in %.200s has format version %u, but this raftd reads version %d: use "
                         "the version of raftd that wrote it",
                         name, scanner->files->directory, header->version, WAL_FORMAT_VERSION);
    }
    if (header->cluster_id != options->cluster_id) {
        return error_set(scanner->error, RAFTD_ERROR_REFUSED,
                         "%.200s belongs to the cluster with id %016" PRIx64
                         ", but this node is configured for the cluster with id %016" PRIx64
                         ": check [cluster] name and [node] data_dir",
                         scanner->files->directory, header->cluster_id, options->cluster_id);
    }
    if (header->node_id != options->node_id) {
        return error_set(scanner->error, RAFTD_ERROR_REFUSED,
                         "%.200s belongs to node %u, but this node is configured as node %u: check "
                         "[node] id and [node] data_dir",
                         scanner->files->directory, header->node_id, options->node_id);
    }
    if (header->identity != options->identity && header->identity != 0 && options->identity != 0) {
        return error_set(scanner->error, RAFTD_ERROR_REFUSED,
                         "%s in %.200s was written in another data directory, with identity "
                         "%016" PRIx64 "; the identity of this directory is %016" PRIx64
                         ": never mix the files of two data directories",
                         name, scanner->files->directory, header->identity, options->identity);
    }
    if (header->number != segment->number) {
        return wal_damage(&scanner->scan->log, segment->number, 0,
                          "its header says that it is segment %" PRIu64, header->number);
    }
    return 0;
}

/*
 * Decides about a file with the name of a segment but without a valid header. If it is the last
 * file and has only zeros after the place of the header, it is an unfinished file: the process was
 * killed before the segment was used, and no batch can be lost with it. Otherwise it is damage:
 * bytes after the header would be batches, and a segment in the middle of the log had a header.
 */
static int scan_unborn(struct scanner *scanner, size_t which)
{
    struct wal_scan *scan = scanner->scan;
    struct wal_scanned *segment = &scan->segments[which];
    struct wal_tail before = scan->tail;
    int result;

    if (which + 1 < scan->segment_count) {
        may_cut(scanner, which > 0 ? segment->number : 0, 0);
        return wal_damage(&scanner->scan->log, segment->number, 0,
                          "its header is broken, and segment %" PRIu64 " follows",
                          segment->number + 1);
    }
    if (segment->number > 1 && which == 0) {
        return wal_damage(&scanner->scan->log, segment->number, 0,
                          "its header is broken, and there is no other segment");
    }
    scan->tail.number = 0;
    result = scan_tail(scanner, segment);
    if (result != 0) {
        may_cut(scanner, 0, 0); /* nothing in this file can be read */
        return result;
    }
    if (scan->tail.number != 0) {
        return wal_damage(&scanner->scan->log, segment->number, 0,
                          "its header is broken, and data follow it");
    }
    scan->tail = before;
    scan->unborn_number = segment->number;
    scan->unborn_bytes = segment->file_bytes;
    scan->segment_count--;
    return 0;
}

static int scan_opened(struct scanner *scanner, size_t which)
{
    struct wal_scanned *segment = &scanner->scan->segments[which];
    struct wal_segment_header header;
    const uint8_t *block;
    int result;

    if (segment->file_bytes < WAL_SEGMENT_HEADER_BYTES) {
        return scan_unborn(scanner, which);
    }
    block = read_bytes(scanner, segment, 0, WAL_SEGMENT_HEADER_BYTES);
    if (block == NULL) {
        return RAFTD_ERROR_SYSTEM;
    }
    if (!wal_segment_header_decode(block, &header)) {
        return scan_unborn(scanner, which);
    }
    result = check_identity(scanner, segment, &header);
    if (result != 0) {
        return result;
    }
    segment->nonce = header.nonce;
    result = scan_batches(scanner, which);
    if (result == 0) {
        result = scan_tail(scanner, segment);
    }
    return result;
}

/* Finds the segment that appends continue in: the last one with a batch. At most one segment
 * without a batch may follow it, the one that was prepared in advance. */
static int choose_current(struct scanner *scanner)
{
    struct wal_scan *scan = scanner->scan;

    scan->current = 0;
    for (size_t i = 0; i < scan->segment_count; i++) {
        if (scan->segments[i].batch_count > 0) {
            scan->current = i;
        }
    }
    if (scan->segment_count > 0 && scan->segments[0].number > 1 &&
        scan->segments[0].batch_count == 0) {
        return wal_damage(&scanner->scan->log, scan->segments[0].number, WAL_SEGMENT_HEADER_BYTES,
                          "the log begins with this segment, but the segment has no batch");
    }
    if (scan->current + 2 < scan->segment_count) {
        return wal_damage(&scanner->scan->log, scan->segments[scan->current + 2].number, 0,
                          "more than one segment without a batch at the end of the log");
    }
    return 0;
}

int wal_scan(const struct wal_files *files, const struct wal_options *options,
             struct wal_scan *scan, struct raftd_error *error)
{
    struct scanner scanner = {
        .files = files,
        .options = options,
        .scan = scan,
        .error = error,
        .window = {.fs = files->fs},
    };
    int result;

    *scan = (struct wal_scan){0};
    wal_replay_init(&scan->log, files, options->max_entry_bytes, options->keep_from, error);
    scan->log.keep_bytes = options->keep_bytes;
    scan->log.keep_until = options->keep_until;
    result = find_segments(&scanner);
    for (size_t i = 0; result == 0 && i < scan->segment_count; i++) {
        result = open_segment(&scanner, i);
        if (result == 0) {
            uint64_t file_bytes = scan->segments[i].file_bytes;

            result = scan_opened(&scanner, i);
            close_segment(&scanner);
            scanner.done_bytes += file_bytes;
            tell_progress(&scanner, 0);
        }
    }
    if (result == 0) {
        result = choose_current(&scanner);
    }
    if (result == 0) {
        result = wal_replay_end(&scan->log);
    }
    wal_window_free(&scanner.window);
    return result;
}

void wal_scan_free(struct wal_scan *scan)
{
    wal_replay_free(&scan->log);
    raft_entry_release(scan->lost_members);
    memory_free(scan->cut);
    memory_free(scan->freed);
    memory_free(scan->segments);
    *scan = (struct wal_scan){0};
}
