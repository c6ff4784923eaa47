/*
 * Appends batches to the write-ahead log, changes to the next segment, and prepares that segment in
 * advance. Runs on the thread that owns the log. It never repeats a failed operation: after the
 * first failure, every call returns that failure. See wal_writer.h for the life of a segment.
 */
#include "store/wal_writer.h"

#include <errno.h>
#include <inttypes.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/plant.h"
#include "base/random.h"
#include "store/wal_format.h"
#include "sys/log.h"

enum {
    /* A buffer that is larger than this is freed after its batch was written. */
    BUFFER_KEEP_BYTES = 1024 * 1024,
    /* When wal_prepare() finds the disk full, it waits for so many batches before it tries
     * again. */
    PREPARE_AGAIN_BATCHES = 1024,
    /* The most that a batch has besides the records of its writes: the start record of a segment,
     * and the hard state. */
    OPENING_BYTES = WAL_RECORD_START_BYTES + WAL_RECORD_HARD_STATE_BYTES,
};

int wal_fail(struct wal *wal, struct raftd_error *error)
{
    ASSERT(wal->failure.code != 0);
    if (error != NULL) {
        *error = wal->failure;
    }
    return wal->failure.code;
}

/* Segments. */

uint64_t wal_first_zeros(const struct wal *wal)
{
    return wal->segment_bytes < WAL_ZERO_AHEAD_BYTES ? wal->segment_bytes : WAL_ZERO_AHEAD_BYTES;
}

static struct wal_segment_header make_header(struct wal *wal, uint64_t number)
{
    /* The seed is unpredictable and a sequence does not repeat: no two segments share a nonce. */
    struct wal_segment_header header = {
        .version = WAL_FORMAT_VERSION,
        .node_id = wal->node_id,
        .cluster_id = wal->cluster_id,
        .identity = wal->identity,
        .number = number,
        .nonce = random_next(&wal->random),
    };

    memcpy(header.cluster_name, wal->cluster_name, sizeof(header.cluster_name));
    return header;
}

int wal_recycle_segment(struct wal *wal, const struct wal_files *files, uint64_t number,
                        struct wal_segment *segment)
{
    struct wal_segment_header header = make_header(wal, number);

    ASSERT(wal->freed_count > 0);
    wal->freed_count--;
    return wal_segment_recycle(files, wal->freed[wal->freed_count], wal->segment_bytes, &header,
                               segment, &wal->failure);
}

int wal_create_segment(struct wal *wal, const struct wal_files *files, uint64_t number,
                       uint64_t zeroed_bytes, struct wal_segment *segment)
{
    struct wal_segment_header header = make_header(wal, number);

    return wal_segment_create(files, &header, zeroed_bytes, segment, &wal->failure);
}

static bool is_full(int result)
{
    return result == -ENOSPC || result == -EDQUOT;
}

/* On a full disk the segment begins without zeros: what is held for such a disk is for batches. */
static int create_next(struct wal *wal)
{
    uint64_t number = wal->current.number + 1;
    int result =
        wal_create_segment(wal, &wal->prepare_files, number, wal_first_zeros(wal), &wal->next);

    if (is_full(result)) {
        wal->failure = (struct raftd_error){0};
        result = wal_create_segment(wal, &wal->files, number, WAL_SEGMENT_HEADER_BYTES, &wal->next);
    }
    return result;
}

/* Changes to the next segment. If wal_prepare() has made it ready, this costs one close(). */
static int roll(struct wal *wal)
{
    int result = 0;

    if (wal->next.file < 0) {
        result = create_next(wal);
    }
    if (result == 0 && !wal->next.is_published) {
        result = wal_segment_publish(&wal->files, &wal->next, &wal->failure);
    }
    if (result < 0) {
        return result;
    }
    wal->sealed_count++;
    wal->sealed_bytes += wal->current.zeroed_bytes;
    wal->extents.list[wal->extents.count - 1].file_bytes = wal->current.zeroed_bytes;
    wal_segment_close(&wal->files, &wal->current);
    wal->current = wal->next;
    wal->next = (struct wal_segment){.file = -1};
    return 0;
}

