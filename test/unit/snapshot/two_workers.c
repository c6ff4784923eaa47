/*
 * Two snapshot workers; see two_workers.h. The state machine is a run of bytes that are known, so
 * that a wrong one is seen.
 */
#include "snapshot/two_workers.h"

#include <poll.h>
#include <stdatomic.h>
#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "sys/clock.h"

enum { PATIENCE_MS = 20000 };

struct transfer transfer;
pthread_mutex_t two_workers_hang = PTHREAD_MUTEX_INITIALIZER;

uint32_t two_workers_patience_ms;

static struct waker core;
static unsigned frame_count;
static bool offer_is_newest;
static bool is_threaded; /* else two_workers_run_until() calls the workers */

/* ---- the state machine ---- */

struct staged {
    size_t size;
    bool wrong;
};

static uint8_t content(size_t at)
{
    return (uint8_t)(at * 2654435761u >> 13);
}

static atomic_bool is_building;

static void *restore_begin(void *context)
{
    (void)context;
    atomic_store(&is_building, true);
    pthread_mutex_lock(&two_workers_hang);
    pthread_mutex_unlock(&two_workers_hang);
    return memory_allocate_zeroed(1, sizeof(struct staged));
}

static int restore_write(void *staged, const void *data, size_t size, struct raftd_error *error)
{
    struct staged *to = staged;

    (void)error;
    for (size_t i = 0; i < size; i++) {
        to->wrong = to->wrong || ((const uint8_t *)data)[i] != content(to->size + i);
    }
    to->size += size;
    return 0;
}

static int restore_finish(void *staged, struct raftd_error *error)
{
    (void)staged;
    (void)error;
    return 0;
}

static void restore_abort(void *staged)
{
    memory_free(staged);
}

bool two_workers_is_building(void)
{
    return atomic_load(&is_building);
}

/* ---- two workers ---- */

static void open_side(uint16_t id, const struct snapshot_worker_options *wanted)
{
    struct side *side = &transfer.sides[id];
    struct raftd_error error = {0};
    struct snapshot_files *files;
    const struct fs *fs;
    struct snapshot_worker_options options = *wanted;

    side->memory = fs_memory_create(id);
    fs = fs_memory_table(side->memory);
    options.fs = fs;
    ck_assert_int_eq(fs->make_directory(fs->context, "/data"), 0);
    ck_assert_int_eq(snapshot_files_open(fs, "/data", &files, &error), 0);
    side->worker = snapshot_worker_create(&options, files);
    ck_assert_ptr_nonnull(side->worker);
}

void two_workers_set_up(uint32_t keep, uint64_t reserve_bytes, uint64_t scrub_every_ms,
                        uint64_t stale_ms)
{
    const struct snapshot_worker_options options = {
        .directory = "/data",
        .cluster_id = 7,
        .keep = keep,
        .reserve_bytes = reserve_bytes,
        .scrub_every_ms = scrub_every_ms,
        .stale_ms = stale_ms,
        .machine = {.restore_begin = restore_begin,
                    .restore_write = restore_write,
                    .restore_finish = restore_finish,
                    .restore_abort = restore_abort},
        .core = &core,
        .offer_again_ms = 50,
        .patience_ms = two_workers_patience_ms,
    };

    transfer = (struct transfer){.newest_term = 2};
    frame_count = 0;
    offer_is_newest = false;
    is_threaded = false;
    atomic_store(&is_building, false);
    ck_assert_int_eq(waker_open(&core), 0);
    open_side(SENDER, &options);
    open_side(RECEIVER, &options);
}

void two_workers_tear_down(void)
{
    for (uint16_t id = SENDER; id <= RECEIVER; id++) {
        snapshot_worker_destroy(transfer.sides[id].worker);
        fs_memory_destroy(transfer.sides[id].memory);
    }
    waker_close(&core);
    two_workers_patience_ms = 0;
}

void two_workers_start(void)
{
    is_threaded = true;
    for (uint16_t id = SENDER; id <= RECEIVER; id++) {
        ck_assert_int_eq(snapshot_worker_start(transfer.sides[id].worker), 0);
    }
}

void two_workers_save(uint64_t index)
{
    struct snapshot_info info = {.cluster_id = 7, .index = index, .term = 2, .nonce = index};
    struct snapshot_worker *worker = transfer.sides[SENDER].worker;
    size_t done = 0;

    raft_membership_add(&info.membership, 1, RAFT_MEMBER_VOTER, "a:1");
    snapshot_worker_save_begin(worker, &info, transfer.floor_index);
    while (done < CONTENT_BYTES) {
        uint8_t *slice;

        if (!snapshot_worker_has_room(worker)) {
            if (is_threaded) {
                poll(NULL, 0, 1);
            } else {
                snapshot_worker_work(worker);
            }
            continue;
        }
        slice = memory_allocate(65536);
        for (size_t i = 0; i < 65536; i++) {
            slice[i] = content(done + i);
        }
        snapshot_worker_save_slice(worker, slice, 65536);
        done += 65536;
    }
    snapshot_worker_save_end(worker);
}

