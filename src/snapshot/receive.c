/*
 * Receives a snapshot file from the leader, checks it, and builds a staged state from it; the
 * states are drawn in private.h. One file at a time, with a temporary name. No byte of it
 * is trusted before the whole file was read again from the disk and its checksums were verified.
 * Snapshot worker only; waits for the disk.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "snapshot/private.h"
#include "store/snapshot_reader.h"
#include "sys/clock.h"
#include "sys/log.h"

/* Bytes that are written between two syncs: many unsynced bytes would delay the log's own syncs. */
enum { SYNC_EVERY_BYTES = 4 * 1024 * 1024 };

enum { STALE_MS = 60000 };

static void answer(struct snapshot_worker *worker, uint16_t peer, const struct wire_snapshot *to,
                   enum wire_snapshot_answer what, uint64_t offset)
{
    const struct wire_snapshot head = {
        .kind = WIRE_SNAPSHOT_ANSWER,
        .answer = (uint8_t)what,
        .index = to->index,
        .id = to->id,
        .offset_bytes = offset,
    };

    snapshot_push_frame(worker, peer, &head, NULL);
}

/* Ends receiving. The file stays as it is. */
static void close_file(struct snapshot_worker *worker)
{
    worker->options.fs->close(worker->options.fs->context, worker->receive.file);
    worker->receive = (struct snapshot_receive){.file = -1};
    snapshot_publish_transfer(&worker->published_receive, 0, 0, 0);
}

static void remove_file(struct snapshot_worker *worker)
{
    char path[WAL_PATH_MAX];

    snapshot_path(worker, SNAPSHOT_RECEIVE_NAME, path);
    worker->options.fs->unlink(worker->options.fs->context, path);
}

void snapshot_receive_abandon(struct snapshot_worker *worker)
{
    if (worker->receive.is_active) {
        close_file(worker);
        remove_file(worker);
    }
}

static int create_file(struct snapshot_worker *worker)
{
    const struct fs *fs = worker->options.fs;
    char path[WAL_PATH_MAX];
    int file;

    snapshot_path(worker, SNAPSHOT_RECEIVE_NAME, path);
    file = fs->open(fs->context, path, FS_OPEN_CREATE);
    if (file == -EEXIST) {
        fs->unlink(fs->context, path);
        file = fs->open(fs->context, path, FS_OPEN_CREATE);
    }
    return file;
}

static bool is_under_way(const struct snapshot_worker *worker, const struct wire_snapshot *frame)
{
    const struct snapshot_receive *receive = &worker->receive;

    return receive->is_active && receive->index == frame->index && receive->id == frame->id;
}

void snapshot_receive_offer(struct snapshot_worker *worker, uint16_t peer,
                            const struct wire_snapshot *offer)
{
    struct snapshot_receive *receive = &worker->receive;
    struct raftd_error error = {0};
    int file;

    if (snapshot_files_count(worker->files) > 0 &&
        snapshot_files_at(worker->files, 0) >= offer->index) {
        answer(worker, peer, offer, WIRE_SNAPSHOT_DONE, 0);
        return;
    }
    if (is_under_way(worker, offer) && receive->size_bytes == offer->offset_bytes) {
        receive->peer = peer;
        receive->heard_ms = clock_monotonic_ms();
        answer(worker, peer, offer, WIRE_SNAPSHOT_WANTED, receive->received_bytes);
        return;
    }
    snapshot_receive_abandon(worker);
    if (snapshot_check_room(worker, offer->offset_bytes, &error) != 0) {
        LOG_WARNING("the snapshot of index %llu that node %u offers is refused: %s",
                    (unsigned long long)offer->index, peer, error.message);
        answer(worker, peer, offer, WIRE_SNAPSHOT_REFUSED, WIRE_SNAPSHOT_NO_ROOM);
        return;
    }
    file = create_file(worker);
    if (file < 0) {
        LOG_WARNING("cannot store a snapshot in %s: %s", worker->directory, strerror(-file));
        answer(worker, peer, offer, WIRE_SNAPSHOT_REFUSED, WIRE_SNAPSHOT_NO_ROOM);
        return;
    }
    *receive = (struct snapshot_receive){
        .is_active = true,
        .peer = peer,
        .file = file,
        .index = offer->index,
        .id = offer->id,
        .size_bytes = offer->offset_bytes,
        .heard_ms = clock_monotonic_ms(),
    };
    LOG_INFO("receiving the snapshot of index %llu from node %u, %llu bytes",
             (unsigned long long)offer->index, peer, (unsigned long long)offer->offset_bytes);
    snapshot_publish_transfer(&worker->published_receive, peer, 0, offer->offset_bytes);
    answer(worker, peer, offer, WIRE_SNAPSHOT_WANTED, 0);
}

