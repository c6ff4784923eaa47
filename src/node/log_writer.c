/*
 * The log writer thread; see log_writer.h. The format of the log is that of src/store.
 */
#include "node/log_writer.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/memory.h"
#include "store/reserve.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/ring.h"
#include "sys/thread.h"

enum {
    /* The next segment is filled with zeros in slices of this size, each synced at once. */
    PREPARE_BYTES = 512 * 1024,
    /*
     * Under load, one slice is zeroed each time that so many bytes were written. So the next
     * segment is ready when the current one is half full, and few appends wait for the extra sync.
     */
    PREPARE_EVERY_BYTES = PREPARE_BYTES / 2,
    /* Between two looks at the free space: the first is for what others write, the second for what
     * this thread writes. Without the second, a fast disk could use up the reserve between two
     * looks, and the log write that fails then ends the process. */
    SPACE_EVERY_MS = 500,
    SPACE_EVERY_BYTES = 512 * 1024,
    /* By how much the file that holds a part of the reserve grows at each look. */
    HOLD_BYTES = 4 * 1024 * 1024,
    READ_ERROR_EVERY_MS = 10000, /* between two lines about entries that cannot be read */
};

struct log_writer {
    /* Does not change after the start. */
    struct waker *core;
    struct thread thread;
    bool started;
    struct ring *requests;   /* core thread -> log writer, struct member_write * */
    struct ring *done;       /* log writer -> core thread */
    struct waker waker;      /* consumer: log writer */
    struct ring *reads;      /* core thread -> log writer, struct log_read */
    struct ring *reads_done; /* log writer -> core thread */
    atomic_bool stop;

    _Atomic uint64_t compact_index; /* core thread -> log writer */

    /* The core thread. */
    size_t reads_outstanding; /* asked and not taken back */

    /* The log writer thread. */
    struct wal *wal;
    const char *directory; /* where the free space is watched; NULL = it is not watched */
    uint64_t reserve_bytes;
    struct reserve_file *reserve;
    uint64_t space_due_ms;
    uint64_t space_due_bytes;   /* written_bytes at which the free space is asked for again */
    uint64_t prepared_at_bytes; /* written_bytes when the last slice was zeroed */

    /* Figures: written by the log writer, with relaxed order. */
    _Atomic uint64_t segment_count;
    _Atomic uint64_t size_bytes;
    _Atomic uint64_t batch_count;
    _Atomic uint64_t written_bytes;
    _Atomic uint64_t free_bytes; /* free space of the file system */
};

static void publish_figures(struct log_writer *log_writer)
{
    struct wal_figures figures;

    wal_get_figures(log_writer->wal, &figures);
    atomic_store_explicit(&log_writer->segment_count, figures.segment_count, memory_order_relaxed);
    atomic_store_explicit(&log_writer->size_bytes, figures.size_bytes, memory_order_relaxed);
    atomic_store_explicit(&log_writer->batch_count, figures.batch_count, memory_order_relaxed);
    atomic_store_explicit(&log_writer->written_bytes, figures.written_bytes, memory_order_relaxed);
}

/* Asks for the free space. This thread asks because a file system that hangs may not answer. */
static int64_t ask_for_space(struct log_writer *log_writer)
{
    const struct fs *fs = reserve_file_table(log_writer->reserve);
    int64_t free_bytes = fs->free_bytes(fs->context, log_writer->directory);

    if (free_bytes >= 0) {
        atomic_store_explicit(&log_writer->free_bytes, (uint64_t)free_bytes, memory_order_relaxed);
    }
    return free_bytes;
}

/* Asks for the free space now and then, and wakes the core thread to look at it. */
static void look_at_space(struct log_writer *log_writer)
{
    uint64_t now_ms = clock_monotonic_ms();
    struct wal_figures figures;

    wal_get_figures(log_writer->wal, &figures);
    if (log_writer->directory == NULL || (now_ms < log_writer->space_due_ms &&
                                          figures.written_bytes < log_writer->space_due_bytes)) {
        return;
    }
    log_writer->space_due_ms = now_ms + SPACE_EVERY_MS;
    log_writer->space_due_bytes = figures.written_bytes + SPACE_EVERY_BYTES;
    (void)reserve_file_hold(log_writer->reserve, HOLD_BYTES); /* the rest at the next look */
    if (ask_for_space(log_writer) >= 0) {
        waker_wake(log_writer->core);
    }
}

/* A file of the log is prepared only into space that is not reserved. Without it, appends still
 * find their place: they make the file longer themselves, and wait a little for that. */
static bool has_room_to_prepare(struct log_writer *log_writer)
{
    int64_t free_bytes;

    if (log_writer->directory == NULL) {
        return true;
    }
    free_bytes = ask_for_space(log_writer);
    return free_bytes < 0 ||
           (uint64_t)free_bytes >=
               PREPARE_BYTES + reserve_floor(RESERVE_NEW, log_writer->reserve_bytes);
}

/* A write or fsync that failed is never tried again: after an error the kernel may have dropped the
 * pages, and the next fsync would report success although they are not on disk. */
