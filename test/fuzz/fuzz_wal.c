/*
 * Recovery of segment files that may hold anything. Whatever they hold, wal_open() either takes
 * them, and then the log can be appended to and is the same the next time, or refuses them
 * twice in the same way without touching a file.
 *
 * The first byte of the input chooses what the rest is:
 *   0         the bytes of segment 1
 *   1         a byte: how many blocks of the rest are segment 1; what follows is segment 2
 *   otherwise batches to be sealed with right checksums, so that the records are reached: each
 *             a byte for its record count, one for its next index, one to be added to its
 *             sequence, one for the size of its payload in units of 4 bytes, and the payload; the
 *             record that opens a segment is put in front. 3 = in segment 5, where the log begins
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/fs_memory.h"
#include "store/wal.h"
#include "store/wal_format.h"
#include "sys/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    CLUSTER_ID = 0xc1,
    NODE_ID = 1,
    SEGMENT_BYTES = 16 * 1024,
    MAX_ENTRY_BYTES = 4096,
    NONCE = 99,
};

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "fuzz_wal: %s\n", #condition);                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static int open_log(struct fs_memory *memory, struct wal **wal, struct wal_recovered *recovered,
                    struct raftd_error *error)
{
    struct wal_options options = {
        .fs = fs_memory_table(memory),
        .directory = "/data",
        .cluster_id = CLUSTER_ID,
        .node_id = NODE_ID,
        .segment_bytes = SEGMENT_BYTES,
        .max_entry_bytes = MAX_ENTRY_BYTES,
        .random_seed = 1,
    };

    return wal_open(&options, wal, recovered, error);
}

static void put_segment(struct fs_memory *memory, uint64_t number, const uint8_t *data, size_t size)
{
    char name[WAL_NAME_BYTES];
    char path[WAL_NAME_BYTES + 8];

    wal_segment_name(name, number);
    snprintf(path, sizeof(path), "/data/%s", name);
    fs_memory_put(memory, path, data, size);
}

/* A segment with the batches that the input describes, as far as they fit. */
static void put_sealed(struct fs_memory *memory, uint64_t number, const uint8_t *data, size_t size)
{
    uint8_t *file = memory_allocate_zeroed(SEGMENT_BYTES, 1);
    struct wal_segment_header segment = {.version = WAL_FORMAT_VERSION,
                                         .node_id = NODE_ID,
                                         .cluster_id = CLUSTER_ID,
                                         .number = number,
                                         .nonce = NONCE};
    uint64_t offset = WAL_SEGMENT_HEADER_BYTES;
    uint64_t sequence = number == 1 ? 0 : 100;
    size_t opening = WAL_RECORD_START_BYTES;

    wal_segment_header_encode(&segment, file);
    while (size >= 4) {
        size_t payload = (size_t)data[3] * 4 < size - 4 ? (size_t)data[3] * 4 : size - 4;
        struct wal_batch_header header = {
            .record_count = data[0] + (opening > 0 ? 1u : 0u),
            .next_index = data[1],
            .sequence = ++sequence + data[2],
            .payload_bytes = opening + payload,
        };

        if (offset + wal_padded_bytes(WAL_BATCH_HEADER_BYTES + opening + payload) > SEGMENT_BYTES) {
            break;
        }
        if (opening > 0) {
            wal_record_put_start(file + offset + WAL_BATCH_HEADER_BYTES, header.next_index - 1, 0);
        }
        memcpy(file + offset + WAL_BATCH_HEADER_BYTES + opening, data + 4, payload);
        wal_batch_seal(file + offset, &header, NONCE);
        offset += wal_padded_bytes(WAL_BATCH_HEADER_BYTES + opening + payload);
        opening = 0;
        data += 4 + payload;
        size -= 4 + payload;
    }
    if (number != 1) {
        fs_memory_remove(memory, "/data/wal-0000000000000001.log");
    }
    put_segment(memory, number, file, SEGMENT_BYTES);
    memory_free(file);
}

