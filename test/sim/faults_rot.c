/*
 * Rot in the log of a running process; see faults_rot.h.
 */
#include "sim/faults_rot.h"

#include <stdio.h>

#include "sim/fs_memory.h"
#include "store/wal_format.h"
#include "store/wal_writer.h"

static void path_of(uint64_t segment, char path[HOST_ROT_PATH_BYTES])
{
    char name[WAL_NAME_BYTES];

    wal_segment_name(name, segment);
    snprintf(path, HOST_ROT_PATH_BYTES, "%s/%s", HOST_DIRECTORY, name);
}

/* A random entry that the log in memory has only in part; 0 = there is none. */
static uint64_t draw_entry(const struct host *host, struct sim_random *random)
{
    struct raft_status status;
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t index;

    raft_get_status(host->core, host_now_ms(host), &status);
    for (uint64_t i = status.base_index + 1; i <= status.durable_index; i++) {
        if (raft_log_entry(host->core, i) == NULL) {
            first = first == 0 ? i : first;
            last = i;
        }
    }
    if (first == 0) {
        return 0;
    }
    index = sim_random_between(random, first, last);
    return raft_log_entry(host->core, index) == NULL ? index : last;
}

/* Finds the batch with this entry, from the mark on that a read would begin with. */
static bool find_batch(struct host *host, uint64_t index, struct host_rot *rot, uint64_t *size)
{
    uint64_t limit;
    const struct wal_mark *mark = wal_marks_find(&host->wal->marks, index, &limit);
    char path[HOST_ROT_PATH_BYTES];
    struct wal_segment_header segment;
    struct wal_batch_header batch;
    const uint8_t *bytes;
    uint64_t offset;
    bool found = false;

    if (mark == NULL) {
        return false;
    }
    path_of(mark->number, path);
    bytes = fs_memory_bytes(host->disk, path);
    if (!wal_segment_header_decode(bytes, &segment)) {
        return false;
    }
    for (offset = mark->offset_bytes;
         offset + WAL_BLOCK_BYTES <= fs_memory_size(host->disk, path) &&
         wal_batch_header_decode(bytes + offset, segment.nonce, &batch) &&
         batch.next_index <= index;
         offset += wal_padded_bytes(WAL_BATCH_HEADER_BYTES + batch.payload_bytes)) {
        found = true;
        rot->segment = mark->number;
        rot->offset_bytes = offset;
        *size = WAL_BATCH_HEADER_BYTES + batch.payload_bytes;
    }
    return found;
}

static void flip(struct host *host)
{
    char path[HOST_ROT_PATH_BYTES];
    uint8_t byte;

    path_of(host->rot.segment, path);
    byte = fs_memory_bytes(host->disk, path)[host->rot.offset_bytes] ^ host->rot.mask;
    fs_memory_poke(host->disk, path, host->rot.offset_bytes, &byte, 1);
}

static bool is_there(const struct host *host)
{
    char path[HOST_ROT_PATH_BYTES];

    path_of(host->rot.segment, path);
    return fs_memory_exists(host->disk, path);
}

bool faults_rot_log(struct world *world, struct host *host, struct sim_random *random)
{
    struct host_rot rot = {0};
    uint64_t size;
    uint64_t index;

    if (!host_is_alive(host) || fs_memory_is_dead(host->disk) || host->log_is_damaged ||
        (host->rot.mask != 0 && is_there(host))) {
        return false;
    }
    index = draw_entry(host, random);
    if (index == 0 || !find_batch(host, index, &rot, &size)) {
        return false;
    }
    rot.offset_bytes += sim_random_below(random, size);
    rot.mask = (uint8_t)(1u << sim_random_below(random, 8));
    host->rot = rot;
    flip(host);
    STORY(world, host->id, "its log rots at offset %llu of segment %llu, near index %llu",
          (unsigned long long)rot.offset_bytes, (unsigned long long)rot.segment,
          (unsigned long long)index);
    world_see(world, SEEN_LOG_ROT);
    return true;
}

static void check_votes(struct host *host, const struct raft_outbox *outbox)
{
    for (size_t i = 0; i < outbox->message_count; i++) {
        const struct raft_message *message = &outbox->messages[i];

        if (message->type == RAFT_MESSAGE_VOTE ||
            (message->type == RAFT_MESSAGE_VOTE_REPLY && message->vote_reply.granted)) {
            world_fail(host->world, "a member with a damaged log neither votes nor campaigns",
                       "node %u, whose entry at index %llu is damaged", host->id,
                       (unsigned long long)raft_damaged_index(host->core));
        }
    }
}

void faults_follow_rot(struct host *host, const struct raft_outbox *outbox)
{
    bool is_damaged = raft_damaged_index(host->core) != 0;
    struct raft_status status;

    if (host->lacks_log && !is_damaged) {
        host->lacks_log = false;
        world_see(host->world, SEEN_LOG_WHOLE);
    }
    if (is_damaged && host->log_is_damaged) {
        check_votes(host, outbox);
    } else if (is_damaged) {
        STORY(host->world, host->id, "has a damaged log, and does not vote");
        world_see(host->world, SEEN_LOG_ROT_FOUND);
    } else if (host->log_is_damaged) {
        STORY(host->world, host->id, "has mended its log, and votes again");
        world_see(host->world, SEEN_LOG_MENDED);
        raft_get_status(host->core, host_now_ms(host), &status);
        host->rot.mended_index = host->rot.mask != 0 ? status.base_index : 0;
    }
    host->log_is_damaged = is_damaged;
}

void faults_check_mended(struct host *host)
{
    if (host->rot.mended_index == 0 || host->compact_index < host->rot.mended_index) {
        return;
    }
    host->rot.mended_index = 0;
    if (is_there(host)) {
        world_fail(host->world, "a log that was mended leaves nothing of the damage",
                   "node %u has segment %llu still", host->id,
                   (unsigned long long)host->rot.segment);
    }
}

void faults_end_rot(struct host *host)
{
    if (host->rot.mask != 0 && is_there(host)) {
        flip(host);
    }
    host->rot = (struct host_rot){0};
}