static _Noreturn void die(const struct raftd_error *error)
{
    LOG_ERROR(
        "%s; this process ends now, because after a failed write it is unknown what is on the disk",
        error->message);
    _exit(LOG_WRITER_EXIT_CODE);
}

/* Takes all writes that are there, makes them durable, and returns them. False: there were none.
 * *restarted: the log was restarted, or a segment begun for the sake of those before it, so that
 * these may not be needed any more. */
static bool write_batch(struct log_writer *log_writer, bool *restarted)
{
    struct member_write *requests[LOG_WRITER_REQUESTS_MAX];
    struct raft_write writes[LOG_WRITER_REQUESTS_MAX];
    struct raftd_error error = {0};
    size_t count = 0;

    while (count < LOG_WRITER_REQUESTS_MAX && ring_pop(log_writer->requests, &requests[count])) {
        writes[count] = requests[count]->write;
        *restarted = *restarted || writes[count].has_base || writes[count].begins_segment;
        count++;
    }
    if (count == 0) {
        return false;
    }
    if (wal_append(log_writer->wal, writes, count, &error) != 0) {
        die(&error);
    }
    for (size_t i = 0; i < count; i++) {
        bool pushed = ring_push(log_writer->done, &requests[i]);

        ASSERT(pushed); /* the ring has a place for each write that is outstanding */
    }
    waker_wake(log_writer->core);
    return true;
}

/* Fills a slice of the next segment with zeros, if no write waits or a slice is due. True if there
 * is more to fill, and room for it. */
static bool prepare_segment(struct log_writer *log_writer)
{
    struct raftd_error error = {0};
    struct wal_figures figures;
    uint64_t left;

    wal_get_figures(log_writer->wal, &figures);
    if (ring_count(log_writer->requests) > 0 &&
        figures.written_bytes < log_writer->prepared_at_bytes + PREPARE_EVERY_BYTES) {
        return true;
    }
    log_writer->prepared_at_bytes = figures.written_bytes;
    if (!has_room_to_prepare(log_writer)) {
        return false;
    }
    left = wal_prepare(log_writer->wal, PREPARE_BYTES, &error);
    if (error.code != 0) {
        die(&error);
    }
    return left > 0;
}

/*
 * Answers one request to read entries. A damaged entry does not end the process: what it did is in
 * the state machine as well, so the member mends the log (src/raft/damage.c).
 */
static bool read_entries(struct log_writer *log_writer)
{
    static struct log_throttle throttles[2]; /* the second for damage */
    struct raftd_error error = {0};
    struct log_read read;
    bool pushed;

    if (!ring_pop(log_writer->reads, &read)) {
        return false;
    }
    read.code = wal_read_entries(log_writer->wal, read.first_index, read.last_index, read.max_bytes,
                                 &read.entries, &error);
    if (read.code != 0 && read.code != RAFTD_ERROR_INVALID &&
        log_throttle_pass(&throttles[read.code == RAFTD_ERROR_CORRUPT], READ_ERROR_EVERY_MS)) {
        LOG_ERROR("%s", error.message);
    }
    pushed = ring_push(log_writer->reads_done, &read);
    ASSERT(pushed); /* the ring has a place for each request that is outstanding */
    waker_wake(log_writer->core);
    return true;
}

/* Removes one segment that a snapshot covers. True if there are more. */
static bool compact(struct log_writer *log_writer)
{
    struct raftd_error error = {0};
    bool more;

    wal_compact(log_writer->wal, atomic_load(&log_writer->compact_index));
    more = wal_free_segment(log_writer->wal, &error);
    if (error.code != 0) {
        die(&error);
    }
    return more;
}

static void run(void *argument)
{
    struct log_writer *log_writer = argument;
    bool unprepared = true;
    uint64_t compacted_index = 0;

    for (;;) {
        bool restarted = false;
        bool worked = write_batch(log_writer, &restarted);

        if (restarted) {
            compacted_index = 0;
        }
        look_at_space(log_writer);

        bool stopping = atomic_load(&log_writer->stop);

        if (!stopping && read_entries(log_writer)) {
            worked = true;
        }

        uint64_t compact_index = atomic_load(&log_writer->compact_index);

        /* Also while stopping: a damaged segment that a snapshot has taken the place of would be
         * found by the next start. */
        if (compact_index != compacted_index) {
            if (!compact(log_writer)) {
                compacted_index = compact_index;
            }
            worked = true;
        }
        /* Not while stopping: the next segment may be gigabytes of zeros. */
        if ((worked || unprepared) && !stopping) {
            unprepared = prepare_segment(log_writer);
            publish_figures(log_writer);
            continue;
        }
        if (stopping && !worked) {
            return;
        }
        waker_prepare(&log_writer->waker);
        if (ring_count(log_writer->requests) == 0 && ring_count(log_writer->reads) == 0 &&
            !atomic_load(&log_writer->stop) &&
            atomic_load(&log_writer->compact_index) == compacted_index) {
            waker_wait(&log_writer->waker, log_writer->directory != NULL ? SPACE_EVERY_MS : -1);
        }
        waker_done(&log_writer->waker);
    }
}