static void note_frame(const struct wire_snapshot *frame)
{
    if (frame->kind == WIRE_SNAPSHOT_OFFER) {
        offer_is_newest = true;
    } else if (frame->kind == WIRE_SNAPSHOT_CHUNK) {
        transfer.chunk_bytes += frame->data_bytes;
        transfer.first_offset = offer_is_newest ? frame->offset_bytes : transfer.first_offset;
        offer_is_newest = false;
    }
}

/* Carries a frame to the other worker, or loses it. */
static void carry(uint16_t from, struct wire_frame *frame)
{
    struct raftd_error error = {0};
    struct wire_snapshot *snapshot;

    ck_assert_int_eq(wire_snapshot_decode(&snapshot, frame->data + WIRE_HEADER_BYTES,
                                          frame->size_bytes - WIRE_HEADER_BYTES, &error),
                     0);
    memory_free(frame);
    note_frame(snapshot);
    if (snapshot->kind == WIRE_SNAPSHOT_ANSWER && snapshot->answer == WIRE_SNAPSHOT_REFUSED) {
        transfer.last_refusal = snapshot->offset_bytes;
        transfer.refusals++;
    }
    if (transfer.flip_at != 0 && snapshot->kind == WIRE_SNAPSHOT_CHUNK &&
        snapshot->offset_bytes >= transfer.flip_at) {
        snapshot->data[100] ^= 1;
        transfer.flip_at = 0;
    }
    if ((transfer.drop_every != 0 && ++frame_count % transfer.drop_every == 0) ||
        (transfer.is_offered_once && snapshot->kind == WIRE_SNAPSHOT_OFFER &&
         transfer.chunk_bytes > 0)) {
        memory_free(snapshot);
        return;
    }
    snapshot_worker_frame(transfer.sides[3 - from].worker, from, snapshot, transfer.newest_term);
}

static void take(uint16_t id, const struct snapshot_event *event)
{
    switch (event->type) {
    case SNAPSHOT_EVENT_FRAME:
        if (event->peer == STRANGER) {
            transfer.strange++;
            memory_free(event->frame);
            break;
        }
        ck_assert_uint_eq(event->peer, 3 - id);
        carry(id, event->frame);
        break;
    case SNAPSHOT_EVENT_SENT:
        transfer.sent++;
        transfer.sent_index = event->index;
        break;
    case SNAPSHOT_EVENT_FAILED:
        transfer.failed++;
        break;
    case SNAPSHOT_EVENT_RECEIVED: {
        const struct staged *staged = event->staged;

        transfer.received++;
        transfer.received_index = event->index;
        ck_assert_uint_eq(event->content_bytes, CONTENT_BYTES);
        transfer.staged_is_right = staged->size == CONTENT_BYTES && !staged->wrong;
        snapshot_worker_drop_staged(transfer.sides[id].worker, event->staged);
        memory_free(event->info);
        break;
    }
    case SNAPSHOT_EVENT_SAVED:
        transfer.saved_code = event->code;
        transfer.saved_index = event->index;
        transfer.needed_index = event->needed_index;
        break;
    case SNAPSHOT_EVENT_ENDED:
        ck_assert_uint_eq(id, SENDER);
        transfer.ended++;
        transfer.left_index = event->needed_index;
        break;
    case SNAPSHOT_EVENT_DAMAGED:
        ck_assert_uint_eq(id, SENDER);
        transfer.damaged_index = event->index;
        transfer.newest_good_index = event->before_index;
        break;
    }
}

/* Carries frames until a condition is true. */
void two_workers_run_until(bool (*wanted)(void))
{
    uint64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
    struct snapshot_event event;

    while (!wanted()) {
        bool any = false;

        for (uint16_t id = SENDER; id <= RECEIVER; id++) {
            if (!is_threaded) {
                snapshot_worker_work(transfer.sides[id].worker);
            }
            if (snapshot_worker_next(transfer.sides[id].worker, &event)) {
                take(id, &event);
                any = true;
            }
        }
        if (!any) {
            ck_assert_uint_lt(clock_monotonic_ms(), deadline);
            poll(NULL, 0, 1);
        }
    }
}

uint64_t two_workers_newest(uint16_t id)
{
    struct snapshot_figures figures;

    snapshot_worker_get_figures(transfer.sides[id].worker, &figures);
    return figures.index;
}

/* ---- conditions ---- */

bool is_sent(void)
{
    return transfer.sent > 0 && transfer.received > 0;
}

bool is_half_way(void)
{
    return transfer.chunk_bytes > CONTENT_BYTES / 2;
}

bool has_failed(void)
{
    return transfer.failed > 0;
}

bool has_ended(void)
{
    return transfer.ended > 0;
}

/* The event says so; after it the worker touches no file until it is asked to. */
bool is_saved_as_10(void)
{
    ck_assert_int_eq(transfer.saved_code, 0);
    return transfer.saved_index == 10;
}

bool is_saved_as_20(void)
{
    return transfer.saved_index == 20;
}