static void put_input(struct fs_memory *memory, const uint8_t *data, size_t size)
{
    if (data[0] == 0) {
        put_segment(memory, 1, data + 1, size - 1);
    } else if (data[0] == 1 && size >= 2) {
        size_t first = (size_t)data[1] * WAL_BLOCK_BYTES;

        first = first < size - 2 ? first : size - 2;
        put_segment(memory, 1, data + 2, first);
        put_segment(memory, 2, data + 2 + first, size - 2 - first);
    } else {
        put_sealed(memory, data[0] == 3 ? 5 : 1, data + 1, size - 1);
    }
}

/* The log as it was recovered, and one entry more; ends in order. */
static void append_one(struct wal *wal, const struct wal_recovered *recovered)
{
    struct raft_entry *entry = raft_entry_make(RAFT_ENTRY_COMMAND, "more", 4);
    struct raftd_error error = {0};
    struct raft_write write = {
        .sequence = 1,
        .has_hard_state = true,
        .term = recovered->term,
        .vote = recovered->vote,
        .promise_known = recovered->promise_known,
        .promise_ms = recovered->promise_ms,
        .entries = &entry,
        .entry_count = 1,
    };

    entry->term = recovered->base_term;
    /* The time at the base is for the snapshot to know; the greatest is never too small. */
    entry->time_ms = recovered->base_index > 0 ? RAFT_TIME_MAX_MS : 0;
    if (recovered->entry_count > 0) {
        entry->term = recovered->entries[recovered->entry_count - 1]->term;
        entry->time_ms = recovered->entries[recovered->entry_count - 1]->time_ms;
    }
    entry->index = recovered->base_index + recovered->entry_count + 1;
    write.last_index = entry->index;
    write.last_term = entry->term;
    CHECK(wal_append(wal, &write, 1, &error) == 0);
    raft_entry_release(entry);
    wal_close(wal);
}

static void check_again(struct fs_memory *memory, const struct wal_recovered *before)
{
    struct wal_recovered after;
    struct raftd_error error = {0};
    struct wal *wal;

    if (open_log(memory, &wal, &after, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    CHECK(after.torn_bytes == 0);
    CHECK(after.term == before->term && after.vote == before->vote);
    CHECK(after.promise_known == before->promise_known && after.promise_ms == before->promise_ms);
    CHECK(after.base_index == before->base_index && after.base_term == before->base_term);
    CHECK(after.entry_count == before->entry_count + 1);
    for (size_t i = 0; i < before->entry_count; i++) {
        const struct raft_entry *a = before->entries[i];
        const struct raft_entry *b = after.entries[i];

        CHECK(a->index == before->base_index + i + 1 && b->index == a->index);
        CHECK(a->term == b->term);
        CHECK(a->size_bytes <= MAX_ENTRY_BYTES && a->size_bytes == b->size_bytes);
        CHECK(memcmp(a->data, b->data, a->size_bytes) == 0);
    }
    wal_recovered_free(&after);
    wal_close(wal);
}

static void check_refused_again(struct fs_memory *memory, int result)
{
    uint64_t count = fs_memory_count(memory);
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal;

    CHECK(result == RAFTD_ERROR_CORRUPT || result == RAFTD_ERROR_REFUSED ||
          result == RAFTD_ERROR_TOO_LARGE);
    CHECK(open_log(memory, &wal, &recovered, &error) == result);
    CHECK(error.message[0] != '\0');
    CHECK(fs_memory_count(memory) == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fs_memory *memory;
    struct wal_recovered recovered;
    struct raftd_error error = {0};
    struct wal *wal;
    int result;

    if (size == 0) {
        return 0;
    }
    log_configure(LOG_LEVEL_ERROR, LOG_TARGET_STDERR);
    memory = fs_memory_create(size);
    /* Leaves an empty directory with a lock file, so that a refusal has nothing to make. */
    CHECK(open_log(memory, &wal, &recovered, &error) == 0);
    wal_close(wal);
    put_input(memory, data, size);
    result = open_log(memory, &wal, &recovered, &error);
    if (result == 0) {
        append_one(wal, &recovered);
        check_again(memory, &recovered);
        wal_recovered_free(&recovered);
    } else {
        check_refused_again(memory, result);
    }
    fs_memory_destroy(memory);
    return 0;
}