/* How many zeros a segment still needs, which does not have to exist yet. */
static uint64_t left_of(const struct wal *wal, const struct wal_segment *segment)
{
    uint64_t done = segment->file >= 0 ? segment->zeroed_bytes : 0;

    return done < wal->segment_bytes ? wal->segment_bytes - done : 0;
}

static uint64_t left_to_prepare(const struct wal *wal)
{
    return left_of(wal, &wal->current) + left_of(wal, &wal->next);
}

/*
 * Writes one slice of zeros and syncs it at once. If all zeros of a segment were synced together,
 * an append that comes meanwhile would wait for all of them.
 *
 * *lacks_room: the disk was full before anything was synced. That is not final. A failed sync is
 * always final, also if its reason is a full disk: after it, it is unknown what is on the disk.
 */
static int prepare_slice(struct wal *wal, uint64_t budget_bytes, bool *lacks_room)
{
    const struct wal_files *files = &wal->prepare_files;
    struct wal_segment *segment = left_of(wal, &wal->current) > 0 ? &wal->current : &wal->next;
    int result = 0;

    if (segment->file < 0 && wal->freed_count > 0) {
        result = wal_recycle_segment(wal, files, wal->current.number + 1, segment);
    } else if (segment->file < 0) {
        result = wal_create_segment(wal, files, wal->current.number + 1, WAL_SEGMENT_HEADER_BYTES,
                                    segment);
    }
    if (result == 0) {
        uint64_t left = left_of(wal, segment);
        uint64_t size = left < budget_bytes ? left : budget_bytes;

        result = wal_segment_zero(files, segment, segment->zeroed_bytes + size, &wal->failure);
    }
    *lacks_room = is_full(result);
    if (result == 0) {
        result = wal_segment_sync(files, segment, &wal->failure);
    }
    if (result == 0 && left_of(wal, segment) == 0 && !segment->is_published) {
        result = wal_segment_publish(&wal->files, segment, &wal->failure);
    }
    return result;
}

/* A disk that is too full to prepare a segment is not a failure: there may be enough room for the
 * batches that will come. Logs it and postpones the next attempt. */
static void prepare_later(struct wal *wal)
{
    LOG_WARNING("%s", wal->failure.message);
    wal->failure = (struct raftd_error){0};
    wal->prepare_at_batch = wal->batch_count + PREPARE_AGAIN_BATCHES;
    if (!wal->next.is_published) {
        wal_segment_close(&wal->files, &wal->next);
    }
}

uint64_t wal_prepare(struct wal *wal, uint64_t budget_bytes, struct raftd_error *error)
{
    uint64_t budget = budget_bytes / WAL_BLOCK_BYTES * WAL_BLOCK_BYTES;
    bool lacks_room;
    int result;

    if (error != NULL) {
        *error = (struct raftd_error){0};
    }
    if (wal->failure.code != 0) {
        wal_fail(wal, error);
        return 0;
    }
    if (wal->batch_count < wal->prepare_at_batch || left_to_prepare(wal) == 0) {
        return 0;
    }
    result = prepare_slice(wal, budget > 0 ? budget : WAL_BLOCK_BYTES, &lacks_room);
    if (lacks_room) {
        prepare_later(wal);
        return 0;
    }
    if (result < 0) {
        wal_fail(wal, error);
        return 0;
    }
    return left_to_prepare(wal);
}

/* Batches. */

struct batch_size {
    uint64_t payload_bytes;
    uint64_t record_count;
};

static struct batch_size measure(const struct raft_write *writes, size_t count)
{
    struct batch_size size = {0};

    for (size_t i = 0; i < count; i++) {
        const struct raft_write *write = &writes[i];

        if (write->has_hard_state) {
            size.payload_bytes += WAL_RECORD_HARD_STATE_BYTES;
            size.record_count++;
        }
        if (write->has_base) {
            size.payload_bytes += WAL_RECORD_RESET_BYTES;
            size.record_count++;
        }
        if (write->truncate_from != 0) {
            size.payload_bytes += WAL_RECORD_TRUNCATE_BYTES;
            size.record_count++;
        }
        for (size_t entry = 0; entry < write->entry_count; entry++) {
            size.payload_bytes += WAL_RECORD_ENTRY_BYTES + write->entries[entry]->size_bytes;
        }
        size.record_count += write->entry_count;
    }
    return size;
}

