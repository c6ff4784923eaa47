/*
 * Sends snapshot files to peers that need entries which the log no longer holds; the states are
 * drawn in snapshot_private.h. The file goes in chunks, within a window of bytes that are not
 * acknowledged. The transfer pauses while there is no connection, and goes on where the receiver
 * says. Meanwhile the file is held, so that it is not removed (T39). Snapshot worker only; waits
 * for the disk.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/plant.h"
#include "snapshot/private.h"
#include "store/snapshot_reader.h"
#include "sys/clock.h"
#include "sys/log.h"

static struct snapshot_send *find(struct snapshot_worker *worker, uint16_t peer)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        if (worker->sends[i].peer == peer) {
            return &worker->sends[i];
        }
    }
    return NULL;
}

static void publish(struct snapshot_worker *worker, const struct snapshot_send *send)
{
    snapshot_publish_transfer(&worker->published_sends[send - worker->sends], send->peer,
                              send->acknowledged_bytes, send->size_bytes);
}

/* Ends the transfer and frees its place. */
static void release(struct snapshot_worker *worker, struct snapshot_send *send)
{
    worker->options.fs->close(worker->options.fs->context, send->file);
    snapshot_files_release(worker->files, send->index);
    *send = (struct snapshot_send){.file = -1};
    publish(worker, send);
}

static void tell(struct snapshot_worker *worker, enum snapshot_event_type type, uint16_t peer)
{
    snapshot_push_event(worker, (struct snapshot_event){.type = type, .peer = peer});
}

static void offer(struct snapshot_worker *worker, struct snapshot_send *send)
{
    const struct wire_snapshot head = {
        .kind = WIRE_SNAPSHOT_OFFER,
        .index = send->index,
        .id = send->id,
        .offset_bytes = send->size_bytes,
    };

    send->is_answered = false;
    send->heard_ms = clock_monotonic_ms();
    snapshot_push_frame(worker, send->peer, &head, NULL);
}

/* Opens the newest snapshot for this peer. False: there is none that can be read. */
static bool open_newest(struct snapshot_worker *worker, struct snapshot_send *send, uint16_t peer)
{
    const struct fs *fs = worker->options.fs;
    char name[SNAPSHOT_NAME_BYTES];
    char path[WAL_PATH_MAX];
    struct snapshot_reader *reader;
    struct raftd_error error = {0};
    int file;

    if (snapshot_files_count(worker->files) == 0) {
        return false;
    }
    snapshot_name(name, snapshot_files_at(worker->files, 0));
    snapshot_path(worker, name, path);
    if (snapshot_reader_open(fs, worker->directory, name, &reader, &error) != 0) {
        LOG_WARNING("cannot send a snapshot to node %u: %s", peer, error.message);
        return false;
    }
    file = fs->open(fs->context, path, FS_OPEN_READ);
    if (file >= 0) {
        *send = (struct snapshot_send){
            .peer = peer,
            .link_is_up = true,
            .file = file,
            .index = snapshot_reader_info(reader)->index,
            .id = snapshot_reader_info(reader)->nonce,
            .size_bytes = snapshot_reader_file_bytes(reader),
        };
        snapshot_files_hold(worker->files, send->index);
    }
    snapshot_reader_close(reader);
    return file >= 0;
}

void snapshot_send_begin(struct snapshot_worker *worker, uint16_t peer)
{
    struct snapshot_send *send = find(worker, peer);

    if (send != NULL) {
        offer(worker, send); /* the answer says where it goes on */
        return;
    }
    send = find(worker, 0);
    if (send == NULL || !open_newest(worker, send, peer)) {
        tell(worker, SNAPSHOT_EVENT_FAILED, peer);
        return;
    }
    LOG_INFO("node %u needs entries that the log no longer holds: sending it the snapshot of index "
             "%llu, %llu bytes",
             peer, (unsigned long long)send->index, (unsigned long long)send->size_bytes);
    publish(worker, send);
    offer(worker, send);
}

void snapshot_send_link(struct snapshot_worker *worker, uint16_t peer, bool up)
{
    struct snapshot_send *send = find(worker, peer);

    if (send != NULL) {
        send->link_is_up = up;
        if (up) {
            offer(worker, send);
        }
    }
}

static void log_progress(struct snapshot_send *send)
{
    unsigned tenths = (unsigned)(send->acknowledged_bytes * 10 / send->size_bytes);

    if (tenths > send->told_tenths && tenths < 10) {
        send->told_tenths = tenths;
        LOG_INFO("snapshot of index %llu to node %u: %u %%", (unsigned long long)send->index,
                 send->peer, tenths * 10);
    }
}