/* Reads the whole file again. The state machine gets only bytes whose checksum is right. */
static int stage(struct snapshot_worker *worker, struct snapshot_reader *reader, void *staged,
                 struct raftd_error *error)
{
    const struct snapshot_info *info = snapshot_reader_info(reader);
    const uint8_t *data;
    size_t size;
    int code;

    if (info->cluster_id != worker->options.cluster_id || info->index != worker->receive.index ||
        info->nonce != worker->receive.id) {
        return error_set(
            error, RAFTD_ERROR_REFUSED,
            "the file is not the snapshot that was offered, or it belongs to another cluster");
    }
    if (info->term > worker->term) {
        return error_set(error, RAFTD_ERROR_REFUSED,
                         "its last entry has the term %llu, but the cluster is in term %llu",
                         (unsigned long long)info->term, (unsigned long long)worker->term);
    }
    while ((code = snapshot_reader_next(reader, &data, &size, error)) > 0) {
        code = worker->options.machine.restore_write(staged, data, size, error);
        if (code != 0) {
            return code;
        }
        if (atomic_load(&worker->stop)) {
            return error_set(error, RAFTD_ERROR_STOPPED, "the node is stopping");
        }
    }
    return code != 0 ? code : worker->options.machine.restore_finish(staged, error);
}

/* The file is complete and intact: it gets its name. */
static int publish(struct snapshot_worker *worker, struct raftd_error *error)
{
    const struct fs *fs = worker->options.fs;
    char name[SNAPSHOT_NAME_BYTES];
    char from[WAL_PATH_MAX];
    char to[WAL_PATH_MAX];
    int result;

    snapshot_name(name, worker->receive.index);
    snapshot_path(worker, SNAPSHOT_RECEIVE_NAME, from);
    snapshot_path(worker, name, to);
    result = fs->rename(fs->context, from, to);
    if (result == 0) {
        result = fs->sync_directory(fs->context, worker->directory);
    }
    if (result < 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot rename the file: %s",
                         strerror(-result));
    }
    snapshot_files_add(worker->files, worker->receive.index);
    return 0;
}

static int check(struct snapshot_worker *worker, struct snapshot_info *info, void *staged,
                 uint64_t *content_bytes, struct raftd_error *error)
{
    const struct fs *fs = worker->options.fs;
    struct snapshot_reader *reader;
    int result = fs->fsync(fs->context, worker->receive.file);
    int code;

    if (result < 0) {
        return error_set(error, RAFTD_ERROR_SYSTEM, "cannot sync the file: %s", strerror(-result));
    }
    code = snapshot_reader_open(fs, worker->directory, SNAPSHOT_RECEIVE_NAME, &reader, error);
    if (code != 0) {
        return code;
    }
    *info = *snapshot_reader_info(reader);
    code = stage(worker, reader, staged, error);
    *content_bytes = snapshot_reader_content_bytes(reader);
    snapshot_reader_close(reader);
    return code != 0 ? code : publish(worker, error);
}

/* All bytes of the file are there. */
static void complete(struct snapshot_worker *worker, const struct wire_snapshot *frame)
{
    const struct raftd_state_machine *machine = &worker->options.machine;
    struct snapshot_info *info = memory_allocate(sizeof(*info));
    void *staged = machine->restore_begin(machine->context);
    uint16_t peer = worker->receive.peer;
    struct raftd_error error = {0};
    uint64_t content_bytes = 0;
    int code = check(worker, info, staged, &content_bytes, &error);

    close_file(worker);
    if (code != 0) {
        LOG_WARNING("the snapshot of index %llu from node %u is refused: %s",
                    (unsigned long long)frame->index, peer, error.message);
        remove_file(worker);
        machine->restore_abort(staged);
        memory_free(info);
        answer(worker, peer, frame, WIRE_SNAPSHOT_REFUSED,
               code == RAFTD_ERROR_CORRUPT ? WIRE_SNAPSHOT_DAMAGED : WIRE_SNAPSHOT_NO_REASON);
        return;
    }
    snapshot_files_set_intact(worker->files, frame->index, clock_monotonic_ms());
    snapshot_prune(worker);
    snapshot_publish_newest(worker);
    LOG_INFO("received the snapshot of index %llu", (unsigned long long)info->index);
    /* The core is told before the leader, so that the snapshot is installed when the leader counts
     * on it. */
    snapshot_push_event(worker, (struct snapshot_event){.type = SNAPSHOT_EVENT_RECEIVED,
                                                        .peer = peer,
                                                        .index = frame->index,
                                                        .info = info,
                                                        .staged = staged,
                                                        .content_bytes = content_bytes});
    answer(worker, peer, frame, WIRE_SNAPSHOT_DONE, 0);
}

