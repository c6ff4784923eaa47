/*
 * Two snapshot workers and the frames between them: a file arrives complete, goes on where it was
 * after a break, survives lost frames, and is refused if it is damaged.
 */
#include "snapshot/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "base/memory.h"
#include "sim/fs_memory.h"
#include "store/reserve.h"
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
/* Options of both workers. */
static uint32_t keep;
static uint64_t reserve_bytes, scrub_every_ms, stale_ms;
/* What was seen of the transfer. */
static uint64_t chunk_bytes;
static uint64_t first_offset; /* offset of a chunk since the last offer */
static bool offer_is_newest;
static unsigned sent, failed, received, strange;
static uint64_t saved_index;
static bool staged_is_right;
static uint64_t received_index, damaged_index, newest_good_index;
static int saved_code;
static uint64_t last_refusal; /* the reason in the last answer "refused" */
static unsigned refusals;
static bool is_threaded; /* else run_until() calls the workers, and the test may change files */

static void open_side(uint16_t id)
{
    struct side *side = &sides[id];
    struct raftd_error error = {0};
    struct snapshot_files *files;
    const struct fs *fs;
    struct snapshot_worker_options options = {
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
    };

    side->memory = fs_memory_create(id);
    fs = fs_memory_table(side->memory);
    options.fs = fs;
    ck_assert_int_eq(fs->make_directory(fs->context, "/data"), 0);
    ck_assert_int_eq(snapshot_files_open(fs, "/data", &files, &error), 0);
    side->worker = snapshot_worker_create(&options, files);
    ck_assert_ptr_nonnull(side->worker);
}

static void set_up_with(uint32_t kept, uint64_t reserve, uint64_t scrub_ms, uint64_t stale)
{
    keep = kept;
    reserve_bytes = reserve;
    scrub_every_ms = scrub_ms;
    stale_ms = stale;
    saved_code = 0;
    received_index = damaged_index = newest_good_index = last_refusal = 0;
    refusals = 0;
    is_threaded = false;
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

static void set_up(void)
{
    set_up_with(1, 0, 0, 0);
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
    is_threaded = true;
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
    if (snapshot->kind == WIRE_SNAPSHOT_ANSWER && snapshot->answer == WIRE_SNAPSHOT_REFUSED) {
        last_refusal = snapshot->offset_bytes;
        refusals++;
    }
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
        received_index = event->index;
        staged_is_right = staged->size == CONTENT_BYTES && !staged->wrong;
        snapshot_worker_drop_staged(sides[id].worker, event->staged);
        memory_free(event->info);
        break;
    }
    case SNAPSHOT_EVENT_SAVED:
        saved_code = event->code;
        saved_index = event->index;
        break;
    case SNAPSHOT_EVENT_DAMAGED:
        ck_assert_uint_eq(id, SENDER);
        damaged_index = event->index;
        newest_good_index = event->before_index;
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
            if (!is_threaded) {
                snapshot_worker_work(sides[id].worker);
            }
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
    ck_assert_int_eq(saved_code, 0);
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

/* ---- damage and room ---- */

static const char path_10[] = "/data/snapshot-000000000000000a.raftd";
static const char path_20[] = "/data/snapshot-0000000000000014.raftd";

static bool is_saved_as(uint64_t index)
{
    return saved_index == index;
}

static bool is_saved_as_10(void)
{
    return is_saved_as(10);
}

static bool is_saved_as_20(void)
{
    return is_saved_as(20);
}

static bool is_damaged(void)
{
    return damaged_index != 0;
}

static bool is_damaged_and_failed(void)
{
    return is_damaged() && failed > 0;
}

static bool is_received(void)
{
    return received > 0 && sent > 0;
}

/* Flips a bit in the middle of a file of the sender. */
static void rot(const char *path)
{
    struct fs_memory *memory = sides[SENDER].memory;
    size_t offset = fs_memory_size(memory, path) * 3 / 4;
    uint8_t byte = fs_memory_bytes(memory, path)[offset] ^ 4;

    fs_memory_poke(memory, path, offset, &byte, 1);
}

static void set_up_two_files(void)
{
    set_up_with(2, 0, 0, 0);
    save(10);
    run_until(is_saved_as_10);
    save(20);
    run_until(is_saved_as_20);
}

/* R7: the newest file rots. The receiver never sees it and gets the one before at once; the core
 * is asked for a new one, and the damaged file has another name. */
START_TEST(r7_a_rotten_file_is_never_offered_and_the_one_before_is)
{
    set_up_two_files();
    rot(path_20);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_received);
    ck_assert(staged_is_right);
    ck_assert_uint_eq(received_index, 10);
    ck_assert_uint_eq(damaged_index, 20);
    ck_assert_uint_eq(newest_good_index, 10);
    ck_assert_uint_eq(refusals, 0);
    ck_assert_uint_eq(failed, 0);
    ck_assert(!fs_memory_exists(sides[SENDER].memory, path_20));
    ck_assert(fs_memory_exists(sides[SENDER].memory, "/data/" SNAPSHOT_DAMAGED_NAME));
    ck_assert_uint_eq(newest_of(SENDER), 10);
}
END_TEST