/* An entry that is larger than the limit would make the next wal_open() fail, so none is
 * written. */
static int check_entries(struct wal *wal, const struct raft_write *writes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t entry = 0; entry < writes[i].entry_count; entry++) {
            if (writes[i].entries[entry]->size_bytes > wal->max_entry_bytes) {
                return error_set(&wal->failure, RAFTD_ERROR_TOO_LARGE,
                                 "cannot write the entry at index %" PRIu64
                                 ": it has %u bytes, and the limit is %u",
                                 writes[i].entries[entry]->index,
                                 writes[i].entries[entry]->size_bytes, wal->max_entry_bytes);
            }
        }
    }
    return 0;
}

/* Writes the records of one write of the core to `place`, and updates term, vote, the last index
 * and the extents. Returns the address after the records. */
static uint8_t *put_write(struct wal *wal, uint8_t *place, const struct raft_write *write)
{
    if (write->has_hard_state) {
        ASSERT(write->term >= wal->term);
        ASSERT(write->term > wal->term || wal->vote == 0 || write->vote == wal->vote);
        wal->term = write->term;
        wal->vote = write->vote;
        if (write->promise_known) {
            wal->promise_known = true;
            wal->promise_ms = write->promise_ms;
        }
        place = wal_record_put_hard_state(place, write->term,
                                          PLANT(store_vote_not_written) ? 0 : write->vote,
                                          wal->promise_known, wal->promise_ms);
    }
    if (write->has_base) {
        wal->last_index = write->base_index;
        wal_extents_reset(&wal->extents);
        wal_marks_reset(&wal->marks, write->base_index);
        place = wal_record_put_reset(place, write->base_index, write->base_term);
    }
    if (write->truncate_from != 0) {
        ASSERT(write->truncate_from <= wal->last_index + 1);
        wal_extents_truncate(&wal->extents, write->truncate_from);
        wal_marks_truncate(&wal->marks, write->truncate_from);
        wal->last_index = write->truncate_from - 1;
        place = wal_record_put_truncate(place, write->truncate_from);
    }
    for (size_t i = 0; i < write->entry_count; i++) {
        ASSERT(write->entries[i]->index == wal->last_index + 1);
        wal->last_index++;
        place = wal_record_put_entry(place, write->entries[i]);
    }
    ASSERT(write->last_index == wal->last_index);
    wal->last_term = write->last_term;
    return place;
}

static void reserve_buffer(struct wal *wal, size_t size)
{
    size_t wanted = wal->buffer_bytes > 0 ? wal->buffer_bytes : 16 * WAL_BLOCK_BYTES;

    if (size <= wal->buffer_bytes) {
        return;
    }
    while (wanted < size) {
        wanted *= 2;
    }
    memory_free(wal->buffer);
    wal->buffer = memory_allocate_aligned(WAL_BLOCK_BYTES, wanted);
    wal->buffer_bytes = wanted;
}

/* Seals the batch in the buffer and writes it to the current segment. */
static int write_batch(struct wal *wal, struct wal_batch_header *header)
{
    uint64_t batch_bytes = wal_padded_bytes(WAL_BATCH_HEADER_BYTES + header->payload_bytes);
    int result;

    wal_batch_seal(wal->buffer, header, wal->current.nonce);
    result = wal_segment_append(&wal->files, &wal->prepare_files, &wal->current, wal->buffer,
                                batch_bytes, wal->segment_bytes, &wal->failure);
    if (result < 0) {
        return result;
    }
    wal->sequence = header->sequence;
    wal->batch_count++;
    wal->written_bytes += batch_bytes;
    if (wal->buffer_bytes > BUFFER_KEEP_BYTES) {
        memory_free(wal->buffer);
        wal->buffer = NULL;
        wal->buffer_bytes = 0;
    }
    return 0;
}

/* The start record that every segment begins with says at which index the segment continues. */
static uint8_t *put_start(struct wal *wal, uint8_t *place, struct wal_batch_header *header)
{
    wal_extents_add(&wal->extents, wal->current.number, wal->last_index + 1);
    header->record_count++;
    return wal_record_put_start(place, wal->last_index, wal->last_term);
}