static void log_progress(struct snapshot_receive *receive)
{
    unsigned tenths = (unsigned)(receive->received_bytes * 10 / receive->size_bytes);

    if (tenths > receive->told_tenths && tenths < 10) {
        receive->told_tenths = tenths;
        LOG_INFO("snapshot of index %llu from node %u: %u %%", (unsigned long long)receive->index,
                 receive->peer, tenths * 10);
    }
}

static int store_chunk(struct snapshot_worker *worker, const struct wire_snapshot *chunk)
{
    struct snapshot_receive *receive = &worker->receive;
    const struct fs *fs = worker->options.fs;
    struct raftd_error error = {0};
    int result =
        fs->pwrite(fs->context, receive->file, chunk->data, chunk->data_bytes, chunk->offset_bytes);

    if (result < 0) {
        return result;
    }
    receive->received_bytes += chunk->data_bytes;
    if (receive->received_bytes - receive->synced_bytes < SYNC_EVERY_BYTES) {
        return 0;
    }
    receive->synced_bytes = receive->received_bytes;
    result = fs->fdatasync(fs->context, receive->file);
    /* Others write to the same disk, so the room that there was at the offer may be gone. */
    if (result == 0 &&
        snapshot_check_room(worker, receive->size_bytes - receive->received_bytes, &error) != 0) {
        LOG_WARNING("%s", error.message);
        result = -ENOSPC;
    }
    return result;
}

void snapshot_receive_chunk(struct snapshot_worker *worker, uint16_t peer,
                            const struct wire_snapshot *chunk)
{
    struct snapshot_receive *receive = &worker->receive;
    int result;

    /* A chunk that does not continue the file is dropped. Then the sender offers the snapshot
     * again, and the answer says where to go on. */
    if (!is_under_way(worker, chunk) || receive->peer != peer ||
        chunk->offset_bytes != receive->received_bytes ||
        chunk->data_bytes > receive->size_bytes - receive->received_bytes) {
        return;
    }
    result = store_chunk(worker, chunk);
    if (result < 0) {
        LOG_WARNING("cannot store the snapshot of index %llu from node %u: %s",
                    (unsigned long long)chunk->index, peer, strerror(-result));
        snapshot_receive_abandon(worker);
        answer(worker, peer, chunk, WIRE_SNAPSHOT_REFUSED, WIRE_SNAPSHOT_NO_ROOM);
        return;
    }
    receive->heard_ms = clock_monotonic_ms();
    snapshot_publish_transfer(&worker->published_receive, peer, receive->received_bytes,
                              receive->size_bytes);
    log_progress(receive);
    if (receive->received_bytes < receive->size_bytes) {
        answer(worker, peer, chunk, WIRE_SNAPSHOT_WANTED, receive->received_bytes);
    } else {
        complete(worker, chunk);
    }
}

bool snapshot_receive_work(struct snapshot_worker *worker)
{
    struct snapshot_receive *receive = &worker->receive;
    uint64_t stale_ms = worker->options.stale_ms != 0 ? worker->options.stale_ms : STALE_MS;

    if (!receive->is_active) {
        return false;
    }
    if (snapshot_files_count(worker->files) > 0 &&
        snapshot_files_at(worker->files, 0) >= receive->index) {
        LOG_INFO("the snapshot of index %llu from node %u is not needed any more",
                 (unsigned long long)receive->index, receive->peer);
        snapshot_receive_abandon(worker);
    } else if (clock_monotonic_ms() - receive->heard_ms >= stale_ms) {
        LOG_INFO("nothing arrived of the snapshot of index %llu from node %u for %llu s: the part "
                 "that is here is removed",
                 (unsigned long long)receive->index, receive->peer,
                 (unsigned long long)stale_ms / 1000);
        snapshot_receive_abandon(worker);
    }
    return receive->is_active;
}