/* R7: all files rot. The transfer fails, so that the core tries again, and succeeds as soon as a
 * new snapshot is there. Only one damaged file is kept. */
START_TEST(r7_without_a_good_file_it_waits_for_a_new_one)
{
    set_up_two_files();
    rot(path_10);
    rot(path_20);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_damaged_and_failed);
    ck_assert_uint_eq(newest_good_index, 0);
    ck_assert_uint_eq(newest_of(SENDER), 0);
    ck_assert(!fs_memory_exists(sides[SENDER].memory, path_10));
    ck_assert(!fs_memory_exists(sides[SENDER].memory, path_20));
    save(10);
    saved_index = 0;
    run_until(is_saved_as_10);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_received);
    ck_assert(staged_is_right);
    ck_assert_uint_eq(refusals, 0);
}
END_TEST

/* R7: the file rots after it was checked, while it is sent. The receiver refuses it once; then the
 * sender finds the damage and sends the file before it. */
START_TEST(r7_a_file_that_rots_while_it_is_sent_is_refused_once)
{
    set_up_two_files();
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_half_way);
    rot(path_20);
    run_until(is_received);
    ck_assert(staged_is_right);
    ck_assert_uint_eq(refusals, 1);
    ck_assert_uint_eq(last_refusal, WIRE_SNAPSHOT_DAMAGED);
    ck_assert_uint_eq(damaged_index, 20);
    ck_assert_uint_eq(received_index, 10);
    ck_assert_uint_eq(failed, 0);
}
END_TEST

/* A sector that cannot be read: the file is not offered, but it keeps its name, because it may be
 * the only one and the next read may succeed. */
START_TEST(a_file_that_cannot_be_read_is_not_offered_and_not_removed)
{
    set_up_two_files();
    fs_memory_make_unreadable(sides[SENDER].memory, path_20, CONTENT_BYTES / 2 / 4096 * 4096);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_received);
    ck_assert_uint_eq(received_index, 10);
    ck_assert_uint_eq(damaged_index, 20);
    ck_assert_uint_eq(refusals, 0);
    ck_assert(fs_memory_exists(sides[SENDER].memory, path_20));
}
END_TEST

/* Damage is found although no peer needs the file. */
START_TEST(r7_files_are_read_in_the_background)
{
    set_up_with(2, 0, 1, 0);
    save(10);
    run_until(is_saved_as_10);
    rot(path_10);
    run_until(is_damaged);
    ck_assert_uint_eq(damaged_index, 10);
    ck_assert_uint_eq(newest_good_index, 0);
    ck_assert(fs_memory_exists(sides[SENDER].memory, "/data/" SNAPSHOT_DAMAGED_NAME));
}
END_TEST

static bool is_saved_now(void)
{
    return saved_index != 0;
}

/* One snapshot is kept. It goes when the next one was read back from the disk, and not before. */
START_TEST(an_older_snapshot_stays_until_the_newer_one_was_read_back)
{
    struct fs_memory *memory;

    set_up_with(1, 0, 0, 0);
    memory = sides[SENDER].memory;
    save(10);
    run_until(is_saved_as_10);
    fs_memory_fail(memory, FS_MEMORY_PREAD, 1, -EIO);
    saved_index = 0;
    save(20);
    run_until(is_saved_now);
    ck_assert_int_ne(saved_code, 0);
    ck_assert(fs_memory_exists(memory, path_10));
    ck_assert(!fs_memory_exists(memory, path_20));
    ck_assert_uint_eq(newest_of(SENDER), 10);
    saved_index = 0;
    save(20);
    run_until(is_saved_now);
    ck_assert_int_eq(saved_code, 0);
    ck_assert(!fs_memory_exists(memory, path_10));
    ck_assert(fs_memory_exists(memory, path_20));
}
END_TEST

