/*
 * Saves a snapshot: writes the slices that the core thread takes from the state machine to a file;
 * the states are drawn in private.h. Looks at the room on the disk before and while. A snapshot
 * counts as saved when the file was read back from the disk and found intact: until then no older
 * snapshot is removed, and no part of the log. Snapshot worker only; waits for the disk.
 */
#include "base/error.h"
#include "snapshot/private.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    /* The free space is looked at each time that the file has grown by so much. */
    LOOK_EVERY_BYTES = 4 * 1024 * 1024,
    VERIFY_BYTES = 4 * 1024 * 1024, /* of the finished file, read back in one turn */
};

static void publish_saving(struct snapshot_worker *worker)
{
    atomic_store_explicit(&worker->published_saving_index, worker->saving_index,
                          memory_order_relaxed);
    atomic_store_explicit(&worker->published_saving_bytes,
                          worker->writer != NULL ? snapshot_writer_content_bytes(worker->writer)
                                                 : 0,
                          memory_order_relaxed);
}

static void note_failure(struct snapshot_worker *worker, int code, const struct raftd_error *error)
{
    if (code != 0) {
        LOG_WARNING("snapshot of index %llu failed: %s", (unsigned long long)worker->saving_index,
                    error->message);
        worker->saving_code = code;
    }
}

/* The best guess at the size of the new file is the size of the last one. Transfers may hold files
 * that would be removed otherwise: if there is no room, they begin anew with the newest file. */
static int make_room(struct snapshot_worker *worker, struct raftd_error *error)
{
    uint64_t bytes = atomic_load_explicit(&worker->newest_bytes, memory_order_relaxed);
    uint32_t keep = worker->options.keep;
    int code = snapshot_check_room(worker, bytes, error);

    if (code != 0) {
        if (snapshot_files_count(worker->files) > keep) {
            snapshot_send_restart(worker, snapshot_files_at(worker->files, keep - 1));
        }
        snapshot_prune(worker);
        code = snapshot_check_room(worker, bytes, error);
    }
    return code;
}

void snapshot_save_begin(struct snapshot_worker *worker, const struct snapshot_info *info,
                         uint64_t floor_index)
{
    const struct snapshot_writer_options options = {
        .fs = worker->options.fs,
        .directory = worker->directory,
        .temporary = SNAPSHOT_SAVE_NAME,
        .compress = worker->options.compress,
    };
    struct raftd_error error = {0};
    int code;

    while (snapshot_save_work(worker)) {
        /* The member has given that one up, but its file is there. */
        if (atomic_load(&worker->stop)) {
            return;
        }
    }
    worker->saving_index = info->index;
    worker->saving_term = info->term;
    worker->saving_floor = floor_index;
    worker->saving_code = 0;
    worker->saving_looked_bytes = 0;
    code = make_room(worker, &error);
    if (code == 0) {
        code = snapshot_writer_create(&options, info, &worker->writer, &error);
    }
    note_failure(worker, code, &error);
    publish_saving(worker);
}

/* The state may be larger than the last one, and others write to the same disk. */
static int look_at_room(struct snapshot_worker *worker, struct raftd_error *error)
{
    uint64_t bytes = snapshot_writer_file_bytes(worker->writer);

    if (bytes < worker->saving_looked_bytes + LOOK_EVERY_BYTES) {
        return 0;
    }
    worker->saving_looked_bytes = bytes;
    return snapshot_check_room(worker, LOOK_EVERY_BYTES, error);
}

void snapshot_save_slice(struct snapshot_worker *worker, const uint8_t *data, size_t size)
{
    struct raftd_error error = {0};
    int code;

    if (worker->writer != NULL) {
        code = look_at_room(worker, &error);
        if (code == 0) {
            code = snapshot_writer_add(worker->writer, data, size, &error);
        }
        if (code != 0) {
            snapshot_writer_abort(worker->writer);
            worker->writer = NULL;
        }
        note_failure(worker, code, &error);
    }
    atomic_fetch_sub(&worker->pending_bytes, size);
    waker_wake(worker->options.core);
    publish_saving(worker);
}

static uint64_t index_before(const struct snapshot_worker *worker)
{
    return snapshot_files_count(worker->files) > 1 ? snapshot_files_at(worker->files, 1) : 0;
}

