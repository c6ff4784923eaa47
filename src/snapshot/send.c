/*
 * Sends snapshot files to peers that need entries which the log no longer holds; the states are
 * drawn in private.h. No file is offered before all its checksums were found right (R7). The file
 * goes in chunks, within a window of bytes that are not acknowledged. The transfer pauses while
 * there is no connection, and goes on where the receiver says. Meanwhile the file is held, so that
 * it is not removed (T39). Snapshot worker only; waits for the disk.
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

/* Bytes of a file that are checked in one turn, so that the worker can save and receive between. */
enum { CHECK_BYTES = 4 * 1024 * 1024 };

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

static void close_file(struct snapshot_worker *worker, struct snapshot_send *send)
{
    if (send->file >= 0) {
        worker->options.fs->close(worker->options.fs->context, send->file);
        send->file = -1;
    }
}

/* Ends the transfer and frees its place. */
static void release(struct snapshot_worker *worker, struct snapshot_send *send)
{
    close_file(worker, send);
    snapshot_files_release(worker->files, send->index);
    *send = (struct snapshot_send){.file = -1};
    publish(worker, send);
}

static void tell_failed(struct snapshot_worker *worker, uint16_t peer)
{
    snapshot_push_event(worker,
                        (struct snapshot_event){.type = SNAPSHOT_EVENT_FAILED, .peer = peer});
}

static void fail(struct snapshot_worker *worker, struct snapshot_send *send)
{
    uint16_t peer = send->peer;

    release(worker, send);
    tell_failed(worker, peer);
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

/* Opens the file, which was found intact, perhaps long ago. False: it cannot be opened now; the
 * next transfer reads all of it again, and so finds out whether it is damaged. */
static bool open_file(struct snapshot_worker *worker, struct snapshot_send *send)
{
    const struct fs *fs = worker->options.fs;
    char name[SNAPSHOT_NAME_BYTES];
    char path[WAL_PATH_MAX];
    struct snapshot_reader *reader;
    struct raftd_error error = {0};

    snapshot_name(name, send->index);
    snapshot_path(worker, name, path);
    if (snapshot_reader_open(fs, worker->directory, name, &reader, &error) != 0) {
        LOG_WARNING("cannot send a snapshot to node %u: %s", send->peer, error.message);
        snapshot_files_doubt(worker->files, send->index);
        return false;
    }
    send->file = fs->open(fs->context, path, FS_OPEN_READ);
    send->id = snapshot_reader_info(reader)->nonce;
    send->size_bytes = snapshot_reader_file_bytes(reader);
    snapshot_reader_close(reader);
    return send->file >= 0;
}

/* Chooses the newest snapshot that is older than this index, and holds it. False: there is none. */
static bool choose(struct snapshot_worker *worker, struct snapshot_send *send, uint64_t before)
{
    for (size_t place = 0; place < snapshot_files_count(worker->files); place++) {
        uint64_t index = snapshot_files_at(worker->files, place);

        if (index < before) {
            send->index = index;
            snapshot_files_hold(worker->files, index);
            return true;
        }
    }
    return false;
}

/* The file of this transfer turned out to be of no use: goes on with the one before it. */
static void fall_back(struct snapshot_worker *worker, struct snapshot_send *send)
{
    const struct snapshot_send old = *send;

    release(worker, send);
    send->peer = old.peer;
    send->link_is_up = old.link_is_up;
    send->lost_ms = old.lost_ms;
    if (!choose(worker, send, old.index)) {
        *send = (struct snapshot_send){.file = -1};
        LOG_WARNING("there is no other snapshot for node %u: it has to wait for a new one",
                    old.peer);
        tell_failed(worker, old.peer);
    }
}

void snapshot_send_damaged(struct snapshot_worker *worker, uint64_t index)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        if (worker->sends[i].peer != 0 && worker->sends[i].index == index) {
            fall_back(worker, &worker->sends[i]);
        }
    }
}

static void begin_offering(struct snapshot_worker *worker, struct snapshot_send *send)
{
    if (send->was_refused) {
        /* The file is intact, so it was damaged on its way or at the peer. The core decides when
         * to try again: an offer at once would only be refused again and again. */
        fail(worker, send);
        return;
    }
    if (!open_file(worker, send)) {
        fail(worker, send);
        return;
    }
    LOG_INFO("node %u needs entries that the log no longer holds: sending it the snapshot of index "
             "%llu, %llu bytes",
             send->peer, (unsigned long long)send->index, (unsigned long long)send->size_bytes);
    publish(worker, send);
    if (send->link_is_up) {
        offer(worker, send);
    }
}

/* Reads on in a file that a peer needs and that is not known to be intact. True: there is such a
 * file, so this has to be called again soon. */
static bool check_files(struct snapshot_worker *worker)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        struct snapshot_send *send = &worker->sends[i];
        uint64_t index = send->index;

        if (send->peer == 0 || send->file >= 0) {
            continue;
        }
        if (snapshot_files_is_intact(worker->files, index)) {
            begin_offering(worker, send);
            continue;
        }
        switch (snapshot_check_file(worker, index, CHECK_BYTES)) {
        case SNAPSHOT_CHECK_UNDER_WAY:
            break;
        case SNAPSHOT_CHECK_INTACT:
            begin_offering(worker, send);
            break;
        case SNAPSHOT_CHECK_DAMAGED:
        case SNAPSHOT_CHECK_UNREADABLE:
            snapshot_send_damaged(worker, index);
            break;
        }
        return true;
    }
    return false;
}