struct log_writer *log_writer_create(struct wal *wal, struct waker *core)
{
    struct log_writer *log_writer = memory_allocate_zeroed(1, sizeof(*log_writer));

    if (waker_open(&log_writer->waker) != 0) {
        memory_free(log_writer);
        return NULL;
    }
    log_writer->core = core;
    atomic_init(&log_writer->free_bytes, UINT64_MAX);
    log_writer->wal = wal;
    log_writer->requests = ring_create(LOG_WRITER_REQUESTS_MAX, sizeof(struct member_write *));
    log_writer->done = ring_create(LOG_WRITER_REQUESTS_MAX, sizeof(struct member_write *));
    log_writer->reads = ring_create(LOG_WRITER_READS_MAX, sizeof(struct log_read));
    log_writer->reads_done = ring_create(LOG_WRITER_READS_MAX, sizeof(struct log_read));
    publish_figures(log_writer);
    return log_writer;
}

void log_writer_watch_space(struct log_writer *log_writer, const char *directory,
                            uint64_t reserve_bytes, struct reserve_file *reserve)
{
    log_writer->directory = directory;
    log_writer->reserve_bytes = reserve_bytes;
    log_writer->reserve = reserve;
    while (reserve_file_hold(reserve, HOLD_BYTES)) {
    }
    look_at_space(log_writer);
}

uint64_t log_writer_free_bytes(const struct log_writer *log_writer)
{
    return atomic_load_explicit(&log_writer->free_bytes, memory_order_relaxed);
}

int log_writer_start(struct log_writer *log_writer)
{
    int code = thread_start(&log_writer->thread, "log-writer", run, log_writer);

    log_writer->started = code == 0;
    return code;
}

void log_writer_stop(struct log_writer *log_writer)
{
    if (log_writer->started) {
        atomic_store(&log_writer->stop, true);
        waker_wake(&log_writer->waker);
        thread_join(&log_writer->thread);
        log_writer->started = false;
    }
}

void log_writer_destroy(struct log_writer *log_writer)
{
    struct member_write *request;
    struct log_read read;

    if (log_writer == NULL) {
        return;
    }
    log_writer_stop(log_writer);
    while ((request = log_writer_next_done(log_writer)) != NULL) {
        member_write_free(request);
    }
    while (log_writer_next_read(log_writer, &read)) {
        wal_entries_free(&read.entries);
    }
    wal_close(log_writer->wal);
    ring_destroy(log_writer->reads);
    ring_destroy(log_writer->reads_done);
    ring_destroy(log_writer->requests);
    ring_destroy(log_writer->done);
    waker_close(&log_writer->waker);
    memory_free(log_writer);
}

void log_writer_submit(struct log_writer *log_writer, struct member_write *request)
{
    bool pushed = ring_push(log_writer->requests, &request);

    ASSERT(pushed); /* the member has no more writes under way than the ring has places */
    waker_wake(&log_writer->waker);
}

bool log_writer_can_read(const struct log_writer *log_writer)
{
    return log_writer->reads_outstanding < LOG_WRITER_READS_MAX;
}

void log_writer_read(struct log_writer *log_writer, const struct log_read *read)
{
    bool pushed;

    ASSERT(log_writer_can_read(log_writer));
    pushed = ring_push(log_writer->reads, read);
    ASSERT(pushed); /* the ring has a place for each read that is outstanding */
    log_writer->reads_outstanding++;
    waker_wake(&log_writer->waker);
}

bool log_writer_next_read(struct log_writer *log_writer, struct log_read *read)
{
    if (!ring_pop(log_writer->reads_done, read)) {
        return false;
    }
    log_writer->reads_outstanding--;
    return true;
}

bool log_writer_has_reads(const struct log_writer *log_writer)
{
    return ring_count(log_writer->reads_done) > 0;
}

void log_writer_compact(struct log_writer *log_writer, uint64_t index)
{
    if (index > atomic_load(&log_writer->compact_index)) {
        atomic_store(&log_writer->compact_index, index);
        waker_wake(&log_writer->waker);
    }
}

struct member_write *log_writer_next_done(struct log_writer *log_writer)
{
    struct member_write *request;

    if (!ring_pop(log_writer->done, &request)) {
        return NULL;
    }
    return request;
}

bool log_writer_has_done(const struct log_writer *log_writer)
{
    return ring_count(log_writer->done) > 0;
}

void log_writer_get_figures(struct log_writer *log_writer, struct wal_figures *figures)
{
    figures->segment_count = atomic_load_explicit(&log_writer->segment_count, memory_order_relaxed);
    figures->size_bytes = atomic_load_explicit(&log_writer->size_bytes, memory_order_relaxed);
    figures->batch_count = atomic_load_explicit(&log_writer->batch_count, memory_order_relaxed);
    figures->written_bytes = atomic_load_explicit(&log_writer->written_bytes, memory_order_relaxed);
}
