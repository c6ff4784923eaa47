/*
 * Two snapshot workers and the frames between them: a file arrives complete, goes on where it was
 * after a break, survives lost frames, and is refused if it is damaged.
 */
#include "snapshot/worker.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "sim/fs_memory.h"
#include "store/snapshot_writer.h"
#include "sys/clock.h"

enum { CONTENT_BYTES = 3 << 20, PATIENCE_MS = 20000, SENDER = 1, RECEIVER = 2, STRANGER = 9 };

/* ---- the state machine ---- */

struct staged {
    size_t size;
    bool wrong;
};

static uint8_t content(size_t at)
{
    return (uint8_t)(at * 2654435761u >> 13);
}

/* While the test holds it, a worker that begins to build a state hangs. */
static pthread_mutex_t hang = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool is_building;

static void *restore_begin(void *context)
{
    (void)context;
    atomic_store(&is_building, true);
    pthread_mutex_lock(&hang);
    pthread_mutex_unlock(&hang);
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

/* ---- two workers ---- */

struct side {
    struct fs_memory *memory;
    struct snapshot_worker *worker;
};

static struct waker core;
static struct side sides[3]; /* by id */
/* What the link between the two does. */
static unsigned drop_every; /* frames; 0 = none */
static unsigned frame_count;
static uint64_t flip_at; /* offset of the chunk with a flipped byte; 0 = none */
static bool
    is_offered_once; /* repeated offers are lost, as if a slow receiver answered them too late */
/* What was seen of the transfer. */
static uint64_t chunk_bytes;
static uint64_t first_offset; /* offset of a chunk since the last offer */
static bool offer_is_newest;
static unsigned sent, failed, received, strange;
static uint64_t saved_index;
static bool staged_is_right;

static void open_side(uint16_t id)
{
    struct side *side = &sides[id];
    struct raftd_error error = {0};
    struct snapshot_files *files;
    const struct fs *fs;
    struct snapshot_worker_options options = {
        .directory = "/data",
        .cluster_id = 7,
        .keep = 1,
        .machine = {.restore_begin = restore_begin,
                    .restore_write = restore_write,
                    .restore_finish = restore_finish,
                    .restore_abort = restore_abort},
        .core = &core,
        .offer_again_ms = 50,
    };

    side->memory = fs_memory_create(id);
    fs = fs_memory_table(side->memory);
    options.fs = fs;
    ck_assert_int_eq(fs->make_directory(fs->context, "/data"), 0);
    ck_assert_int_eq(snapshot_files_open(fs, "/data", &files, &error), 0);
    side->worker = snapshot_worker_create(&options, files);
    ck_assert_ptr_nonnull(side->worker);
}

static void set_up(void)
{
    ck_assert_int_eq(waker_open(&core), 0);
    drop_every = frame_count = 0;
    flip_at = chunk_bytes = first_offset = 0;
    sent = failed = received = strange = 0;
    saved_index = 0;
    is_offered_once = false;
    atomic_store(&is_building, false);
    staged_is_right = false;
    open_side(SENDER);
    open_side(RECEIVER);
}

static void tear_down(void)
{
    for (uint16_t id = SENDER; id <= RECEIVER; id++) {
        snapshot_worker_destroy(sides[id].worker);
        fs_memory_destroy(sides[id].memory);
    }
    waker_close(&core);
}

static void start(void)
{
    for (uint16_t id = SENDER; id <= RECEIVER; id++) {
        ck_assert_int_eq(snapshot_worker_start(sides[id].worker), 0);
    }
}

static void save(uint64_t index)
{
    struct snapshot_info info = {.cluster_id = 7, .index = index, .term = 2, .nonce = index};
    struct snapshot_worker *worker = sides[SENDER].worker;
    size_t done = 0;

    raft_membership_add(&info.membership, 1, RAFT_MEMBER_VOTER, "a:1");
    snapshot_worker_save_begin(worker, &info);
    while (done < CONTENT_BYTES) {
        uint8_t *slice;

        if (!snapshot_worker_has_room(worker)) {
            poll(NULL, 0, 1);
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
        chunk_bytes += frame->data_bytes;
        first_offset = offer_is_newest ? frame->offset_bytes : first_offset;
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
    if (flip_at != 0 && snapshot->kind == WIRE_SNAPSHOT_CHUNK &&
        snapshot->offset_bytes >= flip_at) {
        snapshot->data[100] ^= 1;
        flip_at = 0;
    }
    if ((drop_every != 0 && ++frame_count % drop_every == 0) ||
        (is_offered_once && snapshot->kind == WIRE_SNAPSHOT_OFFER && chunk_bytes > 0)) {
        memory_free(snapshot);
        return;
    }
    snapshot_worker_frame(sides[3 - from].worker, from, snapshot);
}

static void take(uint16_t id, const struct snapshot_event *event)
{
    switch (event->type) {
    case SNAPSHOT_EVENT_FRAME:
        if (event->peer == STRANGER) {
            strange++;
            memory_free(event->frame);
            break;
        }
        ck_assert_uint_eq(event->peer, 3 - id);
        carry(id, event->frame);
        break;
    case SNAPSHOT_EVENT_SENT:
        sent++;
        break;
    case SNAPSHOT_EVENT_FAILED:
        failed++;
        break;
    case SNAPSHOT_EVENT_RECEIVED: {
        const struct staged *staged = event->staged;

        received++;
        staged_is_right = staged->size == CONTENT_BYTES && !staged->wrong;
        snapshot_worker_drop_staged(sides[id].worker, event->staged);
        memory_free(event->info);
        break;
    }
    case SNAPSHOT_EVENT_SAVED:
        ck_assert_int_eq(event->code, 0);
        saved_index = event->index;
        break;
    }
}

/* Carries frames until a condition is true. */
static void run_until(bool (*wanted)(void))
{
    uint64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
    struct snapshot_event event;

    while (!wanted()) {
        bool any = false;

        for (uint16_t id = SENDER; id <= RECEIVER; id++) {
            if (snapshot_worker_next(sides[id].worker, &event)) {
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

static bool is_sent(void)
{
    return sent > 0 && received > 0;
}

static bool is_half_way(void)
{
    return chunk_bytes > CONTENT_BYTES / 2;
}

static bool has_failed(void)
{
    return failed > 0;
}

static uint64_t newest_of(uint16_t id)
{
    struct snapshot_figures figures;

    snapshot_worker_get_figures(sides[id].worker, &figures);
    return figures.index;
}

/* The event says so; after it the worker touches no file until it is asked to. */
static bool is_saved(void)
{
    return saved_index == 10;
}

static bool is_saved_again(void)
{
    return saved_index == 20;
}

START_TEST(a_file_goes_over_whole_and_is_staged)
{
    start();
    save(10);
    run_until(is_saved);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_sent);
    ck_assert(staged_is_right);
    ck_assert_uint_eq(newest_of(RECEIVER), 10);
    ck_assert(!fs_memory_exists(sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME));
    ck_assert_uint_eq(failed, 0);
}
END_TEST

START_TEST(lost_frames_cost_time_and_nothing_else)
{
    start();
    save(10);
    run_until(is_saved);
    drop_every = 7;
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_sent);
    ck_assert(staged_is_right);
    ck_assert_uint_eq(failed, 0);
}
END_TEST

START_TEST(after_a_reconnect_it_goes_on_where_it_was)
{
    uint64_t size;

    start();
    save(10);
    run_until(is_saved);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_half_way);
    snapshot_worker_link(sides[SENDER].worker, RECEIVER, false);
    snapshot_worker_link(sides[SENDER].worker, RECEIVER, true);
    first_offset = 0;
    run_until(is_sent);
    size = fs_memory_size(sides[SENDER].memory, "/data/snapshot-000000000000000a.raftd");
    ck_assert(staged_is_right);
    ck_assert_uint_gt(first_offset, 0);
    ck_assert_uint_lt(chunk_bytes, size + (1 << 20)); /* at most the window was sent twice */
}
END_TEST

START_TEST(a_flipped_byte_is_refused_and_leaves_nothing)
{
    start();
    save(10);
    run_until(is_saved);
    flip_at = CONTENT_BYTES / 3;
    is_offered_once = true;
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(has_failed);
    ck_assert_uint_eq(received, 0);
    ck_assert_uint_eq(newest_of(RECEIVER), 0);
    ck_assert(!fs_memory_exists(sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME));
    /* The next try succeeds. */
    is_offered_once = false;
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_sent);
    ck_assert(staged_is_right);
}
END_TEST

static bool is_saved_a_third_time(void)
{
    return saved_index == 30; /* it comes after everything that the worker did */
}

/* T39: the file that is being sent is kept although a newer one is there; then it is removed. */
START_TEST(t39_clean_up_leaves_what_is_being_sent)
{
    start();
    save(10);
    run_until(is_saved);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_half_way);
    snapshot_worker_link(sides[SENDER].worker, RECEIVER, false);
    save(20);
    run_until(is_saved_again);
    ck_assert(fs_memory_exists(sides[SENDER].memory, "/data/snapshot-000000000000000a.raftd"));
    snapshot_worker_link(sides[SENDER].worker, RECEIVER, true);
    run_until(is_sent);
    ck_assert(staged_is_right);
    ck_assert_uint_eq(newest_of(RECEIVER), 10);
}
END_TEST

static void read_piece(uint64_t index, int wanted)
{
    struct raftd_error error = {0};
    uint64_t total;
    uint8_t byte;
    size_t count;

    ck_assert_int_eq(
        snapshot_worker_read(sides[SENDER].worker, index, 0, &byte, 1, &count, &total, &error),
        wanted);
}

/* T39: two backups of different snapshots, and questions for snapshots that do not exist: both
 * backups go on. */
START_TEST(t39_clean_up_leaves_what_is_read_for_backups)
{
    start();
    save(10);
    run_until(is_saved);
    read_piece(10, 0);
    save(20);
    run_until(is_saved_again);
    read_piece(20, 0);
    for (uint64_t index = 1000; index < 1020; index++) {
        read_piece(index, RAFTD_ERROR_INVALID);
    }
    save(30);
    run_until(is_saved_a_third_time);
    read_piece(10, 0);
    read_piece(20, 0);
    read_piece(30, 0);
}
END_TEST

static bool builds(void)
{
    return atomic_load(&is_building);
}

static bool is_sent_and_offered(void)
{
    return is_sent() && strange > 0;
}

/*
 * T17: a worker hangs, for example because of its disk, while connections are made and lost and
 * peers need snapshots. No thread waits for room in its ring, nothing overflows, and at last the
 * worker knows the newest state of each.
 */
START_TEST(t17_a_worker_that_hangs_is_told_how_things_stand_afterwards)
{
    struct snapshot_worker *hanging = sides[RECEIVER].worker;

    start();
    save(10);
    run_until(is_saved);
    pthread_mutex_lock(&hang);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(builds);
    for (uint16_t i = 0; i < 5000; i++) {
        snapshot_worker_link(hanging, STRANGER, i % 2 != 0);
        snapshot_worker_link(hanging, SENDER, i % 2 != 0);
        snapshot_worker_forget(hanging, STRANGER + i % 1000);
    }
    snapshot_worker_send(hanging, STRANGER);
    pthread_mutex_unlock(&hang);
    run_until(is_sent_and_offered);
    ck_assert(staged_is_right);
}
END_TEST

START_TEST(without_a_snapshot_it_fails_and_a_stranger_is_not_believed)
{
    struct wire_snapshot *frame = memory_allocate_zeroed(1, sizeof(*frame) + 100);

    start();
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(has_failed);
    /* A chunk that was not asked for, and an answer to nothing. */
    *frame = (struct wire_snapshot){
        .kind = WIRE_SNAPSHOT_CHUNK, .data_bytes = 100, .index = 5, .id = 5, .offset_bytes = 50};
    snapshot_worker_frame(sides[RECEIVER].worker, SENDER, frame);
    frame = memory_allocate_zeroed(1, sizeof(*frame));
    *frame = (struct wire_snapshot){
        .kind = WIRE_SNAPSHOT_ANSWER, .answer = WIRE_SNAPSHOT_DONE, .index = 5, .id = 5};
    snapshot_worker_frame(sides[SENDER].worker, RECEIVER, frame);
    save(10);
    run_until(is_saved);
    ck_assert_uint_eq(sent, 0);
    ck_assert(!fs_memory_exists(sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME));
}
END_TEST

UNIT_SUITE(snapshot_worker)
{
    Suite *suite = suite_create("snapshot_worker");
    TCase *tcase = tcase_create("transfers");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_file_goes_over_whole_and_is_staged);
    tcase_add_test(tcase, lost_frames_cost_time_and_nothing_else);
    tcase_add_test(tcase, after_a_reconnect_it_goes_on_where_it_was);
    tcase_add_test(tcase, a_flipped_byte_is_refused_and_leaves_nothing);
    tcase_add_test(tcase, t39_clean_up_leaves_what_is_being_sent);
    tcase_add_test(tcase, t39_clean_up_leaves_what_is_read_for_backups);
    tcase_add_test(tcase, t17_a_worker_that_hangs_is_told_how_things_stand_afterwards);
    tcase_add_test(tcase, without_a_snapshot_it_fails_and_a_stranger_is_not_believed);
    suite_add_tcase(suite, tcase);
    return suite;
}