void snapshot_send_begin(struct snapshot_worker *worker, uint16_t peer)
{
    struct snapshot_send *send = find(worker, peer);

    if (send != NULL) {
        if (send->file >= 0) {
            offer(worker, send); /* the answer says where it goes on */
        }
        return;
    }
    send = find(worker, 0);
    if (send != NULL) {
        *send = (struct snapshot_send){.peer = peer, .link_is_up = true, .file = -1};
        if (choose(worker, send, UINT64_MAX)) {
            return; /* check_files() goes on with it */
        }
        *send = (struct snapshot_send){.file = -1};
    }
    tell_failed(worker, peer);
}

void snapshot_send_link(struct snapshot_worker *worker, uint16_t peer, bool up)
{
    struct snapshot_send *send = find(worker, peer);

    if (send != NULL) {
        if (send->link_is_up && !up) {
            send->lost_ms = clock_monotonic_ms();
        }
        send->link_is_up = up;
        if (up && send->file >= 0) {
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

/* Unless the peer says that it has no room, the file may be damaged here: it is read again. */
static void on_refused(struct snapshot_worker *worker, struct snapshot_send *send, uint64_t reason)
{
    LOG_WARNING("node %u refuses the snapshot of index %llu%s", send->peer,
                (unsigned long long)send->index,
                reason == WIRE_SNAPSHOT_NO_ROOM   ? ": it has no room for the file"
                : reason == WIRE_SNAPSHOT_DAMAGED ? ": it arrived damaged; checking the file here"
                                                  : ": the log of that node says why");
    if (reason == WIRE_SNAPSHOT_NO_ROOM) {
        fail(worker, send);
        return;
    }
    snapshot_files_doubt(worker->files, send->index);
    close_file(worker, send);
    send->was_refused = true;
    send->is_answered = false;
}

static void on_done(struct snapshot_worker *worker, struct snapshot_send *send)
{
    const struct snapshot_event sent = {
        .type = SNAPSHOT_EVENT_SENT, .peer = send->peer, .index = send->index};

    LOG_INFO("node %u has the snapshot of index %llu", send->peer, (unsigned long long)send->index);
    release(worker, send);
    snapshot_push_event(worker, sent);
}

void snapshot_send_answer(struct snapshot_worker *worker, uint16_t peer,
                          const struct wire_snapshot *answer)
{
    struct snapshot_send *send = find(worker, peer);

    if (send == NULL || send->file < 0 || answer->id != send->id || answer->index != send->index) {
        return; /* about a transfer that is over */
    }
    send->heard_ms = clock_monotonic_ms();
    switch (answer->answer) {
    case WIRE_SNAPSHOT_WANTED:
        on_wanted(worker, send, answer->offset_bytes);
        break;
    case WIRE_SNAPSHOT_DONE:
        on_done(worker, send);
        break;
    default:
        on_refused(worker, send, answer->offset_bytes);
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
        LOG_WARNING("cannot read the snapshot of index %llu, which node %u needs",
                    (unsigned long long)send->index, send->peer);
        snapshot_files_doubt(worker->files, send->index);
        fail(worker, send);
        return false;
    }
    snapshot_push_frame(worker, send->peer, &head, worker->chunk);
    send->sent_bytes += size;
    return true;
}

/* A peer that is gone for long holds neither the file nor the log after it. When it is back, the
 * core asks again, and the transfer goes on where it was if the file is still the newest. */
static void end_lost(struct snapshot_worker *worker, uint64_t now)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        struct snapshot_send *send = &worker->sends[i];

        if (send->peer != 0 && !send->link_is_up &&
            now - send->lost_ms >= worker->options.patience_ms) {
            LOG_WARNING("node %u is gone: the snapshot of index %llu waits for it no longer",
                        send->peer, (unsigned long long)send->index);
            fail(worker, send);
        }
    }
}

bool snapshot_send_work(struct snapshot_worker *worker)
{
    uint64_t now = clock_monotonic_ms();
    bool any = false;

    end_lost(worker, now);
    worker->is_checking = check_files(worker);
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        struct snapshot_send *send = &worker->sends[i];

        if (send->peer == 0) {
            continue;
        }
        any = true;
        if (!send->link_is_up || send->file < 0) {
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

void snapshot_send_restart(struct snapshot_worker *worker, uint64_t before)
{
    for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++) {
        struct snapshot_send *send = &worker->sends[i];

        if (send->peer != 0 && send->index < before) {
            const struct snapshot_send old = *send;

            LOG_INFO(
                "the snapshot of index %llu is too old for node %u now: sending the newest one",
                (unsigned long long)old.index, old.peer);
            release(worker, send);
            snapshot_send_begin(worker, old.peer);
            send = find(worker, old.peer);
            if (send != NULL) {
                send->link_is_up = old.link_is_up;
                send->lost_ms = old.lost_ms;
            }
        }
    }
}

/*
 * While a snapshot is being sent, the log after it is kept, so that the peer can catch up by it.
 * That must have an end, which the member decides: the log has grown by more than is worth it, or
 * the disk is nearly full. Then the newest snapshot is sent instead, if it spares the peer much:
 * the peer has to get it from the first byte on.
 */
void snapshot_send_outdated(struct snapshot_worker *worker, uint64_t floor_index)
{
    if (snapshot_files_count(worker->files) >= 3) {
        uint64_t second = snapshot_files_at(worker->files, 1);

        snapshot_send_restart(worker, floor_index < second ? floor_index : second);
    }
}