/* The receiver says up to where it has the file. An offset beyond what was sent is ignored. */
static void on_wanted(struct snapshot_worker *worker, struct snapshot_send *send, uint64_t offset)
{
    if (offset > send->size_bytes || (send->is_answered && offset > send->sent_bytes)) {
        return;
    }
    if (!send->is_answered) {
        send->sent_bytes = offset;
        send->is_answered = true;
    }
    send->acknowledged_bytes = offset;
    ASSERT(send->acknowledged_bytes <= send->sent_bytes && send->sent_bytes <= send->size_bytes);
    publish(worker, send);
    log_progress(send);
}

void snapshot_send_answer(struct snapshot_worker *worker, uint16_t peer,
                          const struct wire_snapshot *answer)
{
    struct snapshot_send *send = find(worker, peer);

    if (send == NULL || answer->id != send->id || answer->index != send->index) {
        return; /* about a transfer that is over */
    }
    send->heard_ms = clock_monotonic_ms();
    switch (answer->answer) {
    case WIRE_SNAPSHOT_WANTED:
        on_wanted(worker, send, answer->offset_bytes);
        break;
    case WIRE_SNAPSHOT_DONE:
        LOG_INFO("node %u has the snapshot of index %llu", peer, (unsigned long long)send->index);
        release(worker, send);
        tell(worker, SNAPSHOT_EVENT_SENT, peer);
        break;
    default:
        LOG_WARNING("node %u refuses the snapshot of index %llu: the log of that node says why",
                    peer, (unsigned long long)send->index);
        release(worker, send);
        tell(worker, SNAPSHOT_EVENT_FAILED, peer);
        break;
    }
}

void snapshot_send_forget(struct snapshot_worker *worker, uint16_t peer)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        if (worker->sends[i].peer != 0 && (peer == 0 || worker->sends[i].peer == peer)) {
            release(worker, &worker->sends[i]);
        }
    }
}

/* Sends one chunk. False: the file cannot be read, and the transfer has failed. */
static bool send_chunk(struct snapshot_worker *worker, struct snapshot_send *send)
{
    const struct fs *fs = worker->options.fs;
    uint64_t left = send->size_bytes - send->sent_bytes;
    size_t most = BUGGIFY(node_snapshot_chunk_is_small) ? 100 : WIRE_SNAPSHOT_CHUNK_MAX;
    size_t size = left < most ? (size_t)left : most;
    ssize_t count = fs->pread(fs->context, send->file, worker->chunk, size, send->sent_bytes);
    struct wire_snapshot head = {
        .kind = WIRE_SNAPSHOT_CHUNK,
        .index = send->index,
        .id = send->id,
        .offset_bytes = send->sent_bytes,
        .data_bytes = (uint32_t)size,
    };

    if (count < 0 || (size_t)count < size) {
        uint16_t peer = send->peer;

        LOG_WARNING("cannot read the snapshot of index %llu, which node %u needs",
                    (unsigned long long)send->index, peer);
        release(worker, send);
        tell(worker, SNAPSHOT_EVENT_FAILED, peer);
        return false;
    }
    snapshot_push_frame(worker, send->peer, &head, worker->chunk);
    send->sent_bytes += size;
    return true;
}

bool snapshot_send_work(struct snapshot_worker *worker)
{
    uint64_t now = clock_monotonic_ms();
    bool any = false;

    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        struct snapshot_send *send = &worker->sends[i];

        if (send->peer == 0) {
            continue;
        }
        any = true;
        if (!send->link_is_up) {
            continue;
        }
        if (now - send->heard_ms >= worker->options.offer_again_ms) {
            offer(worker, send); /* a frame was lost, or the receiver is still checking the file */
        }
        while (send->is_answered && send->sent_bytes < send->size_bytes &&
               send->sent_bytes - send->acknowledged_bytes < SNAPSHOT_WINDOW_BYTES &&
               send_chunk(worker, send)) {
        }
    }
    return any;
}

uint64_t snapshot_send_oldest(const struct snapshot_worker *worker, uint64_t otherwise)
{
    uint64_t oldest = otherwise;

    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        if (worker->sends[i].peer != 0 && worker->sends[i].index < oldest) {
            oldest = worker->sends[i].index;
        }
    }
    return oldest;
}

/*
 * While a snapshot is being sent, the log after it is kept. That must have an end: when there are
 * two newer snapshots, so many entries have been written meanwhile that the newest snapshot is sent
 * instead.
 */
void snapshot_send_outdated(struct snapshot_worker *worker)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        struct snapshot_send *send = &worker->sends[i];

        if (send->peer != 0 && snapshot_files_count(worker->files) >= 3 &&
            send->index < snapshot_files_at(worker->files, 1)) {
            uint16_t peer = send->peer;
            bool up = send->link_is_up;

            LOG_INFO(
                "the snapshot of index %llu is too old for node %u now: sending the newest one",
                (unsigned long long)send->index, peer);
            release(worker, send);
            snapshot_send_begin(worker, peer);
            send = find(worker, peer);
            if (send != NULL) {
                send->link_is_up = up;
            }
        }
    }
}