/*
 * Repeats term, vote and promise, in each batch. The segments before this one will be freed some
 * day, and the disk may damage a batch before this one: neither must take away what the node has
 * promised. A batch is padded to whole blocks, so these bytes cost nothing.
 */
static uint8_t *put_hard_state(const struct wal *wal, uint8_t *place,
                               struct wal_batch_header *header)
{
    if (PLANT(store_roll_without_hard_state)) {
        return place;
    }
    header->record_count++;
    return wal_record_put_hard_state(place, wal->term,
                                     PLANT(store_vote_not_written) ? 0 : wal->vote,
                                     wal->promise_known, wal->promise_ms);
}

/* Appends the writes as one batch; only the first one may begin a segment. Returns 0, or a negative
 * value with the message in wal->failure. */
static int append_batch(struct wal *wal, const struct raft_write *writes, size_t count)
{
    bool begins_segment = writes[0].begins_segment && !PLANT(store_reset_in_place);
    /* Includes the record that opens a segment, although most batches do not have it. */
    struct batch_size size = measure(writes, count);
    uint64_t batch_bytes =
        wal_padded_bytes(WAL_BATCH_HEADER_BYTES + OPENING_BYTES + size.payload_bytes);
    struct wal_batch_header header;
    uint8_t *place;

    ASSERT(size.record_count > 0 && size.record_count < UINT32_MAX);
    /* A batch that does not fit the rest of this segment goes into the next one. A batch that is
     * larger than a whole segment gets a segment for itself, and that file becomes larger. */
    if (wal->current.offset_bytes > WAL_SEGMENT_HEADER_BYTES &&
        (wal->current.offset_bytes + batch_bytes > wal->segment_bytes || begins_segment ||
         BUGGIFY(store_rolls_early)) &&
        roll(wal) < 0) {
        return -1;
    }
    reserve_buffer(wal, batch_bytes);
    header = (struct wal_batch_header){
        .record_count = (uint32_t)size.record_count,
        .sequence = wal->sequence + 1,
        .next_index = wal->last_index + 1,
    };
    place = wal->buffer + WAL_BATCH_HEADER_BYTES;
    wal_marks_begin_batch(&wal->marks, wal->current.number, wal->current.offset_bytes,
                          header.next_index);
    if (wal->current.offset_bytes == WAL_SEGMENT_HEADER_BYTES) {
        place = put_start(wal, place, &header);
    }
    place = put_hard_state(wal, place, &header);
    for (size_t i = 0; i < count; i++) {
        place = put_write(wal, place, &writes[i]);
    }
    header.payload_bytes = (uint64_t)(place - wal->buffer) - WAL_BATCH_HEADER_BYTES;
    wal->has_clean_end = false;
    return write_batch(wal, &header);
}

int wal_append(struct wal *wal, const struct raft_write *writes, size_t count,
               struct raftd_error *error)
{
    size_t done = 0;

    ASSERT(count > 0);
    if (wal->failure.code != 0 || check_entries(wal, writes, count) != 0) {
        return wal_fail(wal, error);
    }
    for (size_t i = 1; i <= count; i++) {
        if (i < count && !writes[i].begins_segment) {
            continue;
        }
        if (append_batch(wal, &writes[done], i - done) < 0) {
            return wal_fail(wal, error);
        }
        done = i;
    }
    return 0;
}

void wal_write_clean_end(struct wal *wal)
{
    uint8_t *place;
    struct wal_batch_header header = {
        .record_count = 1,
        .sequence = wal->sequence + 1,
        .next_index = wal->last_index + 1,
    };

    if (wal->failure.code != 0 || wal->sequence == 0 || wal->has_clean_end) {
        return;
    }
    reserve_buffer(wal, WAL_BLOCK_BYTES);
    place = put_hard_state(wal, wal->buffer + WAL_BATCH_HEADER_BYTES, &header);
    place = wal_record_put_clean_end(place);
    header.payload_bytes = (uint64_t)(place - wal->buffer) - WAL_BATCH_HEADER_BYTES;
    if (write_batch(wal, &header) < 0) {
        LOG_WARNING("%s; so the log ends without a clean-end mark", wal->failure.message);
    }
}