/* Saves with this many free bytes. Returns the code. */
static int save_with_free(uint64_t index, uint64_t bytes)
{
    struct fs_memory *memory = sides[SENDER].memory;
    const struct fs *fs = fs_memory_table(memory);
    uint64_t used;

    fs_memory_limit(memory, 1 << 30);
    used = (1 << 30) - (uint64_t)fs->free_bytes(fs->context, "/data");
    fs_memory_limit(memory, used + bytes);
    saved_index = 0;
    save(index);
    run_until(is_saved_now);
    return saved_code;
}

/* A sixteenth of the reserve stays free, before and while a snapshot is saved; what was begun is
 * removed. Less than a quarter is left for entries then, so this is what lets a log shrink that has
 * filled the disk. A damaged file makes room for a new one. */
START_TEST(r9_saving_leaves_a_sixteenth_of_the_reserve)
{
    const uint64_t reserve = 32 << 20;
    const uint64_t kept = reserve_floor(RESERVE_CLUSTER, reserve);
    struct fs_memory *memory;

    ck_assert_uint_eq(kept, reserve / 16);

    set_up_with(2, reserve, 0, 0);
    memory = sides[SENDER].memory;
    ck_assert_int_lt(save_with_free(10, kept - 4096), 0); /* at the begin */
    ck_assert_int_lt(save_with_free(10, kept + (1 << 20)), 0);
    ck_assert(!fs_memory_exists(memory, "/data/" SNAPSHOT_SAVE_NAME));
    ck_assert_int_eq(save_with_free(10, kept + CONTENT_BYTES + (5 << 20)), 0);
    /* Now it is known how large a snapshot is. */
    ck_assert_int_lt(save_with_free(20, kept + CONTENT_BYTES / 2), 0);
    fs_memory_put(memory, "/data/" SNAPSHOT_DAMAGED_NAME, memory, 1);
    ck_assert_int_lt(save_with_free(20, kept + CONTENT_BYTES / 2), 0);
    ck_assert(!fs_memory_exists(memory, "/data/" SNAPSHOT_DAMAGED_NAME));
}
END_TEST

START_TEST(r9_a_file_without_room_is_refused_before_its_first_byte)
{
    set_up_with(1, 4 << 20, 0, 0);
    save(10);
    run_until(is_saved_as_10);
    fs_memory_limit(sides[RECEIVER].memory,
                    reserve_floor(RESERVE_CLUSTER, 4 << 20) + CONTENT_BYTES / 2);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(has_failed);
    ck_assert_uint_eq(last_refusal, WIRE_SNAPSHOT_NO_ROOM);
    ck_assert_uint_eq(chunk_bytes, 0);
    ck_assert_uint_eq(damaged_index, 0);
    ck_assert(!fs_memory_exists(sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME));
    fs_memory_limit(sides[RECEIVER].memory, 0);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_received);
    ck_assert(staged_is_right);
}
END_TEST

static bool has_no_part(void)
{
    return !fs_memory_exists(sides[RECEIVER].memory, "/data/" SNAPSHOT_RECEIVE_NAME);
}

/* The sender is gone: what arrived of its file does not stay on the disk for ever. */
START_TEST(r9_a_part_of_a_file_that_nobody_sends_is_removed)
{
    set_up_with(1, 0, 0, 200);
    save(10);
    run_until(is_saved_as_10);
    snapshot_worker_send(sides[SENDER].worker, RECEIVER);
    run_until(is_half_way);
    ck_assert(!has_no_part());
    snapshot_worker_forget(sides[SENDER].worker, RECEIVER);
    run_until(has_no_part);
    ck_assert_uint_eq(received, 0);
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

    tcase = tcase_create("damage and room");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, r7_a_rotten_file_is_never_offered_and_the_one_before_is);
    tcase_add_test(tcase, r7_without_a_good_file_it_waits_for_a_new_one);
    tcase_add_test(tcase, r7_a_file_that_rots_while_it_is_sent_is_refused_once);
    tcase_add_test(tcase, a_file_that_cannot_be_read_is_not_offered_and_not_removed);
    tcase_add_test(tcase, r7_files_are_read_in_the_background);
    tcase_add_test(tcase, an_older_snapshot_stays_until_the_newer_one_was_read_back);
    tcase_add_test(tcase, r9_saving_leaves_a_sixteenth_of_the_reserve);
    tcase_add_test(tcase, r9_a_file_without_room_is_refused_before_its_first_byte);
    tcase_add_test(tcase, r9_a_part_of_a_file_that_nobody_sends_is_removed);
    suite_add_tcase(suite, tcase);
    return suite;
}
