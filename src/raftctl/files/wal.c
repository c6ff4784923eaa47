/*
 * raftctl wal: prints the records of log segments. It changes nothing. A damaged segment, which
 * raftd would refuse, is printed as far as it can be read. Main thread.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "raftctl/output.h"
#include "raftctl/raftctl.h"
#include "store/fs.h"
#include "store/wal_format.h"
#include "store/wal_window.h"

enum { SHOWN_BYTES = 64 };

struct segment {
    struct wal_window window;
    struct wal_segment_header header;
    uint64_t offset_bytes;
    uint64_t end_bytes;
};

static const char *entry_type(uint8_t type)
{
    switch (type) {
    case RAFT_ENTRY_NOOP:
        return "no-op";
    case RAFT_ENTRY_COMMAND:
        return "command";
    case RAFT_ENTRY_MEMBERSHIP:
        return "membership";
    case RAFT_ENTRY_TIME:
        return "time";
    case RAFT_ENTRY_FREEING:
        return "freeing command";
    default:
        return "entry";
    }
}

static void print_record(const struct wal_record *record)
{
    switch (record->type) {
    case WAL_RECORD_HARD_STATE:
        printf("    term %" PRIu64 ", vote %u", record->term, record->vote);
        if (record->promise_known) {
            printf(", promise %u ms", record->promise_ms);
        }
        puts("");
        break;
    case WAL_RECORD_TRUNCATE:
        printf("    cut from index %" PRIu64 " on\n", record->index);
        break;
    case WAL_RECORD_ENTRY:
        printf("    index %" PRIu64 ", term %" PRIu64 ", %s, %u bytes ", record->index,
               record->term, entry_type(record->entry_type), record->size_bytes);
        print_quoted(stdout, record->data,
                     record->size_bytes < SHOWN_BYTES ? record->size_bytes : SHOWN_BYTES);
        puts(record->size_bytes > SHOWN_BYTES ? " ..." : "");
        break;
    case WAL_RECORD_CLEAN_END:
        puts("    end of a log that was closed");
        break;
    case WAL_RECORD_RESET:
        printf("    the log restarts after index %" PRIu64 " of term %" PRIu64 "\n", record->index,
               record->term);
        break;
    case WAL_RECORD_START:
        printf("    continues after index %" PRIu64 " of term %" PRIu64 "\n", record->index,
               record->term);
        break;
    }
}

static bool print_records(const struct wal_batch_header *batch, const uint8_t *payload)
{
    struct reader reader = reader_make(payload, batch->payload_bytes);

    for (uint32_t i = 0; i < batch->record_count; i++) {
        struct wal_record record;

        if (!wal_record_decode(&reader, &record)) {
            printf("    record %u has an unknown form\n", i);
            return false;
        }
        print_record(&record);
    }
    return true;
}

/* Prints the batch at the offset of the segment. 1 = printed, 0 = there is no complete batch. */
static int print_batch(struct segment *segment)
{
    const struct wal_window *window = &segment->window;
    struct wal_batch_header batch;
    const uint8_t *bytes;
    uint64_t padded;
    int failure = 0;

    if (segment->offset_bytes + WAL_BLOCK_BYTES > window->file_bytes) {
        return 0;
    }
    bytes = wal_window_get(&segment->window, segment->offset_bytes, WAL_BLOCK_BYTES, &failure);
    if (bytes == NULL || !wal_batch_header_decode(bytes, segment->header.nonce, &batch) ||
        batch.payload_bytes > window->file_bytes) {
        return 0;
    }
    padded = wal_padded_bytes(WAL_BATCH_HEADER_BYTES + batch.payload_bytes);
    if (padded > window->file_bytes - segment->offset_bytes) {
        return 0;
    }
    bytes = wal_window_get(&segment->window, segment->offset_bytes, padded, &failure);
    if (bytes == NULL) {
        return 0;
    }
    printf(
        "  offset %" PRIu64 ": batch %" PRIu64 ", %u records, next index %" PRIu64 "%s\n",
        segment->offset_bytes, batch.sequence, batch.record_count, batch.next_index,
        wal_batch_payload_is_intact(&batch, bytes + WAL_BATCH_HEADER_BYTES, segment->header.nonce)
            ? ""
            : ", WRONG CHECKSUM");
    if (!wal_batch_payload_is_intact(&batch, bytes + WAL_BATCH_HEADER_BYTES,
                                     segment->header.nonce) ||
        !print_records(&batch, bytes + WAL_BATCH_HEADER_BYTES)) {
        return 0;
    }
    segment->offset_bytes += padded;
    return 1;
}

/* Prints what follows the last complete batch. True: only zeros. */
static bool print_tail(struct segment *segment)
{
    for (uint64_t offset = segment->offset_bytes; offset < segment->window.file_bytes;
         offset += WAL_BLOCK_BYTES) {
        uint64_t left = segment->window.file_bytes - offset;
        size_t size = left < WAL_BLOCK_BYTES ? (size_t)left : WAL_BLOCK_BYTES;
        int failure = 0;
        const uint8_t *bytes = wal_window_get(&segment->window, offset, size, &failure);

        for (size_t i = 0; bytes != NULL && i < size; i++) {
            if (bytes[i] != 0) {
                printf("  offset %" PRIu64 ": bytes that belong to no complete batch\n",
                       offset + (uint64_t)i);
                return false;
            }
        }
    }
    printf("  offset %" PRIu64 ": zeros to the end of the file\n", segment->offset_bytes);
    return true;
}

static int print_segment(const char *path, struct segment *segment)
{
    const uint8_t *block;
    int failure = 0;

    if (segment->window.file_bytes < WAL_SEGMENT_HEADER_BYTES ||
        (block = wal_window_get(&segment->window, 0, WAL_SEGMENT_HEADER_BYTES, &failure)) == NULL ||
        !wal_segment_header_decode(block, &segment->header)) {
        ctl_complain("%s is not a log segment, or its header is damaged", path);
        return CTL_NO;
    }
    print_plain(stdout, path);
    printf(": segment %" PRIu64 ", format version %u, node %u, cluster %016" PRIx64 "\n",
           segment->header.number, segment->header.version, segment->header.node_id,
           segment->header.cluster_id);
    if (segment->header.version != WAL_FORMAT_VERSION) {
        ctl_complain(
            "%s has format version %u, expected version %d: use the raftctl of that version", path,
            segment->header.version, WAL_FORMAT_VERSION);
        return CTL_NO;
    }
    segment->offset_bytes = WAL_SEGMENT_HEADER_BYTES;
    while (print_batch(segment) == 1) {
    }
    return print_tail(segment) ? CTL_OK : CTL_NO;
}

int ctl_wal(const struct ctl_options *options, char **arguments)
{
    const struct fs *fs = fs_posix();
    int code = CTL_OK;

    (void)options;
    for (size_t i = 0; arguments[i] != NULL; i++) {
        struct segment segment = {.window = {.fs = fs}};
        int file = fs->open(fs->context, arguments[i], FS_OPEN_READ);
        int64_t size = file >= 0 ? fs->size(fs->context, file) : file;
        int result;

        if (size < 0) {
            ctl_complain("cannot read %s: %s", arguments[i], strerror((int)-size));
            return CTL_LOCAL;
        }
        wal_window_set_file(&segment.window, file, (uint64_t)size);
        result = print_segment(arguments[i], &segment);
        code = code == CTL_OK ? result : code;
        fs->close(fs->context, file);
        wal_window_free(&segment.window);
    }
    return code;
}