/* ---- reading it back ---- */

static void end_verifying(struct snapshot_worker *worker)
{
    snapshot_reader_close(worker->verifier);
    worker->verifier = NULL;
}

/* The file was read back and is intact, so the snapshots before it may go. */
static void accept(struct snapshot_worker *worker)
{
    uint64_t index = worker->saving_index;

    end_verifying(worker);
    snapshot_files_add(worker->files, index);
    snapshot_files_set_checked(worker->files, index, clock_monotonic_ms());
    worker->verified_index = index; /* not set_intact(): before an offer it is read once more */
    snapshot_send_outdated(worker, worker->saving_floor);
    snapshot_prune(worker);
    snapshot_publish_newest(worker);
    LOG_INFO("saved a snapshot of index %llu: %llu bytes, %llu in the file",
             (unsigned long long)index, (unsigned long long)worker->saving_bytes,
             (unsigned long long)atomic_load_explicit(&worker->newest_bytes, memory_order_relaxed));
}

/* The file is damaged, or cannot be read now: it is set aside, so that files that nobody has read
 * do not pile up. The snapshots before it and the log stay. */
static void reject(struct snapshot_worker *worker, int code, const struct raftd_error *error)
{
    end_verifying(worker);
    note_failure(worker, code, error);
    snapshot_files_add(worker->files, worker->saving_index);
    snapshot_set_aside(worker, worker->saving_index);
    snapshot_send_damaged(worker, worker->saving_index);
}

static void tell_saved(struct snapshot_worker *worker)
{
    /* If the member takes no notice of this event, worker.c tells the rest. */
    worker->told_oldest = snapshot_send_oldest(worker, worker->told_oldest);
    snapshot_push_event(worker, (struct snapshot_event){.type = SNAPSHOT_EVENT_SAVED,
                                                        .before_index = index_before(worker),
                                                        .code = worker->saving_code,
                                                        .index = worker->saving_index,
                                                        .needed_index = snapshot_send_oldest(
                                                            worker, worker->saving_index)});
    worker->saving_index = 0;
    publish_saving(worker);
}

/* Reads up to `budget` bytes of the file. */
static void verify(struct snapshot_worker *worker, uint64_t budget)
{
    uint64_t until = snapshot_reader_done_bytes(worker->verifier) + budget;
    struct raftd_error error = {0};
    const uint8_t *data;
    size_t size;
    int code = 1;

    while (code > 0 && snapshot_reader_done_bytes(worker->verifier) < until) {
        code = snapshot_reader_next(worker->verifier, &data, &size, &error);
    }
    if (code > 0) {
        return;
    }
    if (code == 0) {
        accept(worker);
    } else {
        reject(worker, code, &error);
    }
    tell_saved(worker);
}

bool snapshot_save_work(struct snapshot_worker *worker)
{
    if (worker->verifier != NULL) {
        verify(worker, VERIFY_BYTES);
    }
    return worker->verifier != NULL;
}

/* The file is complete and has its name. It is read back from the disk before it counts. */
static void begin_verifying(struct snapshot_worker *worker)
{
    char name[SNAPSHOT_NAME_BYTES];
    struct raftd_error error = {0};
    int code;

    snapshot_name(name, worker->saving_index);
    code = snapshot_reader_open_on_disk(worker->options.fs, worker->directory, name,
                                        &worker->verifier, &error);
    if (code != 0) {
        reject(worker, code, &error);
    }
}

void snapshot_save_end(struct snapshot_worker *worker)
{
    struct raftd_error error = {0};

    if (worker->writer != NULL) {
        worker->saving_bytes = snapshot_writer_content_bytes(worker->writer);
        note_failure(worker, snapshot_writer_finish(worker->writer, &error), &error);
        worker->writer = NULL;
        if (worker->saving_code == 0) {
            begin_verifying(worker);
        }
    }
    if (worker->verifier == NULL) {
        tell_saved(worker);
    } else {
        snapshot_save_work(worker);
    }
}

void snapshot_save_abort(struct snapshot_worker *worker)
{
    snapshot_writer_abort(worker->writer);
    worker->writer = NULL;
    end_verifying(worker);
    worker->saving_index = 0;
    publish_saving(worker);
}
