/*
 * One snapshot worker over its life: what it does by itself after a start, while snapshots are
 * saved one after the other, and when it is stopped. The tests call it in place of its thread.
 */
#include <poll.h>
#include <stdatomic.h>

#include "unit.h"

#include "base/memory.h"
#include "sim/fs_memory.h"
#include "snapshot/private.h"
#include "sys/clock.h"

enum { SLICE_BYTES = 64 * 1024, SLICES = 160, PATIENCE_MS = 20000 };

static struct waker core;
static struct fs_memory *memory;
static struct snapshot_worker *worker;

/* Starts a worker on the files that are there. */
static void begin(uint64_t scrub_every_ms)
{
    const struct fs *fs = fs_memory_table(memory);
    const struct snapshot_worker_options options = {
        .fs = fs,
        .directory = "/data",
        .cluster_id = 7,
        .keep = 2,
        .scrub_every_ms = scrub_every_ms,
        .core = &core,
        .offer_again_ms = 60000,
    };
    struct raftd_error error = {0};
    struct snapshot_files *files;

    ck_assert_int_eq(snapshot_files_open(fs, "/data", &files, &error), 0);
    worker = snapshot_worker_create(&options, files);
    ck_assert_ptr_nonnull(worker);
}

static void set_up(void)
{
    memory = fs_memory_create(1);
    ck_assert_int_eq(waker_open(&core), 0);
    ck_assert_int_eq(
        fs_memory_table(memory)->make_directory(fs_memory_table(memory)->context, "/data"), 0);
    begin(0);
}

static void tear_down(void)
{
    snapshot_worker_destroy(worker);
    fs_memory_destroy(memory);
    waker_close(&core);
}

static struct snapshot_info info_of(uint64_t index)
{
    struct snapshot_info info = {.cluster_id = 7, .index = index, .term = 2, .nonce = index};

    raft_membership_add(&info.membership, 1, RAFT_MEMBER_VOTER, "a:1");
    return info;
}

/* Writes a file of 10 MiB, which takes more than one turn to read back. */
static void write_file(uint64_t index)
{
    const struct snapshot_info info = info_of(index);
    uint8_t *slice = memory_allocate_zeroed(1, SLICE_BYTES);

    snapshot_save_begin(worker, &info, 0);
    for (int i = 0; i < SLICES; i++) {
        atomic_fetch_add(&worker->pending_bytes, SLICE_BYTES);
        snapshot_save_slice(worker, slice, SLICE_BYTES);
    }
    memory_free(slice);
    snapshot_save_end(worker);
}

/* Takes events until one of this type comes. */
static void wait_for(enum snapshot_event_type type, struct snapshot_event *event)
{
    uint64_t deadline = clock_monotonic_ms() + PATIENCE_MS;

    for (;;) {
        snapshot_worker_work(worker);
        while (snapshot_worker_next(worker, event)) {
            if (event->type == type) {
                return;
            }
            snapshot_free_event(worker, event);
        }
        ck_assert_uint_lt(clock_monotonic_ms(), deadline);
        poll(NULL, 0, 1);
    }
}

static void save(uint64_t index)
{
    struct snapshot_event event;

    write_file(index);
    wait_for(SNAPSHOT_EVENT_SAVED, &event);
    ck_assert_int_eq(event.code, 0);
    ck_assert_uint_eq(event.index, index);
}

/* R7: a node that is restarted more often than files are read would never read the older ones. */
START_TEST(r7_files_are_read_soon_after_a_start)
{
    const char path[] = "/data/snapshot-000000000000000a.raftd";
    const uint64_t every_ms = 10 * PATIENCE_MS; /* a start reads after at most a 48th of this */
    struct snapshot_event event;
    size_t offset;
    uint8_t byte;

    save(10);
    save(20);
    snapshot_worker_destroy(worker);
    offset = fs_memory_size(memory, path) / 2;
    byte = fs_memory_bytes(memory, path)[offset] ^ 4;
    fs_memory_poke(memory, path, offset, &byte, 1);
    begin(every_ms);
    ck_assert_uint_gt(snapshot_scrub_due_in_ms(worker), 0);
    wait_for(SNAPSHOT_EVENT_DAMAGED, &event);
    ck_assert_uint_eq(event.index, 10);
    /* Then both were read, and their turn comes as usual. */
    while (snapshot_scrub_due_in_ms(worker) < PATIENCE_MS) {
        snapshot_worker_work(worker);
        poll(NULL, 0, 1);
    }
}
END_TEST

START_TEST(a_stop_does_not_wait_until_a_file_is_read_back)
{
    const struct snapshot_info next = info_of(20);

    write_file(10);
    ck_assert_ptr_nonnull(worker->verifier);
    atomic_store(&worker->stop, true);
    snapshot_save_begin(worker, &next, 0);
    ck_assert_ptr_nonnull(worker->verifier);
}
END_TEST

UNIT_SUITE(snapshot_life)
{
    Suite *suite = suite_create("snapshot_life");
    TCase *tcase = tcase_create("life");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, r7_files_are_read_soon_after_a_start);
    tcase_add_test(tcase, a_stop_does_not_wait_until_a_file_is_read_back);
    suite_add_tcase(suite, tcase);
    return suite;
}
